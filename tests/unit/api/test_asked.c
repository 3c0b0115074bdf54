/* Who asked for what, and what a request is known by when it comes again. */
#include "crypto/seal.h"
#include "world.h"

#include <stdio.h>
#include <string.h>

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

#define SUB_SECRET "sub-0123456789abcdef"
#define TOP_UP                                                                                     \
    "{\"Transfers\":[{\"Kind\":\"top_up\",\"MemberUin\":\"" SEED_MEMBER "\",\"Amount\":100,"       \
    "\"Reason\":\"gift\"}]}"

static const struct signed_call as_owner = {
    .host = "bursar.local", .version = "2026-11-01", .action = "CreateTransfers", .body = TOP_UP};

static struct signed_call of(const struct signed_call *call, const char *action, const char *body)
{
    struct signed_call other = *call;
    other.action = action;
    other.body = body;
    return other;
}

static const char *entries(const char *parameters)
{
    return world_must(&world, "DescribeEntries", parameters);
}

/* Through the network: account, user, key, when, and the RequestId that the caller was answered. */
static void the_key_is_named(void **state)
{
    char id[37], expected[256];
    (void)state;
    world_must(&world, "CreateKey",
               "{\"UserUin\":\"200\",\"SecretId\":\"AKIDsub\",\"SecretKey\":\"" SUB_SECRET "\"}");
    world_must(&world, "PutPolicy",
               "{\"UserUin\":\"200\",\"PolicyName\":\"p\",\"PolicyDocument\":\"{\\\"version\\\":"
               "\\\"2.0\\\",\\\"statement\\\":{\\\"effect\\\":\\\"allow\\\",\\\"action\\\":"
               "\\\"*\\\",\\\"resource\\\":\\\"*\\\"}}\"}");
    struct signed_call as_sub = as_owner;
    as_sub.secret_id = "AKIDsub";
    as_sub.secret_key = SUB_SECRET;
    const char *at = strstr(world_call(&world, &as_sub), "\"RequestId\":\"");
    assert_non_null(at);
    assert_int_equal(sscanf(at, "\"RequestId\":\"%36[0-9a-f-]\"", id), 1);
    const char *answer = entries("{\"Kinds\":[\"top_up\"]}");
    assert_contains(answer, "\"Request\":{\"AccountUin\":\"" OWNER "\",\"Door\":\"network\","
                            "\"ReceivedAt\":\"2026-11-23 03:12:53\",\"RequestEntryId\":");
    snprintf(expected, sizeof expected,
             "\"RequestId\":\"%s\",\"SecretId\":\"AKIDsub\",\"UserUin\":\"200\"},", id);
    assert_contains(answer, expected);
    /* also when the key is gone, and after a restart */
    world_must(&world, "ModifyKey", "{\"SecretId\":\"AKIDsub\",\"Enabled\":false}");
    world_restart(&world);
    assert_contains(entries("{\"Kinds\":[\"top_up\"]}"), expected);
}

/* Through the control socket: the user of the machine. */
static void the_user_of_the_machine_is_named(void **state)
{
    (void)state;
    assert_contains(entries("{\"Kinds\":[\"add_key\"]}"),
                    "\"Request\":{\"Door\":\"socket\",\"ReceivedAt\":\"2026-11-23 03:12:53\",");
    assert_contains(entries("{\"Kinds\":[\"add_key\"]}"),
                    "\"UnixName\":\"ann\",\"UnixUser\":1000},");
}

/* A member sees that and when somebody asked, and what to quote; not whose key it was. */
static void members_do_not_see_keys(void **state)
{
    (void)state;
    world_must(&world, "CreateKey",
               "{\"AccountUin\":\"" SEED_MEMBER "\",\"SecretId\":\"AKIDm\",\"SecretKey\":"
               "\"" SUB_SECRET "\"}");
    assert_contains(world_call(&world, &as_owner), "\"Applied\":true,");
    struct signed_call as_member = of(&as_owner, "DescribeEntries", "{\"Kinds\":[\"top_up\"]}");
    as_member.secret_id = "AKIDm";
    as_member.secret_key = SUB_SECRET;
    const char *answer = world_call(&world, &as_member);
    assert_contains(answer, "\"Request\":{\"Door\":\"network\",\"ReceivedAt\":");
    assert_null(strstr(answer, EXAMPLE_ID));
    assert_null(strstr(answer, OWNER));
}

