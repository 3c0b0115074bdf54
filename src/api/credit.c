/* Temporary credit: CreateTemporaryCredit, DeleteTemporaryCredit, bursar 2026-11-01.
 *
 * Owns nothing; memory is the call's. Thread: the worker's. */
#include "api/change.h"

/* ---- CreateTemporaryCredit ---- */

struct create_input {
    struct change_input about;
    struct text_value amount, start_time, end_time;
    struct write_input write;
};

/* By default it starts with the second that runs. */
static bool read_period(struct exchange *exchange, struct change *change)
{
    const struct create_input *input = exchange->input;
    enum { SECOND_US = 1000000 };
    if (!value_to_time(exchange, &input->start_time, SLICE("StartTime"), &change->start_us) ||
        !value_to_time(exchange, &input->end_time, SLICE("EndTime"), &change->end_us))
        return false;
    if (input->start_time.text.len == 0)
        change->start_us = exchange->now_us / SECOND_US * SECOND_US;
    return true;
}

static enum preparation create_prepare(struct exchange *exchange, struct api_pending *pending)
{
    const struct create_input *input = exchange->input;
    struct command *command = &pending->commit.command;
    struct change *change = &command->change;
    bool good = change_begin(exchange, &input->about, COMMAND_GRANT_TEMPORARY, command) &&
                change_read_amount(exchange, &input->amount, SLICE("Amount"), &change->amount) &&
                read_period(exchange, change);
    return good ? PREPARED : PREPARED_REFUSED;
}

static const struct parameter create_parameters[] = {
    CHANGE_PARAMETERS(create_input),
    {PARAMETER(PARAMETER_AMOUNT, create_input, amount, "Amount", "Cents, above zero."),
     .required = true},
    {PARAMETER(PARAMETER_TEXT, create_input, start_time, "StartTime",
               "UTC, `2026-11-23 13:00:00` or RFC 3339; default now.")},
    {PARAMETER(PARAMETER_TEXT, create_input, end_time, "EndTime",
               "As StartTime, after it and in the future; default never.")},
    REASON_PARAMETER(create_input),
    WRITE_PARAMETERS(create_input),
};

static const struct shape_member create_outputs[] = {
    CHANGE_OUTPUT(COUNT, first, "GrantId", "Its number, that of its entry; 0 with DryRun."),
    MEMBER_OUTPUT,
};

const struct action action_create_temporary_credit = {
    .name = {"CreateTemporaryCredit", 21},
    .access = ACCESS_OWNER,
    .items = ITEM_MEMBER | ITEM_AMOUNT,
    .input = PARAMETERS(create_parameters, create_input),
    .outputs = SHAPE(create_outputs, struct change_view),
    .refusals =
        REFUSALS(ERROR_ORGANIZATION_UNKNOWN, ERROR_VALUE_UIN, ERROR_MEMBER_UNKNOWN,
                 ERROR_VALUE_AMOUNT, ERROR_VALUE_NOT_POSITIVE, ERROR_VALUE_TIME, ERROR_VALUE_PERIOD,
                 ERROR_EXPIRY_PASSED, ERROR_GRANT_LIMIT, ERROR_VALUE_OVERFLOW, ERROR_VALUE_TEXT,
                 ERROR_VALUE_REASON, WRITE_REFUSALS),
    .help = "Raises the credit line for a time. An account has at most 64 that have not ended.",
    .prepare = create_prepare,
    .answer_commit = change_answer,
};

/* ---- DeleteTemporaryCredit ---- */

struct delete_input {
    struct change_input about;
    struct integer_value grant_id;
    struct write_input write;
};

static enum preparation delete_prepare(struct exchange *exchange, struct api_pending *pending)
{
    const struct delete_input *input = exchange->input;
    struct command *command = &pending->commit.command;
    bool good =
        change_begin(exchange, &input->about, COMMAND_REVOKE_TEMPORARY, command) &&
        change_read_subject(exchange, &input->grant_id, ERROR_GRANT_UNKNOWN, &command->change);
    return good ? PREPARED : PREPARED_REFUSED;
}

static const struct parameter delete_parameters[] = {
    CHANGE_PARAMETERS(delete_input),
    {PARAMETER(PARAMETER_INTEGER, delete_input, grant_id, "GrantId",
               "As CreateTemporaryCredit and DescribeMembers give it."),
     .required = true},
    REASON_PARAMETER(delete_input),
    WRITE_PARAMETERS(delete_input),
};

static const struct shape_member delete_outputs[] = {
    CHANGE_OUTPUT(COUNT, first, "EntryId", "Its entry; 0 with DryRun."),
    MEMBER_OUTPUT,
};

const struct action action_delete_temporary_credit = {
    .name = {"DeleteTemporaryCredit", 21},
    .access = ACCESS_OWNER,
    .items = ITEM_MEMBER,
    .input = PARAMETERS(delete_parameters, delete_input),
    .outputs = SHAPE(delete_outputs, struct change_view),
    .refusals = REFUSALS(ERROR_ORGANIZATION_UNKNOWN, ERROR_VALUE_UIN, ERROR_MEMBER_UNKNOWN,
                         ERROR_GRANT_UNKNOWN, ERROR_VALUE_TEXT, ERROR_VALUE_REASON, WRITE_REFUSALS),
    .help = "Takes a temporary credit back before its end.",
    .prepare = delete_prepare,
    .answer_commit = change_answer,
};
