/* Actions that change one member: holds, temporary credit, its name and credit line, its leaving;
 * and what time does at its exact moment. Expected balances are worked out by hand. */
#include "world.h"

#include <stdio.h>

static struct world world;
static char id_text[32]; /* the number an answer gave last */

#define END_S (START_S + 1000)
#define END_TEXT "2026-11-23 03:29:33" /* END_S */
#define NO_ACCOUNT "The account is not the owner or a member of the organization."
#define BAD(field, what)                                                                           \
    "A value specified in `" field "` is not valid, is unsupported, or cannot be used: " what

/* 11 has 1,000 cash and 200 gift; 22 has nothing, and may go into arrears. */
static int open_world(void **state)
{
    struct api_options options = API_OPTIONS_DEFAULT;
    (void)state;
    options.calls_per_second = 0;
    world_open(&world, &options);
    world_must(
        &world, "CreateMembers",
        "{\"Members\":[{\"MemberUin\":\"11\",\"MemberName\":\"a\",\"CashAccountBalance\":1000,"
        "\"PresentAccountBalance\":200},"
        "{\"MemberUin\":\"22\",\"MemberName\":\"b\",\"AllowArrears\":true}]}");
    return 0;
}

static int close_world(void **state)
{
    (void)state;
    world_close(&world);
    return 0;
}

#define ROW(basic, cash, credit, is_credit, name, uin, owe, real, temporary)                       \
    "{\"BasicCreditAmount\":" basic ",\"CashAccountBalance\":" cash ",\"CreditAmount\":" credit    \
    ",\"IsCreditAccount\":" is_credit ",\"MemberName\":\"" name "\",\"MemberUin\":\"" uin          \
    "\",\"OweAmount\":" owe ",\"RealBalance\":" real ",\"TempCredit\":" temporary "}"
#define MEMBER(basic, cash, credit, is_credit, name, uin, owe, real, temporary)                    \
    ",\"Member\":" ROW(basic, cash, credit, is_credit, name, uin, owe, real, temporary) ","

/* An action for member 11, or another. */
static const char *change_of(const char *uin, const char *action, const char *others)
{
    char body[1024];
    snprintf(body, sizeof body, "{\"MemberUin\":\"%s\"%s%s}", uin, *others ? "," : "", others);
    return world_manage(&world, action, body);
}

static const char *change(const char *action, const char *others)
{
    return change_of("11", action, others);
}

static const char *change_subject(const char *action, const char *name, const char *others)
{
    char text[256];
    snprintf(text, sizeof text, "\"%s\":%s%s", name, id_text, others);
    return change(action, text);
}

static void take_id(const char *answer, const char *name)
{
    char quoted[32];
    snprintf(quoted, sizeof quoted, "\"%s\":", name);
    const char *at = strstr(answer, quoted);
    if (!at)
        fail_msg("no %s in %s", name, answer);
    at += strlen(quoted);
    snprintf(id_text, sizeof id_text, "%.*s", (int)strspn(at, "0123456789"), at);
    assert_true(strlen(id_text) > 0 && strcmp(id_text, "0") != 0);
}

static const char *own_row(const char *uin)
{
    char body[128];
    snprintf(body, sizeof body, "{\"MemberUins\":[\"%s\"]}", uin);
    return world_call(&world, &(struct signed_call){.body = body});
}

static void a_hold_is_captured_in_parts(void **state)
{
    (void)state;
    take_id(change("CreateHold", "\"Amount\":700,\"Reason\":\"a disk\""), "HoldId");
    assert_contains(world.out.at, MEMBER("0", "1000", "0", "false", "a", "11", "0", "500", "0"));
    assert_error(change("CreateHold", "\"Amount\":500.01"), "FailedOperation.BalanceInsufficient",
                 "Operation failed. The available balance of the account is insufficient.");
    /* gift first: 200 and 50 of cash; 450 stay held */
    const char *answer = change_subject("CaptureHold", "HoldId", ",\"Amount\":250");
    assert_contains(answer, "{\"Response\":{\"Amount\":250,\"EntryId\":");
    assert_contains(answer, MEMBER("0", "950", "0", "false", "a", "11", "0", "500", "0"));
    assert_error(change_subject("CaptureHold", "HoldId", ",\"Amount\":450.01"),
                 "InvalidParameterValue", BAD("Amount", "less than that is left of the hold."));
    assert_contains(change_subject("ReleaseHold", "HoldId", ",\"Amount\":100"),
                    MEMBER("0", "950", "0", "false", "a", "11", "0", "600", "0"));
    answer = change_subject("CaptureHold", "HoldId", "");
    assert_contains(answer, "{\"Response\":{\"Amount\":350,\"EntryId\":");
    assert_contains(answer, MEMBER("0", "600", "0", "false", "a", "11", "0", "600", "0"));
    assert_error(change_subject("CaptureHold", "HoldId", ""), "ResourceNotFound",
                 "The hold is not found.");
    world_must(&world, "CreateTransfers",
               "{\"Transfers\":[{\"Kind\":\"top_up\",\"MemberUin\":\"11\",\"Amount\":400},"
               "{\"Kind\":\"grant_gift\",\"MemberUin\":\"11\",\"Amount\":200}]}");
}

