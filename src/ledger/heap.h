/* Heap: names and other texts that live as long as the book, packed one behind the other. Nothing
 * is given back before the end; a text that is replaced by one not longer reuses its place. */
#ifndef LEDGER_HEAP_H
#define LEDGER_HEAP_H

#include "base/slice.h"

struct heap_chunk;

struct heap {
    struct heap_chunk *newest;
    size_t used; /* of the newest chunk */
    size_t size; /* of the newest chunk */
    uint32_t chunk_count;
};

void heap_done(struct heap *heap);
/* NULL when memory is short. `alignment` is a power of two up to 16. */
void *heap_take(struct heap *heap, size_t size, size_t alignment);
/* Puts a copy of `text` where `*place` was if it fits there, else into new memory. False when
 * memory is short, then nothing changed. */
bool heap_put(struct heap *heap, struct slice text, struct slice *place);

#endif
