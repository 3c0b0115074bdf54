/* Listings. An answer holds one array (the rows) and TotalCount; each row is an object. Owns what
 * it prints until it is printed. The main thread. */
#include "cmd/listing.h"

#include "codec/csv.h"
#include "codec/decimal.h"
#include "codec/json.h"

#include <stdio.h>

enum { WINDOW = 100, CELL_BYTES_MAX = 1 << 20 };

struct printing {
    const struct subcommand *self;
    const struct listing *listing;
    enum output_format format;
    const char *uin;     /* NULL = none is wanted */
    struct arena memory; /* of one answer */
    struct output_table table;
    struct buffer cell; /* of a list */
    uint64_t printed;
};

/* A value as people read it: text as it is, lists with commas, null as nothing. */
static bool read_cell(struct printing *printing, struct json_reader *reader, struct slice *ret_cell)
{
    struct json_token token;
    enum json_kind kind = json_next(reader, &token);
    if (kind != JSON_ARRAY) {
        *ret_cell = kind == JSON_TRUE    ? SLICE("true")
                    : kind == JSON_FALSE ? SLICE("false")
                    : kind == JSON_NULL  ? SLICE("")
                                         : token.text;
        return json_skip_rest(reader, kind);
    }
    buffer_clear(&printing->cell);
    while ((kind = json_next(reader, &token)) != JSON_ARRAY_END) {
        if (kind == JSON_ERROR || !json_skip_rest(reader, kind))
            return false;
        if (printing->cell.len > 0)
            BUFFER_LITERAL(&printing->cell, ", ");
        buffer_append(&printing->cell, token.text);
    }
    *ret_cell = arena_copy(&printing->memory, buffer_slice(&printing->cell));
    return buffer_ok(&printing->cell);
}

static bool read_row(struct printing *printing, struct json_reader *reader, struct slice *cells)
{
    const struct listing *listing = printing->listing;
    struct json_token token;
    for (size_t i = 0; i < listing->column_count; i++)
        cells[i] = SLICE_NONE;
    while (json_next(reader, &token) == JSON_KEY) {
        struct slice *cell = NULL, ignored;
        for (size_t i = 0; i < listing->column_count; i++)
            if (slice_equal(slice_text(listing->columns[i].title), token.text))
                cell = &cells[i];
        if (!read_cell(printing, reader, cell ? cell : &ignored))
            return false;
    }
    return token.kind == JSON_OBJECT_END;
}

static void print_csv(const struct listing *listing, const struct slice *cells)
{
    struct buffer line;
    buffer_init(&line, CELL_BYTES_MAX);
    for (size_t i = 0; i < listing->column_count; i++) {
        if (i > 0)
            buffer_char(&line, ',');
        csv_write(&line, cells ? cells[i] : slice_text(listing->columns[i].title));
    }
    buffer_char(&line, '\n');
    output_write(buffer_slice(&line));
    buffer_done(&line);
}

/* Tables are for people: units of the currency. */
static void show_units(struct printing *printing, struct slice *cells)
{
    for (size_t i = 0; i < printing->listing->column_count; i++) {
        char memory[40];
        struct buffer units;
        struct amount amount;
        if (!(printing->listing->money_columns & 1U << i) ||
            decimal_parse_cents(cells[i], &amount) != DECIMAL_OK)
            continue;
        buffer_init_fixed(&units, memory, sizeof memory);
        decimal_print_units(&units, amount);
        cells[i] = arena_copy(&printing->memory, buffer_slice(&units));
    }
}

static void print_row(struct printing *printing, struct slice *cells, struct slice raw)
{
    switch (printing->format) {
    case OUTPUT_TABLE:
        show_units(printing, cells);
        output_table_row(&printing->table, cells);
        break;
    case OUTPUT_JSON:
        output_write(printing->printed > 0 ? SLICE(",\n ") : SLICE("["));
        output_write(raw);
        break;
    case OUTPUT_JSONL:
        output_write(raw);
        output_write(SLICE("\n"));
        break;
    case OUTPUT_CSV:
        print_csv(printing->listing, cells);
        break;
    }
    printing->printed++;
}

