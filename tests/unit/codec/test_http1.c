/* HTTP/1.1 requests: the tables of http1_cases.h, whole and cut at every byte; the limits, from
 * both sides; requests recorded from real clients. */
#include "codec/http1.h"

#include "http1_cases.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const struct http1_limits limits_default = {32768, 32768, HTTP1_FIELDS_MAX,
                                                   UINT64_C(10) << 20};

/* Parses the first `len` bytes, in memory of exactly that size so that a byte too far is noticed.
 */
static struct http1_verdict parse(struct slice text, size_t len, const struct http1_limits *limits,
                                  size_t *scanned)
{
    static struct http1_request request;
    char *copy = malloc(len + 1);
    assert_non_null(copy);
    memcpy(copy + 1, text.at, len);
    struct http1_verdict verdict =
        http1_parse_head(slice_of(copy + 1, len), limits, scanned, &request);
    free(copy);
    return verdict;
}

/* Offers growing prefixes: `first` bytes, then `step` more each time. */
static struct http1_verdict parse_cut(struct slice text, size_t first, size_t step,
                                      const struct http1_limits *limits)
{
    size_t scanned = 0;
    for (size_t len = first;; len = text.len - len < step ? text.len : len + step) {
        struct http1_verdict verdict = parse(text, len, limits, &scanned);
        if (verdict.progress != HTTP1_MORE || len == text.len)
            return verdict;
    }
}

static int status_of(struct http1_verdict verdict)
{
    return verdict.progress == HTTP1_REFUSED ? verdict.status
           : verdict.progress == HTTP1_DONE  ? 0
                                             : MORE;
}

static void expect_verdict(struct slice text, int status, const struct http1_limits *limits)
{
    struct http1_verdict whole = parse_cut(text, text.len, 1, limits);
    if (status_of(whole) != status)
        fail_msg("%d (%s) instead of %d for:\n%.*s", status_of(whole),
                 whole.reason ? whole.reason : "", status, SLICE_ARGS(text));
    if (whole.progress == HTTP1_REFUSED)
        assert_non_null(whole.reason);
    for (size_t cut = 0; cut <= text.len; cut++) {
        struct http1_verdict verdict = parse_cut(text, cut, text.len, limits);
        if (status_of(verdict) != status || verdict.used != whole.used)
            fail_msg("cut at %zu: %d instead of %d for:\n%.*s", cut, status_of(verdict), status,
                     SLICE_ARGS(text));
    }
    struct http1_verdict drops = parse_cut(text, 0, 1, limits);
    if (status_of(drops) != status || drops.used != whole.used)
        fail_msg("byte by byte: %d instead of %d for:\n%.*s", status_of(drops), status,
                 SLICE_ARGS(text));
}

static void heads_are_judged_alike_however_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(head_cases); i++)
        expect_verdict(head_cases[i].text, head_cases[i].status, &limits_default);
}

/* Every field byte but those RFC 9110 5.5 allows is refused, wherever it stands. */
static void every_byte_in_a_value(void **state)
{
    (void)state;
    for (int c = 0; c < 256; c++)
        for (size_t place = 0; place < 20; place++) {
            char text[] = GET HOST "X: v0123456789abcdefghij.\r\n\r\n";
            char *value = strstr(text, "v0");
            value[1 + place] = (char)c;
            bool is_allowed = c == '\t' || (c >= ' ' && c <= '~') || c >= 0x80;
            size_t scanned = 0;
            struct http1_verdict verdict =
                parse(slice_of(text, sizeof text - 1), sizeof text - 1, &limits_default, &scanned);
            assert_int_equal(status_of(verdict), is_allowed ? 0 : 400);
        }
}

/* The same for names (tchar, RFC 9110 5.6.2). */
static void every_byte_in_a_name(void **state)
{
    (void)state;
    for (int c = 0; c < 256; c++) {
        char text[] = GET HOST "X-Y-Z: v\r\n\r\n";
        strstr(text, "X-Y")[1] = (char)c;
        bool is_token = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                        (c >= 'A' && c <= 'Z') || (c && strchr("!#$%&'*+-.^_`|~", c));
        size_t scanned = 0;
        struct http1_verdict verdict =
            parse(slice_of(text, sizeof text - 1), sizeof text - 1, &limits_default, &scanned);
        assert_int_equal(status_of(verdict), is_token || c == ':' ? 0 : 400);
    }
}

