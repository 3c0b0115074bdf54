/* Account numbers: what is one, order, printing. */
#include "base/uin.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* In ascending order. */
static const char *const valid[] = {
    "1",
    "9",
    "10",
    "9999999999",
    "10000000000",
    "10000000001",
    "700001941608",
    "18446744073709551615",
    "18446744073709551616",
    "99999999999999999999",
};

static const char *const invalid[] = {
    "",
    "0",
    "01",
    "-1",
    "+1",
    " 1",
    "1 ",
    "1a",
    "1.0",
    "1e5",
    "100000000000000000000",
    "\xEF\xBC\x91",
    "1\n",
};

static struct uin parse(const char *text)
{
    struct uin uin;
    assert_true(uin_parse(slice_text(text), &uin));
    return uin;
}

static void valid_numbers_come_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(valid); i++) {
        char at[UIN_DIGITS_MAX];
        size_t len = uin_print(parse(valid[i]), at);
        assert_true(slice_equal(slice_of(at, len), slice_text(valid[i])));
        assert_false(uin_is_none(parse(valid[i])));
    }
}

static void invalid_numbers_are_refused(void **state)
{
    struct uin uin = {1, 2};
    (void)state;
    for (size_t i = 0; i < COUNT(invalid); i++)
        assert_false(uin_parse(slice_text(invalid[i]), &uin));
    assert_false(uin_parse(SLICE("1\0"), &uin));
    assert_true(uin.high == 1 && uin.low == 2);
    assert_true(uin_is_none((struct uin){0, 0}));
}

static void order_is_numeric(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(valid); i++)
        for (size_t j = 0; j < COUNT(valid); j++) {
            struct uin a = parse(valid[i]);
            struct uin b = parse(valid[j]);
            int order = uin_compare(a, b);
            assert_int_equal((order > 0) - (order < 0), (i > j) - (i < j));
            assert_int_equal(uin_equal(a, b), i == j);
            assert_int_equal(uin_hash(a) == uin_hash(b), i == j);
        }
}

static void neighbours_hash_apart(void **state)
{
    unsigned buckets[64] = {0};
    (void)state;
    for (uint64_t i = 0; i < 64000; i++)
        buckets[uin_hash((struct uin){70, UINT64_C(1941608) + i}) & 63]++;
    for (size_t i = 0; i < COUNT(buckets); i++)
        assert_in_range(buckets[i], 800, 1200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(valid_numbers_come_back),
        cmocka_unit_test(invalid_numbers_are_refused),
        cmocka_unit_test(order_is_numeric),
        cmocka_unit_test(neighbours_hash_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
