/* This room's products and their actions.
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

static const struct product billing = {
    .name = {"billing", 7},
    .version = {"2018-07-09", 10},
    .policy_prefixes = {{"finance:", 8}, {"billing:", 8}},
    .policy_prefix_count = 2,
    .actions = billing_actions,
    .action_count = COUNT(billing_actions),
};

static const struct product bursar = {
    .name = {"bursar", 6},
    .version = {"2026-11-01", 10},
    .policy_prefixes = {{"bursar:", 7}},
    .policy_prefix_count = 1,
    .actions = bursar_actions,
    .action_count = COUNT(bursar_actions),
};

static const struct api_product own_products[] = {{&billing, NULL}, {&bursar, NULL}};

const struct api_products api_own_products = {own_products, COUNT(own_products)};
