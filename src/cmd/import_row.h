/* One member to add: a record whose values were checked and agree with each other. */
#ifndef CMD_IMPORT_ROW_H
#define CMD_IMPORT_ROW_H

#include "cmd/import_record.h"

struct import_row {
    uint64_t line;
    struct new_member member;   /* its name is borrowed from the record */
    struct amount real_balance; /* of what the member has */
};

/* False when something is wrong with it; all that is wrong was told. `now_us` matters only where a
 * row names grants and neither TempCredit nor what it follows from. */
bool import_row_check(const struct import_record *record, int64_t now_us,
                      struct import_problems *problems, struct import_row *ret_row);

#endif
