/* Checks of the whole book: what must hold between all its parts at rest.
 *
 * Reads only. Beside other readers. */
#include "ledger/book_state.h"

#include <inttypes.h>
#include <stdlib.h>

struct status book_recovered(const struct book *book, struct fault *fault)
{
    if (book->twice)
        return fault_raise(fault, STATUS_CORRUPT, "the checkpoint has a member twice");
    if (book->sequence < book->loaded_until)
        return fault_raise(fault, STATUS_CORRUPT,
                           "the checkpoint knows entry %" PRIu64
                           " but the journal ends at %" PRIu64,
                           book->loaded_until, book->sequence);
    for (uint32_t id = 1; id <= book->organisations.count; id++) {
        const struct organisation_slot *slot = book_slot(book, id);
        if (!slot)
            return fault_raise(fault, STATUS_CORRUPT,
                               "the checkpoint has rows of organisation %u, which is not there",
                               id);
        if (!sums_are_zero(&slot->organisation))
            return fault_raise(fault, STATUS_CORRUPT,
                               "the accounts of organisation %u do not sum to zero", id);
    }
    return STATUS_DONE;
}

static struct status wrong(const struct member *member, struct fault *fault, const char *what)
{
    char uin[UIN_DIGITS_MAX];
    int digits = (int)uin_print(member->uin, uin);
    return fault_raise(fault, STATUS_CORRUPT, "member %.*s of organisation %u: %s", digits, uin,
                       member->organisation, what);
}

/* What is to come of it is where it says; with nothing to come it has no place. */
static bool place_is_right(const struct book *book, uint32_t place, const struct due_item *expected)
{
    if (!expected)
        return place == DUE_NONE;
    if (place >= book->due.count)
        return false;
    const struct due_item *item = &book->due.items[place];
    return item->due_us == expected->due_us && item->index == expected->index &&
           item->is_grant == expected->is_grant;
}

static bool grant_awaits_rightly(const struct book *book, uint32_t index)
{
    const struct grant *grant = book_grant(book, index);
    struct due_item next = {lists_grant_due_us(grant), index, true};
    return place_is_right(book, grant->place, next.due_us == INT64_MAX ? NULL : &next);
}

static bool hold_awaits_rightly(const struct book *book, uint32_t index)
{
    const struct hold *hold = book_hold(book, index);
    struct due_item end = {hold->expires_us, index, false};
    return place_is_right(book, hold->place, hold->expires_us == 0 ? NULL : &end);
}

static bool grants_are_sound(const struct book *book, const struct member *member)
{
    uint64_t before = member->last_sequence + 1;
    struct amount sum = AMOUNT_ZERO, started = AMOUNT_ZERO;
    for (uint32_t i = member->grants; i != BOOK_NONE; i = book_grant(book, i)->next) {
        const struct grant *grant = book_grant(book, i);
        struct amount active = grant->started ? grant->amount : AMOUNT_ZERO;
        if (grant->id == 0 || grant->id >= before || amount_is_negative(grant->amount) ||
            !amount_add(sum, grant->amount, &sum) || amount_compare(sum, MEMBER_AMOUNT_MAX) > 0 ||
            !amount_add(started, active, &started) || book_find_grant(book, grant->id) != grant ||
            !grant_awaits_rightly(book, i))
            return false;
        before = grant->id;
    }
    return amount_compare(started, member->state.temporary) == 0;
}

static bool holds_are_sound(const struct book *book, const struct member *member)
{
    uint64_t before = member->last_sequence + 1;
    struct amount sum = AMOUNT_ZERO;
    for (uint32_t i = member->holds; i != BOOK_NONE; i = book_hold(book, i)->next) {
        const struct hold *hold = book_hold(book, i);
        if (hold->id == 0 || hold->id >= before || amount_is_negative(hold->amount) ||
            amount_is_zero(hold->amount) || !amount_add(sum, hold->amount, &sum) ||
            book_find_hold(book, hold->id) != hold || !hold_awaits_rightly(book, i))
            return false;
        before = hold->id;
    }
    return amount_compare(sum, member->state.frozen) == 0;
}

static bool links_are_sound(const struct book *book, const struct member *member)
{
    uint64_t before = member->last_sequence;
    uint32_t depth = 0;
    for (uint32_t i = member->chain; i != BOOK_NONE; depth++) {
        const struct link *link = pool_at(&book->links, i);
        uint64_t sequence = link_sequence(&book->links, i);
        if (sequence == 0 || sequence >= before)
            return false;
        before = sequence;
        i = link->next;
    }
    return member->ordinal > 0 && depth == links_rest_depth(member->ordinal);
}

/* The only member with its uin that has not left, if it has not left itself. */
static bool is_only_home(const struct book *book, const struct member *member)
{
    const struct organisation *home = book_organisation_of(book, member->uin);
    return (member->state.flags & MEMBER_LEFT) || (home && home->id == member->organisation);
}

