/* The one thread that changes things (committer.h): take, settle, decide, append and sync, publish,
 * answer.
 *
 * 1. A command is answered once: after the sync that covers it and after the book shows it, or
 *    after it is certain that nothing of it happened.
 * 2. Commands are decided in the order of submission. A refusal of a group is answered with the
 *    group too, because it may rest on what an earlier command of the same group will have changed.
 * 3. A group has one time. All that was due by then is settled before its first command is decided,
 *    or the group is refused.
 * 4. The book is changed inside the gate only, PUBLISH_ENTRIES at a time.
 * 5. After a fault that leaves the outcome open the process ends: nothing is retried, nothing is
 *    answered.
 * 6. No group has a time that was not believed.
 * 7. When another writer of the same journal was first, nothing of the group happened: the book
 *    catches up, and the whole group is decided again before anybody is answered.
 *
 *     state      queue     what the thread does
 *     waiting    empty     sleeps until something is due; after a while without commands it moves
 *                          the checkpoint on
 *     working    filled    groups, with a slice of the checkpoint every so often once many entries
 *                          would have to be replayed
 *     stopping   draining  groups until the queue is empty; newer commands are refused
 *     ended      -         the whole checkpoint is written; newer commands are refused at once
 *
 * Owns the thread, the draft, the queue and a reader for replays; not the journal, the book or the
 * gate. */
#include "journal/committer.h"

#include "base/check.h"
#include "base/metric.h"
#include "codec/timestamp.h"
#include "journal/group.h"
#include "store/stop.h"
#include "sys/clock.h"
#include "sys/thread.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    SECOND_US = 1000000,
    GROUP_COMMANDS_MAX = 8192,
    GROUP_ENTRIES_MAX = 16384, /* a draft of them is about 10 MB */
    CHECKPOINT_ROWS = 250,
    CHECKPOINT_AFTER_MS = 200,
    /* Under load a checkpoint begins when so many entries would have to be replayed, and moves by a
     * slice every so often, as many rows as entries came meanwhile. */
    CHECKPOINT_TAIL_ENTRIES = 1 << 20,
    SLICE_BATCHES = 16,
    SLICES_AT_ONCE = 8,
    PUBLISH_ENTRIES = 1000,
    SLEEP_US_MAX = SECOND_US,    /* the wall clock may be set meanwhile */
    SETTLE_AGAIN_US = SECOND_US, /* after a full disk */
};

#define NOT_HELD INT64_MIN

#define FIGURES(ROW)                                                                               \
    ROW(commands, COUNTER, "bursar_committer_commands_total", "Commands decided.")                 \
    ROW(refusals, COUNTER, "bursar_committer_refusals_total", "Commands refused.")                 \
    ROW(entries, COUNTER, "bursar_committer_entries_total", "Entries appended to the journal.")    \
    ROW(batches, COUNTER, "bursar_committer_batches_total", "Batches appended and synced.")        \
    ROW(append_us, COUNTER_US, "bursar_committer_append_seconds_total",                            \
        "Time spent in appending and syncing.")                                                    \
    ROW(append_us_max, GAUGE_US, "bursar_committer_append_seconds_max",                            \
        "The longest append and sync so far.")                                                     \
    ROW(queue_commands, GAUGE, "bursar_committer_queue_commands", "Commands waiting.")             \
    ROW(replays, COUNTER, "bursar_committer_replays_total",                                        \
        "Commands answered as an earlier one with the same token.")                                \
    ROW(timed, COUNTER, "bursar_committer_timed_entries_total",                                    \
        "Entries that time made: holds that expired, credit that began or ended.")                 \
    ROW(group_commands, HISTOGRAM, "bursar_committer_group_commands",                              \
        "Commands that shared a sync.")                                                            \
    ROW(batch_us, HISTOGRAM_US, "bursar_committer_batch_seconds", "Append and sync of a batch.")   \
    ROW(clock_stopped, GAUGE, "bursar_clock_stopped",                                              \
        "1 while the clock is not believed and nothing is written.")                               \
    ROW(clock_jump_s, GAUGE, "bursar_clock_jump_seconds", "How far it is ahead then.")

struct figures {
    FIGURES(METRIC_MEMBER)
};
static const struct metric metrics[] = {FIGURES(METRIC_ROW)};