/* `prefix`, then `fill` times 'a', then `suffix`. */
static struct slice filled(struct slice prefix, size_t fill, struct slice suffix)
{
    char *at = malloc(prefix.len + fill + suffix.len + 1);
    assert_non_null(at);
    memcpy(at, prefix.at, prefix.len);
    memset(at + prefix.len, 'a', fill);
    memcpy(at + prefix.len + fill, suffix.at, suffix.len);
    return slice_of(at, prefix.len + fill + suffix.len);
}

static void expect_filled(struct slice prefix, size_t fill, struct slice suffix, int status,
                          const struct http1_limits *limits)
{
    struct slice text = filled(prefix, fill, suffix);
    expect_verdict(text, status, limits);
    free((void *)(uintptr_t)text.at);
}

static void request_line_has_a_limit(void **state)
{
    (void)state;
    struct http1_limits limits = {64, 1000, 10, 1000};
    size_t around = strlen("GET / HTTP/1.1");
    struct slice rest = SLICE(" HTTP/1.1\r\n" HOST END);
    expect_filled(SLICE("GET /"), 64 - around, rest, 0, &limits);
    expect_filled(SLICE("GET /"), 65 - around, rest, 414, &limits);
    expect_filled(SLICE("GET /"), 300, rest, 414, &limits);
    expect_filled(SLICE("GET /"), 300, SLICE(""), 414, &limits);
    expect_filled(SLICE("\x01"), 63, SLICE(""), MORE, &limits);
    expect_filled(SLICE("\x01"), 64, SLICE(""), 414, &limits);
    expect_filled(SLICE("\x01"), 64, SLICE("\r\n"), 414, &limits);
    expect_filled(SLICE("\x01"), 63, SLICE("\r\n"), 400, &limits);
    expect_filled(SLICE("\r\nGET /"), 64 - around, rest, 0, &limits);
}

static void head_has_a_limit(void **state)
{
    (void)state;
    struct http1_limits limits = {64, 100, 10, 1000};
    size_t around = strlen(HOST "X: \r\n");
    struct slice prefix = SLICE(GET HOST "X: ");
    expect_filled(prefix, 100 - around, SLICE("\r\n\r\n"), 0, &limits);
    expect_filled(prefix, 101 - around, SLICE("\r\n\r\n"), 431, &limits);
    expect_filled(prefix, 101 - around, SLICE(""), MORE, &limits);
    expect_filled(prefix, 103 - around, SLICE(""), 431, &limits);
    expect_filled(prefix, 500, SLICE("\x01\r\n\r\n"), 431, &limits);
    expect_filled(SLICE(GET "bad line\r\nX: "), 500, SLICE("\r\n\r\n"), 400, &limits);
}

static void header_lines_are_counted(void **state)
{
    (void)state;
    struct http1_limits limits = {64, 1000, 3, 1000};
    expect_verdict(SLICE(GET HOST "A: 1\r\nB: 2\r\n" END), 0, &limits);
    expect_verdict(SLICE(GET HOST "A: 1\r\nB: 2\r\nC: 3\r\n" END), 431, &limits);
    expect_verdict(SLICE(GET HOST "A: 1\r\nB: 2\r\nC: 3"), MORE, &limits);
    limits.field_count_max = UINT32_MAX; /* the request has room for HTTP1_FIELDS_MAX only */
    limits.head_bytes_max = 100000;
    struct buffer out;
    buffer_init(&out, 100000);
    BUFFER_LITERAL(&out, GET HOST);
    for (int i = 1; i < HTTP1_FIELDS_MAX; i++)
        buffer_printf(&out, "H%d: %d\r\n", i, i);
    size_t len = out.len;
    BUFFER_LITERAL(&out, END);
    expect_verdict(buffer_slice(&out), 0, &limits);
    out.len = len;
    BUFFER_LITERAL(&out, "One: more\r\n" END);
    expect_verdict(buffer_slice(&out), 431, &limits);
    buffer_done(&out);
}

static void assert_slice(struct slice actual, const char *expected)
{
    if (!slice_equal(actual, slice_text(expected)))
        fail_msg("'%.*s' instead of '%s'", SLICE_ARGS(actual), expected);
}

