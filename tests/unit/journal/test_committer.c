/* The committer: order, grouping, what readers see, a full store, a clock that jumps, an unknown
 * outcome, stopping. */
#include "base/check.h"
#include "figures.h"
#include "journal/committer.h"
#include "journal/state.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <pthread.h>
#include <semaphore.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FIRST_UIN = 100000000 };

/* One command with what it borrows, and somebody who waits for its answer. */
struct job {
    struct commit commit;
    struct new_member member;
    sem_t answered;
    unsigned order; /* of the answer among all answers */
};

static struct journal *journal;
static struct book *book;
static struct gate gate;
static struct committer *committer;
static unsigned answers;

static void note_answer(struct commit *commit)
{
    struct job *job = commit->context;
    job->order = ++answers; /* the committer's thread only */
    sem_post(&job->answered);
}

static void init_job(struct job *job, enum command_kind kind)
{
    *job = (struct job){.commit = {.done = note_answer}};
    job->commit.context = job;
    job->commit.command.kind = kind;
    job->commit.command.organisation = 1;
    CHECK(sem_init(&job->answered, 0, 0) == 0);
}

static void init_organisation(struct job *job)
{
    init_job(job, COMMAND_CREATE_ORGANISATION);
    job->commit.command.name = SLICE("Example");
    job->commit.command.currency = SLICE("USD");
    job->commit.command.owner = (struct uin){0, 1};
}

static void init_member(struct job *job, uint64_t number, const char *name)
{
    init_job(job, COMMAND_ADD_MEMBERS);
    job->member.uin = (struct uin){0, FIRST_UIN + number};
    job->member.name = slice_text(name);
    job->commit.command.members = &job->member;
    job->commit.command.member_count = 1;
}

static void submit(struct job *job)
{
    committer_submit(committer, &job->commit);
}

static enum refusal await(struct job *job)
{
    CHECK(sem_wait(&job->answered) == 0);
    return job->commit.refusal;
}

static enum refusal run_job(struct job *job)
{
    submit(job);
    return await(job);
}

static void start_in(const struct sys *sys, struct journal *started_on,
                     const struct committer_options *options)
{
    struct fault fault;
    journal = started_on;
    book = book_new(5);
    answers = 0;
    assert_non_null(journal);
    assert_non_null(book);
    gate_init(&gate);
    assert_true(status_ok(committer_start(sys, journal, book, &gate, options, &fault, &committer)));
}

static void start_on(struct journal *started_on, const struct committer_options *options)
{
    start_in(sys_real(), started_on, options);
}

static void create_organisation(void)
{
    struct job job;
    init_organisation(&job);
    assert_int_equal(run_job(&job), REFUSAL_NONE);
}

static void stop_all(void)
{
    struct fault fault;
    assert_true(status_ok(committer_stop(committer, &fault)));
    journal_close(journal);
    book_free(book);
    gate_done(&gate);
}

/* Order ---------------------------------------------------------------------------------------- */

static void commands_are_decided_in_order(void **state)
{
    (void)state;
    enum { JOBS = 300 };
    static struct job jobs[JOBS];
    static struct job organisation;
    start_on(journal_open_memory(), NULL);
    init_organisation(&organisation);
    submit(&organisation); /* not awaited: the members after it must see it all the same */
    for (unsigned i = 0; i < JOBS; i++) {
        init_member(&jobs[i], i / 2, i % 2 ? "second" : "first");
        submit(&jobs[i]);
    }
    assert_int_equal(await(&organisation), REFUSAL_NONE);
    for (unsigned i = 0; i < JOBS; i++) {
        assert_int_equal(await(&jobs[i]), i % 2 ? REFUSAL_MEMBER_EXISTS : REFUSAL_NONE);
        assert_int_equal(jobs[i].order, organisation.order + 1 + i);
        assert_int_equal(jobs[i].commit.first_sequence, i % 2 ? 0 : 2 + i / 2);
        assert_int_equal(jobs[i].commit.last_sequence, jobs[i].commit.first_sequence);
        assert_true(jobs[i].commit.time_us >= organisation.commit.time_us);
    }
    assert_int_equal(book_listed_count(book, 1), JOBS / 2);
    stop_all();
}