struct committer {
    const struct sys *sys;
    /* What reads look at, apart from what every write changes. */
    _Atomic int64_t clock_ahead_us; /* clock.ahead_us; NOT_HELD: of none */
    _Atomic int64_t clock_seen_us;  /* what was believed, about a second ago or at the last look */
    struct journal *journal;
    struct book *book;
    struct gate *gate;
    struct committer_options options;
    pthread_t thread;

    pthread_mutex_t lock; /* of the next five */
    pthread_cond_t wake;
    struct queue submitted;
    struct figures figures;
    enum { RUNNING, STOPPING, ENDED } state;
    struct clock_watch clock;
    struct sys_listener clock_put;
    atomic_bool clock_stopped; /* clock.is_stopped; set under the lock */
    atomic_bool clock_said;    /* what was last said of it */

    /* the thread's own */
    struct deciding deciding;
    int64_t settle_again_us;               /* steady: not before, unless a command comes */
    struct queue taken;                    /* from `submitted`, not yet in a group */
    uint64_t entries_since, batches_since; /* the checkpoint was moved */
    uint64_t tail_entries;                 /* since it was begun */
    bool checkpoint_wanted;                /* there is something to write into it */
    bool checkpoint_moving; /* the pause is over: slice after slice until a command comes */
    struct status end_status;
    struct fault end_fault;
};

/* The clock ------------------------------------------------------------------------------------ */

/* With the lock: what the watch has found, for who does not take it. */
static void share_clock(struct committer *committer, int64_t now_us)
{
    const struct clock_watch *clock = &committer->clock;
    int64_t ahead_us = clock->is_held ? clock->ahead_us : NOT_HELD;
    int64_t seen_us = atomic_load(&committer->clock_seen_us);
    atomic_store(&committer->clock_stopped, clock->is_stopped);
    if (atomic_load(&committer->clock_ahead_us) != ahead_us)
        atomic_store(&committer->clock_ahead_us, ahead_us);
    if (!clock->is_stopped && (now_us < seen_us || now_us - seen_us > SECOND_US))
        atomic_store(&committer->clock_seen_us, now_us);
}

/* With the lock. */
static bool look_at_clock(struct committer *committer, int64_t *ret_now_us)
{
    *ret_now_us = sys_now_us(committer->sys);
    bool believed = clock_watch_look(&committer->clock, *ret_now_us, sys_passed_us(committer->sys));
    share_clock(committer, *ret_now_us);
    return believed;
}

static void print_clock(const struct committer_clock *clock)
{
    enum { MINUTE_US = 60000000 };
    char memory[40];
    struct buffer time;
    long long minutes = clock->jump_us / MINUTE_US;
    buffer_init_fixed(&time, memory, sizeof memory);
    timestamp_print_plain(&time, clock->now_us - clock->now_us % 1000000);
    if (clock->is_stopped)
        (void)fprintf(stderr,
                      "bursar: the clock has jumped ahead by %lld h %lld min, to %.*s UTC, and is "
                      "not believed: nothing is written, and nothing expires, until it is right "
                      "again or `bursar clock confirm` says that it is\n",
                      minutes / 60, minutes % 60, SLICE_ARGS(buffer_slice(&time)));
    else
        (void)fprintf(stderr, "bursar: the clock, %.*s UTC, is believed again: writes go on\n",
                      SLICE_ARGS(buffer_slice(&time)));
}

/* Each change once. Without the lock: standard error may be slow. */
static void say_clock(struct committer *committer)
{
    bool stopped = atomic_load(&committer->clock_stopped);
    if (atomic_load(&committer->clock_said) == stopped ||
        atomic_exchange(&committer->clock_said, stopped) == stopped)
        return;
    struct committer_clock clock = {.now_us = sys_now_us(committer->sys), .is_stopped = stopped};
    pthread_mutex_lock(&committer->lock);
    clock.jump_us = committer->clock.jump_us;
    pthread_mutex_unlock(&committer->lock);
    print_clock(&clock);
}

/* The time of the next group; false: it is not believed. */
static bool read_clock(struct committer *committer, int64_t *ret_now_us)
{
    pthread_mutex_lock(&committer->lock);
    bool believed = look_at_clock(committer, ret_now_us);
    pthread_mutex_unlock(&committer->lock);
    say_clock(committer);
    return believed;
}

