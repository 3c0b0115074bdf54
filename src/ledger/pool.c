/* Items that never move.
 *
 * 1. Item i lives in chunk i >> shift; every chunk below chunk_count is whole.
 * 2. Returned items form a list through their first four bytes.
 *
 * Owns its chunks. Readers beside readers; a writer alone. */
#include "ledger/pool.h"

#include "base/check.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_CHUNKS = 8 };

void pool_init(struct pool *pool, size_t item_size, uint32_t shift)
{
    CHECK(item_size >= sizeof(uint32_t) && item_size <= UINT32_MAX && shift < 32);
    *pool = (struct pool){.item_size = (uint32_t)item_size, .shift = shift, .free = POOL_NONE};
}

void pool_done(struct pool *pool)
{
    for (uint32_t i = 0; i < pool->chunk_count; i++)
        free(pool->chunks[i]);
    free(pool->chunks);
    *pool = (struct pool){.free = POOL_NONE};
}

static bool add_chunk(struct pool *pool)
{
    if (pool->chunk_count == pool->chunk_cap) {
        uint32_t cap = pool->chunk_cap ? pool->chunk_cap * 2 : FIRST_CHUNKS;
        char **chunks = realloc(pool->chunks, cap * sizeof *chunks);
        if (!chunks)
            return false;
        pool->chunks = chunks;
        pool->chunk_cap = cap;
    }
    char *chunk = malloc((size_t)pool->item_size << pool->shift);
    if (!chunk)
        return false;
    pool->chunks[pool->chunk_count++] = chunk;
    return true;
}

uint32_t pool_take(struct pool *pool)
{
    uint32_t index = pool->free;
    if (index != POOL_NONE) {
        memcpy(&pool->free, pool_at(pool, index), sizeof pool->free);
    } else {
        index = pool->count;
        if (index == POOL_NONE || (index >> pool->shift >= pool->chunk_count && !add_chunk(pool)))
            return POOL_NONE;
        pool->count++;
    }
    memset(pool_at(pool, index), 0, pool->item_size);
    return index;
}

void pool_give(struct pool *pool, uint32_t index)
{
    CHECK(index < pool->count);
    memcpy(pool_at(pool, index), &pool->free, sizeof pool->free);
    pool->free = index;
}

void pool_clear(struct pool *pool)
{
    pool->count = 0;
    pool->free = POOL_NONE;
}
