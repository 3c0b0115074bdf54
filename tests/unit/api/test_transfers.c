/* CreateTransfers: every kind with the balances it leaves, all or nothing, partial, dry runs, and
 * every way to ask for what cannot be. Expected balances are worked out by hand. */
#include "world.h"

#include <stdio.h>

static struct world world;

/* 11: 1,000 cash, 200 income, 300 gift, credit 500. 22: nothing, may go into arrears. */
static int open_world(void **state)
{
    struct api_options options = API_OPTIONS_DEFAULT;
    (void)state;
    options.calls_per_second = 0;
    world_open(&world, &options);
    world_must(
        &world, "CreateMembers",
        "{\"Members\":[{\"MemberUin\":\"11\",\"MemberName\":\"a\",\"CashAccountBalance\":1000,"
        "\"IncomeIntoAccountBalance\":200,\"PresentAccountBalance\":300,"
        "\"BasicCreditAmount\":500,\"IsCreditAccount\":true},"
        "{\"MemberUin\":\"22\",\"MemberName\":\"b\",\"AllowArrears\":true},"
        "{\"MemberUin\":\"33\",\"MemberName\":\"c\",\"CashAccountBalance\":50}]}");
    return 0;
}

static int close_world(void **state)
{
    (void)state;
    world_close(&world);
    return 0;
}

static const char *transfer(const char *transfers)
{
    char body[4096];
    snprintf(body, sizeof body, "{\"Transfers\":[%s]}", transfers);
    return world_manage(&world, "CreateTransfers", body);
}

static const char *transfer_with(const char *others, const char *transfers)
{
    char body[4096];
    snprintf(body, sizeof body, "{%s,\"Transfers\":[%s]}", others, transfers);
    return world_manage(&world, "CreateTransfers", body);
}

/* Row of 11 with these in cents; no temporary credit. */
#define ROW_11(cash_account_balance, owe, real)                                                    \
    "{\"BasicCreditAmount\":500,\"CashAccountBalance\":" cash_account_balance                      \
    ",\"CreditAmount\":500,\"IsCreditAccount\":true,\"MemberName\":\"a\",\"MemberUin\":\"11\","    \
    "\"OweAmount\":" owe ",\"RealBalance\":" real ",\"TempCredit\":0}"
#define ROW(uin, name, cash_account_balance, owe, real)                                            \
    "{\"BasicCreditAmount\":0,\"CashAccountBalance\":" cash_account_balance                        \
    ",\"CreditAmount\":0,\"IsCreditAccount\":false,\"MemberName\":\"" name                         \
    "\",\"MemberUin\":\"" uin "\",\"OweAmount\":" owe ",\"RealBalance\":" real                     \
    ",\"TempCredit\":0}"

static void each_kind_moves_money_as_it_says(void **state)
{
    static const struct {
        const char *transfer, *members;
    } table[] = {
        {"{\"Kind\":\"top_up\",\"MemberUin\":\"11\",\"Amount\":100.25}",
         ROW_11("1100.25", "0", "1600.25")},
        {"{\"Kind\":\"withdraw\",\"MemberUin\":\"11\",\"Amount\":1000}", ROW_11("0", "0", "500")},
        /* gift 300, income 200, cash 100 */
        {"{\"Kind\":\"charge\",\"MemberUin\":\"11\",\"Amount\":600}", ROW_11("900", "0", "900")},
        /* all 1,500, then the whole credit line */
        {"{\"Kind\":\"charge\",\"MemberUin\":\"11\",\"Amount\":2000}", ROW_11("-500", "0", "-500")},
        {"{\"Kind\":\"refund\",\"MemberUin\":\"11\",\"Amount\":1}", ROW_11("1001", "0", "1501")},
        {"{\"Kind\":\"refund\",\"MemberUin\":\"11\",\"Amount\":1,\"Account\":\"income\"}",
         ROW_11("1000", "0", "1501")},
        {"{\"Kind\":\"refund\",\"MemberUin\":\"11\",\"Amount\":1,\"Account\":\"gift\"}",
         ROW_11("1000", "0", "1501")},
        {"{\"Kind\":\"grant_gift\",\"MemberUin\":\"11\",\"Amount\":0.0001}",
         ROW_11("1000", "0", "1500.0001")},
        {"{\"Kind\":\"move\",\"MemberUin\":\"11\",\"ToMemberUin\":\"33\",\"Amount\":400}",
         ROW_11("600", "0", "1100") "," ROW("33", "c", "450", "0", "450")},
        {"{\"Kind\":\"adjust\",\"MemberUin\":\"11\",\"CashAmount\":-7,\"IncomeAmount\":-200,"
         "\"GiftAmount\":5,\"Reason\":\"count\"}",
         ROW_11("993", "0", "1298")},
        /* arrears: 22 has nothing and no credit */
        {"{\"Kind\":\"charge\",\"MemberUin\":\"22\",\"Amount\":30}",
         ROW("22", "b", "0", "30", "-30")},
    };
    char expected[1024];
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        snprintf(
            expected, sizeof expected,
            "{\"Response\":{\"Applied\":false,\"EntryIds\":[0],\"Errors\":[],\"Members\":[%s],",
            table[i].members);
        assert_contains(transfer_with("\"DryRun\":true", table[i].transfer), expected);
    }
}

