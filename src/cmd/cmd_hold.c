/* `bursar hold`: money set aside for something that is still to come. */
#include "cmd/confirm.h"
#include "cmd/listing.h"
#include "cmd/output.h"
#include "cmd/subcommands.h"
#include "cmd/verb.h"
#include "codec/json.h"

#include <inttypes.h>
#include <stdio.h>

#define HOLD_HELP                                                                                  \
    "A hold sets money of a member aside: it stays theirs but cannot be spent, and shows as "      \
    "frozen, until it is captured (charged), released, or expires. "

static const struct verb create = {
    .action = "CreateHold",
    .words = {VERB_ARGUMENT(WORD_UIN, "UIN", "MemberUin"),
              VERB_ARGUMENT(WORD_MONEY, "AMOUNT", "Amount"),
              VERB_OPTION(WORD_TEXT, "expires", "ExpiresAt", "TIME",
                          "When it is released by itself, RFC 3339: 2026-12-31T00:00:00Z. "
                          "Default: never.")},
    .needed = 2,
    .missing = "give UIN AMOUNT",
    .is_writing = true,
    .insufficient = "{UIN} has less than {AMOUNT} available",
    .would = "a hold of {AMOUNT} on {UIN}",
    .did = "hold {HoldId}: {AMOUNT} of {UIN}",
};

static const struct subcommand hold_create = {
    .name = "hold create",
    .summary = "Set money of a member aside",
    .arguments = "UIN AMOUNT",
    .description = HOLD_HELP
    "It is refused when less than AMOUNT is available. The answer is the hold's number, which "
    "capture and release want, and the member's fields after it.\n\n" WRITING_HELP WRITING_EXITS,
    .examples = "bursar hold create 700001941608 50 --data books --reason 'order 4711'\n"
                "bursar hold create 700001941608 50 --data books --expires 2026-12-31T00:00:00Z",
    .verb = &create,
};

static const char which_hold[] = "give UIN HOLD; `bursar hold list UIN` shows the holds";

static const struct verb capture = {
    .action = "CaptureHold",
    .words = {VERB_ARGUMENT(WORD_UIN, "UIN", "MemberUin"),
              VERB_ARGUMENT(WORD_NUMBER, "hold", "HoldId"),
              VERB_ARGUMENT(WORD_MONEY, "AMOUNT", "Amount")},
    .needed = 2,
    .missing = which_hold,
    .is_writing = true,
    .would = "{AMOUNT|all that is left} of hold {hold} would be captured",
    .did = "entry {EntryId}: {AMOUNT|all that was left} of hold {hold} captured",
};

static const struct subcommand hold_capture = {
    .name = "hold capture",
    .summary = "Charge what a hold set aside, all or a part",
    .arguments = "UIN HOLD [AMOUNT]",
    .description = "Charges AMOUNT, or all that is left of it, to the member and takes it off the "
                   "hold. What is left stays set aside; a hold of which nothing is left is "
                   "over.\n\n" WRITING_HELP WRITING_EXITS,
    .examples = "bursar hold capture 700001941608 1234 --data books\n"
                "bursar hold capture 700001941608 1234 12.50 --data books --token delivery-1",
    .verb = &capture,
};

/* ---- release, one or all ---- */

enum { HOLDS_A_CALL = 100 };

static const struct subcommand hold_release;

/* Of the words of release. */
enum { RELEASE_UIN, RELEASE_HOLD, RELEASE_AMOUNT, RELEASE_ALL, RELEASE_YES };

/* Under a token of its own, TOKEN.HOLD: repeated, it does what is left. */
static int release_one(struct verb_call *call, int64_t hold)
{
    char suffix[32];
    struct slice response;
    struct writing *writing = &call->writing;
    snprintf(suffix, sizeof suffix, ".%" PRId64, hold);
    writing_begin(writing, suffix);
    management_text(&writing->management, "MemberUin", call->texts[RELEASE_UIN]);
    json_write_key(&writing->management.writer, SLICE("HoldId"));
    json_write_i64(&writing->management.writer, hold);
    int code = writing_send(writing, "ReleaseHold", &response);
    if (code < 0 && writing->json)
        output_line(response);
    return code;
}

/* Page by page, each the first of those that are left; *ret_count is what was (or would be)
 * released. */