static struct http1_request *accept(struct slice text)
{
    static struct http1_request request;
    size_t scanned = 0;
    struct http1_verdict verdict = http1_parse_head(text, &limits_default, &scanned, &request);
    if (verdict.progress != HTTP1_DONE)
        fail_msg("%d %s for:\n%.*s", verdict.status, verdict.reason ? verdict.reason : "",
                 SLICE_ARGS(text));
    return &request;
}

static void parts_of_a_request(void **state)
{
    (void)state;
    struct http1_request *request =
        accept(SLICE("POST /a%20b?x=1?&y HTTP/1.1\r\nHost: b.local:80\r\nX-One:  a \t b \r\n"
                     "content-TYPE: application/json; charset=utf-8\r\nContent-Length: 7\r\n\r\n"));
    assert_int_equal(request->method, HTTP1_POST);
    assert_slice(request->method_text, "POST");
    assert_slice(request->target, "/a%20b?x=1?&y");
    assert_slice(request->path, "/a%20b");
    assert_slice(request->query, "x=1?&y");
    assert_slice(request->host, "b.local:80");
    assert_slice(request->content_type, "application/json; charset=utf-8");
    assert_int_equal(request->field_count, 4);
    assert_slice(request->fields[1].name, "X-One");
    assert_slice(request->fields[1].value, "a \t b");
    assert_slice(http1_find(request, SLICE("x-one")), "a \t b");
    assert_null(http1_find(request, SLICE("x-two")).at);
    assert_int_equal(request->minor_version, 1);
    assert_int_equal(request->body_bytes, 7);
    assert_true(request->keep_alive);
    assert_false(request->chunked);
    assert_false(request->expects_continue);
}

static void targets_are_split(void **state)
{
    static const struct {
        const char *target;
        const char *path;
        const char *query;
    } rows[] = {
        {"/", "/", ""},
        {"/?", "/", ""},
        {"/?a=b", "/", "a=b"},
        {"//x", "//x", ""},
        {"http://h", "/", ""},
        {"http://h?a", "/", "a"},
        {"http://h:80/p/q?a/b?c", "/p/q", "a/b?c"},
        {"HTTPS://H/p", "/p", ""},
        {"http://h?/slash", "/", "/slash"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        char text[128];
        int len = snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: h\r\n\r\n", rows[i].target);
        struct http1_request *request = accept(slice_of(text, (size_t)len));
        assert_slice(request->target, rows[i].target);
        assert_slice(request->path, rows[i].path);
        assert_slice(request->query, rows[i].query);
    }
}

static void what_the_client_wants(void **state)
{
    (void)state;
    assert_true(accept(SLICE(GET HOST END))->keep_alive);
    assert_true(accept(SLICE(GET HOST "Connection: Keep-Alive\r\n" END))->keep_alive);
    assert_false(accept(SLICE(GET HOST "Connection: Close\r\n" END))->keep_alive);
    assert_false(accept(SLICE(GET HOST "Connection: a, cLOSE\r\n" END))->keep_alive);
    assert_false(
        accept(SLICE(GET HOST "Connection: keep-alive\r\nConnection: close\r\n" END))->keep_alive);
    assert_false(accept(SLICE("GET / HTTP/1.0\r\n" END))->keep_alive);
    assert_true(accept(SLICE("GET / HTTP/1.0\r\nConnection: keep-alive\r\n" END))->keep_alive);
    assert_true(accept(SLICE(POST HOST "Expect: 100-CONTINUE\r\n" LENGTH_2 END))->expects_continue);
    assert_false(accept(SLICE("POST / HTTP/1.0\r\nExpect: 100-continue\r\n" LENGTH_2 END))
                     ->expects_continue); /* RFC 9110 10.1.1 */
    assert_false(accept(SLICE(GET HOST "Expect: 100-continue\r\n" END))->expects_continue);
    assert_true(accept(SLICE(POST HOST "Transfer-Encoding: chunked\r\n" END))->chunked);
    assert_int_equal(accept(SLICE("HEAD / HTTP/1.1\r\n" HOST END))->method, HTTP1_OTHER);
}

/* Chunked bodies. */

struct gathered {
    struct buffer payload;
    struct http1_verdict verdict;
    size_t taken; /* in all, when done */
};

/* Feeds `first` bytes, then `step` at a time. */
static void decode_cut(struct slice text, size_t first, size_t step, uint64_t body_bytes_max,
                       struct gathered *gathered)
{
    struct http1_chunked decoder = {0};
    buffer_clear(&gathered->payload);
    gathered->verdict = (struct http1_verdict){.progress = HTTP1_MORE};
    for (size_t at = 0, len = first; gathered->verdict.progress == HTTP1_MORE; len = step) {
        len = len < text.len - at ? len : text.len - at;
        char *piece = malloc(len + 1);
        assert_non_null(piece);
        memcpy(piece + 1, text.at + at, len);
        size_t decoded = 0;
        gathered->verdict =
            http1_chunked_decode(&decoder, piece + 1, len, body_bytes_max, &decoded);
        assert_true(decoded <= len);
        buffer_bytes(&gathered->payload, piece + 1, decoded);
        free(piece);
        gathered->taken = at + gathered->verdict.used;
        at += len;
        if (at == text.len)
            break;
    }
}

static void expect_chunked(const struct chunked_case *expected, size_t first, size_t step)
{
    struct gathered gathered;
    buffer_init(&gathered.payload, 1000);
    decode_cut(expected->text, first, step, 1 << 20, &gathered);
    if (status_of(gathered.verdict) != expected->status)
        fail_msg("cut at %zu by %zu: %d instead of %d for:\n%.*s", first, step,
                 status_of(gathered.verdict), expected->status, SLICE_ARGS(expected->text));
    if (expected->status <= 0)
        assert_true(slice_equal(buffer_slice(&gathered.payload), expected->payload));
    if (expected->status == 0)
        assert_int_equal(gathered.taken, expected->text.len - expected->left);
    buffer_done(&gathered.payload);
}

static void chunked_bodies_are_judged_alike_however_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(chunked_cases); i++) {
        const struct chunked_case *row = &chunked_cases[i];
        for (size_t cut = 0; cut <= row->text.len; cut++)
            expect_chunked(row, cut, row->text.len);
        expect_chunked(row, 1, 1);
    }
}