static void a_dry_run_leaves_nothing(void **state)
{
    (void)state;
    struct job job;
    struct committer_figures figures;
    start_on(journal_open_memory(), NULL);
    create_organisation();
    init_member(&job, 1, "somebody");
    job.commit.command.dry_run = true;
    assert_int_equal(run_job(&job), REFUSAL_NONE);
    assert_int_equal(job.commit.first_sequence, 0);
    assert_int_equal(job.member.outcome, ITEM_ADDED);
    assert_int_equal(book_listed_count(book, 1), 0);
    committer_figures(committer, &figures);
    assert_int_equal(figures.commands, 2);
    assert_int_equal(figures.entries, 1);
    assert_int_equal(figures.batches, 1);
    assert_int_equal(figures.queue_commands, 0);
    stop_all();
}

/* Authority ------------------------------------------------------------------------------------ */

struct asked_job {
    struct job job; /* first */
    bool may;
    unsigned asked;
    uint64_t asked_at; /* the book's sequence then */
};

static bool ask_again(struct commit *commit, int64_t now_us)
{
    struct asked_job *asked = commit->context; /* its first part */
    CHECK(now_us > 0);
    asked->asked++;
    asked->asked_at = book_sequence(book);
    return asked->may;
}

static void init_asked(struct asked_job *asked, uint64_t number, bool may)
{
    init_member(&asked->job, number, "somebody");
    asked->may = may;
    asked->asked = 0;
    asked->job.commit.permits = ask_again;
    asked->job.commit.authority = book_authority(book);
    asked->job.commit.authority_until_us = INT64_MAX;
}

static void init_policy(struct job *job)
{
    init_job(job, COMMAND_PUT_POLICY);
    job->commit.command.policy.user = (struct uin){0, 7};
    job->commit.command.policy.name = SLICE("p");
    job->commit.command.policy.document = SLICE("{}");
}

/* Only who was submitted before authority moved and comes behind it is asked again. */
static void authority_is_asked_again(void **state)
{
    (void)state;
    struct asked_job before, refused, allowed, ended;
    struct job policy;
    start_on(journal_open_memory(), NULL);
    create_organisation();
    assert_int_equal(book_authority(book), 1);
    init_asked(&before, 1, false);
    assert_int_equal(run_job(&before.job), REFUSAL_NONE);
    assert_int_equal(before.asked, 0);
    assert_int_equal(book_authority(book), 1); /* a member who joins takes nothing from anybody */
    init_policy(&policy);
    init_asked(&refused, 2, false);
    init_asked(&allowed, 3, true);
    assert_int_equal(run_job(&policy), REFUSAL_NONE);
    assert_int_equal(book_authority(book), 3);
    submit(&refused.job);
    submit(&allowed.job);
    assert_int_equal(await(&refused.job), REFUSAL_NOT_PERMITTED);
    assert_int_equal(refused.asked, 1);
    assert_int_equal(refused.asked_at, 3);
    assert_int_equal(refused.job.commit.first_sequence, 0);
    assert_int_equal(await(&allowed.job), REFUSAL_NONE);
    assert_int_equal(allowed.asked, 1);
    assert_int_equal(allowed.job.commit.first_sequence, 4);
    init_asked(&ended, 4, false);
    ended.job.commit.authority_until_us = 1;
    assert_int_equal(run_job(&ended.job), REFUSAL_NOT_PERMITTED);
    assert_int_equal(book_listed_count(book, 1), 2);
    stop_all();
}

/* In one queue: what leaves ends its group, so that whoever comes behind is asked of a book that
 * shows it. */
static void who_comes_behind_a_leave_sees_it(void **state)
{
    (void)state;
    struct asked_job behind;
    struct job leaving, member;
    const struct committer_options together = {.group_wait_us = 200000};
    start_on(journal_open_memory(), &together);
    create_organisation();
    init_member(&member, 1, "who leaves");
    assert_int_equal(run_job(&member), REFUSAL_NONE);
    init_job(&leaving, COMMAND_REMOVE_MEMBER);
    leaving.commit.command.change.uin = member.member.uin;
    init_asked(&behind, 2, false);
    submit(&leaving);
    submit(&behind.job);
    assert_int_equal(await(&leaving), REFUSAL_NONE);
    assert_int_equal(await(&behind.job), REFUSAL_NOT_PERMITTED);
    assert_int_equal(behind.asked_at, leaving.commit.last_sequence);
    stop_all();
}

/* Grouping, on a real disk --------------------------------------------------------------------- */

enum { WRITERS = 32, COMMANDS_EACH = 25, READERS = 3 };