/* Committing ----------------------------------------------------------------------------------- */

/* Slice by slice, each inside the gate. */
static void publish(struct committer *committer)
{
    const struct draft *draft = committer->deciding.draft;
    size_t count = draft_entry_count(draft);
    for (size_t next = 0; next < count;) {
        size_t end = count - next > PUBLISH_ENTRIES ? next + PUBLISH_ENTRIES : count;
        struct status status = STATUS_DONE;
        struct fault fault;
        gate_write_begin(committer->gate);
        for (; next < end && status_ok(status); next++) {
            draft_expect_members(draft, committer->book, next);
            status = book_apply(committer->book, draft_entry(draft, next), &fault);
        }
        gate_write_end(committer->gate);
        if (!status_ok(status))
            stop_process(&fault, "the book could not follow what is on disk");
    }
    journal_note_changes(committer->journal, draft, committer->book);
}

static void count_batch(struct committer *committer, uint64_t entries, uint64_t append_us)
{
    struct figures *figures = &committer->figures;
    pthread_mutex_lock(&committer->lock);
    figures->entries += entries;
    figures->batches++;
    figures->append_us += append_us;
    if (append_us > figures->append_us_max)
        figures->append_us_max = append_us;
    metric_histogram_add(&figures->batch_us, append_us);
    pthread_mutex_unlock(&committer->lock);
}

static bool nothing_happened(struct status status)
{
    return status.code == STATUS_FULL || status.code == STATUS_MEMORY ||
           status.code == STATUS_BEHIND;
}

static enum refusal refusal_of(struct status status)
{
    return status.code == STATUS_FULL ? REFUSAL_STORE_FULL : REFUSAL_MEMORY;
}

/* False when there was something that the book did not have. */
static bool catch_up(struct committer *committer)
{
    struct fault fault;
    uint64_t known = book_sequence(committer->book);
    if (!status_ok(journal_catch_up(committer->journal, committer->book, committer->gate, &fault)))
        stop_process(&fault, "the book could not follow what others have written");
    committer->checkpoint_wanted |= book_sequence(committer->book) != known;
    return book_sequence(committer->book) == known;
}

/* The draft is durable and published; else certainly nothing of it, and why. BEHIND: the book has
 * what others have written by now, and what was drafted on the old one is to be decided again. */
static struct status commit_draft(struct committer *committer)
{
    struct fault fault;
    size_t entries = draft_entry_count(committer->deciding.draft);
    int64_t start_us = sys_steady_us(committer->sys);
    struct status status = journal_append(committer->journal, committer->deciding.draft, &fault);
    if (status.code == STATUS_BEHIND)
        (void)catch_up(committer);
    if (nothing_happened(status))
        return status;
    if (!status_ok(status))
        stop_process(&fault, "it is not known whether the last batch is on disk");
    count_batch(committer, entries, (uint64_t)(sys_steady_us(committer->sys) - start_us));
    publish(committer);
    committer->entries_since += entries;
    committer->tail_entries += entries;
    committer->batches_since++;
    committer->checkpoint_wanted = true;
    return STATUS_DONE;
}

static void count_timed(struct committer *committer)
{
    pthread_mutex_lock(&committer->lock);
    committer->figures.timed += draft_entry_count(committer->deciding.draft);
    pthread_mutex_unlock(&committer->lock);
}

/* Drafts what is due, in batches of its own as long as there is more than fits one; or why that
 * cannot be settled now. */
static enum refusal settle(struct committer *committer)
{
    struct draft *draft = committer->deciding.draft;
    for (bool more = true; more;) {
        struct status status = draft_settle(draft, committer->deciding.now_us,
                                            committer->options.group_entries_max, NULL, &more);
        if (status_ok(status) && more)
            status = commit_draft(committer);
        if (status_ok(status))
            count_timed(committer);
        if (!status_ok(status) || more)
            draft_clear(draft);
        if (status.code == STATUS_BEHIND)
            continue; /* settled again, from what is due now */
        if (!status_ok(status)) {
            committer->settle_again_us = sys_steady_us(committer->sys) + SETTLE_AGAIN_US;
            return refusal_of(status);
        }
    }
    return REFUSAL_NONE;
}

