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
    struct api_world read_only = {
        .sys = &world.sys, .book = world.book, .gate = &world.gate, .master_key = world.master_key};
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
        cmocka_unit_test(a_read_only_server_refuses_writes),
    };
    return cmocka_run_group_tests(tests, open_world, close_world);
}
