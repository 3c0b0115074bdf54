/* The balances: DescribeOrgMemberAccountBalance and DescribeAccountBalance, billing 2018-07-09
 * (protocol sections 0 and 7.1, decisions in design section 7).
 *
 * This is the hot path: after warm-up nothing here allocates but from the worker's arena. Keys are
 * written in the alphabetical order of the official example. Owns nothing. Thread: the worker's. */
#include "api/balances.h"
#include "api/balance_row.h"
#include "base/put.h"

/* What is on it. */
struct rows {
    const struct member *members[PAGE_SIZE_MAX];
    size_t count;
    uint64_t total; /* in the listing */
};

struct page page_asked(const struct balances_input *input)
{
    struct page page = {1, PAGE_SIZE_MAX, 0};
    if (input->page_number.given)
        page.number = (uint64_t)input->page_number.value;
    if (input->page_size.given)
        page.size = (uint64_t)input->page_size.value;
    if (__builtin_mul_overflow(page.number - 1, page.size, &page.first))
        page.first = UINT64_MAX;
    return page;
}

/* Ascending, each once. */
static size_t uins_sort(struct uin *uins, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        struct uin uin = uins[i];
        size_t at = kept;
        while (at > 0 && uin_compare(uins[at - 1], uin) > 0)
            at--;
        if (at > 0 && uin_equal(uins[at - 1], uin))
            continue;
        if (at < kept)
            memmove(&uins[at + 1], &uins[at], (kept - at) * sizeof uins[0]);
        uins[at] = uin;
        kept++;
    }
    return kept;
}

static bool refuse_uin(struct exchange *exchange, uint32_t index)
{
    char name[] = "MemberUins.0";
    name[sizeof name - 2] = (char)('0' + index);
    struct slice place = arena_copy(exchange->arena, slice_of(name, sizeof name - 1));
    return exchange_refuse_word(exchange, ERROR_VALUE_UIN, place);
}

bool uins_asked(struct exchange *exchange, const struct list_value *list, struct uin *uins,
                size_t *ret_count)
{
    const struct text_value *values = list->items;
    for (uint32_t i = 0; i < list->count; i++)
        if (!uin_parse(values[i].text, &uins[i]))
            return refuse_uin(exchange, i);
    *ret_count = uins_sort(uins, list->count);
    return true;
}

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

void page_render_end(const struct page *page, size_t rows, uint64_t total, struct buffer *out)
{
    enum { END_BYTES_MAX = 64 + 3 * PUT_U64_MAX };
    char *at = buffer_room(out, END_BYTES_MAX);
    if (!at)
        return;
    at = put_u64(PUT_LITERAL(at, "],\"PageNumber\":"), page->number);
    at = put_u64(PUT_LITERAL(at, ",\"PageSize\":"), rows);
    buffer_wrote(out, put_u64(PUT_LITERAL(at, ",\"TotalCount\":"), total));
}

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

static const struct output balances_outputs[] = {
    {"Data", "list of object",
     "One row a member, ascending by MemberUin: BasicCreditAmount, "
     "CashAccountBalance, CreditAmount, IsCreditAccount, MemberName, MemberUin, OweAmount, "
     "RealBalance, TempCredit; amounts in cents."},
    {"PageNumber", "int64", "As asked."},
    {"PageSize", "int64", "Rows on this page."},
    {"TotalCount", "int64", "Members in the listing: all, or those found of MemberUins."},
    {NULL, NULL, NULL},
};

