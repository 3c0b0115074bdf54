/* What is kept of a life, and the books made from it again (past.h).
 *
 * 1. Every entry read is decoded from the bytes that entry_encode wrote.
 * 2. Rows are taken at moments of their own, all at or after the mark; as late as possible every
 *    member and organisation that was there at the mark has one.
 *
 * One thread. */
#include "past.h"

#include "lines.h"

#include "base/check.h"

#include <stdio.h>
#include <stdlib.h>

enum { ROW_BYTES_MAX = 1 << 20, TEXT_BYTES_MAX = 256 };

static struct uin scope[ENTRY_SCOPE_MAX];

void past_init(struct past *past)
{
    *past = (struct past){0};
    CHECK(arena_init(&past->memory, 1 << 20, SIZE_MAX));
}

void past_done(struct past *past)
{
    arena_done(&past->memory);
    free(past->entries);
    free(past->rows);
    free(past->own_rows);
}

void past_add(struct past *past, struct slice entry)
{
    if (past->count == past->cap) {
        past->cap = past->cap ? past->cap * 2 : 1024;
        past->entries = realloc(past->entries, past->cap * sizeof *past->entries);
        CHECK(past->entries);
    }
    past->entries[past->count] = arena_copy(&past->memory, entry);
    CHECK(past->entries[past->count].len == entry.len);
    past->count++;
}

void past_read(const struct past *past, uint64_t sequence, struct entry *ret_entry)
{
    CHECK(sequence > 0 && sequence <= past->count);
    CHECK(entry_decode(sequence, past->entries[sequence - 1], scope, ENTRY_SCOPE_MAX, ret_entry));
}

/* Rows ----------------------------------------------------------------------------------------- */

static struct slice *room_for(struct slice **rows, uint32_t *cap, uint32_t index)
{
    if (index >= *cap) {
        uint32_t wider = (index + 1) * 2;
        *rows = realloc(*rows, wider * sizeof **rows);
        CHECK(*rows);
        memset(*rows + *cap, 0, (wider - *cap) * sizeof **rows);
        *cap = wider;
    }
    return &(*rows)[index];
}

void past_mark(struct past *past, const struct book *book)
{
    past->mark = book_sequence(book);
    past->mark_time_us = book_time_us(book);
    past->mark_members = book_member_count(book);
    past->marked = true;
    if (past->rows)
        memset(past->rows, 0, past->row_cap * sizeof *past->rows);
    if (past->own_rows)
        memset(past->own_rows, 0, past->own_cap * sizeof *past->own_rows);
}

static void take_member(struct past *past, const struct book *book, uint32_t index)
{
    struct buffer row;
    buffer_init(&row, ROW_BYTES_MAX);
    book_member_encode(book, index, &row);
    CHECK(buffer_ok(&row));
    *room_for(&past->rows, &past->row_cap, index) = arena_copy(&past->memory, buffer_slice(&row));
    buffer_done(&row);
}

static void take_organisation(struct past *past, const struct book *book, uint32_t id)
{
    struct buffer row;
    buffer_init(&row, ROW_BYTES_MAX);
    book_organisation_encode(book, id, &row);
    CHECK(buffer_ok(&row));
    *room_for(&past->own_rows, &past->own_cap, id - 1) =
        arena_copy(&past->memory, buffer_slice(&row));
    buffer_done(&row);
}

static bool toss(uint64_t *random)
{
    *random = *random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *random >> 63;
}

void past_take(struct past *past, const struct book *book, uint64_t random)
{
    for (uint32_t i = 0; past->marked && i < book_member_count(book); i++)
        if (toss(&random))
            take_member(past, book, i);
    for (uint32_t id = 1; past->marked && id <= book_organisation_count(book); id++)
        if (toss(&random))
            take_organisation(past, book, id);
}

/* What the mark still lacks is taken at the last moment. */
static void take_rest(struct past *past, const struct book *book)
{
    for (uint32_t i = 0; i < past->mark_members; i++)
        if (room_for(&past->rows, &past->row_cap, i)->len == 0)
            take_member(past, book, i);
    for (uint32_t id = 1; id <= book_organisation_count(book); id++)
        if (room_for(&past->own_rows, &past->own_cap, id - 1)->len == 0)
            take_organisation(past, book, id);
}

/* Books made again ----------------------------------------------------------------------------- */

static struct status apply_from(const struct past *past, struct book *book, uint64_t sequence,
                                struct fault *fault)
{
    for (; sequence <= past->count; sequence++) {
        struct entry entry;
        past_read(past, sequence, &entry);
        TRY(book_apply(book, &entry, fault));
    }
    return STATUS_DONE;
}

/* The entries that are replayed at every start, and the tokens. */
static struct status apply_before_mark(const struct past *past, struct book *book,
                                       struct fault *fault)
{
    for (uint64_t sequence = 1; sequence <= past->mark; sequence++) {
        struct entry entry;
        past_read(past, sequence, &entry);
        if (entry_kind_is_registry(entry.kind))
            TRY(book_apply(book, &entry, fault));
        if (entry.kind == ENTRY_REQUEST && entry.mark != MARK_NONE)
            CHECK(book_request_load(book, request_prefix(entry.token_digest), sequence));
    }
    return STATUS_DONE;
}

static struct status recover(const struct past *past, struct book *book, struct fault *fault)
{
    TRY(apply_before_mark(past, book, fault));
    for (uint32_t i = 0; i < past->own_cap; i++)
        if (past->own_rows[i].len > 0)
            TRY(book_organisation_load(book, past->own_rows[i], fault));
    for (uint32_t i = 0; i < past->row_cap; i++)
        if (past->rows[i].len > 0)
            TRY(book_member_load(book, past->rows[i], fault));
    book_loaded(book, past->mark, past->mark_time_us);
    TRY(apply_from(past, book, past->mark + 1, fault));
    return book_recovered(book, fault);
}

