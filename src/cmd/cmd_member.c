/* `bursar member`: who belongs to the organisation, under which name and terms. */
#include "cmd/answer.h"
#include "cmd/member_list.h"
#include "cmd/subcommands.h"
#include "cmd/verb.h"

#include <stdio.h>

/* ---- add ---- */

struct added {
    uint64_t added, unchanged, refused;
    const struct refused *errors;
    size_t error_count;
};
struct refused {
    const char *code, *message;
};
static const struct shape_member refused_members[] = {
    SHAPE_MEMBER(WORD, struct refused, code, "Code", NULL),
    SHAPE_MEMBER(WORD, struct refused, message, "Message", NULL),
};
static const struct shape refused_shape = SHAPE(refused_members, struct refused);
static const struct shape_member added_members[] = {
    SHAPE_MEMBER(COUNT, struct added, added, "Added", NULL),
    SHAPE_MEMBER(COUNT, struct added, unchanged, "Unchanged", NULL),
    SHAPE_MEMBER(COUNT, struct added, refused, "Refused", NULL),
    SHAPE_LIST(OBJECTS, struct added, errors, error_count, &refused_shape, "Errors", NULL),
};
static const struct shape added_shape = SHAPE(added_members, struct added);

/* CreateMembers lists what it refused: here that is the one that was asked for. */
static int tell_added(struct verb_call *call, struct slice response)
{
    char said[96], memory[8192];
    struct arena arena;
    struct added added;
    const struct subcommand *self = call->writing.management.self;
    arena_init_fixed(&arena, memory, sizeof memory);
    if (!answer_parse(&added_shape, response, &arena, &added))
        return fail(self, EXIT_NETWORK, "the answer cannot be read");
    if (added.refused > 0 && added.error_count > 0)
        return fail(self, exit_code_of_api_error(added.errors[0].code), "%s (%s)",
                    added.errors[0].message, added.errors[0].code);
    snprintf(said, sizeof said, "%s %s", call->texts[0],
             added.added > 0       ? "was added"
             : added.unchanged > 0 ? "is there already, with the same values"
                                   : "would be added");
    writing_print(&call->writing, response, said);
    return -1;
}

static const struct verb add = {
    .action = "CreateMembers",
    .list = "Members",
    .words = {VERB_ARGUMENT(WORD_UIN, "UIN", "MemberUin"),
              VERB_ARGUMENT(WORD_TEXT, "NAME", "MemberName"),
              VERB_OPTION(WORD_MONEY, "cash", "RealBalance", "AMOUNT",
                          "Opening balance. Default 0."),
              VERB_OPTION(WORD_MONEY, "credit", "BasicCreditAmount", "AMOUNT",
                          "Credit without an end. Default 0."),
              VERB_OPTION(WORD_FLAG, "credit-account", "IsCreditAccount", NULL,
                          "IsCreditAccount is true."),
              VERB_OPTION(WORD_FLAG, "arrears", "AllowArrears", NULL,
                          "Charges may go beyond what is available.")},
    .needed = 2,
    .missing = "give UIN NAME",
    .is_writing = true,
    .has_no_reason = true,
    .tell = tell_added,
};

static const struct subcommand member_add = {
    .name = "member add",
    .summary = "Add a member",
    .arguments = "UIN NAME",
    .description = "Adds one member with what it has on its first day. `bursar import` adds many, "
                   "with every field. A member that is there already with the same values stays as "
                   "it is; with others it is refused.\n\n" WRITING_HELP WRITING_EXITS,
    .examples = "bursar member add 200000000001 'Aurora Robotics' --cash 100 --data books",
    .verb = &add,
};

/* ---- modify ---- */

static int check_changes(struct verb_call *call)
{
    for (size_t i = 1; i < VERB_WORDS_MAX; i++)
        if (call->texts[i])
            return -1;
    return fail(call->writing.management.self, EXIT_USAGE,
                "what shall change? --name, --credit, --credit-account or --arrears");
}

static const struct verb modify = {
    .action = "ModifyMember",
    .words = {VERB_ARGUMENT(WORD_UIN, "UIN", "MemberUin"),
              VERB_OPTION(WORD_TEXT, "name", "MemberName", "NAME",
                          "The new name, 1 to 64 characters."),
              VERB_OPTION(WORD_MONEY, "credit", "BasicCreditAmount", "AMOUNT",
                          "Credit without an end (BasicCreditAmount), in units."),
              VERB_OPTION(WORD_CHOICE, "credit-account", "IsCreditAccount", "yes|no",
                          "What IsCreditAccount says."),
              VERB_OPTION(WORD_CHOICE, "arrears", "AllowArrears", "yes|no",
                          "May charges go beyond what is available?")},
    .needed = 1,
    .missing = "which member? give its UIN",
    .is_writing = true,
    .check = check_changes,
    .did = "{UIN} is",
};

static const struct subcommand member_modify = {
    .name = "member modify",
    .summary = "Change a member's name, credit or terms",
    .arguments = "UIN",
    .description = "Changes what is given and leaves the rest. What is as asked already makes no "
                   "entry.\n\n" WRITING_HELP WRITING_EXITS,
    .examples = "bursar member modify 700001941608 --name 'Aurora Robotics' --data books\n"
                "bursar member modify 700001941608 --credit 500 --credit-account yes --data books\n"
                "bursar member modify 700001941608 --arrears no --data books",
    .verb = &modify,
};

/* ---- remove ---- */

static const struct verb remove_member = {
    .action = "DeleteMember",
    .words = {VERB_ARGUMENT(WORD_UIN, "UIN", "MemberUin")},
    .needed = 1,
    .missing = "which member? give its UIN",
    .is_writing = true,
    .question = "Remove {UIN} from the organisation?",
    .would = "{UIN} would be removed",
    .did = "{UIN} was removed",
};

static const struct subcommand member_remove = {
    .name = "member remove",
    .summary = "Take a member out of the organisation",
    .arguments = "UIN",
    .description = "The member leaves: it is no longer listed and can no longer be charged. Its "
                   "history stays. It is refused while money or holds are there. A person at a "
                   "terminal is asked first.\n\n" WRITING_HELP WRITING_EXITS,
    .examples = "bursar member remove 700001941608 --data books --reason 'left in May'",
    .verb = &remove_member,
};

const struct subcommand subcommand_member = {
    .name = "member",
    .summary = "Add, change, remove and list members",
    .arguments = "add|modify|remove|list",
    .description = "Members are the accounts whose money the organisation looks after. `bursar "
                   "query` shows what they have, `bursar import` adds many at once, `bursar post` "
                   "moves their money.",
    .verbs = (const struct subcommand *const[]){&member_add, &member_modify, &member_remove,
                                                &member_list, NULL},
};