const struct action action_describe_org_member_account_balance = {
    .name = {"DescribeOrgMemberAccountBalance", 31},
    .access = ACCESS_BALANCES,
    .input = PARAMETERS(balances_parameters, balances_input),
    .outputs = balances_outputs,
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

/* Whole cents, toward zero: `Balance` is an integer in every SDK. */
static void render_whole_cents(struct buffer *out, struct amount amount)
{
    buffer_i64(out, amount.micros / AMOUNT_MICROS_PER_CENT);
}

void own_grant_render(const struct grant *grant, struct uin uin, struct buffer *out)
{
    render_grant(out, grant);
    BUFFER_LITERAL(out, ",\"Uin\":");
    render_uin(out, uin);
    buffer_char(out, '}');
}

static void render_own_grants(const struct book *book, const struct member *member, int64_t now_us,
                              struct buffer *out)
{
    bool first = true;
    BUFFER_LITERAL(out, ",\"TempAmountInfoList\":[");
    for (const struct grant *grant = grant_after(book, member, 0); grant;
         grant = grant_after(book, member, grant->id)) {
        if (grant->end_us != 0 && grant->end_us <= now_us)
            continue;
        if (!first)
            buffer_char(out, ',');
        first = false;
        own_grant_render(grant, member->uin, out);
    }
    buffer_char(out, ']');
}

void own_balance_render(const struct fields *fields, uint8_t flags, struct buffer *out)
{
    BUFFER_LITERAL(out, "\"Balance\":");
    render_whole_cents(out, fields->real_balance);
    RENDER_CENTS(out, ",\"CashAccountBalance\":", fields->cash_account_balance);
    RENDER_CENTS(out, ",\"CreditAmount\":", fields->credit_amount);
    RENDER_CENTS(out, ",\"CreditBalance\":", fields->credit_balance);
    RENDER_CENTS(out, ",\"FreezeAmount\":", fields->freeze_amount);
    RENDER_CENTS(out, ",\"IncomeIntoAccountBalance\":", fields->income_into_account_balance);
    BUFFER_LITERAL(out, ",\"IsAllowArrears\":");
    render_bool(out, flags & MEMBER_ARREARS);
    BUFFER_LITERAL(out, ",\"IsCreditLimited\":false");
    RENDER_CENTS(out, ",\"OweAmount\":", fields->owe_amount);
    RENDER_CENTS(out, ",\"PresentAccountBalance\":", fields->present_account_balance);
    RENDER_CENTS(out, ",\"RealBalance\":", fields->real_balance);
    RENDER_CENTS(out, ",\"RealCreditBalance\":", fields->real_credit_balance);
}

void own_balance_render_end(const struct own_balance_input *input, const struct fields *fields,
                            struct uin uin, struct buffer *out)
{
    char digits[UIN_DIGITS_MAX];
    if (input->temp_credit.value)
        RENDER_CENTS(out, ",\"TempCredit\":", fields->temp_credit);
    BUFFER_LITERAL(out, ",\"Uin\":");
    buffer_bytes(out, digits, uin_print(uin, digits));
}

static void render_own_balance(const struct own_balance_input *input, const struct book *book,
                               const struct member *member, int64_t now_us, struct buffer *out)
{
    struct fields fields;
    fields_of(book, member, now_us, &fields);
    own_balance_render(&fields, member->state.flags, out);
    if (input->temp_credit.value)
        render_own_grants(book, member, now_us, out);
    own_balance_render_end(input, &fields, member->uin, out);
}

static bool answer_own(struct exchange *exchange, struct buffer *out)
{
    const struct own_balance_input *input = exchange->input;
    if (exchange->principal.is_operator) /* has no account */
        return exchange_refuse(exchange, ERROR_NO_ORGANIZATION);
    const struct book *book = exchange_book_begin(exchange);
    const struct member *member =
        book_find_member(book, exchange->organisation, exchange->principal.account);
    if (member)
        render_own_balance(input, book, member, exchange->book_us, out);
    exchange_book_end(exchange);
    return member || exchange_refuse(exchange, ERROR_NO_ORGANIZATION);
}

static const struct parameter own_balance_parameters[] = {
    {PARAMETER(PARAMETER_BOOLEAN, own_balance_input, temp_credit, "TempCredit",
               "True: TempCredit and TempAmountInfoList are answered too.")},
};

static const struct output own_balance_outputs[] = {
    {"Balance", "int64", "RealBalance in whole cents, for old clients."},
    {"CashAccountBalance", "float", "Cash, in cents; may be negative by the credit in use."},
    {"CreditAmount", "float", "The credit line, temporary grants included."},
    {"CreditBalance", "float", "Cash, income, gift and credit together."},
    {"FreezeAmount", "float", "What holds reserve."},
    {"IncomeIntoAccountBalance", "float", "Income."},
    {"IsAllowArrears", "bool", "Whether charges may go beyond what is available."},
    {"IsCreditLimited", "bool", "Not used: always false."},
    {"OweAmount", "float", "What is overdue."},
    {"PresentAccountBalance", "float", "Gift."},
    {"RealBalance", "float", "Cash, income and gift less what is frozen and owed."},
    {"RealCreditBalance", "float", "CreditBalance less FreezeAmount."},
    {"TempAmountInfoList", "list of object",
     "With TempCredit only: the grants not yet ended, EndTime, StartTime, TempAmount, Uin."},
    {"TempCredit", "float", "With TempCredit only: sum of the active grants."},
    {"Uin", "int64", "The account."},
    {NULL, NULL, NULL},
};

const struct action action_describe_account_balance = {
    .name = {"DescribeAccountBalance", 22},
    .access = ACCESS_OWN,
    .input = PARAMETERS(own_balance_parameters, own_balance_input),
    .outputs = own_balance_outputs,
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
