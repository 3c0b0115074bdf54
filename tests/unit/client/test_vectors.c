/* The recorded requests of real clients (tests/vectors/requests/ and requests.json): each gives the
 * canonical request and the string to sign that is recorded, verifies if it is marked ok, and does
 * not verify with any signed byte changed. */
#include "codec/form.h"
#include "codec/http1.h"
#include "codec/json.h"
#include "crypto/tc3.h"
#include "crypto/v1.h"
#include "sys/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { FILE_BYTES_MAX = 16 << 20, FLIPS_MAX = 2048, PARAMETERS_MAX = 128 };

static const struct slice secret_key = {"Gu5t9xGARNpq86cd98joQYCN3EXAMPLE", 32};

/* What requests.json says of one file. */
struct expected {
    struct slice file, scheme, canonical_request, string_to_sign, host_signed, header_values;
    bool is_ok;
};

/* The signed parts of a request, each in memory that may be changed. */
struct parts {
    struct arena arena;
    struct slice method, query, body, content_type, host, timestamp, action;
    struct tc3_authorization authorization; /* of TC3 */
    bool hides_payload;
    bool is_form; /* v1: the parameters are in the body */
};

struct bench {
    struct crypto *crypto;
    struct buffer scratch;
    struct arena sorting;
};

static void read_expected(struct json_reader *reader, struct expected *row)
{
    struct json_token key, token;
    while (json_next(reader, &key) == JSON_KEY) {
        const struct {
            struct slice name;
            struct slice *field;
        } fields[] = {
            {SLICE("scheme"), &row->scheme},
            {SLICE("canonicalRequest"), &row->canonical_request},
            {SLICE("stringToSign"), &row->string_to_sign},
            {SLICE("hostSigned"), &row->host_signed},
            {SLICE("headerValues"), &row->header_values},
        };
        (void)json_next(reader, &token);
        for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
            if (slice_equal(key.text, fields[i].name))
                *fields[i].field = token.text;
        if (slice_equal(key.text, SLICE("ok")))
            row->is_ok = token.kind == JSON_TRUE;
        assert_true(json_skip_rest(reader, token.kind));
    }
}

/* requests.json writes the bytes of a v1 string to sign as the characters of the same numbers, each
 * of which JSON's UTF-8 then spells in one byte or two. Back to the bytes. */
static struct slice bytes_of(struct slice text, char *memory)
{
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.at[i];
        assert_true(c < 0xC4);
        if (c >= 0xC2)
            c = (unsigned char)(c << 6 | ((unsigned char)text.at[++i] & 0x3F));
        memory[len++] = (char)c;
    }
    return slice_of(memory, len);
}

static struct slice copy_of(struct parts *parts, struct slice text)
{
    return text.len ? arena_copy(&parts->arena, text) : SLICE_NONE;
}

static struct slice body_of(const struct http1_request *request, struct slice rest, char *memory)
{
    struct http1_chunked decoder = {0};
    size_t decoded = 0;
    if (rest.len > 0)
        memcpy(memory, rest.at, rest.len);
    if (!request->chunked)
        return slice_of(memory, (size_t)request->body_bytes);
    struct http1_verdict verdict =
        http1_chunked_decode(&decoder, memory, rest.len, FILE_BYTES_MAX, &decoded);
    assert_int_equal(verdict.progress, HTTP1_DONE);
    return slice_of(memory, decoded);
}

