/* `bursar backup`: a verified copy of a data folder, made beside a running server. */
#include "cmd/folder.h"
#include "cmd/progress.h"
#include "cmd/report.h"
#include "cmd/subcommands.h"
#include "journal/backup.h"

#include <stdio.h>

static void show_progress(void *context, const char *stage, uint64_t done, uint64_t all)
{
    progress_stage(context, stage, done, all);
}

static int backup(const char *data, const char *target, bool json)
{
    struct fault fault;
    struct progress bar;
    struct backup_progress progress = {show_progress, &bar};
    struct verify_report report;
    progress_start(&bar, "copying", 0);
    struct status status = journal_backup(data, target, &progress, &fault, &report);
    progress_end(&bar);
    if (!status_ok(status))
        return fail(&subcommand_backup, exit_code_of_status(status), "%s", fault.text);
    if (!json)
        printf("%s is a whole copy of %s as it is at the entry below. Keep master.key too, and "
               "somewhere else.\n\n",
               target, data);
    report_print(&report, json);
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
    int code = options_parse(&subcommand_backup, options, 2, argc, argv, &rest, &rest_count);
    if (code >= 0)
        return code;
    if (rest_count != 1)
        return fail(&subcommand_backup, EXIT_USAGE,
                    "give one TARGET: a folder that is not there yet, or is empty");
    data = folder_choose(data);
    if (!data)
        return fail(&subcommand_backup, EXIT_USAGE, "which data folder? give --data DIR");
    return backup(data, rest[0], json);
}

const struct subcommand subcommand_backup = {
    .name = "backup",
    .summary = "Copy a data folder's journal, also while it is served",
    .arguments = "TARGET",
    .description =
        "Writes a copy of the journal, as it is at one moment, into the folder TARGET, reads it "
        "from end to end as `bursar verify` does, and only then marks it as finished. A server may "
        "go on serving and writing meanwhile. TARGET must not be there yet, or be empty; when "
        "anything fails nothing of the copy is left.\n\n"
        "The copy is journal.db, one SQLite file, and head, which says how far it reaches. "
        "The master key is not part of it: keep it apart, since who has both can read every secret "
        "key. `bursar verify --data TARGET` reads a backup where it lies; `bursar restore` puts it "
        "back.\n\n"
        "The report ends with the chain hash: kept elsewhere, it shows later that nothing before "
        "it was changed (`bursar verify --chain-hash`).\n\n"
        "Exit status: 0 done; 2 TARGET is not empty, or the command line is wrong; 4 no such "
        "folder; 6 the disk failed or is full; 7 what is stored is not what was written, and "
        "no backup was made.",
    .examples = "bursar backup --data /var/lib/bursar /backup/bursar-2026-11-23\n"
                "bursar backup --data books copy --json | jq -r .ChainHash",
    .run = run,
};
