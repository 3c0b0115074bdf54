/* A balance row; see balance_row.h. Keys are in the alphabetical order of the official example.
 *
 * This is the hot path: room for the longest row is made once, and written through a bare pointer.
 * Owns nothing. Thread: any. */
#include "api/balance_row.h"

#include "api/action.h"
#include "base/check.h"
#include "base/put.h"

/* The longest row but for its name: nine keys and what is around them, six amounts, a uin. */
enum { ROW_BYTES_MAX = 192 + 6 * DECIMAL_BYTES_MAX + UIN_DIGITS_MAX };

#define PUT_CENTS(at, key, amount) decimal_put_cents(PUT_LITERAL((at), key), (amount))

static const struct shape_member row_members[] = {
    SHAPE_MEMBER(CENTS, struct balance_row, fields.basic_credit_amount, "BasicCreditAmount",
                 "The lasting credit line, in cents like all amounts."),
    SHAPE_MEMBER(CENTS, struct balance_row, fields.cash_account_balance, "CashAccountBalance",
                 "Cash, with what is owed added back."),
    SHAPE_MEMBER(CENTS, struct balance_row, fields.credit_amount, "CreditAmount",
                 "BasicCreditAmount + TempCredit."),
    SHAPE_MEMBER(BOOL, struct balance_row, is_credit, "IsCreditAccount",
                 "What the member's row says; nothing follows from it."),
    SHAPE_MEMBER(TEXT, struct balance_row, name, "MemberName", "1 to 64 characters."),
    SHAPE_MEMBER(UIN, struct balance_row, uin, "MemberUin", "The account."),
    SHAPE_MEMBER(CENTS, struct balance_row, fields.owe_amount, "OweAmount", "What is overdue."),
    SHAPE_MEMBER(CENTS, struct balance_row, fields.real_balance, "RealBalance",
                 "Cash, income and gift less what is frozen."),
    SHAPE_MEMBER(CENTS, struct balance_row, fields.temp_credit, "TempCredit",
                 "Sum of the active grants."),
};
const struct shape balance_row_shape = SHAPE_NAMED("BalanceRow", row_members, struct balance_row);

static inline void write_row(const struct fields *fields, bool is_credit, struct uin uin,
                             struct slice name, struct buffer *out)
{
    char *at = buffer_room(out, ROW_BYTES_MAX + JSON_QUOTED_BYTES_MAX(name.len));
    if (!at)
        return;
    at = PUT_CENTS(at, "{\"BasicCreditAmount\":", fields->basic_credit_amount);
    at = PUT_CENTS(at, ",\"CashAccountBalance\":", fields->cash_account_balance);
    at = PUT_CENTS(at, ",\"CreditAmount\":", fields->credit_amount);
    at = PUT_LITERAL(at, ",\"IsCreditAccount\":");
    if (is_credit)
        at = PUT_LITERAL(at, "true,\"MemberName\":");
    else
        at = PUT_LITERAL(at, "false,\"MemberName\":");
    at = json_put_quoted(at, name);
    at = put_uin(PUT_LITERAL(at, ",\"MemberUin\":\""), uin);
    at = PUT_CENTS(at, "\",\"OweAmount\":", fields->owe_amount);
    at = PUT_CENTS(at, ",\"RealBalance\":", fields->real_balance);
    at = PUT_CENTS(at, ",\"TempCredit\":", fields->temp_credit);
    buffer_wrote(out, put_char(at, '}'));
}

void balance_row_of(const struct book *book, const struct member *member, int64_t t_us,
                    struct buffer *out)
{
    struct fields fields;
    fields_of(book, member, t_us, &fields);
    write_row(&fields, member->state.flags & MEMBER_IS_CREDIT, member->uin,
              slice_of(member->name, member->name_len), out);
}

struct balance_row balance_row_after(const struct member_state *state, struct uin uin,
                                     struct slice name)
{
    struct balance_row row = {
        .is_credit = state->flags & MEMBER_IS_CREDIT, .uin = uin, .name = name};
    CHECK(fields_derive(state, state->temporary, &row.fields));
    return row;
}

void balance_row_write(const struct balance_row *row, struct buffer *out)
{
    write_row(&row->fields, row->is_credit, row->uin, row->name, out);
}

void balance_row_render(const struct member_state *state, struct uin uin, struct slice name,
                        struct buffer *out)
{
    struct balance_row row = balance_row_after(state, uin, name);
    balance_row_write(&row, out);
}
