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
#include "store/schema.h"

#include <inttypes.h>

enum { PROGRESS_EVERY = 65536 };

struct verify {
    struct store *store;
    struct book *book;
    void (*progress)(void *context, uint64_t done, uint64_t all);
    void *context;
    struct mark mark;
    bool mark_seen;
    uint64_t newer_rows; /* members whose row is newer than the mark, yet to be met */
};

static struct status raise_row(struct verify *verify, enum statement statement, int column,
                               struct fault *fault)
{
    return fault_raise(fault, STATUS_CORRUPT,
                       "the checkpoint's row of %s %.*s is not what the entries give",
                       statement == SQL_ORGANISATIONS ? "organisation" : "member",
                       SLICE_ARGS(store_bytes(verify->store, statement, column)));
}

static struct status match_organisation(struct verify *verify, uint32_t id, struct fault *fault)
{
    struct store *store = verify->store;
    struct slice body = store_bytes(store, SQL_ORGANISATIONS, 2);
    buffer_clear(&store->row);
    if (id <= book_organisation_count(verify->book))
        book_organisation_encode(verify->book, id, &store->row);
    if (store_number(store, SQL_ORGANISATIONS, 0) != id ||
        store_number(store, SQL_ORGANISATIONS, 1) != store_checksum(body) ||
        !slice_equal(body, buffer_slice(&store->row)))
        return raise_row(verify, SQL_ORGANISATIONS, 0, fault);
    return STATUS_DONE;
}

static struct status match_organisations(struct verify *verify, struct fault *fault)
{
    uint32_t count = 0;
    for (;;) {
        bool row = false;
        TRY(store_step(verify->store, SQL_ORGANISATIONS, fault, &row));
        if (!row)
            break;
        TRY(match_organisation(verify, ++count, fault));
    }
    if (count != book_organisation_count(verify->book))
        return fault_raise(fault, STATUS_CORRUPT, "the checkpoint lacks organisation %u",
                           count + 1);
    return STATUS_DONE;
}

/* Is this body what the member encodes to now? */
static bool matches(struct verify *verify, const struct member *member, uint64_t sequence,
                    struct slice body)
{
    struct store *store = verify->store;
    buffer_clear(&store->row);
    book_member_encode(verify->book, book_member_index(verify->book, member), &store->row);
    return member->last_sequence == sequence && buffer_ok(&store->row) &&
           slice_equal(body, buffer_slice(&store->row));
}

/* *ret_there: whether the book at the mark has the member of this row. */
static struct status match_member(struct verify *verify, struct fault *fault, bool *ret_there)
{
    struct store *store = verify->store;
    uint64_t organisation = store_number(store, SQL_MEMBERS, 0);
    uint64_t sequence = store_number(store, SQL_MEMBERS, 2);
    struct slice body = store_bytes(store, SQL_MEMBERS, 4);
    struct uin uin;
    if (organisation > UINT32_MAX || !uin_parse(store_bytes(store, SQL_MEMBERS, 1), &uin) ||
        store_number(store, SQL_MEMBERS, 3) != store_checksum(body))
        return raise_row(verify, SQL_MEMBERS, 1, fault);
    const struct member *member = book_find_member(verify->book, (uint32_t)organisation, uin);
    *ret_there = member != NULL;
    if (sequence > verify->mark.sequence)
        verify->newer_rows++;
    else if (!member || !matches(verify, member, sequence, body))
        return raise_row(verify, SQL_MEMBERS, 1, fault);
    return STATUS_DONE;
}

static struct status match_members(struct verify *verify, struct fault *fault)
{
    uint32_t count = 0;
    for (;;) {
        bool row = false;
        bool there = false;
        TRY(store_step(verify->store, SQL_MEMBERS, fault, &row));
        if (!row)
            break;
        TRY(match_member(verify, fault, &there));
        count += there;
    }
    if (count != book_member_count(verify->book))
        return fault_raise(fault, STATUS_CORRUPT, "the checkpoint lacks %u members",
                           book_member_count(verify->book) - count);
    return STATUS_DONE;
}

/* The book is as of the mark now. */
static struct status match_checkpoint(struct verify *verify, struct fault *fault)
{
    verify->mark_seen = true;
    if (verify->mark.sequence != book_sequence(verify->book) ||
        verify->mark.time_us != book_time_us(verify->book))
        return fault_raise(fault, STATUS_CORRUPT, "the checkpoint's mark is damaged");
    TRY(match_organisations(verify, fault));
    return match_members(verify, fault);
}

