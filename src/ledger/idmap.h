/* Idmap: an index from 64-bit keys to 64-bit values: sequences of entries, digests of tokens. Open
 * addressing, 16 bytes a slot, at most three quarters full; removing leaves no trace. It is made of
 * many small tables, so that growing moves a small part of it only.
 *
 * Readers beside readers; a writer alone. */
#ifndef LEDGER_IDMAP_H
#define LEDGER_IDMAP_H

#include <stdbool.h>
#include <stdint.h>

enum { IDMAP_PARTS = 256 };

struct idmap_slot {
    uint64_t key;
    uint64_t value; /* 0 = free */
};

struct idmap_part {
    struct idmap_slot *slots;
    uint32_t mask; /* slots - 1; 0 = no slots yet */
    uint32_t used;
};

struct idmap {
    struct idmap_part parts[IDMAP_PARTS];
    uint64_t seed;
    uint64_t count;
};

/* Another number for every other key. The upper 8 bits say in which part a key is. */
uint64_t idmap_hash(uint64_t seed, uint64_t key);
void idmap_init(struct idmap *map, uint64_t seed);
void idmap_done(struct idmap *map);
/* The key must not be there yet; `value` is not 0. False when memory is short, then nothing
 * changed.
 */
bool idmap_add(struct idmap *map, uint64_t key, uint64_t value);
/* 0 when it is not there. */
uint64_t idmap_find(const struct idmap *map, uint64_t key);
/* The key must be there. */
void idmap_remove(struct idmap *map, uint64_t key);

#endif
