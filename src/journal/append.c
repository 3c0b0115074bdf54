/* Appending batches to a SQLite journal (journal_append).
 *
 * 1. One batch is one transaction. `journal.head` moves after its COMMIT returned, never before.
 * 2. FULL, and MEMORY before the COMMIT, are answered only when the rollback has been seen in the
 *    database; every other failure of an append means that the outcome is not known, and nothing is
 *    tried again. (A COMMIT that lacks memory may have written its last frame: after a crash the
 *    batch would be there.)
 * 3. The witness is written after the commit it speaks of, so it is ahead of the database only when
 *    the database was put back (store/witness.h).
 * 4. Rows go into each table in the order of their sequence: entries many a row (rows.h), requests
 *    ROWS_MAX a statement. A batch's own row comes last.
 *
 * Owns nothing. The committer's thread. */
#include "base/check.h"
#include "journal/chain.h"
#include "journal/store.h"
#include "store/witness.h"

enum { ROWS_MAX = 32, ROWS_SOME = 8 };

/* A batch being written: rows that wait to be put together. */
struct batching {
    struct store *store;
    struct merkle merkle;
    struct journal_head head; /* behind what was written */
    struct {
        uint64_t sequence;
        uint64_t prefix;
        bool marked;
    } requests[ROWS_MAX];
    uint32_t request_count;
};

/* How many rows the next statement takes, and which of three statements that is. */
static uint32_t rows_of(size_t left, unsigned *ret_which)
{
    *ret_which = left >= ROWS_MAX ? 2 : left >= ROWS_SOME ? 1 : 0;
    return left >= ROWS_MAX ? ROWS_MAX : left >= ROWS_SOME ? ROWS_SOME : 1;
}

static void bind_prefix(struct store *store, enum statement statement, int place, bool marked,
                        uint64_t prefix)
{
    if (marked)
        store_bind(store, statement, place, prefix);
    else
        store_bind_null(store, statement, place);
}

static struct status flush_requests(struct batching *batching, struct fault *fault)
{
    for (uint32_t next = 0; next < batching->request_count;) {
        unsigned which;
        uint32_t rows = rows_of(batching->request_count - next, &which);
        enum statement statement = SQL_ADD_REQUEST + which;
        for (uint32_t i = 0; i < rows; i++) {
            store_bind(batching->store, statement, (int)(2 * i + 1),
                       batching->requests[next + i].sequence);
            bind_prefix(batching->store, statement, (int)(2 * i + 2),
                        batching->requests[next + i].marked, batching->requests[next + i].prefix);
        }
        TRY(store_run(batching->store, statement, fault));
        next += rows;
    }
    batching->request_count = 0;
    return STATUS_DONE;
}

static struct status add_request(struct batching *batching, const struct entry *entry,
                                 struct fault *fault)
{
    if (batching->request_count == ROWS_MAX)
        TRY(flush_requests(batching, fault));
    uint32_t at = batching->request_count++;
    batching->requests[at].sequence = entry->sequence;
    batching->requests[at].marked = entry_has_token(entry);
    if (entry_has_token(entry))
        batching->requests[at].prefix = request_prefix(entry->token_digest);
    return STATUS_DONE;
}

static struct status add_registry(struct store *store, const struct entry *entry,
                                  const unsigned char leaf[CHAIN_SIZE], struct fault *fault)
{
    store_bind(store, SQL_ADD_REGISTRY, 1, entry->sequence);
    store_bind_bytes(store, SQL_ADD_REGISTRY, 2, slice_of((const char *)leaf, CHAIN_SIZE));
    return store_run(store, SQL_ADD_REGISTRY, fault);
}

/* What else an entry's row needs: its leaf in the tree, its row in the index tables. */
static struct status index_entry(struct batching *batching, const struct entry *entry,
                                 struct slice bytes, struct fault *fault)
{
    struct store *store = batching->store;
    unsigned char leaf[CHAIN_SIZE];
    chain_leaf(store->crypto, entry->sequence, bytes, leaf);
    merkle_add(&batching->merkle, store->crypto, leaf);
    chain_add_entry(&batching->head, store->crypto, entry, leaf);
    if (entry->kind == ENTRY_REQUEST)
        return add_request(batching, entry, fault);
    if (entry_kind_is_registry(entry->kind))
        return add_registry(store, entry, leaf, fault);
    return STATUS_DONE;
}

