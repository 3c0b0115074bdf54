/* HTTP/1.1 requests: a head, and a chunked body when the head announces one.
 *
 * 1. The verdict is the same whole, cut in two anywhere, and (when short) byte by byte.
 * 2. An accepted head ends with an empty line, holds no CR or LF alone, and its parts lie in it.
 * 3. A decoded body is the same however it was cut, and never longer than what came.
 * 4. A refusal has a status with a name, a reason, and an answer head of whole lines. */
#include "codec/http1.h"

#include "base/check.h"
#include "fuzz.h"

#include <stdlib.h>

enum { CUTS = 8, BYTE_BY_BYTE_MAX = 300 };

/* Offers text.len bytes in steps: `first`, then `step` each time. */
static struct http1_verdict parse_cut(struct slice text, size_t first, size_t step,
                                      const struct http1_limits *limits,
                                      struct http1_request *request)
{
    size_t scanned = 0;
    for (size_t len = first;; len = text.len - len < step ? text.len : len + step) {
        struct http1_verdict verdict =
            http1_parse_head(slice_of(text.at, len), limits, &scanned, request);
        if (verdict.progress != HTTP1_MORE || len == text.len)
            return verdict;
    }
}

static bool is_inside(struct slice part, struct slice whole)
{
    return part.at == NULL || (part.at >= whole.at && part.at + part.len <= whole.at + whole.len);
}

static void check_head(struct slice head, const struct http1_request *request,
                       const struct http1_limits *limits)
{
    CHECK(head.len >= 4 && memcmp(head.at + head.len - 4, "\r\n\r\n", 4) == 0);
    for (size_t i = 0; i < head.len; i++)
        CHECK(head.at[i] != '\n' ? head.at[i] != '\r' || head.at[i + 1] == '\n'
                                 : i > 0 && head.at[i - 1] == '\r');
    CHECK(request->field_count <= limits->field_count_max);
    CHECK(request->body_bytes <= limits->body_bytes_max);
    CHECK(!request->chunked || request->body_bytes == 0);
    CHECK(request->minor_version == 0 || request->host.len > 0);
    CHECK(is_inside(request->target, head) && is_inside(request->query, request->target));
    for (uint32_t i = 0; i < request->field_count; i++)
        CHECK(request->fields[i].name.len > 0 && is_inside(request->fields[i].name, head) &&
              is_inside(request->fields[i].value, head));
}

/* Decodes a copy of the body, cut at `first` and then every `step` bytes; returns the copy. */
static char *decode_cut(struct slice text, size_t first, size_t step, size_t *ret_decoded,
                        struct http1_verdict *ret_verdict)
{
    struct http1_chunked decoder = {0};
    char *copy = malloc(text.len + 1);
    size_t total = 0;
    CHECK(copy);
    memcpy(copy, text.at, text.len);
    *ret_verdict = (struct http1_verdict){.progress = HTTP1_MORE};
    for (size_t at = 0, len = first; at < text.len; at += len, len = step) {
        size_t decoded;
        len = len < text.len - at ? len : text.len - at;
        *ret_verdict = http1_chunked_decode(&decoder, copy + at, len, 1 << 20, &decoded);
        CHECK(decoded <= len && ret_verdict->used <= len);
        memmove(copy + total, copy + at, decoded);
        total += decoded;
        if (ret_verdict->progress == HTTP1_MORE)
            continue;
        ret_verdict->used += at;
        break;
    }
    *ret_decoded = total;
    return copy;
}

static void check_body(struct slice text, uint64_t *random)
{
    struct http1_verdict whole;
    struct http1_verdict parts;
    size_t whole_len;
    size_t parts_len;
    if (text.len == 0)
        return;
    char *whole_body = decode_cut(text, text.len, text.len, &whole_len, &whole);
    for (int i = 0; i < CUTS; i++) {
        size_t first = 1 + fuzz_next(random) % text.len;
        size_t step = 1 + fuzz_next(random) % text.len;
        char *parts_body = decode_cut(text, first, step, &parts_len, &parts);
        CHECK(whole.progress == parts.progress && whole.status == parts.status);
        CHECK(whole.progress != HTTP1_DONE || whole.used == parts.used);
        CHECK(whole_len == parts_len && memcmp(whole_body, parts_body, whole_len) == 0);
        free(parts_body);
    }
    free(whole_body);
}

static void check_refusal(struct http1_verdict verdict)
{
    char memory[512];
    struct buffer head;
    const char *phrase = http1_reason_phrase(verdict.status);
    CHECK(verdict.reason && verdict.reason[0] && verdict.status >= 400 && verdict.status < 600);
    CHECK(strcmp(phrase, "Unknown") != 0);
    buffer_init_fixed(&head, memory, sizeof memory);
    http1_write_head(&head, verdict.status, slice_text(phrase), strlen(verdict.reason),
                     verdict.status == 413, SLICE("Server: x\r\n"));
    CHECK(buffer_ok(&head) && memcmp(head.at + head.len - 4, "\r\n\r\n", 4) == 0);
    for (size_t i = 1; i + 4 < head.len; i++)
        CHECK((head.at[i] == '\n') == (head.at[i - 1] == '\r'));
}

static void check_limits(struct slice text, const struct http1_limits *limits, uint64_t *random)
{
    static struct http1_request request;
    struct http1_verdict whole = parse_cut(text, text.len, 1, limits, &request);
    if (whole.progress == HTTP1_DONE) {
        check_head(slice_of(text.at, whole.used), &request, limits);
        if (request.chunked)
            check_body(slice_of(text.at + whole.used, text.len - whole.used), random);
    }
    if (whole.progress == HTTP1_REFUSED)
        check_refusal(whole);
    for (int i = 0; i < CUTS + 1; i++) {
        bool byte_by_byte = i == CUTS && text.len <= BYTE_BY_BYTE_MAX;
        size_t first = byte_by_byte ? 0 : fuzz_next(random) % (text.len + 1);
        size_t step = byte_by_byte ? 1 : 1 + fuzz_next(random) % (text.len + 1);
        struct http1_verdict parts = parse_cut(text, first, step, limits, &request);
        CHECK(whole.progress == parts.progress && whole.status == parts.status &&
              whole.used == parts.used);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = fuzz_text(data, size);
    uint64_t random = slice_hash(text, 0);
    struct http1_limits small = {20 + fuzz_next(&random) % 100, 20 + fuzz_next(&random) % 400,
                                 (uint32_t)(fuzz_next(&random) % 8), fuzz_next(&random) % 1000};
    check_limits(text, &HTTP1_LIMITS_DEFAULT, &random);
    check_limits(text, &small, &random);
    return 0;
}
