/* What policies tell apart (members, kinds, amounts), what may be put, and what may be given by
 * whom: through the API. */
#include "world.h"

#include <stdio.h>
#include <stdlib.h>

#define STATEMENT(effect, action, resource, more)                                                  \
    "{\\\"effect\\\":\\\"" effect "\\\",\\\"action\\\":" action ",\\\"resource\\\":" resource more \
    "}"
#define Q(text) "\\\"" text "\\\""
#define ALLOW(action) STATEMENT("allow", Q(action), Q("*"), "")
#define DENY(action) STATEMENT("deny", Q(action), Q("*"), "")
#define WHEN(condition) ",\\\"condition\\\":" condition

static struct world world;

static int open_world(void **state)
{
    struct api_options options = API_OPTIONS_DEFAULT;
    (void)state;
    options.calls_per_second = 0;
    world_open(&world, &options);
    world_must(&world, "CreateMembers",
               "{\"Members\":[{\"MemberUin\":\"3001\",\"MemberName\":\"a\","
               "\"CashAccountBalance\":10000000},"
               "{\"MemberUin\":\"3002\",\"MemberName\":\"b\",\"CashAccountBalance\":10000000}]}");
    return 0;
}

static int close_world(void **state)
{
    (void)state;
    world_close(&world);
    return 0;
}

static void add_key(const char *user)
{
    char parameters[256];
    snprintf(parameters, sizeof parameters,
             "{\"UserUin\":\"%s\",\"SecretId\":\"AKID%s\",\"SecretKey\":\"secret-key-of-%s\"}",
             user, user, user);
    world_must(&world, "CreateKey", parameters);
}

static const char *as(const char *user, const char *action, const char *body)
{
    static char id[64], secret[64];
    snprintf(id, sizeof id, "AKID%s", user);
    snprintf(secret, sizeof secret, "secret-key-of-%s", user);
    bool is_billing = strstr(action, "AccountBalance") != NULL;
    return world_call(&world, &(struct signed_call){.secret_id = id,
                                                    .secret_key = secret,
                                                    .action = action,
                                                    .host = is_billing ? NULL : "bursar.local",
                                                    .version = is_billing ? NULL : "2026-11-01",
                                                    .body = body});
}

/* Statements, in the escapes of JSON in JSON. */
static const char *put_body(const char *user, const char *name, const char *statements)
{
    static char body[8192];
    snprintf(body, sizeof body,
             "{\"UserUin\":\"%s\",\"PolicyName\":\"%s\",\"PolicyDocument\":\"{\\\"version\\\":"
             "\\\"2.0\\\",\\\"statement\\\":[%s]}\"}",
             user, name, statements);
    return body;
}

static void put(const char *user, const char *name, const char *statements)
{
    world_must(&world, "PutPolicy", put_body(user, name, statements));
}

static void assert_denied(const char *answer, const char *action, const char *resource)
{
    char text[256];
    snprintf(text, sizeof text,
             "you are not authorized to perform operation (%s)\\nresource (%s) has no permission",
             action, resource);
    assert_contains(answer, "\"Code\":\"UnauthorizedOperation.CamNoAuth\"");
    assert_contains(answer, text);
}

#define TRANSFER(kind, member, cents)                                                              \
    "{\"Kind\":\"" kind "\",\"MemberUin\":\"" member "\",\"Amount\":" cents "}"
#define POST(transfers) "{\"Transfers\":[" transfers "]}"

/* ---- members, kinds, amounts ---- */

