/* Historian: the one thread that reads the journal for others, so that no network thread ever waits
 * for a disk (ADR 9). Organisations take turns, and users inside each; a user's jobs are run in the
 * order of submission (turns.h). Each is run on a snapshot of its own.
 *
 * A job that says `run` may read the book as well, through the gate with the slot it is given. The
 * snapshot is taken before `run` and has all that the book had shown when the job was submitted;
 * what the book shows later may be newer than it (history_begin takes a newer one). */
#ifndef JOURNAL_HISTORIAN_H
#define JOURNAL_HISTORIAN_H

#include "journal/history.h"
#include "sys/gate.h"

/* Owned by the submitter, who keeps it alive until `done` was called. */
struct history_job {
    /* On the historian's thread, between history_begin and history_end. Must be brief: all others
     * wait, and SQLite's log cannot be folded meanwhile. */
    struct status (*run)(struct history_job *job, struct history *history, struct fault *fault);
    /* After it, on the same thread; must not block. May free the job or submit it again. */
    void (*done)(struct history_job *job);
    void *context;
    /* Whose it is: of which organisation, and which of its users. */
    uint32_t organisation;
    struct uin user;

    /* out */
    struct status status; /* what `run` returned, or why it was not called */
    struct fault fault;
    unsigned gate_slot; /* while `run` is running */

    struct history_job *next; /* the historian's */
};

struct historian;

struct historian_options {
    uint32_t jobs_max; /* waiting; default 1,024 */
};

/* Starts the thread. Everything must outlive historian_stop. `options` NULL = defaults. */
STATUS_MUST_USE struct status historian_start(const struct sys *sys, struct journal *journal,
                                              struct gate *gate,
                                              const struct historian_options *options,
                                              struct fault *fault,
                                              struct historian **ret_historian);
/* Any thread; never blocks on I/O. False when there is no place for one more, of this user and
 * organisation, or the historian is stopping: then nothing is called. */
STATUS_MUST_USE bool historian_submit(struct historian *historian, struct history_job *job);
/* Runs what is queued, ends the thread and frees. NULL is fine. */
void historian_stop(struct historian *historian);
/* A metric_source's. Any thread. */
void historian_metrics(void *historian, struct buffer *out);

#endif
