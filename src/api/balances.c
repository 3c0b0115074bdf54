/* The balances: DescribeOrgMemberAccountBalance and DescribeAccountBalance, billing 2018-07-09
 * (protocol sections 0 and 7.1, decisions in design section 7).
 *
 * This is the hot path: after warm-up nothing here allocates but from the worker's arena. Keys are
 * written in the alphabetical order of the official example. Owns nothing. Thread: the worker's. */
#include "api/balances.h"
#include "api/balance_row.h"

/* What is on it. */
struct rows {
    const struct member *members[PAGE_SIZE_MAX];
    size_t count;
    uint64_t total; /* in the listing */
};

/* ---- finding rows; inside the gate ---- */

static const struct member *find_listed(const struct book *book, uint32_t organisation,
                                        struct uin uin)
{
    const struct member *member = book_find_member(book, organisation, uin);
    bool is_listed = member && !(member->state.flags & (MEMBER_LEFT | MEMBER_OWNER));
    return is_listed ? member : NULL;
}

static void rows_add(struct rows *rows, const struct member *member)
{
    __builtin_prefetch(member->name); /* for rendering */
    rows->members[rows->count++] = member;
}

struct asked {
    const struct uin *uins;         /* asked for, ascending */
    size_t count;                   /* 0 = all */
    const struct delegation *scope; /* NULL = everyone */
};

/* Counts the uin if its member is listed, and keeps it if it falls on the page. */
static void rows_offer(struct rows *rows, const struct page *page, const struct book *book,
                       uint32_t organisation, const struct asked *asked, struct uin uin)
{
    const struct member *member = find_listed(book, organisation, uin);
    if (!member || (asked->scope && !delegation_reaches(asked->scope, member)))
        return;
    if (rows->total >= page->first && rows->count < page->size)
        rows_add(rows, member);
    rows->total++;
}

/* Members lie anywhere in memory: several are asked for at once, so that waiting for memory
 * overlaps. */
static void expect_members(const struct book *book, const struct asked *asked)
{
    for (size_t i = 0; i < asked->count; i++)
        book_expect_member(book, asked->uins[i], false);
    for (size_t i = 0; i < asked->count; i++)
        book_expect_member(book, asked->uins[i], true);
}

static void rows_find(const struct exchange *exchange, const struct book *book,
                      const struct asked *asked, const struct page *page, struct rows *ret_rows)
{
    uint32_t organisation = exchange->organisation;
    const struct delegation *scope = asked->scope;
    *ret_rows = (struct rows){.count = 0};
    expect_members(book, asked);
    for (size_t i = 0; i < asked->count; i++) {
        if (!scope || delegation_includes(scope, asked->uins[i]))
            rows_offer(ret_rows, page, book, organisation, asked, asked->uins[i]);
    }
    if (asked->count > 0)
        return;
    for (uint32_t i = 0; scope && i < scope->scope_count; i++)
        rows_offer(ret_rows, page, book, organisation, asked, scope->scope[i]);
    if (scope)
        return;
    ret_rows->total = book_listed_count(book, organisation);
    if (page->first < ret_rows->total)
        ret_rows->count = book_list(book, organisation, page->first, page->size, ret_rows->members);
}

/* ---- rendering ---- */

static void render_page(const struct exchange *exchange, const struct book *book,
                        const struct page *page, const struct rows *rows, struct buffer *out)
{
    BUFFER_LITERAL(out, "\"Data\":[");
    for (size_t i = 0; i < rows->count; i++) {
        if (i > 0)
            buffer_char(out, ',');
        balance_row_of(book, rows->members[i], exchange->book_us, out);
    }
    page_render_end(page, rows->count, rows->total, out);
}

