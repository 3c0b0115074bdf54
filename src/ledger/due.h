/* Due: what time will do, earliest first: holds that expire, grants that start or end. Each open
 * hold with an end, and each grant with something still to come, has one place here.
 *
 * Readers beside readers; a writer alone. */
#ifndef LEDGER_DUE_H
#define LEDGER_DUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DUE_NONE UINT32_MAX

struct due_item {
    int64_t due_us;
    uint32_t index; /* of the hold or grant */
    bool is_grant;
};

struct due {
    struct due_item *items; /* a binary heap */
    uint32_t count;
    uint32_t cap;
    /* Tells the owner of an item where it is now. */
    void (*moved)(void *owner, const struct due_item *item, uint32_t place);
    void *owner;
};

void due_init(struct due *due, void *owner,
              void (*moved)(void *owner, const struct due_item *item, uint32_t place));
void due_done(struct due *due);
/* False when memory is short, then nothing changed. */
bool due_add(struct due *due, struct due_item item);
void due_remove(struct due *due, uint32_t place);
/* INT64_MAX when there is nothing. */
int64_t due_next_us(const struct due *due);
/* No item is due before the one above it. */
bool due_is_sound(const struct due *due);
/* Hands out every item due by `until_us`, in no order; stops when `visit` says false. */
bool due_visit(const struct due *due, int64_t until_us,
               bool (*visit)(void *context, const struct due_item *item), void *context);

#endif
