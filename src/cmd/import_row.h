/* One member to add: a record whose values were checked and agree with each other. */
#ifndef CMD_IMPORT_ROW_H
#define CMD_IMPORT_ROW_H

#include "base/uin.h"
#include "cmd/import_record.h"

struct import_row {
    uint64_t line;
    struct uin uin;
    struct slice name; /* borrowed from the record */
    bool is_credit_account;
    bool allow_arrears;
    struct amount cash; /* what the ledger holds: CashAccountBalance - OweAmount */
    struct amount real_balance;
    struct amount income;
    struct amount present;
    struct amount frozen;
    struct amount basic_credit;
    struct import_grant grants[IMPORT_GRANTS_MAX];
    uint32_t grant_count;
};

/* False when something is wrong with it; all that is wrong was told. `now_us` matters only where a
 * row names grants and neither TempCredit nor what it follows from. */
bool import_row_check(const struct import_record *record, int64_t now_us,
                      struct import_problems *problems, struct import_row *ret_row);

#endif