static void a_hold_is_released(void **state)
{
    (void)state;
    take_id(change("CreateHold", "\"Amount\":1200"), "HoldId");
    const char *answer = change_subject("ReleaseHold", "HoldId", "");
    assert_contains(answer, "{\"Response\":{\"Amount\":1200,\"EntryId\":");
    assert_contains(answer, MEMBER("0", "1000", "0", "false", "a", "11", "0", "1200", "0"));
    assert_error(change_subject("ReleaseHold", "HoldId", ""), "ResourceNotFound",
                 "The hold is not found.");
    /* another member's hold is not this one's */
    take_id(change_of("22", "CreateHold", "\"Amount\":5"), "HoldId");
    assert_error(change_subject("ReleaseHold", "HoldId", ""), "ResourceNotFound",
                 "The hold is not found.");
    char others[64];
    snprintf(others, sizeof others, "\"HoldId\":%s", id_text);
    assert_contains(change_of("22", "CaptureHold", others),
                    MEMBER("0", "0", "0", "false", "b", "22", "5", "-5", "0"));
    world_must(&world, "CreateTransfers",
               "{\"Transfers\":[{\"Kind\":\"top_up\",\"MemberUin\":\"22\",\"Amount\":5}]}");
}

static void holds_are_listed_oldest_first(void **state)
{
    char first[32], second[32], expected[512];
    (void)state;
    take_id(change("CreateHold", "\"Amount\":1"), "HoldId");
    memcpy(first, id_text, sizeof first);
    take_id(change("CreateHold", "\"Amount\":2,\"ExpiresAt\":\"" END_TEXT "\""), "HoldId");
    memcpy(second, id_text, sizeof second);
    snprintf(expected, sizeof expected,
             "{\"Response\":{\"Data\":[{\"Amount\":1,\"ExpiresAt\":\"9999-12-31 23:59:59\","
             "\"HoldId\":%s},{\"Amount\":2,\"ExpiresAt\":\"" END_TEXT
             "\",\"HoldId\":%s}],\"TotalCount\":2,",
             first, second);
    assert_contains(change("DescribeHolds", ""), expected);
    snprintf(expected, sizeof expected,
             "{\"Response\":{\"Data\":[{\"Amount\":2,\"ExpiresAt\":\"" END_TEXT
             "\",\"HoldId\":%s}],\"TotalCount\":2,",
             second);
    assert_contains(change("DescribeHolds", "\"Offset\":1,\"Limit\":1"), expected);
    assert_error(world_manage(&world, "DescribeHolds", "{}"), "MissingParameter",
                 "The request is missing a required parameter `MemberUin`.");
    assert_error(change_of("404", "DescribeHolds", ""), "ResourceNotFound", NO_ACCOUNT);
    /* the second is over at its moment, not before */
    world_set_us(&world, END_S * 1000000 - 1);
    assert_contains(own_row("11"), "\"RealBalance\":1197,");
    assert_contains(change("DescribeHolds", ""), "],\"TotalCount\":2,");
    world_set_us(&world, END_S * 1000000);
    assert_contains(own_row("11"), "\"RealBalance\":1199,");
    assert_contains(change("DescribeHolds", ""), "],\"TotalCount\":1,");
    memcpy(id_text, second, sizeof second);
    assert_error(change_subject("CaptureHold", "HoldId", ""), "ResourceNotFound",
                 "The hold is not found.");
    memcpy(id_text, first, sizeof first);
    assert_contains(change_subject("ReleaseHold", "HoldId", ""),
                    MEMBER("0", "1000", "0", "false", "a", "11", "0", "1200", "0"));
    world_set_seconds(&world, START_S);
}

