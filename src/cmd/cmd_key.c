/* `bursar key`: who may sign. */
#include "cmd/answer.h"
#include "cmd/listing.h"
#include "cmd/output.h"
#include "cmd/shown.h"
#include "cmd/subcommands.h"
#include "cmd/verb.h"
#include "crypto/digest.h"

#include <stdio.h>
#include <string.h>

enum { ANSWER_BYTES = 8192 };

/* ---- add ---- */

static const struct subcommand key_add;

struct key_to_add {
    struct management management;
    const char *account, *user, *principal, *session, *expires, *takeover;
    bool json;
};

static int read_takeover(const struct key_to_add *key, struct credentials *ret_credentials)
{
    struct fault fault;
    struct status status = credentials_load(key->takeover, NULL, &fault, ret_credentials);
    return status_ok(status) ? -1 : fail(&key_add, exit_code_of_status(status), "%s", fault.text);
}

static int build_add(struct key_to_add *key)
{
    struct management *management = &key->management;
    management_begin(management);
    management_text(management, "AccountUin", key->account);
    management_text(management, "UserUin", key->user);
    management_text(management, "Principal", key->principal);
    management_text(management, "SessionName", key->session);
    management_text(management, "ExpiresAt", key->expires);
    if (!key->takeover)
        return -1;
    struct credentials pair;
    int code = read_takeover(key, &pair);
    if (code >= 0)
        return code;
    management_text(management, "SecretId", pair.secret_id);
    management_text(management, "SecretKey", pair.secret_key);
    management_text(management, "Token", *pair.token ? pair.token : NULL);
    credentials_wipe(&pair);
    return -1;
}

/* Our own words, then a server's. */
static void say(const char *words, struct slice value)
{
    fputs(words, stdout);
    shown_write(stdout, value, TEXT_ESCAPE_ALL);
}

static void say_taken_over(struct slice id, struct slice user)
{
    say("", id);
    say(" was taken over for ", user);
}

static void print_added(const struct key_to_add *key, struct slice response, struct arena *memory)
{
    struct slice id = SLICE("?"), secret = SLICE_NONE, account = SLICE("?"), user = SLICE("?");
    (void)answer_text(response, "SecretId", memory, &id);
    (void)answer_text(response, "AccountUin", memory, &account);
    (void)answer_text(response, "UserUin", memory, &user);
    bool made = answer_text(response, "SecretKey", memory, &secret);
    bool is_withheld = answer_is_true(response, "SecretWithheld", memory);
    if (key->management.dry_run)
        say("Nothing was changed; without --dry-run there would be a key for ", user);
    else if (made || is_withheld)
        say("A key for ", user);
    else
        say_taken_over(id, user);
    if (!slice_equal(account, user))
        say(", a user of ", account);
    if (made) {
        say("; its secret is shown this once:\n\n  SecretId   ", id);
        say("\n  SecretKey  ", secret);
    }
    if (is_withheld)
        say("; its secret was in the first answer, which was lost: make another, and disable ", id);
    fputs(made ? "\n" : ".\n", stdout);
}

static int add(struct key_to_add *key)
{
    char memory[ANSWER_BYTES];
    struct arena arena;
    struct slice response;
    int code = build_add(key);
    if (code < 0)
        code = management_send(&key->management, "CreateKey", &response);
    if (code >= 0)
        return code;
    arena_init_fixed(&arena, memory, sizeof(memory));
    if (key->json)
        output_line(response);
    else
        print_added(key, response, &arena);
    wipe(memory, sizeof(memory));
    return -1;
}

