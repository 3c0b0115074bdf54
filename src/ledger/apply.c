/* Folding entries into the book.
 *
 * 1. An entry is applied whole or the book is thrown away. Nothing in it that can be checked is
 *    taken on trust: order, time, back-links, the member's new state against its old one by the law
 *    of its kind (effect.c), and that the organisation's accounts sum to zero afterwards.
 * 2. Recovery loads rows that may be newer than the mark from which the tail is applied. A member
 *    whose last_sequence is not below the entry's already reflects it: the entry leaves it alone,
 *    and with it the sums over members, which change only by what a member really changes. So these
 *    sums are right at every moment.
 * 3. An organisation's own accounts change by the entry's amounts, not by the member's change, and
 *    carry the sequence of their last change (own_sequence): they too skip what they reflect.
 * 4. While members are ahead of their organisation's accounts the total cannot be zero. It is
 *    checked from the entry on that made the newest row loaded (loaded_until), and by
 *    book_recovered at the end of the tail.
 * 5. That a uin is at home in one organisation only can be said of one moment; rows of several
 *    moments may contradict it, so it too is checked beyond loaded_until only.
 *
 * A writer alone. */
#include "ledger/book_state.h"

#include "base/check.h"

#include <inttypes.h>

static struct status wrong(const struct entry *entry, struct fault *fault, const char *what)
{
    const char *name = entry_kind_name(entry->kind);
    return fault_raise(fault, STATUS_CORRUPT, "entry %" PRIu64 " (%s): %s", entry->sequence,
                       name ? name : "unknown kind", what);
}

static struct status check_order(const struct book *book, const struct entry *entry,
                                 struct fault *fault)
{
    bool gap_allowed = !book->started && entry_kind_is_registry(entry->kind);
    bool follows =
        gap_allowed ? entry->sequence > book->sequence : entry->sequence == book->sequence + 1;
    if (!follows)
        return wrong(entry, fault, "out of sequence");
    if (entry->time_us < book->time_us)
        return wrong(entry, fault, "its time is before that of the entry before");
    return STATUS_DONE;
}

/* Temporary grants */

static struct status add_grant(struct book *book, struct member *member, const struct entry *entry,
                               struct fault *fault)
{
    struct amount sum = entry->cash;
    for (uint32_t i = member->grants; i != BOOK_NONE; i = book_grant(book, i)->next)
        if (!amount_add(sum, book_grant(book, i)->amount, &sum))
            return wrong(entry, fault, "temporary credit overflows");
    if (amount_compare(sum, MEMBER_AMOUNT_MAX) > 0)
        return wrong(entry, fault, "temporary credit overflows");
    uint32_t index = pool_take(&book->grants);
    if (index == POOL_NONE)
        return fault_no_memory(fault);
    struct grant *grant = pool_at(&book->grants, index);
    *grant = (struct grant){entry->sequence, entry->cash, entry->start_us, entry->end_us,
                            member->grants};
    member->grants = index;
    return STATUS_DONE;
}

static struct status drop_grant(struct book *book, struct member *member, const struct entry *entry,
                                struct fault *fault)
{
    for (uint32_t *at = &member->grants; *at != BOOK_NONE;) {
        uint32_t index = *at;
        struct grant *grant = pool_at(&book->grants, index);
        if (grant->id == entry->subject) {
            *at = grant->next;
            pool_give(&book->grants, index);
            return STATUS_DONE;
        }
        at = &grant->next;
    }
    return wrong(entry, fault, "the member has no such grant");
}

static void drop_all_grants(struct book *book, struct member *member)
{
    while (member->grants != BOOK_NONE) {
        uint32_t index = member->grants;
        member->grants = book_grant(book, index)->next;
        pool_give(&book->grants, index);
    }
}

/* Holds */

static struct status add_hold(struct book *book, struct member *member, const struct entry *entry,
                              struct fault *fault)
{
    uint32_t index = pool_take(&book->holds);
    if (index == POOL_NONE)
        return fault_no_memory(fault);
    struct hold *hold = pool_at(&book->holds, index);
    *hold = (struct hold){entry->sequence, entry->cash, entry->end_us, member->holds};
    member->holds = index;
    return STATUS_DONE;
}

/* Takes the entry's amount out of the hold; expiry takes all that is left. */
static struct status reduce_hold(struct book *book, struct member *member,
                                 const struct entry *entry, struct fault *fault)
{
    uint32_t *at = &member->holds;
    struct hold *hold = NULL;
    for (; *at != BOOK_NONE; at = &hold->next) {
        hold = pool_at(&book->holds, *at);
        if (hold->id == entry->subject)
            break;
    }
    if (*at == BOOK_NONE || !hold)
        return wrong(entry, fault, "the member has no such hold");
    int order = amount_compare(entry->cash, hold->amount);
    if (order > 0 || (order < 0 && entry->kind == ENTRY_EXPIRE))
        return wrong(entry, fault, "the amount is not what the hold has");
    if (!amount_subtract(hold->amount, entry->cash, &hold->amount))
        return wrong(entry, fault, "the hold overflows");
    if (amount_is_zero(hold->amount)) {
        uint32_t index = *at;
        *at = hold->next;
        pool_give(&book->holds, index);
    }
    return STATUS_DONE;
}

