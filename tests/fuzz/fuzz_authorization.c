/* Authorization headers of signature v3: an accepted one, written again from its parts, is read the
 * same; its signature is 64 lower-case hex digits. */
#include "crypto/tc3.h"

#include "base/check.h"
#include "fuzz.h"

enum { TEXT_BYTES_MAX = 64 << 20 };

static void check_parts(const struct tc3_authorization *parts)
{
    struct tc3_authorization again;
    struct buffer text;
    CHECK(parts->signature.len == 64);
    for (size_t i = 0; i < parts->signature.len; i++)
        CHECK(memchr("0123456789abcdef", parts->signature.at[i], 16));
    buffer_init(&text, TEXT_BYTES_MAX);
    tc3_write_authorization(&text, parts->secret_id, parts->date, parts->service,
                            parts->signed_headers, parts->signature);
    CHECK(buffer_ok(&text));
    CHECK(tc3_parse_authorization(buffer_slice(&text), &again) == TC3_OK);
    CHECK(slice_equal(parts->secret_id, again.secret_id));
    CHECK(slice_equal(parts->date, again.date) && slice_equal(parts->service, again.service));
    CHECK(slice_equal(parts->signed_headers, again.signed_headers));
    CHECK(slice_equal(parts->signature, again.signature));
    buffer_done(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tc3_authorization parts;
    if (tc3_parse_authorization(fuzz_text(data, size), &parts) == TC3_OK)
        check_parts(&parts);
    return 0;
}
