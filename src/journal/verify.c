/* Verify: everything recomputed from the first entry (journal_verify).
 *
 *     pages of the file            SQLite's own check
 *     entries, batches             sequence, Merkle roots, chain, canonical bytes (replay.h)
 *     registry                     its rows are the registry's entries, no more and no fewer
 *     requests                     their rows are the requests' entries, with the same tokens
 *     runs of tokens               against the replayed book (runs_verify.c)
 *     checkpoint                   each row against the replayed book at the row's own sequence
 *     book                         sums, orders, counts, states
 *     witness                      when the store is opened
 *
 * 1. Nothing is changed: the store is read-only, and one snapshot, also beside a running server.
 *
 * Owns the store and the book for one call. Any thread. */
#include "base/check.h"
#include "journal/chain.h"
#include "journal/dump.h"
#include "journal/replay.h"
#include "journal/tables.h"
#include "sys/file.h"

#include <inttypes.h>

enum { PROGRESS_EVERY = 65536 };

struct verify {
    struct journal *journal;
    struct book *book;
    void (*progress)(void *context, uint64_t done, uint64_t all);
    void *context;
    struct mark mark;
    bool mark_seen;
    uint32_t rows;       /* of the table at hand that the book has at the mark */
    uint64_t newer_rows; /* members whose row is newer than the mark, yet to be met */
};

static struct status match_organisation(void *context, const struct store_row *row,
                                        struct fault *fault)
{
    struct verify *verify = context;
    struct buffer *encoded = &verify->journal->row;
    uint32_t id = ++verify->rows;
    buffer_clear(encoded);
    if (id <= book_organisation_count(verify->book))
        book_organisation_encode(verify->book, id, encoded);
    if (row->numbers[0] == id && row->whole && slice_equal(row->body, buffer_slice(encoded)))
        return STATUS_DONE;
    return fault_raise(fault, STATUS_CORRUPT,
                       "the checkpoint's row of organisation %" PRId64
                       " is not what the entries give",
                       (int64_t)row->numbers[0]);
}

/* Is this body what the member encodes to now? */
static bool matches(struct verify *verify, const struct member *member, uint64_t sequence,
                    struct slice body)
{
    struct buffer *encoded = &verify->journal->row;
    buffer_clear(encoded);
    book_member_encode(verify->book, book_member_index(verify->book, member), encoded);
    return member->last_sequence == sequence && buffer_ok(encoded) &&
           slice_equal(body, buffer_slice(encoded));
}

static struct status match_member(void *context, const struct store_row *row, struct fault *fault)
{
    struct verify *verify = context;
    uint64_t organisation = row->numbers[0];
    uint64_t sequence = row->numbers[1];
    struct uin uin;
    bool is_right = organisation <= UINT32_MAX && uin_parse(row->text, &uin) && row->whole;
    const struct member *member =
        is_right ? book_find_member(verify->book, (uint32_t)organisation, uin) : NULL;
    verify->rows += member != NULL; /* it may have come after the mark */
    if (is_right && sequence > verify->mark.sequence)
        verify->newer_rows++;
    else if (!member || !matches(verify, member, sequence, row->body))
        return fault_raise(fault, STATUS_CORRUPT,
                           "the checkpoint's row of member %.*s is not what the entries give",
                           SLICE_ARGS(row->text));
    return STATUS_DONE;
}

/* The book is as of the mark now. */
static struct status match_checkpoint(struct verify *verify, struct fault *fault)
{
    struct store *store = verify->journal->store;
    verify->mark_seen = true;
    if (verify->mark.sequence != book_sequence(verify->book) ||
        verify->mark.time_us != book_time_us(verify->book))
        return fault_raise(fault, STATUS_CORRUPT, "the checkpoint's mark is damaged");
    TRY(store_each(store, STORE_ORGANISATIONS, 0, UINT64_MAX, match_organisation, verify, fault));
    if (verify->rows != book_organisation_count(verify->book))
        return fault_raise(fault, STATUS_CORRUPT, "the checkpoint lacks organisation %u",
                           verify->rows + 1);
    verify->rows = 0;
    TRY(store_each(store, STORE_MEMBERS, 0, UINT64_MAX, match_member, verify, fault));
    if (verify->rows != book_member_count(verify->book))
        return fault_raise(fault, STATUS_CORRUPT, "the checkpoint lacks %u members",
                           book_member_count(verify->book) - verify->rows);
    return STATUS_DONE;
}

