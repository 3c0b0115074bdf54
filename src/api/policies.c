/* Policies of sub-accounts and roles: PutPolicy, DescribePolicies, DeletePolicy, bursar 2026-11-01.
 *
 * 1. A document is compiled before it is put, so that what the book holds compiles; and each of its
 *    statements can have its effect.
 * Owns nothing; memory is the call's. Thread: the worker's. */
#include "api/policy_effect.h"
#include "api/registry_list.h"

/* ---- PutPolicy, DeletePolicy ---- */

struct policy_input {
    struct integer_value organization_id;
    struct text_value user_uin, policy_name, policy_document;
    struct write_input write;
};

static bool refuse_document(struct exchange *exchange, struct slice reason)
{
    (void)exchange_refuse_word(exchange, ERROR_VALUE_POLICY, SLICE("PolicyDocument"));
    exchange->complaint.words[1] = reason;
    return false;
}

static bool check_effect(struct exchange *exchange, const struct compiled_policy *policy)
{
    enum { REASON_BYTES_MAX = 1024 };
    struct buffer reason;
    void *memory = arena_take(exchange->arena, REASON_BYTES_MAX);
    if (!memory)
        return exchange_refuse(exchange, ERROR_INTERNAL);
    buffer_init_fixed(&reason, memory, REASON_BYTES_MAX);
    return policy_has_effect(policy, &exchange->worker->api->world.products, &reason) ||
           refuse_document(exchange, buffer_slice(&reason));
}

static bool check_document(struct exchange *exchange, struct slice document)
{
    struct compiled_policy *compiled;
    const char *error;
    if (policy_compile(document, exchange->arena, &compiled, &error))
        return check_effect(exchange, compiled);
    if (slice_equal(slice_text(error), SLICE("it is not strict JSON")))
        return exchange_refuse_word(exchange, ERROR_PARAMETER_JSON, SLICE("PolicyDocument"));
    return refuse_document(exchange, slice_text(error));
}

/* Which policy a write is about. */
static bool policy_read(struct exchange *exchange, struct command *command)
{
    const struct policy_input *input = exchange->input;
    if (!exchange_choose_organisation(exchange, &input->organization_id) ||
        !value_to_uin(exchange, &input->user_uin, SLICE("UserUin"), &command->policy.user) ||
        !value_to_name(exchange, &input->policy_name, SLICE("PolicyName")))
        return false;
    command->organisation = exchange->organisation;
    command->policy.organisation = exchange->organisation;
    command->policy.name = input->policy_name.text;
    return true;
}

static enum preparation put_prepare(struct exchange *exchange, struct api_pending *pending)
{
    const struct policy_input *input = exchange->input;
    struct command *command = &pending->commit.command;
    if (!policy_read(exchange, command) || !check_document(exchange, input->policy_document.text))
        return PREPARED_REFUSED;
    command->kind = COMMAND_PUT_POLICY;
    command->policy.document = input->policy_document.text;
    return PREPARED;
}

static enum preparation delete_prepare(struct exchange *exchange, struct api_pending *pending)
{
    if (!policy_read(exchange, &pending->commit.command))
        return PREPARED_REFUSED;
    pending->commit.command.kind = COMMAND_REMOVE_POLICY;
    return PREPARED;
}

static const struct parameter put_parameters[] = {
    ORGANIZATION_PARAMETER(policy_input),
    {PARAMETER(PARAMETER_TEXT, policy_input, user_uin, "UserUin",
               "The sub-account or role it is attached to."),
     .required = true},
    {PARAMETER(PARAMETER_TEXT, policy_input, policy_name, "PolicyName",
               "1 to 64 characters; a policy of this name is replaced."),
     .required = true},
    {PARAMETER(PARAMETER_TEXT, policy_input, policy_document, "PolicyDocument",
               "CAM grammar 2.0, as JSON text of at most 16 KiB."),
     .required = true},
    WRITE_PARAMETERS(policy_input),
};

const struct action action_put_policy = {
    .name = {"PutPolicy", 9},
    .access = ACCESS_OWNER,
    .input = PARAMETERS(put_parameters, policy_input),
    .refusals = REFUSALS(ERROR_ORGANIZATION_UNKNOWN, ERROR_VALUE_UIN, ERROR_VALUE_TEXT,
                         ERROR_VALUE_NAME, ERROR_PARAMETER_JSON, ERROR_VALUE_POLICY,
                         ERROR_POLICY_LIMIT, ERROR_LIMIT, ERROR_GIVES_MORE, WRITE_REFUSALS),
    .help =
        "Attaches a policy to a sub-account or role. It ends when the account leaves that has the "
        "keys of the sub-account or role.",
    .prepare = put_prepare,
    .answer_commit = answer_nothing,
};

