/* `bursar verify`: is what is stored what was written? Reads beside a running server.
 *
 * 1. A journal is said to be whole after all of it was read, and a chain hash to be in it after it
 *    was found there. */
#include "cmd/folder.h"
#include "cmd/progress.h"
#include "cmd/report.h"
#include "cmd/subcommands.h"
#include "cmd/verify_proof.h"
#include "codec/timestamp.h"
#include "journal/history.h"
#include "sys/file.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct verifying {
    const char *data, *proof, *chain_hash;
    bool json;
    bool has_hash;
    unsigned char hash[32];
};

static struct status hash_is_missing(struct fault *fault)
{
    return fault_raise(fault, STATUS_CORRUPT,
                       "no batch of it has the chain hash given: what that was printed for is not "
                       "what this grew from");
}

/* The batch whose chain hash it is; the newest first, since old ones are rarely asked for. */
static struct status search_hash(struct history *history, const unsigned char hash[32],
                                 struct fault *fault, struct batch *ret_batch)
{
    struct journal_head head;
    history_head(history, &head);
    for (uint64_t number = head.batches; number > 0; number--) {
        TRY(history_batch(history, number, fault, ret_batch));
        if (memcmp(ret_batch->hash, hash, 32) == 0)
            return STATUS_DONE;
    }
    return hash_is_missing(fault);
}

/* `{"batch":3,"first":9,"last":12,"time":"...","root":"...","hash":"..."}` with that hash. */
static bool line_has_hash(const char *line, const char *hash_hex, struct batch *ret_batch)
{
    const char *last = strstr(line, "\"last\":"), *time = strstr(line, "\"time\":\"");
    if (strncmp(line, "{\"batch\":", 9) != 0 || !strstr(line, hash_hex) || !last || !time)
        return false;
    time += strlen("\"time\":\"");
    ret_batch->last_sequence = strtoull(last + strlen("\"last\":"), NULL, 10);
    return timestamp_parse_rfc3339(slice_of(time, strcspn(time, "\"")), &ret_batch->time_us);
}

/* The dump was verified: what its lines say is so. */
static struct status find_hash_in_dump(const char *path, const unsigned char hash[32],
                                       struct fault *fault, struct batch *ret_batch)
{
    char wanted[96], *line = NULL;
    size_t cap = 0;
    struct buffer text;
    bool found = false;
    FILE *file = fopen(path, "re");
    if (!file)
        return fault_raise_errno(fault, errno, "cannot read %s", path);
    buffer_init_fixed(&text, wanted, sizeof wanted);
    BUFFER_LITERAL(&text, "\"hash\":\"");
    buffer_hex(&text, hash, 32);
    buffer_char(&text, '\0');
    while (!found && getline(&line, &cap, file) > 0)
        found = line_has_hash(line, wanted, ret_batch);
    free(line);
    fclose(file);
    return found ? STATUS_DONE : hash_is_missing(fault);
}

static struct status find_hash(const char *path, const unsigned char hash[32], struct fault *fault,
                               struct batch *ret_batch)
{
    const struct journal_options options = {.read_only = true};
    struct journal *journal = NULL;
    struct history *history = NULL;
    if (!folder_exists(path))
        return find_hash_in_dump(path, hash, fault, ret_batch);
    TRY(journal_open(path, &options, fault, &journal));
    struct status status = history_open(journal, fault, &history);
    if (status_ok(status))
        status = history_begin(history, fault);
    if (status_ok(status))
        status = search_hash(history, hash, fault, ret_batch);
    history_close(history);
    journal_close(journal);
    return status;
}

static void print(const struct verifying *verifying, const struct verify_report *report,
                  const struct batch *known)
{
    char memory[64];
    struct buffer time;
    if (!verifying->json)
        printf("%s is whole: chain, roots, sums and checkpoint agree with every entry.\n",
               verifying->data);
    if (!verifying->json && known) {
        buffer_init_fixed(&time, memory, sizeof memory);
        timestamp_print_rfc3339(&time, known->time_us);
        printf("The chain hash given is that of entry %" PRIu64 ", %.*s: it grew from there.\n",
               known->last_sequence, SLICE_ARGS(buffer_slice(&time)));
    }
    if (!verifying->json)
        printf("\n");
    report_print(report, verifying->json);
}

