/* `bursar explain`: which check fails, and where two canonical requests part. */
#include "world.h"

static struct world world;

static int open_world(void **state)
{
    (void)state;
    world_open(&world, NULL);
    return 0;
}

static int close_world(void **state)
{
    (void)state;
    world_close(&world);
    return 0;
}

static const char *explain_bytes(struct slice bytes, const char *canonical, bool expected)
{
    struct http1_request request;
    struct buffer body;
    buffer_init(&body, 1 << 20);
    assert_true(request_read(bytes, &body, &request));
    buffer_clear(&world.out);
    assert_int_equal(api_explain(world.worker, &request, slice_text(canonical), &world.out),
                     expected);
    buffer_char(&world.out, '\0');
    buffer_done(&body);
    return world.out.at;
}

static const char *explain(const struct signed_call *call, const char *canonical, bool expected)
{
    world_sign(&world, call, &world.text);
    return explain_bytes(buffer_slice(&world.text), canonical, expected);
}

static void a_good_request_passes_every_check(void **state)
{
    static const char *const checks[] = {
        "envelope       ok", "authorization  ok", "timestamp      ok",
        "key            ok", "signature      ok", "token          ok",
        "action         ok", "permission     ok", "parameters     ok"};
    (void)state;
    for (int i = 0; i < 100; i++) { /* not counted against the limit */
        const char *told = explain(&(struct signed_call){.body = "{}"}, NULL, true);
        for (size_t j = 0; j < sizeof checks / sizeof checks[0]; j++)
            assert_contains(told, checks[j]);
        assert_null(strstr(told, "---"));
    }
}

/* It would be refused only where somebody may be in between, which is not known here. */
static void what_is_not_covered_is_told(void **state)
{
    struct signed_call call = {.host = "bursar.tencentcloudapi.com",
                               .version = "2026-11-01",
                               .action = "DeletePolicy",
                               .body = "{\"UserUin\":\"7\",\"PolicyName\":\"p\"}"};
    (void)state;
    assert_contains(
        explain(&call, NULL, true),
        "coverage       ok  over TLS or from this machine; else: The provided credentials could "
        "not be validated: over plain HTTP the signature of this request must cover "
        "`x-tc-action`");
    call.signed_headers = "content-type;host;x-tc-action";
    assert_contains(explain(&call, NULL, true), "coverage       ok  \n");
}

static void the_check_that_fails_is_named(void **state)
{
    (void)state;
    assert_contains(explain(&(struct signed_call){.timestamp = START_S - 3600}, NULL, false),
                    "timestamp      NO  AuthFailure.SignatureExpire: The signature is expired, "
                    "please request again. It is 3600 s behind the server's clock.");
    assert_contains(explain(&(struct signed_call){.service = "cvm"}, NULL, false),
                    "The scope says \"cvm\" on \"2026-11-23\"; Host begins with \"billing\"");
    assert_contains(explain(&(struct signed_call){.secret_id = "AKIDnone"}, NULL, false),
                    "key            NO  AuthFailure.SecretIdNotFound");
    assert_contains(explain(&(struct signed_call){.body = "{\"PageSize\":0}"}, NULL, false),
                    "parameters     NO  InvalidParameterValue");
    assert_contains(explain(&(struct signed_call){.action = "Nothing"}, NULL, false),
                    "action         NO  InvalidAction");
}

static const char canonical[] =
    "POST\n/\n\ncontent-type:application/json\nhost:" BILLING_HOST ":8080\n\ncontent-type;host\n"
    "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";

static void a_wrong_signature_is_taken_apart(void **state)
{
    (void)state;
    struct signed_call call = {.host = BILLING_HOST ":8080", .secret_key = "wrong"};
    const char *told = explain(&call, NULL, false);
    assert_contains(told, "signature      NO  AuthFailure.SignatureFailure");
    assert_contains(told, "--- canonical request, header values as sent\n");
    assert_contains(told, canonical);
    assert_contains(told, "--- canonical request, Host without its port\n");
    assert_contains(told, "\nhost:" BILLING_HOST "\n\ncontent-type;host");
    assert_contains(told, "TC3-HMAC-SHA256\n1795403573\n2026-11-23/billing/tc3_request\n");
    assert_null(strstr(told, "lower-cased")); /* nothing there to lower */
    assert_null(strstr(told, EXAMPLE_SECRET));
    told = explain(&call, canonical, false);
    assert_contains(told, "Your canonical text is right. What is left: the secret key");
    told = explain(&call,
                   "POST\n/\n\ncontent-type:application/json; charset=utf-8\nhost:" BILLING_HOST
                   ":8080\n\ncontent-type;host\nx",
                   false);
    assert_contains(told, "The first line that differs is line 4:\n  server: "
                          "\"content-type:application/json\"\n  yours:  "
                          "\"content-type:application/json; charset=utf-8\"\n");
}

static void a_v1_signature_is_taken_apart(void **state)
{
    static const char request[] =
        "GET /?Timestamp=1795403573&Nonce=1&SecretId=" EXAMPLE_ID
        "&Signature=AAAA&Action=A&Version=B HTTP/1.1\r\nHost: " BILLING_HOST "\r\n\r\n";
    (void)state;
    const char *told = explain_bytes(slice_text(request), "GET" BILLING_HOST "/?Action=X", false);
    assert_contains(told, "signature v1");
    assert_contains(told,
                    "--- string to sign\nGET" BILLING_HOST "/?Action=A&Nonce=1&SecretId=" EXAMPLE_ID
                    "&Timestamp=1795403573&Version=B\n---");
    assert_contains(told, "The first line that differs is line 1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_request_passes_every_check),
        cmocka_unit_test(what_is_not_covered_is_told),
        cmocka_unit_test(the_check_that_fails_is_named),
        cmocka_unit_test(a_wrong_signature_is_taken_apart),
        cmocka_unit_test(a_v1_signature_is_taken_apart),
    };
    return cmocka_run_group_tests(tests, open_world, close_world);
}