static const struct parameter delete_parameters[] = {
    ORGANIZATION_PARAMETER(policy_input),
    {PARAMETER(PARAMETER_TEXT, policy_input, user_uin, "UserUin",
               "The sub-account or role it is attached to."),
     .required = true},
    {PARAMETER(PARAMETER_TEXT, policy_input, policy_name, "PolicyName", "Which one."),
     .required = true},
    WRITE_PARAMETERS(policy_input),
};

const struct action action_delete_policy = {
    .name = {"DeletePolicy", 12},
    .access = ACCESS_OWNER,
    .input = PARAMETERS(delete_parameters, policy_input),
    .refusals = REFUSALS(ERROR_ORGANIZATION_UNKNOWN, ERROR_VALUE_UIN, ERROR_VALUE_TEXT,
                         ERROR_VALUE_NAME, ERROR_POLICY_UNKNOWN, ERROR_GIVES_MORE, WRITE_REFUSALS),
    .help = "Takes a policy away.",
    .prepare = delete_prepare,
    .answer_commit = answer_nothing,
};

/* ---- DescribePolicies ---- */

struct describe_input {
    struct integer_value organization_id, offset, limit;
    struct text_value user_uin;
};

static const struct shape_member policy_members[] = {
    SHAPE_MEMBER(TEXT, struct policy, document, "PolicyDocument", "As it was put."),
    SHAPE_MEMBER(TEXT, struct policy, name, "PolicyName", "Its name."),
    SHAPE_MEMBER(UIN, struct policy, user, "UserUin", "The sub-account or role it is attached to."),
};
static const struct shape policy_shape = SHAPE(policy_members, struct policy);

static void render_policy(const struct book *book, uint32_t index, struct buffer *out)
{
    shape_write(&policy_shape, book_policy(book, index), out);
}

/* A user has few, and they are short together. */
static void list_of_user(struct exchange *exchange, struct uin user, struct listing *listing,
                         struct buffer *out)
{
    listing_open(out);
    const struct book *book = exchange_book_begin(exchange);
    uint32_t at = book_find_policy(book, exchange->organisation, user, 0);
    for (; at != BOOK_NONE; at = book_find_policy(book, exchange->organisation, user, at + 1))
        if (listing_offer(listing, out))
            render_policy(book, at, out);
    exchange_book_end(exchange);
    listing_close(listing, out);
}

static bool describe_answer(struct exchange *exchange, struct buffer *out)
{
    const struct describe_input *input = exchange->input;
    struct listing listing = listing_asked(&input->offset, &input->limit);
    struct uin user = {0, 0};
    if (!exchange_choose_organisation(exchange, &input->organization_id) ||
        (input->user_uin.text.len > 0 &&
         !value_to_uin(exchange, &input->user_uin, SLICE("UserUin"), &user)))
        return false;
    if (uin_is_none(user))
        registry_list_answer(exchange, REGISTRY_POLICIES, &listing, render_policy, out);
    else
        list_of_user(exchange, user, &listing, out);
    return true;
}

static const struct parameter describe_parameters[] = {
    ORGANIZATION_PARAMETER(describe_input),
    {PARAMETER(PARAMETER_TEXT, describe_input, user_uin, "UserUin",
               "Only those of this account; absent or empty: all.")},
    LISTING_PARAMETERS(describe_input),
};

static const struct shape_member describe_outputs[] = {
    LISTING_OUTPUTS(&policy_shape, "In the order they were put." REGISTRY_PAGE_HELP,
                    "Policies that match."),
};

const struct action action_describe_policies = {
    .name = {"DescribePolicies", 16},
    .access = ACCESS_OWNER,
    .input = PARAMETERS(describe_parameters, describe_input),
    .outputs = SHAPE(describe_outputs, struct listing),
    .refusals = REFUSALS(ERROR_ORGANIZATION_UNKNOWN, ERROR_VALUE_UIN),
    .help = "The policies of the organization.",
    .answer = describe_answer,
};