/* A nightly job charges and does nothing else, up to 250.50 a charge. */
static void a_nightly_job(void **state)
{
    (void)state;
    add_key("910");
    put("910", "nightly",
        STATEMENT("allow", Q("bursar:CreateTransfers"), Q("*"),
                  WHEN("{\\\"string_equal\\\":{\\\"bursar:TransferKind\\\":\\\"charge\\\"},"
                       "\\\"numeric_less_than_equal\\\":{\\\"bursar:Amount\\\":250.50}}")));
    assert_contains(as("910", "CreateTransfers", POST(TRANSFER("charge", "3001", "25050"))),
                    "\"Applied\":true");
    assert_denied(as("910", "CreateTransfers", POST(TRANSFER("charge", "3001", "25050.0001"))),
                  "bursar:CreateTransfers", "qcs::bursar:::member/3001");
    assert_denied(as("910", "CreateTransfers", POST(TRANSFER("top_up", "3002", "1"))),
                  "bursar:CreateTransfers", "qcs::bursar:::member/3002");
    /* one that is not allowed refuses all, also with Partial */
    assert_denied(as("910", "CreateTransfers",
                     POST(TRANSFER("charge", "3001", "1") "," TRANSFER("withdraw", "3002", "1"))),
                  "bursar:CreateTransfers", "qcs::bursar:::member/3002");
    assert_denied(as("910", "CreateTransfers",
                     "{\"Partial\":true,\"Transfers\":[" TRANSFER(
                         "charge", "3001", "1") "," TRANSFER("withdraw", "3002", "1") "]}"),
                  "bursar:CreateTransfers", "qcs::bursar:::member/3002");
    /* no right to the action at all comes before parameters, an item after them */
    assert_denied(as("910", "CreateHold", "{\"what\":1}"), "bursar:CreateHold", "*");
    assert_contains(as("910", "CreateTransfers", "{\"what\":1}"), "UnknownParameter");
    assert_contains(world_must(&world, "DescribeMemberBalance", "{\"MemberUin\":\"3001\"}"),
                    "\"CashAccountBalance\":9974950,");
}

static void members_one_by_one(void **state)
{
    (void)state;
    add_key("911");
    put("911", "some",
        STATEMENT("allow", "[" Q("bursar:*") "]",
                  "[" Q("qcs::bursar:::member/3001") "," Q("qcs::bursar:::member/7000*") "]", ""));
    assert_contains(as("911", "CreateTransfers", POST(TRANSFER("charge", "3001", "1"))),
                    "\"Applied\":true");
    assert_denied(as("911", "CreateTransfers",
                     POST("{\"Kind\":\"move\",\"MemberUin\":\"3001\",\"ToMemberUin\":\"3002\","
                          "\"Amount\":1}")),
                  "bursar:CreateTransfers", "qcs::bursar:::member/3002");
    assert_contains(as("911", "DescribeMemberBalance", "{\"MemberUin\":\"" SEED_MEMBER "\"}"),
                    "kleinerwang_test");
    assert_denied(as("911", "DescribeMemberBalance", "{\"MemberUin\":\"3002\"}"),
                  "bursar:DescribeMemberBalance", "qcs::bursar:::member/3002");
    assert_denied(as("911", "DescribeMemberBalance", "{}"), "bursar:DescribeMemberBalance",
                  "qcs::bursar:::member/" OWNER);
    /* what is about all of them needs the resource of all */
    assert_denied(as("911", "DescribeMembers", "{}"), "bursar:DescribeMembers", "*");
    assert_denied(as("911", "DescribeEntries", "{\"MemberUin\":\"3001\"}"),
                  "bursar:DescribeEntries", "*");
    assert_denied(as("911", "ModifyMember", "{\"MemberUin\":\"3002\",\"MemberName\":\"x\"}"),
                  "bursar:ModifyMember", "qcs::bursar:::member/3002");
    assert_contains(as("911", "ModifyMember", "{\"MemberUin\":\"3001\",\"MemberName\":\"x\"}"),
                    "\"EntryIds\":[");
    assert_denied(as("911", "CreateMembers",
                     "{\"Members\":[{\"MemberUin\":\"70001\",\"MemberName\":\"n\"},"
                     "{\"MemberUin\":\"80001\",\"MemberName\":\"n\"}]}"),
                  "bursar:CreateMembers", "qcs::bursar:::member/80001");
    assert_denied(as("911", "CreateTemporaryCredit", "{\"MemberUin\":\"3002\",\"Amount\":1}"),
                  "bursar:CreateTemporaryCredit", "qcs::bursar:::member/3002");
    /* a deny beats it */
    put("911", "not",
        STATEMENT("deny", Q("bursar:CreateTransfers"), Q("qcs::bursar:::member/3001"), ""));
    assert_denied(as("911", "CreateTransfers", POST(TRANSFER("charge", "3001", "1"))),
                  "bursar:CreateTransfers", "qcs::bursar:::member/3001");
    assert_contains(as("911", "ModifyMember", "{\"MemberUin\":\"3001\",\"MemberName\":\"a\"}"),
                    "\"EntryIds\":[");
}

