/* Entries, page by page (cmd/entries.h). Owns the memory of one page and, for a chart, a point a
 * row. Main thread. */
#include "cmd/entries.h"

#include "codec/timestamp.h"

#include <stdio.h>
#include <stdlib.h>

enum { PAGE_MEMORY = 1 << 18, PAGE_MEMORY_MAX = 256 << 20, LINE_BYTES_MAX = 1 << 20 };
enum { POINTS_MAX = 1 << 20 };

int entries_open(struct entries *entries, const char *format_name)
{
    int code = output_format_parse(entries->self, format_name, &entries->format);
    if (code >= 0)
        return code;
    if (!arena_init(&entries->arena, PAGE_MEMORY, PAGE_MEMORY_MAX))
        return fail(entries->self, EXIT_NETWORK, "no memory");
    buffer_init(&entries->memory, LINE_BYTES_MAX);
    output_table_init(&entries->table, entry_columns,
                      entries->uin.len > 0 ? ENTRY_COLUMNS - 1 : ENTRY_COLUMNS);
    return -1;
}

void entries_end(struct entries *entries)
{
    entries->ended = true;
    buffer_clear(&entries->memory);
    if (entries->format == OUTPUT_CSV && entries->count == 0)
        entry_csv_header(&entries->memory);
    output_write(buffer_slice(&entries->memory));
    if (entries->format == OUTPUT_TABLE)
        output_table_done(&entries->table);
}

void entries_done(struct entries *entries)
{
    if (entries->format == OUTPUT_TABLE && entries->count > 0 && !entries->ended)
        output_table_done(&entries->table);
    buffer_done(&entries->memory);
    arena_done(&entries->arena);
    free(entries->points);
}

/* --- one row --- */

static bool parse_time(struct slice text, int64_t *ret_us)
{
    return timestamp_parse_plain(text, ret_us) || timestamp_parse_rfc3339(text, ret_us);
}

/* A chart that cannot have all points is left out. */
static void keep_point(struct entries *entries, const struct entry_row *row)
{
    struct chart_point point = {.amount = {row->real_micros}};
    if (!entries->keeps_points || !row->has_after || !parse_time(row->time, &point.time_us))
        return;
    if (entries->point_count == entries->point_cap) {
        size_t cap = entries->point_cap > 0 ? 2 * entries->point_cap : 256;
        struct chart_point *more =
            cap > POINTS_MAX ? NULL : realloc(entries->points, cap * sizeof *more);
        entries->keeps_points = more != NULL;
        if (!more)
            return;
        entries->points = more;
        entries->point_cap = cap;
    }
    entries->points[entries->point_count++] = point;
}

static void print_row(struct entries *entries, const struct entry_row *row)
{
    struct slice cells[ENTRY_COLUMNS] = {SLICE_NONE};
    switch (entries->format) {
    case OUTPUT_TABLE:
        entry_row_cells(row, entries->uin, &entries->memory, cells);
        output_table_row(&entries->table, cells);
        break;
    case OUTPUT_CSV:
        buffer_clear(&entries->memory);
        if (entries->count == 0)
            entry_csv_header(&entries->memory);
        entry_row_csv(row, &entries->memory);
        output_write(buffer_slice(&entries->memory));
        break;
    case OUTPUT_JSON:
        output_write(entries->count > 0 ? SLICE(",\n ") : SLICE("["));
        output_write(row->raw);
        break;
    case OUTPUT_JSONL:
        output_write(row->raw);
        output_write(SLICE("\n"));
        break;
    }
    entries->count++;
    keep_point(entries, row);
}

void entries_print_balance(struct entries *entries, const char *kind, struct slice time,
                           const struct bursar_member_balance *balance)
{
    struct entry_row row = {
        .time = time,
        .kind = slice_text(kind),
        .member = slice_text(balance->member_uin),
        .has_after = true,
        .real_micros = balance->real_balance,
        .cash_micros = balance->cash_account_balance,
    };
    if (entries->format == OUTPUT_TABLE || entries->format == OUTPUT_CSV)
        print_row(entries, &row);
}

