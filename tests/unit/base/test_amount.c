/* Amounts: sums that fit and sums that do not. */
#include "base/amount.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void sums_are_checked(void **state)
{
    static const struct {
        int64_t a;
        int64_t b;
        bool fits;
    } rows[] = {
        {1, 2, true},
        {INT64_MAX, 0, true},
        {INT64_MAX, INT64_MIN, true},
        {INT64_MAX - 1, 1, true},
        {INT64_MAX, 1, false},
        {INT64_MIN, -1, false},
        {INT64_MIN, INT64_MIN, false},
        {INT64_MIN, 0, true},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct amount a = {rows[i].a};
        struct amount b = {rows[i].b};
        struct amount sum = {42};
        struct amount back = {42};
        assert_int_equal(amount_add(a, b, &sum), rows[i].fits);
        assert_true(rows[i].fits || sum.micros == 42);
        if (rows[i].fits) {
            assert_true(amount_subtract(sum, b, &back));
            assert_int_equal(amount_compare(back, a), 0);
        }
    }
}

static void differences_are_checked(void **state)
{
    struct amount difference = {42};
    (void)state;
    assert_false(amount_subtract((struct amount){INT64_MIN}, (struct amount){1}, &difference));
    assert_false(amount_subtract(AMOUNT_ZERO, (struct amount){INT64_MIN}, &difference));
    assert_int_equal(difference.micros, 42);
    assert_true(amount_subtract((struct amount){-1}, (struct amount){INT64_MIN}, &difference));
    assert_true(difference.micros == INT64_MAX);
}

static void order_and_sign(void **state)
{
    struct amount low = {INT64_MIN};
    struct amount high = {INT64_MAX};
    (void)state;
    assert_true(amount_compare(low, high) < 0);
    assert_true(amount_compare(high, low) > 0);
    assert_true(amount_is_negative(low));
    assert_false(amount_is_negative(AMOUNT_ZERO));
    assert_true(amount_is_zero(AMOUNT_ZERO));
    assert_int_equal(amount_from_cents(-5).micros, -50000);
    assert_int_equal(amount_from_cents(INT32_MAX).micros, INT64_C(21474836470000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_are_checked),
        cmocka_unit_test(differences_are_checked),
        cmocka_unit_test(order_and_sign),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
