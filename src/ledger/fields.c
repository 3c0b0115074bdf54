/* The nine fields from a member's state.
 *
 * 1. Credit is a limit, not money: it never enters RealBalance.
 * 2. What is owed is what lies beyond all credit; it is taken out of CashAccountBalance, so that
 *    RealBalance = CashAccountBalance + income + gift - frozen - OweAmount.
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