static void *add_members(void *context)
{
    uint64_t first = (uintptr_t)context * COMMANDS_EACH;
    uintptr_t refused = 0;
    for (uint64_t i = 0; i < COMMANDS_EACH; i++) {
        struct job job;
        init_member(&job, first + i, "member");
        refused += run_job(&job) != REFUSAL_NONE;
        sem_destroy(&job.answered);
    }
    return (void *)refused;
}

/* A reader never sees the listing shrink or a sum that is not zero. */
static void *watch_listing(void *context)
{
    unsigned slot = gate_register(&gate);
    uint64_t seen = 0;
    uintptr_t wrong = 0;
    (void)context;
    while (seen < WRITERS * COMMANDS_EACH) {
        gate_read_begin(&gate, slot);
        uint64_t now = book_listed_count(book, 1);
        gate_read_end(&gate, slot);
        wrong += now < seen;
        seen = now;
        (void)sched_yield();
    }
    return (void *)wrong;
}

static void join_all(const pthread_t *threads, int count)
{
    for (int i = 0; i < count; i++) {
        void *bad;
        assert_int_equal(pthread_join(threads[i], &bad), 0);
        assert_null(bad);
    }
}

static uint64_t read_mark(const char *folder)
{
    char path[100];
    sqlite3 *db = NULL;
    sqlite3_stmt *query = NULL;
    (void)snprintf(path, sizeof path, "%s/journal.db", folder);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, "SELECT sequence FROM mark", -1, &query, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_step(query), SQLITE_ROW);
    uint64_t mark = (uint64_t)sqlite3_column_int64(query, 0);
    (void)sqlite3_finalize(query);
    (void)sqlite3_close(db);
    return mark;
}

static void writers_share_syncs(void **state)
{
    (void)state;
    char folder[] = "/tmp/bursar-committer-XXXXXX";
    const struct journal_options create = {.create = true};
    const struct committer_options options = {.checkpoint_after_ms = 1, .checkpoint_rows = 10};
    pthread_t writers[WRITERS];
    pthread_t readers[READERS];
    struct committer_figures figures;
    struct verify_report report;
    struct journal *opened = NULL;
    struct fault fault;
    char command[100];
    assert_non_null(mkdtemp(folder));
    assert_true(status_ok(journal_open(folder, &create, &fault, &opened)));
    start_on(opened, &options);
    create_organisation();
    for (int i = 0; i < READERS; i++)
        assert_int_equal(pthread_create(&readers[i], NULL, watch_listing, NULL), 0);
    for (uintptr_t i = 0; i < WRITERS; i++)
        assert_int_equal(pthread_create(&writers[i], NULL, add_members, (void *)i), 0);
    join_all(writers, WRITERS);
    join_all(readers, READERS);
    committer_figures(committer, &figures);
    assert_int_equal(figures.commands, 1 + WRITERS * COMMANDS_EACH);
    assert_int_equal(figures.entries, 1 + WRITERS * COMMANDS_EACH);
    assert_true(figures.batches < figures.commands);
    assert_true(figures.append_us >= figures.append_us_max);
    stop_all();
    assert_int_equal(read_mark(folder), 1 + WRITERS * COMMANDS_EACH);
    assert_true(status_ok(journal_verify(folder, NULL, NULL, &fault, &report)));
    assert_int_equal(report.entries, 1 + WRITERS * COMMANDS_EACH);
    (void)snprintf(command, sizeof command, "rm -rf '%s'", folder);
    assert_int_equal(system(command), 0);
}

/* A journal that fails on demand --------------------------------------------------------------- */

struct failing {
    struct store store; /* must be first */
    struct batch batch;
    atomic_int append_code;
    sem_t checkpoint_allowed;
    sem_t append_allowed;
    bool append_waits;
};

static struct failing failing;

static void failing_close(struct store *closing)
{
    (void)closing;
}

static struct status failing_add(struct store *adding, const struct store_entry *entry,
                                 struct fault *fault)
{
    (void)adding;
    (void)entry;
    (void)fault;
    return STATUS_DONE;
}

static struct status failing_end_batch(struct store *ending, const struct batch *batch,
                                       struct fault *fault)
{
    (void)ending;
    if (failing.append_waits)
        CHECK(sem_wait(&failing.append_allowed) == 0);
    int code = failing.append_code;
    if (code != STATUS_OK)
        return fault_raise(fault, (enum status_code)code, "the test says so");
    failing.batch = *batch;
    return STATUS_DONE;
}