/* Amounts are told apart by account in the answer of DescribeMembers. */
static void a_charge_takes_gift_then_income_then_cash(void **state)
{
    (void)state;
    world_must(
        &world, "CreateMembers",
        "{\"Members\":[{\"MemberUin\":\"44\",\"MemberName\":\"d\",\"CashAccountBalance\":100,"
        "\"IncomeIntoAccountBalance\":20,\"PresentAccountBalance\":3}]}");
    assert_contains(transfer("{\"Kind\":\"charge\",\"MemberUin\":\"44\",\"Amount\":2},"
                             "{\"Kind\":\"charge\",\"MemberUin\":\"44\",\"Amount\":2}"),
                    "\"Applied\":true");
    const char *members =
        world_must(&world, "DescribeMembers", "{\"AfterUin\":\"43\",\"Limit\":1}");
    assert_contains(members, "\"CashAccountBalance\":100,");
    assert_contains(members, "\"IncomeIntoAccountBalance\":19,");
    assert_contains(members, "\"PresentAccountBalance\":0,");
    assert_contains(transfer("{\"Kind\":\"charge\",\"MemberUin\":\"44\",\"Amount\":20}"),
                    "\"Applied\":true");
    assert_contains(world_must(&world, "DescribeMembers", "{\"AfterUin\":\"43\",\"Limit\":1}"),
                    "\"CashAccountBalance\":99,\"CreditAmount\":0,\"FreezeAmount\":0,"
                    "\"IncomeIntoAccountBalance\":0,");
    assert_contains(transfer("{\"Kind\":\"charge\",\"MemberUin\":\"44\",\"Amount\":99}"),
                    "\"Applied\":true");
}

static void entries_are_numbered_in_the_order_asked(void **state)
{
    unsigned long long first, second, third;
    (void)state;
    const char *answer =
        transfer("{\"Kind\":\"top_up\",\"MemberUin\":\"33\",\"Amount\":1},"
                 "{\"Kind\":\"move\",\"MemberUin\":\"33\",\"ToMemberUin\":\"22\",\"Amount\":51},"
                 "{\"Kind\":\"top_up\",\"MemberUin\":\"33\",\"Amount\":50}");
    assert_int_equal(sscanf(answer, "{\"Response\":{\"Applied\":true,\"EntryIds\":[%llu,%llu,%llu]",
                            &first, &second, &third),
                     3);
    assert_true(first > 0);
    assert_true(second == first + 1 && third == first + 2);
    /* each member once, ascending, as after its last transfer */
    assert_contains(answer, ",\"Errors\":[],\"Members\":[" ROW("22", "b", "51", "0", "51") "," ROW(
                                "33", "c", "50", "0", "50") "],\"RequestId\":");
    (void)transfer("{\"Kind\":\"withdraw\",\"MemberUin\":\"22\",\"Amount\":51}");
}

