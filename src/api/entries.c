/* Entries: DescribeEntries, bursar 2026-11-01.
 *
 * An account's entries are found by its back-links, those of the organisation by sequence, those of
 * a request by its token. A call reads a bounded number of entries and leaves the rest to a cursor.
 *
 * Owns nothing; memory is the call's. Thread: the worker's, and the historian's for entries_*. */
#include "api/entry_render.h"
#include "api/walk.h"

_Static_assert((int)ENTRY_REQUEST < (int)WALK_KINDS, "kinds do not fit");
enum { LIMIT_MAX = 1000, LIMIT_DEFAULT = 100, KINDS_MAX = 64 };

struct entries_input {
    struct integer_value organization_id;
    struct text_value member_uin;
    struct list_value kinds; /* of text_value */
    struct text_value start_time, end_time;
    struct integer_value hold_id;
    struct text_value client_token, cursor;
    struct integer_value limit;
    struct text_value order;
};

struct entries_work {
    struct walk walk;
    int64_t start_us, end_us; /* from, to before; the ends of time when absent */
    bool has_token;
    unsigned char token[DIGEST_BYTES];
};

/* ---- what is asked ---- */

static bool read_kinds(struct exchange *exchange, const struct list_value *kinds, struct walk *walk)
{
    const struct text_value *names = kinds->items;
    walk->has_kinds = kinds->count > 0;
    for (uint32_t i = 0; i < kinds->count; i++) {
        enum entry_kind kind = entry_kind_find(names[i].text);
        if (kind == 0 || kind == ENTRY_REQUEST)
            return exchange_refuse_word(exchange, ERROR_VALUE_UNSUPPORTED, SLICE("Kinds"));
        walk->kinds[kind] = true;
    }
    return true;
}

static bool read_times(struct exchange *exchange, struct entries_work *work)
{
    const struct entries_input *input = exchange->input;
    work->start_us = 0;
    work->end_us = INT64_MAX;
    return (input->start_time.text.len == 0 ||
            value_to_time(exchange, &input->start_time, SLICE("StartTime"), &work->start_us)) &&
           (input->end_time.text.len == 0 ||
            value_to_time(exchange, &input->end_time, SLICE("EndTime"), &work->end_us));
}

static bool read_order(struct exchange *exchange, const struct text_value *order, struct walk *walk)
{
    walk->ascending = slice_equal(order->text, SLICE("asc"));
    if (walk->ascending || !order->given || slice_equal(order->text, SLICE("desc")))
        return true;
    (void)exchange_refuse_word(exchange, ERROR_VALUE_CHOICE, SLICE("Order"));
    exchange->complaint.words[1] = SLICE("asc, desc");
    return false;
}

/* Without MemberUin the owner is answered all entries, everyone else its own. */
static bool read_member(struct exchange *exchange, struct walk *walk)
{
    const struct entries_input *input = exchange->input;
    if (exchange->is_owner && !input->member_uin.given)
        return exchange_choose_organisation(exchange, &input->organization_id);
    walk->by_member = true;
    return exchange_choose_member(exchange, &input->organization_id, &input->member_uin,
                                  &walk->uin);
}

static bool read_token(struct exchange *exchange, struct entries_work *work)
{
    const struct entries_input *input = exchange->input;
    work->has_token = input->client_token.given;
    if (!work->has_token)
        return true;
    return exchange_digest_token(exchange, exchange->organisation, input->client_token.text,
                                 work->token);
}

static bool entries_ask(struct exchange *exchange, struct api_pending *pending)
{
    const struct entries_input *input = exchange->input;
    struct entries_work *work = arena_take_array(exchange->arena, 1, sizeof *work);
    pending->work = work;
    if (!work)
        return exchange_refuse(exchange, ERROR_INTERNAL);
    struct walk *walk = &work->walk;
    walk->limit = input->limit.given ? (uint32_t)input->limit.value : LIMIT_DEFAULT;
    walk->hold = input->hold_id.given ? (uint64_t)input->hold_id.value : 0;
    return read_member(exchange, walk) && read_kinds(exchange, &input->kinds, walk) &&
           read_times(exchange, work) && read_order(exchange, &input->order, walk) &&
           read_token(exchange, work);
}

/* ---- where it is ---- */

