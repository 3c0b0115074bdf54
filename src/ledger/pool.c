/* Items that never move.
 *
 * 1. Item i lives in chunk i >> shift; every chunk below chunk_count is whole.
 * 2. From chunk single_chunks on, if that is not 0, chunks come in blocks of block_chunks().
 * 3. Returned items form a list through their first four bytes.
 *
 * Owns its chunks. Readers beside readers; a writer alone. */
#include "ledger/pool.h"

#include "base/check.h"
#include "base/huge.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_CHUNKS = 8, BLOCK_BYTES = 4 * HUGE_PAGE_BYTES };

static size_t chunk_bytes(const struct pool *pool)
{
    return (size_t)pool->item_size << pool->shift;
}

static uint32_t block_chunks(const struct pool *pool)
{
    return (uint32_t)(BLOCK_BYTES / chunk_bytes(pool)); /* checked by pool_init */
}

void pool_init(struct pool *pool, size_t item_size, uint32_t shift)
{
    CHECK(item_size >= sizeof(uint32_t) && item_size <= UINT32_MAX && shift < 32);
    *pool = (struct pool){.item_size = (uint32_t)item_size, .shift = shift, .free = POOL_NONE};
    CHECK(block_chunks(pool) > 0);
}

void pool_done(struct pool *pool)
{
    uint32_t singles = pool->single_chunks ? pool->single_chunks : pool->chunk_count;
    for (uint32_t i = 0; i < singles; i++)
        free(pool->chunks[i]);
    for (uint32_t i = singles; i < pool->chunk_count; i += block_chunks(pool))
        huge_free(pool->chunks[i], BLOCK_BYTES);
    free(pool->chunks);
    *pool = (struct pool){.free = POOL_NONE};
}

static bool reserve_chunks(struct pool *pool, uint32_t more)
{
    uint32_t cap = pool->chunk_cap ? pool->chunk_cap : FIRST_CHUNKS;
    while (cap < pool->chunk_count + more)
        cap *= 2;
    if (cap == pool->chunk_cap)
        return true;
    char **chunks = realloc(pool->chunks, cap * sizeof *chunks);
    if (!chunks)
        return false;
    pool->chunks = chunks;
    pool->chunk_cap = cap;
    return true;
}

static bool add_chunks(struct pool *pool)
{
    bool in_blocks = pool->chunk_count >= block_chunks(pool);
    uint32_t count = in_blocks ? block_chunks(pool) : 1;
    if (!reserve_chunks(pool, count))
        return false;
    char *memory = in_blocks ? huge_alloc(BLOCK_BYTES) : malloc(chunk_bytes(pool));
    if (!memory)
        return false;
    if (in_blocks && pool->single_chunks == 0)
        pool->single_chunks = pool->chunk_count;
    for (uint32_t i = 0; i < count; i++)
        pool->chunks[pool->chunk_count++] = memory + i * chunk_bytes(pool);
    return true;
}

uint32_t pool_take(struct pool *pool)
{
    uint32_t index = pool->free;
    if (index != POOL_NONE) {
        memcpy(&pool->free, pool_at(pool, index), sizeof pool->free);
    } else {
        index = pool->count;
        if (index == POOL_NONE || (index >> pool->shift >= pool->chunk_count && !add_chunks(pool)))
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
