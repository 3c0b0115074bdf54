/* Keys: found by secret id, listed by account.
 *
 * 1. A secret id is there once. An id that is gone may come again, with another key.
 * 2. Every key is among the enabled or the disabled keys of its account, those longest so first; of
 *    the disabled ones ACCOUNT_DISABLED_KEYS_KEPT are kept.
 * 3. A key with an end is gone KEY_KEPT_US after it, and has a place among `ends` before.
 *
 * A writer alone; readers beside readers. */
#include "ledger/book_state.h"

#include "base/check.h"

static struct key_slot *key_slot(const struct book *book, uint32_t index)
{
    return pool_at(&book->registry.keys, index);
}

static uint64_t id_hash(const struct book *book, struct slice secret_id)
{
    return slice_hash(secret_id, book->seed);
}

uint64_t registry_key_hash(const void *owner, uint32_t item)
{
    const struct book *book = owner;
    return id_hash(book, book_key(book, item)->secret_id);
}

void registry_key_moved(void *owner, const struct due_item *item, uint32_t place)
{
    key_slot(owner, item->index)->place = place;
}

static uint32_t find_key(const struct book *book, struct slice secret_id)
{
    const struct table *table = &book->registry.key_by_id;
    struct table_probe probe;
    uint32_t i = table_first(table, id_hash(book, secret_id), &probe);
    while (i != TABLE_NONE && !slice_equal(book_key(book, i)->secret_id, secret_id))
        i = table_next(table, &probe);
    return i;
}

size_t key_bytes(const struct key *key)
{
    return key->secret_id.len + key->sealed_secret.len + key->token_hash.len +
           key->session_name.len;
}

/* The account's lists */

static struct holder *account_of(const struct book *book, const struct key_slot *slot)
{
    return holder_at(book, holder_at(book, slot->user)->account);
}

static struct registry_list *list_of(const struct book *book, const struct key_slot *slot)
{
    struct holder *account = account_of(book, slot);
    return slot->key.enabled ? &account->enabled : &account->disabled;
}

static bool is_counted(const struct key *key)
{
    return key->enabled && key->token_hash.len == 0;
}

static void list_key(struct book *book, uint32_t index)
{
    struct key_slot *slot = key_slot(book, index);
    struct registry_list *list = list_of(book, slot);
    slot->next = BOOK_NONE;
    slot->before = list->last;
    if (list->last == BOOK_NONE)
        list->first = index;
    else
        key_slot(book, list->last)->next = index;
    list->last = index;
    list->count++;
    holder_at(book, slot->user)->enabled_keys += is_counted(&slot->key);
}

static void unlist_key(struct book *book, uint32_t index)
{
    const struct key_slot *slot = key_slot(book, index);
    struct registry_list *list = list_of(book, slot);
    if (slot->before == BOOK_NONE)
        list->first = slot->next;
    else
        key_slot(book, slot->before)->next = slot->next;
    if (slot->next == BOOK_NONE)
        list->last = slot->before;
    else
        key_slot(book, slot->next)->before = slot->before;
    list->count--;
    holder_at(book, slot->user)->enabled_keys -= is_counted(&slot->key);
}

/* Coming and going */

static void copy_text(char **at, struct slice text, struct slice *ret_copy)
{
    *ret_copy = SLICE_NONE;
    if (text.len == 0)
        return;
    memcpy(*at, text.at, text.len);
    *ret_copy = slice_of(*at, text.len);
    *at += text.len;
}

static bool fill_key(struct book *book, struct key_slot *slot, const struct entry *entry)
{
    struct key key = {
        .secret_id = entry->secret_id,
        .sealed_secret = entry->sealed_secret,
        .token_hash = entry->token_hash,
        .session_name = entry->name,
        .organisation = entry->organisation,
        .principal = entry->principal,
        .enabled = true,
        .account = entry->account,
        .user = entry->user,
        .made = entry->sequence,
        .created_us = entry->time_us,
        .expires_us = entry->end_us,
        .version = entry->sequence,
    };
    char *at = slot->block = registry_block(book, key_bytes(&key));
    if (!at)
        return false;
    slot->key = key;
    copy_text(&at, entry->secret_id, &slot->key.secret_id);
    copy_text(&at, entry->sealed_secret, &slot->key.sealed_secret);
    copy_text(&at, entry->token_hash, &slot->key.token_hash);
    copy_text(&at, entry->name, &slot->key.session_name);
    return true;
}

