/* CreateMembers, bursar 2026-11-01.
 *
 * It takes all or, with Partial, the good ones; either way its answer lists every member
 * that is wrong, so that an import can show all mistakes at once: when one cannot even be read, the
 * others are decided as a partial dry run, only to learn what else is wrong.
 *
 * Owns nothing; memory is the call's. Thread: the worker's. */
#include "api/opening.h"

struct create_input {
    struct integer_value organization_id;
    struct list_value members; /* of member_input */
    struct boolean_value partial;
    struct write_input write;
};

struct create_work {
    struct complaint *complaints; /* one a member asked for */
    uint32_t *places;             /* of the command's members among those asked for */
    bool is_rehearsal;            /* nothing will be added: only mistakes are gathered */
};

static bool read_members(struct exchange *exchange, struct create_work *work,
                         struct command *command)
{
    const struct create_input *input = exchange->input;
    const struct member_input *members = input->members.items;
    uint32_t count = input->members.count;
    work->complaints = arena_take_array(exchange->arena, count + 1, sizeof *work->complaints);
    work->places = arena_take_array(exchange->arena, count + 1, sizeof *work->places);
    command->members = arena_take_array(exchange->arena, count + 1, sizeof *command->members);
    if (!work->complaints || !work->places || !command->members)
        return exchange_refuse(exchange, ERROR_INTERNAL);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t at = command->member_count;
        if (!opening_read(&members[i], exchange->book_us, exchange->arena, &command->members[at],
                          &work->complaints[i]))
            continue;
        work->places[at] = i;
        command->member_count++;
    }
    return true;
}

static void rehearse(struct create_work *work, struct command *command)
{
    work->is_rehearsal = true;
    command->partial = true;
    command->dry_run = true;
}

static enum preparation create_prepare(struct exchange *exchange, struct api_pending *pending)
{
    const struct create_input *input = exchange->input;
    struct create_work *work = arena_take_array(exchange->arena, 1, sizeof *work);
    struct command *command = &pending->commit.command;
    if (!work) {
        (void)exchange_refuse(exchange, ERROR_INTERNAL);
        return PREPARED_REFUSED;
    }
    pending->work = work;
    if (!exchange_choose_organisation(exchange, &input->organization_id) ||
        !read_members(exchange, work, command))
        return PREPARED_REFUSED;
    command->kind = COMMAND_ADD_MEMBERS;
    command->organisation = exchange->organisation;
    command->partial = input->partial.value;
    if (command->member_count < input->members.count && !command->partial)
        rehearse(work, command);
    return command->member_count > 0 ? PREPARED : PREPARED_NOTHING;
}

struct create_view {
    uint64_t added, unchanged, refused;
    bool applied;
    const struct exchange *exchange;
    const struct create_work *work;
};

/* Puts the law's refusals beside our own, and counts. */
static struct create_view gather_outcomes(struct create_work *work, const struct command *command,
                                          uint32_t asked)
{
    struct create_view counts = {.refused = asked - command->member_count};
    for (uint32_t i = 0; i < command->member_count; i++) {
        const struct new_member *member = &command->members[i];
        switch (member->outcome) {
        case ITEM_ADDED:
            counts.added++;
            break;
        case ITEM_UNCHANGED:
            counts.unchanged++;
            break;
        case ITEM_REFUSED:
            counts.refused++;
            work->complaints[work->places[i]] = (struct complaint){
                .error = error_of_refusal(member->refusal), .words = {SLICE("MemberUin")}};
            break;
        }
    }
    return counts;
}

static void write_errors(const void *object, struct buffer *out)
{
    const struct create_view *view = object;
    const struct create_input *input = view->exchange->input;
    const struct member_input *members = input->members.items;
    bool comma = false;
    for (uint32_t i = 0; i < input->members.count; i++) {
        const struct complaint *complaint = &view->work->complaints[i];
        if (complaint->error == ERROR_NONE)
            continue;
        if (comma)
            buffer_char(out, ',');
        comma = true;
        render_item_error(view->exchange, i, members[i].member_uin.text, complaint, out);
    }
}

static bool create_answer(struct exchange *exchange, struct api_pending *pending,
                          struct buffer *out)
{
    const struct create_input *input = exchange->input;
    struct create_work *work = pending->work;
    enum refusal refusal = pending->commit.refusal;
    if (!refusal_is_of_command(refusal))
        work->is_rehearsal = true;
    else if (refusal != REFUSAL_NONE)
        return exchange_refuse(exchange, error_of_refusal(refusal));
    struct create_view view = gather_outcomes(work, &pending->commit.command, input->members.count);
    if (work->is_rehearsal)
        view.added = view.unchanged = 0;
    view.applied = !work->is_rehearsal && !pending->commit.command.dry_run;
    view.exchange = exchange;
    view.work = work;
    answer_write(exchange, &view, out);
    return true;
}

