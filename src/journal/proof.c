/* Proofs of inclusion: made from a snapshot, checked with hashes alone (proof.h).
 *
 * 1. What proof_make gives, proof_check accepts: it is checked before it is handed out.
 * 2. proof_check believes no field: each is an input of a hash that ends in head.hash, or is
 *    counted.
 *
 * Owns nothing; a proof is in its arena. Any thread, with that thread's `struct crypto`. */
#include "journal/proof.h"

enum { BATCH_ENTRIES_MAX = 1 << 24 };

/* Making --------------------------------------------------------------------------------------- */

static struct status no_memory(struct fault *fault)
{
    return fault_raise(fault, STATUS_MEMORY, "no memory for the proof");
}

/* The leaves of a batch; the proved entry's bytes are kept. */
static struct status read_leaves(struct history *history, struct crypto *crypto,
                                 struct arena *arena, struct fault *fault, struct proof *proof,
                                 unsigned char (*ret_leaves)[CHAIN_SIZE])
{
    const struct batch *batch = &proof->batch;
    for (uint64_t sequence = batch->first_sequence; sequence <= batch->last_sequence; sequence++) {
        struct slice bytes = SLICE_NONE;
        TRY(history_bytes(history, sequence, fault, &bytes));
        chain_leaf(crypto, sequence, bytes, ret_leaves[sequence - batch->first_sequence]);
        if (sequence == proof->sequence)
            proof->entry = arena_copy(arena, bytes);
    }
    return proof->entry.at ? STATUS_DONE : no_memory(fault);
}

static struct status make_path(struct history *history, struct crypto *crypto, struct arena *arena,
                               struct fault *fault, struct proof *proof)
{
    uint64_t count = proof->batch.last_sequence - proof->batch.first_sequence + 1;
    unsigned char(*leaves)[CHAIN_SIZE] =
        count <= BATCH_ENTRIES_MAX ? arena_take_array(arena, count, CHAIN_SIZE) : NULL;
    if (!leaves)
        return no_memory(fault);
    TRY(read_leaves(history, crypto, arena, fault, proof, leaves));
    proof->path_count = merkle_path(crypto, (const unsigned char(*)[CHAIN_SIZE])leaves, count,
                                    proof->sequence - proof->batch.first_sequence, proof->path);
    return STATUS_DONE;
}

static struct status read_previous(struct history *history, struct fault *fault,
                                   struct proof *proof)
{
    struct batch before = {0};
    if (proof->batch.number > 1)
        TRY(history_batch(history, proof->batch.number - 1, fault, &before));
    memcpy(proof->previous, before.hash, CHAIN_SIZE);
    return STATUS_DONE;
}

static struct status read_following(struct history *history, struct arena *arena,
                                    struct fault *fault, struct proof *proof)
{
    history_head(history, &proof->head);
    uint64_t count = proof->head.batches - proof->batch.number;
    proof->following = arena_take_array(arena, count > 0 ? count : 1, sizeof *proof->following);
    if (!proof->following)
        return no_memory(fault);
    for (uint64_t i = 0; i < count; i++) {
        struct batch batch = {0};
        TRY(history_batch(history, proof->batch.number + 1 + i, fault, &batch));
        struct proof_link *link = &proof->following[i];
        *link = (struct proof_link){.first_sequence = batch.first_sequence,
                                    .last_sequence = batch.last_sequence,
                                    .time_us = batch.time_us,
                                    .registry = batch.registry,
                                    .tokens = batch.tokens};
        memcpy(link->root, batch.root, CHAIN_SIZE);
    }
    proof->following_count = count;
    return STATUS_DONE;
}

static void end_with_batch(struct proof *proof)
{
    proof->head = (struct journal_head){.sequence = proof->batch.last_sequence,
                                        .batches = proof->batch.number,
                                        .time_us = proof->batch.time_us};
    memcpy(proof->head.hash, proof->batch.hash, CHAIN_SIZE);
}

static struct status make(struct history *history, struct crypto *crypto, bool to_head,
                          struct arena *arena, struct fault *fault, struct proof *proof)
{
    TRY(history_batch_of(history, proof->sequence, fault, &proof->batch));
    TRY(make_path(history, crypto, arena, fault, proof));
    TRY(read_previous(history, fault, proof));
    if (to_head)
        TRY(read_following(history, arena, fault, proof));
    else
        end_with_batch(proof);
    TRY_WRAP(proof_check(proof, crypto, fault), fault, "what is stored proves nothing");
    return STATUS_DONE;
}

