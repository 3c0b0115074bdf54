/* Policies and delegations: what an organisation gave to users and members.
 *
 * 1. The policies of a user are a list, in the order they were made; names are different.
 * 2. An account has one delegation at most.
 *
 * A writer alone; readers beside readers. */
#include "ledger/book_state.h"

#include "base/check.h"

/* Policies */

static struct policy_slot *policy_slot(const struct book *book, uint32_t index)
{
    return pool_at(&book->registry.policies, index);
}

static uint32_t first_policy(const struct book *book, uint32_t organisation, struct uin user)
{
    uint32_t holder = holder_find(book, organisation, user);
    return holder == BOOK_NONE ? BOOK_NONE : holder_at(book, holder)->policies;
}

static uint32_t find_policy(const struct book *book, const struct entry *entry)
{
    uint32_t i = first_policy(book, entry->organisation, entry->user);
    while (i != BOOK_NONE && !slice_equal(book_policy(book, i)->name, entry->name))
        i = policy_slot(book, i)->next;
    return i;
}

static void count_policy(struct book *book, const struct policy_slot *slot, int sign)
{
    struct holder *user = holder_at(book, slot->user);
    uint32_t one = sign > 0 ? 1 : UINT32_MAX; /* modulo 2^32 */
    user->policy_count += one;
    user->policy_bytes += one * (uint32_t)slot->policy.document.len;
    if (user->account != BOOK_NONE)
        holder_at(book, user->account)->users_policies += one;
}

static size_t policy_bytes(const struct policy *policy)
{
    return policy->name.len + policy->document.len;
}

/* Makes an empty policy of that user; BOOK_NONE when memory is short. */
static uint32_t add_policy(struct book *book, const struct entry *entry)
{
    uint32_t user = holder_make(book, entry->organisation, entry->user);
    uint32_t index = user == BOOK_NONE ? BOOK_NONE : pool_take(&book->registry.policies);
    if (index == BOOK_NONE)
        return BOOK_NONE;
    struct policy_slot *slot = policy_slot(book, index);
    slot->user = user;
    slot->policy.organisation = entry->organisation;
    slot->policy.user = entry->user;
    registry_put(book, REGISTRY_POLICIES, index, entry);
    uint32_t *link = &holder_at(book, user)->policies;
    while (*link != BOOK_NONE)
        link = &policy_slot(book, *link)->next;
    slot->next = BOOK_NONE;
    *link = index;
    count_policy(book, slot, 1);
    return index;
}

struct status apply_put_policy(struct book *book, const struct entry *entry, struct fault *fault)
{
    uint32_t index = find_policy(book, entry);
    char *block = registry_block(book, entry->name.len + entry->text.len);
    if (!block)
        return fault_no_memory(fault);
    if (index == BOOK_NONE)
        index = add_policy(book, entry);
    if (index == BOOK_NONE) {
        registry_block_free(book, block, entry->name.len + entry->text.len);
        return fault_no_memory(fault);
    }
    struct policy_slot *slot = policy_slot(book, index);
    struct policy *policy = &slot->policy;
    struct holder *user = holder_at(book, slot->user);
    user->policy_bytes += (uint32_t)(entry->text.len - policy->document.len); /* modulo 2^32 */
    memcpy(block, entry->name.at, entry->name.len);
    if (entry->text.len > 0)
        memcpy(block + entry->name.len, entry->text.at, entry->text.len);
    registry_block_free(book, slot->block, policy_bytes(policy));
    slot->block = block;
    policy->name = slice_of(block, entry->name.len);
    policy->document = slice_of(block + entry->name.len, entry->text.len);
    policy->version = entry->sequence;
    return STATUS_DONE;
}

struct status apply_remove_policy(struct book *book, const struct entry *entry, struct fault *fault)
{
    uint32_t index = find_policy(book, entry);
    if (index == BOOK_NONE)
        return registry_wrong(entry, fault, "there is no such policy");
    struct policy_slot *slot = policy_slot(book, index);
    uint32_t user = slot->user;
    uint32_t *link = &holder_at(book, user)->policies;
    while (*link != index)
        link = &policy_slot(book, *link)->next;
    *link = slot->next;
    count_policy(book, slot, -1);
    registry_block_free(book, slot->block, policy_bytes(&slot->policy));
    registry_give(book, REGISTRY_POLICIES, index);
    holder_let_go(book, user);
    return STATUS_DONE;
}

uint32_t book_policy_count(const struct book *book)
{
    return book->registry.policies.count;
}

