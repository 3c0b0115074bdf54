/* Who sees what: owner, delegate, member, outsider, sub-accounts with policies (design sections 5
 * and 7). */
#include "world.h"

#include <stdio.h>

#define ALLOW(action)                                                                              \
    "{\\\"version\\\":\\\"2.0\\\",\\\"statement\\\":{\\\"effect\\\":\\\"allow\\\",\\\"action\\\":" \
    "\\\"" action "\\\",\\\"resource\\\":\\\"*\\\"}}"
#define DENY(action)                                                                               \
    "{\\\"version\\\":\\\"2.0\\\",\\\"statement\\\":{\\\"effect\\\":\\\"deny\\\",\\\"action\\\":"  \
    "\\\"" action "\\\",\\\"resource\\\":\\\"*\\\"}}"

static struct world world;

static int open_world(void **state)
{
    struct api_options options = API_OPTIONS_DEFAULT;
    (void)state;
    options.calls_per_second = 0;
    world_open(&world, &options);
    world_must(&world, "CreateMembers",
               "{\"Members\":[{\"MemberUin\":\"3001\",\"MemberName\":\"a\"},"
               "{\"MemberUin\":\"3002\",\"MemberName\":\"b\"},"
               "{\"MemberUin\":\"3003\",\"MemberName\":\"c\"},"
               "{\"MemberUin\":\"3004\",\"MemberName\":\"d\"}]}");
    return 0;
}

static int close_world(void **state)
{
    (void)state;
    world_close(&world);
    return 0;
}

static void add_key(const char *name, const char *account, const char *user)
{
    char parameters[512];
    snprintf(parameters, sizeof parameters,
             "{\"AccountUin\":\"%s\",\"UserUin\":\"%s\",\"SecretId\":\"AKID%s\",\"SecretKey\":"
             "\"%s-0123456789abcdef\"}",
             account, user, name, name);
    world_must(&world, "CreateKey", parameters);
}

static const char *as(const char *name, const char *action, const char *body)
{
    char id[64], secret[64];
    snprintf(id, sizeof id, "AKID%s", name);
    snprintf(secret, sizeof secret, "%s-0123456789abcdef", name);
    bool is_billing = strstr(action, "AccountBalance") != NULL;
    return world_call(&world, &(struct signed_call){.secret_id = id,
                                                    .secret_key = secret,
                                                    .action = action,
                                                    .host = is_billing ? NULL : "bursar.local",
                                                    .version = is_billing ? NULL : "2026-11-01",
                                                    .body = body});
}

static const char *balances_as(const char *name, const char *body)
{
    return as(name, "DescribeOrgMemberAccountBalance", body);
}

static void assert_cam_refused(const char *answer, const char *operation)
{
    char id[37], message[512];
    memcpy(id, api_worker_outcome(world.worker)->request_id, 36);
    id[36] = '\0';
    snprintf(message, sizeof message,
             "[request id:%s]you are not authorized to perform operation (%s)\nresource (*) has no "
             "permission\n",
             id, operation);
    assert_error(answer, "UnauthorizedOperation.CamNoAuth", message);
    char closing[80];
    snprintf(closing, sizeof closing, "\"RequestId\":\"%s\"}}", id);
    assert_contains(answer, closing);
}

static const char balances[] = "finance:DescribeOrgMemberAccountBalance";

static void plain_members_and_outsiders(void **state)
{
    (void)state;
    add_key("member", "3001", "3001");
    add_key("outsider", "999", "999");
    assert_cam_refused(balances_as("member", "{}"), balances);
    /* access comes before parameters */
    assert_cam_refused(balances_as("member", "{\"PageSize\":0}"), balances);
    assert_contains(as("member", "DescribeAccountBalance", "{}"), "\"Uin\":3001,");
    assert_cam_refused(as("member", "DescribeMembers", "{}"), "bursar:DescribeMembers");
    assert_refused(&world,
                   &(struct signed_call){.secret_id = "AKIDoutsider",
                                         .secret_key = "outsider-0123456789abcdef"},
                   "UnsupportedOperation",
                   "The account does not belong to an organization, so this operation is not "
                   "supported.",
                   "该账号不属于任何企业组织，不支持此操作。");
    assert_contains(as("outsider", "DescribeAccountBalance", "{}"), "UnsupportedOperation");
}

