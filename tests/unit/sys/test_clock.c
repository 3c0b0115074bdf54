/* Whether the wall clock is believed: jumps, the way back, a start with a wrong clock. */
#include "sys/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define SECOND INT64_C(1000000)
#define HOUR (3600 * SECOND)
#define YEAR (8766 * HOUR)
/* 2026-11-30 10:00:00 UTC, an hour after the machine was started. */
#define NOW INT64_C(1796032800000000)
#define STEADY (HOUR)

static struct clock_watch watch;

static void start(int64_t passed_us)
{
    clock_watch_init(&watch, HOUR, passed_us);
}

static bool look(int64_t now_us, int64_t steady_us)
{
    return clock_watch_look(&watch, now_us, steady_us);
}

static void time_that_passes_is_no_jump(void **state)
{
    (void)state;
    start(0);
    assert_true(look(NOW, STEADY));
    assert_true(look(NOW + 300 * HOUR, STEADY + 300 * HOUR));
    assert_true(look(NOW + 301 * HOUR, STEADY + 300 * HOUR)); /* exactly what is allowed */
    assert_int_equal(watch.jump_us, 0);
}

static void a_jump_stops_until_it_passes(void **state)
{
    (void)state;
    start(0);
    assert_true(look(NOW, STEADY));
    assert_false(look(NOW + 3 * HOUR, STEADY));
    assert_true(watch.is_stopped);
    assert_true(watch.jump_us == 3 * HOUR);
    assert_false(look(NOW + 4 * HOUR, STEADY + HOUR)); /* an hour later it is as far ahead */
    assert_true(watch.jump_us == 3 * HOUR);
    assert_true(look(NOW + 2 * HOUR, STEADY + 2 * HOUR));
    assert_false(watch.is_stopped);
    assert_true(watch.jump_us == 0);
    assert_false(look(NOW + 50 * YEAR, STEADY + 2 * HOUR));
    assert_true(look(NOW + 2 * HOUR, STEADY + 2 * HOUR));
}

static void a_confirmed_jump_is_the_time(void **state)
{
    (void)state;
    start(0);
    assert_true(look(NOW, STEADY));
    assert_false(look(NOW + 3 * HOUR, STEADY));
    clock_watch_confirm(&watch, NOW + 3 * HOUR, STEADY);
    assert_false(watch.is_stopped);
    assert_true(look(NOW + 3 * HOUR + SECOND, STEADY + SECOND));
    assert_false(look(NOW + 6 * HOUR, STEADY + SECOND));
}

static void a_jump_back_and_its_mend_are_believed(void **state)
{
    (void)state;
    start(0);
    assert_true(look(NOW, STEADY));
    assert_true(look(NOW - 5 * HOUR, STEADY));
    assert_true(look(NOW + 2 * HOUR, STEADY + 2 * HOUR)); /* put right two hours later */
    assert_false(look(NOW + 5 * HOUR, STEADY + 2 * HOUR));
}

/* A machine without a battery: 1970 until somebody knows the time. */
static void a_clock_behind_what_has_passed_is_held_to_nothing(void **state)
{
    (void)state;
    start(NOW - 400 * HOUR); /* the journal's last entry */
    assert_true(look(10 * SECOND, 10 * SECOND));
    assert_true(look(NOW, 30 * SECOND));
    assert_false(look(NOW + 2 * HOUR, 30 * SECOND));
    start(0); /* a new journal: the program itself is not from 1970 */
    assert_true(look(10 * SECOND, 10 * SECOND));
    assert_true(look(NOW, 30 * SECOND));
    assert_false(look(NOW + 2 * HOUR, 30 * SECOND));
}

static void without_a_ceiling_everything_is_believed(void **state)
{
    (void)state;
    clock_watch_init(&watch, 0, 0);
    assert_true(look(NOW, STEADY));
    assert_true(look(NOW + 50 * YEAR, STEADY));
    assert_false(watch.is_stopped);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(time_that_passes_is_no_jump),
        cmocka_unit_test(a_jump_stops_until_it_passes),
        cmocka_unit_test(a_confirmed_jump_is_the_time),
        cmocka_unit_test(a_jump_back_and_its_mend_are_believed),
        cmocka_unit_test(a_clock_behind_what_has_passed_is_held_to_nothing),
        cmocka_unit_test(without_a_ceiling_everything_is_believed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