static void nothing(struct walk *walk)
{
    walk->first = 1;
    walk->last = 0;
}

/* What became of a hold is among its account's entries, from its own on. */
static struct status narrow_to_hold(struct walk *walk, struct fault *fault)
{
    struct journal_head head;
    struct entry entry;
    uint32_t organisation = walk->pending->exchange.organisation;
    history_head(walk->history, &head);
    if (walk->hold > head.sequence) {
        nothing(walk);
        return STATUS_DONE;
    }
    TRY(history_entry(walk->history, walk->hold, fault, &entry));
    const struct touch *touch = entry_touch(&entry, organisation, walk->uin);
    if (entry.kind != ENTRY_HOLD || !touch)
        nothing(walk);
    else if (walk->first < touch->ordinal)
        walk->first = touch->ordinal;
    return STATUS_DONE;
}

static struct status find_own(struct entries_work *work, struct fault *fault)
{
    struct walk *walk = &work->walk;
    struct past bounds[] = {{.uin = walk->uin, .t_us = work->start_us - 1},
                            {.uin = walk->uin, .t_us = work->end_us - 1}};
    TRY(past_read(walk->pending, walk->history, bounds, 2, fault));
    if (bounds[0].last_sequence == 0) {
        nothing(walk);
        (void)exchange_refuse(&walk->pending->exchange, ERROR_MEMBER_UNKNOWN);
        return STATUS_DONE;
    }
    walk->last_sequence = bounds[0].last_sequence;
    walk->first = bounds[0].found ? bounds[0].ordinal + 1 : 1;
    walk->last = bounds[1].found ? bounds[1].ordinal : 0;
    return walk->hold ? narrow_to_hold(walk, fault) : STATUS_DONE;
}

/* The account of the hold, or none. */
static struct status find_by_hold(struct entries_work *work, struct fault *fault)
{
    struct walk *walk = &work->walk;
    struct journal_head head;
    struct entry entry = {.kind = 0};
    history_head(walk->history, &head);
    if (walk->hold <= head.sequence)
        TRY(history_entry(walk->history, walk->hold, fault, &entry));
    walk->by_member = true;
    if (entry.kind != ENTRY_HOLD || entry.organisation != walk->pending->exchange.organisation) {
        nothing(walk);
        return STATUS_DONE;
    }
    walk->uin = entry.touches[0].uin;
    return find_own(work, fault);
}

/* The entries of one time, of all organisations. */
static struct status find_times(struct entries_work *work, struct fault *fault)
{
    struct walk *walk = &work->walk;
    uint64_t end = 1;
    TRY(walk_find_time(walk->history, work->start_us, fault, &walk->first));
    TRY(walk_find_time(walk->history, work->end_us, fault, &end));
    walk->last = end - 1;
    return STATUS_DONE;
}

/* The entries that the request of the token made. */
static struct status find_by_token(struct entries_work *work, struct fault *fault)
{
    struct walk *walk = &work->walk;
    struct slice token = slice_of((const char *)work->token, DIGEST_BYTES);
    struct entry request;
    walk->only_uin = walk->by_member;
    walk->by_member = false;
    const struct book *book = pending_book_begin(walk->pending);
    uint64_t sequence = book_find_request(book, token);
    pending_book_end(walk->pending);
    TRY(history_begin(walk->history, fault));
    TRY(find_times(work, fault));
    if (sequence == 0)
        TRY(history_find_request(walk->history, token, fault, &sequence));
    if (sequence == 0) {
        nothing(walk);
        return STATUS_DONE;
    }
    TRY(history_entry(walk->history, sequence, fault, &request));
    if (!slice_equal(request.token_digest, token)) {
        nothing(walk);
        return STATUS_DONE;
    }
    if (walk->first < sequence - request.made)
        walk->first = sequence - request.made;
    if (walk->last > sequence - 1)
        walk->last = sequence - 1;
    return STATUS_DONE;
}

static struct status find_entries(struct entries_work *work, struct fault *fault)
{
    if (work->has_token)
        return find_by_token(work, fault);
    if (work->walk.by_member)
        return find_own(work, fault);
    return work->walk.hold ? find_by_hold(work, fault) : find_times(work, fault);
}

