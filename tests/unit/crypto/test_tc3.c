/* Signature v3 against the published examples (tests/vectors/signing.json). */
#include "crypto/tc3.h"

#include "signing.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "signing_table.h"

enum { ROWS = sizeof tc3_vectors / sizeof *tc3_vectors };

static int setup(void **state)
{
    *state = crypto_new();
    return *state ? 0 : -1;
}

static int teardown(void **state)
{
    crypto_free(*state);
    return 0;
}

static void assert_same(struct slice actual, struct slice expected)
{
    assert_int_equal(actual.len, expected.len);
    if (expected.len > 0)
        assert_memory_equal(actual.at, expected.at, expected.len);
}

static struct tc3_request request_of(const struct tc3_vector *vector)
{
    return (struct tc3_request){.method = vector->method,
                                .query = vector->query,
                                .headers = vector->headers,
                                .header_count = vector->header_count,
                                .signed_headers = vector->signed_headers,
                                .payload_hash = vector->hashed_payload,
                                .timestamp = vector->timestamp,
                                .date = vector->date,
                                .service = vector->service};
}

static struct hmac_key *key_of(struct crypto *crypto, const struct tc3_vector *vector)
{
    struct hmac_key *key =
        tc3_signing_key_new(crypto, vector->secret_key, vector->date, vector->service);
    assert_non_null(key);
    return key;
}

static bool verifies(struct crypto *crypto, const struct tc3_vector *vector,
                     const struct tc3_request *request, struct slice signature)
{
    char memory[1024];
    struct buffer scratch;
    struct hmac_key *key = key_of(crypto, vector);
    buffer_init_fixed(&scratch, memory, sizeof memory);
    bool fits = tc3_verify(crypto, key, request, signature, &scratch);
    hmac_key_free(key);
    return fits;
}

static void every_step_is_as_published(void **state)
{
    assert_int_equal(ROWS, 23);
    for (size_t i = 0; i < ROWS; i++) {
        const struct tc3_vector *vector = &tc3_vectors[i];
        struct tc3_request request = request_of(vector);
        char memory[2048], hex[2 * SHA256_SIZE];
        struct buffer out;
        buffer_init_fixed(&out, memory, sizeof memory);
        assert_true(tc3_canonical_request(&request, TC3_AS_SENT, &out));
        assert_same(buffer_slice(&out), vector->canonical_request);

        buffer_clear(&out);
        tc3_string_to_sign(*state, &request, vector->canonical_request, &out);
        assert_same(buffer_slice(&out), vector->string_to_sign);

        struct hmac_key *key = key_of(*state, vector);
        tc3_sign(*state, key, vector->string_to_sign, hex);
        hmac_key_free(key);
        assert_same(slice_of(hex, sizeof hex), vector->signature);

        buffer_clear(&out);
        tc3_write_authorization(&out, vector->secret_id, vector->date, vector->service,
                                vector->signed_headers, vector->signature);
        assert_same(buffer_slice(&out), vector->authorization);
        assert_true(verifies(*state, vector, &request, vector->signature));
    }
}

static void payload_hashes_are_as_published(void **state)
{
    for (size_t i = 0; i < ROWS; i++) {
        char hex[2 * SHA256_SIZE];
        sha256_hex(*state, tc3_vectors[i].payload, hex);
        struct slice expected = tc3_vectors[i].hashed_payload;
        if (!slice_equal(expected, slice_text(tc3_unsigned_payload_hash)))
            assert_same(slice_of(hex, sizeof hex), expected);
    }
}

static void published_authorizations_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        struct tc3_authorization parts;
        assert_int_equal(tc3_parse_authorization(tc3_vectors[i].authorization, &parts), TC3_OK);
        assert_same(parts.secret_id, tc3_vectors[i].secret_id);
        assert_same(parts.date, tc3_vectors[i].date);
        assert_same(parts.service, tc3_vectors[i].service);
        assert_same(parts.signed_headers, tc3_vectors[i].signed_headers);
        assert_same(parts.signature, tc3_vectors[i].signature);
    }
}

#define SCOPE "Credential=id/2019-02-25/cvm/tc3_request"
#define HEADERS "SignedHeaders=content-type;host"
#define SIGNATURE "Signature=72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168"

