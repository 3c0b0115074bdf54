/* `bursar dump`: a whole journal as text. */
#include "cmd/keeping.h"
#include "cmd/output.h"
#include "cmd/subcommands.h"
#include "cmd/whole_file.h"
#include "journal/dump.h"

static struct status write_piece(void *context, struct slice text, struct fault *fault)
{
    struct whole_file *file = context;
    if (output_write_to(file->out, text))
        return STATUS_DONE;
    return fault_raise(fault, STATUS_IO, "cannot write the dump");
}

static int dump(struct keeping *keeping)
{
    struct fault fault;
    struct whole_file file;
    const struct dump_sink sink = {write_piece, &file};
    int code =
        whole_file_open(keeping->self, keeping->argument ? keeping->argument : "-", true, &file);
    if (code >= 0)
        return code;
    struct status status = journal_dump(keeping->data, &sink, progress_entries, &keeping->bar,
                                        &fault, &keeping->report);
    code = keeping_done(keeping, status, &fault);
    return whole_file_close(keeping->self, &file, code < 0 ? EXIT_OK : code);
}

static const struct keeping_spec spec = {
    .data_help = KEEPING_ANY_DATA_HELP,
    .missing_data = "which data folder? give --data DIR",
    .stage = "entries",
    .work = dump,
};

const struct subcommand subcommand_dump = {
    .name = "dump",
    .summary = "Write a whole journal as text: one JSON object a line",
    .arguments = "[FILE]",
    .description =
        "Writes every entry, batch and hash of the journal, as it is at one moment, in a form that "
        "people and other programs can read and that `bursar load` makes the same journal of, to "
        "the last bit. Everything is proved before it is written; a server may go on serving and "
        "writing meanwhile. Two dumps of the same journal are the same bytes.\n\n"
        "Amounts are exact decimal texts in units of the currency. Secret keys are in it as they "
        "are stored, sealed; the master key is not. Without FILE, or with -, it goes to standard "
        "output. FILE appears when it is whole, readable by its owner only; until then it is "
        "FILE.part. `bursar verify --data FILE` verifies a dump.\n\n"
        "Exit status: 0 done; 2 usage; 4 no such folder; 6 the disk failed or is full; 7 what is "
        "stored is not what was written.",
    .examples = "bursar dump books.jsonl --data books\n"
                "bursar dump --data books | zstd >books.jsonl.zst\n"
                "bursar dump --data books | jq -r 'select(.kind == \"charge\") | .amount'",
    .keeping = &spec,
};
