/* What may be taken of a body before it is here, and what is answered when it is not: from the
 * head, in the order in which a whole request is judged. */
#include "world.h"

#include <stdio.h>

static struct world world;

static int open_world(void **state)
{
    struct api_options options = API_OPTIONS_DEFAULT;
    (void)state;
    options.calls_per_second = 0;
    world_open(&world, &options);
    return 0;
}

static int close_world(void **state)
{
    (void)state;
    world_close(&world);
    return 0;
}

/* The head of the call, which announces `body_bytes`; the text is the world's. */
static void read_head(const struct signed_call *call, uint64_t body_bytes,
                      struct http1_request *ret_request)
{
    struct http1_limits limits = HTTP1_LIMITS_DEFAULT;
    size_t scanned = 0;
    world_sign(&world, call, &world.text);
    assert_int_equal(
        http1_parse_head(buffer_slice(&world.text), &limits, &scanned, ret_request).progress,
        HTTP1_DONE);
    ret_request->body_bytes = body_bytes;
    ret_request->body = SLICE_NONE;
}

static const char *refuse(const struct http1_request *request)
{
    struct api_call call = {.request = request};
    api_refuse(world.worker, &call, &world.out);
    buffer_char(&world.out, '\0');
    return world.out.at;
}

/* The call's head is judged so, and answered so when refused. */
static void assert_judged(const struct signed_call *call, enum api_body expected, const char *code,
                          const char *text)
{
    struct http1_request request;
    read_head(call, 10 << 20, &request);
    assert_int_equal(api_judge_head(world.worker, &request, API_TRUST_NONE), expected);
    if (expected == API_BODY_REFUSED)
        assert_error(refuse(&request), code, text);
}

static void who_names_a_known_key_may_send(void **state)
{
    struct http1_request request;
    (void)state;
    assert_judged(&(struct signed_call){.action = NULL}, API_BODY_TAKEN, NULL, NULL);
    assert_judged(&(struct signed_call){.content_type = "multipart/form-data; boundary=x"},
                  API_BODY_TAKEN, NULL, NULL);
    /* a wrong secret is not seen before the body is here, which it signs */
    assert_judged(&(struct signed_call){.secret_key = "another"}, API_BODY_TAKEN, NULL, NULL);
    read_head(&(struct signed_call){.secret_id = "AKIDnobody"}, 10 << 20, &request);
    assert_int_equal(api_judge_head(world.worker, &request, API_TRUST_OPERATOR), API_BODY_TAKEN);
}

static void whoever_else_may_not(void **state)
{
    static const char not_found[] =
        "The SecretId is not found, please ensure that your SecretId is correct.";
    static const char no_type[] = "this action does not support Content-Type=`text/plain`";
    static const char service[] = "The request `Authorization` header does not conform to "
                                  "tencentcloud standards: `Service` in Credential not valid.";
    static const char malformed[] =
        "The request `Authorization` header does not conform to tencentcloud standards.";
    static const char expired[] = "The signature is expired, please request again.";
    (void)state;
    assert_judged(&(struct signed_call){.secret_id = "AKIDnobody"}, API_BODY_REFUSED,
                  "AuthFailure.SecretIdNotFound", not_found);
    assert_judged(&(struct signed_call){.timestamp = START_S - 301, .secret_id = "AKIDnobody"},
                  API_BODY_REFUSED, "AuthFailure.SignatureExpire", expired);
    assert_judged(&(struct signed_call){.timestamp = START_S - 301, .service = "cvm"},
                  API_BODY_REFUSED, "AuthFailure.InvalidAuthorization", service);
    assert_judged(&(struct signed_call){.authorization = "SKIP"}, API_BODY_REFUSED,
                  "AuthFailure.InvalidAuthorization", malformed);
    assert_judged(&(struct signed_call){.content_type = "text/plain", .authorization = "SKIP"},
                  API_BODY_REFUSED, "UnsupportedProtocol", no_type);
}

static void a_disabled_key_is_no_key(void **state)
{
    (void)state;
    world_must(&world, "ModifyKey", "{\"SecretId\":\"" EXAMPLE_ID "\",\"Enabled\":false}");
    assert_judged(&(struct signed_call){.action = NULL}, API_BODY_REFUSED,
                  "AuthFailure.SecretIdNotFound",
                  "The SecretId is not found, please ensure that your SecretId is correct.");
}

/* A request that nobody signed, with as much of its body as is given. */
static const char *refuse_unsigned(const char *type, const char *body, uint64_t body_bytes)
{
    char head[512];
    struct http1_limits limits = HTTP1_LIMITS_DEFAULT;
    struct http1_request request;
    size_t scanned = 0;
    snprintf(head, sizeof head,
             "POST / HTTP/1.1\r\nHost: " BILLING_HOST "\r\nContent-Type: %s\r\n"
             "Content-Length: %llu\r\n\r\n",
             type, (unsigned long long)body_bytes);
    assert_int_equal(http1_parse_head(slice_text(head), &limits, &scanned, &request).progress,
                     HTTP1_DONE);
    request.body = slice_text(body);
    enum api_body judged = api_judge_head(world.worker, &request, API_TRUST_NONE);
    assert_int_equal(judged, API_BODY_REFUSED);
    return refuse(&request);
}

