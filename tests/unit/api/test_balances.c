/* DescribeOrgMemberAccountBalance and DescribeAccountBalance: the seed page, the decisions of
 * design section 7, the formulas of protocol section 7.1. */
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

static const char *ask(const char *body)
{
    return world_call(&world, &(struct signed_call){.body = body});
}

static const char *get(const char *query)
{
    return world_call(&world, &(struct signed_call){.query = query});
}

/* The uins of an answer's rows, in order, and what stands behind Data. */
static void assert_rows(const char *answer, const char *uins, const char *tail)
{
    char found[512] = "";
    const char *at = answer;
    while ((at = strstr(at, "\"MemberUin\":\""))) {
        at += strlen("\"MemberUin\":\"");
        if (*found)
            strncat(found, " ", sizeof found - strlen(found) - 1);
        strncat(found, at, strcspn(at, "\""));
    }
    if (strcmp(found, uins) != 0)
        fail_msg("rows %s, not %s, in %s", found, uins, answer);
    assert_contains(answer, tail);
}

static void seed_request_gives_the_seed_response(void **state)
{
    (void)state;
    const char *answer = ask("{}");
    const char *expected =
        "{\"Response\":{\"Data\":[{\"BasicCreditAmount\":0,\"CashAccountBalance\":36365911,"
        "\"CreditAmount\":0,\"IsCreditAccount\":false,\"MemberName\":\"kleinerwang_test\","
        "\"MemberUin\":\"700001941608\",\"OweAmount\":0,\"RealBalance\":36365911,"
        "\"TempCredit\":0}],\"PageNumber\":1,\"PageSize\":1,\"TotalCount\":1,\"RequestId\":\"";
    assert_int_equal(strlen(answer), strlen(expected) + 36 + 3);
    assert_memory_equal(answer, expected, strlen(expected));
}

static void add_twenty_five(void)
{
    char members[8192];
    struct buffer text;
    buffer_init_fixed(&text, members, sizeof members);
    buffer_text(&text, "{\"Members\":[");
    for (int i = 25; i >= 1; i--)
        buffer_printf(&text, "{\"MemberUin\":\"%d\",\"MemberName\":\"m%d\"}%s", 3000 + i, i,
                      i > 1 ? "," : "]}");
    buffer_char(&text, '\0');
    world_must(&world, "CreateMembers", members);
}

static void pages(void **state)
{
    (void)state;
    add_twenty_five();
    assert_rows(ask("{}"), "3001 3002 3003 3004 3005 3006 3007 3008 3009 3010",
                "],\"PageNumber\":1,\"PageSize\":10,\"TotalCount\":26,");
    assert_rows(ask("{\"PageNumber\":3,\"PageSize\":10}"), "3021 3022 3023 3024 3025 700001941608",
                "],\"PageNumber\":3,\"PageSize\":6,\"TotalCount\":26,");
    assert_rows(ask("{\"PageNumber\":26,\"PageSize\":1}"), "700001941608",
                "],\"PageNumber\":26,\"PageSize\":1,\"TotalCount\":26,");
    assert_rows(ask("{\"PageNumber\":27,\"PageSize\":1}"), "",
                "{\"Data\":[],\"PageNumber\":27,\"PageSize\":0,\"TotalCount\":26,");
    assert_rows(ask("{\"PageNumber\":9223372036854775807}"), "",
                "{\"Data\":[],\"PageNumber\":9223372036854775807,\"PageSize\":0,");
    assert_rows(get("PageNumber=2&PageSize=3"), "3004 3005 3006", "\"PageNumber\":2,");
}

