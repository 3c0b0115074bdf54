/* CreateMembers and DescribeMembers: the opening mapping, lists of mistakes, dry runs, and that
 * what was exported can be imported. */
#include "world.h"

#include <stdio.h>
#include <stdlib.h>

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

/* One member with these fields behind MemberName. */
static const char *create(const char *uin, const char *fields)
{
    char parameters[2048];
    snprintf(parameters, sizeof parameters,
             "{\"Members\":[{\"MemberUin\":\"%s\",\"MemberName\":\"m\"%s}]}", uin, fields);
    return world_manage(&world, "CreateMembers", parameters);
}

static const char *describe(const char *uin)
{
    char parameters[128];
    unsigned long long before = strtoull(uin, NULL, 10) - 1;
    snprintf(parameters, sizeof parameters, "{\"AfterUin\":\"%llu\",\"Limit\":1}", before);
    return world_must(&world, "DescribeMembers", parameters);
}

static void opening_amounts(void **state)
{
    static const struct {
        const char *given, *kept;
    } table[] = {
        {"", "\"BasicCreditAmount\":0,\"CashAccountBalance\":0,\"CreditAmount\":0,"
             "\"FreezeAmount\":0,\"IncomeIntoAccountBalance\":0,"},
        {",\"RealBalance\":10.25", "\"CashAccountBalance\":10.25,"},
        {",\"RealBalance\":-5", "\"CashAccountBalance\":0,"},
        {",\"CashAccountBalance\":7", "\"CashAccountBalance\":7,"},
        /* real above cash is income, below it is frozen */
        {",\"RealBalance\":10,\"CashAccountBalance\":7", "\"IncomeIntoAccountBalance\":3,"},
        {",\"RealBalance\":5,\"CashAccountBalance\":7", "\"FreezeAmount\":2,"},
        {",\"RealBalance\":100,\"CashAccountBalance\":7,\"IncomeIntoAccountBalance\":90,"
         "\"PresentAccountBalance\":5,\"FreezeAmount\":2",
         "\"FreezeAmount\":2,\"IncomeIntoAccountBalance\":90,"},
        {",\"RealBalance\":95,\"IncomeIntoAccountBalance\":90,\"FreezeAmount\":2",
         "\"CashAccountBalance\":7,"},
        /* owed money is added back to cash */
        {",\"CashAccountBalance\":0,\"OweAmount\":12.5", "\"OweAmount\":12.5,"},
        {",\"CashAccountBalance\":-100,\"OweAmount\":20,\"BasicCreditAmount\":100",
         "\"BasicCreditAmount\":100,\"CashAccountBalance\":-100,\"CreditAmount\":100,"},
        /* any two of the credit line give the third */
        {",\"CreditAmount\":100,\"TempCredit\":30", "\"BasicCreditAmount\":70,"},
        {",\"CreditAmount\":100,\"BasicCreditAmount\":70", "\"TempCredit\":30}"},
        {",\"BasicCreditAmount\":70,\"TempCredit\":30", "\"CreditAmount\":100,"},
        {",\"CreditAmount\":100", "\"BasicCreditAmount\":100,"},
        {",\"TempCredit\":30",
         ",\"StartTime\":\"1970-01-01 00:00:00\",\"TempAmount\":30}],\"TempCredit\":30}"},
        /* grants of the past and the future count when they run */
        {",\"TempAmountInfoList\":[{\"TempAmount\":5,\"StartTime\":\"2020-01-01 00:00:00\","
         "\"EndTime\":\"2021-01-01T00:00:00Z\"},{\"TempAmount\":6,\"StartTime\":\"2026-01-01 "
         "00:00:00\"},{\"TempAmount\":7,\"StartTime\":\"2030-01-01 00:00:00\"}]",
         "\"TempCredit\":6}"},
        {",\"TempCredit\":5,\"TempAmountInfoList\":[{\"TempAmount\":5,\"StartTime\":\"2020-01-01 "
         "00:00:00\",\"EndTime\":\"2021-01-01 00:00:00\"}]",
         "\"TempCredit\":0}"},
        {",\"IsCreditAccount\":true,\"AllowArrears\":true", "{\"AllowArrears\":true,"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        char uin[32];
        snprintf(uin, sizeof uin, "%zu", 10000 + i);
        const char *answer = create(uin, table[i].given);
        if (!strstr(answer, "\"Added\":1,\"Applied\":true,\"Errors\":[],\"Refused\":0,"))
            fail_msg("%s: %s", table[i].given, answer);
        answer = describe(uin);
        if (!strstr(answer, table[i].kept))
            fail_msg("%s: %s", table[i].given, answer);
    }
}

static void mistakes_of_members(void **state)
{
    static const struct {
        const char *given, *code, *message;
    } table[] = {
        {",\"RealBalance\":0.00001", "InvalidParameterValue",
         "an amount in cents has at most four"},
        {",\"RealBalance\":1e30", "InvalidParameterValue", "an amount in cents has at most four"},
        {",\"FreezeAmount\":-1", "InvalidParameterValue",
         "`FreezeAmount` is not valid, is unsupported, or cannot be used: it must not be "
         "negative."},
        {",\"OweAmount\":-1", "InvalidParameterValue", "`OweAmount`"},
        {",\"CreditAmount\":100,\"BasicCreditAmount\":70,\"TempCredit\":31",
         "InvalidParameterValue",
         "`CreditAmount` is not valid, is unsupported, or cannot be used: it is 100, but the other "
         "amounts make it 101."},
        {",\"CreditAmount\":10,\"BasicCreditAmount\":70", "InvalidParameterValue",
         "`CreditAmount`"},
        {",\"CreditAmount\":10,\"TempCredit\":70", "InvalidParameterValue", "`CreditAmount`"},
        {",\"CashAccountBalance\":-10", "InvalidParameterValue",
         "`OweAmount` is not valid, is unsupported, or cannot be used: it is 0, but the other "
         "amounts make it 10."},
        {",\"CashAccountBalance\":10,\"OweAmount\":5", "InvalidParameterValue",
         "`OweAmount` is not valid, is unsupported, or cannot be used: it is 5, but the other "
         "amounts make it 0."},
        {",\"RealBalance\":1,\"CashAccountBalance\":2,\"FreezeAmount\":3", "InvalidParameterValue",
         "`RealBalance` is not valid, is unsupported, or cannot be used: it is 1, but the other "
         "amounts make it -1."},
        {",\"TempCredit\":4,\"TempAmountInfoList\":[{\"TempAmount\":5}]", "InvalidParameterValue",
         "`TempCredit` is not valid"},
        {",\"TempAmountInfoList\":[{\"TempAmount\":5,\"StartTime\":\"soon\"}]",
         "InvalidParameterValue", "`StartTime`"},
        {",\"TempAmountInfoList\":[{\"TempAmount\":5,\"StartTime\":\"2026-01-01 00:00:00\","
         "\"EndTime\":\"2026-01-01 00:00:00\"}]",
         "InvalidParameterValue", "the period must end after it starts"},
        {",\"TempAmountInfoList\":[{}]", "MissingParameter", "`TempAmount`"},
        {",\"TempAmountInfoList\":[{\"TempAmount\":-5}]", "InvalidParameterValue", "`TempAmount`"},
        {",\"RealBalance\":92233720368547758,\"PresentAccountBalance\":922337203685470000,"
         "\"FreezeAmount\":0",
         "InvalidParameterValue", "amount"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        char code[64];
        const char *answer = create("20000", table[i].given);
        snprintf(code, sizeof code, "{\"Code\":\"%s\",\"Index\":0,\"MemberUin\":\"20000\",",
                 table[i].code);
        if (!strstr(answer, "\"Added\":0,\"Applied\":false,\"Errors\":[") ||
            !strstr(answer, code) || !strstr(answer, table[i].message))
            fail_msg("%s: %s", table[i].given, answer);
    }
    assert_contains(world_manage(&world, "CreateMembers", "{\"Members\":[{}]}"),
                    "[{\"Code\":\"MissingParameter\",\"Index\":0,\"MemberUin\":\"\",\"Message\":\""
                    "The request is missing a required parameter `MemberUin`.\"}]");
    assert_contains(create("01", ""), "an account has 1 to 20 digits");
    assert_contains(
        world_manage(&world, "CreateMembers",
                     "{\"Members\":[{\"MemberUin\":\"1\",\"MemberName\":\"a\\u0007\"}]}"),
        "character 2 is U+0007, a control character");
}

static const char mixed[] =
    "{\"MemberUin\":\"30001\",\"MemberName\":\"good\"},"
    "{\"MemberUin\":\"abc\",\"MemberName\":\"bad uin\"},"
    "{\"MemberUin\":\"" SEED_MEMBER "\",\"MemberName\":\"another name\"},"
    "{\"MemberUin\":\"30002\",\"MemberName\":\"good too\"},"
    "{\"MemberUin\":\"30001\",\"MemberName\":\"again\"},"
    "{\"MemberUin\":\"" OWNER "\",\"MemberName\":\"the owner\"},"
    "{\"MemberUin\":\"" SEED_MEMBER
    "\",\"MemberName\":\"kleinerwang_test\",\"CashAccountBalance\":36365911}";

static const char *create_mixed(const char *options)
{
    char parameters[2048];
    snprintf(parameters, sizeof parameters, "{%s\"Members\":[%s]}", options, mixed);
    return world_manage(&world, "CreateMembers", parameters);
}

/* All mistakes in one go, ours and the law's, in the order of the members. */
static void every_mistake_is_listed(void **state)
{
    static const char all[] =
        "\"Errors\":[{\"Code\":\"InvalidParameterValue\",\"Index\":1,\"MemberUin\":\"abc\","
        "\"Message\":\"A value specified in `MemberUin` is not valid, is unsupported, or cannot be "
        "used: an account has 1 to 20 digits and no leading zero.\"},"
        "{\"Code\":\"ResourceInUse\",\"Index\":2,\"MemberUin\":\"" SEED_MEMBER
        "\",\"Message\":\"The member exists already, with other values.\"},"
        "{\"Code\":\"InvalidParameterValue\",\"Index\":4,\"MemberUin\":\"30001\",\"Message\":\"The "
        "member is there twice in one request.\"},"
        "{\"Code\":\"ResourceInUse\",\"Index\":5,\"MemberUin\":\"" OWNER
        "\",\"Message\":\"The account belongs to another organization, or owns this one.\"},"
        "{\"Code\":\"InvalidParameterValue\",\"Index\":6,\"MemberUin\":\"" SEED_MEMBER
        "\",\"Message\":\"The member is there twice in one request.\"}],\"Refused\":5,";
    (void)state;
    const char *answer = create_mixed("");
    assert_contains(answer, "\"Added\":0,\"Applied\":false,");
    assert_contains(answer, all);
    answer = create_mixed("\"Partial\":true,\"DryRun\":true,");
    assert_contains(answer, "\"Added\":2,\"Applied\":false,");
    assert_contains(answer, all);
    assert_contains(describe("30001"), "{\"Data\":[{\"AllowArrears\":false,");
    assert_null(strstr(describe("30001"), "\"MemberUin\":\"30001\""));
    answer = create_mixed("\"Partial\":true,");
    assert_contains(answer, "\"Added\":2,\"Applied\":true,");
    assert_contains(answer, all);
    assert_contains(describe("30001"), "\"MemberUin\":\"30001\"");
    answer = create_mixed("\"Partial\":true,");
    assert_contains(answer, "\"Added\":0,\"Applied\":true,");
    assert_contains(answer, "\"Unchanged\":2,");
}

/* Without a mistake of ours the law's are listed all the same. */
static void every_refusal_of_the_law_is_listed(void **state)
{
    (void)state;
    const char *answer =
        world_manage(&world, "CreateMembers",
                     "{\"Members\":[{\"MemberUin\":\"40001\",\"MemberName\":\"a\"},"
                     "{\"MemberUin\":\"" SEED_MEMBER "\",\"MemberName\":\"b\"},"
                     "{\"MemberUin\":\"" OWNER "\",\"MemberName\":\"c\"}]}");
    assert_contains(answer, "\"Added\":0,\"Applied\":false,");
    assert_contains(answer, "\"Index\":1,");
    assert_contains(answer, "\"Index\":2,");
    assert_contains(answer, "\"Refused\":2,\"Unchanged\":0,");
    assert_null(strstr(describe("40001"), "\"MemberUin\":\"40001\""));
}

static void gateway_mistakes_refuse_the_whole_call(void **state)
{
    (void)state;
    assert_error(world_manage(&world, "CreateMembers", "{}"), "MissingParameter",
                 "The request is missing a required parameter `Members`.");
    assert_error(create("1", ",\"RealBalance\":\"5\""), "InvalidParameter",
                 "The value type of parameter `Members.0.RealBalance` is not valid, input type "
                 "should be `float`");
    assert_error(create("1", ",\"Balance\":5"), "UnknownParameter",
                 "The parameter `Members.0.Balance` is not recognized.");
    assert_error(create("1", ",\"TempAmountInfoList\":[{\"TempAmount\":1},{\"Temp\":2}]"),
                 "UnknownParameter",
                 "The parameter `Members.0.TempAmountInfoList.1.Temp` is not recognized.");
    assert_contains(world_manage(&world, "CreateMembers", "{\"Members\":[]}"),
                    "{\"Response\":{\"Added\":0,\"Applied\":true,\"Errors\":[],\"Refused\":0,"
                    "\"Unchanged\":0,\"RequestId\"");
    assert_error(world_manage(&world, "CreateMembers", "{\"OrganizationId\":7,\"Members\":[]}"),
                 "ResourceNotFound", "The organization is not found.");
}

/* Grants have other numbers elsewhere. */
static void forget_grant_ids(char *text)
{
    static const char name[] = "\"GrantId\":";
    for (char *at = strstr(text, name); at; at = strstr(at, name)) {
        at += strlen(name);
        size_t digits = strspn(at, "0123456789");
        memmove(at, at + digits, strlen(at + digits) + 1);
    }
}

/* The members of Data, as Members of another call. */
static char *as_members(const char *answer)
{
    const char *from = strstr(answer, "\"Data\":[") + strlen("\"Data\":[");
    const char *to = strstr(from, "],\"NextCursor\"");
    size_t size = (size_t)(to - from) + 64;
    char *parameters = malloc(size);
    snprintf(parameters, size, "{\"Members\":[%.*s]}", (int)(to - from), from);
    return parameters;
}

/* Also a year later, when grants have ended that ran on the day of the export. */
static void what_was_exported_can_be_imported(void **state)
{
    struct world other;
    (void)state;
    (void)create("50001", ",\"RealBalance\":-150.25,\"BasicCreditAmount\":100,"
                          "\"TempAmountInfoList\":[{\"TempAmount\":30,\"StartTime\":\"2026-11-23 "
                          "00:00:00\",\"EndTime\":\"2026-11-24 00:00:00\"},{\"TempAmount\":1}]");
    char *members = as_members(world_must(&world, "DescribeMembers", "{\"Limit\":1000}"));
    assert_non_null(strstr(members, "\"TempCredit\":31"));
    world_set_seconds(&world, START_S + 365 * 86400);
    const char *answer = world_must(&world, "CreateMembers", members);
    if (!strstr(answer, "\"Added\":0,\"Applied\":true,\"Errors\":[],\"Refused\":0,"))
        fail_msg("%s", answer);
    world_open(&other, NULL);
    world_set_seconds(&other, START_S + 365 * 86400);
    answer = world_must(&other, "CreateMembers", members);
    if (!strstr(answer, "\"Applied\":true,\"Errors\":[],\"Refused\":0,\"Unchanged\":1,"))
        fail_msg("%s", answer);
    char *again = as_members(world_must(&world, "DescribeMembers", "{\"Limit\":1000}"));
    char *there = as_members(world_must(&other, "DescribeMembers", "{\"Limit\":1000}"));
    forget_grant_ids(again);
    forget_grant_ids(there);
    size_t same = 0;
    while (again[same] && again[same] == there[same])
        same++;
    if (again[same] != there[same])
        fail_msg("...%.200s\n   ...%.200s", again + same, there + same);
    free(members);
    free(again);
    free(there);
    world_close(&other);
    world_set_seconds(&world, START_S);
}

static void the_cursor_walks_all(void **state)
{
    char parameters[128] = "{\"Limit\":3}";
    int rows = 0, pages = 0;
    uint64_t last = 0;
    (void)state;
    for (;; pages++) {
        const char *answer = world_must(&world, "DescribeMembers", parameters);
        for (const char *at = answer; (at = strstr(at, "\"MemberUin\":\"")); rows++) {
            at += strlen("\"MemberUin\":\"");
            uint64_t uin = strtoull(at, NULL, 10);
            assert_true(uin > last);
            last = uin;
        }
        const char *next = strstr(answer, "\"NextUin\":\"") + strlen("\"NextUin\":\"");
        if (*next == '"')
            break;
        snprintf(parameters, sizeof parameters, "{\"Limit\":3,\"AfterUin\":\"%.*s\"}",
                 (int)strcspn(next, "\""), next);
    }
    char total[64];
    snprintf(total, sizeof total, "\"TotalCount\":%d,", rows);
    assert_contains(world_must(&world, "DescribeMembers", "{\"Limit\":1}"), total);
    assert_int_equal(pages, (rows - 1) / 3);
    assert_contains(world_manage(&world, "DescribeMembers", "{\"Limit\":1001}"),
                    "must be between 1 and 1000");
    assert_contains(world_manage(&world, "DescribeMembers", "{\"AfterUin\":\"x\"}"), "`AfterUin`");
}

/* Flattened, as v1 and GET send it. */
static void members_from_a_form(void **state)
{
    (void)state;
    struct signed_call call = {
        .host = "bursar",
        .version = "2026-11-01",
        .action = "CreateMembers",
        .query = "Members.1.MemberUin=60002&Members.0.MemberName=form&Members.0.MemberUin=60001&"
                 "Members.1.MemberName=second&Members.0.TempAmountInfoList.0.TempAmount=1.5&"
                 "Members.0.IsCreditAccount=True&Members.0.RealBalance=-3e1"};
    assert_contains(world_call(&world, &call), "\"Added\":2,\"Applied\":true,");
    assert_contains(describe("60001"),
                    "\"IsCreditAccount\":true,\"MemberName\":\"form\",\"MemberUin\":\"60001\","
                    "\"OweAmount\":28.5,\"PresentAccountBalance\":0,\"RealBalance\":-30,");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opening_amounts),
        cmocka_unit_test(mistakes_of_members),
        cmocka_unit_test(every_mistake_is_listed),
        cmocka_unit_test(every_refusal_of_the_law_is_listed),
        cmocka_unit_test(gateway_mistakes_refuse_the_whole_call),
        cmocka_unit_test(what_was_exported_can_be_imported),
        cmocka_unit_test(the_cursor_walks_all),
        cmocka_unit_test(members_from_a_form),
    };
    return cmocka_run_group_tests(tests, open_world, close_world);
}