static void delegates(void **state)
{
    (void)state;
    add_key("delegate", "3002", "3002");
    assert_cam_refused(balances_as("delegate", "{}"), balances);
    world_must(&world, "PutDelegation",
               "{\"AccountUin\":\"3002\",\"MemberUins\":[\"3003\",\"3001\",\"3003\"]}");
    assert_contains(balances_as("delegate", "{}"),
                    "],\"PageNumber\":1,\"PageSize\":2,\"TotalCount\":2,");
    const char *second = balances_as("delegate", "{\"PageSize\":1,\"PageNumber\":2}");
    assert_contains(second, "\"MemberUin\":\"3003\"");
    assert_null(strstr(second, "\"MemberUin\":\"3001\""));
    /* those asked for outside the scope are left out like unknown ones */
    assert_contains(balances_as("delegate", "{\"MemberUins\":[\"3002\",\"3003\",\"3004\"]}"),
                    "\"MemberUin\":\"3003\",\"OweAmount\":0,\"RealBalance\":0,\"TempCredit\":0}],"
                    "\"PageNumber\":1,\"PageSize\":1,\"TotalCount\":1,");
    assert_cam_refused(as("delegate", "DescribeMembers", "{}"), "bursar:DescribeMembers");
    world_must(&world, "PutDelegation", "{\"AccountUin\":\"3002\",\"Everyone\":true}");
    assert_contains(balances_as("delegate", "{}"), "\"TotalCount\":5,");
    world_must(&world, "DeleteDelegation", "{\"AccountUin\":\"3002\"}");
    assert_cam_refused(balances_as("delegate", "{}"), balances);
}

static void put_policy(const char *user, const char *name, const char *document)
{
    char parameters[1024];
    snprintf(parameters, sizeof parameters,
             "{\"UserUin\":\"%s\",\"PolicyName\":\"%s\",\"PolicyDocument\":\"%s\"}", user, name,
             document);
    world_must(&world, "PutPolicy", parameters);
}

static void sub_accounts_need_policies(void **state)
{
    (void)state;
    add_key("sub", OWNER, "200001");
    assert_cam_refused(balances_as("sub", "{}"), balances);
    put_policy("200001", "other", ALLOW("finance:DescribeAccountBalance"));
    assert_cam_refused(balances_as("sub", "{}"), balances);
    assert_contains(as("sub", "DescribeAccountBalance", "{}"), "\"Uin\":" OWNER ",");
    put_policy("200001", "read", ALLOW("finance:DescribeOrg*"));
    assert_contains(balances_as("sub", "{}"), "\"TotalCount\":5,");
    put_policy("200001", "not", DENY("finance:*"));
    assert_cam_refused(balances_as("sub", "{}"), balances);
    world_must(&world, "DeletePolicy", "{\"UserUin\":\"200001\",\"PolicyName\":\"not\"}");
    assert_contains(balances_as("sub", "{}"), "\"TotalCount\":5,");
    /* a policy of the same name is replaced, and seen at once though the old one was compiled */
    put_policy("200001", "read", ALLOW("billing:*"));
    assert_contains(balances_as("sub", "{}"), "\"TotalCount\":5,");
    put_policy("200001", "read", ALLOW("cvm:*"));
    assert_cam_refused(balances_as("sub", "{}"), balances);
    /* management has a prefix of its own */
    assert_cam_refused(as("sub", "DescribeMembers", "{}"), "bursar:DescribeMembers");
    put_policy("200001", "manage", ALLOW("bursar:Describe*"));
    assert_contains(as("sub", "DescribeMembers", "{}"), "\"TotalCount\":5,");
    assert_cam_refused(as("sub", "DeleteDelegation", "{}"), "bursar:DeleteDelegation");
}

/* A policy gives what the account has, never more. */
static void a_policy_does_not_lift_a_member(void **state)
{
    (void)state;
    add_key("membersub", "3004", "200002");
    put_policy("200002", "all", ALLOW("*"));
    assert_cam_refused(balances_as("membersub", "{}"), balances);
    assert_contains(as("membersub", "DescribeAccountBalance", "{}"), "\"Uin\":3004,");
    world_must(&world, "PutDelegation", "{\"AccountUin\":\"3004\",\"MemberUins\":[\"3001\"]}");
    assert_contains(balances_as("membersub", "{}"), "\"TotalCount\":1,");
    put_policy("200002", "all", ALLOW("cvm:*"));
    assert_cam_refused(balances_as("membersub", "{}"), balances);
}

