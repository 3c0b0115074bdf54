/* `bursar delegate`: members who may see others' balances. */
#include "cmd/listing.h"
#include "cmd/subcommands.h"

/* ---- add ---- */

static const struct subcommand delegate_add;

static int add(struct management *management, const char *account, const char *members,
               bool everyone)
{
    struct slice response;
    management_begin(management);
    management_text(management, "AccountUin", account);
    if (everyone) {
        json_write_key(&management->writer, SLICE("Everyone"));
        json_write_bool(&management->writer, true);
    }
    management_list(management, "MemberUins", members);
    return management_send(management, "PutDelegation", &response);
}

static int run_add(int argc, char **argv)
{
    struct management management = MANAGEMENT_DEFAULT(&delegate_add);
    const char *account = NULL, *members = NULL;
    bool everyone = false;
    const struct option_spec options[] = {
        {"members", "UIN,...", "The members whose balances it may see.", OPTION_TEXT, &members},
        {"everyone", NULL, "It may see all members, also those who join later.", OPTION_FLAG,
         &everyone},
        MANAGEMENT_DRY_RUN(&management),
        MANAGEMENT_OPTIONS(&management),
        MANAGEMENT_CREDENTIALS(&management),
    };
    int code = management_parse(&management, options, sizeof(options) / sizeof(options[0]), argc,
                                argv, 1, &account);
    if (code >= 0)
        return code;
    if (!account)
        return fail(&delegate_add, EXIT_USAGE, "whom? give the member's UIN");
    if (everyone == (members != NULL))
        return fail(&delegate_add, EXIT_USAGE,
                    "over whom? give either --members UIN,... or --everyone");
    code = add(&management, account, members, everyone);
    return management_done(&management, code);
}

static const struct subcommand delegate_add = {
    .name = "delegate add",
    .summary = "Let a member see balances as the administrator does",
    .arguments = "UIN",
    .description = "Makes a member a finance administrator over all members or over those named. "
                   "Given again, the new extent replaces the old one.",
    .examples = "bursar delegate add --data books 700001941608 --everyone\n"
                "bursar delegate add --data books 700001941608 --members 100049260339,100050000001",
    .run = run_add,
};

/* ---- list ---- */

static const struct subcommand delegate_list;

static int run_list(int argc, char **argv)
{
    static const struct table_column columns[] = {
        {"AccountUin", false},
        {"Everyone", false},
        {"MemberUins", false},
    };
    const struct listing listing = {.self = &delegate_list,
                                    .action = "DescribeDelegations",
                                    .columns = columns,
                                    .column_count = sizeof(columns) / sizeof(columns[0])};
    return listing_main(&listing, argc, argv);
}

static const struct subcommand delegate_list = {
    .name = "delegate list",
    .summary = "List who may see whose balances",
    .description = "Lists every delegated finance administrator and the members it may see.",
    .examples = "bursar delegate list --data books",
    .run = run_list,
};

/* ---- remove ---- */

static const struct subcommand delegate_remove;

static int run_remove(int argc, char **argv)
{
    struct management management = MANAGEMENT_DEFAULT(&delegate_remove);
    const char *account = NULL;
    const struct option_spec options[] = {
        MANAGEMENT_DRY_RUN(&management),
        MANAGEMENT_OPTIONS(&management),
        MANAGEMENT_CREDENTIALS(&management),
    };
    int code = management_parse(&management, options, sizeof(options) / sizeof(options[0]), argc,
                                argv, 1, &account);
    if (code >= 0)
        return code;
    if (!account)
        return fail(&delegate_remove, EXIT_USAGE, "whom? give the member's UIN");
    struct slice response;
    management_begin(&management);
    management_text(&management, "AccountUin", account);
    code = management_send(&management, "DeleteDelegation", &response);
    return management_done(&management, code);
}

static const struct subcommand delegate_remove = {
    .name = "delegate remove",
    .summary = "Make a finance administrator a plain member again",
    .arguments = "UIN",
    .description = "Ends the member's delegation with the next request.",
    .examples = "bursar delegate remove --data books 700001941608",
    .run = run_remove,
};

static const struct subcommand *const verbs[] = {&delegate_add, &delegate_list, &delegate_remove,
                                                 NULL};

static int run(int argc, char **argv)
{
    return verbs_run(&subcommand_delegate, verbs, argc, argv);
}

const struct subcommand subcommand_delegate = {
    .name = "delegate",
    .summary = "Say which members may see others' balances",
    .arguments = "add|list|remove",
    .description = "Besides the organisation's owner, delegated finance administrators may ask for "
                   "balances: over everyone, or over the members named.",
    .run = run,
};