static int release_pages(struct verb_call *call, struct bursar_client *client, uint64_t *ret_count)
{
    struct management *management = &call->writing.management;
    const struct bursar_hold_page *page;
    int64_t holds[HOLDS_A_CALL];
    size_t count;
    do {
        enum bursar_result result =
            bursar_holds(client, call->texts[RELEASE_UIN], 0, HOLDS_A_CALL, &page);
        if (result != BURSAR_OK)
            return admin_failed(management->self, management->admin, result);
        if (management->dry_run) {
            *ret_count = page->total_count;
            return -1;
        }
        count = page->hold_count < HOLDS_A_CALL ? page->hold_count : HOLDS_A_CALL;
        for (size_t i = 0; i < count; i++) /* the page is gone with the next call */
            holds[i] = page->holds[i].hold_id;
        for (size_t i = 0; i < count; i++) {
            int code = release_one(call, holds[i]);
            if (code >= 0)
                return code;
        }
        *ret_count += count;
    } while (count == HOLDS_A_CALL);
    return -1;
}

static int release_all(struct verb_call *call)
{
    uint64_t count = 0;
    struct bursar_client *client;
    bool dry_run = call->writing.management.dry_run;
    int code = -1;
    if (!dry_run)
        code = confirm(&hold_release, call->flags[RELEASE_YES], "Release every hold of %s?",
                       call->texts[RELEASE_UIN]);
    if (code < 0)
        code = management_client(&call->writing.management, &client);
    if (code < 0)
        code = release_pages(call, client, &count);
    if (code < 0 && !call->writing.json)
        printf("%s%" PRIu64 " hold%s released\n", dry_run ? "dry run: " : "", count,
               count == 1 ? "" : "s");
    return code;
}

static const struct verb release = {
    .action = "ReleaseHold",
    .words = {VERB_ARGUMENT(WORD_UIN, "UIN", "MemberUin"),
              VERB_ARGUMENT(WORD_NUMBER, "hold", "HoldId"),
              VERB_ARGUMENT(WORD_MONEY, "AMOUNT", "Amount"),
              VERB_OPTION(WORD_FLAG, "all", NULL, NULL, "Release every hold of the member."),
              VERB_OPTION(WORD_FLAG, "yes", NULL, NULL, WRITING_YES_HELP)},
    .needed = 2,
    .missing = which_hold,
    .is_writing = true,
    .would = "{AMOUNT|all that is left} of hold {hold} would be released",
    .did = "entry {EntryId}: {AMOUNT|all that was left} of hold {hold} released",
};

static int run_release(int argc, char **argv)
{
    struct verb_call call;
    int code = verb_parse(&hold_release, &release, argc, argv, &call);
    if (code >= 0 || !call.flags[RELEASE_ALL])
        return code >= 0 ? code : verb_do(&call);
    if (call.texts[RELEASE_HOLD])
        return fail(&hold_release, EXIT_USAGE, "give a HOLD or --all, not both");
    code = writing_open(&call.writing);
    if (code < 0 && !call.texts[RELEASE_UIN])
        code = fail(&hold_release, EXIT_USAGE, "%s", which_hold);
    if (code < 0)
        code = check_uin(&hold_release, call.texts[RELEASE_UIN]);
    return writing_done(&call.writing, code < 0 ? release_all(&call) : code);
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

static const struct listing holds = {
    .action = "DescribeHolds",
    .columns =
        (const struct table_column[]){{"HoldId", true}, {"Amount", true}, {"ExpiresAt", false}},
    .column_count = 3,
    .money_columns = 1U << 1,
    .uin_parameter = "MemberUin",
};

static const struct subcommand hold_list = {
    .name = "hold list",
    .summary = "List a member's open holds",
    .arguments = "UIN",
    .description = "Lists what is set aside of the member's money now, the oldest hold first. A "
                   "table shows amounts in units of the currency; json, jsonl and csv the API's "
                   "cents. A hold without an end expires in the year 9999.",
    .examples = "bursar hold list 700001941608 --data books",
    .listing = &holds,
};

const struct subcommand subcommand_hold = {
    .name = "hold",
    .summary = "Set money aside, charge it later or give it back",
    .arguments = "create|capture|release|list",
    .description = HOLD_HELP "A hold is known by its number, that of the entry that made it.",
    .verbs = (const struct subcommand *const[]){&hold_create, &hold_capture, &hold_release,
                                                &hold_list, NULL},
};
