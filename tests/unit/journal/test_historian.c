/* The historian: order, snapshots, the bound of its queue, stopping. */
#include "figures.h"
#include "journal/historian.h"
#include "scene.h"

#include <semaphore.h>
#include <sqlite3.h>
#include <stdatomic.h>

enum { JOBS = 200 };

static struct scene scene;
static struct gate gate;
static struct historian *historian;
static unsigned done_count;

struct job {
    struct history_job job;
    sem_t done;
    unsigned order;   /* among those done */
    uint64_t head;    /* of the snapshot it saw */
    uint64_t booked;  /* what the book showed it */
    sem_t *waits_for; /* in `run`, or NULL */
    sem_t started;
};

static struct status run_job(struct history_job *history_job, struct history *history,
                             struct fault *fault)
{
    struct job *job = history_job->context;
    struct journal_head head;
    struct entry entry;
    assert_int_equal(sem_post(&job->started), 0);
    if (job->waits_for)
        assert_int_equal(sem_wait(job->waits_for), 0);
    history_head(history, &head);
    job->head = head.sequence;
    gate_read_begin(&gate, history_job->gate_slot);
    job->booked = book_sequence(scene.book);
    gate_read_end(&gate, history_job->gate_slot);
    return history_entry(history, head.sequence, fault, &entry);
}

static void note_done(struct history_job *history_job)
{
    struct job *job = history_job->context;
    job->order = ++done_count; /* the historian's thread only */
    assert_int_equal(sem_post(&job->done), 0);
}

static void init_job(struct job *job)
{
    *job = (struct job){.job = {.run = run_job, .done = note_done}};
    job->job.context = job;
    assert_int_equal(sem_init(&job->done, 0, 0), 0);
    assert_int_equal(sem_init(&job->started, 0, 0), 0);
}

static void await(struct job *job)
{
    assert_int_equal(sem_wait(&job->done), 0);
}

static void begin(bool on_disk, const struct historian_options *options)
{
    struct fault fault;
    scene_begin(&scene);
    if (on_disk) {
        scene_create(&scene);
    } else {
        scene.journal = journal_open_memory();
        scene.book = book_new(3);
    }
    scene_populate(&scene, 10);
    gate_init(&gate);
    done_count = 0;
    assert_true(
        status_ok(historian_start(sys_real(), scene.journal, &gate, options, &fault, &historian)));
}

static void end(void)
{
    historian_stop(historian);
    gate_done(&gate);
    scene_end(&scene);
}

static void commit(uint32_t entries)
{
    scene_make_top_ups(&scene, entries);
    gate_write_begin(&gate);
    scene_commit(&scene);
    gate_write_end(&gate);
}

static void assert_jobs(bool on_disk)
{
    static struct job jobs[JOBS];
    struct historian_figures figures;
    uint64_t durable[JOBS];
    begin(on_disk, NULL);
    for (unsigned i = 0; i < JOBS; i++) {
        init_job(&jobs[i]);
        commit(3);
        durable[i] = scene.entry_count;
        assert_true(historian_submit(historian, &jobs[i].job));
    }
    for (unsigned i = 0; i < JOBS; i++) {
        await(&jobs[i]);
        assert_int_equal(jobs[i].order, i + 1);
        assert_int_equal(jobs[i].job.status.code, STATUS_OK);
        assert_true(jobs[i].head >= durable[i]);
        assert_true(jobs[i].booked >= durable[i]);
    }
    historian_figures(historian, &figures);
    assert_int_equal(figures.jobs, JOBS);
    assert_int_equal(figures.faults, 0);
    assert_int_equal(figures.refused, 0);
    assert_int_equal(figures.queue_jobs, 0);
    assert_true(figures.queue_jobs_max >= 1);
    assert_true(figures.reads >= JOBS);
    end();
}

static void jobs_run_in_order_and_see_what_was_durable(void **state)
{
    (void)state;
    assert_jobs(true);
    assert_jobs(false);
}

