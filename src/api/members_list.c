/* DescribeMembers, bursar 2026-11-01.
 *
 * All members by uin are answered from the book's own order. Anything else, filtered or in another
 * order, is answered from a selection (selections.h), built when its first page is asked for.
 *
 * Owns nothing; memory is the call's. Thread: the worker's, and the historian's for find_*. */
#include "api/action.h"
#include "api/pick.h"
#include "api/selections.h"
#include "ledger/fields.h"

enum { LIST_LIMIT_MAX = 1000, LIST_LIMIT_DEFAULT = 100 };

struct describe_input {
    struct integer_value organization_id;
    struct text_value after_uin, search, uin_prefix;
    struct boolean_value in_arrears;
    struct text_value available_below, sort_by, order, cursor;
    struct integer_value limit;
};

/* ---- a member ---- */

static const struct shape_member grant_members[] = {
    SHAPE_MEMBER(END, struct grant, end_us, "EndTime", "`9999-12-31 23:59:59`: never."),
    SHAPE_MEMBER(COUNT, struct grant, id, "GrantId", "As DeleteTemporaryCredit takes it."),
    SHAPE_MEMBER(TIME, struct grant, start_us, "StartTime", "UTC."),
    SHAPE_MEMBER(CENTS, struct grant, amount, "TempAmount", "Cents."),
};
static const struct shape grant_shape = SHAPE(grant_members, struct grant);

struct member_view {
    struct fields fields;
    bool allows_arrears, is_credit;
    struct slice name;
    struct uin uin;
    const struct book *book;
    const struct member *member;
    int64_t now_us;
};

/* Those that are not over. */
static void write_grants(const void *object, struct buffer *out)
{
    const struct member_view *view = object;
    bool comma = false;
    for (const struct grant *grant = grant_after(view->book, view->member, 0); grant;
         grant = grant_after(view->book, view->member, grant->id)) {
        if (grant->end_us != 0 && grant->end_us <= view->now_us)
            continue;
        if (comma)
            buffer_char(out, ',');
        comma = true;
        shape_write(&grant_shape, grant, out);
    }
}

/* Everything CreateMembers takes, so that what was exported can be imported. */
#define MEMBER_PART(kind, member, name, help)                                                      \
    SHAPE_MEMBER(kind, struct member_view, member, name, help)
static const struct shape_member member_members[] = {
    MEMBER_PART(BOOL, allows_arrears, "AllowArrears",
                "Whether charges may go beyond what is available."),
    MEMBER_PART(CENTS, fields.basic_credit_amount, "BasicCreditAmount",
                "The lasting credit line, in cents like all amounts."),
    MEMBER_PART(CENTS, fields.cash_account_balance, "CashAccountBalance",
                "Cash, with what is owed added back."),
    MEMBER_PART(CENTS, fields.credit_amount, "CreditAmount", "BasicCreditAmount + TempCredit."),
    MEMBER_PART(CENTS, fields.freeze_amount, "FreezeAmount", "What holds reserve."),
    MEMBER_PART(CENTS, fields.income_into_account_balance, "IncomeIntoAccountBalance", "Income."),
    MEMBER_PART(BOOL, is_credit, "IsCreditAccount",
                "What the member's row says; nothing follows from it."),
    MEMBER_PART(TEXT, name, "MemberName", "1 to 64 characters."),
    MEMBER_PART(UIN, uin, "MemberUin", "The account."),
    MEMBER_PART(CENTS, fields.owe_amount, "OweAmount", "What is overdue."),
    MEMBER_PART(CENTS, fields.present_account_balance, "PresentAccountBalance", "Gift."),
    MEMBER_PART(CENTS, fields.real_balance, "RealBalance",
                "Cash, income and gift less what is frozen."),
    SHAPE_ROWS(OBJECTS, write_grants, &grant_shape, "TempAmountInfoList",
               "Its temporary credits that have not ended."),
    MEMBER_PART(CENTS, fields.temp_credit, "TempCredit", "Sum of the active ones."),
};
static const struct shape member_shape = SHAPE(member_members, struct member_view);

