/* Folding entries into the book.
 *
 * 1. An entry is applied whole or the book is thrown away. Nothing in it that can be checked is
 *    taken on trust: order, time, back-links, the member's new state against its old one by the law
 *    of its kind (effect.c), and that the organisation's accounts sum to zero afterwards.
 * 2. Recovery loads rows that may be newer than the mark from which the tail is applied. A member
 *    whose last_sequence is not below the entry's already reflects it: the entry leaves it alone,
 *    and with it the sums over members, which change only by what a member really changes. So these
 *    sums are right at every moment (modulo 2^64: rows of several moments may be more than fits).
 * 3. An organisation's own accounts change by the entry's amounts, not by the member's change, and
 *    carry the sequence of their last change (own_sequence): they too skip what they reflect.
 * 4. While members are ahead of their organisation's accounts the total cannot be zero. It is
 *    checked from the entry on that made the newest row loaded (loaded_until), and by
 *    book_recovered at the end of the tail.
 * 5. That a uin is at home in one organisation only can be said of one moment; rows of several
 *    moments may contradict it, so it too is checked beyond loaded_until only.
 * 6. A leave finds no authority of the account left: what ended it are entries before it.
 * 7. Rows that have a member twice are followed by no entry: nobody could say which one it means.
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

/* Time comes first: what was due by then has its entry before, in its order. Rows newer than the
 * entry say what is due later than they should while the tail is replayed. */
static struct status check_due(const struct book *book, const struct entry *entry,
                               struct fault *fault)
{
    int64_t due_us = book_next_due_us(book);
    if (!book->started || entry->sequence <= book->loaded_until)
        return STATUS_DONE;
    if (!entry_kind_is_timed(entry->kind) && due_us <= entry->time_us)
        return wrong(entry, fault, "something else was due before it");
    if (entry_kind_is_timed(entry->kind) && entry->time_us > due_us &&
        entry->time_us > book->time_us)
        return wrong(entry, fault, "it is later than it was due");
    return STATUS_DONE;
}

static struct status check_order(const struct book *book, const struct entry *entry,
                                 struct fault *fault)
{
    bool gap_allowed = !book->started && entry_kind_is_registry(entry->kind);
    bool follows =
        gap_allowed ? entry->sequence > book->sequence : entry->sequence == book->sequence + 1;
    if (!follows)
        return wrong(entry, fault, "out of sequence");
    if (book->twice)
        return wrong(entry, fault, "the checkpoint before it has a member twice");
    if (entry->time_us < book->time_us)
        return wrong(entry, fault, "its time is before that of the entry before");
    return check_due(book, entry, fault);
}

static struct status change_member(struct book *book, struct member *member, uint32_t index,
                                   const struct entry *entry, struct fault *fault)
{
    bool joins = entry->kind == ENTRY_JOIN;
    if (joins)
        member->joined_us = entry->time_us;
    if (joins || entry->kind == ENTRY_RENAME)
        if (!book_member_rename(book, member, entry->name, entry->sequence))
            return fault_no_memory(fault);
    return lists_change(book, member, index, entry) ? STATUS_DONE : fault_no_memory(fault);
}

static struct status link_touch(struct book *book, struct member *member, const struct entry *entry,
                                const struct touch *touch, struct fault *fault)
{
    struct links links = book_member_links(member);
    uint64_t previous = 0, jump = 0;
    const struct link_pools pools = {&book->links, NULL};
    links_next(&pools, &links, &previous, &jump);
    if (touch->ordinal != links.ordinal + 1 || touch->previous != previous || touch->jump != jump)
        return wrong(entry, fault, "its back-links are not the member's");
    if (!links_push(&pools, &links, entry->sequence))
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
    const char *misfit = lists_judge(book, member, index, entry, &touch->after);
    if (misfit)
        return wrong(entry, fault, misfit);
    member->rejoined |= entry->kind == ENTRY_JOIN && member->ordinal > 0;
    TRY(link_touch(book, member, entry, touch, fault));
    TRY(change_member(book, member, index, entry, fault));
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
    if (entry->kind == ENTRY_LEAVE &&
        holder_may_act(book, entry->organisation, entry->touches[0].uin))
        return wrong(entry, fault,
                     "keys, policies or a delegation of the account were not ended before");
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
    registry_drop_ended(book, entry->time_us);
    if (entry_kind_is_registry(entry->kind)) {
        TRY(registry_apply(book, entry, fault));
    } else if (entry->kind == ENTRY_REQUEST) {
        TRY(request_apply(book, entry, fault));
    } else {
        TRY(apply_member_entry(book, entry, fault));
        book->started = true;
    }
    book->sequence = entry->sequence;
    book->time_us = entry->time_us;
    registry_drop_ended(book, entry->time_us); /* a key may come when its time is long over */
    return STATUS_DONE;
}
