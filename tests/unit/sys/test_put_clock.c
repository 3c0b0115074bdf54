/* sys/put_clock.h: real, off, frozen; forward and back; who waits is woken. */
#include "sys/put_clock.h"

#include "sys/clock.h"
#include "sys/thread.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define SECOND_US INT64_C(1000000)
#define HOUR_US (3600 * SECOND_US)
#define START_US (INT64_C(1796032800) * SECOND_US) /* 2026-11-30 10:00:00 UTC */

/* A base that the test moves. */
static int64_t base_now_us, base_steady_us;

static int64_t base_now(void *context)
{
    (void)context;
    return base_now_us;
}

static int64_t base_steady(void *context)
{
    (void)context;
    return base_steady_us;
}

static const struct sys base = {.now_us = base_now, .steady_us = base_steady};
static struct put_clock clock_put;
static const struct sys *const sys = &clock_put.sys;

static void base_goes_on(int64_t us)
{
    base_now_us += us;
    base_steady_us += us;
}

static int setup(void **state)
{
    (void)state;
    base_now_us = START_US;
    base_steady_us = 5 * HOUR_US;
    put_clock_init(&clock_put, &base);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    put_clock_done(&clock_put);
    return 0;
}

static void assert_clock(int64_t since_start_us, int64_t passed_us)
{
    assert_int_equal(sys_now_us(sys) - START_US, since_start_us);
    assert_int_equal(sys_passed_us(sys) - 5 * HOUR_US, passed_us);
    assert_int_equal(sys_steady_us(sys), base_steady_us);
}

static void it_is_real_at_first(void **state)
{
    (void)state;
    assert_int_equal(put_clock_mode(&clock_put), PUT_CLOCK_REAL);
    base_goes_on(HOUR_US);
    assert_clock(HOUR_US, HOUR_US);
}

static void off_it_goes_on(void **state)
{
    (void)state;
    put_clock_advance(&clock_put, 2 * HOUR_US);
    assert_int_equal(put_clock_mode(&clock_put), PUT_CLOCK_OFFSET);
    assert_clock(2 * HOUR_US, 2 * HOUR_US);
    base_goes_on(SECOND_US);
    assert_clock(2 * HOUR_US + SECOND_US, 2 * HOUR_US + SECOND_US);
    put_clock_put(&clock_put, PUT_CLOCK_OFFSET, START_US - HOUR_US);
    base_goes_on(SECOND_US);
    assert_clock(-HOUR_US + SECOND_US, 2 * HOUR_US + 2 * SECOND_US);
}

static void frozen_it_stands(void **state)
{
    (void)state;
    put_clock_put(&clock_put, PUT_CLOCK_FROZEN, START_US);
    base_goes_on(HOUR_US);
    assert_clock(0, 0);
    put_clock_advance(&clock_put, 2 * HOUR_US);
    base_goes_on(HOUR_US);
    assert_int_equal(put_clock_mode(&clock_put), PUT_CLOCK_FROZEN);
    assert_clock(2 * HOUR_US, 2 * HOUR_US);
    put_clock_put(&clock_put, PUT_CLOCK_FROZEN, START_US);
    assert_clock(0, 2 * HOUR_US);
    put_clock_put(&clock_put, PUT_CLOCK_REAL, 0);
    assert_clock(2 * HOUR_US, 4 * HOUR_US);
    base_goes_on(HOUR_US);
    assert_clock(3 * HOUR_US, 5 * HOUR_US);
}

/* What is put is no jump; what the base's clock does by itself still is one. */
static void only_the_base_jumps(void **state)
{
    (void)state;
    static const int64_t steps_us[] = {2 * HOUR_US, -30 * HOUR_US, 9000 * HOUR_US, -HOUR_US};
    struct clock_watch watch;
    clock_watch_init(&watch, HOUR_US, START_US);
    assert_true(clock_watch_look(&watch, sys_now_us(sys), sys_passed_us(sys)));
    for (int frozen = 0; frozen < 2; frozen++) {
        for (size_t i = 0; i < sizeof steps_us / sizeof steps_us[0]; i++) {
            put_clock_advance(&clock_put, steps_us[i]);
            base_goes_on(3 * HOUR_US);
            assert_true(clock_watch_look(&watch, sys_now_us(sys), sys_passed_us(sys)));
        }
        put_clock_put(&clock_put, PUT_CLOCK_FROZEN, START_US + 100 * HOUR_US);
        assert_true(clock_watch_look(&watch, sys_now_us(sys), sys_passed_us(sys)));
    }
    put_clock_put(&clock_put, PUT_CLOCK_REAL, 0);
    assert_true(clock_watch_look(&watch, sys_now_us(sys), sys_passed_us(sys)));
    clock_watch_confirm(&watch, sys_now_us(sys), sys_passed_us(sys));
    base_now_us += 2 * HOUR_US;
    assert_false(clock_watch_look(&watch, sys_now_us(sys), sys_passed_us(sys)));
}

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t moved;

static void wake(void *context)
{
    (void)context;
    pthread_mutex_lock(&lock);
    pthread_cond_signal(&moved);
    pthread_mutex_unlock(&lock);
}

static void *wait_for_tomorrow(void *context)
{
    pthread_mutex_lock(&lock);
    while (sys_now_us(sys) < START_US + 24 * HOUR_US)
        sys_wait(&moved, &lock, INT64_MAX);
    pthread_mutex_unlock(&lock);
    return context;
}

static void who_waits_is_woken(void **state)
{
    (void)state;
    struct sys_listener listener = {.changed = wake};
    pthread_t thread;
    sys_wait_init(&moved);
    put_clock_put(&clock_put, PUT_CLOCK_FROZEN, START_US);
    uint64_t count = sys_change_count(sys);
    sys_listen(sys, &listener);
    assert_int_equal(thread_start(&thread, wait_for_tomorrow, NULL), 0);
    for (int hour = 0; hour < 24; hour++)
        put_clock_advance(&clock_put, HOUR_US);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(sys_change_count(sys) - count, 24);
    sys_unlisten(sys, &listener);
    (void)pthread_cond_destroy(&moved);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(it_is_real_at_first, setup, teardown),
        cmocka_unit_test_setup_teardown(off_it_goes_on, setup, teardown),
        cmocka_unit_test_setup_teardown(frozen_it_stands, setup, teardown),
        cmocka_unit_test_setup_teardown(only_the_base_jumps, setup, teardown),
        cmocka_unit_test_setup_teardown(who_waits_is_woken, setup, teardown),
    };
    return cmocka_run_group_tests_name("put_clock", tests, NULL, NULL);
}
