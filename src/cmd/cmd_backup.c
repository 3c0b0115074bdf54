/* `bursar backup`: a verified copy of a data folder, made beside a running server. */
#include "cmd/keeping.h"
#include "cmd/subcommands.h"
#include "journal/backup.h"

#include <stdio.h>

static int backup(struct keeping *keeping)
{
    struct fault fault;
    const struct backup_progress progress = {progress_stage, &keeping->bar};
    struct status status =
        journal_backup(keeping->data, keeping->argument, &progress, &fault, &keeping->report);
    int code = keeping_done(keeping, status, &fault);
    if (code < 0 && !keeping->flag)
        printf("%s is a whole copy of %s as it is at the entry below. Keep master.key too, and "
               "somewhere else.\n\n",
               keeping->argument, keeping->data);
    return code;
}

static const struct keeping_spec spec = {
    .data_help = "The data folder. Default: the variable BURSAR_DATA.",
    .missing_data = "which data folder? give --data DIR",
    .missing = "give one TARGET: a folder that is not there yet, or is empty",
    .reports = true,
    .stage = "copying",
    .work = backup,
};

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
    .keeping = &spec,
};
