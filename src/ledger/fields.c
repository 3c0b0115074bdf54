/* The nine fields from a member's state, and back.
 *
 * 1. Credit is a limit, not money: it never enters RealBalance.
 * 2. What is owed is what lies beyond all credit; it is taken out of CashAccountBalance, so that
 *    RealBalance = CashAccountBalance + income + gift - frozen - OweAmount.
 * 3. What was solved gives back every amount that was given, to the micro, or there is a conflict.
 *
 * Pure. Any thread. */
#include "ledger/fields.h"

#include "base/check.h"

bool fields_derive(const struct member_state *state, struct amount temporary_credit,
                   struct fields *ret_fields)
{
    struct fields f = {
        .temp_credit = temporary_credit,
        .basic_credit_amount = state->basic_credit,
        .freeze_amount = state->frozen,
        .present_account_balance = state->gift,
        .income_into_account_balance = state->income,
    };
    struct amount money;
    if (!amount_add(state->cash, state->income, &money) || !amount_add(money, state->gift, &money))
        return false;
    if (!amount_add(state->basic_credit, temporary_credit, &f.credit_amount) ||
        !amount_add(money, f.credit_amount, &f.credit_balance) ||
        !amount_subtract(f.credit_balance, state->frozen, &f.real_credit_balance) ||
        !amount_subtract(money, state->frozen, &f.real_balance))
        return false;
    if (amount_is_negative(f.credit_balance) &&
        !amount_subtract(AMOUNT_ZERO, f.credit_balance, &f.owe_amount))
        return false;
    if (!amount_add(state->cash, f.owe_amount, &f.cash_account_balance))
        return false;
    *ret_fields = f;
    return true;
}

void fields_of(const struct book *book, const struct member *member, int64_t t_us,
               struct fields *ret_fields)
{
    struct amount temporary = book_temporary_credit(book, member, t_us);
    struct member_state state = member->state;
    state.frozen = book_frozen(book, member, t_us);
    CHECK(fields_derive(&state, temporary, ret_fields)); /* MEMBER_AMOUNT_MAX */
}

bool field_may_be_negative(enum balance_field field)
{
    return field == FIELD_REAL_BALANCE || field == FIELD_CASH_ACCOUNT_BALANCE;
}

static bool grants_at(const struct new_member *member, int64_t t_us, struct amount *ret_sum)
{
    *ret_sum = AMOUNT_ZERO;
    for (uint32_t i = 0; i < member->grant_count; i++) {
        const struct new_grant *grant = &member->grants[i];
        bool is_active = grant->start_us <= t_us && (grant->end_us == 0 || t_us < grant->end_us);
        if (is_active && !amount_add(*ret_sum, grant->amount, ret_sum))
            return false;
    }
    return true;
}

/* A row may be older than today, so its TempCredit counts if the grants gave it at some moment:
 * their sum only changes where one starts or ends. */
static bool grants_can_give(const struct new_member *member, struct amount wanted)
{
    struct amount sum;
    for (uint32_t i = 0; i < member->grant_count; i++) {
        const int64_t moments[] = {member->grants[i].start_us, member->grants[i].end_us};
        for (int j = 0; j < 2; j++) {
            if (grants_at(member, moments[j], &sum) && amount_compare(sum, wanted) == 0)
                return true;
        }
    }
    return amount_is_zero(wanted);
}

static bool conflict(struct fields_solution *solution, enum balance_field field,
                     struct amount given, struct amount derived)
{
    solution->conflicts[solution->conflict_count++] =
        (struct fields_conflict){field, given, derived};
    return false;
}

static bool overflow(struct fields_solution *solution)
{
    return conflict(solution, FIELD_COUNT, AMOUNT_ZERO, AMOUNT_ZERO);
}

