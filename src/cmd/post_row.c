/* One transfer (cmd/post_row.h). Owns nothing. Main thread.
 *
 * 1. Amounts are in units of the currency here, and in cents in the API: post_row_write is the one
 *    place that turns one into the other. */
#include "cmd/post_row.h"

#include "cmd/shown.h"
#include "codec/decimal.h"
#include "codec/json.h"

#include <stdio.h>

const char *const post_field_names[POST_FIELD_COUNT] = {
    [POST_KIND] = "kind", [POST_UIN] = "uin",         [POST_AMOUNT] = "amount",
    [POST_TO] = "to",     [POST_ACCOUNT] = "account", [POST_INCOME] = "income",
    [POST_GIFT] = "gift", [POST_REASON] = "reason",
};

static const struct {
    struct slice name;
    bool is_final;
} kinds[] = {
    {{"top_up", 6}, false}, {{"withdraw", 8}, true},     {{"charge", 6}, false},
    {{"refund", 6}, false}, {{"grant_gift", 10}, false}, {{"move", 4}, false},
    {{"adjust", 6}, true},
};
enum { KIND_COUNT = sizeof kinds / sizeof *kinds };

struct checking {
    const struct post_record *record;
    struct import_problems *problems;
    struct post_row *row;
    bool good;
};

enum post_field post_field_find(struct slice name)
{
    int field = 0;
    while (field < POST_FIELD_COUNT && !slice_equal(name, slice_text(post_field_names[field])))
        field++;
    return (enum post_field)field;
}

static void complain(struct checking *checking, enum post_field field, const char *text)
{
    struct slice value = checking->record->values[field];
    checking->good = false;
    if (value.len > 0)
        import_problem(checking->problems, checking->record->line, "%s: \"%s\" %s",
                       post_field_names[field], import_shown(value), text);
    else
        import_problem(checking->problems, checking->record->line, "%s: %s",
                       post_field_names[field], text);
}

/* "top-up" is fine. */
static bool kind_is(struct slice text, struct slice name)
{
    bool same = text.len == name.len;
    for (size_t i = 0; same && i < text.len; i++)
        same = ascii_lower(text.at[i]) == name.at[i] || (text.at[i] == '-' && name.at[i] == '_');
    return same;
}

static void check_kind(struct checking *checking)
{
    struct post_row *row = checking->row;
    for (size_t i = 0; i < KIND_COUNT; i++) {
        if (!kind_is(checking->record->values[POST_KIND], kinds[i].name))
            continue;
        row->kind = kinds[i].name;
        row->is_final = kinds[i].is_final;
        row->is_adjust = slice_equal(row->kind, SLICE("adjust"));
        return;
    }
    complain(checking, POST_KIND,
             "must be top_up, withdraw, charge, refund, grant_gift, move or adjust");
}

static void check_uin_field(struct checking *checking, enum post_field field, struct uin *ret_uin)
{
    struct slice value = checking->record->values[field];
    if (value.len == 0)
        complain(checking, field, "is missing: 1 to 20 digits");
    else if (!uin_parse(value, ret_uin))
        complain(checking, field, "is not a UIN: 1 to 20 digits, not beginning with 0");
}

static void check_amount(struct checking *checking, enum post_field field, bool signed_too,
                         struct amount *ret_amount)
{
    struct slice value = checking->record->values[field];
    if (value.len == 0)
        return;
    enum decimal_result result = decimal_parse_units(value, ret_amount);
    if (result == DECIMAL_PRECISE)
        complain(checking, field, "has more than six decimals");
    else if (result != DECIMAL_OK)
        complain(checking, field, "is not an amount: write 12.34, in units of the currency");
    else if (!signed_too && amount_compare(*ret_amount, AMOUNT_ZERO) <= 0)
        complain(checking, field, "must be above zero");
}