static void conditions_see_the_peer(void **state)
{
    (void)state;
    add_key("near", OWNER, "200003");
    put_policy("200003", "near",
               "{\\\"version\\\":\\\"2.0\\\",\\\"statement\\\":{\\\"effect\\\":\\\"allow\\\","
               "\\\"action\\\":\\\"*\\\",\\\"resource\\\":\\\"*\\\",\\\"condition\\\":{"
               "\\\"ip_equal\\\":{\\\"qcs:ip\\\":\\\"10.1.0.0/16\\\"}}}}");
    struct buffer request;
    buffer_init(&request, 1 << 16);
    world_sign(
        &world,
        &(struct signed_call){.secret_id = "AKIDnear", .secret_key = "near-0123456789abcdef"},
        &request);
    assert_contains(world_raw_on(&world, world.worker, buffer_slice(&request), API_TRUST_NONE,
                                 SLICE("10.1.2.3"), &world.out),
                    "\"TotalCount\":5");
    assert_contains(world_raw_on(&world, world.worker, buffer_slice(&request), API_TRUST_NONE,
                                 SLICE("10.2.2.3"), &world.out),
                    "CamNoAuth");
    assert_contains(world_raw_on(&world, world.worker, buffer_slice(&request), API_TRUST_NONE,
                                 SLICE_NONE, &world.out),
                    "CamNoAuth");
    buffer_done(&request);
}

/* Organisations share nothing. */
static void another_organisation(void **state)
{
    (void)state;
    world_must(&world, "CreateOrganization", "{\"Name\":\"other\",\"OwnerUin\":\"8000\"}");
    world_must(
        &world, "CreateMembers",
        "{\"OrganizationId\":2,\"Members\":[{\"MemberUin\":\"8001\",\"MemberName\":\"x\"}]}");
    world_must(&world, "CreateKey",
               "{\"OrganizationId\":2,\"SecretId\":\"AKIDother\",\"SecretKey\":\"other-"
               "0123456789abcdef\"}");
    assert_contains(balances_as("other", "{}"), "\"TotalCount\":1,");
    assert_contains(balances_as("other", "{\"MemberUins\":[\"3001\",\"8001\"]}"),
                    "\"TotalCount\":1,");
    assert_error(as("other", "DescribeMembers", "{\"OrganizationId\":1}"), "ResourceNotFound",
                 "The organization is not found.");
    assert_contains(as("other", "DescribeMembers", "{\"OrganizationId\":2}"), "\"8001\"");
    assert_contains(as("other", "DescribeKeys", "{}"), "\"TotalCount\":1,");
    assert_error(as("other", "ModifyKey", "{\"SecretId\":\"" EXAMPLE_ID "\",\"Enabled\":false}"),
                 "ResourceNotFound", "The key is not found.");
    assert_error(as("other", "CreateKey", "{\"AccountUin\":\"3001\"}"), "ResourceNotFound",
                 "The account is not the owner or a member of the organization.");
    assert_error(as("other", "CreateOrganization", "{\"Name\":\"x\",\"OwnerUin\":\"1\"}"),
                 "UnsupportedOperation",
                 "This operation is only available through the control socket of the server.");
    assert_contains(as("other", "DescribeOrganizations", "{}"), "\"TotalCount\":1,");
}