static void unsigned_bodies_are_told_apart_by_their_beginning(void **state)
{
    static const char not_json[] = "The request content not valid json format for specified "
                                   "content-type=application/json.";
    static const char missing[] =
        "The request header is missing a required common parameter `X-TC-Action`.";
    (void)state;
    assert_error(refuse_unsigned("application/json", "", 70000), "MissingParameter", missing);
    assert_error(refuse_unsigned("application/json", " {\"a\":", 70000), "MissingParameter",
                 missing);
    assert_error(refuse_unsigned("application/json", "[1,2", 70000), "InvalidParameter", not_json);
    assert_error(refuse_unsigned("multipart/form-data", "x", 70000), "MissingParameter", missing);
    assert_error(refuse_unsigned("application/x-www-form-urlencoded", "a=b", (1 << 20) + 1),
                 "AuthFailure.SignatureFailure",
                 "The provided credentials could not be validated because of exceeding request "
                 "size limit, please use new signature method `TC3-HMAC-SHA256`.");
}

/* Nobody reads what nobody signed: keys that are there twice are not found. */
static void unsigned_bodies_are_not_parsed(void **state)
{
    (void)state;
    assert_error(world_raw(&world,
                           SLICE("POST / HTTP/1.1\r\nHost: " BILLING_HOST
                                 "\r\nContent-Type: application/json\r\nContent-Length: 13\r\n\r\n"
                                 "{\"a\":1,\"a\":2}"),
                           API_TRUST_NONE),
                 "MissingParameter",
                 "The request header is missing a required common parameter `X-TC-Action`.");
}

/* The form arrives byte by byte. */
static enum api_body judge_form(const char *form)
{
    size_t seen = 0;
    enum api_body judged = API_BODY_UNKNOWN;
    for (size_t len = 0; judged == API_BODY_UNKNOWN && len <= strlen(form); len++)
        judged = api_judge_form(world.worker, slice_of(form, len), &seen);
    return judged;
}

static void the_key_of_a_form_is_looked_for_as_it_comes(void **state)
{
    (void)state;
    assert_int_equal(judge_form("a=b&SecretId=" EXAMPLE_ID "&c=d"), API_BODY_TAKEN);
    assert_int_equal(judge_form("SecretId=" EXAMPLE_ID "&"), API_BODY_TAKEN);
    assert_int_equal(judge_form("SecretId=%41KIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE&"),
                     API_BODY_TAKEN);
    assert_int_equal(judge_form("SecretId=" EXAMPLE_ID), API_BODY_UNKNOWN);
    assert_int_equal(judge_form("XSecretId=" EXAMPLE_ID "&SecretIds=" EXAMPLE_ID "&"),
                     API_BODY_UNKNOWN);
    assert_int_equal(judge_form("a=SecretId=" EXAMPLE_ID "&"), API_BODY_UNKNOWN);
    assert_int_equal(judge_form("SecretId=AKIDnobody&SecretId=" EXAMPLE_ID "&"), API_BODY_REFUSED);
    assert_int_equal(judge_form("SecretId=&"), API_BODY_REFUSED);
}

/* A form of many pairs is read for a known key only, a query of as many not at all: signature v1
 * decodes and sorts them before it can say no. */
static void many_pairs_are_read_for_a_known_key_only(void **state)
{
    static char pairs[4096], request[8192];
    static const char *const ids[] = {"", "AKIDnobody", EXAMPLE_ID};
    static const char *const texts[] = {
        "The request is missing a required parameter `SecretId`.",
        "The SecretId is not found, please ensure that your SecretId is correct.",
        "The request is missing a required parameter `Timestamp`."};
    static const char *const codes[] = {"MissingParameter", "AuthFailure.SecretIdNotFound",
                                        "MissingParameter"};
    (void)state;
    for (size_t i = 0; i < 300; i++)
        memcpy(pairs + 4 * i, "a=b&", 4);
    for (size_t i = 0; i < 3; i++) {
        snprintf(request, sizeof request,
                 "POST / HTTP/1.1\r\nHost: " BILLING_HOST "\r\nContent-Type: "
                 "application/x-www-form-urlencoded\r\nContent-Length: %zu\r\n\r\n%s%s%s",
                 strlen(pairs) + 9 + strlen(ids[i]), pairs, "SecretId=", ids[i]);
        assert_error(world_raw(&world, slice_text(request), API_TRUST_NONE), codes[i], texts[i]);
    }
    for (size_t count = 254; count <= 255; count++) {
        pairs[4 * count] = '\0';
        snprintf(request, sizeof request, "GET /?%sa=b HTTP/1.1\r\nHost: " BILLING_HOST "\r\n\r\n",
                 pairs);
        const char *answer = world_raw(&world, slice_text(request), API_TRUST_NONE);
        pairs[4 * count] = 'a';
        if (count == 254)
            assert_error(answer, "MissingParameter",
                         "The request is missing a required parameter `Timestamp`.");
        else
            assert_error(answer, "RequestSizeLimitExceeded",
                         "The request size exceeds the upper limit.");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(who_names_a_known_key_may_send, open_world, close_world),
        cmocka_unit_test_setup_teardown(whoever_else_may_not, open_world, close_world),
        cmocka_unit_test_setup_teardown(a_disabled_key_is_no_key, open_world, close_world),
        cmocka_unit_test_setup_teardown(unsigned_bodies_are_told_apart_by_their_beginning,
                                        open_world, close_world),
        cmocka_unit_test_setup_teardown(unsigned_bodies_are_not_parsed, open_world, close_world),
        cmocka_unit_test_setup_teardown(the_key_of_a_form_is_looked_for_as_it_comes, open_world,
                                        close_world),
        cmocka_unit_test_setup_teardown(many_pairs_are_read_for_a_known_key_only, open_world,
                                        close_world),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
