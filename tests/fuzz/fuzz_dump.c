/* A line of a dump: reading ends, and what is a lawful entry encodes, decodes and prints again;
 * what was printed reads as the same. */
#include "journal/dump_entry.h"

#include "base/check.h"
#include "fuzz.h"

enum { ARENA_BYTES = 1 << 12, TEXT_BYTES_MAX = 64 << 20 };

static bool parse(struct slice line, struct arena *arena, struct entry *ret_entry,
                  unsigned char ret_leaf[SHA256_SIZE])
{
    struct strict strict;
    strict_begin(&strict, line, arena);
    strict_open_object(&strict, NULL);
    dump_entry_parse(&strict, ret_entry, ret_leaf);
    bool good = strict_end(&strict);
    CHECK(good == !strict.wrong);
    return good;
}

static void check_entry(const struct entry *entry, const unsigned char leaf[SHA256_SIZE],
                        struct arena *arena, struct buffer *bytes, struct buffer *line)
{
    static struct uin scope[ENTRY_SCOPE_MAX];
    struct buffer again;
    struct entry decoded;
    struct entry parsed;
    unsigned char parsed_leaf[SHA256_SIZE];
    entry_encode(entry, bytes);
    CHECK(entry_decode(entry->sequence, buffer_slice(bytes), scope, ENTRY_SCOPE_MAX, &decoded));
    dump_entry_print(&decoded, leaf, line);
    CHECK(parse(buffer_slice(line), arena, &parsed, parsed_leaf));
    CHECK(memcmp(leaf, parsed_leaf, SHA256_SIZE) == 0);
    buffer_init(&again, TEXT_BYTES_MAX);
    entry_encode(&parsed, &again);
    CHECK(slice_equal(buffer_slice(bytes), buffer_slice(&again)));
    buffer_done(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    struct buffer bytes;
    struct buffer line;
    struct entry entry;
    unsigned char leaf[SHA256_SIZE];
    CHECK(arena_init(&arena, ARENA_BYTES, TEXT_BYTES_MAX));
    buffer_init(&bytes, TEXT_BYTES_MAX);
    buffer_init(&line, TEXT_BYTES_MAX);
    if (parse(fuzz_text(data, size), &arena, &entry, leaf) && entry_is_valid(&entry))
        check_entry(&entry, leaf, &arena, &bytes, &line);
    buffer_done(&bytes);
    buffer_done(&line);
    arena_done(&arena);
    return 0;
}
