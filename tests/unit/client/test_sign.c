/* bursar_sign against tests/vectors/signing.json, and v1 forms against the verifier. */
#include "client/client.h"
#include "codec/form.h"
#include "codec/json.h"
#include "crypto/v1.h"
#include "sys/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

struct vector {
    struct slice secret_id, secret_key, service, method, payload, host, content_type;
    struct slice hashed_payload, canonical_request, string_to_sign, signature, authorization;
    struct slice timestamp;
    size_t header_count;
};

static void read_headers(struct json_reader *reader, struct vector *vector)
{
    struct json_token name, value, token;
    assert_int_equal(json_next(reader, &token), JSON_ARRAY);
    while (json_next(reader, &token) == JSON_ARRAY) {
        assert_int_equal(json_next(reader, &name), JSON_STRING);
        assert_int_equal(json_next(reader, &value), JSON_STRING);
        assert_int_equal(json_next(reader, &token), JSON_ARRAY_END);
        vector->header_count++;
        if (slice_equal(name.text, SLICE("host")))
            vector->host = value.text;
        if (slice_equal(name.text, SLICE("content-type")))
            vector->content_type = value.text;
    }
}

static struct slice *vector_field(struct vector *vector, struct slice name)
{
    const struct {
        struct slice name;
        struct slice *field;
    } rows[] = {
        {SLICE("secret_id"), &vector->secret_id},
        {SLICE("secret_key"), &vector->secret_key},
        {SLICE("service"), &vector->service},
        {SLICE("method"), &vector->method},
        {SLICE("payload"), &vector->payload},
        {SLICE("hashed_payload"), &vector->hashed_payload},
        {SLICE("canonical_request"), &vector->canonical_request},
        {SLICE("string_to_sign"), &vector->string_to_sign},
        {SLICE("signature"), &vector->signature},
        {SLICE("authorization"), &vector->authorization},
        {SLICE("timestamp"), &vector->timestamp},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (slice_equal(name, rows[i].name))
            return rows[i].field;
    return NULL;
}

static void read_vector(struct json_reader *reader, struct vector *ret_vector)
{
    struct json_token token;
    *ret_vector = (struct vector){.header_count = 0};
    while (json_next(reader, &token) == JSON_KEY) {
        struct slice *field = vector_field(ret_vector, token.text);
        if (slice_equal(token.text, SLICE("headers"))) {
            read_headers(reader, ret_vector);
        } else if (field) {
            (void)json_next(reader, &token);
            *field = token.text;
        } else {
            assert_true(json_skip(reader));
        }
    }
    assert_int_equal(token.kind, JSON_OBJECT_END);
}

static struct bursar_client *open_client(struct bursar_options options)
{
    char message[200] = "";
    struct bursar_client *client;
    if (bursar_client_new(&options, message, sizeof message, &client) != BURSAR_OK)
        fail_msg("%s", message);
    return client;
}

static const char *text_of(char memory[512], struct slice text)
{
    assert_true(text.len < 512);
    memcpy(memory, text.at, text.len);
    memory[text.len] = '\0';
    return memory;
}

static bool has_header(const struct bursar_signed_request *request, const char *line)
{
    for (size_t i = 0; i < request->header_count; i++)
        if (strcmp(request->headers[i], line) == 0)
            return true;
    return false;
}

static void assert_text(const char *actual, struct slice expected)
{
    assert_int_equal(strlen(actual), expected.len);
    assert_memory_equal(actual, expected.at, expected.len);
}

/* Requests as this library makes them: POST, application/json exactly, with all signed that says
 * what is asked for: action, version and, in one, a past moment. */
static bool is_ours(const struct vector *vector)
{
    return slice_equal(vector->method, SLICE("POST")) && vector->header_count >= 4 &&
           slice_equal(vector->content_type, SLICE("application/json")) &&
           slice_starts_with(vector->payload, SLICE("{"));
}

static void assert_signs(const struct vector *vector)
{
    char id[512], key[512], host[512], service[512], payload[512], line[600];
    const struct bursar_signed_request *request;
    uint64_t timestamp;
    bool hides_payload = slice_starts_with(vector->hashed_payload, SLICE("438d4109"));
    struct bursar_client *client = open_client((struct bursar_options){
        .endpoint = "http://127.0.0.1:1",
        .host = text_of(host, vector->host),
        .secret_id = text_of(id, vector->secret_id),
        .secret_key = text_of(key, vector->secret_key),
        .signing = hides_payload ? BURSAR_SIGN_TC3_UNSIGNED : BURSAR_SIGN_TC3,
        .as_of = vector->header_count == 5 ? "2026-11-23T13:00:00Z" : NULL,
    });
    assert_true(slice_to_u64(vector->timestamp, &timestamp));
    assert_int_equal(bursar_sign(client, text_of(service, vector->service), "2018-07-09",
                                 "DescribeOrgMemberAccountBalance",
                                 text_of(payload, vector->payload), (int64_t)timestamp, &request),
                     BURSAR_OK);
    assert_string_equal(request->method, "POST");
    assert_string_equal(request->url, "http://127.0.0.1:1/");
    assert_text(request->body, vector->payload);
    assert_text(request->canonical_request, vector->canonical_request);
    assert_text(request->string_to_sign, vector->string_to_sign);
    assert_text(request->signature, vector->signature);
    (void)snprintf(line, sizeof line, "Authorization: %.*s", SLICE_ARGS(vector->authorization));
    assert_true(has_header(request, line));
    (void)snprintf(line, sizeof line, "Host: %s", host);
    assert_true(has_header(request, line));
    assert_true(has_header(request, "X-TC-Action: DescribeOrgMemberAccountBalance"));
    assert_int_equal(has_header(request, "X-TC-Content-SHA256: UNSIGNED-PAYLOAD"), hides_payload);
    bursar_client_free(client);
}

static void published_signatures_are_reproduced(void **state)
{
    (void)state;
    struct buffer file;
    struct arena arena;
    struct fault fault;
    struct json_reader reader;
    struct json_token token;
    size_t ours = 0;
    buffer_init(&file, 1 << 20);
    assert_true(status_ok(file_read(VECTORS "/signing.json", &file, &fault)));
    assert_true(arena_init(&arena, 1 << 20, 1 << 20));
    json_reader_init(&reader, buffer_slice(&file), &arena);
    assert_int_equal(json_next(&reader, &token), JSON_OBJECT);
    while (json_next(&reader, &token) == JSON_KEY) {
        if (!slice_equal(token.text, SLICE("tc3"))) {
            assert_true(json_skip(&reader));
            continue;
        }
        assert_int_equal(json_next(&reader, &token), JSON_ARRAY);
        while (json_next(&reader, &token) == JSON_OBJECT) {
            struct vector vector;
            read_vector(&reader, &vector);
            if (is_ours(&vector)) {
                assert_signs(&vector);
                ours++;
            }
        }
    }
    assert_true(ours >= 6);
    arena_done(&arena);
    buffer_done(&file);
}

/* The form read back: its fields, its signature apart. */
struct form {
    struct arena arena;
    struct field fields[64];
    size_t count;
    struct slice signature;
};

static void read_form(struct form *form, const char *body)
{
    struct slice rest = slice_text(body);
    assert_true(arena_init(&form->arena, 1 << 16, 1 << 16));
    form->count = 0;
    while (rest.len > 0) {
        assert_true(form->count < 64);
        assert_int_equal(form_next(&rest, &form->arena, &form->fields[form->count]), FORM_PAIR);
        if (slice_equal(form->fields[form->count].name, SLICE("Signature")))
            form->signature = form->fields[form->count].value;
        form->count++;
    }
}

static struct slice form_value(const struct form *form, const char *name)
{
    for (size_t i = 0; i < form->count; i++)
        if (slice_equal(form->fields[i].name, slice_text(name)))
            return form->fields[i].value;
    return SLICE_NONE;
}

static void assert_value(const struct form *form, const char *name, const char *value)
{
    struct slice found = form_value(form, name);
    assert_non_null(found.at);
    assert_true(slice_equal(found, slice_text(value)));
}

static void assert_form_verifies(const struct form *form, enum digest_kind kind, const char *host)
{
    char memory[4096], sorting[4096];
    struct buffer scratch;
    struct arena arena;
    struct crypto *crypto = crypto_new();
    struct hmac_key *key = hmac_key_new(crypto, kind, SLICE("the key"));
    struct v1_request request = {SLICE("POST"), slice_text(host), form->fields, form->count};
    arena_init_fixed(&arena, sorting, sizeof sorting);
    buffer_init_fixed(&scratch, memory, sizeof memory);
    assert_true(v1_verify(crypto, key, &request, form->signature, &arena, &scratch));
    hmac_key_free(key);
    crypto_free(crypto);
}

static void v1_sends_a_flat_form(void **state)
{
    (void)state;
    static const enum bursar_signing signings[] = {BURSAR_SIGN_SHA1, BURSAR_SIGN_SHA256};
    for (size_t i = 0; i < 2; i++) {
        struct form form;
        const struct bursar_signed_request *request;
        struct bursar_client *client = open_client((struct bursar_options){
            .endpoint = "http://billing.local:8080",
            .secret_id = "the_id",
            .secret_key = "the key",
            .token = "tok/en+=~ 1",
            .region = "ap-singapore",
            .language = "zh-CN",
            .signing = signings[i],
        });
        assert_int_equal(bursar_sign(client, "billing", "2018-07-09", "DescribeX",
                                     "{\"MemberUins\":[\"1\",\"2\"],\"PageNumber\":3,\"Odd\":\"a b&"
                                     "=/\xc3\xa9~*%\",\"F\":[{\"Name\":\"n\",\"V\":[true,null]}],"
                                     "\"Empty\":[],\"None\":null}",
                                     1551113065, &request),
                         BURSAR_OK);
        assert_true(has_header(request, "Content-Type: application/x-www-form-urlencoded"));
        assert_true(has_header(request, "Host: billing.local:8080"));
        assert_int_equal(request->header_count, 2);
        assert_string_equal(request->canonical_request, "");
        read_form(&form, request->body);
        assert_value(&form, "Action", "DescribeX");
        assert_value(&form, "Version", "2018-07-09");
        assert_value(&form, "Timestamp", "1551113065");
        assert_value(&form, "SecretId", "the_id");
        assert_value(&form, "Token", "tok/en+=~ 1");
        assert_value(&form, "Region", "ap-singapore");
        assert_value(&form, "Language", "zh-CN");
        assert_value(&form, "MemberUins.0", "1");
        assert_value(&form, "MemberUins.1", "2");
        assert_value(&form, "PageNumber", "3");
        assert_value(&form, "Odd", "a b&=/\xc3\xa9~*%");
        assert_value(&form, "F.0.Name", "n");
        assert_value(&form, "F.0.V.0", "true");
        assert_value(&form, "Signature", request->signature);
        assert_value(&form, "SignatureMethod", i == 0 ? "HmacSHA1" : "HmacSHA256");
        assert_int_equal(form.count, 17);
        assert_form_verifies(&form, i == 0 ? DIGEST_SHA1 : DIGEST_SHA256, "billing.local:8080");
        arena_done(&form.arena);
        bursar_client_free(client);
    }
}

/* The string to sign of v1 is that of one set of parameters, or nothing is signed. */
static void v1_signs_no_value_that_could_be_a_parameter(void **state)
{
    (void)state;
    static const struct {
        const char *action, *parameters;
        enum bursar_result result;
    } rows[] = {
        {"CreateX", "{\"ClientToken\":\"tok1&DryRun=true\"}", BURSAR_USAGE},
        {"CreateX", "{\"L\":[{\"Reason\":\"&a&b&Cash.0=\"}]}", BURSAR_USAGE},
        {"CreateX", "{\"Reason\":\"R & D, a=b, &=c, x&\"}", BURSAR_OK},
        {"DescribeX", "{\"Name\":\"a&b=c\"}", BURSAR_OK},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct bursar_signed_request *request;
        struct bursar_client *client =
            open_client((struct bursar_options){.endpoint = "unix:/x",
                                                .secret_id = "id",
                                                .secret_key = "key",
                                                .signing = BURSAR_SIGN_SHA256});
        assert_int_equal(bursar_sign(client, "bursar", "2026-11-01", rows[i].action,
                                     rows[i].parameters, 0, &request),
                         rows[i].result);
        if (rows[i].result == BURSAR_USAGE)
            assert_non_null(strstr(bursar_error_message(client), "TC3-HMAC-SHA256"));
        bursar_client_free(client);
    }
}

static void options_become_headers(void **state)
{
    (void)state;
    const struct bursar_signed_request *request;
    struct bursar_client *client = open_client((struct bursar_options){
        .endpoint = "unix:/x",
        .secret_id = "id",
        .secret_key = "key",
        .token = "the token",
        .region = "ap-singapore",
        .language = "zh-CN",
    });
    assert_int_equal(bursar_sign(client, "bursar", "2026-11-01", "DescribeX", NULL, 0, &request),
                     BURSAR_OK);
    assert_true(has_header(request, "Host: bursar.tencentcloudapi.com"));
    assert_true(has_header(request, "Content-Type: application/json"));
    assert_true(has_header(request, "X-TC-Version: 2026-11-01"));
    assert_true(has_header(request, "X-TC-Timestamp: 0"));
    assert_true(has_header(request, "X-TC-Token: the token"));
    assert_true(has_header(request, "X-TC-Region: ap-singapore"));
    assert_true(has_header(request, "X-TC-Language: zh-CN"));
    assert_string_equal(request->body, "{}");
    assert_int_equal(request->body_len, 2);
    bursar_client_free(client);
}

static void unsigned_requests_carry_no_signature(void **state)
{
    (void)state;
    static const enum bursar_signing signings[] = {BURSAR_SIGN_TC3, BURSAR_SIGN_SHA1};
    for (size_t i = 0; i < 2; i++) {
        const struct bursar_signed_request *request;
        struct bursar_client *client = open_client((struct bursar_options){
            .endpoint = "unix:/x", .unsigned_requests = true, .signing = signings[i]});
        assert_int_equal(
            bursar_sign(client, "bursar", "2026-11-01", "DescribeX", "{}", 0, &request), BURSAR_OK);
        assert_string_equal(request->signature, "");
        for (size_t h = 0; h < request->header_count; h++)
            assert_null(strstr(request->headers[h], "Authorization"));
        assert_null(strstr(request->body, "Signature"));
        bursar_client_free(client);
    }
}

static void meaningless_arguments_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *service, *version, *action, *parameters, *words;
        int64_t timestamp;
    } rows[] = {
        {"", "v", "A", "{}", "service", 0},
        {"a b", "v", "A", "{}", "service", 0},
        {"a\r\n", "v", "A", "{}", "service", 0},
        {"s", "v 1", "A", "{}", "version", 0},
        {"s", "v", "A\nX: y", "{}", "action", 0},
        {"s", "v", "", "{}", "action", 0},
        {"s", "v", "A", "", "JSON", 0},
        {"s", "v", "A", "[]", "not a JSON object", 0},
        {"s", "v", "A", "null", "not a JSON object", 0},
        {"s", "v", "A", "{\"a\":1,}", "byte 7", 0},
        {"s", "v", "A", "{} {}", "JSON", 0},
        {"s", "v", "A", "{\"a\":1,\"a\":2}", "JSON", 0},
        {"s", "v", "A", "{}", "timestamp", -1},
        {"s", "v", "A", "{}", "timestamp", INT64_MAX},
    };
    struct bursar_client *client = open_client(
        (struct bursar_options){.endpoint = "unix:/x", .secret_id = "id", .secret_key = "key"});
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct bursar_signed_request *request;
        assert_int_equal(bursar_sign(client, rows[i].service, rows[i].version, rows[i].action,
                                     rows[i].parameters, rows[i].timestamp, &request),
                         BURSAR_USAGE);
        assert_non_null(strstr(bursar_error_message(client), rows[i].words));
    }
    bursar_client_free(client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_signatures_are_reproduced),
        cmocka_unit_test(v1_sends_a_flat_form),
        cmocka_unit_test(v1_signs_no_value_that_could_be_a_parameter),
        cmocka_unit_test(options_become_headers),
        cmocka_unit_test(unsigned_requests_carry_no_signature),
        cmocka_unit_test(meaningless_arguments_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
