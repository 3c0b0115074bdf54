/* Who is let in: scope, clock, keys, signatures, tokens (protocol sections 1, 2, 3.4, 12). */
#include "world.h"

#include <stdio.h>

static const char not_found[] =
    "The SecretId is not found, please ensure that your SecretId is correct.";
static const char expired[] = "The signature is expired, please request again.";
static const char wrong_token[] = "Token verification failed. Please check your Token is correct.";

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

static const char *call(const struct signed_call *call)
{
    return world_call(&world, call);
}

#define SCOPED                                                                                     \
    "TC3-HMAC-SHA256 Credential=" EXAMPLE_ID "/2026-11-23/billing/tc3_request, SignedHeaders="
#define SIGNED ", Signature=00000000000000000000000000000000000000000000000000000000000000ff"

static void authorization_forms(void **state)
{
    static const char text[] =
        "The request `Authorization` header does not conform to tencentcloud standards.";
    static const char *const bad[] = {
        "SKIP",
        "TC3-HMAC-SHA256",
        "TC3-HMAC-SHA1 Credential=a/2026-11-23/billing/tc3_request",
        "TC3-HMAC-SHA256 Credential=a/2026-11-23/billing/tc3_request, SignedHeaders=host",
        "Bearer abc",
        SCOPED "content-type;host;x-tc-action;x-tc-action" SIGNED,
        SCOPED "content-type;host;Host" SIGNED,
        /* more names than the request has headers */
        SCOPED "content-type;host;a;b;c;d;e;f;g;h;i;j;k;l;m;n;o;p" SIGNED,
    };
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_refused(&world, &(struct signed_call){.authorization = bad[i]},
                       "AuthFailure.InvalidAuthorization", text,
                       "请求头部 `Authorization` 不符合腾讯云标准。");
}

static void service_must_be_the_first_label_of_host(void **state)
{
    static const char text[] = "The request `Authorization` header does not conform to "
                               "tencentcloud standards: `Service` in Credential not valid.";
    (void)state;
    assert_refused(&world, &(struct signed_call){.service = "cvm"},
                   "AuthFailure.InvalidAuthorization", text,
                   "请求头部 `Authorization` 不符合腾讯云标准：Credential 中的 `Service` 无效。");
    assert_error(call(&(struct signed_call){.host = "127.0.0.1:8080", .service = "billing"}),
                 "AuthFailure.InvalidAuthorization", text);
    assert_error(call(&(struct signed_call){
                     .service = "a-service-with-a-name-longer-than-thirty-two-bytes"}),
                 "AuthFailure.InvalidAuthorization", text);
    assert_contains(call(&(struct signed_call){.host = "billing.local:8080"}), "\"TotalCount\":1");
    assert_contains(call(&(struct signed_call){.host = "billing"}), "\"TotalCount\":1");
}

static void scope_date_must_be_the_day_of_the_timestamp(void **state)
{
    (void)state;
    assert_error(
        call(&(struct signed_call){
            .authorization =
                "TC3-HMAC-SHA256 Credential=" EXAMPLE_ID
                "/2026-11-22/billing/tc3_request, SignedHeaders=content-type;host, Signature="
                "00000000000000000000000000000000000000000000000000000000000000ff"}),
        "AuthFailure.InvalidAuthorization",
        "The request `Authorization` header does not conform to tencentcloud standards: `Date` in "
        "Credential not valid.");
}

static void any_service_on_demand(void **state)
{
    struct world lenient;
    struct api_options options = API_OPTIONS_DEFAULT;
    struct api_figures figures;
    (void)state;
    options.accept_any_service = true;
    world_open(&lenient, &options);
    assert_contains(world_call(&lenient, &(struct signed_call){.host = "127.0.0.1:8080"}),
                    "\"TotalCount\":1");
    assert_contains(
        world_call(&lenient, &(struct signed_call){.host = "127.0.0.1:8080", .service = "billing"}),
        "\"TotalCount\":1");
    assert_contains(world_call(&lenient, &(struct signed_call){.host = "localhost",
                                                               .service = "bursar",
                                                               .version = "2026-11-01",
                                                               .action = "DescribeMembers"}),
                    "\"TotalCount\":1");
    api_figures(lenient.api, &figures);
    assert_int_equal(figures.any_service, 3);
    /* a right scope is not counted, a wrong signature is still wrong */
    assert_contains(world_call(&lenient, &(struct signed_call){.body = "{}"}), "\"TotalCount\":1");
    assert_contains(
        world_call(&lenient, &(struct signed_call){.host = "127.0.0.1", .secret_key = "another"}),
        "AuthFailure.SignatureFailure");
    api_figures(lenient.api, &figures);
    assert_int_equal(figures.any_service, 4);
    assert_int_equal(figures.signature_failures, 1);
    world_close(&lenient);
}

