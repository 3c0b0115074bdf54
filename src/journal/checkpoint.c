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
#include "journal/state.h"

void journal_note_entry(struct journal *journal, const struct entry *entry, const struct book *book)
{
    changes_add(&journal->organisations, entry->organisation);
    for (uint32_t i = 0; i < entry->touch_count; i++) {
        uint32_t index = book_find_index(book, entry->organisation, entry->touches[i].uin);
        CHECK(index != BOOK_NONE);
        changes_add(&journal->members, index);
    }
}

/* A store that has no next start needs no checkpoint. */
static bool has_checkpoint(const struct journal *journal)
{
    return journal->store->ops->put != NULL;
}

void journal_note_changes(struct journal *journal, const struct draft *draft,
                          const struct book *book)
{
    size_t count = has_checkpoint(journal) ? draft_entry_count(draft) : 0;
    for (size_t i = 0; i < count; i++) {
        draft_expect_members(draft, book, i);
        journal_note_entry(journal, draft_entry(draft, i), book);
    }
}

/* At most STORE_PUT_AT_ONCE. */
static struct status put_members(struct journal *journal, const struct book *book,
                                 const uint32_t *indices, uint32_t count, struct fault *fault)
{
    char digits[STORE_PUT_AT_ONCE][UIN_DIGITS_MAX];
    size_t ends[STORE_PUT_AT_ONCE];
    struct store_row rows[STORE_PUT_AT_ONCE] = {0};
    buffer_clear(&journal->row);
    for (uint32_t i = 0; i < count; i++) {
        book_member_encode(book, indices[i], &journal->row);
        ends[i] = journal->row.len;
    }
    if (!buffer_ok(&journal->row))
        return fault_raise(fault, STATUS_MEMORY, "no memory for a checkpoint's row");
    for (uint32_t i = 0; i < count; i++) {
        const struct member *member = book_member(book, indices[i]);
        size_t start = i > 0 ? ends[i - 1] : 0;
        rows[i].numbers[0] = member->organisation;
        rows[i].numbers[1] = member->last_sequence;
        rows[i].text = slice_of(digits[i], uin_print(member->uin, digits[i]));
        rows[i].body = slice_of(journal->row.at + start, ends[i] - start);
    }
    return journal->store->ops->put(journal->store, STORE_MEMBERS, rows, count, fault);
}

/* Appends id (4 bytes), length (8 bytes), body of every changed organisation. */
static bool copy_organisations(struct journal *journal, const struct book *book)
{
    struct buffer *out = &journal->pass.organisations;
    uint32_t limit = book_organisation_count(book) + 1;
    buffer_clear(out);
    for (uint32_t id = changes_next(&journal->organisations, 1, limit); id != CHANGES_END;
         id = changes_next(&journal->organisations, id + 1, limit)) {
        uint64_t len;
        buffer_clear(&journal->row);
        book_organisation_encode(book, id, &journal->row);
        len = journal->row.len;
        buffer_bytes(out, &id, sizeof id);
        buffer_bytes(out, &len, sizeof len);
        buffer_append(out, buffer_slice(&journal->row));
        if (!buffer_ok(&journal->row))
            return false;
    }
    return buffer_ok(out);
}

static struct status put_organisations(struct journal *journal, struct fault *fault)
{
    struct slice rest = buffer_slice(&journal->pass.organisations);
    while (rest.len > 0) {
        uint32_t id;
        uint64_t len;
        memcpy(&id, rest.at, sizeof id);
        memcpy(&len, rest.at + sizeof id, sizeof len);
        rest = slice_of(rest.at + sizeof id + sizeof len, rest.len - sizeof id - sizeof len);
        const struct store_row row = {.numbers = {id}, .body = slice_of(rest.at, len)};
        TRY(journal->store->ops->put(journal->store, STORE_ORGANISATIONS, &row, 1, fault));
        rest = slice_of(rest.at + len, rest.len - len);
    }
    return STATUS_DONE;
}

