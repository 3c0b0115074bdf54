/* Everything that can be wrong before the action runs: code and exact text, English and Chinese
 * (protocol section 3, design sections 6 and 7). */
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

static const char *raw(const char *request)
{
    return world_raw(&world, slice_text(request), API_TRUST_NONE);
}

/* A message without a signature: head lines behind Host, and a body. */
static const char *plain(const char *method, const char *target, const char *lines,
                         const char *body)
{
    char request[4096];
    snprintf(request, sizeof request,
             "%s %s HTTP/1.1\r\nHost: " BILLING_HOST "\r\n%sContent-Length: %zu\r\n\r\n%s", method,
             target, lines, strlen(body), body);
    return raw(request);
}

static void methods_other_than_get_and_post(void **state)
{
    (void)state;
    assert_error(plain("PUT", "/", "", ""), "UnsupportedProtocol",
                 "Only GET and POST requests are supported.");
    assert_error(plain("DELETE", "/", "X-TC-Language: zh-CN\r\n", ""), "UnsupportedProtocol",
                 "仅支持 GET 和 POST 请求。");
}

static void content_types(void **state)
{
    (void)state;
    assert_error(plain("POST", "/", "Content-Type: text/plain; charset=utf-8\r\n", "x"),
                 "UnsupportedProtocol", "this action does not support Content-Type=`text/plain`");
    assert_error(plain("POST", "/", "", "x"), "UnsupportedProtocol",
                 "this action does not support Content-Type=``");
    assert_refused(&world, &(struct signed_call){.content_type = "application/octet-stream"},
                   "UnsupportedProtocol",
                   "this action does not support Content-Type=`application/octet-stream`",
                   "该接口不支持 Content-Type=`application/octet-stream`");
    assert_refused(&world,
                   &(struct signed_call){.content_type = "application/x-www-form-urlencoded"},
                   "UnsupportedProtocol",
                   "this action does not support Content-Type=`application/x-www-form-urlencoded`",
                   "该接口不支持 Content-Type=`application/x-www-form-urlencoded`");
    assert_contains(
        world_call(&world, &(struct signed_call){.content_type = "Application/JSON; x=y"}),
        "\"TotalCount\":1");
}

static void unsigned_requests(void **state)
{
    static const char missing[] = "The request is missing a required parameter `Timestamp`.";
    static const char json[] = "The request content not valid json format for specified "
                               "content-type=application/json.";
    (void)state;
    assert_error(plain("GET", "/", "", ""), "MissingParameter", missing);
    assert_error(plain("GET", "/?Action=DescribeOrgMemberAccountBalance", "", ""),
                 "MissingParameter", missing);
    assert_error(plain("GET", "/", "Content-Type: application/json\r\n", ""), "MissingParameter",
                 missing);
    assert_error(plain("GET", "/?Language=zh-CN", "", ""), "MissingParameter",
                 "请求缺少必传参数 `Timestamp` 。");
    assert_error(plain("POST", "/", "Content-Type: application/x-www-form-urlencoded\r\n", ""),
                 "MissingParameter", missing);
    assert_error(plain("POST", "/", "Content-Type: application/json\r\n", ""), "InvalidParameter",
                 json);
    assert_error(plain("POST", "/", "Content-Type: application/json\r\n", "{]"), "InvalidParameter",
                 json);
    assert_error(plain("POST", "/", "Content-Type: application/json\r\n", "{\"PageSize\":1}"),
                 "MissingParameter",
                 "The request header is missing a required common parameter `X-TC-Action`.");
}

