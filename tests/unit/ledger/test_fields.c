/* The nine fields against examples computed by hand from the published formulas (amounts in cents),
 * the documentation's own examples among them. */
#include "desk.h"

#include <inttypes.h>

#include "ledger/fields.h"

struct example {
    const char *what;
    int64_t cash, income, gift, frozen, basic, temporary;
    int64_t real, cash_balance, credit, owe, credit_balance, real_credit_balance;
};

static const struct example examples[] = {
    {"documentation: kleinerwang_test", 36365911, 0, 0, 0, 0, 0, 36365911, 36365911, 0, 0, 36365911,
     36365911},
    {"documentation: field samples", 1061, 0, 0, 0, 0, 0, 1061, 1061, 0, 0, 1061, 1061},
    {"documentation: credit account", 0, 0, 0, 0, 10000000000, 0, 0, 0, 10000000000, 0, 10000000000,
     10000000000},
    {"nothing at all", 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0},
    {"credit in use", -500, 0, 0, 0, 2000, 300, -500, -500, 2300, 0, 1800, 1800},
    {"credit used up to the cent", -2300, 0, 0, 0, 2000, 300, -2300, -2300, 2300, 0, 0, 0},
    {"one cent overdue", -2301, 0, 0, 0, 2000, 300, -2301, -2300, 2300, 1, -1, -1},
    {"overdue", -5000, 0, 0, 0, 2000, 300, -5000, -2300, 2300, 2700, -2700, -2700},
    {"overdue without credit", -5000, 0, 0, 0, 0, 0, -5000, 0, 0, 5000, -5000, -5000},
    {"income, gift and a hold", 1000, 200, 50, 300, 0, 0, 950, 1000, 0, 0, 1250, 950},
    {"a hold beyond the money", 100, 0, 0, 300, 500, 0, -200, 100, 500, 0, 600, 300},
    {"gift covers negative cash", -100, 0, 150, 0, 0, 0, 50, -100, 0, 0, 50, 50},
    {"gift covers part of it", -200, 0, 150, 0, 0, 0, -50, -150, 0, 50, -50, -50},
    {"overdue with a hold", -100, 0, 0, 30, 60, 0, -130, -60, 60, 40, -40, -70},
};

static struct amount cents(int64_t value)
{
    return (struct amount){value * AMOUNT_MICROS_PER_CENT};
}

static void assert_cents(const char *what, const char *field, struct amount amount,
                         int64_t expected)
{
    if (amount.micros != cents(expected).micros)
        fail_msg("%s: %s is %" PRId64 " micros, not %" PRId64 " cents", what, field, amount.micros,
                 expected);
}

static void examples_come_out(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
        const struct example *e = &examples[i];
        struct member_state member = {.cash = cents(e->cash),
                                      .income = cents(e->income),
                                      .gift = cents(e->gift),
                                      .frozen = cents(e->frozen),
                                      .basic_credit = cents(e->basic)};
        struct fields f;
        assert_true(fields_derive(&member, cents(e->temporary), &f));
        assert_cents(e->what, "RealBalance", f.real_balance, e->real);
        assert_cents(e->what, "CashAccountBalance", f.cash_account_balance, e->cash_balance);
        assert_cents(e->what, "CreditAmount", f.credit_amount, e->credit);
        assert_cents(e->what, "TempCredit", f.temp_credit, e->temporary);
        assert_cents(e->what, "BasicCreditAmount", f.basic_credit_amount, e->basic);
        assert_cents(e->what, "OweAmount", f.owe_amount, e->owe);
        assert_cents(e->what, "CreditBalance", f.credit_balance, e->credit_balance);
        assert_cents(e->what, "RealCreditBalance", f.real_credit_balance, e->real_credit_balance);
        assert_cents(e->what, "FreezeAmount", f.freeze_amount, e->frozen);
        assert_cents(e->what, "PresentAccountBalance", f.present_account_balance, e->gift);
        assert_cents(e->what, "IncomeIntoAccountBalance", f.income_into_account_balance, e->income);
    }
}

