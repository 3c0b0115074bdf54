/* Growing the index of base/table.h.
 *
 * 1. At most three quarters of the slots are taken, so every probe ends at a free slot.
 * 2. A failed growth leaves the table as it was.
 *
 * Owns its slots. Readers beside readers; a writer alone. */
#include "base/table.h"

#include "base/check.h"
#include "base/huge.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_SLOTS = 16, KEPT_SLOTS = 1024, KEPT_SHARE = 64 };

/* Zeroed. Few are the allocator's, many lie on huge pages. */
static struct table_slot *slots_new(uint64_t count)
{
    size_t size = count * sizeof(struct table_slot);
    return size < HUGE_PAGE_BYTES ? calloc(1, size) : huge_alloc(size);
}

static void slots_free(struct table_slot *slots, uint64_t count)
{
    size_t size = count * sizeof *slots;
    if (size < HUGE_PAGE_BYTES)
        free(slots);
    else
        huge_free(slots, size);
}

void table_init(struct table *table, const void *owner,
                uint64_t (*hash_of)(const void *owner, uint32_t item))
{
    *table = (struct table){.owner = owner, .hash_of = hash_of};
}

void table_done(struct table *table)
{
    slots_free(table->slots, (uint64_t)table->mask + 1);
    table->slots = NULL;
    table->mask = 0;
    table->used = 0;
}

void table_clear(struct table *table)
{
    uint64_t slots = table->slots ? (uint64_t)table->mask + 1 : 0;
    if (slots > KEPT_SLOTS && slots / KEPT_SHARE > table->used)
        table_done(table);
    else if (table->slots)
        memset(table->slots, 0, slots * sizeof *table->slots);
    table->used = 0;
}

static void put(struct table_slot *slots, uint32_t mask, uint64_t hash, uint32_t item)
{
    uint32_t at = (uint32_t)hash & mask;
    while (slots[at].item != 0)
        at = (at + 1) & mask;
    slots[at] = (struct table_slot){(uint32_t)(hash >> 32), item + 1};
}

static bool resize(struct table *table, uint64_t slot_count)
{
    if (slot_count > UINT64_C(1) << 32)
        return false;
    struct table_slot *slots = slots_new(slot_count);
    if (!slots)
        return false;
    uint32_t mask = (uint32_t)(slot_count - 1);
    for (uint64_t i = 0; table->slots && i <= table->mask; i++) {
        uint32_t item = table->slots[i].item;
        if (item)
            put(slots, mask, table->hash_of(table->owner, item - 1), item - 1);
    }
    slots_free(table->slots, (uint64_t)table->mask + 1);
    table->slots = slots;
    table->mask = mask;
    return true;
}

bool table_reserve(struct table *table, uint32_t count)
{
    uint64_t slot_count = table->slots ? (uint64_t)table->mask + 1 : FIRST_SLOTS;
    while (slot_count / 4 * 3 < count)
        slot_count *= 2;
    if (table->slots && slot_count == (uint64_t)table->mask + 1)
        return true;
    return resize(table, slot_count);
}

bool table_add(struct table *table, uint64_t hash, uint32_t item)
{
    CHECK(item < TABLE_NONE);
    if (!table_reserve(table, table->used + 1))
        return false;
    put(table->slots, table->mask, hash, item);
    table->used++;
    return true;
}

/* What stands behind the hole moves into it, unless that would put it before its home. */
static void close_hole(struct table *table, uint32_t hole)
{
    uint32_t mask = table->mask;
    for (uint32_t at = (hole + 1) & mask; table->slots[at].item != 0; at = (at + 1) & mask) {
        uint32_t home = (uint32_t)table->hash_of(table->owner, table->slots[at].item - 1) & mask;
        if (((at - home) & mask) < ((at - hole) & mask))
            continue;
        table->slots[hole] = table->slots[at];
        hole = at;
    }
    table->slots[hole] = (struct table_slot){0, 0};
}

void table_remove(struct table *table, uint64_t hash, uint32_t item)
{
    CHECK(table->slots);
    uint32_t at = (uint32_t)hash & table->mask;
    while (table->slots[at].item != item + 1) {
        CHECK(table->slots[at].item != 0);
        at = (at + 1) & table->mask;
    }
    close_hole(table, at);
    table->used--;
}
