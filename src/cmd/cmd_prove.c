/* `bursar prove`: what a stranger needs to be sure that an entry is in the journal. */
#include "cmd/keeping.h"
#include "cmd/output.h"
#include "cmd/subcommands.h"
#include "journal/proof.h"

/* A link behind the entry's batch is some 180 bytes of text. */
#define PROOF_BYTES_MAX ((size_t)4 << 30)

static bool read_sequence(const char *text, uint64_t *ret_sequence)
{
    return slice_to_u64(slice_text(text), ret_sequence) && *ret_sequence > 0;
}

static int check_sequence(struct keeping *keeping)
{
    uint64_t sequence;
    return read_sequence(keeping->argument, &sequence)
               ? -1
               : fail(keeping->self, EXIT_USAGE, "\"%s\" is not the number of an entry",
                      keeping->argument);
}

static int prove(struct keeping *keeping)
{
    struct fault fault;
    struct arena arena;
    struct proof proof;
    struct buffer text;
    uint64_t sequence = 0;
    (void)read_sequence(keeping->argument, &sequence); /* check_sequence did */
    if (!arena_init(&arena, 65536, PROOF_BYTES_MAX))
        return fail(keeping->self, EXIT_NETWORK, "no memory");
    struct status status =
        journal_prove(keeping->data, sequence, !keeping->flag, &arena, &fault, &proof);
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
    int code = keeping_done(keeping, status, &fault);
    return code >= 0 ? code : output_finish(keeping->self, EXIT_OK);
}

static const struct option_spec batch = {
    "batch", NULL,
    "End the proof with the entry's own batch: shorter, but it can be checked only against that "
    "batch's chain hash.",
    OPTION_FLAG, NULL};

static const struct keeping_spec spec = {
    .data_help = KEEPING_ANY_DATA_HELP,
    .missing_data = "which data folder? give --data DIR",
    .missing = "give one ENTRY, by its number: `bursar history` shows them",
    .flag = &batch,
    .check = check_sequence,
    .work = prove,
};

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
    .keeping = &spec,
};
