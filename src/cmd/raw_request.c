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

/* Of a head whose lines end with LF: its length with the empty line, and whether it says how long
 * the body is or is a GET, which has none. */
static size_t look_at_head(struct slice text, bool *ret_sized)
{
    struct slice rest = text;
    bool sized = slice_starts_with(text, SLICE("GET "));
    while (rest.len > 0) {
        struct slice line = slice_cut(rest, '\n', &rest);
        struct slice value;
        struct slice name = slice_cut(line, ':', &value);
        sized |= slice_equal_nocase(name, SLICE("content-length")) ||
                 slice_equal_nocase(name, SLICE("transfer-encoding"));
        if (line.len == 0)
            break;
    }
    *ret_sized = sized;
    return text.len - rest.len;
}

/* Whatever follows a pasted head is most likely its body, with the paste's own last line end. */
static void add_length(struct raw_request *raw, struct slice *body)
{
    if (body->len > 0 && body->at[body->len - 1] == '\n')
        body->len--;
    buffer_printf(&raw->bytes, "Content-Length: %zu\r\n", body->len);
    buffer_printf(&raw->notes,
                  "note: no Content-Length; the %zu bytes after the head are taken as the body. A "
                  "server asks for the length.\n",
                  body->len);
}

/* The head's line ends become CRLF, the body stays. */
static struct status mend_line_feeds(struct raw_request *raw, struct slice text,
                                     struct fault *fault)
{
    bool sized;
    size_t head_len = look_at_head(text, &sized);
    struct slice head = slice_of(text.at, head_len);
    struct slice body = slice_of(text.at + head_len, text.len - head_len);
    buffer_init(&raw->bytes, (size_t)2 * BYTES_MAX);
    buffer_text(&raw->notes, "note: the lines end with LF only, as in a pasted request; read as if "
                             "they ended with CRLF. A server refuses bare LF.\n");
    while (head.len > 0) {
        bool whole = slice_find(head, '\n') < head.len;
        struct slice line = slice_cut(head, '\n', &head);
        if (line.len == 0 && !sized)
            add_length(raw, &body);
        buffer_append(&raw->bytes, line);
        buffer_bytes(&raw->bytes, "\r\n", whole ? 2 : 0);
    }
    buffer_append(&raw->bytes, body);
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
    bool get = http1_is_get(&raw->request);
    bool found =
        find_timestamp_pair(get ? raw->request.query : raw->request.body, &arena, ret_unix_seconds);
    arena_done(&arena);
    return found;
}
