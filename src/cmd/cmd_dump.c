/* `bursar dump`: a whole journal as text. */
#include "cmd/folder.h"
#include "cmd/output.h"
#include "cmd/progress.h"
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

static void show_progress(void *context, uint64_t done, uint64_t all)
{
    progress_stage(context, "entries", done, all);
}

static int dump(const char *data, const char *path)
{
    struct fault fault;
    struct progress bar;
    struct whole_file file;
    struct verify_report report;
    const struct dump_sink sink = {write_piece, &file};
    int code = whole_file_open(&subcommand_dump, path, true, &file);
    if (code >= 0)
        return code;
    progress_start(&bar, "entries", 0);
    struct status status = journal_dump(data, &sink, show_progress, &bar, &fault, &report);
    progress_end(&bar);
    code = EXIT_OK;
    if (!status_ok(status))
        code = fail(&subcommand_dump, exit_code_of_status(status), "%s", fault.text);
    return whole_file_close(&subcommand_dump, &file, code);
}

static int run(int argc, char **argv)
{
    const char *data = NULL;
    const struct option_spec options[] = {
        {"data", "DIR",
         "The data folder, whether it is being served or not, or a backup. Default: the variable "
         "BURSAR_DATA.",
         OPTION_TEXT, &data},
    };
    char **rest;
    int rest_count;
    int code = options_parse(&subcommand_dump, options, 1, argc, argv, &rest, &rest_count);
    if (code >= 0)
        return code;
    if (rest_count > 1)
        return fail(&subcommand_dump, EXIT_USAGE, "one FILE, not also \"%s\"", rest[1]);
    data = folder_choose(data);
    if (!data)
        return fail(&subcommand_dump, EXIT_USAGE, "which data folder? give --data DIR");
    return dump(data, rest_count == 1 ? rest[0] : "-");
}

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
    .run = run,
};
