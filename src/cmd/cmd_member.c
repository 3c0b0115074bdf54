/* `bursar member`: who belongs to the organisation, under which name and terms. */
#include "cmd/confirm.h"
#include "cmd/member_list.h"
#include "cmd/subcommands.h"
#include "cmd/writing.h"

#include <stdio.h>

static const struct subcommand member_add, member_modify, member_remove;

/* "yes" or "no" as a parameter; NULL is left out. -1 or the exit code. */
static int write_choice(struct writing *writing, const char *option, const char *name,
                        const char *text)
{
    if (!text)
        return -1;
    bool yes = strcmp(text, "yes") == 0;
    if (!yes && strcmp(text, "no") != 0)
        return fail(writing->management.self, EXIT_USAGE, "--%s is yes or no, not \"%s\"", option,
                    text);
    json_write_key(&writing->management.writer, slice_text(name));
    json_write_bool(&writing->management.writer, yes);
    return -1;
}

/* ---- add ---- */

struct member_to_add {
    struct writing writing;
    const char *cash, *credit;
    bool credit_account, arrears;
};

static void write_flag(struct json_writer *writer, const char *name, bool value)
{
    if (!value)
        return;
    json_write_key(writer, slice_text(name));
    json_write_bool(writer, true);
}

static int write_member(struct member_to_add *member, const char *const *arguments)
{
    struct writing *writing = &member->writing;
    struct json_writer *writer = &writing->management.writer;
    writing_begin(writing, "");
    json_write_key(writer, SLICE("Members"));
    json_open_array(writer);
    json_open_object(writer);
    management_text(&writing->management, "MemberUin", arguments[0]);
    management_text(&writing->management, "MemberName", arguments[1]);
    write_flag(writer, "IsCreditAccount", member->credit_account);
    write_flag(writer, "AllowArrears", member->arrears);
    int code = writing_amount(writing, "RealBalance", member->cash);
    if (code < 0)
        code = writing_amount(writing, "BasicCreditAmount", member->credit);
    json_close_object(writer);
    json_close_array(writer);
    return code;
}

/* CreateMembers lists what it refused: here that is the one that was asked for. */
static int tell_refusal(struct slice response)
{
    char memory[8192], code[128] = "?";
    struct arena arena;
    struct json_reader reader;
    struct json_token token;
    struct slice message = SLICE("it was refused");
    arena_init_fixed(&arena, memory, sizeof memory);
    json_reader_init(&reader, response, &arena);
    while (json_next(&reader, &token) != JSON_END && token.kind != JSON_ERROR) {
        if (token.kind != JSON_KEY)
            continue;
        bool is_code = slice_equal(token.text, SLICE("Code"));
        bool is_message = slice_equal(token.text, SLICE("Message"));
        if ((is_code || is_message) && json_next(&reader, &token) == JSON_STRING) {
            if (is_code)
                snprintf(code, sizeof code, "%.*s", SLICE_ARGS(token.text));
            else
                message = token.text;
        }
    }
    return fail(&member_add, exit_code_of_api_error(code), "%.*s (%s)", SLICE_ARGS(message), code);
}

static int add(struct member_to_add *member, const char *const *arguments)
{
    char said[96];
    struct slice response = SLICE_NONE;
    int code = writing_open(&member->writing);
    if (code < 0 && !arguments[1])
        code = fail(&member_add, EXIT_USAGE, "give UIN NAME");
    if (code < 0)
        code = check_uin(&member_add, arguments[0]);
    if (code < 0)
        code = write_member(member, arguments);
    if (code < 0)
        code = writing_send(&member->writing, "CreateMembers", &response);
    if (code < 0 && writing_id(response, "Refused") > 0)
        code = tell_refusal(response);
    if (code >= 0)
        return code;
    snprintf(said, sizeof said, "%s %s", arguments[0],
             writing_id(response, "Added") > 0       ? "was added"
             : writing_id(response, "Unchanged") > 0 ? "is there already, with the same values"
                                                     : "would be added");
    writing_print(&member->writing, response, said);
    return -1;
}

static int run_add(int argc, char **argv)
{
    struct member_to_add member = {.writing = WRITING_DEFAULT(&member_add)};
    struct writing *writing = &member.writing;
    const char *arguments[2];
    const struct option_spec options[] = {
        {"cash", "AMOUNT", "Opening balance. Default 0.", OPTION_TEXT, &member.cash},
        {"credit", "AMOUNT", "Credit without an end. Default 0.", OPTION_TEXT, &member.credit},
        {"credit-account", NULL, "IsCreditAccount is true.", OPTION_FLAG, &member.credit_account},
        {"arrears", NULL, "Charges may go beyond what is available.", OPTION_FLAG, &member.arrears},
        WRITING_TOKEN_OPTION(writing),
        {"json", NULL, "Print the API's answer.", OPTION_FLAG, &writing->json},
        MANAGEMENT_DRY_RUN(&writing->management),
        MANAGEMENT_OPTIONS(&writing->management),
        MANAGEMENT_CREDENTIALS(&writing->management),
        WRITING_REMOTE_OPTIONS(writing),
    };
    int code = management_parse(&writing->management, options, sizeof(options) / sizeof(options[0]),
                                argc, argv, 2, arguments);
    if (code >= 0)
        return code;
    return writing_done(writing, add(&member, arguments));
}

static const struct subcommand member_add = {
    .name = "member add",
    .summary = "Add a member",
    .arguments = "UIN NAME",
    .description = "Adds one member with what it has on its first day. `bursar import` adds many, "
                   "with every field. A member that is there already with the same values stays as "
                   "it is; with others it is refused.\n\n" WRITING_HELP WRITING_EXITS,
    .examples = "bursar member add 200000000001 'Aurora Robotics' --cash 100 --data books",
    .run = run_add,
};