/* Starts, counts, ends: each at its microsecond, for reads and for what may be charged. */
static void temporary_credit_runs_from_start_to_end(void **state)
{
    (void)state;
    int64_t start = (END_S + 10) * 1000000, end = (END_S + 20) * 1000000;
    world_set_seconds(&world, END_S);
    take_id(change("CreateTemporaryCredit", "\"Amount\":50,\"StartTime\":\"2026-11-23T03:29:43Z\","
                                            "\"EndTime\":\"2026-11-23 03:29:53\""),
            "GrantId");
    assert_contains(world.out.at, MEMBER("0", "1000", "0", "false", "a", "11", "0", "1200", "0"));
    static const char charge[] = "{\"DryRun\":true,\"Transfers\":[{\"Kind\":\"charge\","
                                 "\"MemberUin\":\"11\",\"Amount\":1250}]}";
    world_set_us(&world, start - 1);
    assert_contains(own_row("11"), "\"TempCredit\":0}");
    assert_contains(world_manage(&world, "CreateTransfers", charge), "BalanceInsufficient");
    world_set_us(&world, start);
    assert_contains(own_row("11"), "\"TempCredit\":50}");
    assert_contains(world_must(&world, "CreateTransfers", charge),
                    ROW("0", "-50", "50", "false", "a", "11", "0", "-50", "50"));
    world_set_us(&world, end - 1);
    assert_contains(own_row("11"), "\"TempCredit\":50}");
    assert_contains(world_must(&world, "CreateTransfers", charge), "\"TempCredit\":50}");
    world_set_us(&world, end);
    assert_contains(own_row("11"), "\"TempCredit\":0}");
    assert_contains(world_manage(&world, "CreateTransfers", charge), "BalanceInsufficient");
    assert_error(change_subject("DeleteTemporaryCredit", "GrantId", ""), "ResourceNotFound",
                 "The temporary credit is not found.");
}

static void temporary_credit_is_taken_back(void **state)
{
    char expected[256];
    (void)state;
    take_id(change("CreateTemporaryCredit", "\"Amount\":0.5"), "GrantId");
    assert_contains(world.out.at,
                    MEMBER("0", "1000", "0.5", "false", "a", "11", "0", "1200", "0.5"));
    snprintf(expected, sizeof expected,
             "\"TempAmountInfoList\":[{\"EndTime\":\"9999-12-31 23:59:59\",\"GrantId\":%s,"
             "\"StartTime\":\"2026-11-23 03:29:53\",\"TempAmount\":0.5}]",
             id_text);
    assert_contains(world_must(&world, "DescribeMembers", "{\"Limit\":1}"), expected);
    assert_contains(change_subject("DeleteTemporaryCredit", "GrantId", ",\"Reason\":\"no more\""),
                    MEMBER("0", "1000", "0", "false", "a", "11", "0", "1200", "0"));
    assert_error(change_subject("DeleteTemporaryCredit", "GrantId", ""), "ResourceNotFound",
                 "The temporary credit is not found.");
    assert_contains(world_must(&world, "DescribeMembers", "{\"Limit\":1}"),
                    "\"TempAmountInfoList\":[]");
}

static void a_member_has_at_most_64_temporary_credits(void **state)
{
    (void)state;
    for (int i = 0; i < 64; i++)
        take_id(change_of("22", "CreateTemporaryCredit", "\"Amount\":1"), "GrantId");
    assert_error(change_of("22", "CreateTemporaryCredit", "\"Amount\":1"), "LimitExceeded",
                 "An account may have 64 temporary credits that have not ended.");
    assert_contains(own_row("22"), "\"TempCredit\":64}");
}

