/* Texts packed one behind the other.
 *
 * 1. `used` bytes of the newest chunk are taken; older chunks are full or hold one large piece.
 * 2. A piece never moves.
 *
 * Owns its chunks. Readers beside readers; a writer alone. */
#include "ledger/heap.h"

#include "base/check.h"

#include <stdlib.h>

enum { CHUNK_BYTES = 1 << 18, LARGE_BYTES = 1 << 14 };

struct heap_chunk {
    struct heap_chunk *older;
    _Alignas(16) char bytes[];
};

void heap_done(struct heap *heap)
{
    while (heap->newest) {
        struct heap_chunk *older = heap->newest->older;
        free(heap->newest);
        heap->newest = older;
    }
    heap->used = 0;
}

/* A chunk of its own, behind the newest, so that the newest goes on being filled. */
static void *take_large(struct heap *heap, size_t size)
{
    struct heap_chunk *chunk = malloc(sizeof *chunk + size);
    if (!chunk)
        return NULL;
    struct heap_chunk **behind = heap->newest ? &heap->newest->older : &heap->newest;
    chunk->older = *behind;
    *behind = chunk;
    if (heap->newest == chunk)
        heap->used = CHUNK_BYTES; /* it has no room for others */
    return chunk->bytes;
}

void *heap_take(struct heap *heap, size_t size, size_t alignment)
{
    CHECK(alignment > 0 && alignment <= 16 && (alignment & (alignment - 1)) == 0);
    if (size > LARGE_BYTES)
        return take_large(heap, size);
    size_t start = (heap->used + alignment - 1) & ~(alignment - 1);
    if (!heap->newest || start + size > CHUNK_BYTES) {
        struct heap_chunk *chunk = malloc(sizeof *chunk + CHUNK_BYTES);
        if (!chunk)
            return NULL;
        chunk->older = heap->newest;
        heap->newest = chunk;
        start = 0;
    }
    heap->used = start + size;
    return heap->newest->bytes + start;
}

bool heap_put(struct heap *heap, struct slice text, struct slice *place)
{
    if (text.len == 0) {
        *place = SLICE_NONE;
        return true;
    }
    /* const: the book's texts are changed by the heap alone, which owns them */
    char *at = text.len <= place->len ? (char *)(uintptr_t)place->at : heap_take(heap, text.len, 1);
    if (!at)
        return false;
    memmove(at, text.at, text.len);
    *place = slice_of(at, text.len);
    return true;
}