/* What time did, nobody asked for. */
static void nobody_asks_for_what_is_due(void **state)
{
    (void)state;
    world_must(&world, "CreateHold",
               "{\"MemberUin\":\"" SEED_MEMBER "\",\"Amount\":1,\"ExpiresAt\":"
               "\"2026-11-23 03:12:54\"}");
    world_set_seconds(&world, START_S + 5);
    world_must(&world, "ModifyMember", "{\"MemberUin\":\"" SEED_MEMBER "\",\"AllowArrears\":true}");
    const char *expired = strstr(entries("{\"Kinds\":[\"expire\"]}"), "\"Kind\":\"expire\"");
    assert_non_null(expired);
    assert_null(strstr(expired, "\"Request\":"));
}

static void assert_balance(const char *cents)
{
    char expected[64];
    snprintf(expected, sizeof expected, "\"CashAccountBalance\":%s,", cents);
    assert_contains(world_must(&world, "DescribeMembers", "{}"), expected);
}

/* The same signed bytes without a token: carried out once, also after a restart. The seed page's
 * member has 363,659.11. */
static void a_signature_is_carried_out_once(void **state)
{
    struct signed_call later = as_owner;
    (void)state;
    assert_contains(world_call(&world, &as_owner), "\"Applied\":true,");
    for (int i = 0; i < 2; i++) {
        assert_error(world_call(&world, &as_owner), "AuthFailure.SignatureFailure",
                     "The same signed request was carried out before, and is not carried out "
                     "again; nothing was changed. Send a `ClientToken` with every write: a "
                     "repeated one is answered again.");
        world_restart(&world);
    }
    assert_balance("36366011");
    world_set_seconds(&world, START_S + 300);
    later.timestamp = START_S; /* the last second in which it is good */
    assert_contains(world_call(&world, &later), "AuthFailure.SignatureFailure");
    later.timestamp = 0; /* signed anew */
    assert_contains(world_call(&world, &later), "\"Applied\":true,");
    assert_balance("36366111");
}

/* Whoever is on the way cannot make another action of it either: Action is not signed. */
static void a_signature_is_good_for_one_action(void **state)
{
    static const char body[] = "{\"MemberUin\":\"" SEED_MEMBER "\",\"Amount\":1}";
    struct signed_call hold = of(&as_owner, "CreateHold", body);
    struct signed_call grant = of(&as_owner, "CreateTemporaryCredit", body);
    (void)state;
    assert_contains(world_call(&world, &hold), "\"HoldId\":");
    assert_contains(world_call(&world, &grant), "AuthFailure.SignatureFailure");
}

/* Nor what changes nothing at first: sent again later it would undo what came in between. */
static void a_signature_that_changed_nothing_is_used_up(void **state)
{
    struct signed_call lower = of(&as_owner, "ModifyMember",
                                  "{\"MemberUin\":\"" SEED_MEMBER "\",\"BasicCreditAmount\":0}");
    (void)state;
    assert_contains(world_call(&world, &lower), "\"Member\":{");
    world_restart(&world);
    world_must(&world, "ModifyMember",
               "{\"MemberUin\":\"" SEED_MEMBER "\",\"BasicCreditAmount\":500}");
    assert_contains(world_call(&world, &lower), "AuthFailure.SignatureFailure");
    assert_contains(world_must(&world, "DescribeMembers", "{}"), "\"BasicCreditAmount\":500,");
}

/* What is refused or a dry run uses no signature up; a token has its own rule. */
static void other_requests_may_be_repeated(void **state)
{
    struct signed_call dry =
        of(&as_owner, "CreateTransfers",
           "{\"DryRun\":true,\"Transfers\":[{\"Kind\":\"top_up\",\"MemberUin\":"
           "\"" SEED_MEMBER "\",\"Amount\":100}]}");
    struct signed_call refused =
        of(&as_owner, "ModifyMember", "{\"MemberUin\":\"4\",\"AllowArrears\":true}");
    struct signed_call token = of(&as_owner, "CreateTransfers",
                                  "{\"ClientToken\":\"t\",\"Transfers\":[{\"Kind\":\"top_up\","
                                  "\"MemberUin\":\"" SEED_MEMBER "\",\"Amount\":100}]}");
    (void)state;
    for (int i = 0; i < 3; i++) {
        assert_contains(world_call(&world, &dry), "\"Applied\":false,");
        assert_contains(world_call(&world, &refused), "ResourceNotFound");
        assert_contains(world_call(&world, &token), "\"Applied\":true,");
    }
    assert_balance("36366011");
}

/* Keys ------------------------------------------------------------------------------------------
 */

/* Through the network a key is made for an account that is named. */
static void keys_are_made_for_somebody(void **state)
{
    struct signed_call key = of(&as_owner, "CreateKey", "{}");
    struct signed_call temporary = of(&as_owner, "CreateTemporaryKey", "{}");
    (void)state;
    assert_error(world_call(&world, &key), "MissingParameter",
                 "The request is missing a required parameter `AccountUin`.");
    assert_error(world_call(&world, &temporary), "MissingParameter",
                 "The request is missing a required parameter `AccountUin`.");
    key.body = "{\"AccountUin\":\"" OWNER "\"}";
    assert_contains(world_call(&world, &key), "\"SecretKey\":\"");
}

