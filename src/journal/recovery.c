/* Recovery: the book from the checkpoint and the entries after it (journal_load), and from what
 * other writers have appended since (journal_catch_up).
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

struct status journal_read_mark(struct journal *journal, struct fault *fault, struct mark *ret_mark)
{
    struct store_row row;
    bool found = false;
    TRY(store_find_row(journal->store, STORE_MARK, 0, UINT64_MAX, fault, &found, &row));
    *ret_mark = (struct mark){0};
    if (found)
        *ret_mark = (struct mark){row.numbers[0], row.numbers[1], (int64_t)row.numbers[2]};
    return STATUS_DONE;
}

/* Is the batch the link behind the one before it? */
static struct status prove_link(struct journal *journal, const struct batch *batch,
                                struct fault *fault)
{
    struct store *store = journal->store;
    struct batch before = {0};
    if (batch->number > 1)
        TRY(store->ops->find_batch(store, batch->number - 1, fault, &before));
    struct journal_head head = store_head_of(&before);
    head.registry = batch->registry;
    head.tokens = batch->tokens;
    chain_advance(&head, journal->crypto, batch->root, batch->last_sequence, batch->time_us);
    if (batch->first_sequence == before.last_sequence + 1 &&
        memcmp(head.hash, batch->hash, CHAIN_SIZE) == 0)
        return STATUS_DONE;
    return fault_raise(fault, STATUS_CORRUPT,
                       "batch %" PRIu64 " is not the one that was written: the hash chain is "
                       "broken there",
                       batch->number);
}

/* The chain as it was at the mark. */
static struct status find_mark(struct journal *journal, struct fault *fault,
                               struct journal_head *ret_head)
{
    struct batch batch = {0};
    TRY(journal_read_mark(journal, fault, &journal->mark));
    const struct mark *mark = &journal->mark;
    if (mark->batch > 0)
        TRY_WRAP(journal->store->ops->find_batch(journal->store, mark->batch, fault, &batch), fault,
                 "the checkpoint's mark");
    if (batch.last_sequence != mark->sequence || batch.time_us != mark->time_us)
        return fault_raise(fault, STATUS_CORRUPT, "the checkpoint's mark is damaged");
    if (mark->batch > 0)
        TRY(prove_link(journal, &batch, fault));
    *ret_head = store_head_of(&batch);
    return STATUS_DONE;
}

/* What rows are loaded into, and what of the tables beside the entries was seen. */
struct loading {
    struct journal *journal;
    struct book *book;
    struct journal_tally registry;
    struct journal_tally tokens;
};

static struct status load_registry_entry(void *context, const struct store_row *row,
                                         struct fault *fault)
{
    struct loading *loading = context;
    struct journal *journal = loading->journal;
    unsigned char leaf[CHAIN_SIZE];
    struct entry entry;
    uint64_t sequence = row->numbers[0];
    chain_leaf(journal->crypto, sequence, row->body, leaf);
    if (!slice_equal(row->text, slice_of((const char *)leaf, sizeof leaf)) ||
        !entry_decode(sequence, row->body, journal->scope, ENTRY_SCOPE_MAX, &entry) ||
        !entry_kind_is_registry(entry.kind))
        return fault_raise(fault, STATUS_CORRUPT,
                           "entry %" PRIu64 " of the registry is not the one that was written",
                           sequence);
    chain_add_registry(&loading->registry, journal->crypto, leaf);
    return book_apply(loading->book, &entry, fault);
}

/* A prefix that is there already would be a bug of ours, were it not read from a disk. */
static struct status load_request(void *context, const struct store_row *row, struct fault *fault)
{
    struct loading *loading = context;
    uint64_t sequence = row->numbers[0];
    uint64_t prefix = row->numbers[1];
    if (row->is_null)
        return STATUS_DONE;
    if (sequence == 0 || book_find_prefix(loading->book, prefix) != 0)
        return fault_raise(fault, STATUS_CORRUPT,
                           "the row of request %" PRIu64 " is not the one that was written",
                           sequence);
    chain_add_token(&loading->tokens, loading->journal->crypto, sequence, prefix);
    if (!book_request_load(loading->book, prefix, sequence))
        return fault_raise(fault, STATUS_MEMORY, "no memory for the requests");
    return STATUS_DONE;
}

static struct status load_organisation(void *context, const struct store_row *row,
                                       struct fault *fault)
{
    struct loading *loading = context;
    if (!row->whole)
        return fault_raise(fault, STATUS_CORRUPT,
                           "the checkpoint of organisation %" PRIu64 " is damaged",
                           row->numbers[0]);
    return book_organisation_load(loading->book, row->body, fault);
}