static void a_refused_body_stays_refused(void **state)
{
    (void)state;
    struct http1_chunked decoder = {0};
    char bytes[] = "x";
    size_t decoded;
    for (int i = 0; i < 3; i++) {
        struct http1_verdict verdict = http1_chunked_decode(&decoder, bytes, 1, 100, &decoded);
        assert_int_equal(verdict.progress, HTTP1_REFUSED);
        assert_int_equal(verdict.status, 400);
        assert_int_equal(decoded, 0);
    }
}

static void a_chunked_body_has_a_limit(void **state)
{
    (void)state;
    struct gathered gathered;
    struct slice text = SLICE("5\r\n12345\r\n5\r\n67890\r\n0\r\n\r\n");
    buffer_init(&gathered.payload, 1000);
    for (size_t step = 1; step <= text.len; step++) {
        decode_cut(text, step, step, 10, &gathered);
        assert_int_equal(gathered.verdict.progress, HTTP1_DONE);
        decode_cut(text, step, step, 9, &gathered);
        assert_int_equal(gathered.verdict.status, 413);
    }
    buffer_done(&gathered.payload);
}

/* `lead`, `count` times the piece, then `end`. */
static int status_of_repeated(struct slice lead, struct slice piece, size_t count, struct slice end)
{
    struct buffer text;
    struct gathered gathered;
    buffer_init(&text, 4 << 20);
    buffer_init(&gathered.payload, 4 << 20);
    buffer_append(&text, lead);
    for (size_t i = 0; i < count; i++)
        buffer_append(&text, piece);
    buffer_append(&text, end);
    decode_cut(buffer_slice(&text), 1000, 1000, 4 << 20, &gathered);
    buffer_done(&text);
    buffer_done(&gathered.payload);
    return status_of(gathered.verdict);
}

