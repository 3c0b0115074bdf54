/* `bursar restore`: a backup, put back into a data folder. */
#include "cmd/keeping.h"
#include "cmd/subcommands.h"
#include "journal/backup.h"

#include <stdio.h>

static int restore(struct keeping *keeping)
{
    struct fault fault;
    const struct backup_progress progress = {progress_stage, &keeping->bar};
    struct status status =
        journal_restore(keeping->argument, keeping->data, &progress, &fault, &keeping->report);
    int code = keeping_done(keeping, status, &fault);
    if (code < 0 && !keeping->flag)
        printf("%s is what %s was copied from, up to the entry below. `bursar serve` also needs "
               "the master key of then, as %s/master.key or with --master-key-file.\n\n",
               keeping->data, keeping->argument, keeping->data);
    return code;
}

static const struct keeping_spec spec = {
    .data_help = "The data folder to make. Default: the variable BURSAR_DATA.",
    .missing_data = "into which data folder? give --data DIR",
    .missing = "give one BACKUP: a folder that `bursar backup` made",
    .reports = true,
    .stage = "copying",
    .work = restore,
};

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
    .keeping = &spec,
};
