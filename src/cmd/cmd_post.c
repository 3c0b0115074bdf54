/* `bursar post`: transfers of money, one from the command line or many from a file. Main thread.
 *
 * 1. A file is checked whole before anything of it is sent.
 * 2. Whatever stops a file on its way, the same command with the same token goes on where it
 *    stopped. */
#include "cmd/confirm.h"
#include "cmd/import_row.h"
#include "cmd/interrupt.h"
#include "cmd/output.h"
#include "cmd/post_send.h"
#include "cmd/progress.h"
#include "cmd/subcommands.h"
#include "codec/decimal.h"

#include <inttypes.h>
#include <stdio.h>

/* A token's room for ".N". */
enum { FILE_TOKEN_MAX = CLIENT_TOKEN_BYTES_MAX - 11 };

struct post {
    struct writing writing;
    const char *to, *account, *income, *gift;
    const char *path, *format;
    bool partial;

    struct record_file file;
    struct post_sender sender;
    uint64_t good, bad; /* lines */
    uint64_t final;     /* of the good ones: withdrawals and adjustments */
};

/* ---- one ---- */

static void print_amount(struct buffer *text, const struct post_row *row)
{
    const struct {
        struct amount amount;
        const char *of;
    } parts[] = {{row->cash, " cash"}, {row->income, " income"}, {row->gift, " gift"}};
    if (!row->is_adjust)
        decimal_print_units(text, row->amount);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (amount_is_zero(parts[i].amount))
            continue;
        buffer_text(text, text->len > 0 ? " " : "");
        decimal_print_units(text, parts[i].amount);
        buffer_text(text, parts[i].of);
    }
    buffer_char(text, '\0');
}

static int send_one(struct post *post, const struct post_row *row, const char *uin,
                    const char *amount)
{
    char insufficient[256], said[400];
    struct slice response, kind = row->kind;
    struct json_writer *writer = &post->writing.management.writer;
    snprintf(insufficient, sizeof insufficient, "%s has less than %s available", uin, amount);
    post->writing.insufficient = insufficient;
    post->writing.shorten = post_message;
    post->writing.reason = NULL; /* the transfer's, not the call's */
    writing_begin(&post->writing, "");
    json_write_key(writer, SLICE("Transfers"));
    json_open_array(writer);
    post_row_write(row, writer->out);
    json_close_array(writer);
    int code = writing_send(&post->writing, "CreateTransfers", &response);
    if (code >= 0)
        return code;
    post->sender.batch.count = 1;
    if (!post_read_entries(&post->sender, response))
        return fail(&subcommand_post, EXIT_NETWORK, "the answer is not one of CreateTransfers");
    snprintf(said, sizeof said, "entry %" PRIu64 ": %.*s, %s, %s%s%s",
             post->sender.tally.first_entry, SLICE_ARGS(kind), uin, amount, post->to ? " to " : "",
             post->to ? post->to : "");
    writing_print(&post->writing, response,
                  post->writing.management.dry_run ? strchr(said, ':') + 2 : said);
    return -1;
}

static int post_one(struct post *post, const char *const *arguments)
{
    char memory[160];
    struct buffer amount;
    struct post_row row = {0};
    const char *const texts[POST_COLUMN_COUNT] = {
        [POST_KIND] = arguments[0],     [POST_UIN] = arguments[1],
        [POST_AMOUNT] = arguments[2],   [POST_TO] = post->to,
        [POST_ACCOUNT] = post->account, [POST_INCOME] = post->income,
        [POST_GIFT] = post->gift,       [POST_REASON] = post->writing.reason,
    };
    struct records records = {.table = &post_table, .listener = record_file_listener(&post->file)};
    if (!arguments[1])
        return fail(&subcommand_post, EXIT_USAGE, "give KIND UIN AMOUNT, or --file FILE");
    post->file.path = "bursar post";
    if (!post_row_read(&records, texts, &row))
        return EXIT_USAGE;
    buffer_init_fixed(&amount, memory, sizeof memory);
    print_amount(&amount, &row);
    int code = -1;
    if (row.is_final && !post->writing.management.dry_run)
        code = confirm(&subcommand_post, post->writing.yes, "%.*s %s, %s?", SLICE_ARGS(row.kind),
                       arguments[1], memory);
    return code >= 0 ? code : send_one(post, &row, arguments[1], memory);
}

/* ---- a file ---- */