static void a_full_queue_refuses(void **state)
{
    (void)state;
    const struct historian_options options = {.jobs_max = 3};
    struct historian_figures figures;
    struct job first;
    struct job waiting[3];
    struct job late;
    sem_t go;
    assert_int_equal(sem_init(&go, 0, 0), 0);
    begin(false, &options);
    init_job(&first);
    init_job(&late);
    first.waits_for = &go;
    assert_true(historian_submit(historian, &first.job));
    assert_int_equal(sem_wait(&first.started), 0); /* it is not in the queue any more */
    for (int i = 0; i < 3; i++) {
        init_job(&waiting[i]);
        assert_true(historian_submit(historian, &waiting[i].job));
    }
    assert_false(historian_submit(historian, &late.job));
    assert_int_equal(sem_post(&go), 0);
    await(&first);
    for (int i = 0; i < 3; i++)
        await(&waiting[i]);
    assert_true(historian_submit(historian, &late.job));
    await(&late);
    historian_figures(historian, &figures);
    assert_int_equal(figures.refused, 1);
    assert_int_equal(figures.jobs, 5);
    assert_int_equal(figures.queue_jobs_max, 3);
    end();
}

/* A hundred of one organisation wait: the only one of another is next but one. */
static void one_organisation_does_not_hold_up_another(void **state)
{
    (void)state;
    enum { CROWD = 100 };
    static struct job crowd[CROWD];
    struct job first;
    struct job other;
    sem_t go;
    assert_int_equal(sem_init(&go, 0, 0), 0);
    begin(false, NULL);
    init_job(&first);
    init_job(&other);
    first.waits_for = &go;
    other.job.organisation = 2;
    assert_true(historian_submit(historian, &first.job));
    assert_int_equal(sem_wait(&first.started), 0);
    for (int i = 0; i < CROWD; i++) {
        init_job(&crowd[i]);
        crowd[i].job.organisation = 1;
        assert_true(historian_submit(historian, &crowd[i].job));
    }
    assert_true(historian_submit(historian, &other.job));
    assert_int_equal(sem_post(&go), 0);
    await(&other);
    assert_int_equal(other.order, 3);
    await(&crowd[CROWD - 1]);
    await(&first);
    end();
}

static void stopping_runs_what_waits(void **state)
{
    (void)state;
    static struct job jobs[JOBS];
    begin(true, NULL);
    for (unsigned i = 0; i < JOBS; i++) {
        init_job(&jobs[i]);
        assert_true(historian_submit(historian, &jobs[i].job));
    }
    historian_stop(historian);
    assert_int_equal(done_count, JOBS);
    for (unsigned i = 0; i < JOBS; i++)
        assert_int_equal(sem_trywait(&jobs[i].done), 0);
    historian = NULL;
    end();
}

static struct status ask_for_too_much(struct history_job *job, struct history *history,
                                      struct fault *fault)
{
    struct entry entry;
    (void)job;
    return history_entry(history, UINT64_MAX, fault, &entry);
}

static void a_fault_is_the_jobs_own(void **state)
{
    (void)state;
    struct historian_figures figures;
    struct job bad;
    struct job good;
    begin(true, NULL);
    init_job(&bad);
    init_job(&good);
    bad.job.run = ask_for_too_much;
    assert_true(historian_submit(historian, &bad.job));
    assert_true(historian_submit(historian, &good.job));
    await(&bad);
    await(&good);
    assert_int_equal(bad.job.status.code, STATUS_NOT_FOUND);
    assert_non_null(strstr(bad.job.fault.text, "18446744073709551615"));
    assert_int_equal(good.job.status.code, STATUS_OK);
    historian_figures(historian, &figures);
    assert_int_equal(figures.faults, 1);
    end();
}

/* Between jobs nothing keeps the log from being folded. */
static void no_snapshot_is_kept_between_jobs(void **state)
{
    (void)state;
    struct job job;
    sqlite3 *db = NULL;
    int log_pages = -1;
    int folded = -1;
    begin(true, NULL);
    init_job(&job);
    assert_true(historian_submit(historian, &job.job));
    await(&job);
    commit(100);
    assert_int_equal(sqlite3_open(scene_path(&scene, "journal.db"), &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "SELECT 1 FROM batch", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(
        sqlite3_wal_checkpoint_v2(db, NULL, SQLITE_CHECKPOINT_PASSIVE, &log_pages, &folded),
        SQLITE_OK);
    assert_true(log_pages > 0);
    assert_int_equal(folded, log_pages);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jobs_run_in_order_and_see_what_was_durable),
        cmocka_unit_test(a_full_queue_refuses),
        cmocka_unit_test(one_organisation_does_not_hold_up_another),
        cmocka_unit_test(stopping_runs_what_waits),
        cmocka_unit_test(a_fault_is_the_jobs_own),
        cmocka_unit_test(no_snapshot_is_kept_between_jobs),
    };
    return cmocka_run_group_tests_name("historian", tests, NULL, NULL);
}
