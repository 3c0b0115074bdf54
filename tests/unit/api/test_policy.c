/* CAM grammar 2.0 (protocol section 6): what compiles, and what is allowed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/policy.h"
#include "base/buffer.h"

enum { NOW_S = 1795403573 }; /* 2026-11-23T03:12:53Z */

static struct arena arena;

static int open_arena(void **state)
{
    (void)state;
    return arena_init(&arena, 1 << 16, 1 << 22) ? 0 : -1;
}

static int close_arena(void **state)
{
    (void)state;
    arena_done(&arena);
    return 0;
}

static enum policy_verdict ask_from(const char *document, const char *peer)
{
    struct compiled_policy *policy;
    const char *error;
    struct policy_question question = {
        .actions = {SLICE("finance:DescribeOrgMemberAccountBalance"),
                    SLICE("billing:DescribeOrgMemberAccountBalance")},
        .action_count = 2,
        .peer_address = slice_text(peer),
        .now_us = INT64_C(1000000) * NOW_S,
    };
    arena_reset(&arena);
    if (!policy_compile(slice_text(document), &arena, &policy, &error))
        fail_msg("%s: %s", document, error);
    return policy_evaluate(policy, &question);
}

static enum policy_verdict ask(const char *document)
{
    return ask_from(document, "203.0.113.7");
}

/* A policy of one statement. */
static enum policy_verdict ask_one(const char *effect, const char *action, const char *resource,
                                   const char *more)
{
    static char document[1024];
    struct buffer text;
    buffer_init_fixed(&text, document, sizeof document);
    buffer_printf(&text,
                  "{\"version\":\"2.0\",\"statement\":{\"effect\":\"%s\",\"action\":%s,"
                  "\"resource\":%s%s}}",
                  effect, action, resource, more);
    buffer_char(&text, '\0');
    assert_true(buffer_ok(&text));
    return ask(document);
}

static void actions(void **state)
{
    static const struct {
        const char *action;
        bool matches;
    } table[] = {
        {"\"*\"", true},
        {"\"finance:*\"", true},
        {"\"billing:*\"", true},
        {"\"*:*\"", true},
        {"\"finance:Describe*\"", true},
        {"\"finance:*Balance\"", true},
        {"\"finance:*Member*Balance\"", true},
        {"\"finance:DescribeOrgMemberAccountBalance\"", true},
        {"\"finance:describeorgmemberaccountbalance\"", true},
        {"\"finance:DescribeOrgMemberAccountBalanc?\"", true},
        {"\"name/finance:DescribeOrgMemberAccountBalance\"", true},
        {"[\"cvm:*\",\"finance:DescribeOrg*\"]", true},
        {"\"finance:DescribeAccountBalance\"", false},
        {"\"finance:DescribeOrgMemberAccountBalance?\"", false},
        {"\"finance:Describe\"", false},
        {"\"cvm:*\"", false},
        {"\"finance\\u003aDescribe*\"", true},
    };
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (ask_one("allow", table[i].action, "\"*\"", "") !=
            (table[i].matches ? POLICY_ALLOW : POLICY_SILENT))
            fail_msg("allow %s", table[i].action);
        if (ask_one("deny", table[i].action, "\"*\"", "") !=
            (table[i].matches ? POLICY_DENY : POLICY_SILENT))
            fail_msg("deny %s", table[i].action);
    }
}

