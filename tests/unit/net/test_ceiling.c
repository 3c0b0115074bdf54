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
    assert_int_equal(ceiling_enter(ceiling, &one, CEILING_CLIENTS), CEILING_ADMITTED);
    assert_int_equal(ceiling_enter(ceiling, &local, CEILING_CLIENTS), CEILING_ADMITTED);
    assert_int_equal(ceiling_enter(ceiling, &one, CEILING_CLIENTS), CEILING_FULL);
    ceiling_leave(ceiling, &local, CEILING_CLIENTS);
    assert_int_equal(ceiling_enter(ceiling, &one, CEILING_CLIENTS), CEILING_ADMITTED);
    ceiling_free(ceiling);
}

static void limits_an_address(void **state)
{
    (void)state;
    struct ceiling *ceiling = ceiling_new(100, 2, 1);
    struct peer one = ipv4(1), two = ipv4(2), local = {.len = 0};
    assert_int_equal(ceiling_enter(ceiling, &one, CEILING_CLIENTS), CEILING_ADMITTED);
    assert_int_equal(ceiling_enter(ceiling, &one, CEILING_CLIENTS), CEILING_ADMITTED);
    assert_int_equal(ceiling_enter(ceiling, &one, CEILING_CLIENTS), CEILING_ADDRESS_FULL);
    assert_int_equal(ceiling_enter(ceiling, &two, CEILING_CLIENTS), CEILING_ADMITTED);
    for (int i = 0; i < 5; i++)
        assert_int_equal(ceiling_enter(ceiling, &local, CEILING_CLIENTS), CEILING_ADMITTED);
    ceiling_leave(ceiling, &one, CEILING_CLIENTS);
    assert_int_equal(ceiling_enter(ceiling, &one, CEILING_CLIENTS), CEILING_ADMITTED);
    ceiling_free(ceiling);
}

static void ipv6_counts_by_network(void **state)
{
    (void)state;
    struct ceiling *ceiling = ceiling_new(100, 2, 1);
    struct peer a = ipv6(1, 1), b = ipv6(1, 2), c = ipv6(1, 3), other = ipv6(2, 1);
    assert_int_equal(ceiling_enter(ceiling, &a, CEILING_CLIENTS), CEILING_ADMITTED);
    assert_int_equal(ceiling_enter(ceiling, &b, CEILING_CLIENTS), CEILING_ADMITTED);
    assert_int_equal(ceiling_enter(ceiling, &c, CEILING_CLIENTS), CEILING_ADDRESS_FULL);
    assert_int_equal(ceiling_enter(ceiling, &other, CEILING_CLIENTS), CEILING_ADMITTED);
    ceiling_leave(ceiling, &b, CEILING_CLIENTS);
    assert_int_equal(ceiling_enter(ceiling, &c, CEILING_CLIENTS), CEILING_ADMITTED);
    ceiling_free(ceiling);
}

/* None of the three kinds keeps another out, and no one address takes all of an admin listener. */
static void operators_have_places_of_their_own(void **state)
{
    (void)state;
    struct ceiling *ceiling = ceiling_new(1, 1, 1);
    struct peer local = {.len = 0}, one = ipv4(1), two = ipv4(2), three = ipv4(3);
    assert_int_equal(ceiling_enter(ceiling, &local, CEILING_CLIENTS), CEILING_ADMITTED);
    assert_int_equal(ceiling_enter(ceiling, &local, CEILING_CLIENTS), CEILING_FULL);
    uint32_t admitted = 0;
    while (ceiling_enter(ceiling, &one, CEILING_ADMIN) == CEILING_ADMITTED)
        admitted++;
    assert_in_range(admitted, 1, CEILING_ADMIN_PER_ADDRESS_MAX);
    assert_int_equal(ceiling_enter(ceiling, &one, CEILING_ADMIN), CEILING_ADDRESS_FULL);
    assert_int_equal(ceiling_enter(ceiling, &two, CEILING_ADMIN), CEILING_ADMITTED);
    while (ceiling_enter(ceiling, &local, CEILING_ADMIN) == CEILING_ADMITTED)
        admitted++;
    assert_int_equal(admitted, CEILING_OPERATORS_MAX - 1);
    assert_int_equal(ceiling_enter(ceiling, &three, CEILING_ADMIN), CEILING_FULL);
    for (int i = 0; i < CEILING_OPERATORS_MAX; i++)
        assert_int_equal(ceiling_enter(ceiling, &local, CEILING_CONTROL), CEILING_ADMITTED);
    assert_int_equal(ceiling_enter(ceiling, &local, CEILING_CONTROL), CEILING_FULL);
    ceiling_leave(ceiling, &local, CEILING_CONTROL);
    assert_int_equal(ceiling_enter(ceiling, &local, CEILING_CONTROL), CEILING_ADMITTED);
    ceiling_free(ceiling);
}

