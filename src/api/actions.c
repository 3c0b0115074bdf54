/* The products and their actions, and how a request finds its own.
 *
 * Owns nothing. Any thread. */
#include "api/action.h"

#define COUNT(array) ((uint32_t)(sizeof(array) / sizeof(array)[0]))

static const struct action *const billing_actions[] = {
    &action_describe_org_member_account_balance,
    &action_describe_account_balance,
};

static const struct action *const bursar_actions[] = {
    &action_create_organization,
    &action_describe_organizations,
    &action_create_members,
    &action_modify_member,
    &action_delete_member,
    &action_describe_members,
    &action_create_transfers,
    &action_create_hold,
    &action_capture_hold,
    &action_release_hold,
    &action_describe_holds,
    &action_create_temporary_credit,
    &action_delete_temporary_credit,
    &action_describe_member_balance,
    &action_describe_statement,
    &action_describe_entries,
    &action_create_key,
    &action_create_temporary_key,
    &action_describe_keys,
    &action_modify_key,
    &action_put_policy,
    &action_describe_policies,
    &action_delete_policy,
    &action_put_delegation,
    &action_describe_delegations,
    &action_delete_delegation,
    &action_describe_clock,
    &action_confirm_clock,
};

static const struct product all_products[] = {
    {.name = {"billing", 7},
     .version = {"2018-07-09", 10},
     .policy_prefixes = {{"finance:", 8}, {"billing:", 8}},
     .policy_prefix_count = 2,
     .actions = billing_actions,
     .action_count = COUNT(billing_actions),
     .first_number = 0},
    {.name = {"bursar", 6},
     .version = {"2026-11-01", 10},
     .policy_prefixes = {{"bursar:", 7}},
     .policy_prefix_count = 1,
     .actions = bursar_actions,
     .action_count = COUNT(bursar_actions),
     .first_number = COUNT(billing_actions)},
};

_Static_assert(COUNT(billing_actions) + COUNT(bursar_actions) <= API_ACTIONS_MAX,
               "tables indexed by action_number are too small");

const struct product *products(uint32_t *ret_count)
{
    *ret_count = COUNT(all_products);
    return all_products;
}

const struct product *product_find(struct slice name)
{
    for (uint32_t i = 0; i < COUNT(all_products); i++) {
        if (slice_equal_nocase(all_products[i].name, name))
            return &all_products[i];
    }
    return NULL;
}

const struct action *product_action(const struct product *product, struct slice name)
{
    for (uint32_t i = 0; i < product->action_count; i++) {
        if (slice_equal(product->actions[i]->name, name))
            return product->actions[i];
    }
    return NULL;
}

uint32_t action_number(const struct product *product, const struct action *action)
{
    uint32_t index = 0;
    while (product->actions[index] != action)
        index++;
    return product->first_number + index;
}

bool action_number_find(struct slice name, uint32_t *ret_number)
{
    for (uint32_t i = 0; i < COUNT(all_products); i++) {
        const struct action *action = product_action(&all_products[i], name);
        if (!action)
            continue;
        *ret_number = action_number(&all_products[i], action);
        return true;
    }
    return false;
}

void exchange_mean_product(struct exchange *exchange, struct slice name)
{
    exchange->product_name = name;
    exchange->product = product_find(name);
}

bool exchange_route(struct exchange *exchange)
{
    const struct envelope *envelope = &exchange->envelope;
    const struct product *product = exchange->product;
    if (!product)
        return exchange_refuse_word(exchange, ERROR_NO_SUCH_PRODUCT, exchange->product_name);
    if (!slice_equal(product->version, envelope->version)) {
        (void)exchange_refuse_word(exchange, ERROR_NO_SUCH_VERSION, envelope->version);
        exchange->complaint.words[1] = product->name;
        return false;
    }
    exchange->action = product_action(product, envelope->action);
    if (exchange->action && exchange->action->prepare && http1_is_head(exchange->request))
        return exchange_refuse(exchange, ERROR_UNSUPPORTED_METHOD); /* whose answer nobody sees */
    if (exchange->action)
        return true;
    (void)exchange_refuse_word(exchange, ERROR_INVALID_ACTION, envelope->action);
    exchange->complaint.words[1] = product->name;
    exchange->complaint.words[2] = product->version;
    return false;
}