static void render_member(const struct book *book, const struct member *member, int64_t now_us,
                          struct buffer *out)
{
    struct member_view view = {.allows_arrears = member->state.flags & MEMBER_ARREARS,
                               .is_credit = member->state.flags & MEMBER_IS_CREDIT,
                               .name = member_name(member),
                               .uin = member->uin,
                               .book = book,
                               .member = member,
                               .now_us = now_us};
    fields_of(book, member, now_us, &view.fields);
    shape_write(&member_shape, &view, out);
}

/* ---- all, by uin ---- */

/* Inside the gate: rank of the first member after the cursor. */
static uint64_t rank_after(const struct book *book, uint32_t organisation, struct uin uin)
{
    const struct member *member;
    uint64_t rank = book_rank(book, organisation, uin);
    if (book_list(book, organisation, rank, 1, &member) == 1 && uin_equal(member->uin, uin))
        rank++;
    return rank;
}

/* Both cursors of this listing are the last uin of the page. */
static void render_ends(const struct member *last, bool is_more, uint64_t total, struct buffer *out)
{
    static const char *const names[] = {"],\"NextCursor\":", ",\"NextUin\":"};
    for (int i = 0; i < 2; i++) {
        buffer_text(out, names[i]);
        if (is_more)
            render_uin(out, last->uin);
        else
            BUFFER_LITERAL(out, "\"\"");
    }
    BUFFER_LITERAL(out, ",\"TotalCount\":");
    buffer_u64(out, total);
}

static void render_listing(struct exchange *exchange, const struct book *book, struct uin after,
                           const struct member **members, size_t limit, struct buffer *out)
{
    uint32_t organisation = exchange->organisation;
    uint64_t rank = uin_is_none(after) ? 0 : rank_after(book, organisation, after);
    uint64_t total = book_listed_count(book, organisation);
    size_t count = rank < total ? book_list(book, organisation, rank, limit, members) : 0;
    bool is_more = count > 0 && rank + count < total;
    BUFFER_LITERAL(out, "\"Data\":[");
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buffer_char(out, ',');
        render_member(book, members[i], exchange->book_us, out);
    }
    render_ends(is_more ? members[count - 1] : NULL, is_more, total, out);
}

static size_t limit_asked(const struct describe_input *input)
{
    return input->limit.given ? (size_t)input->limit.value : LIST_LIMIT_DEFAULT;
}

static bool read_after(struct exchange *exchange, struct uin *ret_after)
{
    const struct describe_input *input = exchange->input;
    if (input->cursor.text.len > 0)
        return uin_parse(input->cursor.text, ret_after) ||
               exchange_refuse(exchange, ERROR_VALUE_CURSOR);
    return input->after_uin.text.len == 0 ||
           value_to_uin(exchange, &input->after_uin, SLICE("AfterUin"), ret_after);
}

static bool describe_answer(struct exchange *exchange, struct buffer *out)
{
    const struct describe_input *input = exchange->input;
    struct uin after = {0, 0};
    size_t limit = limit_asked(input);
    const struct member **members = arena_take_array(exchange->arena, limit, sizeof *members);
    if (!members)
        return exchange_refuse(exchange, ERROR_INTERNAL);
    if (!exchange_choose_organisation(exchange, &input->organization_id) ||
        !read_after(exchange, &after))
        return false;
    const struct book *book = exchange_book_begin(exchange);
    render_listing(exchange, book, after, members, limit, out);
    exchange_book_end(exchange);
    return true;
}

/* ---- some, or in another order ---- */

struct find_work {
    unsigned char key[SELECTION_KEY_BYTES];
    struct slice search, uin_prefix;
    bool by_arrears, in_arrears;
    bool by_available, sorts, descending;
    struct amount available_below;
    bool has_cursor;
    uint64_t number, offset; /* of the cursor */
};