static struct status failing_commit(struct store *committing, struct fault *fault)
{
    (void)fault;
    committing->head = store_head_of(&failing.batch);
    return STATUS_DONE;
}

static struct status failing_nothing(struct store *store, struct fault *fault)
{
    (void)store;
    (void)fault;
    return STATUS_DONE;
}

static struct status failing_finish(struct store *finishing, struct fault *fault)
{
    (void)finishing;
    (void)fault;
    CHECK(sem_wait(&failing.checkpoint_allowed) == 0);
    return STATUS_DONE;
}

static void start_failing(void)
{
    static const struct store_ops ops = {.close = failing_close,
                                         .begin = failing_nothing,
                                         .add = failing_add,
                                         .end_batch = failing_end_batch,
                                         .commit = failing_commit,
                                         .undo = failing_nothing,
                                         .tend = failing_nothing,
                                         .finish = failing_finish};
    static const struct committer_options options = {.checkpoint_after_ms = 1000000};
    struct journal *opened = NULL;
    failing = (struct failing){.store = {.ops = &ops, .name = "failing"}};
    CHECK(sem_init(&failing.checkpoint_allowed, 0, 0) == 0);
    CHECK(sem_init(&failing.append_allowed, 0, 0) == 0);
    assert_true(status_ok(journal_on(&failing.store, 0, NULL, &opened)));
    start_on(opened, &options);
}

static void a_full_store_refuses_and_goes_on(void **state)
{
    (void)state;
    struct job first;
    struct job second;
    struct committer_figures figures;
    start_failing();
    create_organisation();
    failing.append_code = STATUS_FULL;
    init_member(&first, 1, "member");
    assert_int_equal(run_job(&first), REFUSAL_STORE_FULL);
    assert_int_equal(first.commit.first_sequence, 0);
    assert_int_equal(book_listed_count(book, 1), 0);
    failing.append_code = STATUS_OK;
    init_member(&second, 1, "member");
    assert_int_equal(run_job(&second), REFUSAL_NONE);
    assert_int_equal(second.commit.first_sequence, 2);
    assert_int_equal(book_listed_count(book, 1), 1);
    committer_figures(committer, &figures);
    assert_int_equal(figures.refusals, 1);
    assert_int_equal(figures.batches, 2);
    sem_post(&failing.checkpoint_allowed);
    stop_all();
}

/* Memory that cannot be had is not called a full disk. */
static void a_lack_of_memory_refuses_and_goes_on(void **state)
{
    (void)state;
    struct job first;
    struct job second;
    start_failing();
    create_organisation();
    failing.append_code = STATUS_MEMORY;
    init_member(&first, 1, "member");
    assert_int_equal(run_job(&first), REFUSAL_MEMORY);
    assert_int_equal(first.commit.first_sequence, 0);
    assert_int_equal(book_listed_count(book, 1), 0);
    failing.append_code = STATUS_OK;
    init_member(&second, 1, "member");
    assert_int_equal(run_job(&second), REFUSAL_NONE);
    assert_int_equal(second.commit.first_sequence, 2);
    sem_post(&failing.checkpoint_allowed);
    stop_all();
}

/* While what is due cannot be written nothing is decided, and nothing of it is lost. */
static void what_is_due_waits_for_room(void **state)
{
    (void)state;
    struct job member;
    struct job hold;
    struct job probe;
    enum refusal refusal;
    start_failing();
    create_organisation();
    init_member(&member, 1, "member");
    member.member.cash = amount_from_cents(500);
    assert_int_equal(run_job(&member), REFUSAL_NONE);
    init_job(&hold, COMMAND_HOLD);
    hold.commit.command.change = (struct change){.uin = member.member.uin,
                                                 .amount = amount_from_cents(200),
                                                 .end_us = sys_now_us(sys_real()) + 50000};
    assert_int_equal(run_job(&hold), REFUSAL_NONE);
    failing.append_code = STATUS_FULL;
    do {
        init_member(&probe, 2, "another");
        probe.commit.command.dry_run = true;
        refusal = run_job(&probe);
    } while (refusal == REFUSAL_NONE);
    assert_int_equal(refusal, REFUSAL_STORE_FULL);
    assert_int_equal(book_member(book, 1)->state.frozen.micros, 200 * AMOUNT_MICROS_PER_CENT);
    failing.append_code = STATUS_OK;
    init_member(&probe, 2, "another");
    assert_int_equal(run_job(&probe), REFUSAL_NONE);
    assert_int_equal(book_member(book, 1)->state.frozen.micros, 0);
    sem_post(&failing.checkpoint_allowed);
    stop_all();
}