static void read_parts(struct slice file, struct parts *parts)
{
    static struct http1_request request;
    size_t scanned = 0;
    struct http1_limits limits = HTTP1_LIMITS_DEFAULT;
    struct http1_verdict verdict = http1_parse_head(file, &limits, &scanned, &request);
    assert_int_equal(verdict.progress, HTTP1_DONE);
    *parts = (struct parts){.is_form = slice_equal(request.method_text, SLICE("POST"))};
    assert_true(arena_init(&parts->arena, 1 << 16, FILE_BYTES_MAX));
    char *memory = arena_take(&parts->arena, file.len);
    assert_non_null(memory);
    parts->body =
        body_of(&request, slice_of(file.at + verdict.used, file.len - verdict.used), memory);
    parts->method = request.method_text;
    parts->query = copy_of(parts, request.query);
    parts->host = copy_of(parts, request.host);
    parts->content_type = copy_of(parts, request.content_type);
    parts->timestamp = copy_of(parts, http1_find(&request, SLICE("x-tc-timestamp")));
    parts->action = copy_of(parts, http1_find(&request, SLICE("x-tc-action")));
    parts->hides_payload =
        slice_equal(http1_find(&request, SLICE("x-tc-content-sha256")), SLICE("UNSIGNED-PAYLOAD"));
    struct slice header = copy_of(parts, http1_find(&request, SLICE("authorization")));
    if (tc3_parse_authorization(header, &parts->authorization) != TC3_OK)
        parts->authorization = (struct tc3_authorization){0};
}

/* TC3. */

struct tc3_view {
    struct field headers[3];
    char hash[2 * SHA256_SIZE];
    struct tc3_request request;
};

static void view_tc3(struct bench *bench, const struct parts *parts, struct tc3_view *view)
{
    sha256_hex(bench->crypto, parts->body, view->hash);
    view->headers[0] = (struct field){SLICE("Content-Type"), parts->content_type};
    view->headers[1] = (struct field){SLICE("Host"), parts->host};
    view->headers[2] = (struct field){SLICE("X-TC-Action"), parts->action};
    view->request = (struct tc3_request){
        .method = parts->method,
        .query = parts->query,
        .headers = view->headers,
        .header_count = 3,
        .signed_headers = parts->authorization.signed_headers,
        .payload_hash = parts->hides_payload ? slice_text(tc3_unsigned_payload_hash)
                                             : slice_of(view->hash, sizeof view->hash),
        .timestamp = parts->timestamp,
        .date = parts->authorization.date,
        .service = parts->authorization.service,
    };
}

static bool verify_tc3(struct bench *bench, const struct parts *parts)
{
    struct tc3_view view;
    view_tc3(bench, parts, &view);
    struct hmac_key *key =
        tc3_signing_key_new(bench->crypto, secret_key, view.request.date, view.request.service);
    assert_non_null(key);
    bool fits = tc3_verify(bench->crypto, key, &view.request, parts->authorization.signature,
                           &bench->scratch);
    hmac_key_free(key);
    return fits;
}

static void assert_slice(struct slice actual, struct slice expected)
{
    if (!slice_equal(actual, expected))
        fail_msg("'%.*s' instead of '%.*s'", SLICE_ARGS(actual), SLICE_ARGS(expected));
}

static void assert_tc3_texts(struct bench *bench, const struct parts *parts,
                             const struct expected *expected)
{
    struct tc3_view view;
    view_tc3(bench, parts, &view);
    unsigned form = TC3_AS_SENT;
    if (slice_equal(expected->header_values, SLICE("lower-cased")))
        form |= TC3_LOWER_VALUES;
    if (!slice_equal(expected->host_signed, parts->host))
        form |= TC3_HOST_WITHOUT_PORT;
    buffer_clear(&bench->scratch);
    assert_true(tc3_canonical_request(&view.request, (enum tc3_form)form, &bench->scratch));
    assert_slice(buffer_slice(&bench->scratch), expected->canonical_request);
    buffer_clear(&bench->scratch);
    tc3_string_to_sign(bench->crypto, &view.request, expected->canonical_request, &bench->scratch);
    assert_slice(buffer_slice(&bench->scratch), expected->string_to_sign);
}

/* v1. */

struct v1_view {
    struct field parameters[PARAMETERS_MAX];
    struct v1_request request;
    struct slice signature;
    enum digest_kind kind;
};

