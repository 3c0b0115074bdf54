/* Checkpoint rows: members and organisations' own accounts as bytes, and back.
 *
 * A member's row: version; organisation; uin; name; joined (signed); rejoined (byte); last
 * sequence; ordinal; flags (byte); cash (signed), income, gift, frozen, basic and temporary credit;
 * for each place of the back-link stack how far it is behind the one before; count of grants, each:
 * id, amount, start and end (signed), started (byte); count of holds, each: id, amount, expiry
 * (signed). Newest first. An organisation's row: version; id; funding, revenue, promotion, suspense
 * (signed); sequence of their last change.
 *
 * 1. Equal states give equal rows, however the book came to them: row of replay = row of load.
 * 2. A row says which entry it reflects (see apply.c on recovery).
 *
 * Owns nothing. Encoding beside readers; loading alone. */
#include "ledger/book_state.h"

#include "base/wire.h"

#include "base/check.h"

enum { ROW_VERSION = 2, ROW_LIST_MAX = 1 << 24 };

/* Encoding */

static void put_state(struct buffer *out, const struct member_state *state)
{
    wire_put_byte(out, state->flags);
    wire_put_i64(out, state->cash.micros);
    wire_put_u64(out, (uint64_t)state->income.micros);
    wire_put_u64(out, (uint64_t)state->gift.micros);
    wire_put_u64(out, (uint64_t)state->frozen.micros);
    wire_put_u64(out, (uint64_t)state->basic_credit.micros);
    wire_put_u64(out, (uint64_t)state->temporary.micros);
}

static void put_links(const struct book *book, const struct member *member, struct buffer *out)
{
    uint64_t before = member->last_sequence;
    for (uint32_t i = member->chain; i != BOOK_NONE;) {
        const struct link *link = pool_at(&book->links, i);
        uint64_t sequence = link_sequence(&book->links, i);
        wire_put_u64(out, before - sequence);
        before = sequence;
        i = link->next;
    }
}

static void put_past_names(const struct book *book, const struct member *member, struct buffer *out)
{
    uint64_t count = 0, before = member->last_sequence + 1;
    for (uint32_t i = member->past_names; i != BOOK_NONE; count++) {
        const struct past_name *past = pool_at(&book->past_names, i);
        i = past->next;
    }
    wire_put_u64(out, count);
    for (uint32_t i = member->past_names; i != BOOK_NONE;) {
        const struct past_name *past = pool_at(&book->past_names, i);
        wire_put_u64(out, before - past->until);
        wire_put_text(out, slice_of(past->at, past->len));
        before = past->until;
        i = past->next;
    }
}

static void put_grants(const struct book *book, const struct member *member, struct buffer *out)
{
    uint64_t count = 0;
    for (uint32_t i = member->grants; i != BOOK_NONE; i = book_grant(book, i)->next)
        count++;
    wire_put_u64(out, count);
    for (uint32_t i = member->grants; i != BOOK_NONE; i = book_grant(book, i)->next) {
        const struct grant *grant = book_grant(book, i);
        wire_put_u64(out, grant->id);
        wire_put_u64(out, (uint64_t)grant->amount.micros);
        wire_put_i64(out, grant->start_us);
        wire_put_i64(out, grant->end_us);
        wire_put_byte(out, grant->started);
    }
}

static void put_holds(const struct book *book, const struct member *member, struct buffer *out)
{
    uint64_t count = 0;
    for (uint32_t i = member->holds; i != BOOK_NONE; i = book_hold(book, i)->next)
        count++;
    wire_put_u64(out, count);
    for (uint32_t i = member->holds; i != BOOK_NONE; i = book_hold(book, i)->next) {
        const struct hold *hold = book_hold(book, i);
        wire_put_u64(out, hold->id);
        wire_put_u64(out, (uint64_t)hold->amount.micros);
        wire_put_i64(out, hold->expires_us);
    }
}

void book_member_encode(const struct book *book, uint32_t index, struct buffer *out)
{
    const struct member *member = book_member(book, index);
    wire_put_byte(out, ROW_VERSION);
    wire_put_u64(out, member->organisation);
    wire_put_uin(out, member->uin);
    wire_put_text(out, slice_of(member->name, member->name_len));
    wire_put_i64(out, member->joined_us);
    wire_put_byte(out, member->rejoined);
    wire_put_u64(out, member->last_sequence);
    wire_put_u64(out, member->ordinal);
    put_state(out, &member->state);
    put_links(book, member, out);
    put_past_names(book, member, out);
    put_grants(book, member, out);
    put_holds(book, member, out);
}

void book_organisation_encode(const struct book *book, uint32_t id, struct buffer *out)
{
    const struct organisation_slot *slot = book_slot(book, id);
    CHECK(slot);
    wire_put_byte(out, ROW_VERSION);
    wire_put_u64(out, id);
    wire_put_i64(out, slot->organisation.funding.micros);
    wire_put_i64(out, slot->organisation.revenue.micros);
    wire_put_i64(out, slot->organisation.promotion.micros);
    wire_put_i64(out, slot->organisation.suspense.micros);
    wire_put_u64(out, slot->own_sequence);
}