/* --- one answer --- */

static bool scan_balance(struct json_reader *reader, struct arena *arena, struct slice *ret_raw,
                         struct bursar_member_balance *ret_row)
{
    struct json_token token;
    if (json_next(reader, &token) != JSON_OBJECT)
        return false;
    size_t start = reader->at - 1;
    if (!member_row_read(reader, arena, ret_row))
        return false;
    *ret_raw = slice_of(reader->text.at + start, reader->at - start);
    return true;
}

static bool scan_field(struct json_reader *reader, struct slice key, struct arena *arena,
                       struct entry_page *page)
{
    struct json_token token;
    if (slice_equal(key, SLICE("Opening")))
        return scan_balance(reader, arena, &page->opening, &page->opening_row);
    if (slice_equal(key, SLICE("Closing")))
        return scan_balance(reader, arena, &page->closing, &page->closing_row);
    if (!slice_equal(key, SLICE("NextCursor")))
        return json_skip(reader);
    if (json_next(reader, &token) != JSON_STRING || token.text.len >= sizeof page->cursor)
        return false;
    snprintf(page->cursor, sizeof page->cursor, "%.*s", SLICE_ARGS(token.text));
    return true;
}

static int unreadable(const struct entries *entries)
{
    return fail(entries->self, EXIT_NETWORK, "the answer cannot be read");
}

int entries_scan(struct entries *entries, struct slice answer, struct entry_page *ret_page)
{
    struct json_reader reader;
    struct json_token key;
    *ret_page = (struct entry_page){.cursor = ""};
    arena_reset(&entries->arena);
    json_reader_init(&reader, answer, &entries->arena);
    if (json_next(&reader, &key) != JSON_OBJECT)
        return unreadable(entries);
    while (json_next(&reader, &key) == JSON_KEY)
        if (!scan_field(&reader, key.text, &entries->arena, ret_page))
            return unreadable(entries);
    return key.kind == JSON_OBJECT_END ? -1 : unreadable(entries);
}

static bool print_list(struct entries *entries, struct json_reader *reader)
{
    struct json_token token;
    struct entry_row row;
    if (json_next(reader, &token) != JSON_ARRAY)
        return false;
    while (json_next(reader, &token) == JSON_OBJECT) {
        if (!entry_row_read(reader, &entries->arena, entries->uin, &row))
            return false;
        if (entries->limit == 0 || entries->count < entries->limit)
            print_row(entries, &row);
    }
    return token.kind == JSON_ARRAY_END;
}

int entries_print(struct entries *entries, struct slice answer)
{
    struct json_reader reader;
    struct json_token key;
    json_reader_init(&reader, answer, &entries->arena);
    if (json_next(&reader, &key) != JSON_OBJECT)
        return unreadable(entries);
    while (json_next(&reader, &key) == JSON_KEY) {
        bool is_list = slice_equal(key.text, SLICE("Data"));
        if (is_list ? !print_list(entries, &reader) : !json_skip(&reader))
            return unreadable(entries);
    }
    return key.kind == JSON_OBJECT_END ? -1 : unreadable(entries);
}

/* --- moments --- */

int entries_check_time(const struct subcommand *self, const char *option, const char *text,
                       char ret_text[32])
{
    char memory[40];
    struct buffer out;
    int64_t us;
    ret_text[0] = '\0';
    if (!text)
        return -1;
    snprintf(memory, sizeof memory, "%.20s 00:00:00", text);
    bool good = strlen(text) == 10 && timestamp_parse_plain(slice_text(memory), &us);
    if (!good && !parse_time(slice_text(text), &us))
        return fail(self, EXIT_USAGE,
                    "--%s %s: write 2026-11-23, \"2026-11-23 13:00:00\" (UTC) or RFC 3339", option,
                    text);
    buffer_init_fixed(&out, ret_text, 31);
    timestamp_print_rfc3339(&out, us);
    ret_text[out.len] = '\0';
    return -1;
}
