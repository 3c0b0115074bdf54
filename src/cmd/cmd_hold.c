/* `bursar hold`: money set aside for something that is still to come. */
#include "cmd/confirm.h"
#include "cmd/listing.h"
#include "cmd/output.h"
#include "cmd/subcommands.h"
#include "cmd/writing.h"
#include "codec/json.h"

#include <inttypes.h>
#include <stdio.h>

#define HOLD_HELP                                                                                  \
    "A hold sets money of a member aside: it stays theirs but cannot be spent, and shows as "      \
    "frozen, until it is captured (charged), released, or expires. "

/* ---- create ---- */

static const struct subcommand hold_create;

static int create(struct writing *writing, const char *const *arguments, const char *expires)
{
    char insufficient[128], said[96];
    struct slice response;
    int code = writing_open(writing);
    if (code >= 0)
        return code;
    if (!arguments[1])
        return fail(&hold_create, EXIT_USAGE, "give UIN AMOUNT");
    code = check_uin(&hold_create, arguments[0]);
    writing_begin(writing, "");
    management_text(&writing->management, "MemberUin", arguments[0]);
    management_text(&writing->management, "ExpiresAt", expires);
    if (code < 0)
        code = writing_amount(writing, "Amount", arguments[1]);
    if (code >= 0)
        return code;
    snprintf(insufficient, sizeof insufficient, "%s has less than %s available", arguments[0],
             arguments[1]);
    writing->insufficient = insufficient;
    code = writing_send(writing, "CreateHold", &response);
    if (code >= 0)
        return code;
    uint64_t id = writing_id(response, "HoldId");
    if (writing->management.dry_run)
        snprintf(said, sizeof said, "a hold of %s on %s", arguments[1], arguments[0]);
    else
        snprintf(said, sizeof said, "hold %" PRIu64 ": %s of %s", id, arguments[1], arguments[0]);
    writing_print(writing, response, said);
    return -1;
}

static int run_create(int argc, char **argv)
{
    struct writing writing = WRITING_DEFAULT(&hold_create);
    const char *expires = NULL, *arguments[2];
    const struct option_spec options[] = {
        {"expires", "TIME",
         "When it is released by itself, RFC 3339: 2026-12-31T00:00:00Z. Default: never.",
         OPTION_TEXT, &expires},
        WRITING_OPTIONS(&writing),
    };
    int code = management_parse(&writing.management, options, sizeof(options) / sizeof(options[0]),
                                argc, argv, 2, arguments);
    if (code >= 0)
        return code;
    return writing_done(&writing, create(&writing, arguments, expires));
}

static const struct subcommand hold_create = {
    .name = "hold create",
    .summary = "Set money of a member aside",
    .arguments = "UIN AMOUNT",
    .description = HOLD_HELP
    "It is refused when less than AMOUNT is available. The answer is the hold's number, which "
    "capture and release want, and the member's fields after it.\n\n" WRITING_HELP WRITING_EXITS,
    .examples = "bursar hold create 700001941608 50 --data books --reason 'order 4711'\n"
                "bursar hold create 700001941608 50 --data books --expires 2026-12-31T00:00:00Z",
    .run = run_create,
};

/* ---- capture, release ---- */

struct hold_end {
    struct writing writing;
    const char *action; /* "CaptureHold" */
    const char *done;   /* "captured" */
    const char *uin, *hold, *amount;
};

static int end_hold(struct hold_end *end)
{
    char said[128];
    struct slice response;
    struct writing *writing = &end->writing;
    writing_begin(writing, "");
    management_text(&writing->management, "MemberUin", end->uin);
    int code = writing_number(writing, "HoldId", end->hold, "hold");
    if (code < 0)
        code = writing_amount(writing, "Amount", end->amount);
    if (code < 0)
        code = writing_send(writing, end->action, &response);
    if (code >= 0)
        return code;
    uint64_t entry = writing_id(response, "EntryId");
    if (writing->management.dry_run)
        snprintf(said, sizeof said, "%s of hold %s would be %s",
                 end->amount ? end->amount : "all that is left", end->hold, end->done);
    else
        snprintf(said, sizeof said, "entry %" PRIu64 ": %s of hold %s %s", entry,
                 end->amount ? end->amount : "all that was left", end->hold, end->done);
    writing_print(writing, response, said);
    return -1;
}