static void blanks_are_allowed_where_clients_put_them(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "TC3-HMAC-SHA256 " SCOPE ", " HEADERS ", " SIGNATURE,
        "TC3-HMAC-SHA256  " SCOPE ", " HEADERS ", " SIGNATURE,
        "TC3-HMAC-SHA256 \t   " SCOPE "," HEADERS "," SIGNATURE,
        " TC3-HMAC-SHA256 " SCOPE " ,  " HEADERS "  ,\t" SIGNATURE " ",
        "TC3-HMAC-SHA256 " SCOPE ", SignedHeaders=Host;x-tc-action;Content-Type, " SIGNATURE,
        "TC3-HMAC-SHA256 Credential= id/2019-02-25/cvm/tc3_request, " HEADERS ", " SIGNATURE,
        "TC3-HMAC-SHA256 Credential=\tid/2019-02-25/cvm/tc3_request, " HEADERS ", " SIGNATURE,
        "TC3-HMAC-SHA256 Credential=id/2019-02-25/cvm/tc3_request , " HEADERS ", " SIGNATURE,
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct tc3_authorization parts;
        assert_int_equal(tc3_parse_authorization(slice_text(texts[i]), &parts), TC3_OK);
        assert_same(parts.secret_id, SLICE("id"));
        assert_int_equal(parts.signature.len, 64);
    }
}

#define NAME_PART "x-a-name-that-is-longer-than-what-is-hashed-at-once-and-so-is-read-in-pieces-"
#define LONG_NAME NAME_PART NAME_PART NAME_PART NAME_PART

static void malformed_authorizations_are_told_apart(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum tc3_parse verdict;
    } rows[] = {
        {"", TC3_OTHER_ALGORITHM},
        {"SKIP", TC3_OTHER_ALGORITHM},
        {"tc3-hmac-sha256 " SCOPE ", " HEADERS ", " SIGNATURE, TC3_OTHER_ALGORITHM},
        {"TC3-HMAC-SHA2566 " SCOPE ", " HEADERS ", " SIGNATURE, TC3_OTHER_ALGORITHM},
        {"TC3-HMAC-SM3 " SCOPE ", " HEADERS ", " SIGNATURE, TC3_OTHER_ALGORITHM},
        {"TC3-HMAC-SHA256", TC3_MALFORMED},
        {"TC3-HMAC-SHA256 ", TC3_MALFORMED},
        {"TC3-HMAC-SHA256 " SCOPE, TC3_MALFORMED},
        {"TC3-HMAC-SHA256 " SCOPE ", " HEADERS, TC3_MALFORMED},
        {"TC3-HMAC-SHA256 " HEADERS ", " SCOPE ", " SIGNATURE, TC3_MALFORMED},
        {"TC3-HMAC-SHA256 " SCOPE "; " HEADERS "; " SIGNATURE, TC3_MALFORMED},
        {"TC3-HMAC-SHA256 " SCOPE ", " HEADERS ", " SIGNATURE ",", TC3_MALFORMED},
        {"TC3-HMAC-SHA256 " SCOPE ", " HEADERS ", " SIGNATURE "0", TC3_MALFORMED},
        {"TC3-HMAC-SHA256 " SCOPE ", " HEADERS ", Signature=abc", TC3_MALFORMED},
        {"TC3-HMAC-SHA256 " SCOPE ", " HEADERS
         ", Signature=72E494EA809AD7A8C8F7A4507B9BDDCBAA8E581F516E8DA2F66E2C5A96525168",
         TC3_MALFORMED},
        {"TC3-HMAC-SHA256 " SCOPE ", SignedHeaders=host, " SIGNATURE, TC3_MALFORMED},
        {"TC3-HMAC-SHA256 " SCOPE ", SignedHeaders=content-type, " SIGNATURE, TC3_MALFORMED},
        {"TC3-HMAC-SHA256 " SCOPE ", SignedHeaders=, " SIGNATURE, TC3_MALFORMED},
        {"TC3-HMAC-SHA256 " SCOPE ", " HEADERS ";x;x, " SIGNATURE, TC3_MALFORMED},
        {"TC3-HMAC-SHA256 " SCOPE ", " HEADERS ";Host, " SIGNATURE, TC3_MALFORMED},
        {"TC3-HMAC-SHA256 " SCOPE ", " HEADERS ";" LONG_NAME ";X" LONG_NAME ", " SIGNATURE, TC3_OK},
        {"TC3-HMAC-SHA256 " SCOPE ", " HEADERS ";" LONG_NAME "a;" LONG_NAME "A, " SIGNATURE,
         TC3_MALFORMED},
        {"TC3-HMAC-SHA256 Credential=id/2019-02-25/cvm, " HEADERS ", " SIGNATURE, TC3_MALFORMED},
        {"TC3-HMAC-SHA256 Credential=id/2019-02-25/cvm/tc3_request/, " HEADERS ", " SIGNATURE,
         TC3_MALFORMED},
        {"TC3-HMAC-SHA256 Credential=id/2019-02-25/cvm/aws4_request, " HEADERS ", " SIGNATURE,
         TC3_MALFORMED},
        {"TC3-HMAC-SHA256 Credential=/2019-02-25/cvm/tc3_request, " HEADERS ", " SIGNATURE,
         TC3_MALFORMED},
        {"TC3-HMAC-SHA256 Credential=i,d/2019-02-25/cvm/tc3_request, " HEADERS ", " SIGNATURE,
         TC3_MALFORMED},
        {"TC3-HMAC-SHA256 Credential=id/2019-02-25/c,m/tc3_request, " HEADERS ", " SIGNATURE,
         TC3_MALFORMED},
        {"TC3-HMAC-SHA256 Credential=id/2019-02-25/cvm/x/tc3_request, " HEADERS ", " SIGNATURE,
         TC3_MALFORMED},
        {"TC3-HMAC-SHA256 Credential=id/2019-02-25/tc3_request, " HEADERS ", " SIGNATURE,
         TC3_MALFORMED},
        {"TC3-HMAC-SHA256 Credential=id/tc3_request, " HEADERS ", " SIGNATURE, TC3_MALFORMED},
        {"TC3-HMAC-SHA256 Credential=/tc3_request, " HEADERS ", " SIGNATURE, TC3_MALFORMED},
        {"TC3-HMAC-SHA256 Credential=id/2019-02-25/cvm/tc3_request, " HEADERS
         ", Signature=72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a9652516g",
         TC3_MALFORMED},
        {"TC3-HMAC-SHA256 Credential=id//cvm/tc3_request, " HEADERS ", " SIGNATURE, TC3_MALFORMED},
        {"TC3-HMAC-SHA256 Credential=id/2019-02-25//tc3_request, " HEADERS ", " SIGNATURE,
         TC3_MALFORMED},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct tc3_authorization parts;
        assert_int_equal(tc3_parse_authorization(slice_text(rows[i].text), &parts),
                         rows[i].verdict);
    }
}

