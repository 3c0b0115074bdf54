/* Policies: resources and the verdict.
 *
 * 1. What is not clear goes against the caller: an allow needs every condition to hold, a deny only
 *    that none fails for certain.
 * 2. What policy_select leaves out has no part in the verdict about any item of the call.
 * Owns nothing. Any thread. */
#include "api/policy_rules.h"

/* ---- resources ---- */

/* Digits and wildcards that an account can match; runs of `*` become one. */
static bool member_pattern(struct slice text, struct arena *arena, struct slice *ret_pattern)
{
    enum { PATTERN_BYTES_MAX = 2 * UIN_DIGITS_MAX + 1 };
    char pattern[PATTERN_BYTES_MAX];
    size_t len = 0, fixed = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        bool is_digit = c >= '0' && c <= '9';
        if (c == '*' && len > 0 && pattern[len - 1] == '*')
            continue;
        fixed += c != '*';
        if ((!is_digit && c != '*' && c != '?') || fixed > UIN_DIGITS_MAX)
            return false;
        pattern[len++] = c;
    }
    if (len == 0 || pattern[0] == '0')
        return false;
    *ret_pattern = arena_copy(arena, slice_of(pattern, len));
    return true;
}

static void read_member(struct slice text, struct arena *arena, struct resource *resource)
{
    bool is_pattern = slice_find(text, '*') < text.len || slice_find(text, '?') < text.len;
    if (!is_pattern && uin_parse(text, &resource->member))
        resource->kind = RESOURCE_MEMBER;
    else if (is_pattern && member_pattern(text, arena, &resource->pattern))
        resource->kind = RESOURCE_MEMBERS;
}

static bool is_wild(struct slice part)
{
    return part.len == 0 || slice_equal(part, SLICE("*"));
}

/* qcs:project:service:region:account:resource */
bool resource_read(struct slice text, struct arena *arena, struct resource *ret_resource)
{
    enum { PROJECT, SERVICE, REGION, ACCOUNT, PARTS };
    struct slice rest = text, parts[PARTS];
    *ret_resource = (struct resource){.kind = RESOURCE_NOTHING};
    if (slice_equal(text, SLICE("*"))) {
        ret_resource->kind = RESOURCE_EVERYTHING;
        return true;
    }
    if (!slice_equal(slice_cut(rest, ':', &rest), SLICE("qcs")))
        return false;
    for (int i = 0; i < PARTS; i++)
        parts[i] = slice_cut(rest, ':', &rest);
    if (!rest.at)
        return false;
    bool is_here = (is_wild(parts[PROJECT]) || slice_equal(parts[PROJECT], SLICE("id/0"))) &&
                   is_wild(parts[REGION]) && is_wild(parts[ACCOUNT]);
    bool is_ours = is_wild(parts[SERVICE]) || slice_equal(parts[SERVICE], SLICE("bursar"));
    if (is_here && is_wild(parts[SERVICE]) && slice_equal(rest, SLICE("*")))
        ret_resource->kind = RESOURCE_EVERYTHING;
    else if (is_here && is_ours && slice_starts_with(rest, SLICE("member/")))
        read_member(slice_of(rest.at + 7, rest.len - 7), arena, ret_resource);
    return true;
}

static bool names_member(const struct statement *statement, struct uin member)
{
    char digits[UIN_DIGITS_MAX];
    if (uin_is_none(member))
        return false;
    if (uin_is_among(statement->members, statement->member_count, member))
        return true;
    struct slice text = slice_of(digits, uin_print(member, digits));
    for (uint32_t i = 0; i < statement->pattern_count; i++) {
        if (pattern_matches(statement->patterns[i], text))
            return true;
    }
    return false;
}

/* ---- verdict ---- */

static bool names_action(const struct statement *statement, const struct policy_question *question)
{
    for (uint32_t i = 0; i < statement->actions.count; i++) {
        for (uint32_t j = 0; j < question->action_count; j++) {
            if (pattern_matches(statement->actions.at[i], question->actions[j]))
                return true;
        }
    }
    return false;
}