static void clock_skew(void **state)
{
    (void)state;
    assert_contains(call(&(struct signed_call){.timestamp = START_S - 300}), "\"TotalCount\":1");
    assert_contains(call(&(struct signed_call){.timestamp = START_S + 300}), "\"TotalCount\":1");
    assert_refused(&world, &(struct signed_call){.timestamp = START_S - 301},
                   "AuthFailure.SignatureExpire", expired, "签名已过期，请重新请求。");
    assert_error(call(&(struct signed_call){.timestamp = START_S + 301}),
                 "AuthFailure.SignatureExpire", expired);
    /* expiry is looked at before the key and the signature */
    assert_error(call(&(struct signed_call){.timestamp = 1, .secret_id = "AKIDnobody"}),
                 "AuthFailure.SignatureExpire", expired);
    world_set_us(&world, START_S * 1000000 + 999999);
    assert_contains(call(&(struct signed_call){.timestamp = START_S - 300}), "\"TotalCount\":1");
    world_set_seconds(&world, START_S);
}

static void unknown_and_wrong_keys(void **state)
{
    (void)state;
    assert_refused(&world, &(struct signed_call){.secret_id = "AKIDnobody"},
                   "AuthFailure.SecretIdNotFound", not_found, "SecretId不存在，请输入正确的密钥。");
    assert_refused(&world, &(struct signed_call){.secret_key = "wrong"},
                   "AuthFailure.SignatureFailure",
                   "The provided credentials could not be validated. Please check your signature "
                   "is correct.",
                   "请求签名验证失败，请检查您的签名计算是否正确。");
}

static void content_sha256(void **state)
{
    (void)state;
    assert_contains(
        call(&(struct signed_call){.headers = "X-TC-Content-SHA256: UNSIGNED-PAYLOAD\r\n"}),
        "\"TotalCount\":1");
    assert_contains(
        call(&(struct signed_call){
            .headers = "X-TC-Content-SHA256: "
                       "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a\r\n"}),
        "\"TotalCount\":1");
    assert_refused(&world, &(struct signed_call){.headers = "X-TC-Content-SHA256: 44136f\r\n"},
                   "InvalidParameterValue",
                   "The value specified in `X-TC-Content-SHA256` is not correct.",
                   "参数 `X-TC-Content-SHA256` 计算值不正确。");
}

static void v1_signatures(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++)
        assert_contains(world_call_v1(&world, i & 1, i & 2, "MemberUins.0=" SEED_MEMBER),
                        "\"MemberUin\":\"" SEED_MEMBER "\"");
    world_set_seconds(&world, START_S + 1000);
    assert_contains(world_call_v1(&world, true, false, ""), "\"TotalCount\":1");
    world_set_seconds(&world, START_S);
    char request[512];
    snprintf(request, sizeof request,
             "GET /?Timestamp=%lld&Nonce=1&SecretId=" EXAMPLE_ID
             "&Signature=AAAA&Action=A&Version=B HTTP/1.1\r\nHost: " BILLING_HOST "\r\n\r\n",
             (long long)START_S);
    assert_contains(world_raw(&world, slice_text(request), API_TRUST_NONE),
                    "AuthFailure.SignatureFailure");
    assert_true(slice_equal(api_worker_outcome(world.worker)->secret_id, SLICE(EXAMPLE_ID)));
}

