/* Holds: CreateHold, CaptureHold, ReleaseHold, DescribeHolds, bursar 2026-11-01. A hold reserves
 * what is available until it is captured (becomes a charge), released, or its end has come.
 *
 * Owns nothing; memory is the call's. Thread: the worker's. */
#include "api/change.h"

/* ---- CreateHold ---- */

struct create_input {
    struct change_input about;
    struct text_value amount, expires_at;
    struct write_input write;
};

static enum preparation create_prepare(struct exchange *exchange, struct api_pending *pending)
{
    const struct create_input *input = exchange->input;
    struct command *command = &pending->commit.command;
    struct change *change = &command->change;
    bool good = change_begin(exchange, &input->about, COMMAND_HOLD, command) &&
                change_read_amount(exchange, &input->amount, SLICE("Amount"), &change->amount) &&
                value_to_time(exchange, &input->expires_at, SLICE("ExpiresAt"), &change->end_us);
    return good ? PREPARED : PREPARED_REFUSED;
}

static bool create_answer(struct exchange *exchange, struct api_pending *pending,
                          struct buffer *out)
{
    const struct command *command = &pending->commit.command;
    BUFFER_LITERAL(out, "\"HoldId\":");
    buffer_u64(out, command->change.first_sequence);
    change_render_member(exchange, command, out);
    return true;
}

static const struct parameter create_parameters[] = {
    CHANGE_PARAMETERS(create_input),
    {PARAMETER(PARAMETER_AMOUNT, create_input, amount, "Amount", "Cents, above zero."),
     .required = true},
    {PARAMETER(PARAMETER_TEXT, create_input, expires_at, "ExpiresAt",
               "UTC, `2026-11-23 13:00:00` or RFC 3339, in the future; default never.")},
    REASON_PARAMETER(create_input),
    WRITE_PARAMETERS(create_input),
};

static const struct output create_outputs[] = {
    {"HoldId", "int64", "Its number, that of its entry; 0 with DryRun."},
    MEMBER_OUTPUT,
    {NULL, NULL, NULL},
};

static const char *const hold_kinds[] = {"hold", NULL};

const struct action action_create_hold = {
    .name = {"CreateHold", 10},
    .access = ACCESS_OWNER,
    .items = ITEM_MEMBER | ITEM_KIND | ITEM_AMOUNT,
    .kinds = hold_kinds,
    .input = PARAMETERS(create_parameters, create_input),
    .outputs = create_outputs,
    .refusals = REFUSALS(ERROR_ORGANIZATION_UNKNOWN, ERROR_VALUE_UIN, ERROR_MEMBER_UNKNOWN,
                         ERROR_VALUE_AMOUNT, ERROR_VALUE_NOT_POSITIVE, ERROR_VALUE_TIME,
                         ERROR_EXPIRY_PASSED, ERROR_BALANCE_INSUFFICIENT, ERROR_VALUE_OVERFLOW,
                         ERROR_VALUE_TEXT, ERROR_VALUE_REASON, WRITE_REFUSALS),
    .help = "Reserves an amount of what is available.",
    .prepare = create_prepare,
    .answer_commit = create_answer,
};

/* ---- CaptureHold, ReleaseHold ---- */

struct end_input {
    struct change_input about;
    struct integer_value hold_id;
    struct text_value amount;
    struct write_input write;
};

/* No amount is all that is left, which the law is told by zero. */
static enum preparation end_prepare(struct exchange *exchange, enum command_kind kind,
                                    struct command *command)
{
    const struct end_input *input = exchange->input;
    struct change *change = &command->change;
    bool good = change_begin(exchange, &input->about, kind, command) &&
                change_read_subject(exchange, &input->hold_id, ERROR_HOLD_UNKNOWN, change) &&
                (!input->amount.given ||
                 change_read_amount(exchange, &input->amount, SLICE("Amount"), &change->amount));
    return good ? PREPARED : PREPARED_REFUSED;
}

static enum preparation capture_prepare(struct exchange *exchange, struct api_pending *pending)
{
    return end_prepare(exchange, COMMAND_CAPTURE, &pending->commit.command);
}

static enum preparation release_prepare(struct exchange *exchange, struct api_pending *pending)
{
    return end_prepare(exchange, COMMAND_RELEASE, &pending->commit.command);
}

static bool end_answer(struct exchange *exchange, struct api_pending *pending, struct buffer *out)
{
    const struct command *command = &pending->commit.command;
    RENDER_CENTS(out, "\"Amount\":", command->change.moved);
    BUFFER_LITERAL(out, ",\"EntryId\":");
    buffer_u64(out, command->change.first_sequence);
    BUFFER_LITERAL(out, ",\"HoldId\":");
    buffer_u64(out, command->change.subject);
    change_render_member(exchange, command, out);
    return true;
}

static const struct parameter end_parameters[] = {
    CHANGE_PARAMETERS(end_input),
    {PARAMETER(PARAMETER_INTEGER, end_input, hold_id, "HoldId", "The hold."), .required = true},
    {PARAMETER(PARAMETER_AMOUNT, end_input, amount, "Amount",
               "Cents, above zero and at most what is left of it; default all. The rest stays "
               "held.")},
    REASON_PARAMETER(end_input),
    WRITE_PARAMETERS(end_input),
};

