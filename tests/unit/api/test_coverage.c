/* What a signature does not cover: a signed request that somebody on the way made another call of.
 */
#include "world.h"

#include "crypto/v1.h"

#include <stdio.h>

#define HOST "bursar.tencentcloudapi.com"
#define VERSION "2026-11-01"
#define UNCOVERED                                                                                  \
    "The provided credentials could not be validated: over plain HTTP the signature of this "      \
    "request must cover `x-tc-action`, so that nobody on the way can change it. Name it in "       \
    "SignedHeaders of signature `TC3-HMAC-SHA256`, or use HTTPS."

static struct world world;

static int open_world(void **state)
{
    (void)state;
    world_open(&world, NULL);
    world.exposed = true;
    return 0;
}

static int close_world(void **state)
{
    (void)state;
    world_close(&world);
    return 0;
}

/* The first `from` in the request just signed becomes `to`; the answer to what is left. */
static const char *send_changed(const char *from, const char *to)
{
    struct buffer changed;
    const char *at = memmem(world.text.at, world.text.len, from, strlen(from));
    assert_non_null(at);
    size_t before = (size_t)(at - world.text.at), after = before + strlen(from);
    buffer_init(&changed, 1 << 20);
    buffer_bytes(&changed, world.text.at, before);
    buffer_text(&changed, to);
    buffer_bytes(&changed, world.text.at + after, world.text.len - after);
    const char *answered = world_raw(&world, buffer_slice(&changed), API_TRUST_NONE);
    buffer_done(&changed);
    return answered;
}

static const char *available(void)
{
    const char *answered =
        world_manage(&world, "DescribeMemberBalance", "{\"MemberUin\":\"" SEED_MEMBER "\"}");
    const char *at = strstr(answered, "\"Available\":");
    return at ? at : answered;
}

static void a_read_becomes_no_write(void **state)
{
    struct signed_call call = {
        .host = HOST, .version = VERSION, .action = "DescribeKeys", .body = "{}"};
    (void)state;
    assert_contains(world_call(&world, &call), "\"TotalCount\":1");
    assert_error(send_changed("DescribeKeys", "CreateKey"), "AuthFailure.SignatureFailure",
                 UNCOVERED);
    assert_contains(world_call(&world, &call), "\"TotalCount\":1");
    /* with the action covered, what was changed is not what was signed */
    call.signed_headers = "content-type;host;x-tc-action";
    assert_contains(world_call(&world, &call), "\"TotalCount\":1");
    assert_contains(send_changed("DescribeKeys", "CreateKey"), "AuthFailure.SignatureFailure");
    assert_null(strstr(send_changed("DescribeKeys", "CreateKey"), "x-tc-action"));
}

static void a_write_becomes_no_other(void **state)
{
    char body[128], before[64];
    struct signed_call call = {
        .host = HOST, .version = VERSION, .action = "ReleaseHold", .body = body};
    (void)state;
    const char *made =
        world_must(&world, "CreateHold", "{\"MemberUin\":\"" SEED_MEMBER "\",\"Amount\":5}");
    const char *id = strstr(made, "\"HoldId\":");
    assert_non_null(id);
    snprintf(body, sizeof body, "{\"MemberUin\":\"" SEED_MEMBER "\",\"HoldId\":%.*s}",
             (int)strspn(id + 9, "\"0123456789"), id + 9);
    snprintf(before, sizeof before, "%.40s", available());
    assert_refused(&world, &call, "AuthFailure.SignatureFailure", UNCOVERED,
                   "请求签名验证失败：通过未加密的 HTTP 发送时，该请求的签名必须包含 "
                   "`x-tc-action`，以防止在传输途中被篡改。请将其加入签名方法 `TC3-HMAC-SHA256` 的 "
                   "SignedHeaders，或使用 HTTPS。");
    (void)world_call(&world, &call);
    assert_error(send_changed("ReleaseHold", "CaptureHold"), "AuthFailure.SignatureFailure",
                 UNCOVERED);
    call.signed_headers = "content-type;host;x-tc-action";
    world_sign(&world, &call, &world.text);
    assert_contains(send_changed("ReleaseHold", "CaptureHold"), "AuthFailure.SignatureFailure");
    assert_memory_equal(available(), before, 40); /* nothing has moved yet */
    assert_null(strstr(world_call(&world, &call), "\"Error\""));
}

