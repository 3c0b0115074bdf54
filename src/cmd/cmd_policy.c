/* `bursar policy`: what sub-accounts and roles may do. */
#include "cmd/listing.h"
#include "cmd/subcommands.h"
#include "cmd/verb.h"
#include "sys/file.h"

#include <string.h>

enum { DOCUMENT_BYTES_MAX = 1 << 20, NAME_BYTES_MAX = 512 };

/* ---- put ---- */

enum { PUT_FILE, PUT_USER, PUT_NAME };

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

static int check_put(struct verb_call *call)
{
    static char name[NAME_BYTES_MAX];
    const struct subcommand *self = call->writing.management.self;
    if (!call->texts[PUT_USER])
        return fail(self, EXIT_USAGE, "for whom? give --user UIN");
    if (!call->texts[PUT_NAME] && !name_of_file(call->texts[PUT_FILE], name))
        return fail(self, EXIT_USAGE, "what is it called? give --name NAME");
    if (!call->texts[PUT_NAME])
        call->texts[PUT_NAME] = name;
    return -1;
}

static int write_document(struct verb_call *call)
{
    struct fault fault;
    struct buffer document;
    struct management *management = &call->writing.management;
    buffer_init(&document, DOCUMENT_BYTES_MAX);
    struct status status = file_read(call->texts[PUT_FILE], &document, &fault);
    json_write_key(&management->writer, SLICE("PolicyDocument"));
    json_write_string(&management->writer, buffer_slice(&document));
    buffer_done(&document);
    return status_ok(status)
               ? -1
               : fail(management->self, exit_code_of_status(status), "%s", fault.text);
}

static const struct verb put = {
    .action = "PutPolicy",
    .words = {VERB_ARGUMENT(WORD_TEXT, "FILE", NULL),
              VERB_OPTION(WORD_TEXT, "user", "UserUin", "UIN",
                          "The sub-account or role it is attached to. Needed."),
              VERB_OPTION(WORD_TEXT, "name", "PolicyName", "NAME",
                          "The policy's name. Default: the file's, without .json.")},
    .needed = 1,
    .missing = "which policy? give a file, or - for standard input",
    .check = check_put,
    .write = write_document,
};

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
    .verb = &put,
};

/* ---- list ---- */

static const struct listing policies = {
    .action = "DescribePolicies",
    .columns = (const struct table_column[]){{"UserUin", false},
                                             {"PolicyName", false},
                                             {"PolicyDocument", false}},
    .column_count = 3,
};

static const struct subcommand policy_list = {
    .name = "policy list",
    .summary = "List the policies and whom they are attached to",
    .description = "Lists every policy of the organisation, with its document.",
    .examples = "bursar policy list --data books --output json",
    .listing = &policies,
};

/* ---- remove ---- */

static int check_remove(struct verb_call *call)
{
    return call->texts[0] && call->texts[1] ? -1
                                            : fail(call->writing.management.self, EXIT_USAGE,
                                                   "which policy? give its NAME and --user UIN");
}

static const struct verb remove_policy = {
    .action = "DeletePolicy",
    .words = {VERB_ARGUMENT(WORD_TEXT, "NAME", "PolicyName"),
              VERB_OPTION(WORD_TEXT, "user", "UserUin", "UIN", "Whom it is attached to. Needed.")},
    .check = check_remove,
};

static const struct subcommand policy_remove = {
    .name = "policy remove",
    .summary = "Take a policy away from a user",
    .arguments = "NAME",
    .description = "Removes the policy of that name; it ends with the next request.",
    .examples = "bursar policy remove --data books --user 100000000777 read-only",
    .verb = &remove_policy,
};

const struct subcommand subcommand_policy = {
    .name = "policy",
    .summary = "Say what sub-accounts and roles may do",
    .arguments = "put|list|remove",
    .description = "Policies follow CAM's grammar 2.0. A sub-account or role may do what a policy "
                   "allows and none denies; without one it may do nothing.",
    .verbs = (const struct subcommand *const[]){&policy_put, &policy_list, &policy_remove, NULL},
};
