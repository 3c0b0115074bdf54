/* What a member has besides its state: temporary grants and open holds, and when time will change
 * them.
 *
 * 1. Both lists are newest first. A grant or hold is found by its id, the sequence of the entry
 * that made it.
 * 2. An open hold with an end has a place in `due`; so has a grant that has still to start or to
 * end. Nothing else has.
 * 3. state.temporary is the sum of the started grants, state.frozen that of the holds.
 *
 * Owns nothing: the pools and indexes are the book's. A writer alone. */
#include "ledger/book_state.h"

#include "base/check.h"

static struct grant *grant_at(const struct book *book, uint32_t index)
{
    return pool_at(&book->grants, index);
}

static struct hold *hold_at(const struct book *book, uint32_t index)
{
    return pool_at(&book->holds, index);
}

void lists_moved(void *owner, const struct due_item *item, uint32_t place)
{
    struct book *book = owner;
    if (item->is_grant)
        grant_at(book, item->index)->place = place;
    else
        hold_at(book, item->index)->place = place;
}

/* Grants */

int64_t lists_grant_due_us(const struct grant *grant)
{
    if (!grant->started)
        return grant->start_us;
    return grant->end_us ? grant->end_us : INT64_MAX;
}

static bool grant_await(struct book *book, uint32_t index)
{
    int64_t due_us = lists_grant_due_us(grant_at(book, index));
    grant_at(book, index)->place = DUE_NONE;
    return due_us == INT64_MAX || due_add(&book->due, (struct due_item){due_us, index, true});
}

static void grant_forget(struct book *book, const struct grant *grant)
{
    if (grant->place != DUE_NONE)
        due_remove(&book->due, grant->place);
}

/* Puts a grant behind `*link`, where the list goes on. */
uint32_t lists_put_grant(struct book *book, uint32_t *link, const struct grant *grant)
{
    uint32_t index = pool_take(&book->grants);
    if (index == POOL_NONE)
        return BOOK_NONE;
    struct grant *placed = grant_at(book, index);
    *placed = *grant;
    placed->next = *link;
    if (!idmap_add(&book->grant_by_id, grant->id, (uint64_t)index + 1) || !grant_await(book, index))
        return BOOK_NONE;
    *link = index;
    return index;
}

static struct grant *find_grant(const struct book *book, uint64_t id)
{
    uint64_t found = idmap_find(&book->grant_by_id, id);
    return found ? grant_at(book, (uint32_t)(found - 1)) : NULL;
}

static void drop_grant(struct book *book, struct member *member, uint64_t id)
{
    uint32_t *link = &member->grants;
    while (book_grant(book, *link)->id != id)
        link = &grant_at(book, *link)->next;
    uint32_t index = *link;
    struct grant *grant = grant_at(book, index);
    grant_forget(book, grant);
    *link = grant->next;
    idmap_remove(&book->grant_by_id, id);
    pool_give(&book->grants, index);
}

static void drop_all_grants(struct book *book, struct member *member)
{
    while (member->grants != BOOK_NONE)
        drop_grant(book, member, book_grant(book, member->grants)->id);
}

/* Holds */

uint32_t lists_put_hold(struct book *book, uint32_t *link, uint32_t before, const struct hold *hold)
{
    uint32_t index = pool_take(&book->holds);
    if (index == POOL_NONE)
        return BOOK_NONE;
    struct hold *placed = hold_at(book, index);
    *placed = *hold;
    placed->next = *link;
    placed->before = before;
    placed->place = DUE_NONE;
    if (!idmap_add(&book->hold_by_id, hold->id, (uint64_t)index + 1))
        return BOOK_NONE;
    if (hold->expires_us != 0 &&
        !due_add(&book->due, (struct due_item){hold->expires_us, index, false}))
        return BOOK_NONE;
    if (placed->next != BOOK_NONE)
        hold_at(book, placed->next)->before = index;
    *link = index;
    return index;
}

static struct hold *find_hold(const struct book *book, uint64_t id)
{
    uint64_t found = idmap_find(&book->hold_by_id, id);
    return found ? hold_at(book, (uint32_t)(found - 1)) : NULL;
}

