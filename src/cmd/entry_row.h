/* An entry as DescribeEntries and DescribeStatement give it, read for people: seen from one
 * member's side where there are two. */
#ifndef CMD_ENTRY_ROW_H
#define CMD_ENTRY_ROW_H

#include "base/amount.h"
#include "cmd/member_rows.h"
#include "cmd/output.h"

struct entry_asker {
    struct slice door, request_id, user, unix_name; /* empty: time made it */
    uint64_t unix_user;
    bool has_unix_user;
};

struct entry_row {
    uint64_t entry;
    const char *raw; /* the object as it came */
    struct slice time, kind, member, to, reason, name;
    struct entry_asker by;
    bool has_amount;
    struct amount amount; /* of adjust and opening: of all accounts together */
    bool has_after;       /* the member's fields after it */
    struct bursar_member_balance after;
    int64_t real_micros, cash_micros; /* RealBalance and CashAccountBalance of `after` */

    /* As they came, before entry_row_settle. */
    struct bursar_member_balance to_after;
    struct slice names[4];
    struct amount amounts[4];
    bool has_amounts[4];
};

/* Reads one; entry_row_settle makes it one seen from `uin` ("" = from the first member of it).
 * False when it is not an entry. */
extern const struct shape entry_row_shape;
bool entry_row_settle(struct entry_row *row, struct slice uin);
/* "+12.34" when it made RealBalance larger, "-12.34" smaller, "12.34" when it did not change it;
 * empty when no money is meant. */
void entry_row_print_amount(const struct entry_row *row, struct slice uin, struct buffer *out);

/* Columns of a table, and a row's cells, whose texts are put into `memory`. The last column, the
 * member, is for tables of many members. */
enum { ENTRY_COLUMNS = 9 };
extern const struct table_column entry_columns[ENTRY_COLUMNS];
void entry_row_cells(const struct entry_row *row, struct slice uin, struct buffer *memory,
                     struct slice ret_cells[ENTRY_COLUMNS]);
/* The same as a line of CSV, with the API's names and cents. */
void entry_csv_header(struct buffer *out);
void entry_row_csv(const struct entry_row *row, struct buffer *out);

#endif