/* "h0;h1;..." of `count` headers behind the two that must be, each with a value of 300 bytes. */
static void many_headers(uint32_t count, char value[300], struct buffer *names,
                         struct field fields[TC3_HEADERS_MAX + 1])
{
    memset(value, 'V', 300);
    fields[0] = (struct field){SLICE("Content-Type"), SLICE("application/json")};
    fields[1] = (struct field){SLICE("Host"), SLICE("Billing.example:8080")};
    BUFFER_LITERAL(names, "content-type;host");
    for (uint32_t i = 2; i < count; i++) {
        size_t start = names->len + 1;
        buffer_printf(names, ";h%u", i);
        fields[i] =
            (struct field){slice_of(names->at + start, names->len - start), slice_of(value, 300)};
    }
}

static void as_many_names_as_headers_can_be(void **state)
{
    char memory[4096], head[4096], value[300];
    struct buffer names, text;
    struct field fields[TC3_HEADERS_MAX + 1];
    struct tc3_authorization parts;
    (void)state;
    for (uint32_t count = TC3_HEADERS_MAX; count <= TC3_HEADERS_MAX + 1; count++) {
        buffer_init_fixed(&names, memory, sizeof memory);
        buffer_init_fixed(&text, head, sizeof head);
        many_headers(count, value, &names, fields);
        tc3_write_authorization(&text, SLICE("id"), SLICE("2019-02-25"), SLICE("cvm"),
                                buffer_slice(&names), tc3_vectors[0].signature);
        enum tc3_parse verdict = tc3_parse_authorization(buffer_slice(&text), &parts);
        assert_int_equal(verdict, count == TC3_HEADERS_MAX ? TC3_OK : TC3_MALFORMED);
    }
    assert_int_equal(parts.signed_header_count, TC3_HEADERS_MAX);
}

