/* Selections; see selections.h.
 *
 * 1. All together hold at most SELECTIONS_BYTES_MAX.
 * Owns their memory. Thread: the historian's. */
#include "api/selections.h"

#include <stdatomic.h>
#include <stdlib.h>

struct selections {
    const _Atomic uint64_t *epoch;
    struct selection kept[SELECTIONS_MAX]; /* unused: members NULL */
    uint64_t numbers;
    uint64_t bytes;
};

struct selections *selections_new(const _Atomic uint64_t *epoch)
{
    struct selections *selections = calloc(1, sizeof *selections);
    if (selections)
        selections->epoch = epoch;
    return selections;
}

static uint64_t bytes_of(uint32_t count)
{
    return (uint64_t)count * sizeof(uint32_t);
}

static void drop(struct selections *selections, struct selection *selection)
{
    selections->bytes -= bytes_of(selection->count);
    free(selection->members);
    *selection = (struct selection){.members = NULL};
}

void selections_free(struct selections *selections)
{
    if (!selections)
        return;
    for (int i = 0; i < SELECTIONS_MAX; i++)
        free(selections->kept[i].members);
    free(selections);
}

static void drop_old(struct selections *selections, int64_t now_us)
{
    int64_t oldest_us = now_us - (int64_t)SELECTION_SECONDS_MAX * 1000000;
    uint64_t epoch = atomic_load(selections->epoch);
    for (int i = 0; i < SELECTIONS_MAX; i++) {
        struct selection *selection = &selections->kept[i];
        if (selection->members && (selection->used_us < oldest_us || selection->epoch != epoch))
            drop(selections, selection);
    }
}

const struct selection *selections_find(struct selections *selections,
                                        const unsigned char key[SELECTION_KEY_BYTES],
                                        uint64_t number, int64_t now_us)
{
    struct selection *found = NULL;
    drop_old(selections, now_us);
    for (int i = 0; i < SELECTIONS_MAX; i++) {
        struct selection *selection = &selections->kept[i];
        if (!selection->members || memcmp(selection->key, key, SELECTION_KEY_BYTES) != 0)
            continue;
        if (selection->number == number || !found ||
            (found->number != number && selection->number > found->number))
            found = selection;
    }
    if (found)
        found->used_us = now_us;
    return found;
}

/* Where a new one goes: a free place, or that of the one not used for longest. */
static struct selection *make_room(struct selections *selections, uint64_t bytes)
{
    for (;;) {
        struct selection *free_one = NULL, *oldest = NULL;
        for (int i = 0; i < SELECTIONS_MAX; i++) {
            struct selection *selection = &selections->kept[i];
            if (!selection->members)
                free_one = selection;
            else if (!oldest || selection->used_us < oldest->used_us ||
                     (selection->used_us == oldest->used_us && selection->number < oldest->number))
                oldest = selection;
        }
        if (free_one && selections->bytes + bytes <= SELECTIONS_BYTES_MAX)
            return free_one;
        if (!oldest)
            return NULL;
        drop(selections, oldest);
    }
}

const struct selection *selections_add(struct selections *selections,
                                       const unsigned char key[SELECTION_KEY_BYTES],
                                       uint64_t sequence, uint32_t *members, uint32_t count,
                                       int64_t now_us)
{
    struct selection *selection = make_room(selections, bytes_of(count));
    if (!selection) {
        free(members);
        return NULL;
    }
    *selection = (struct selection){.number = ++selections->numbers,
                                    .epoch = atomic_load(selections->epoch),
                                    .sequence = sequence,
                                    .used_us = now_us,
                                    .members = members,
                                    .count = count};
    memcpy(selection->key, key, SELECTION_KEY_BYTES);
    selections->bytes += bytes_of(count);
    return selection;
}
