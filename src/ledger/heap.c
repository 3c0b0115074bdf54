/* Texts packed one behind the other.
 *
 * 1. `used` of `size` bytes of the newest chunk are taken; older chunks are full or hold one large
 * piece.
 * 2. A piece never moves.
 *
 * Owns its chunks. Readers beside readers; a writer alone. */
#include "ledger/heap.h"

#include "base/check.h"
#include "base/huge.h"

#include <stdlib.h>

/* The first chunks are small, those of a large heap are huge pages. */
enum { CHUNK_BYTES = 1 << 18, SMALL_CHUNKS = 16, LARGE_BYTES = 1 << 14 };

struct heap_chunk {
    struct heap_chunk *older;
    bool huge;
    _Alignas(16) char bytes[];
};

void heap_done(struct heap *heap)
{
    while (heap->newest) {
        struct heap_chunk *older = heap->newest->older;
        if (heap->newest->huge)
            huge_free(heap->newest, HUGE_PAGE_BYTES);
        else
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
    *chunk = (struct heap_chunk){*behind, false};
    *behind = chunk;
    if (heap->newest == chunk)
        heap->used = heap->size = size; /* it has no room for others */
    return chunk->bytes;
}

static bool add_chunk(struct heap *heap)
{
    bool huge = heap->chunk_count >= SMALL_CHUNKS;
    size_t size = (huge ? (size_t)HUGE_PAGE_BYTES : CHUNK_BYTES) - sizeof(struct heap_chunk);
    struct heap_chunk *chunk = huge ? huge_alloc(HUGE_PAGE_BYTES) : malloc(CHUNK_BYTES);
    if (!chunk)
        return false;
    *chunk = (struct heap_chunk){heap->newest, huge};
    heap->newest = chunk;
    heap->used = 0;
    heap->size = size;
    heap->chunk_count++;
    return true;
}

void *heap_take(struct heap *heap, size_t size, size_t alignment)
{
    CHECK(alignment > 0 && alignment <= 16 && (alignment & (alignment - 1)) == 0);
    if (size > LARGE_BYTES)
        return take_large(heap, size);
    size_t start = (heap->used + alignment - 1) & ~(alignment - 1);
    if (!heap->newest || start + size > heap->size) {
        if (!add_chunk(heap))
            return NULL;
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
