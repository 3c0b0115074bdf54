/* One transfer as people write it, on the command line or in a line of a file; checked, and written
 * as the API takes it. docs/transfers.md is the format's description. */
#ifndef CMD_POST_ROW_H
#define CMD_POST_ROW_H

#include "base/amount.h"
#include "base/uin.h"
#include "codec/records.h"

/* Columns by number, in the order of the table in docs/transfers.md. */
enum post_column {
    POST_KIND,
    POST_UIN,
    POST_AMOUNT,
    POST_TO,
    POST_ACCOUNT,
    POST_INCOME,
    POST_GIFT,
    POST_REASON,
    POST_COLUMN_COUNT,
};

enum { POST_REASON_BYTES_MAX = 1024 };

/* Slices live as long as the line. */
struct post_row {
    struct slice kind; /* once it is checked: the API's name, static */
    struct uin uin, to;
    struct amount amount, income, gift;
    struct slice account, reason;
    /* once it is checked */
    uint64_t line;
    struct amount cash; /* of an adjustment, instead of amount */
    bool is_adjust;
    bool is_final; /* takes money out of a member's reach: withdraw, adjust */
};

extern const struct record_table post_table; /* of struct post_row */

/* The next line of the file, checked: RECORDS_BAD_LINE when something is wrong with it, which was
 * told. */
enum records_next post_row_next(struct records *records, struct post_row *ret_row);
/* One from texts, NULL where nothing is given; false: what is wrong was told. */
bool post_row_read(struct records *records, const char *const texts[POST_COLUMN_COUNT],
                   struct post_row *ret_row);
/* As an element of Transfers. */
void post_row_write(const struct post_row *row, struct buffer *out);

#endif
