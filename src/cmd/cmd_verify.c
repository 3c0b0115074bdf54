/* `bursar verify`: is what is stored what was written? Reads beside a running server. */
#include "cmd/folder.h"
#include "cmd/progress.h"
#include "cmd/subcommands.h"
#include "codec/timestamp.h"

#include <inttypes.h>
#include <stdio.h>

static void show_progress(void *context, uint64_t done, uint64_t all)
{
    struct progress *progress = context;
    progress->all = all;
    progress_update(progress, done);
}

static void print_text(const char *path, const struct verify_report *report, struct slice time,
                       struct slice hash)
{
    printf("%s is whole: chain, roots, sums and checkpoint agree with every entry.\n\n", path);
    printf("organisations  %" PRIu32 "\nmembers        %" PRIu32 "\nentries        %" PRIu64 "\n",
           report->organisations, report->members, report->entries);
    printf("batches        %" PRIu64 "\nlast entry     %" PRIu64 "%s%.*s\nchain hash     %.*s\n",
           report->head.batches, report->head.sequence, time.len > 0 ? ", " : "", SLICE_ARGS(time),
           SLICE_ARGS(hash));
}

static void print_json(const struct verify_report *report, struct slice time, struct slice hash)
{
    printf("{\"Batches\":%" PRIu64 ",\"ChainHash\":\"%.*s\",\"Entries\":%" PRIu64
           ",\"LastEntry\":%" PRIu64 ",\"LastTime\":\"%.*s\",\"Members\":%" PRIu32
           ",\"Organizations\":%" PRIu32 "}\n",
           report->head.batches, SLICE_ARGS(hash), report->entries, report->head.sequence,
           SLICE_ARGS(time), report->members, report->organisations);
}

static void print_report(const char *path, const struct verify_report *report, bool json)
{
    char memory[256];
    struct buffer time, hash;
    buffer_init_fixed(&time, memory, 128);
    buffer_init_fixed(&hash, memory + 128, 128);
    if (report->head.sequence > 0)
        timestamp_print_rfc3339(&time, report->head.time_us);
    buffer_hex(&hash, report->head.hash, sizeof(report->head.hash));
    if (json)
        print_json(report, buffer_slice(&time), buffer_slice(&hash));
    else
        print_text(path, report, buffer_slice(&time), buffer_slice(&hash));
}

static int verify(const char *path, bool json)
{
    struct fault fault;
    struct progress progress;
    struct verify_report report;
    progress_start(&progress, "verifying", 0);
    struct status status = journal_verify(path, show_progress, &progress, &fault, &report);
    progress_end(&progress);
    if (!status_ok(status))
        return fail(&subcommand_verify, exit_code_of_status(status), "%s", fault.text);
    print_report(path, &report, json);
    return EXIT_OK;
}

static int run(int argc, char **argv)
{
    const char *data = NULL;
    bool json = false;
    const struct option_spec options[] = {
        {"data", "DIR", "The data folder. Default: the variable BURSAR_DATA.", OPTION_TEXT, &data},
        {"json", NULL, "Print the report as a JSON object.", OPTION_FLAG, &json},
    };
    char **rest;
    int rest_count;
    int code = options_parse(&subcommand_verify, options, 2, argc, argv, &rest, &rest_count);
    if (code >= 0)
        return code;
    if (rest_count > 0)
        return fail(&subcommand_verify, EXIT_USAGE, "takes no arguments, but there is %s", rest[0]);
    data = folder_choose(data);
    if (!data)
        return fail(&subcommand_verify, EXIT_USAGE, "which data folder? give --data DIR");
    return verify(data, json);
}

const struct subcommand subcommand_verify = {
    .name = "verify",
    .summary = "Check that stored data is what was written",
    .description =
        "Reads the whole journal and recomputes everything: the hash chain over all batches, the "
        "root of each batch, every entry's decoding, the book that follows from them, the sums of "
        "every organisation (all accounts together are zero), and the checkpoint against the "
        "replay. Nothing is written; a server may go on serving the folder meanwhile.\n\n"
        "The last line of the report is the chain hash: kept elsewhere, it proves later that no "
        "earlier entry was changed or cut off.\n\n"
        "Exit status: 0 whole; 7 something stored is not what was written, and the first wrong "
        "batch or entry is named on stderr (restore the folder from a backup); 4 no such folder.",
    .examples = "bursar verify --data /var/lib/bursar\n"
                "bursar verify --data /var/lib/bursar --json | jq -r .ChainHash",
    .run = run,
};
