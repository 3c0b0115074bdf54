/* A row of the journal's entries: the input is the row's body.
 *
 * 1. Taking entries ends, and each lies within the body.
 * 2. The entries of a row that is taken to its end without damage, put together again, are the
 * body.
 */
#include "journal/rows.h"

#include "base/check.h"
#include "fuzz.h"

enum { BODY_BYTES_MAX = 1 << 20 };

static void put_length(struct buffer *out, size_t len)
{
    for (; len >= 0x80; len >>= 7)
        buffer_char(out, (char)(len | 0x80));
    buffer_char(out, (char)len);
}

static bool lies_within(struct slice part, struct slice whole)
{
    return part.len == 0 || (part.at >= whole.at && part.at + part.len <= whole.at + whole.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice body = fuzz_text(data, size), bytes = SLICE_NONE;
    bool several = size > 0 && data[0] == ROW_SEVERAL;
    struct row row = row_of(7, body);
    struct buffer again;
    uint64_t count = 0;
    buffer_init(&again, BODY_BYTES_MAX);
    if (several)
        buffer_char(&again, ROW_SEVERAL);
    for (; row_take(&row, &bytes); count++) {
        CHECK(count <= size && row.next == 8 + count);
        CHECK(lies_within(bytes, body));
        if (several)
            put_length(&again, bytes.len);
        buffer_append(&again, bytes);
    }
    if (row_ok(&row))
        CHECK(slice_equal(buffer_slice(&again), body));
    CHECK(several || count == (size > 0));
    buffer_done(&again);
    return 0;
}