static int run_add(int argc, char **argv)
{
    struct key_to_add key = {.management = MANAGEMENT_DEFAULT(&key_add)};
    const struct option_spec options[] = {
        {"account", "UIN",
         "The main account it is for. Default: the organisation's owner; with --endpoint it must "
         "be "
         "given.",
         OPTION_TEXT, &key.account},
        {"user", "UIN",
         "A sub-account (or role) of that account; it needs a policy to do anything.", OPTION_TEXT,
         &key.user},
        {"principal", "KIND", "main, sub or role. Default: main, or sub when --user is given.",
         OPTION_TEXT, &key.principal},
        {"session", "NAME", "Name of a role's session.", OPTION_TEXT, &key.session},
        {"expires", "TIME", "When it ends, RFC 3339: 2026-12-31T00:00:00Z. Default: never.",
         OPTION_TEXT, &key.expires},
        {"credentials", "FILE",
         "Take over the pair in this file instead of making one: a credential file of tccli (JSON) "
         "or of the SDKs (INI), - for standard input. With a token it becomes a temporary key.",
         OPTION_TEXT, &key.takeover},
        {"json", NULL, "Print the API's answer; it is also a credential file for --credentials.",
         OPTION_FLAG, &key.json},
        MANAGEMENT_DRY_RUN(&key.management),
        MANAGEMENT_OPTIONS(&key.management),
        {"sign-with", "FILE",
         "Key pair that signs the call to --endpoint. Default: as for `bursar query`.", OPTION_TEXT,
         &key.management.target.remote.credentials},
    };
    int code = management_parse(&key.management, options, sizeof(options) / sizeof(options[0]),
                                argc, argv, 0, NULL);
    if (code < 0)
        code = add(&key);
    else
        return code;
    return management_done(&key.management, code);
}

static const struct subcommand key_add = {
    .name = "key add",
    .summary = "Make a key, or take over an existing pair",
    .description =
        "Makes a new key pair for an account of the organisation and prints its secret, once, on "
        "standard output; or takes over a pair that programs use already, so that they go on "
        "unchanged when their endpoint is this server. Secrets are stored sealed and are never "
        "shown again. As in the cloud, a user has at most two enabled long-term keys.",
    .examples = "bursar key add --data books                                    for the owner\n"
                "bursar key add --data books --account 700001941608             for a member\n"
                "bursar key add --data books --user 100000000777 --expires 2027-01-01T00:00:00Z\n"
                "bursar key add --data books --credentials ~/.tccli/default.credential",
    .run = run_add,
};

/* ---- list ---- */

static const struct listing keys = {
    .action = "DescribeKeys",
    .columns = (const struct table_column[]){{"SecretId", false},
                                             {"Enabled", false},
                                             {"Principal", false},
                                             {"AccountUin", false},
                                             {"UserUin", false},
                                             {"CreatedAt", false},
                                             {"ExpiresAt", false}},
    .column_count = 7,
};

static const struct subcommand key_list = {
    .name = "key list",
    .summary = "List the keys, without secrets",
    .description = "Lists every key of the organisation in the order they were made, disabled ones "
                   "too. Secrets are never shown.",
    .examples = "bursar key list --data books",
    .listing = &keys,
};

/* ---- disable, enable ---- */

static const char which_key[] = "which key? give its SecretId; `bursar key list` shows them";

static const struct verb disable = {
    .action = "ModifyKey",
    .words = {VERB_ARGUMENT(WORD_TEXT, "SECRET_ID", "SecretId"),
              VERB_ALWAYS(WORD_FALSE, "Enabled")},
    .needed = 1,
    .missing = which_key,
};

static const struct subcommand key_disable = {
    .name = "key disable",
    .summary = "Refuse a key from now on",
    .arguments = "SECRET_ID",
    .description = "The next request signed with it is refused as if the key were unknown. `bursar "
                   "key enable` lets it sign again.",
    .examples = "bursar key disable --data books AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE",
    .verb = &disable,
};

static const struct verb enable = {
    .action = "ModifyKey",
    .words = {VERB_ARGUMENT(WORD_TEXT, "SECRET_ID", "SecretId"), VERB_ALWAYS(WORD_TRUE, "Enabled")},
    .needed = 1,
    .missing = which_key,
};

static const struct subcommand key_enable = {
    .name = "key enable",
    .summary = "Let a disabled key sign again",
    .arguments = "SECRET_ID",
    .description = "Undoes `bursar key disable`. As in the cloud, a user has at most two enabled "
                   "long-term keys.",
    .examples = "bursar key enable --data books AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE",
    .verb = &enable,
};

const struct subcommand subcommand_key = {
    .name = "key",
    .summary = "Make, list, disable and enable keys",
    .arguments = "add|list|disable|enable",
    .description =
        "Keys sign API calls. Each belongs to a main account (a member, or the organisation's "
        "owner), or to a sub-account or role of one.",
    .verbs =
        (const struct subcommand *const[]){&key_add, &key_list, &key_disable, &key_enable, NULL},
};