static void count_group(struct committer *committer, const struct queue *group, uint64_t commands)
{
    struct figures *figures = &committer->figures;
    uint64_t refusals = 0, replays = 0;
    for (const struct commit *commit = group->first; commit; commit = commit->next) {
        refusals += commit->refusal != REFUSAL_NONE;
        replays += commit->replayed;
    }
    pthread_mutex_lock(&committer->lock);
    figures->commands += commands;
    figures->queue_commands -= commands;
    figures->refusals += refusals;
    figures->replays += replays;
    if (commands > 0)
        metric_histogram_add(&figures->group_commands, commands);
    pthread_mutex_unlock(&committer->lock);
}

/* Nothing can be decided: the time is not believed, or what is due by then cannot be settled. */
static uint64_t refuse_taken(struct committer *committer, enum refusal refusal,
                             struct queue *ret_group)
{
    uint64_t commands = 0;
    for (; committer->taken.first; commands++)
        queue_add(ret_group, queue_take(&committer->taken));
    group_refuse(ret_group, refusal);
    return commands;
}

/* False: another writer was first, and the group is to be decided again. */
static bool try_group(struct committer *committer, struct queue *group, uint64_t *ret_commands)
{
    struct deciding *deciding = &committer->deciding;
    enum refusal refusal =
        read_clock(committer, &deciding->now_us) ? settle(committer) : REFUSAL_CLOCK;
    *ret_commands = refusal == REFUSAL_NONE ? group_decide(deciding, &committer->taken, group)
                                            : refuse_taken(committer, refusal, group);
    struct status status = STATUS_DONE;
    if (draft_entry_count(deciding->draft) > 0)
        status = commit_draft(committer);
    else if (group->first && !catch_up(committer)) /* a refusal rests on the newest book too */
        status = (struct status){STATUS_BEHIND};
    draft_clear(deciding->draft);
    if (status_ok(status) || status.code == STATUS_BEHIND)
        return status_ok(status);
    group_refuse(group, refusal_of(status));
    committer->settle_again_us = sys_steady_us(committer->sys) + SETTLE_AGAIN_US;
    return true;
}

static void commit_group(struct committer *committer)
{
    struct queue group = {NULL, NULL};
    uint64_t commands;
    while (!try_group(committer, &group, &commands)) {
        group_refuse(&group, REFUSAL_NONE);
        queue_put_back(&committer->taken, &group);
    }
    count_group(committer, &group, commands);
    queue_answer(&group);
}

/* The checkpoint ------------------------------------------------------------------------------- */

/* What finds no room is no harm: the entries are safe, and it is tried again later. */
static bool had_room(struct status status, const struct fault *fault)
{
    bool no_room = nothing_happened(status);
    if (!status_ok(status) && !no_room)
        stop_process(fault, "it is not known what of the checkpoint is on disk");
    return !no_room;
}

static void move_checkpoint(struct committer *committer, uint32_t rows)
{
    struct fault fault;
    bool more = true;
    if (!journal_is_checkpointing(committer->journal))
        committer->tail_entries = 0;
    struct status status =
        journal_checkpoint(committer->journal, committer->book, rows, &fault, &more);
    committer->checkpoint_wanted = more;
    committer->checkpoint_moving = had_room(status, &fault) && more;
    committer->entries_since = 0;
    committer->batches_since = 0;
}

static bool is_checkpoint_due(const struct committer *committer)
{
    if (!journal_is_checkpointing(committer->journal))
        return committer->tail_entries >= CHECKPOINT_TAIL_ENTRIES;
    return committer->entries_since >= committer->options.checkpoint_rows ||
           committer->batches_since >= SLICE_BATCHES;
}

static uint32_t slice_rows(const struct committer *committer)
{
    uint32_t least = committer->options.checkpoint_rows;
    uint64_t rows = committer->entries_since;
    return rows <= least                   ? least
           : rows < SLICES_AT_ONCE * least ? (uint32_t)rows
                                           : SLICES_AT_ONCE * least;
}