static void members_asked_for(void **state)
{
    (void)state;
    /* ascending, each once, unknown ones left out, the owner is not listed */
    assert_rows(ask("{\"MemberUins\":[\"3009\",\"3002\",\"3009\",\"999\",\"" OWNER "\"]}"),
                "3002 3009", "],\"PageNumber\":1,\"PageSize\":2,\"TotalCount\":2,");
    assert_rows(
        ask("{\"MemberUins\":[\"3009\",\"3002\",\"3001\"],\"PageSize\":2,\"PageNumber\":2}"),
        "3009", "],\"PageNumber\":2,\"PageSize\":1,\"TotalCount\":3,");
    assert_rows(ask("{\"MemberUins\":[\"999\"]}"), "", "\"TotalCount\":0,");
    assert_rows(get("MemberUins.0=3002&MemberUins.1=3001"), "3001 3002", "\"TotalCount\":2,");
    assert_rows(get("MemberUins.10=3011&MemberUins.2=3003&MemberUins.0=3001&MemberUins.1=3002&"
                    "MemberUins.3=3004&MemberUins.4=3005&MemberUins.5=3006&MemberUins.6=3007&"
                    "MemberUins.7=3008&MemberUins.8=3009&MemberUins.9=3010"),
                "",
                "A value specified in `MemberUins` is not valid, is unsupported, or cannot be "
                "used: at most 10 items are allowed.");
    assert_rows(world_call_v1(&world, false, true, "MemberUins.0=3005&PageSize=1"), "3005",
                "\"TotalCount\":1,");
}

static void assert_value_refused(const char *body, const char *english, const char *chinese)
{
    assert_refused(&world, &(struct signed_call){.body = body}, "InvalidParameterValue", english,
                   chinese);
}

static void ranges(void **state)
{
    static const char size_english[] = "A value specified in `PageSize` is not valid, is "
                                       "unsupported, or cannot be used: it must be between 1 and "
                                       "10.";
    static const char size_chinese[] = "参数 `PageSize` 取值错误：取值范围为 1 到 10。";
    static const char *const uins[] = {
        "\"\"", "\"12a\"", "\"0\"", "\"012\"", "\" 1\"", "\"-1\"", "\"123456789012345678901\""};
    (void)state;
    assert_value_refused("{\"PageSize\":0}", size_english, size_chinese);
    assert_value_refused("{\"PageSize\":11}", size_english, size_chinese);
    assert_value_refused("{\"PageSize\":-1}", size_english, size_chinese);
    assert_value_refused("{\"PageNumber\":0}",
                         "A value specified in `PageNumber` is not valid, is unsupported, or "
                         "cannot be used: it must be between 1 and 9223372036854775807.",
                         "参数 `PageNumber` 取值错误：取值范围为 1 到 9223372036854775807。");
    assert_value_refused("{\"MemberUins\":[\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\",\"9\","
                         "\"10\",\"11\"]}",
                         "A value specified in `MemberUins` is not valid, is unsupported, or "
                         "cannot be used: at most 10 items are allowed.",
                         "参数 `MemberUins` 取值错误：最多允许 10 个元素。");
    for (size_t i = 0; i < sizeof uins / sizeof uins[0]; i++) {
        char body[128];
        snprintf(body, sizeof body, "{\"MemberUins\":[\"3001\",%s]}", uins[i]);
        assert_value_refused(
            body,
            "A value specified in `MemberUins.1` is not valid, is unsupported, or "
            "cannot be used: an account has 1 to 20 digits and no leading zero.",
            "参数 `MemberUins.1` 取值错误：账号应为 1 到 20 位数字且不以 0 开头。");
    }
    assert_rows(ask("{\"MemberUins\":[\"12345678901234567890\"]}"), "", "\"TotalCount\":0,");
}

static void types(void **state)
{
    static const struct {
        const char *body, *place, *type;
    } table[] = {
        {"{\"PageNumber\":\"1\"}", "PageNumber", "int64"},
        {"{\"PageNumber\":1.0}", "PageNumber", "int64"},
        {"{\"PageNumber\":1e0}", "PageNumber", "int64"},
        {"{\"PageNumber\":99999999999999999999}", "PageNumber", "int64"},
        {"{\"PageNumber\":true}", "PageNumber", "int64"},
        {"{\"PageSize\":[1]}", "PageSize", "int64"},
        {"{\"PageSize\":{\"a\":[]}}", "PageSize", "int64"},
        {"{\"MemberUins\":\"1\"}", "MemberUins", "list"},
        {"{\"MemberUins\":{\"0\":\"1\"}}", "MemberUins", "list"},
        {"{\"MemberUins\":[700001941608]}", "MemberUins.0", "string"},
        {"{\"MemberUins\":[\"1\",null]}", "MemberUins.1", "string"},
        {"{\"MemberUins\":[\"1\",[\"2\"]]}", "MemberUins.1", "string"},
    };
    char english[256], chinese[256];
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        snprintf(english, sizeof english,
                 "The value type of parameter `%s` is not valid, input type should be `%s`",
                 table[i].place, table[i].type);
        snprintf(chinese, sizeof chinese, "参数 `%s` 取值类型错误。参数类型应为 %s", table[i].place,
                 table[i].type);
        assert_refused(&world, &(struct signed_call){.body = table[i].body}, "InvalidParameter",
                       english, chinese);
    }
}

