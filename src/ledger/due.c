/* A binary heap whose items know their places, so that one that is cancelled leaves at once and the
 * heap holds nothing but what is to come.
 *
 * 1. No item is due before the one above it (its parent, (place - 1) / 2).
 * 2. Whenever an item moves, its owner is told.
 *
 * Owns the items. Readers beside readers; a writer alone. */
#include "ledger/due.h"

#include "base/check.h"

#include <stdlib.h>

enum { ITEMS_FIRST = 64 };

void due_init(struct due *due, void *owner,
              void (*moved)(void *owner, const struct due_item *item, uint32_t place))
{
    *due = (struct due){.moved = moved, .owner = owner};
}

void due_done(struct due *due)
{
    free(due->items);
    due->items = NULL;
    due->count = due->cap = 0;
}

static void put(struct due *due, uint32_t place, struct due_item item)
{
    due->items[place] = item;
    due->moved(due->owner, &item, place);
}

/* From `place`, where there is room for it, the item goes to where it belongs. */
static void rise(struct due *due, uint32_t place, struct due_item item)
{
    while (place > 0 && due->items[(place - 1) / 2].due_us > item.due_us) {
        put(due, place, due->items[(place - 1) / 2]);
        place = (place - 1) / 2;
    }
    put(due, place, item);
}

static void sink(struct due *due, uint32_t place, struct due_item item)
{
    for (;;) {
        uint64_t child = 2 * (uint64_t)place + 1;
        if (child >= due->count)
            break;
        if (child + 1 < due->count && due->items[child + 1].due_us < due->items[child].due_us)
            child++;
        if (due->items[child].due_us >= item.due_us)
            break;
        put(due, place, due->items[child]);
        place = (uint32_t)child;
    }
    put(due, place, item);
}

bool due_add(struct due *due, struct due_item item)
{
    if (due->count == due->cap) {
        uint32_t cap = due->cap ? due->cap * 2 : ITEMS_FIRST;
        struct due_item *items = realloc(due->items, cap * sizeof *items);
        if (!items)
            return false;
        due->items = items;
        due->cap = cap;
    }
    rise(due, due->count++, item);
    return true;
}

void due_remove(struct due *due, uint32_t place)
{
    CHECK(place < due->count);
    struct due_item last = due->items[--due->count];
    if (place == due->count)
        return;
    if (place > 0 && due->items[(place - 1) / 2].due_us > last.due_us)
        rise(due, place, last);
    else
        sink(due, place, last);
}

int64_t due_next_us(const struct due *due)
{
    return due->count ? due->items[0].due_us : INT64_MAX;
}

bool due_is_sound(const struct due *due)
{
    for (uint32_t place = 1; place < due->count; place++)
        if (due->items[(place - 1) / 2].due_us > due->items[place].due_us)
            return false;
    return true;
}

/* Below an item that is not due nothing is; so the walk looks at little else. Walks down first, by
 * arithmetic alone: no stack. */
bool due_visit(const struct due *due, int64_t until_us,
               bool (*visit)(void *context, const struct due_item *item), void *context)
{
    uint64_t place = 0;
    for (;;) {
        if (place < due->count && due->items[place].due_us <= until_us) {
            if (!visit(context, &due->items[place]))
                return false;
            place = 2 * place + 1;
            continue;
        }
        while (place > 0 && place % 2 == 0) /* a right child: up */
            place = (place - 1) / 2;
        if (place == 0)
            return true;
        place++; /* a left child: its sibling */
    }
}
