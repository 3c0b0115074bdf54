/* What every store of a journal is: a table of functions and the head. Private to the room. */
#ifndef JOURNAL_OPS_H
#define JOURNAL_OPS_H

#include "journal/history.h"

/* Each as the function of the same name in journal.h. */
struct journal_ops {
    void (*close)(struct journal *journal);
    struct status (*load)(struct journal *journal, struct book *book, struct fault *fault);
    /* Moves `journal->head` on when, and only when, the batch is durable. */
    struct status (*append)(struct journal *journal, const struct draft *draft,
                            struct fault *fault);
    void (*note_changes)(struct journal *journal, const struct draft *draft,
                         const struct book *book);
    struct status (*checkpoint)(struct journal *journal, const struct book *book, uint32_t rows_max,
                                struct fault *fault, bool *ret_more);
    struct status (*tend)(struct journal *journal, const struct book *book, struct fault *fault);
    struct status (*find_request)(struct journal *journal, uint64_t prefix, struct fault *fault,
                                  uint64_t *ret_sequence);
    struct status (*finish)(struct journal *journal, struct fault *fault);
    struct status (*read)(struct journal *journal, uint64_t first,
                          bool (*visit)(void *context, uint64_t sequence, struct slice bytes),
                          void *context, struct fault *fault);
    struct status (*history)(struct journal *journal, struct fault *fault,
                             struct history **ret_history); /* history_open */
};

/* The first member of every store. */
struct journal {
    const struct journal_ops *ops;
    struct journal_head head;
    bool checkpointing;
    uint64_t checkpointed;  /* the newest complete checkpoint is as of this entry */
    uint64_t requests_kept; /* requests up to this entry are found by find_request */
    uint64_t requests_due;  /* the book should put so many aside; 0 = it has to keep all */
};

/* A store's reader of durable entries. The numbers asked for are within the head. */
struct history_ops {
    void (*close)(struct history *history);
    /* Takes a snapshot and sets `history->head` to its end. */
    struct status (*begin)(struct history *history, struct fault *fault);
    void (*end)(struct history *history);
    struct status (*entry)(struct history *history, uint64_t sequence, struct fault *fault,
                           struct slice *ret_bytes);
    struct status (*batch)(struct history *history, uint64_t number, struct fault *fault,
                           struct batch *ret_batch);
    struct status (*request)(struct history *history, uint64_t prefix, struct fault *fault,
                             uint64_t *ret_sequence); /* history_find_request */
    /* The first request entry at or behind that entry; 0 = none. */
    struct status (*next_request)(struct history *history, uint64_t sequence, struct fault *fault,
                                  uint64_t *ret_sequence);
};

/* The first member of every store's reader. */
struct history {
    const struct history_ops *ops;
    struct journal_head head; /* of the snapshot */
    struct uin *scope;        /* ENTRY_SCOPE_MAX, for decoding */
    uint64_t reads;
    uint64_t reads_of_snapshot;
    bool begun;
};

#endif