/* A row newer than the mark is met when its own entry is replayed. */
static struct status match_newer(struct verify *verify, const struct entry *entry,
                                 const struct member *member, struct fault *fault)
{
    struct store *store = verify->journal->store;
    char digits[UIN_DIGITS_MAX];
    struct store_row row;
    bool found = false;
    TRY(store->ops->find_member(store, member->organisation,
                                slice_of(digits, uin_print(member->uin, digits)), fault, &found,
                                &row));
    if (!found || row.numbers[1] != entry->sequence)
        return STATUS_DONE;
    verify->newer_rows--;
    if (matches(verify, member, entry->sequence, row.body))
        return STATUS_DONE;
    return fault_raise(fault, STATUS_CORRUPT,
                       "the checkpoint's row of a member changed by entry %" PRIu64
                       " is not what the entries give",
                       entry->sequence);
}

/* The i-th member that the entry has changed, as the book has it now. */
static const struct member *touched(const struct verify *verify, const struct entry *entry,
                                    uint32_t i)
{
    const struct member *member =
        book_find_member(verify->book, entry->organisation, entry->touches[i].uin);
    CHECK(member);
    return member;
}

static struct status see_entry(void *context, const struct entry *entry, const unsigned char *leaf,
                               struct fault *fault)
{
    struct verify *verify = context;
    TRY(tables_match(verify->journal->store, entry, leaf, fault));
    for (uint32_t i = 0; i < entry->touch_count && verify->mark_seen && verify->newer_rows > 0; i++)
        TRY(match_newer(verify, entry, touched(verify, entry, i), fault));
    if (verify->progress && entry->sequence % PROGRESS_EVERY == 0)
        verify->progress(verify->context, entry->sequence, verify->journal->store->head.sequence);
    return STATUS_DONE;
}

static struct status see_batch(void *context, const struct batch *batch, struct fault *fault)
{
    struct verify *verify = context;
    if (batch->number == verify->mark.batch)
        return match_checkpoint(verify, fault);
    return STATUS_DONE;
}

static struct status match_end(struct verify *verify, struct fault *fault)
{
    if (!verify->mark_seen)
        return fault_raise(fault, STATUS_CORRUPT, "the checkpoint's mark is damaged");
    if (verify->newer_rows > 0)
        return fault_raise(fault, STATUS_CORRUPT,
                           "the checkpoint has %" PRIu64 " rows that no entry gives",
                           verify->newer_rows);
    TRY(tables_end(verify->journal->store, fault));
    TRY(runs_verify(verify->journal, verify->book, fault));
    return book_check(verify->book, fault);
}

static struct status verify_journal(struct verify *verify, struct fault *fault)
{
    const struct replay_visitor visitor = {
        .entry = see_entry, .batch = see_batch, .context = verify};
    const struct journal_head start = {0};
    struct store *store = verify->journal->store;
    TRY(store->ops->check(store, fault));
    TRY(journal_read_mark(verify->journal, fault, &verify->mark));
    tables_begin(store, 0);
    if (verify->mark.batch == 0)
        TRY(match_checkpoint(verify, fault));
    TRY(replay(verify->journal, &start, verify->book, &visitor, fault));
    return match_end(verify, fault);
}

struct status journal_verify(const char *folder,
                             void (*progress)(void *context, uint64_t done, uint64_t all),
                             void *context, struct fault *fault, struct verify_report *ret_report)
{
    if (file_exists(folder) && !folder_exists(folder))
        return journal_verify_dump(folder, progress, context, fault, ret_report);
    return journal_verify_folder(folder, false, progress, context, fault, ret_report);
}

struct status journal_verify_folder(const char *folder, bool unfinished,
                                    void (*progress)(void *context, uint64_t done, uint64_t all),
                                    void *context, struct fault *fault,
                                    struct verify_report *ret_report)
{
    const struct journal_options options = {.read_only = true, .unfinished = unfinished};
    struct journal *journal = NULL;
    TRY(journal_open(folder, &options, fault, &journal));
    struct verify verify = {.journal = journal, .progress = progress, .context = context};
    struct status status = {STATUS_MEMORY};
    verify.book = book_new(journal->store->head.sequence);
    if (verify.book)
        status = verify_journal(&verify, fault);
    else
        (void)fault_raise(fault, STATUS_MEMORY, "no memory for the book");
    if (status_ok(status))
        *ret_report = (struct verify_report){journal->store->head, journal->store->head.sequence,
                                             book_organisation_count(verify.book),
                                             book_member_count(verify.book)};
    else
        status = fault_wrap(fault, status, "%s", journal->store->name);
    book_free(verify.book);
    journal_close(journal);
    return status;
}
