/* What entries do to money, at the edges of what numbers can say: an overflow is told, not made. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "ledger/effect.h"

static const int64_t most = INT64_C(1) << 60;

static struct entry money(enum entry_kind kind, int64_t cash, int64_t income, int64_t gift)
{
    return (struct entry){
        .kind = kind, .cash = {cash}, .income = {income}, .gift = {gift}, .touch_count = 1};
}

static struct member_state with(int64_t cash, int64_t income, int64_t gift, int64_t frozen)
{
    return (struct member_state){
        .cash = {cash}, .income = {income}, .gift = {gift}, .frozen = {frozen}};
}

static bool allows(const struct entry *entry, struct member_state before, struct member_state after)
{
    struct effect effect;
    assert_true(effect_of(entry, &effect));
    return entry_allows(entry, &effect, 0, &before, &after);
}

static void an_effect_that_does_not_fit_is_told(void **state)
{
    (void)state;
    struct effect effect;
    struct entry entry = money(ENTRY_TOP_UP, INT64_MIN, 0, 0);
    assert_false(effect_of(&entry, &effect));
    entry = money(ENTRY_TOP_UP, INT64_MAX, 0, 0);
    assert_true(effect_of(&entry, &effect));
    assert_int_equal(effect.funding.micros, -INT64_MAX);
    entry = money(ENTRY_ADJUST, INT64_MAX, 1, 0);
    assert_false(effect_of(&entry, &effect));
    entry = money(ENTRY_OPENING, INT64_MIN, 0, 0);
    assert_false(effect_of(&entry, &effect));
    entry = money(ENTRY_OPENING, 0, 0, INT64_MIN);
    assert_false(effect_of(&entry, &effect));
    entry = money(ENTRY_ADJUST, INT64_MAX, 0, INT64_MAX); /* both from suspense */
    assert_false(effect_of(&entry, &effect));
    entry = money(ENTRY_OPENING, INT64_MAX, 0, INT64_MAX); /* from funding and promotion */
    assert_true(effect_of(&entry, &effect));
}

static void a_state_that_does_not_fit_is_told(void **state)
{
    (void)state;
    const struct effect effects[] = {{.cash = {INT64_MAX}},
                                     {.income = {INT64_MAX}},
                                     {.gift = {INT64_MAX}},
                                     {.frozen = {INT64_MAX}}};
    struct member_state before = with(1, 1, 1, 1), after = before;
    for (size_t i = 0; i < sizeof effects / sizeof *effects; i++)
        assert_false(effect_on(&effects[i], &before, &after));
    const struct effect little = {.gift = {-2}};
    assert_false(effect_on(&little, &before, &after)); /* below zero */
    const struct effect right = {.cash = {-2}};
    assert_true(effect_on(&right, &before, &after));
    assert_int_equal(after.cash.micros, -1);
}

/* A charge of 10 may come out of any of the three, but only out. */
static void a_spread_goes_one_way(void **state)
{
    (void)state;
    struct entry charge = money(ENTRY_CHARGE, 10, 0, 0), refund = money(ENTRY_REFUND, 10, 0, 0);
    assert_true(allows(&charge, with(20, 20, 20, 0), with(10, 20, 20, 0)));
    assert_true(allows(&charge, with(20, 20, 20, 0), with(17, 17, 16, 0)));
    assert_false(allows(&charge, with(20, 20, 20, 0), with(11, 20, 20, 0)));
    assert_false(allows(&charge, with(20, 20, 20, 0), with(21, 9, 20, 0)));
    assert_false(allows(&charge, with(20, 20, 20, 0), with(9, 21, 20, 0)));
    assert_false(allows(&charge, with(20, 20, 20, 0), with(9, 20, 21, 0)));
    assert_false(allows(&charge, with(20, 20, 20, 5), with(10, 20, 20, 4)));
    assert_true(allows(&refund, with(20, 20, 20, 0), with(20, 25, 25, 0)));
    assert_false(allows(&refund, with(20, 20, 20, 0), with(19, 25, 26, 0)));
    /* Sums that would not fit. */
    assert_false(allows(&charge, with(INT64_MAX, 1, 0, 0), with(0, 0, 0, 0)));
    assert_false(allows(&charge, with(INT64_MAX, 0, 1, 0), with(0, 0, 0, 0)));
    assert_false(allows(&charge, with(INT64_MIN, 0, 0, 0), with(most, 0, 0, 0)));
}

