/* multipart/form-data. The input is a Content-Type value, LF, and a body.
 *
 * 1. Parts lie in the body, in order, and have names.
 * 2. A body that is accepted to its end, written again from its parts, is read the same. */
#include "codec/multipart.h"

#include "base/buffer.h"
#include "base/check.h"
#include "fuzz.h"

enum { TEXT_BYTES_MAX = 64 << 20 };

static void write_part(struct buffer *out, struct slice boundary, const struct multipart_part *part)
{
    BUFFER_LITERAL(out, "--");
    buffer_append(out, boundary);
    BUFFER_LITERAL(out, "\r\nContent-Disposition: form-data; name=\"");
    buffer_append(out, part->name);
    if (part->file_name.at) {
        BUFFER_LITERAL(out, "\"; filename=\"");
        buffer_append(out, part->file_name);
    }
    BUFFER_LITERAL(out, "\"\r\nContent-Type: ");
    buffer_append(out, part->content_type);
    BUFFER_LITERAL(out, "\r\n\r\n");
    buffer_append(out, part->body);
    BUFFER_LITERAL(out, "\r\n");
}

static void check_again(struct slice text, struct slice body, struct slice boundary)
{
    struct multipart_reader first;
    struct multipart_reader second;
    struct multipart_part part;
    struct multipart_part again;
    multipart_reader_init(&first, body, boundary);
    multipart_reader_init(&second, text, boundary);
    while (multipart_next(&first, &part) == MULTIPART_PART) {
        CHECK(multipart_next(&second, &again) == MULTIPART_PART);
        CHECK(slice_equal(part.name, again.name) && slice_equal(part.body, again.body));
        CHECK(slice_equal(part.file_name, again.file_name));
        CHECK(slice_equal(part.content_type, again.content_type));
    }
    CHECK(multipart_next(&second, &again) == MULTIPART_END);
}

static void check_body(struct slice body, struct slice boundary)
{
    struct multipart_reader reader;
    struct multipart_part part;
    struct buffer text;
    enum multipart_result result;
    const char *at = body.at;
    buffer_init(&text, TEXT_BYTES_MAX);
    multipart_reader_init(&reader, body, boundary);
    while ((result = multipart_next(&reader, &part)) == MULTIPART_PART) {
        CHECK(part.name.len > 0 && part.name.at > at && part.body.at > part.name.at);
        at = part.body.at + part.body.len;
        CHECK(at <= body.at + body.len);
        write_part(&text, boundary, &part);
    }
    if (result == MULTIPART_END) {
        BUFFER_LITERAL(&text, "--");
        buffer_append(&text, boundary);
        BUFFER_LITERAL(&text, "--\r\n");
        check_again(buffer_slice(&text), body, boundary);
    }
    buffer_done(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice body;
    struct slice boundary;
    struct slice content_type = slice_cut(fuzz_text(data, size), '\n', &body);
    if (!multipart_boundary(content_type, &boundary))
        return 0;
    CHECK(boundary.len >= 1 && boundary.len <= 70);
    if (body.at)
        check_body(body, boundary);
    return 0;
}
