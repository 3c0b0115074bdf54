/* Standard output: formats, tables, indented JSON (cmd/output.h). Owns the cells a table holds.
 * Main thread.
 *
 * 1. What a terminal would obey or not show is escaped: in cells always, in other output when it
 * goes to a terminal. In a file or pipe JSON and CSV are what they are. */
#include "cmd/output.h"

#include "base/arena.h"
#include "base/check.h"
#include "cmd/shown.h"
#include "codec/json.h"

#include <errno.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

enum { HELD_BYTES_MAX = 4 << 20, CELL_BYTES_MAX = 4096 };

int output_format_parse(const struct subcommand *self, const char *name,
                        enum output_format *ret_format)
{
    static const char *const names[] = {"table", "json", "jsonl", "csv"};
    if (!name) {
        *ret_format = output_is_terminal() ? OUTPUT_TABLE : OUTPUT_JSON;
        return -1;
    }
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(name, names[i]) == 0) {
            *ret_format = (enum output_format)i;
            return -1;
        }
    }
    return fail(self, EXIT_USAGE, "--output is table, json, jsonl or csv, not \"%s\"", name);
}

bool output_is_terminal(void)
{
    return isatty(STDOUT_FILENO) == 1;
}

bool output_has_colour(void)
{
    const char *no_colour = getenv("NO_COLOR");
    const char *terminal = getenv("TERM");
    return output_is_terminal() && !(no_colour && *no_colour) && terminal &&
           strcmp(terminal, "dumb") != 0;
}

int output_finish(const struct subcommand *self, int code)
{
    int flushed = fflush(stdout);
    if (flushed == 0 && !ferror(stdout))
        return code;
    return fail(self, EXIT_NETWORK, "cannot write to standard output: %s", strerror(errno));
}

bool output_write_to(FILE *out, struct slice text)
{
    static int is_terminal = -1;
    if (is_terminal < 0)
        is_terminal = output_is_terminal();
    if (out == stdout && is_terminal)
        shown_write(out, text, TEXT_ESCAPE_JSON);
    else if (text.len > 0)
        fwrite(text.at, 1, text.len, out);
    return !ferror(out);
}

void output_write(struct slice text)
{
    (void)output_write_to(stdout, text); /* output_finish looks */
}

void output_line(struct slice text)
{
    output_write(text);
    output_write(SLICE("\n"));
}

/* The C library's table of widths, which needs a UTF-8 locale; without one every character counts
 * as one column. */
static locale_t utf8_locale(void)
{
    static locale_t locale;
    static bool tried;
    if (!tried)
        locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    tried = true;
    return locale;
}

static size_t wide_width(struct slice text)
{
    size_t width = 0;
    mbstate_t state;
    memset(&state, 0, sizeof state);
    while (text.len > 0) {
        wchar_t c;
        size_t used = mbrtowc(&c, text.at, text.len, &state);
        if (used == 0 || used > text.len)
            return width + text.len;
        int columns = wcwidth(c);
        width += columns >= 0 ? (size_t)columns : 1;
        text = slice_of(text.at + used, text.len - used);
    }
    return width;
}

size_t output_width(struct slice text)
{
    bool ascii = true;
    for (size_t i = 0; i < text.len && ascii; i++)
        ascii = (unsigned char)text.at[i] < 0x80;
    if (ascii)
        return text.len;
    locale_t locale = utf8_locale();
    if (!locale)
        return slice_utf8_length(text);
    locale_t before = uselocale(locale);
    size_t width = wide_width(text);
    uselocale(before);
    return width;
}

void output_table_init(struct output_table *table, const struct table_column *columns,
                       size_t column_count)
{
    CHECK(column_count <= TABLE_COLUMNS_MAX);
    *table = (struct output_table){.out = stdout, .columns = columns, .column_count = column_count};
    buffer_init(&table->held, HELD_BYTES_MAX);
    buffer_init(&table->shown, column_count * TEXT_ESCAPE_FACTOR * CELL_BYTES_MAX);
    for (size_t i = 0; i < column_count; i++)
        table->widths[i] = strlen(columns[i].title);
}

static void print_blanks(FILE *out, size_t count)
{
    while (count-- > 0)
        fputc(' ', out);
}

static void print_cell(struct output_table *table, size_t column, struct slice text)
{
    size_t width = output_width(text);
    size_t blanks = width < table->widths[column] ? table->widths[column] - width : 0;
    bool last = column + 1 == table->column_count;
    if (column > 0)
        fputs("  ", table->out);
    if (table->columns[column].right)
        print_blanks(table->out, blanks);
    if (text.len > 0)
        fwrite(text.at, 1, text.len, table->out);
    if (!table->columns[column].right && !last)
        print_blanks(table->out, blanks);
}

static void print_row(struct output_table *table, const struct slice *cells)
{
    for (size_t i = 0; i < table->column_count; i++)
        print_cell(table, i, cells[i]);
    fputc('\n', table->out);
}

static void print_title(struct output_table *table)
{
    bool colour = output_has_colour();
    fputs(colour ? "\033[1m" : "", table->out);
    for (size_t i = 0; i < table->column_count; i++)
        print_cell(table, i, slice_text(table->columns[i].title));
    fputs(colour ? "\033[0m\n" : "\n", table->out);
}

