/* An account's past: DescribeMemberBalance, DescribeStatement, bursar 2026-11-01.
 *
 * Owns nothing; memory is the call's. Thread: the worker's, and the historian's for *_read. */
#include "api/balance_row.h"
#include "api/entry_render.h"
#include "api/walk.h"
#include "base/check.h"

/* ---- DescribeMemberBalance ---- */

struct balance_input {
    struct integer_value organization_id;
    struct text_value member_uin, as_of;
};

struct balance_view {
    int64_t t_us;
    uint64_t entry;
    struct balance_row row;
};

static void balance_write(const struct exchange *exchange, const struct past *past,
                          struct buffer *out)
{
    struct balance_view view = {.t_us = past->t_us,
                                .entry = past->entry,
                                .row = balance_row_after(&past->state, past->uin, past->name)};
    answer_write(exchange, &view, out);
}

static bool is_about_the_past(const struct exchange *exchange)
{
    const struct balance_input *input = exchange->input;
    return input->as_of.given;
}

/* Now: the book knows. */
static bool balance_answer(struct exchange *exchange, struct buffer *out)
{
    const struct balance_input *input = exchange->input;
    struct past past = {.t_us = exchange->book_us};
    if (!exchange_choose_member(exchange, &input->organization_id, &input->member_uin, &past.uin))
        return false;
    const struct book *book = exchange_book_begin(exchange);
    const struct member *member = book_find_member(book, exchange->organisation, past.uin);
    bool is_there = member && !(member->state.flags & MEMBER_LEFT);
    if (is_there) {
        past.entry = member->last_sequence;
        past.state = member->state;
        past.state.temporary = book_temporary_credit(book, member, past.t_us);
        past.state.frozen = book_frozen(book, member, past.t_us);
        past.name = member_name(member);
        balance_write(exchange, &past, out);
    }
    exchange_book_end(exchange);
    return is_there || exchange_refuse(exchange, ERROR_MEMBER_UNKNOWN);
}

static bool balance_ask(struct exchange *exchange, struct api_pending *pending)
{
    const struct balance_input *input = exchange->input;
    struct past *past = arena_take_array(exchange->arena, 1, sizeof *past);
    pending->work = past;
    if (!past)
        return exchange_refuse(exchange, ERROR_INTERNAL);
    return exchange_choose_member(exchange, &input->organization_id, &input->member_uin,
                                  &past->uin) &&
           value_to_time(exchange, &input->as_of, SLICE("AsOf"), &past->t_us) &&
           past_check_moment(exchange, past->t_us, SLICE("AsOf"));
}

static struct status balance_read(struct api_pending *pending, struct history *history,
                                  struct fault *fault)
{
    struct past *past = pending->work;
    TRY(past_read(pending, history, past, 1, fault));
    if (past_belongs(past))
        balance_write(&pending->exchange, past, &pending->answer);
    else
        (void)exchange_refuse(&pending->exchange,
                              past->last_sequence ? ERROR_MEMBER_NOT_THEN : ERROR_MEMBER_UNKNOWN);
    return STATUS_DONE;
}

static const struct parameter balance_parameters[] = {
    ORGANIZATION_PARAMETER(balance_input),
    MEMBER_PARAMETER(balance_input),
    {PARAMETER(PARAMETER_TEXT, balance_input, as_of, "AsOf",
               "UTC, `2026-11-23 13:00:00` or RFC 3339; default now.")},
};

#define BALANCE_MEMBER(kind, member, name, help)                                                   \
    SHAPE_MEMBER(kind, struct balance_view, member, name, help)
static const struct shape_member balance_outputs[] = {
    BALANCE_MEMBER(TIME, t_us, "AsOf", "The moment."),
    BALANCE_MEMBER(CENTS, row.fields.basic_credit_amount, "BasicCreditAmount",
                   "This and the rest as in DescribeOrgMemberAccountBalance."),
    BALANCE_MEMBER(CENTS, row.fields.cash_account_balance, "CashAccountBalance", ""),
    BALANCE_MEMBER(CENTS, row.fields.credit_amount, "CreditAmount", ""),
    BALANCE_MEMBER(COUNT, entry, "EntryId", "The account's newest entry at that moment."),
    BALANCE_MEMBER(BOOL, row.is_credit, "IsCreditAccount", ""),
    BALANCE_MEMBER(TEXT, row.name, "MemberName", "The name of then."),
    BALANCE_MEMBER(UIN, row.uin, "MemberUin", ""),
    BALANCE_MEMBER(CENTS, row.fields.owe_amount, "OweAmount", ""),
    BALANCE_MEMBER(CENTS, row.fields.real_balance, "RealBalance", ""),
    BALANCE_MEMBER(CENTS, row.fields.temp_credit, "TempCredit", ""),
};

const struct action action_describe_member_balance = {
    .name = {"DescribeMemberBalance", 21},
    .access = ACCESS_MEMBER,
    .items = ITEM_MEMBER,
    .input = PARAMETERS(balance_parameters, balance_input),
    .outputs = SHAPE(balance_outputs, struct balance_view),
    .refusals =
        REFUSALS(ERROR_ORGANIZATION_UNKNOWN, ERROR_VALUE_UIN, ERROR_VALUE_TIME, ERROR_VALUE_AS_OF,
                 ERROR_MEMBER_UNKNOWN, ERROR_MEMBER_NOT_THEN, ERROR_JOURNAL_BUSY, ERROR_NO_JOURNAL),
    .help = "The balance of an account, now or at any moment since it joined.",
    .answer = balance_answer,
    .asks_journal = is_about_the_past,
    .ask = balance_ask,
    .read = balance_read,
};

/* ---- DescribeStatement ---- */