/* Disabled, enabled again, expired; each takes effect at once, signing keys cached or not. */
static void keys_come_and_go(void **state)
{
    struct signed_call second = {.secret_id = "AKIDsecond",
                                 .secret_key = "secret2-0123456789abcdef"};
    (void)state;
    world_must(&world, "CreateKey",
               "{\"SecretId\":\"AKIDsecond\",\"SecretKey\":\"secret2-0123456789abcdef\","
               "\"ExpiresAt\":\"2026-11-23T12:00:00Z\"}");
    int64_t end = 1795435200; /* 2026-11-23T12:00:00Z */
    assert_contains(call(&second), "\"TotalCount\":1");
    world_must(&world, "ModifyKey", "{\"SecretId\":\"AKIDsecond\",\"Enabled\":false}");
    assert_error(call(&second), "AuthFailure.SecretIdNotFound", not_found);
    world_must(&world, "ModifyKey", "{\"SecretId\":\"AKIDsecond\",\"Enabled\":true}");
    assert_contains(call(&second), "\"TotalCount\":1");
    world_set_seconds(&world, end - 1);
    assert_contains(call(&second), "\"TotalCount\":1");
    world_set_seconds(&world, end);
    assert_error(call(&second), "AuthFailure.SecretIdNotFound", not_found);
    world_set_seconds(&world, START_S);
}

static void temporary_keys_need_their_token(void **state)
{
    struct signed_call temporary = {.secret_id = "AKIDtemp",
                                    .secret_key = "secret3-0123456789abcdef"};
    (void)state;
    world_must(&world, "CreateKey",
               "{\"SecretId\":\"AKIDtemp\",\"SecretKey\":\"secret3-0123456789abcdef\",\"Token\":"
               "\"a token\","
               "\"ExpiresAt\":\"2026-11-23T12:00:00Z\"}");
    assert_refused(&world, &temporary, "AuthFailure.TokenFailure", wrong_token,
                   "Token 验证失败，请检查您的 Token 是否正确。");
    temporary.headers = "X-TC-Token: another\r\n";
    assert_error(call(&temporary), "AuthFailure.TokenFailure", wrong_token);
    temporary.headers = "X-TC-Token: a token\r\n";
    assert_contains(call(&temporary), "\"TotalCount\":1");
    temporary.secret_key = "wrong"; /* the signature is looked at first */
    assert_contains(call(&temporary), "AuthFailure.SignatureFailure");
    temporary.secret_key = "secret3-0123456789abcdef";
    world_set_seconds(&world, 1795435200);
    assert_error(call(&temporary), "AuthFailure.TokenFailure", wrong_token);
    world_set_seconds(&world, START_S);
    /* a long-term key has none; an empty one does no harm */
    assert_error(call(&(struct signed_call){.headers = "X-TC-Token: a token\r\n"}),
                 "AuthFailure.TokenFailure", wrong_token);
    assert_contains(call(&(struct signed_call){.headers = "X-TC-Token:\r\n"}), "\"TotalCount\":1");
}

/* A secret that cannot be opened is the server's fault, not the client's. */
static void a_wrong_master_key_is_an_internal_error(void **state)
{
    struct world other;
    (void)state;
    world_open(&other, NULL);
    other.master_key[0] ^= 1;
    assert_refused(&other, &(struct signed_call){.body = "{}"}, "InternalError",
                   "An internal error has occurred. Retry your request, but if the problem "
                   "persists, contact us.",
                   "内部服务错误，请稍后重试。");
    world_close(&other);
}

/* Repeats are not refused: TC3 has no nonce, and two calls in one second may be the same bytes. */
static void the_same_bytes_twice_are_answered_twice(void **state)
{
    struct signed_call same = {.body = "{}"};
    (void)state;
    assert_contains(call(&same), "\"TotalCount\":1");
    assert_contains(call(&same), "\"TotalCount\":1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(authorization_forms),
        cmocka_unit_test(service_must_be_the_first_label_of_host),
        cmocka_unit_test(scope_date_must_be_the_day_of_the_timestamp),
        cmocka_unit_test(any_service_on_demand),
        cmocka_unit_test(clock_skew),
        cmocka_unit_test(unknown_and_wrong_keys),
        cmocka_unit_test(content_sha256),
        cmocka_unit_test(v1_signatures),
        cmocka_unit_test(keys_come_and_go),
        cmocka_unit_test(temporary_keys_need_their_token),
        cmocka_unit_test(a_wrong_master_key_is_an_internal_error),
        cmocka_unit_test(the_same_bytes_twice_are_answered_twice),
    };
    return cmocka_run_group_tests(tests, open_world, close_world);
}