static struct status differ(struct fault *fault, const char *what, uint64_t where)
{
    return fault_raise(fault, STATUS_CORRUPT, "%s %llu differs", what, (unsigned long long)where);
}

static struct status compare_members(const struct book *a, const struct book *b,
                                     struct buffer *row_a, struct buffer *row_b,
                                     struct fault *fault)
{
    for (uint32_t i = 0; i < book_member_count(a); i++) {
        const struct member *member = book_member(a, i);
        const struct member *other = book_find_member(b, member->organisation, member->uin);
        if (!other)
            return fault_raise(fault, STATUS_CORRUPT, "member %u is missing", i);
        buffer_clear(row_a);
        buffer_clear(row_b);
        book_member_encode(a, i, row_a);
        book_member_encode(b, book_member_index(b, other), row_b);
        if (!slice_equal(buffer_slice(row_a), buffer_slice(row_b)))
            return differ(fault, "member", i);
    }
    return STATUS_DONE;
}

static bool same_sums(const struct organisation *a, const struct organisation *b)
{
    return a->cash.micros == b->cash.micros && a->income.micros == b->income.micros &&
           a->gift.micros == b->gift.micros && a->frozen.micros == b->frozen.micros;
}

static struct status compare_organisations(const struct book *a, const struct book *b,
                                           struct buffer *row_a, struct buffer *row_b,
                                           struct fault *fault)
{
    for (uint32_t id = 1; id <= book_organisation_count(a); id++) {
        buffer_clear(row_a);
        buffer_clear(row_b);
        book_organisation_encode(a, id, row_a);
        book_organisation_encode(b, id, row_b);
        if (!slice_equal(buffer_slice(row_a), buffer_slice(row_b)) ||
            !same_sums(book_organisation(a, id), book_organisation(b, id)) ||
            book_listed_count(a, id) != book_listed_count(b, id))
            return differ(fault, "organisation", id);
    }
    return STATUS_DONE;
}

static struct status compare_requests(const struct past *past, const struct book *book,
                                      struct fault *fault)
{
    for (uint64_t sequence = 1; sequence <= past->count; sequence++) {
        struct entry entry;
        if (past->entries[sequence - 1].at[0] != ENTRY_REQUEST)
            continue;
        past_read(past, sequence, &entry);
        if (entry.mark != MARK_NONE && book_find_request(book, entry.token_digest) != sequence)
            return differ(fault, "request", sequence);
    }
    return STATUS_DONE;
}

static struct status compare_registries(const struct book *a, const struct book *b,
                                        struct buffer *row_a, struct buffer *row_b,
                                        struct fault *fault)
{
    for (uint32_t id = 1; id <= book_organisation_count(a); id++) {
        buffer_clear(row_a);
        buffer_clear(row_b);
        write_registry(row_a, a, id);
        write_registry(row_b, b, id);
        if (!slice_equal(buffer_slice(row_a), buffer_slice(row_b)))
            return fault_raise(fault, STATUS_CORRUPT, "the registries of %u differ", id);
    }
    return STATUS_DONE;
}

static struct status compare(const struct past *past, const struct book *a, const struct book *b,
                             struct fault *fault)
{
    struct buffer row_a, row_b;
    buffer_init(&row_a, ROW_BYTES_MAX);
    buffer_init(&row_b, ROW_BYTES_MAX);
    struct status status = compare_members(a, b, &row_a, &row_b, fault);
    if (status_ok(status))
        status = compare_organisations(a, b, &row_a, &row_b, fault);
    if (status_ok(status))
        status = compare_requests(past, b, fault);
    if (status_ok(status))
        status = compare_registries(a, b, &row_a, &row_b, fault);
    buffer_done(&row_a);
    buffer_done(&row_b);
    TRY(status);
    if (book_sequence(a) != book_sequence(b) || book_time_us(a) != book_time_us(b) ||
        book_member_count(a) != book_member_count(b) ||
        book_organisation_count(a) != book_organisation_count(b) ||
        book_key_count(a) != book_key_count(b) || book_hold_count(a) != book_hold_count(b) ||
        book_request_count(a) != book_request_count(b) ||
        book_next_due_us(a) != book_next_due_us(b))
        return fault_raise(fault, STATUS_CORRUPT, "sequence, time or counts differ");
    return STATUS_DONE;
}

static struct status verify_one(const struct past *past, const struct book *book, bool from_rows,
                                struct fault *fault)
{
    struct book *again = book_new(from_rows ? 7 : 99);
    CHECK(again);
    struct status status =
        from_rows ? recover(past, again, fault) : apply_from(past, again, 1, fault);
    if (status_ok(status))
        status = book_check(again, fault);
    if (status_ok(status))
        status = compare(past, book, again, fault);
    book_free(again);
    return status;
}

const char *past_verify(struct past *past, const struct book *book)
{
    static char text[TEXT_BYTES_MAX + sizeof(struct fault)];
    struct fault fault = {{0}};
    const char *which = "the book";
    struct status status = book_check(book, &fault);
    if (status_ok(status)) {
        which = "all entries";
        status = verify_one(past, book, false, &fault);
    }
    if (status_ok(status) && past->marked) {
        which = "rows and what follows";
        take_rest(past, book);
        status = verify_one(past, book, true, &fault);
    }
    snprintf(text, sizeof text, "%s: %s", which, fault.text);
    return status_ok(status) ? NULL : text;
}