static const struct parameter grant_parameters[] = {
    {PARAMETER(PARAMETER_INTEGER, grant_input, grant_id, "GrantId",
               "Not looked at: DescribeMembers gives it.")},
    {PARAMETER(PARAMETER_AMOUNT, grant_input, temp_amount, "TempAmount", "Cents.")},
    {PARAMETER(PARAMETER_TEXT, grant_input, start_time, "StartTime",
               "UTC, `2026-11-23 13:00:00` or RFC 3339; absent: since ever.")},
    {PARAMETER(PARAMETER_TEXT, grant_input, end_time, "EndTime",
               "As StartTime, and after it; absent, or `9999-12-31 23:59:59`: no end.")},
};

static const struct parameters grant_fields = PARAMETERS(grant_parameters, grant_input);

static const struct parameter member_parameters[] = {
    {PARAMETER(PARAMETER_TEXT, member_input, member_uin, "MemberUin", "Needed.")},
    {PARAMETER(PARAMETER_TEXT, member_input, member_name, "MemberName",
               "Needed; 1 to 64 characters.")},
    {PARAMETER(PARAMETER_BOOLEAN, member_input, is_credit_account, "IsCreditAccount",
               "Default false.")},
    {PARAMETER(PARAMETER_BOOLEAN, member_input, allow_arrears, "AllowArrears",
               "Whether charges may go beyond what is available; default false.")},
    {PARAMETER(PARAMETER_AMOUNT, member_input, real_balance, "RealBalance", "Checked.")},
    {PARAMETER(PARAMETER_AMOUNT, member_input, cash_account_balance, "CashAccountBalance",
               "Cash, with what is owed added back.")},
    {PARAMETER(PARAMETER_AMOUNT, member_input, credit_amount, "CreditAmount",
               "BasicCreditAmount + TempCredit; any two give the third.")},
    {PARAMETER(PARAMETER_AMOUNT, member_input, temp_credit, "TempCredit",
               "Without TempAmountInfoList: a grant without end.")},
    {PARAMETER(PARAMETER_AMOUNT, member_input, basic_credit_amount, "BasicCreditAmount",
               "The lasting credit line.")},
    {PARAMETER(PARAMETER_AMOUNT, member_input, owe_amount, "OweAmount", "Checked.")},
    {PARAMETER(PARAMETER_AMOUNT, member_input, income_into_account_balance,
               "IncomeIntoAccountBalance", "Income.")},
    {PARAMETER(PARAMETER_AMOUNT, member_input, present_account_balance, "PresentAccountBalance",
               "Gift.")},
    {PARAMETER(PARAMETER_AMOUNT, member_input, freeze_amount, "FreezeAmount",
               "Becomes one hold without expiry.")},
    {PARAMETER(PARAMETER_OBJECT, member_input, temp_amount_info_list, "TempAmountInfoList",
               "Temporary grants."),
     .is_list = true, .maximum = NEW_GRANTS_MAX, .fields = &grant_fields},
};

static const struct parameters member_fields = PARAMETERS(member_parameters, member_input);

static const struct parameter create_parameters[] = {
    ORGANIZATION_PARAMETER(create_input),
    {PARAMETER(PARAMETER_OBJECT, create_input, members, "Members",
               "The members, amounts in cents."),
     .is_list = true, .required = true, .maximum = COMMAND_ITEMS_MAX, .fields = &member_fields},
    {PARAMETER(PARAMETER_BOOLEAN, create_input, partial, "Partial",
               "True: the good ones are added even if others are refused.")},
    WRITE_PARAMETERS(create_input),
};

static const struct shape_member create_outputs[] = {
    SHAPE_MEMBER(COUNT, struct create_view, added, "Added",
                 "Members added (with DryRun: that would be)."),
    SHAPE_MEMBER(BOOL, struct create_view, applied, "Applied",
                 "False: nothing was changed (a member was refused without Partial, or DryRun)."),
    SHAPE_ROWS(OBJECTS, write_errors, &item_error_shape, "Errors", "Every refused member."),
    SHAPE_MEMBER(COUNT, struct create_view, refused, "Refused", "Length of Errors."),
    SHAPE_MEMBER(COUNT, struct create_view, unchanged, "Unchanged",
                 "Members who were there already with the same values."),
};

const struct action action_create_members = {
    .name = {"CreateMembers", 13},
    .access = ACCESS_OWNER,
    .items = ITEM_MEMBER,
    .input = PARAMETERS(create_parameters, create_input),
    .outputs = SHAPE(create_outputs, struct create_view),
    .refusals =
        REFUSALS(ERROR_ORGANIZATION_UNKNOWN, ERROR_VALUE_UIN, ERROR_VALUE_TEXT, ERROR_VALUE_NAME,
                 ERROR_VALUE_AMOUNT, ERROR_VALUE_NEGATIVE, ERROR_VALUE_INCONSISTENT,
                 ERROR_VALUE_TEMP_CREDIT, ERROR_VALUE_TIME, ERROR_VALUE_PERIOD,
                 ERROR_VALUE_OVERFLOW, ERROR_MEMBER_EXISTS, ERROR_MEMBER_ELSEWHERE,
                 ERROR_MEMBER_REPEATED, ERROR_LIMIT, ERROR_ITEMS_LIMIT, WRITE_REFUSALS),
    .help = "Adds members with what they have on the first day.",
    .prepare = create_prepare,
    .lists_refusals = true,
    .answer_commit = create_answer,
};