static void a_write_covers_its_body(void **state)
{
    struct signed_call call = {.host = HOST,
                               .version = VERSION,
                               .action = "CreateMembers",
                               .body =
                                   "{\"Members\":[{\"MemberUin\":\"40\",\"MemberName\":\"a\"}]}",
                               .headers = "X-TC-Content-SHA256: UNSIGNED-PAYLOAD\r\n",
                               .signed_headers = "content-type;host;x-tc-action"};
    (void)state;
    assert_refused(
        &world, &call, "AuthFailure.SignatureFailure",
        "The provided credentials could not be validated: over plain HTTP the signature "
        "of this request must cover its body, so that nobody on the way can change it. "
        "Leave out `X-TC-Content-SHA256`, or use HTTPS.",
        "请求签名验证失败：通过未加密的 HTTP 发送时，该请求的签名必须包含请求体，以防止在"
        "传输途中被篡改。请去掉 `X-TC-Content-SHA256`，或使用 HTTPS。");
    call.action = "DescribeKeys";
    call.body = "{}";
    assert_contains(world_call(&world, &call), "\"TotalCount\":1");
}

/* As the cloud has them. */
static void reads_of_billing_need_no_more(void **state)
{
    (void)state;
    assert_contains(world_call(&world, &(struct signed_call){.body = "{}"}), "\"TotalCount\":1");
    assert_contains(
        world_call(&world, &(struct signed_call){.body = "{}",
                                                 .headers = "X-Bursar-As-Of: 1795403573\r\n"}),
        "\"TotalCount\":1");
}

static void headers_of_bursar_are_covered(void **state)
{
    struct signed_call call = {.host = HOST,
                               .version = VERSION,
                               .action = "DescribeKeys",
                               .body = "{}",
                               .headers = "X-Bursar-Product: billing\r\n"};
    (void)state;
    assert_contains(world_call(&world, &call), "must cover `X-Bursar-Product`");
    call.signed_headers = "content-type;host;x-bursar-product";
    assert_contains(world_call(&world, &call), "\"TotalCount\":1");
    world.exposed = false;
    call.signed_headers = NULL;
    assert_contains(world_call(&world, &call), "\"TotalCount\":1");
    world.exposed = true;
}

static const char name_body[] = "{\"Members\":[{\"MemberUin\":\"41\",\"MemberName\":\"a\"}]}";

/* Through TLS, a socket or loopback nobody is in between; an operator may know that nobody is. */
static void only_exposed_writes_are_held_to_it(void **state)
{
    struct api_options options = API_OPTIONS_DEFAULT;
    struct world trusting;
    struct signed_call call = {
        .host = HOST, .version = VERSION, .action = "CreateMembers", .body = name_body};
    (void)state;
    assert_error(world_call(&world, &call), "AuthFailure.SignatureFailure", UNCOVERED);
    world.exposed = false;
    assert_contains(world_call(&world, &call), "\"Added\":1");
    world.exposed = true;
    options.trust_plain_http = true;
    world_open(&trusting, &options);
    trusting.exposed = true;
    assert_contains(world_call(&trusting, &call), "\"Added\":1");
    world_close(&trusting);
}

/* ---- signature v1 ---- */

#define V1_HOLD "Action=CreateHold&Version=" VERSION "&Amount=1&MemberUin=" SEED_MEMBER

static void a_v1_write_covers_its_action(void **state)
{
    (void)state;
    assert_contains(world_call_v1_at(&world, HOST, true, true, V1_HOLD), "\"HoldId\":");
}