/* As operating.md says it: of 1,000 places and 400 for one address, with 250 free and fewer an
 * address may have 400 * free / 250, and one at least. */
static void shares_shrink_when_places_are_short(void **state)
{
    (void)state;
    struct ceiling *ceiling = ceiling_new(1000, 400, 1);
    struct peer local = {.len = 0}, one = ipv4(1), two = ipv4(2), three = ipv4(3);
    for (int i = 0; i < 400; i++)
        assert_int_equal(ceiling_enter(ceiling, &one, CEILING_CLIENTS), CEILING_ADMITTED);
    assert_int_equal(ceiling_enter(ceiling, &one, CEILING_CLIENTS), CEILING_ADDRESS_FULL);
    for (int i = 0; i < 400; i++) /* 200 are free: 320 an address */
        assert_int_equal(ceiling_enter(ceiling, &local, CEILING_CLIENTS), CEILING_ADMITTED);
    uint32_t admitted = 0;
    while (ceiling_enter(ceiling, &two, CEILING_CLIENTS) == CEILING_ADMITTED)
        admitted++;
    assert_int_equal(admitted, 123); /* 77 are free then: 400 * 77 / 250 = 123.2 */
    assert_int_equal(ceiling_enter(ceiling, &two, CEILING_CLIENTS), CEILING_ADDRESS_FULL);
    while (ceiling_enter(ceiling, &local, CEILING_CLIENTS) == CEILING_ADMITTED)
        admitted++;
    assert_int_equal(admitted, 200);
    assert_int_equal(ceiling_enter(ceiling, &two, CEILING_CLIENTS), CEILING_ADDRESS_FULL);
    assert_int_equal(ceiling_enter(ceiling, &three, CEILING_CLIENTS), CEILING_FULL);
    assert_false(ceiling_is_exceeded(ceiling, CEILING_CLIENTS));
    assert_int_equal(ceiling_enter_early(ceiling, &three, CEILING_CLIENTS), CEILING_ADMITTED);
    assert_true(ceiling_is_exceeded(ceiling, CEILING_CLIENTS));
    assert_int_equal(ceiling_enter_early(ceiling, &three, CEILING_CLIENTS), CEILING_ADDRESS_FULL);
    for (int i = 1; i < CEILING_SPARE_MAX; i++)
        assert_int_equal(ceiling_enter_early(ceiling, &local, CEILING_CLIENTS), CEILING_ADMITTED);
    assert_int_equal(ceiling_enter_early(ceiling, &local, CEILING_CLIENTS), CEILING_FULL);
    ceiling_free(ceiling);
}

static void names_who_came_without(void **state)
{
    (void)state;
    struct ceiling *ceiling = ceiling_new(100, 2, 1);
    struct peer proxy = {.len = 0}, client = ipv4(1);
    for (int i = 0; i < 3; i++)
        assert_int_equal(ceiling_enter(ceiling, &proxy, CEILING_CLIENTS), CEILING_ADMITTED);
    assert_true(ceiling_name(ceiling, &client, CEILING_CLIENTS));
    assert_true(ceiling_name(ceiling, &client, CEILING_CLIENTS));
    assert_false(ceiling_name(ceiling, &client, CEILING_CLIENTS));
    ceiling_leave(ceiling, &client, CEILING_CLIENTS);
    assert_true(ceiling_name(ceiling, &client, CEILING_CLIENTS));
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
                uint32_t left = ALL_MAX - all, share = EACH_MAX * left / (ALL_MAX / 4);
                if (left >= ALL_MAX / 4)
                    share = EACH_MAX;
                enum ceiling_verdict expected = counts[at] >= share && counts[at] > 0
                                                    ? CEILING_ADDRESS_FULL
                                                : all == ALL_MAX ? CEILING_FULL
                                                                 : CEILING_ADMITTED;
                assert_int_equal(ceiling_enter(ceiling, &peer, CEILING_CLIENTS), expected);
                counts[at] += expected == CEILING_ADMITTED;
                all += expected == CEILING_ADMITTED;
            } else if (counts[at] > 0) {
                ceiling_leave(ceiling, &peer, CEILING_CLIENTS);
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
        cmocka_unit_test(operators_have_places_of_their_own),
        cmocka_unit_test(shares_shrink_when_places_are_short),
        cmocka_unit_test(names_who_came_without),
        cmocka_unit_test(agrees_with_plain_counters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
