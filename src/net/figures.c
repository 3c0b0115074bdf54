/* Counting by label.
 *
 * 1. items[0 .. used) never change their label: `used` is raised only after the label is written,
 *    with release, and read with acquire.
 *
 * Owns nothing. One writing thread, any reading thread. */
#include "net/figures.h"

static bool label_is(const char *label, struct slice text)
{
    return memcmp(label, text.at, text.len) == 0 && label[text.len] == '\0';
}

void tally_add(struct tally *tally, struct slice label)
{
    uint32_t used = atomic_load_explicit(&tally->used, memory_order_relaxed);
    if (label.len > TALLY_LABEL_BYTES || label.len == 0)
        label = SLICE("other");
    for (uint32_t i = 0; i < used; i++)
        if (label_is(tally->items[i].label, label)) {
            counter_add(&tally->items[i].count, 1);
            return;
        }
    if (used == TALLY_LABELS_MAX - 1)
        label = SLICE("other"); /* takes the last place, or was met above */
    if (used == TALLY_LABELS_MAX) {
        counter_add(&tally->items[used - 1].count, 1);
        return;
    }
    memcpy(tally->items[used].label, label.at, label.len);
    tally->items[used].label[label.len] = '\0';
    counter_add(&tally->items[used].count, 1);
    atomic_store_explicit(&tally->used, used + 1, memory_order_release);
}

uint32_t tally_used(const struct tally *tally)
{
    return atomic_load_explicit(&tally->used, memory_order_acquire);
}

uint64_t tally_find(const struct tally *tally, const char *label)
{
    uint32_t used = tally_used(tally);
    for (uint32_t i = 0; i < used; i++)
        if (strcmp(tally->items[i].label, label) == 0)
            return counter_read(&tally->items[i].count);
    return 0;
}
