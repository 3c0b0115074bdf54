/* Changes: a set of small numbers (members by index, organisations by id), one bit each: what the
 * next checkpoint has to write. When memory for it runs out it becomes the set of everything, which
 * costs a longer checkpoint and loses nothing. One thread at a time. */
#ifndef JOURNAL_CHANGES_H
#define JOURNAL_CHANGES_H

#include <stdbool.h>
#include <stdint.h>

#define CHANGES_END UINT32_MAX

struct changes {
    uint64_t *words;
    uint32_t word_count;
    bool everything;
};

/* A zeroed struct is an empty set. */
void changes_done(struct changes *changes);
void changes_add(struct changes *changes, uint32_t number);
/* Empty again; keeps the memory. */
void changes_clear(struct changes *changes);
/* The first number of the set that is >= `from` and < `limit`, or CHANGES_END. */
uint32_t changes_next(const struct changes *changes, uint32_t from, uint32_t limit);

#endif