static bool answer_members(struct exchange *exchange, struct buffer *out)
{
    const struct balances_input *input = exchange->input;
    struct page page = page_asked(input);
    struct uin uins[MEMBER_UINS_MAX];
    struct asked asked = {.uins = uins};
    struct rows rows;
    if (!uins_asked(exchange, &input->member_uins, uins, &asked.count) ||
        !exchange_choose_organisation(exchange, NULL))
        return false;
    const struct book *book = exchange_book_begin(exchange);
    if (!exchange->sees_everyone)
        asked.scope =
            book_find_delegation(book, exchange->organisation, exchange->principal.account);
    bool allowed = exchange->sees_everyone || asked.scope; /* it may be gone since */
    if (allowed) {
        rows_find(exchange, book, &asked, &page, &rows);
        render_page(exchange, book, &page, &rows, out);
    }
    exchange_book_end(exchange);
    return allowed || exchange_refuse_cam(exchange);
}

static const struct parameter balances_parameters[] = {
    {PARAMETER(PARAMETER_INTEGER, balances_input, page_number, "PageNumber",
               "Page to answer, from 1; default 1."),
     .minimum = 1, .maximum = INT64_MAX},
    {PARAMETER(PARAMETER_INTEGER, balances_input, page_size, "PageSize",
               "Rows a page; default 10."),
     .minimum = 1, .maximum = PAGE_SIZE_MAX},
    {PARAMETER(PARAMETER_TEXT, balances_input, member_uins, "MemberUins",
               "The members asked for; empty or absent: every member."),
     .is_list = true, .maximum = MEMBER_UINS_MAX},
};

static const struct shape_member balances_outputs[] = {
    SHAPE_BY_HAND(OBJECTS, false, &balance_row_shape, "Data",
                  "One row a member, ascending by MemberUin."),
    SHAPE_BY_HAND(COUNT, false, NULL, "PageNumber", "As asked."),
    SHAPE_BY_HAND(COUNT, false, NULL, "PageSize", "Rows on this page."),
    SHAPE_BY_HAND(COUNT, false, NULL, "TotalCount",
                  "Members in the listing: all, or those found of MemberUins."),
};

const struct action action_describe_org_member_account_balance = {
    .name = {"DescribeOrgMemberAccountBalance", 31},
    .access = ACCESS_BALANCES,
    .input = PARAMETERS(balances_parameters, balances_input),
    .outputs = SHAPE(balances_outputs, struct page),
    .refusals = REFUSALS(ERROR_VALUE_UIN, ERROR_VALUE_AS_OF, ERROR_JOURNAL_BUSY, ERROR_NO_JOURNAL),
    .help =
        "The balances of the members of the caller's organization, now or with `X-Bursar-As-Of` at "
        "a past moment.",
    .answer = answer_members,
    .takes_as_of = true,
    .asks_journal = is_as_of,
    .ask = balances_past_ask,
    .read = balances_past_read,
};

/* ---- the caller's own account ---- */

/* Inside the gate. */
static struct own_view *view_now(struct exchange *exchange, const struct book *book,
                                 const struct member *member)
{
    const struct own_balance_input *input = exchange->input;
    struct fields fields;
    size_t count = 0;
    if (!member)
        return NULL;
    for (uint32_t at = member->grants; at != BOOK_NONE; at = book_grant(book, at)->next)
        count++;
    fields_of(book, member, exchange->book_us, &fields);
    struct own_view *view =
        own_view_make(exchange, &fields, member->state.flags, member->uin, count);
    if (!view || !input->temp_credit.value)
        return view;
    for (const struct grant *grant = grant_after(book, member, 0); grant;
         grant = grant_after(book, member, grant->id)) {
        if (grant->end_us == 0 || grant->end_us > exchange->book_us)
            own_view_add(view, grant);
    }
    return view;
}

static bool answer_own(struct exchange *exchange, struct buffer *out)
{
    if (exchange->principal.is_operator) /* has no account */
        return exchange_refuse(exchange, ERROR_NO_ORGANIZATION);
    const struct book *book = exchange_book_begin(exchange);
    const struct member *member =
        book_find_member(book, exchange->organisation, exchange->principal.account);
    const struct own_view *view = view_now(exchange, book, member);
    exchange_book_end(exchange);
    if (view)
        answer_write(exchange, view, out);
    return view || (member ? false : exchange_refuse(exchange, ERROR_NO_ORGANIZATION));
}

