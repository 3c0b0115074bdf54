/* HTTP/1.1 request heads read strictly, answer heads written; codec/http1.h says what is refused.
 *
 * 1. A line is judged only when its LF has come, or when it has outgrown its limit; the limit is
 *    judged first, and lines are judged in order. The whole head is judged after its last line. So
 *    the verdict depends on the bytes alone, however they were cut.
 * 2. A head that goes on is read again from its start, but only when a further LF has come: at most
 *    once a line, and the number of lines is limited.
 * 3. Nothing outside `text` is read, nothing is allocated.
 *
 * Owns nothing. Any thread. */
#include "codec/http1.h"

#include "base/put.h"
#include "codec/bytes.h"
#include "codec/vector.h"

enum { LEADING_EMPTY_LINES_MAX = 2, STATUS_NONE = 0 };

/* A head being read. */
struct head {
    const char *at;
    const char *end;
    const char *line;   /* start of the current line */
    const char *fields; /* first byte after the request line; NULL before */
    const struct http1_limits *limits;
    struct http1_request *request;
    struct slice authority, own_port; /* of a target in absolute form; of its scheme: ":80" */
    uint32_t field_count_max;
    int status;         /* of the refusal */
    const char *reason; /* of the refusal */
    bool has_host;
    bool has_length;
    bool has_coding;
    bool has_type;
    bool other_expectation;
    int coding_status; /* STATUS_NONE when the transfer coding is chunked */
    bool says_close;
    bool says_keep_alive;
};

/* SHORT: the bytes end inside the line. */
enum line_result { LINE_OK, LINE_LAST, LINE_SHORT, LINE_BAD };

RARE static enum line_result bad(struct head *head, int status, const char *reason)
{
    head->status = status;
    head->reason = reason;
    return LINE_BAD;
}

/* CRLF at head->at ends the line. */
static inline enum line_result finish_line(struct head *head)
{
    if (head->end - head->at < 2)
        return head->at == head->end || *head->at == '\r'
                   ? LINE_SHORT
                   : bad(head, 400, "a line holds a byte that may not stand there");
    if (head->at[0] != '\r' || head->at[1] != '\n')
        return bad(head, 400, "a line holds a byte that may not stand there");
    head->at += 2;
    return LINE_OK;
}

/* Request line. */

static bool skip_prefix_nocase(struct slice *text, struct slice prefix)
{
    if (text->len < prefix.len || !slice_equal_nocase(slice_of(text->at, prefix.len), prefix))
        return false;
    *text = slice_of(text->at + prefix.len, text->len - prefix.len);
    return true;
}

static bool is_port(struct slice text)
{
    uint64_t port = 0;
    return text.len <= 5 && (text.len == 0 || slice_to_u64(text, &port)) && port <= 65535;
}

/* Every '%' is followed by two hex digits. */
static bool are_escapes_whole(struct slice text)
{
    for (size_t i = slice_find(text, '%'); i < text.len; i++)
        if (text.at[i] == '%' && (text.len - i < 3 || !byte_is(text.at[i + 1], BYTE_HEX) ||
                                  !byte_is(text.at[i + 2], BYTE_HEX)))
            return false;
    return true;
}

/* Bytes of the uri-host that an authority begins with (RFC 3986 3.2.2), 0 when there is none.
 * Commas are refused although a reg-name may hold them: a Host with one is two hosts that somebody
 * on the way has joined. */
static size_t measure_host(struct slice text)
{
    if (text.len && text.at[0] == '[') {
        const char *end = text.at + text.len;
        const char *close = text.at + 1;
        while (close < end && (byte_is(*close, BYTE_HEX) || *close == ':' || *close == '.'))
            close++;
        bool is_closed = close < end && *close == ']' && close > text.at + 1;
        return is_closed ? (size_t)(close + 1 - text.at) : 0;
    }
    const char *stop = bytes_skip(text.at, text.at + text.len, BYTE_HOST);
    struct slice name = slice_of(text.at, (size_t)(stop - text.at));
    return are_escapes_whole(name) ? name.len : 0;
}

static bool is_authority(struct slice text, bool needs_port)
{
    size_t len = measure_host(text);
    if (len == 0)
        return false;
    if (len == text.len)
        return !needs_port;
    return text.at[len] == ':' && is_port(slice_of(text.at + len + 1, text.len - len - 1));
}

