#include "net/budget.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void one_ceiling_over_all(void **state)
{
    (void)state;
    struct budget budget;
    budget_init(&budget, 800);
    assert_true(budget_claim(&budget, BUDGET_CALLER, 700));
    assert_false(budget_claim(&budget, BUDGET_CALLER, 101));
    assert_false(budget_claim(&budget, BUDGET_STRANGER, 101));
    assert_true(budget_claim(&budget, BUDGET_STRANGER, 100));
    assert_false(budget_claim(&budget, BUDGET_CALLER, 1));
    budget_give_back(&budget, BUDGET_STRANGER, 100);
    assert_true(budget_claim(&budget, BUDGET_CALLER, 100));
    assert_int_equal(budget_held(&budget, BUDGET_CALLER), 800);
    assert_int_equal(budget_held(&budget, BUDGET_STRANGER), 0);
}

static void strangers_leave_room_for_callers(void **state)
{
    (void)state;
    struct budget budget;
    budget_init(&budget, 800);
    assert_true(budget_claim(&budget, BUDGET_STRANGER, 200));
    assert_false(budget_claim(&budget, BUDGET_STRANGER, 1));
    assert_true(budget_claim(&budget, BUDGET_FORM, 100));
    assert_false(budget_claim(&budget, BUDGET_FORM, 1));
    assert_true(budget_claim(&budget, BUDGET_CALLER, 500));
}

/* What is refused is not counted, and no number is too large. */
static void refusals_leave_no_trace(void **state)
{
    (void)state;
    struct budget budget;
    budget_init(&budget, 800);
    assert_false(budget_claim(&budget, BUDGET_CALLER, UINT64_MAX));
    assert_false(budget_claim(&budget, BUDGET_STRANGER, 201));
    assert_true(budget_claim(&budget, BUDGET_CALLER, 800));
}

static void what_is_there_already_passes_the_ceiling(void **state)
{
    (void)state;
    struct budget budget;
    budget_init(&budget, 800);
    budget_claim_anyway(&budget, BUDGET_CALLER, 1000);
    assert_false(budget_claim(&budget, BUDGET_CALLER, 1));
    assert_false(budget_claim(&budget, BUDGET_STRANGER, 0));
    budget_give_back(&budget, BUDGET_CALLER, 1000);
    assert_true(budget_claim(&budget, BUDGET_CALLER, 800));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_ceiling_over_all),
        cmocka_unit_test(strangers_leave_room_for_callers),
        cmocka_unit_test(refusals_leave_no_trace),
        cmocka_unit_test(what_is_there_already_passes_the_ceiling),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