static int verify_folder(const struct verifying *verifying)
{
    struct fault fault;
    struct progress progress;
    struct verify_report report;
    struct batch known = {0};
    progress_start(&progress, "verifying", 0);
    struct status status =
        journal_verify(verifying->data, progress_entries, &progress, &fault, &report);
    progress_end(&progress);
    if (status_ok(status) && verifying->has_hash)
        status = find_hash(verifying->data, verifying->hash, &fault, &known);
    if (!status_ok(status))
        return fail(&subcommand_verify, exit_code_of_status(status), "%s", fault.text);
    print(verifying, &report, verifying->has_hash ? &known : NULL);
    return EXIT_OK;
}

static int verify(struct verifying *verifying)
{
    verifying->has_hash = verifying->chain_hash != NULL;
    if (verifying->has_hash && !report_parse_hash(verifying->chain_hash, verifying->hash))
        return fail(&subcommand_verify, EXIT_USAGE, "--chain-hash %s: not 64 hex digits",
                    verifying->chain_hash);
    if (verifying->proof && verifying->data)
        return fail(&subcommand_verify, EXIT_USAGE,
                    "--data and --proof are two things to verify; give one of them");
    if (verifying->proof)
        return verify_proof(&subcommand_verify, verifying->proof,
                            verifying->has_hash ? verifying->hash : NULL, verifying->json);
    verifying->data = folder_choose(verifying->data);
    if (!verifying->data)
        return fail(&subcommand_verify, EXIT_USAGE,
                    "which data folder? give --data DIR, or --proof FILE");
    return verify_folder(verifying);
}

static int run_verify(int argc, char **argv)
{
    struct verifying verifying = {0};
    const struct option_spec options[] = {
        {"data", "DIR",
         "The data folder, a backup, or a dump. Default, without --proof: the variable "
         "BURSAR_DATA.",
         OPTION_TEXT, &verifying.data},
        {"proof", "FILE",
         "Check this proof, made by `bursar prove`, instead of a folder; - is standard input.",
         OPTION_TEXT, &verifying.proof},
        {"chain-hash", "HEX",
         "A chain hash that was kept: the folder must have grown from it, the proof must end in "
         "it.",
         OPTION_TEXT, &verifying.chain_hash},
        {"json", NULL, "Print the report as a JSON object.", OPTION_FLAG, &verifying.json},
    };
    char **rest;
    int rest_count;
    int code = options_parse(&subcommand_verify, options, sizeof(options) / sizeof(options[0]),
                             argc, argv, &rest, &rest_count);
    if (code >= 0)
        return code;
    if (rest_count > 0)
        return fail(&subcommand_verify, EXIT_USAGE, "takes no arguments, but there is %s", rest[0]);
    return verify(&verifying);
}

const struct subcommand subcommand_verify = {
    .name = "verify",
    .summary = "Check that stored data is what was written, or that a proof holds",
    .description =
        "Reads the whole journal and recomputes everything: the hash chain over all batches, the "
        "root of each batch, every entry's decoding, the book that follows from them, the sums of "
        "every organisation (all accounts together are zero), and the checkpoint against the "
        "replay. Nothing is written; a server may go on serving the folder meanwhile. A backup is "
        "verified in the same way, where it lies, and so is a dump.\n\n"
        "The last line of the report is the chain hash: kept elsewhere and given later with "
        "--chain-hash, it shows that no earlier entry was changed or cut off, not even by somebody "
        "who computed the whole chain anew.\n\n"
        "With --proof it needs no folder: it checks what `bursar prove` printed, says what was "
        "proved, and which chain hash that rests on.\n\n"
        "Exit status: 0 whole, or the proof holds; 7 something stored is not what was written, and "
        "the first wrong batch or entry is named on stderr (restore the folder from a backup), or "
        "the proof or the chain hash does not fit; 2 the proof is not one; 4 no such folder or "
        "file.",
    .examples =
        "bursar verify --data /var/lib/bursar\n"
        "bursar verify --data /var/lib/bursar --json | jq -r .ChainHash\n"
        "bursar verify --data /backup/bursar-2026-11-23 --chain-hash \"$(cat kept-chain-hash)\"\n"
        "bursar verify --proof entry-1234.json --chain-hash \"$(cat kept-chain-hash)\"",
    .run = run_verify,
};