static void a_member_is_modified(void **state)
{
    (void)state;
    unsigned long long ids[3];
    const char *answer = change("ModifyMember", "\"MemberName\":\"new\",\"IsCreditAccount\":true,"
                                                "\"BasicCreditAmount\":100,\"AllowArrears\":true");
    assert_int_equal(
        sscanf(answer, "{\"Response\":{\"EntryIds\":[%llu,%llu,%llu]", &ids[0], &ids[1], &ids[2]),
        3);
    assert_true(ids[1] == ids[0] + 1 && ids[2] == ids[0] + 2);
    assert_contains(answer, MEMBER("100", "1000", "100", "true", "new", "11", "0", "1200", "0"));
    assert_contains(own_row("11"),
                    ROW("100", "1000", "100", "true", "new", "11", "0", "1200", "0"));
    assert_contains(change("ModifyMember", "\"MemberName\":\"new\",\"AllowArrears\":true"),
                    "{\"Response\":{\"EntryIds\":[],\"Member\":{");
    assert_contains(
        change("ModifyMember", "\"DryRun\":true,\"MemberName\":\"newer\","
                               "\"BasicCreditAmount\":7"),
        "\"EntryIds\":[]" MEMBER("7", "1000", "7", "true", "newer", "11", "0", "1200", "0"));
    assert_contains(change("ModifyMember", "\"IsCreditAccount\":false,\"BasicCreditAmount\":0,"
                                           "\"AllowArrears\":false,\"MemberName\":\"a\""),
                    MEMBER("0", "1000", "0", "false", "a", "11", "0", "1200", "0"));
    world_must(&world, "CreateTransfers",
               "{\"Transfers\":[{\"Kind\":\"withdraw\",\"MemberUin\":\"11\",\"Amount\":1}]}");
    assert_contains(change("ModifyMember", ""),
                    MEMBER("0", "999", "0", "false", "a", "11", "0", "1199", "0"));
    world_must(&world, "CreateTransfers",
               "{\"Transfers\":[{\"Kind\":\"top_up\",\"MemberUin\":\"11\",\"Amount\":1}]}");
}

static void a_member_leaves_and_comes_back(void **state)
{
    (void)state;
    world_must(&world, "CreateMembers",
               "{\"Members\":[{\"MemberUin\":\"33\",\"MemberName\":\"c\",\"FreezeAmount\":1,"
               "\"CashAccountBalance\":0,\"RealBalance\":-1}]}");
    assert_error(change_of("33", "DeleteMember", ""), "ResourceInUse",
                 "The account has money, debts or open holds left.");
    take_id(change_of("33", "DescribeHolds", ""), "HoldId");
    char others[64];
    snprintf(others, sizeof others, "\"HoldId\":%s", id_text);
    (void)change_of("33", "ReleaseHold", others);
    assert_contains(change_of("33", "DeleteMember", "\"DryRun\":true"),
                    "{\"Response\":{\"EntryId\":0,");
    take_id(change_of("33", "DeleteMember", "\"Reason\":\"closed\""), "EntryId");
    assert_contains(own_row("33"), "\"TotalCount\":0,");
    assert_error(change_of("33", "DeleteMember", ""), "ResourceNotFound", NO_ACCOUNT);
    assert_error(change_of("33", "CreateHold", "\"Amount\":1"), "ResourceNotFound", NO_ACCOUNT);
    world_must(&world, "CreateMembers",
               "{\"Members\":[{\"MemberUin\":\"33\",\"MemberName\":\"c2\"}]}");
    assert_contains(own_row("33"), ROW("0", "0", "0", "false", "c2", "33", "0", "0", "0"));
    take_id(change_of("33", "DeleteMember", ""), "EntryId");
    assert_error(change_of(OWNER, "DeleteMember", ""), "UnsupportedOperation",
                 "The account owns the organization, so this operation is not supported.");
    assert_error(change("DeleteMember", ""), "ResourceInUse",
                 "The account has money, debts or open holds left.");
}