static void missing_common_headers(void **state)
{
    static const char head[] = "Content-Type: application/json\r\n";
    char lines[512];
    (void)state;
    snprintf(lines, sizeof lines, "%sAuthorization: SKIP\r\n", head);
    assert_error(plain("POST", "/", lines, "{}"), "MissingParameter",
                 "The request header is missing a required common parameter `X-TC-Action`.");
    snprintf(lines, sizeof lines, "%sX-TC-Action: A\r\nX-TC-Language: zh-CN\r\n", head);
    assert_error(plain("POST", "/", lines, "{}"), "MissingParameter",
                 "请求头部缺少必传的公共参数 `X-TC-Version`。");
    snprintf(lines, sizeof lines, "%sX-TC-Action: A\r\nX-TC-Version: B\r\n", head);
    assert_error(plain("POST", "/", lines, "{}"), "MissingParameter",
                 "The request header is missing a required common parameter `X-TC-Timestamp`.");
    snprintf(lines, sizeof lines,
             "%sX-TC-Action: A\r\nX-TC-Version: B\r\nX-TC-Timestamp: 1795403573\r\n", head);
    assert_error(plain("POST", "/", lines, "{}"), "MissingParameter",
                 "The request header is missing a required common parameter `Authorization`.");
    snprintf(lines, sizeof lines, "%sX-TC-Action: \r\n", head);
    assert_error(plain("POST", "/", lines, "{}"), "MissingParameter",
                 "The request header is missing a required common parameter `X-TC-Action`.");
}

static void missing_common_parameters_of_v1(void **state)
{
    static const struct {
        const char *query, *missing;
    } table[] = {
        {"/?Timestamp=", "Timestamp"},
        {"/?Timestamp=1", "Nonce"},
        {"/?Timestamp=1&Nonce=1", "SecretId"},
        {"/?Timestamp=1&Nonce=1&SecretId=x", "Signature"},
        {"/?Timestamp=1&Nonce=1&SecretId=x&Signature=y", "Action"},
        {"/?Timestamp=1&Nonce=1&SecretId=x&Signature=y&Action=z", "Version"},
    };
    char message[128];
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        snprintf(message, sizeof message, "The request is missing a required parameter `%s`.",
                 table[i].missing);
        assert_error(plain("GET", table[i].query, "", ""), "MissingParameter", message);
    }
}

static void forms_of_common_parameters(void **state)
{
    static const char rest[] = "&SecretId=x&Signature=y&Action=z&Version=v";
    char target[256];
    (void)state;
    snprintf(target, sizeof target, "/?Timestamp=soon&Nonce=1%s", rest);
    assert_error(plain("GET", target, "", ""), "InvalidParameter",
                 "Parameter `Timestamp` format invalid.");
    snprintf(target, sizeof target, "/?Language=zh-CN&Timestamp=-5&Nonce=1%s", rest);
    assert_error(plain("GET", target, "", ""), "InvalidParameter", "参数 `Timestamp` 格式非法。");
    snprintf(target, sizeof target, "/?Timestamp=1&Nonce=abc%s", rest);
    assert_error(plain("GET", target, "", ""), "InvalidParameter", "Parameter `Nonce` type error.");
    snprintf(target, sizeof target, "/?Timestamp=1&Nonce=1&SignatureMethod=HmacMD5%s", rest);
    assert_error(plain("GET", target, "", ""), "InvalidParameterValue",
                 "A value specified in `SignatureMethod` is not valid, is unsupported, or cannot "
                 "be used.");
    snprintf(target, sizeof target, "/?Timestamp=1&Nonce=1&Language=fr%s", rest);
    assert_error(
        plain("GET", target, "", ""), "InvalidParameterValue",
        "A value specified in `Language` is not valid, is unsupported, or cannot be used.");
    assert_error(world_call(&world, &(struct signed_call){.headers = "X-TC-Language: de-DE\r\n"}),
                 "InvalidParameterValue",
                 "A value specified in `X-TC-Language` is not valid, is unsupported, or cannot be "
                 "used.");
    assert_error(plain("POST", "/",
                       "Content-Type: application/json\r\nX-TC-Action: A\r\nX-TC-Version: B\r\n"
                       "X-TC-Timestamp: now\r\nAuthorization: SKIP\r\n",
                       "{}"),
                 "InvalidParameter", "Parameter `X-TC-Timestamp` format invalid.");
}

