/* sys/sys.h: the real clocks and the real entropy. */
#include "sys/sys.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>
#include <time.h>

static void the_clocks_go_on(void **state)
{
    (void)state;
    const struct sys *sys = sys_real();
    time_t before = time(NULL);
    int64_t now_us = sys_now_us(sys);
    assert_true(now_us / 1000000 >= before);
    assert_true(now_us / 1000000 <= time(NULL));
    int64_t last_us = sys_steady_us(sys);
    for (int i = 0; i < 1000; i++) {
        int64_t next_us = sys_steady_us(sys);
        assert_true(next_us >= last_us);
        last_us = next_us;
    }
}

static void entropy_fills_everything(void **state)
{
    (void)state;
    const struct sys *sys = sys_real();
    struct fault fault;
    unsigned char bytes[1000] = {0};
    unsigned char seen[sizeof bytes] = {0};
    /* a byte that stays zero 16 times in a row was not filled: 1 in 2^128 */
    for (int round = 0; round < 16; round++) {
        assert_true(status_ok(sys->entropy(sys->context, bytes, sizeof bytes, &fault)));
        for (size_t i = 0; i < sizeof bytes; i++)
            seen[i] |= bytes[i];
    }
    assert_null(memchr(seen, 0, sizeof seen));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_clocks_go_on),
        cmocka_unit_test(entropy_fills_everything),
    };
    return cmocka_run_group_tests_name("sys", tests, NULL, NULL);
}
