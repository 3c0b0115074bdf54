/* Table: an index from hashes to the caller's 32-bit numbers (open addressing, 8 bytes a slot, at
 * most three quarters full; what is removed leaves no trace). The caller owns the things numbered
 * and compares keys itself:
 *
 *     struct table_probe probe;
 *     for (uint32_t i = table_first(&t, hash, &probe); i != TABLE_NONE; i = table_next(&t, &probe))
 *         if (uin_equal(members[i].uin, uin))
 *             return &members[i];
 *
 * A slot keeps 32 bits of the hash, so that other keys are rarely looked at. Readers may run beside
 * readers; a writer must be alone. */
#ifndef BASE_TABLE_H
#define BASE_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#define TABLE_NONE UINT32_MAX

struct table_slot {
    uint32_t tag;  /* upper half of the hash */
    uint32_t item; /* the caller's number + 1; 0 = free */
};

struct table {
    struct table_slot *slots;
    uint64_t (*hash_of)(const void *owner, uint32_t item); /* for growth */
    const void *owner;
    uint32_t mask; /* slots - 1; 0 with slots NULL = empty */
    uint32_t used;
};

struct table_probe {
    uint32_t at;
    uint32_t tag;
};

void table_init(struct table *table, const void *owner,
                uint64_t (*hash_of)(const void *owner, uint32_t item));
void table_done(struct table *table);
/* Empty again. Keeps its memory while that is in proportion to what it held, so that clearing costs
 * no more than filling did. */
void table_clear(struct table *table);
/* Adds (the caller has made sure it is new); false when memory is short, then nothing changed.
 * `item` must be below TABLE_NONE. */
bool table_add(struct table *table, uint64_t hash, uint32_t item);
/* The item must be there, with that hash; hash_of must still know all others. */
void table_remove(struct table *table, uint64_t hash, uint32_t item);
/* Makes room for `count` items in all, so that adding them cannot fail. */
bool table_reserve(struct table *table, uint32_t count);

static inline uint32_t table_step(const struct table *table, struct table_probe *probe)
{
    if (!table->slots)
        return TABLE_NONE;
    for (;; probe->at = (probe->at + 1) & table->mask) {
        struct table_slot slot = table->slots[probe->at];
        if (slot.item == 0)
            return TABLE_NONE;
        if (slot.tag == probe->tag)
            return slot.item - 1;
    }
}

static inline uint32_t table_first(const struct table *table, uint64_t hash,
                                   struct table_probe *ret_probe)
{
    *ret_probe = (struct table_probe){(uint32_t)hash & table->mask, (uint32_t)(hash >> 32)};
    return table_step(table, ret_probe);
}

static inline uint32_t table_next(const struct table *table, struct table_probe *probe)
{
    probe->at = (probe->at + 1) & table->mask;
    return table_step(table, probe);
}

#endif
