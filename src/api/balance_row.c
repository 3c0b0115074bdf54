/* A balance row; see balance_row.h. Keys are in the alphabetical order of the official example.
 *
 * Owns nothing. Thread: any. */
#include "api/balance_row.h"

#include "api/action.h"
#include "base/check.h"

void balance_row_render(const struct member_state *state, struct uin uin, struct slice name,
                        struct buffer *out)
{
    struct fields fields;
    CHECK(fields_derive(state, state->temporary, &fields));
    RENDER_CENTS(out, "{\"BasicCreditAmount\":", fields.basic_credit_amount);
    RENDER_CENTS(out, ",\"CashAccountBalance\":", fields.cash_account_balance);
    RENDER_CENTS(out, ",\"CreditAmount\":", fields.credit_amount);
    BUFFER_LITERAL(out, ",\"IsCreditAccount\":");
    render_bool(out, state->flags & MEMBER_IS_CREDIT);
    BUFFER_LITERAL(out, ",\"MemberName\":");
    json_quote(out, name);
    BUFFER_LITERAL(out, ",\"MemberUin\":");
    render_uin(out, uin);
    RENDER_CENTS(out, ",\"OweAmount\":", fields.owe_amount);
    RENDER_CENTS(out, ",\"RealBalance\":", fields.real_balance);
    RENDER_CENTS(out, ",\"TempCredit\":", fields.temp_credit);
    buffer_char(out, '}');
}
