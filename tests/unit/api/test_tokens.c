/* Client tokens: what was done once is answered the same for ever, and not done again. */
#include "world.h"

#include <stdio.h>
#include <stdlib.h>

#define HOST "bursar.example.com"
#define VERSION "2026-11-01"

static struct world world;
static struct buffer first, second;

static int open_world(void **state)
{
    struct api_options options = API_OPTIONS_DEFAULT;
    (void)state;
    options.calls_per_second = 0;
    world_open(&world, &options);
    buffer_init(&first, 1 << 20);
    buffer_init(&second, 1 << 20);
    world_must(
        &world, "CreateMembers",
        "{\"Members\":[{\"MemberUin\":\"11\",\"MemberName\":\"a\",\"CashAccountBalance\":1000},"
        "{\"MemberUin\":\"22\",\"MemberName\":\"b\"}]}");
    return 0;
}

static int close_world(void **state)
{
    (void)state;
    world_close(&world);
    buffer_done(&first);
    buffer_done(&second);
    return 0;
}

static const char *used_before = "A value specified in `ClientToken` is not valid, is unsupported, "
                                 "or cannot be used: it was used "
                                 "before, by a request of another action or with other parameters.";

#define TOP_UP(token, amount)                                                                      \
    "{\"ClientToken\":\"" token "\",\"Transfers\":[{\"Kind\":\"top_up\",\"MemberUin\":\"11\","     \
    "\"Amount\":" amount "}]}"

static void assert_cash(const char *cents)
{
    char expected[64];
    snprintf(expected, sizeof expected, "\"CashAccountBalance\":%s,", cents);
    assert_contains(world_must(&world, "DescribeMembers", "{\"AfterUin\":\"10\",\"Limit\":1}"),
                    expected);
}

static void assert_repeated(const char *action, const char *parameters)
{
    const char *answer = world_must(&world, action, parameters);
    assert_string_equal(answer_without_id(answer, &second), first.at);
}

static void do_first(const char *action, const char *parameters)
{
    (void)answer_without_id(world_must(&world, action, parameters), &first);
}

static void a_repeat_is_answered_and_not_done(void **state)
{
    (void)state;
    do_first("CreateTransfers", TOP_UP("one", "5"));
    assert_cash("1005");
    assert_repeated("CreateTransfers", TOP_UP("one", "5"));
    assert_cash("1005");
    /* later changes do not show */
    world_must(&world, "CreateTransfers", TOP_UP("two", "7"));
    assert_repeated("CreateTransfers", TOP_UP("one", "5"));
    world_restart(&world);
    assert_repeated("CreateTransfers", TOP_UP("one", "5"));
    assert_cash("1012");
    world_must(&world, "CreateTransfers",
               "{\"Transfers\":[{\"Kind\":\"withdraw\",\"MemberUin\":\"11\",\"Amount\":12}]}");
}

static void a_repeat_shows_the_name_of_then(void **state)
{
    (void)state;
    const char *rename =
        "{\"ClientToken\":\"ren\",\"MemberUin\":\"22\",\"MemberName\":\"between\"}";
    do_first("CreateTransfers", "{\"ClientToken\":\"n1\",\"Transfers\":[{\"Kind\":\"top_up\","
                                "\"MemberUin\":\"22\",\"Amount\":1}]}");
    assert_contains(first.at, "\"MemberName\":\"b\"");
    assert_contains(world_must(&world, "ModifyMember", rename), "\"MemberName\":\"between\"");
    world_must(&world, "ModifyMember", "{\"MemberUin\":\"22\",\"MemberName\":\"last\"}");
    assert_repeated("CreateTransfers",
                    "{\"ClientToken\":\"n1\",\"Transfers\":[{\"Kind\":\"top_up\","
                    "\"MemberUin\":\"22\",\"Amount\":1}]}");
    world_restart(&world);
    assert_contains(world_must(&world, "ModifyMember", rename), "\"MemberName\":\"between\"");
    assert_repeated("CreateTransfers",
                    "{\"ClientToken\":\"n1\",\"Transfers\":[{\"Kind\":\"top_up\","
                    "\"MemberUin\":\"22\",\"Amount\":1}]}");
    world_must(&world, "ModifyMember", "{\"MemberUin\":\"22\",\"MemberName\":\"b\"}");
    world_must(&world, "CreateTransfers",
               "{\"Transfers\":[{\"Kind\":\"withdraw\",\"MemberUin\":\"22\",\"Amount\":1}]}");
}

