/* The uins of a file and the line that had each first. */
#ifndef CMD_IMPORT_UINS_H
#define CMD_IMPORT_UINS_H

#include "base/table.h"
#include "base/uin.h"

struct import_uin {
    struct uin uin;
    uint64_t line;
};

struct import_uins {
    struct table table;
    struct import_uin *items;
    uint32_t count;
    uint32_t cap;
};

void import_uins_init(struct import_uins *uins);
void import_uins_done(struct import_uins *uins);
/* The line that had this uin first, which is `line` when none had it before; 0 when memory is
 * short.
 */
uint64_t import_uins_add(struct import_uins *uins, struct uin uin, uint64_t line);
/* 0 when it is not there. */
uint64_t import_uins_find(const struct import_uins *uins, struct uin uin);

#endif
