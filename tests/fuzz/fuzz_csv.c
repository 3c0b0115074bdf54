/* CSV: reading ends, lines only grow, and records written again are read the same. */
#include "codec/csv.h"

#include "base/check.h"
#include "fuzz.h"

enum { ARENA_BYTES = 1 << 16, TEXT_BYTES_MAX = 64 << 20 };

static void write_record(struct buffer *out, const struct csv_record *record)
{
    buffer_clear(out);
    if (record->count == 1 && record->fields[0].len == 0)
        BUFFER_LITERAL(out, "\"\""); /* an empty line would be skipped */
    for (uint32_t i = 0; i < record->count; i++) {
        if (i > 0)
            buffer_char(out, ',');
        csv_write(out, record->fields[i]);
    }
    BUFFER_LITERAL(out, "\r\n");
}

static void check_record(const struct csv_record *record, struct arena *arena, struct buffer *out)
{
    static struct csv_record again;
    struct csv_reader reader;
    const char *error;
    write_record(out, record);
    csv_reader_init(&reader, buffer_slice(out));
    CHECK(csv_next(&reader, arena, &again, &error) == CSV_RECORD);
    CHECK(record->count == again.count);
    for (uint32_t i = 0; i < record->count; i++)
        CHECK(slice_equal(record->fields[i], again.fields[i]));
    CHECK(csv_next(&reader, arena, &again, &error) == CSV_END);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct csv_record record;
    struct csv_reader reader;
    struct arena arena;
    struct buffer out;
    const char *error = NULL;
    uint64_t line = 0;
    enum csv_result result;
    CHECK(arena_init(&arena, ARENA_BYTES, TEXT_BYTES_MAX));
    buffer_init(&out, TEXT_BYTES_MAX);
    csv_reader_init(&reader, fuzz_text(data, size));
    while ((result = csv_next(&reader, &arena, &record, &error)) != CSV_END) {
        CHECK(reader.line > line);
        line = reader.line;
        if (result == CSV_RECORD)
            check_record(&record, &arena, &out);
        else
            CHECK(error);
        arena_reset(&arena);
    }
    buffer_done(&out);
    arena_done(&arena);
    return 0;
}
