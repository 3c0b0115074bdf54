/* `bursar restore`: a backup, put back into a data folder. */
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

static int restore(const char *from, const char *data, bool json)
{
    struct fault fault;
    struct progress bar;
    struct backup_progress progress = {show_progress, &bar};
    struct verify_report report;
    progress_start(&bar, "copying", 0);
    struct status status = journal_restore(from, data, &progress, &fault, &report);
    progress_end(&bar);
    if (!status_ok(status))
        return fail(&subcommand_restore, exit_code_of_status(status), "%s", fault.text);
    if (!json)
        printf("%s is what %s was copied from, up to the entry below. `bursar serve` also needs "
               "the master key of then, as %s/master.key or with --master-key-file.\n\n",
               data, from, data);
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
    int code = options_parse(&subcommand_restore, options, 2, argc, argv, &rest, &rest_count);
    if (code >= 0)
        return code;
    if (rest_count != 1)
        return fail(&subcommand_restore, EXIT_USAGE,
                    "give one BACKUP: a folder that `bursar backup` made");
    data = folder_choose(data);
    if (!data)
        return fail(&subcommand_restore, EXIT_USAGE, "into which data folder? give --data DIR");
    return restore(rest[0], data, json);
}

const struct subcommand subcommand_restore = {
    .name = "restore",
    .summary = "Put a backup back as a data folder",
    .arguments = "BACKUP",
    .description =
        "Copies the journal of BACKUP, a folder that `bursar backup` made, into a data folder, and "
        "reads the copy from end to end before it may be used. The data folder is made when it is "
        "not there; it may hold other files, master.key among them, but no journal: move an old "
        "one away first, so that nothing that was acknowledged is ever overwritten.\n\n"
        "What happened after the backup was made is not in it. The master key is not part of a "
        "backup and must be put back by hand.\n\n"
        "Exit status: 0 done; 2 the data folder holds a journal, or BACKUP was not finished; 4 no "
        "such folder; 6 the disk failed or is full; 7 BACKUP is not what was backed up. After a "
        "failure nothing of it is left in the data folder.",
    .examples = "bursar restore --data /var/lib/bursar /backup/bursar-2026-11-23",
    .run = run,
};
