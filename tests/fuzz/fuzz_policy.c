/* Policy documents: one, or two with a zero byte between.
 *
 * 1. An accepted document is JSON; a refused one has a reason.
 * 2. Compiled again it gives the same answers.
 * 3. A statement without effect is named.
 * 4. What is allowed of a call's items is no more than the call's verdict lets in.
 * 5. When the first covers the second, all that the second allows the first allows. */
#include "api/api.h"
#include "api/policy.h"

#include "api/policy_cover.h"
#include "api/policy_effect.h"
#include "base/check.h"
#include "codec/json.h"
#include "fuzz.h"

enum { ARENA_BYTES = 1 << 18, ARENA_BYTES_MAX = 64 << 20, TESTS_MAX = 1 << 18 };

static const struct policy_question questions[] = {
    {{{"finance:DescribeOrgMemberAccountBalance", 39}, {"billing:Describe", 16}},
     2,
     {"10.1.2.3", 8},
     1795438800000000,
     false},
    {{{"finance:a", 9}, {"", 0}}, 1, {"", 0}, 0, false},
    {{{"bursar:CreateTransfers", 22}, {"", 0}}, 1, {"::1", 3}, 1, true},
    {{{"bursar:CaptureHold", 18}, {"", 0}}, 1, {"10.1.2.3", 8}, 1795438800000000, true},
};

static const struct policy_item items[] = {
    {{0, 1}, {"charge", 6}, true, {1000000}},
    {{0, 12}, {"capture", 7}, true, {5000001}},
    {{0, 3001}, {"move", 4}, false, {0}},
    {{UINT64_C(9999999999), UINT64_C(9999999999)}, {"", 0}, true, {INT64_MAX}},
    {{0, 0}, {"charge", 6}, true, {0}},
};

static bool is_json(struct slice text, struct arena *arena)
{
    struct json_reader reader;
    struct json_token token;
    json_reader_init(&reader, text, arena);
    return json_skip(&reader) && json_next(&reader, &token) == JSON_END;
}

static struct compiled_policy *compile(struct slice text, struct arena *arena)
{
    struct compiled_policy *policy;
    struct compiled_policy *again;
    const char *error = NULL;
    if (!policy_compile(text, arena, &policy, &error)) {
        CHECK(error && error[0]);
        return NULL;
    }
    CHECK(is_json(text, arena));
    CHECK(policy_compile(text, arena, &again, &error));
    for (size_t i = 0; i < sizeof questions / sizeof *questions; i++)
        CHECK(policy_evaluate(policy, &questions[i]) == policy_evaluate(again, &questions[i]));
    return policy;
}

static void check_effect(const struct compiled_policy *policy)
{
    char memory[1024];
    struct buffer reason;
    buffer_init_fixed(&reason, memory, sizeof memory);
    CHECK(policy_has_effect(policy, &api_own_products, &reason) == (reason.len == 0));
}

static bool allows(const struct compiled_policy *policy, const struct policy_question *question,
                   const struct policy_item *item, struct arena *arena)
{
    struct policy_selection selection;
    enum policy_verdict whole = policy_evaluate(policy, question);
    if (!question->has_items)
        return whole == POLICY_ALLOW;
    CHECK(policy_select(&policy, 1, question, arena, &selection));
    bool allowed = policy_judge_item(&selection, item) == POLICY_ALLOW;
    CHECK(!allowed || whole == POLICY_ALLOW);
    CHECK(allowed || !selection.allows_all);
    return allowed;
}

static void check_cover(const struct compiled_policy *giver, const struct compiled_policy *given,
                        struct arena *arena)
{
    struct cover cover =
        policy_cover((struct policy_set){&giver, 1}, (struct policy_set){&given, 1}, TESTS_MAX);
    for (size_t i = 0; i < sizeof questions / sizeof *questions; i++) {
        for (size_t j = 0; j < sizeof items / sizeof *items; j++) {
            bool gives = allows(given, &questions[i], &items[j], arena);
            bool has = allows(giver, &questions[i], &items[j], arena);
            CHECK(cover.verdict != COVER_WHOLE || !gives || has);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice second, first = slice_cut(fuzz_text(data, size), '\0', &second);
    struct arena arena;
    CHECK(arena_init(&arena, ARENA_BYTES, ARENA_BYTES_MAX));
    const struct compiled_policy *giver = compile(first, &arena);
    const struct compiled_policy *given = second.at ? compile(second, &arena) : giver;
    if (giver)
        check_effect(giver);
    if (giver && given)
        check_cover(giver, given, &arena);
    arena_done(&arena);
    return 0;
}