static void repeated_and_broken_pairs(void **state)
{
    (void)state;
    assert_error(plain("GET", "/?Action=a&Action=b", "", ""), "InvalidParameter",
                 "Parameter `Action` input repeated.");
    assert_error(plain("GET", "/?Language=zh-CN&Language=zh-CN", "", ""), "InvalidParameter",
                 "Parameter `Language` input repeated.");
    assert_error(plain("GET", "/?PageSize", "", ""), "InvalidParameter",
                 "Url key and value should be splited by `=`.");
    assert_error(
        plain("POST", "/", "Content-Type: application/x-www-form-urlencoded\r\n", "PageSize=%zz"),
        "InvalidParameter", "Url key and value should be splited by `=`.");
    assert_error(plain("GET", "/?=1", "", ""), "InvalidParameter",
                 "The request has a parameter key which is empty string.");
    assert_refused(&world, &(struct signed_call){.query = "PageSize"}, "InvalidParameter",
                   "Url key and value should be splited by `=`.",
                   "参数错误，请求URL中参数key和value必须以 `=` 分隔。");
    assert_refused(&world, &(struct signed_call){.query = "=1"}, "InvalidParameter",
                   "The request has a parameter key which is empty string.",
                   "参数错误，请求参数key不能为空字符串。");
    assert_refused(&world, &(struct signed_call){.headers = "X-TC-Version: 2018-07-09\r\n"},
                   "InvalidParameter", "Parameter `X-TC-Version` input repeated.",
                   "参数 `X-TC-Version` 重复输入。");
}

/* acme.sh and programs like it set Content-Type twice; with one value it is one. */
static void a_content_type_said_twice_is_one(void **state)
{
    (void)state;
    const char *names[] = {NULL, "content-type;host;x-tc-action"};
    for (size_t i = 0; i < 2; i++)
        assert_contains(
            world_call(&world,
                       &(struct signed_call){.headers = "content-type: application/json\r\n",
                                             .signed_headers = names[i]}),
            "\"TotalCount\":1");
}

/* Ruby sends "Region" bare, Go "Region=", Node "X-TC-Region: null". */
static void empty_and_odd_regions_are_taken(void **state)
{
    (void)state;
    assert_contains(world_call_v1(&world, true, false, "Region="), "\"TotalCount\":1");
    assert_contains(world_call_v1(&world, true, true, "Region"), "\"TotalCount\":1");
    assert_contains(world_call_v1(&world, false, true, "Region"), "\"TotalCount\":1");
    assert_contains(world_call(&world, &(struct signed_call){.headers = "X-TC-Region: null\r\n"}),
                    "\"TotalCount\":1");
    assert_contains(world_call(&world, &(struct signed_call){.headers = "X-TC-Region:\r\n"}),
                    "\"TotalCount\":1");
}

static void sizes(void **state)
{
    static char long_query[40000];
    static char long_form[(1 << 20) + 100];
    static char request[sizeof long_form + 1000];
    (void)state;
    memset(long_query, 'a', sizeof long_query - 1);
    memcpy(long_query, "x=", 2);
    assert_refused(&world, &(struct signed_call){.query = long_query}, "RequestSizeLimitExceeded",
                   "The request size exceeds the upper limit.", "请求包大小超过限制。");
    memset(long_form, 'a', sizeof long_form - 1);
    memcpy(long_form, "x=", 2);
    snprintf(request, sizeof request,
             "POST / HTTP/1.1\r\nHost: " BILLING_HOST "\r\nContent-Type: "
             "application/x-www-form-urlencoded\r\nContent-Length: %zu\r\n\r\n%s",
             strlen(long_form), long_form);
    assert_error(
        raw(request), "AuthFailure.SignatureFailure",
        "The provided credentials could not be validated because of exceeding request size "
        "limit, please use new signature method `TC3-HMAC-SHA256`.");
    memset(long_form, '&', 200000);
    long_form[200000] = '\0';
    snprintf(request, sizeof request,
             "POST / HTTP/1.1\r\nHost: " BILLING_HOST "\r\nContent-Type: "
             "application/x-www-form-urlencoded\r\nContent-Length: %zu\r\n\r\n%s",
             strlen(long_form), long_form);
    assert_error(raw(request), "RequestSizeLimitExceeded",
                 "The request size exceeds the upper limit.");
}