/* Without the port, when it is the scheme's own or an empty one (RFC 9110 4.2.3). */
static struct slice drop_own_port(struct slice authority, struct slice own_port)
{
    size_t len = measure_host(authority);
    struct slice port = slice_of(authority.at + len, authority.len - len);
    return port.len == 1 || slice_equal(port, own_port) ? slice_of(authority.at, len) : authority;
}

/* Takes "http://authority" off the front; false when it is malformed. */
static bool take_authority(struct head *head, struct slice *rest, struct slice own_port)
{
    size_t slash = slice_find(*rest, '/'), mark = slice_find(*rest, '?');
    size_t len = slash < mark ? slash : mark;
    struct slice authority = slice_of(rest->at, len);
    head->own_port = own_port;
    head->authority = drop_own_port(authority, own_port);
    *rest = slice_of(rest->at + len, rest->len - len);
    return is_authority(authority, false);
}

/* Into path and query; false when the target fits none of the forms of RFC 9112 3.2. */
static bool split_target(struct head *head)
{
    struct http1_request *request = head->request;
    struct slice rest = request->target;
    request->path = request->query = SLICE_NONE;
    if (slice_equal(request->method_text, SLICE("CONNECT")))
        return is_authority(rest, true);
    if (slice_equal(rest, SLICE("*")))
        return slice_equal(request->method_text, SLICE("OPTIONS"));
    bool is_fine = rest.len > 0 && rest.at[0] == '/';
    if (skip_prefix_nocase(&rest, SLICE("http://")))
        is_fine = take_authority(head, &rest, SLICE(":80"));
    else if (skip_prefix_nocase(&rest, SLICE("https://")))
        is_fine = take_authority(head, &rest, SLICE(":443"));
    if (!is_fine)
        return false;
    request->path = slice_cut(rest, '?', &request->query);
    if (request->path.len == 0)
        request->path = SLICE("/");
    return true;
}