static const struct parameter own_balance_parameters[] = {
    {PARAMETER(PARAMETER_BOOLEAN, own_balance_input, temp_credit, "TempCredit",
               "True: TempCredit and TempAmountInfoList are answered too.")},
};

static const struct shape_member own_grant_members[] = {
    SHAPE_MEMBER(END, struct own_grant, end_us, "EndTime", "`9999-12-31 23:59:59`: never."),
    SHAPE_MEMBER(TIME, struct own_grant, start_us, "StartTime", "UTC."),
    SHAPE_MEMBER(CENTS, struct own_grant, amount, "TempAmount", "Cents."),
    SHAPE_MEMBER(UIN, struct own_grant, uin, "Uin", "The account."),
};
static const struct shape own_grant_shape = SHAPE(own_grant_members, struct own_grant);

#define OWN_MEMBER(kind, member, name, help) SHAPE_MEMBER(kind, struct own_view, member, name, help)
static const struct shape_member own_balance_outputs[] = {
    OWN_MEMBER(INTEGER, whole_cents, "Balance", "RealBalance in whole cents, for old clients."),
    OWN_MEMBER(CENTS, fields.cash_account_balance, "CashAccountBalance",
               "Cash, in cents; may be negative by the credit in use."),
    OWN_MEMBER(CENTS, fields.credit_amount, "CreditAmount",
               "The credit line, temporary grants included."),
    OWN_MEMBER(CENTS, fields.credit_balance, "CreditBalance",
               "Cash, income, gift and credit together."),
    OWN_MEMBER(CENTS, fields.freeze_amount, "FreezeAmount", "What holds reserve."),
    OWN_MEMBER(CENTS, fields.income_into_account_balance, "IncomeIntoAccountBalance", "Income."),
    OWN_MEMBER(BOOL, allows_arrears, "IsAllowArrears",
               "Whether charges may go beyond what is available."),
    OWN_MEMBER(BOOL, is_limited, "IsCreditLimited", "Not used: always false."),
    OWN_MEMBER(CENTS, fields.owe_amount, "OweAmount", "What is overdue."),
    OWN_MEMBER(CENTS, fields.present_account_balance, "PresentAccountBalance", "Gift."),
    OWN_MEMBER(CENTS, fields.real_balance, "RealBalance",
               "Cash, income and gift less what is frozen and owed."),
    OWN_MEMBER(CENTS, fields.real_credit_balance, "RealCreditBalance",
               "CreditBalance less FreezeAmount."),
    SHAPE_GIVEN_LIST(struct own_view, grants, grant_count, has_temporary, &own_grant_shape,
                     "TempAmountInfoList", "With TempCredit only: the grants not yet ended."),
    SHAPE_GIVEN(CENTS, struct own_view, fields.temp_credit, has_temporary, "TempCredit",
                "With TempCredit only: sum of the active grants."),
    OWN_MEMBER(DIGITS, uin, "Uin", "The account."),
};

const struct action action_describe_account_balance = {
    .name = {"DescribeAccountBalance", 22},
    .access = ACCESS_OWN,
    .input = PARAMETERS(own_balance_parameters, own_balance_input),
    .outputs = SHAPE(own_balance_outputs, struct own_view),
    .refusals = REFUSALS(ERROR_VALUE_AS_OF, ERROR_MEMBER_NOT_THEN, ERROR_TOO_MUCH_TO_READ,
                         ERROR_JOURNAL_BUSY, ERROR_NO_JOURNAL),
    .help =
        "The balance of the caller's own account, now or with `X-Bursar-As-Of` at a past moment.",
    .answer = answer_own,
    .takes_as_of = true,
    .asks_journal = is_as_of,
    .ask = own_past_ask,
    .read = own_past_read,
};
