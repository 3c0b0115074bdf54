/* `bursar delegate`: members who may see others' balances. */
#include "cmd/listing.h"
#include "cmd/subcommands.h"
#include "cmd/verb.h"

enum { ADD_ACCOUNT, ADD_MEMBERS, ADD_EVERYONE };

static int check_extent(struct verb_call *call)
{
    return call->flags[ADD_EVERYONE] != (call->texts[ADD_MEMBERS] != NULL)
               ? -1
               : fail(call->writing.management.self, EXIT_USAGE,
                      "over whom? give either --members UIN,... or --everyone");
}

static const struct verb add = {
    .action = "PutDelegation",
    .words = {VERB_ARGUMENT(WORD_TEXT, "UIN", "AccountUin"),
              VERB_OPTION(WORD_UINS, "members", "MemberUins", "UIN,...",
                          "The members whose balances it may see."),
              VERB_OPTION(WORD_FLAG, "everyone", "Everyone", NULL,
                          "It may see all members, also those who join later.")},
    .needed = 1,
    .missing = "whom? give the member's UIN",
    .check = check_extent,
};

static const struct subcommand delegate_add = {
    .name = "delegate add",
    .summary = "Let a member see balances as the administrator does",
    .arguments = "UIN",
    .description = "Makes a member a finance administrator over all members or over those named. "
                   "Given again, the new extent replaces the old one.",
    .examples = "bursar delegate add --data books 700001941608 --everyone\n"
                "bursar delegate add --data books 700001941608 --members 100049260339,100050000001",
    .verb = &add,
};

static const struct listing delegations = {
    .action = "DescribeDelegations",
    .columns = (const struct table_column[]){{"AccountUin", false},
                                             {"Everyone", false},
                                             {"MemberUins", false}},
    .column_count = 3,
};

static const struct subcommand delegate_list = {
    .name = "delegate list",
    .summary = "List who may see whose balances",
    .description = "Lists every delegated finance administrator and the members it may see.",
    .examples = "bursar delegate list --data books",
    .listing = &delegations,
};

static const struct verb remove_delegation = {
    .action = "DeleteDelegation",
    .words = {VERB_ARGUMENT(WORD_TEXT, "UIN", "AccountUin")},
    .needed = 1,
    .missing = "whom? give the member's UIN",
};

static const struct subcommand delegate_remove = {
    .name = "delegate remove",
    .summary = "Make a finance administrator a plain member again",
    .arguments = "UIN",
    .description = "Ends the member's delegation with the next request.",
    .examples = "bursar delegate remove --data books 700001941608",
    .verb = &remove_delegation,
};

const struct subcommand subcommand_delegate = {
    .name = "delegate",
    .summary = "Say which members may see others' balances",
    .arguments = "add|list|remove",
    .description = "Besides the organisation's owner, delegated finance administrators may ask for "
                   "balances: over everyone, or over the members named.",
    .verbs =
        (const struct subcommand *const[]){&delegate_add, &delegate_list, &delegate_remove, NULL},
};
