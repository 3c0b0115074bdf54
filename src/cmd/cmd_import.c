/* `bursar import`: members and their opening balances from a file. Main thread.
 *
 * 1. The whole file is checked before the book is asked anything, and the whole file is tried
 *    (DryRun) before anything is written: a file with a mistake changes nothing.
 * 2. What is there already with the same values stays as it is, so that an import that was cut off
 *    is finished by doing it again.
 * 3. The file is read once and walked three times; nothing is allocated for a line but its uin. */
#include "cmd/import_send.h"
#include "cmd/import_uins.h"
#include "cmd/interrupt.h"
#include "cmd/output.h"
#include "cmd/progress.h"
#include "cmd/subcommands.h"
#include "cmd/target.h"
#include "sys/sys.h"

#include <inttypes.h>
#include <stdio.h>

/* A large file is more calls than a server allows in a second. */
enum { IMPORT_RETRIES = 6 };

struct import {
    struct target_flags target;
    const char *path, *format;
    bool partial, dry_run;
    uint64_t organisation;

    struct record_file file;
    struct import_uins uins;
    uint64_t good, bad; /* lines */
    int64_t now_us;
};

/* True when the row is the first with its uin. */
static bool note_uin(struct import *import, const struct import_row *row, bool *ret_memory)
{
    uint64_t first = import_uins_add(&import->uins, row->member.uin, row->line);
    *ret_memory = first != 0;
    if (first && first != row->line)
        record_file_problem(&import->file, row->line, "MemberUin is the same as in line %" PRIu64,
                            first);
    return first == row->line;
}

/* First pass: every line by itself, and no uin twice. */
static int check_lines(struct import *import)
{
    struct records *records = &import->file.records;
    struct import_row row;
    struct progress progress;
    enum records_next next;
    bool memory = true;
    if (!records_start(records)) {
        record_file_problems_end(&import->file);
        return fail(&subcommand_import, EXIT_USAGE, "nothing was imported");
    }
    progress_start(&progress, "checking, bytes", records->text.len);
    while (memory && !interrupted() &&
           (next = import_row_next(records, import->now_us, &row)) != RECORDS_END) {
        bool good = next == RECORDS_ONE && note_uin(import, &row, &memory);
        import->good += good;
        import->bad += !good;
        progress_update(&progress, records_at(records));
    }
    progress_end(&progress);
    records->listener = (struct record_listener){NULL, NULL, NULL}; /* all was told */
    if (!memory)
        return fail(&subcommand_import, EXIT_NETWORK, "no memory for so many members");
    return interrupted() ? fail(&subcommand_import, EXIT_INTERRUPTED, "nothing was imported") : -1;
}

/* Every good line once more, to the sender. Its mistakes were told in the first pass. */
static int send_lines(struct import *import, struct import_sender *sender, const char *label)
{
    struct records *records = &import->file.records;
    struct import_row row;
    struct progress progress;
    enum records_next next;
    int code = -1;
    if (!records_start(records))
        return EXIT_USAGE;
    progress_start(&progress, label, import->good);
    uint64_t sent = 0;
    while (code < 0 && !interrupted() &&
           (next = import_row_next(records, import->now_us, &row)) != RECORDS_END) {
        if (next != RECORDS_ONE ||
            (import->bad > 0 && import_uins_find(&import->uins, row.member.uin) != row.line))
            continue;
        code = import_sender_add(sender, &row);
        progress_update(&progress, ++sent);
    }
    progress_end(&progress);
    if (code < 0 && !interrupted())
        code = import_sender_flush(sender);
    return code;
}

static int report(const struct import *import, const struct import_sender *sender)
{
    const struct import_tally *tally = &sender->tally;
    uint64_t refused = tally->refused + import->bad;
    record_file_problems_end(&import->file);
    printf("%s%" PRIu64 " added, %" PRIu64 " unchanged", import->dry_run ? "dry run: " : "",
           tally->added, tally->unchanged);
    if (refused > 0)
        printf(", %" PRIu64 " refused", refused);
    printf("\n");
    return output_finish(&subcommand_import, refused > 0 ? EXIT_ALERT : EXIT_OK);
}

static int refuse_all(const struct import *import, uint64_t refused)
{
    record_file_problems_end(&import->file);
    return fail(&subcommand_import, EXIT_USAGE,
                "%" PRIu64 " of %" PRIu64
                " members cannot be taken; nothing was imported (--partial takes the others)",
                refused, import->good + import->bad);
}

/* Third pass. Whatever stops it, what was added is there, and adding it again changes nothing. */
static int send_for_good(struct import *import, struct import_sender *sender)
{
    import_sender_start(sender, false, import->partial);
    int code = send_lines(import, sender, "adding, members");
    if (code < 0 && interrupted())
        code = EXIT_INTERRUPTED;
    if (code < 0)
        return report(import, sender);
    return fail(&subcommand_import, (enum exit_code)code,
                "stopped after %" PRIu64 " of %" PRIu64
                " members; the same import again finishes it",
                sender->tally.added + sender->tally.unchanged, import->good);
}

