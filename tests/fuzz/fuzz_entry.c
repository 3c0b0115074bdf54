/* Ledger entries: the input is the entries of a journal, as records (records.h; the tag means
 * nothing), the first one number 1.
 *
 * 1. What entry_decode accepts is valid, and encoded again it is the same bytes; under a number so
 *    high that every back-link is possible, too.
 * 2. A book takes such an entry or calls it corrupt. It has nothing against what it took, and each
 *    member's nine fields can be derived. */
#include "base/check.h"
#include "ledger/book.h"
#include "ledger/fields.h"
#include "records.h"

#define SEQUENCE_HIGH (UINT64_C(1) << 62)

enum { BYTES_MAX = 1 << 20 };

static struct uin scope[ENTRY_SCOPE_MAX];

static bool decode(uint64_t sequence, struct slice bytes, struct entry *ret_entry)
{
    struct buffer again;
    if (!entry_decode(sequence, bytes, scope, ENTRY_SCOPE_MAX, ret_entry))
        return false;
    CHECK(ret_entry->sequence == sequence && entry_is_valid(ret_entry));
    CHECK(entry_kind_name(ret_entry->kind));
    buffer_init(&again, BYTES_MAX);
    entry_encode(ret_entry, &again);
    CHECK(buffer_ok(&again) && slice_equal(buffer_slice(&again), bytes));
    buffer_done(&again);
    return true;
}

static void check_book(const struct book *book)
{
    struct fault fault = {{0}};
    CHECK(status_ok(book_check(book, &fault)));
    for (uint32_t i = 0; i < book_member_count(book); i++) {
        struct fields fields;
        fields_of(book, book_member(book, i), book_time_us(book), &fields);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice rest = fuzz_text(data, size);
    struct fault fault = {{0}};
    struct record record;
    struct entry entry;
    struct book *book = book_new(42);
    bool follows = true;
    CHECK(book);
    for (uint64_t sequence = 1; record_next(&rest, &record); sequence++) {
        (void)decode(SEQUENCE_HIGH, record.bytes, &entry);
        if (!decode(sequence, record.bytes, &entry) || !follows)
            continue;
        struct status status = book_apply(book, &entry, &fault);
        CHECK(status_ok(status) || (status.code == STATUS_CORRUPT && fault.text[0]));
        follows = status_ok(status);
    }
    if (follows)
        check_book(book);
    book_free(book);
    return 0;
}
