/* `bursar prove`: what a stranger needs to be sure that an entry is in the journal. */
#include "cmd/folder.h"
#include "cmd/output.h"
#include "cmd/subcommands.h"
#include "journal/proof.h"

/* A link behind the entry's batch is some 180 bytes of text. */
#define PROOF_BYTES_MAX ((size_t)4 << 30)

static int prove(const char *data, uint64_t sequence, bool to_head)
{
    struct fault fault;
    struct arena arena;
    struct proof proof;
    struct buffer text;
    if (!arena_init(&arena, 65536, PROOF_BYTES_MAX))
        return fail(&subcommand_prove, EXIT_NETWORK, "no memory");
    struct status status = journal_prove(data, sequence, to_head, &arena, &fault, &proof);
    buffer_init(&text, PROOF_BYTES_MAX);
    if (status_ok(status)) {
        proof_print(&proof, &text);
        buffer_char(&text, '\n');
        if (!buffer_ok(&text))
            status = fault_raise(&fault, STATUS_MEMORY, "the proof is too long");
    }
    if (status_ok(status))
        output_write(buffer_slice(&text));
    buffer_done(&text);
    arena_done(&arena);
    if (!status_ok(status))
        return fail(&subcommand_prove, exit_code_of_status(status), "%s", fault.text);
    return output_finish(&subcommand_prove, EXIT_OK);
}

static int run(int argc, char **argv)
{
    const char *data = NULL;
    bool batch_only = false;
    uint64_t sequence;
    const struct option_spec options[] = {
        {"data", "DIR",
         "The data folder, whether it is being served or not, or a backup. Default: the variable "
         "BURSAR_DATA.",
         OPTION_TEXT, &data},
        {"batch", NULL,
         "End the proof with the entry's own batch: shorter, but it can be checked only against "
         "that batch's chain hash.",
         OPTION_FLAG, &batch_only},
    };
    char **rest;
    int rest_count;
    int code = options_parse(&subcommand_prove, options, 2, argc, argv, &rest, &rest_count);
    if (code >= 0)
        return code;
    if (rest_count != 1)
        return fail(&subcommand_prove, EXIT_USAGE,
                    "give one ENTRY, by its number: `bursar history` shows them");
    if (!slice_to_u64(slice_text(rest[0]), &sequence) || sequence == 0)
        return fail(&subcommand_prove, EXIT_USAGE, "\"%s\" is not the number of an entry", rest[0]);
    data = folder_choose(data);
    if (!data)
        return fail(&subcommand_prove, EXIT_USAGE, "which data folder? give --data DIR");
    return prove(data, sequence, !batch_only);
}

const struct subcommand subcommand_prove = {
    .name = "prove",
    .summary = "Print a proof that an entry is in the journal",
    .arguments = "ENTRY",
    .description =
        "Prints, as one line of JSON, what a stranger needs to be sure that the entry with this "
        "number is in the journal, without having the journal: its bytes, the path from them to "
        "the root of its batch (RFC 6962), and the links of the hash chain from that batch to the "
        "newest one. `bursar verify --proof FILE` checks it, and so can anything that knows "
        "SHA-256: the layout is written in docs/operating.md.\n\n"
        "A proof shows that an entry belongs to a certain chain hash. That this chain hash is the "
        "journal's must be known from elsewhere: from `bursar verify` or `bursar backup`, printed "
        "and kept by whoever checks.\n\n"
        "Exit status: 0 done; 4 no such folder or entry; 7 what is stored would not prove it.",
    .examples = "bursar prove --data books 1234 >entry-1234.json\n"
                "bursar verify --proof entry-1234.json",
    .run = run,
};
