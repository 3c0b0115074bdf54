/* Policy documents.
 *
 * 1. An accepted document is JSON; a refused one has a reason.
 * 2. Compiled again it gives the same answers. */
#include "api/policy.h"

#include "base/check.h"
#include "codec/json.h"
#include "fuzz.h"

enum { ARENA_BYTES = 1 << 18, ARENA_BYTES_MAX = 64 << 20 };

static const struct policy_question questions[] = {
    {{{"finance:DescribeOrgMemberAccountBalance", 39}, {"billing:Describe", 16}},
     2,
     {"10.1.2.3", 8},
     1795438800000000,
     false},
    {{{"finance:a", 9}, {"", 0}}, 1, {"", 0}, 0, false},
    {{{"bursar:CreateTransfers", 22}, {"", 0}}, 1, {"::1", 3}, 1, true},
};

static bool is_json(struct slice text, struct arena *arena)
{
    struct json_reader reader;
    struct json_token token;
    json_reader_init(&reader, text, arena);
    return json_skip(&reader) && json_next(&reader, &token) == JSON_END;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = fuzz_text(data, size);
    struct arena arena;
    struct compiled_policy *policy;
    struct compiled_policy *again;
    const char *error = NULL;
    CHECK(arena_init(&arena, ARENA_BYTES, ARENA_BYTES_MAX));
    if (policy_compile(text, &arena, &policy, &error)) {
        CHECK(is_json(text, &arena));
        CHECK(policy_compile(text, &arena, &again, &error));
        for (size_t i = 0; i < sizeof questions / sizeof *questions; i++)
            CHECK(policy_evaluate(policy, &questions[i]) == policy_evaluate(again, &questions[i]));
    } else {
        CHECK(error && error[0]);
    }
    arena_done(&arena);
    return 0;
}