/* A condition that fails for certain takes the statement out of play; an unclear one goes against
 * the caller. Those about items wait for them. */
static bool conditions_hold(const struct statement *statement,
                            const struct policy_question *question)
{
    bool clear = true;
    for (const struct condition *at = statement->conditions; at; at = at->next) {
        if (question->has_items && condition_is_of_item(at))
            continue;
        enum condition_answer answer = condition_ask(at, question, NULL);
        if (answer == CONDITION_FAILS)
            return false;
        clear = clear && answer == CONDITION_HOLDS;
    }
    return clear || statement->is_deny;
}

static bool is_about_all_items(const struct statement *statement)
{
    return statement->covers_everything && statement->item_operands == 0;
}

static bool takes_part(const struct statement *statement, const struct policy_question *question)
{
    bool has_resource =
        statement->covers_everything ||
        (question->has_items && (statement->member_count > 0 || statement->pattern_count > 0));
    return has_resource && names_action(statement, question) &&
           conditions_hold(statement, question);
}

bool policy_looks_at_time(const struct compiled_policy *policy)
{
    return policy->looks_at_time;
}

enum policy_verdict policy_evaluate(const struct compiled_policy *policy,
                                    const struct policy_question *question)
{
    enum policy_verdict verdict = POLICY_SILENT;
    for (const struct statement *at = policy->statements; at; at = at->next) {
        if (!takes_part(at, question))
            continue;
        if (!at->is_deny)
            verdict = POLICY_ALLOW;
        else if (!question->has_items || is_about_all_items(at))
            return POLICY_DENY;
    }
    return verdict;
}

/* ---- items ---- */

static uint32_t statement_count(const struct compiled_policy *const *policies, uint32_t count)
{
    uint32_t all = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (policies[i]->statements)
            all += policies[i]->statements->index + 1;
    }
    return all;
}

bool policy_select(const struct compiled_policy *const *policies, uint32_t count,
                   const struct policy_question *question, struct arena *arena,
                   struct policy_selection *ret_selection)
{
    bool denies = false, allows_all = false;
    uint32_t room = statement_count(policies, count);
    *ret_selection = (struct policy_selection){.at = NULL};
    ret_selection->at = arena_take_array(arena, room + 1, sizeof(const struct statement *));
    if (!ret_selection->at)
        return false;
    for (uint32_t i = 0; i < count; i++) {
        for (const struct statement *at = policies[i]->statements; at; at = at->next) {
            if (!takes_part(at, question))
                continue;
            ret_selection->at[ret_selection->count++] = at;
            ret_selection->tests += 1 + at->pattern_count + at->item_operands;
            denies = denies || at->is_deny;
            allows_all = allows_all || is_about_all_items(at);
        }
    }
    ret_selection->allows_all = allows_all && !denies;
    return true;
}

static bool bears_on_item(const struct statement *statement, const struct policy_item *item)
{
    bool clear = true;
    if (!statement->covers_everything && !names_member(statement, item->member))
        return false;
    for (const struct condition *at = statement->conditions; at; at = at->next) {
        if (!condition_is_of_item(at))
            continue;
        enum condition_answer answer = condition_ask(at, NULL, item);
        if (answer == CONDITION_FAILS)
            return false;
        clear = clear && answer == CONDITION_HOLDS;
    }
    return clear || statement->is_deny;
}

enum policy_verdict policy_judge_item(const struct policy_selection *selection,
                                      const struct policy_item *item)
{
    enum policy_verdict verdict = POLICY_SILENT;
    for (uint32_t i = 0; i < selection->count; i++) {
        const struct statement *at = selection->at[i];
        if ((verdict == POLICY_ALLOW && !at->is_deny) || !bears_on_item(at, item))
            continue;
        if (at->is_deny)
            return POLICY_DENY;
        verdict = POLICY_ALLOW;
    }
    return verdict;
}
