/* Changing one member: holds, credit, its name, its leaving.
 *
 * 1. A command is judged whole before anything of it is drafted: also whether the organisation's
 *    sums have room for it.
 * 2. A hold reserves what is available; capturing it can then not fail for want of money.
 *
 * Committer thread. */
#include "ledger/draft.h"

#include "ledger/book_state.h"

#include "base/check.h"

/* What a judged change comes to: the entries to draft. */
struct plan {
    struct draft_member *member;
    struct amount hold_left;   /* capture, release: before it */
    struct member_state after; /* not of a modification, which takes several steps */
};

static struct status no_memory(struct fault *fault)
{
    return fault_raise(fault, STATUS_MEMORY, "no memory left to decide a command");
}

static bool is_positive(struct amount amount)
{
    return amount_compare(amount, AMOUNT_ZERO) > 0;
}

/* Judging -------------------------------------------------------------------------------------- */

static enum refusal judge_hold(const struct draft *draft, const struct change *change,
                               const struct draft_member *member)
{
    struct amount frozen;
    if (!is_positive(change->amount))
        return REFUSAL_AMOUNT_NOT_POSITIVE;
    if (change->end_us != 0 && change->end_us <= draft->now_us)
        return REFUSAL_EXPIRY_PASSED;
    if (!amount_add(member->state.frozen, change->amount, &frozen) ||
        !member_amount_is_valid(frozen))
        return REFUSAL_AMOUNT_OVERFLOW;
    if (member->state.flags & MEMBER_ARREARS)
        return REFUSAL_NONE;
    return amount_compare(state_available(&member->state), change->amount) < 0
               ? REFUSAL_BALANCE_INSUFFICIENT
               : REFUSAL_NONE;
}

/* Capture, release. */
static enum refusal judge_reduction(const struct draft *draft, struct change *change,
                                    struct plan *plan)
{
    struct amount left = draft_hold_left(draft, plan->member, change->subject);
    if (amount_is_zero(left))
        return REFUSAL_HOLD_UNKNOWN;
    if (amount_is_negative(change->amount))
        return REFUSAL_AMOUNT_NOT_POSITIVE;
    if (amount_compare(change->amount, left) > 0)
        return REFUSAL_HOLD_EXCEEDED;
    change->moved = amount_is_zero(change->amount) ? left : change->amount;
    plan->hold_left = left;
    return REFUSAL_NONE;
}

static enum refusal judge_capture(const struct draft *draft, struct change *change,
                                  struct plan *plan)
{
    enum refusal refusal = judge_reduction(draft, change, plan);
    struct member_state after = plan->member->state;
    if (refusal != REFUSAL_NONE)
        return refusal;
    return state_spend(&after, change->moved) && member_state_is_valid(&after)
               ? REFUSAL_NONE
               : REFUSAL_AMOUNT_OVERFLOW;
}

static bool renames(const struct change *change, const struct draft_member *member)
{
    return change->name.len > 0 && !slice_equal(change->name, member->name);
}

/* The owner's own account goes by the organisation's name. */
static enum refusal judge_modify(const struct change *change, const struct draft_member *member)
{
    CHECK((change->flags_mask & ~(MEMBER_IS_CREDIT | MEMBER_ARREARS)) == 0);
    if (change->name.len > 0 && !name_is_valid(change->name))
        return REFUSAL_NAME_INVALID;
    if (renames(change, member) && (member->state.flags & MEMBER_OWNER))
        return REFUSAL_MEMBER_IS_OWNER;
    if (!change->sets_basic_credit)
        return REFUSAL_NONE;
    if (amount_is_negative(change->basic_credit))
        return REFUSAL_AMOUNT_NEGATIVE;
    return member_amount_is_valid(change->basic_credit) ? REFUSAL_NONE : REFUSAL_AMOUNT_OVERFLOW;
}

static enum refusal judge_remove(const struct draft_member *member)
{
    const struct member_state *state = &member->state;
    if (state->flags & MEMBER_OWNER)
        return REFUSAL_MEMBER_IS_OWNER;
    bool is_empty = amount_is_zero(state->cash) && amount_is_zero(state->income) &&
                    amount_is_zero(state->gift) && amount_is_zero(state->frozen);
    return is_empty ? REFUSAL_NONE : REFUSAL_MEMBER_NOT_EMPTY;
}

