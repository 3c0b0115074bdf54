/* Organisations, keys, policies and delegations through the control socket, and what writes answer
 * when they cannot be done. */
#include "world.h"

#include <stdio.h>

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

static const char *manage(const char *action, const char *parameters)
{
    return world_manage(&world, action, parameters);
}

/* A string of an answer. */
static void take_text(const char *answer, const char *key, char *at, size_t size)
{
    char quoted[64];
    snprintf(quoted, sizeof quoted, "\"%s\":\"", key);
    const char *found = strstr(answer, quoted);
    assert_non_null(found);
    found += strlen(quoted);
    snprintf(at, size, "%.*s", (int)strcspn(found, "\""), found);
}

static void organizations(void **state)
{
    (void)state;
    assert_contains(manage("DescribeOrganizations", "{}"),
                    "{\"Data\":[{\"CashTotal\":36365911,\"CreatedAt\":\"2026-11-23 03:12:53\","
                    "\"Currency\":\"USD\",\"FreezeTotal\":0,\"FundingBalance\":");
    assert_contains(manage("DescribeOrganizations", "{}"),
                    "\"MemberCount\":1,\"Name\":\"seed\",\"OrganizationId\":1,\"OwnerUin\":\"" OWNER
                    "\",");
    assert_contains(
        manage("CreateOrganization", "{\"Name\":\"two\",\"OwnerUin\":\"77\",\"DryRun\":true}"),
        "{\"Response\":{\"OrganizationId\":0,");
    assert_contains(
        manage("CreateOrganization", "{\"Name\":\"two\",\"OwnerUin\":\"77\",\"Currency\":\"CNY\"}"),
        "{\"Response\":{\"OrganizationId\":2,");
    assert_contains(manage("DescribeOrganizations", "{}"), "],\"TotalCount\":2,");
    assert_contains(manage("DescribeOrganizations", "{\"OrganizationId\":2}"),
                    "\"Currency\":\"CNY\"");
    assert_contains(manage("DescribeOrganizations", "{\"Offset\":1,\"Limit\":1}"),
                    "\"OrganizationId\":2,");
    assert_error(manage("CreateOrganization", "{\"Name\":\"x\",\"OwnerUin\":\"77\"}"),
                 "ResourceInUse", "The account owns or belongs to an organization already.");
    assert_error(manage("CreateOrganization", "{\"Name\":\"x\",\"OwnerUin\":\"" SEED_MEMBER "\"}"),
                 "ResourceInUse", "The account owns or belongs to an organization already.");
    assert_contains(manage("CreateOrganization", "{\"Name\":\"\",\"OwnerUin\":\"78\"}"),
                    "a name has 1 to 64 characters");
    assert_contains(
        manage("CreateOrganization", "{\"Name\":\"x\",\"OwnerUin\":\"78\",\"Currency\":\"usd\"}"),
        "three capital letters");
    assert_error(manage("CreateOrganization", "{\"Name\":\"x\"}"), "MissingParameter",
                 "The request is missing a required parameter `OwnerUin`.");
    assert_error(manage("DescribeOrganizations", "{\"OrganizationId\":0}"), "ResourceNotFound",
                 "The organization is not found.");
}