static void what_cannot_be_is_refused(void **state)
{
    static const struct {
        const char *action, *others, *code, *english, *chinese;
    } table[] = {
        {"CreateHold", "", "MissingParameter",
         "The request is missing a required parameter `Amount`.", "请求缺少必传参数 `Amount` 。"},
        {"CreateHold", ",\"Amount\":0", "InvalidParameterValue",
         BAD("Amount", "it must be greater than zero."), "参数 `Amount` 取值错误：必须大于零。"},
        {"CreateHold", ",\"Amount\":0.12345", "InvalidParameterValue",
         BAD("Amount", "an amount in cents has at most four decimals and must fit."),
         "参数 `Amount` 取值错误：金额以分为单位，最多四位小数，且不能溢出。"},
        {"CreateHold", ",\"Amount\":1,\"ExpiresAt\":\"soon\"", "InvalidParameterValue",
         BAD("ExpiresAt", "a time is written `2026-11-23 13:00:00` (UTC) or as RFC 3339."),
         "参数 `ExpiresAt` 取值错误：时间格式应为 `2026-11-23 13:00:00`（UTC）或 RFC 3339。"},
        {"CreateHold", ",\"Amount\":1,\"ExpiresAt\":\"" END_TEXT "\"", "InvalidParameterValue",
         BAD("ExpiresAt` or `EndTime", "it must be in the future."),
         "参数 `ExpiresAt` or `EndTime` 取值错误：必须晚于当前时间。"},
        {"CreateHold", ",\"Amount\":1,\"Reason\":\"\\u007f\"", "InvalidParameterValue",
         BAD("Reason", "character 1 is U+007F, a control character."),
         "参数 `Reason` 取值错误：第 1 个字符 U+007F 是控制字符。"},
        {"CaptureHold", ",\"HoldId\":1", "ResourceNotFound", "The hold is not found.",
         "冻结记录不存在。"},
        {"CaptureHold", ",\"HoldId\":-1", "ResourceNotFound", "The hold is not found.",
         "冻结记录不存在。"},
        {"ReleaseHold", ",\"HoldId\":1,\"Amount\":-1", "InvalidParameterValue",
         BAD("Amount", "it must be greater than zero."), "参数 `Amount` 取值错误：必须大于零。"},
        {"CreateTemporaryCredit",
         ",\"Amount\":1,\"StartTime\":\"2027-01-01 00:00:00\",\"EndTime\":"
         "\"2027-01-01 00:00:00\"",
         "InvalidParameterValue", BAD("EndTime", "the period must end after it starts."),
         "参数 `EndTime` 取值错误：结束时间必须晚于开始时间。"},
        {"CreateTemporaryCredit",
         ",\"Amount\":1,\"StartTime\":\"2020-01-01 00:00:00\",\"EndTime\":"
         "\"2020-01-02 00:00:00\"",
         "InvalidParameterValue", BAD("ExpiresAt` or `EndTime", "it must be in the future."),
         "参数 `ExpiresAt` or `EndTime` 取值错误：必须晚于当前时间。"},
        {"CreateTemporaryCredit", ",\"Amount\":200000000000000", "InvalidParameterValue",
         "The amounts are too large to be kept.", "金额过大，无法保存。"},
        {"DeleteTemporaryCredit", ",\"GrantId\":3", "ResourceNotFound",
         "The temporary credit is not found.", "临时额度不存在。"},
        {"ModifyMember", ",\"MemberName\":\"\"", "InvalidParameterValue",
         BAD("MemberName", "a name has 1 to 64 characters and no control characters."),
         "参数 `MemberName` 取值错误：名称应为 1 到 64 个字符且不含控制字符。"},
        {"ModifyMember", ",\"BasicCreditAmount\":-1", "InvalidParameterValue",
         BAD("BasicCreditAmount", "it must not be negative."),
         "参数 `BasicCreditAmount` 取值错误：不能为负数。"},
    };
    char body[1024];
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        snprintf(body, sizeof body, "{\"MemberUin\":\"11\"%s}", table[i].others);
        struct signed_call call = {.host = "bursar.example.com",
                                   .version = "2026-11-01",
                                   .action = table[i].action,
                                   .body = body};
        assert_refused(&world, &call, table[i].code, table[i].english, table[i].chinese);
    }
    static const char *const actions[] = {"CreateHold", "CreateTemporaryCredit", "ModifyMember",
                                          "DeleteMember"};
    for (size_t i = 0; i < 4; i++) {
        const char *others = i < 2 ? "\"Amount\":1" : "";
        assert_error(change_of("404", actions[i], others), "ResourceNotFound", NO_ACCOUNT);
        assert_error(change_of("4x", actions[i], others), "InvalidParameterValue",
                     BAD("MemberUin", "an account has 1 to 20 digits and no leading zero."));
    }
}

static void dry_runs_change_nothing(void **state)
{
    char before[4096];
    (void)state;
    const char *members = world_must(&world, "DescribeMembers", "{}");
    snprintf(before, sizeof before, "%.*s", (int)strcspn(members, "]"), members);
    assert_contains(change("CreateHold", "\"DryRun\":true,\"Amount\":1"),
                    "{\"Response\":{\"HoldId\":0" MEMBER("0", "1000", "0", "false", "a", "11", "0",
                                                         "1199", "0"));
    assert_contains(change("CreateTemporaryCredit", "\"DryRun\":true,\"Amount\":1"),
                    "{\"Response\":{\"GrantId\":0" MEMBER("0", "1000", "1", "false", "a", "11", "0",
                                                          "1200", "1"));
    assert_contains(world_must(&world, "DescribeMembers", "{}"), before);
}