/* Second and third pass: would the book take them all; then it does. */
static int try_and_send(struct import *import, struct import_sender *sender)
{
    int code = -1;
    if (!import->partial || import->dry_run) {
        import_sender_start(sender, true, true);
        code = send_lines(import, sender, "trying, members");
        if (code < 0 && !interrupted() && sender->tally.refused > 0 && !import->partial)
            code = refuse_all(import, sender->tally.refused);
        if (code >= 0 || (import->dry_run && !interrupted()))
            return code >= 0 ? code : report(import, sender);
    }
    if (interrupted())
        return fail(&subcommand_import, EXIT_INTERRUPTED, "nothing was imported");
    return send_for_good(import, sender);
}

static int send_all(struct import *import)
{
    static struct import_sender sender;
    struct admin *admin = NULL;
    if (import->target.remote.retries == REMOTE_RETRIES_UNSET)
        import->target.remote.retries = IMPORT_RETRIES;
    int code = target_open(&subcommand_import, &import->target, &admin);
    if (code >= 0)
        return code;
    import_sender_init(&sender, &subcommand_import, admin, &import->file, import->organisation);
    code = try_and_send(import, &sender);
    import_sender_done(&sender);
    return target_close(&subcommand_import, admin, code);
}

static int run_parsed(struct import *import)
{
    int code = record_file_open(&import->file, &subcommand_import, import->path, import->format,
                                &import_table);
    if (code >= 0)
        return code;
    interrupt_watch();
    import->now_us = sys_now_us(sys_real());
    import_uins_init(&import->uins);
    code = check_lines(import);
    if (code < 0 && import->bad > 0 && !import->partial)
        code = refuse_all(import, import->bad);
    if (code < 0)
        code = send_all(import);
    import_uins_done(&import->uins);
    return code;
}

static int run(int argc, char **argv)
{
    struct import import = {.target = TARGET_FLAGS_DEFAULT};
    const struct option_spec options[] = {
        TARGET_OPTIONS(&import.target),
        {"format", "FORMAT",
         "csv or jsonl. Default: by the file's name, else by its first character.", OPTION_TEXT,
         &import.format},
        {"partial", NULL, "Take the members that can be taken, and name the others.", OPTION_FLAG,
         &import.partial},
        {"dry-run", NULL, "Only say what would happen.", OPTION_FLAG, &import.dry_run},
        {"organization", "ID", "The organisation, where a folder has several; default 1.",
         OPTION_NUMBER, &import.organisation},
        REMOTE_OPTIONS(&import.target.remote),
    };
    char **rest = NULL;
    int rest_count = 0;
    int code = options_parse(&subcommand_import, options, sizeof options / sizeof *options, argc,
                             argv, &rest, &rest_count);
    if (code >= 0)
        return code;
    if (rest_count != 1)
        return fail(&subcommand_import, EXIT_USAGE, "give one FILE, or - for standard input");
    import.path = rest[0];
    code = run_parsed(&import);
    record_file_close(&import.file);
    return code;
}

const struct subcommand subcommand_import = {
    .name = "import",
    .summary = "Add members with their opening balances from a CSV or JSONL file",
    .arguments = "FILE",
    .description =
        "Adds the members of FILE to an organisation: into a data folder (--data), served or not, "
        "or through a server elsewhere (--endpoint).\n\n"
        "CSV begins with a header line; JSONL has one object a line. Columns and fields have the "
        "API's names, in any order, and amounts are in cents, with up to four decimals:\n\n"
        "  MemberUin, MemberName\n"
        "        required\n"
        "  RealBalance, CashAccountBalance, CreditAmount, TempCredit, BasicCreditAmount,\n"
        "  OweAmount, IsCreditAccount\n"
        "        as DescribeOrgMemberAccountBalance gives them\n"
        "  IncomeIntoAccountBalance, PresentAccountBalance, FreezeAmount,\n"
        "  TempAmountInfoList\n"
        "        as DescribeAccountBalance gives them\n"
        "  AllowArrears\n"
        "        true: charges may go beyond what is available\n\n"
        "What is left out is zero or false, or follows from the others. An amount that is there "
        "and contradicts the others is an error. A byte-order mark and Windows line ends are "
        "fine.\n\n"
        "Every line is checked first, and every mistake is named with its line; nothing is written "
        "unless all is right. A member that is there already with the same values is left as it "
        "is, so that importing a file twice changes nothing; with other values it is refused.\n\n"
        "Exit codes: 0 all taken; 1 some were refused (--partial, --dry-run); 2 the file or the "
        "command line is wrong, and nothing was imported; 3 key or permission refused; 6 network "
        "or disk.",
    .examples = "bursar import members.csv --data /var/lib/bursar\n"
                "bursar query --all --output csv | bursar import - --data ./copy --format csv\n"
                "bursar import members.jsonl --data ./data --partial 2> refused.txt\n",
    .run = run,
};