/* RealBalance = CashAccountBalance + income + present - freeze - owe, as the model documents it. */
static void the_published_formulas_hold(void **state)
{
    (void)state;
    srand(20261123);
    for (int i = 0; i < 100000; i++) {
        struct member_state member = {.cash = {(int64_t)rand() * 4096 - (INT64_C(1) << 42)},
                                      .income = {rand()},
                                      .gift = {rand()},
                                      .frozen = {rand()},
                                      .basic_credit = {(int64_t)rand() * 1024}};
        struct fields f;
        assert_true(fields_derive(&member, (struct amount){rand()}, &f));
        int64_t real = f.cash_account_balance.micros + f.income_into_account_balance.micros +
                       f.present_account_balance.micros - f.freeze_amount.micros -
                       f.owe_amount.micros;
        int64_t credit = f.cash_account_balance.micros + f.income_into_account_balance.micros +
                         f.present_account_balance.micros + f.credit_amount.micros -
                         f.owe_amount.micros;
        assert_int_equal(f.real_balance.micros, real);
        assert_int_equal(f.credit_balance.micros, credit);
        assert_int_equal(f.real_credit_balance.micros, credit - f.freeze_amount.micros);
        assert_true(f.owe_amount.micros >= 0);
        assert_true(f.owe_amount.micros == 0 || f.credit_balance.micros < 0);
    }
}

static void extremes_fit(void **state)
{
    (void)state;
    struct amount max = MEMBER_AMOUNT_MAX, min = {-MEMBER_AMOUNT_MAX.micros};
    struct member_state most = {.cash = max,
                                .income = max,
                                .gift = max,
                                .frozen = max,
                                .basic_credit = max},
                        least = {.cash = min, .frozen = max};
    struct fields f;
    assert_true(fields_derive(&most, max, &f));
    assert_int_equal(f.credit_balance.micros, 5 * max.micros);
    assert_true(fields_derive(&least, AMOUNT_ZERO, &f));
    assert_int_equal(f.owe_amount.micros, max.micros);
    assert_int_equal(f.real_balance.micros, 2 * min.micros);
    /* What no member may have is told, whichever sum it is that does not fit. */
    const struct {
        struct member_state state;
        int64_t temporary;
    } beyond[] = {
        {{.cash = {INT64_MAX}, .income = {1}}, 0},
        {{.cash = {INT64_MAX}, .gift = {1}}, 0},
        {{.basic_credit = {INT64_MAX}}, 1},
        {{.cash = {INT64_MAX}}, 1},
        {{.cash = {INT64_MIN}, .frozen = {1}}, 0},
        {{.cash = {-INT64_MAX}, .basic_credit = {2}, .frozen = {2}}, 0},
        {{.cash = {INT64_MIN}}, 0},
        {{.cash = {1}, .income = {INT64_MIN}}, 0},
    };
    for (size_t i = 0; i < sizeof beyond / sizeof *beyond; i++)
        assert_false(fields_derive(&beyond[i].state, (struct amount){beyond[i].temporary}, &f));
}

static int64_t temporary_at(const struct desk *desk, int64_t t_us)
{
    struct fields f;
    fields_of(desk->book, desk_member(desk, "700001941608"), t_us, &f);
    return f.temp_credit.micros;
}

/* A grant counts from its start (inclusive) to its end (exclusive); an open one for ever. */
static void temporary_credit_comes_and_goes(void **state)
{
    (void)state;
    struct desk desk = desk_new();
    struct new_member item = desk_item("700001941608", "kleinerwang_test");
    const int64_t t_us = desk.now_us;
    item.grants[0] = (struct new_grant){cents(200000), t_us + 1000, t_us + 2000};
    item.grants[1] = (struct new_grant){cents(50), t_us + 1500, 0};
    item.grant_count = 2;
    struct command command = desk_add(&item, 1);
    assert_int_equal(desk_run(&desk, &command), REFUSAL_NONE);
    assert_int_equal(temporary_at(&desk, t_us + 999), 0);
    assert_int_equal(temporary_at(&desk, t_us + 1000), cents(200000).micros);
    assert_int_equal(temporary_at(&desk, t_us + 1499), cents(200000).micros);
    assert_int_equal(temporary_at(&desk, t_us + 1500), cents(200050).micros);
    assert_int_equal(temporary_at(&desk, t_us + 1999), cents(200050).micros);
    assert_int_equal(temporary_at(&desk, t_us + 2000), cents(50).micros);
    assert_int_equal(temporary_at(&desk, INT64_MAX), cents(50).micros);
    desk_free(&desk);
}