/* CreditAmount = BasicCreditAmount + TempCredit: any two give the third. */
static bool solve_credit(const struct fields_given *given, bool has_grants, int64_t now_us,
                         struct new_member *member, struct fields_solution *solution)
{
    const bool *is_given = given->is_given;
    struct amount credit = given->amounts[FIELD_CREDIT_AMOUNT];
    struct amount basic = given->amounts[FIELD_BASIC_CREDIT_AMOUNT];
    struct amount temporary = given->amounts[FIELD_TEMP_CREDIT];
    bool from_credit = is_given[FIELD_CREDIT_AMOUNT] && is_given[FIELD_BASIC_CREDIT_AMOUNT];
    if (!is_given[FIELD_TEMP_CREDIT] && !(from_credit ? amount_subtract(credit, basic, &temporary)
                                                      : grants_at(member, now_us, &temporary)))
        return overflow(solution);
    if (amount_is_negative(temporary))
        return conflict(solution, FIELD_CREDIT_AMOUNT, credit, basic);
    if (has_grants && !grants_can_give(member, temporary))
        conflict(solution, FIELD_TEMP_CREDIT, temporary, AMOUNT_ZERO);
    if (!has_grants && !amount_is_zero(temporary))
        member->grants[member->grant_count++] = (struct new_grant){.amount = temporary};
    if (is_given[FIELD_CREDIT_AMOUNT] && !is_given[FIELD_BASIC_CREDIT_AMOUNT] &&
        !amount_subtract(credit, temporary, &basic))
        return overflow(solution);
    if (amount_is_negative(basic))
        return conflict(solution, FIELD_CREDIT_AMOUNT, credit, temporary);
    member->basic_credit = basic;
    solution->fields.temp_credit = temporary;
    return true;
}

/* The nine fields do not show income, gift and frozen, but RealBalance counts them: what it has
 * beyond cash is income, what it lacks is frozen. */
static bool split_rest(struct amount real, struct new_member *member)
{
    struct amount rest;
    if (!amount_subtract(real, member->cash, &rest))
        return false;
    if (amount_is_negative(rest))
        return amount_subtract(AMOUNT_ZERO, rest, &member->frozen);
    member->income = rest;
    return true;
}

/* RealBalance = cash + income + gift - frozen, where cash = CashAccountBalance - OweAmount. */
static bool solve_money(const struct fields_given *given, struct new_member *member)
{
    const bool *is_given = given->is_given;
    const struct amount *amounts = given->amounts;
    struct amount real = amounts[FIELD_REAL_BALANCE], *cash = &member->cash;
    member->income = amounts[FIELD_INCOME_INTO_ACCOUNT_BALANCE];
    member->gift = amounts[FIELD_PRESENT_ACCOUNT_BALANCE];
    member->frozen = amounts[FIELD_FREEZE_AMOUNT];
    if (!is_given[FIELD_CASH_ACCOUNT_BALANCE] && is_given[FIELD_REAL_BALANCE])
        return amount_subtract(real, member->income, cash) &&
               amount_subtract(*cash, member->gift, cash) &&
               amount_add(*cash, member->frozen, cash);
    bool is_split = is_given[FIELD_INCOME_INTO_ACCOUNT_BALANCE] ||
                    is_given[FIELD_PRESENT_ACCOUNT_BALANCE] || is_given[FIELD_FREEZE_AMOUNT];
    return amount_subtract(amounts[FIELD_CASH_ACCOUNT_BALANCE], amounts[FIELD_OWE_AMOUNT], cash) &&
           (is_split || !is_given[FIELD_REAL_BALANCE] || split_rest(real, member));
}

static void compare(const struct fields_given *given, enum balance_field field,
                    struct amount derived, struct fields_solution *solution)
{
    if (given->is_given[field] && amount_compare(given->amounts[field], derived) != 0)
        conflict(solution, field, given->amounts[field], derived);
}

bool fields_solve(const struct fields_given *given, bool has_grants, int64_t now_us,
                  struct new_member *member, struct fields_solution *ret_solution)
{
    struct fields *fields = &ret_solution->fields;
    ret_solution->conflict_count = 0;
    if (!solve_credit(given, has_grants, now_us, member, ret_solution))
        return false;
    if (!solve_money(given, member))
        return overflow(ret_solution);
    struct member_state state = {.cash = member->cash,
                                 .income = member->income,
                                 .gift = member->gift,
                                 .frozen = member->frozen,
                                 .basic_credit = member->basic_credit};
    if (!fields_derive(&state, fields->temp_credit, fields))
        return overflow(ret_solution);
    /* CashAccountBalance is what it was if OweAmount is: cash was read with it. */
    compare(given, FIELD_CREDIT_AMOUNT, fields->credit_amount, ret_solution);
    compare(given, FIELD_OWE_AMOUNT, fields->owe_amount, ret_solution);
    compare(given, FIELD_REAL_BALANCE, fields->real_balance, ret_solution);
    return ret_solution->conflict_count == 0;
}