static struct status add_entry(struct batching *batching, const struct entry *entry,
                               struct fault *fault)
{
    struct store *store = batching->store;
    buffer_clear(&store->row);
    entry_encode(entry, &store->row);
    if (!buffer_ok(&store->row))
        return fault_raise(fault, STATUS_MEMORY, "no memory for an entry");
    struct slice bytes = buffer_slice(&store->row);
    TRY(rows_add(store, entry->sequence, bytes, entry_kind_is_registry(entry->kind), fault));
    return index_entry(batching, entry, bytes, fault);
}

static struct status add_entries(struct batching *batching, const struct draft *draft,
                                 struct fault *fault)
{
    size_t count = draft_entry_count(draft);
    row_writer_clear(&batching->store->entries);
    for (size_t next = 0; next < count; next++)
        TRY(add_entry(batching, draft_entry(draft, next), fault));
    return flush_requests(batching, fault);
}

void store_write_witness(struct store *store)
{
    char line[WITNESS_LINE_SIZE];
    witness_print(&store->journal.head, store->crypto, line);
    note_write(&store->witness, slice_of(line, sizeof line));
}

static void bind_tally(struct store *store, int at, const struct journal_tally *tally)
{
    store_bind(store, SQL_ADD_BATCH, at, tally->count);
    store_bind_bytes(store, SQL_ADD_BATCH, at + 1, slice_of((const char *)tally->hash, CHAIN_SIZE));
}

struct status store_put_batch(struct store *store, const struct batch *batch, struct fault *fault)
{
    TRY(rows_flush(store, fault));
    store_bind(store, SQL_ADD_BATCH, 1, batch->number);
    store_bind(store, SQL_ADD_BATCH, 2, batch->first_sequence);
    store_bind(store, SQL_ADD_BATCH, 3, batch->last_sequence);
    store_bind(store, SQL_ADD_BATCH, 4, (uint64_t)batch->time_us);
    store_bind_bytes(store, SQL_ADD_BATCH, 5, slice_of((const char *)batch->root, CHAIN_SIZE));
    store_bind_bytes(store, SQL_ADD_BATCH, 6, slice_of((const char *)batch->hash, CHAIN_SIZE));
    bind_tally(store, 7, &batch->registry);
    bind_tally(store, 9, &batch->tokens);
    return store_run(store, SQL_ADD_BATCH, fault);
}

struct status store_put_entry(struct store *store, const struct entry *entry, struct slice bytes,
                              const unsigned char *leaf, struct fault *fault)
{
    bool is_registry = entry_kind_is_registry(entry->kind);
    TRY(rows_add(store, entry->sequence, bytes, is_registry, fault));
    if (is_registry)
        return add_registry(store, entry, leaf, fault);
    if (entry->kind != ENTRY_REQUEST)
        return STATUS_DONE;
    store_bind(store, SQL_ADD_REQUEST, 1, entry->sequence);
    bool marked = entry_has_token(entry);
    bind_prefix(store, SQL_ADD_REQUEST, 2, marked,
                marked ? request_prefix(entry->token_digest) : 0);
    return store_run(store, SQL_ADD_REQUEST, fault);
}

/* Everything of a batch but its COMMIT. */
static struct status write_batch(struct store *store, const struct draft *draft,
                                 struct fault *fault, struct journal_head *ret_head)
{
    struct batching batching = {.store = store, .head = store->journal.head};
    struct batch batch;
    merkle_init(&batching.merkle);
    TRY(store_run(store, SQL_BEGIN, fault));
    TRY(add_entries(&batching, draft, fault));
    const struct entry *last = draft_entry(draft, draft_entry_count(draft) - 1);
    chain_end_batch(&batching.head, store->crypto, &batching.merkle, last, &batch);
    TRY(store_put_batch(store, &batch, fault));
    *ret_head = batching.head;
    return STATUS_DONE;
}

struct status store_append(struct journal *journal, const struct draft *draft, struct fault *fault)
{
    struct store *store = store_of(journal);
    struct journal_head head;
    struct status status = write_batch(store, draft, fault, &head);
    bool may_undo = status.code == STATUS_MEMORY;
    if (status_ok(status))
        status = store_run(store, SQL_COMMIT, fault);
    may_undo = may_undo || status.code == STATUS_FULL;
    if (may_undo && status_ok(store_undo(store, NULL)))
        return status;
    if (!status_ok(status))
        return fault_wrap(fault, (struct status){STATUS_UNKNOWN}, "appending entry %llu",
                          (unsigned long long)journal->head.sequence + 1);
    journal->head = head;
    store_write_witness(store);
    return STATUS_DONE;
}
