/* The registry: organisations, keys, policies, delegations. They change rarely and are replayed
 * from the first entry at every start, so they have no rows in the checkpoint.
 *
 * 1. Organisations are numbered 1, 2, 3, ... in the order of their entries. Each has its owner's
 *    account as an unlisted member.
 * 2. Keys are found by secret id; policies, delegations and counts by (organisation, uin), through
 *    holders (holders.c). An organisation's keys, policies and delegations are each a list, in the
 *    order they were made.
 * 3. What is removed, replaced or over leaves nothing behind: texts have a block of their own,
 * slots are given back, all zero, and used again.
 * 4. Whether an account of a key, policy or delegation is a member is decide's business, once: the
 *    registry is replayed before members are there.
 *
 * A writer alone; readers beside readers. */
#include "ledger/book_state.h"

#include "base/check.h"

#include <inttypes.h>
#include <stdlib.h>

struct status registry_wrong(const struct entry *entry, struct fault *fault, const char *what)
{
    return fault_raise(fault, STATUS_CORRUPT, "entry %" PRIu64 " (%s): %s", entry->sequence,
                       entry_kind_name(entry->kind), what);
}

uint64_t account_hash(const struct book *book, uint32_t organisation, struct uin uin)
{
    return book_uin_hash(book, (struct uin){uin.high + ((uint64_t)organisation << 34), uin.low});
}

static uint64_t holder_hash(const void *owner, uint32_t item)
{
    const struct book *book = owner;
    const struct holder *holder = holder_at(book, item);
    return account_hash(book, holder->organisation, holder->uin);
}

void registry_init(struct book *book)
{
    enum { SHIFT = 6 }; /* log2 of items a chunk */
    struct registry *registry = &book->registry;
    pool_init(&registry->keys, sizeof(struct key_slot), SHIFT);
    pool_init(&registry->policies, sizeof(struct policy_slot), SHIFT);
    pool_init(&registry->delegations, sizeof(struct delegation_slot), SHIFT);
    pool_init(&registry->holders, sizeof(struct holder), SHIFT);
    table_init(&registry->key_by_id, book, registry_key_hash);
    table_init(&registry->holder_by_uin, book, holder_hash);
    due_init(&registry->ends, book, registry_key_moved);
}

/* Blocks of slots given back are NULL. */
void registry_done(struct book *book)
{
    struct registry *registry = &book->registry;
    for (uint32_t i = 0; i < registry->keys.count; i++)
        if (registry_item(book, REGISTRY_KEYS, i)->made)
            free(((struct key_slot *)pool_at(&registry->keys, i))->block);
    for (uint32_t i = 0; i < registry->policies.count; i++)
        if (registry_item(book, REGISTRY_POLICIES, i)->made)
            free(((struct policy_slot *)pool_at(&registry->policies, i))->block);
    for (uint32_t i = 0; i < registry->delegations.count; i++)
        if (registry_item(book, REGISTRY_DELEGATIONS, i)->made)
            free(((struct delegation_slot *)pool_at(&registry->delegations, i))->block);
    pool_done(&registry->keys);
    pool_done(&registry->policies);
    pool_done(&registry->delegations);
    pool_done(&registry->holders);
    table_done(&registry->key_by_id);
    table_done(&registry->holder_by_uin);
    due_done(&registry->ends);
}

/* Blocks: what an item says, in memory of its own, so that it can go */

void *registry_block(struct book *book, size_t bytes)
{
    void *block = malloc(bytes ? bytes : 1);
    if (block)
        book->registry.text_bytes += bytes;
    return block;
}

void registry_block_free(struct book *book, void *block, size_t bytes)
{
    if (!block)
        return;
    book->registry.text_bytes -= bytes;
    free(block);
}

uint64_t book_registry_bytes(const struct book *book)
{
    return book->registry.text_bytes;
}

/* Items: an organisation's keys, policies or delegations in the order they were made */

static struct pool *pool_of(const struct book *book, enum registry_kind kind)
{
    const struct registry *registry = &book->registry;
    const struct pool *const pools[] = {
        [REGISTRY_KEYS] = &registry->keys,
        [REGISTRY_POLICIES] = &registry->policies,
        [REGISTRY_DELEGATIONS] = &registry->delegations,
    };
    /* const: whoever changes an item got the book to change */
    return (struct pool *)(uintptr_t)pools[kind];
}

struct registry_item *registry_item(const struct book *book, enum registry_kind kind,
                                    uint32_t index)
{
    return pool_at(pool_of(book, kind), index);
}

struct registry_list *registry_list(const struct book *book, enum registry_kind kind,
                                    uint32_t organisation)
{
    struct organisation_slot *slot = book_slot(book, organisation);
    CHECK(slot);
    return &slot->registry.lists[kind];
}

void registry_put(struct book *book, enum registry_kind kind, uint32_t index,
                  const struct entry *entry)
{
    struct registry_item *item = registry_item(book, kind, index);
    struct registry_list *list = registry_list(book, kind, entry->organisation);
    *item = (struct registry_item){BOOK_NONE, list->last, entry->organisation, entry->sequence};
    if (list->last == BOOK_NONE)
        list->first = index;
    else
        registry_item(book, kind, list->last)->next = index;
    list->last = index;
    list->count++;
}

void registry_give(struct book *book, enum registry_kind kind, uint32_t index)
{
    struct pool *pool = pool_of(book, kind);
    struct registry_item *item = registry_item(book, kind, index);
    struct registry_list *list = registry_list(book, kind, item->organisation);
    if (item->before == BOOK_NONE)
        list->first = item->next;
    else
        registry_item(book, kind, item->before)->next = item->next;
    if (item->next == BOOK_NONE)
        list->last = item->before;
    else
        registry_item(book, kind, item->next)->before = item->before;
    list->count--;
    memset(item, 0, pool->item_size);
    pool_give(pool, index);
}

uint32_t book_registry_count(const struct book *book, enum registry_kind kind,
                             uint32_t organisation)
{
    return registry_list(book, kind, organisation)->count;
}

uint32_t book_registry_first(const struct book *book, enum registry_kind kind,
                             uint32_t organisation)
{
    return registry_list(book, kind, organisation)->first;
}

uint32_t book_registry_next(const struct book *book, enum registry_kind kind, uint32_t index)
{
    return registry_item(book, kind, index)->next;
}

uint64_t book_registry_made(const struct book *book, enum registry_kind kind, uint32_t index)
{
    return registry_item(book, kind, index)->made;
}

/* Organisations */

/* The owner's account may have been loaded with a newer state; then it is left alone. */
static struct status apply_owner(struct book *book, const struct entry *entry, struct fault *fault)
{
    const struct touch *touch = &entry->touches[0];
    if (entry->sequence > book->loaded_until && book_organisation_of(book, entry->account))
        return registry_wrong(entry, fault, "the owner is at home elsewhere");
    uint32_t index = book_find_index(book, entry->organisation, entry->account);
    if (index != BOOK_NONE) {
        bool is_owner = book_member(book, index)->state.flags & MEMBER_OWNER;
        return is_owner ? STATUS_DONE : registry_wrong(entry, fault, "the owner is a member");
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
        return registry_wrong(entry, fault, "organisations are not numbered in order");
    if (entry->touch_count != 1 || !uin_equal(entry->touches[0].uin, entry->account))
        return registry_wrong(entry, fault, "it has no owner");
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
        return registry_wrong(entry, fault, "there is no such organisation");
    return apply[which](book, entry, fault);
}
