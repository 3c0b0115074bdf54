/* The member itself: ModifyMember, DeleteMember, bursar 2026-11-01.
 *
 * Owns nothing; memory is the call's. Thread: the worker's. */
#include "api/change.h"

/* ---- ModifyMember ---- */

struct modify_input {
    struct change_input about;
    struct text_value member_name, basic_credit_amount;
    struct boolean_value is_credit_account, allow_arrears;
    struct write_input write;
};

static void read_flag(const struct boolean_value *value, uint8_t flag, struct change *change)
{
    if (!value->given)
        return;
    change->flags_mask |= flag;
    change->flags |= value->value ? flag : 0;
}

static bool read_basic_credit(struct exchange *exchange, struct change *change)
{
    const struct modify_input *input = exchange->input;
    if (!input->basic_credit_amount.given)
        return true;
    change->sets_basic_credit = true;
    return value_to_amount(exchange, &input->basic_credit_amount, SLICE("BasicCreditAmount"),
                           &change->basic_credit) &&
           (!amount_is_negative(change->basic_credit) ||
            exchange_refuse_word(exchange, ERROR_VALUE_NEGATIVE, SLICE("BasicCreditAmount")));
}

static enum preparation modify_prepare(struct exchange *exchange, struct api_pending *pending)
{
    const struct modify_input *input = exchange->input;
    struct command *command = &pending->commit.command;
    struct change *change = &command->change;
    if (!change_begin(exchange, &input->about, COMMAND_MODIFY_MEMBER, command) ||
        (input->member_name.given &&
         !value_to_name(exchange, &input->member_name, SLICE("MemberName"))) ||
        !read_basic_credit(exchange, change))
        return PREPARED_REFUSED;
    change->name = input->member_name.text;
    read_flag(&input->is_credit_account, MEMBER_IS_CREDIT, change);
    read_flag(&input->allow_arrears, MEMBER_ARREARS, change);
    return PREPARED;
}

static const struct parameter modify_parameters[] = {
    CHANGE_PARAMETERS(modify_input),
    {PARAMETER(PARAMETER_TEXT, modify_input, member_name, "MemberName",
               "1 to 64 characters; absent: as it is, like those that follow.")},
    {PARAMETER(PARAMETER_BOOLEAN, modify_input, is_credit_account, "IsCreditAccount",
               "What the row says; nothing follows from it.")},
    {PARAMETER(PARAMETER_AMOUNT, modify_input, basic_credit_amount, "BasicCreditAmount",
               "The lasting credit line, in cents.")},
    {PARAMETER(PARAMETER_BOOLEAN, modify_input, allow_arrears, "AllowArrears",
               "Whether charges may go beyond what is available.")},
    REASON_PARAMETER(modify_input),
    WRITE_PARAMETERS(modify_input),
};

static const struct shape_member modify_outputs[] = {
    SHAPE_LIST(
        IDS, struct change_view, entries, entry_count, NULL, "EntryIds",
        "An entry each for a new name, new credit and new arrears; empty when all was so already."),
    MEMBER_OUTPUT,
};

const struct action action_modify_member = {
    .name = {"ModifyMember", 12},
    .access = ACCESS_OWNER,
    .items = ITEM_MEMBER,
    .input = PARAMETERS(modify_parameters, modify_input),
    .outputs = SHAPE(modify_outputs, struct change_view),
    .refusals =
        REFUSALS(ERROR_ORGANIZATION_UNKNOWN, ERROR_VALUE_UIN, ERROR_MEMBER_UNKNOWN,
                 ERROR_MEMBER_IS_OWNER, ERROR_VALUE_TEXT, ERROR_VALUE_NAME, ERROR_VALUE_AMOUNT,
                 ERROR_VALUE_NEGATIVE, ERROR_VALUE_OVERFLOW, ERROR_VALUE_REASON, WRITE_REFUSALS),
    .help = "Changes a member's name, credit line or arrears.",
    .prepare = modify_prepare,
    .answer_commit = change_answer,
};

/* ---- DeleteMember ---- */

struct delete_input {
    struct change_input about;
    struct write_input write;
};

static enum preparation delete_prepare(struct exchange *exchange, struct api_pending *pending)
{
    const struct delete_input *input = exchange->input;
    return change_begin(exchange, &input->about, COMMAND_REMOVE_MEMBER, &pending->commit.command)
               ? PREPARED
               : PREPARED_REFUSED;
}

static bool delete_answer(struct exchange *exchange, struct api_pending *pending,
                          struct buffer *out)
{
    const struct change_view view = {.last = pending->commit.command.change.last_sequence};
    answer_write(exchange, &view, out);
    return true;
}

static const struct parameter delete_parameters[] = {
    CHANGE_PARAMETERS(delete_input),
    REASON_PARAMETER(delete_input),
    WRITE_PARAMETERS(delete_input),
};

static const struct shape_member delete_outputs[] = {
    CHANGE_OUTPUT(
        COUNT, last, "EntryId",
        "Its entry, `leave`; 0 with DryRun. Right before it stand those of the authority that "
        "ended: `set_key`, `remove_policy`, `remove_delegate`."),
};

const struct action action_delete_member = {
    .name = {"DeleteMember", 12},
    .access = ACCESS_OWNER,
    .items = ITEM_MEMBER,
    .input = PARAMETERS(delete_parameters, delete_input),
    .outputs = SHAPE(delete_outputs, struct change_view),
    .refusals = REFUSALS(ERROR_ORGANIZATION_UNKNOWN, ERROR_VALUE_UIN, ERROR_MEMBER_UNKNOWN,
                         ERROR_MEMBER_IS_OWNER, ERROR_MEMBER_NOT_EMPTY, ERROR_VALUE_TEXT,
                         ERROR_VALUE_REASON, WRITE_REFUSALS),
    .help =
        "A member leaves: with nothing left in its accounts and no open holds. Its keys and those "
        "of its sub-accounts are disabled, the policies of these and its delegation end; a "
        "later return revives none of them. Its entries stay.",
    .prepare = delete_prepare,
    .answer_commit = delete_answer,
};