static void other_money_goes_where_it_should(void **state)
{
    (void)state;
    struct entry adjust = money(ENTRY_ADJUST, 1, 2, 3);
    assert_true(allows(&adjust, with(0, 0, 0, 0), with(1, 2, 3, 0)));
    assert_false(allows(&adjust, with(0, 0, 0, 0), with(2, 1, 3, 0)));
    assert_false(allows(&adjust, with(0, 0, 0, 0), with(1, 3, 2, 0)));
    assert_false(allows(&adjust, with(0, 0, 0, 0), with(1, 2, 2, 0)));
    assert_false(allows(&adjust, with(0, 0, 0, 0), with(1, 2, 3, 1)));
    assert_false(allows(&adjust, with(INT64_MIN, 0, 0, 0), with(most, 2, 3, 0)));
}

/* Flags and credit change by their own kinds of entry only. */
static void each_kind_has_its_flags(void **state)
{
    (void)state;
    static const struct {
        enum entry_kind kind;
        uint8_t before, after;
        bool allowed;
    } cases[] = {
        {ENTRY_JOIN, MEMBER_LEFT, 0, true},
        {ENTRY_JOIN, MEMBER_LEFT | MEMBER_ARREARS, MEMBER_IS_CREDIT, true},
        {ENTRY_JOIN, 0, 0, false},
        {ENTRY_JOIN, MEMBER_LEFT, MEMBER_LEFT, false},
        {ENTRY_JOIN, MEMBER_LEFT, MEMBER_OWNER, false},
        {ENTRY_JOIN, MEMBER_LEFT | MEMBER_OWNER, 0, false},
        {ENTRY_LEAVE, MEMBER_ARREARS, MEMBER_ARREARS | MEMBER_LEFT, true},
        {ENTRY_LEAVE, MEMBER_ARREARS, MEMBER_LEFT, false},
        {ENTRY_LEAVE, MEMBER_LEFT, 0, false},
        {ENTRY_LEAVE, MEMBER_OWNER, MEMBER_OWNER | MEMBER_LEFT, false},
        {ENTRY_SET_CREDIT, 0, MEMBER_IS_CREDIT, true},
        {ENTRY_SET_CREDIT, MEMBER_ARREARS, 0, false},
        {ENTRY_SET_ARREARS, MEMBER_ARREARS, 0, true},
        {ENTRY_SET_ARREARS, 0, MEMBER_IS_CREDIT, false},
        {ENTRY_RENAME, 0, MEMBER_ARREARS, false},
        {ENTRY_RENAME, MEMBER_ARREARS, MEMBER_ARREARS, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct entry entry = money(cases[i].kind, 0, 0, 0);
        struct member_state before = {.flags = cases[i].before}, after = {.flags = cases[i].after};
        assert_int_equal(allows(&entry, before, after), cases[i].allowed);
        after.basic_credit.micros = 1;
        bool may_set = cases[i].kind == ENTRY_JOIN || cases[i].kind == ENTRY_SET_CREDIT;
        assert_int_equal(allows(&entry, before, after), cases[i].allowed && may_set);
        before = after = with(0, 0, 0, 4);
        before.flags = cases[i].before;
        after.flags = cases[i].after;
        bool leaves = cases[i].kind == ENTRY_LEAVE; /* nobody leaves with holds */
        assert_int_equal(allows(&entry, before, after), cases[i].allowed && !leaves);
    }
}

static void the_second_of_a_move_gets_it(void **state)
{
    (void)state;
    struct entry move = money(ENTRY_MOVE, 5, 0, 0);
    struct effect effect;
    struct member_state before = with(1, 0, 0, 0), more = with(6, 0, 0, 0);
    assert_true(effect_of(&move, &effect));
    assert_true(entry_allows(&move, &effect, 1, &before, &more));
    assert_false(entry_allows(&move, &effect, 0, &before, &more));
    assert_true(entry_allows(&move, &effect, 0, &more, &before));
    effect.cash.micros = INT64_MIN; /* has no opposite */
    assert_false(entry_allows(&move, &effect, 1, &before, &more));
}

static void sums_that_do_not_fit_are_told(void **state)
{
    (void)state;
    const struct member_state none = with(0, 0, 0, 0);
    const struct member_state one_each[] = {with(1, 0, 0, 0), with(0, 1, 0, 0), with(0, 0, 1, 0),
                                            with(0, 0, 0, 1)};
    const struct effect effects[] = {
        {.funding = {1}}, {.revenue = {1}}, {.promotion = {1}}, {.suspense = {1}}};
    for (size_t i = 0; i < 4; i++) {
        struct organisation full = {.cash = {INT64_MAX},
                                    .income = {INT64_MAX},
                                    .gift = {INT64_MAX},
                                    .frozen = {INT64_MAX},
                                    .funding = {INT64_MAX},
                                    .revenue = {INT64_MAX},
                                    .promotion = {INT64_MAX},
                                    .suspense = {INT64_MAX}};
        assert_false(sums_change_member(&full, &none, &one_each[i]));
        assert_false(sums_change_own(&full, &effects[i]));
    }
    struct organisation sums = {0};
    struct member_state far = with(INT64_MIN, 0, 0, 0), near = with(1, 0, 0, 0);
    assert_false(sums_change_member(&sums, &far, &near)); /* the difference does not fit */
}

/* Round and back again, as recovery needs it. */
static void round_sums_come_out_right(void **state)
{
    (void)state;
    struct organisation sums = {.cash = {5}, .income = {6}, .gift = {7}, .frozen = {8}};
    const struct member_state none = with(0, 0, 0, 0), much = with(most, most, most, most);
    for (int i = 0; i < 20; i++)
        sums_change_member_round(&sums, &none, &much);
    for (int i = 0; i < 20; i++)
        sums_change_member_round(&sums, &much, &none);
    assert_int_equal(sums.cash.micros, 5);
    assert_int_equal(sums.income.micros, 6);
    assert_int_equal(sums.gift.micros, 7);
    assert_int_equal(sums.frozen.micros, 8);
}

static void all_accounts_together_are_zero(void **state)
{
    (void)state;
    struct organisation sums = {.cash = {INT64_MAX},
                                .income = {INT64_MAX},
                                .gift = {INT64_MAX},
                                .funding = {INT64_MIN},
                                .revenue = {INT64_MIN},
                                .promotion = {INT64_MIN},
                                .suspense = {3}};
    assert_true(sums_are_zero(&sums));
    sums.suspense.micros = 2;
    assert_false(sums_are_zero(&sums));
    sums.frozen.micros = 1; /* frozen money is still the member's */
    assert_false(sums_are_zero(&sums));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_effect_that_does_not_fit_is_told),
        cmocka_unit_test(a_state_that_does_not_fit_is_told),
        cmocka_unit_test(a_spread_goes_one_way),
        cmocka_unit_test(other_money_goes_where_it_should),
        cmocka_unit_test(each_kind_has_its_flags),
        cmocka_unit_test(the_second_of_a_move_gets_it),
        cmocka_unit_test(sums_that_do_not_fit_are_told),
        cmocka_unit_test(round_sums_come_out_right),
        cmocka_unit_test(all_accounts_together_are_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