/* After a group: the checkpoint does not fall behind, and the files stay in shape. */
static void keep_up(struct committer *committer)
{
    struct fault fault;
    if (!is_checkpoint_due(committer)) {
        (void)had_room(journal_tend(committer->journal, committer->book, &fault), &fault);
        return;
    }
    move_checkpoint(committer, slice_rows(committer));
    committer->checkpoint_moving = false;
}

/* The thread ----------------------------------------------------------------------------------- */

/* How long until something is due by the wall clock; 0 = it is, INT64_MAX = nothing ever. While
 * that clock is not believed nothing is, and it is looked at again. */
static int64_t due_in_us(const struct committer *committer)
{
    int64_t due_us = book_next_due_us(committer->book);
    if (atomic_load(&committer->clock_stopped))
        return SLEEP_US_MAX;
    if (due_us == INT64_MAX)
        return INT64_MAX;
    int64_t now_us = sys_now_us(committer->sys);
    int64_t again_us = committer->settle_again_us - sys_steady_us(committer->sys);
    int64_t left_us = due_us > now_us ? due_us - now_us : 0;
    if (due_us <= book_time_us(committer->book))
        left_us = 0; /* the wall clock was put back */
    return left_us > again_us ? left_us : again_us;
}

static bool is_due(const struct committer *committer)
{
    return due_in_us(committer) <= 0;
}

/* Sleeps once; false when the pause before a checkpoint has passed, or there is something to say.
 */
static bool sleep_once(struct committer *committer, int64_t checkpoint_us)
{
    int64_t us = due_in_us(committer);
    if (us > SLEEP_US_MAX && us != INT64_MAX)
        us = SLEEP_US_MAX;
    if (committer->checkpoint_wanted) {
        int64_t pause_us = checkpoint_us - sys_steady_us(committer->sys);
        if (pause_us <= 0)
            return false;
        us = pause_us < us ? pause_us : us;
    }
    sys_wait(&committer->wake, &committer->lock, us);
    int64_t now_us;
    if (atomic_load(&committer->clock_stopped))
        (void)look_at_clock(committer, &now_us);
    return atomic_load(&committer->clock_stopped) == atomic_load(&committer->clock_said);
}

/* With the lock, until there is something to do. */
static void wait_for_work(struct committer *committer)
{
    const struct committer_options *options = &committer->options;
    int64_t checkpoint_us =
        sys_steady_us(committer->sys) + (int64_t)options->checkpoint_after_ms * 1000;
    bool awake = !committer->checkpoint_moving;
    while (awake && !committer->submitted.first && committer->state == RUNNING &&
           !is_due(committer))
        awake = sleep_once(committer, checkpoint_us);
    if (options->group_wait_us > 0 && committer->submitted.first && committer->state == RUNNING &&
        committer->figures.queue_commands < options->group_commands_max)
        sys_wait(&committer->wake, &committer->lock, options->group_wait_us);
}

/* Takes all that was submitted; nothing was when something is due, the checkpoint may move or the
 * work is over. */
static void take_submitted(struct committer *committer, bool *ret_over)
{
    pthread_mutex_lock(&committer->lock);
    wait_for_work(committer);
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
    pthread_mutex_lock(&committer->lock);
    committer->state = ENDED;
    struct queue late = committer->submitted;
    committer->submitted = (struct queue){NULL, NULL};
    pthread_mutex_unlock(&committer->lock);
    queue_answer(&late);
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
        say_clock(committer);
        if (committer->taken.first || is_due(committer)) {
            commit_group(committer);
            keep_up(committer);
        } else if (committer->checkpoint_wanted) {
            move_checkpoint(committer, committer->options.checkpoint_rows);
        }
        committer->checkpoint_wanted |=
            journal_hand_requests_over(committer->journal, committer->book, committer->gate);
    }
    end(committer);
    repeat_done(&committer->deciding.repeat);
    uint32_t rows = SLICES_AT_ONCE * committer->options.checkpoint_rows; /* nobody waits */
    for (bool more = true; more && status_ok(committer->end_status);)
        committer->end_status = journal_checkpoint(committer->journal, committer->book, rows,
                                                   &committer->end_fault, &more);
    if (status_ok(committer->end_status))
        committer->end_status = journal_finish(committer->journal, &committer->end_fault);
    return NULL;
}