/* What an entry changes about a member besides its state. */
static struct status change_lists(struct book *book, struct member *member,
                                  const struct entry *entry, struct fault *fault)
{
    enum entry_kind kind = entry->kind;
    if (kind == ENTRY_GRANT_TEMPORARY)
        return add_grant(book, member, entry, fault);
    if (kind == ENTRY_REVOKE_TEMPORARY)
        return drop_grant(book, member, entry, fault);
    if (kind == ENTRY_HOLD)
        return add_hold(book, member, entry, fault);
    if (kind == ENTRY_CAPTURE || kind == ENTRY_RELEASE || kind == ENTRY_EXPIRE)
        return reduce_hold(book, member, entry, fault);
    if (kind == ENTRY_LEAVE)
        drop_all_grants(book, member);
    if (kind == ENTRY_JOIN)
        member->joined_us = entry->time_us;
    if (kind == ENTRY_JOIN || kind == ENTRY_RENAME)
        if (!book_member_name(book, member, entry->name))
            return fault_no_memory(fault);
    return STATUS_DONE;
}

static struct status link_touch(struct book *book, struct member *member, const struct entry *entry,
                                const struct touch *touch, struct fault *fault)
{
    struct links links = book_member_links(member);
    uint64_t previous = 0, jump = 0;
    links_next(&book->links, &links, &previous, &jump);
    if (touch->ordinal != links.ordinal + 1 || touch->previous != previous || touch->jump != jump)
        return wrong(entry, fault, "its back-links are not the member's");
    if (!links_push(&book->links, &links, entry->sequence))
        return fault_no_memory(fault);
    member->ordinal = links.ordinal;
    member->last_sequence = links.last;
    member->chain = links.rest;
    return STATUS_DONE;
}

static struct status find_or_join(struct book *book, const struct entry *entry,
                                  const struct touch *touch, struct fault *fault,
                                  uint32_t *ret_index)
{
    uint32_t index = book_find_index(book, entry->organisation, touch->uin);
    if (entry->kind == ENTRY_JOIN && entry->sequence > book->loaded_until &&
        book_organisation_of(book, touch->uin))
        return wrong(entry, fault, "the account is at home elsewhere");
    if (index == BOOK_NONE && entry->kind != ENTRY_JOIN)
        return wrong(entry, fault, "there is no such member");
    if (index == BOOK_NONE)
        index = book_member_add(book, entry->organisation, touch->uin);
    if (index == BOOK_NONE)
        return fault_no_memory(fault);
    *ret_index = index;
    return STATUS_DONE;
}

static struct status apply_touch(struct book *book, const struct entry *entry,
                                 const struct effect *effect, uint32_t which, struct fault *fault)
{
    const struct touch *touch = &entry->touches[which];
    uint32_t index = BOOK_NONE;
    TRY(find_or_join(book, entry, touch, fault, &index));
    struct member *member = book_member_mutable(book, index);
    if (entry->sequence <= member->last_sequence)
        return STATUS_DONE; /* invariant 2 */
    if (!entry_allows(entry, effect, which, &member->state, &touch->after))
        return wrong(entry, fault, "the member's new state does not follow from its old one");
    TRY(link_touch(book, member, entry, touch, fault));
    TRY(change_lists(book, member, entry, fault));
    return book_member_change(book, index, &touch->after, fault);
}

static bool changes_own(const struct effect *effect)
{
    return !amount_is_zero(effect->funding) || !amount_is_zero(effect->revenue) ||
           !amount_is_zero(effect->promotion) || !amount_is_zero(effect->suspense);
}

/* observe is for a later version. */
static bool is_known(enum entry_kind kind)
{
    return kind < ENTRY_ORGANISATION && entry_kind_name(kind) != NULL;
}

static struct status apply_member_entry(struct book *book, const struct entry *entry,
                                        struct fault *fault)
{
    struct organisation_slot *slot = book_slot(book, entry->organisation);
    struct effect effect;
    if (!slot)
        return wrong(entry, fault, "there is no such organisation");
    if (entry->touch_count == 0 || !is_known(entry->kind))
        return wrong(entry, fault, "not known to this version");
    if (!effect_of(entry, &effect))
        return wrong(entry, fault, "its amounts overflow");
    for (uint32_t i = 0; i < entry->touch_count; i++)
        TRY(apply_touch(book, entry, &effect, i, fault));
    if (changes_own(&effect) && entry->sequence > slot->own_sequence) {
        if (!sums_change_own(&slot->organisation, &effect))
            return wrong(entry, fault, "the organisation's accounts overflow");
        slot->own_sequence = entry->sequence;
    }
    if (entry->sequence >= slot->loaded_until && !sums_are_zero(&slot->organisation))
        return wrong(entry, fault, "the organisation's accounts do not sum to zero");
    return STATUS_DONE;
}

struct status book_apply(struct book *book, const struct entry *entry, struct fault *fault)
{
    TRY(check_order(book, entry, fault));
    if (entry_kind_is_registry(entry->kind)) {
        TRY(registry_apply(book, entry, fault));
    } else {
        TRY(apply_member_entry(book, entry, fault));
        book->started = true;
    }
    book->sequence = entry->sequence;
    book->time_us = entry->time_us;
    return STATUS_DONE;
}