static void holds_count_likewise(void **state)
{
    (void)state;
    add_key("912");
    put("912", "hold",
        STATEMENT("allow", "[" Q("bursar:*Hold") "]", Q("*"),
                  WHEN("{\\\"numeric_less_than\\\":{\\\"bursar:Amount\\\":\\\"10\\\"},"
                       "\\\"string_not_equal\\\":{\\\"bursar:TransferKind\\\":\\\"release\\\"}}")));
    assert_denied(as("912", "CreateHold", "{\"MemberUin\":\"3001\",\"Amount\":1000}"),
                  "bursar:CreateHold", "qcs::bursar:::member/3001");
    assert_contains(as("912", "CreateHold", "{\"MemberUin\":\"3001\",\"Amount\":999}"),
                    "\"HoldId\":");
    char text[128];
    const char *made = world_must(&world, "CreateHold", "{\"MemberUin\":\"3001\",\"Amount\":1500}");
    long id = strtol(strstr(made, "\"HoldId\":") + 9, NULL, 10);
    /* all that is left is too much; a part is not */
    snprintf(text, sizeof text, "{\"MemberUin\":\"3001\",\"HoldId\":%ld}", id);
    assert_denied(as("912", "CaptureHold", text), "bursar:CaptureHold",
                  "qcs::bursar:::member/3001");
    assert_denied(as("912", "ReleaseHold", text), "bursar:ReleaseHold",
                  "qcs::bursar:::member/3001");
    snprintf(text, sizeof text, "{\"MemberUin\":\"3001\",\"HoldId\":%ld,\"Amount\":501}", id);
    assert_contains(as("912", "CaptureHold", text), "\"Amount\":501,");
    snprintf(text, sizeof text, "{\"MemberUin\":\"3001\",\"HoldId\":%ld}", id);
    assert_contains(as("912", "CaptureHold", text), "\"Amount\":999,");
    /* a hold that is not there: nothing is known of it */
    assert_denied(as("912", "CaptureHold", "{\"MemberUin\":\"3001\",\"HoldId\":1}"),
                  "bursar:CaptureHold", "qcs::bursar:::member/3001");
}

/* The work is bounded: items times what must be compared for each. */
static void too_much_to_judge(void **state)
{
    static char statements[4096], batch[1 << 20];
    struct buffer text;
    (void)state;
    buffer_init_fixed(&text, statements, sizeof statements);
    buffer_text(&text, "{\\\"effect\\\":\\\"allow\\\",\\\"action\\\":" Q(
                           "bursar:CreateTransfers") ",\\\"resource\\\":[");
    for (int i = 0; i < 60; i++)
        buffer_printf(&text, "%s" Q("qcs::bursar:::member/%d*"), i ? "," : "", 30 + i);
    buffer_printf(&text, "]}");
    buffer_char(&text, '\0');
    assert_true(buffer_ok(&text));
    add_key("913");
    put("913", "many", statements);
    assert_contains(as("913", "CreateTransfers", POST(TRANSFER("charge", "3001", "1"))),
                    "\"Applied\":true");
    buffer_init_fixed(&text, batch, sizeof batch);
    buffer_printf(&text, "{\"Transfers\":[");
    for (int i = 0; i < 3000; i++)
        buffer_printf(&text, "%s" TRANSFER("charge", "3001", "1"), i ? "," : "");
    buffer_printf(&text, "]}");
    buffer_char(&text, '\0');
    assert_error(
        as("913", "CreateTransfers", batch), "LimitExceeded",
        "The caller's policies are too long to judge so many items in one call; send fewer "
        "items.");
}

/* ---- what may be put ---- */