/* ---- modify ---- */

struct changes_asked {
    struct writing writing;
    const char *name, *credit, *credit_account, *arrears;
};

static int write_changes(struct changes_asked *asked, const char *uin)
{
    struct writing *writing = &asked->writing;
    writing_begin(writing, "");
    management_text(&writing->management, "MemberUin", uin);
    management_text(&writing->management, "MemberName", asked->name);
    int code = writing_amount(writing, "BasicCreditAmount", asked->credit);
    if (code < 0)
        code = write_choice(writing, "credit-account", "IsCreditAccount", asked->credit_account);
    if (code < 0)
        code = write_choice(writing, "arrears", "AllowArrears", asked->arrears);
    return code;
}

static int modify(struct changes_asked *asked, const char *uin)
{
    char said[96];
    struct slice response;
    int code = writing_open(&asked->writing);
    if (code < 0 && !uin)
        code = fail(&member_modify, EXIT_USAGE, "which member? give its UIN");
    if (code < 0 && !asked->name && !asked->credit && !asked->credit_account && !asked->arrears)
        code = fail(&member_modify, EXIT_USAGE,
                    "what shall change? --name, --credit, --credit-account or --arrears");
    if (code < 0)
        code = check_uin(&member_modify, uin);
    if (code < 0)
        code = write_changes(asked, uin);
    if (code < 0)
        code = writing_send(&asked->writing, "ModifyMember", &response);
    if (code >= 0)
        return code;
    snprintf(said, sizeof said, "%s is", uin);
    writing_print(&asked->writing, response, said);
    return -1;
}

static int run_modify(int argc, char **argv)
{
    struct changes_asked asked = {.writing = WRITING_DEFAULT(&member_modify)};
    const char *uin;
    const struct option_spec options[] = {
        {"name", "NAME", "The new name, 1 to 64 characters.", OPTION_TEXT, &asked.name},
        {"credit", "AMOUNT", "Credit without an end (BasicCreditAmount), in units.", OPTION_TEXT,
         &asked.credit},
        {"credit-account", "yes|no", "What IsCreditAccount says.", OPTION_TEXT,
         &asked.credit_account},
        {"arrears", "yes|no", "May charges go beyond what is available?", OPTION_TEXT,
         &asked.arrears},
        WRITING_OPTIONS(&asked.writing),
    };
    int code = management_parse(&asked.writing.management, options,
                                sizeof(options) / sizeof(options[0]), argc, argv, 1, &uin);
    if (code >= 0)
        return code;
    return writing_done(&asked.writing, modify(&asked, uin));
}

static const struct subcommand member_modify = {
    .name = "member modify",
    .summary = "Change a member's name, credit or terms",
    .arguments = "UIN",
    .description = "Changes what is given and leaves the rest. What is as asked already makes no "
                   "entry.\n\n" WRITING_HELP WRITING_EXITS,
    .examples = "bursar member modify 700001941608 --name 'Aurora Robotics' --data books\n"
                "bursar member modify 700001941608 --credit 500 --credit-account yes --data books\n"
                "bursar member modify 700001941608 --arrears no --data books",
    .run = run_modify,
};

/* ---- remove ---- */

static int remove_member(struct writing *writing, const char *uin)
{
    char said[96];
    struct slice response;
    int code = writing_open(writing);
    if (code < 0 && !uin)
        code = fail(&member_remove, EXIT_USAGE, "which member? give its UIN");
    if (code < 0)
        code = check_uin(&member_remove, uin);
    if (code < 0 && !writing->management.dry_run)
        code = confirm(&member_remove, writing->yes, "Remove %s from the organisation?", uin);
    if (code >= 0)
        return code;
    writing_begin(writing, "");
    management_text(&writing->management, "MemberUin", uin);
    code = writing_send(writing, "DeleteMember", &response);
    if (code >= 0)
        return code;
    snprintf(said, sizeof said, "%s %s", uin,
             writing->management.dry_run ? "would be removed" : "was removed");
    writing_print(writing, response, said);
    return -1;
}

static int run_remove(int argc, char **argv)
{
    struct writing writing = WRITING_DEFAULT(&member_remove);
    const char *uin;
    const struct option_spec options[] = {
        WRITING_YES_OPTION(&writing),
        WRITING_OPTIONS(&writing),
    };
    int code = management_parse(&writing.management, options, sizeof(options) / sizeof(options[0]),
                                argc, argv, 1, &uin);
    if (code >= 0)
        return code;
    return writing_done(&writing, remove_member(&writing, uin));
}

static const struct subcommand member_remove = {
    .name = "member remove",
    .summary = "Take a member out of the organisation",
    .arguments = "UIN",
    .description = "The member leaves: it is no longer listed and can no longer be charged. Its "
                   "history stays. It is refused while money or holds are there. A person at a "
                   "terminal is asked first.\n\n" WRITING_HELP WRITING_EXITS,
    .examples = "bursar member remove 700001941608 --data books --reason 'left in May'",
    .run = run_remove,
};

static const struct subcommand *const verbs[] = {&member_add, &member_modify, &member_remove,
                                                 &member_list, NULL};

static int run(int argc, char **argv)
{
    return verbs_run(&subcommand_member, verbs, argc, argv);
}

const struct subcommand subcommand_member = {
    .name = "member",
    .summary = "Add, change, remove and list members",
    .arguments = "add|modify|remove|list",
    .description = "Members are the accounts whose money the organisation looks after. `bursar "
                   "query` shows what they have, `bursar import` adds many at once, `bursar post` "
                   "moves their money.",
    .run = run,
};