static void only_the_request_id_is_new(void **state)
{
    (void)state;
    (void)world_must(&world, "CreateTransfers", TOP_UP("id", "1"));
    char id[64];
    snprintf(id, sizeof id, "%.51s", strstr(world.out.at, "\"RequestId\""));
    assert_null(strstr(world_must(&world, "CreateTransfers", TOP_UP("id", "1")), id));
    world_must(&world, "CreateTransfers",
               "{\"Transfers\":[{\"Kind\":\"withdraw\",\"MemberUin\":\"11\",\"Amount\":1}]}");
}

static void another_body_is_refused(void **state)
{
    (void)state;
    world_must(&world, "CreateTransfers", TOP_UP("body", "1"));
    assert_error(world_manage(&world, "CreateTransfers", TOP_UP("body", "2")),
                 "InvalidParameterValue", used_before);
    assert_error(
        world_manage(&world, "CreateTransfers",
                     "{\"ClientToken\":\"body\",\"Partial\":false,\"Transfers\":[{\"Kind\":"
                     "\"top_up\",\"MemberUin\":\"11\",\"Amount\":1}]}"),
        "InvalidParameterValue", used_before);
    /* another action */
    assert_error(world_manage(&world, "CreateMembers",
                              "{\"ClientToken\":\"body\",\"Members\":[{\"MemberUin\":\"77\","
                              "\"MemberName\":\"x\"}]}"),
                 "InvalidParameterValue", used_before);
    struct signed_call call = {
        .host = HOST, .version = VERSION, .action = "CreateTransfers", .body = TOP_UP("body", "3")};
    assert_refused(&world, &call, "InvalidParameterValue", used_before,
                   "参数 `ClientToken` 取值错误：已被其他接口或参数不同的请求使用。");
    assert_cash("1001");
    world_must(&world, "CreateTransfers",
               "{\"Transfers\":[{\"Kind\":\"withdraw\",\"MemberUin\":\"11\",\"Amount\":1}]}");
}

/* However it is written, the same is the same. */
static void how_it_is_written_makes_no_difference(void **state)
{
    (void)state;
    struct signed_call call = {.host = HOST, .version = VERSION, .action = "CreateTransfers"};
    call.body = "{\"Transfers\":[{\"Kind\":\"top_up\",\"MemberUin\":\"11\",\"Amount\":5,\"Reason\":"
                "\"ab\"}],\"ClientToken\":\"form\"}";
    (void)answer_without_id(world_call(&world, &call), &first);
    assert_contains(first.at, "\"Applied\":true");
    call.body =
        " { \"ClientToken\" : \"f\\u006frm\", \"Partial\":null,\n\"Transfers\" : [ { \"Amount\""
        ":5.0, \"Reason\":\"a\\u0062\",\"MemberUin\":\"11\",\"Kind\":\"top_up\"} ] }";
    assert_string_equal(answer_without_id(world_call(&world, &call), &second), first.at);
    call.body = NULL;
    call.query = "Transfers.0.Amount=50e-1&Transfers.0.Reason=a%62&Transfers.0.MemberUin=11&"
                 "Transfers.0.Kind=top_up&ClientToken=form";
    assert_string_equal(answer_without_id(world_call(&world, &call), &second), first.at);
    static const char *const v1 =
        "Action=CreateTransfers&Version=" VERSION "&ClientToken=form&Transfers.0.Kind=top_up&"
        "Transfers.0.MemberUin=11&Transfers.0.Amount=5&Transfers.0.Reason=ab";
    for (int way = 0; way < 4; way++) {
        const char *answer = world_call_v1_at(&world, HOST, way & 1, way & 2, v1);
        assert_string_equal(answer_without_id(answer, &second), first.at);
    }
    assert_cash("1005");
    world_must(&world, "CreateTransfers",
               "{\"Transfers\":[{\"Kind\":\"withdraw\",\"MemberUin\":\"11\",\"Amount\":5}]}");
}