static void statements_without_effect(void **state)
{
    static const struct {
        const char *statements, *reason;
    } table[] = {
        {ALLOW("bursar:*") "," STATEMENT("deny", Q("bursar:*"), Q("qcs::bursar:::member/1"), ""),
         "statement[1].action[0]: it names actions that are not about single members, which the "
         "resource cannot deny"},
        {STATEMENT("deny", Q("*"), Q("qcs::cvm:::instance/1"), ""),
         "statement[0].resource[0]: nothing here is called so: a resource is * or "
         "qcs::bursar:::member/UIN"},
        {STATEMENT("deny", Q("*"), "[" Q("*") "," Q("qcs::bursar:::member/x") "]", ""),
         "statement[0].resource[1]: nothing"},
        {STATEMENT("allow", Q("*"), Q("qcs::bursar:::member/01"), ""), "statement[0].resource[0]"},
        {STATEMENT("allow", Q("*"), Q("qcs::bursar:::member/123456789012345678901"), ""),
         "statement[0].resource[0]"},
        {STATEMENT("deny", Q("Name/finance:DescribeAccountBalance"), Q("*"), ""),
         "statement[0].action[0]: no action of this server is called so"},
        {ALLOW("*") "," STATEMENT("deny", "[" Q("finance:*") "," Q("finance:DescribOrg*") "]",
                                  Q("*"), ""),
         "statement[1].action[1]: no action of this server is called so"},
        {ALLOW("cvm:*"), "statement[0].action[0]"},
        {STATEMENT("allow", Q("finance:*"), Q("qcs::bursar:::member/1"), ""),
         "statement[0].action[0]: its actions are not about single members: their resource is *"},
        {STATEMENT("allow", Q("*"), Q("*"),
                   WHEN("{\\\"string_equal\\\":{\\\"qcs:resource_tag\\\":\\\"a\\\"}}")),
         "statement[0].condition.string_equal.qcs:resource_tag: the key is not known here"},
        {STATEMENT("deny", Q("*"), Q("*"),
                   WHEN("{\\\"for_any_value:ip_equal\\\":{\\\"qcs:ip\\\":\\\"10.0.0.1\\\"}}")),
         "statement[0].condition.for_any_value:ip_equal.qcs:ip: the operator is not known here"},
        {STATEMENT("allow", Q("*"), Q("*"),
                   WHEN("{\\\"date_less_than\\\":{\\\"qcs:ip\\\":\\\"2030-01-01T00:00:00Z\\\"}}")),
         "the key is not of the operator's type"},
        {STATEMENT("allow", Q("*"), Q("*"),
                   WHEN("{\\\"ip_equal\\\":{\\\"qcs:ip\\\":\\\"here\\\"}}")),
         "statement[0].condition.ip_equal.qcs:ip: a value cannot be read"},
        {STATEMENT("allow", Q("bursar:CreateTransfers"), Q("*"),
                   WHEN("{\\\"string_equal\\\":{\\\"bursar:TransferKind\\\":\\\"charges\\\"}}")),
         "none of the statement's actions has transfers of such a kind"},
        {STATEMENT("allow", Q("bursar:CreateHold"), Q("*"),
                   WHEN("{\\\"string_equal\\\":{\\\"bursar:TransferKind\\\":\\\"charge\\\"}}")),
         "none of the statement's actions has transfers of such a kind"},
        {STATEMENT("deny", Q("bursar:*"), Q("*"),
                   WHEN("{\\\"numeric_greater_than\\\":{\\\"bursar:Amount\\\":1}}")),
         "statement[0].action[0]: it names actions that have no bursar:Amount"},
        {STATEMENT("allow", Q("bursar:CreateTransfers"), Q("*"),
                   WHEN("{\\\"numeric_less_than\\\":{\\\"bursar:Amount\\\":0.0000001}}")),
         "statement[0].condition.numeric_less_than.bursar:Amount: a value cannot be read"},
        {DENY("finance:*") "," ALLOW("billing:DescribeAccountBalance"),
         "statement[1]: statement[0] denies all that it allows"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        const char *answer =
            world_manage(&world, "PutPolicy", put_body("999", "p", table[i].statements));
        if (!strstr(answer, "\"Code\":\"InvalidParameterValue\"") ||
            !strstr(answer, "`PolicyDocument`") || !strstr(answer, table[i].reason))
            fail_msg("%s: %s", table[i].statements, answer);
    }
    assert_contains(world_must(&world, "DescribePolicies", "{\"UserUin\":\"999\"}"),
                    "\"TotalCount\":0");
    put("999", "p",
        ALLOW("*") "," STATEMENT("deny", "[" Q("bursar:CreateTransfers") "," Q("bursar:*Hold") "]",
                                 Q("qcs::*:::member/1"), ""));
}

/* ---- what may be given ---- */

#define NOT_HIS "you are not authorized to give what you do not have yourself: "

static void keys_are_not_given_beyond_oneself(void **state)
{
    (void)state;
    add_key("920");
    put("920", "keys", ALLOW("bursar:CreateKey"));
    assert_contains(as("920", "CreateKey", "{\"AccountUin\":\"" OWNER "\"}"),
                    NOT_HIS "keys of main accounts are given by main accounts");
    assert_contains(as("920", "CreateKey", "{\"AccountUin\":\"3001\"}"), NOT_HIS);
    assert_contains(as("920", "CreateKey", "{\"AccountUin\":\"3001\",\"UserUin\":\"5\"}"),
                    NOT_HIS "a sub-account or role gives keys of its own account only");
    put("921", "all", ALLOW("bursar:CreateKey") "," ALLOW("*"));
    assert_contains(as("920", "CreateKey", "{\"AccountUin\":\"" OWNER "\",\"UserUin\":\"921\"}"),
                    NOT_HIS "the user's policy[0].statement[1] allows more than your policies");
    put("922", "same", ALLOW("bursar:createkey"));
    assert_contains(as("920", "CreateKey", "{\"AccountUin\":\"" OWNER "\",\"UserUin\":\"922\"}"),
                    "\"SecretKey\":");
    assert_contains(as("920", "CreateKey", "{\"AccountUin\":\"" OWNER "\"}"),
                    "UnauthorizedOperation.CamNoAuth");
    assert_contains(as("920", "CreateKey", "{\"AccountUin\":\"" OWNER "\",\"UserUin\":\"920\"}"),
                    "\"SecretKey\":");
    /* temporary ones likewise */
    put("920", "temporary", ALLOW("bursar:CreateTemporaryKey"));
    assert_contains(as("920", "CreateTemporaryKey", "{\"AccountUin\":\"" OWNER "\"}"),
                    NOT_HIS "keys of main");
    assert_contains(
        as("920", "CreateTemporaryKey", "{\"AccountUin\":\"" OWNER "\",\"UserUin\":\"921\"}"),
        NOT_HIS);
    assert_contains(as("920", "CreateTemporaryKey",
                       "{\"AccountUin\":\"" OWNER "\",\"UserUin\":\"920\",\"DurationSeconds\":60}"),
                    "\"Token\":");
    /* and to enable a key is to give it */
    add_key("921");
    world_must(&world, "ModifyKey", "{\"SecretId\":\"AKID921\",\"Enabled\":false}");
    put("920", "modify", ALLOW("bursar:ModifyKey"));
    assert_contains(as("920", "ModifyKey", "{\"SecretId\":\"AKID921\",\"Enabled\":true}"), NOT_HIS);
    assert_contains(as("920", "ModifyKey", "{\"SecretId\":\"AKID912\",\"Enabled\":false}"),
                    "{\"Response\":{\"RequestId\"");
}

static void a_key_does_not_outlast_its_maker(void **state)
{
    (void)state;
    world_must(&world, "CreateKey",
               "{\"SecretId\":\"AKID778\",\"SecretKey\":\"secret-key-of-778\"}");
    world_must(&world, "ModifyKey", "{\"SecretId\":\"AKID778\",\"Enabled\":false}");
    world_must(&world, "CreateKey",
               "{\"SecretId\":\"AKID777\",\"SecretKey\":\"secret-key-of-777\",\"ExpiresAt\":"
               "\"2026-11-23T04:12:53Z\"}"); /* in an hour; a main key */
    assert_contains(as("777", "CreateKey", "{\"AccountUin\":\"" OWNER "\",\"UserUin\":\"8\"}"),
                    NOT_HIS "the key would outlast the one that makes it");
    assert_contains(
        as("777", "CreateTemporaryKey", "{\"AccountUin\":\"" OWNER "\",\"DurationSeconds\":3601}"),
        NOT_HIS);
    assert_contains(
        as("777", "CreateTemporaryKey", "{\"AccountUin\":\"" OWNER "\",\"DurationSeconds\":3600}"),
        "\"Token\":");
    assert_contains(as("777", "CreateKey",
                       "{\"AccountUin\":\"" OWNER
                       "\",\"UserUin\":\"8\",\"ExpiresAt\":\"2026-11-23T04:12:53Z\"}"),
                    "\"SecretKey\":");
    /* nor may it wake one that has no end */
    assert_contains(as("777", "ModifyKey", "{\"SecretId\":\"AKID778\",\"Enabled\":true}"),
                    NOT_HIS "the key would outlast the one that makes it");
    world_must(&world, "ModifyKey", "{\"SecretId\":\"AKID777\",\"Enabled\":false}");
}

static void policies_are_not_given_beyond_oneself(void **state)
{
    (void)state;
    add_key("930");
    put("930", "own",
        ALLOW("bursar:PutPolicy") "," ALLOW("bursar:DeletePolicy") "," ALLOW(
            "bursar:Describe*") "," DENY("bursar:DescribeKeys") "," STATEMENT("allow",
                                                                              Q("bursar:"
                                                                                "CreateTransfers"),
                                                                              Q("qcs::bursar:::"
                                                                                "member/30*"),
                                                                              WHEN("{\\\"numeric_"
                                                                                   "less_than\\\":{"
                                                                                   "\\\"bursar:"
                                                                                   "Amount\\\":5}"
                                                                                   "}")));
    assert_contains(as("930", "PutPolicy", put_body("930", "mine", ALLOW("*"))),
                    NOT_HIS "the policy[0].statement[0] allows more than your policies");
    assert_contains(as("930", "PutPolicy", put_body("931", "p", ALLOW("bursar:*"))), NOT_HIS);
    assert_contains(as("930", "PutPolicy", put_body("931", "p", ALLOW("bursar:Create*"))), NOT_HIS);
    /* his own deny must stand in what he gives */
    assert_contains(as("930", "PutPolicy", put_body("931", "p", ALLOW("bursar:DescribeM*"))),
                    "{\"Response\":{\"RequestId\"");
    assert_contains(as("930", "PutPolicy", put_body("931", "p", ALLOW("bursar:DescribeKeys"))),
                    NOT_HIS "your policy[0].statement[3] denies what is not denied there");
    assert_contains(as("930", "PutPolicy",
                       put_body("931", "p", ALLOW("bursar:Describe*") "," DENY("bursar:*Keys"))),
                    "{\"Response\":{\"RequestId\"");
    /* members and conditions: narrower is good */
    assert_contains(
        as("930", "PutPolicy",
           put_body("931", "pay",
                    STATEMENT("allow", Q("bursar:CreateTransfers"), Q("qcs::bursar:::member/3001"),
                              WHEN("{\\\"numeric_less_than\\\":{\\\"bursar:Amount\\\":5},"
                                   "\\\"string_equal\\\":{\\\"bursar:TransferKind\\\":"
                                   "\\\"charge\\\"}}")))),
        "{\"Response\":{\"RequestId\"");
    assert_contains(as("930", "PutPolicy",
                       put_body("931", "pay",
                                STATEMENT("allow", Q("bursar:CreateTransfers"),
                                          Q("qcs::bursar:::member/3001"), ""))),
                    NOT_HIS);
    assert_contains(
        as("930", "PutPolicy",
           put_body("931", "pay",
                    STATEMENT("allow", Q("bursar:CreateTransfers"), Q("qcs::bursar:::member/3*"),
                              WHEN("{\\\"numeric_less_than\\\":{\\\"bursar:Amount\\\":5}}")))),
        NOT_HIS);
    /* to take a deny away gives what it denied */
    put("932", "allows", ALLOW("*"));
    put("932", "denies", DENY("bursar:*"));
    assert_contains(as("930", "DeletePolicy", "{\"UserUin\":\"932\",\"PolicyName\":\"denies\"}"),
                    NOT_HIS "of what is left, policy[0].statement[0] allows more");
    assert_contains(as("930", "PutPolicy", put_body("932", "denies", DENY("bursar:CreateHold"))),
                    NOT_HIS);
    assert_contains(as("930", "DeletePolicy", "{\"UserUin\":\"932\",\"PolicyName\":\"allows\"}"),
                    "{\"Response\":{\"RequestId\"");
    /* nor for oneself */
    world_must(&world, "PutPolicy", put_body("930", "not", DENY("bursar:DescribeHolds")));
    assert_contains(as("930", "DeletePolicy", "{\"UserUin\":\"930\",\"PolicyName\":\"not\"}"),
                    NOT_HIS "your policy[1].statement[0] denies what is not denied there");
}

static void delegations_are_not_given_beyond_oneself(void **state)
{
    (void)state;
    add_key("940");
    put("940", "own", ALLOW("bursar:PutDelegation") "," ALLOW("finance:*"));
    assert_contains(as("940", "PutDelegation", "{\"AccountUin\":\"3001\",\"Everyone\":true}"),
                    NOT_HIS "what a delegate sees, policy[0].statement[0] allows more");
    put("940", "see", ALLOW("bursar:DescribeM*"));
    assert_contains(
        as("940", "PutDelegation", "{\"AccountUin\":\"3001\",\"MemberUins\":[\"3002\"]}"), NOT_HIS);
    put("940", "see",
        STATEMENT(
            "allow",
            "[" Q("bursar:DescribeMemberBalance") "," Q("bursar:DescribeStatement") "," Q(
                "bursar:DescribeEntries") "," Q("bursar:DescribeHolds") "," Q("finance:*") "]",
            Q("*"), ""));
    assert_contains(
        as("940", "PutDelegation", "{\"AccountUin\":\"3001\",\"MemberUins\":[\"3002\"]}"),
        "{\"Response\":{\"RequestId\"");
}

/* What a giver lost while his gift waited is not given; nor a key of an account that left. */
static void gifts_are_asked_for_again(void **state)
{
    static const char id[] = "AKID950", secret[] = "secret-key-of-950";
    struct world_write first, gift;
    struct signed_call call = {.secret_id = id,
                               .secret_key = secret,
                               .host = "bursar.local",
                               .version = "2026-11-01",
                               .action = "CreateKey",
                               .body = "{\"AccountUin\":\"" OWNER "\",\"UserUin\":\"951\"}"};
    (void)state;
    add_key("950");
    put("950", "own", ALLOW("bursar:CreateKey"));
    static char grown[8192];
    snprintf(grown, sizeof grown, "%s", put_body("951", "grown", ALLOW("*")));
    world_hold(&world);
    world_begin(&world, "PutPolicy", grown, &first); /* the other grows meanwhile */
    world_begin_signed(&world, &call, &gift);
    assert_true(gift.is_pending);
    world_release(&world);
    (void)world_finish(&world, &first);
    assert_contains(world_finish(&world, &gift), NOT_HIS);
    world_write_done(&first);
    world_write_done(&gift);
    call = (struct signed_call){.host = "bursar.local",
                                .version = "2026-11-01",
                                .action = "CreateTemporaryKey",
                                .body = "{\"AccountUin\":\"3999\"}"};
    world_must(&world, "CreateMembers",
               "{\"Members\":[{\"MemberUin\":\"3999\",\"MemberName\":\"leaves\"}]}");
    world_hold(&world);
    world_begin(&world, "DeleteMember", "{\"MemberUin\":\"3999\"}", &first);
    world_begin_signed(&world, &call, &gift);
    assert_true(gift.is_pending);
    world_release(&world);
    (void)world_finish(&world, &first);
    assert_error(world_finish(&world, &gift), "ResourceNotFound",
                 "The account is not the owner or a member of the organization.");
    world_write_done(&first);
    world_write_done(&gift);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_nightly_job),
        cmocka_unit_test(members_one_by_one),
        cmocka_unit_test(holds_count_likewise),
        cmocka_unit_test(too_much_to_judge),
        cmocka_unit_test(statements_without_effect),
        cmocka_unit_test(keys_are_not_given_beyond_oneself),
        cmocka_unit_test(a_key_does_not_outlast_its_maker),
        cmocka_unit_test(policies_are_not_given_beyond_oneself),
        cmocka_unit_test(delegations_are_not_given_beyond_oneself),
        cmocka_unit_test(gifts_are_asked_for_again),
    };
    return cmocka_run_group_tests(tests, open_world, close_world);
}
