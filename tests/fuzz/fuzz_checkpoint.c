/* Checkpoints, read as recovery does. The input is records (records.h): `e` an entry behind its
 * number, `r` a request, `o` an organisation's row, `m` a member's row, `l` "the rows end here"
 * with number and time of the newest entry they may reflect.
 *
 * 1. A row that is accepted and encoded again is the same bytes.
 * 2. Damaged rows, rows twice, rows of another time are called so (CORRUPT, or NEWER for another
 *    version); nothing that was accepted makes reading the book afterwards go wrong. */
#include "base/check.h"
#include "base/wire.h"
#include "ledger/book.h"
#include "ledger/fields.h"
#include "records.h"

/* A row of organisation 1,000,000 makes room for all before it: true, and slow. */
enum { ORGANISATION_MAX = 300, BYTES_MAX = 1 << 20 };

static struct uin scope[ENTRY_SCOPE_MAX];

struct recovery {
    struct book *book;
    bool rows_begun;
    bool rows_ended;
    bool failed;
};

static void note(struct recovery *recovery, struct status status, const struct fault *fault)
{
    if (status_ok(status))
        return;
    CHECK((status.code == STATUS_CORRUPT || status.code == STATUS_NEWER) && fault->text[0]);
    recovery->failed = true;
}

static uint64_t organisation_of_row(struct slice bytes)
{
    struct wire wire = wire_of(bytes);
    (void)wire_get_byte(&wire);
    return wire_get_u64(&wire);
}

static void apply(struct recovery *recovery, struct slice bytes)
{
    struct fault fault = {{0}};
    struct entry entry;
    struct wire wire = wire_of(bytes);
    uint64_t sequence = wire_get_u64(&wire);
    struct slice rest = slice_of((const char *)wire.at, (size_t)(wire.end - wire.at));
    if (!wire.bad && entry_decode(sequence, rest, scope, ENTRY_SCOPE_MAX, &entry) &&
        (recovery->rows_ended || (!recovery->rows_begun && entry_kind_is_registry(entry.kind))))
        note(recovery, book_apply(recovery->book, &entry, &fault), &fault);
}

static void load_organisation(struct recovery *recovery, struct slice bytes)
{
    struct fault fault = {{0}};
    struct buffer again;
    struct status status = book_organisation_load(recovery->book, bytes, &fault);
    note(recovery, status, &fault);
    uint32_t id = (uint32_t)organisation_of_row(bytes);
    if (!status_ok(status) || !book_organisation(recovery->book, id))
        return;
    buffer_init(&again, BYTES_MAX);
    book_organisation_encode(recovery->book, id, &again);
    CHECK(slice_equal(buffer_slice(&again), bytes));
    buffer_done(&again);
}

static void load_request(struct recovery *recovery, struct slice bytes)
{
    char digest[DIGEST_BYTES] = {0};
    struct wire wire = wire_of(bytes);
    uint64_t prefix = wire_get_u64(&wire);
    uint64_t sequence = wire_get_u64(&wire);
    memcpy(digest, &prefix, sizeof prefix);
    struct slice token = slice_of(digest, sizeof digest);
    if (!wire_ok(&wire) || sequence == 0 || book_find_request(recovery->book, token) != 0)
        return;
    CHECK(book_request_load(recovery->book, prefix, sequence));
    CHECK(book_find_request(recovery->book, token) == sequence);
}

/* An owner's row changes the owner's account, any other becomes the last member. */
static void load_member(struct recovery *recovery, struct slice bytes)
{
    struct fault fault = {{0}};
    struct buffer again;
    uint32_t before = book_member_count(recovery->book);
    struct status status = book_member_load(recovery->book, bytes, &fault);
    note(recovery, status, &fault);
    if (!status_ok(status) || book_member_count(recovery->book) == before)
        return;
    buffer_init(&again, BYTES_MAX);
    book_member_encode(recovery->book, before, &again);
    CHECK(slice_equal(buffer_slice(&again), bytes));
    buffer_done(&again);
}

static void end_rows(struct recovery *recovery, struct slice bytes)
{
    struct wire wire = wire_of(bytes);
    uint64_t sequence = wire_get_u64(&wire);
    int64_t time_us = wire_get_i64(&wire);
    if (!wire_ok(&wire) || sequence < book_sequence(recovery->book))
        return;
    book_loaded(recovery->book, sequence, time_us);
    recovery->rows_ended = true;
}

static void take(struct recovery *recovery, struct record record)
{
    recovery->rows_begun |= record.tag != 'e';
    if (record.tag == 'e')
        apply(recovery, record.bytes);
    else if (recovery->rows_ended)
        return;
    else if (record.tag == 'l')
        end_rows(recovery, record.bytes);
    else if (record.tag == 'r')
        load_request(recovery, record.bytes);
    else if (organisation_of_row(record.bytes) > ORGANISATION_MAX)
        return;
    else if (record.tag == 'o')
        load_organisation(recovery, record.bytes);
    else if (record.tag == 'm')
        load_member(recovery, record.bytes);
}

static void read_book(const struct book *book)
{
    for (uint32_t i = 0; i < book_member_count(book); i++) {
        struct fields fields;
        const struct member *member = book_member(book, i);
        const struct member *listed = NULL;
        fields_of(book, member, book_time_us(book), &fields);
        uint64_t rank = book_rank(book, member->organisation, member->uin);
        CHECK(rank <= book_listed_count(book, member->organisation));
        (void)book_list(book, member->organisation, rank, 1, &listed);
        (void)book_find_member(book, member->organisation, member->uin);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice rest = fuzz_text(data, size);
    struct fault fault = {{0}};
    struct record record;
    struct recovery recovery = {.book = book_new(42)};
    CHECK(recovery.book);
    while (!recovery.failed && record_next(&rest, &record))
        take(&recovery, record);
    if (recovery.rows_ended && !recovery.failed) {
        note(&recovery, book_recovered(recovery.book, &fault), &fault);
        note(&recovery, book_check(recovery.book, &fault), &fault);
        read_book(recovery.book);
    }
    book_free(recovery.book);
    return 0;
}