static void flattened_types(void **state)
{
    (void)state;
    assert_refused(&world, &(struct signed_call){.query = "PageSize=ten"}, "InvalidParameter",
                   "The value type of parameter `PageSize` is not valid, input value is `ten`.",
                   "参数 `PageSize` 取值类型错误。");
    assert_refused(
        &world, &(struct signed_call){.query = "MemberUins.1=3001"}, "InvalidParameter",
        "Parameter `MemberUins` invalid array format, array index must be continuous and "
        "starts with 0.",
        "参数 `MemberUins` 是非法是数组格式，数组下标必须是连续的而且从0下标开始。");
    assert_contains(get("MemberUins=3001"), "invalid array format");
    assert_contains(get("MemberUins.0=3001&MemberUins.2=3002"), "invalid array format");
    assert_contains(get("MemberUins.00=3001"), "invalid array format");
    assert_contains(get("MemberUins.a=3001"), "invalid array format");
    assert_refused(&world, &(struct signed_call){.query = "MemberUins.0.x=3001"},
                   "InvalidParameter", "Parameter `MemberUins.0` format invalid.",
                   "参数 `MemberUins.0` 格式非法。");
    assert_contains(get("PageSize.0=1"), "Parameter `PageSize` format invalid.");
    assert_refused(&world, &(struct signed_call){.query = "MemberUins.0=1&MemberUins.0=2"},
                   "InvalidParameter", "Parameter `MemberUins.0` input repeated.",
                   "参数 `MemberUins.0` 重复输入。");
    assert_contains(get("PageSize=1&PageSize=1"), "Parameter `PageSize` input repeated.");
    assert_contains(get("MemberUins=1&MemberUins.=2"), "Parameter `MemberUins` input repeated.");
    assert_contains(get("PageSize="), "input value is ``");
}

static void unknown_parameters(void **state)
{
    (void)state;
    assert_refused(&world, &(struct signed_call){.body = "{\"pageSize\":1}"}, "UnknownParameter",
                   "The parameter `pageSize` is not recognized.", "未定义参数 `pageSize` ");
    assert_contains(get("Limit=1"), "The parameter `Limit` is not recognized.");
    assert_contains(get("Limit.0.x=1"), "The parameter `Limit` is not recognized.");
    /* unknown before type before value, whatever comes first */
    assert_contains(ask("{\"PageSize\":0,\"PageNumber\":\"1\",\"X\":{\"Y\":[1,{}]}}"),
                    "The parameter `X` is not recognized.");
    assert_contains(ask("{\"PageSize\":0,\"PageNumber\":\"1\"}"), "type of parameter `PageNumber`");
    /* and bytes that are not JSON before everything */
    assert_contains(ask("{\"X\":1,\"PageSize\":0"), "not valid json format");
}