static void drop_hold(struct book *book, struct member *member, struct hold *hold)
{
    uint32_t index = hold->before == BOOK_NONE ? member->holds : hold_at(book, hold->before)->next;
    if (hold->before == BOOK_NONE)
        member->holds = hold->next;
    else
        hold_at(book, hold->before)->next = hold->next;
    if (hold->next != BOOK_NONE)
        hold_at(book, hold->next)->before = hold->before;
    if (hold->place != DUE_NONE)
        due_remove(&book->due, hold->place);
    idmap_remove(&book->hold_by_id, hold->id);
    pool_give(&book->holds, index);
}

/* What the entry needs to be there, and what it makes of the temporary credit. NULL: as it should
 * be; else what is wrong. */

static const char *judge_grant(const struct book *book, const struct member *member,
                               const struct entry *entry)
{
    struct amount sum = entry->cash;
    for (uint32_t i = member->grants; i != BOOK_NONE; i = book_grant(book, i)->next)
        if (!amount_add(sum, book_grant(book, i)->amount, &sum))
            return "temporary credit overflows";
    return member_amount_is_valid(sum) ? NULL : "temporary credit overflows";
}

static const char *judge_grant_end(const struct grant *grant, const struct entry *entry)
{
    if (entry->kind == ENTRY_START_TEMPORARY &&
        (grant->started || entry->time_us < grant->start_us))
        return "the grant does not start then";
    if (entry->kind == ENTRY_END_TEMPORARY &&
        (!grant->started || grant->end_us == 0 || entry->time_us < grant->end_us))
        return "the grant does not end then";
    return NULL;
}

static const char *judge_hold(const struct hold *hold, const struct entry *entry)
{
    int order = amount_compare(entry->cash, hold->amount);
    if (order > 0 || (order < 0 && entry->kind == ENTRY_EXPIRE))
        return "the amount is not what the hold has";
    if (entry->kind == ENTRY_EXPIRE && (hold->expires_us == 0 || entry->time_us < hold->expires_us))
        return "the hold does not expire then";
    return NULL;
}

static bool is_about_grant(enum entry_kind kind)
{
    return kind == ENTRY_REVOKE_TEMPORARY || kind == ENTRY_START_TEMPORARY ||
           kind == ENTRY_END_TEMPORARY;
}

static bool is_about_hold(enum entry_kind kind)
{
    return kind == ENTRY_CAPTURE || kind == ENTRY_RELEASE || kind == ENTRY_EXPIRE;
}

/* How the entry changes the sum of the active grants. */
static struct amount temporary_after(const struct book *book, const struct member *member,
                                     const struct entry *entry)
{
    struct amount after = member->state.temporary, change = AMOUNT_ZERO;
    const struct grant *grant =
        is_about_grant(entry->kind) ? find_grant(book, entry->subject) : NULL;
    if (entry->kind == ENTRY_LEAVE || entry->kind == ENTRY_JOIN)
        return AMOUNT_ZERO;
    if (entry->kind == ENTRY_GRANT_TEMPORARY &&
        grant_is_active_at(entry->start_us, entry->end_us, entry->time_us))
        change = entry->cash;
    if (grant && entry->kind == ENTRY_START_TEMPORARY)
        change = grant->amount;
    if (grant && grant->started)
        change.micros = -grant->amount.micros; /* never negative, so this fits */
    CHECK(amount_add(after, change, &after));  /* both within MEMBER_AMOUNT_MAX */
    return after;
}

const char *lists_judge(const struct book *book, const struct member *member, uint32_t index,
                        const struct entry *entry, const struct member_state *after)
{
    const char *wrong = NULL;
    if (entry->kind == ENTRY_GRANT_TEMPORARY)
        wrong = judge_grant(book, member, entry);
    if (is_about_grant(entry->kind)) {
        const struct grant *grant = find_grant(book, entry->subject);
        if (!grant || grant->member != index)
            return "the member has no such grant";
        wrong = judge_grant_end(grant, entry);
    }
    if (is_about_hold(entry->kind)) {
        const struct hold *hold = find_hold(book, entry->subject);
        if (!hold || hold->member != index)
            return "the member has no such hold";
        wrong = judge_hold(hold, entry);
    }
    if (wrong)
        return wrong;
    return amount_compare(temporary_after(book, member, entry), after->temporary) == 0
               ? NULL
               : "the member's temporary credit is not what its grants add up to";
}

