#include "net/ceiling.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static struct peer ipv4(uint32_t number)
{
    struct peer peer = {.len = 4};
    memcpy(peer.bytes, &number, 4);
    return peer;
}

static struct peer ipv6(unsigned char network, unsigned char host)
{
    struct peer peer = {.len = 16, .bytes = {0x20, 0x01}};
    peer.bytes[7] = network;
    peer.bytes[15] = host;
    return peer;
}

static void limits_all(void **state)
{
    (void)state;
    struct ceiling *ceiling = ceiling_new(2, 0, 1);
    struct peer one = ipv4(1), local = {.len = 0};
    assert_int_equal(ceiling_enter(ceiling, &one, false), CEILING_ADMITTED);
    assert_int_equal(ceiling_enter(ceiling, &local, false), CEILING_ADMITTED);
    assert_int_equal(ceiling_enter(ceiling, &one, false), CEILING_FULL);
    ceiling_leave(ceiling, &local, false);
    assert_int_equal(ceiling_enter(ceiling, &one, false), CEILING_ADMITTED);
    ceiling_free(ceiling);
}

static void limits_an_address(void **state)
{
    (void)state;
    struct ceiling *ceiling = ceiling_new(100, 2, 1);
    struct peer one = ipv4(1), two = ipv4(2), local = {.len = 0};
    assert_int_equal(ceiling_enter(ceiling, &one, false), CEILING_ADMITTED);
    assert_int_equal(ceiling_enter(ceiling, &one, false), CEILING_ADMITTED);
    assert_int_equal(ceiling_enter(ceiling, &one, false), CEILING_ADDRESS_FULL);
    assert_int_equal(ceiling_enter(ceiling, &two, false), CEILING_ADMITTED);
    for (int i = 0; i < 5; i++)
        assert_int_equal(ceiling_enter(ceiling, &local, false), CEILING_ADMITTED);
    ceiling_leave(ceiling, &one, false);
    assert_int_equal(ceiling_enter(ceiling, &one, false), CEILING_ADMITTED);
    ceiling_free(ceiling);
}

static void ipv6_counts_by_network(void **state)
{
    (void)state;
    struct ceiling *ceiling = ceiling_new(100, 2, 1);
    struct peer a = ipv6(1, 1), b = ipv6(1, 2), c = ipv6(1, 3), other = ipv6(2, 1);
    assert_int_equal(ceiling_enter(ceiling, &a, false), CEILING_ADMITTED);
    assert_int_equal(ceiling_enter(ceiling, &b, false), CEILING_ADMITTED);
    assert_int_equal(ceiling_enter(ceiling, &c, false), CEILING_ADDRESS_FULL);
    assert_int_equal(ceiling_enter(ceiling, &other, false), CEILING_ADMITTED);
    ceiling_leave(ceiling, &b, false);
    assert_int_equal(ceiling_enter(ceiling, &c, false), CEILING_ADMITTED);
    ceiling_free(ceiling);
}

static void operators_have_a_reserve(void **state)
{
    (void)state;
    struct ceiling *ceiling = ceiling_new(1, 1, 1);
    struct peer local = {.len = 0};
    assert_int_equal(ceiling_enter(ceiling, &local, false), CEILING_ADMITTED);
    assert_int_equal(ceiling_enter(ceiling, &local, false), CEILING_FULL);
    for (int i = 0; i < CEILING_OPERATORS_MAX; i++)
        assert_int_equal(ceiling_enter(ceiling, &local, true), CEILING_ADMITTED);
    assert_int_equal(ceiling_enter(ceiling, &local, true), CEILING_FULL);
    ceiling_leave(ceiling, &local, true);
    assert_int_equal(ceiling_enter(ceiling, &local, true), CEILING_ADMITTED);
    ceiling_free(ceiling);
}

/* Comings and goings of few addresses in a table that is as full as it gets, against counters. */
static void agrees_with_plain_counters(void **state)
{
    (void)state;
    enum { ADDRESSES = 40, ALL_MAX = 60, EACH_MAX = 3, STEPS = 200000 };
    for (uint64_t seed = 1; seed <= 5; seed++) {
        struct ceiling *ceiling = ceiling_new(ALL_MAX, EACH_MAX, seed);
        uint32_t counts[ADDRESSES] = {0}, all = 0;
        srand((unsigned)seed);
        for (int step = 0; step < STEPS; step++) {
            uint32_t at = (uint32_t)rand() % ADDRESSES;
            struct peer peer = ipv4(at * 2654435761u);
            if (rand() % 2) {
                enum ceiling_verdict expected = all == ALL_MAX           ? CEILING_FULL
                                                : counts[at] == EACH_MAX ? CEILING_ADDRESS_FULL
                                                                         : CEILING_ADMITTED;
                assert_int_equal(ceiling_enter(ceiling, &peer, false), expected);
                counts[at] += expected == CEILING_ADMITTED;
                all += expected == CEILING_ADMITTED;
            } else if (counts[at] > 0) {
                ceiling_leave(ceiling, &peer, false);
                counts[at]--;
                all--;
            }
        }
        ceiling_free(ceiling);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(limits_all),
        cmocka_unit_test(limits_an_address),
        cmocka_unit_test(ipv6_counts_by_network),
        cmocka_unit_test(operators_have_a_reserve),
        cmocka_unit_test(agrees_with_plain_counters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