const struct policy *book_policy(const struct book *book, uint32_t index)
{
    return &policy_slot(book, index)->policy;
}

/* Whoever goes on behind a policy of the same user is there at once. */
uint32_t book_find_policy(const struct book *book, uint32_t organisation, struct uin user,
                          uint32_t from)
{
    if (from > 0 && from <= book->registry.policies.count) {
        const struct policy_slot *slot = policy_slot(book, from - 1);
        if (slot->item.made != 0 && slot->policy.organisation == organisation &&
            uin_equal(slot->policy.user, user))
            return slot->next;
    }
    uint32_t i = first_policy(book, organisation, user);
    while (i != BOOK_NONE && i < from)
        i = policy_slot(book, i)->next;
    return i;
}

/* Delegations */

static struct delegation_slot *delegation_slot(const struct book *book, uint32_t index)
{
    return pool_at(&book->registry.delegations, index);
}

static uint32_t add_delegation(struct book *book, const struct entry *entry)
{
    uint32_t holder = holder_make(book, entry->organisation, entry->account);
    uint32_t index = holder == BOOK_NONE ? BOOK_NONE : pool_take(&book->registry.delegations);
    if (index == BOOK_NONE)
        return BOOK_NONE;
    struct delegation_slot *slot = delegation_slot(book, index);
    slot->delegation.organisation = entry->organisation;
    slot->delegation.account = entry->account;
    registry_put(book, REGISTRY_DELEGATIONS, index, entry);
    holder_at(book, holder)->delegation = index;
    return index;
}

static size_t scope_bytes(const struct delegation *delegation)
{
    return delegation->scope_count * sizeof *delegation->scope;
}

static uint64_t *scopes_of(struct book *book, uint32_t organisation)
{
    return &book_slot(book, organisation)->registry.scopes;
}

struct status apply_delegate(struct book *book, const struct entry *entry, struct fault *fault)
{
    uint32_t holder = holder_find(book, entry->organisation, entry->account);
    uint32_t index = holder == BOOK_NONE ? BOOK_NONE : holder_at(book, holder)->delegation;
    size_t bytes = entry->scope_count * sizeof *entry->scope;
    struct uin *block = registry_block(book, bytes);
    if (!block)
        return fault_no_memory(fault);
    if (index == BOOK_NONE)
        index = add_delegation(book, entry);
    if (index == BOOK_NONE) {
        registry_block_free(book, block, bytes);
        return fault_no_memory(fault);
    }
    struct delegation_slot *slot = delegation_slot(book, index);
    struct delegation *delegation = &slot->delegation;
    if (bytes > 0)
        memcpy(block, entry->scope, bytes);
    *scopes_of(book, entry->organisation) += entry->scope_count;
    *scopes_of(book, entry->organisation) -= delegation->scope_count;
    registry_block_free(book, slot->block, scope_bytes(delegation));
    slot->block = block;
    delegation->scope = block;
    delegation->scope_count = entry->scope_count;
    delegation->everyone = entry->enabled;
    delegation->given_us = entry->time_us;
    delegation->version = entry->sequence;
    return STATUS_DONE;
}

struct status apply_remove_delegate(struct book *book, const struct entry *entry,
                                    struct fault *fault)
{
    uint32_t holder = holder_find(book, entry->organisation, entry->account);
    uint32_t index = holder == BOOK_NONE ? BOOK_NONE : holder_at(book, holder)->delegation;
    if (index == BOOK_NONE)
        return registry_wrong(entry, fault, "there is no such delegation");
    struct delegation_slot *slot = delegation_slot(book, index);
    *scopes_of(book, entry->organisation) -= slot->delegation.scope_count;
    registry_block_free(book, slot->block, scope_bytes(&slot->delegation));
    registry_give(book, REGISTRY_DELEGATIONS, index);
    holder_at(book, holder)->delegation = BOOK_NONE;
    holder_let_go(book, holder);
    return STATUS_DONE;
}

uint32_t book_delegation_count(const struct book *book)
{
    return book->registry.delegations.count;
}

const struct delegation *book_delegation(const struct book *book, uint32_t index)
{
    return &delegation_slot(book, index)->delegation;
}

const struct delegation *book_find_delegation(const struct book *book, uint32_t organisation,
                                              struct uin account)
{
    uint32_t holder = holder_find(book, organisation, account);
    uint32_t index = holder == BOOK_NONE ? BOOK_NONE : holder_at(book, holder)->delegation;
    return index == BOOK_NONE ? NULL : book_delegation(book, index);
}
