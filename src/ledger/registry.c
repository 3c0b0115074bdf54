/* The registry: organisations, keys, policies, delegations. They change rarely and are replayed
 * from the first entry at every start, so they have no rows in the checkpoint.
 *
 * 1. Organisations are numbered 1, 2, 3, ... in the order of their entries. Each has its owner's
 *    account as an unlisted member.
 * 2. Keys are found by secret id, which is unique for ever; policies by (organisation, user)
 * through the first one, which leads to the others in the order they were made; delegations by
 *    (organisation, account). Things removed keep their places and may come back.
 * 3. Whether an account of a key, policy or delegation is a member is decide's business, once: the
 *    registry is replayed before members are there.
 *
 * A writer alone; readers beside readers. */
#include "ledger/book_state.h"

#include "base/check.h"

#include <inttypes.h>

static struct status wrong(const struct entry *entry, struct fault *fault, const char *what)
{
    return fault_raise(fault, STATUS_CORRUPT, "entry %" PRIu64 " (%s): %s", entry->sequence,
                       entry_kind_name(entry->kind), what);
}

static uint64_t account_hash(const struct book *book, uint32_t organisation, struct uin uin)
{
    return book_uin_hash(book, (struct uin){uin.high + ((uint64_t)organisation << 34), uin.low});
}

static uint64_t id_hash(const struct book *book, struct slice secret_id)
{
    return slice_hash(secret_id, book->seed);
}

static uint64_t key_hash(const void *owner, uint32_t item)
{
    const struct book *book = owner;
    return id_hash(book, book_key(book, item)->secret_id);
}

static uint64_t policy_hash(const void *owner, uint32_t item)
{
    const struct book *book = owner;
    const struct policy *policy = book_policy(book, item);
    return account_hash(book, policy->organisation, policy->user);
}

static uint64_t delegation_hash(const void *owner, uint32_t item)
{
    const struct book *book = owner;
    const struct delegation *delegation = book_delegation(book, item);
    return account_hash(book, delegation->organisation, delegation->account);
}

void registry_init(struct book *book)
{
    table_init(&book->key_by_id, book, key_hash);
    table_init(&book->policy_by_user, book, policy_hash);
    table_init(&book->delegation_by_account, book, delegation_hash);
}

/* Organisations */

/* The owner's account may have been loaded with a newer state; then it is left alone. */
static struct status apply_owner(struct book *book, const struct entry *entry, struct fault *fault)
{
    const struct touch *touch = &entry->touches[0];
    if (entry->sequence > book->loaded_until && book_organisation_of(book, entry->account))
        return wrong(entry, fault, "the owner is at home elsewhere");
    uint32_t index = book_find_index(book, entry->organisation, entry->account);
    if (index != BOOK_NONE) {
        bool is_owner = book_member(book, index)->state.flags & MEMBER_OWNER;
        return is_owner ? STATUS_DONE : wrong(entry, fault, "the owner is a member");
    }
    index = book_member_add(book, entry->organisation, entry->account);
    if (index == BOOK_NONE)
        return fault_no_memory(fault);
    struct member *owner = book_member_mutable(book, index);
    if (!book_member_name(book, owner, entry->name))
        return fault_no_memory(fault);
    owner->joined_us = entry->time_us;
    owner->last_sequence = entry->sequence;
    owner->ordinal = 1;
    return book_member_change(book, index, &touch->after, fault);
}

static struct status apply_organisation(struct book *book, const struct entry *entry,
                                        struct fault *fault)
{
    if (entry->organisation != book->organisation_count + 1)
        return wrong(entry, fault, "organisations are not numbered in order");
    if (entry->touch_count != 1 || !uin_equal(entry->touches[0].uin, entry->account))
        return wrong(entry, fault, "it has no owner");
    struct organisation_slot *slot = book_slot_make(book, entry->organisation);
    if (!slot)
        return fault_no_memory(fault);
    struct organisation *organisation = &slot->organisation;
    if (!heap_put(&book->heap, entry->name, &organisation->name) ||
        !heap_put(&book->heap, entry->text, &organisation->currency))
        return fault_no_memory(fault);
    organisation->owner = entry->account;
    organisation->created_us = entry->time_us;
    TRY(apply_owner(book, entry, fault));
    slot->born = true;
    book->organisation_count++;
    return STATUS_DONE;
}

/* Keys */

static uint32_t find_key(const struct book *book, struct slice secret_id)
{
    struct table_probe probe;
    uint32_t i = table_first(&book->key_by_id, id_hash(book, secret_id), &probe);
    while (i != TABLE_NONE && !slice_equal(book_key(book, i)->secret_id, secret_id))
        i = table_next(&book->key_by_id, &probe);
    return i;
}

