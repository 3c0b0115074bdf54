/* Signatures over whole requests, as http1 reads them: the input is an HTTP request; what it signs
 * and with which key is made up here.
 *
 * 1. A signature made here is accepted, one with a bit changed, or over another body, is not.
 * 2. The same for signature v1 over the query's parameters. Where no value holds what could be a
 *    further one, the string to sign can be read back: it is that of these parameters only.
 * 3. base64 and hex: what is decoded is encoded to the same text; what is sealed opens to the same
 *    bytes, and not in another place, under another key or changed. */
#include "base/check.h"
#include "codec/form.h"
#include "codec/http1.h"
#include "crypto/seal.h"
#include "crypto/tc3.h"
#include "crypto/v1.h"
#include "fuzz.h"

enum { SCRATCH_BYTES_MAX = 1 << 20, ARENA_BYTES = 1 << 16, PARAMETERS_MAX = 64 };

struct desk {
    struct crypto *crypto;
    struct arena arena;
    struct buffer scratch;
};

static struct slice hex_of(const char hex[2 * SHA256_SIZE])
{
    return slice_of(hex, 2 * (size_t)SHA256_SIZE);
}

/* In the form that a client of this kind would use. The canonical request's length, or 0. */
static size_t sign_as(struct desk *desk, const struct tc3_request *request,
                      const struct hmac_key *key, enum tc3_form form, char ret_hex[2 * SHA256_SIZE])
{
    buffer_clear(&desk->scratch);
    if (!tc3_canonical_request(request, form, &desk->scratch))
        return 0;
    size_t canonical_len = desk->scratch.len;
    tc3_string_to_sign(desk->crypto, request, buffer_slice(&desk->scratch), &desk->scratch);
    CHECK(buffer_ok(&desk->scratch));
    tc3_sign(desk->crypto, key,
             slice_of(desk->scratch.at + canonical_len, desk->scratch.len - canonical_len),
             ret_hex);
    return canonical_len;
}

static void check_tc3(struct desk *desk, struct tc3_request request)
{
    char hex[2 * SHA256_SIZE];
    char other[2 * SHA256_SIZE];
    struct hmac_key *key = tc3_signing_key_new(desk->crypto, SLICE("Gu5t9xGARNpq86cd98joQYCN3"),
                                               request.date, request.service);
    CHECK(key);
    size_t as_sent = sign_as(desk, &request, key, TC3_AS_SENT, hex);
    unsigned forms = as_sent <= TC3_LENIENT_BYTES_MAX ? TC3_FORMS : 1;
    for (unsigned form = 0; form < forms; form++) {
        if (!sign_as(desk, &request, key, (enum tc3_form)form, hex))
            continue;
        CHECK(tc3_verify(desk->crypto, key, &request, hex_of(hex), &desk->scratch));
        hex[form] = hex[form] == 'a' ? 'b' : 'a';
        CHECK(!tc3_verify(desk->crypto, key, &request, hex_of(hex), &desk->scratch));
        hex[form] = 'x';
        CHECK(!tc3_verify(desk->crypto, key, &request, hex_of(hex), &desk->scratch));
    }
    if (sign_as(desk, &request, key, TC3_AS_SENT, hex)) {
        sha256_hex(desk->crypto, hex_of(hex), other); /* of another body */
        request.payload_hash = hex_of(other);
        CHECK(!tc3_verify(desk->crypto, key, &request, hex_of(hex), &desk->scratch));
    }
    hmac_key_free(key);
}

static void check_v3(struct desk *desk, const struct http1_request *http, struct slice body)
{
    char hash[2 * SHA256_SIZE];
    struct tc3_authorization parts = {.date = SLICE("2026-11-23"),
                                      .service = SLICE("billing"),
                                      .signed_headers = SLICE("content-type;host")};
    (void)tc3_parse_authorization(http1_find(http, SLICE("Authorization")), &parts);
    sha256_hex(desk->crypto, body, hash);
    check_tc3(desk, (struct tc3_request){
                        .method = http->method_text,
                        .query = http->query,
                        .headers = http->fields,
                        .header_count = http->field_count,
                        .signed_headers = parts.signed_headers,
                        .payload_hash = hex_of(hash),
                        .timestamp = http1_find(http, SLICE("X-TC-Timestamp")),
                        .date = parts.date,
                        .service = parts.service,
                    });
}

static void check_kind(struct desk *desk, const struct v1_request *request, enum digest_kind kind)
{
    struct slice secret = SLICE("a secret key longer than one block of the hash, which is hashed "
                                "before it is used; see RFC 2104");
    struct buffer signature;
    struct hmac_key *key = hmac_key_new(desk->crypto, kind, secret);
    CHECK(key);
    for (int bare = 0; bare < 2; bare++) {
        char memory[64];
        buffer_init_fixed(&signature, memory, sizeof memory);
        buffer_clear(&desk->scratch);
        CHECK(v1_string_to_sign(request, bare, &desk->arena, &desk->scratch));
        v1_sign(desk->crypto, kind, secret, buffer_slice(&desk->scratch), &signature);
        struct slice text = buffer_slice(&signature);
        CHECK(v1_verify(desk->crypto, key, request, text, &desk->arena, &desk->scratch));
        memory[0] = memory[0] == 'A' ? 'B' : 'A';
        CHECK(!v1_verify(desk->crypto, key, request, text, &desk->arena, &desk->scratch));
    }
    hmac_key_free(key);
}