static void one_refused_refuses_all(void **state)
{
    (void)state;
    assert_error(transfer("{\"Kind\":\"top_up\",\"MemberUin\":\"33\",\"Amount\":10},"
                          "{\"Kind\":\"charge\",\"MemberUin\":\"33\",\"Amount\":60.01},"
                          "{\"Kind\":\"charge\",\"MemberUin\":\"99\",\"Amount\":1}"),
                 "FailedOperation.BalanceInsufficient",
                 "Transfers.1: Operation failed. The available balance of the account is "
                 "insufficient.");
    assert_contains(transfer("{\"Kind\":\"top_up\",\"MemberUin\":\"33\",\"Amount\":10},"
                             "{\"Kind\":\"charge\",\"MemberUin\":\"33\",\"Amount\":60.01}"),
                    "\"Error\":{\"Code\":\"FailedOperation.BalanceInsufficient\",\"Index\":1,");
    assert_contains(world_must(&world, "DescribeMembers", "{\"AfterUin\":\"32\",\"Limit\":1}"),
                    "\"CashAccountBalance\":50,");
    /* what each leaves counts for the next */
    assert_contains(transfer("{\"Kind\":\"top_up\",\"MemberUin\":\"33\",\"Amount\":10},"
                             "{\"Kind\":\"charge\",\"MemberUin\":\"33\",\"Amount\":60}"),
                    "\"Applied\":true");
    (void)transfer("{\"Kind\":\"top_up\",\"MemberUin\":\"33\",\"Amount\":50}");
}

static void partial_does_what_can_be_done(void **state)
{
    unsigned long long first, second;
    (void)state;
    const char *answer = transfer_with("\"Partial\":true",
                                       "{\"Kind\":\"charge\",\"MemberUin\":\"33\",\"Amount\":51},"
                                       "{\"Kind\":\"top_up\",\"MemberUin\":\"33\",\"Amount\":1},"
                                       "{\"Kind\":\"gift\",\"MemberUin\":\"33\",\"Amount\":1},"
                                       "{\"Kind\":\"top_up\",\"MemberUin\":\"0x\",\"Amount\":1},"
                                       "{\"Kind\":\"charge\",\"MemberUin\":\"33\",\"Amount\":51}");
    assert_int_equal(sscanf(answer,
                            "{\"Response\":{\"Applied\":true,\"EntryIds\":[0,%llu,0,0,%llu]",
                            &first, &second),
                     2);
    assert_int_equal(second, first + 1);
    assert_contains(
        answer,
        "\"Errors\":[{\"Code\":\"FailedOperation.BalanceInsufficient\",\"Index\":0,\"MemberUin\":"
        "\"33\",\"Message\":\"Transfers.0: Operation failed. The available balance of the account "
        "is insufficient.\"},{\"Code\":\"InvalidParameterValue\",\"Index\":2,\"MemberUin\":\"33\","
        "\"Message\":\"A value specified in `Transfers.2.Kind` is not valid, is unsupported, or "
        "cannot be used: it must be one of top_up, withdraw, charge, refund, grant_gift, move, "
        "adjust.\"},{\"Code\":\"InvalidParameterValue\",\"Index\":3,\"MemberUin\":\"0x\","
        "\"Message\":\"A value specified in `Transfers.3.MemberUin` is not valid, is unsupported, "
        "or cannot be used: an account has 1 to 20 digits and no leading "
        "zero.\"}],\"Members\":[" ROW("33", "c", "0", "0", "0") "],");
    assert_contains(
        transfer_with("\"Partial\":true",
                      "{\"Kind\":\"charge\",\"MemberUin\":\"33\",\"Amount\":1}"),
        "{\"Response\":{\"Applied\":false,\"EntryIds\":[0],\"Errors\":[{\"Code\":\"FailedOp");
    assert_contains(
        transfer_with("\"Partial\":true", "{\"Kind\":\"no\",\"MemberUin\":\"33\",\"Amount\":1}"),
        "{\"Response\":{\"Applied\":false,\"EntryIds\":[0],\"Errors\":[{\"Code\":\"Invalid");
    (void)transfer("{\"Kind\":\"top_up\",\"MemberUin\":\"33\",\"Amount\":50}");
}

