/* Composing a batch and appending it to a store (journal_append): whatever the store is, its bytes,
 * roots, chain and rows beside the entries are made here.
 *
 * 1. One batch is one transaction.
 * 2. FULL, BEHIND, and MEMORY before the commit, are answered only when the store has undone it;
 *    every other failure of an append means that the outcome is not known, and nothing is tried
 *    again. (A commit that lacks memory may have written its last frame: after a crash the batch
 *    would be there.)
 *
 * Owns nothing. The committer's thread. */
#include "journal/chain.h"
#include "journal/state.h"

struct store_entry journal_row_of(const struct entry *entry, struct slice bytes,
                                  const unsigned char *leaf)
{
    struct store_entry row = {.sequence = entry->sequence, .bytes = bytes, .leaf = leaf};
    if (entry_kind_is_registry(entry->kind))
        row.index = INDEX_REGISTRY;
    if (entry->kind == ENTRY_REQUEST)
        row.index = INDEX_REQUEST;
    row.marked = entry_has_token(entry);
    if (row.marked)
        row.prefix = request_prefix(entry->token_digest);
    return row;
}

static struct status add_entry(struct journal *journal, const struct entry *entry,
                               struct merkle *merkle, struct journal_head *head,
                               struct fault *fault)
{
    unsigned char leaf[CHAIN_SIZE];
    buffer_clear(&journal->row);
    entry_encode(entry, &journal->row);
    if (!buffer_ok(&journal->row))
        return fault_raise(fault, STATUS_MEMORY, "no memory for an entry");
    struct slice bytes = buffer_slice(&journal->row);
    chain_leaf(journal->crypto, entry->sequence, bytes, leaf);
    merkle_add(merkle, journal->crypto, leaf);
    chain_add_entry(head, journal->crypto, entry, leaf);
    const struct store_entry row = journal_row_of(entry, bytes, leaf);
    return journal->store->ops->add(journal->store, &row, fault);
}

/* Everything of a batch but its commit. */
static struct status write_batch(struct journal *journal, const struct draft *draft,
                                 struct fault *fault)
{
    struct store *store = journal->store;
    struct journal_head head = store->head;
    struct merkle merkle;
    struct batch batch;
    size_t count = draft_entry_count(draft);
    merkle_init(&merkle);
    TRY(store->ops->begin(store, fault));
    for (size_t next = 0; next < count; next++)
        TRY(add_entry(journal, draft_entry(draft, next), &merkle, &head, fault));
    chain_end_batch(&head, journal->crypto, &merkle, draft_entry(draft, count - 1), &batch);
    return store->ops->end_batch(store, &batch, fault);
}

struct status journal_append(struct journal *journal, const struct draft *draft,
                             struct fault *fault)
{
    struct store *store = journal->store;
    CHECK(draft_entry_count(draft) > 0);
    CHECK(draft_entry(draft, 0)->sequence == store->head.sequence + 1);
    struct status status = write_batch(journal, draft, fault);
    bool may_undo = status.code == STATUS_MEMORY;
    if (status_ok(status))
        status = store->ops->commit(store, fault);
    may_undo = may_undo || status.code == STATUS_FULL || status.code == STATUS_BEHIND;
    if (status_ok(status) || status.code == STATUS_UNKNOWN ||
        (may_undo && status_ok(store->ops->undo(store, NULL))))
        return status;
    return fault_wrap(fault, (struct status){STATUS_UNKNOWN}, "appending entry %llu",
                      (unsigned long long)store->head.sequence + 1);
}

struct status journal_undo_slice(struct journal *journal, struct status status, struct fault *fault)
{
    if (status_ok(status) || status_ok(journal->store->ops->undo(journal->store, NULL)))
        return status;
    return fault_wrap(fault, (struct status){STATUS_UNKNOWN}, "a slice could not be undone");
}
