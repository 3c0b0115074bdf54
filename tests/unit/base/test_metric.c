#include "base/metric.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

struct values {
    uint64_t calls, spent_us;
    uint64_t open[2];
    struct metric_histogram sizes, waits_us;
};

static const char *const colours[] = {"red", "blue"};
static const struct metric metrics[] = {
    METRIC(struct values, calls, METRIC_COUNTER, "calls_total", "Calls."),
    METRIC(struct values, spent_us, METRIC_GAUGE_US, "spent_seconds", "Time."),
    {"open", "Open ones.", METRIC_GAUGE, offsetof(struct values, open), "colour", colours, 2},
    METRIC(struct values, sizes, METRIC_HISTOGRAM, "sizes", "Sizes."),
    METRIC(struct values, waits_us, METRIC_HISTOGRAM_US, "waits_seconds", "Waits."),
};

static void assert_text(const struct metric *first, size_t count, const struct values *values,
                        const char *expected)
{
    char memory[4096];
    struct buffer out;
    buffer_init_fixed(&out, memory, sizeof memory - 1);
    metrics_write(&out, first, count, values);
    assert_true(buffer_ok(&out));
    memory[out.len] = '\0';
    assert_string_equal(memory, expected);
}

static void numbers_are_shown_as_their_kind_says(void **state)
{
    (void)state;
    const struct values values = {.calls = 7, .spent_us = 1000042, .open = {3, UINT64_MAX}};
    assert_text(metrics, 3, &values,
                "# HELP calls_total Calls.\n# TYPE calls_total counter\ncalls_total 7\n"
                "# HELP spent_seconds Time.\n# TYPE spent_seconds gauge\n"
                "spent_seconds 1.000042\n"
                "# HELP open Open ones.\n# TYPE open gauge\n"
                "open{colour=\"red\"} 3\nopen{colour=\"blue\"} 18446744073709551615\n");
}

static void a_bucket_holds_those_before_it(void **state)
{
    (void)state;
    struct metric_histogram histogram = {.bound = 50};
    const uint64_t given[] = {0, 50, 51, 1638400, 1638401};
    for (size_t i = 0; i < sizeof given / sizeof *given; i++)
        metric_histogram_add(&histogram, given[i]);
    assert_int_equal(histogram.at_most[0], 2);
    assert_int_equal(histogram.at_most[1], 3);
    assert_int_equal(histogram.at_most[METRIC_BUCKETS - 2], 3);
    assert_int_equal(histogram.at_most[METRIC_BUCKETS - 1], 4);
    assert_int_equal(histogram.count, 5);
    assert_int_equal(histogram.sum, 3276902);
}

static void histograms_are_shown_with_their_bounds(void **state)
{
    (void)state;
    struct values values = {.sizes = {.bound = 1}, .waits_us = {.bound = 50}};
    char memory[4096];
    struct buffer out;
    buffer_init_fixed(&out, memory, sizeof memory - 1);
    metric_histogram_add(&values.sizes, 3);
    metric_histogram_add(&values.waits_us, 2000000);
    metrics_write(&out, metrics + 3, 2, &values);
    memory[out.len] = '\0';
    assert_non_null(strstr(memory, "# TYPE sizes histogram\nsizes_bucket{le=\"1\"} 0\n"
                                   "sizes_bucket{le=\"2\"} 0\nsizes_bucket{le=\"4\"} 1\n"));
    assert_non_null(strstr(memory, "sizes_bucket{le=\"32768\"} 1\n"
                                   "sizes_bucket{le=\"+Inf\"} 1\nsizes_sum 3\nsizes_count 1\n"));
    assert_non_null(strstr(memory, "waits_seconds_bucket{le=\"0.000050\"} 0\n"));
    assert_non_null(strstr(memory, "waits_seconds_bucket{le=\"1.638400\"} 0\n"
                                   "waits_seconds_bucket{le=\"+Inf\"} 1\n"
                                   "waits_seconds_sum 2.000000\nwaits_seconds_count 1\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_shown_as_their_kind_says),
        cmocka_unit_test(a_bucket_holds_those_before_it),
        cmocka_unit_test(histograms_are_shown_with_their_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