static void overhead_cannot_flood(void **state)
{
    (void)state;
    struct slice none = SLICE("");
    struct slice end = SLICE("0\r\n\r\n");
    struct slice tiny = SLICE("1\r\nx\r\n");
    struct slice fair = SLICE("20\r\n0123456789abcdef0123456789abcdef\r\n");
    assert_int_equal(status_of_repeated(none, tiny, 10000, end), 0);
    assert_int_equal(status_of_repeated(none, tiny, 100000, end), 400);
    assert_int_equal(status_of_repeated(none, fair, 50000, end), 0);
    struct slice extension = SLICE("0;a=");
    assert_int_equal(status_of_repeated(extension, SLICE("x"), 4000, SLICE("\r\n\r\n")), 0);
    assert_int_equal(status_of_repeated(extension, SLICE("x"), 5000, SLICE("\r\n\r\n")), 400);
    struct slice trailer = SLICE("A-trailer: of 25 bytes\r\n");
    assert_int_equal(status_of_repeated(SLICE("0\r\n"), trailer, 2000, SLICE("\r\n")), 0);
    assert_int_equal(status_of_repeated(SLICE("0\r\n"), trailer, 3000, SLICE("\r\n")), 400);
}

/* Recorded requests. */

static struct slice read_file(const char *folder, const char *name)
{
    char path[1024];
    struct buffer text;
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    buffer_init(&text, 16 << 20);
    for (size_t got = 1; got > 0; text.len += got) {
        assert_true(buffer_reserve(&text, 65536));
        got = fread(text.at + text.len, 1, 65536, file);
    }
    (void)fclose(file);
    return buffer_slice(&text);
}

static void expect_recorded(struct slice text)
{
    struct http1_request *request = accept(text);
    size_t scanned = 0;
    struct http1_verdict verdict = parse(text, text.len, &limits_default, &scanned);
    size_t body_len = text.len - verdict.used;
    if (!request->chunked) {
        assert_int_equal(body_len, request->body_bytes);
        return;
    }
    struct gathered gathered;
    buffer_init(&gathered.payload, 16 << 20);
    decode_cut(slice_of(text.at + verdict.used, body_len), 1, 1, 16 << 20, &gathered);
    assert_int_equal(gathered.verdict.progress, HTTP1_DONE);
    assert_int_equal(gathered.taken, body_len);
    buffer_done(&gathered.payload);
}

static void requests_of_real_clients(void **state)
{
    (void)state;
    const char *folder = VECTORS "/requests";
    DIR *listing = opendir(folder);
    size_t count = 0;
    assert_non_null(listing);
    for (struct dirent *entry; (entry = readdir(listing));) {
        size_t len = strlen(entry->d_name);
        if (len < 5 || strcmp(entry->d_name + len - 5, ".http") != 0)
            continue;
        struct slice text = read_file(folder, entry->d_name);
        expect_recorded(text);
        free((void *)(uintptr_t)text.at);
        count++;
    }
    (void)closedir(listing);
    assert_true(count >= 400);
}

static void answer_heads(void **state)
{
    (void)state;
    char memory[512];
    struct buffer out;
    buffer_init_fixed(&out, memory, sizeof memory);
    http1_write_head(&out, 200, SLICE("application/json"), 123, true, SLICE(""));
    assert_slice(buffer_slice(&out), "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                                     "Content-Length: 123\r\nConnection: keep-alive\r\n\r\n");
    buffer_clear(&out);
    http1_write_head(&out, 431, SLICE(""), 0, false, SLICE("Retry-After: 1\r\n"));
    assert_slice(buffer_slice(&out), "HTTP/1.1 431 Request Header Fields Too Large\r\n"
                                     "Content-Length: 0\r\nConnection: close\r\n"
                                     "Retry-After: 1\r\n\r\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(heads_are_judged_alike_however_cut),
        cmocka_unit_test(every_byte_in_a_value),
        cmocka_unit_test(every_byte_in_a_name),
        cmocka_unit_test(request_line_has_a_limit),
        cmocka_unit_test(head_has_a_limit),
        cmocka_unit_test(header_lines_are_counted),
        cmocka_unit_test(parts_of_a_request),
        cmocka_unit_test(targets_are_split),
        cmocka_unit_test(what_the_client_wants),
        cmocka_unit_test(chunked_bodies_are_judged_alike_however_cut),
        cmocka_unit_test(a_refused_body_stays_refused),
        cmocka_unit_test(a_chunked_body_has_a_limit),
        cmocka_unit_test(overhead_cannot_flood),
        cmocka_unit_test(requests_of_real_clients),
        cmocka_unit_test(answer_heads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
