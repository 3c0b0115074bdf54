/* Filter: whether a key can be in a set, from 2 bytes a key: never "no" of one that is, "yes" of
 * about 1 in 1,000 that are not. A split-block Bloom filter as the Parquet format describes it
 * (apache/parquet-format, BloomFilter.md), but for the hash, which is the caller's. Private to the
 * room. */
#ifndef JOURNAL_FILTER_H
#define JOURNAL_FILTER_H

#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

enum { FILTER_WORDS = 8 };

struct filter_block {
    uint32_t words[FILTER_WORDS];
};

struct filter {
    struct filter_block *blocks;
    uint32_t block_count;
};

/* For so many keys; false when memory is short. `filter_done` frees. */
bool filter_init(struct filter *filter, uint64_t keys);
/* The length of filter_bytes for so many keys. */
uint64_t filter_size(uint64_t keys);
/* A copy of what filter_bytes gave for so many keys: filter_size bytes. False when memory is short.
 */
bool filter_load(struct filter *filter, uint64_t keys, struct slice bytes);
void filter_done(struct filter *filter);
void filter_add(struct filter *filter, uint64_t hash);
bool filter_may_have(const struct filter *filter, uint64_t hash);
/* Asks for the memory that filter_may_have will look at. */
void filter_expect(const struct filter *filter, uint64_t hash);
/* Its content, little-endian words; valid as long as the filter. */
struct slice filter_bytes(const struct filter *filter);

#endif
