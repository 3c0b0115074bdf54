/* One transfer (cmd/post_row.h). Owns nothing. Main thread.
 *
 * 1. Amounts are in units of the currency here, and in cents in the API: post_row_write is the one
 *    place that turns one into the other. */
#include "cmd/post_row.h"

#include "cmd/shown.h"

#include <stdio.h>

static const struct record_column columns[POST_COLUMN_COUNT] = {
    [POST_KIND] = {"kind", RECORD_TEXT_OR_NUMBER, offsetof(struct post_row, kind), true},
    [POST_UIN] = {"uin", RECORD_UIN, offsetof(struct post_row, uin), true},
    [POST_AMOUNT] = {"amount", RECORD_UNITS, offsetof(struct post_row, amount), false},
    [POST_TO] = {"to", RECORD_UIN, offsetof(struct post_row, to), false},
    [POST_ACCOUNT] = {"account", RECORD_TEXT_OR_NUMBER, offsetof(struct post_row, account), false},
    [POST_INCOME] = {"income", RECORD_UNITS, offsetof(struct post_row, income), false},
    [POST_GIFT] = {"gift", RECORD_UNITS, offsetof(struct post_row, gift), false},
    [POST_REASON] = {"reason", RECORD_TEXT_OR_NUMBER, offsetof(struct post_row, reason), false},
};
const struct record_table post_table = {columns, POST_COLUMN_COUNT, sizeof(struct post_row), true};

static const struct {
    struct slice name;
    bool is_final;
} kinds[] = {
    {{"top_up", 6}, false}, {{"withdraw", 8}, true},     {{"charge", 6}, false},
    {{"refund", 6}, false}, {{"grant_gift", 10}, false}, {{"move", 4}, false},
    {{"adjust", 6}, true},
};
enum { KIND_COUNT = sizeof kinds / sizeof *kinds };

static bool is_given(const struct records *records, enum post_column column)
{
    return record_has(records->given, column);
}

/* "top-up" is fine. */
static bool kind_is(struct slice text, struct slice name)
{
    bool same = text.len == name.len;
    for (size_t i = 0; same && i < text.len; i++)
        same = ascii_lower(text.at[i]) == name.at[i] || (text.at[i] == '-' && name.at[i] == '_');
    return same;
}

static bool check_kind(struct records *records, struct post_row *row)
{
    for (size_t i = 0; i < KIND_COUNT; i++) {
        if (!kind_is(row->kind, kinds[i].name))
            continue;
        row->kind = kinds[i].name;
        row->is_final = kinds[i].is_final;
        row->is_adjust = slice_equal(row->kind, SLICE("adjust"));
        return true;
    }
    records_complain_value(records, "kind", row->kind,
                           "must be top_up, withdraw, charge, refund, grant_gift, move or adjust");
    return false;
}

static void check_amounts(struct records *records, const struct post_row *row)
{
    bool has_amount = is_given(records, POST_AMOUNT);
    if (row->is_adjust && !has_amount && !is_given(records, POST_INCOME) &&
        !is_given(records, POST_GIFT))
        records_complain(records, "amount: is missing, and so are income and gift");
    if (!row->is_adjust && !has_amount)
        records_complain(records, "amount: is missing");
    if (!row->is_adjust && record_has(records->read, POST_AMOUNT) &&
        amount_compare(row->amount, AMOUNT_ZERO) <= 0)
        records_complain(records, "amount: must be above zero");
    if (row->is_adjust && row->reason.len == 0)
        records_complain(records, "reason: is missing; adjust needs one");
}

static void check_reason(struct records *records, struct slice reason)
{
    struct text_wrong wrong;
    if (reason.len > POST_REASON_BYTES_MAX)
        records_complain(records, "reason: is longer than 1,024 bytes");
    else if (!text_is_clean(reason, &wrong))
        records_complain_value(records, "reason", reason, shown_wrong(&wrong));
}

/* What the kind has no use for is more likely a mistake than meant. */
static void check_nothing_else(struct records *records, const struct post_row *row)
{
    static const struct {
        enum post_column column;
        const char *kind;
    } only[] = {{POST_TO, "move"},
                {POST_ACCOUNT, "refund"},
                {POST_INCOME, "adjust"},
                {POST_GIFT, "adjust"}};
    for (size_t i = 0; i < sizeof only / sizeof *only; i++)
        if (is_given(records, only[i].column) && !slice_equal(row->kind, slice_text(only[i].kind)))
            records_complain(records, "%s: is for %s only", columns[only[i].column].name,
                             only[i].kind);
}

static void check_account(struct records *records, struct slice account)
{
    if (account.len > 0 && !slice_equal(account, SLICE("cash")) &&
        !slice_equal(account, SLICE("income")) && !slice_equal(account, SLICE("gift")))
        records_complain_value(records, "account", account, "must be cash, income or gift");
}

static void check(struct records *records, struct post_row *row)
{
    if (!record_has(records->read, POST_KIND) || !check_kind(records, row))
        return;
    if (slice_equal(row->kind, SLICE("move")) && !is_given(records, POST_TO))
        records_complain(records, "to: is missing: 1 to 20 digits");
    check_nothing_else(records, row);
    check_amounts(records, row);
    check_account(records, row->account);
    check_reason(records, row->reason);
    row->line = records->line;
    if (row->is_adjust) {
        row->cash = row->amount;
        row->amount = AMOUNT_ZERO;
    }
}

enum records_next post_row_next(struct records *records, struct post_row *ret_row)
{
    uint64_t before = records->wrong;
    if (records_next(records, ret_row) == RECORDS_END)
        return RECORDS_END;
    check(records, ret_row);
    return records->wrong == before ? RECORDS_ONE : RECORDS_BAD_LINE;
}

bool post_row_read(struct records *records, const char *const texts[POST_COLUMN_COUNT],
                   struct post_row *ret_row)
{
    *ret_row = (struct post_row){0};
    for (uint32_t i = 0; i < POST_COLUMN_COUNT; i++)
        records_set(records, i, slice_text(texts[i]), ret_row);
    check(records, ret_row);
    return records->wrong == 0;
}

void post_row_write(const struct post_row *row, struct buffer *out)
{
    static const struct record_column columns_sent[] = {
        {"Kind", RECORD_TEXT, offsetof(struct post_row, kind), true},
        {"MemberUin", RECORD_UIN, offsetof(struct post_row, uin), true},
        {"ToMemberUin", RECORD_UIN, offsetof(struct post_row, to), false},
        {"Amount", RECORD_CENTS, offsetof(struct post_row, amount), false},
        {"CashAmount", RECORD_CENTS, offsetof(struct post_row, cash), false},
        {"IncomeAmount", RECORD_CENTS, offsetof(struct post_row, income), false},
        {"GiftAmount", RECORD_CENTS, offsetof(struct post_row, gift), false},
        {"Account", RECORD_TEXT, offsetof(struct post_row, account), false},
        {"Reason", RECORD_TEXT, offsetof(struct post_row, reason), false},
    };
    static const struct record_table sent = RECORD_TABLE(columns_sent, struct post_row);
    records_write_json(&sent, row, out);
}
