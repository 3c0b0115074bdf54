/* Organisations: CreateOrganization, DescribeOrganizations, bursar 2026-11-01.
 *
 * Owns nothing; memory is the call's. Thread: the worker's. */
#include "api/action.h"

#include "base/check.h"

/* ---- CreateOrganization ---- */

struct create_input {
    struct text_value name, owner_uin, currency;
    struct write_input write;
};

static bool read_currency(struct exchange *exchange, struct slice *ret_currency)
{
    const struct create_input *input = exchange->input;
    struct slice currency = input->currency.given ? input->currency.text : SLICE("USD");
    bool good = currency.len == 3;
    for (size_t i = 0; i < currency.len && good; i++)
        good = currency.at[i] >= 'A' && currency.at[i] <= 'Z';
    *ret_currency = currency;
    return good || exchange_refuse_word(exchange, ERROR_VALUE_CURRENCY, SLICE("Currency"));
}

static enum preparation create_prepare(struct exchange *exchange, struct api_pending *pending)
{
    const struct create_input *input = exchange->input;
    struct command *command = &pending->commit.command;
    if (!value_to_name(exchange, &input->name, SLICE("Name")) ||
        !value_to_uin(exchange, &input->owner_uin, SLICE("OwnerUin"), &command->owner) ||
        !read_currency(exchange, &command->currency))
        return PREPARED_REFUSED;
    command->kind = COMMAND_CREATE_ORGANISATION;
    command->name = input->name.text;
    return PREPARED;
}

/* The number a dry run answers is 0: none was given. */
static bool create_answer(struct exchange *exchange, struct api_pending *pending,
                          struct buffer *out)
{
    const struct command *command = &pending->commit.command;
    const struct book *book = exchange_book_begin(exchange);
    const struct organisation *organisation = book_organisation_of(book, command->owner);
    uint32_t id = command->dry_run || !organisation ? 0 : organisation->id;
    exchange_book_end(exchange);
    CHECK(command->dry_run || id != 0);
    BUFFER_LITERAL(out, "\"OrganizationId\":");
    buffer_u64(out, id);
    return true;
}

static const struct parameter create_parameters[] = {
    {PARAMETER(PARAMETER_TEXT, create_input, name, "Name", "1 to 64 characters."),
     .required = true},
    {PARAMETER(PARAMETER_TEXT, create_input, owner_uin, "OwnerUin", "The administrator's account."),
     .required = true},
    {PARAMETER(PARAMETER_TEXT, create_input, currency, "Currency", "ISO 4217; default USD.")},
    WRITE_PARAMETERS(create_input),
};

static const struct output create_outputs[] = {
    {"OrganizationId", "int64", "Its number; 0 with DryRun."},
    {NULL, NULL, NULL},
};

const struct action action_create_organization = {
    .name = {"CreateOrganization", 18},
    .access = ACCESS_OPERATOR,
    .input = PARAMETERS(create_parameters, create_input),
    .outputs = create_outputs,
    .refusals = REFUSALS(ERROR_VALUE_TEXT, ERROR_VALUE_NAME, ERROR_VALUE_UIN, ERROR_VALUE_CURRENCY,
                         ERROR_OWNER_TAKEN, ERROR_LIMIT, WRITE_REFUSALS),
    .help = "Makes an organization and its owner's account.",
    .prepare = create_prepare,
    .answer_commit = create_answer,
};

/* ---- DescribeOrganizations ---- */

struct describe_input {
    struct integer_value organization_id, offset, limit;
};

static void render_organisation(const struct book *book, const struct organisation *organisation,
                                struct buffer *out)
{
    RENDER_CENTS(out, "{\"CashTotal\":", organisation->cash);
    BUFFER_LITERAL(out, ",\"CreatedAt\":");
    render_time(out, organisation->created_us);
    BUFFER_LITERAL(out, ",\"Currency\":");
    json_quote(out, organisation->currency);
    RENDER_CENTS(out, ",\"FreezeTotal\":", organisation->frozen);
    RENDER_CENTS(out, ",\"FundingBalance\":", organisation->funding);
    RENDER_CENTS(out, ",\"GiftTotal\":", organisation->gift);
    RENDER_CENTS(out, ",\"IncomeTotal\":", organisation->income);
    BUFFER_LITERAL(out, ",\"MemberCount\":");
    buffer_u64(out, book_listed_count(book, organisation->id));
    BUFFER_LITERAL(out, ",\"Name\":");
    json_quote(out, organisation->name);
    BUFFER_LITERAL(out, ",\"OrganizationId\":");
    buffer_u64(out, organisation->id);
    BUFFER_LITERAL(out, ",\"OwnerUin\":");
    render_uin(out, organisation->owner);
    RENDER_CENTS(out, ",\"PromotionBalance\":", organisation->promotion);
    RENDER_CENTS(out, ",\"RevenueBalance\":", organisation->revenue);
    RENDER_CENTS(out, ",\"SuspenseBalance\":", organisation->suspense);
    buffer_char(out, '}');
}

/* All of them through the control socket, unless one is asked for. */
static bool describe_answer(struct exchange *exchange, struct buffer *out)
{
    const struct describe_input *input = exchange->input;
    bool is_all = exchange->principal.is_operator && !input->organization_id.given;
    struct listing listing = listing_asked(&input->offset, &input->limit);
    if (!is_all && !exchange_choose_organisation(exchange, &input->organization_id))
        return false;
    listing_open(out);
    const struct book *book = exchange_book_begin(exchange);
    uint32_t last = is_all ? book_organisation_count(book) : exchange->organisation;
    for (uint32_t id = is_all ? 1 : last; id <= last; id++) {
        if (listing_offer(&listing, out))
            render_organisation(book, book_organisation(book, id), out);
    }
    exchange_book_end(exchange);
    listing_close(&listing, out);
    return true;
}

static const struct parameter describe_parameters[] = {
    {PARAMETER(PARAMETER_INTEGER, describe_input, organization_id, "OrganizationId",
               "Through the control socket: only this one. Else the caller's own.")},
    LISTING_PARAMETERS(describe_input),
};

static const struct output describe_outputs[] = {
    {"Data", "list of object",
     "CashTotal, CreatedAt, Currency, FreezeTotal, FundingBalance, "
     "GiftTotal, IncomeTotal, MemberCount, Name, OrganizationId, OwnerUin, "
     "PromotionBalance, RevenueBalance, SuspenseBalance; amounts in cents."},
    {"TotalCount", "int64", "Organizations that match."},
    {NULL, NULL, NULL},
};

const struct action action_describe_organizations = {
    .name = {"DescribeOrganizations", 21},
    .access = ACCESS_OWNER,
    .input = PARAMETERS(describe_parameters, describe_input),
    .outputs = describe_outputs,
    .refusals = REFUSALS(ERROR_ORGANIZATION_UNKNOWN),
    .help = "Organizations with their totals.",
    .answer = describe_answer,
};