static bool is_selection(const struct exchange *exchange)
{
    const struct describe_input *input = exchange->input;
    return input->search.text.len > 0 || input->uin_prefix.text.len > 0 ||
           input->in_arrears.given || input->available_below.given ||
           (input->sort_by.given && !slice_equal(input->sort_by.text, SLICE("uin"))) ||
           (input->order.given && !slice_equal(input->order.text, SLICE("asc")));
}

static bool read_choice(struct exchange *exchange, const struct text_value *value,
                        struct slice name, struct slice usual, struct slice other, bool *ret_other)
{
    *ret_other = slice_equal(value->text, other);
    if (*ret_other || !value->given || slice_equal(value->text, usual))
        return true;
    struct slice choices =
        slice_equal(usual, SLICE("uin")) ? SLICE("uin, available") : SLICE("asc, desc");
    (void)exchange_refuse_word(exchange, ERROR_VALUE_CHOICE, name);
    exchange->complaint.words[1] = choices;
    return false;
}

static bool read_prefix(struct exchange *exchange, struct slice prefix)
{
    bool good = prefix.len <= UIN_DIGITS_MAX;
    for (size_t i = 0; i < prefix.len && good; i++)
        good = prefix.at[i] >= '0' && prefix.at[i] <= '9';
    return good || exchange_refuse_word(exchange, ERROR_VALUE_UNSUPPORTED, SLICE("UinPrefix"));
}

static bool read_query(struct exchange *exchange, struct find_work *work)
{
    const struct describe_input *input = exchange->input;
    work->search = input->search.text;
    work->uin_prefix = input->uin_prefix.text;
    work->by_arrears = input->in_arrears.given;
    work->in_arrears = input->in_arrears.value;
    work->by_available = input->available_below.given;
    if (input->after_uin.text.len > 0)
        return exchange_refuse_word(exchange, ERROR_VALUE_UNSUPPORTED, SLICE("AfterUin"));
    return read_prefix(exchange, work->uin_prefix) &&
           (!work->by_available ||
            value_to_amount(exchange, &input->available_below, SLICE("AvailableBelow"),
                            &work->available_below)) &&
           read_choice(exchange, &input->sort_by, SLICE("SortBy"), SLICE("uin"), SLICE("available"),
                       &work->sorts) &&
           read_choice(exchange, &input->order, SLICE("Order"), SLICE("asc"), SLICE("desc"),
                       &work->descending);
}

/* The question without its page: what a selection answers. */
static void make_key(struct exchange *exchange, struct find_work *work)
{
    char memory[64];
    unsigned char hash[SHA256_SIZE];
    struct buffer rest;
    buffer_init_fixed(&rest, memory, sizeof memory);
    buffer_printf(&rest, "%u %d%d%d%d%d %lld", exchange->organisation, work->by_arrears,
                  work->in_arrears, work->by_available, work->sorts, work->descending,
                  (long long)work->available_below.micros);
    const struct slice parts[] = {SLICE("members "), buffer_slice(&rest), slice_of("", 1),
                                  work->uin_prefix,  slice_of("", 1),     work->search};
    sha256_parts(exchange->worker->crypto, parts, sizeof parts / sizeof parts[0], hash);
    memcpy(work->key, hash, sizeof work->key);
}

/* "0011223344556677-12-300": the key's beginning, the selection's number, where the page begins. */
static bool read_cursor(struct exchange *exchange, struct find_work *work)
{
    const struct describe_input *input = exchange->input;
    enum { KEY_PART = 8 };
    unsigned char part[KEY_PART];
    struct slice offset, rest = input->cursor.text;
    work->has_cursor = rest.len > 0;
    if (!work->has_cursor)
        return true;
    struct slice hex = slice_cut(rest, '-', &rest);
    struct slice number = slice_cut(rest, '-', &offset);
    bool good = hex.len == 2 * sizeof part && hex_decode(hex, part, sizeof part) &&
                memcmp(part, work->key, sizeof part) == 0 && slice_to_u64(number, &work->number) &&
                slice_to_u64(offset, &work->offset);
    return good || exchange_refuse(exchange, ERROR_VALUE_CURSOR);
}

