/* `bursar policy`: what sub-accounts and roles may do. */
#include "cmd/listing.h"
#include "cmd/subcommands.h"
#include "sys/file.h"

#include <stdio.h>
#include <string.h>

enum { DOCUMENT_BYTES_MAX = 1 << 20, NAME_BYTES_MAX = 512 };

/* ---- put ---- */

static const struct subcommand policy_put;

/* "read-only" of "/some/where/read-only.json". */
static bool name_of_file(const char *path, char ret_name[NAME_BYTES_MAX])
{
    const char *slash = strrchr(path, '/');
    const char *base = slash ? slash + 1 : path;
    size_t len = strlen(base);
    if (len > 5 && strcmp(base + len - 5, ".json") == 0)
        len -= 5;
    if (len == 0 || len >= NAME_BYTES_MAX || strcmp(path, "-") == 0)
        return false;
    memcpy(ret_name, base, len);
    ret_name[len] = '\0';
    return true;
}

static int put(struct management *management, const char *path, const char *user, const char *name)
{
    struct fault fault;
    struct buffer document;
    struct slice response;
    buffer_init(&document, DOCUMENT_BYTES_MAX);
    struct status status = file_read(path, &document, &fault);
    if (!status_ok(status)) {
        buffer_done(&document);
        return fail(&policy_put, exit_code_of_status(status), "%s", fault.text);
    }
    management_begin(management);
    management_text(management, "UserUin", user);
    management_text(management, "PolicyName", name);
    json_write_key(&management->writer, SLICE("PolicyDocument"));
    json_write_string(&management->writer, buffer_slice(&document));
    buffer_done(&document);
    return management_send(management, "PutPolicy", &response);
}

static int run_put(int argc, char **argv)
{
    struct management management = MANAGEMENT_DEFAULT(&policy_put);
    const char *path = NULL, *user = NULL, *name = NULL;
    char name_memory[NAME_BYTES_MAX];
    const struct option_spec options[] = {
        {"user", "UIN", "The sub-account or role it is attached to. Needed.", OPTION_TEXT, &user},
        {"name", "NAME", "The policy's name. Default: the file's, without .json.", OPTION_TEXT,
         &name},
        MANAGEMENT_DRY_RUN(&management),
        MANAGEMENT_OPTIONS(&management),
        MANAGEMENT_CREDENTIALS(&management),
    };
    int code = management_parse(&management, options, sizeof(options) / sizeof(options[0]), argc,
                                argv, 1, &path);
    if (code >= 0)
        return code;
    if (!path)
        return fail(&policy_put, EXIT_USAGE, "which policy? give a file, or - for standard input");
    if (!user)
        return fail(&policy_put, EXIT_USAGE, "for whom? give --user UIN");
    if (!name && !name_of_file(path, name_memory))
        return fail(&policy_put, EXIT_USAGE, "what is it called? give --name NAME");
    code = put(&management, path, user, name ? name : name_memory);
    return management_done(&management, code);
}

static const struct subcommand policy_put = {
    .name = "policy put",
    .summary = "Attach a policy to a sub-account or role",
    .arguments = "FILE",
    .description =
        "Reads a policy document (CAM's grammar, version 2.0) and attaches it to a user under a "
        "name; one of that name is replaced. It holds from the next request on. A document that "
        "cannot be understood is refused, with what is wrong in it.\n\n"
        "Billing's actions have the prefix finance: (finance:DescribeOrgMemberAccountBalance), "
        "wildcards are allowed, deny beats allow, and what is not allowed is denied. Main accounts "
        "need no policy in their own organisation. Whoever is no main account puts only what its "
        "own "
        "policies cover.\n\n"
        "  {\"version\": \"2.0\", \"statement\": [\n"
        "      {\"effect\": \"allow\", \"action\": [\"finance:Describe*\"], \"resource\": "
        "[\"*\"]}]}\n\n"
        "Management has the prefix bursar:. What is about single members can be limited to some of "
        "them by the resource qcs::bursar:::member/UIN (with * and ?), and what moves money by the "
        "conditions bursar:TransferKind (charge, top_up, ..., hold, capture, release) and "
        "bursar:Amount (in units of the currency). A nightly job that may charge up to 250.50 at a "
        "time, and nothing else:\n\n"
        "  {\"version\": \"2.0\", \"statement\": {\n"
        "      \"effect\": \"allow\", \"action\": \"bursar:CreateTransfers\", \"resource\": "
        "\"*\",\n"
        "      \"condition\": {\"string_equal\": {\"bursar:TransferKind\": \"charge\"},\n"
        "                    \"numeric_less_than_equal\": {\"bursar:Amount\": 250.50}}}}\n\n"
        "A statement that cannot have its effect is refused, with the element: "
        "statement[0].resource[0].",
    .examples = "bursar policy put --data books --user 100000000777 read-only.json\n"
                "bursar policy put --data books --user 100000000778 nightly.json",
    .run = run_put,
};

/* ---- list ---- */

static const struct subcommand policy_list;

static int run_list(int argc, char **argv)
{
    static const struct table_column columns[] = {
        {"UserUin", false},
        {"PolicyName", false},
        {"PolicyDocument", false},
    };
    const struct listing listing = {.self = &policy_list,
                                    .action = "DescribePolicies",
                                    .columns = columns,
                                    .column_count = sizeof(columns) / sizeof(columns[0])};
    return listing_main(&listing, argc, argv);
}

static const struct subcommand policy_list = {
    .name = "policy list",
    .summary = "List the policies and whom they are attached to",
    .description = "Lists every policy of the organisation, with its document.",
    .examples = "bursar policy list --data books --output json",
    .run = run_list,
};

/* ---- remove ---- */

static const struct subcommand policy_remove;

static int run_remove(int argc, char **argv)
{
    struct management management = MANAGEMENT_DEFAULT(&policy_remove);
    const char *name = NULL, *user = NULL;
    const struct option_spec options[] = {
        {"user", "UIN", "Whom it is attached to. Needed.", OPTION_TEXT, &user},
        MANAGEMENT_DRY_RUN(&management),
        MANAGEMENT_OPTIONS(&management),
        MANAGEMENT_CREDENTIALS(&management),
    };
    int code = management_parse(&management, options, sizeof(options) / sizeof(options[0]), argc,
                                argv, 1, &name);
    if (code >= 0)
        return code;
    if (!name || !user)
        return fail(&policy_remove, EXIT_USAGE, "which policy? give its NAME and --user UIN");
    struct slice response;
    management_begin(&management);
    management_text(&management, "UserUin", user);
    management_text(&management, "PolicyName", name);
    code = management_send(&management, "DeletePolicy", &response);
    return management_done(&management, code);
}

static const struct subcommand policy_remove = {
    .name = "policy remove",
    .summary = "Take a policy away from a user",
    .arguments = "NAME",
    .description = "Removes the policy of that name; it ends with the next request.",
    .examples = "bursar policy remove --data books --user 100000000777 read-only",
    .run = run_remove,
};

static const struct subcommand *const verbs[] = {&policy_put, &policy_list, &policy_remove, NULL};

static int run(int argc, char **argv)
{
    return verbs_run(&subcommand_policy, verbs, argc, argv);
}

const struct subcommand subcommand_policy = {
    .name = "policy",
    .summary = "Say what sub-accounts and roles may do",
    .arguments = "put|list|remove",
    .description = "Policies follow CAM's grammar 2.0. A sub-account or role may do what a policy "
                   "allows and none denies; without one it may do nothing.",
    .run = run,
};
