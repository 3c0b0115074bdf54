/* Authorization headers of signature v3, each beside the header fields of its request: the first
 * line of the input is the header, every further one a field, "Name: value".
 *
 * 1. An accepted one, written again from its parts, is read the same; its signature is 64
 * lower-case hex digits; it names no header twice, content-type and host among them.
 * 2. A canonical request is no longer than the input and what every request has, in any form. */
#include "crypto/tc3.h"

#include "base/check.h"
#include "fuzz.h"

enum { TEXT_BYTES_MAX = 64 << 20, OTHER_BYTES_MAX = 128 };

static void check_names(const struct tc3_authorization *parts)
{
    struct slice names[TC3_HEADERS_MAX];
    struct slice list = parts->signed_headers;
    uint32_t count = 0;
    unsigned needed = 0;
    for (; list.len > 0; count++) {
        CHECK(count < TC3_HEADERS_MAX);
        names[count] = slice_cut(list, ';', &list);
        needed += slice_equal_nocase(names[count], SLICE("content-type")) ||
                  slice_equal_nocase(names[count], SLICE("host"));
        for (uint32_t i = 0; i < count; i++)
            CHECK(!slice_equal_nocase(names[i], names[count]));
    }
    CHECK(count == parts->signed_header_count && needed == 2);
}

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

/* Fields are named as seldom as they come: what a name stands for is one of them, or nothing. */
static void check_canonical(struct slice signed_headers, struct slice rest, size_t size)
{
    struct field fields[TC3_HEADERS_MAX];
    struct tc3_request request = {.method = SLICE("POST"),
                                  .headers = fields,
                                  .signed_headers = signed_headers,
                                  .payload_hash = slice_text(tc3_unsigned_payload_hash)};
    struct buffer text;
    while (rest.len > 0 && request.header_count < TC3_HEADERS_MAX) {
        struct field *field = &fields[request.header_count++];
        field->name = slice_cut(slice_cut(rest, '\n', &rest), ':', &field->value);
    }
    buffer_init(&text, TEXT_BYTES_MAX);
    for (unsigned form = 0; form < TC3_FORMS; form++) {
        buffer_clear(&text);
        if (tc3_canonical_request(&request, (enum tc3_form)form, &text))
            CHECK(text.len <= size + OTHER_BYTES_MAX);
    }
    buffer_done(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tc3_authorization parts;
    struct slice rest;
    struct slice header = slice_cut(fuzz_text(data, size), '\n', &rest);
    if (tc3_parse_authorization(header, &parts) == TC3_OK) {
        check_names(&parts);
        check_parts(&parts);
        check_canonical(parts.signed_headers, rest, size);
    } else
        check_canonical(header, rest, size); /* whoever signs asks for what he likes */
    return 0;
}
