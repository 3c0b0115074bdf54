/* Recovery: the book from the checkpoint and the entries after it (journal_load).
 *
 *     registry entries up to the mark   organisations, keys, policies, delegations
 *     runs of tokens                    which tokens were used, up to the last run; their filters
 *     rows of request up to the mark    and since
 *     rows of both behind the mark      held against the entries that are replayed
 *     rows of organisation              their accounts, as of the mark
 *     rows of member                    each as of the mark or later
 *     entries after the mark            proved against the chain; a member that a row already gave
 *                                       as newer is left alone by the book
 *
 * 1. The book that comes out is the one that replaying every entry from the first would give.
 * 2. Members and organisations changed after the mark are noted for the next checkpoint.
 * 3. A damaged checkpoint is a fault, not a reason to replay from the first entry in silence: the
 *    disk that changed it may have changed more.
 * 4. No row of registry or request is missing, too many or another: their number and the hash over
 *    them are in the batch at the mark (chain.h), which is a link of the chain that the tail
 * proves.
 *
 * Owns nothing. The opening thread. */
#include "base/check.h"
#include "journal/chain.h"
#include "journal/replay.h"
#include "journal/tables.h"

#include <inttypes.h>

static uint32_t read_word(const unsigned char *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static void add_words(uint32_t sums[2], const unsigned char at[8])
{
    sums[0] += read_word(at) + sums[1];
    sums[1] += read_word(at + 4) + sums[0];
}

uint64_t store_checksum(struct slice bytes)
{
    uint32_t sums[2] = {0, 0};
    const unsigned char *at = (const unsigned char *)bytes.at;
    size_t whole = bytes.len & ~(size_t)7;
    for (size_t i = 0; i < whole; i += 8)
        add_words(sums, at + i);
    if (whole < bytes.len) {
        unsigned char last[8] = {0};
        memcpy(last, at + whole, bytes.len - whole);
        add_words(sums, last);
    }
    return ((uint64_t)sums[0] << 32 | sums[1]) + bytes.len;
}

struct status store_read_mark(struct store *store, struct fault *fault, struct mark *ret_mark)
{
    struct mark mark = {0};
    bool row = false;
    struct status status = store_step(store, SQL_MARK, fault, &row);
    if (status_ok(status) && row) {
        mark.batch = store_number(store, SQL_MARK, 0);
        mark.sequence = store_number(store, SQL_MARK, 1);
        mark.time_us = (int64_t)store_number(store, SQL_MARK, 2);
    }
    store_reset(store, SQL_MARK);
    TRY(status);
    *ret_mark = mark;
    return STATUS_DONE;
}

/* Is the batch the link behind the one before it? */
static struct status prove_link(struct store *store, const struct batch *batch, struct fault *fault)
{
    struct batch before = {0};
    if (batch->number > 1)
        TRY(store_find_batch(store, batch->number - 1, fault, &before));
    struct journal_head head = store_head_of(&before);
    head.registry = batch->registry;
    head.tokens = batch->tokens;
    chain_advance(&head, store->crypto, batch->root, batch->last_sequence, batch->time_us);
    if (batch->first_sequence == before.last_sequence + 1 &&
        memcmp(head.hash, batch->hash, CHAIN_SIZE) == 0)
        return STATUS_DONE;
    return fault_raise(fault, STATUS_CORRUPT,
                       "batch %" PRIu64 " is not the one that was written: the hash chain is "
                       "broken there",
                       batch->number);
}

/* The chain as it was at the mark. */
static struct status find_mark(struct store *store, struct fault *fault,
                               struct journal_head *ret_head)
{
    struct batch batch = {0};
    TRY(store_read_mark(store, fault, &store->mark));
    store->journal.checkpointed = store->mark.sequence;
    const struct mark *mark = &store->mark;
    if (mark->batch > 0)
        TRY_WRAP(store_find_batch(store, mark->batch, fault, &batch), fault,
                 "the checkpoint's mark");
    if (batch.last_sequence != mark->sequence || batch.time_us != mark->time_us)
        return fault_raise(fault, STATUS_CORRUPT, "the checkpoint's mark is damaged");
    if (mark->batch > 0)
        TRY(prove_link(store, &batch, fault));
    *ret_head = store_head_of(&batch);
    return STATUS_DONE;
}

/* What rows are loaded into, and what of the tables beside the entries was seen. */
struct loading {
    struct store *store;
    struct book *book;
    struct journal_tally registry;
    struct journal_tally tokens;
};

static struct status load_registry_entry(struct loading *loading, struct fault *fault)
{
    struct store *store = loading->store;
    unsigned char leaf[CHAIN_SIZE];
    struct entry entry;
    uint64_t sequence = store_number(store, SQL_REGISTRY, 0);
    struct slice bytes = store_bytes(store, SQL_REGISTRY, 2);
    chain_leaf(store->crypto, sequence, bytes, leaf);
    if (!slice_equal(store_bytes(store, SQL_REGISTRY, 1),
                     slice_of((const char *)leaf, sizeof leaf)) ||
        !entry_decode(sequence, bytes, store->scope, ENTRY_SCOPE_MAX, &entry) ||
        !entry_kind_is_registry(entry.kind))
        return fault_raise(fault, STATUS_CORRUPT,
                           "entry %" PRIu64 " of the registry is not the one that was written",
                           sequence);
    chain_add_registry(&loading->registry, store->crypto, leaf);
    return book_apply(loading->book, &entry, fault);
}

/* A prefix that is there already would be a bug of ours, were it not read from a disk. */
static struct status load_request(struct loading *loading, struct fault *fault)
{
    struct store *store = loading->store;
    uint64_t sequence = store_number(store, SQL_REQUESTS, 0);
    uint64_t prefix = store_number(store, SQL_REQUESTS, 1);
    if (store_is_null(store, SQL_REQUESTS, 1))
        return STATUS_DONE;
    char digest[DIGEST_BYTES] = {0};
    memcpy(digest, &prefix, sizeof prefix);
    if (sequence == 0 || book_find_request(loading->book, slice_of(digest, sizeof digest)) != 0)
        return fault_raise(fault, STATUS_CORRUPT,
                           "the row of request %" PRIu64 " is not the one that was written",
                           sequence);
    chain_add_token(&loading->tokens, store->crypto, sequence, prefix);
    if (!book_request_load(loading->book, prefix, sequence))
        return fault_raise(fault, STATUS_MEMORY, "no memory for the requests");
    return STATUS_DONE;
}

static struct status load_organisation(struct loading *loading, struct fault *fault)
{
    struct store *store = loading->store;
    struct slice body = store_bytes(store, SQL_ORGANISATIONS, 2);
    if (store_number(store, SQL_ORGANISATIONS, 1) != store_checksum(body))
        return fault_raise(fault, STATUS_CORRUPT,
                           "the checkpoint of organisation %" PRIu64 " is damaged",
                           store_number(store, SQL_ORGANISATIONS, 0));
    return book_organisation_load(loading->book, body, fault);
}

static struct status load_member(struct loading *loading, struct fault *fault)
{
    struct store *store = loading->store;
    struct slice body = store_bytes(store, SQL_MEMBER_BODIES, 1);
    if (store_number(store, SQL_MEMBER_BODIES, 0) != store_checksum(body))
        return fault_raise(fault, STATUS_CORRUPT,
                           "a member's row of the checkpoint is damaged (bursar verify names it)");
    return book_member_load(loading->book, body, fault);
}

/* Hands every row of a statement to `load`. */
static struct status load_rows(struct loading *loading, enum statement statement,
                               struct status (*load)(struct loading *loading, struct fault *fault),
                               struct fault *fault)
{
    for (bool row = true; row;) {
        struct status status = store_step(loading->store, statement, fault, &row);
        if (status_ok(status) && row)
            status = load(loading, fault);
        if (!status_ok(status) || !row)
            store_reset(loading->store, statement);
        TRY(status);
    }
    return STATUS_DONE;
}

static struct status load_registry(struct loading *loading, const struct journal_head *mark,
                                   struct fault *fault)
{
    store_bind(loading->store, SQL_REGISTRY, 1, 0);
    store_bind(loading->store, SQL_REGISTRY, 2, mark->sequence);
    TRY(load_rows(loading, SQL_REGISTRY, load_registry_entry, fault));
    if (chain_same_tally(&loading->registry, &mark->registry))
        return STATUS_DONE;
    return fault_raise(fault, STATUS_CORRUPT,
                       "the registry is not what was written: it has %" PRIu64
                       " entries up to entry %" PRIu64 ", and there were %" PRIu64
                       " (bursar verify names the first that is missing or differs)",
                       loading->registry.count, mark->sequence, mark->registry.count);
}

/* The runs have all tokens up to the last one's end, where a batch ended. */
static struct status find_kept(struct loading *loading, struct fault *fault)
{
    struct store *store = loading->store;
    struct batch batch = {0};
    uint64_t kept = store->journal.requests_kept;
    if (kept > 0) {
        TRY_WRAP(store_find_batch_ending(store, kept, fault, &batch), fault, "the token runs");
        TRY(prove_link(store, &batch, fault));
    }
    loading->tokens = batch.tokens;
    if (batch.tokens.count != store->runs.requests)
        return fault_raise(fault, STATUS_CORRUPT,
                           "the token runs have %" PRIu64 " requests up to entry %" PRIu64
                           ", and there were %" PRIu64,
                           store->runs.requests, kept, batch.tokens.count);
    return STATUS_DONE;
}

/* Behind the runs, which may reach further than the mark. */
static struct status load_requests(struct loading *loading, const struct journal_head *mark,
                                   struct fault *fault)
{
    uint64_t kept = loading->store->journal.requests_kept;
    if (kept > mark->sequence)
        return STATUS_DONE;
    store_bind(loading->store, SQL_REQUESTS, 1, kept);
    store_bind(loading->store, SQL_REQUESTS, 2, mark->sequence);
    TRY(load_rows(loading, SQL_REQUESTS, load_request, fault));
    if (chain_same_tally(&loading->tokens, &mark->tokens))
        return STATUS_DONE;
    return fault_raise(fault, STATUS_CORRUPT,
                       "the table of requests is not what was written: it has %" PRIu64
                       " tokens up to entry %" PRIu64 ", and there were %" PRIu64
                       " (bursar verify names the first that is missing or differs)",
                       loading->tokens.count, mark->sequence, mark->tokens.count);
}

static struct status load_checkpoint(struct loading *loading, const struct journal_head *mark,
                                     struct fault *fault)
{
    TRY(load_registry(loading, mark, fault));
    TRY(load_requests(loading, mark, fault));
    TRY(load_rows(loading, SQL_ORGANISATIONS, load_organisation, fault));
    TRY(load_rows(loading, SQL_MEMBER_BODIES, load_member, fault));
    book_loaded(loading->book, mark->sequence, mark->time_us);
    return STATUS_DONE;
}

struct tail {
    struct store *store;
    const struct book *book;
};

static struct status see_entry(void *context, const struct entry *entry, const unsigned char *leaf,
                               struct fault *fault)
{
    struct tail *tail = context;
    TRY(tables_match(tail->store, entry, leaf, fault));
    store_note_entry(tail->store, entry, tail->book);
    return STATUS_DONE;
}

static struct status load_tail(struct store *store, struct book *book,
                               const struct journal_head *mark, struct fault *fault)
{
    struct tail tail = {store, book};
    const struct replay_visitor visitor = {.entry = see_entry, .context = &tail};
    tables_begin(store, mark->sequence);
    struct status status = replay(store, mark, book, &visitor, fault);
    if (status_ok(status))
        status = tables_end(store, fault);
    tables_done(store);
    return status;
}

static struct status load(struct store *store, struct book *book, struct fault *fault)
{
    struct loading loading = {.store = store, .book = book};
    struct journal_head mark = {0};
    TRY(find_mark(store, fault, &mark));
    TRY(runs_load(store, fault));
    TRY(find_kept(&loading, fault));
    book_requests_let_go(book, store->journal.requests_kept);
    if (mark.sequence > 0)
        TRY(load_checkpoint(&loading, &mark, fault));
    TRY(load_tail(store, book, &mark, fault));
    return book_recovered(book, fault);
}

struct status store_load(struct journal *journal, struct book *book, struct fault *fault)
{
    struct store *store = store_of(journal);
    TRY_WRAP(load(store, book, fault), fault, "%s", store->path);
    CHECK(book_sequence(book) == journal->head.sequence);
    store->loaded = true;
    return STATUS_DONE;
}