static void a_dry_run_changes_nothing(void **state)
{
    (void)state;
    char before[4096];
    const char *members = world_must(&world, "DescribeMembers", "{}");
    snprintf(before, sizeof before, "%.*s", (int)strcspn(members, "]"), members);
    assert_contains(transfer_with("\"DryRun\":true,\"Partial\":true",
                                  "{\"Kind\":\"top_up\",\"MemberUin\":\"33\",\"Amount\":1},"
                                  "{\"Kind\":\"charge\",\"MemberUin\":\"33\",\"Amount\":51},"
                                  "{\"Kind\":\"charge\",\"MemberUin\":\"33\",\"Amount\":1}"),
                    "{\"Response\":{\"Applied\":false,\"EntryIds\":[0,0,0],\"Errors\":[{\"Code\":"
                    "\"FailedOperation."
                    "BalanceInsufficient\",\"Index\":2,");
    assert_error(transfer_with("\"DryRun\":true",
                               "{\"Kind\":\"charge\",\"MemberUin\":\"33\",\"Amount\":51}"),
                 "FailedOperation.BalanceInsufficient",
                 "Transfers.0: Operation failed. The available balance of the account is "
                 "insufficient.");
    assert_contains(world_must(&world, "DescribeMembers", "{}"), before);
}

#define BAD(field, what)                                                                           \
    "A value specified in `Transfers.0." field                                                     \
    "` is not valid, is unsupported, or cannot be used: " what