/* A file with the API's names is one whose amounts are cents. */
static void tell_unknown(void *context, uint64_t line, const char *what, struct slice name)
{
    if (records_find(&import_table, name) == import_table.count &&
        !slice_equal(name, SLICE("Amount")))
        record_file_unknown(context, line, what, name);
    else
        record_file_problem(context, line,
                            "%s %.*s is the API's, in cents; here it is kind, uin, amount, to, "
                            "account, income, gift, reason, and amounts are in units of the "
                            "currency",
                            what, SLICE_ARGS(name));
}

/* First pass: every line by itself. */
static int check_lines(struct post *post)
{
    struct records *records = &post->file.records;
    struct post_row row;
    enum records_next next;
    records->listener.tell_unknown = tell_unknown;
    if (!records_start(records)) {
        record_file_problems_end(&post->file);
        return fail(&subcommand_post, EXIT_USAGE, "nothing was posted");
    }
    while ((next = post_row_next(records, &row)) != RECORDS_END) {
        bool good = next == RECORDS_ONE;
        post->good += good;
        post->bad += !good;
        post->final += good && row.is_final;
    }
    records->listener = (struct record_listener){NULL, NULL, NULL}; /* all was told */
    if (post->bad == 0 || post->partial)
        return -1;
    record_file_problems_end(&post->file);
    return fail(&subcommand_post, EXIT_USAGE,
                "%" PRIu64 " of %" PRIu64
                " lines cannot be understood; nothing was posted (--partial posts the others)",
                post->bad, post->good + post->bad);
}

/* Second pass. Its mistakes were told in the first. */
static int send_lines(struct post *post)
{
    struct records *records = &post->file.records;
    struct post_row row;
    struct progress progress;
    enum records_next next;
    uint64_t sent = 0;
    int code = -1;
    if (!records_start(records))
        return EXIT_USAGE;
    progress_start(&progress, "posting", post->good);
    while (code < 0 && !interrupted() && (next = post_row_next(records, &row)) != RECORDS_END) {
        if (next != RECORDS_ONE)
            continue;
        code = post_sender_add(&post->sender, &row);
        progress_update(&progress, ++sent);
    }
    if (code < 0 && !interrupted())
        code = post_sender_flush(&post->sender);
    progress_end(&progress);
    return code < 0 && interrupted() ? EXIT_INTERRUPTED : code;
}

static int stopped(const struct post *post, int code)
{
    uint64_t settled = post->sender.tally.posted + post->sender.tally.refused;
    record_file_problems_end(&post->file);
    if (post->writing.management.dry_run)
        return code;
    if (settled == 0 && code != EXIT_INTEGRITY && code != EXIT_INTERRUPTED)
        return fail(&subcommand_post, (enum exit_code)code, "nothing was posted");
    return fail(&subcommand_post, (enum exit_code)code,
                "stopped after %" PRIu64 " of %" PRIu64
                " transfers; the same file again with --token %s goes on from there, and posts "
                "nothing twice",
                settled, post->good, post->writing.token);
}

static int report(const struct post *post)
{
    const struct post_tally *tally = &post->sender.tally;
    uint64_t refused = tally->refused + post->bad;
    bool dry_run = post->writing.management.dry_run;
    record_file_problems_end(&post->file);
    if (!post->writing.json) {
        printf("%s%" PRIu64 " posted", dry_run ? "dry run: " : "", tally->posted);
        if (tally->first_entry > 0)
            printf(", entries %" PRIu64 " to %" PRIu64, tally->first_entry, tally->last_entry);
        if (refused > 0)
            printf(", %" PRIu64 " refused", refused);
        printf("\n");
    }
    return output_finish(&subcommand_post, refused > 0 ? EXIT_ALERT : -1);
}

static int post_checked(struct post *post)
{
    int code = check_lines(post);
    if (code < 0 && post->final > 0 && !post->writing.management.dry_run)
        code =
            confirm(&subcommand_post, post->writing.yes,
                    "Post %" PRIu64 " transfers, %" PRIu64 " of them withdrawals or adjustments?",
                    post->good, post->final);
    if (code >= 0)
        return code;
    post_sender_init(&post->sender, &post->writing, &post->file, post->partial);
    interrupt_watch();
    code = send_lines(post);
    return code >= 0 ? stopped(post, code) : report(post);
}

static int post_lines(struct post *post)
{
    if (strlen(post->writing.token) > FILE_TOKEN_MAX)
        return fail(&subcommand_post, EXIT_USAGE, "with --file, --token is at most %d characters",
                    FILE_TOKEN_MAX);
    if (post->to || post->account || post->income || post->gift || post->writing.reason)
        return fail(&subcommand_post, EXIT_USAGE,
                    "--to, --account, --income, --gift and --reason are columns of the file");
    int code =
        record_file_open(&post->file, &subcommand_post, post->path, post->format, &post_table);
    if (code < 0)
        code = post_checked(post);
    record_file_close(&post->file);
    return code;
}

