/* The uins of a file (cmd/import_uins.h). Main thread. */
#include "cmd/import_uins.h"

#include <stdlib.h>

enum { FIRST_CAP = 1024 };

static uint64_t hash_of(const void *owner, uint32_t item)
{
    const struct import_uins *uins = owner;
    return uin_hash(uins->items[item].uin);
}

void import_uins_init(struct import_uins *uins)
{
    *uins = (struct import_uins){.count = 0};
    table_init(&uins->table, uins, hash_of);
}

void import_uins_done(struct import_uins *uins)
{
    table_done(&uins->table);
    free(uins->items);
}

uint64_t import_uins_find(const struct import_uins *uins, struct uin uin)
{
    struct table_probe probe;
    for (uint32_t i = table_first(&uins->table, uin_hash(uin), &probe); i != TABLE_NONE;
         i = table_next(&uins->table, &probe)) {
        if (uin_equal(uins->items[i].uin, uin))
            return uins->items[i].line;
    }
    return 0;
}

static bool make_room(struct import_uins *uins)
{
    if (uins->count < uins->cap)
        return true;
    if (uins->cap > TABLE_NONE / 4)
        return false;
    uint32_t cap = uins->cap ? 2 * uins->cap : FIRST_CAP;
    struct import_uin *items = realloc(uins->items, cap * sizeof *items);
    if (!items)
        return false;
    uins->items = items;
    uins->cap = cap;
    return true;
}

uint64_t import_uins_add(struct import_uins *uins, struct uin uin, uint64_t line)
{
    uint64_t first = import_uins_find(uins, uin);
    if (first)
        return first;
    if (!make_room(uins))
        return 0;
    uins->items[uins->count] = (struct import_uin){uin, line};
    if (!table_add(&uins->table, uin_hash(uin), uins->count))
        return 0;
    uins->count++;
    return line;
}
