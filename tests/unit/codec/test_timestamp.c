/* Moments and text: RFC 3339's and RFC 9110's examples, the calendar against the C library's. */
#include "codec/timestamp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <time.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const struct {
    const char *text;
    int64_t us; /* -1: refused */
} rfc3339[] = {
    {"1970-01-01T00:00:00Z", 0},
    {"1970-01-01T00:00:00.000001Z", 1},
    {"1985-04-12T23:20:50.52Z", INT64_C(482196050520000)},
    {"1996-12-19T16:39:57-08:00", INT64_C(851042397000000)},
    {"1937-01-01T12:00:27.87+00:20", -1}, /* before 1970 */
    {"1990-12-31T23:59:60Z", -1},         /* a leap second */
    {"2026-11-23T13:00:00Z", INT64_C(1795438800000000)},
    {"2026-11-23t13:00:00z", INT64_C(1795438800000000)},
    {"2026-11-23T21:00:00+08:00", INT64_C(1795438800000000)},
    {"2026-11-23T13:00:00-00:00", INT64_C(1795438800000000)},
    {"2026-11-23T13:00:00.1Z", INT64_C(1795438800100000)},
    {"2026-11-23T13:00:00.123456Z", INT64_C(1795438800123456)},
    {"2024-02-29T00:00:00Z", INT64_C(1709164800000000)},
    {"2000-02-29T00:00:00Z", INT64_C(951782400000000)},
    {"9999-12-31T23:59:59.999999Z", INT64_C(253402300799999999)},
    {"1970-01-01T00:30:00+00:30", 0},
    {"1970-01-01T00:29:59+00:30", -1},
    {"9999-12-31T23:59:59-00:01", -1},
    {"2023-02-29T00:00:00Z", -1},
    {"2100-02-29T00:00:00Z", -1},
    {"2026-04-31T00:00:00Z", -1},
    {"2026-00-10T00:00:00Z", -1},
    {"2026-13-10T00:00:00Z", -1},
    {"2026-01-00T00:00:00Z", -1},
    {"2026-01-32T00:00:00Z", -1},
    {"2026-11-23T24:00:00Z", -1},
    {"2026-11-23T13:60:00Z", -1},
    {"2026-11-23T13:00:61Z", -1},
    {"2026-11-23T13:00:00.Z", -1},
    {"2026-11-23T13:00:00.1234567Z", -1},
    {"2026-11-23T13:00:00,5Z", -1},
    {"2026-11-23T13:00:00", -1},
    {"2026-11-23T13:00Z", -1},
    {"2026-11-23 13:00:00Z", -1},
    {"2026-11-23", -1},
    {"20261123T130000Z", -1},
    {"2026-11-23T13:00:00+0800", -1},
    {"2026-11-23T13:00:00+08", -1},
    {"2026-11-23T13:00:00+24:00", -1},
    {"2026-11-23T13:00:00+08:60", -1},
    {"2026-11-23T13:00:00ZZ", -1},
    {"2026-11-23T13:00:00Z ", -1},
    {" 2026-11-23T13:00:00Z", -1},
    {"+026-11-23T13:00:00Z", -1},
    {"2026-1-23T13:00:00Z", -1},
    {"2026-11-23T1:00:00Z", -1},
    {"-2026-11-23T13:00:00Z", -1},
    {"12026-11-23T13:00:00Z", -1},
    {"", -1},
};

static void rfc3339_is_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rfc3339); i++) {
        int64_t us = -1;
        bool ok = timestamp_parse_rfc3339(slice_text(rfc3339[i].text), &us);
        if (ok != (rfc3339[i].us >= 0) || us != rfc3339[i].us)
            fail_msg("%s: %d %lld", rfc3339[i].text, ok, (long long)us);
    }
}

static void plain_is_read(void **state)
{
    static const char *const refused[] = {
        "2026-11-23T13:00:00",  "2026-11-23 13:00:00Z", "2026-11-23 13:00:00.5",
        "2026-11-23  13:00:00", "2026-11-23 13:00",     "2026-02-30 13:00:00",
    };
    int64_t us = 42;
    (void)state;
    for (size_t i = 0; i < COUNT(refused); i++)
        assert_false(timestamp_parse_plain(slice_text(refused[i]), &us));
    assert_int_equal(us, 42);
    assert_true(timestamp_parse_plain(SLICE("2026-11-23 13:00:00"), &us));
    assert_int_equal(us, INT64_C(1795438800000000));
}

static void expect_print(void (*print)(struct buffer *, int64_t), int64_t us, const char *expected)
{
    char memory[64];
    struct buffer out;
    buffer_init_fixed(&out, memory, sizeof memory);
    print(&out, us);
    if (!slice_equal(buffer_slice(&out), slice_text(expected)))
        fail_msg("%.*s instead of %s", SLICE_ARGS(buffer_slice(&out)), expected);
}

static void moments_are_printed(void **state)
{
    char date[10];
    char http[29];
    (void)state;
    expect_print(timestamp_print_rfc3339, 0, "1970-01-01T00:00:00Z");
    expect_print(timestamp_print_rfc3339, 1, "1970-01-01T00:00:00.000001Z");
    expect_print(timestamp_print_rfc3339, INT64_C(1795438800500000), "2026-11-23T13:00:00.500000Z");
    expect_print(timestamp_print_rfc3339, INT64_C(253402300799999999),
                 "9999-12-31T23:59:59.999999Z");
    expect_print(timestamp_print_plain, INT64_C(1795438800999999), "2026-11-23 13:00:00");
    timestamp_print_date(date, 1551113065); /* protocol section 1.4 */
    assert_memory_equal(date, "2019-02-25", 10);
    timestamp_print_http(http, 784111777); /* RFC 9110 5.6.7 */
    assert_memory_equal(http, "Sun, 06 Nov 1994 08:49:37 GMT", 29);
    timestamp_print_http(http, 1795438800);
    assert_memory_equal(http, "Mon, 23 Nov 2026 13:00:00 GMT", 29);
}

static void the_calendar_is_the_c_librarys(void **state)
{
    (void)state;
    /* A step prime to the day, so that every hour and date comes by. */
    for (time_t at = 0; at < INT64_C(253402300800); at += 86400 * 11 + 3607) {
        struct tm tm;
        char text[64];
        char http[29];
        int64_t us;
        assert_non_null(gmtime_r(&at, &tm));
        size_t len = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm);
        expect_print(timestamp_print_rfc3339, (int64_t)at * 1000000, text);
        assert_true(timestamp_parse_rfc3339(slice_of(text, len), &us));
        assert_int_equal(us, (int64_t)at * 1000000);
        assert_int_equal(strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &tm), 29);
        timestamp_print_http(http, at);
        assert_memory_equal(http, text, 29);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rfc3339_is_read),
        cmocka_unit_test(plain_is_read),
        cmocka_unit_test(moments_are_printed),
        cmocka_unit_test(the_calendar_is_the_c_librarys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
