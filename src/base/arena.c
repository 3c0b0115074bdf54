/* Memory of one request.
 *
 * 1. `used` counts bytes of the newest block (the first block while `more` is NULL).
 * 2. A piece never moves and never overlaps another until arena_reset.
 *
 * Owns its blocks. One thread at a time. */
#include "base/arena.h"

#include "base/check.h"

#include <stdlib.h>

enum { ALIGNMENT = 16 };

struct arena_block {
    struct arena_block *older;
    size_t size;
    _Alignas(ALIGNMENT) char bytes[];
};

bool arena_init(struct arena *arena, size_t first_size, size_t total_max)
{
    char *first = malloc(first_size);
    if (!first)
        return false;
    *arena = (struct arena){
        .first = first, .first_size = first_size, .total_max = total_max, .owns_first = true};
    return true;
}

void arena_init_fixed(struct arena *arena, void *memory, size_t size)
{
    size_t skew = (ALIGNMENT - (uintptr_t)memory % ALIGNMENT) % ALIGNMENT;
    skew = skew < size ? skew : size;
    *arena = (struct arena){
        .first = (char *)memory + skew, .first_size = size - skew, .total_max = size - skew};
}

void arena_reset(struct arena *arena)
{
    while (arena->more) {
        struct arena_block *block = arena->more;
        arena->more = block->older;
        free(block);
    }
    arena->used = 0;
    arena->taken = 0;
    arena->lack = LACK_NONE;
}

void arena_done(struct arena *arena)
{
    arena_reset(arena);
    if (arena->owns_first)
        free(arena->first);
    *arena = (struct arena){0};
}

static bool add_block(struct arena *arena, size_t need)
{
    size_t size = need > arena->first_size ? need : arena->first_size;
    struct arena_block *block = malloc(sizeof *block + size);
    if (!block)
        return false;
    block->older = arena->more;
    block->size = size;
    arena->more = block;
    arena->used = 0;
    return true;
}

RARE static void *note_lack(struct arena *arena, enum lack lack)
{
    if (arena->lack == LACK_NONE)
        arena->lack = lack;
    return NULL;
}

void *arena_take(struct arena *arena, size_t size)
{
    if (size > SIZE_MAX - ALIGNMENT)
        return note_lack(arena, LACK_ROOM);
    size = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (size > arena->total_max - arena->taken)
        return note_lack(arena, LACK_ROOM);
    size_t block_size = arena->more ? arena->more->size : arena->first_size;
    if (size > block_size - arena->used && !add_block(arena, size))
        return note_lack(arena, LACK_MEMORY);
    char *piece = (arena->more ? arena->more->bytes : arena->first) + arena->used;
    arena->used += size;
    arena->taken += size;
    return piece;
}

void *arena_take_array(struct arena *arena, size_t count, size_t size)
{
    size_t total;
    if (__builtin_mul_overflow(count, size, &total))
        return note_lack(arena, LACK_ROOM);
    void *piece = arena_take(arena, total);
    if (piece)
        memset(piece, 0, total);
    return piece;
}

struct slice arena_copy(struct arena *arena, struct slice text)
{
    char *piece = arena_take(arena, text.len);
    if (!piece)
        return SLICE_NONE;
    if (text.len)
        memcpy(piece, text.at, text.len);
    return slice_of(piece, text.len);
}