static bool find_ask(struct exchange *exchange, struct api_pending *pending)
{
    const struct describe_input *input = exchange->input;
    struct find_work *work = arena_take_array(exchange->arena, 1, sizeof *work);
    pending->work = work;
    if (!work)
        return exchange_refuse(exchange, ERROR_INTERNAL);
    if (!exchange_choose_organisation(exchange, &input->organization_id) ||
        !read_query(exchange, work))
        return false;
    make_key(exchange, work);
    return read_cursor(exchange, work);
}

/* ASCII letters of either case are the same. */
static bool contains(struct slice text, struct slice part)
{
    for (size_t at = 0; at + part.len <= text.len; at++)
        if (slice_equal_nocase(slice_of(text.at + at, part.len), part))
            return true;
    return false;
}

static bool has_prefix(struct uin uin, struct slice prefix)
{
    char digits[UIN_DIGITS_MAX];
    size_t len = uin_print(uin, digits);
    return slice_starts_with(slice_of(digits, len), prefix);
}

static bool find_takes(struct pick *pick, const struct book *book, const struct member *member,
                       int64_t *ret_order)
{
    const struct find_work *work = pick->query;
    struct fields fields;
    if (work->search.len > 0 && !contains(member_name(member), work->search))
        return false;
    if (work->uin_prefix.len > 0 && !has_prefix(member->uin, work->uin_prefix))
        return false;
    if (!work->by_arrears && !work->by_available && !work->sorts)
        return true;
    fields_of(book, member, pick->pending->exchange.book_us, &fields);
    *ret_order = fields.real_credit_balance.micros;
    if (work->by_arrears && amount_is_zero(fields.owe_amount) == work->in_arrears)
        return false;
    return !work->by_available ||
           amount_compare(fields.real_credit_balance, work->available_below) < 0;
}

/* One that is still true: nothing has happened since, or its pages are being walked through. */
static const struct selection *find_kept(struct api_pending *pending, const struct find_work *work)
{
    struct exchange *exchange = &pending->exchange;
    const struct selection *selection = selections_find(exchange->worker->api->selections,
                                                        work->key, work->number, exchange->book_us);
    if (!selection || work->has_cursor)
        return selection;
    const struct book *book = pending_book_begin(pending);
    bool is_true =
        book_sequence(book) == selection->sequence && book_next_due_us(book) > exchange->book_us;
    pending_book_end(pending);
    return is_true ? selection : NULL;
}

static const struct selection *find_anew(struct api_pending *pending, const struct find_work *work)
{
    struct exchange *exchange = &pending->exchange;
    struct pick pick = {.pending = pending,
                        .takes = find_takes,
                        .query = work,
                        .sorts = work->sorts,
                        .descending = work->descending};
    const struct selection *selection = NULL;
    if (pick_listed(&pick)) {
        selection = selections_add(exchange->worker->api->selections, work->key, pick.sequence,
                                   pick.members, pick.count, exchange->book_us);
        pick.members = NULL;
    }
    pick_done(&pick);
    return selection;
}

/* Who has left since is left out. */
static void render_found(struct api_pending *pending, const struct selection *selection,
                         uint64_t first, uint64_t end)
{
    struct buffer *out = &pending->answer;
    bool is_first = true;
    const struct book *book = pending_book_begin(pending);
    for (uint64_t i = first; i < end; i++) {
        const struct member *member = book_member(book, selection->members[i]);
        if (member->state.flags & MEMBER_LEFT)
            continue;
        if (!is_first)
            buffer_char(out, ',');
        is_first = false;
        render_member(book, member, pending->exchange.book_us, out);
    }
    pending_book_end(pending);
}

static void render_find_cursor(const struct find_work *work, const struct selection *selection,
                               uint64_t end, struct buffer *out)
{
    BUFFER_LITERAL(out, "],\"NextCursor\":\"");
    if (end < selection->count) {
        buffer_hex(out, work->key, 8);
        buffer_char(out, '-');
        buffer_u64(out, selection->number);
        buffer_char(out, '-');
        buffer_u64(out, end);
    }
    BUFFER_LITERAL(out, "\",\"NextUin\":\"\",\"TotalCount\":");
    buffer_u64(out, selection->count);
}

