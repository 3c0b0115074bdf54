/* One transfer as people write it, on the command line or in a line of a file; checked, and written
 * as the API takes it. docs/transfers.md is the format's description. */
#ifndef CMD_POST_ROW_H
#define CMD_POST_ROW_H

#include "base/amount.h"
#include "base/uin.h"
#include "cmd/import_record.h"

/* In the order of the table in docs/transfers.md. */
enum post_field {
    POST_KIND,
    POST_UIN,
    POST_AMOUNT,
    POST_TO,
    POST_ACCOUNT,
    POST_INCOME,
    POST_GIFT,
    POST_REASON,
    POST_FIELD_COUNT,
};
extern const char *const post_field_names[POST_FIELD_COUNT]; /* "kind", "uin", ... */
/* POST_FIELD_COUNT when there is no such field. */
enum post_field post_field_find(struct slice name);

enum { POST_REASON_BYTES_MAX = 1024 };

struct post_record {
    uint64_t line;
    struct slice values[POST_FIELD_COUNT]; /* len 0 = not given */
};

/* Slices live as long as the record's. */
struct post_row {
    uint64_t line;
    struct slice kind; /* the API's name, static */
    struct uin uin, to;
    struct amount amount, income, gift;
    struct slice account, reason;
    bool is_adjust;
    bool is_final; /* takes money out of a member's reach: withdraw, adjust */
};

/* False: what is wrong was told to `problems` (whose path may be NULL: no file, no line). */
bool post_row_check(const struct post_record *record, struct import_problems *problems,
                    struct post_row *ret_row);
/* As an element of Transfers. */
void post_row_write(const struct post_row *row, struct buffer *out);

#endif