/* The registered methods (RFC 9110 9.3, RFC 5789). */
static bool set_method(struct http1_request *request)
{
    static const struct slice others[] = {
        {"HEAD", 4},  {"PUT", 3},     {"DELETE", 6}, {"OPTIONS", 7},
        {"PATCH", 5}, {"CONNECT", 7}, {"TRACE", 5},
    };
    request->method = HTTP1_OTHER;
    if (slice_equal(request->method_text, SLICE("POST"))) {
        request->method = HTTP1_POST;
        return true;
    }
    if (slice_equal(request->method_text, SLICE("GET"))) {
        request->method = HTTP1_GET;
        return true;
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (slice_equal(request->method_text, others[i]))
            return true;
    return false;
}

/* Version and CRLF; sets minor_version. */
static enum line_result finish_request_line(struct head *head)
{
    static const char form[] = "HTTP/d.d";
    const char *at = head->at;
    for (size_t i = 0; i < sizeof form - 1; i++, at++) {
        if (at == head->end)
            return LINE_SHORT;
        if (form[i] == 'd' ? !byte_is(*at, BYTE_DIGIT) : *at != form[i])
            return bad(head, 400, "the request line does not end with an HTTP version");
    }
    head->at = at;
    enum line_result result = finish_line(head);
    if (result != LINE_OK)
        return result;
    if (at[-3] != '1' || at[-1] > '1')
        return bad(head, 505, "only HTTP/1.1 and HTTP/1.0 are spoken here");
    head->request->minor_version = (uint32_t)(at[-1] - '0');
    return LINE_OK;
}

static enum line_result read_request_line(struct head *head)
{
    struct http1_request *request = head->request;
    const char *method = head->at;
    const char *blank = bytes_skip(method, head->end, BYTE_TOKEN);
    if (blank == head->end)
        return LINE_SHORT;
    if (blank == method || *blank != ' ')
        return bad(head, 400, "the request line does not begin with a method and one blank");
    const char *target = blank + 1;
    const char *stop = bytes_skip(target, head->end, BYTE_TARGET);
    /* An authority in brackets has the only other bytes a target may hold. */
    while (stop < head->end && (*stop == '[' || *stop == ']'))
        stop = bytes_skip(stop + 1, head->end, BYTE_TARGET);
    if (stop == head->end)
        return LINE_SHORT;
    if (stop == target || *stop != ' ')
        return bad(head, 400, "the request target is empty or holds a byte no URI may hold");
    request->method_text = slice_of(method, (size_t)(blank - method));
    request->target = slice_of(target, (size_t)(stop - target));
    head->at = stop + 1;
    enum line_result result = finish_request_line(head);
    if (result != LINE_OK)
        return result;
    if (!split_target(head) || !bytes_are(request->path, BYTE_TARGET) ||
        !bytes_are(request->query, BYTE_TARGET) || !are_escapes_whole(request->target))
        return bad(head, 400, "the request target is not of a form this method may have");
    if (!set_method(request))
        return bad(head, 501, "no such method is known here");
    return LINE_OK;
}

/* Fields that steer the connection. */

static enum line_result note_host(struct head *head, struct slice value)
{
    if (head->has_host)
        return bad(head, 400, "Host is there twice");
    if (!is_authority(value, false))
        return bad(head, 400, "Host is not a host name with an optional port");
    head->has_host = true;
    head->request->host = value;
    return LINE_OK;
}

static enum line_result note_type(struct head *head, struct slice value)
{
    if (head->has_type && !slice_equal(value, head->request->content_type))
        return bad(head, 400, "Content-Type is there twice, with different values");
    head->has_type = true;
    head->request->content_type = value;
    return LINE_OK;
}

static enum line_result note_length(struct head *head, struct slice value)
{
    if (head->has_length)
        return bad(head, 400, "Content-Length is there twice");
    if (value.len == 0 || !bytes_are(value, BYTE_DIGIT) || (value.len > 1 && value.at[0] == '0'))
        return bad(head, 400, "Content-Length is not a plain decimal number");
    head->has_length = true;
    if (!slice_to_u64(value, &head->request->body_bytes))
        head->request->body_bytes = UINT64_MAX;
    return LINE_OK;
}

/* Only `chunked` alone is understood. A list of other codings is well-formed and unknown (501);
 * chunked twice, chunked before another coding, and what is no list of tokens is malformed (400,
 * RFC 9112 6.3). */
static int judge_coding(struct slice value)
{
    if (slice_equal_nocase(value, SLICE("chunked")))
        return STATUS_NONE;
    while (value.at) {
        struct slice coding = slice_trim(slice_cut(value, ',', &value));
        if (coding.len == 0 || !bytes_are(coding, BYTE_TOKEN))
            return 400;
        if (slice_equal_nocase(coding, SLICE("chunked")) && value.at)
            return 400;
    }
    return 501;
}

static enum line_result note_coding(struct head *head, struct slice value)
{
    if (head->has_coding)
        return bad(head, 400, "Transfer-Encoding is there twice");
    head->has_coding = true;
    head->coding_status = value.len ? judge_coding(value) : 400;
    return LINE_OK;
}

static enum line_result note_connection(struct head *head, struct slice value)
{
    while (value.at) {
        struct slice option = slice_trim(slice_cut(value, ',', &value));
        if (!bytes_are(option, BYTE_TOKEN))
            return bad(head, 400, "Connection is not a list of names");
        if (slice_equal_nocase(option, SLICE("close")))
            head->says_close = true;
        else if (slice_equal_nocase(option, SLICE("keep-alive")))
            head->says_keep_alive = true;
    }
    return LINE_OK;
}

static enum line_result note_expect(struct head *head, struct slice value)
{
    if (slice_equal_nocase(value, SLICE("100-continue")))
        head->request->expects_continue = true;
    else
        head->other_expectation = true;
    return LINE_OK;
}

static enum line_result note_steering(struct head *head, const struct field *field)
{
    switch (field->name.len) {
    case 4:
        if (http1_is_named(field->name, SLICE("host")))
            return note_host(head, field->value);
        break;
    case 6:
        if (http1_is_named(field->name, SLICE("expect")))
            return note_expect(head, field->value);
        break;
    case 10:
        if (http1_is_named(field->name, SLICE("connection")))
            return note_connection(head, field->value);
        break;
    case 12:
        if (http1_is_named(field->name, SLICE("content-type")))
            return note_type(head, field->value);
        break;
    case 14:
        if (http1_is_named(field->name, SLICE("content-length")))
            return note_length(head, field->value);
        break;
    case 17:
        if (http1_is_named(field->name, SLICE("transfer-encoding")))
            return note_coding(head, field->value);
        break;
    default:
        break;
    }
    return LINE_OK;
}

/* The fields that steer the connection; nearly all others are told by length and first letter. */
static inline enum line_result note_field(struct head *head, const struct field *field)
{
    enum { LENGTHS = 1 << 4 | 1 << 6 | 1 << 10 | 1 << 12 | 1 << 14 | 1 << 17 };
    enum { LETTERS = 1 << ('c' & 31) | 1 << ('e' & 31) | 1 << ('h' & 31) | 1 << ('t' & 31) };
    size_t len = field->name.len;
    unsigned letter = (unsigned char)field->name.at[0] & 31u;
    bool may_steer = len < 32 && (UINT32_C(1) << len & LENGTHS) && (1u << letter & LETTERS);
    return may_steer ? note_steering(head, field) : LINE_OK;
}

/* No name and colon are at the start of the line: it is the empty one, unfinished, or wrong. */
static enum line_result read_last_line(struct head *head, const char *stop)
{
    if (stop == head->end)
        return LINE_SHORT;
    if (stop > head->at || *stop != '\r')
        return bad(head, 400, "a header line does not begin with a name and a colon");
    if (stop + 1 == head->end)
        return LINE_SHORT;
    if (stop[1] != '\n')
        return bad(head, 400, "a header line does not begin with a name and a colon");
    head->at += 2;
    return LINE_LAST;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Nearly always one blank is before a value and none behind it. */
static inline const char *skip_blanks(const char *at, const char *end)
{
    if (at < end && *at == ' ')
        at++;
    while (at < end && (unsigned char)*at <= ' ' && is_blank(*at))
        at++;
    return at;
}

static inline const char *drop_blanks(const char *start, const char *stop)
{
    while (stop > start && (unsigned char)stop[-1] <= ' ' && is_blank(stop[-1]))
        stop--;
    return stop;
}

static enum line_result read_field(struct head *head)
{
    struct http1_request *request = head->request;
    const char *name = head->at;
    const char *end = head->end;
    const char *colon = bytes_skip(name, end, BYTE_TOKEN);
    if (colon == end || *colon != ':' || colon == name)
        return read_last_line(head, colon);
    const char *value = skip_blanks(colon + 1, end);
    const char *stop = bytes_skip_value(value, end);
    head->at = stop;
    enum line_result result = finish_line(head);
    if (result != LINE_OK)
        return result;
    uint32_t index = request->field_count;
    if (index >= head->field_count_max)
        return bad(head, 431, "too many header lines");
    struct field *field = &request->fields[index];
    request->field_count = index + 1;
    field->name = slice_of(name, (size_t)(colon - name));
    field->value = slice_of(value, (size_t)(drop_blanks(value, stop) - value));
    return note_field(head, field);
}

static inline bool are_next(const char *at, const char *end, const char pair[2])
{
    return end - at >= 2 && memcmp(at, pair, 2) == 0;
}

/* Lines as nearly all are: a common name, a colon, one blank, a value without blanks around it,
 * CRLF, all within the limits. Stops at the first that is anything else, which is read_field's. Bad
 * is only what a steering field says. */
static enum line_result read_usual_fields(struct head *head)
{
    struct http1_request *request = head->request;
    const char *end = head->end;
    if ((size_t)(end - head->fields) > head->limits->head_bytes_max)
        end = head->fields + head->limits->head_bytes_max;
    while (request->field_count < head->field_count_max) {
        const char *name = head->at;
        const char *colon = bytes_skip_common(name, end);
        if (colon == name || !are_next(colon, end, ": "))
            return LINE_OK;
        const char *value = colon + 2;
        const char *stop = bytes_skip_usual_value(value, end);
        if (stop == value || !are_next(stop, end, "\r\n") || *value == ' ' || stop[-1] == ' ')
            return LINE_OK;
        struct field *field = &request->fields[request->field_count++];
        *field = (struct field){slice_of(name, (size_t)(colon - name)),
                                slice_of(value, (size_t)(stop - value))};
        head->line = name;
        head->at = stop + 2;
        if (note_field(head, field) != LINE_OK)
            return LINE_BAD;
    }
    return LINE_OK;
}

/* The request line of nearly all requests to an API; false: it is another, or too long. */
static bool read_usual_request_line(struct head *head)
{
    const struct slice usual = SLICE("POST / HTTP/1.1\r\n");
    struct http1_request *request = head->request;
    struct slice text = slice_of(head->at, (size_t)(head->end - head->at));
    if (!slice_starts_with(text, usual) || usual.len - 2 > head->limits->line_bytes_max)
        return false;
    request->method = HTTP1_POST;
    request->method_text = slice_of(text.at, 4);
    request->target = request->path = slice_of(text.at + 5, 1);
    request->query = SLICE_NONE;
    request->minor_version = 1;
    head->at += usual.len;
    head->fields = head->at;
    return true;
}

/* Lines and limits. */

static enum line_result read_line(struct head *head)
{
    return head->fields ? read_field(head) : read_request_line(head);
}

/* Has the current line, which stops at `stop` (its LF, or the end of the bytes), or with it all
 * field lines together, outgrown the limit? */
static bool is_over_limit(struct head *head, const char *stop)
{
    if (!head->fields) {
        size_t len = (size_t)(stop - head->line);
        if (len && stop[-1] == '\r')
            len--;
        if (len <= head->limits->line_bytes_max)
            return false;
        (void)bad(head, 414, "the request line is too long");
        return true;
    }
    size_t len = (size_t)(stop - head->fields) + (stop < head->end);
    bool is_last_line = stop - head->line == 1 && *head->line == '\r';
    if (len <= head->limits->head_bytes_max || is_last_line)
        return false;
    (void)bad(head, 431, "the header lines are too long");
    return true;
}

/* Invariant 1: what read_line said about the current line becomes what may be said about it now. */
static enum line_result settle_line(struct head *head, enum line_result result)
{
    if (result == LINE_LAST)
        return LINE_LAST;
    if (result == LINE_OK) {
        bool is_within =
            head->fields && (size_t)(head->at - head->fields) <= head->limits->head_bytes_max;
        return is_within || !is_over_limit(head, head->at - 1) ? LINE_OK : LINE_BAD;
    }
    const char *stop = memchr(head->line, '\n', (size_t)(head->end - head->line));
    if (is_over_limit(head, stop ? stop : head->end))
        return LINE_BAD;
    return stop ? result : LINE_SHORT;
}

static enum line_result read_lines(struct head *head)
{
    for (bool usual = read_usual_request_line(head);; usual = head->fields != NULL) {
        if (usual && read_usual_fields(head) != LINE_OK)
            return settle_line(head, LINE_BAD);
        if (usual && are_next(head->at, head->end, "\r\n")) {
            head->at += 2;
            return LINE_LAST;
        }
        head->line = head->at;
        enum line_result result = settle_line(head, read_line(head));
        if (result != LINE_OK)
            return result;
        if (!head->fields)
            head->fields = head->at;
    }
}

static const char *skip_empty_lines(struct slice text)
{
    size_t at = 0;
    for (int i = 0; i < LEADING_EMPTY_LINES_MAX; i++)
        if (text.len - at >= 2 && text.at[at] == '\r' && text.at[at + 1] == '\n')
            at += 2;
    return text.at + at;
}

/* No further LF has come since `scanned`, and no limit is outgrown: nothing can be said that could
 * not be said before. */
static bool is_line_unfinished(struct head *head, struct slice text, size_t scanned)
{
    if (scanned == 0 || memchr(text.at + scanned, '\n', text.len - scanned))
        return false;
    const char *first = memchr(head->at, '\n', (size_t)(head->end - head->at));
    if (!first)
        return (size_t)(head->end - head->at) <= head->limits->line_bytes_max;
    return (size_t)(head->end - first - 1) <= head->limits->head_bytes_max;
}

/* The whole head. */

static enum line_result judge_body(struct head *head)
{
    struct http1_request *request = head->request;
    bool takes_body = request->method == HTTP1_POST ||
                      slice_equal(request->method_text, SLICE("PUT")) ||
                      slice_equal(request->method_text, SLICE("PATCH"));
    if (head->has_coding && head->has_length)
        return bad(head, 400, "Content-Length and Transfer-Encoding are both there");
    if (head->has_coding && request->minor_version == 0)
        return bad(head, 400, "HTTP/1.0 knows no Transfer-Encoding");
    if (head->has_coding && head->coding_status != STATUS_NONE)
        return bad(head, head->coding_status, "no transfer coding but chunked is understood");
    if (takes_body && !head->has_coding && !head->has_length && request->minor_version == 1)
        return bad(head, 411, "this method needs a Content-Length");
    if (request->body_bytes > head->limits->body_bytes_max)
        return bad(head, 413, "the body is too large");
    request->chunked = head->has_coding;
    return LINE_LAST;
}

static enum line_result judge_head(struct head *head)
{
    struct http1_request *request = head->request;
    if (!head->has_host && request->minor_version == 1)
        return bad(head, 400, "Host is missing");
    if (head->authority.at && head->has_host &&
        !slice_equal_nocase(head->authority, drop_own_port(request->host, head->own_port)))
        return bad(head, 400, "the request target names another host than Host does");
    enum line_result result = judge_body(head);
    if (result != LINE_LAST)
        return result;
    if (head->other_expectation)
        return bad(head, 417, "no expectation but 100-continue can be met");
    request->expects_continue = request->expects_continue && request->minor_version == 1 &&
                                (request->chunked || request->body_bytes > 0);
    request->keep_alive =
        !head->says_close && (request->minor_version == 1 || head->says_keep_alive);
    return LINE_LAST;
}

struct http1_verdict http1_parse_head(struct slice text, const struct http1_limits *limits,
                                      size_t *scanned, struct http1_request *ret_request)
{
    struct head head = {.limits = limits,
                        .request = ret_request,
                        .field_count_max = limits->field_count_max < HTTP1_FIELDS_MAX
                                               ? limits->field_count_max
                                               : HTTP1_FIELDS_MAX};
    if (text.len == 0)
        return (struct http1_verdict){.progress = HTTP1_MORE};
    head.at = skip_empty_lines(text);
    head.end = text.at + text.len;
    if (is_line_unfinished(&head, text, *scanned)) {
        *scanned = text.len;
        return (struct http1_verdict){.progress = HTTP1_MORE};
    }
    ret_request->host = ret_request->content_type = ret_request->body = SLICE_NONE;
    ret_request->field_count = 0;
    ret_request->body_bytes = 0;
    ret_request->chunked = false;
    ret_request->expects_continue = false;
    enum line_result result = read_lines(&head);
    if (result == LINE_LAST)
        result = judge_head(&head);
    if (result == LINE_BAD)
        return (struct http1_verdict){HTTP1_REFUSED, head.status, head.reason, 0};
    *scanned = text.len;
    if (result == LINE_SHORT)
        return (struct http1_verdict){.progress = HTTP1_MORE};
    return (struct http1_verdict){.progress = HTTP1_DONE, .used = (size_t)(head.at - text.at)};
}

struct slice http1_find(const struct http1_request *request, struct slice name)
{
    for (uint32_t i = 0; i < request->field_count; i++) {
        struct field field = request->fields[i];
        if (field.name.len == name.len && slice_equal_nocase(field.name, name))
            return field.value;
    }
    return SLICE_NONE;
}

const char *http1_reason_phrase(int status)
{
    static const struct {
        int status;
        const char *phrase;
    } phrases[] = {
        {200, "OK"},
        {100, "Continue"},
        {204, "No Content"},
        {304, "Not Modified"},
        {400, "Bad Request"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {408, "Request Timeout"},
        {411, "Length Required"},
        {413, "Content Too Large"},
        {414, "URI Too Long"},
        {415, "Unsupported Media Type"},
        {417, "Expectation Failed"},
        {421, "Misdirected Request"},
        {429, "Too Many Requests"},
        {431, "Request Header Fields Too Large"},
        {500, "Internal Server Error"},
        {501, "Not Implemented"},
        {503, "Service Unavailable"},
        {505, "HTTP Version Not Supported"},
    };
    for (size_t i = 0; i < sizeof phrases / sizeof *phrases; i++)
        if (phrases[i].status == status)
            return phrases[i].phrase;
    return "Unknown";
}

void http1_write_head(struct buffer *out, int status, struct slice content_type,
                      uint64_t body_bytes, bool keep_alive, struct slice extra)
{
    enum { NAMES_BYTES_MAX = 128 };
    struct slice phrase = slice_text(http1_reason_phrase(status));
    char *at = buffer_room(out, NAMES_BYTES_MAX + 2 * PUT_U64_MAX + phrase.len + content_type.len +
                                    extra.len);
    if (!at)
        return;
    at = put_u64(PUT_LITERAL(at, "HTTP/1.1 "), (uint64_t)status);
    at = put_slice(put_char(at, ' '), phrase);
    if (content_type.len)
        at = put_slice(PUT_LITERAL(at, "\r\nContent-Type: "), content_type);
    at = put_u64(PUT_LITERAL(at, "\r\nContent-Length: "), body_bytes);
    if (keep_alive)
        at = PUT_LITERAL(at, "\r\nConnection: keep-alive\r\n");
    else
        at = PUT_LITERAL(at, "\r\nConnection: close\r\n");
    at = put_slice(at, extra);
    buffer_wrote(out, PUT_LITERAL(at, "\r\n"));
}
