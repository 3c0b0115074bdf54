/* Past: all that a journal would keep of one life of a book: its entries' bytes and the rows of a
 * checkpoint. And the books that come out when it is read again. */
#ifndef TESTS_PROPERTY_PAST_H
#define TESTS_PROPERTY_PAST_H

#include "base/arena.h"
#include "ledger/book.h"

struct past {
    struct arena memory;   /* of everything below */
    struct slice *entries; /* [sequence - 1] */
    uint64_t count, cap;
    struct slice *rows; /* of members, by index; empty = not taken since the mark */
    uint32_t row_cap;
    struct slice *own_rows; /* of organisations, [id - 1] */
    uint32_t own_cap;
    uint64_t mark;
    int64_t mark_time_us;
    uint32_t mark_members; /* how many there were: these need rows */
    bool marked;
};

void past_init(struct past *past);
void past_done(struct past *past);
void past_add(struct past *past, struct slice entry);
/* The entry, taken through its bytes. */
void past_read(const struct past *past, uint64_t sequence, struct entry *ret_entry);
/* Begins a checkpoint: recovery will replay what comes from here on. */
void past_mark(struct past *past, const struct book *book);
/* Takes rows of some members and organisations, in place of older ones. */
void past_take(struct past *past, const struct book *book, uint64_t random);
/* Whether the book itself, one made of all entries, and one made of rows and what follows the mark
 * are sound and the same in every row. NULL: they are; else what is wrong. */
const char *past_verify(struct past *past, const struct book *book);

#endif