static int check_end(struct hold_end *end)
{
    const struct subcommand *self = end->writing.management.self;
    int code = writing_open(&end->writing);
    if (code >= 0)
        return code;
    if (!end->hold)
        return fail(self, EXIT_USAGE, "give UIN HOLD; `bursar hold list UIN` shows the holds");
    return check_uin(self, end->uin);
}

static const struct subcommand hold_capture, hold_release, hold_list;

static int run_capture(int argc, char **argv)
{
    struct hold_end end = {
        .writing = WRITING_DEFAULT(&hold_capture), .action = "CaptureHold", .done = "captured"};
    const char *arguments[3];
    const struct option_spec options[] = {WRITING_OPTIONS(&end.writing)};
    int code = management_parse(&end.writing.management, options,
                                sizeof(options) / sizeof(options[0]), argc, argv, 3, arguments);
    if (code >= 0)
        return code;
    end.uin = arguments[0];
    end.hold = arguments[1];
    end.amount = arguments[2];
    code = check_end(&end);
    if (code < 0)
        code = end_hold(&end);
    return writing_done(&end.writing, code);
}

static const struct subcommand hold_capture = {
    .name = "hold capture",
    .summary = "Charge what a hold set aside, all or a part",
    .arguments = "UIN HOLD [AMOUNT]",
    .description = "Charges AMOUNT, or all that is left of it, to the member and takes it off the "
                   "hold. What is left stays set aside; a hold of which nothing is left is "
                   "over.\n\n" WRITING_HELP WRITING_EXITS,
    .examples = "bursar hold capture 700001941608 1234 --data books\n"
                "bursar hold capture 700001941608 1234 12.50 --data books --token delivery-1",
    .run = run_capture,
};

/* ---- release, one or all ---- */

enum { HOLDS_A_CALL = 100 };

static int list_holds(struct hold_end *end, struct slice *ret_response)
{
    struct management *management = &end->writing.management;
    bool dry_run = management->dry_run;
    management->dry_run = false; /* it only reads */
    management_begin(management);
    management->dry_run = dry_run;
    management_text(management, "MemberUin", end->uin);
    json_write_key(&management->writer, SLICE("Limit"));
    json_write_u64(&management->writer, HOLDS_A_CALL);
    return management_send(management, "DescribeHolds", ret_response);
}

/* The numbers of the holds in an answer. False: it cannot be read. */
static bool read_holds(struct slice response, uint64_t *holds, size_t *count)
{
    static char memory[1 << 16];
    struct arena arena;
    struct json_reader reader;
    struct json_token token;
    bool is_id = false;
    *count = 0;
    arena_init_fixed(&arena, memory, sizeof memory);
    json_reader_init(&reader, response, &arena);
    for (;;) {
        switch (json_next(&reader, &token)) {
        case JSON_ERROR:
            return false;
        case JSON_END:
            return true;
        case JSON_KEY:
            is_id = slice_equal(token.text, SLICE("HoldId"));
            break;
        case JSON_NUMBER:
            if (is_id && (*count == HOLDS_A_CALL || !slice_to_u64(token.text, &holds[(*count)++])))
                return false;
            break;
        case JSON_NULL:
        case JSON_FALSE:
        case JSON_TRUE:
        case JSON_STRING:
        case JSON_ARRAY:
        case JSON_ARRAY_END:
        case JSON_OBJECT:
        case JSON_OBJECT_END:
            break;
        }
    }
}

/* Each under a token of its own, TOKEN.HOLD: repeated, it does what is left. */
static int release_these(struct hold_end *end, const uint64_t *holds, size_t count)
{
    char suffix[32];
    struct slice response;
    struct writing *writing = &end->writing;
    for (size_t i = 0; i < count; i++) {
        snprintf(suffix, sizeof suffix, ".%" PRIu64, holds[i]);
        writing_begin(writing, suffix);
        management_text(&writing->management, "MemberUin", end->uin);
        json_write_key(&writing->management.writer, SLICE("HoldId"));
        json_write_u64(&writing->management.writer, holds[i]);
        int code = writing_send(writing, "ReleaseHold", &response);
        if (code >= 0)
            return code;
        if (writing->json)
            output_line(response);
    }
    return -1;
}

