/* What the committer and the historian count, read from their metrics. */
#ifndef FIGURES_H
#define FIGURES_H

#include "../counted.h"
#include "journal/committer.h"
#include "journal/historian.h"

#include <stdio.h>

enum { COMMITTER_BUCKETS = METRIC_BUCKETS };

struct committer_figures {
    uint64_t commands, refusals, entries, batches, replays, timed;
    uint64_t append_us, append_us_max, queue_commands;
    struct metric_histogram group_commands, batch_us;
};

struct historian_figures {
    uint64_t jobs, faults, refused, reads, queue_jobs, queue_jobs_max;
};

/* The bound of a bucket of bursar_committer_group_commands. */
static inline uint64_t committer_commands_bound(unsigned bucket)
{
    return UINT64_C(1) << bucket;
}

static inline struct metric_histogram histogram_of(struct slice text, const char *name, bool in_us,
                                                   uint64_t first_bound)
{
    struct metric_histogram histogram = {.bound = first_bound};
    char line[160];
    (void)snprintf(line, sizeof line, "%s_sum", name);
    histogram.sum = counted(text, line);
    (void)snprintf(line, sizeof line, "%s_count", name);
    histogram.count = counted(text, line);
    for (unsigned i = 0; i < METRIC_BUCKETS; i++) {
        unsigned long long bound = first_bound << i;
        (void)snprintf(line, sizeof line, "%s_bucket{le=\"", name);
        size_t len = strlen(line);
        if (in_us)
            (void)snprintf(line + len, sizeof line - len, "%llu.%06llu\"}", bound / 1000000,
                           bound % 1000000);
        else
            (void)snprintf(line + len, sizeof line - len, "%llu\"}", bound);
        histogram.at_most[i] = counted(text, line);
    }
    return histogram;
}

static inline void committer_figures(struct committer *committer,
                                     struct committer_figures *ret_figures)
{
    struct buffer memory = counted_text(committer_metrics, committer);
    struct slice text = buffer_slice(&memory);
    *ret_figures = (struct committer_figures){
        .commands = counted(text, "bursar_committer_commands_total"),
        .refusals = counted(text, "bursar_committer_refusals_total"),
        .entries = counted(text, "bursar_committer_entries_total"),
        .batches = counted(text, "bursar_committer_batches_total"),
        .replays = counted(text, "bursar_committer_replays_total"),
        .timed = counted(text, "bursar_committer_timed_entries_total"),
        .append_us = counted(text, "bursar_committer_append_seconds_total"),
        .append_us_max = counted(text, "bursar_committer_append_seconds_max"),
        .queue_commands = counted(text, "bursar_committer_queue_commands"),
        .group_commands = histogram_of(text, "bursar_committer_group_commands", false, 1),
        .batch_us = histogram_of(text, "bursar_committer_batch_seconds", true, 50),
    };
    buffer_done(&memory);
}

static inline void historian_figures(struct historian *historian,
                                     struct historian_figures *ret_figures)
{
    struct buffer memory = counted_text(historian_metrics, historian);
    struct slice text = buffer_slice(&memory);
    *ret_figures = (struct historian_figures){
        .jobs = counted(text, "bursar_historian_jobs_total"),
        .faults = counted(text, "bursar_historian_faults_total"),
        .refused = counted(text, "bursar_historian_refused_total"),
        .reads = counted(text, "bursar_historian_reads_total"),
        .queue_jobs = counted(text, "bursar_historian_queue_jobs"),
        .queue_jobs_max = counted(text, "bursar_historian_queue_jobs_max"),
    };
    buffer_done(&memory);
}

#endif
