/* The order of the journal is the order of authority: what waits behind the entry that takes its
 * caller's authority away was not allowed. */
#include "world.h"

#include <stdio.h>
#include <stdlib.h>

#define ALLOW(action)                                                                              \
    "{\\\"version\\\":\\\"2.0\\\",\\\"statement\\\":{\\\"effect\\\":\\\"allow\\\",\\\"action\\\":" \
    "\\\"" action "\\\",\\\"resource\\\":\\\"*\\\"}}"
#define SUB "900"
#define PAY                                                                                        \
    "{\"Transfers\":[{\"Kind\":\"top_up\",\"MemberUin\":\"3001\",\"Amount\":100,\"Reason\":\"%"    \
    "u\"}]%s}"

static struct world world;

static int open_world(void **state)
{
    struct api_options options = API_OPTIONS_DEFAULT;
    (void)state;
    options.calls_per_second = 0;
    world_open(&world, &options);
    world_must(&world, "CreateMembers",
               "{\"Members\":[{\"MemberUin\":\"3001\",\"MemberName\":\"a\"},"
               "{\"MemberUin\":\"3002\",\"MemberName\":\"b\"}]}");
    world_must(&world, "CreateKey",
               "{\"UserUin\":\"" SUB
               "\",\"SecretId\":\"AKIDsub\",\"SecretKey\":\"secretsecretsecret\"}");
    world_must(&world, "PutPolicy",
               "{\"UserUin\":\"" SUB "\",\"PolicyName\":\"pay\",\"PolicyDocument\":\"" ALLOW(
                   "bursar:CreateTransfers") "\"}");
    return 0;
}

static int close_world(void **state)
{
    (void)state;
    world_close(&world);
    return 0;
}

static struct signed_call sub_call(const char *action, const char *body)
{
    return (struct signed_call){.secret_id = "AKIDsub",
                                .secret_key = "secretsecretsecret",
                                .host = "bursar.local",
                                .version = "2026-11-01",
                                .action = action,
                                .body = body};
}

/* Each of its own, so that none is taken for another sent again. */
static const char *pay_body(const char *more)
{
    static char body[256];
    static unsigned number;
    snprintf(body, sizeof body, PAY, ++number, more);
    return body;
}

/* Entries that are somebody's doing: money and what it was asked for with. */
static uint64_t money_entries(void)
{
    const char *answer = world_must(&world, "DescribeEntries", "{\"Kinds\":[\"top_up\"]}");
    uint64_t count = 0;
    for (const char *at = answer; (at = strstr(at, "\"Kind\":\"top_up\"")) != NULL; at++)
        count++;
    return count;
}

enum { WRITERS = 20 };

/* Writes of the sub-account wait behind the operator's `action`, which was accepted first. */
static void writes_behind(const char *action, const char *parameters, const char *code)
{
    struct world_write revoking, writes[WRITERS];
    uint64_t before = money_entries();
    world_hold(&world);
    world_begin(&world, action, parameters, &revoking);
    for (int i = 0; i < WRITERS; i++) {
        struct signed_call call = sub_call("CreateTransfers", pay_body(""));
        world_begin_signed(&world, &call, &writes[i]);
        assert_true(writes[i].is_pending); /* the front door still let it in */
    }
    world_release(&world);
    assert_null(strstr(world_finish(&world, &revoking), "\"Error\""));
    for (int i = 0; i < WRITERS; i++) {
        assert_contains(world_finish(&world, &writes[i]), code);
        world_write_done(&writes[i]);
    }
    world_write_done(&revoking);
    assert_int_equal(money_entries(), before);
}

static void pay_works(void)
{
    struct signed_call call = sub_call("CreateTransfers", pay_body(""));
    assert_contains(world_call(&world, &call), "\"Applied\":true");
}

static void behind_the_end_of_its_policy(void **state)
{
    (void)state;
    pay_works();
    writes_behind("DeletePolicy", "{\"UserUin\":\"" SUB "\",\"PolicyName\":\"pay\"}",
                  "you are not authorized to perform operation (bursar:CreateTransfers)\\nresource "
                  "(*) has no permission");
    world_must(&world, "PutPolicy",
               "{\"UserUin\":\"" SUB "\",\"PolicyName\":\"pay\",\"PolicyDocument\":\"" ALLOW(
                   "bursar:CreateTransfers") "\"}");
    pay_works();
}

static void behind_a_policy_that_denies(void **state)
{
    (void)state;
    writes_behind("PutPolicy",
                  "{\"UserUin\":\"" SUB "\",\"PolicyName\":\"not\",\"PolicyDocument\":"
                  "\"{\\\"version\\\":\\\"2.0\\\",\\\"statement\\\":{\\\"effect\\\":\\\"deny\\\","
                  "\\\"action\\\":\\\"bursar:*\\\",\\\"resource\\\":\\\"*\\\"}}\"}",
                  "UnauthorizedOperation.CamNoAuth");
    world_must(&world, "DeletePolicy", "{\"UserUin\":\"" SUB "\",\"PolicyName\":\"not\"}");
    pay_works();
}