static void bodies(void **state)
{
    static const char *const good[] = {"",
                                       " \r\n",
                                       "null",
                                       "{}",
                                       " {} \n",
                                       "{\"PageNumber\":null,\"MemberUins\":null}",
                                       "{\"MemberUins\":[]}"};
    static const char *const bad[] = {"[]",
                                      "1",
                                      "{\"PageSize\":1,\"PageSize\":1}",
                                      "{}x",
                                      "{",
                                      "{\"PageSize\":01}",
                                      "\xef\xbb\xbf{}",
                                      "{\"a\":\"\xff\"}"};
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_contains(world_call(&world, &(struct signed_call){.body = good[i]}),
                        "\"TotalCount\":1");
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_refused(&world, &(struct signed_call){.body = bad[i]}, "InvalidParameter",
                       "The request content not valid json format for specified "
                       "content-type=application/json.",
                       "对于指定content-type=application/json协议下，请求内容不是合法的Json格式。");
}

static void multipart(void **state)
{
    static const char type[] = "multipart/form-data; boundary=xyz";
    (void)state;
    assert_contains(
        world_call(&world,
                   &(struct signed_call){
                       .content_type = type,
                       .body = "--xyz\r\nContent-Disposition: form-data; name=\"PageSize\"\r\n\r\n"
                               "5\r\n--xyz\r\nContent-Disposition: form-data; "
                               "name=\"MemberUins\"\r\n\r\n[\"" SEED_MEMBER "\"]\r\n--xyz--\r\n"}),
        "\"MemberUin\":\"" SEED_MEMBER "\"");
    assert_refused(&world,
                   &(struct signed_call){
                       .content_type = type,
                       .body = "--xyz\r\nContent-Disposition: form-data; name=\"MemberUins\"\r\n"
                               "\r\n[1\r\n--xyz--\r\n"},
                   "InvalidParameter", "Parameter `MemberUins` invalid json format.",
                   "参数 `MemberUins` 是非法的Json格式。");
    assert_refused(&world, &(struct signed_call){.content_type = type, .body = "--xyz\r\nnothing"},
                   "InvalidRequest", "The request body is not valid multipart/form-data.",
                   "请求体不是合法的 multipart/form-data 格式。");
    assert_error(world_call(&world, &(struct signed_call){.content_type = "multipart/form-data"}),
                 "InvalidRequest", "The request body is not valid multipart/form-data.");
}

static void routing(void **state)
{
    (void)state;
    assert_refused(&world, &(struct signed_call){.action = "DescribeNothing"}, "InvalidAction",
                   "The request action=`DescribeNothing` is invalid or not found in "
                   "service=`billing` and version=`2018-07-09`.",
                   "请求的接口 action=`DescribeNothing` 非法，或在 service=`billing` 和 "
                   "version=`2018-07-09` 中不存在。");
    assert_refused(&world, &(struct signed_call){.version = "2019-07-22"}, "NoSuchVersion",
                   "The specified api version=`2019-07-22` does not exist in service=`billing`.",
                   "指定的接口版本 version=`2019-07-22` 在 service=`billing` 中不存在。");
    assert_refused(&world, &(struct signed_call){.host = "cvm.tencentcloudapi.com"},
                   "NoSuchProduct", "The specified product `cvm` does not exist.",
                   "指定的产品 `cvm` 不存在。");
    /* an action of the other product */
    assert_error(world_call(&world, &(struct signed_call){.action = "DescribeMembers"}),
                 "InvalidAction",
                 "The request action=`DescribeMembers` is invalid or not found in "
                 "service=`billing` and version=`2018-07-09`.");
    assert_contains(
        world_call(&world,
                   &(struct signed_call){.host = "billing.ap-guangzhou.tencentcloudapi.com"}),
        "\"TotalCount\":1");
}

