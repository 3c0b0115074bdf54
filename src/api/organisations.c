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
    uint64_t id = command->dry_run || !organisation ? 0 : organisation->id;
    exchange_book_end(exchange);
    CHECK(command->dry_run || id != 0);
    answer_write(exchange, &id, out);
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

struct create_view {
    uint64_t id;
};

static const struct shape_member create_outputs[] = {
    SHAPE_MEMBER(COUNT, struct create_view, id, "OrganizationId", "Its number; 0 with DryRun."),
};

const struct action action_create_organization = {
    .name = {"CreateOrganization", 18},
    .access = ACCESS_OPERATOR,
    .input = PARAMETERS(create_parameters, create_input),
    .outputs = SHAPE(create_outputs, struct create_view),
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

struct organisation_view {
    uint64_t id, members;
    struct organisation of;
};

#define ORGANISATION_MEMBER(kind, member, name, help)                                              \
    SHAPE_MEMBER(kind, struct organisation_view, member, name, help)
static const struct shape_member organisation_members[] = {
    ORGANISATION_MEMBER(CENTS, of.cash, "CashTotal", "Cash of all members, in cents."),
    ORGANISATION_MEMBER(TIME, of.created_us, "CreatedAt", "When it was made."),
    ORGANISATION_MEMBER(TEXT, of.currency, "Currency", "ISO 4217."),
    ORGANISATION_MEMBER(CENTS, of.frozen, "FreezeTotal", "What holds reserve."),
    ORGANISATION_MEMBER(CENTS, of.funding, "FundingBalance", "What came in, as a negative sum."),
    ORGANISATION_MEMBER(CENTS, of.gift, "GiftTotal", "Gift of all members."),
    ORGANISATION_MEMBER(CENTS, of.income, "IncomeTotal", "Income of all members."),
    ORGANISATION_MEMBER(COUNT, members, "MemberCount", "Without the owner."),
    ORGANISATION_MEMBER(TEXT, of.name, "Name", "As it was given."),
    ORGANISATION_MEMBER(COUNT, id, "OrganizationId", "Its number."),
    ORGANISATION_MEMBER(UIN, of.owner, "OwnerUin", "The administrator's account."),
    ORGANISATION_MEMBER(CENTS, of.promotion, "PromotionBalance", "Where gifts come from."),
    ORGANISATION_MEMBER(CENTS, of.revenue, "RevenueBalance", "Where charges go."),
    ORGANISATION_MEMBER(CENTS, of.suspense, "SuspenseBalance", "The other side of adjustments."),
};
static const struct shape organisation_shape =
    SHAPE(organisation_members, struct organisation_view);

static void render_organisation(const struct book *book, const struct organisation *organisation,
                                struct buffer *out)
{
    struct organisation_view view = {organisation->id, book_listed_count(book, organisation->id),
                                     *organisation};
    shape_write(&organisation_shape, &view, out);
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

static const struct shape_member describe_outputs[] = {
    LISTING_OUTPUTS(&organisation_shape, "By their numbers.", "Organizations that match."),
};

const struct action action_describe_organizations = {
    .name = {"DescribeOrganizations", 21},
    .access = ACCESS_OWNER,
    .input = PARAMETERS(describe_parameters, describe_input),
    .outputs = SHAPE(describe_outputs, struct listing),
    .refusals = REFUSALS(ERROR_ORGANIZATION_UNKNOWN),
    .help = "Organizations with their totals.",
    .answer = describe_answer,
};