/* From here on rows are printed as they come. */
static void print_held(struct output_table *table)
{
    struct slice rest = buffer_slice(&table->held);
    struct slice cells[TABLE_COLUMNS_MAX];
    print_title(table);
    table->started = true;
    while (rest.len > 0) {
        for (size_t i = 0; i < table->column_count; i++) {
            uint32_t len;
            memcpy(&len, rest.at, sizeof len);
            cells[i] = slice_of(rest.at + sizeof len, len);
            rest = slice_of(rest.at + sizeof len + len, rest.len - sizeof len - len);
        }
        print_row(table, cells);
    }
    buffer_done(&table->held);
}

static bool hold_row(struct output_table *table, const struct slice *cells)
{
    size_t before = table->held.len;
    for (size_t i = 0; i < table->column_count; i++) {
        uint32_t len = (uint32_t)cells[i].len;
        buffer_bytes(&table->held, &len, sizeof len);
        buffer_append(&table->held, cells[i]);
    }
    if (buffer_ok(&table->held)) {
        table->held_rows++;
        return true;
    }
    table->held.len = before;
    return false;
}

/* Invariant 1. What a cell may be long is for nobody else to decide. */
static struct slice cut_cell(struct slice text)
{
    size_t len = text.len < CELL_BYTES_MAX ? text.len : CELL_BYTES_MAX;
    while (len < text.len && len > 0 && ((unsigned char)text.at[len] & 0xc0) == 0x80)
        len--;
    return slice_of(text.at, len);
}

static void show_cells(struct output_table *table, const struct slice *cells,
                       struct slice ret_shown[TABLE_COLUMNS_MAX])
{
    size_t ends[TABLE_COLUMNS_MAX];
    buffer_clear(&table->shown);
    for (size_t i = 0; i < table->column_count; i++) {
        text_escape(cut_cell(cells[i]), TEXT_ESCAPE_ALL, &table->shown);
        ends[i] = table->shown.len;
    }
    for (size_t i = 0, start = 0; i < table->column_count; start = ends[i++])
        ret_shown[i] = buffer_ok(&table->shown) ? slice_of(table->shown.at + start, ends[i] - start)
                                                : SLICE("?");
}

void output_table_row(struct output_table *table, const struct slice *row)
{
    struct slice cells[TABLE_COLUMNS_MAX] = {SLICE_NONE};
    show_cells(table, row, cells);
    if (!table->started) {
        for (size_t i = 0; i < table->column_count; i++) {
            size_t width = output_width(cells[i]);
            table->widths[i] = width > table->widths[i] ? width : table->widths[i];
        }
        if (table->held_rows < TABLE_ROWS_HELD && hold_row(table, cells))
            return;
        print_held(table);
    }
    print_row(table, cells);
}

void output_table_done(struct output_table *table)
{
    if (!table->started)
        print_held(table);
    buffer_done(&table->shown);
}

static void break_line(struct buffer *out, size_t depth)
{
    buffer_char(out, '\n');
    for (size_t i = 0; i < 2 * depth; i++)
        buffer_char(out, ' ');
}

struct indenter {
    struct buffer *out;
    size_t depth;
    bool first;     /* nothing yet in the object or array that is open */
    bool after_key; /* the next value stands behind its key */
};

static void indent_before(struct indenter *indenter)
{
    if (!indenter->after_key && indenter->depth > 0) {
        if (!indenter->first)
            buffer_char(indenter->out, ',');
        break_line(indenter->out, indenter->depth);
    }
    indenter->first = false;
    indenter->after_key = false;
}

static void indent_open(struct indenter *indenter, char c)
{
    indent_before(indenter);
    buffer_char(indenter->out, c);
    indenter->depth++;
    indenter->first = true;
}

static void indent_close(struct indenter *indenter, char c)
{
    indenter->depth--;
    if (!indenter->first)
        break_line(indenter->out, indenter->depth);
    buffer_char(indenter->out, c);
    indenter->first = false;
}

static void indent_text(struct indenter *indenter, const struct json_token *token)
{
    indent_before(indenter);
    if (token->kind == JSON_STRING || token->kind == JSON_KEY)
        json_quote(indenter->out, token->text);
    else if (token->kind == JSON_NUMBER)
        buffer_append(indenter->out, token->text);
    else
        buffer_text(indenter->out, token->kind == JSON_NULL    ? "null"
                                   : token->kind == JSON_FALSE ? "false"
                                                               : "true");
    if (token->kind == JSON_KEY)
        BUFFER_LITERAL(indenter->out, ": ");
    indenter->after_key = token->kind == JSON_KEY;
}

static bool indent_all(struct json_reader *reader, struct indenter *indenter)
{
    for (;;) {
        struct json_token token;
        switch (json_next(reader, &token)) {
        case JSON_ERROR:
            return false;
        case JSON_END:
            return buffer_ok(indenter->out);
        case JSON_OBJECT:
        case JSON_ARRAY:
            indent_open(indenter, token.kind == JSON_OBJECT ? '{' : '[');
            break;
        case JSON_OBJECT_END:
        case JSON_ARRAY_END:
            indent_close(indenter, token.kind == JSON_OBJECT_END ? '}' : ']');
            break;
        case JSON_NULL:
        case JSON_FALSE:
        case JSON_TRUE:
        case JSON_NUMBER:
        case JSON_STRING:
        case JSON_KEY:
            indent_text(indenter, &token);
            break;
        }
    }
}

bool output_json_pretty(struct slice json, struct buffer *out)
{
    struct arena arena;
    if (!arena_init(&arena, 65536, json.len + (16 << 20)))
        return false;
    struct json_reader reader;
    json_reader_init(&reader, json, &arena);
    struct indenter indenter = {.out = out, .first = true};
    bool good = indent_all(&reader, &indenter);
    arena_done(&arena);
    return good;
}
