/* Arena: memory of one request, taken piece by piece, given back all at once.
 *
 * The first block is the caller's or allocated once at init and is reused for every request; when
 * it is not enough, further blocks are allocated up to `total_max` and freed by arena_reset, so
 * that ordinary requests never allocate. One thread at a time. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/lack.h"
#include "base/slice.h"

struct arena_block;

struct arena {
    char *first;
    size_t first_size;
    size_t used;      /* of the current block */
    size_t taken;     /* of all blocks together */
    size_t total_max; /* ceiling for `taken`, bytes */
    struct arena_block *more;
    bool owns_first;
    enum lack lack; /* of the first piece that could not be had since the last reset */
};

/* Allocates `first_size` bytes; false when memory is short. */
bool arena_init(struct arena *arena, size_t first_size, size_t total_max);
/* Works on the caller's memory only and never allocates. */
void arena_init_fixed(struct arena *arena, void *memory, size_t size);
void arena_done(struct arena *arena);
/* Everything taken since the last reset is gone. */
void arena_reset(struct arena *arena);
/* Aligned to 16; NULL when the ceiling is reached or memory is short, which `lack` keeps: whoever
 * makes something of many pieces may look once, at the end. Not zeroed. */
void *arena_take(struct arena *arena, size_t size);
/* `count` items of `size` bytes, overflow-safe, zeroed. */
void *arena_take_array(struct arena *arena, size_t count, size_t size);
/* A copy of the bytes; `at` NULL (and len 0) when there is no room. */
struct slice arena_copy(struct arena *arena, struct slice text);

#endif
