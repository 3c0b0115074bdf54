/* The journal as the rooms above see it: each call goes to the store behind it (ops.h).
 *
 * 1. The head moves only when a batch is durable, and only in the store's append.
 *
 * Owns nothing. Threads: as journal.h says of each function. */
#include "journal/journal.h"

#include "base/check.h"
#include "journal/ops.h"

void journal_close(struct journal *journal)
{
    if (journal)
        journal->ops->close(journal);
}

struct status journal_load(struct journal *journal, struct book *book, struct fault *fault)
{
    CHECK(book_sequence(book) == 0);
    TRY_WRAP(journal->ops->load(journal, book, fault), fault, "cannot load the journal");
    return STATUS_DONE;
}

struct status journal_append(struct journal *journal, const struct draft *draft,
                             struct fault *fault)
{
    CHECK(draft_entry_count(draft) > 0);
    CHECK(draft_entry(draft, 0)->sequence == journal->head.sequence + 1);
    return journal->ops->append(journal, draft, fault);
}

void journal_note_changes(struct journal *journal, const struct draft *draft,
                          const struct book *book)
{
    journal->ops->note_changes(journal, draft, book);
}

struct status journal_checkpoint(struct journal *journal, const struct book *book,
                                 uint32_t rows_max, struct fault *fault, bool *ret_more)
{
    return journal->ops->checkpoint(journal, book, rows_max, fault, ret_more);
}

uint64_t journal_tail(const struct journal *journal)
{
    return journal->head.sequence - journal->checkpointed;
}

bool journal_is_checkpointing(const struct journal *journal)
{
    return journal->checkpointing;
}

struct status journal_tend(struct journal *journal, const struct book *book, struct fault *fault)
{
    return journal->ops->tend(journal, book, fault);
}

bool journal_wants_requests(const struct journal *journal, uint64_t count)
{
    return journal->requests_due > 0 && count >= journal->requests_due;
}

uint64_t journal_requests_kept(const struct journal *journal)
{
    return journal->requests_kept;
}

struct status journal_find_request(struct journal *journal, struct slice token_digest,
                                   struct fault *fault, uint64_t *ret_sequence)
{
    *ret_sequence = 0;
    if (journal->requests_kept == 0)
        return STATUS_DONE;
    return journal->ops->find_request(journal, request_prefix(token_digest), fault, ret_sequence);
}

struct status journal_finish(struct journal *journal, struct fault *fault)
{
    return journal->ops->finish(journal, fault);
}

void journal_head(const struct journal *journal, struct journal_head *ret_head)
{
    *ret_head = journal->head;
}

struct status journal_read(struct journal *journal, uint64_t first,
                           bool (*visit)(void *context, uint64_t sequence, struct slice bytes),
                           void *context, struct fault *fault)
{
    return journal->ops->read(journal, first, visit, context, fault);
}