static void amounts_in_every_state(void **state)
{
    (void)state;
    /* overdue: 100 of credit, 150 spent; a grant of 30 runs for an hour from now */
    world_must(
        &world, "CreateMembers",
        "{\"Members\":[{\"MemberUin\":\"5001\",\"MemberName\":\"a \\\"b\\\" \xe4\xb8\xad\","
        "\"IsCreditAccount\":true,\"CashAccountBalance\":-130,\"OweAmount\":20.25,"
        "\"BasicCreditAmount\":100,\"TempCredit\":30,\"TempAmountInfoList\":[{\"TempAmount\""
        ":30,\"StartTime\":\"2026-11-23 00:00:00\",\"EndTime\":\"2026-11-23 05:00:00\"}]}]}");
    world_set_seconds(&world, START_S - START_S % 86400);
    assert_contains(ask("{\"MemberUins\":[\"5001\"]}"),
                    "{\"BasicCreditAmount\":100,\"CashAccountBalance\":-130,\"CreditAmount\":130,"
                    "\"IsCreditAccount\":true,\"MemberName\":\"a \\\"b\\\" "
                    "\xe4\xb8\xad\",\"MemberUin\":\"5001\","
                    "\"OweAmount\":20.25,\"RealBalance\":-150.25,\"TempCredit\":30}");
    world_set_seconds(&world, START_S - START_S % 86400 + 5 * 3600);
    assert_contains(ask("{\"MemberUins\":[\"5001\"]}"),
                    "{\"BasicCreditAmount\":100,\"CashAccountBalance\":-100,\"CreditAmount\":100,");
    assert_contains(ask("{\"MemberUins\":[\"5001\"]}"),
                    "\"OweAmount\":50.25,\"RealBalance\":-150.25,\"TempCredit\":0}");
    world_set_seconds(&world, START_S);
}

static void own_balance(void **state)
{
    struct signed_call own = {.secret_id = "AKID5002",
                              .secret_key = "s5002-0123456789abcdef",
                              .action = "DescribeAccountBalance"};
    (void)state;
    world_must(&world, "CreateMembers",
               "{\"Members\":[{\"MemberUin\":\"5002\",\"MemberName\":\"own\",\"AllowArrears\":true,"
               "\"CashAccountBalance\":1000.5,\"IncomeIntoAccountBalance\":200,"
               "\"PresentAccountBalance\":30,\"FreezeAmount\":4,\"BasicCreditAmount\":50000,"
               "\"TempCredit\":7}]}");
    world_must(&world, "CreateKey",
               "{\"AccountUin\":\"5002\",\"SecretId\":\"AKID5002\",\"SecretKey\":\"s5002-"
               "0123456789abcdef\"}");
    assert_contains(
        world_call(&world, &own),
        "{\"Response\":{\"Balance\":1226,\"CashAccountBalance\":1000.5,\"CreditAmount\":50007,"
        "\"CreditBalance\":51237.5,\"FreezeAmount\":4,\"IncomeIntoAccountBalance\":200,"
        "\"IsAllowArrears\":true,\"IsCreditLimited\":false,\"OweAmount\":0,"
        "\"PresentAccountBalance\":30,\"RealBalance\":1226.5,\"RealCreditBalance\":51233.5,"
        "\"Uin\":5002,\"RequestId\":\"");
    own.body = "{\"TempCredit\":true}";
    assert_contains(
        world_call(&world, &own),
        "\"RealCreditBalance\":51233.5,\"TempAmountInfoList\":[{\"EndTime\":\"9999-12-31 "
        "23:59:59\",\"StartTime\":\"1970-01-01 00:00:00\",\"TempAmount\":7,\"Uin\":\"5002\"}],"
        "\"TempCredit\":7,\"Uin\":5002,\"RequestId\":\"");
    own.query = "TempCredit=True"; /* as Python writes it */
    assert_contains(world_call(&world, &own), "\"TempCredit\":7,");
    own.query = "TempCredit=yes";
    assert_contains(world_call(&world, &own), "input value is `yes`");
    /* the owner has an account of its own, never listed */
    assert_contains(world_call(&world, &(struct signed_call){.action = "DescribeAccountBalance"}),
                    "\"RealBalance\":0,\"RealCreditBalance\":0,\"Uin\":" OWNER ",");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(seed_request_gives_the_seed_response),
        cmocka_unit_test(pages),
        cmocka_unit_test(members_asked_for),
        cmocka_unit_test(ranges),
        cmocka_unit_test(types),
        cmocka_unit_test(flattened_types),
        cmocka_unit_test(unknown_parameters),
        cmocka_unit_test(amounts_in_every_state),
        cmocka_unit_test(own_balance),
    };
    return cmocka_run_group_tests(tests, open_world, close_world);
}