/* Every name is one, and no value could be taken for two. */
static bool is_plain(const struct v1_request *request)
{
    for (size_t i = 0; i < request->parameter_count; i++) {
        const struct field *pair = &request->parameters[i];
        struct slice name, rest = pair->value;
        if (v1_next_pair(&rest, &name) || slice_equal(pair->name, SLICE("Signature")))
            return false;
        for (size_t j = 0; j < pair->name.len; j++)
            if (!strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-",
                        pair->name.at[j]) ||
                pair->name.at[j] == '\0')
                return false;
        if (pair->name.len == 0)
            return false;
    }
    return true;
}

/* Up to the next `&`, a name and `=`. */
static struct slice value_end(struct slice *rest)
{
    struct slice start = *rest, name;
    if (!v1_next_pair(rest, &name)) {
        *rest = SLICE_NONE;
        return start;
    }
    return slice_of(start.at, (size_t)(rest->at - start.at) - 1);
}

static void check_read_back(struct desk *desk, const struct v1_request *request)
{
    bool found[PARAMETERS_MAX] = {false};
    size_t count = 0;
    buffer_clear(&desk->scratch);
    if (request->parameter_count == 0 || !is_plain(request))
        return;
    CHECK(v1_string_to_sign(request, false, &desk->arena, &desk->scratch));
    struct slice rest = buffer_slice(&desk->scratch);
    size_t head = request->method.len + request->host.len + 2;
    rest = slice_of(rest.at + head, rest.len - head);
    for (; rest.len > 0; count++) {
        struct slice name = slice_cut(rest, '=', &rest), value = value_end(&rest);
        size_t i = 0;
        while (i < request->parameter_count &&
               (found[i] || !slice_equal(request->parameters[i].name, name) ||
                !slice_equal(request->parameters[i].value, value)))
            i++;
        CHECK(i < request->parameter_count);
        found[i] = true;
    }
    CHECK(count == request->parameter_count);
}

static void check_v1(struct desk *desk, const struct http1_request *http)
{
    static struct field parameters[PARAMETERS_MAX];
    struct slice rest = http->query;
    struct v1_request request = {http->method_text, http->host, parameters, 0};
    while (request.parameter_count < PARAMETERS_MAX &&
           form_next(&rest, &desk->arena, &parameters[request.parameter_count]) == FORM_PAIR)
        request.parameter_count++;
    check_kind(desk, &request, DIGEST_SHA1);
    check_kind(desk, &request, DIGEST_SHA256);
    check_read_back(desk, &request);
}

static void check_seal(struct desk *desk, struct slice plain, struct slice place)
{
    unsigned char key[SEAL_KEY_SIZE] = {7};
    unsigned char nonce[SEAL_NONCE_SIZE] = {9};
    struct fault fault = {{0}};
    struct buffer opened;
    buffer_clear(&desk->scratch);
    buffer_init(&opened, SCRATCH_BYTES_MAX);
    CHECK(status_ok(seal(key, nonce, plain, place, &desk->scratch, &fault)));
    struct slice sealed = buffer_slice(&desk->scratch);
    CHECK(sealed.len == plain.len + SEAL_OVERHEAD);
    CHECK(status_ok(unseal(key, sealed, place, &opened, &fault)));
    CHECK(slice_equal(buffer_slice(&opened), plain));
    buffer_clear(&opened);
    CHECK(unseal(key, sealed, SLICE("elsewhere"), &opened, &fault).code == STATUS_CORRUPT);
    CHECK(unseal(key, plain, place, &opened, &fault).code == STATUS_CORRUPT);
    desk->scratch.at[sealed.len - 1] ^= 1;
    CHECK(unseal(key, sealed, place, &opened, &fault).code == STATUS_CORRUPT);
    desk->scratch.at[sealed.len - 1] ^= 1;
    key[0] ^= 1;
    CHECK(unseal(key, sealed, place, &opened, &fault).code == STATUS_CORRUPT);
    CHECK(opened.len == 0);
    buffer_done(&opened);
}

static void check_text(struct slice text)
{
    unsigned char bytes[SHA256_SIZE];
    struct buffer decoded;
    struct buffer again;
    buffer_init(&decoded, SCRATCH_BYTES_MAX);
    buffer_init(&again, SCRATCH_BYTES_MAX);
    if (base64_decode(&decoded, text)) {
        base64_encode(&again, buffer_slice(&decoded));
        CHECK(slice_equal(buffer_slice(&again), text));
    } else {
        CHECK(decoded.len == 0);
        base64_encode(&again, text);
        CHECK(base64_decode(&decoded, buffer_slice(&again)));
        CHECK(slice_equal(buffer_slice(&decoded), text));
    }
    buffer_clear(&again);
    if (hex_decode(text, bytes, sizeof bytes)) {
        buffer_hex(&again, bytes, sizeof bytes);
        CHECK(slice_equal_nocase(buffer_slice(&again), text));
    }
    buffer_done(&decoded);
    buffer_done(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct http1_request http;
    struct slice text = fuzz_text(data, size);
    struct desk desk = {.crypto = crypto_new()};
    size_t scanned = 0;
    CHECK(desk.crypto && arena_init(&desk.arena, ARENA_BYTES, SCRATCH_BYTES_MAX));
    buffer_init(&desk.scratch, SCRATCH_BYTES_MAX);
    struct http1_verdict verdict = http1_parse_head(text, &HTTP1_LIMITS_DEFAULT, &scanned, &http);
    if (verdict.progress == HTTP1_DONE) {
        struct slice body = slice_of(text.at + verdict.used, text.len - verdict.used);
        check_v3(&desk, &http, body);
        check_v1(&desk, &http);
        check_seal(&desk, body, http.path);
        check_text(body);
    }
    check_text(text);
    buffer_done(&desk.scratch);
    arena_done(&desk.arena);
    crypto_free(desk.crypto);
    return 0;
}
