/* `bursar credit`: how far beyond its own money a member may go, for good or for a while. */
#include "base/uin.h"
#include "cmd/listing.h"
#include "cmd/subcommands.h"
#include "cmd/writing.h"

#include <inttypes.h>
#include <stdio.h>

static const struct subcommand credit_set, credit_grant, credit_revoke, credit_list;

/* ---- set ---- */

static int set(struct writing *writing, const char *const *arguments)
{
    char said[96];
    struct slice response;
    int code = writing_open(writing);
    if (code < 0 && !arguments[1])
        code = fail(&credit_set, EXIT_USAGE, "give UIN AMOUNT");
    if (code < 0)
        code = check_uin(&credit_set, arguments[0]);
    if (code >= 0)
        return code;
    writing_begin(writing, "");
    management_text(&writing->management, "MemberUin", arguments[0]);
    code = writing_amount(writing, "BasicCreditAmount", arguments[1]);
    if (code < 0)
        code = writing_send(writing, "ModifyMember", &response);
    if (code >= 0)
        return code;
    snprintf(said, sizeof said, "credit of %s for %s", arguments[1], arguments[0]);
    writing_print(writing, response, said);
    return -1;
}

static int run_set(int argc, char **argv)
{
    struct writing writing = WRITING_DEFAULT(&credit_set);
    const char *arguments[2];
    const struct option_spec options[] = {WRITING_OPTIONS(&writing)};
    int code = management_parse(&writing.management, options, sizeof(options) / sizeof(options[0]),
                                argc, argv, 2, arguments);
    if (code >= 0)
        return code;
    return writing_done(&writing, set(&writing, arguments));
}

static const struct subcommand credit_set = {
    .name = "credit set",
    .summary = "Set a member's credit without an end",
    .arguments = "UIN AMOUNT",
    .description =
        "Sets BasicCreditAmount, in units of the currency; 0 takes it away. Money spent "
        "on credit stays spent: a member may be overdue after it.\n\n" WRITING_HELP WRITING_EXITS,
    .examples = "bursar credit set 700001941608 500 --data books",
    .run = run_set,
};

/* ---- grant ---- */

static int grant(struct writing *writing, const char *const *arguments, const char *from,
                 const char *until)
{
    char said[128];
    struct slice response;
    int code = writing_open(writing);
    if (code < 0 && !arguments[1])
        code = fail(&credit_grant, EXIT_USAGE, "give UIN AMOUNT");
    if (code < 0)
        code = check_uin(&credit_grant, arguments[0]);
    if (code >= 0)
        return code;
    writing_begin(writing, "");
    management_text(&writing->management, "MemberUin", arguments[0]);
    management_text(&writing->management, "StartTime", from);
    management_text(&writing->management, "EndTime", until);
    code = writing_amount(writing, "Amount", arguments[1]);
    if (code < 0)
        code = writing_send(writing, "CreateTemporaryCredit", &response);
    if (code >= 0)
        return code;
    if (writing->management.dry_run)
        snprintf(said, sizeof said, "temporary credit of %s for %s", arguments[1], arguments[0]);
    else
        snprintf(said, sizeof said, "grant %" PRIu64 ": temporary credit of %s for %s",
                 writing_id(response, "GrantId"), arguments[1], arguments[0]);
    writing_print(writing, response, said);
    return -1;
}

static int run_grant(int argc, char **argv)
{
    struct writing writing = WRITING_DEFAULT(&credit_grant);
    const char *arguments[2], *from = NULL, *until = NULL;
    const struct option_spec options[] = {
        {"from", "TIME", "When it begins, RFC 3339: 2026-12-01T00:00:00Z. Default: now.",
         OPTION_TEXT, &from},
        {"until", "TIME", "When it ends. Default: never.", OPTION_TEXT, &until},
        WRITING_OPTIONS(&writing),
    };
    int code = management_parse(&writing.management, options, sizeof(options) / sizeof(options[0]),
                                argc, argv, 2, arguments);
    if (code >= 0)
        return code;
    return writing_done(&writing, grant(&writing, arguments, from, until));
}

static const struct subcommand credit_grant = {
    .name = "credit grant",
    .summary = "Give a member credit for a while",
    .arguments = "UIN AMOUNT",
    .description = "Grants temporary credit beside what the member has. The answer is the grant's "
                   "number, which `bursar credit revoke` wants.\n\n" WRITING_HELP WRITING_EXITS,
    .examples = "bursar credit grant 700001941608 200 --until 2026-12-31T00:00:00Z --data books",
    .run = run_grant,
};

/* ---- revoke ---- */