/* Two in one group of the committer, and a third that asks for something else. */
static void repeats_that_come_together(void **state)
{
    struct world_write writes[4];
    (void)state;
    world_hold(&world);
    world_begin(&world, "CreateTransfers", TOP_UP("zero", "1"),
                &writes[0]); /* keeps the committer */
    world_begin(&world, "CreateTransfers", TOP_UP("both", "2"), &writes[1]);
    world_begin(&world, "CreateTransfers", TOP_UP("both", "2"), &writes[2]);
    world_begin(&world, "CreateTransfers", TOP_UP("both", "3"), &writes[3]);
    for (int i = 0; i < 4; i++)
        assert_true(writes[i].is_pending);
    world_release(&world);
    assert_contains(world_finish(&world, &writes[0]), "\"Applied\":true");
    assert_contains(answer_without_id(world_finish(&world, &writes[1]), &first),
                    "\"Applied\":true");
    assert_string_equal(answer_without_id(world_finish(&world, &writes[2]), &second), first.at);
    assert_error(world_finish(&world, &writes[3]), "InvalidParameterValue", used_before);
    for (int i = 0; i < 4; i++)
        world_write_done(&writes[i]);
    assert_repeated("CreateTransfers", TOP_UP("both", "2"));
    assert_cash("1003");
    world_must(&world, "CreateTransfers",
               "{\"Transfers\":[{\"Kind\":\"withdraw\",\"MemberUin\":\"11\",\"Amount\":3}]}");
}

/* Refused, dry or without effect: the token is still free. */
static void nothing_done_uses_no_token_up(void **state)
{
    (void)state;
    static const char too_much[] =
        "{\"ClientToken\":\"free\",\"Transfers\":[{\"Kind\":\"withdraw\",\"MemberUin\":\"11\","
        "\"Amount\":5000}]}";
    assert_contains(world_manage(&world, "CreateTransfers", too_much), "BalanceInsufficient");
    world_must(&world, "CreateTransfers",
               "{\"ClientToken\":\"free\",\"DryRun\":true,\"Transfers\":[{\"Kind\":\"top_up\","
               "\"MemberUin\":\"11\",\"Amount\":9}]}");
    assert_contains(world_must(&world, "CreateMembers",
                               "{\"ClientToken\":\"free\",\"Members\":[{\"MemberUin\":\"22\","
                               "\"MemberName\":\"b\"}]}"),
                    "\"Unchanged\":1");
    do_first("CreateTransfers", TOP_UP("free", "1"));
    assert_repeated("CreateTransfers", TOP_UP("free", "1"));
    assert_cash("1001");
    /* a dry run with a used token is decided, not repeated */
    assert_contains(world_must(&world, "CreateTransfers",
                               "{\"ClientToken\":\"free\",\"DryRun\":true,\"Transfers\":[{\"Kind\":"
                               "\"top_up\",\"MemberUin\":\"11\",\"Amount\":9}]}"),
                    "\"Applied\":false,\"EntryIds\":[0]");
    world_must(&world, "CreateTransfers",
               "{\"Transfers\":[{\"Kind\":\"withdraw\",\"MemberUin\":\"11\",\"Amount\":1}]}");
}

static void which_tokens_there_are(void **state)
{
    static const char *const bad[] = {
        "",        "a b",
        "\\u00e9", "\\u007f",
        "a&b",     "a=b",
        "a%41",    "12345678901234567890123456789012345678901234567890123456789012345"};
    static const char wrong[] =
        "A value specified in `ClientToken` is not valid, is unsupported, "
        "or cannot be used: 1 to 64 "
        "printable ASCII characters without blanks, `&`, `=` and `%` are allowed.";
    char body[512];
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        snprintf(
            body, sizeof body,
            "{\"ClientToken\":\"%s\",\"Members\":[{\"MemberUin\":\"22\",\"MemberName\":\"b\"}]}",
            bad[i]);
        struct signed_call call = {
            .host = HOST, .version = VERSION, .action = "CreateMembers", .body = body};
        assert_refused(&world, &call, "InvalidParameterValue", wrong,
                       "参数 `ClientToken` 取值错误：只允许 1 到 64 个可打印且不含空格、`&`、`=` "
                       "和 `%` 的 ASCII 字符。");
    }
    world_must(
        &world, "CreateMembers",
        "{\"ClientToken\":\"!~34567890123456789012345678901234567890123456789012345678901234\","
        "\"Members\":[{\"MemberUin\":\"22\",\"MemberName\":\"b\"}]}");
}