static void check_amounts(struct checking *checking)
{
    const struct slice *values = checking->record->values;
    struct post_row *row = checking->row;
    check_amount(checking, POST_AMOUNT, row->is_adjust, &row->amount);
    check_amount(checking, POST_INCOME, true, &row->income);
    check_amount(checking, POST_GIFT, true, &row->gift);
    if (!row->is_adjust && values[POST_AMOUNT].len == 0)
        complain(checking, POST_AMOUNT, "is missing");
    if (row->is_adjust && values[POST_AMOUNT].len + values[POST_INCOME].len == 0 &&
        values[POST_GIFT].len == 0)
        complain(checking, POST_AMOUNT, "is missing, and so are income and gift");
    if (row->is_adjust && values[POST_REASON].len == 0)
        complain(checking, POST_REASON, "is missing; adjust needs one");
}

static void check_reason(struct checking *checking)
{
    struct slice reason = checking->record->values[POST_REASON];
    struct text_wrong wrong;
    if (reason.len > POST_REASON_BYTES_MAX)
        complain(checking, POST_REASON, "is longer than 1,024 bytes");
    else if (!text_is_clean(reason, &wrong))
        complain(checking, POST_REASON, shown_wrong(&wrong));
    checking->row->reason = reason;
}

/* What the kind has no use for is more likely a mistake than meant. */
static void check_nothing_else(struct checking *checking)
{
    const struct post_row *row = checking->row;
    const struct {
        enum post_field field;
        const char *kind;
    } only[] = {{POST_TO, "move"},
                {POST_ACCOUNT, "refund"},
                {POST_INCOME, "adjust"},
                {POST_GIFT, "adjust"}};
    for (size_t i = 0; i < sizeof only / sizeof *only; i++) {
        char text[48];
        snprintf(text, sizeof text, "is for %s only", only[i].kind);
        if (checking->record->values[only[i].field].len > 0 &&
            !slice_equal(row->kind, slice_text(only[i].kind)))
            complain(checking, only[i].field, text);
    }
}

static void check_account(struct checking *checking)
{
    struct slice account = checking->record->values[POST_ACCOUNT];
    checking->row->account = account;
    if (account.len > 0 && !slice_equal(account, SLICE("cash")) &&
        !slice_equal(account, SLICE("income")) && !slice_equal(account, SLICE("gift")))
        complain(checking, POST_ACCOUNT, "must be cash, income or gift");
}

bool post_row_check(const struct post_record *record, struct import_problems *problems,
                    struct post_row *ret_row)
{
    struct checking checking = {record, problems, ret_row, true};
    *ret_row = (struct post_row){.line = record->line};
    check_kind(&checking);
    if (!checking.good)
        return false;
    check_uin_field(&checking, POST_UIN, &ret_row->uin);
    if (slice_equal(ret_row->kind, SLICE("move")))
        check_uin_field(&checking, POST_TO, &ret_row->to);
    check_nothing_else(&checking);
    check_amounts(&checking);
    check_account(&checking);
    check_reason(&checking);
    return checking.good;
}

static void write_uin(struct buffer *out, const char *key, struct uin uin)
{
    char digits[UIN_DIGITS_MAX];
    if (uin_is_none(uin))
        return;
    buffer_text(out, key);
    buffer_bytes(out, digits, uin_print(uin, digits));
    buffer_char(out, '"');
}

static void write_amount(struct buffer *out, const char *key, struct amount amount)
{
    if (amount_is_zero(amount))
        return;
    buffer_text(out, key);
    decimal_print_cents(out, amount);
}

void post_row_write(const struct post_row *row, struct buffer *out)
{
    BUFFER_LITERAL(out, "{\"Kind\":\"");
    buffer_append(out, row->kind);
    buffer_char(out, '"');
    write_uin(out, ",\"MemberUin\":\"", row->uin);
    write_uin(out, ",\"ToMemberUin\":\"", row->to);
    write_amount(out, row->is_adjust ? ",\"CashAmount\":" : ",\"Amount\":", row->amount);
    write_amount(out, ",\"IncomeAmount\":", row->income);
    write_amount(out, ",\"GiftAmount\":", row->gift);
    if (row->account.len > 0) {
        BUFFER_LITERAL(out, ",\"Account\":");
        json_quote(out, row->account);
    }
    if (row->reason.len > 0) {
        BUFFER_LITERAL(out, ",\"Reason\":");
        json_quote(out, row->reason);
    }
    buffer_char(out, '}');
}