/* Changing. False: memory is short. */

static bool start_grant(struct book *book, uint64_t id)
{
    uint32_t index = (uint32_t)(idmap_find(&book->grant_by_id, id) - 1);
    struct grant *grant = grant_at(book, index);
    grant_forget(book, grant);
    grant->started = true;
    return grant_await(book, index);
}

static bool add_grant(struct book *book, struct member *member, uint32_t index,
                      const struct entry *entry)
{
    const struct grant grant = {
        .id = entry->sequence,
        .amount = entry->cash,
        .start_us = entry->start_us,
        .end_us = entry->end_us,
        .member = index,
        .started = grant_is_active_at(entry->start_us, entry->end_us, entry->time_us),
    };
    return lists_put_grant(book, &member->grants, &grant) != BOOK_NONE;
}

static bool add_hold(struct book *book, struct member *member, uint32_t index,
                     const struct entry *entry)
{
    const struct hold hold = {
        .id = entry->sequence, .amount = entry->cash, .expires_us = entry->end_us, .member = index};
    return lists_put_hold(book, &member->holds, BOOK_NONE, &hold) != BOOK_NONE;
}

static void reduce_hold(struct book *book, struct member *member, const struct entry *entry)
{
    struct hold *hold = find_hold(book, entry->subject);
    CHECK(hold); /* judged before */
    CHECK(amount_subtract(hold->amount, entry->cash, &hold->amount));
    if (amount_is_zero(hold->amount))
        drop_hold(book, member, hold);
}

bool lists_change(struct book *book, struct member *member, uint32_t index,
                  const struct entry *entry)
{
    enum entry_kind kind = entry->kind;
    if (kind == ENTRY_GRANT_TEMPORARY)
        return add_grant(book, member, index, entry);
    if (kind == ENTRY_START_TEMPORARY)
        return start_grant(book, entry->subject);
    if (kind == ENTRY_REVOKE_TEMPORARY || kind == ENTRY_END_TEMPORARY)
        drop_grant(book, member, entry->subject);
    if (kind == ENTRY_HOLD)
        return add_hold(book, member, index, entry);
    if (is_about_hold(kind))
        reduce_hold(book, member, entry);
    if (kind == ENTRY_LEAVE)
        drop_all_grants(book, member);
    return true;
}

/* Reading */

const struct grant *book_grant(const struct book *book, uint32_t index)
{
    return grant_at(book, index);
}

const struct hold *book_hold(const struct book *book, uint32_t index)
{
    return hold_at(book, index);
}

const struct hold *book_find_hold(const struct book *book, uint64_t id)
{
    return find_hold(book, id);
}

const struct grant *book_find_grant(const struct book *book, uint64_t id)
{
    return find_grant(book, id);
}

uint32_t book_hold_count(const struct book *book)
{
    return (uint32_t)book->hold_by_id.count;
}

int64_t book_next_due_us(const struct book *book)
{
    return due_next_us(&book->due);
}

struct amount book_temporary_credit(const struct book *book, const struct member *member,
                                    int64_t t_us)
{
    struct amount sum = AMOUNT_ZERO;
    for (uint32_t i = member->grants; i != BOOK_NONE; i = book_grant(book, i)->next) {
        const struct grant *grant = book_grant(book, i);
        if (grant_is_active_at(grant->start_us, grant->end_us, t_us))
            CHECK(amount_add(sum, grant->amount, &sum)); /* MEMBER_AMOUNT_MAX */
    }
    return sum;
}

struct amount book_frozen(const struct book *book, const struct member *member, int64_t t_us)
{
    struct amount frozen = member->state.frozen;
    if (book_next_due_us(book) > t_us) /* nearly always: the committer is a moment behind at most */
        return frozen;
    for (uint32_t i = member->holds; i != BOOK_NONE; i = book_hold(book, i)->next) {
        const struct hold *hold = book_hold(book, i);
        if (hold->expires_us != 0 && hold->expires_us <= t_us)
            CHECK(amount_subtract(frozen, hold->amount, &frozen));
    }
    return frozen;
}