static struct status load_member(void *context, const struct store_row *row, struct fault *fault)
{
    const struct loading *loading = context;
    if (!row->whole)
        return fault_raise(fault, STATUS_CORRUPT,
                           "a member's row of the checkpoint is damaged (bursar verify names it)");
    return book_member_load(loading->book, row->body, fault);
}

static struct status load_registry(struct loading *loading, const struct journal_head *mark,
                                   struct fault *fault)
{
    TRY(store_each(loading->journal->store, STORE_REGISTRY, 1, mark->sequence, load_registry_entry,
                   loading, fault));
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
    struct journal *journal = loading->journal;
    struct batch batch = {0};
    uint64_t kept = journal->runs.kept;
    if (kept > 0) {
        TRY_WRAP(store_find_batch_ending(journal->store, kept, fault, &batch), fault,
                 "the token runs");
        TRY(prove_link(journal, &batch, fault));
    }
    loading->tokens = batch.tokens;
    if (batch.tokens.count != journal->runs.requests)
        return fault_raise(fault, STATUS_CORRUPT,
                           "the token runs have %" PRIu64 " requests up to entry %" PRIu64
                           ", and there were %" PRIu64,
                           journal->runs.requests, kept, batch.tokens.count);
    return STATUS_DONE;
}

/* Behind the runs, which may reach further than the mark. */
static struct status load_requests(struct loading *loading, const struct journal_head *mark,
                                   struct fault *fault)
{
    uint64_t kept = loading->journal->runs.kept;
    if (kept > mark->sequence)
        return STATUS_DONE;
    TRY(store_each(loading->journal->store, STORE_REQUESTS, kept + 1, mark->sequence, load_request,
                   loading, fault));
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
    TRY(store_each(loading->journal->store, STORE_ORGANISATIONS, 0, UINT64_MAX, load_organisation,
                   loading, fault));
    TRY(store_each(loading->journal->store, STORE_MEMBER_BODIES, 0, UINT64_MAX, load_member,
                   loading, fault));
    book_loaded(loading->book, mark->sequence, mark->time_us);
    return STATUS_DONE;
}

struct tail {
    struct journal *journal;
    const struct book *book;
};

static struct status see_entry(void *context, const struct entry *entry, const unsigned char *leaf,
                               struct fault *fault)
{
    struct tail *tail = context;
    TRY(tables_match(tail->journal->store, entry, leaf, fault));
    journal_note_entry(tail->journal, entry, tail->book);
    return STATUS_DONE;
}

static struct status load_tail(struct journal *journal, struct book *book,
                               const struct journal_head *from, struct gate *gate,
                               struct fault *fault)
{
    struct tail tail = {journal, book};
    const struct replay_visitor visitor = {.entry = see_entry, .context = &tail, .gate = gate};
    tables_begin(journal->store, from->sequence);
    struct status status = replay(journal, from, book, &visitor, fault);
    if (status_ok(status))
        status = tables_end(journal->store, fault);
    tables_done(journal->store);
    return status;
}

static struct status load(struct journal *journal, struct book *book, struct fault *fault)
{
    struct loading loading = {.journal = journal, .book = book};
    struct journal_head mark = {0};
    TRY(find_mark(journal, fault, &mark));
    TRY(runs_load(journal, fault));
    TRY(find_kept(&loading, fault));
    book_requests_let_go(book, journal->runs.kept);
    if (mark.sequence > 0)
        TRY(load_checkpoint(&loading, &mark, fault));
    TRY(load_tail(journal, book, &mark, NULL, fault));
    return book_recovered(book, fault);
}

struct status journal_load(struct journal *journal, struct book *book, struct fault *fault)
{
    CHECK(book_sequence(book) == 0);
    TRY_WRAP(load(journal, book, fault), fault, "cannot load the journal: %s",
             journal->store->name);
    CHECK(book_sequence(book) == journal->store->head.sequence);
    journal->loaded = true;
    return STATUS_DONE;
}

struct status journal_catch_up(struct journal *journal, struct book *book, struct gate *gate,
                               struct fault *fault)
{
    const struct journal_head known = journal->store->head;
    if (!journal->store->ops->look)
        return STATUS_DONE;
    TRY_WRAP(journal->store->ops->look(journal->store, fault), fault, "%s", journal->store->name);
    TRY_WRAP(load_tail(journal, book, &known, gate, fault), fault, "%s", journal->store->name);
    return STATUS_DONE;
}