/* False when the text is no form. */
static bool view_v1(struct bench *bench, const struct parts *parts, struct v1_view *view)
{
    struct slice rest = parts->is_form ? parts->body : parts->query;
    *view = (struct v1_view){.kind = DIGEST_SHA1};
    arena_reset(&bench->sorting);
    size_t count = 0;
    while (rest.len > 0) {
        struct field *pair = &view->parameters[count];
        enum form_result result = form_next(&rest, &bench->sorting, pair);
        if (result == FORM_END)
            break;
        if (result != FORM_PAIR && result != FORM_NO_EQUALS)
            return false;
        if (slice_equal(pair->name, SLICE("Signature")))
            view->signature = pair->value;
        if (slice_equal(pair->name, SLICE("SignatureMethod")) &&
            slice_equal(pair->value, SLICE("HmacSHA256")))
            view->kind = DIGEST_SHA256;
        assert_true(++count < PARAMETERS_MAX);
    }
    view->request = (struct v1_request){parts->method, parts->host, view->parameters, count};
    return true;
}

static bool verify_v1(struct bench *bench, const struct parts *parts)
{
    static struct v1_view view;
    if (!view_v1(bench, parts, &view))
        return false;
    struct hmac_key *key = hmac_key_new(bench->crypto, view.kind, secret_key);
    assert_non_null(key);
    bool fits = v1_verify(bench->crypto, key, &view.request, view.signature, &bench->sorting,
                          &bench->scratch);
    hmac_key_free(key);
    return fits;
}

static void assert_v1_texts(struct bench *bench, const struct parts *parts,
                            const struct expected *expected)
{
    static struct v1_view view;
    static char memory[4096];
    assert_true(expected->string_to_sign.len <= sizeof memory);
    assert_true(view_v1(bench, parts, &view));
    buffer_clear(&bench->scratch);
    assert_true(v1_string_to_sign(&view.request, !slice_equal(expected->host_signed, parts->host),
                                  &bench->sorting, &bench->scratch));
    assert_slice(buffer_slice(&bench->scratch), bytes_of(expected->string_to_sign, memory));
}

/* Forgeries. */

typedef bool verify_function(struct bench *bench, const struct parts *parts);

/* Changes every byte of the part (of large ones every n-th) in turn; returns how many. */
static size_t assert_bytes_count(struct bench *bench, const struct parts *parts, struct slice part,
                                 const char *name, verify_function *verify)
{
    size_t step = part.len / FLIPS_MAX + 1;
    size_t forgeries = 0;
    union {
        const char *read_only;
        char *bytes;
    } memory = {part.at}; /* an arena's copy, so it may be written */
    for (size_t i = 0; i < part.len; i += step, forgeries++) {
        memory.bytes[i] ^= 1;
        if (verify(bench, parts))
            fail_msg("verifies with byte %zu of its %s changed", i, name);
        memory.bytes[i] ^= 1;
    }
    return forgeries;
}

/* Host without a port that was not signed. */
static struct slice signed_host(const struct parts *parts, const struct expected *expected)
{
    return slice_of(parts->host.at, expected->host_signed.len);
}

static size_t forge_tc3(struct bench *bench, struct parts *parts, const struct expected *expected)
{
    struct slice body = parts->hides_payload ? SLICE_NONE : parts->body;
    const struct tc3_authorization *authorization = &parts->authorization;
    return assert_bytes_count(bench, parts, parts->query, "query", verify_tc3) +
           assert_bytes_count(bench, parts, body, "body", verify_tc3) +
           assert_bytes_count(bench, parts, parts->content_type, "content type", verify_tc3) +
           assert_bytes_count(bench, parts, signed_host(parts, expected), "host", verify_tc3) +
           assert_bytes_count(bench, parts, parts->timestamp, "timestamp", verify_tc3) +
           assert_bytes_count(bench, parts, authorization->date, "date", verify_tc3) +
           assert_bytes_count(bench, parts, authorization->service, "service", verify_tc3) +
           assert_bytes_count(bench, parts, authorization->signed_headers, "signed headers",
                              verify_tc3) +
           assert_bytes_count(bench, parts, authorization->signature, "signature", verify_tc3);
}