/* The same token of two organisations is two tokens. */
static void organisations_share_no_tokens(void **state)
{
    (void)state;
    world_must(&world, "CreateOrganization", "{\"Name\":\"other\",\"OwnerUin\":\"500\"}");
    world_must(
        &world, "CreateMembers",
        "{\"ClientToken\":\"shared\",\"Members\":[{\"MemberUin\":\"61\",\"MemberName\":\"x\"}]}");
    assert_contains(world_must(&world, "CreateMembers",
                               "{\"ClientToken\":\"shared\",\"OrganizationId\":2,\"Members\":[{"
                               "\"MemberUin\":\"62\",\"MemberName\":\"y\"}]}"),
                    "\"Added\":1");
}

static void partial_results_are_repeated(void **state)
{
    static const char body[] =
        "{\"ClientToken\":\"part\",\"Partial\":true,\"Transfers\":["
        "{\"Kind\":\"charge\",\"MemberUin\":\"22\",\"Amount\":1},"
        "{\"Kind\":\"bad\",\"MemberUin\":\"22\",\"Amount\":1},"
        "{\"Kind\":\"move\",\"MemberUin\":\"11\",\"ToMemberUin\":\"22\",\"Amount\":4},"
        "{\"Kind\":\"charge\",\"MemberUin\":\"22\",\"Amount\":1},"
        "{\"Kind\":\"charge\",\"MemberUin\":\"404\",\"Amount\":1}]}";
    (void)state;
    do_first("CreateTransfers", body);
    assert_contains(first.at, "\"Index\":4");
    assert_repeated("CreateTransfers", body);
    world_restart(&world);
    assert_repeated("CreateTransfers", body);
    assert_cash("996");
}