static void what_cannot_be_is_refused(void **state)
{
    static const struct {
        const char *transfer, *code, *english, *chinese;
    } table[] = {
        {"\"MemberUin\":\"33\",\"Amount\":1", "MissingParameter",
         "The request is missing a required parameter `Transfers.0.Kind`.",
         "请求缺少必传参数 `Transfers.0.Kind` 。"},
        {"\"Kind\":\"hold\",\"MemberUin\":\"33\",\"Amount\":1", "InvalidParameterValue",
         BAD("Kind",
             "it must be one of top_up, withdraw, charge, refund, grant_gift, move, adjust."),
         "参数 `Transfers.0.Kind` 取值错误：可选值为 top_up, withdraw, charge, refund, grant_gift, "
         "move, "
         "adjust。"},
        {"\"Kind\":\"charge\",\"Amount\":1", "MissingParameter",
         "The request is missing a required parameter `Transfers.0.MemberUin`.",
         "请求缺少必传参数 `Transfers.0.MemberUin` 。"},
        {"\"Kind\":\"charge\",\"MemberUin\":\"033\",\"Amount\":1", "InvalidParameterValue",
         BAD("MemberUin", "an account has 1 to 20 digits and no leading zero."),
         "参数 `Transfers.0.MemberUin` 取值错误：账号应为 1 到 20 位数字且不以 0 开头。"},
        {"\"Kind\":\"charge\",\"MemberUin\":\"34\",\"Amount\":1", "ResourceNotFound",
         "Transfers.0: The account is not the owner or a member of the organization.",
         "Transfers.0: 该账号不是企业组织的管理员或成员。"},
        {"\"Kind\":\"charge\",\"MemberUin\":\"33\"", "MissingParameter",
         "The request is missing a required parameter `Transfers.0.Amount`.",
         "请求缺少必传参数 `Transfers.0.Amount` 。"},
        {"\"Kind\":\"charge\",\"MemberUin\":\"33\",\"Amount\":0", "InvalidParameterValue",
         BAD("Amount", "it must be greater than zero."),
         "参数 `Transfers.0.Amount` 取值错误：必须大于零。"},
        {"\"Kind\":\"charge\",\"MemberUin\":\"33\",\"Amount\":-1", "InvalidParameterValue",
         BAD("Amount", "it must be greater than zero."),
         "参数 `Transfers.0.Amount` 取值错误：必须大于零。"},
        {"\"Kind\":\"charge\",\"MemberUin\":\"33\",\"Amount\":0.00001", "InvalidParameterValue",
         BAD("Amount", "an amount in cents has at most four decimals and must fit."),
         "参数 `Transfers.0.Amount` 取值错误：金额以分为单位，最多四位小数，且不能溢出。"},
        {"\"Kind\":\"top_up\",\"MemberUin\":\"33\",\"Amount\":900000000000000",
         "InvalidParameterValue", "Transfers.0: The amounts are too large to be kept.",
         "Transfers.0: 金额过大，无法保存。"},
        {"\"Kind\":\"charge\",\"MemberUin\":\"33\",\"Amount\":50.01",
         "FailedOperation.BalanceInsufficient",
         "Transfers.0: Operation failed. The available balance of the account is insufficient.",
         "Transfers.0: 操作失败。账户可用余额不足。"},
        {"\"Kind\":\"withdraw\",\"MemberUin\":\"11\",\"Amount\":1001",
         "FailedOperation.BalanceInsufficient",
         "Transfers.0: Operation failed. The available balance of the account is insufficient.",
         "Transfers.0: 操作失败。账户可用余额不足。"},
        {"\"Kind\":\"move\",\"MemberUin\":\"33\",\"Amount\":1", "MissingParameter",
         "The request is missing a required parameter `Transfers.0.ToMemberUin`.",
         "请求缺少必传参数 `Transfers.0.ToMemberUin` 。"},
        {"\"Kind\":\"move\",\"MemberUin\":\"33\",\"ToMemberUin\":\"33\",\"Amount\":1",
         "InvalidParameterValue",
         BAD("ToMemberUin", "it must be another account than `MemberUin`."),
         "参数 `Transfers.0.ToMemberUin` 取值错误：不能与 `MemberUin` 相同。"},
        {"\"Kind\":\"move\",\"MemberUin\":\"33\",\"ToMemberUin\":\"34\",\"Amount\":1",
         "ResourceNotFound",
         "Transfers.0: The account is not the owner or a member of the organization.",
         "Transfers.0: 该账号不是企业组织的管理员或成员。"},
        {"\"Kind\":\"charge\",\"MemberUin\":\"33\",\"ToMemberUin\":\"11\",\"Amount\":1",
         "InvalidParameterValue", BAD("ToMemberUin", "a transfer of kind `charge` has none."),
         "参数 `Transfers.0.ToMemberUin` 取值错误：类型为 `charge` 的转账不使用该参数。"},
        {"\"Kind\":\"charge\",\"MemberUin\":\"33\",\"Account\":\"cash\",\"Amount\":1",
         "InvalidParameterValue", BAD("Account", "a transfer of kind `charge` has none."),
         "参数 `Transfers.0.Account` 取值错误：类型为 `charge` 的转账不使用该参数。"},
        {"\"Kind\":\"refund\",\"MemberUin\":\"33\",\"Account\":\"bank\",\"Amount\":1",
         "InvalidParameterValue", BAD("Account", "it must be one of cash, income, gift."),
         "参数 `Transfers.0.Account` 取值错误：可选值为 cash, income, gift。"},
        {"\"Kind\":\"top_up\",\"MemberUin\":\"33\",\"CashAmount\":1,\"Amount\":1",
         "InvalidParameterValue", BAD("CashAmount", "a transfer of kind `top_up` has none."),
         "参数 `Transfers.0.CashAmount` 取值错误：类型为 `top_up` 的转账不使用该参数。"},
        {"\"Kind\":\"adjust\",\"MemberUin\":\"33\",\"Amount\":1,\"Reason\":\"r\"",
         "InvalidParameterValue", BAD("Amount", "a transfer of kind `adjust` has none."),
         "参数 `Transfers.0.Amount` 取值错误：类型为 `adjust` 的转账不使用该参数。"},
        {"\"Kind\":\"adjust\",\"MemberUin\":\"33\",\"CashAmount\":1", "MissingParameter",
         "The request is missing a required parameter `Transfers.0.Reason`.",
         "请求缺少必传参数 `Transfers.0.Reason` 。"},
        {"\"Kind\":\"adjust\",\"MemberUin\":\"33\",\"Reason\":\"r\"", "InvalidParameterValue",
         BAD("Amount", "it must be greater than zero."),
         "参数 `Transfers.0.Amount` 取值错误：必须大于零。"},
        {"\"Kind\":\"adjust\",\"MemberUin\":\"33\",\"GiftAmount\":-1,\"Reason\":\"r\"",
         "InvalidParameterValue", BAD("Amount", "it must not be negative."),
         "参数 `Transfers.0.Amount` 取值错误：不能为负数。"},
        {"\"Kind\":\"top_up\",\"MemberUin\":\"33\",\"Amount\":1,\"Reason\":\"a\\u0001\"",
         "InvalidParameterValue", BAD("Reason", "character 2 is U+0001, a control character."),
         "参数 `Transfers.0.Reason` 取值错误：第 2 个字符 U+0001 是控制字符。"},
    };
    char body[2048];
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        snprintf(body, sizeof body, "{\"Transfers\":[{%s}]}", table[i].transfer);
        struct signed_call call = {.host = "bursar.example.com",
                                   .version = "2026-11-01",
                                   .action = "CreateTransfers",
                                   .body = body};
        assert_refused(&world, &call, table[i].code, table[i].english, table[i].chinese);
    }
    assert_error(transfer(""), "MissingParameter",
                 "The request is missing a required parameter `Transfers`.");
    assert_error(world_manage(&world, "CreateTransfers", "{}"), "MissingParameter",
                 "The request is missing a required parameter `Transfers`.");
}