/* A clock that jumps --------------------------------------------------------------------------- */

#define SECOND_US INT64_C(1000000)
#define HOUR_US (3600 * SECOND_US)

static atomic_llong wall_us; /* the steady clock stands */

static int64_t jumping_now_us(void *context)
{
    (void)context;
    return atomic_load(&wall_us);
}

static int64_t standing_us(void *context)
{
    (void)context;
    return HOUR_US;
}

static const struct sys jumping_sys = {.now_us = jumping_now_us, .steady_us = standing_us};

static const int64_t right_us = INT64_C(1796032800) * 1000000; /* 2026-11-30 10:00:00 UTC */

/* A member with 500 cents, 200 of them held for two hours. */
static void start_with_hold(void)
{
    static const struct committer_options options = {.clock_jump_max_us = HOUR_US};
    struct job member;
    struct job hold;
    atomic_store(&wall_us, right_us);
    start_in(&jumping_sys, journal_open_memory(), &options);
    create_organisation();
    init_member(&member, 1, "member");
    member.member.cash = amount_from_cents(500);
    assert_int_equal(run_job(&member), REFUSAL_NONE);
    init_job(&hold, COMMAND_HOLD);
    hold.commit.command.change = (struct change){.uin = member.member.uin,
                                                 .amount = amount_from_cents(200),
                                                 .end_us = right_us + 2 * HOUR_US};
    assert_int_equal(run_job(&hold), REFUSAL_NONE);
}

static enum refusal add_another(uint64_t number)
{
    struct job job;
    init_member(&job, number, "another");
    return run_job(&job);
}

static int64_t held_cents(void)
{
    return book_member(book, 1)->state.frozen.micros / AMOUNT_MICROS_PER_CENT;
}

static void a_jump_of_the_clock_writes_nothing(void **state)
{
    (void)state;
    static const int64_t jumps_us[] = {3 * HOUR_US, 50 * 8766 * HOUR_US};
    struct committer_clock clock;
    start_with_hold();
    uint64_t sequence = book_sequence(book);
    for (size_t i = 0; i < sizeof jumps_us / sizeof jumps_us[0]; i++) {
        atomic_store(&wall_us, right_us + jumps_us[i]);
        assert_int_equal(add_another(2), REFUSAL_CLOCK);
        committer_clock(committer, &clock);
        assert_true(clock.is_stopped);
        assert_true(clock.jump_us == jumps_us[i]);
        assert_true(clock.now_us == right_us + jumps_us[i]);
        assert_int_equal(held_cents(), 200);
        assert_true(book_sequence(book) == sequence);
        atomic_store(&wall_us, right_us);
        committer_clock(committer, &clock);
        assert_false(clock.is_stopped);
    }
    assert_int_equal(add_another(2), REFUSAL_NONE);
    assert_int_equal(held_cents(), 200);
    assert_true(book_time_us(book) == right_us);
    stop_all();
}

/* Nobody asks for anything: what is due makes the committer look at the clock, and it looks again
 * until it is right. */
static void a_jump_of_the_clock_settles_nothing(void **state)
{
    (void)state;
    start_with_hold();
    uint64_t sequence = book_sequence(book);
    atomic_store(&wall_us, right_us + 3 * HOUR_US);
    assert_int_equal(add_another(2), REFUSAL_CLOCK);
    (void)usleep(1200000); /* the committer has looked again */
    assert_int_equal(held_cents(), 200);
    atomic_store(&wall_us, right_us);
    assert_int_equal(add_another(2), REFUSAL_NONE);
    assert_true(book_sequence(book) == sequence + 1);
    atomic_store(&wall_us, right_us + HOUR_US); /* as much as is allowed: no jump */
    assert_int_equal(add_another(3), REFUSAL_NONE);
    stop_all();
}

static void a_confirmed_jump_is_the_time(void **state)
{
    (void)state;
    struct committer_clock clock;
    start_with_hold();
    atomic_store(&wall_us, right_us + 3 * HOUR_US);
    assert_int_equal(add_another(2), REFUSAL_CLOCK);
    committer_confirm_clock(committer, &clock);
    assert_true(clock.is_stopped); /* it was */
    assert_true(clock.jump_us == 3 * HOUR_US);
    assert_int_equal(add_another(2), REFUSAL_NONE);
    assert_int_equal(held_cents(), 0);
    assert_true(book_time_us(book) == right_us + 3 * HOUR_US);
    stop_all();
}