static enum refusal judge_grant(const struct draft *draft, const struct change *change,
                                const struct draft_member *member)
{
    struct amount sum = change->amount;
    uint32_t count = 0;
    if (!is_positive(change->amount))
        return REFUSAL_AMOUNT_NOT_POSITIVE;
    if (change->end_us != 0 && change->end_us <= change->start_us)
        return REFUSAL_PERIOD_INVALID;
    if (change->end_us != 0 && change->end_us <= draft->now_us)
        return REFUSAL_EXPIRY_PASSED;
    for (uint32_t i = member->grants; i != BOOK_NONE; count++) {
        const struct grant *grant = pool_at(&draft->grants, i);
        if (!amount_add(sum, grant->amount, &sum))
            return REFUSAL_AMOUNT_OVERFLOW;
        i = grant->next;
    }
    if (count >= GRANTS_PER_MEMBER_MAX)
        return REFUSAL_GRANT_LIMIT;
    return member_amount_is_valid(sum) ? REFUSAL_NONE : REFUSAL_AMOUNT_OVERFLOW;
}

static enum refusal judge(const struct draft *draft, struct command *command, struct plan *plan)
{
    struct change *change = &command->change;
    if (!reason_is_valid(change->text))
        return REFUSAL_REASON_INVALID;
    switch (command->kind) {
    case COMMAND_HOLD:
        return judge_hold(draft, change, plan->member);
    case COMMAND_CAPTURE:
        return judge_capture(draft, change, plan);
    case COMMAND_RELEASE:
        return judge_reduction(draft, change, plan);
    case COMMAND_MODIFY_MEMBER:
        return judge_modify(change, plan->member);
    case COMMAND_REMOVE_MEMBER:
        return judge_remove(plan->member);
    case COMMAND_GRANT_TEMPORARY:
        return judge_grant(draft, change, plan->member);
    case COMMAND_REVOKE_TEMPORARY:
        return draft_find_grant(draft, plan->member, change->subject) ? REFUSAL_NONE
                                                                      : REFUSAL_GRANT_UNKNOWN;
    case COMMAND_CREATE_ORGANISATION:
    case COMMAND_ADD_MEMBERS:
    case COMMAND_ADD_KEY:
    case COMMAND_SET_KEY:
    case COMMAND_PUT_POLICY:
    case COMMAND_REMOVE_POLICY:
    case COMMAND_DELEGATE:
    case COMMAND_REMOVE_DELEGATE:
    case COMMAND_POST:
        break;
    }
    CHECK(command->kind > COMMAND_POST); /* and all those were dealt with */
    return REFUSAL_NONE;
}

/* What the change makes of the member, in one step; a modification has several (below). */
static struct member_state state_after(const struct draft *draft, const struct command *command,
                                       const struct plan *plan)
{
    const struct change *change = &command->change;
    struct member_state after = plan->member->state;
    bool is_capture = command->kind == COMMAND_CAPTURE;
    if (command->kind == COMMAND_HOLD)
        CHECK(amount_add(after.frozen, change->amount, &after.frozen));
    if (is_capture || command->kind == COMMAND_RELEASE)
        CHECK(amount_subtract(after.frozen, change->moved, &after.frozen));
    if (is_capture)
        CHECK(state_spend(&after, change->moved));
    if (command->kind == COMMAND_REMOVE_MEMBER) {
        after.flags |= MEMBER_LEFT;
        after.temporary = AMOUNT_ZERO;
    }
    if (command->kind == COMMAND_GRANT_TEMPORARY &&
        grant_is_active_at(change->start_us, change->end_us, draft->now_us))
        CHECK(amount_add(after.temporary, change->amount, &after.temporary));
    if (command->kind == COMMAND_REVOKE_TEMPORARY) {
        const struct grant *grant = draft_find_grant(draft, plan->member, change->subject);
        if (grant->started)
            CHECK(amount_subtract(after.temporary, grant->amount, &after.temporary));
    }
    return after;
}

