/* Recovery: the book from the checkpoint and the entries after it (journal_load).
 *
 *     registry entries up to the mark   organisations, keys, policies, delegations
 *     runs of tokens                    which tokens were used, up to the last run; their filters
 *     rows of request up to the mark    and since
 *     rows of organisation              their accounts, as of the mark
 *     rows of member                    each as of the mark or later
 *     entries after the mark            proved against the chain; a member that a row already gave
 *                                       as newer is left alone by the book
 *
 * 1. The book that comes out is the one that replaying every entry from the first would give.
 * 2. Members and organisations changed after the mark are noted for the next checkpoint.
 * 3. A damaged checkpoint is a fault, not a reason to replay from the first entry in silence: the
 *    disk that changed it may have changed more.
 *
 * Owns nothing. The opening thread. */
#include "base/check.h"
#include "journal/chain.h"
#include "journal/replay.h"
#include "journal/store.h"

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

/* The chain as it was at the mark. */
static struct status find_mark(struct store *store, struct fault *fault,
                               struct journal_head *ret_head)
{
    struct journal_head head = {0};
    TRY(store_read_mark(store, fault, &store->mark));
    store->journal.checkpointed = store->mark.sequence;
    const struct mark *mark = &store->mark;
    if (mark->batch > 0)
        TRY_WRAP(store_find_batch(store, mark->batch, fault, &head), fault,
                 "the checkpoint's mark");
    if (head.sequence != mark->sequence || head.time_us != mark->time_us)
        return fault_raise(fault, STATUS_CORRUPT, "the checkpoint's mark is damaged");
    *ret_head = head;
    return STATUS_DONE;
}

static struct status load_registry_entry(struct store *store, struct book *book,
                                         struct fault *fault)
{
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
    return book_apply(book, &entry, fault);
}

/* A prefix that is there already would be a bug of ours, were it not read from a disk. */
static struct status load_request(struct store *store, struct book *book, struct fault *fault)
{
    uint64_t sequence = store_number(store, SQL_REQUESTS, 0);
    uint64_t prefix = store_number(store, SQL_REQUESTS, 1);
    if (store_is_null(store, SQL_REQUESTS, 1))
        return STATUS_DONE;
    char digest[DIGEST_BYTES] = {0};
    memcpy(digest, &prefix, sizeof prefix);
    if (sequence == 0 || book_find_request(book, slice_of(digest, sizeof digest)) != 0)
        return fault_raise(fault, STATUS_CORRUPT,
                           "the row of request %" PRIu64 " is not the one that was written",
                           sequence);
    if (!book_request_load(book, prefix, sequence))
        return fault_raise(fault, STATUS_MEMORY, "no memory for the requests");
    return STATUS_DONE;
}

static struct status load_organisation(struct store *store, struct book *book, struct fault *fault)
{
    struct slice body = store_bytes(store, SQL_ORGANISATIONS, 2);
    if (store_number(store, SQL_ORGANISATIONS, 1) != store_checksum(body))
        return fault_raise(fault, STATUS_CORRUPT,
                           "the checkpoint of organisation %" PRIu64 " is damaged",
                           store_number(store, SQL_ORGANISATIONS, 0));
    return book_organisation_load(book, body, fault);
}

static struct status load_member(struct store *store, struct book *book, struct fault *fault)
{
    struct slice body = store_bytes(store, SQL_MEMBER_BODIES, 1);
    if (store_number(store, SQL_MEMBER_BODIES, 0) != store_checksum(body))
        return fault_raise(fault, STATUS_CORRUPT,
                           "a member's row of the checkpoint is damaged (bursar verify names it)");
    return book_member_load(book, body, fault);
}

/* Hands every row of a statement to `load`. */
static struct status load_rows(struct store *store, enum statement statement,
                               struct status (*load)(struct store *store, struct book *book,
                                                     struct fault *fault),
                               struct book *book, struct fault *fault)
{
    for (bool row = true; row;) {
        struct status status = store_step(store, statement, fault, &row);
        if (status_ok(status) && row)
            status = load(store, book, fault);
        if (!status_ok(status) || !row)
            store_reset(store, statement);
        TRY(status);
    }
    return STATUS_DONE;
}

static struct status load_checkpoint(struct store *store, struct book *book, struct fault *fault)
{
    store_bind(store, SQL_REGISTRY, 1, store->mark.sequence);
    TRY(load_rows(store, SQL_REGISTRY, load_registry_entry, book, fault));
    store_bind(store, SQL_REQUESTS, 1, store->journal.requests_kept);
    store_bind(store, SQL_REQUESTS, 2, store->mark.sequence);
    TRY(load_rows(store, SQL_REQUESTS, load_request, book, fault));
    TRY(load_rows(store, SQL_ORGANISATIONS, load_organisation, book, fault));
    TRY(load_rows(store, SQL_MEMBER_BODIES, load_member, book, fault));
    book_loaded(book, store->mark.sequence, store->mark.time_us);
    return STATUS_DONE;
}

struct tail {
    struct store *store;
    const struct book *book;
};

static struct status note_entry(void *context, const struct entry *entry, const unsigned char *leaf,
                                struct fault *fault)
{
    struct tail *tail = context;
    (void)leaf;
    (void)fault;
    store_note_entry(tail->store, entry, tail->book);
    return STATUS_DONE;
}

struct status store_load(struct journal *journal, struct book *book, struct fault *fault)
{
    struct store *store = store_of(journal);
    struct tail tail = {store, book};
    const struct replay_visitor visitor = {.entry = note_entry, .context = &tail};
    struct journal_head from = {0};
    TRY_WRAP(find_mark(store, fault, &from), fault, "%s", store->path);
    TRY_WRAP(runs_load(store, fault), fault, "%s", store->path);
    book_requests_let_go(book, journal->requests_kept);
    if (from.sequence > 0)
        TRY_WRAP(load_checkpoint(store, book, fault), fault, "%s", store->path);
    TRY_WRAP(replay(store, &from, book, &visitor, fault), fault, "%s", store->path);
    TRY_WRAP(book_recovered(book, fault), fault, "%s", store->path);
    CHECK(book_sequence(book) == journal->head.sequence);
    store->loaded = true;
    return STATUS_DONE;
}