static struct status apply_add_key(struct book *book, const struct entry *entry,
                                   struct fault *fault)
{
    if (find_key(book, entry->secret_id) != TABLE_NONE)
        return wrong(entry, fault, "the secret id is there already");
    uint32_t index = pool_take(&book->keys);
    if (index == POOL_NONE)
        return fault_no_memory(fault);
    struct key *key = pool_at(&book->keys, index);
    if (!heap_put(&book->heap, entry->secret_id, &key->secret_id) ||
        !heap_put(&book->heap, entry->sealed_secret, &key->sealed_secret) ||
        !heap_put(&book->heap, entry->token_hash, &key->token_hash) ||
        !heap_put(&book->heap, entry->name, &key->session_name))
        return fault_no_memory(fault);
    key->organisation = entry->organisation;
    key->principal = entry->principal;
    key->enabled = true;
    key->account = entry->account;
    key->user = entry->user;
    key->made = entry->sequence;
    key->created_us = entry->time_us;
    key->expires_us = entry->end_us;
    key->version = entry->sequence;
    if (!table_add(&book->key_by_id, id_hash(book, key->secret_id), index))
        return fault_no_memory(fault);
    return STATUS_DONE;
}

static struct status apply_set_key(struct book *book, const struct entry *entry,
                                   struct fault *fault)
{
    uint32_t index = find_key(book, entry->secret_id);
    if (index == TABLE_NONE || book_key(book, index)->organisation != entry->organisation)
        return wrong(entry, fault, "there is no such key");
    struct key *key = pool_at(&book->keys, index);
    key->enabled = entry->enabled;
    key->version = entry->sequence;
    return STATUS_DONE;
}

uint32_t book_key_count(const struct book *book)
{
    return book->keys.count;
}

const struct key *book_key(const struct book *book, uint32_t index)
{
    return pool_at(&book->keys, index);
}

const struct key *book_find_key(const struct book *book, struct slice secret_id)
{
    uint32_t index = find_key(book, secret_id);
    return index == TABLE_NONE ? NULL : book_key(book, index);
}

/* Policies */

static struct policy_slot *policy_slot(const struct book *book, uint32_t index)
{
    return pool_at(&book->policies, index);
}

static uint32_t first_policy(const struct book *book, uint32_t organisation, struct uin user)
{
    struct table_probe probe;
    uint64_t hash = account_hash(book, organisation, user);
    for (uint32_t i = table_first(&book->policy_by_user, hash, &probe); i != TABLE_NONE;
         i = table_next(&book->policy_by_user, &probe)) {
        const struct policy *policy = book_policy(book, i);
        if (policy->organisation == organisation && uin_equal(policy->user, user))
            return i;
    }
    return BOOK_NONE;
}

static uint32_t find_policy(const struct book *book, const struct entry *entry)
{
    uint32_t i = first_policy(book, entry->organisation, entry->user);
    while (i != BOOK_NONE && !slice_equal(book_policy(book, i)->name, entry->name))
        i = policy_slot(book, i)->next;
    return i;
}

/* Makes an empty policy with that name, behind the user's others. */
static uint32_t add_policy(struct book *book, const struct entry *entry)
{
    uint32_t first = first_policy(book, entry->organisation, entry->user);
    uint32_t index = pool_take(&book->policies);
    if (index == POOL_NONE)
        return BOOK_NONE;
    struct policy_slot *slot = policy_slot(book, index);
    slot->next = BOOK_NONE;
    slot->policy.organisation = entry->organisation;
    slot->policy.user = entry->user;
    if (!heap_put(&book->heap, entry->name, &slot->policy.name))
        return BOOK_NONE;
    if (first == BOOK_NONE) {
        uint64_t hash = account_hash(book, entry->organisation, entry->user);
        return table_add(&book->policy_by_user, hash, index) ? index : BOOK_NONE;
    }
    while (policy_slot(book, first)->next != BOOK_NONE)
        first = policy_slot(book, first)->next;
    policy_slot(book, first)->next = index;
    return index;
}

static struct status apply_put_policy(struct book *book, const struct entry *entry,
                                      struct fault *fault)
{
    uint32_t index = find_policy(book, entry);
    if (index == BOOK_NONE)
        index = add_policy(book, entry);
    if (index == BOOK_NONE)
        return fault_no_memory(fault);
    struct policy *policy = &policy_slot(book, index)->policy;
    if (!heap_put(&book->heap, entry->text, &policy->document))
        return fault_no_memory(fault);
    policy->removed = false;
    policy->version = entry->sequence;
    return STATUS_DONE;
}

static struct status apply_remove_policy(struct book *book, const struct entry *entry,
                                         struct fault *fault)
{
    uint32_t index = find_policy(book, entry);
    if (index == BOOK_NONE || book_policy(book, index)->removed)
        return wrong(entry, fault, "there is no such policy");
    struct policy *policy = &policy_slot(book, index)->policy;
    policy->removed = true;
    policy->version = entry->sequence;
    return STATUS_DONE;
}

uint32_t book_policy_count(const struct book *book)
{
    return book->policies.count;
}

const struct policy *book_policy(const struct book *book, uint32_t index)
{
    return &policy_slot(book, index)->policy;
}