static void resources(void **state)
{
    static const struct {
        const char *resource;
        bool matches;
    } table[] = {
        {"\"*\"", true},
        {"[\"qcs::cvm:::instance/1\",\"*\"]", true},
        {"\"qcs:*:*:*:*:*\"", true},
        {"\"qcs:::::*\"", true},
        {"\"qcs:id/0:*:::*\"", true},
        {"\"qcs::finance:::*\"", false},
        {"\"qcs::*::uin/1:*\"", false},
        {"\"qcs:::::\"", false},
        {"\"qcs:::::instance/*\"", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (ask_one("allow", "\"*\"", table[i].resource, "") !=
            (table[i].matches ? POLICY_ALLOW : POLICY_SILENT))
            fail_msg("%s", table[i].resource);
}

static void conditions(void **state)
{
    enum { HOLDS, FAILS, UNCLEAR };
    static const struct {
        const char *condition;
        int answer;
    } table[] = {
        {"{\"ip_equal\":{\"qcs:ip\":\"203.0.113.7\"}}", HOLDS},
        {"{\"ip_equal\":{\"qcs:ip\":[\"10.0.0.0/8\",\"203.0.113.0/24\"]}}", HOLDS},
        {"{\"ip_equal\":{\"qcs:ip\":\"203.0.113.6/31\"}}", HOLDS},
        {"{\"ip_equal\":{\"qcs:ip\":\"0.0.0.0/0\"}}", HOLDS},
        {"{\"ip_equal\":{\"qcs:ip\":\"203.0.113.8/29\"}}", FAILS},
        {"{\"ip_equal\":{\"qcs:ip\":\"2001:db8::/32\"}}", FAILS},
        {"{\"ip_equal\":{\"qcs:ip\":\"::ffff:203.0.113.7\"}}", HOLDS},
        {"{\"ip_not_equal\":{\"qcs:ip\":\"10.0.0.0/8\"}}", HOLDS},
        {"{\"ip_not_equal\":{\"qcs:ip\":[\"10.0.0.0/8\",\"203.0.113.7\"]}}", FAILS},
        {"{\"ip_equal\":{\"qcs:ip\":\"203.0.113.7/33\"}}", UNCLEAR},
        {"{\"ip_equal\":{\"qcs:ip\":\"here\"}}", UNCLEAR},
        {"{\"ip_equal\":{\"qcs:ip\":7}}", UNCLEAR},
        {"{\"string_equal\":{\"qcs:ip\":\"203.0.113.7\"}}", HOLDS},
        {"{\"string_equal_ignore_case\":{\"qcs:ip\":\"203.0.113.7\"}}", HOLDS},
        {"{\"string_like\":{\"qcs:ip\":\"203.0.*\"}}", HOLDS},
        {"{\"string_not_like\":{\"qcs:ip\":\"203.0.*\"}}", FAILS},
        {"{\"string_not_equal\":{\"qcs:ip\":\"1\"}}", HOLDS},
        {"{\"date_less_than\":{\"qcs:current_time\":\"2026-11-23T03:12:54Z\"}}", HOLDS},
        {"{\"date_less_than\":{\"qcs:current_time\":\"2026-11-23T03:12:53Z\"}}", FAILS},
        {"{\"date_less_than_equal\":{\"qcs:current_time\":\"2026-11-23 03:12:53\"}}", HOLDS},
        {"{\"date_greater_than\":{\"qcs:current_time\":\"2026-11-23T11:12:52+08:00\"}}", HOLDS},
        {"{\"date_greater_than_equal\":{\"qcs:current_time\":\"2027-01-01T00:00:00Z\"}}", FAILS},
        {"{\"date_equal\":{\"qcs:current_time\":\"2026-11-23T03:12:53Z\"}}", HOLDS},
        {"{\"date_not_equal\":{\"qcs:current_time\":\"2026-11-23T03:12:53Z\"}}", FAILS},
        {"{\"date_less_than\":{\"qcs:current_time\":\"tomorrow\"}}", UNCLEAR},
        {"{\"date_less_than\":{\"qcs:ip\":\"2027-01-01T00:00:00Z\"}}", UNCLEAR},
        {"{\"ip_equal\":{\"qcs:current_time\":\"0.0.0.0/0\"}}", UNCLEAR},
        {"{\"string_equal\":{\"qcs:resource_tag\":\"a&b\"}}", UNCLEAR},
        {"{\"for_any_value:string_equal\":{\"qcs:ip\":\"203.0.113.7\"}}", UNCLEAR},
        {"{\"is_full_moon\":{\"qcs:ip\":\"203.0.113.7\"}}", UNCLEAR},
        {"{}", HOLDS},
        /* several: all must hold; one that fails for certain decides */
        {"{\"ip_equal\":{\"qcs:ip\":\"0.0.0.0/0\"},\"date_less_than\":{\"qcs:current_time\":"
         "\"2030-01-01T00:00:00Z\"}}",
         HOLDS},
        {"{\"ip_equal\":{\"qcs:ip\":\"10.0.0.1\"},\"is_full_moon\":{\"x\":\"y\"}}", FAILS},
        {"{\"is_full_moon\":{\"x\":\"y\"},\"ip_equal\":{\"qcs:ip\":\"203.0.113.7\"}}", UNCLEAR},
    };
    char more[512];
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct buffer text;
        buffer_init_fixed(&text, more, sizeof more - 1);
        buffer_printf(&text, ",\"condition\":%s", table[i].condition);
        more[text.len] = '\0';
        enum policy_verdict allow = ask_one("allow", "\"*\"", "\"*\"", more);
        enum policy_verdict deny = ask_one("deny", "\"*\"", "\"*\"", more);
        /* what is not understood never allows and always denies */
        if (allow != (table[i].answer == HOLDS ? POLICY_ALLOW : POLICY_SILENT) ||
            deny != (table[i].answer == FAILS ? POLICY_SILENT : POLICY_DENY))
            fail_msg("%s: allow %d deny %d", table[i].condition, allow, deny);
    }
}

static void an_unknown_peer_fails_safe(void **state)
{
    static const char allow[] =
        "{\"version\":\"2.0\",\"statement\":{\"effect\":\"allow\",\"action\":\"*\",\"resource\":"
        "\"*\",\"condition\":{\"ip_not_equal\":{\"qcs:ip\":\"10.0.0.0/8\"}}}}";
    (void)state;
    assert_int_equal(ask_from(allow, "192.0.2.1"), POLICY_ALLOW);
    assert_int_equal(ask_from(allow, "2001:db8::1"), POLICY_ALLOW);
    assert_int_equal(ask_from(allow, ""), POLICY_SILENT);
    assert_int_equal(ask_from(allow, "unix"), POLICY_SILENT);
}

static void deny_beats_allow(void **state)
{
    (void)state;
    assert_int_equal(
        ask("{\"version\":\"2.0\",\"statement\":["
            "{\"effect\":\"deny\",\"action\":\"finance:Describe*\",\"resource\":\"*\"},"
            "{\"effect\":\"allow\",\"action\":\"*\",\"resource\":\"*\"}]}"),
        POLICY_DENY);
    assert_int_equal(
        ask("{\"statement\":["
            "{\"effect\":\"allow\",\"action\":\"*\",\"resource\":\"*\"},"
            "{\"resource\":\"*\",\"effect\":\"deny\",\"action\":\"cvm:*\"}],\"version\":\"2.0\"}"),
        POLICY_ALLOW);
}

static void documents_outside_the_grammar(void **state)
{
    static const struct {
        const char *document, *reason;
    } table[] = {
        {"", "it is not strict JSON"},
        {"{", "it is not strict JSON"},
        {"{\"version\":\"2.0\",\"version\":\"2.0\"}", "it is not strict JSON"},
        {"[]", "it is not a JSON object"},
        {"{}", "a policy needs `version` and `statement`"},
        {"{\"version\":\"2.0\"}", "a policy needs `version` and `statement`"},
        {"{\"version\":\"1.0\",\"statement\":[]}", "`version` must be \"2.0\""},
        {"{\"version\":2.0}", "`version` must be \"2.0\""},
        {"{\"version\":\"2.0\",\"statement\":[]}",
         "`statement` must be an object or a list of objects"},
        {"{\"version\":\"2.0\",\"statement\":\"x\"}",
         "`statement` must be an object or a list of objects"},
        {"{\"version\":\"2.0\",\"statement\":[1]}",
         "`statement` must be an object or a list of objects"},
        {"{\"version\":\"2.0\",\"principal\":{}}", "a policy has only `version` and `statement`"},
        {"{\"version\":\"2.0\",\"statement\":{\"Effect\":\"allow\"}}",
         "a statement has only `effect`, `action`, `resource` and `condition`"},
        {"{\"version\":\"2.0\",\"statement\":{\"effect\":\"Allow\"}}",
         "`effect` must be `allow` or `deny`"},
        {"{\"version\":\"2.0\",\"statement\":{\"effect\":\"allow\",\"action\":\"*\"}}",
         "a statement needs `effect`, `action` and `resource`"},
        {"{\"version\":\"2.0\",\"statement\":{\"effect\":\"allow\",\"resource\":\"*\"}}",
         "a statement needs `effect`, `action` and `resource`"},
        {"{\"version\":\"2.0\",\"statement\":{\"action\":\"Describe*\"}}",
         "an action is written `product:Name` or `*`"},
        {"{\"version\":\"2.0\",\"statement\":{\"action\":[]}}", "a list must not be empty"},
        {"{\"version\":\"2.0\",\"statement\":{\"action\":[1]}}", "a list may hold only strings"},
        {"{\"version\":\"2.0\",\"statement\":{\"action\":{}}}",
         "a string or a list of strings is expected"},
        {"{\"version\":\"2.0\",\"statement\":{\"resource\":\"arn:aws:s3\"}}",
         "a resource is `*` or a six-part `qcs:` name"},
        {"{\"version\":\"2.0\",\"statement\":{\"resource\":\"qcs:a:b\"}}",
         "a resource is `*` or a six-part `qcs:` name"},
        {"{\"version\":\"2.0\",\"statement\":{\"condition\":[]}}", "`condition` must be an object"},
        {"{\"version\":\"2.0\",\"statement\":{\"condition\":{\"ip_equal\":1}}}",
         "a condition's operator holds an object of keys"},
        {"{\"version\":\"2.0\",\"statement\":{\"condition\":{\"ip_equal\":{\"qcs:ip\":[]}}}}",
         "a condition's key has a value or a list of values"},
        {"{\"version\":\"2.0\",\"statement\":{\"condition\":{\"ip_equal\":{\"qcs:ip\":null}}}}",
         "a condition's key has a value or a list of values"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct compiled_policy *policy;
        const char *error;
        arena_reset(&arena);
        if (policy_compile(slice_text(table[i].document), &arena, &policy, &error))
            fail_msg("compiled: %s", table[i].document);
        assert_string_equal(error, table[i].reason);
    }
}

/* Every prefix of a good document, and every document with a byte changed, gets a verdict. */
static void broken_documents_do_no_harm(void **state)
{
    static const char good[] =
        "{\"version\":\"2.0\",\"statement\":[{\"effect\":\"allow\",\"action\":[\"a:b\",\"*\"],"
        "\"resource\":\"*\",\"condition\":{\"ip_equal\":{\"qcs:ip\":[\"1.2.3.4\"]}}}]}";
    char copy[sizeof good];
    struct compiled_policy *policy;
    const char *error;
    (void)state;
    for (size_t len = 0; len < sizeof good - 1; len++) {
        arena_reset(&arena);
        assert_false(policy_compile(slice_of(good, len), &arena, &policy, &error));
        assert_non_null(error);
    }
    for (size_t i = 0; i < sizeof good - 1; i++) {
        memcpy(copy, good, sizeof good);
        copy[i] ^= 2;
        arena_reset(&arena);
        if (!policy_compile(slice_of(copy, sizeof good - 1), &arena, &policy, &error))
            assert_non_null(error);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(actions),
        cmocka_unit_test(resources),
        cmocka_unit_test(conditions),
        cmocka_unit_test(an_unknown_peer_fails_safe),
        cmocka_unit_test(deny_beats_allow),
        cmocka_unit_test(documents_outside_the_grammar),
        cmocka_unit_test(broken_documents_do_no_harm),
    };
    return cmocka_run_group_tests(tests, open_arena, close_arena);
}
