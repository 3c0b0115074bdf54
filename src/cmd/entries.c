/* Entries, page by page (cmd/entries.h). Owns the memory of one page and, for a chart, a point a
 * row. Main thread. */
#include "cmd/entries.h"

#include "cmd/answer.h"
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
        output_write(slice_text(row->raw));
        break;
    case OUTPUT_JSONL:
        output_write(slice_text(row->raw));
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

static const struct shape_member page_members[] = {
    SHAPE_NESTED(true, struct entry_page, closing, &member_row_json_shape, "Closing", NULL),
    SHAPE_LIST(OBJECTS, struct entry_page, rows, row_count, &entry_row_shape, "Data", NULL),
    SHAPE_OPTIONAL(WORD, struct entry_page, cursor, "NextCursor", NULL),
    SHAPE_NESTED(true, struct entry_page, opening, &member_row_json_shape, "Opening", NULL),
};
static const struct shape page_shape = SHAPE(page_members, struct entry_page);

int entries_read(struct entries *entries, struct slice answer, struct entry_page *ret_page)
{
    arena_reset(&entries->arena);
    if (!answer_parse(&page_shape, answer, &entries->arena, ret_page))
        return fail(entries->self, EXIT_NETWORK, "the answer cannot be read");
    if (!ret_page->cursor)
        ret_page->cursor = "";
    return -1;
}

int entries_print(struct entries *entries, const struct entry_page *page)
{
    for (size_t i = 0; i < page->row_count; i++) {
        struct entry_row row = page->rows[i];
        if (!entry_row_settle(&row, entries->uin))
            return fail(entries->self, EXIT_NETWORK, "the answer cannot be read");
        if (entries->limit == 0 || entries->count < entries->limit)
            print_row(entries, &row);
    }
    return -1;
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
