/* Committer: the one thread that changes things. It takes whatever commands have queued, decides
 * them in order on a draft, appends one batch, syncs once, publishes to the book behind the gate,
 * and only then answers everyone (promise P1). Before the commands of a group come the entries of
 * what has become due (holds that expire, credit that starts or ends); when something becomes due
 * and no command comes, it wakes up by itself. Between batches it moves the checkpoint on, in
 * slices.
 *
 * A command whose token was used before is not decided again: it gets the answer of then, or
 * REFUSAL_TOKEN_REUSED (ADR 8).
 *
 * A full disk refuses the group's commands (REFUSAL_STORE_FULL) and goes on, and so does memory
 * that cannot be had before anything was committed (REFUSAL_MEMORY); any other fault of an append
 * means the outcome is not known: the process says so in one line and stops (exit code 7).
 *
 * While the wall clock is not believed (sys/clock.h) nothing is written: what is due waits,
 * commands are refused (REFUSAL_CLOCK). One line on stderr says so when it begins, one when it
 * ends.
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
    /* Whether who asks may still do this; NULL: nobody has to be asked. Called on the committer's
     * thread before the command is decided or answered again, but only when the book's authority is
     * not that of then (book_authority), or the group's time has come to `authority_until_us`. It
     * may read the book without the gate; its work is bounded and does no I/O. False: the command
     * is refused (REFUSAL_NOT_PERMITTED) and leaves no entry. */
    bool (*permits)(struct commit *commit, int64_t now_us);
    uint64_t authority;         /* the book's when permission was found */
    int64_t authority_until_us; /* INT64_MAX: time does not matter */

    /* out */
    enum refusal refusal;
    uint32_t refused_item;
    uint64_t first_sequence; /* entries of this command, its request's own included; 0 = none were
                                needed */
    uint64_t last_sequence;
    int64_t time_us; /* of the last of them; of a replay: of then */
    bool replayed;   /* answered as an earlier request with the same token was */

    struct commit *next; /* the committer's */
};

struct committer_options {
    uint32_t group_commands_max;  /* default 8,192 */
    uint32_t group_entries_max;   /* default 16,384: a group is closed when it has as many */
    uint32_t group_wait_us;       /* default 0: how long a group that is not full waits for more */
    uint32_t checkpoint_rows;     /* per slice, default 250 */
    uint32_t checkpoint_after_ms; /* idle time before the checkpoint moves, default 200 */
    int64_t clock_jump_max_us;    /* default 0: whatever the wall clock says is believed */
};

struct committer;

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
/* A metric_source's. Any thread. */
void committer_metrics(void *committer, struct buffer *out);

/* What the wall clock says, and whether it is believed. */
struct committer_clock {
    int64_t now_us;
    bool is_stopped; /* it is not: nothing is written */
    int64_t jump_us; /* how far it is ahead then, else 0 */
};
/* Looks at the clock. Any thread. */
void committer_clock(struct committer *committer, struct committer_clock *ret_clock);
/* When the wall clock says `now_us`, the time at which the book is to be shown: the same, or while
 * it is not believed, what it would say without the jump. Any thread; never waits. */
int64_t committer_book_us(struct committer *committer, int64_t now_us);
/* The clock is right, whatever it says: writes go on. What it said is answered, and whether it was
 * believed before. Any thread. */
void committer_confirm_clock(struct committer *committer, struct committer_clock *ret_clock);

#endif
