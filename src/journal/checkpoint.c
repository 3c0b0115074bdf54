/* The checkpoint: rows of changed members written in slices beside the appends, so that a start
 * reads them and the entries after the mark instead of every entry (ADR 4).
 *
 * A pass begins with the set of members that changed since the pass before. It writes them a slice
 * at a time, each as it is then, and ends by writing the organisations as they were when it began
 * together with the mark.
 *
 * 1. When the mark says entry n, every member's row is as of n or later: all that had changed up to
 *    n were in the pass, and whoever changed later was written as newer or is in the next pass.
 * 2. Organisations are exactly as of the mark, so that verify can hold them against one moment.
 * 3. A pass that fails has moved nothing: its slice is rolled back and written again.
 *
 * Owns the sets of changes. The committer's thread. */
#include "base/check.h"
#include "journal/store.h"
#include "store/schema.h"

enum { ROWS_AT_ONCE = 8, MEMBER_COLUMNS = 5 };

void store_note_entry(struct store *store, const struct entry *entry, const struct book *book)
{
    changes_add(&store->organisations, entry->organisation);
    for (uint32_t i = 0; i < entry->touch_count; i++) {
        uint32_t index = book_find_index(book, entry->organisation, entry->touches[i].uin);
        CHECK(index != BOOK_NONE);
        changes_add(&store->members, index);
    }
}

void store_note_changes(struct journal *journal, const struct draft *draft, const struct book *book)
{
    struct store *store = store_of(journal);
    size_t count = draft_entry_count(draft);
    for (size_t i = 0; i < count; i++) {
        draft_expect_members(draft, book, i);
        store_note_entry(store, draft_entry(draft, i), book);
    }
}

static struct status put_organisation(struct store *store, uint32_t id, struct slice body,
                                      struct fault *fault)
{
    store_bind(store, SQL_PUT_ORGANISATION, 1, id);
    store_bind(store, SQL_PUT_ORGANISATION, 2, store_checksum(body));
    store_bind_bytes(store, SQL_PUT_ORGANISATION, 3, body);
    return store_run(store, SQL_PUT_ORGANISATION, fault);
}

/* The columns behind `at`; the uin is text in `digits` until the statement is reset. */
static void bind_member(struct store *store, enum statement statement, int at,
                        const struct member *member, struct slice body, char digits[UIN_DIGITS_MAX])
{
    store_bind(store, statement, at + 1, member->organisation);
    store_bind_text(store, statement, at + 2, slice_of(digits, uin_print(member->uin, digits)));
    store_bind(store, statement, at + 3, member->last_sequence);
    store_bind(store, statement, at + 4, store_checksum(body));
    store_bind_bytes(store, statement, at + 5, body);
}

/* `count` rows, which is how many the statement takes. */
static struct status put_rows(struct store *store, const struct book *book, const uint32_t *indices,
                              uint32_t count, enum statement statement, struct fault *fault)
{
    char digits[ROWS_AT_ONCE][UIN_DIGITS_MAX];
    size_t ends[ROWS_AT_ONCE];
    buffer_clear(&store->row);
    for (uint32_t i = 0; i < count; i++) {
        book_member_encode(book, indices[i], &store->row);
        ends[i] = store->row.len;
    }
    if (!buffer_ok(&store->row))
        return fault_raise(fault, STATUS_MEMORY, "no memory for a checkpoint's row");
    for (uint32_t i = 0; i < count; i++) {
        size_t start = i > 0 ? ends[i - 1] : 0;
        struct slice body = slice_of(store->row.at + start, ends[i] - start);
        bind_member(store, statement, (int)i * MEMBER_COLUMNS, book_member(book, indices[i]), body,
                    digits[i]);
    }
    return store_run(store, statement, fault);
}

static struct status put_members(struct store *store, const struct book *book,
                                 const uint32_t *indices, uint32_t count, struct fault *fault)
{
    if (count == ROWS_AT_ONCE)
        return put_rows(store, book, indices, count, SQL_PUT_8_MEMBERS, fault);
    for (uint32_t i = 0; i < count; i++)
        TRY(put_rows(store, book, indices + i, 1, SQL_PUT_MEMBER, fault));
    return STATUS_DONE;
}

/* Appends id (4 bytes), length (8 bytes), body of every changed organisation. */
static bool copy_organisations(struct store *store, const struct book *book)
{
    struct buffer *out = &store->pass.organisations;
    uint32_t limit = book_organisation_count(book) + 1;
    buffer_clear(out);
    for (uint32_t id = changes_next(&store->organisations, 1, limit); id != CHANGES_END;
         id = changes_next(&store->organisations, id + 1, limit)) {
        uint64_t len;
        buffer_clear(&store->row);
        book_organisation_encode(book, id, &store->row);
        len = store->row.len;
        buffer_bytes(out, &id, sizeof id);
        buffer_bytes(out, &len, sizeof len);
        buffer_append(out, buffer_slice(&store->row));
        if (!buffer_ok(&store->row))
            return false;
    }
    return buffer_ok(out);
}