/* Issue: a member's key, its sub-account's and its delegation go on elsewhere, or come back. */
static void what_was_given_ends_with_a_leave(void **state)
{
    (void)state;
    world_must(&world, "CreateMembers",
               "{\"Members\":[{\"MemberUin\":\"3010\",\"MemberName\":\"m\"}]}");
    add_key("leaver", "3010", "3010");
    add_key("leaversub", "3010", "3011");
    world_must(&world, "PutPolicy",
               "{\"UserUin\":\"3011\",\"PolicyName\":\"p\",\"PolicyDocument\":\"" ALLOW("*") "\"}");
    world_must(&world, "PutDelegation", "{\"AccountUin\":\"3010\",\"Everyone\":true}");
    assert_contains(balances_as("leaver", "{}"), "\"TotalCount\":");
    assert_contains(balances_as("leaversub", "{}"), "\"TotalCount\":");
    world_must(&world, "DeleteMember", "{\"MemberUin\":\"3010\",\"ClientToken\":\"leave-1\"}");
    char first[512], again[512];
    snprintf(first, sizeof first, "%s", answer_without_id(world.out.at, &world.text));
    world_must(&world, "DeleteMember", "{\"MemberUin\":\"3010\",\"ClientToken\":\"leave-1\"}");
    snprintf(again, sizeof again, "%s", answer_without_id(world.out.at, &world.text));
    assert_string_equal(first, again); /* though more entries than one were made */
    assert_contains(balances_as("leaver", "{}"), "AuthFailure.SecretIdNotFound");
    assert_contains(balances_as("leaversub", "{}"), "AuthFailure.SecretIdNotFound");
    /* the history says so */
    const char *entries = world_must(&world, "DescribeEntries", "{\"Order\":\"desc\",\"Limit\":5}");
    assert_contains(entries, "\"leave\"");
    assert_contains(entries, "\"set_key\"");
    assert_contains(entries, "\"remove_policy\"");
    assert_contains(entries, "\"remove_delegate\"");
    /* the owner of another organisation now */
    world_must(&world, "CreateOrganization", "{\"Name\":\"theirs\",\"OwnerUin\":\"3010\"}");
    assert_contains(balances_as("leaver", "{}"), "AuthFailure.SecretIdNotFound");
    assert_contains(as("leaver", "DescribeKeys", "{}"), "AuthFailure.SecretIdNotFound");
    world_must(&world, "CreateKey",
               "{\"OrganizationId\":3,\"SecretId\":\"AKIDnew1\",\"SecretKey\":\"new1-0123456789abcdef\"}");
    world_must(&world, "CreateKey",
               "{\"OrganizationId\":3,\"SecretId\":\"AKIDnew2\",\"SecretKey\":\"new2-0123456789abcdef\"}");
    assert_contains(as("new1", "DescribeKeys", "{}"), "\"TotalCount\":2,");
    assert_error(
        world_manage(&world, "ModifyKey", "{\"SecretId\":\"AKIDleaver\",\"Enabled\":true}"),
        "ResourceNotFound", "The account is not the owner or a member of the organization.");
}

/* A delegation of everyone, and one that names somebody who was away. */
static void a_rejoin_sees_and_shows_nothing(void **state)
{
    (void)state;
    static const char join[] = "{\"Members\":[{\"MemberUin\":\"3020\",\"MemberName\":\"m\"}]}";
    static const char leave[] = "{\"MemberUin\":\"3020\"}";
    world_must(&world, "CreateMembers", join);
    add_key("back", "3020", "3020");
    add_key("viewer", "3003", "3003");
    world_must(&world, "PutDelegation", "{\"AccountUin\":\"3020\",\"Everyone\":true}");
    world_must(&world, "PutDelegation",
               "{\"AccountUin\":\"3003\",\"MemberUins\":[\"3020\",\"3001\"]}");
    assert_contains(balances_as("viewer", "{}"), "\"TotalCount\":2,");
    world_must(&world, "DeleteMember", leave);
    assert_contains(balances_as("viewer", "{}"), "\"TotalCount\":1,");
    world_must(&world, "CreateMembers", join);
    world_must(&world, "ModifyKey", "{\"SecretId\":\"AKIDback\",\"Enabled\":true}");
    assert_cam_refused(balances_as("back", "{}"), balances);
    assert_contains(balances_as("viewer", "{}"), "\"TotalCount\":1,");
    assert_contains(balances_as("viewer", "{\"MemberUins\":[\"3020\"]}"), "\"TotalCount\":0,");
    assert_cam_refused(as("viewer", "DescribeHolds", "{\"MemberUin\":\"3020\"}"),
                       "bursar:DescribeHolds");
    world_must(&world, "DeleteDelegation", "{\"AccountUin\":\"3003\"}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_members_and_outsiders),
        cmocka_unit_test(delegates),
        cmocka_unit_test(sub_accounts_need_policies),
        cmocka_unit_test(a_policy_does_not_lift_a_member),
        cmocka_unit_test(conditions_see_the_peer),
        cmocka_unit_test(another_organisation),
        cmocka_unit_test(what_was_given_ends_with_a_leave),
        cmocka_unit_test(a_rejoin_sees_and_shows_nothing),
    };
    return cmocka_run_group_tests(tests, open_world, close_world);
}