struct status proof_make(struct history *history, uint64_t sequence, bool to_head,
                         struct arena *arena, struct fault *fault, struct proof *ret_proof)
{
    struct proof proof = {.sequence = sequence};
    struct crypto *crypto = crypto_new();
    if (!crypto)
        return no_memory(fault);
    struct status status = make(history, crypto, to_head, arena, fault, &proof);
    crypto_free(crypto);
    if (status_ok(status))
        *ret_proof = proof;
    return status;
}

struct status journal_prove(const char *folder, uint64_t sequence, bool to_head,
                            struct arena *arena, struct fault *fault, struct proof *ret_proof)
{
    const struct journal_options options = {.read_only = true};
    struct journal *journal = NULL;
    struct history *history = NULL;
    TRY(journal_open(folder, &options, fault, &journal));
    struct status status = history_open(journal, fault, &history);
    if (status_ok(status))
        status = history_begin(history, fault);
    if (status_ok(status))
        status = proof_make(history, sequence, to_head, arena, fault, ret_proof);
    history_close(history);
    journal_close(journal);
    return status;
}

/* Checking ------------------------------------------------------------------------------------- */

static struct status misfit(struct fault *fault, const char *what)
{
    return fault_raise(fault, STATUS_CORRUPT, "the proof does not hold: %s", what);
}

static bool same_hash(const unsigned char a[CHAIN_SIZE], const unsigned char b[CHAIN_SIZE])
{
    return memcmp(a, b, CHAIN_SIZE) == 0;
}

static struct status check_batch(const struct proof *proof, struct crypto *crypto,
                                 struct fault *fault, struct journal_head *ret_chain)
{
    const struct batch *batch = &proof->batch;
    unsigned char leaf[CHAIN_SIZE];
    unsigned char root[CHAIN_SIZE];
    if (batch->number == 0 || batch->first_sequence == 0 ||
        proof->sequence < batch->first_sequence || proof->sequence > batch->last_sequence)
        return misfit(fault, "the entry is not within the batch");
    chain_leaf(crypto, proof->sequence, proof->entry, leaf);
    if (proof->path_count > MERKLE_PATH_MAX ||
        !merkle_climb(crypto, leaf, batch->last_sequence - batch->first_sequence + 1,
                      proof->sequence - batch->first_sequence,
                      (const unsigned char(*)[CHAIN_SIZE])proof->path, proof->path_count, root) ||
        !same_hash(root, batch->root))
        return misfit(fault, "the entry and its path do not lead to the batch's root");
    struct journal_head chain = {.sequence = batch->first_sequence - 1,
                                 .batches = batch->number - 1,
                                 .registry = batch->registry,
                                 .tokens = batch->tokens};
    memcpy(chain.hash, proof->previous, CHAIN_SIZE);
    chain_advance(&chain, crypto, root, batch->last_sequence, batch->time_us);
    if (!same_hash(chain.hash, batch->hash))
        return misfit(fault, "the batch is not the next link of the chain before it");
    *ret_chain = chain;
    return STATUS_DONE;
}

static struct status check_following(const struct proof *proof, struct crypto *crypto,
                                     struct fault *fault, struct journal_head *chain)
{
    for (uint64_t i = 0; i < proof->following_count; i++) {
        const struct proof_link *link = &proof->following[i];
        if (link->first_sequence != chain->sequence + 1 ||
            link->last_sequence < link->first_sequence)
            return misfit(fault, "a batch behind the entry's does not follow the one before it");
        chain->registry = link->registry;
        chain->tokens = link->tokens;
        chain_advance(chain, crypto, link->root, link->last_sequence, link->time_us);
    }
    return STATUS_DONE;
}

struct status proof_check(const struct proof *proof, struct crypto *crypto, struct fault *fault)
{
    struct journal_head chain = {0};
    TRY(check_batch(proof, crypto, fault, &chain));
    TRY(check_following(proof, crypto, fault, &chain));
    const struct journal_head *head = &proof->head;
    if (head->sequence != chain.sequence || head->batches != chain.batches ||
        head->time_us != chain.time_us || !same_hash(head->hash, chain.hash))
        return misfit(fault, "its batches do not lead to its head");
    return STATUS_DONE;
}