/* A row newer than the mark is met when its own entry is replayed. */
static struct status match_newer(struct verify *verify, const struct entry *entry,
                                 const struct member *member, struct fault *fault)
{
    struct store *store = verify->store;
    char digits[UIN_DIGITS_MAX];
    bool row = false;
    store_bind(store, SQL_MEMBER, 1, member->organisation);
    store_bind_text(store, SQL_MEMBER, 2, slice_of(digits, uin_print(member->uin, digits)));
    struct status status = store_step(store, SQL_MEMBER, fault, &row);
    if (status_ok(status) && row && store_number(store, SQL_MEMBER, 0) == entry->sequence) {
        verify->newer_rows--;
        if (!matches(verify, member, entry->sequence, store_bytes(store, SQL_MEMBER, 1)))
            status = fault_raise(fault, STATUS_CORRUPT,
                                 "the checkpoint's row of a member changed by entry %" PRIu64
                                 " is not what the entries give",
                                 entry->sequence);
    }
    store_reset(store, SQL_MEMBER);
    return status;
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
    TRY(tables_match(verify->store, entry, leaf, fault));
    for (uint32_t i = 0; i < entry->touch_count && verify->mark_seen && verify->newer_rows > 0; i++)
        TRY(match_newer(verify, entry, touched(verify, entry, i), fault));
    if (verify->progress && entry->sequence % PROGRESS_EVERY == 0)
        verify->progress(verify->context, entry->sequence, verify->store->journal.head.sequence);
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
    TRY(tables_end(verify->store, fault));
    TRY(runs_verify(verify->store, verify->book, fault));
    return book_check(verify->book, fault);
}

static int see_check(void *context, int columns, char **values, char **names)
{
    (void)names;
    *(bool *)context = columns == 1 && values[0] && strcmp(values[0], "ok") == 0;
    return SQLITE_OK;
}

static struct status check_pages(struct store *store, struct fault *fault)
{
    bool good = false;
    if (sqlite3_exec(store->db, "PRAGMA quick_check(1)", see_check, &good, NULL) != SQLITE_OK)
        return schema_fault(store->db, fault, "check the database");
    if (!good)
        return fault_raise(fault, STATUS_CORRUPT, "the pages of the database are damaged");
    return STATUS_DONE;
}

static struct status verify_store(struct verify *verify, struct fault *fault)
{
    const struct replay_visitor visitor = {see_entry, see_batch, verify};
    const struct journal_head start = {0};
    TRY(check_pages(verify->store, fault));
    TRY(store_read_mark(verify->store, fault, &verify->mark));
    tables_begin(verify->store, 0);
    if (verify->mark.batch == 0)
        TRY(match_checkpoint(verify, fault));
    TRY(replay(verify->store, &start, verify->book, &visitor, fault));
    return match_end(verify, fault);
}

struct status journal_verify(const char *folder,
                             void (*progress)(void *context, uint64_t done, uint64_t all),
                             void *context, struct fault *fault, struct verify_report *ret_report)
{
    if (file_exists(folder) && !folder_exists(folder))
        return journal_verify_dump(folder, progress, context, fault, ret_report);
    return store_verify(folder, false, progress, context, fault, ret_report);
}

struct status store_verify(const char *folder, bool unfinished,
                           void (*progress)(void *context, uint64_t done, uint64_t all),
                           void *context, struct fault *fault, struct verify_report *ret_report)
{
    const struct journal_options options = {.read_only = true, .unfinished = unfinished};
    struct journal *journal = NULL;
    TRY(journal_open(folder, &options, fault, &journal));
    struct verify verify = {.store = store_of(journal), .progress = progress, .context = context};
    struct status status = {STATUS_MEMORY};
    verify.book = book_new(journal->head.sequence);
    if (verify.book)
        status = verify_store(&verify, fault);
    else
        (void)fault_raise(fault, STATUS_MEMORY, "no memory for the book");
    if (status_ok(status))
        *ret_report = (struct verify_report){journal->head, journal->head.sequence,
                                             book_organisation_count(verify.book),
                                             book_member_count(verify.book)};
    else
        status = fault_wrap(fault, status, "%s", verify.store->path);
    book_free(verify.book);
    journal_close(journal);
    return status;
}