static int release_all(struct hold_end *end)
{
    uint64_t holds[HOLDS_A_CALL], released = 0;
    size_t count = 0;
    struct slice response;
    bool dry_run = end->writing.management.dry_run;
    int code = -1;
    if (!dry_run)
        code = confirm(&hold_release, end->writing.yes, "Release every hold of %s?", end->uin);
    do {
        if (code < 0)
            code = list_holds(end, &response);
        if (code < 0 && !read_holds(response, holds, &count))
            code = fail(&hold_release, EXIT_NETWORK, "the answer cannot be read");
        if (code < 0 && !dry_run)
            code = release_these(end, holds, count);
        released += code < 0 ? count : 0;
    } while (code < 0 && count == HOLDS_A_CALL && !dry_run);
    if (code < 0 && dry_run)
        released = writing_id(response, "TotalCount");
    if (code < 0 && !end->writing.json)
        printf("%s%" PRIu64 " hold%s released\n", dry_run ? "dry run: " : "", released,
               released == 1 ? "" : "s");
    return code;
}

static int run_release(int argc, char **argv)
{
    struct hold_end end = {
        .writing = WRITING_DEFAULT(&hold_release), .action = "ReleaseHold", .done = "released"};
    bool all = false;
    const char *arguments[3];
    const struct option_spec options[] = {
        {"all", NULL, "Release every hold of the member.", OPTION_FLAG, &all},
        WRITING_YES_OPTION(&end.writing),
        WRITING_OPTIONS(&end.writing),
    };
    int code = management_parse(&end.writing.management, options,
                                sizeof(options) / sizeof(options[0]), argc, argv, 3, arguments);
    if (code >= 0)
        return code;
    end.uin = arguments[0];
    end.hold = all && arguments[0] ? "1" : arguments[1];
    end.amount = arguments[2];
    if (all && arguments[1])
        code = fail(&hold_release, EXIT_USAGE, "give a HOLD or --all, not both");
    else
        code = check_end(&end);
    if (code < 0)
        code = all ? release_all(&end) : end_hold(&end);
    return writing_done(&end.writing, code);
}

static const struct subcommand hold_release = {
    .name = "hold release",
    .summary = "Give back what a hold set aside, all or a part",
    .arguments = "UIN HOLD [AMOUNT] | UIN --all",
    .description =
        "Gives AMOUNT, or all that is left of it, back to be spent. With --all every hold of the "
        "member is released, one by one; a person at a terminal is asked first.\n\n" WRITING_HELP
            WRITING_EXITS,
    .examples = "bursar hold release 700001941608 1234 --data books\n"
                "bursar hold release 700001941608 --all --yes --data books",
    .run = run_release,
};

/* ---- list ---- */

static int run_list(int argc, char **argv)
{
    static const struct table_column columns[] = {
        {"HoldId", true}, {"Amount", true}, {"ExpiresAt", false}};
    const struct listing listing = {.self = &hold_list,
                                    .action = "DescribeHolds",
                                    .columns = columns,
                                    .column_count = sizeof(columns) / sizeof(columns[0]),
                                    .money_columns = 1U << 1,
                                    .uin_parameter = "MemberUin"};
    return listing_main(&listing, argc, argv);
}

static const struct subcommand hold_list = {
    .name = "hold list",
    .summary = "List a member's open holds",
    .arguments = "UIN",
    .description = "Lists what is set aside of the member's money now, the oldest hold first. A "
                   "table shows amounts in units of the currency; json, jsonl and csv the API's "
                   "cents. A hold without an end expires in the year 9999.",
    .examples = "bursar hold list 700001941608 --data books",
    .run = run_list,
};

static const struct subcommand *const verbs[] = {&hold_create, &hold_capture, &hold_release,
                                                 &hold_list, NULL};

static int run(int argc, char **argv)
{
    return verbs_run(&subcommand_hold, verbs, argc, argv);
}

const struct subcommand subcommand_hold = {
    .name = "hold",
    .summary = "Set money aside, charge it later or give it back",
    .arguments = "create|capture|release|list",
    .description = HOLD_HELP "A hold is known by its number, that of the entry that made it.",
    .run = run,
};
