/* Replay: batches of the store folded into a book, each one proved on the way: sequence without
 * gaps, Merkle root, chain hash, canonical bytes. Recovery replays the tail, verify everything. */
#ifndef JOURNAL_REPLAY_H
#define JOURNAL_REPLAY_H

#include "journal/state.h"

/* What the caller wants to see; either function may be NULL. */
struct replay_visitor {
    /* After the entry was applied. */
    struct status (*entry)(void *context, const struct entry *entry, const unsigned char *leaf,
                           struct fault *fault);
    /* After the batch was proved. */
    struct status (*batch)(void *context, const struct batch *batch, struct fault *fault);
    void *context;
    struct gate *gate; /* entries are applied inside it; NULL: nobody reads the book yet */
};

/* Everything after `from`, up to the head exactly. CORRUPT names the first batch or
 * entry that is not what was written. */
STATUS_MUST_USE struct status replay(struct journal *journal, const struct journal_head *from,
                                     struct book *book, const struct replay_visitor *visitor,
                                     struct fault *fault);

#endif
