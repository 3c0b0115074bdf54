/* Holders: who has keys, policies and delegations, organisation by organisation.
 *
 * 1. A user belongs to the account of its first key, for as long as it has keys or policies. One
 *    that has policies and never had a key belongs to none.
 * 2. users_policies of an account is the sum over its users.
 * 3. An account with at most ACCOUNT_KEYS_MAX enabled keys and ACCOUNT_POLICIES_MAX policies of its
 *    users is ended in so many entries (decide sees to the ceilings).
 * 4. A holder of nothing, with no users, is not there.
 *
 * A writer alone; readers beside readers. */
#include "ledger/book_state.h"

#include "base/check.h"

struct holder *holder_at(const struct book *book, uint32_t index)
{
    return pool_at(&book->registry.holders, index);
}

uint32_t holder_find(const struct book *book, uint32_t organisation, struct uin uin)
{
    const struct table *table = &book->registry.holder_by_uin;
    struct table_probe probe;
    uint64_t hash = account_hash(book, organisation, uin);
    for (uint32_t i = table_first(table, hash, &probe); i != TABLE_NONE;
         i = table_next(table, &probe)) {
        const struct holder *holder = holder_at(book, i);
        if (holder->organisation == organisation && uin_equal(holder->uin, uin))
            return i;
    }
    return BOOK_NONE;
}

uint32_t holder_make(struct book *book, uint32_t organisation, struct uin uin)
{
    uint32_t index = holder_find(book, organisation, uin);
    if (index != BOOK_NONE)
        return index;
    index = pool_take(&book->registry.holders);
    if (index == POOL_NONE)
        return BOOK_NONE;
    *holder_at(book, index) = (struct holder){
        .account = BOOK_NONE,
        .next = BOOK_NONE,
        .before = BOOK_NONE,
        .organisation = organisation,
        .uin = uin,
        .policies = BOOK_NONE,
        .users = BOOK_NONE,
        .enabled = {BOOK_NONE, BOOK_NONE, 0},
        .disabled = {BOOK_NONE, BOOK_NONE, 0},
        .delegation = BOOK_NONE,
    };
    uint64_t hash = account_hash(book, organisation, uin);
    return table_add(&book->registry.holder_by_uin, hash, index) ? index : BOOK_NONE;
}

bool holder_bind(struct book *book, uint32_t user, uint32_t account)
{
    struct holder *of_user = holder_at(book, user), *of_account = holder_at(book, account);
    if (of_user->account != BOOK_NONE)
        return of_user->account == account;
    of_user->account = account;
    of_user->next = of_account->users;
    if (of_account->users != BOOK_NONE)
        holder_at(book, of_account->users)->before = user;
    of_account->users = user;
    of_account->users_policies += of_user->policy_count;
    return true;
}

/* Has neither keys nor policies any more. */
static void unbind(struct book *book, uint32_t index)
{
    struct holder *user = holder_at(book, index), *account = holder_at(book, user->account);
    CHECK(user->policy_count == 0);
    if (user->before == BOOK_NONE)
        account->users = user->next;
    else
        holder_at(book, user->before)->next = user->next;
    if (user->next != BOOK_NONE)
        holder_at(book, user->next)->before = user->before;
    user->account = user->next = user->before = BOOK_NONE;
}

static bool holds_nothing(const struct holder *holder)
{
    return holder->account == BOOK_NONE && holder->policies == BOOK_NONE &&
           holder->users == BOOK_NONE && holder->delegation == BOOK_NONE &&
           holder->enabled.count == 0 && holder->disabled.count == 0;
}

static void remove_empty(struct book *book, uint32_t index)
{
    const struct holder *holder = holder_at(book, index);
    if (!holds_nothing(holder))
        return;
    table_remove(&book->registry.holder_by_uin,
                 account_hash(book, holder->organisation, holder->uin), index);
    pool_give(&book->registry.holders, index);
}

void holder_let_go(struct book *book, uint32_t index)
{
    const struct holder *holder = holder_at(book, index);
    uint32_t account = holder->account;
    bool unbinds = account != BOOK_NONE && holder->keys == 0 && holder->policies == BOOK_NONE;
    if (unbinds)
        unbind(book, index);
    remove_empty(book, index);
    if (unbinds && account != index)
        remove_empty(book, account);
}

/* Ending */

static bool end_keys(const struct book *book, const struct holder *account, int64_t now_us,
                     bool (*end)(void *context, const struct entry *entry), void *context)
{
    for (uint32_t i = account->enabled.first; i != BOOK_NONE;) {
        const struct key_slot *slot = pool_at(&book->registry.keys, i);
        const struct entry entry = {.kind = ENTRY_SET_KEY, .secret_id = slot->key.secret_id};
        if (key_is_kept(&slot->key, now_us) && !end(context, &entry))
            return false;
        i = slot->next;
    }
    return true;
}

static bool end_policies(const struct book *book, const struct holder *user,
                         bool (*end)(void *context, const struct entry *entry), void *context)
{
    for (uint32_t i = user->policies; i != BOOK_NONE;) {
        const struct policy_slot *slot = pool_at(&book->registry.policies, i);
        const struct entry entry = {
            .kind = ENTRY_REMOVE_POLICY, .user = user->uin, .name = slot->policy.name};
        if (!end(context, &entry))
            return false;
        i = slot->next;
    }
    return true;
}

static bool end_delegation(const struct holder *account,
                           bool (*end)(void *context, const struct entry *entry), void *context)
{
    const struct entry entry = {.kind = ENTRY_REMOVE_DELEGATE, .account = account->uin};
    return account->delegation == BOOK_NONE || end(context, &entry);
}

bool holder_end_all(const struct book *book, uint32_t organisation, struct uin account,
                    int64_t now_us, bool (*end)(void *context, const struct entry *entry),
                    void *context)
{
    uint32_t index = holder_find(book, organisation, account);
    if (index == BOOK_NONE)
        return true;
    const struct holder *holder = holder_at(book, index);
    bool goes_on = end_keys(book, holder, now_us, end, context);
    if (holder->account == BOOK_NONE) /* never had a key of its own; what it was given is its own */
        goes_on = goes_on && end_policies(book, holder, end, context);
    for (uint32_t i = holder->users; i != BOOK_NONE && goes_on; i = holder_at(book, i)->next)
        goes_on = end_policies(book, holder_at(book, i), end, context);
    return goes_on && end_delegation(holder, end, context);
}

static bool is_found(void *context, const struct entry *entry)
{
    (void)context;
    (void)entry;
    return false;
}

bool holder_may_act(const struct book *book, uint32_t organisation, struct uin account)
{
    return !holder_end_all(book, organisation, account, book->time_us, is_found, NULL);
}