/* One value signed a thousand times over would be a canonical request of 300 KB. */
static void a_header_is_signed_once(void **state)
{
    char memory[4096];
    struct buffer names, out;
    struct tc3_request request = request_of(&tc3_vectors[0]);
    char value[300];
    struct field fields[TC3_HEADERS_MAX + 1];
    (void)state;
    buffer_init_fixed(&names, memory, sizeof memory);
    buffer_init(&out, 1 << 20);
    many_headers(3, value, &names, fields);
    request.headers = fields;
    request.header_count = 3;
    request.signed_headers = buffer_slice(&names);
    assert_true(tc3_canonical_request(&request, TC3_AS_SENT, &out));
    assert_in_range(out.len, 300, 600);
    for (int i = 0; i < 1000; i++)
        BUFFER_LITERAL(&names, ";h2");
    request.signed_headers = buffer_slice(&names);
    buffer_clear(&out);
    assert_false(tc3_canonical_request(&request, TC3_AS_SENT, &out));
    assert_in_range(out.len, 0, 600);
    buffer_done(&out);
}

/* Clients that sign otherwise than they send are met for heads as they send them; a large one is
 * hashed once. */
static void large_heads_are_tried_as_sent(void **state)
{
    struct hmac_key *key = key_of(*state, &tc3_vectors[0]);
    for (uint32_t count = 3; count <= 40; count += 37) {
        char memory[4096], value[300], hex[2 * SHA256_SIZE];
        struct buffer names, out;
        struct tc3_request request = request_of(&tc3_vectors[0]);
        struct field fields[TC3_HEADERS_MAX + 1];
        buffer_init_fixed(&names, memory, sizeof memory);
        buffer_init(&out, 1 << 20);
        many_headers(count, value, &names, fields);
        request.headers = fields;
        request.header_count = count;
        request.signed_headers = buffer_slice(&names);
        for (unsigned form = 0; form < TC3_FORMS; form++) {
            buffer_clear(&out);
            assert_true(tc3_canonical_request(&request, (enum tc3_form)form, &out));
            size_t canonical_len = out.len;
            assert_int_equal(canonical_len > TC3_LENIENT_BYTES_MAX, count == 40);
            tc3_string_to_sign(*state, &request, buffer_slice(&out), &out);
            tc3_sign(*state, key, slice_of(out.at + canonical_len, out.len - canonical_len), hex);
            assert_int_equal(tc3_verify(*state, key, &request, slice_of(hex, sizeof hex), &out),
                             form == TC3_AS_SENT || count == 3);
        }
        buffer_done(&out);
    }
    hmac_key_free(key);
}

static struct slice header_of(const struct tc3_vector *vector, struct slice name)
{
    for (size_t i = 0; i < vector->header_count; i++)
        if (slice_equal_nocase(vector->headers[i].name, name))
            return slice_trim(vector->headers[i].value);
    return SLICE_NONE;
}

/* A server has seen already that Host and Content-Type are there once, and says so. */
static void headers_known_beforehand_change_nothing(void **state)
{
    for (size_t i = 0; i < ROWS; i++) {
        const struct tc3_vector *vector = &tc3_vectors[i];
        struct tc3_request request = request_of(vector);
        char memory[2048];
        struct buffer out;
        request.host = header_of(vector, SLICE("host"));
        request.content_type = header_of(vector, SLICE("content-type"));
        buffer_init_fixed(&out, memory, sizeof memory);
        assert_true(tc3_canonical_request(&request, TC3_AS_SENT, &out));
        assert_same(buffer_slice(&out), vector->canonical_request);
        assert_true(verifies(*state, vector, &request, vector->signature));
    }
}

static void known_headers_may_have_been_signed_otherwise(void **state)
{
    struct tc3_request request = request_of(&tc3_vectors[0]);
    request.header_count = 0; /* not looked at */
    request.host = SLICE("CVM.TencentCloudAPI.com:8080");
    request.content_type = SLICE("Application/JSON; Charset=UTF-8");
    assert_true(verifies(*state, &tc3_vectors[0], &request, tc3_vectors[0].signature));
    request.host = SLICE("cvm.tencentcloudapi.com:80x");
    assert_false(verifies(*state, &tc3_vectors[0], &request, tc3_vectors[0].signature));
    request.host = SLICE("cvm.tencentcloudapi.com");
    request.content_type = SLICE("application/json");
    assert_false(verifies(*state, &tc3_vectors[0], &request, tc3_vectors[0].signature));
}