/* The rows of one answer: *ret_rows counts them, *ret_total says how many there are in all. */
static bool print_answer(struct printing *printing, struct slice response, uint64_t *ret_rows,
                         uint64_t *ret_total)
{
    struct json_reader reader;
    struct json_token token;
    struct slice cells[TABLE_COLUMNS_MAX];
    uint64_t rows = 0;
    arena_reset(&printing->memory);
    json_reader_init(&reader, response, &printing->memory);
    if (json_next(&reader, &token) != JSON_OBJECT)
        return false;
    while (json_next(&reader, &token) == JSON_KEY) {
        bool is_total = slice_equal(token.text, SLICE("TotalCount"));
        enum json_kind kind = json_next(&reader, &token);
        if (is_total && !slice_to_u64(token.text, ret_total))
            return false;
        if (kind != JSON_ARRAY && !json_skip_rest(&reader, kind))
            return false;
        while (kind == JSON_ARRAY && json_next(&reader, &token) == JSON_OBJECT) {
            size_t start = reader.at - 1;
            if (!read_row(printing, &reader, cells))
                return false;
            print_row(printing, cells, slice_of(response.at + start, reader.at - start));
            rows++;
        }
    }
    *ret_rows = rows;
    return token.kind == JSON_OBJECT_END;
}

static int ask_window(const struct printing *printing, struct management *management,
                      uint64_t offset, struct slice *ret_response)
{
    const struct listing *listing = printing->listing;
    management_begin(management);
    if (listing->uin_parameter)
        management_text(management, listing->uin_parameter, printing->uin);
    json_write_key(&management->writer, SLICE("Offset"));
    json_write_u64(&management->writer, offset);
    json_write_key(&management->writer, SLICE("Limit"));
    json_write_u64(&management->writer, WINDOW);
    return management_send(management, listing->action, ret_response);
}

static int print_windows(struct printing *printing, struct management *management)
{
    const struct listing *listing = printing->listing;
    for (uint64_t offset = 0;;) {
        struct slice response;
        uint64_t rows = 0, total = 0;
        int code = ask_window(printing, management, offset, &response);
        if (code >= 0)
            return code;
        if (!print_answer(printing, response, &rows, &total))
            return fail(printing->self, EXIT_NETWORK, "the answer to %s cannot be read",
                        listing->action);
        offset += rows;
        if (rows == 0 || offset >= total) /* a page of long rows may end early */
            return -1;
    }
}

/* Asks window by window, or prints the one answer that is there already (`management` NULL). */
static int print_all(struct printing *printing, struct management *management,
                     struct slice response)
{
    const struct listing *listing = printing->listing;
    uint64_t rows, total;
    int code = -1;
    if (printing->format == OUTPUT_TABLE)
        output_table_init(&printing->table, listing->columns, listing->column_count);
    if (printing->format == OUTPUT_CSV)
        print_csv(listing, NULL);
    if (management)
        code = print_windows(printing, management);
    else if (!print_answer(printing, response, &rows, &total))
        code = fail(printing->self, EXIT_NETWORK, "the answer cannot be read");
    if (printing->format == OUTPUT_TABLE)
        output_table_done(&printing->table);
    if (printing->format == OUTPUT_JSON && code < 0)
        output_write(printing->printed > 0 ? SLICE("]\n") : SLICE("[]\n"));
    return code;
}

static int list_rows(const struct subcommand *self, const struct listing *listing,
                     struct management *management, const char *format, const char *uin,
                     struct slice response)
{
    struct printing printing = {.self = self, .listing = listing, .uin = uin};
    int code = output_format_parse(self, format, &printing.format);
    if (code >= 0)
        return code;
    if (!arena_init(&printing.memory, 16384, 64 << 20))
        return fail(self, EXIT_NETWORK, "out of memory");
    buffer_init(&printing.cell, CELL_BYTES_MAX);
    code = print_all(&printing, management, response);
    buffer_done(&printing.cell);
    arena_done(&printing.memory);
    return code;
}

int listing_print(const struct subcommand *self, const struct listing *listing, const char *format,
                  struct slice response)
{
    return list_rows(self, listing, NULL, format, NULL, response);
}

int listing_main(const struct subcommand *self, const struct listing *listing, int argc,
                 char **argv)
{
    struct management management = MANAGEMENT_DEFAULT(self);
    const char *format = NULL, *uin = NULL;
    const struct option_spec options[] = {
        OUTPUT_OPTION(&format),
        MANAGEMENT_OPTIONS(&management),
        MANAGEMENT_CREDENTIALS(&management),
    };
    int code = management_parse(&management, options, sizeof(options) / sizeof(options[0]), argc,
                                argv, listing->uin_parameter ? 1 : 0, &uin);
    if (code < 0 && listing->uin_parameter)
        code = uin ? check_uin(self, uin) : fail(self, EXIT_USAGE, "which member? give its UIN");
    if (code >= 0)
        return code;
    return management_done(&management,
                           list_rows(self, listing, &management, format, uin, SLICE_NONE));
}
