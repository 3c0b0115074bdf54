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

static const struct parameter create_parameters[] = {
    CHANGE_PARAMETERS(create_input),
    {PARAMETER(PARAMETER_AMOUNT, create_input, amount, "Amount", "Cents, above zero."),
     .required = true},
    {PARAMETER(PARAMETER_TEXT, create_input, expires_at, "ExpiresAt",
               "UTC, `2026-11-23 13:00:00` or RFC 3339, in the future; default never.")},
    REASON_PARAMETER(create_input),
    WRITE_PARAMETERS(create_input),
};

static const struct shape_member create_outputs[] = {
    CHANGE_OUTPUT(COUNT, first, "HoldId", "Its number, that of its entry; 0 with DryRun."),
    MEMBER_OUTPUT,
};

static const char *const hold_kinds[] = {"hold", NULL};

const struct action action_create_hold = {
    .name = {"CreateHold", 10},
    .access = ACCESS_OWNER,
    .items = ITEM_MEMBER | ITEM_KIND | ITEM_AMOUNT,
    .kinds = hold_kinds,
    .input = PARAMETERS(create_parameters, create_input),
    .outputs = SHAPE(create_outputs, struct change_view),
    .refusals = REFUSALS(ERROR_ORGANIZATION_UNKNOWN, ERROR_VALUE_UIN, ERROR_MEMBER_UNKNOWN,
                         ERROR_VALUE_AMOUNT, ERROR_VALUE_NOT_POSITIVE, ERROR_VALUE_TIME,
                         ERROR_EXPIRY_PASSED, ERROR_BALANCE_INSUFFICIENT, ERROR_VALUE_OVERFLOW,
                         ERROR_VALUE_TEXT, ERROR_VALUE_REASON, WRITE_REFUSALS),
    .help = "Reserves an amount of what is available.",
    .prepare = create_prepare,
    .answer_commit = change_answer,
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

static const struct parameter end_parameters[] = {
    CHANGE_PARAMETERS(end_input),
    {PARAMETER(PARAMETER_INTEGER, end_input, hold_id, "HoldId", "The hold."), .required = true},
    {PARAMETER(PARAMETER_AMOUNT, end_input, amount, "Amount",
               "Cents, above zero and at most what is left of it; default all. The rest stays "
               "held.")},
    REASON_PARAMETER(end_input),
    WRITE_PARAMETERS(end_input),
};

static const struct shape_member end_outputs[] = {
    CHANGE_OUTPUT(CENTS, moved, "Amount", "How much it was."),
    CHANGE_OUTPUT(COUNT, first, "EntryId", "Its entry; 0 with DryRun."),
    CHANGE_OUTPUT(COUNT, subject, "HoldId", "The hold."),
    MEMBER_OUTPUT,
};

static const char *const capture_kinds[] = {"capture", NULL};

const struct action action_capture_hold = {
    .name = {"CaptureHold", 11},
    .access = ACCESS_OWNER,
    .items = ITEM_MEMBER | ITEM_KIND | ITEM_AMOUNT,
    .kinds = capture_kinds,
    .input = PARAMETERS(end_parameters, end_input),
    .outputs = SHAPE(end_outputs, struct change_view),
    .refusals = REFUSALS(ERROR_ORGANIZATION_UNKNOWN, ERROR_VALUE_UIN, ERROR_MEMBER_UNKNOWN,
                         ERROR_HOLD_UNKNOWN, ERROR_VALUE_AMOUNT, ERROR_VALUE_NOT_POSITIVE,
                         ERROR_HOLD_EXCEEDED, ERROR_VALUE_OVERFLOW, ERROR_VALUE_TEXT,
                         ERROR_VALUE_REASON, WRITE_REFUSALS),
    .help = "Charges what a hold reserves, or a part of it.",
    .prepare = capture_prepare,
    .answer_commit = change_answer,
};

static const char *const release_kinds[] = {"release", NULL};

const struct action action_release_hold = {
    .name = {"ReleaseHold", 11},
    .access = ACCESS_OWNER,
    .items = ITEM_MEMBER | ITEM_KIND | ITEM_AMOUNT,
    .kinds = release_kinds,
    .input = PARAMETERS(end_parameters, end_input),
    .outputs = SHAPE(end_outputs, struct change_view),
    .refusals = REFUSALS(ERROR_ORGANIZATION_UNKNOWN, ERROR_VALUE_UIN, ERROR_MEMBER_UNKNOWN,
                         ERROR_HOLD_UNKNOWN, ERROR_VALUE_AMOUNT, ERROR_VALUE_NOT_POSITIVE,
                         ERROR_HOLD_EXCEEDED, ERROR_VALUE_TEXT, ERROR_VALUE_REASON, WRITE_REFUSALS),
    .help = "Gives back what a hold reserves, or a part of it.",
    .prepare = release_prepare,
    .answer_commit = change_answer,
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

static const struct shape_member hold_members[] = {
    SHAPE_MEMBER(CENTS, struct hold, amount, "Amount", "What is left of it."),
    SHAPE_MEMBER(END, struct hold, expires_us, "ExpiresAt", "`9999-12-31 23:59:59`: never."),
    SHAPE_MEMBER(COUNT, struct hold, id, "HoldId", "Its number."),
};
static const struct shape hold_shape = SHAPE(hold_members, struct hold);

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
            shape_write(&hold_shape, hold, out);
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

static const struct shape_member describe_outputs[] = {
    LISTING_OUTPUTS(&hold_shape, "The open holds, oldest first.", "Open holds of the account."),
};

const struct action action_describe_holds = {
    .name = {"DescribeHolds", 13},
    .access = ACCESS_MEMBER,
    .items = ITEM_MEMBER,
    .input = PARAMETERS(describe_parameters, describe_input),
    .outputs = SHAPE(describe_outputs, struct listing),
    .refusals = REFUSALS(ERROR_ORGANIZATION_UNKNOWN, ERROR_VALUE_UIN, ERROR_MEMBER_UNKNOWN),
    .help = "The open holds of an account.",
    .answer = describe_answer,
};