static enum entry_kind entry_kind_of(enum command_kind kind)
{
    static const enum entry_kind kinds[] = {
        [COMMAND_HOLD] = ENTRY_HOLD,
        [COMMAND_CAPTURE] = ENTRY_CAPTURE,
        [COMMAND_RELEASE] = ENTRY_RELEASE,
        [COMMAND_REMOVE_MEMBER] = ENTRY_LEAVE,
        [COMMAND_GRANT_TEMPORARY] = ENTRY_GRANT_TEMPORARY,
        [COMMAND_REVOKE_TEMPORARY] = ENTRY_REVOKE_TEMPORARY,
    };
    return kinds[kind];
}

/* The parts of the entry besides the member's. */
static void entry_fill(const struct change *change, enum entry_kind kind, struct entry *entry)
{
    bool is_new = kind == ENTRY_HOLD || kind == ENTRY_GRANT_TEMPORARY;
    if (is_new) {
        entry->cash = change->amount;
        entry->start_us = kind == ENTRY_GRANT_TEMPORARY ? change->start_us : 0;
        entry->end_us = change->end_us;
    }
    if (kind == ENTRY_CAPTURE || kind == ENTRY_RELEASE)
        entry->cash = change->moved;
    if (!is_new && kind != ENTRY_LEAVE)
        entry->subject = change->subject;
}

/* Some members' frozen amounts, or what they owe, may together be more than a sum can say. */
static enum refusal judge_sums(const struct organisation *sums, const struct command *command,
                               const struct plan *plan)
{
    struct organisation after = *sums;
    struct entry entry = {.kind = entry_kind_of(command->kind)};
    struct effect effect;
    entry_fill(&command->change, entry.kind, &entry);
    CHECK(effect_of(&entry, &effect));
    return sums_change_member(&after, &plan->member->state, &plan->after) &&
                   sums_change_own(&after, &effect)
               ? REFUSAL_NONE
               : REFUSAL_AMOUNT_OVERFLOW;
}

/* Drafting ------------------------------------------------------------------------------------- */

/* Begins an entry of the change; NULL when memory is short. */
static struct entry *entry_begin(struct draft *draft, const struct command *command,
                                 enum entry_kind kind)
{
    struct entry *entry = draft_entry_add(draft, kind, command->organisation);
    if (entry)
        entry->text = command->change.text;
    return entry;
}

/* Ends it: the member's part, the organisation's sums, and what is answered. */
static struct status entry_end(struct draft *draft, struct command *command,
                               struct draft_member *member, const struct member_state *after,
                               struct entry *entry, struct fault *fault)
{
    struct effect effect;
    struct organisation *sums = draft_sums(draft, command->organisation);
    CHECK(effect_of(entry, &effect));
    if (!sums)
        return no_memory(fault);
    CHECK(sums_change_member(sums, &member->state, after) && sums_change_own(sums, &effect));
    if (!draft_touch(draft, member, after, entry))
        return no_memory(fault);
    CHECK(entry_is_valid(entry));
    if (command->change.first_sequence == 0)
        command->change.first_sequence = entry->sequence;
    command->change.last_sequence = entry->sequence;
    return STATUS_DONE;
}

/* Holds and grants as they are after the entry. False: memory is short. */
static bool lists_after(struct draft *draft, const struct plan *plan, const struct entry *entry)
{
    struct draft_member *member = plan->member;
    struct amount left;
    if (entry->kind == ENTRY_HOLD)
        return draft_hold_put(draft, member, entry->sequence, entry->cash);
    if (entry->kind == ENTRY_CAPTURE || entry->kind == ENTRY_RELEASE) {
        CHECK(amount_subtract(plan->hold_left, entry->cash, &left));
        return draft_hold_put(draft, member, entry->subject, left);
    }
    if (entry->kind == ENTRY_REVOKE_TEMPORARY)
        draft_grant_drop(draft, member, entry->subject);
    if (entry->kind == ENTRY_LEAVE)
        member->grants = BOOK_NONE;
    if (entry->kind != ENTRY_GRANT_TEMPORARY)
        return true;
    const struct grant grant = {
        .id = entry->sequence,
        .amount = entry->cash,
        .start_us = entry->start_us,
        .end_us = entry->end_us,
        .started = grant_is_active_at(entry->start_us, entry->end_us, entry->time_us),
    };
    return draft_grant_put(draft, member, &grant);
}