static struct status begin_pass(struct journal *journal, const struct book *book,
                                struct fault *fault)
{
    struct pass *pass = &journal->pass;
    const struct journal_head *head = &journal->store->head;
    CHECK(book_sequence(book) == head->sequence);
    if (!copy_organisations(journal, book))
        return fault_raise(fault, STATUS_MEMORY, "no memory for a checkpoint");
    changes_clear(&pass->members);
    struct changes empty = pass->members;
    pass->members = journal->members;
    journal->members = empty;
    changes_clear(&journal->organisations);
    pass->mark = (struct mark){head->batches, head->sequence, head->time_us};
    pass->cursor = 0;
    pass->limit = book_member_count(book);
    pass->running = true;
    return STATUS_DONE;
}

/* The pass's last step: with this committed, the checkpoint is as of pass->mark. */
static struct status put_mark(struct journal *journal, struct fault *fault)
{
    TRY(put_organisations(journal, fault));
    const struct mark *mark = &journal->pass.mark;
    const struct store_row row = {
        .numbers = {mark->batch, mark->sequence, (uint64_t)mark->time_us}};
    return journal->store->ops->put(journal->store, STORE_MARK, &row, 1, fault);
}

/* The next members to be written, as many as a statement takes; *next is where it goes on. */
static uint32_t take_changed(const struct pass *pass, uint32_t rows_max, uint32_t *next,
                             uint32_t ret_indices[STORE_PUT_AT_ONCE])
{
    uint32_t count = 0;
    while (count < STORE_PUT_AT_ONCE && count < rows_max && *next != CHANGES_END) {
        ret_indices[count++] = *next;
        *next = changes_next(&pass->members, *next + 1, pass->limit);
    }
    return count;
}

/* One slice in one transaction; *ret_cursor is where the next one begins. */
static struct status write_slice(struct journal *journal, const struct book *book,
                                 uint32_t rows_max, struct fault *fault, uint32_t *ret_cursor)
{
    const struct pass *pass = &journal->pass;
    uint32_t next = changes_next(&pass->members, pass->cursor, pass->limit);
    TRY(journal->store->ops->begin(journal->store, fault));
    for (uint32_t rows = 0; rows < rows_max && next != CHANGES_END;) {
        uint32_t indices[STORE_PUT_AT_ONCE];
        uint32_t count = take_changed(pass, rows_max - rows, &next, indices);
        TRY(put_members(journal, book, indices, count, fault));
        rows += count;
    }
    if (next == CHANGES_END)
        TRY(put_mark(journal, fault));
    TRY(journal->store->ops->commit(journal->store, fault));
    *ret_cursor = next;
    return STATUS_DONE;
}

static struct status move_pass(struct journal *journal, const struct book *book, uint32_t rows_max,
                               struct fault *fault)
{
    uint32_t cursor = 0;
    struct status status = write_slice(journal, book, rows_max, fault, &cursor);
    TRY(journal_undo_slice(journal, status, fault));
    journal->pass.cursor = cursor;
    if (cursor != CHANGES_END)
        return STATUS_DONE;
    journal->pass.running = false;
    journal->mark = journal->pass.mark;
    return STATUS_DONE;
}

struct status journal_tend(struct journal *journal, const struct book *book, struct fault *fault)
{
    TRY(runs_move(journal, book, fault));
    return journal->store->ops->tend(journal->store, fault);
}

struct status journal_checkpoint(struct journal *journal, const struct book *book,
                                 uint32_t rows_max, struct fault *fault, bool *ret_more)
{
    const struct journal_head *head = &journal->store->head;
    CHECK(journal->loaded);
    *ret_more = false;
    if (!has_checkpoint(journal))
        return STATUS_DONE;
    if (!journal->pass.running && journal->mark.sequence < head->sequence)
        TRY(begin_pass(journal, book, fault));
    if (journal->pass.running)
        TRY_WRAP(move_pass(journal, book, rows_max, fault), fault, "writing the checkpoint");
    TRY(journal_tend(journal, book, fault));
    *ret_more = journal->pass.running || journal->mark.sequence < head->sequence ||
                journal->runs.kept < book_aside_sequence(book);
    return STATUS_DONE;
}
