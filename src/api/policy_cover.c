/* Cover (policy_cover.h).
 *
 * 1. COVER_WHOLE means: whatever call `given` allows, `giver` allows. By an allow of the giver for
 *    each action of an allow given, because conditions only narrow; and no deny of the giver gets
 *    at it that `given` does not make itself.
 * Owns nothing. Any thread. */
#include "api/policy_cover.h"

/* ---- elements ---- */

/* An action of billing goes by two names. *ret_rest: without its product. */
static bool is_of_billing(struct slice action, struct slice *ret_rest)
{
    static const char *const prefixes[] = {"finance:", "billing:"};
    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++) {
        struct slice prefix = slice_text(prefixes[i]);
        if (action.len < prefix.len || !slice_equal_nocase(slice_of(action.at, prefix.len), prefix))
            continue;
        *ret_rest = slice_of(action.at + prefix.len, action.len - prefix.len);
        return true;
    }
    return false;
}

static bool action_covers(struct slice outer, struct slice inner)
{
    struct slice outer_rest, inner_rest;
    if (is_of_billing(outer, &outer_rest) && is_of_billing(inner, &inner_rest))
        return pattern_covers(outer_rest, inner_rest);
    return pattern_covers(outer, inner);
}

static bool some_action_covers(const struct statement *outer, struct slice inner)
{
    for (uint32_t i = 0; i < outer->actions.count; i++) {
        if (action_covers(outer->actions.at[i], inner))
            return true;
    }
    return false;
}

static bool some_resource_covers(const struct statement *outer, const struct resource *inner)
{
    char digits[UIN_DIGITS_MAX];
    struct slice text = inner->pattern;
    if (outer->covers_everything || inner->kind == RESOURCE_NOTHING)
        return true;
    if (inner->kind == RESOURCE_EVERYTHING)
        return false;
    if (inner->kind == RESOURCE_MEMBER)
        text = slice_of(digits, uin_print(inner->member, digits));
    for (uint32_t i = 0; i < outer->resource_count; i++) {
        const struct resource *resource = &outer->resources[i];
        if ((resource->kind == RESOURCE_MEMBER && inner->kind == RESOURCE_MEMBER &&
             uin_equal(resource->member, inner->member)) ||
            (resource->kind == RESOURCE_MEMBERS && pattern_covers(resource->pattern, text)))
            return true;
    }
    return false;
}

static bool resources_cover(const struct statement *outer, const struct statement *inner)
{
    for (uint32_t i = 0; i < inner->resource_count; i++) {
        if (!some_resource_covers(outer, &inner->resources[i]))
            return false;
    }
    return true;
}

static bool is_same_condition(const struct condition *a, const struct condition *b)
{
    bool same = a->test == b->test && a->negated == b->negated && a->key == b->key &&
                a->operand_count == b->operand_count && a->test != TEST_UNKNOWN &&
                a->key != KEY_UNKNOWN;
    for (uint32_t i = 0; i < a->operand_count && same; i++)
        same = slice_equal(a->operands[i].text, b->operands[i].text);
    return same;
}

/* Every condition of the outer one stands in the inner one: so that one is at least as narrow. */
static bool conditions_cover(const struct statement *outer, const struct statement *inner)
{
    for (const struct condition *at = outer->conditions; at; at = at->next) {
        const struct condition *same = inner->conditions;
        while (same && !is_same_condition(at, same))
            same = same->next;
        if (!same)
            return false;
    }
    return true;
}

bool statement_covers(const struct statement *outer, const struct statement *inner)
{
    if (!conditions_cover(outer, inner) || !resources_cover(outer, inner))
        return false;
    for (uint32_t i = 0; i < inner->actions.count; i++) {
        if (!some_action_covers(outer, inner->actions.at[i]))
            return false;
    }
    return true;
}

/* ---- sets ---- */

struct walk {
    struct policy_set set;
    uint32_t policy;
    const struct statement *statement;
};

static struct walk walk_of(struct policy_set set)
{
    return (struct walk){.set = set, .statement = set.count > 0 ? set.at[0]->statements : NULL};
}