static struct status draft_change(struct draft *draft, struct command *command,
                                  const struct plan *plan, struct fault *fault)
{
    command->change.after = plan->after;
    if (command->dry_run)
        return STATUS_DONE;
    if (command->kind == COMMAND_REMOVE_MEMBER)
        TRY(draft_end_authority(draft, plan->member, command, fault));
    struct entry *entry = entry_begin(draft, command, entry_kind_of(command->kind));
    if (!entry)
        return no_memory(fault);
    entry_fill(&command->change, entry->kind, entry);
    if (!lists_after(draft, plan, entry))
        return no_memory(fault);
    return entry_end(draft, command, plan->member, &plan->after, entry, fault);
}

/* An entry for each part that becomes another: rename, set_credit, set_arrears. */
static struct status draft_modification(struct draft *draft, struct command *command,
                                        struct draft_member *member, struct fault *fault)
{
    struct change *change = &command->change;
    struct member_state after = member->state;
    uint8_t flags =
        (uint8_t)((after.flags & ~change->flags_mask) | (change->flags & change->flags_mask));
    struct amount basic_credit =
        change->sets_basic_credit ? change->basic_credit : after.basic_credit;
    bool sets_credit = amount_compare(basic_credit, after.basic_credit) != 0 ||
                       ((flags ^ after.flags) & MEMBER_IS_CREDIT);
    bool sets_arrears = (flags ^ after.flags) & MEMBER_ARREARS;
    if (renames(change, member) && !command->dry_run) {
        struct entry *entry = draft_entry_add(draft, ENTRY_RENAME, command->organisation);
        if (!entry)
            return no_memory(fault);
        entry->name = change->name;
        member->name = change->name;
        TRY(entry_end(draft, command, member, &after, entry, fault));
    }
    after.basic_credit = basic_credit;
    after.flags = (uint8_t)((after.flags & ~MEMBER_IS_CREDIT) | (flags & MEMBER_IS_CREDIT));
    if (sets_credit && !command->dry_run) {
        struct entry *entry = entry_begin(draft, command, ENTRY_SET_CREDIT);
        if (!entry)
            return no_memory(fault);
        TRY(entry_end(draft, command, member, &after, entry, fault));
    }
    after.flags = flags;
    if (sets_arrears && !command->dry_run) {
        struct entry *entry = entry_begin(draft, command, ENTRY_SET_ARREARS);
        if (!entry)
            return no_memory(fault);
        TRY(entry_end(draft, command, member, &after, entry, fault));
    }
    change->after = after;
    return STATUS_DONE;
}

struct status decide_change(struct draft *draft, struct command *command, struct fault *fault,
                            enum refusal *ret_refusal)
{
    struct change *change = &command->change;
    struct plan plan = {.member = NULL};
    change->first_sequence = change->last_sequence = 0;
    change->moved = AMOUNT_ZERO;
    enum refusal refusal = REFUSAL_ORGANISATION_UNKNOWN;
    if (book_organisation(draft->book, command->organisation))
        refusal = draft_member_get(draft, command->organisation, change->uin, &plan.member);
    if (refusal == REFUSAL_NONE && !plan.member)
        return no_memory(fault);
    if (refusal == REFUSAL_NONE)
        refusal = judge(draft, command, &plan);
    *ret_refusal = refusal;
    if (refusal != REFUSAL_NONE)
        return STATUS_DONE;
    if (command->kind == COMMAND_MODIFY_MEMBER)
        return draft_modification(draft, command, plan.member, fault);
    const struct organisation *sums = draft_sums(draft, command->organisation);
    if (!sums)
        return no_memory(fault);
    plan.after = state_after(draft, command, &plan);
    *ret_refusal = judge_sums(sums, command, &plan);
    if (*ret_refusal != REFUSAL_NONE)
        return STATUS_DONE;
    return draft_change(draft, command, &plan, fault);
}
