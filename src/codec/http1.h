/* HTTP/1.1 requests (RFC 9110, RFC 9112), strictly: bytes in, verdict out, no I/O.
 *
 * Anything RFC 9112 does not allow in a request is refused with the status to answer before
 * closing: 400 (syntax, Host, a target in absolute form that names another host, both lengths),
 * 411, 413 (body too large), 414 (target too long), 417 (Expect other than 100-continue), 431 (head
 * too large, too many fields), 501 (transfer coding, method token unknown), 505. Bare LF, obs-fold,
 * blanks before the colon, control bytes, signs or leading zeros in sizes are refused. The verdict
 * does not depend on how the input was cut. */
#ifndef CODEC_HTTP1_H
#define CODEC_HTTP1_H

#include "base/buffer.h"
#include "base/word.h"

enum { HTTP1_FIELDS_MAX = 100 };

struct http1_limits {
    size_t line_bytes_max;    /* request line without CRLF; default 32768 -> 414 */
    size_t head_bytes_max;    /* all field lines together; default 32768 -> 431 */
    uint32_t field_count_max; /* at most HTTP1_FIELDS_MAX -> 431 */
    uint64_t body_bytes_max;  /* declared or decoded; default 10 MiB -> 413 */
};

#define HTTP1_LIMITS_DEFAULT                                                                       \
    ((struct http1_limits){32768, 32768, HTTP1_FIELDS_MAX, UINT64_C(10) << 20})

enum http1_method { HTTP1_GET, HTTP1_POST, HTTP1_OTHER };

/* All slices alias the parsed bytes (but the path "/" of a target without one). CONNECT and
 * OPTIONS * have no path. Meaningful only after HTTP1_DONE. */
struct http1_request {
    enum http1_method method;
    struct slice method_text;  /* as sent, case matters */
    struct slice target;       /* as sent */
    struct slice path;         /* of origin- or absolute-form, without the query; "/" if empty */
    struct slice query;        /* after the first '?', without it; raw */
    struct slice host;         /* the Host field's value as sent */
    struct slice content_type; /* value as sent, trimmed; len 0 if absent */
    struct field fields[HTTP1_FIELDS_MAX]; /* values trimmed of blanks, in the order sent */
    uint32_t field_count;
    uint32_t minor_version; /* 0 or 1 */
    bool keep_alive;        /* what the client wants: version and Connection, any case */
    bool expects_continue;  /* asked for in HTTP/1.1, and there is a body to wait for */
    bool chunked;
    uint64_t body_bytes; /* Content-Length; 0 when chunked or absent */
    struct slice body;   /* set by whoever gathered it */
};

enum http1_progress { HTTP1_MORE, HTTP1_DONE, HTTP1_REFUSED };

struct http1_verdict {
    enum http1_progress progress;
    int status;         /* when refused */
    const char *reason; /* when refused: one plain sentence, static */
    size_t used; /* when done: bytes of the head (or of the chunked body, trailers included) */
};

/* Parses one request head at the start of `text`. `*scanned` must be 0 for a new request and is
 * kept between calls while MORE comes back and bytes are appended (it spares looking at bytes
 * twice). Bytes before `*scanned` may have moved, not changed. Leading empty lines (CRLF) are
 * skipped as RFC 9112 2.2 allows, at most 2. */
struct http1_verdict http1_parse_head(struct slice text, const struct http1_limits *limits,
                                      size_t *scanned, struct http1_request *ret_request);

/* Decoder of a chunked body, in place; all zero at the start. Chunk extensions, and trailers, are
 * checked and dropped; their bytes count against a fixed overhead ceiling, so that one-byte chunks
 * cannot flood. */
struct http1_chunked {
    uint64_t remaining; /* of the current chunk */
    uint64_t decoded;   /* in all */
    uint64_t overhead;  /* bytes that were not payload */
    uint32_t state;
    uint32_t line; /* bytes of the current line */
};
/* Takes `len` fresh bytes at `at`; decoded payload is moved to the front of `at`, *ret_decoded says
 * how many bytes; used (in the verdict, when done) says how many of the `len` belonged to this
 * body. While MORE, all `len` were taken. */
struct http1_verdict http1_chunked_decode(struct http1_chunked *decoder, char *at, size_t len,
                                          uint64_t body_bytes_max, size_t *ret_decoded);

/* Is the token (a field's name) this name? `name` is in lower case, of letters, digits and '-': the
 * bit that makes a letter small makes no other byte of a token one of these. Costs next to nothing
 * for a literal. */
static inline bool http1_is_named(struct slice token, struct slice name)
{
    size_t at = 0;
    if (token.len != name.len)
        return false;
    for (; name.len - at >= WORD_BYTES; at += WORD_BYTES)
        if ((word_load(token.at + at) | WORD_OF(0x20)) != word_load(name.at + at))
            return false;
    size_t left = name.len - at;
    uint64_t small = WORD_OF(0x20) & (((uint64_t)1 << 8 * left) - 1);
    return (word_load_part(token.at + at, left) | small) == word_load_part(name.at + at, left);
}

static inline bool http1_is_head(const struct http1_request *request)
{
    return request->method == HTTP1_OTHER && slice_equal(request->method_text, SLICE("HEAD"));
}
/* GET, or HEAD, which asks for what GET would be answered, without the body (RFC 9110 9.3.2). */
static inline bool http1_is_get(const struct http1_request *request)
{
    return request->method == HTTP1_GET || http1_is_head(request);
}

/* First field of that name (any case), or a slice with at NULL. */
struct slice http1_find(const struct http1_request *request, struct slice name);

/* A whole answer head: status line, Content-Type (when len > 0), Content-Length, Connection, then
 * `extra` (complete lines with CRLF, may be empty), then the empty line. */
void http1_write_head(struct buffer *out, int status, struct slice content_type,
                      uint64_t body_bytes, bool keep_alive, struct slice extra);
const char *http1_reason_phrase(int status);

#endif