static int revoke(struct writing *writing, const char *const *arguments)
{
    char said[128];
    struct slice response;
    int code = writing_open(writing);
    if (code < 0 && !arguments[1])
        code = fail(&credit_revoke, EXIT_USAGE,
                    "give UIN GRANT; `bursar credit list UIN` shows the grants");
    if (code < 0)
        code = check_uin(&credit_revoke, arguments[0]);
    if (code >= 0)
        return code;
    writing_begin(writing, "");
    management_text(&writing->management, "MemberUin", arguments[0]);
    code = writing_number(writing, "GrantId", arguments[1], "grant");
    if (code < 0)
        code = writing_send(writing, "DeleteTemporaryCredit", &response);
    if (code >= 0)
        return code;
    snprintf(said, sizeof said, "grant %s of %s %s", arguments[1], arguments[0],
             writing->management.dry_run ? "would be revoked" : "was revoked");
    writing_print(writing, response, said);
    return -1;
}

static int run_revoke(int argc, char **argv)
{
    struct writing writing = WRITING_DEFAULT(&credit_revoke);
    const char *arguments[2];
    const struct option_spec options[] = {WRITING_OPTIONS(&writing)};
    int code = management_parse(&writing.management, options, sizeof(options) / sizeof(options[0]),
                                argc, argv, 2, arguments);
    if (code >= 0)
        return code;
    return writing_done(&writing, revoke(&writing, arguments));
}

static const struct subcommand credit_revoke = {
    .name = "credit revoke",
    .summary = "Take temporary credit back before its end",
    .arguments = "UIN GRANT",
    .description = "Ends a grant now. Money spent on it stays spent: a member may be overdue after "
                   "it.\n\n" WRITING_HELP WRITING_EXITS,
    .examples = "bursar credit revoke 700001941608 1234 --data books",
    .run = run_revoke,
};

/* ---- list ---- */

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

/* The member's TempAmountInfoList, as an answer of its own. False: it is not in the answer. */
static bool find_grants(struct slice response, const char *uin, struct arena *memory,
                        struct slice *ret_list)
{
    struct json_reader reader;
    struct json_token token;
    struct slice list = SLICE_NONE, found = SLICE_NONE;
    json_reader_init(&reader, response, memory);
    while (json_next(&reader, &token) != JSON_END && token.kind != JSON_ERROR) {
        if (token.kind != JSON_KEY)
            continue;
        if (slice_equal(token.text, SLICE("MemberUin")) && json_next(&reader, &token))
            found = token.text;
        else if (slice_equal(token.text, SLICE("TempAmountInfoList"))) {
            if (json_next(&reader, &token) != JSON_ARRAY)
                return false;
            size_t start = reader.at - 1;
            if (!json_skip_rest(&reader, JSON_ARRAY))
                return false;
            list = slice_of(response.at + start, reader.at - start);
        }
    }
    *ret_list = list;
    return token.kind == JSON_END && list.len > 0 && slice_equal(found, slice_text(uin));
}

static int print_grants(const char *format, const char *uin, struct slice response)
{
    static const struct table_column columns[] = {
        {"GrantId", true}, {"TempAmount", true}, {"StartTime", false}, {"EndTime", false}};
    const struct listing listing = {.self = &credit_list,
                                    .columns = columns,
                                    .column_count = sizeof(columns) / sizeof(columns[0]),
                                    .money_columns = 1U << 1};
    struct arena memory;
    struct buffer answer;
    struct slice list;
    if (!arena_init(&memory, 65536, 16 << 20))
        return fail(&credit_list, EXIT_NETWORK, "no memory");
    buffer_init(&answer, 16 << 20);
    int code = EXIT_NOT_FOUND;
    if (find_grants(response, uin, &memory, &list)) {
        BUFFER_LITERAL(&answer, "{\"Data\":");
        buffer_append(&answer, list);
        buffer_char(&answer, '}');
        code = listing_print(&listing, format, buffer_slice(&answer));
    } else {
        fail(&credit_list, EXIT_NOT_FOUND, "%s is not a member of this organisation", uin);
    }
    buffer_done(&answer);
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
        {"output", "FORMAT", "table, json, jsonl or csv. Default: table on a terminal, else json.",
         OPTION_TEXT, &format},
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

static const struct subcommand *const verbs[] = {&credit_set, &credit_grant, &credit_revoke,
                                                 &credit_list, NULL};

static int run(int argc, char **argv)
{
    return verbs_run(&subcommand_credit, verbs, argc, argv);
}

const struct subcommand subcommand_credit = {
    .name = "credit",
    .summary = "Set a member's credit, or grant it for a while",
    .arguments = "set|grant|revoke|list",
    .description = "Credit is a limit, not money: how far a member may go beyond what it has. One "
                   "part has no end (`credit set`), others begin and end by themselves (`credit "
                   "grant`).",
    .run = run,
};
