/* The one thread that changes things (committer.h): take, decide, append and sync, publish, answer.
 *
 * 1. A command is answered once: after the sync that covers it and after the book shows it, or
 *    after it is certain that nothing of it happened.
 * 2. Commands are decided in the order of submission. A refusal of a group is answered with the
 *    group too, because it may rest on what an earlier command of the same group will have changed.
 * 3. The book is changed inside the gate only, PUBLISH_ENTRIES at a time.
 * 4. After a fault that leaves the outcome open the process ends: nothing is retried, nothing is
 *    answered.
 *
 *     state      queue     what the thread does
 *     waiting    empty     sleeps; after a while without commands it moves the checkpoint on
 *     working    filled    groups, with a slice of the checkpoint every so often
 *     stopping   draining  groups until the queue is empty; newer commands are refused
 *     ended      -         the whole checkpoint is written; newer commands are refused at once
 *
 * Owns the thread, the draft and the queue; not the journal, the book or the gate. */
#include "journal/committer.h"

#include "base/check.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum {
    GROUP_COMMANDS_MAX = 8192,
    GROUP_ENTRIES_MAX = 65536,
    CHECKPOINT_ROWS = 2000,
    CHECKPOINT_AFTER_MS = 200,
    CHECKPOINT_EVERY_ENTRIES = 65536, /* under load */
    CHECKPOINT_EVERY_BATCHES = 512,
    PUBLISH_ENTRIES = 1000,
    EXIT_JOURNAL = 7,
};

struct queue {
    struct commit *first;
    struct commit *last;
};

struct committer {
    const struct sys *sys;
    struct journal *journal;
    struct book *book;
    struct gate *gate;
    struct committer_options options;
    pthread_t thread;

    pthread_mutex_t lock; /* of the next four */
    pthread_cond_t wake;
    struct queue submitted;
    struct committer_figures figures;
    enum { RUNNING, STOPPING, ENDED } state;

    /* the thread's own */
    struct draft *draft;
    struct queue taken;                    /* from `submitted`, not yet in a group */
    uint64_t entries_since, batches_since; /* the checkpoint was moved */
    bool checkpoint_wanted;                /* there is something to write into it */
    bool checkpoint_moving; /* the pause is over: slice after slice until a command comes */
    struct status end_status;
    struct fault end_fault;
};

static void queue_add(struct queue *queue, struct commit *commit)
{
    commit->next = NULL;
    if (queue->last)
        queue->last->next = commit;
    else
        queue->first = commit;
    queue->last = commit;
}

static struct commit *queue_take(struct queue *queue)
{
    struct commit *commit = queue->first;
    queue->first = commit->next;
    if (!queue->first)
        queue->last = NULL;
    return commit;
}

/* `done` may free or submit again, so the commit is not looked at afterwards. */
static void answer_all(struct queue *group)
{
    while (group->first) {
        struct commit *commit = queue_take(group);
        commit->done(commit);
    }
}

static _Noreturn void stop_process(const struct fault *fault, const char *because)
{
    (void)fprintf(stderr, "bursar: journal: %s; stopping, because %s\n", fault->text, because);
    _exit(EXIT_JOURNAL);
}

/* Deciding ------------------------------------------------------------------------------------- */

/* Nothing of these commands happened or will. */
static void refuse_group(struct queue *group)
{
    for (struct commit *commit = group->first; commit; commit = commit->next) {
        if (commit->refusal != REFUSAL_STOPPING)
            commit->refusal = REFUSAL_STORE_FULL;
        commit->first_sequence = 0;
        commit->last_sequence = 0;
    }
}

/* False when memory ran out: then the draft holds half a decision. */
static bool decide_one(struct committer *committer, struct commit *commit)
{
    struct draft *draft = committer->draft;
    size_t before = draft_entry_count(draft);
    commit->time_us = sys_now_us(committer->sys);
    if (!status_ok(decide(draft, &commit->command, commit->time_us, NULL, &commit->refusal,
                          &commit->refused_item)))
        return false;
    size_t after = draft_entry_count(draft);
    if (after == before)
        return true;
    commit->first_sequence = draft_entry(draft, before)->sequence;
    commit->last_sequence = draft_entry(draft, after - 1)->sequence;
    commit->time_us = draft_entry(draft, after - 1)->time_us;
    return true;
}

/* Commands from `taken` until the group is full, or the next one must be, or was, alone. */
static uint64_t decide_group(struct committer *committer, struct queue *ret_group)
{
    uint64_t commands = 0;
    bool alone = false;
    while (committer->taken.first && !alone && commands < committer->options.group_commands_max &&
           draft_entry_count(committer->draft) < committer->options.group_entries_max) {
        bool wants_alone = command_wants_own_group(&committer->taken.first->command);
        if (wants_alone && draft_entry_count(committer->draft) > 0)
            break;
        struct commit *commit = queue_take(&committer->taken);
        queue_add(ret_group, commit);
        commands++;
        bool is_refused = commit->refusal == REFUSAL_STOPPING; /* when it was submitted */
        if (!is_refused && !decide_one(committer, commit)) {
            draft_clear(committer->draft);
            refuse_group(ret_group);
            break;
        }
        alone = wants_alone && draft_entry_count(committer->draft) > 0;
    }
    return commands;
}

