/* A row of the journal's entries: the input is the row's body.
 *
 * 1. Taking entries ends, and each lies within the body.
 * 2. Entries that were taken to the end without damage, put together again, are the body. */
#include "store/rows.h"

#include "base/check.h"
#include "fuzz.h"

enum { BODY_BYTES_MAX = 1 << 20 };

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
        wire_put_byte(&again, ROW_SEVERAL);
    for (; row_take(&row, &bytes); count++) {
        CHECK(count <= size && row.next == 8 + count);
        CHECK(lies_within(bytes, body));
        if (several)
            wire_put_text(&again, bytes);
        else
            buffer_append(&again, bytes);
    }
    if (row_ok(&row))
        CHECK(slice_equal(buffer_slice(&again), body));
    CHECK(several || count == (size > 0));
    buffer_done(&again);
    return 0;
}