static struct status entries_read(struct api_pending *pending, struct history *history,
                                  struct fault *fault)
{
    struct exchange *exchange = &pending->exchange;
    const struct entries_input *input = exchange->input;
    struct entries_work *work = pending->work;
    struct walk *walk = &work->walk;
    uint64_t cursor = 0;
    bool has_cursor = input->cursor.text.len > 0;
    walk->pending = pending;
    walk->history = history;
    TRY(find_entries(work, fault));
    if (exchange->complaint.error != ERROR_NONE)
        return STATUS_DONE;
    if (has_cursor && !walk_read_cursor(input->cursor.text, walk->by_member, &cursor)) {
        (void)exchange_refuse(exchange, ERROR_VALUE_CURSOR);
        return STATUS_DONE;
    }
    walk_begin(walk, has_cursor, cursor);
    return walk_run(walk, fault);
}

/* ---- declaration ---- */

static const struct parameter entries_parameters[] = {
    ORGANIZATION_PARAMETER(entries_input),
    {PARAMETER(PARAMETER_TEXT, entries_input, member_uin, "MemberUin",
               "Only those of this account; absent: for the owner all of the organization, for "
               "others their own.")},
    {PARAMETER(
         PARAMETER_TEXT, entries_input, kinds, "Kinds",
         "Only these: `top_up`, `withdraw`, `charge`, `refund`, `grant_gift`, `move`, `hold`, "
         "`capture`, `release`, `expire`, `adjust`, `opening`, `join`, `leave`, `rename`, "
         "`set_credit`, `grant_temporary`, `revoke_temporary`, `set_arrears`, "
         "`start_temporary`, `end_temporary`, `organisation`, `add_key`, `set_key`, "
         "`issue_token`, `put_policy`, `remove_policy`, `delegate`, `remove_delegate`."),
     .is_list = true, .maximum = KINDS_MAX},
    {PARAMETER(PARAMETER_TEXT, entries_input, start_time, "StartTime",
               "Only those of this time or later: UTC, `2026-11-23 13:00:00` or RFC 3339.")},
    {PARAMETER(PARAMETER_TEXT, entries_input, end_time, "EndTime", "Only those before this time.")},
    {PARAMETER(PARAMETER_INTEGER, entries_input, hold_id, "HoldId",
               "Only this hold and what became of it."),
     .minimum = 1, .maximum = INT64_MAX},
    {PARAMETER(PARAMETER_TEXT, entries_input, client_token, "ClientToken",
               "Only what the request with this token made.")},
    {PARAMETER(PARAMETER_TEXT, entries_input, cursor, "Cursor",
               "The NextCursor of the page before; absent or empty: from the start.")},
    {PARAMETER(PARAMETER_INTEGER, entries_input, limit, "Limit", "Rows; default 100."),
     .minimum = 1, .maximum = LIMIT_MAX},
    {PARAMETER(PARAMETER_TEXT, entries_input, order, "Order",
               "`desc` (default): newest first; or `asc`.")},
};

static const struct shape_member entries_outputs[] = {
    SHAPE_BY_HAND(OBJECTS, false, &entry_shape, "Data", "The entries, in the order asked for."),
    SHAPE_BY_HAND(TEXT, false, NULL, "NextCursor",
                  "For the next page; empty: there is no more. A call reads at most 20,000 entries "
                  "and may then answer fewer rows than asked, or none, with a cursor to go on."),
};

const struct action action_describe_entries = {
    .name = {"DescribeEntries", 15},
    .access = ACCESS_MEMBER,
    .input = PARAMETERS(entries_parameters, entries_input),
    .outputs = SHAPE(entries_outputs, struct entries_work),
    .refusals =
        REFUSALS(ERROR_ORGANIZATION_UNKNOWN, ERROR_VALUE_UIN, ERROR_VALUE_UNSUPPORTED,
                 ERROR_VALUE_TIME, ERROR_VALUE_CHOICE, ERROR_VALUE_CLIENT_TOKEN, ERROR_VALUE_CURSOR,
                 ERROR_MEMBER_UNKNOWN, ERROR_JOURNAL_BUSY, ERROR_NO_JOURNAL),
    .help = "What happened: the entries of an account or of the organization.",
    .ask = entries_ask,
    .read = entries_read,
};