uint32_t book_find_policy(const struct book *book, uint32_t organisation, struct uin user,
                          uint32_t from)
{
    uint32_t i = first_policy(book, organisation, user);
    while (i != BOOK_NONE && (i < from || book_policy(book, i)->removed))
        i = policy_slot(book, i)->next;
    return i;
}

/* Delegations */

static uint32_t find_delegation(const struct book *book, uint32_t organisation, struct uin account)
{
    struct table_probe probe;
    uint64_t hash = account_hash(book, organisation, account);
    for (uint32_t i = table_first(&book->delegation_by_account, hash, &probe); i != TABLE_NONE;
         i = table_next(&book->delegation_by_account, &probe)) {
        const struct delegation *delegation = book_delegation(book, i);
        if (delegation->organisation == organisation && uin_equal(delegation->account, account))
            return i;
    }
    return BOOK_NONE;
}

static uint32_t add_delegation(struct book *book, const struct entry *entry)
{
    uint32_t index = pool_take(&book->delegations);
    if (index == POOL_NONE)
        return BOOK_NONE;
    struct delegation_slot *slot = pool_at(&book->delegations, index);
    slot->delegation.organisation = entry->organisation;
    slot->delegation.account = entry->account;
    uint64_t hash = account_hash(book, entry->organisation, entry->account);
    return table_add(&book->delegation_by_account, hash, index) ? index : BOOK_NONE;
}

static bool put_scope(struct book *book, struct delegation_slot *slot, const struct entry *entry)
{
    size_t bytes = entry->scope_count * sizeof *entry->scope;
    if (entry->scope_count > slot->place_count) {
        struct uin *places = heap_take(&book->heap, bytes, _Alignof(struct uin));
        if (!places)
            return false;
        slot->places = places;
        slot->place_count = entry->scope_count;
    }
    if (bytes)
        memcpy(slot->places, entry->scope, bytes);
    slot->delegation.scope = slot->places;
    slot->delegation.scope_count = entry->scope_count;
    return true;
}

static struct status apply_delegate(struct book *book, const struct entry *entry,
                                    struct fault *fault)
{
    uint32_t index = find_delegation(book, entry->organisation, entry->account);
    if (index == BOOK_NONE)
        index = add_delegation(book, entry);
    if (index == BOOK_NONE)
        return fault_no_memory(fault);
    struct delegation_slot *slot = pool_at(&book->delegations, index);
    if (!put_scope(book, slot, entry))
        return fault_no_memory(fault);
    slot->delegation.everyone = entry->enabled;
    slot->delegation.removed = false;
    slot->delegation.version = entry->sequence;
    return STATUS_DONE;
}

static struct status apply_remove_delegate(struct book *book, const struct entry *entry,
                                           struct fault *fault)
{
    uint32_t index = find_delegation(book, entry->organisation, entry->account);
    if (index == BOOK_NONE || book_delegation(book, index)->removed)
        return wrong(entry, fault, "there is no such delegation");
    struct delegation_slot *slot = pool_at(&book->delegations, index);
    slot->delegation.removed = true;
    slot->delegation.version = entry->sequence;
    return STATUS_DONE;
}

uint32_t book_delegation_count(const struct book *book)
{
    return book->delegations.count;
}

const struct delegation *book_delegation(const struct book *book, uint32_t index)
{
    const struct delegation_slot *slot = pool_at(&book->delegations, index);
    return &slot->delegation;
}

const struct delegation *book_find_delegation(const struct book *book, uint32_t organisation,
                                              struct uin account)
{
    uint32_t index = find_delegation(book, organisation, account);
    if (index == BOOK_NONE || book_delegation(book, index)->removed)
        return NULL;
    return book_delegation(book, index);
}

struct status registry_apply(struct book *book, const struct entry *entry, struct fault *fault)
{
    static struct status (*const apply[])(struct book *, const struct entry *, struct fault *) = {
        [ENTRY_ADD_KEY - ENTRY_ORGANISATION] = apply_add_key,
        [ENTRY_SET_KEY - ENTRY_ORGANISATION] = apply_set_key,
        [ENTRY_ISSUE_TOKEN - ENTRY_ORGANISATION] = apply_add_key,
        [ENTRY_PUT_POLICY - ENTRY_ORGANISATION] = apply_put_policy,
        [ENTRY_REMOVE_POLICY - ENTRY_ORGANISATION] = apply_remove_policy,
        [ENTRY_DELEGATE - ENTRY_ORGANISATION] = apply_delegate,
        [ENTRY_REMOVE_DELEGATE - ENTRY_ORGANISATION] = apply_remove_delegate,
    };
    if (entry->kind == ENTRY_ORGANISATION)
        return apply_organisation(book, entry, fault);
    size_t which = (size_t)entry->kind - ENTRY_ORGANISATION;
    if (which >= sizeof apply / sizeof *apply)
        return fault_raise(fault, STATUS_CORRUPT, "entry %" PRIu64 ": kind %d is not known",
                           entry->sequence, (int)entry->kind);
    if (!book_slot(book, entry->organisation))
        return wrong(entry, fault, "there is no such organisation");
    return apply[which](book, entry, fault);
}