/* A member's state gives nine fields; these, with what they do not show, give the state again. */
static void what_was_derived_is_solved(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
        const struct example *e = &examples[i];
        struct new_member member = {.grant_count = 0};
        struct fields_solution solution;
        struct fields_given given = {
            .amounts = {[FIELD_REAL_BALANCE] = cents(e->real),
                        [FIELD_CASH_ACCOUNT_BALANCE] = cents(e->cash_balance),
                        [FIELD_CREDIT_AMOUNT] = cents(e->credit),
                        [FIELD_TEMP_CREDIT] = cents(e->temporary),
                        [FIELD_BASIC_CREDIT_AMOUNT] = cents(e->basic),
                        [FIELD_OWE_AMOUNT] = cents(e->owe),
                        [FIELD_INCOME_INTO_ACCOUNT_BALANCE] = cents(e->income),
                        [FIELD_PRESENT_ACCOUNT_BALANCE] = cents(e->gift),
                        [FIELD_FREEZE_AMOUNT] = cents(e->frozen)}};
        memset(given.is_given, true, sizeof given.is_given);
        assert_true(fields_solve(&given, false, 0, &member, &solution));
        assert_cents(e->what, "cash", member.cash, e->cash);
        assert_cents(e->what, "income", member.income, e->income);
        assert_cents(e->what, "gift", member.gift, e->gift);
        assert_cents(e->what, "frozen", member.frozen, e->frozen);
        assert_cents(e->what, "basic", member.basic_credit, e->basic);
        assert_int_equal(member.grant_count, e->temporary != 0);
        assert_cents(e->what, "temporary", member.grants[0].amount, e->temporary);
        assert_cents(e->what, "credit balance", solution.fields.credit_balance, e->credit_balance);
        /* Without CashAccountBalance, RealBalance says it; without OweAmount it follows. */
        given.is_given[FIELD_CASH_ACCOUNT_BALANCE] = false;
        given.is_given[FIELD_OWE_AMOUNT] = false;
        member = (struct new_member){.grant_count = 0};
        assert_true(fields_solve(&given, false, 0, &member, &solution));
        assert_cents(e->what, "cash", member.cash, e->cash);
        assert_cents(e->what, "owe", solution.fields.owe_amount, e->owe);
    }
}

/* Every field that is not what the others make it is named, and what they make it. */
static void contradictions_are_data(void **state)
{
    (void)state;
    struct new_member member = {.grant_count = 0};
    struct fields_solution solution;
    struct fields_given given = {.is_given = {[FIELD_REAL_BALANCE] = true,
                                              [FIELD_CASH_ACCOUNT_BALANCE] = true,
                                              [FIELD_CREDIT_AMOUNT] = true,
                                              [FIELD_TEMP_CREDIT] = true,
                                              [FIELD_BASIC_CREDIT_AMOUNT] = true,
                                              [FIELD_OWE_AMOUNT] = true,
                                              [FIELD_FREEZE_AMOUNT] = true},
                                 .amounts = {[FIELD_REAL_BALANCE] = cents(1),
                                             [FIELD_CASH_ACCOUNT_BALANCE] = cents(10),
                                             [FIELD_CREDIT_AMOUNT] = cents(100),
                                             [FIELD_TEMP_CREDIT] = cents(31),
                                             [FIELD_BASIC_CREDIT_AMOUNT] = cents(70),
                                             [FIELD_OWE_AMOUNT] = cents(5)}};
    const struct fields_conflict expected[] = {
        {FIELD_TEMP_CREDIT, cents(31), AMOUNT_ZERO},
        {FIELD_CREDIT_AMOUNT, cents(100), cents(101)},
        {FIELD_OWE_AMOUNT, cents(5), AMOUNT_ZERO},
        {FIELD_REAL_BALANCE, cents(1), cents(5)},
    };
    assert_false(fields_solve(&given, true, 0, &member, &solution));
    assert_int_equal(solution.conflict_count, FIELDS_CONFLICTS_MAX);
    for (size_t i = 0; i < FIELDS_CONFLICTS_MAX; i++) {
        assert_int_equal(solution.conflicts[i].field, expected[i].field);
        assert_int_equal(solution.conflicts[i].given.micros, expected[i].given.micros);
        assert_int_equal(solution.conflicts[i].derived.micros, expected[i].derived.micros);
    }
    given.amounts[FIELD_CASH_ACCOUNT_BALANCE] = (struct amount){INT64_MIN};
    assert_false(fields_solve(&given, true, 0, &member, &solution));
    assert_int_equal(solution.conflicts[solution.conflict_count - 1].field, FIELD_COUNT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(examples_come_out),
        cmocka_unit_test(the_published_formulas_hold),
        cmocka_unit_test(extremes_fit),
        cmocka_unit_test(temporary_credit_comes_and_goes),
        cmocka_unit_test(what_was_derived_is_solved),
        cmocka_unit_test(contradictions_are_data),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