static size_t forge_v1(struct bench *bench, struct parts *parts, const struct expected *expected)
{
    return assert_bytes_count(bench, parts, parts->is_form ? parts->body : parts->query,
                              "parameters", verify_v1) +
           assert_bytes_count(bench, parts, signed_host(parts, expected), "host", verify_v1);
}

struct tally {
    size_t files, verified, refused, unsigned_ones, forgeries;
};

static void check_signed(struct bench *bench, struct parts *parts, const struct expected *expected,
                         struct tally *tally)
{
    bool is_tc3 = slice_equal(expected->scheme, SLICE("tc3"));
    if ((is_tc3 ? verify_tc3 : verify_v1)(bench, parts) != expected->is_ok)
        fail_msg("%.*s: verdict", SLICE_ARGS(expected->file));
    if (!expected->is_ok) {
        tally->refused++;
        return;
    }
    tally->verified++;
    if (is_tc3)
        assert_tc3_texts(bench, parts, expected);
    else
        assert_v1_texts(bench, parts, expected);
    tally->forgeries += (is_tc3 ? forge_tc3 : forge_v1)(bench, parts, expected);
}

static void check_file(struct bench *bench, const struct expected *expected, struct tally *tally)
{
    char path[512];
    struct buffer file;
    struct fault fault;
    struct parts parts;
    (void)snprintf(path, sizeof path, "%s/requests/%.*s", VECTORS, SLICE_ARGS(expected->file));
    buffer_init(&file, FILE_BYTES_MAX);
    assert_true(status_ok(file_read(path, &file, &fault)));
    read_parts(buffer_slice(&file), &parts);
    tally->files++;
    if (slice_equal(expected->scheme, SLICE("skip"))) {
        assert_int_equal(parts.authorization.signature.len, 0);
        tally->unsigned_ones++;
    } else {
        check_signed(bench, &parts, expected, tally);
    }
    arena_done(&parts.arena);
    buffer_done(&file);
}

static void recorded_requests_verify_and_forgeries_do_not(void **state)
{
    (void)state;
    struct bench bench = {.crypto = crypto_new()};
    struct buffer index;
    struct arena arena;
    struct fault fault;
    struct json_reader reader;
    struct json_token token;
    struct tally tally = {0};
    buffer_init(&index, FILE_BYTES_MAX);
    buffer_init(&bench.scratch, FILE_BYTES_MAX);
    assert_true(arena_init(&bench.sorting, 1 << 16, FILE_BYTES_MAX));
    assert_true(arena_init(&arena, 1 << 20, FILE_BYTES_MAX));
    assert_true(status_ok(file_read(VECTORS "/requests.json", &index, &fault)));
    json_reader_init(&reader, buffer_slice(&index), &arena);
    assert_int_equal(json_next(&reader, &token), JSON_OBJECT);
    while (json_next(&reader, &token) == JSON_KEY) {
        struct expected expected = {.file = token.text};
        assert_int_equal(json_next(&reader, &token), JSON_OBJECT);
        read_expected(&reader, &expected);
        check_file(&bench, &expected, &tally);
    }
    assert_int_equal(token.kind, JSON_OBJECT_END);
    print_message("%zu files: %zu verified, %zu refused, %zu unsigned; %zu forgeries\n",
                  tally.files, tally.verified, tally.refused, tally.unsigned_ones, tally.forgeries);
    assert_int_equal(tally.files, 458);
    assert_int_equal(tally.verified, 420);
    assert_int_equal(tally.refused, 2);
    assert_true(tally.forgeries > 100000);
    arena_done(&arena);
    arena_done(&bench.sorting);
    buffer_done(&bench.scratch);
    buffer_done(&index);
    crypto_free(bench.crypto);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(recorded_requests_verify_and_forgeries_do_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
