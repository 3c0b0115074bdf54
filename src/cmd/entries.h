/* Entries on standard output, page by page: what `history` and `statement` share. */
#ifndef CMD_ENTRIES_H
#define CMD_ENTRIES_H

#include "cmd/chart.h"
#include "cmd/entry_row.h"
#include "cmd/management.h"

/* An answer; lives until the next one is read. */
struct entry_page {
    const struct entry_row *rows; /* not settled yet */
    size_t row_count;
    const char *cursor;                 /* "" = there is no more */
    struct member_row opening, closing; /* of a statement */
};

struct entries {
    const struct subcommand *self;
    enum output_format format;
    struct slice uin; /* whose side is shown; empty = whichever comes first */
    uint64_t limit;   /* rows in all; 0 = no limit */
    struct arena arena;
    struct output_table table;
    struct buffer memory;
    uint64_t count;
    bool ended;
    bool keeps_points; /* for a chart */
    struct chart_point *points;
    size_t point_count, point_cap;
};

/* -1 or the exit code. */
int entries_open(struct entries *entries, const char *format_name);
/* -1 or the exit code. */
int entries_read(struct entries *entries, struct slice answer, struct entry_page *ret_page);
/* Prints the rows of an answer, as far as `limit` allows. -1 or the exit code. */
int entries_print(struct entries *entries, const struct entry_page *page);
/* A row that is no entry: the opening or closing balance. */
void entries_print_balance(struct entries *entries, const char *kind, struct slice time,
                           const struct bursar_member_balance *balance);
/* After the last row: ends the table; what had no rows gets its titles. */
void entries_end(struct entries *entries);
/* Frees; rows of a table that was not ended are printed. */
void entries_done(struct entries *entries);

/* A moment as typed: a date (its first moment), RFC 3339, or the API's own form. -1 or the exit
 * code. NULL is fine. */
int entries_check_time(const struct subcommand *self, const char *option, const char *text,
                       char ret_text[32]);

#endif
