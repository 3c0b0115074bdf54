/* Makes seeds for the targets entry and checkpoint: random lawful histories by the model of
 * tests/unit/ledger/scene.h, and what a checkpoint in their middle would hold.
 *
 *   make_ledger_seeds FOLDER      writes FOLDER/entry/N and FOLDER/checkpoint/N
 *
 * Made by every build and never stored, so that they keep step with the encodings. */
#include "../unit/ledger/scene.h"

#include "base/wire.h"

#include "base/check.h"

#include <errno.h>
#include <sys/stat.h>

enum { HISTORIES = 24, TAIL_ENTRIES = 6, REQUEST_EVERY = 7, BYTES_MAX = 1 << 20 };

static void write_file(const char *folder, const char *target, unsigned number,
                       const struct buffer *bytes)
{
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/%s", folder, target);
    CHECK(mkdir(path, 0777) == 0 || errno == EEXIST);
    (void)snprintf(path, sizeof path, "%s/%s/history-%02u", folder, target, number);
    FILE *file = fopen(path, "wb");
    CHECK(file && buffer_ok(bytes));
    CHECK(fwrite(bytes->at, 1, bytes->len, file) == bytes->len && fclose(file) == 0);
}

static void put_record(struct buffer *out, char tag, const struct buffer *bytes)
{
    CHECK(buffer_ok(bytes) && bytes->len <= UINT16_MAX);
    buffer_char(out, tag);
    buffer_char(out, (char)(bytes->len >> 8));
    buffer_char(out, (char)bytes->len);
    buffer_append(out, buffer_slice(bytes));
}

/* A history of `count` entries, and the book after them. */
struct history {
    struct scene *scene;
    struct book *book;
    struct buffer entries;  /* records of the target entry */
    struct buffer registry; /* records of the target checkpoint */
    struct buffer requests;
    struct buffer bytes;
};

static void put_numbered(struct history *history, struct buffer *out, const struct entry *entry)
{
    buffer_clear(&history->bytes);
    wire_put_u64(&history->bytes, entry->sequence);
    entry_encode(entry, &history->bytes);
    put_record(out, 'e', &history->bytes);
}

/* A token's request that made the entry before it. */
static struct entry next_request(struct scene *scene)
{
    static char token[DIGEST_BYTES];
    static const char body[DIGEST_BYTES] = "the body digest";
    uint64_t sequence = ++scene->sequence;
    memcpy(token, &sequence, sizeof sequence);
    return (struct entry){
        .sequence = sequence,
        .time_us = scene->time,
        .kind = ENTRY_REQUEST,
        .organisation = 1,
        .door = DOOR_FOLDER,
        .mark = MARK_TOKEN,
        .request_id = SLICE("id of 16 bytes.."),
        .token_digest = slice_of(token, sizeof token),
        .body_digest = slice_of(body, sizeof body),
        .made = 1,
        .outcomes = sequence % 2 ? SLICE_NONE : SLICE("outcomes"),
    };
}

static void put_request_row(struct history *history, const struct entry *request)
{
    buffer_clear(&history->bytes);
    wire_put_u64(&history->bytes, request_prefix(request->token_digest));
    wire_put_u64(&history->bytes, request->sequence);
    put_record(&history->requests, 'r', &history->bytes);
}

static void go_on(struct history *history, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        bool is_request = i % REQUEST_EVERY == REQUEST_EVERY - 1;
        struct entry entry = is_request ? next_request(history->scene) : scene_next(history->scene);
        scene_apply(history->book, &entry);
        scene_encode(&entry, &history->bytes);
        put_record(&history->entries, 'e', &history->bytes);
        if (entry_kind_is_registry(entry.kind))
            put_numbered(history, &history->registry, &entry);
        if (is_request)
            put_request_row(history, &entry);
    }
}

static void put_checkpoint(struct history *history, struct buffer *out)
{
    const struct book *book = history->book;
    buffer_append(out, buffer_slice(&history->registry));
    buffer_append(out, buffer_slice(&history->requests));
    for (uint32_t id = 1; id <= book_organisation_count(book); id++) {
        buffer_clear(&history->bytes);
        book_organisation_encode(book, id, &history->bytes);
        put_record(out, 'o', &history->bytes);
    }
    for (uint32_t i = 0; i < book_member_count(book); i++) {
        buffer_clear(&history->bytes);
        book_member_encode(book, i, &history->bytes);
        put_record(out, 'm', &history->bytes);
    }
    buffer_clear(&history->bytes);
    wire_put_u64(&history->bytes, book_sequence(book));
    wire_put_i64(&history->bytes, book_time_us(book));
    put_record(out, 'l', &history->bytes);
}

static void put_tail(struct history *history, struct buffer *out)
{
    for (unsigned i = 0; i < TAIL_ENTRIES; i++) {
        struct entry entry = scene_next(history->scene);
        put_numbered(history, out, &entry);
    }
}

static void make_history(const char *folder, unsigned number)
{
    struct history history = {.scene = scene_new(number), .book = book_new(42)};
    struct buffer checkpoint;
    CHECK(history.book);
    buffer_init(&history.entries, BYTES_MAX);
    buffer_init(&history.registry, BYTES_MAX);
    buffer_init(&history.requests, BYTES_MAX);
    buffer_init(&history.bytes, BYTES_MAX);
    buffer_init(&checkpoint, BYTES_MAX);
    go_on(&history, 2 + number * number / 6);
    put_checkpoint(&history, &checkpoint);
    put_tail(&history, &checkpoint);
    write_file(folder, "entry", number, &history.entries);
    write_file(folder, "checkpoint", number, &checkpoint);
    buffer_done(&history.entries);
    buffer_done(&history.registry);
    buffer_done(&history.requests);
    buffer_done(&history.bytes);
    buffer_done(&checkpoint);
    book_free(history.book);
    free(history.scene);
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    CHECK(mkdir(argv[1], 0777) == 0 || errno == EEXIST);
    for (unsigned number = 1; number <= HISTORIES; number++)
        make_history(argv[1], number);
    return 0;
}
