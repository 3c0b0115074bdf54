/* One member to add, as a line of an import file says it (docs/import.md), checked. */
#ifndef CMD_IMPORT_ROW_H
#define CMD_IMPORT_ROW_H

#include "codec/records.h"
#include "ledger/fields.h"

/* Columns by number, in the order in which `bursar export` writes them. */
enum import_column {
    IMPORT_MEMBER_UIN,
    IMPORT_MEMBER_NAME,
    IMPORT_IS_CREDIT_ACCOUNT,
    IMPORT_FIELDS, /* FIELD_COUNT of them, in the ledger's order */
    IMPORT_ALLOW_ARREARS = IMPORT_FIELDS + FIELD_COUNT,
    IMPORT_TEMP_AMOUNT_INFO_LIST,
};

struct import_row {
    struct new_member member; /* its texts are the line's */
    bool is_credit_account, allow_arrears;
    struct fields_given fields;
    struct slice grants; /* the list's JSON text */
    /* once it is checked */
    uint64_t line;
    struct amount real_balance; /* of what the member has */
};

extern const struct record_table import_table; /* of struct import_row */

/* As an element of Members: RealBalance says what cash is, overdue or not, whatever the temporary
 * credit of the day. */
void import_row_write(const struct import_row *row, struct buffer *out);

/* The next line of the file, checked: RECORDS_BAD_LINE when something is wrong with it; all that is
 * wrong was told. `now_us` matters only where a row names grants and neither TempCredit nor what it
 * follows from. */
enum records_next import_row_next(struct records *records, int64_t now_us,
                                  struct import_row *ret_row);

#endif