static void short_secrets_are_refused(void **state)
{
    (void)state;
    assert_error(world_manage(&world, "CreateKey",
                              "{\"SecretId\":\"AKIDx\",\"SecretKey\":\"0123456789abcde\"}"),
                 "InvalidParameterValue",
                 "A value specified in `SecretKey` is not valid, is unsupported, or cannot be "
                 "used: 16 to 1024 printable ASCII characters are allowed, blanks only inside a "
                 "Token, in a SecretId no `/` and `,`.");
    world_must(&world, "CreateKey", "{\"SecretId\":\"AKIDx\",\"SecretKey\":\"0123456789abcdef\"}");
}

/* Which ids another organisation has is not told: the answer is that to an id that cannot be. */
static void ids_of_others_are_bad_ids(void **state)
{
    struct buffer bad = {0};
    (void)state;
    buffer_init(&bad, 1 << 16);
    world_must(&world, "CreateOrganization", "{\"Name\":\"other\",\"OwnerUin\":\"500\"}");
    world_must(&world, "CreateKey",
               "{\"OrganizationId\":2,\"SecretId\":\"AKIDother\",\"SecretKey\":\"" SUB_SECRET
               "\"}");
    static const char known[] = "{\"AccountUin\":\"" OWNER
                                "\",\"SecretId\":\"AKIDother\",\"SecretKey\":\"" SUB_SECRET "\"}";
    static const char impossible[] =
        "{\"AccountUin\":\"" OWNER "\",\"SecretId\":\"a/b\",\"SecretKey\":\"" SUB_SECRET "\"}";
    struct signed_call call = of(&as_owner, "CreateKey", impossible);
    const char *expected = answer_without_id(world_call(&world, &call), &bad);
    call.body = known;
    struct buffer text = {0};
    buffer_init(&text, 1 << 16);
    assert_string_equal(answer_without_id(world_call(&world, &call), &text), expected);
    buffer_done(&text);
    buffer_done(&bad);
}

/* Whoever has the database without the master key cannot give a key's secret to another holder. */
static void a_secret_is_sealed_for_its_holder(void **state)
{
    static const unsigned char nonce[SEAL_NONCE_SIZE] = "a nonce 12.";
    const struct key holder = {.secret_id = SLICE("AKIDmember"),
                               .token_hash = SLICE("0123456789abcdef0123456789abcdef"),
                               .organisation = 1,
                               .principal = PRINCIPAL_SUB,
                               .account = {0, 5},
                               .user = {0, 6},
                               .expires_us = 7};
    char sealed_memory[128], memory[KEY_IDENTITY_BYTES_MAX], opened_memory[64];
    struct buffer sealed, identity, opened;
    struct fault fault;
    (void)state;
    buffer_init_fixed(&sealed, sealed_memory, sizeof sealed_memory);
    buffer_init_fixed(&identity, memory, sizeof memory);
    key_identity(&holder, &identity);
    assert_true(status_ok(seal(world.master_key, nonce, SLICE("a secret"), buffer_slice(&identity),
                               &sealed, &fault)));
    for (int which = -1; which < 7; which++) {
        struct key other = holder;
        if (which == 0)
            other.secret_id = SLICE("AKIDowner");
        if (which == 1)
            other.token_hash = SLICE_NONE;
        if (which == 2)
            other.organisation = 2;
        if (which == 3)
            other.principal = PRINCIPAL_ROLE;
        if (which == 4)
            other.account.low = 6;
        if (which == 5)
            other.user.low = 5;
        if (which == 6)
            other.expires_us = 0;
        buffer_clear(&identity);
        key_identity(&other, &identity);
        buffer_init_fixed(&opened, opened_memory, sizeof opened_memory);
        struct status status = unseal(world.master_key, buffer_slice(&sealed),
                                      buffer_slice(&identity), &opened, &fault);
        assert_int_equal(status_ok(status), which < 0);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_key_is_named),
        TEST(the_user_of_the_machine_is_named),
        TEST(members_do_not_see_keys),
        TEST(nobody_asks_for_what_is_due),
        TEST(a_signature_is_carried_out_once),
        TEST(a_signature_is_good_for_one_action),
        TEST(a_signature_that_changed_nothing_is_used_up),
        TEST(other_requests_may_be_repeated),
        TEST(keys_are_made_for_somebody),
        TEST(short_secrets_are_refused),
        TEST(ids_of_others_are_bad_ids),
        TEST(a_secret_is_sealed_for_its_holder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
