/* The committer: order, grouping, what readers see, a full store, an unknown outcome, stopping. */
#include "base/check.h"
#include "journal/committer.h"
#include "journal/ops.h"

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

static void start_on(struct journal *started_on, const struct committer_options *options)
{
    struct fault fault;
    journal = started_on;
    book = book_new(5);
    answers = 0;
    assert_non_null(journal);
    assert_non_null(book);
    gate_init(&gate);
    assert_true(
        status_ok(committer_start(sys_real(), journal, book, &gate, options, &fault, &committer)));
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
    struct journal journal; /* must be first */
    atomic_int append_code;
    sem_t checkpoint_allowed;
    sem_t append_allowed;
    bool append_waits;
};

static struct failing failing;

static void failing_close(struct journal *closing)
{
    (void)closing;
}

static struct status failing_append(struct journal *appending, const struct draft *draft,
                                    struct fault *fault)
{
    if (failing.append_waits)
        CHECK(sem_wait(&failing.append_allowed) == 0);
    int code = failing.append_code;
    if (code != STATUS_OK)
        return fault_raise(fault, (enum status_code)code, "the test says so");
    appending->head.sequence += draft_entry_count(draft);
    appending->head.batches++;
    return STATUS_DONE;
}

static void failing_note(struct journal *noting, const struct draft *draft,
                         const struct book *changed)
{
    (void)noting;
    (void)draft;
    (void)changed;
}

static struct status failing_checkpoint(struct journal *checkpointing, const struct book *from,
                                        uint32_t rows_max, struct fault *fault, bool *ret_more)
{
    (void)checkpointing;
    (void)from;
    (void)rows_max;
    (void)fault;
    CHECK(sem_wait(&failing.checkpoint_allowed) == 0);
    *ret_more = false;
    return STATUS_DONE;
}

static struct status failing_tend(struct journal *tending, const struct book *from,
                                  struct fault *fault)
{
    (void)tending;
    (void)from;
    (void)fault;
    return STATUS_DONE;
}

static struct status failing_finish(struct journal *finishing, struct fault *fault)
{
    (void)finishing;
    (void)fault;
    return STATUS_DONE;
}

static void start_failing(void)
{
    static const struct journal_ops ops = {.close = failing_close,
                                           .append = failing_append,
                                           .note_changes = failing_note,
                                           .checkpoint = failing_checkpoint,
                                           .tend = failing_tend,
                                           .finish = failing_finish};
    static const struct committer_options options = {.checkpoint_after_ms = 1000000};
    failing = (struct failing){.journal = {.ops = &ops}};
    CHECK(sem_init(&failing.checkpoint_allowed, 0, 0) == 0);
    CHECK(sem_init(&failing.append_allowed, 0, 0) == 0);
    start_on(&failing.journal, &options);
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
        cmocka_unit_test(what_is_due_waits_for_room),
        cmocka_unit_test(what_queues_meanwhile_is_one_group),
        cmocka_unit_test(a_registry_command_is_alone),
        cmocka_unit_test(an_unknown_outcome_ends_the_process),
        cmocka_unit_test(stopping_refuses_what_comes_later),
        cmocka_unit_test(stopping_finishes_what_is_queued),
    };
    return cmocka_run_group_tests_name("committer", tests, NULL, NULL);
}