/* The string to sign is the same, so the signature fits both. */
static void a_v1_dry_run_becomes_no_transfer(void **state)
{
    char before[64];
    (void)state;
    snprintf(before, sizeof before, "%.40s", available());
    assert_contains(
        world_call_v1_at(&world, HOST, true, true, V1_HOLD "&ClientToken=tok1&DryRun=true"),
        "\"HoldId\":");
    assert_error(send_changed("ClientToken=tok1&DryRun=true", "ClientToken=tok1%26DryRun%3Dtrue"),
                 "InvalidParameterValue",
                 "A value specified in `ClientToken` is not valid, is unsupported, or cannot be "
                 "used: it holds `&DryRun=`, which signature v1 does not tell from a further "
                 "parameter. Please use signature method `TC3-HMAC-SHA256`.");
    assert_memory_equal(available(), before, 40);
}

static void a_v1_value_holds_no_parameter(void **state)
{
    (void)state;
    /* a common one, one of a list */
    (void)world_call_v1_at(&world, HOST, true, false, V1_HOLD "&Reason=x&RequestClient=y");
    assert_contains(send_changed("Reason=x&RequestClient=", "Reason=x%26RequestClient%3D"),
                    "`Reason` is not valid, is unsupported, or cannot be used: it holds "
                    "`&RequestClient=`");
    (void)world_call_v1_at(
        &world, HOST, true, false,
        "Action=CreateTransfers&Version=" VERSION
        "&Transfers.0.Amount=1&Transfers.0.Kind=top_up&Transfers.0.MemberUin=" SEED_MEMBER
        "&Transfers.0.Reason=x&Transfers.1.Amount=2");
    assert_contains(
        send_changed("Reason=x&Transfers.1.Amount=2", "Reason=x%26Transfers.1.Amount%3D2"),
        "`Transfers.0.Reason` is not valid, is unsupported, or cannot be used: it holds "
        "`&Transfers.1.Amount=`");
    /* what is no parameter may stand there, and anything in what only reads */
    (void)world_call_v1_at(&world, HOST, true, false, V1_HOLD "&Reason=R&Rx=1");
    assert_contains(send_changed("Reason=R&Rx=1", "Reason=R%26Rx%3D1"), "\"HoldId\":");
    (void)world_call_v1(&world, true, false, "RequestClient=a&Rx=b");
    assert_contains(send_changed("RequestClient=a&Rx=b", "RequestClient=a%26Rx%3Db"),
                    "\"Data\":[{");
}

static void pairs_are_found_in_values(void **state)
{
    static const struct {
        const char *value, *names[3];
    } rows[] = {
        {"", {NULL}},
        {"a", {NULL}},
        {"a=b", {NULL}},
        {"a&b", {NULL}},
        {"a&", {NULL}},
        {"a&=b", {NULL}},
        {"a& b=c", {NULL}},
        {"a&b=", {"b"}},
        {"&b=c&d=e", {"b", "d"}},
        {"&a&b=c=d&&e=", {"b", "e"}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct slice name, rest = slice_text(rows[i].value);
        for (size_t j = 0; rows[i].names[j]; j++) {
            assert_true(v1_next_pair(&rest, &name));
            assert_true(slice_equal(name, slice_text(rows[i].names[j])));
        }
        assert_false(v1_next_pair(&rest, &name));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_read_becomes_no_write),
        cmocka_unit_test(a_write_becomes_no_other),
        cmocka_unit_test(a_write_covers_its_body),
        cmocka_unit_test(reads_of_billing_need_no_more),
        cmocka_unit_test(headers_of_bursar_are_covered),
        cmocka_unit_test(only_exposed_writes_are_held_to_it),
        cmocka_unit_test(a_v1_write_covers_its_action),
        cmocka_unit_test(a_v1_dry_run_becomes_no_transfer),
        cmocka_unit_test(a_v1_value_holds_no_parameter),
        cmocka_unit_test(pairs_are_found_in_values),
    };
    return cmocka_run_group_tests(tests, open_world, close_world);
}
