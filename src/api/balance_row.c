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

static inline void write_row(const struct fields *fields, uint8_t flags, struct uin uin,
                             struct slice name, struct buffer *out)
{
    char *at = buffer_room(out, ROW_BYTES_MAX + JSON_QUOTED_BYTES_MAX(name.len));
    if (!at)
        return;
    at = PUT_CENTS(at, "{\"BasicCreditAmount\":", fields->basic_credit_amount);
    at = PUT_CENTS(at, ",\"CashAccountBalance\":", fields->cash_account_balance);
    at = PUT_CENTS(at, ",\"CreditAmount\":", fields->credit_amount);
    at = PUT_LITERAL(at, ",\"IsCreditAccount\":");
    if (flags & MEMBER_IS_CREDIT)
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
    write_row(&fields, member->state.flags, member->uin, slice_of(member->name, member->name_len),
              out);
}

void balance_row_render(const struct member_state *state, struct uin uin, struct slice name,
                        struct buffer *out)
{
    struct fields fields;
    CHECK(fields_derive(state, state->temporary, &fields));
    write_row(&fields, state->flags, uin, name, out);
}
