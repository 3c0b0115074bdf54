/* Split-block Bloom filters (filter.h).
 *
 * 1. A key sets one bit in each of the eight words of its block: the upper half of its hash chooses
 *    the block, the lower half, times an odd number for each word, the bits.
 * 2. The words are little-endian in memory too, so that a filter is its bytes.
 *
 * Owns the blocks. Readers beside readers; a writer alone. */
#include "journal/filter.h"

#include "base/check.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

enum { KEYS_A_BLOCK = 16, BIT_SHIFT = 27 };

/* From the format's description. */
static const uint32_t salts[FILTER_WORDS] = {0x47b6137b, 0x44974d91, 0x8824ad5b, 0xa2b7289d,
                                             0x705495c7, 0x2df1424b, 0x9efc4947, 0x5c6bfb31};

static uint64_t blocks_for(uint64_t keys)
{
    return keys / KEYS_A_BLOCK + 1;
}

bool filter_init(struct filter *filter, uint64_t keys)
{
    uint64_t count = blocks_for(keys);
    *filter = (struct filter){NULL, 0};
    if (count > UINT32_MAX)
        return false;
    filter->blocks = calloc(count, sizeof *filter->blocks);
    filter->block_count = (uint32_t)count;
    return filter->blocks != NULL;
}

uint64_t filter_size(uint64_t keys)
{
    return blocks_for(keys) * sizeof(struct filter_block);
}

bool filter_load(struct filter *filter, uint64_t keys, struct slice bytes)
{
    CHECK(bytes.len == filter_size(keys));
    if (!filter_init(filter, keys))
        return false;
    memcpy(filter->blocks, bytes.at, bytes.len);
    return true;
}

void filter_done(struct filter *filter)
{
    free(filter->blocks);
    *filter = (struct filter){NULL, 0};
}

static struct filter_block *block_of(const struct filter *filter, uint64_t hash)
{
    return &filter->blocks[(hash >> 32) * filter->block_count >> 32];
}

static uint32_t bit_of(uint64_t hash, unsigned word)
{
    return htole32(UINT32_C(1) << ((uint32_t)hash * salts[word] >> BIT_SHIFT));
}

void filter_add(struct filter *filter, uint64_t hash)
{
    struct filter_block *block = block_of(filter, hash);
    for (unsigned i = 0; i < FILTER_WORDS; i++)
        block->words[i] |= bit_of(hash, i);
}

bool filter_may_have(const struct filter *filter, uint64_t hash)
{
    const struct filter_block *block = block_of(filter, hash);
    uint32_t missing = 0;
    for (unsigned i = 0; i < FILTER_WORDS; i++)
        missing |= bit_of(hash, i) & ~block->words[i];
    return missing == 0;
}

void filter_expect(const struct filter *filter, uint64_t hash)
{
    __builtin_prefetch(block_of(filter, hash));
}

struct slice filter_bytes(const struct filter *filter)
{
    return slice_of((const char *)filter->blocks, filter->block_count * sizeof *filter->blocks);
}