static void drop_key(struct book *book, uint32_t index)
{
    struct key_slot *slot = key_slot(book, index);
    uint32_t user = slot->user;
    unlist_key(book, index);
    if (slot->place != DUE_NONE)
        due_remove(&book->registry.ends, slot->place);
    table_remove(&book->registry.key_by_id, id_hash(book, slot->key.secret_id), index);
    registry_block_free(book, slot->block, key_bytes(&slot->key));
    registry_give(book, REGISTRY_KEYS, index);
    book->registry.key_count--;
    holder_at(book, user)->keys--;
    holder_let_go(book, user);
}

void registry_drop_ended(struct book *book, int64_t t_us)
{
    while (due_next_us(&book->registry.ends) <= t_us - KEY_KEPT_US)
        drop_key(book, book->registry.ends.items[0].index);
}

/* BOOK_NONE: memory is short. */
static uint32_t make_user(struct book *book, const struct entry *entry, bool *ret_fits)
{
    uint32_t account = holder_make(book, entry->organisation, entry->account);
    uint32_t user =
        account == BOOK_NONE ? BOOK_NONE : holder_make(book, entry->organisation, entry->user);
    *ret_fits = user == BOOK_NONE || holder_bind(book, user, account);
    return user;
}

struct status apply_add_key(struct book *book, const struct entry *entry, struct fault *fault)
{
    bool fits = true;
    if (find_key(book, entry->secret_id) != TABLE_NONE)
        return registry_wrong(entry, fault, "the secret id is there already");
    uint32_t user = make_user(book, entry, &fits);
    if (!fits)
        return registry_wrong(entry, fault, "the user belongs to another account");
    uint32_t index = pool_take(&book->registry.keys);
    if (user == BOOK_NONE || index == POOL_NONE)
        return fault_no_memory(fault);
    struct key_slot *slot = key_slot(book, index);
    if (!fill_key(book, slot, entry))
        return fault_no_memory(fault);
    slot->user = user;
    slot->place = DUE_NONE;
    registry_put(book, REGISTRY_KEYS, index, entry);
    book->registry.key_count++;
    holder_at(book, user)->keys++;
    list_key(book, index);
    struct due_item end = {.due_us = entry->end_us, .index = index};
    if (!table_add(&book->registry.key_by_id, id_hash(book, slot->key.secret_id), index) ||
        (entry->end_us != 0 && !due_add(&book->registry.ends, end)))
        return fault_no_memory(fault);
    return STATUS_DONE;
}

struct status apply_set_key(struct book *book, const struct entry *entry, struct fault *fault)
{
    uint32_t index = find_key(book, entry->secret_id);
    if (index == TABLE_NONE || book_key(book, index)->organisation != entry->organisation)
        return registry_wrong(entry, fault, "there is no such key");
    struct key *key = &key_slot(book, index)->key;
    unlist_key(book, index);
    key->enabled = entry->enabled;
    key->version = entry->sequence;
    list_key(book, index);
    const struct registry_list *disabled = &account_of(book, key_slot(book, index))->disabled;
    if (disabled->count > ACCOUNT_DISABLED_KEYS_KEPT)
        drop_key(book, disabled->first);
    return STATUS_DONE;
}

/* Reading */

uint32_t book_key_count(const struct book *book)
{
    return book->registry.key_count;
}

const struct key *book_key(const struct book *book, uint32_t index)
{
    return &key_slot(book, index)->key;
}

const struct key *book_find_key(const struct book *book, struct slice secret_id)
{
    uint32_t index = find_key(book, secret_id);
    return index == TABLE_NONE ? NULL : book_key(book, index);
}