static struct status find_read(struct api_pending *pending, struct history *history,
                               struct fault *fault)
{
    const struct find_work *work = pending->work;
    size_t limit = limit_asked(pending->exchange.input);
    const struct selection *selection = find_kept(pending, work);
    (void)history;
    if (!selection)
        selection = find_anew(pending, work);
    if (!selection)
        return fault_raise(fault, STATUS_MEMORY, "no memory for a selection of members");
    uint64_t first = work->offset < selection->count ? work->offset : selection->count;
    uint64_t end = selection->count - first > limit ? first + limit : selection->count;
    BUFFER_LITERAL(&pending->answer, "\"Data\":[");
    render_found(pending, selection, first, end);
    render_find_cursor(work, selection, end, &pending->answer);
    return STATUS_DONE;
}

/* ---- declaration ---- */

static const struct parameter describe_parameters[] = {
    ORGANIZATION_PARAMETER(describe_input),
    {PARAMETER(PARAMETER_TEXT, describe_input, after_uin, "AfterUin",
               "Without the filters and orders below: the NextUin of the page before; absent or "
               "empty: from the start.")},
    {PARAMETER(
        PARAMETER_TEXT, describe_input, search, "Search",
        "Only members whose name contains this; ASCII letters of either case are the same.")},
    {PARAMETER(PARAMETER_TEXT, describe_input, uin_prefix, "UinPrefix",
               "Only members whose MemberUin begins with these digits.")},
    {PARAMETER(PARAMETER_BOOLEAN, describe_input, in_arrears, "InArrears",
               "True: only members with an OweAmount; false: only those without.")},
    {PARAMETER(
        PARAMETER_AMOUNT, describe_input, available_below, "AvailableBelow",
        "Only members with less than this available, in cents: cash, income, gift and credit "
        "less what is frozen.")},
    {PARAMETER(PARAMETER_TEXT, describe_input, sort_by, "SortBy",
               "`uin` (default) or `available`.")},
    {PARAMETER(PARAMETER_TEXT, describe_input, order, "Order", "`asc` (default) or `desc`.")},
    {PARAMETER(PARAMETER_TEXT, describe_input, cursor, "Cursor",
               "The NextCursor of the page before; absent or empty: from the start.")},
    {PARAMETER(PARAMETER_INTEGER, describe_input, limit, "Limit", "Rows; default 100."),
     .minimum = 1, .maximum = LIST_LIMIT_MAX},
};

static const struct shape_member describe_outputs[] = {
    SHAPE_BY_HAND(OBJECTS, false, &member_shape, "Data",
                  "The members, with every field that CreateMembers takes."),
    SHAPE_BY_HAND(TEXT, false, NULL, "NextCursor", "For the next page; empty: this is the last."),
    SHAPE_BY_HAND(TEXT, false, NULL, "NextUin",
                  "Without filters and orders: AfterUin for the next page; empty: this is the "
                  "last."),
    SHAPE_BY_HAND(COUNT, false, NULL, "TotalCount", "Members that match."),
};

const struct action action_describe_members = {
    .name = {"DescribeMembers", 15},
    .access = ACCESS_OWNER,
    .input = PARAMETERS(describe_parameters, describe_input),
    .outputs = SHAPE(describe_outputs, struct find_work),
    .refusals = REFUSALS(ERROR_ORGANIZATION_UNKNOWN, ERROR_VALUE_UIN, ERROR_VALUE_UNSUPPORTED,
                         ERROR_VALUE_AMOUNT, ERROR_VALUE_CHOICE, ERROR_VALUE_CURSOR,
                         ERROR_JOURNAL_BUSY, ERROR_NO_JOURNAL),
    .help =
        "The members with all they have, page by page; all, or those that match, by account or by "
        "what is available.",
    .answer = describe_answer,
    .asks_journal = is_selection,
    .ask = find_ask,
    .read = find_read,
};
