/* `bursar credit`: how far beyond its own money a member may go, for good or for a while. */
#include "base/uin.h"
#include "cmd/answer.h"
#include "cmd/listing.h"
#include "cmd/subcommands.h"
#include "cmd/verb.h"

#include <stdio.h>

static const struct verb set = {
    .action = "ModifyMember",
    .words = {VERB_ARGUMENT(WORD_UIN, "UIN", "MemberUin"),
              VERB_ARGUMENT(WORD_MONEY, "AMOUNT", "BasicCreditAmount")},
    .needed = 2,
    .missing = "give UIN AMOUNT",
    .is_writing = true,
    .did = "credit of {AMOUNT} for {UIN}",
};

static const struct subcommand credit_set = {
    .name = "credit set",
    .summary = "Set a member's credit without an end",
    .arguments = "UIN AMOUNT",
    .description =
        "Sets BasicCreditAmount, in units of the currency; 0 takes it away. Money spent "
        "on credit stays spent: a member may be overdue after it.\n\n" WRITING_HELP WRITING_EXITS,
    .examples = "bursar credit set 700001941608 500 --data books",
    .verb = &set,
};

static const struct verb grant = {
    .action = "CreateTemporaryCredit",
    .words = {VERB_ARGUMENT(WORD_UIN, "UIN", "MemberUin"),
              VERB_ARGUMENT(WORD_MONEY, "AMOUNT", "Amount"),
              VERB_OPTION(WORD_TEXT, "from", "StartTime", "TIME",
                          "When it begins, RFC 3339: 2026-12-01T00:00:00Z. Default: now."),
              VERB_OPTION(WORD_TEXT, "until", "EndTime", "TIME", "When it ends. Default: never.")},
    .needed = 2,
    .missing = "give UIN AMOUNT",
    .is_writing = true,
    .would = "temporary credit of {AMOUNT} for {UIN}",
    .did = "grant {GrantId}: temporary credit of {AMOUNT} for {UIN}",
};

static const struct subcommand credit_grant = {
    .name = "credit grant",
    .summary = "Give a member credit for a while",
    .arguments = "UIN AMOUNT",
    .description = "Grants temporary credit beside what the member has. The answer is the grant's "
                   "number, which `bursar credit revoke` wants.\n\n" WRITING_HELP WRITING_EXITS,
    .examples = "bursar credit grant 700001941608 200 --until 2026-12-31T00:00:00Z --data books",
    .verb = &grant,
};

static const struct verb revoke = {
    .action = "DeleteTemporaryCredit",
    .words = {VERB_ARGUMENT(WORD_UIN, "UIN", "MemberUin"),
              VERB_ARGUMENT(WORD_NUMBER, "grant", "GrantId")},
    .needed = 2,
    .missing = "give UIN GRANT; `bursar credit list UIN` shows the grants",
    .is_writing = true,
    .would = "grant {grant} of {UIN} would be revoked",
    .did = "grant {grant} of {UIN} was revoked",
};

static const struct subcommand credit_revoke = {
    .name = "credit revoke",
    .summary = "Take temporary credit back before its end",
    .arguments = "UIN GRANT",
    .description = "Ends a grant now. Money spent on it stays spent: a member may be overdue after "
                   "it.\n\n" WRITING_HELP WRITING_EXITS,
    .examples = "bursar credit revoke 700001941608 1234 --data books",
    .verb = &revoke,
};

/* ---- list ---- */

static const struct subcommand credit_list;

/* The listing is by cursor, so that one member is the first behind the number before it. */
static void write_before(struct management *management, const char *text)
{
    char digits[UIN_DIGITS_MAX + 1] = "";
    struct uin uin;
    if (uin_parse(slice_text(text), &uin) && (uin.high > 0 || uin.low > 1)) {
        uin.high -= uin.low == 0;
        uin.low = uin.low == 0 ? UINT64_C(9999999999) : uin.low - 1;
        digits[uin_print(uin, digits)] = '\0';
    }
    management_text(management, "AfterUin", digits);
}

struct grant {
    uint64_t id;
    const char *json;
};
struct granted {
    struct slice uin;
    const struct grant *grants;
    size_t count;
};
struct granted_page {
    const struct granted *members;
    size_t count;
};
static const struct shape_member grant_members[] = {
    SHAPE_MEMBER(COUNT, struct grant, id, "GrantId", NULL)};
