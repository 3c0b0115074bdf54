/* Tables of metrics as text (metric.h). Owns nothing. Any thread. */
#include "base/metric.h"

void metric_histogram_add(struct metric_histogram *histogram, uint64_t value)
{
    histogram->count++;
    histogram->sum += value;
    for (unsigned i = 0; i < METRIC_BUCKETS; i++)
        histogram->at_most[i] += value <= histogram->bound << i;
}

void metric_begin(struct buffer *out, const char *name, const char *type, const char *help)
{
    buffer_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static bool is_us(const struct metric *metric)
{
    return metric->kind == METRIC_COUNTER_US || metric->kind == METRIC_GAUGE_US ||
           metric->kind == METRIC_HISTOGRAM_US;
}

static void write_number(struct buffer *out, const struct metric *metric, uint64_t value)
{
    if (is_us(metric))
        buffer_printf(out, "%llu.%06llu", (unsigned long long)(value / 1000000),
                      (unsigned long long)(value % 1000000));
    else
        buffer_printf(out, "%llu", (unsigned long long)value);
}

static void write_histogram(struct buffer *out, const struct metric *metric,
                            const struct metric_histogram *histogram)
{
    metric_begin(out, metric->name, "histogram", metric->help);
    for (unsigned i = 0; i < METRIC_BUCKETS; i++) {
        buffer_printf(out, "%s_bucket{le=\"", metric->name);
        write_number(out, metric, histogram->bound << i);
        buffer_printf(out, "\"} %llu\n", (unsigned long long)histogram->at_most[i]);
    }
    buffer_printf(out, "%s_bucket{le=\"+Inf\"} %llu\n%s_sum ", metric->name,
                  (unsigned long long)histogram->count, metric->name);
    write_number(out, metric, histogram->sum);
    buffer_printf(out, "\n%s_count %llu\n", metric->name, (unsigned long long)histogram->count);
}

static void write_numbers(struct buffer *out, const struct metric *metric, const uint64_t *values)
{
    bool is_counter = metric->kind == METRIC_COUNTER || metric->kind == METRIC_COUNTER_US;
    metric_begin(out, metric->name, is_counter ? "counter" : "gauge", metric->help);
    for (size_t i = 0; i < (metric->label ? metric->label_count : 1); i++) {
        if (metric->label)
            buffer_printf(out, "%s{%s=\"%s\"} ", metric->name, metric->label, metric->labels[i]);
        else
            buffer_printf(out, "%s ", metric->name);
        write_number(out, metric, values[i]);
        BUFFER_LITERAL(out, "\n");
    }
}

void metrics_write(struct buffer *out, const struct metric *metrics, size_t count,
                   const void *values)
{
    for (const struct metric *metric = metrics; metric < metrics + count; metric++) {
        const void *value = (const char *)values + metric->at;
        if (metric->kind == METRIC_HISTOGRAM || metric->kind == METRIC_HISTOGRAM_US)
            write_histogram(out, metric, value);
        else
            write_numbers(out, metric, value);
    }
}
