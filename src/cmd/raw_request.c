/* A captured or pasted request (cmd/raw_request.h). Main thread.
 *
 * 1. Whatever is mended so that a pasted request can be read is said in a note: the server would
 * not have mended it. */
#include "cmd/raw_request.h"

#include "codec/form.h"
#include "sys/file.h"

#include <string.h>

enum { BYTES_MAX = 12 << 20, NOTES_MAX = 4096 };

/* No line of the head ends with CRLF. */
static bool has_line_feeds(struct slice text)
{
    size_t end = slice_find(text, '\n');
    return end < text.len && (end == 0 || text.at[end - 1] != '\r');
}

/* The head's line ends become CRLF, the body stays. */
static struct status mend_line_feeds(struct raw_request *raw, struct slice text,
                                     struct fault *fault)
{
    buffer_init(&raw->bytes, (size_t)2 * BYTES_MAX);
    struct slice rest = text;
    while (rest.len > 0) {
        bool last = slice_find(rest, '\n') == rest.len;
        struct slice line = slice_cut(rest, '\n', &rest);
        buffer_append(&raw->bytes, line);
        buffer_bytes(&raw->bytes, "\r\n", last ? 0 : 2);
        if (line.len == 0)
            break;
    }
    buffer_append(&raw->bytes, rest);
    buffer_text(&raw->notes, "note: the lines end with LF only, as in a pasted request; read as if "
                             "they ended with CRLF. A server refuses bare LF.\n");
    if (!buffer_ok(&raw->bytes))
        return fault_raise(fault, STATUS_MEMORY, "no memory for the request");
    return STATUS_DONE;
}

static struct status read_bytes(const char *path, struct raw_request *raw, struct fault *fault)
{
    buffer_init(&raw->bytes, BYTES_MAX);
    TRY(file_read(path, &raw->bytes, fault));
    if (raw->bytes.len == 0)
        return fault_raise(fault, STATUS_INVALID, "there is no request: the input is empty");
    raw->line_feeds = has_line_feeds(buffer_slice(&raw->bytes));
    if (!raw->line_feeds)
        return STATUS_DONE;
    struct buffer as_read = raw->bytes;
    struct status status = mend_line_feeds(raw, buffer_slice(&as_read), fault);
    buffer_done(&as_read);
    return status;
}

static struct status refused(struct http1_verdict verdict, struct fault *fault)
{
    return fault_raise(fault, STATUS_INVALID,
                       "HTTP %d %s: %s. The server answers this and closes, before it looks at the "
                       "signature",
                       verdict.status, http1_reason_phrase(verdict.status), verdict.reason);
}

static void note_leftover(struct raw_request *raw, size_t leftover)
{
    if (leftover > 0 && !(raw->line_feeds && leftover == 1))
        buffer_printf(&raw->notes, "note: %zu bytes follow the request and are not looked at\n",
                      leftover);
}

static struct status read_chunked(struct raw_request *raw, char *at, size_t len,
                                  struct fault *fault)
{
    struct http1_chunked decoder = {0};
    size_t decoded = 0;
    struct http1_limits limits = HTTP1_LIMITS_DEFAULT;
    struct http1_verdict verdict =
        http1_chunked_decode(&decoder, at, len, limits.body_bytes_max, &decoded);
    if (verdict.progress == HTTP1_REFUSED)
        return refused(verdict, fault);
    if (verdict.progress == HTTP1_MORE)
        return fault_raise(fault, STATUS_INVALID, "half a request: the last chunk is missing");
    raw->request.body = slice_of(at, decoded);
    note_leftover(raw, len - verdict.used);
    return STATUS_DONE;
}

/* What follows a pasted head without a Content-Length is most likely its body. */
static void take_pasted_body(struct raw_request *raw, struct slice rest)
{
    if (rest.len > 0 && rest.at[rest.len - 1] == '\n')
        rest.len--;
    raw->request.body = rest;
    raw->request.body_bytes = rest.len;
    buffer_printf(&raw->notes,
                  "note: no Content-Length; the %zu bytes after the head are taken as the body. A "
                  "server takes them as another request.\n",
                  rest.len);
}

static struct status read_body(struct raw_request *raw, size_t head_bytes, struct fault *fault)
{
    char *at = raw->bytes.at + head_bytes;
    size_t len = raw->bytes.len - head_bytes;
    uint64_t wanted = raw->request.body_bytes;
    if (raw->request.chunked)
        return read_chunked(raw, at, len, fault);
    if (wanted > len)
        return fault_raise(
            fault, STATUS_INVALID,
            "half a request: Content-Length says %llu bytes of body and %zu are there",
            (unsigned long long)wanted, len);
    if (wanted == 0 && len > 1 && raw->line_feeds &&
        !http1_find(&raw->request, SLICE("content-length")).at) {
        take_pasted_body(raw, slice_of(at, len));
        return STATUS_DONE;
    }
    raw->request.body = slice_of(at, (size_t)wanted);
    note_leftover(raw, len - (size_t)wanted);
    return STATUS_DONE;
}

struct status raw_request_read(const char *path, struct raw_request *ret_raw, struct fault *fault)
{
    struct http1_limits limits = HTTP1_LIMITS_DEFAULT;
    size_t scanned = 0;
    memset(ret_raw, 0, sizeof *ret_raw);
    buffer_init(&ret_raw->notes, NOTES_MAX);
    TRY(read_bytes(path, ret_raw, fault));
    struct http1_verdict verdict =
        http1_parse_head(buffer_slice(&ret_raw->bytes), &limits, &scanned, &ret_raw->request);
    if (verdict.progress == HTTP1_REFUSED)
        return refused(verdict, fault);
    if (verdict.progress == HTTP1_MORE)
        return fault_raise(fault, STATUS_INVALID,
                           "half a request: the head does not end with an empty line");
    return read_body(ret_raw, verdict.used, fault);
}

void raw_request_done(struct raw_request *raw)
{
    buffer_done(&raw->bytes);
    buffer_done(&raw->notes);
}

static bool find_timestamp_pair(struct slice text, struct arena *arena, int64_t *ret_unix_seconds)
{
    struct field pair;
    enum form_result result;
    while ((result = form_next(&text, arena, &pair)) == FORM_PAIR || result == FORM_NO_EQUALS) {
        if (slice_equal(pair.name, SLICE("Timestamp")))
            return slice_to_i64(pair.value, ret_unix_seconds);
    }
    return false;
}

bool raw_request_timestamp(const struct raw_request *raw, int64_t *ret_unix_seconds)
{
    struct arena arena;
    struct slice header = http1_find(&raw->request, SLICE("x-tc-timestamp"));
    if (header.at)
        return slice_to_i64(header, ret_unix_seconds);
    if (!arena_init(&arena, 4096, BYTES_MAX))
        return false;
    bool get = raw->request.method == HTTP1_GET;
    bool found =
        find_timestamp_pair(get ? raw->request.query : raw->request.body, &arena, ret_unix_seconds);
    arena_done(&arena);
    return found;
}