/* Committing ----------------------------------------------------------------------------------- */

static void publish(struct committer *committer)
{
    size_t count = draft_entry_count(committer->draft);
    for (size_t next = 0; next < count;) {
        size_t end = count - next > PUBLISH_ENTRIES ? next + PUBLISH_ENTRIES : count;
        struct status status = STATUS_DONE;
        struct fault fault;
        gate_write_begin(committer->gate);
        for (; next < end && status_ok(status); next++)
            status = book_apply(committer->book, draft_entry(committer->draft, next), &fault);
        gate_write_end(committer->gate);
        if (!status_ok(status))
            stop_process(&fault, "the book could not follow what is on disk");
    }
    journal_note_changes(committer->journal, committer->draft, committer->book);
}

/* Durable and published, or certainly nothing of it. */
static void commit_draft(struct committer *committer, struct queue *group, uint64_t *ret_append_us)
{
    struct fault fault;
    int64_t start_us = sys_steady_us(committer->sys);
    struct status status = journal_append(committer->journal, committer->draft, &fault);
    *ret_append_us = (uint64_t)(sys_steady_us(committer->sys) - start_us);
    if (status.code == STATUS_FULL) {
        refuse_group(group);
        return;
    }
    if (!status_ok(status))
        stop_process(&fault, "it is not known whether the last batch is on disk");
    publish(committer);
    committer->entries_since += draft_entry_count(committer->draft);
    committer->batches_since++;
    committer->checkpoint_wanted = true;
}

static void count_group(struct committer *committer, const struct queue *group, uint64_t commands,
                        uint64_t entries, uint64_t append_us)
{
    struct committer_figures *figures = &committer->figures;
    uint64_t refusals = 0;
    for (const struct commit *commit = group->first; commit; commit = commit->next)
        refusals += commit->refusal != REFUSAL_NONE;
    pthread_mutex_lock(&committer->lock);
    figures->commands += commands;
    figures->queue_commands -= commands;
    figures->refusals += refusals;
    figures->entries += entries;
    figures->batches += entries > 0;
    figures->append_us += append_us;
    if (append_us > figures->append_us_max)
        figures->append_us_max = append_us;
    pthread_mutex_unlock(&committer->lock);
}

static void commit_group(struct committer *committer)
{
    struct queue group = {NULL, NULL};
    struct journal_head before;
    struct journal_head after;
    uint64_t append_us = 0;
    uint64_t commands = decide_group(committer, &group);
    journal_head(committer->journal, &before);
    if (draft_entry_count(committer->draft) > 0)
        commit_draft(committer, &group, &append_us);
    journal_head(committer->journal, &after);
    draft_clear(committer->draft);
    count_group(committer, &group, commands, after.sequence - before.sequence, append_us);
    answer_all(&group);
}

/* The checkpoint ------------------------------------------------------------------------------- */

/* A slice that finds no room is no harm: the entries are safe, and it is tried again after a pause.
 */
static void move_checkpoint(struct committer *committer)
{
    struct fault fault;
    bool more = true;
    struct status status = journal_checkpoint(committer->journal, committer->book,
                                              committer->options.checkpoint_rows, &fault, &more);
    bool no_room = status.code == STATUS_FULL || status.code == STATUS_MEMORY;
    if (!status_ok(status) && !no_room)
        stop_process(&fault, "it is not known what of the checkpoint is on disk");
    committer->checkpoint_wanted = more;
    committer->checkpoint_moving = more && !no_room;
    committer->entries_since = 0;
    committer->batches_since = 0;
}

static bool is_checkpoint_due(const struct committer *committer)
{
    return committer->entries_since >= CHECKPOINT_EVERY_ENTRIES ||
           committer->batches_since >= CHECKPOINT_EVERY_BATCHES;
}

/* The thread ----------------------------------------------------------------------------------- */

/* Sleeps until a command comes; false when the pause before a checkpoint has passed instead. */
static bool sleep_until_woken(struct committer *committer)
{
    if (!committer->checkpoint_wanted)
        return pthread_cond_wait(&committer->wake, &committer->lock) == 0;
    struct timespec until;
    int64_t pause_ns = (int64_t)committer->options.checkpoint_after_ms * 1000000;
    CHECK(clock_gettime(CLOCK_MONOTONIC, &until) == 0);
    int64_t ns = until.tv_nsec + pause_ns;
    until.tv_sec += ns / 1000000000;
    until.tv_nsec = ns % 1000000000;
    return pthread_cond_timedwait(&committer->wake, &committer->lock, &until) != ETIMEDOUT;
}

/* Takes all that was submitted; nothing was when the checkpoint may move or the work is over. */
static void take_submitted(struct committer *committer, bool *ret_over)
{
    pthread_mutex_lock(&committer->lock);
    bool woken = !committer->checkpoint_moving;
    while (woken && !committer->submitted.first && committer->state == RUNNING)
        woken = sleep_until_woken(committer);
    committer->taken = committer->submitted;
    committer->submitted = (struct queue){NULL, NULL};
    *ret_over = !committer->taken.first && committer->state != RUNNING;
    pthread_mutex_unlock(&committer->lock);
    if (committer->taken.first)
        committer->checkpoint_moving = false;
}

