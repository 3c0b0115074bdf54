/* `bursar load`: a journal, from the text that `bursar dump` wrote. */
#include "cmd/folder.h"
#include "cmd/progress.h"
#include "cmd/report.h"
#include "cmd/subcommands.h"
#include "journal/dump.h"

#include <stdio.h>

static void show_progress(void *context, uint64_t done, uint64_t all)
{
    progress_stage(context, "entries", done, all);
}

static int load(const char *path, const char *data, bool json)
{
    struct fault fault;
    struct progress bar;
    struct verify_report report;
    progress_start(&bar, "entries", 0);
    struct status status = journal_load_dump(path, data, show_progress, &bar, &fault, &report);
    progress_end(&bar);
    if (!status_ok(status))
        return fail(&subcommand_load, exit_code_of_status(status), "%s", fault.text);
    if (!json)
        printf("%s has the journal that was dumped. `bursar serve` also needs the master key of "
               "then, as %s/master.key or with --master-key-file.\n\n",
               data, data);
    report_print(&report, json);
    return EXIT_OK;
}

static int run(int argc, char **argv)
{
    const char *data = NULL;
    bool json = false;
    const struct option_spec options[] = {
        {"data", "DIR", "The data folder to make. Default: the variable BURSAR_DATA.", OPTION_TEXT,
         &data},
        {"json", NULL, "Print the report as a JSON object.", OPTION_FLAG, &json},
    };
    char **rest;
    int rest_count;
    int code = options_parse(&subcommand_load, options, 2, argc, argv, &rest, &rest_count);
    if (code >= 0)
        return code;
    if (rest_count != 1)
        return fail(&subcommand_load, EXIT_USAGE,
                    "give one FILE that `bursar dump` wrote, or - for standard input");
    data = folder_choose(data);
    if (!data)
        return fail(&subcommand_load, EXIT_USAGE, "into which data folder? give --data DIR");
    return load(rest[0], data, json);
}

const struct subcommand subcommand_load = {
    .name = "load",
    .summary = "Make a data folder of a dump",
    .arguments = "FILE",
    .description =
        "Makes the journal of which FILE is the dump, with the same entries, batches and hashes: "
        "the same chain hash at its end. Every line is proved; the first one that is wrong is "
        "named, and then nothing of it is left in the data folder. The folder is made when it is "
        "not there; it may hold other files, master.key among them, but no journal.\n\n"
        "Exit status: 0 done; 2 the data folder holds a journal, or FILE is no dump; 4 no such "
        "file; 6 the disk failed or is full; 7 a line is not what was dumped.",
    .examples = "bursar load books.jsonl --data copy\n"
                "zstd -dc books.jsonl.zst | bursar load - --data copy",
    .run = run,
};