static struct status put_organisations(struct store *store, struct fault *fault)
{
    struct slice rest = buffer_slice(&store->pass.organisations);
    while (rest.len > 0) {
        uint32_t id;
        uint64_t len;
        memcpy(&id, rest.at, sizeof id);
        memcpy(&len, rest.at + sizeof id, sizeof len);
        rest = slice_of(rest.at + sizeof id + sizeof len, rest.len - sizeof id - sizeof len);
        TRY(put_organisation(store, id, slice_of(rest.at, len), fault));
        rest = slice_of(rest.at + len, rest.len - len);
    }
    return STATUS_DONE;
}

static struct status begin_pass(struct store *store, const struct book *book, struct fault *fault)
{
    struct pass *pass = &store->pass;
    const struct journal_head *head = &store->journal.head;
    CHECK(book_sequence(book) == head->sequence);
    if (!copy_organisations(store, book))
        return fault_raise(fault, STATUS_MEMORY, "no memory for a checkpoint");
    changes_clear(&pass->members);
    struct changes empty = pass->members;
    pass->members = store->members;
    store->members = empty;
    changes_clear(&store->organisations);
    pass->mark = (struct mark){head->batches, head->sequence, head->time_us};
    pass->cursor = 0;
    pass->limit = book_member_count(book);
    store->journal.checkpointing = true;
    return STATUS_DONE;
}

/* The pass's last step: with this committed, the checkpoint is as of pass->mark. */
static struct status put_mark(struct store *store, struct fault *fault)
{
    TRY(put_organisations(store, fault));
    store_bind(store, SQL_PUT_MARK, 1, store->pass.mark.batch);
    store_bind(store, SQL_PUT_MARK, 2, store->pass.mark.sequence);
    store_bind(store, SQL_PUT_MARK, 3, (uint64_t)store->pass.mark.time_us);
    return store_run(store, SQL_PUT_MARK, fault);
}

/* The next members to be written, as many as a statement takes; *next is where it goes on. */
static uint32_t take_changed(const struct pass *pass, uint32_t rows_max, uint32_t *next,
                             uint32_t ret_indices[ROWS_AT_ONCE])
{
    uint32_t count = 0;
    while (count < ROWS_AT_ONCE && count < rows_max && *next != CHANGES_END) {
        ret_indices[count++] = *next;
        *next = changes_next(&pass->members, *next + 1, pass->limit);
    }
    return count;
}

/* One slice in one transaction; *ret_cursor is where the next one begins. */
static struct status write_slice(struct store *store, const struct book *book, uint32_t rows_max,
                                 struct fault *fault, uint32_t *ret_cursor)
{
    const struct pass *pass = &store->pass;
    uint32_t next = changes_next(&pass->members, pass->cursor, pass->limit);
    TRY(store_run(store, SQL_BEGIN, fault));
    for (uint32_t rows = 0; rows < rows_max && next != CHANGES_END;) {
        uint32_t indices[ROWS_AT_ONCE];
        uint32_t count = take_changed(pass, rows_max - rows, &next, indices);
        TRY(put_members(store, book, indices, count, fault));
        rows += count;
    }
    if (next == CHANGES_END)
        TRY(put_mark(store, fault));
    TRY(store_run(store, SQL_COMMIT, fault));
    *ret_cursor = next;
    return STATUS_DONE;
}

static struct status move_pass(struct store *store, const struct book *book, uint32_t rows_max,
                               struct fault *fault)
{
    uint32_t cursor = 0;
    struct status status = write_slice(store, book, rows_max, fault, &cursor);
    if (!status_ok(status) && !status_ok(store_undo(store, NULL)))
        return fault_wrap(fault, (struct status){STATUS_UNKNOWN}, "a slice could not be undone");
    TRY(status);
    store->pass.cursor = cursor;
    if (cursor != CHANGES_END)
        return STATUS_DONE;
    store->journal.checkpointing = false;
    store->mark = store->pass.mark;
    store->journal.checkpointed = store->mark.sequence;
    return STATUS_DONE;
}

struct status store_tend(struct journal *journal, const struct book *book, struct fault *fault)
{
    struct store *store = store_of(journal);
    TRY(runs_move(store, book, fault));
    return fold_move(store->fold, store->db, store->wal_pages, fault);
}

struct status store_finish(struct journal *journal, struct fault *fault)
{
    struct store *store = store_of(journal);
    return fold_finish(store->fold, store->db, fault);
}

struct status store_checkpoint(struct journal *journal, const struct book *book, uint32_t rows_max,
                               struct fault *fault, bool *ret_more)
{
    struct store *store = store_of(journal);
    CHECK(store->loaded);
    if (!journal->checkpointing && store->mark.sequence < journal->head.sequence)
        TRY(begin_pass(store, book, fault));
    if (journal->checkpointing)
        TRY_WRAP(move_pass(store, book, rows_max, fault), fault, "writing the checkpoint");
    TRY(store_tend(journal, book, fault));
    *ret_more = journal->checkpointing || store->mark.sequence < journal->head.sequence ||
                journal->requests_kept < book_aside_sequence(book);
    return STATUS_DONE;
}