static struct status check_member(const struct book *book, uint32_t index, struct fault *fault)
{
    const struct member *member = book_member(book, index);
    if (book_find_index(book, member->organisation, member->uin) != index)
        return wrong(member, fault, "not found by its number");
    if (!member_state_is_valid(&member->state) ||
        !name_is_valid(slice_of(member->name, member->name_len)))
        return wrong(member, fault, "its state is not a member's");
    if (member->last_sequence > book->sequence)
        return wrong(member, fault, "newer than the book");
    if (!links_are_sound(book, member))
        return wrong(member, fault, "its back-links are damaged");
    if (!grants_are_sound(book, member) || !holds_are_sound(book, member))
        return wrong(member, fault, "its grants or holds do not add up");
    if (!is_only_home(book, member))
        return wrong(member, fault, "at home in two organisations");
    return STATUS_DONE;
}

static bool equal_sums(const struct organisation *a, const struct organisation *b)
{
    return amount_compare(a->cash, b->cash) == 0 && amount_compare(a->income, b->income) == 0 &&
           amount_compare(a->gift, b->gift) == 0 && amount_compare(a->frozen, b->frozen) == 0;
}

/* What the members of one organisation add up to. */
struct tally {
    struct organisation sums;
    uint32_t listed;
};

static struct status check_organisation(const struct book *book, uint32_t id,
                                        const struct tally *tally, struct fault *fault)
{
    const struct organisation_slot *slot = book_slot(book, id);
    const struct member *owner = book_find_member(book, id, slot->organisation.owner);
    if (!equal_sums(&slot->organisation, &tally->sums))
        return fault_raise(fault, STATUS_CORRUPT, "the sums of organisation %u are wrong", id);
    if (slot->listing.count != tally->listed || !listing_is_sound(&book->listing, &slot->listing))
        return fault_raise(fault, STATUS_CORRUPT, "the listing of organisation %u is wrong", id);
    if (!owner || !(owner->state.flags & MEMBER_OWNER))
        return fault_raise(fault, STATUS_CORRUPT, "organisation %u has no owner", id);
    return STATUS_DONE;
}

/* Every place of the listing is a listed member of that organisation. */
static bool lists_only_its_own(const struct book *book, uint32_t id)
{
    const struct member *members[256];
    uint64_t rank = 0;
    for (size_t count = 1; count > 0; rank += count) {
        count = book_list(book, id, rank, sizeof members / sizeof *members, members);
        for (size_t i = 0; i < count; i++)
            if (members[i]->organisation != id ||
                (members[i]->state.flags & (MEMBER_LEFT | MEMBER_OWNER)))
                return false;
    }
    return true;
}

static struct status check_members(const struct book *book, struct tally *tallies,
                                   struct fault *fault)
{
    static const struct member_state nothing = {0};
    for (uint32_t i = 0; i < book->members.count; i++) {
        const struct member *member = book_member(book, i);
        TRY(check_member(book, i, fault));
        struct tally *tally = &tallies[member->organisation - 1];
        if (!sums_change_member(&tally->sums, &nothing, &member->state))
            return wrong(member, fault, "the sums overflow");
        tally->listed += !(member->state.flags & (MEMBER_LEFT | MEMBER_OWNER));
    }
    return STATUS_DONE;
}

/* Each grant and hold with something to come was found in its place: so as many places as there are
 * such, and the earliest first, is all that is left to ask. */
static struct status check_due(const struct book *book, struct fault *fault)
{
    uint64_t awaited = 0;
    for (uint32_t i = 0; i < book->members.count; i++) {
        const struct member *member = book_member(book, i);
        for (uint32_t at = member->grants; at != BOOK_NONE; at = book_grant(book, at)->next)
            awaited += book_grant(book, at)->place != DUE_NONE;
        for (uint32_t at = member->holds; at != BOOK_NONE; at = book_hold(book, at)->next)
            awaited += book_hold(book, at)->place != DUE_NONE;
    }
    if (awaited != book->due.count || !due_is_sound(&book->due))
        return fault_raise(fault, STATUS_CORRUPT, "what is due is not what members await");
    return STATUS_DONE;
}

static struct status check_all(const struct book *book, struct tally *tallies, struct fault *fault)
{
    TRY(check_members(book, tallies, fault));
    for (uint32_t id = 1; id <= book->organisation_count; id++) {
        TRY(check_organisation(book, id, &tallies[id - 1], fault));
        if (!lists_only_its_own(book, id))
            return fault_raise(fault, STATUS_CORRUPT,
                               "the listing of organisation %u has others' members", id);
    }
    TRY(check_due(book, fault));
    return registry_check(book, fault);
}

struct status book_check(const struct book *book, struct fault *fault)
{
    TRY(book_recovered(book, fault));
    struct tally *tallies = calloc((size_t)book->organisation_count + 1, sizeof *tallies);
    if (!tallies)
        return fault_no_memory(fault);
    struct status status = check_all(book, tallies, fault);
    free(tallies);
    return status;
}
