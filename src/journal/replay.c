/* Replaying batches (replay.h).
 *
 * 1. An entry reaches the book only when it is the next one and decodes; whether it is the one that
 *    was written is known at the end of its batch, before the caller sees the book (but for readers
 *    beside a catching up, whose process ends then).
 *
 * Owns the two running statements from begin to end. One thread. */
#include "journal/replay.h"

#include "journal/chain.h"

#include <inttypes.h>

struct replay {
    struct journal *journal;
    struct book *book;
    const struct replay_visitor *visitor;
    struct journal_head head; /* proved so far */
    struct merkle merkle;     /* of the batch at hand */
};

static struct status apply(struct replay *replay, const struct entry *entry, struct fault *fault)
{
    struct gate *gate = replay->visitor->gate;
    if (gate)
        gate_write_begin(gate);
    struct status status = book_apply(replay->book, entry, fault);
    if (gate)
        gate_write_end(gate);
    return status;
}

static struct status replay_entry(struct replay *replay, uint64_t sequence, struct fault *fault)
{
    struct journal *journal = replay->journal;
    unsigned char leaf[CHAIN_SIZE];
    struct entry entry;
    struct store_row row;
    bool found = false;
    TRY(journal->store->ops->rows_next(journal->store, STORE_ENTRIES, fault, &found, &row));
    if (!found || row.numbers[0] != sequence)
        return fault_raise(fault, STATUS_CORRUPT, "entry %" PRIu64 " is missing", sequence);
    chain_leaf(journal->crypto, sequence, row.body, leaf);
    merkle_add(&replay->merkle, journal->crypto, leaf);
    if (!entry_decode(sequence, row.body, journal->scope, ENTRY_SCOPE_MAX, &entry))
        return fault_raise(fault, STATUS_CORRUPT, "entry %" PRIu64 " cannot be understood",
                           sequence);
    TRY(apply(replay, &entry, fault));
    chain_add_entry(&replay->head, journal->crypto, &entry, leaf);
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
    merkle_root(&replay->merkle, replay->journal->crypto, root);
    if (memcmp(batch->root, root, CHAIN_SIZE) != 0)
        return fault_raise(fault, STATUS_CORRUPT,
                           "batch %" PRIu64 ": entries %" PRIu64 " to %" PRIu64
                           " are not those that were written",
                           batch->number, batch->first_sequence, batch->last_sequence);
    chain_advance(head, replay->journal->crypto, root, batch->last_sequence, batch->time_us);
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

static struct status replay_batch(struct replay *replay, const struct store_row *row,
                                  struct fault *fault)
{
    const struct batch *batch = row->batch;
    if (!row->whole || batch->number != replay->head.batches + 1 ||
        batch->first_sequence != replay->head.sequence + 1 ||
        batch->last_sequence < batch->first_sequence)
        return fault_raise(fault, STATUS_CORRUPT,
                           "batch %" PRIu64 " with entry %" PRIu64 " is missing or damaged",
                           replay->head.batches + 1, replay->head.sequence + 1);
    merkle_init(&replay->merkle);
    for (uint64_t sequence = batch->first_sequence; sequence <= batch->last_sequence; sequence++)
        TRY(replay_entry(replay, sequence, fault));
    return prove_batch(replay, batch, fault);
}

static struct status replay_all(struct replay *replay, struct fault *fault)
{
    struct store *store = replay->journal->store;
    struct store_row row;
    bool found = false;
    for (;;) {
        TRY(store->ops->rows_next(store, STORE_BATCHES, fault, &found, &row));
        if (!found)
            break;
        TRY(replay_batch(replay, &row, fault));
    }
    TRY(store->ops->rows_next(store, STORE_ENTRIES, fault, &found, &row));
    if (found)
        return fault_raise(fault, STATUS_CORRUPT, "entry %" PRIu64 " belongs to no batch",
                           row.numbers[0]);
    if (replay->head.batches != store->head.batches)
        return fault_raise(fault, STATUS_CORRUPT, "batch %" PRIu64 " is missing",
                           replay->head.batches + 1);
    return STATUS_DONE;
}

struct status replay(struct journal *journal, const struct journal_head *from, struct book *book,
                     const struct replay_visitor *visitor, struct fault *fault)
{
    struct replay replay = {.journal = journal, .book = book, .visitor = visitor, .head = *from};
    struct store *store = journal->store;
    store->ops->rows_begin(store, STORE_BATCHES, from->batches + 1, UINT64_MAX);
    store->ops->rows_begin(store, STORE_ENTRIES, from->sequence + 1, UINT64_MAX);
    struct status status = replay_all(&replay, fault);
    store->ops->rows_end(store, STORE_BATCHES);
    store->ops->rows_end(store, STORE_ENTRIES);
    return status;
}
