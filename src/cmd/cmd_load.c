/* `bursar load`: a journal, from the text that `bursar dump` wrote. */
#include "cmd/keeping.h"
#include "cmd/subcommands.h"
#include "journal/dump.h"

#include <stdio.h>

static int load(struct keeping *keeping)
{
    struct fault fault;
    struct status status = journal_load_dump(keeping->argument, keeping->data, progress_entries,
                                             &keeping->bar, &fault, &keeping->report);
    int code = keeping_done(keeping, status, &fault);
    if (code < 0 && !keeping->flag)
        printf("%s has the journal that was dumped. `bursar serve` also needs the master key of "
               "then, as %s/master.key or with --master-key-file.\n\n",
               keeping->data, keeping->data);
    return code;
}

static const struct keeping_spec spec = {
    .data_help = "The data folder to make. Default: the variable BURSAR_DATA.",
    .missing_data = "into which data folder? give --data DIR",
    .missing = "give one FILE that `bursar dump` wrote, or - for standard input",
    .reports = true,
    .stage = "entries",
    .work = load,
};

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
    .keeping = &spec,
};