/* Long idle after its start, it knows all the same what the clock said then. */
static void the_clock_is_held_to_the_start(void **state)
{
    (void)state;
    static const struct committer_options options = {.clock_jump_max_us = HOUR_US};
    struct job job;
    atomic_store(&wall_us, right_us);
    start_in(&jumping_sys, journal_open_memory(), &options);
    atomic_store(&wall_us, right_us + 3 * HOUR_US);
    init_organisation(&job);
    assert_int_equal(run_job(&job), REFUSAL_CLOCK);
    stop_all();
}

static void stopping_does_not_wait_for_the_clock(void **state)
{
    (void)state;
    start_with_hold();
    atomic_store(&wall_us, right_us + 3 * HOUR_US);
    assert_int_equal(add_another(2), REFUSAL_CLOCK);
    stop_all();
}

/* Reads show the book as of the time without the jump, whether or not somebody has looked yet. */
static void the_book_is_shown_without_the_jump(void **state)
{
    (void)state;
    struct committer_clock clock;
    start_with_hold();
    assert_true(committer_book_us(committer, right_us + HOUR_US) == right_us + HOUR_US);
    assert_true(committer_book_us(committer, right_us + 3 * HOUR_US) == right_us);
    assert_true(committer_book_us(committer, right_us - 3 * HOUR_US) == right_us - 3 * HOUR_US);
    atomic_store(&wall_us, right_us + 3 * HOUR_US);
    assert_int_equal(add_another(2), REFUSAL_CLOCK);
    assert_true(committer_book_us(committer, right_us + 3 * HOUR_US) == right_us);
    committer_confirm_clock(committer, &clock);
    assert_true(committer_book_us(committer, right_us + 3 * HOUR_US) == right_us + 3 * HOUR_US);
    stop_all();
}

/* A jump back: as before, no entry is dated before the one it follows. */
static void a_jump_back_keeps_the_books_time(void **state)
{
    (void)state;
    start_with_hold();
    atomic_store(&wall_us, right_us - 5 * HOUR_US);
    assert_int_equal(add_another(2), REFUSAL_NONE);
    assert_int_equal(held_cents(), 200);
    assert_true(book_time_us(book) == right_us);
    atomic_store(&wall_us, right_us); /* put right: no jump */
    assert_int_equal(add_another(3), REFUSAL_NONE);
    stop_all();
}

/* Commands that wait while a batch is written go into the next batch together. */
static void what_queues_meanwhile_is_one_group(void **state)
{
    (void)state;
    enum { WAITING = 50 };
    static struct job jobs[1 + WAITING];
    struct committer_figures figures;
    start_failing();
    create_organisation();
    failing.append_waits = true;
    init_member(&jobs[0], 0, "member");
    submit(&jobs[0]);
    for (unsigned i = 1; i <= WAITING; i++) {
        init_member(&jobs[i], i, "member");
        submit(&jobs[i]);
    }
    sem_post(&failing.append_allowed);
    sem_post(&failing.append_allowed);
    sem_post(&failing.append_allowed);
    for (unsigned i = 0; i <= WAITING; i++)
        assert_int_equal(await(&jobs[i]), REFUSAL_NONE);
    committer_figures(committer, &figures);
    assert_int_equal(figures.entries, 2 + WAITING);
    assert_true(figures.batches <= 4);
    sem_post(&failing.checkpoint_allowed);
    stop_all();
}

static void a_registry_command_is_alone(void **state)
{
    (void)state;
    static struct job jobs[3];
    struct committer_figures figures;
    start_failing();
    create_organisation();
    failing.append_waits = true;
    init_member(&jobs[0], 0, "member");
    init_organisation(&jobs[1]);
    jobs[1].commit.command.owner = (struct uin){0, 2};
    init_member(&jobs[2], 1, "member");
    jobs[2].commit.command.organisation = 2;
    for (int i = 0; i < 3; i++)
        submit(&jobs[i]);
    for (int i = 0; i < 3; i++)
        sem_post(&failing.append_allowed);
    for (int i = 0; i < 3; i++)
        assert_int_equal(await(&jobs[i]), REFUSAL_NONE);
    committer_figures(committer, &figures);
    assert_int_equal(figures.batches, 4);
    sem_post(&failing.checkpoint_allowed);
    stop_all();
}

