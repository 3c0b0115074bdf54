/* Checks of the registry: everything is found where it is looked for, lists are whole both ways,
 * and what is counted is there.
 *
 * Reads only. Beside other readers. */
#include "ledger/book_state.h"

#include <inttypes.h>

/* What was met on the way. */
struct met {
    uint64_t text_bytes;
    uint32_t keys, ends, holders;
};

static const struct key_slot *key_slot(const struct book *book, uint32_t index)
{
    return pool_at(&book->registry.keys, index);
}

static const struct policy_slot *policy_slot(const struct book *book, uint32_t index)
{
    return pool_at(&book->registry.policies, index);
}

/* The items of one list: of that organisation, linked both ways, in the order they were made. */
static bool list_is_sound(const struct book *book, enum registry_kind kind, uint32_t organisation)
{
    const struct registry_list *list = registry_list(book, kind, organisation);
    uint32_t before = BOOK_NONE, count = 0;
    uint64_t made = 0;
    for (uint32_t i = list->first; i != BOOK_NONE; i = registry_item(book, kind, i)->next) {
        const struct registry_item *item = registry_item(book, kind, i);
        if (item->organisation != organisation || item->before != before || item->made <= made ||
            ++count > list->count)
            return false;
        before = i;
        made = item->made;
    }
    return list->last == before && list->count == count;
}

static bool key_ends_rightly(const struct book *book, uint32_t index)
{
    const struct key_slot *slot = key_slot(book, index);
    const struct due *ends = &book->registry.ends;
    if (slot->key.expires_us == 0)
        return slot->place == DUE_NONE;
    return slot->place < ends->count && ends->items[slot->place].index == index &&
           ends->items[slot->place].due_us == slot->key.expires_us &&
           key_is_kept(&slot->key, book->time_us);
}

static bool key_is_sound(const struct book *book, uint32_t index, struct met *met)
{
    const struct key_slot *slot = key_slot(book, index);
    const struct key *key = &slot->key;
    if (book_find_key(book, key->secret_id) != key || !key_ends_rightly(book, index) ||
        slot->user != holder_find(book, key->organisation, key->user) || slot->user == BOOK_NONE ||
        holder_at(book, slot->user)->account != holder_find(book, key->organisation, key->account))
        return false;
    met->keys++;
    met->ends += slot->place != DUE_NONE;
    met->text_bytes += key_bytes(key);
    return true;
}

static bool policies_are_sound(const struct book *book, uint32_t user, struct met *met)
{
    const struct holder *holder = holder_at(book, user);
    uint32_t count = 0, bytes = 0;
    for (uint32_t i = holder->policies; i != BOOK_NONE; i = policy_slot(book, i)->next) {
        const struct policy_slot *slot = policy_slot(book, i);
        if (slot->item.made == 0 || slot->user != user || ++count > holder->policy_count ||
            !uin_equal(slot->policy.user, holder->uin))
            return false;
        bytes += (uint32_t)slot->policy.document.len;
        met->text_bytes += slot->policy.name.len + slot->policy.document.len;
    }
    return count == holder->policy_count && bytes == holder->policy_bytes;
}

/* Keys of one account, enabled or not, linked both ways. */
static bool keys_are_sound(const struct book *book, uint32_t account,
                           const struct registry_list *list, bool enabled)
{
    uint32_t before = BOOK_NONE, count = 0;
    for (uint32_t i = list->first; i != BOOK_NONE; i = key_slot(book, i)->next) {
        const struct key_slot *slot = key_slot(book, i);
        if (slot->item.made == 0 || slot->before != before || slot->key.enabled != enabled ||
            holder_at(book, slot->user)->account != account || ++count > list->count)
            return false;
        before = i;
    }
    return list->last == before && list->count == count;
}