static const struct shape grant_shape = SHAPE_KEEPING_JSON(grant_members, struct grant, json);
static const struct shape_member granted_members[] = {
    SHAPE_MEMBER(TEXT, struct granted, uin, "MemberUin", NULL),
    SHAPE_LIST(OBJECTS, struct granted, grants, count, &grant_shape, "TempAmountInfoList", NULL)};
static const struct shape granted_shape = SHAPE(granted_members, struct granted);
static const struct shape_member granted_page_members[] = {
    SHAPE_LIST(OBJECTS, struct granted_page, members, count, &granted_shape, "Data", NULL)};
static const struct shape granted_page_shape = SHAPE(granted_page_members, struct granted_page);

static const struct listing grants = {
    .columns =
        (const struct table_column[]){
            {"GrantId", true}, {"TempAmount", true}, {"StartTime", false}, {"EndTime", false}},
    .column_count = 4,
    .money_columns = 1U << 1,
};

static int print_grants(const char *format, const char *uin, struct slice response)
{
    struct arena memory;
    struct buffer rows; /* as an answer of their own */
    struct granted_page page;
    if (!arena_init(&memory, 65536, 16 << 20))
        return fail(&credit_list, EXIT_NETWORK, "no memory");
    buffer_init(&rows, 16 << 20);
    int code = -1;
    if (!answer_parse(&granted_page_shape, response, &memory, &page))
        code = fail(&credit_list, EXIT_NETWORK, "the answer cannot be read");
    else if (page.count == 0 || !slice_equal(page.members[0].uin, slice_text(uin)))
        code = fail(&credit_list, EXIT_NOT_FOUND, "%s is not a member of this organisation", uin);
    BUFFER_LITERAL(&rows, "{\"Data\":[");
    for (size_t i = 0; code < 0 && i < page.members[0].count; i++) {
        buffer_text(&rows, i > 0 ? "," : "");
        buffer_text(&rows, page.members[0].grants[i].json);
    }
    BUFFER_LITERAL(&rows, "]}");
    if (code < 0)
        code = listing_print(&credit_list, &grants, format, buffer_slice(&rows));
    buffer_done(&rows);
    arena_done(&memory);
    return code;
}

static int list(struct management *management, const char *format, const char *uin)
{
    struct slice response;
    int code = uin ? check_uin(&credit_list, uin)
                   : fail(&credit_list, EXIT_USAGE, "which member? give its UIN");
    if (code >= 0)
        return code;
    management_begin(management);
    write_before(management, uin);
    json_write_key(&management->writer, SLICE("Limit"));
    json_write_u64(&management->writer, 1);
    code = management_send(management, "DescribeMembers", &response);
    return code >= 0 ? code : print_grants(format, uin, response);
}

static int run_list(int argc, char **argv)
{
    struct management management = MANAGEMENT_DEFAULT(&credit_list);
    const char *format = NULL, *uin;
    const struct option_spec options[] = {
        OUTPUT_OPTION(&format),
        MANAGEMENT_OPTIONS(&management),
        MANAGEMENT_CREDENTIALS(&management),
    };
    int code = management_parse(&management, options, sizeof(options) / sizeof(options[0]), argc,
                                argv, 1, &uin);
    return code >= 0 ? code : management_done(&management, list(&management, format, uin));
}

static const struct subcommand credit_list = {
    .name = "credit list",
    .summary = "List a member's temporary credit",
    .arguments = "UIN",
    .description = "Lists the grants that are active or still to come. A table shows amounts in "
                   "units of the currency; json, jsonl and csv the API's cents.",
    .examples = "bursar credit list 700001941608 --data books",
    .run = run_list,
};

const struct subcommand subcommand_credit = {
    .name = "credit",
    .summary = "Set a member's credit, or grant it for a while",
    .arguments = "set|grant|revoke|list",
    .description = "Credit is a limit, not money: how far a member may go beyond what it has. One "
                   "part has no end (`credit set`), others begin and end by themselves (`credit "
                   "grant`).",
    .verbs = (const struct subcommand *const[]){&credit_set, &credit_grant, &credit_revoke,
                                                &credit_list, NULL},
};