/* With the lock: it is right, whatever it says, and something may be due by it. */
static void believe_clock(struct committer *committer, int64_t now_us)
{
    clock_watch_confirm(&committer->clock, now_us, sys_passed_us(committer->sys));
    share_clock(committer, now_us);
    pthread_cond_signal(&committer->wake);
}

/* Who puts the clock means it. */
static void follow_clock(void *context)
{
    struct committer *committer = context;
    pthread_mutex_lock(&committer->lock);
    believe_clock(committer, sys_now_us(committer->sys));
    pthread_mutex_unlock(&committer->lock);
}

static void init_lock(struct committer *committer)
{
    CHECK(pthread_mutex_init(&committer->lock, NULL) == 0);
    sys_wait_init(&committer->wake);
    committer->clock_put = (struct sys_listener){.changed = follow_clock, .context = committer};
    sys_listen(committer->sys, &committer->clock_put);
}

static void free_committer(struct committer *committer)
{
    sys_unlisten(committer->sys, &committer->clock_put);
    (void)pthread_cond_destroy(&committer->wake);
    (void)pthread_mutex_destroy(&committer->lock);
    draft_free(committer->deciding.draft);
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
    committer->deciding.commands_max = ours->group_commands_max;
    committer->deciding.entries_max = ours->group_entries_max;
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
    committer->deciding.repeat.journal = journal;
    committer->book = book;
    committer->gate = gate;
    committer->figures.group_commands.bound = 1;
    committer->figures.batch_us.bound = 50;
    committer->checkpoint_wanted = true; /* a tail may have been loaded */
    committer->tail_entries = journal_tail(journal);
    set_options(committer, options);
    int64_t now_us;
    clock_watch_init(&committer->clock, committer->options.clock_jump_max_us, book_time_us(book));
    (void)look_at_clock(committer, &now_us); /* what comes later is held to it */
    init_lock(committer);
    committer->deciding.book = book;
    committer->deciding.draft = draft_new(book);
    int code =
        committer->deciding.draft ? thread_start(&committer->thread, run, committer) : ENOMEM;
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
    commit->replayed = false;
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

void committer_clock(struct committer *committer, struct committer_clock *ret_clock)
{
    *ret_clock = (struct committer_clock){0};
    pthread_mutex_lock(&committer->lock);
    ret_clock->is_stopped = !look_at_clock(committer, &ret_clock->now_us);
    ret_clock->jump_us = committer->clock.jump_us;
    pthread_mutex_unlock(&committer->lock);
    say_clock(committer);
}

void committer_metrics(void *context, struct buffer *out)
{
    struct committer *committer = context;
    struct committer_clock clock;
    committer_clock(committer, &clock);
    pthread_mutex_lock(&committer->lock);
    struct figures figures = committer->figures;
    pthread_mutex_unlock(&committer->lock);
    figures.clock_stopped = clock.is_stopped;
    figures.clock_jump_s = (uint64_t)clock.jump_us / SECOND_US;
    metrics_write(out, metrics, sizeof metrics / sizeof *metrics, &figures);
}

int64_t committer_book_us(struct committer *committer, int64_t now_us)
{
    int64_t jump_max_us = committer->options.clock_jump_max_us;
    int64_t seen_us = atomic_load_explicit(&committer->clock_seen_us, memory_order_relaxed);
    if (jump_max_us == 0 || now_us - seen_us <= jump_max_us)
        return now_us; /* without a look at the other clock, which goes forward only */
    int64_t ahead_us = atomic_load_explicit(&committer->clock_ahead_us, memory_order_relaxed);
    return ahead_us == NOT_HELD
               ? now_us
               : clock_without_jump(now_us, sys_passed_us(committer->sys), ahead_us, jump_max_us);
}

void committer_confirm_clock(struct committer *committer, struct committer_clock *ret_clock)
{
    *ret_clock = (struct committer_clock){0};
    pthread_mutex_lock(&committer->lock);
    ret_clock->is_stopped = !look_at_clock(committer, &ret_clock->now_us);
    ret_clock->jump_us = committer->clock.jump_us;
    believe_clock(committer, ret_clock->now_us);
    pthread_mutex_unlock(&committer->lock);
    say_clock(committer);
}
