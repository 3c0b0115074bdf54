/* Effect (policy_effect.h): statements against the table of actions.
 *
 * 1. A deny that passes denies all calls it names: each of its actions knows its resources and
 *    conditions.
 * Owns nothing. Any thread. */
#include "api/policy_effect.h"

#include "api/action.h"
#include "api/policy_cover.h"

enum { NAME_BYTES_MAX = 128 };

struct judging {
    const struct statement *statement;
    const struct api_products *products;
    struct buffer *reason;
};

/* Always false. */
static bool refuse_at(struct judging *judging, const char *element, uint32_t index,
                      const char *reason)
{
    buffer_printf(judging->reason, "statement[%u].%s[%u]: %s", judging->statement->index, element,
                  index, reason);
    return false;
}

static bool refuse_condition(struct judging *judging, const struct condition *condition,
                             const char *reason)
{
    buffer_printf(judging->reason, "statement[%u].condition.", judging->statement->index);
    buffer_append(judging->reason, condition->operator_name);
    buffer_char(judging->reason, '.');
    buffer_append(judging->reason, condition->key_name);
    buffer_printf(judging->reason, ": %s", reason);
    return false;
}

/* ---- actions ---- */

static bool names(struct slice pattern, const struct product *product, const struct action *action)
{
    char memory[NAME_BYTES_MAX];
    for (uint32_t i = 0; i < product->policy_prefix_count; i++) {
        struct buffer name;
        buffer_init_fixed(&name, memory, sizeof memory);
        buffer_append(&name, product->policy_prefixes[i]);
        buffer_append(&name, action->name);
        if (pattern_matches(pattern, buffer_slice(&name)))
            return true;
    }
    return false;
}

static uint8_t parts_of_conditions(const struct statement *statement)
{
    uint8_t parts = 0;
    for (const struct condition *at = statement->conditions; at; at = at->next) {
        if (at->key == KEY_TRANSFER_KIND)
            parts |= ITEM_KIND;
        if (at->key == KEY_AMOUNT)
            parts |= ITEM_AMOUNT;
    }
    return parts;
}

/* What an action must know for the statement to bear on its calls. */
static uint8_t parts_needed(const struct statement *statement)
{
    uint8_t parts = parts_of_conditions(statement);
    return statement->covers_everything ? parts : parts | ITEM_MEMBER;
}

struct named {
    uint32_t all,
        bearable;    /* actions the pattern matches; of them those that know what is needed */
    uint8_t missing; /* of one that does not */
};

static struct named count_named(const struct judging *judging, struct slice pattern)
{
    struct named named = {0, 0, 0};
    uint8_t needed = parts_needed(judging->statement);
    for (uint32_t i = 0; i < judging->products->count; i++) {
        const struct product *product = judging->products->at[i].product;
        for (uint32_t j = 0; j < product->action_count; j++) {
            const struct action *action = product->actions[j];
            if (!names(pattern, product, action))
                continue;
            uint8_t missing = needed & (uint8_t)~action->items;
            named.all++;
            named.bearable += missing == 0;
            named.missing |= missing;
        }
    }
    return named;
}

static const char *missing_text(const struct statement *statement, uint8_t missing)
{
    if (missing & ITEM_MEMBER)
        return statement->is_deny ? "it names actions that are not about single members, which the "
                                    "resource cannot deny"
                                  : "its actions are not about single members: their resource is *";
    if (missing & ITEM_KIND)
        return "it names actions that have no bursar:TransferKind";
    return "it names actions that have no bursar:Amount";
}

static bool judge_actions(struct judging *judging)
{
    const struct statement *statement = judging->statement;
    for (uint32_t i = 0; i < statement->actions.count; i++) {
        struct named named = count_named(judging, statement->actions.at[i]);
        if (named.all == 0)
            return refuse_at(judging, "action", i, "no action of this server is called so");
        if (named.bearable == 0 || (statement->is_deny && named.bearable < named.all))
            return refuse_at(judging, "action", i, missing_text(statement, named.missing));
    }
    return true;
}

/* ---- resources and conditions ---- */

static bool judge_resources(struct judging *judging)
{
    const struct statement *statement = judging->statement;
    for (uint32_t i = 0; i < statement->resource_count; i++) {
        if (statement->resources[i].kind == RESOURCE_NOTHING)
            return refuse_at(judging, "resource", i,
                             "nothing here is called so: a resource is * or "
                             "qcs::bursar:::member/UIN");
    }
    return true;
}

/* Some action that the statement names has transfers of a kind that fits. */
static bool kind_can_be(const struct judging *judging, const struct condition *condition,
                        const struct operand *operand)
{
    const struct strings *patterns = &judging->statement->actions;
    struct condition one = *condition;
    struct operand only = *operand;
    one.operands = &only;
    one.operand_count = 1;
    one.negated = false;
    for (uint32_t i = 0; i < judging->products->count; i++) {
        const struct product *product = judging->products->at[i].product;
        for (uint32_t j = 0; j < product->action_count; j++) {
            const struct action *action = product->actions[j];
            bool is_named = false;
            for (uint32_t k = 0; k < patterns->count; k++)
                is_named = is_named || names(patterns->at[k], product, action);
            for (const char *const *kind = action->kinds; is_named && kind && *kind; kind++) {
                const struct policy_item item = {.kind = slice_text(*kind)};
                if (condition_ask(&one, NULL, &item) == CONDITION_HOLDS)
                    return true;
            }
        }
    }
    return false;
}

static const char *operand_wrong(const struct judging *judging, const struct condition *condition,
                                 const struct operand *operand)
{
    if (condition->key == KEY_TRANSFER_KIND && !kind_can_be(judging, condition, operand))
        return "none of the statement's actions has transfers of such a kind";
    if (!operand->is_good)
        return "a value cannot be read";
    if (condition->key == KEY_AMOUNT && amount_is_negative(operand->amount))
        return "an amount is never negative";
    return NULL;
}

static bool judge_conditions(struct judging *judging)
{
    for (const struct condition *at = judging->statement->conditions; at; at = at->next) {
        if (at->key == KEY_UNKNOWN)
            return refuse_condition(judging, at, "the key is not known here");
        if (at->test == TEST_UNKNOWN)
            return refuse_condition(judging, at, "the operator is not known here");
        if (!condition_fits_key(at))
            return refuse_condition(judging, at, "the key is not of the operator's type");
        for (uint32_t i = 0; i < at->operand_count; i++) {
            const char *wrong = operand_wrong(judging, at, &at->operands[i]);
            if (wrong)
                return refuse_condition(judging, at, wrong);
        }
    }
    return true;
}

/* ---- statements ---- */

/* A deny without conditions, whose place is in front of all allows. */
static bool judge_reach(struct judging *judging, const struct compiled_policy *policy)
{
    const struct statement *statement = judging->statement;
    for (const struct statement *at = policy->statements; at && !statement->is_deny;
         at = at->next) {
        if (!at->is_deny || !statement_covers(at, statement))
            continue;
        buffer_printf(judging->reason, "statement[%u]: statement[%u] denies all that it allows",
                      statement->index, at->index);
        return false;
    }
    return true;
}

bool policy_has_effect(const struct compiled_policy *policy, const struct api_products *products,
                       struct buffer *ret_reason)
{
    for (const struct statement *at = policy->statements; at; at = at->next) {
        struct judging judging = {.statement = at, .products = products, .reason = ret_reason};
        if (!judge_resources(&judging) || !judge_conditions(&judging) || !judge_actions(&judging) ||
            !judge_reach(&judging, policy))
            return false;
    }
    return true;
}