/* What is submitted from now on is refused at once. */
static void end(struct committer *committer)
{
    struct queue late;
    pthread_mutex_lock(&committer->lock);
    committer->state = ENDED;
    late = committer->submitted;
    committer->submitted = (struct queue){NULL, NULL};
    pthread_mutex_unlock(&committer->lock);
    answer_all(&late);
}

static void *run(void *context)
{
    struct committer *committer = context;
    bool over = false;
    for (;;) {
        if (!committer->taken.first)
            take_submitted(committer, &over);
        if (over)
            break;
        if (committer->taken.first)
            commit_group(committer);
        else
            move_checkpoint(committer);
        if (is_checkpoint_due(committer)) {
            move_checkpoint(committer);
            committer->checkpoint_moving = false;
        }
    }
    end(committer);
    for (bool more = true; more && status_ok(committer->end_status);)
        committer->end_status =
            journal_checkpoint(committer->journal, committer->book,
                               committer->options.checkpoint_rows, &committer->end_fault, &more);
    return NULL;
}

/* Signals are for the threads that expect them. */
static int start_thread(struct committer *committer)
{
    sigset_t all;
    sigset_t before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    int code = pthread_create(&committer->thread, NULL, run, committer);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return code;
}

static void init_lock(struct committer *committer)
{
    pthread_condattr_t steady;
    CHECK(pthread_mutex_init(&committer->lock, NULL) == 0);
    CHECK(pthread_condattr_init(&steady) == 0);
    CHECK(pthread_condattr_setclock(&steady, CLOCK_MONOTONIC) == 0);
    CHECK(pthread_cond_init(&committer->wake, &steady) == 0);
    (void)pthread_condattr_destroy(&steady);
}

static void free_committer(struct committer *committer)
{
    (void)pthread_cond_destroy(&committer->wake);
    (void)pthread_mutex_destroy(&committer->lock);
    draft_free(committer->draft);
    free(committer);
}

static void set_options(struct committer *committer, const struct committer_options *options)
{
    struct committer_options *ours = &committer->options;
    if (options)
        *ours = *options;
    if (ours->group_commands_max == 0)
        ours->group_commands_max = GROUP_COMMANDS_MAX;
    if (ours->group_entries_max == 0)
        ours->group_entries_max = GROUP_ENTRIES_MAX;
    if (ours->checkpoint_rows == 0)
        ours->checkpoint_rows = CHECKPOINT_ROWS;
    if (ours->checkpoint_after_ms == 0)
        ours->checkpoint_after_ms = CHECKPOINT_AFTER_MS;
}

struct status committer_start(const struct sys *sys, struct journal *journal, struct book *book,
                              struct gate *gate, const struct committer_options *options,
                              struct fault *fault, struct committer **ret_committer)
{
    struct committer *committer = calloc(1, sizeof *committer);
    if (!committer)
        return fault_raise(fault, STATUS_MEMORY, "no memory for the committer");
    committer->sys = sys;
    committer->journal = journal;
    committer->book = book;
    committer->gate = gate;
    committer->checkpoint_wanted = true; /* a tail may have been loaded */
    set_options(committer, options);
    init_lock(committer);
    committer->draft = draft_new(book);
    int code = committer->draft ? start_thread(committer) : ENOMEM;
    if (code != 0) {
        free_committer(committer);
        return fault_raise_errno(fault, code, "cannot start the committer");
    }
    *ret_committer = committer;
    return STATUS_DONE;
}

void committer_submit(struct committer *committer, struct commit *commit)
{
    commit->refusal = REFUSAL_NONE;
    commit->refused_item = 0;
    commit->first_sequence = 0;
    commit->last_sequence = 0;
    commit->time_us = 0;
    pthread_mutex_lock(&committer->lock);
    bool ended = committer->state == ENDED;
    bool was_empty = !committer->submitted.first;
    if (committer->state != RUNNING)
        commit->refusal = REFUSAL_STOPPING;
    if (!ended) {
        queue_add(&committer->submitted, commit);
        committer->figures.queue_commands++;
        if (was_empty)
            pthread_cond_signal(&committer->wake);
    }
    pthread_mutex_unlock(&committer->lock);
    if (ended)
        commit->done(commit);
}

struct status committer_stop(struct committer *committer, struct fault *fault)
{
    pthread_mutex_lock(&committer->lock);
    committer->state = STOPPING;
    pthread_cond_signal(&committer->wake);
    pthread_mutex_unlock(&committer->lock);
    CHECK(pthread_join(committer->thread, NULL) == 0);
    struct status status = committer->end_status;
    if (!status_ok(status) && fault)
        *fault = committer->end_fault;
    free_committer(committer);
    return status;
}

void committer_figures(struct committer *committer, struct committer_figures *ret_figures)
{
    pthread_mutex_lock(&committer->lock);
    *ret_figures = committer->figures;
    pthread_mutex_unlock(&committer->lock);
}
