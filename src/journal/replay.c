/* Replaying batches (replay.h).
 *
 * 1. An entry reaches the book only when it is the next one and decodes; whether it is the one that
 *    was written is known at the end of its batch, before the caller sees the book.
 *
 * Owns the two running statements from begin to end. One thread. */
#include "journal/replay.h"

#include "journal/chain.h"

#include <inttypes.h>

struct replay {
    struct store *store;
    struct book *book;
    const struct replay_visitor *visitor;
    struct rows rows;
    struct journal_head head; /* proved so far */
    struct merkle merkle;     /* of the batch at hand */
};

static struct status replay_entry(struct replay *replay, uint64_t sequence, struct fault *fault)
{
    struct store *store = replay->store;
    unsigned char leaf[CHAIN_SIZE];
    struct entry entry;
    struct slice bytes;
    uint64_t found_sequence = 0;
    bool found = false;
    TRY(rows_next(&replay->rows, fault, &found, &found_sequence, &bytes));
    if (!found || found_sequence != sequence)
        return fault_raise(fault, STATUS_CORRUPT, "entry %" PRIu64 " is missing", sequence);
    chain_leaf(store->crypto, sequence, bytes, leaf);
    merkle_add(&replay->merkle, store->crypto, leaf);
    if (!entry_decode(sequence, bytes, store->scope, ENTRY_SCOPE_MAX, &entry))
        return fault_raise(fault, STATUS_CORRUPT, "entry %" PRIu64 " cannot be understood",
                           sequence);
    TRY(book_apply(replay->book, &entry, fault));
    chain_add_entry(&replay->head, store->crypto, &entry, leaf);
    if (replay->visitor->entry)
        return replay->visitor->entry(replay->visitor->context, &entry, leaf, fault);
    return STATUS_DONE;
}

/* Do the entries just replayed hash to what the batch says? */
static struct status prove_batch(struct replay *replay, const struct batch *batch,
                                 struct fault *fault)
{
    unsigned char root[CHAIN_SIZE];
    struct journal_head *head = &replay->head;
    merkle_root(&replay->merkle, replay->store->crypto, root);
    if (memcmp(batch->root, root, CHAIN_SIZE) != 0)
        return fault_raise(fault, STATUS_CORRUPT,
                           "batch %" PRIu64 ": entries %" PRIu64 " to %" PRIu64
                           " are not those that were written",
                           batch->number, batch->first_sequence, batch->last_sequence);
    chain_advance(head, replay->store->crypto, root, batch->last_sequence, batch->time_us);
    if (memcmp(batch->hash, head->hash, CHAIN_SIZE) != 0 ||
        batch->time_us != book_time_us(replay->book) ||
        !chain_same_tally(&batch->registry, &head->registry) ||
        !chain_same_tally(&batch->tokens, &head->tokens))
        return fault_raise(fault, STATUS_CORRUPT,
                           "batch %" PRIu64 " is not the one that was written: the hash chain is "
                           "broken there",
                           batch->number);
    if (!replay->visitor->batch)
        return STATUS_DONE;
    return replay->visitor->batch(replay->visitor->context, batch, fault);
}

static struct status replay_batch(struct replay *replay, struct fault *fault)
{
    struct batch batch;
    if (!store_batch(replay->store, SQL_BATCHES_FROM, &batch) ||
        batch.number != replay->head.batches + 1 ||
        batch.first_sequence != replay->head.sequence + 1 ||
        batch.last_sequence < batch.first_sequence)
        return fault_raise(fault, STATUS_CORRUPT,
                           "batch %" PRIu64 " with entry %" PRIu64 " is missing or damaged",
                           replay->head.batches + 1, replay->head.sequence + 1);
    merkle_init(&replay->merkle);
    for (uint64_t sequence = batch.first_sequence; sequence <= batch.last_sequence; sequence++)
        TRY(replay_entry(replay, sequence, fault));
    return prove_batch(replay, &batch, fault);
}

static struct status replay_all(struct replay *replay, struct fault *fault)
{
    struct store *store = replay->store;
    struct slice bytes;
    uint64_t sequence = 0;
    bool row = false;
    for (;;) {
        TRY(store_step(store, SQL_BATCHES_FROM, fault, &row));
        if (!row)
            break;
        TRY(replay_batch(replay, fault));
    }
    TRY(rows_next(&replay->rows, fault, &row, &sequence, &bytes));
    if (row)
        return fault_raise(fault, STATUS_CORRUPT, "entry %" PRIu64 " belongs to no batch",
                           sequence);
    if (replay->head.batches != store->journal.head.batches)
        return fault_raise(fault, STATUS_CORRUPT, "batch %" PRIu64 " is missing",
                           replay->head.batches + 1);
    return STATUS_DONE;
}

struct status replay(struct store *store, const struct journal_head *from, struct book *book,
                     const struct replay_visitor *visitor, struct fault *fault)
{
    struct replay replay = {.store = store, .book = book, .visitor = visitor, .head = *from};
    store_bind(store, SQL_BATCHES_FROM, 1, from->batches + 1);
    replay.rows = rows_begin(store, from->sequence + 1);
    struct status status = replay_all(&replay, fault);
    store_reset(store, SQL_BATCHES_FROM);
    rows_end(&replay.rows);
    return status;
}
