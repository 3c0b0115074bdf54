/* The one thread that reads the journal for others (historian.h).
 *
 * 1. Every job that was accepted is done once, in fair order (turns.h); stopping runs those that
 *    wait.
 * 2. No snapshot is held while the thread sleeps, or SQLite's log could never be folded.
 *
 * Owns the thread, its history and the queue. */
#include "journal/historian.h"

#include "base/check.h"
#include "base/metric.h"
#include "journal/turns.h"
#include "sys/thread.h"

#include <stdlib.h>

enum { JOBS_MAX = 1024 };

#define FIGURES(ROW)                                                                               \
    ROW(jobs, COUNTER, "bursar_historian_jobs_total", "Questions about the past answered.")        \
    ROW(faults, COUNTER, "bursar_historian_faults_total", "Of these, those that failed.")          \
    ROW(refused, COUNTER, "bursar_historian_refused_total",                                        \
        "Questions refused because too many waited.")                                              \
    ROW(reads, COUNTER, "bursar_historian_reads_total", "Rows read from the journal.")             \
    ROW(run_us, COUNTER_US, "bursar_historian_run_seconds_total",                                  \
        "Time spent in answering questions.")                                                      \
    ROW(run_us_max, GAUGE_US, "bursar_historian_run_seconds_max", "The longest answer so far.")    \
    ROW(queue_jobs, GAUGE, "bursar_historian_queue_jobs", "Questions waiting.")                    \
    ROW(queue_jobs_max, GAUGE, "bursar_historian_queue_jobs_max", "Most that ever waited.")

struct figures {
    FIGURES(METRIC_MEMBER)
};
static const struct metric metrics[] = {FIGURES(METRIC_ROW)};

struct historian {
    const struct sys *sys;
    struct history *history;
    pthread_t thread;
    unsigned gate_slot;

    pthread_mutex_t lock; /* of all below */
    pthread_cond_t wake;
    struct turns *turns;
    struct figures figures;
    bool stopping;
};

/* The next job, or NULL when the work is over. */
static struct history_job *take_job(struct historian *historian)
{
    pthread_mutex_lock(&historian->lock);
    while (turns_count(historian->turns) == 0 && !historian->stopping)
        pthread_cond_wait(&historian->wake, &historian->lock);
    struct history_job *job = turns_take(historian->turns);
    pthread_mutex_unlock(&historian->lock);
    return job;
}

static void run_job(struct historian *historian, struct history_job *job)
{
    job->status = history_begin(historian->history, &job->fault);
    if (!status_ok(job->status))
        return;
    job->gate_slot = historian->gate_slot;
    job->status = job->run(job, historian->history, &job->fault);
    history_end(historian->history);
}

static void count_job(struct historian *historian, const struct history_job *job, uint64_t run_us)
{
    struct figures *figures = &historian->figures;
    pthread_mutex_lock(&historian->lock);
    figures->jobs++;
    figures->faults += !status_ok(job->status);
    figures->reads = history_reads(historian->history);
    figures->run_us += run_us;
    if (run_us > figures->run_us_max)
        figures->run_us_max = run_us;
    pthread_mutex_unlock(&historian->lock);
}

static void *run(void *context)
{
    struct historian *historian = context;
    for (struct history_job *job; (job = take_job(historian));) {
        int64_t start_us = sys_steady_us(historian->sys);
        run_job(historian, job);
        count_job(historian, job, (uint64_t)(sys_steady_us(historian->sys) - start_us));
        job->done(job);
    }
    return NULL;
}

static void free_historian(struct historian *historian)
{
    history_close(historian->history);
    turns_free(historian->turns);
    (void)pthread_cond_destroy(&historian->wake);
    (void)pthread_mutex_destroy(&historian->lock);
    free(historian);
}

static struct status open_and_start(struct historian *historian, struct journal *journal,
                                    struct fault *fault)
{
    TRY(history_open(journal, fault, &historian->history));
    int code = thread_start(&historian->thread, run, historian);
    if (code != 0)
        return fault_raise_errno(fault, code, "cannot start the historian");
    return STATUS_DONE;
}

struct status historian_start(const struct sys *sys, struct journal *journal, struct gate *gate,
                              const struct historian_options *options, struct fault *fault,
                              struct historian **ret_historian)
{
    struct historian *historian = calloc(1, sizeof *historian);
    if (!historian)
        return fault_raise(fault, STATUS_MEMORY, "no memory for the historian");
    historian->turns = turns_new(options && options->jobs_max ? options->jobs_max : JOBS_MAX);
    if (!historian->turns) {
        free(historian);
        return fault_raise(fault, STATUS_MEMORY, "no memory for the historian");
    }
    historian->sys = sys;
    historian->gate_slot = gate_register(gate);
    CHECK(pthread_mutex_init(&historian->lock, NULL) == 0);
    CHECK(pthread_cond_init(&historian->wake, NULL) == 0);
    struct status status = open_and_start(historian, journal, fault);
    if (!status_ok(status)) {
        free_historian(historian);
        return status;
    }
    *ret_historian = historian;
    return STATUS_DONE;
}

static void note_queued(struct historian *historian)
{
    struct figures *figures = &historian->figures;
    uint32_t queued = turns_count(historian->turns);
    if (queued > figures->queue_jobs_max)
        figures->queue_jobs_max = queued;
    pthread_cond_signal(&historian->wake);
}

bool historian_submit(struct historian *historian, struct history_job *job)
{
    pthread_mutex_lock(&historian->lock);
    bool is_accepted = !historian->stopping && turns_add(historian->turns, job);
    if (is_accepted)
        note_queued(historian);
    else
        historian->figures.refused++;
    pthread_mutex_unlock(&historian->lock);
    return is_accepted;
}

void historian_stop(struct historian *historian)
{
    if (!historian)
        return;
    pthread_mutex_lock(&historian->lock);
    historian->stopping = true;
    pthread_cond_signal(&historian->wake);
    pthread_mutex_unlock(&historian->lock);
    CHECK(pthread_join(historian->thread, NULL) == 0);
    free_historian(historian);
}

void historian_metrics(void *context, struct buffer *out)
{
    struct historian *historian = context;
    pthread_mutex_lock(&historian->lock);
    struct figures figures = historian->figures;
    figures.queue_jobs = turns_count(historian->turns);
    pthread_mutex_unlock(&historian->lock);
    metrics_write(out, metrics, sizeof metrics / sizeof *metrics, &figures);
}