static void at_most_8190(void **state)
{
    struct buffer body;
    (void)state;
    buffer_init(&body, 1 << 20);
    for (int count = 8190; count <= 8191; count++) {
        buffer_clear(&body);
        buffer_text(&body, "{\"Transfers\":[");
        for (int i = 0; i < count; i++)
            buffer_printf(&body, "%s{\"Kind\":\"top_up\",\"MemberUin\":\"33\",\"Amount\":1}",
                          i ? "," : "");
        buffer_text(&body, "]}");
        buffer_char(&body, '\0');
        const char *answer = world_manage(&world, "CreateTransfers", body.at);
        if (count == 8190)
            assert_contains(answer, ROW("33", "c", "8240", "0", "8240"));
        else
            assert_error(answer, "InvalidParameterValue",
                         "A value specified in `Transfers` is not valid, is unsupported, or cannot "
                         "be used: at most 8190 items are allowed.");
    }
    buffer_done(&body);
    (void)transfer("{\"Kind\":\"withdraw\",\"MemberUin\":\"33\",\"Amount\":8190}");
}

/* A member is refused; a sub-account of the owner needs a policy. */
static void who_may(void **state)
{
    struct signed_call call = {.host = "bursar.example.com",
                               .version = "2026-11-01",
                               .action = "CreateTransfers",
                               .secret_id = "AKIDmember",
                               .secret_key = "s-0123456789abcdef",
                               .body = "{\"DryRun\":true,\"Transfers\":[{\"Kind\":\"top_up\","
                                       "\"MemberUin\":\"33\",\"Amount\":1}]}"};
    (void)state;
    world_must(
        &world, "CreateKey",
        "{\"AccountUin\":\"33\",\"SecretId\":\"AKIDmember\",\"SecretKey\":\"s-0123456789abcdef\"}");
    assert_contains(world_call(&world, &call),
                    "UnauthorizedOperation.CamNoAuth\",\"Message\":\"[request id:");
    world_must(
        &world, "CreateKey",
        "{\"UserUin\":\"900\",\"SecretId\":\"AKIDsub\",\"SecretKey\":\"s-0123456789abcdef\"}");
    call.secret_id = "AKIDsub";
    assert_contains(world_call(&world, &call), "perform operation (bursar:CreateTransfers)");
    world_must(&world, "PutPolicy",
               "{\"UserUin\":\"900\",\"PolicyName\":\"p\",\"PolicyDocument\":\"{\\\"version\\\":"
               "\\\"2.0\\\",\\\"statement\\\":{\\\"effect\\\":\\\"allow\\\",\\\"action\\\":"
               "\\\"bursar:CreateTransfers\\\",\\\"resource\\\":\\\"*\\\"}}\"}");
    assert_contains(world_call(&world, &call), "\"Members\":[" ROW("33", "c", "51", "0", "51") "]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_moves_money_as_it_says),
        cmocka_unit_test(a_charge_takes_gift_then_income_then_cash),
        cmocka_unit_test(entries_are_numbered_in_the_order_asked),
        cmocka_unit_test(one_refused_refuses_all),
        cmocka_unit_test(partial_does_what_can_be_done),
        cmocka_unit_test(a_dry_run_changes_nothing),
        cmocka_unit_test(what_cannot_be_is_refused),
        cmocka_unit_test(at_most_8190),
        cmocka_unit_test(who_may),
    };
    return cmocka_run_group_tests(tests, open_world, close_world);
}