/* The statement it stands on, of that effect; NULL at the end. */
static const struct statement *walk_find(struct walk *walk, bool is_deny)
{
    while (!walk->statement || walk->statement->is_deny != is_deny) {
        if (walk->statement)
            walk->statement = walk->statement->next;
        else if (walk->policy + 1 < walk->set.count)
            walk->statement = walk->set.at[++walk->policy]->statements;
        else
            return NULL;
    }
    return walk->statement;
}

static void walk_on(struct walk *walk)
{
    walk->statement = walk->statement->next;
}

static uint64_t weight_of(struct policy_set set)
{
    uint64_t weight = 0;
    for (uint32_t i = 0; i < set.count; i++) {
        for (const struct statement *at = set.at[i]->statements; at; at = at->next) {
            weight += 1 + at->actions.count + at->resource_count;
            for (const struct condition *on = at->conditions; on; on = on->next)
                weight += 1 + on->operand_count;
        }
    }
    return weight;
}

/* An allow that is given: each of its actions by some allow of the giver. */
static bool is_had(struct policy_set giver, const struct statement *given)
{
    uint64_t had[POLICY_STRINGS_MAX / 64] = {0};
    uint32_t left = given->actions.count;
    struct walk walk = walk_of(giver);
    for (const struct statement *at; (at = walk_find(&walk, false)) != NULL; walk_on(&walk)) {
        if (!conditions_cover(at, given) || !resources_cover(at, given))
            continue;
        for (uint32_t i = 0; i < given->actions.count; i++) {
            uint64_t bit = UINT64_C(1) << (i % 64);
            if ((had[i / 64] & bit) || !some_action_covers(at, given->actions.at[i]))
                continue;
            had[i / 64] |= bit;
            left--;
        }
    }
    return left == 0;
}

/* False: no text fits both, for their beginnings differ. */
static bool may_meet(struct slice a, struct slice b)
{
    for (size_t i = 0; i < a.len && i < b.len; i++) {
        if (a.at[i] == '*' || b.at[i] == '*')
            return true;
        if (a.at[i] != '?' && b.at[i] != '?' && ascii_lower(a.at[i]) != ascii_lower(b.at[i]))
            return false;
    }
    return true;
}

static bool actions_may_meet(struct slice a, struct slice b)
{
    struct slice a_rest, b_rest;
    if (is_of_billing(a, &a_rest) && is_of_billing(b, &b_rest))
        return may_meet(a_rest, b_rest);
    return may_meet(a, b);
}

static bool statements_may_meet(const struct statement *a, const struct statement *b)
{
    for (uint32_t i = 0; i < a->actions.count; i++) {
        for (uint32_t j = 0; j < b->actions.count; j++) {
            if (actions_may_meet(a->actions.at[i], b->actions.at[j]))
                return true;
        }
    }
    return false;
}

static bool meets_what_is_given(struct policy_set given, const struct statement *deny)
{
    struct walk walk = walk_of(given);
    for (const struct statement *at; (at = walk_find(&walk, false)) != NULL; walk_on(&walk)) {
        if (statements_may_meet(at, deny))
            return true;
    }
    return false;
}

static bool is_denied_too(struct policy_set given, const struct statement *deny)
{
    struct walk walk = walk_of(given);
    for (const struct statement *at; (at = walk_find(&walk, true)) != NULL; walk_on(&walk)) {
        if (statement_covers(at, deny))
            return true;
    }
    return false;
}

struct cover policy_cover(struct policy_set giver, struct policy_set given, uint64_t tests_max)
{
    struct walk allows = walk_of(given), denies = walk_of(giver);
    if (weight_of(giver) * weight_of(given) > tests_max)
        return (struct cover){.verdict = COVER_TOO_MUCH};
    for (const struct statement *at; (at = walk_find(&allows, false)) != NULL; walk_on(&allows)) {
        if (!is_had(giver, at))
            return (struct cover){COVER_MISSING, allows.policy, at->index};
    }
    for (const struct statement *at; (at = walk_find(&denies, true)) != NULL; walk_on(&denies)) {
        if (meets_what_is_given(given, at) && !is_denied_too(given, at))
            return (struct cover){COVER_DENIED, denies.policy, at->index};
    }
    return (struct cover){.verdict = COVER_WHOLE};
}