enum { LIMIT_MAX = 1000, LIMIT_DEFAULT = 100 };

struct statement_input {
    struct integer_value organization_id;
    struct text_value member_uin, start_time, end_time, cursor;
    struct integer_value limit;
};

struct statement_work {
    struct past opening, closing;
    uint64_t cursor;
};

/* Its ends are the last microseconds before StartTime and before EndTime, or now. */
static bool read_ends(struct exchange *exchange, struct statement_work *work)
{
    const struct statement_input *input = exchange->input;
    int64_t start_us = 0, end_us = 0;
    if (!value_to_time(exchange, &input->start_time, SLICE("StartTime"), &start_us) ||
        !value_to_time(exchange, &input->end_time, SLICE("EndTime"), &end_us))
        return false;
    if (end_us == 0 || end_us > exchange->book_us)
        end_us = exchange->book_us + 1;
    if (start_us >= end_us)
        return exchange_refuse_word(exchange, ERROR_VALUE_PERIOD, SLICE("EndTime"));
    work->opening.t_us = start_us - 1;
    work->closing.t_us = end_us - 1;
    return true;
}

static bool statement_ask(struct exchange *exchange, struct api_pending *pending)
{
    const struct statement_input *input = exchange->input;
    struct statement_work *work = arena_take_array(exchange->arena, 1, sizeof *work);
    pending->work = work;
    if (!work)
        return exchange_refuse(exchange, ERROR_INTERNAL);
    if (!exchange_choose_member(exchange, &input->organization_id, &input->member_uin,
                                &work->opening.uin) ||
        !read_ends(exchange, work))
        return false;
    work->closing.uin = work->opening.uin;
    return input->cursor.text.len == 0 ||
           walk_read_cursor(input->cursor.text, true, &work->cursor) ||
           exchange_refuse(exchange, ERROR_VALUE_CURSOR);
}

/* Before its first entry an account has nothing. */
static void render_end(struct api_pending *pending, const struct past *past)
{
    static const struct member_state nothing;
    balance_row_render(past->found ? &past->state : &nothing, past->uin, past->name,
                       &pending->answer);
}

static struct status statement_read(struct api_pending *pending, struct history *history,
                                    struct fault *fault)
{
    const struct statement_input *input = pending->exchange.input;
    struct statement_work *work = pending->work;
    struct buffer *out = &pending->answer;
    struct past ends[] = {work->opening, work->closing};
    TRY(past_read(pending, history, ends, 2, fault));
    if (ends[0].last_sequence == 0) {
        (void)exchange_refuse(&pending->exchange, ERROR_MEMBER_UNKNOWN);
        return STATUS_DONE;
    }
    struct walk walk = {
        .pending = pending,
        .history = history,
        .by_member = true,
        .uin = ends[0].uin,
        .last_sequence = ends[0].last_sequence,
        .first = ends[0].found ? ends[0].ordinal + 1 : 1,
        .last = ends[1].found ? ends[1].ordinal : 0,
        .ascending = true,
        .limit = input->limit.given ? (uint32_t)input->limit.value : LIMIT_DEFAULT,
    };
    walk_begin(&walk, work->cursor > 0, work->cursor);
    BUFFER_LITERAL(out, "\"Closing\":");
    render_end(pending, &ends[1]);
    buffer_char(out, ',');
    TRY(walk_run(&walk, fault));
    BUFFER_LITERAL(out, ",\"Opening\":");
    render_end(pending, &ends[0]);
    return STATUS_DONE;
}

static const struct parameter statement_parameters[] = {
    ORGANIZATION_PARAMETER(statement_input),
    MEMBER_PARAMETER(statement_input),
    {PARAMETER(PARAMETER_TEXT, statement_input, start_time, "StartTime",
               "Entries of this time or later: UTC, `2026-11-23 13:00:00` or RFC 3339."),
     .required = true},
    {PARAMETER(PARAMETER_TEXT, statement_input, end_time, "EndTime",
               "Entries before this time, and after StartTime; default now.")},
    {PARAMETER(PARAMETER_TEXT, statement_input, cursor, "Cursor",
               "The NextCursor of the page before; absent or empty: from the start.")},
    {PARAMETER(PARAMETER_INTEGER, statement_input, limit, "Limit", "Rows; default 100."),
     .minimum = 1, .maximum = LIMIT_MAX},
};

static const struct shape_member statement_outputs[] = {
    SHAPE_BY_HAND(OBJECT, false, &balance_row_shape, "Closing",
                  "The nine fields just before EndTime, on every page."),
    SHAPE_BY_HAND(OBJECTS, false, &entry_shape, "Data",
                  "The entries from one to the other, ascending."),
    SHAPE_BY_HAND(TEXT, false, NULL, "NextCursor", "For the next page; empty: there is no more."),
    SHAPE_BY_HAND(OBJECT, false, &balance_row_shape, "Opening",
                  "The nine fields just before StartTime, on every page."),
};

const struct action action_describe_statement = {
    .name = {"DescribeStatement", 17},
    .access = ACCESS_MEMBER,
    .input = PARAMETERS(statement_parameters, statement_input),
    .outputs = SHAPE(statement_outputs, struct statement_work),
    .refusals =
        REFUSALS(ERROR_ORGANIZATION_UNKNOWN, ERROR_VALUE_UIN, ERROR_VALUE_TIME, ERROR_VALUE_PERIOD,
                 ERROR_VALUE_CURSOR, ERROR_MEMBER_UNKNOWN, ERROR_JOURNAL_BUSY, ERROR_NO_JOURNAL),
    .help = "What an account had at the start of a period, what happened, and what it had at the "
            "end. Periods that follow each other share no entry.",
    .ask = statement_ask,
    .read = statement_read,
};