static void a_past_moment_is_never_answered_with_today(void **state)
{
    (void)state;
    assert_refused(&world,
                   &(struct signed_call){.host = "bursar.example.com",
                                         .version = "2026-11-01",
                                         .action = "DescribeMembers",
                                         .headers = "X-Bursar-As-Of: 1795403573\r\n"},
                   "UnsupportedOperation",
                   "This operation does not answer for a past moment (`X-Bursar-As-Of`).",
                   "该接口不支持查询历史时刻（`X-Bursar-As-Of`）。");
}

/* What a client sends is repeated in texts, but cut, and never as broken UTF-8. */
static void words_of_clients_in_texts(void **state)
{
    char action[600];
    (void)state;
    memset(action, 'A', sizeof action);
    action[sizeof action - 1] = '\0';
    const char *answer = world_call(&world, &(struct signed_call){.action = action});
    assert_contains(answer, "AAA...` is invalid or not found");
    assert_true(strlen(answer) < 600);
    answer = plain("POST", "/", "Content-Type: \xff\"\\x\r\nX-TC-Language: zh-CN\r\n", "");
    assert_contains(answer, "Content-Type=`?\\\"\\\\x`");
}

static void every_answer_has_its_own_request_id(void **state)
{
    char first[37];
    (void)state;
    const char *answer = world_call(&world, &(struct signed_call){.body = "{}"});
    const char *id = strstr(answer, "\"RequestId\":\"") + strlen("\"RequestId\":\"");
    memcpy(first, id, 36);
    assert_int_equal(first[8], '-');
    assert_int_equal(first[13], '-');
    assert_int_equal(first[14], '4');
    assert_int_equal(first[18], '-');
    assert_non_null(strchr("89ab", first[19]));
    assert_int_equal(first[23], '-');
    assert_int_equal(strspn(id, "0123456789abcdef-"), 36);
    answer = world_call(&world, &(struct signed_call){.body = "["});
    id = strstr(answer, "\"RequestId\":\"") + strlen("\"RequestId\":\"");
    assert_memory_not_equal(first, id, 36);
    assert_memory_equal(api_worker_outcome(world.worker)->request_id, id, 36);
}

/* For golden files: the same seed, the same ids. */
static void seeded_request_ids_repeat(void **state)
{
    struct api_options options = API_OPTIONS_DEFAULT;
    char ids[2][3][36];
    (void)state;
    options.request_id_seed = 7;
    for (int i = 0; i < 2; i++) {
        struct world seeded;
        world_open(&seeded, &options);
        for (int j = 0; j < 3; j++) {
            world_call(&seeded, &(struct signed_call){.body = "{}"});
            memcpy(ids[i][j], api_worker_outcome(seeded.worker)->request_id, 36);
        }
        world_close(&seeded);
    }
    assert_memory_equal(ids[0], ids[1], sizeof ids[0]);
    assert_memory_not_equal(ids[0][0], ids[0][1], 36);
    assert_memory_not_equal(ids[0][1], ids[0][2], 36);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(methods_other_than_get_and_post),
        cmocka_unit_test(content_types),
        cmocka_unit_test(unsigned_requests),
        cmocka_unit_test(missing_common_headers),
        cmocka_unit_test(missing_common_parameters_of_v1),
        cmocka_unit_test(forms_of_common_parameters),
        cmocka_unit_test(repeated_and_broken_pairs),
        cmocka_unit_test(a_content_type_said_twice_is_one),
        cmocka_unit_test(empty_and_odd_regions_are_taken),
        cmocka_unit_test(sizes),
        cmocka_unit_test(bodies),
        cmocka_unit_test(multipart),
        cmocka_unit_test(routing),
        cmocka_unit_test(a_past_moment_is_never_answered_with_today),
        cmocka_unit_test(words_of_clients_in_texts),
        cmocka_unit_test(every_answer_has_its_own_request_id),
        cmocka_unit_test(seeded_request_ids_repeat),
    };
    return cmocka_run_group_tests(tests, open_world, close_world);
}
