/* What subcommands print on standard output: the four formats, and tables for people.
 *
 * Writing goes through a buffered stream; output_finish says whether everything got out, so that a
 * full disk or a closed pipe is never taken for success. */
#ifndef CMD_OUTPUT_H
#define CMD_OUTPUT_H

#include "cmd/cmd.h"

#include <stdio.h>

enum output_format { OUTPUT_TABLE, OUTPUT_JSON, OUTPUT_JSONL, OUTPUT_CSV };

/* An entry of a table of struct option_spec. */
#define OUTPUT_OPTION(format)                                                                      \
    {                                                                                              \
        "output", "FORMAT", "table, json, jsonl or csv. Default: table on a terminal, else json.", \
            OPTION_TEXT, (format)                                                                  \
    }

/* "table", "json", "jsonl" or "csv"; `name` NULL: table when standard output is a terminal, else
 * json. Answers -1, or says what is wrong and answers EXIT_USAGE. */
int output_format_parse(const struct subcommand *self, const char *name,
                        enum output_format *ret_format);

/* Standard output is a terminal / may be coloured (a terminal that can, and no NO_COLOR). */
bool output_is_terminal(void);
bool output_has_colour(void);
/* Flushes; answers `code`, or prints why the output is not whole and answers EXIT_NETWORK. */
int output_finish(const struct subcommand *self, int code);
/* To a file or pipe as it is; to a terminal, if `out` is standard output and one, with what it
 * would obey or not show as \u009B. False: it cannot be written. */
bool output_write_to(FILE *out, struct slice text);
/* The same to standard output; output_finish says whether it got there. */
void output_write(struct slice text);
/* The same and a line feed. */
void output_line(struct slice text);

/* Columns a terminal gives the text: wide characters two, combining ones none. */
size_t output_width(struct slice text);

/* A table, aligned by what the first TABLE_ROWS_HELD rows hold; later rows that are wider stick
 * out. Left-aligned but for `right` columns. */
enum { TABLE_COLUMNS_MAX = 16, TABLE_ROWS_HELD = 1000 };

struct table_column {
    const char *title;
    bool right;
};

struct output_table {
    FILE *out;
    const struct table_column *columns;
    size_t column_count;
    size_t widths[TABLE_COLUMNS_MAX];
    struct buffer held;  /* cells, each as 4 bytes of length and its text */
    struct buffer shown; /* the cells of one row, escaped */
    size_t held_rows;
    bool started; /* the title was printed */
};

void output_table_init(struct output_table *table, const struct table_column *columns,
                       size_t column_count);
/* Cells may hold any bytes: they are cut at 4,096, and escaped. */
void output_table_row(struct output_table *table, const struct slice *row);
/* Prints what is held and frees. */
void output_table_done(struct output_table *table);

/* JSON text again, indented by two blanks; false when it is not JSON. */
bool output_json_pretty(struct slice json, struct buffer *out);

#endif