static void a_made_key_works(void **state)
{
    char id[64], secret[64];
    (void)state;
    const char *answer = manage("CreateKey", "{\"ExpiresAt\":\"2027-01-01T00:00:00Z\"}");
    assert_contains(answer, "{\"AccountUin\":\"" OWNER "\",\"ExpiresAt\":\"2027-01-01 00:00:00\","
                            "\"Principal\":\"main\",\"SecretId\":\"AKID");
    take_text(answer, "SecretId", id, sizeof id);
    take_text(answer, "SecretKey", secret, sizeof secret);
    assert_int_equal(strlen(id), 36);
    assert_int_equal(strlen(secret), 32);
    assert_int_equal(
        strspn(secret, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"), 32);
    assert_contains(
        world_call(&world, &(struct signed_call){.secret_id = id, .secret_key = secret}),
        "\"TotalCount\":1,");
    assert_error(manage("CreateKey", "{}"), "LimitExceeded",
                 "An account may have two enabled long-term keys; disable one first.");
    const char *keys = manage("DescribeKeys", "{}");
    assert_null(strstr(keys, secret));
    assert_null(strstr(keys, EXAMPLE_SECRET));
    assert_null(strstr(keys, "SecretKey"));
    assert_contains(keys,
                    "{\"AccountUin\":\"" OWNER
                    "\",\"CreatedAt\":\"2026-11-23 03:12:53\",\"Enabled\":true,\"ExpiresAt\":"
                    "\"\",\"IsTemporary\":false,\"Principal\":\"main\",\"SecretId\":\"" EXAMPLE_ID
                    "\",\"SessionName\":\"\",\"UserUin\":\"" OWNER "\"}");
    assert_contains(keys, "],\"TotalCount\":2,");
    assert_contains(manage("ModifyKey", "{\"SecretId\":\"AKIDnone\",\"Enabled\":false}"),
                    "ResourceNotFound");
    world_must(&world, "ModifyKey",
               "{\"SecretId\":\"" EXAMPLE_ID "\",\"Enabled\":false,\"DryRun\":true}");
    assert_contains(world_call(&world, &(struct signed_call){.body = "{}"}), "\"TotalCount\":1,");
    assert_contains(manage("ModifyKey", "{\"SecretId\":\"" EXAMPLE_ID "\",\"Enabled\":false}"),
                    "{\"Response\":{\"RequestId\":\"");
    assert_contains(manage("DescribeKeys", "{\"Limit\":1}"), "\"Enabled\":false,");
    world_must(&world, "ModifyKey", "{\"SecretId\":\"" EXAMPLE_ID "\",\"Enabled\":true}");
}

static void keys_of_others(void **state)
{
    (void)state;
    assert_contains(
        manage("CreateKey",
               "{\"AccountUin\":\"" SEED_MEMBER
               "\",\"UserUin\":\"555\",\"Principal\":\"role\",\"SessionName\":\"s\","
               "\"SecretId\":\"AKIDrole\",\"SecretKey\":\"k-0123456789abcdef\",\"Token\":\"t\"}"),
        "{\"AccountUin\":\"" SEED_MEMBER
        "\",\"ExpiresAt\":\"\",\"Principal\":\"role\",\"SecretId\":"
        "\"AKIDrole\",\"SecretWithheld\":false,\"UserUin\":\"555\",");
    const char *keys = manage("DescribeKeys", "{}");
    assert_contains(keys, "\"IsTemporary\":true,\"Principal\":\"role\",\"SecretId\":\"AKIDrole\","
                          "\"SessionName\":\"s\",\"UserUin\":\"555\"}");
    assert_error(manage("CreateKey",
                        "{\"SecretId\":\"AKIDrole\",\"SecretKey\":\"k-0123456789abcdef\","
                        "\"UserUin\":\"556\"}"),
                 "ResourceInUse", "The SecretId exists already.");
    assert_contains(manage("CreateKey", "{\"UserUin\":\"556\",\"DryRun\":true}"),
                    "\"Principal\":\"sub\"");
    assert_null(strstr(manage("CreateKey", "{\"UserUin\":\"556\",\"DryRun\":true}"), "SecretKey"));
}

static void bad_keys(void **state)
{
    static const struct {
        const char *parameters, *code, *part;
    } table[] = {
        {"{\"SecretId\":\"a\"}", "MissingParameter", "`SecretKey`"},
        {"{\"SecretKey\":\"a-0123456789abcdef\"}", "MissingParameter", "`SecretId`"},
        {"{\"SecretId\":\"a/b\",\"SecretKey\":\"k-0123456789abcdef\"}", "InvalidParameterValue",
         "`SecretId`"},
        {"{\"SecretId\":\"a,b\",\"SecretKey\":\"k-0123456789abcdef\"}", "InvalidParameterValue",
         "`SecretId`"},
        {"{\"SecretId\":\"\",\"SecretKey\":\"k-0123456789abcdef\"}", "InvalidParameterValue",
         "1 to 1024"},
        {"{\"SecretId\":\"a\",\"SecretKey\":\"k k-0123456789abcdef\"}", "InvalidParameterValue",
         "`SecretKey`"},
        {"{\"Token\":\" t\"}", "InvalidParameterValue", "`Token`"},
        {"{\"Principal\":\"king\"}", "InvalidParameterValue", "`Principal`"},
        {"{\"Principal\":\"sub\"}", "InvalidParameterValue", "`Principal`"},
        {"{\"Principal\":\"main\",\"UserUin\":\"5\"}", "InvalidParameterValue", "`Principal`"},
        {"{\"UserUin\":\"x\"}", "InvalidParameterValue", "`UserUin`"},
        {"{\"AccountUin\":\"x\"}", "InvalidParameterValue", "`AccountUin`"},
        {"{\"ExpiresAt\":\"never\"}", "InvalidParameterValue", "`ExpiresAt`"},
        {"{\"OrganizationId\":9}", "ResourceNotFound", "organization"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        const char *answer = manage("CreateKey", table[i].parameters);
        char code[64];
        snprintf(code, sizeof code, "{\"Code\":\"%s\"", table[i].code);
        if (!strstr(answer, code) || !strstr(answer, table[i].part))
            fail_msg("%s: %s", table[i].parameters, answer);
    }
}

static void policies(void **state)
{
    static const char put[] =
        "{\"UserUin\":\"9001\",\"PolicyName\":\"read\",\"PolicyDocument\":\"{\\\"version\\\":"
        "\\\"2.0\\\",\\\"statement\\\":{\\\"effect\\\":\\\"allow\\\",\\\"action\\\":\\\"*\\\","
        "\\\"resource\\\":\\\"*\\\"}}\"}";
    (void)state;
    assert_contains(manage("PutPolicy", put), "{\"Response\":{\"RequestId\":\"");
    assert_contains(manage("DescribePolicies", "{\"UserUin\":\"9001\"}"),
                    "{\"Data\":[{\"PolicyDocument\":\"{\\\"version\\\":\\\"2.0\\\",");
    assert_contains(manage("DescribePolicies", "{}"),
                    "\"PolicyName\":\"read\",\"UserUin\":\"9001\"}],\"TotalCount\":1,");
    assert_contains(manage("DescribePolicies", "{\"UserUin\":\"9002\"}"), "\"Data\":[]");
    assert_error(manage("PutPolicy", "{\"UserUin\":\"1\",\"PolicyName\":\"x\",\"PolicyDocument\":"
                                     "\"{\"}"),
                 "InvalidParameter", "Parameter `PolicyDocument` invalid json format.");
    assert_error(manage("PutPolicy", "{\"UserUin\":\"1\",\"PolicyName\":\"x\",\"PolicyDocument\":"
                                     "\"{}\"}"),
                 "InvalidParameterValue",
                 "A value specified in `PolicyDocument` is not valid, is unsupported, or cannot be "
                 "used: a policy needs `version` and `statement`.");
    assert_contains(manage("PutPolicy", "{\"UserUin\":\"1\",\"PolicyDocument\":\"{}\"}"),
                    "`PolicyName`");
    assert_error(manage("DeletePolicy", "{\"UserUin\":\"9001\",\"PolicyName\":\"write\"}"),
                 "ResourceNotFound", "The policy is not found.");
    world_must(&world, "DeletePolicy", "{\"UserUin\":\"9001\",\"PolicyName\":\"read\"}");
    assert_contains(manage("DescribePolicies", "{}"), "{\"Data\":[],\"TotalCount\":0,");
}

static void delegations(void **state)
{
    (void)state;
    assert_error(manage("PutDelegation", "{\"AccountUin\":\"" SEED_MEMBER "\"}"),
                 "MissingParameter", "The request is missing a required parameter `MemberUins`.");
    assert_error(manage("PutDelegation", "{\"AccountUin\":\"424242\",\"Everyone\":true}"),
                 "ResourceNotFound",
                 "The account is not the owner or a member of the organization.");
    assert_contains(
        manage("PutDelegation", "{\"AccountUin\":\"" SEED_MEMBER "\",\"MemberUins\":[\"x\"]}"),
        "`MemberUins`");
    world_must(&world, "PutDelegation",
               "{\"AccountUin\":\"" SEED_MEMBER "\",\"MemberUins\":[\"" SEED_MEMBER "\"]}");
    assert_contains(manage("DescribeDelegations", "{}"),
                    "{\"Data\":[{\"AccountUin\":\"" SEED_MEMBER
                    "\",\"Everyone\":false,\"MemberUins\":[\"" SEED_MEMBER
                    "\"]}],\"TotalCount\":1,");
    world_must(&world, "DeleteDelegation", "{\"AccountUin\":\"" SEED_MEMBER "\"}");
    assert_error(manage("DeleteDelegation", "{\"AccountUin\":\"" SEED_MEMBER "\"}"),
                 "ResourceNotFound", "The delegation is not found.");
    assert_contains(manage("DescribeDelegations", "{}"), "{\"Data\":[],\"TotalCount\":0,");
}

/* The product of an unsigned request is named by a header or by Host. */
static void the_operator_names_the_product(void **state)
{
    static const char head[] = "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                               "Content-Length: 2\r\n";
    char request[512];
    (void)state;
    snprintf(request, sizeof request,
             "%sX-Bursar-Product: billing\r\nX-TC-Action: DescribeOrgMemberAccountBalance\r\n"
             "X-TC-Version: 2018-07-09\r\n\r\n{}",
             head);
    assert_contains(world_raw(&world, slice_text(request), API_TRUST_OPERATOR),
                    "\"TotalCount\":1,");
    snprintf(request, sizeof request,
             "%sX-Bursar-Product: billing\r\nX-TC-Action: DescribeAccountBalance\r\n"
             "X-TC-Version: 2018-07-09\r\n\r\n{}",
             head);
    assert_contains(world_raw(&world, slice_text(request), API_TRUST_OPERATOR),
                    "UnsupportedOperation");
    snprintf(request, sizeof request, "%sX-TC-Action: DescribeKeys\r\n\r\n{}", head);
    assert_contains(world_raw(&world, slice_text(request), API_TRUST_OPERATOR), "`X-TC-Version`");
    snprintf(request, sizeof request,
             "%sX-TC-Action: DescribeKeys\r\nX-TC-Version: 2026-11-01\r\n\r\n{}", head);
    assert_error(world_raw(&world, slice_text(request), API_TRUST_OPERATOR), "NoSuchProduct",
                 "The specified product `x` does not exist.");
}

static void a_read_only_server_refuses_writes(void **state)
{
    struct api_options options = API_OPTIONS_DEFAULT;
    struct api_world read_only = {.products = api_own_products,
                                  .sys = &world.sys,
                                  .book = world.book,
                                  .gate = &world.gate,
                                  .master_key = world.master_key};
    struct fault fault;
    struct api *api, *writable = world.api;
    struct api_worker *worker = world.worker;
    (void)state;
    assert_true(status_ok(api_new(&read_only, &options, &fault, &api)));
    world.api = api;
    world.worker = api_worker_new(api);
    assert_contains(manage("DescribeKeys", "{}"), "\"Data\":[{");
    assert_error(manage("ModifyKey", "{\"SecretId\":\"x\",\"Enabled\":true}"),
                 "UnsupportedOperation", "The server is read-only.");
    /* and without a journal there is no past */
    assert_error(manage("DescribeEntries", "{}"), "UnsupportedOperation",
                 "The journal cannot be read here.");
    assert_error(manage("DescribeMembers", "{\"Search\":\"a\"}"), "UnsupportedOperation",
                 "The journal cannot be read here.");
    assert_contains(manage("DescribeMembers", "{}"), "\"Data\":[{");
    api_worker_free(world.worker);
    api_free(api);
    world.worker = worker;
    world.api = writable;
}

/* Large listings: a page ends at 1 MiB, and goes on at Offset plus the rows it had. */

static uint64_t count_rows(const char *answer, const char *what)
{
    uint64_t rows = 0;
    for (const char *at = answer; (at = strstr(at, what)) != NULL; at++)
        rows++;
    return rows;
}

/* 30 delegations that name 3,000 members each: 40 kB a row. */
static void large_delegations_are_listed(void **state)
{
    (void)state;
    enum { DELEGATES = 30, NAMED = 3000, PAGE_BYTES = 1 << 20, ROW_BYTES = 50000 };
    struct buffer text;
    char parameters[64];
    buffer_init(&text, 1 << 20);
    BUFFER_LITERAL(&text, "{\"Members\":[");
    for (int i = 0; i < NAMED; i++) {
        buffer_text(&text, i > 0 ? "," : "");
        buffer_printf(&text, "{\"MemberUin\":\"8000000%05d\",\"MemberName\":\"m\"}", i);
    }
    BUFFER_LITERAL(&text, "]}");
    buffer_char(&text, '\0');
    world_must(&world, "CreateMembers", text.at);
    for (int i = 0; i < DELEGATES; i++) {
        buffer_clear(&text);
        buffer_printf(&text, "{\"AccountUin\":\"8000000%05d\",\"MemberUins\":[", i);
        for (int j = 0; j < NAMED; j++) {
            buffer_text(&text, j > 0 ? "," : "");
            buffer_printf(&text, "\"8000000%05d\"", j);
        }
        BUFFER_LITERAL(&text, "]}");
        buffer_char(&text, '\0');
        world_must(&world, "PutDelegation", text.at);
    }
    uint64_t offset = 0;
    for (int pages = 0; offset < DELEGATES; pages++) {
        assert_in_range(pages, 0, 1);
        snprintf(parameters, sizeof parameters, "{\"Limit\":1000,\"Offset\":%u}", (unsigned)offset);
        const char *answer = world_must(&world, "DescribeDelegations", parameters);
        assert_in_range(strlen(answer), 1, PAGE_BYTES + ROW_BYTES);
        assert_contains(answer, "\"TotalCount\":30,");
        offset += count_rows(answer, "\"AccountUin\"");
    }
    assert_int_equal(offset, DELEGATES);
    /* too much: the law's own words */
    for (int i = DELEGATES; i < 33; i++) {
        char *account = strstr(text.at, "8000000");
        snprintf(account + 7, 6, "%05d", i);
        account[12] = '"';
        world_must(&world, "PutDelegation", text.at);
    }
    snprintf(strstr(text.at, "8000000") + 7, 6, "%05d", 33);
    strstr(text.at, "8000000")[12] = '"';
    assert_error(manage("PutDelegation", text.at), "LimitExceeded",
                 "An organization may have 1,000 delegations, which may name 100,000 members "
                 "together.");
    buffer_done(&text);
}

/* More keys than one look at the book goes past. */
static void many_keys_are_listed_in_order(void **state)
{
    (void)state;
    enum { KEYS = 900 };
    char parameters[128], expected[64];
    world_must(&world, "CreateOrganization", "{\"Name\":\"many\",\"OwnerUin\":\"990\"}");
    for (int i = 0; i < KEYS; i++) {
        snprintf(
            parameters, sizeof parameters,
            "{\"OrganizationId\":3,\"SecretId\":\"AKIDmany%d\",\"SecretKey\":\"0123456789abcdef\","
            "\"Token\":\"t\"}",
            i);
        world_must(&world, "CreateKey", parameters);
    }
    const char *answer =
        world_must(&world, "DescribeKeys", "{\"OrganizationId\":3,\"Limit\":1000}");
    assert_int_equal(count_rows(answer, "\"SecretId\""), KEYS);
    for (int i = 0; i < KEYS; i++) {
        snprintf(expected, sizeof expected, "\"SecretId\":\"AKIDmany%d\"", i);
        answer = strstr(answer, expected); /* each behind the one before */
        assert_non_null(answer);
    }
    assert_contains(answer, "\"TotalCount\":900,");
    answer = manage("DescribeKeys", "{\"OrganizationId\":3,\"Offset\":700,\"Limit\":2}");
    assert_contains(answer, "AKIDmany700\"");
    assert_contains(answer, "AKIDmany701\"");
    assert_int_equal(count_rows(answer, "\"SecretId\""), 2);
    assert_int_equal(
        count_rows(manage("DescribeKeys", "{\"OrganizationId\":3,\"Offset\":900}"), "\"SecretId\""),
        0);
}

static void too_many_policies_are_refused(void **state)
{
    (void)state;
    char parameters[256];
    for (int i = 0; i < 64; i++) {
        snprintf(parameters, sizeof parameters,
                 "{\"UserUin\":\"4242\",\"PolicyName\":\"p%d\",\"PolicyDocument\":\"%s\"}", i,
                 "{\\\"version\\\":\\\"2.0\\\",\\\"statement\\\":{\\\"effect\\\":\\\"allow\\\","
                 "\\\"action\\\":\\\"*\\\",\\\"resource\\\":\\\"*\\\"}}");
        world_must(&world, "PutPolicy", parameters);
    }
    snprintf(parameters, sizeof parameters,
             "{\"UserUin\":\"4242\",\"PolicyName\":\"p64\",\"PolicyDocument\":\"%s\"}",
             "{\\\"version\\\":\\\"2.0\\\",\\\"statement\\\":{\\\"effect\\\":\\\"allow\\\","
             "\\\"action\\\":\\\"*\\\",\\\"resource\\\":\\\"*\\\"}}");
    assert_error(manage("PutPolicy", parameters), "LimitExceeded",
                 "A sub-account or role may have 64 policies of 64 KiB together, those of one "
                 "account together 4,096.");
    assert_contains(manage("DescribePolicies", "{\"UserUin\":\"4242\",\"Limit\":1}"),
                    "\"TotalCount\":64,");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(organizations),
        cmocka_unit_test(a_made_key_works),
        cmocka_unit_test(keys_of_others),
        cmocka_unit_test(bad_keys),
        cmocka_unit_test(policies),
        cmocka_unit_test(delegations),
        cmocka_unit_test(the_operator_names_the_product),
        cmocka_unit_test(large_delegations_are_listed),
        cmocka_unit_test(many_keys_are_listed_in_order),
        cmocka_unit_test(too_many_policies_are_refused),
        cmocka_unit_test(a_read_only_server_refuses_writes),
    };
    return cmocka_run_group_tests(tests, open_world, close_world);
}
