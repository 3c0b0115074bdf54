/* Delegated finance administrators: PutDelegation, DescribeDelegations, DeleteDelegation, bursar
 * 2026-11-01. A delegate is a member who may see the balances of everyone or of named members.
 *
 * Owns nothing; memory is the call's. Thread: the worker's. */
#include "api/registry_list.h"

struct delegation_input {
    struct integer_value organization_id;
    struct text_value account_uin;
    struct boolean_value everyone;
    struct list_value member_uins; /* of text_value */
    struct write_input write;
};

static bool delegation_read(struct exchange *exchange, struct command *command)
{
    const struct delegation_input *input = exchange->input;
    if (!exchange_choose_organisation(exchange, &input->organization_id) ||
        !value_to_uin(exchange, &input->account_uin, SLICE("AccountUin"),
                      &command->delegation.account))
        return false;
    command->organisation = exchange->organisation;
    command->delegation.organisation = exchange->organisation;
    return true;
}

static bool scope_read(struct exchange *exchange, struct delegation *delegation)
{
    const struct delegation_input *input = exchange->input;
    const struct text_value *values = input->member_uins.items;
    uint32_t count = input->member_uins.count;
    struct uin *scope = arena_take_array(exchange->arena, count, sizeof *scope);
    if (!scope)
        return exchange_refuse(exchange, ERROR_INTERNAL);
    for (uint32_t i = 0; i < count; i++) {
        if (!value_to_uin(exchange, &values[i], SLICE("MemberUins"), &scope[i]))
            return false;
    }
    delegation->scope = scope;
    delegation->scope_count = count;
    return true;
}

/* "Everyone" is never understood from silence. */
static enum preparation put_prepare(struct exchange *exchange, struct api_pending *pending)
{
    const struct delegation_input *input = exchange->input;
    struct command *command = &pending->commit.command;
    command->delegation.everyone = input->everyone.value;
    if (!delegation_read(exchange, command))
        return PREPARED_REFUSED;
    command->kind = COMMAND_DELEGATE;
    if (input->everyone.value)
        return PREPARED;
    if (input->member_uins.count == 0) {
        (void)exchange_refuse_word(exchange, ERROR_MISSING_PARAMETER, SLICE("MemberUins"));
        return PREPARED_REFUSED;
    }
    return scope_read(exchange, &command->delegation) ? PREPARED : PREPARED_REFUSED;
}

static enum preparation delete_prepare(struct exchange *exchange, struct api_pending *pending)
{
    if (!delegation_read(exchange, &pending->commit.command))
        return PREPARED_REFUSED;
    pending->commit.command.kind = COMMAND_REMOVE_DELEGATE;
    return PREPARED;
}

static const struct parameter put_parameters[] = {
    ORGANIZATION_PARAMETER(delegation_input),
    {PARAMETER(PARAMETER_TEXT, delegation_input, account_uin, "AccountUin",
               "The member; what it was delegated before is replaced."),
     .required = true},
    {PARAMETER(PARAMETER_BOOLEAN, delegation_input, everyone, "Everyone",
               "True: all members, also future ones; then MemberUins is not looked at.")},
    {PARAMETER(PARAMETER_TEXT, delegation_input, member_uins, "MemberUins",
               "Needed unless Everyone: whose balances it may see."),
     .is_list = true, .maximum = ENTRY_SCOPE_MAX},
    WRITE_PARAMETERS(delegation_input),
};

const struct action action_put_delegation = {
    .name = {"PutDelegation", 13},
    .access = ACCESS_OWNER,
    .input = PARAMETERS(put_parameters, delegation_input),
    .refusals = REFUSALS(ERROR_ORGANIZATION_UNKNOWN, ERROR_VALUE_UIN, ERROR_MEMBER_UNKNOWN,
                         ERROR_LIMIT, ERROR_DELEGATION_LIMIT, ERROR_GIVES_MORE, WRITE_REFUSALS),
    .help =
        "Lets a member see the balances of others. It ends when the member leaves; a member named "
        "in it that leaves and comes back is seen only after it is put again.",
    .prepare = put_prepare,
    .answer_commit = answer_nothing,
};

static const struct parameter delete_parameters[] = {
    ORGANIZATION_PARAMETER(delegation_input),
    {PARAMETER(PARAMETER_TEXT, delegation_input, account_uin, "AccountUin", "The member."),
     .required = true},
    WRITE_PARAMETERS(delegation_input),
};

const struct action action_delete_delegation = {
    .name = {"DeleteDelegation", 16},
    .access = ACCESS_OWNER,
    .input = PARAMETERS(delete_parameters, delegation_input),
    .refusals = REFUSALS(ERROR_ORGANIZATION_UNKNOWN, ERROR_VALUE_UIN, ERROR_DELEGATION_UNKNOWN,
                         WRITE_REFUSALS),
    .help = "Ends a delegation.",
    .prepare = delete_prepare,
    .answer_commit = answer_nothing,
};

/* ---- DescribeDelegations ---- */

struct describe_input {
    struct integer_value organization_id, offset, limit;
};

struct delegation_view {
    struct uin account;
    bool everyone;
    const struct uin *scope;
    size_t scope_count;
};

static const struct shape_member delegation_members[] = {
    SHAPE_MEMBER(UIN, struct delegation_view, account, "AccountUin", "The member that may see."),
    SHAPE_MEMBER(BOOL, struct delegation_view, everyone, "Everyone", "Whether it sees all."),
    SHAPE_LIST(UINS, struct delegation_view, scope, scope_count, NULL, "MemberUins",
               "Whom it sees, as they were given."),
};
static const struct shape delegation_shape = SHAPE(delegation_members, struct delegation_view);

static void render_delegation(const struct book *book, uint32_t index, struct buffer *out)
{
    const struct delegation *delegation = book_delegation(book, index);
    struct delegation_view view = {delegation->account, delegation->everyone, delegation->scope,
                                   delegation->scope_count};
    shape_write(&delegation_shape, &view, out);
}

static bool describe_answer(struct exchange *exchange, struct buffer *out)
{
    const struct describe_input *input = exchange->input;
    struct listing listing = listing_asked(&input->offset, &input->limit);
    if (!exchange_choose_organisation(exchange, &input->organization_id))
        return false;
    registry_list_answer(exchange, REGISTRY_DELEGATIONS, &listing, render_delegation, out);
    return true;
}

static const struct parameter describe_parameters[] = {
    ORGANIZATION_PARAMETER(describe_input),
    LISTING_PARAMETERS(describe_input),
};

static const struct shape_member describe_outputs[] = {
    LISTING_OUTPUTS(&delegation_shape, "In the order they were put." REGISTRY_PAGE_HELP,
                    "Delegations of the organization."),
};

const struct action action_describe_delegations = {
    .name = {"DescribeDelegations", 19},
    .access = ACCESS_OWNER,
    .input = PARAMETERS(describe_parameters, describe_input),
    .outputs = SHAPE(describe_outputs, struct listing),
    .refusals = REFUSALS(ERROR_ORGANIZATION_UNKNOWN),
    .help = "Who was delegated what.",
    .answer = describe_answer,
};