static bool users_are_sound(const struct book *book, uint32_t account)
{
    const struct holder *holder = holder_at(book, account);
    uint32_t policies = 0, before = BOOK_NONE;
    for (uint32_t i = holder->users; i != BOOK_NONE; i = holder_at(book, i)->next) {
        const struct holder *user = holder_at(book, i);
        if (user->account != account || user->before != before)
            return false;
        policies += user->policy_count;
        before = i;
    }
    return policies == holder->users_policies;
}

static bool holder_is_sound(const struct book *book, uint32_t index, struct met *met)
{
    const struct holder *holder = holder_at(book, index);
    const struct delegation *delegation =
        holder->delegation == BOOK_NONE ? NULL : book_delegation(book, holder->delegation);
    if (delegation && !uin_equal(delegation->account, holder->uin))
        return false;
    met->holders++;
    return policies_are_sound(book, index, met) &&
           keys_are_sound(book, index, &holder->enabled, true) &&
           keys_are_sound(book, index, &holder->disabled, false) && users_are_sound(book, index);
}

/* Every holder is the one of a key, policy or delegation: it is found from there, and checked. */
static bool holders_are_sound(const struct book *book, struct met *met)
{
    const struct table *table = &book->registry.holder_by_uin;
    for (uint64_t i = 0; table->slots && i <= table->mask; i++) {
        uint32_t item = table->slots[i].item;
        if (item == 0)
            continue;
        const struct holder *holder = holder_at(book, item - 1);
        if (holder_find(book, holder->organisation, holder->uin) != item - 1 ||
            !holder_is_sound(book, item - 1, met))
            return false;
    }
    return met->holders == table->used;
}

static struct status check_organisation(const struct book *book, uint32_t id, struct met *met,
                                        struct fault *fault)
{
    uint64_t scopes = 0;
    for (unsigned kind = 0; kind < REGISTRY_KINDS; kind++)
        if (!list_is_sound(book, kind, id))
            return fault_raise(fault, STATUS_CORRUPT,
                               "a list of the registry of organisation %u is damaged", id);
    for (uint32_t i = book_registry_first(book, REGISTRY_KEYS, id); i != BOOK_NONE;
         i = book_registry_next(book, REGISTRY_KEYS, i))
        if (!key_is_sound(book, i, met))
            return fault_raise(fault, STATUS_CORRUPT,
                               "key %u is not found by its secret id or user", i);
    for (uint32_t i = book_registry_first(book, REGISTRY_DELEGATIONS, id); i != BOOK_NONE;
         i = book_registry_next(book, REGISTRY_DELEGATIONS, i)) {
        const struct delegation *delegation = book_delegation(book, i);
        if (book_find_delegation(book, id, delegation->account) != delegation)
            return fault_raise(fault, STATUS_CORRUPT, "delegation %u is not found", i);
        scopes += delegation->scope_count;
        met->text_bytes += delegation->scope_count * sizeof *delegation->scope;
    }
    if (scopes != book_slot(book, id)->registry.scopes)
        return fault_raise(fault, STATUS_CORRUPT,
                           "the scopes of organisation %u are not what is counted", id);
    return STATUS_DONE;
}

struct status registry_check(const struct book *book, struct fault *fault)
{
    const struct registry *registry = &book->registry;
    struct met met = {0};
    for (uint32_t id = 1; id <= book->organisation_count; id++)
        TRY(check_organisation(book, id, &met, fault));
    if (!holders_are_sound(book, &met))
        return fault_raise(fault, STATUS_CORRUPT, "who holds keys and policies is damaged");
    if (met.keys != registry->key_count || met.keys != registry->key_by_id.used ||
        met.ends != registry->ends.count || !due_is_sound(&registry->ends) ||
        met.text_bytes != registry->text_bytes)
        return fault_raise(fault, STATUS_CORRUPT,
                           "the registry holds %" PRIu64 " bytes of texts, and counts %" PRIu64,
                           met.text_bytes, registry->text_bytes);
    return STATUS_DONE;
}
