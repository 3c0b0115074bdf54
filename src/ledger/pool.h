/* Pool: many items of one size, numbered 0, 1, 2, ..., that never move. Items live in chunks of
 * 2^shift; a chunk is allocated when the first of its items is taken and freed with the pool. In a
 * large pool several chunks are allocated at once, on huge pages. */
#ifndef LEDGER_POOL_H
#define LEDGER_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define POOL_NONE UINT32_MAX

struct pool {
    char **chunks;
    uint32_t chunk_count;
    uint32_t chunk_cap;
    uint32_t single_chunks; /* allocated one by one: those at the start; 0 = all so far */
    uint32_t item_size;     /* at least 4 */
    uint32_t shift;
    uint32_t count; /* numbers given out, returned ones included */
    uint32_t free;  /* head of the returned ones */
};

void pool_init(struct pool *pool, size_t item_size, uint32_t shift);
void pool_done(struct pool *pool);
/* A zeroed item, a returned one before a new one; POOL_NONE when memory is short. */
uint32_t pool_take(struct pool *pool);
void pool_give(struct pool *pool, uint32_t index);
/* Takes all items back; keeps the memory. */
void pool_clear(struct pool *pool);

static inline void *pool_at(const struct pool *pool, uint32_t index)
{
    uint32_t within = index & ((UINT32_C(1) << pool->shift) - 1);
    return pool->chunks[index >> pool->shift] + (size_t)within * pool->item_size;
}

#endif