/* With tokens: the same answer after other changes and a restart. */
static void repeats_are_answered_the_same(void **state)
{
    struct buffer first, second;
    (void)state;
    buffer_init(&first, 1 << 16);
    buffer_init(&second, 1 << 16);
    take_id(change("CreateHold", "\"Amount\":9"), "HoldId");
    char capture[128];
    snprintf(capture, sizeof capture, "\"ClientToken\":\"c\",\"HoldId\":%s,\"Amount\":4", id_text);
    const struct {
        const char *action, *others;
    } table[] = {
        {"CreateHold", "\"ClientToken\":\"h\",\"Amount\":1,\"ExpiresAt\":\"2026-11-24 00:00:00\""},
        {"CaptureHold", capture},
        {"CreateTemporaryCredit", "\"ClientToken\":\"t\",\"Amount\":3"},
        {"ModifyMember", "\"ClientToken\":\"m\",\"MemberName\":\"other\",\"AllowArrears\":true"},
        {"ModifyMember", "\"ClientToken\":\"m2\",\"MemberName\":\"a\",\"AllowArrears\":false"},
    };
    char answers[5][2048];
    for (size_t i = 0; i < 5; i++) {
        snprintf(answers[i], sizeof answers[i], "%s",
                 answer_without_id(change(table[i].action, table[i].others), &first));
        assert_null(strstr(answers[i], "\"Error\""));
    }
    for (int round = 0; round < 2; round++) {
        for (size_t i = 3; i < 5; i++)
            assert_string_equal(
                answer_without_id(change(table[i].action, table[i].others), &second), answers[i]);
        for (size_t i = 0; i < 3; i++)
            assert_string_equal(
                answer_without_id(change(table[i].action, table[i].others), &second), answers[i]);
        world_restart(&world);
    }
    buffer_done(&first);
    buffer_done(&second);
}

/* A member sees its own holds, a delegate those of its scope. */
static void who_may_see_holds(void **state)
{
    struct signed_call call = {.host = "bursar.example.com",
                               .version = "2026-11-01",
                               .action = "DescribeHolds",
                               .secret_id = "AKIDmember",
                               .secret_key = "s-0123456789abcdef"};
    (void)state;
    world_must(
        &world, "CreateKey",
        "{\"AccountUin\":\"22\",\"SecretId\":\"AKIDmember\",\"SecretKey\":\"s-0123456789abcdef\"}");
    take_id(change_of("22", "CreateHold", "\"Amount\":3"), "HoldId");
    assert_contains(world_call(&world, &call), "\"TotalCount\":1,");
    call.body = "{\"MemberUin\":\"22\"}";
    assert_contains(world_call(&world, &call), "\"TotalCount\":1,");
    call.body = "{\"MemberUin\":\"11\"}";
    assert_contains(world_call(&world, &call), "perform operation (bursar:DescribeHolds)");
    world_must(&world, "PutDelegation", "{\"AccountUin\":\"22\",\"MemberUins\":[\"11\"]}");
    assert_contains(world_call(&world, &call), "\"TotalCount\":");
    call.body = "{\"MemberUin\":\"" OWNER "\"}";
    assert_contains(world_call(&world, &call), "UnauthorizedOperation.CamNoAuth");
    world_must(&world, "PutDelegation", "{\"AccountUin\":\"22\",\"Everyone\":true}");
    assert_contains(world_call(&world, &call), "\"TotalCount\":0,");
    call.action = "CreateHold";
    call.body = "{\"MemberUin\":\"22\",\"Amount\":1}";
    assert_contains(world_call(&world, &call), "perform operation (bursar:CreateHold)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hold_is_captured_in_parts),
        cmocka_unit_test(a_hold_is_released),
        cmocka_unit_test(holds_are_listed_oldest_first),
        cmocka_unit_test(temporary_credit_runs_from_start_to_end),
        cmocka_unit_test(temporary_credit_is_taken_back),
        cmocka_unit_test(a_member_has_at_most_64_temporary_credits),
        cmocka_unit_test(a_member_is_modified),
        cmocka_unit_test(a_member_leaves_and_comes_back),
        cmocka_unit_test(what_cannot_be_is_refused),
        cmocka_unit_test(dry_runs_change_nothing),
        cmocka_unit_test(repeats_are_answered_the_same),
        cmocka_unit_test(who_may_see_holds),
    };
    return cmocka_run_group_tests(tests, open_world, close_world);
}