/* Loading */

static struct status bad_row(struct fault *fault, const char *what)
{
    return fault_raise(fault, STATUS_CORRUPT, "a checkpoint row of %s is damaged", what);
}

static struct amount get_unsigned_amount(struct wire *wire)
{
    uint64_t max = (uint64_t)MEMBER_AMOUNT_MAX.micros;
    return (struct amount){(int64_t)wire_get_bounded(wire, max)};
}

static struct member_state get_state(struct wire *wire)
{
    struct member_state state = {0};
    state.flags = wire_get_byte(wire);
    state.cash.micros = wire_get_i64(wire);
    state.income = get_unsigned_amount(wire);
    state.gift = get_unsigned_amount(wire);
    state.frozen = get_unsigned_amount(wire);
    state.basic_credit = get_unsigned_amount(wire);
    state.temporary = get_unsigned_amount(wire);
    wire->bad |= !member_state_is_valid(&state);
    return state;
}

/* The stack arrives from the top; each place is hung behind the one before. */
static bool get_links(struct book *book, struct wire *wire, struct member *member)
{
    uint64_t before = member->last_sequence;
    uint32_t *behind = &member->chain;
    for (uint32_t left = links_rest_depth(member->ordinal); left > 0 && !wire->bad; left--) {
        uint64_t distance = wire_get_u64(wire);
        wire->bad |= distance == 0 || distance >= before;
        before -= wire->bad ? 0 : distance;
        *behind = link_take(&book->links, before, BOOK_NONE);
        if (*behind == POOL_NONE)
            return false;
        struct link *link = pool_at(&book->links, *behind);
        behind = &link->next;
    }
    return true;
}

/* False: memory is short. */
static bool get_past_names(struct book *book, struct wire *wire, struct member *member)
{
    uint64_t before = member->last_sequence + 1;
    uint32_t *behind = &member->past_names;
    for (uint64_t left = wire_get_bounded(wire, ROW_LIST_MAX); left > 0 && !wire->bad; left--) {
        uint64_t distance = wire_get_u64(wire);
        struct slice name = wire_get_text(wire, UINT16_MAX), place = SLICE_NONE;
        wire->bad |= distance == 0 || distance >= before || !name_is_valid(name);
        if (wire->bad)
            return true;
        before -= distance;
        if (!heap_put(&book->heap, name, &place))
            return false;
        uint32_t index = names_put_past(book, behind, before, place);
        if (index == BOOK_NONE)
            return false;
        struct past_name *past = pool_at(&book->past_names, index);
        behind = &past->next;
    }
    return true;
}

static bool get_flag(struct wire *wire)
{
    uint8_t flag = wire_get_byte(wire);
    wire->bad |= flag > 1;
    return flag == 1;
}

/* False: memory is short. */
static bool get_grants(struct book *book, struct wire *wire, struct member *member, uint32_t index)
{
    uint64_t before = member->last_sequence + 1;
    uint32_t *behind = &member->grants;
    struct amount sum = AMOUNT_ZERO, started = AMOUNT_ZERO;
    for (uint64_t left = wire_get_bounded(wire, ROW_LIST_MAX); left > 0 && !wire->bad; left--) {
        struct grant grant = {.id = wire_get_bounded(wire, before - 1), .member = index};
        grant.amount = get_unsigned_amount(wire);
        grant.start_us = wire_get_i64(wire);
        grant.end_us = wire_get_i64(wire);
        grant.started = get_flag(wire);
        wire->bad |= grant.id == 0 || !amount_add(sum, grant.amount, &sum) ||
                     amount_compare(sum, MEMBER_AMOUNT_MAX) > 0 ||
                     idmap_find(&book->grant_by_id, grant.id) != 0;
        if (wire->bad)
            return true;
        before = grant.id;
        if (grant.started)
            CHECK(amount_add(started, grant.amount, &started)); /* part of the sum */
        uint32_t placed = lists_put_grant(book, behind, &grant);
        if (placed == BOOK_NONE)
            return false;
        struct grant *place = pool_at(&book->grants, placed);
        behind = &place->next;
    }
    wire->bad |= amount_compare(started, member->state.temporary) != 0;
    return true;
}

static bool get_holds(struct book *book, struct wire *wire, struct member *member, uint32_t index)
{
    uint64_t before = member->last_sequence + 1;
    uint32_t *behind = &member->holds;
    uint32_t newer = BOOK_NONE;
    struct amount sum = AMOUNT_ZERO;
    for (uint64_t left = wire_get_bounded(wire, ROW_LIST_MAX); left > 0 && !wire->bad; left--) {
        struct hold hold = {.id = wire_get_bounded(wire, before - 1), .member = index};
        hold.amount = get_unsigned_amount(wire);
        hold.expires_us = wire_get_i64(wire);
        wire->bad |= hold.id == 0 || amount_is_zero(hold.amount) ||
                     !amount_add(sum, hold.amount, &sum) ||
                     idmap_find(&book->hold_by_id, hold.id) != 0;
        if (wire->bad)
            return true;
        before = hold.id;
        newer = lists_put_hold(book, behind, newer, &hold);
        if (newer == BOOK_NONE)
            return false;
        struct hold *place = pool_at(&book->holds, newer);
        behind = &place->next;
    }
    wire->bad |= amount_compare(sum, member->state.frozen) != 0;
    return true;
}