static const struct output end_outputs[] = {
    {"Amount", "float", "How much it was."},
    {"EntryId", "int64", "Its entry; 0 with DryRun."},
    {"HoldId", "int64", "The hold."},
    MEMBER_OUTPUT,
    {NULL, NULL, NULL},
};

static const char *const capture_kinds[] = {"capture", NULL};

const struct action action_capture_hold = {
    .name = {"CaptureHold", 11},
    .access = ACCESS_OWNER,
    .items = ITEM_MEMBER | ITEM_KIND | ITEM_AMOUNT,
    .kinds = capture_kinds,
    .input = PARAMETERS(end_parameters, end_input),
    .outputs = end_outputs,
    .refusals = REFUSALS(ERROR_ORGANIZATION_UNKNOWN, ERROR_VALUE_UIN, ERROR_MEMBER_UNKNOWN,
                         ERROR_HOLD_UNKNOWN, ERROR_VALUE_AMOUNT, ERROR_VALUE_NOT_POSITIVE,
                         ERROR_HOLD_EXCEEDED, ERROR_VALUE_OVERFLOW, ERROR_VALUE_TEXT,
                         ERROR_VALUE_REASON, WRITE_REFUSALS),
    .help = "Charges what a hold reserves, or a part of it.",
    .prepare = capture_prepare,
    .answer_commit = end_answer,
};

static const char *const release_kinds[] = {"release", NULL};

const struct action action_release_hold = {
    .name = {"ReleaseHold", 11},
    .access = ACCESS_OWNER,
    .items = ITEM_MEMBER | ITEM_KIND | ITEM_AMOUNT,
    .kinds = release_kinds,
    .input = PARAMETERS(end_parameters, end_input),
    .outputs = end_outputs,
    .refusals = REFUSALS(ERROR_ORGANIZATION_UNKNOWN, ERROR_VALUE_UIN, ERROR_MEMBER_UNKNOWN,
                         ERROR_HOLD_UNKNOWN, ERROR_VALUE_AMOUNT, ERROR_VALUE_NOT_POSITIVE,
                         ERROR_HOLD_EXCEEDED, ERROR_VALUE_TEXT, ERROR_VALUE_REASON, WRITE_REFUSALS),
    .help = "Gives back what a hold reserves, or a part of it.",
    .prepare = release_prepare,
    .answer_commit = end_answer,
};

/* ---- DescribeHolds ---- */

struct describe_input {
    struct integer_value organization_id, offset, limit;
    struct text_value member_uin;
};

static bool is_open(const struct hold *hold, int64_t now_us)
{
    return hold->expires_us == 0 || hold->expires_us > now_us;
}

static void render_hold(const struct hold *hold, struct buffer *out)
{
    RENDER_CENTS(out, "{\"Amount\":", hold->amount);
    BUFFER_LITERAL(out, ",\"ExpiresAt\":");
    render_end_time(out, hold->expires_us);
    BUFFER_LITERAL(out, ",\"HoldId\":");
    buffer_u64(out, hold->id);
    buffer_char(out, '}');
}

/* Inside the gate. The book keeps the newest first. */
static void render_holds(const struct book *book, const struct member *member, int64_t now_us,
                         struct listing *listing, struct buffer *out)
{
    uint32_t oldest = BOOK_NONE;
    for (uint32_t at = member->holds; at != BOOK_NONE; at = book_hold(book, at)->next)
        oldest = at;
    for (uint32_t at = oldest; at != BOOK_NONE; at = book_hold(book, at)->before) {
        const struct hold *hold = book_hold(book, at);
        if (is_open(hold, now_us) && listing_offer(listing, out))
            render_hold(hold, out);
    }
}

static bool describe_answer(struct exchange *exchange, struct buffer *out)
{
    const struct describe_input *input = exchange->input;
    struct listing listing = listing_asked(&input->offset, &input->limit);
    struct uin uin;
    if (!exchange_choose_member(exchange, &input->organization_id, &input->member_uin, &uin))
        return false;
    listing_open(out);
    const struct book *book = exchange_book_begin(exchange);
    const struct member *member = book_find_member(book, exchange->organisation, uin);
    if (member)
        render_holds(book, member, exchange->book_us, &listing, out);
    exchange_book_end(exchange);
    listing_close(&listing, out);
    return member || exchange_refuse(exchange, ERROR_MEMBER_UNKNOWN);
}

static const struct parameter describe_parameters[] = {
    ORGANIZATION_PARAMETER(describe_input),
    MEMBER_PARAMETER(describe_input),
    LISTING_PARAMETERS(describe_input),
};

static const struct output describe_outputs[] = {
    {"Data", "list of object",
     "The open holds, oldest first: Amount (what is left), ExpiresAt (`9999-12-31 23:59:59`: "
     "never), HoldId."},
    {"TotalCount", "int64", "Open holds of the account."},
    {NULL, NULL, NULL},
};

const struct action action_describe_holds = {
    .name = {"DescribeHolds", 13},
    .access = ACCESS_MEMBER,
    .items = ITEM_MEMBER,
    .input = PARAMETERS(describe_parameters, describe_input),
    .outputs = describe_outputs,
    .refusals = REFUSALS(ERROR_ORGANIZATION_UNKNOWN, ERROR_VALUE_UIN, ERROR_MEMBER_UNKNOWN),
    .help = "The open holds of an account.",
    .answer = describe_answer,
};