static void behind_the_end_of_its_key(void **state)
{
    (void)state;
    writes_behind("ModifyKey", "{\"SecretId\":\"AKIDsub\",\"Enabled\":false}",
                  "AuthFailure.SecretIdNotFound");
    world_must(&world, "ModifyKey", "{\"SecretId\":\"AKIDsub\",\"Enabled\":true}");
    pay_works();
}

/* Also the owner's own key. */
static void a_main_key_is_asked_for_again(void **state)
{
    struct world_write revoking, write;
    struct signed_call call = {.host = "bursar.local",
                               .version = "2026-11-01",
                               .action = "CreateTransfers",
                               .body = pay_body("")};
    (void)state;
    world_hold(&world);
    world_begin(&world, "ModifyKey", "{\"SecretId\":\"" EXAMPLE_ID "\",\"Enabled\":false}",
                &revoking);
    world_begin_signed(&world, &call, &write);
    world_release(&world);
    (void)world_finish(&world, &revoking);
    assert_contains(world_finish(&world, &write), "AuthFailure.SecretIdNotFound");
    world_write_done(&revoking);
    world_write_done(&write);
    world_must(&world, "ModifyKey", "{\"SecretId\":\"" EXAMPLE_ID "\",\"Enabled\":true}");
}

/* What changes for others does not matter to it. */
static void behind_other_changes(void **state)
{
    struct world_write other, write;
    struct signed_call call = sub_call("CreateTransfers", pay_body(""));
    (void)state;
    world_hold(&world);
    world_begin(&world, "PutDelegation", "{\"AccountUin\":\"3002\",\"Everyone\":true}", &other);
    world_begin_signed(&world, &call, &write);
    world_release(&world);
    (void)world_finish(&world, &other);
    assert_contains(world_finish(&world, &write), "\"Applied\":true");
    world_write_done(&other);
    world_write_done(&write);
}

/* A revoked caller does not get an old answer again either. */
static void a_used_token_is_not_answered(void **state)
{
    struct world_write revoking, again;
    struct signed_call call = sub_call("CreateTransfers", pay_body(",\"ClientToken\":\"payday\""));
    (void)state;
    assert_contains(world_call(&world, &call), "\"Applied\":true");
    assert_contains(world_call(&world, &call), "\"Applied\":true");
    world_hold(&world);
    world_begin(&world, "ModifyKey", "{\"SecretId\":\"AKIDsub\",\"Enabled\":false}", &revoking);
    world_begin_signed(&world, &call, &again);
    world_release(&world);
    (void)world_finish(&world, &revoking);
    const char *answer = world_finish(&world, &again);
    assert_contains(answer, "AuthFailure.SecretIdNotFound");
    assert_null(strstr(answer, "EntryIds"));
    world_write_done(&revoking);
    world_write_done(&again);
    world_must(&world, "ModifyKey", "{\"SecretId\":\"AKIDsub\",\"Enabled\":true}");
}

/* Time that passes in the queue counts: it is the group's. */
static void a_key_that_ends_in_the_queue(void **state)
{
    struct world_write first, write;
    struct signed_call call = {.secret_id = "AKIDshort",
                               .secret_key = "secretsecretsecret",
                               .host = "bursar.local",
                               .version = "2026-11-01",
                               .action = "CreateTransfers",
                               .body = pay_body("")};
    (void)state;
    world_set_seconds(&world, START_S + 1000);
    world_must(&world, "ModifyKey", "{\"SecretId\":\"" EXAMPLE_ID "\",\"Enabled\":false}");
    world_must(&world, "CreateKey",
               "{\"SecretId\":\"AKIDshort\",\"SecretKey\":\"secretsecretsecret\",\"ExpiresAt\":"
               "\"2026-11-23T03:29:43Z\"}"); /* START_S + 1010 */
    assert_contains(world_call(&world, &call), "\"Applied\":true");
    uint64_t before = money_entries();
    world_hold(&world);
    world_begin(&world, "ModifyMember", "{\"MemberUin\":\"3001\",\"MemberName\":\"other\"}",
                &first);
    world_begin_signed(&world, &call, &write);
    assert_true(write.is_pending);
    world_set_seconds(&world, START_S + 1010);
    world_release(&world);
    (void)world_finish(&world, &first);
    assert_contains(world_finish(&world, &write), "AuthFailure.SecretIdNotFound");
    world_write_done(&first);
    world_write_done(&write);
    assert_int_equal(money_entries(), before);
    world_must(&world, "ModifyKey", "{\"SecretId\":\"" EXAMPLE_ID "\",\"Enabled\":true}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(behind_the_end_of_its_policy),
        cmocka_unit_test(behind_a_policy_that_denies),
        cmocka_unit_test(behind_the_end_of_its_key),
        cmocka_unit_test(a_main_key_is_asked_for_again),
        cmocka_unit_test(behind_other_changes),
        cmocka_unit_test(a_used_token_is_not_answered),
        cmocka_unit_test(a_key_that_ends_in_the_queue),
    };
    return cmocka_run_group_tests(tests, open_world, close_world);
}