/* Every other write. */
static void all_writes_take_tokens(void **state)
{
    static const struct {
        const char *action, *parameters;
    } table[] = {
        {"CreateOrganization", "{\"ClientToken\":\"w1\",\"Name\":\"n\",\"OwnerUin\":\"800\"}"},
        {"CreateMembers",
         "{\"ClientToken\":\"w2\",\"Partial\":true,\"Members\":[{\"MemberUin\":\"81\","
         "\"MemberName\":\"x\"},{\"MemberUin\":\"22\",\"MemberName\":\"other\"},"
         "{\"MemberUin\":\"11\"}]}"},
        {"PutPolicy",
         "{\"ClientToken\":\"w3\",\"UserUin\":\"7\",\"PolicyName\":\"p\",\"PolicyDocument\":\"{"
         "\\\"version\\\":\\\"2.0\\\",\\\"statement\\\":{\\\"effect\\\":\\\"allow\\\","
         "\\\"action\\\":\\\"*\\\",\\\"resource\\\":\\\"*\\\"}}\"}"},
        {"DeletePolicy", "{\"ClientToken\":\"w4\",\"UserUin\":\"7\",\"PolicyName\":\"p\"}"},
        {"PutDelegation", "{\"ClientToken\":\"w5\",\"AccountUin\":\"81\",\"Everyone\":true}"},
        {"DeleteDelegation", "{\"ClientToken\":\"w6\",\"AccountUin\":\"81\"}"},
        {"CreateKey", "{\"ClientToken\":\"w8\",\"AccountUin\":\"81\",\"SecretId\":\"AKIDw8\","
                      "\"SecretKey\":\"k-0123456789abcdef\"}"},
        {"ModifyKey", "{\"ClientToken\":\"w9\",\"SecretId\":\"AKIDw8\",\"Enabled\":false}"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        do_first(table[i].action, table[i].parameters);
        assert_repeated(table[i].action, table[i].parameters);
        world_restart(&world);
        assert_repeated(table[i].action, table[i].parameters);
    }
    assert_contains(world_must(&world, "DescribeOrganizations", "{}"), "],\"TotalCount\":3,");
}

/* The same key, without anything secret, and it says so. */
static void assert_withheld(const char *action, const char *parameters, const char *id)
{
    const char *answer = world_must(&world, action, parameters);
    assert_contains(answer, id);
    assert_contains(answer, "\"SecretWithheld\":true,");
    assert_null(strstr(answer, "SecretKey\":"));
    assert_null(strstr(answer, "Token\":"));
}

/* A made key is answered again without its secret, which worked; a given one was never shown. */
static void a_key_is_answered_again_without_its_secret(void **state)
{
    char id[64], secret[64];
    (void)state;
    do_first("CreateKey", "{\"ClientToken\":\"key\",\"AccountUin\":\"22\"}");
    const char *at = strstr(first.at, "\"SecretId\":\"");
    assert_non_null(at);
    assert_int_equal(sscanf(at, "\"SecretId\":\"%36[^\"]\",\"SecretKey\":\"%32[^\"]\"", id, secret),
                     2);
    assert_withheld("CreateKey", "{\"ClientToken\":\"key\",\"AccountUin\":\"22\"}", id);
    world_restart(&world);
    assert_withheld("CreateKey", "{\"ClientToken\":\"key\",\"AccountUin\":\"22\"}", id);
    assert_contains(world_call(&world, &(struct signed_call){.secret_id = id,
                                                             .secret_key = secret,
                                                             .action = "DescribeAccountBalance"}),
                    "\"Uin\":22,");
    do_first("CreateKey", "{\"ClientToken\":\"given\",\"AccountUin\":\"22\",\"SecretId\":\"AKIDg\","
                          "\"SecretKey\":\"k-0123456789abcdef\"}");
    assert_null(strstr(first.at, "SecretKey\":"));
    assert_repeated("CreateKey", "{\"ClientToken\":\"given\",\"AccountUin\":\"22\",\"SecretId\":"
                                 "\"AKIDg\",\"SecretKey\":\"k-0123456789abcdef\"}");
}

/* A temporary key, its secret and its token, also when time has gone on; it works, and ends. */
static void a_temporary_key_is_answered_again(void **state)
{
    char id[64], secret[64], token[80], headers[128];
    (void)state;
    static const char body[] =
        "{\"ClientToken\":\"temporary\",\"AccountUin\":\"22\",\"DurationSeconds\":100}";
    do_first("CreateTemporaryKey", body);
    assert_contains(first.at, "{\"Response\":{\"AccountUin\":\"22\",\"ExpiredTime\":1795403673,"
                              "\"Principal\":\"main\",\"SecretId\":\"AKID");
    const char *at = strstr(first.at, "\"SecretId\":\"");
    assert_int_equal(sscanf(at,
                            "\"SecretId\":\"%36[^\"]\",\"SecretKey\":\"%32[^\"]\","
                            "\"SecretWithheld\":false,\"Token\":"
                            "\"%64[^\"]\"",
                            id, secret, token),
                     3);
    assert_int_equal(strlen(token), 64);
    snprintf(headers, sizeof headers, "X-TC-Token: %s\r\n", token);
    struct signed_call call = {.secret_id = id,
                               .secret_key = secret,
                               .action = "DescribeAccountBalance",
                               .headers = headers};
    assert_contains(world_call(&world, &call), "\"Uin\":22,");
    world_set_seconds(&world, START_S + 99);
    assert_contains(world_call(&world, &call), "\"Uin\":22,");
    assert_withheld("CreateTemporaryKey", body, id);
    world_restart(&world);
    assert_withheld("CreateTemporaryKey", body, id);
    call.headers = NULL;
    assert_contains(world_call(&world, &call), "AuthFailure.TokenFailure");
    call.headers = headers;
    world_set_seconds(&world, START_S + 100);
    assert_contains(world_call(&world, &call), "AuthFailure.TokenFailure");
    world_set_seconds(&world, START_S);
    const char *dry = world_must(&world, "CreateTemporaryKey", "{\"DryRun\":true}");
    assert_contains(dry, "\"ExpiredTime\":1795405373,");
    assert_null(strstr(dry, "SecretKey\":"));
    assert_null(strstr(dry, "Token\""));
    static const char *const durations[] = {"0", "-1", "129601"};
    for (size_t i = 0; i < 3; i++) {
        char bad[64];
        snprintf(bad, sizeof bad, "{\"DurationSeconds\":%s}", durations[i]);
        assert_error(
            world_manage(&world, "CreateTemporaryKey", bad), "InvalidParameterValue",
            "A value specified in `DurationSeconds` is not valid, is unsupported, or cannot "
            "be used: it must be between 1 and 129600.");
    }
    assert_error(
        world_manage(&world, "CreateTemporaryKey", "{\"UserUin\":\"x\"}"), "InvalidParameterValue",
        "A value specified in `UserUin` is not valid, is unsupported, or cannot be used: an "
        "account has 1 to 20 digits and no leading zero.");
}

/* Many requests later, when the book has let it go (ADR 11): answered again, refused for another
 * body, and what it made is told. */
static void old_tokens_are_kept(void **state)
{
    const struct journal_options journal_options = {.create = true, .requests_due = 8};
    struct api_options options = API_OPTIONS_DEFAULT;
    struct journal *journal = NULL;
    struct fault fault;
    char folder[] = "/tmp/bursar-api-tokens-XXXXXX";
    char command[64];
    (void)state;
    (void)close_world(NULL);
    options.calls_per_second = 0;
    assert_non_null(mkdtemp(folder));
    assert_true(status_ok(journal_open(folder, &journal_options, &fault, &journal)));
    world_open_on(&world, journal, &options, NULL);
    buffer_init(&first, 1 << 20);
    buffer_init(&second, 1 << 20);
    world_must(&world, "CreateMembers",
               "{\"Members\":[{\"MemberUin\":\"11\",\"MemberName\":\"a\"}]}");
    do_first("CreateTransfers", TOP_UP("oldest", "7"));
    for (int i = 0; i < 100; i++) {
        char parameters[128];
        snprintf(parameters, sizeof parameters, TOP_UP("%d", "1"), i);
        world_must(&world, "CreateTransfers", parameters);
    }
    assert_in_range(book_request_count(world.book), 0, 40);
    assert_repeated("CreateTransfers", TOP_UP("oldest", "7"));
    assert_error(world_manage(&world, "CreateTransfers", TOP_UP("oldest", "8")),
                 "InvalidParameterValue", used_before);
    assert_contains(world_must(&world, "DescribeEntries", "{\"ClientToken\":\"oldest\"}"),
                    "\"Kind\":\"top_up\",");
    assert_contains(world_must(&world, "DescribeEntries", "{\"ClientToken\":\"other\"}"),
                    "{\"Data\":[],");
    assert_cash("107");
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    assert_int_equal(system(command), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_repeat_is_answered_and_not_done),
        cmocka_unit_test(a_repeat_shows_the_name_of_then),
        cmocka_unit_test(only_the_request_id_is_new),
        cmocka_unit_test(another_body_is_refused),
        cmocka_unit_test(how_it_is_written_makes_no_difference),
        cmocka_unit_test(repeats_that_come_together),
        cmocka_unit_test(nothing_done_uses_no_token_up),
        cmocka_unit_test(which_tokens_there_are),
        cmocka_unit_test(organisations_share_no_tokens),
        cmocka_unit_test(partial_results_are_repeated),
        cmocka_unit_test(all_writes_take_tokens),
        cmocka_unit_test(a_key_is_answered_again_without_its_secret),
        cmocka_unit_test(a_temporary_key_is_answered_again),
        cmocka_unit_test(old_tokens_are_kept),
    };
    return cmocka_run_group_tests(tests, open_world, close_world);
}
