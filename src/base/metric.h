/* Metrics: a room says in a table beside its counters what it counts and by what name; whoever
 * serves them is handed the rooms and knows none of their counters. Prometheus text format 0.0.4.
 *
 * Names, labels and help come from fixed sets: nothing here names a member, a key or an amount. */
#ifndef BASE_METRIC_H
#define BASE_METRIC_H

#include "base/buffer.h"

#include <stddef.h>

enum metric_kind {
    METRIC_COUNTER,
    METRIC_COUNTER_US, /* microseconds, shown as seconds, exactly */
    METRIC_GAUGE,
    METRIC_GAUGE_US,
    METRIC_HISTOGRAM, /* a struct metric_histogram */
    METRIC_HISTOGRAM_US,
};

/* One metric; its value, a uint64_t, stands `at` so many bytes of the values handed over. */
struct metric {
    const char *name, *help;
    enum metric_kind kind;
    size_t at;
    /* When there are several: a value for each label, one behind the other. */
    const char *label;
    const char *const *labels;
    size_t label_count;
};
/* A room lists its own as `#define FIGURES(ROW) ROW(member, KIND, "name", "help") ...`; then
 * `struct figures {FIGURES(METRIC_MEMBER)};` are the counters and `{FIGURES(METRIC_ROW)}` the table
 * of metrics: who adds a row has added both. */
#define METRIC_MEMBER(member, kind, name, help) METRIC_##kind##_TYPE member;
#define METRIC_ROW(member, kind, name, help)                                                       \
    METRIC(struct figures, member, METRIC_##kind, name, help),
#define METRIC(type, member, kind, name, help)                                                     \
    {                                                                                              \
        name, help, kind, offsetof(type, member), 0, 0, 0                                          \
    }
#define METRIC_COUNTER_TYPE uint64_t
#define METRIC_COUNTER_US_TYPE uint64_t
#define METRIC_GAUGE_TYPE uint64_t
#define METRIC_GAUGE_US_TYPE uint64_t
#define METRIC_HISTOGRAM_TYPE struct metric_histogram
#define METRIC_HISTOGRAM_US_TYPE struct metric_histogram

/* How often a value was at most so much: bucket i counts values <= bound << i, so that each bucket
 * includes those before it. What is beyond the last is in `count` only. */
enum { METRIC_BUCKETS = 16 };
struct metric_histogram {
    uint64_t bound; /* of the first bucket */
    uint64_t count, sum;
    uint64_t at_most[METRIC_BUCKETS];
};
void metric_histogram_add(struct metric_histogram *histogram, uint64_t value);

/* One that has metrics. `write`: any thread. */
struct metric_source {
    void (*write)(void *context, struct buffer *out);
    void *context;
};

void metrics_write(struct buffer *out, const struct metric *metrics, size_t count,
                   const void *values);
/* The two lines before a metric's values, for those that no table holds. */
void metric_begin(struct buffer *out, const char *name, const char *type, const char *help);

#endif