/* The first published example with its headers written another way on the wire. */
static bool first_example_verifies(struct crypto *crypto, const struct field *headers, size_t count)
{
    struct tc3_request request = request_of(&tc3_vectors[0]);
    request.headers = headers;
    request.header_count = count;
    return verifies(crypto, &tc3_vectors[0], &request, tc3_vectors[0].signature);
}

static void header_names_have_no_case_and_values_are_trimmed(void **state)
{
    const struct field headers[] = {
        {SLICE("X-TC-Action"), SLICE("DescribeInstances")},
        {SLICE("HOST"), SLICE(" cvm.tencentcloudapi.com\t")},
        {SLICE("Content-Type"), SLICE("application/json; charset=utf-8")},
    };
    assert_true(first_example_verifies(*state, headers, 3));
}

static void values_may_have_been_signed_in_lower_case(void **state)
{
    const struct field headers[] = {
        {SLICE("Host"), SLICE("CVM.TencentCloudAPI.com")},
        {SLICE("Content-Type"), SLICE("Application/JSON; Charset=UTF-8")},
    };
    assert_true(first_example_verifies(*state, headers, 2));
}

static void the_port_may_have_been_left_out(void **state)
{
    const struct field ports[][2] = {
        {{SLICE("Host"), SLICE("cvm.tencentcloudapi.com:8080")},
         {SLICE("Content-Type"), SLICE("application/json; charset=utf-8")}},
        {{SLICE("Host"), SLICE("CVM.tencentcloudapi.com:8080")},
         {SLICE("Content-Type"), SLICE("application/json; charset=utf-8")}},
    };
    assert_true(first_example_verifies(*state, ports[0], 2));
    assert_true(first_example_verifies(*state, ports[1], 2));
    const struct field others[][2] = {
        {{SLICE("Host"), SLICE("cvm.tencentcloudapi.com:80x")},
         {SLICE("Content-Type"), SLICE("application/json; charset=utf-8")}},
        {{SLICE("Host"), SLICE("cvm.tencentcloudapi.com")},
         {SLICE("Content-Type"), SLICE("application/json; charset=utf-8:80")}},
    };
    assert_false(first_example_verifies(*state, others[0], 2));
    assert_false(first_example_verifies(*state, others[1], 2));
}

static void a_signed_header_has_exactly_one_value(void **state)
{
    const struct field headers[] = {
        {SLICE("Host"), SLICE("cvm.tencentcloudapi.com")},
        {SLICE("Content-Type"), SLICE("application/json; charset=utf-8")},
        {SLICE("hOST"), SLICE("cvm.tencentcloudapi.com")},
        {SLICE("host"), SLICE("cbs.tencentcloudapi.com")},
    };
    assert_true(first_example_verifies(*state, headers, 2));
    assert_true(first_example_verifies(*state, headers, 3));
    assert_false(first_example_verifies(*state, headers, 4));
    assert_false(first_example_verifies(*state, headers, 1));
    assert_false(first_example_verifies(*state, headers, 0));
}

static void a_small_scratch_refuses(void **state)
{
    char memory[64];
    struct buffer scratch;
    struct tc3_request request = request_of(&tc3_vectors[0]);
    struct hmac_key *key = key_of(*state, &tc3_vectors[0]);
    buffer_init_fixed(&scratch, memory, sizeof memory);
    assert_false(tc3_verify(*state, key, &request, tc3_vectors[0].signature, &scratch));
    hmac_key_free(key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_step_is_as_published),
        cmocka_unit_test(payload_hashes_are_as_published),
        cmocka_unit_test(published_authorizations_are_read),
        cmocka_unit_test(blanks_are_allowed_where_clients_put_them),
        cmocka_unit_test(malformed_authorizations_are_told_apart),
        cmocka_unit_test(as_many_names_as_headers_can_be),
        cmocka_unit_test(a_header_is_signed_once),
        cmocka_unit_test(large_heads_are_tried_as_sent),
        cmocka_unit_test(headers_known_beforehand_change_nothing),
        cmocka_unit_test(known_headers_may_have_been_signed_otherwise),
        cmocka_unit_test(header_names_have_no_case_and_values_are_trimmed),
        cmocka_unit_test(values_may_have_been_signed_in_lower_case),
        cmocka_unit_test(the_port_may_have_been_left_out),
        cmocka_unit_test(a_signed_header_has_exactly_one_value),
        cmocka_unit_test(a_small_scratch_refuses),
    };
    (void)v1_vectors;
    return cmocka_run_group_tests(tests, setup, teardown);
}