/* ---- both ---- */

static int post_parsed(struct post *post, const char *const *arguments)
{
    int code = writing_open(&post->writing);
    if (code >= 0)
        return code;
    if (post->path && arguments[0])
        return fail(&subcommand_post, EXIT_USAGE, "give KIND UIN AMOUNT or --file, not both");
    if (!post->path && (post->partial || post->format))
        return fail(&subcommand_post, EXIT_USAGE, "--partial and --format are for --file");
    return post->path ? post_lines(post) : post_one(post, arguments);
}

static int run(int argc, char **argv)
{
    static struct post post;
    post = (struct post){.writing = WRITING_DEFAULT(&subcommand_post)};
    const char *arguments[3];
    const struct option_spec options[] = {
        {"to", "UIN", "Of move: the member who gets.", OPTION_TEXT, &post.to},
        {"account", "NAME", "Of refund: where it goes: cash (default), income or gift.",
         OPTION_TEXT, &post.account},
        {"income", "AMOUNT", "Of adjust: the change of income, up or down.", OPTION_TEXT,
         &post.income},
        {"gift", "AMOUNT", "Of adjust: the change of gift, up or down.", OPTION_TEXT, &post.gift},
        {"file", "FILE", "Post the transfers of FILE, CSV or JSONL; - is standard input.",
         OPTION_TEXT, &post.path},
        {"format", "FORMAT",
         "csv or jsonl. Default: by the file's name, else by its first character.", OPTION_TEXT,
         &post.format},
        {"partial", NULL, "Post what can be posted, and name the others.", OPTION_FLAG,
         &post.partial},
        WRITING_YES_OPTION(&post.writing),
        WRITING_OPTIONS(&post.writing),
    };
    int code = management_parse(&post.writing.management, options,
                                sizeof(options) / sizeof(options[0]), argc, argv, 3, arguments);
    if (code >= 0)
        return code;
    return writing_done(&post.writing, post_parsed(&post, arguments));
}

const struct subcommand subcommand_post = {
    .name = "post",
    .summary = "Move money: top-ups, charges, refunds, gifts, moves, withdrawals, adjustments",
    .arguments = "KIND UIN AMOUNT | --file FILE",
    .description =
        "Posts one transfer to a member's accounts, or all of a file. AMOUNT is in units of the "
        "currency, 12.34, with up to six decimals. KIND is\n\n"
        "  top_up      cash comes in\n"
        "  withdraw    cash goes out; a person at a terminal is asked first\n"
        "  charge      the member pays for something: from gift, then income, then cash\n"
        "  refund      money comes back: to --account cash, income or gift\n"
        "  grant_gift  a gift, which can be spent but not withdrawn\n"
        "  move        cash from UIN to the member --to\n"
        "  adjust      a correction of cash (AMOUNT), --income and --gift, up or down; needs\n"
        "              --reason, and asks first\n\n"
        "A charge, a withdrawal or a move beyond what is available is refused, unless the member "
        "may be in arrears (`bursar member modify --arrears yes`, for charges). The answer is the "
        "number of the entry and the member's fields after it. --dry-run says what would "
        "happen.\n\n"
        "A FILE has the columns kind, uin, amount, to, account, income, gift, reason; "
        "docs/transfers.md describes it. It is checked whole, then sent in calls of up to 8,190 "
        "transfers, each carried out wholly or not at all: when one is refused, what came in "
        "earlier calls is posted, the line is named, and nothing from its call on is. With "
        "--partial the others are posted and each refused one is named. With --dry-run each call "
        "is judged by what is there now.\n\n" WRITING_HELP
        "For a file the calls' tokens are TOKEN.1, TOKEN.2 and so on: after whatever stopped it, "
        "the same file with --token TOKEN goes on where it stopped; lines that were refused may "
        "be mended before.\n\n" WRITING_EXITS " With --partial, 1 also when some were refused.",
    .examples =
        "bursar post top_up 700001941608 100 --data books --reason 'invoice 17'\n"
        "bursar post charge 700001941608 12.34 --data books --token order-4711\n"
        "bursar post move 700001941608 5 --to 100049260339 --data books\n"
        "bursar post adjust 700001941608 -0.05 --reason 'rounding in May' --yes --data books\n"
        "bursar post --file charges.csv --data books --token charges-2026-11\n",
    .run = run,
};