static void an_unknown_outcome_ends_the_process(void **state)
{
    (void)state;
    int said[2];
    int code;
    char text[300] = "";
    assert_int_equal(pipe(said), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct job job;
        (void)dup2(said[1], STDERR_FILENO);
        start_failing();
        create_organisation();
        failing.append_code = STATUS_UNKNOWN;
        init_member(&job, 1, "member");
        (void)run_job(&job);
        _exit(0); /* it was answered, which must not be */
    }
    (void)close(said[1]);
    assert_true(read(said[0], text, sizeof text - 1) > 0);
    (void)close(said[0]);
    assert_int_equal(waitpid(child, &code, 0), child);
    assert_true(WIFEXITED(code));
    assert_int_equal(WEXITSTATUS(code), 7);
    assert_string_equal(text, "bursar: journal: the test says so; stopping, because it is not "
                              "known whether the last batch is on disk\n");
}

/* Stopping ------------------------------------------------------------------------------------- */

static void *stop_it(void *context)
{
    struct fault fault;
    (void)context;
    return (void *)(uintptr_t)!status_ok(committer_stop(committer, &fault));
}

/* The store holds the end back until a command was refused. */
static void stopping_refuses_what_comes_later(void **state)
{
    (void)state;
    pthread_t stopper;
    enum refusal refusal = REFUSAL_NONE;
    start_failing();
    create_organisation();
    assert_int_equal(pthread_create(&stopper, NULL, stop_it, NULL), 0);
    for (uint64_t i = 0; refusal == REFUSAL_NONE; i++) {
        struct job job;
        init_member(&job, i, "member");
        job.commit.command.dry_run =
            true; /* many batches would ask for a checkpoint before the end */
        refusal = run_job(&job);
        sem_destroy(&job.answered);
    }
    assert_int_equal(refusal, REFUSAL_STOPPING);
    sem_post(&failing.checkpoint_allowed);
    join_all(&stopper, 1);
    journal_close(journal);
    book_free(book);
    gate_done(&gate);
}

static void stopping_finishes_what_is_queued(void **state)
{
    (void)state;
    enum { JOBS = 500 };
    static struct job jobs[JOBS];
    struct fault fault;
    start_on(journal_open_memory(), NULL);
    create_organisation();
    for (unsigned i = 0; i < JOBS; i++) {
        init_member(&jobs[i], i, "member");
        submit(&jobs[i]);
    }
    assert_true(status_ok(committer_stop(committer, &fault)));
    for (unsigned i = 0; i < JOBS; i++)
        assert_int_equal(await(&jobs[i]), REFUSAL_NONE);
    assert_int_equal(book_listed_count(book, 1), JOBS);
    journal_close(journal);
    book_free(book);
    gate_done(&gate);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commands_are_decided_in_order),
        cmocka_unit_test(a_dry_run_leaves_nothing),
        cmocka_unit_test(authority_is_asked_again),
        cmocka_unit_test(who_comes_behind_a_leave_sees_it),
        cmocka_unit_test(writers_share_syncs),
        cmocka_unit_test(a_full_store_refuses_and_goes_on),
        cmocka_unit_test(a_lack_of_memory_refuses_and_goes_on),
        cmocka_unit_test(what_is_due_waits_for_room),
        cmocka_unit_test(a_jump_of_the_clock_writes_nothing),
        cmocka_unit_test(a_jump_of_the_clock_settles_nothing),
        cmocka_unit_test(a_confirmed_jump_is_the_time),
        cmocka_unit_test(the_clock_is_held_to_the_start),
        cmocka_unit_test(stopping_does_not_wait_for_the_clock),
        cmocka_unit_test(the_book_is_shown_without_the_jump),
        cmocka_unit_test(a_jump_back_keeps_the_books_time),
        cmocka_unit_test(what_queues_meanwhile_is_one_group),
        cmocka_unit_test(a_registry_command_is_alone),
        cmocka_unit_test(an_unknown_outcome_ends_the_process),
        cmocka_unit_test(stopping_refuses_what_comes_later),
        cmocka_unit_test(stopping_finishes_what_is_queued),
    };
    return cmocka_run_group_tests_name("committer", tests, NULL, NULL);
}