/* A fresh member, or the owner's account as its organisation's entry made it. That no other row was
 * about the same member is seen when they are indexed, all at once. */
static struct status find_place(struct book *book, uint32_t organisation, struct uin uin,
                                uint8_t flags, struct fault *fault, uint32_t *ret_index)
{
    if (organisation == 0 || organisation > ORGANISATIONS_MAX)
        return bad_row(fault, "a member");
    if (!book_slot_make(book, organisation))
        return fault_no_memory(fault);
    uint32_t index = flags & MEMBER_OWNER ? book_find_index(book, organisation, uin) : BOOK_NONE;
    if (index == BOOK_NONE)
        index = book_member_add_unindexed(book, organisation, uin);
    else if (!(book_member(book, index)->state.flags & MEMBER_OWNER) ||
             book_member(book, index)->ordinal > 1)
        return fault_raise(fault, STATUS_CORRUPT, "the checkpoint has an owner twice");
    if (index == BOOK_NONE)
        return fault_no_memory(fault);
    *ret_index = index;
    return STATUS_DONE;
}

static void note_loaded(struct book *book, struct organisation_slot *slot, uint64_t sequence)
{
    if (sequence > slot->loaded_until)
        slot->loaded_until = sequence;
    if (sequence > book->loaded_until)
        book->loaded_until = sequence;
}

struct status book_member_load(struct book *book, struct slice bytes, struct fault *fault)
{
    struct wire wire = wire_of(bytes);
    if (wire_get_byte(&wire) != ROW_VERSION)
        return fault_raise(fault, STATUS_NEWER, "the checkpoint is of another version");
    uint32_t organisation = (uint32_t)wire_get_bounded(&wire, UINT32_MAX);
    struct uin uin = wire_get_uin(&wire);
    struct slice name = wire_get_text(&wire, UINT16_MAX);
    int64_t joined_us = wire_get_i64(&wire);
    bool rejoined = get_flag(&wire);
    uint64_t last_sequence = wire_get_bounded(&wire, UINT64_MAX - 1);
    uint64_t ordinal = wire_get_bounded(&wire, last_sequence);
    struct member_state state = get_state(&wire);
    if (wire.bad || ordinal == 0 || !name_is_valid(name))
        return bad_row(fault, "a member");
    uint32_t index = BOOK_NONE;
    TRY(find_place(book, organisation, uin, state.flags, fault, &index));
    struct member *member = book_member_mutable(book, index);
    member->joined_us = joined_us;
    member->rejoined = rejoined;
    member->last_sequence = last_sequence;
    member->ordinal = ordinal;
    TRY(book_member_change(book, index, &state, fault));
    if (!book_member_name(book, member, name) || !get_links(book, &wire, member) ||
        !get_past_names(book, &wire, member) || !get_grants(book, &wire, member, index) ||
        !get_holds(book, &wire, member, index))
        return fault_no_memory(fault);
    if (!wire_ok(&wire))
        return bad_row(fault, "a member");
    note_loaded(book, pool_at(&book->organisations, organisation - 1), last_sequence);
    return STATUS_DONE;
}

struct status book_organisation_load(struct book *book, struct slice bytes, struct fault *fault)
{
    struct wire wire = wire_of(bytes);
    if (wire_get_byte(&wire) != ROW_VERSION)
        return fault_raise(fault, STATUS_NEWER, "the checkpoint is of another version");
    uint32_t id = (uint32_t)wire_get_bounded(&wire, ORGANISATIONS_MAX);
    struct amount funding = {wire_get_i64(&wire)};
    struct amount revenue = {wire_get_i64(&wire)};
    struct amount promotion = {wire_get_i64(&wire)};
    struct amount suspense = {wire_get_i64(&wire)};
    uint64_t own_sequence = wire_get_u64(&wire);
    if (!wire_ok(&wire) || id == 0)
        return bad_row(fault, "an organisation");
    struct organisation_slot *slot = book_slot_make(book, id);
    if (!slot)
        return fault_no_memory(fault);
    slot->organisation.funding = funding;
    slot->organisation.revenue = revenue;
    slot->organisation.promotion = promotion;
    slot->organisation.suspense = suspense;
    slot->own_sequence = own_sequence;
    note_loaded(book, slot, own_sequence);
    return STATUS_DONE;
}

void book_loaded(struct book *book, uint64_t sequence, int64_t time_us)
{
    book_index_members(book);
    book->sequence = sequence;
    book->time_us = time_us;
    book->started = true;
    registry_drop_ended(book, time_us);
}
