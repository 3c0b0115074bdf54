/* Committer: the one thread that changes things. It takes whatever commands have queued, decides
 * them in order on a draft, appends one batch, syncs once, publishes to the book behind the gate,
 * and only then answers everyone (promise P1). Between batches it moves the checkpoint on, in
 * slices.
 *
 * A full disk refuses the group's commands (REFUSAL_STORE_FULL) and goes on; any other fault of an
 * append means the outcome is not known: the process says so in one line and stops (exit code 7).
 */
#ifndef JOURNAL_COMMITTER_H
#define JOURNAL_COMMITTER_H

#include "journal/journal.h"
#include "sys/gate.h"

/* One submitted command. Owned by the submitter, who keeps it (and all that its command borrows)
 * alive until `done` was called. */
struct commit {
    struct command command;
    /* Called once, on the committer's thread (once that has ended, refused on the submitter's),
     * after the result is durable (or refused). Must not block. */
    void (*done)(struct commit *commit);
    void *context;

    /* out */
    enum refusal refusal;
    uint32_t refused_item;
    uint64_t first_sequence; /* entries of this command; 0 = none were needed */
    uint64_t last_sequence;
    int64_t time_us;

    struct commit *next; /* the committer's */
};

struct committer_options {
    uint32_t group_commands_max;  /* default 8,192 */
    uint32_t group_entries_max;   /* default 65,536: a group is closed when it has as many */
    uint32_t checkpoint_rows;     /* per slice, default 2,000 */
    uint32_t checkpoint_after_ms; /* idle time before the checkpoint moves, default 200 */
};

struct committer;

struct committer_figures {
    uint64_t commands, refusals, entries, batches;
    uint64_t append_us;      /* time spent in append and sync, in all */
    uint64_t append_us_max;  /* longest */
    uint64_t queue_commands; /* waiting now */
};

/* Starts the thread. All pointers must outlive committer_stop. `options` NULL = defaults. */
STATUS_MUST_USE struct status committer_start(const struct sys *sys, struct journal *journal,
                                              struct book *book, struct gate *gate,
                                              const struct committer_options *options,
                                              struct fault *fault,
                                              struct committer **ret_committer);
/* Any thread; never blocks on I/O. */
void committer_submit(struct committer *committer, struct commit *commit);
/* Refuses what comes from now on (REFUSAL_STOPPING), finishes what is queued, writes the whole
 * checkpoint, ends the thread and frees. */
STATUS_MUST_USE struct status committer_stop(struct committer *committer, struct fault *fault);
void committer_figures(struct committer *committer, struct committer_figures *ret_figures);

#endif
