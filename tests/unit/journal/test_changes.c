/* journal/changes.h against a plain array of flags. */
#include "journal/changes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

enum { NUMBERS = 5000 };

static void walks_what_was_added_in_order(void **state)
{
    (void)state;
    struct changes changes = {0};
    static bool model[NUMBERS];
    uint32_t number = 1;
    assert_int_equal(changes_next(&changes, 0, NUMBERS), CHANGES_END);
    for (int i = 0; i < 700; i++) {
        number = number * 1103515245 + 12345;
        changes_add(&changes, number % NUMBERS);
        model[number % NUMBERS] = true;
    }
    uint32_t next = changes_next(&changes, 0, NUMBERS);
    for (uint32_t i = 0; i < NUMBERS; i++) {
        assert_int_equal(model[i], next == i);
        if (next == i)
            next = changes_next(&changes, i + 1, NUMBERS);
    }
    assert_int_equal(next, CHANGES_END);
    changes_done(&changes);
}

static void clears_and_keeps_to_the_limit(void **state)
{
    (void)state;
    struct changes changes = {0};
    changes_add(&changes, 0);
    changes_add(&changes, 63);
    changes_add(&changes, 64);
    changes_add(&changes, 3000);
    assert_int_equal(changes_next(&changes, 1, 63), CHANGES_END);
    assert_int_equal(changes_next(&changes, 1, 64), 63);
    assert_int_equal(changes_next(&changes, 64, 65), 64);
    assert_int_equal(changes_next(&changes, 65, 3000), CHANGES_END);
    assert_int_equal(changes_next(&changes, 65, 3001), 3000);
    changes_clear(&changes);
    assert_int_equal(changes_next(&changes, 0, NUMBERS), CHANGES_END);
    changes_done(&changes);
}

static void everything_is_every_number_below_the_limit(void **state)
{
    (void)state;
    struct changes changes = {.everything = true};
    assert_int_equal(changes_next(&changes, 0, 3), 0);
    assert_int_equal(changes_next(&changes, 2, 3), 2);
    assert_int_equal(changes_next(&changes, 3, 3), CHANGES_END);
    changes_done(&changes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(walks_what_was_added_in_order),
        cmocka_unit_test(clears_and_keeps_to_the_limit),
        cmocka_unit_test(everything_is_every_number_below_the_limit),
    };
    return cmocka_run_group_tests_name("changes", tests, NULL, NULL);
}
