/* The index from 64-bit keys to 64-bit values (idmap.h).
 *
 * 1. The upper bits of a key's hash choose the part, the lower ones its home in it; from its home
 * to its place no slot is free. Removing moves later keys up to keep that so.
 * 2. A part is at most three quarters full, so that a probe ends.
 *
 * Owns the slots. Readers beside readers; a writer alone. */
#include "ledger/idmap.h"

#include "base/check.h"

#include <stdlib.h>

enum { SLOTS_FIRST = 8, PART_SHIFT = 56 };

void idmap_init(struct idmap *map, uint64_t seed)
{
    *map = (struct idmap){.seed = seed};
}

void idmap_done(struct idmap *map)
{
    for (uint32_t i = 0; i < IDMAP_PARTS; i++)
        free(map->parts[i].slots);
    *map = (struct idmap){.seed = map->seed};
}

/* Sequences are neighbours and digests are chosen by clients: the seed is not theirs to know. */
uint64_t idmap_hash(uint64_t seed, uint64_t key)
{
    uint64_t hash = key ^ seed;
    hash = (hash ^ hash >> 32) * UINT64_C(0xd6e8feb86659fd93);
    hash = (hash ^ hash >> 32) * UINT64_C(0xd6e8feb86659fd93);
    return hash ^ hash >> 32;
}

/* Where the key is, or the free slot where it would be. */
static uint32_t probe(const struct idmap_part *part, uint64_t hash, uint64_t key)
{
    uint32_t at = (uint32_t)hash & part->mask;
    while (part->slots[at].value != 0 && part->slots[at].key != key)
        at = (at + 1) & part->mask;
    return at;
}

static bool grow(const struct idmap *map, struct idmap_part *part)
{
    struct idmap_part larger = {.used = part->used};
    uint32_t slots = part->slots ? (part->mask + 1) * 2 : SLOTS_FIRST;
    larger.slots = calloc(slots, sizeof *larger.slots);
    if (!larger.slots)
        return false;
    larger.mask = slots - 1;
    for (uint32_t i = 0; part->slots && i <= part->mask; i++) {
        struct idmap_slot slot = part->slots[i];
        if (slot.value != 0)
            larger.slots[probe(&larger, idmap_hash(map->seed, slot.key), slot.key)] = slot;
    }
    free(part->slots);
    *part = larger;
    return true;
}

bool idmap_add(struct idmap *map, uint64_t key, uint64_t value)
{
    uint64_t hash = idmap_hash(map->seed, key);
    struct idmap_part *part = &map->parts[hash >> PART_SHIFT];
    bool is_full = !part->slots || (uint64_t)(part->used + 1) * 4 > (uint64_t)(part->mask + 1) * 3;
    CHECK(value != 0);
    if (is_full && !grow(map, part))
        return false;
    uint32_t at = probe(part, hash, key);
    CHECK(part->slots[at].value == 0);
    part->slots[at] = (struct idmap_slot){key, value};
    part->used++;
    map->count++;
    return true;
}

uint64_t idmap_find(const struct idmap *map, uint64_t key)
{
    uint64_t hash = idmap_hash(map->seed, key);
    const struct idmap_part *part = &map->parts[hash >> PART_SHIFT];
    return part->slots ? part->slots[probe(part, hash, key)].value : 0;
}

void idmap_remove(struct idmap *map, uint64_t key)
{
    uint64_t hash = idmap_hash(map->seed, key);
    struct idmap_part *part = &map->parts[hash >> PART_SHIFT];
    CHECK(part->slots);
    uint32_t hole = probe(part, hash, key);
    CHECK(part->slots[hole].value != 0);
    for (uint32_t at = (hole + 1) & part->mask; part->slots[at].value != 0;
         at = (at + 1) & part->mask) {
        uint32_t home = (uint32_t)idmap_hash(map->seed, part->slots[at].key) & part->mask;
        /* It may move up when its home is not between the hole (exclusive) and itself. */
        if (((at - home) & part->mask) >= ((at - hole) & part->mask)) {
            part->slots[hole] = part->slots[at];
            hole = at;
        }
    }
    part->slots[hole] = (struct idmap_slot){0, 0};
    part->used--;
    map->count--;
}
