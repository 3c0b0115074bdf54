/* Posting transfers: top_up, withdraw, charge, refund, grant_gift, move, adjust.
 *
 * 1. Each transfer is judged on what those before it in the same command leave (the members'
 * `trial` states and a copy of the organisation's sums). Entries are drafted when all have been
 * judged: so a refused command leaves no trace.
 * 2. Nobody spends what is not available: money and credit less what is frozen. Only a charge (and
 * a hold) may go beyond it, of a member with arrears. Withdrawn and moved is money that is there:
 *    never credit.
 * 3. A charge takes gift first, then income, then cash.
 *
 * Committer thread. */
#include "ledger/draft.h"

#include "ledger/book_state.h"
#include "ledger/fields.h"
#include "ledger/outcomes.h"

#include "base/check.h"

enum { REASON_BYTES_MAX = 1024 };

static struct status no_memory(struct fault *fault)
{
    return fault_raise(fault, STATUS_MEMORY, "no memory left to decide a command");
}

bool reason_is_valid(struct slice text)
{
    return text.len <= REASON_BYTES_MAX && text_is_sound(text);
}

struct amount state_available(const struct member_state *state)
{
    struct fields fields;
    CHECK(fields_derive(state, state->temporary, &fields)); /* MEMBER_AMOUNT_MAX */
    return fields.real_credit_balance;
}

static struct amount smaller(struct amount a, struct amount b)
{
    return amount_compare(a, b) < 0 ? a : b;
}

bool state_spend(struct member_state *state, struct amount amount)
{
    struct amount gift = smaller(state->gift, amount);
    CHECK(amount_subtract(amount, gift, &amount));
    struct amount income = smaller(state->income, amount);
    CHECK(amount_subtract(amount, income, &amount));
    CHECK(amount_subtract(state->gift, gift, &state->gift));
    CHECK(amount_subtract(state->income, income, &state->income));
    return amount_subtract(state->cash, amount, &state->cash);
}

/* Judging -------------------------------------------------------------------------------------- */

static bool is_posted_kind(enum entry_kind kind)
{
    return kind == ENTRY_TOP_UP || kind == ENTRY_WITHDRAW || kind == ENTRY_CHARGE ||
           kind == ENTRY_REFUND || kind == ENTRY_GRANT_GIFT || kind == ENTRY_MOVE ||
           kind == ENTRY_ADJUST;
}

/* What can be wrong with a transfer by itself. */
static enum refusal judge_values(const struct transfer *transfer)
{
    CHECK(is_posted_kind(transfer->kind) && !uin_is_none(transfer->uin));
    if (!reason_is_valid(transfer->text))
        return REFUSAL_REASON_INVALID;
    if (transfer->kind == ENTRY_ADJUST) {
        bool is_nothing = amount_is_zero(transfer->amount) && amount_is_zero(transfer->income) &&
                          amount_is_zero(transfer->gift);
        if (transfer->text.len == 0)
            return REFUSAL_REASON_MISSING;
        if (is_nothing)
            return REFUSAL_AMOUNT_NOT_POSITIVE;
        return member_amount_is_valid(transfer->amount) &&
                       member_amount_is_valid(transfer->income) &&
                       member_amount_is_valid(transfer->gift)
                   ? REFUSAL_NONE
                   : REFUSAL_AMOUNT_OVERFLOW;
    }
    if (amount_is_negative(transfer->amount) || amount_is_zero(transfer->amount))
        return REFUSAL_AMOUNT_NOT_POSITIVE;
    if (transfer->kind == ENTRY_MOVE && uin_equal(transfer->uin, transfer->to))
        return REFUSAL_MOVE_TO_SELF;
    return member_amount_is_valid(transfer->amount) ? REFUSAL_NONE : REFUSAL_AMOUNT_OVERFLOW;
}

/* Whether the member has it to spend. */
static enum refusal judge_means(const struct transfer *transfer, const struct member_state *before)
{
    enum entry_kind kind = transfer->kind;
    bool takes_cash = kind == ENTRY_WITHDRAW || kind == ENTRY_MOVE;
    if (kind != ENTRY_CHARGE && !takes_cash)
        return REFUSAL_NONE;
    if (takes_cash && amount_compare(before->cash, transfer->amount) < 0)
        return REFUSAL_BALANCE_INSUFFICIENT;
    if (!takes_cash && (before->flags & MEMBER_ARREARS))
        return REFUSAL_NONE;
    return amount_compare(state_available(before), transfer->amount) < 0
               ? REFUSAL_BALANCE_INSUFFICIENT
               : REFUSAL_NONE;
}

static void entry_fill(const struct transfer *transfer, struct entry *entry)
{
    entry->cash = transfer->amount;
    entry->income = transfer->income;
    entry->gift = transfer->gift;
    entry->text = transfer->text;
}

/* The member's state after it; false: it would not fit. */
static bool state_after(const struct transfer *transfer, const struct effect *effect,
                        const struct member_state *before, struct member_state *ret_after)
{
    struct member_state after = *before;
    if (transfer->kind == ENTRY_CHARGE) {
        if (!state_spend(&after, transfer->amount))
            return false;
    } else if (transfer->kind == ENTRY_REFUND) {
        struct amount *account = transfer->account == ACCOUNT_GIFT     ? &after.gift
                                 : transfer->account == ACCOUNT_INCOME ? &after.income
                                                                       : &after.cash;
        if (!amount_add(*account, transfer->amount, account))
            return false;
    } else {
        return effect_on(effect, before, ret_after);
    }
    *ret_after = after;
    return member_state_is_valid(&after);
}

/* A negative part that should not be is told apart from a number that is too large. */
static enum refusal refusal_of_misfit(const struct transfer *transfer,
                                      const struct member_state *before)
{
    struct amount income, gift;
    if (transfer->kind != ENTRY_ADJUST || !amount_add(before->income, transfer->income, &income) ||
        !amount_add(before->gift, transfer->gift, &gift))
        return REFUSAL_AMOUNT_OVERFLOW;
    return amount_is_negative(income) || amount_is_negative(gift) ? REFUSAL_AMOUNT_NEGATIVE
                                                                  : REFUSAL_AMOUNT_OVERFLOW;
}

static const struct member_state *trial_of(const struct draft *draft, struct draft_member *member)
{
    if (member->trial_of != draft->trial_of) {
        member->trial = member->state;
        member->trial_of = draft->trial_of;
    }
    return &member->trial;
}

static enum refusal judge_move(const struct draft *draft, const struct transfer *transfer,
                               struct draft_member *to, struct member_state *ret_after)
{
    struct member_state after = *trial_of(draft, to);
    if (!amount_add(after.cash, transfer->amount, &after.cash) || !member_state_is_valid(&after))
        return REFUSAL_AMOUNT_OVERFLOW;
    *ret_after = after;
    return REFUSAL_NONE;
}

/* The organisation's sums after the transfer. */
static bool sums_after(struct organisation *sums, const struct transfer *transfer,
                       const struct effect *effect, struct draft_member *const *members)
{
    struct organisation after = *sums;
    if (!sums_change_own(&after, effect) ||
        !sums_change_member(&after, &members[0]->trial, &transfer->after[0]))
        return false;
    if (members[1] && !sums_change_member(&after, &members[1]->trial, &transfer->after[1]))
        return false;
    *sums = after;
    return true;
}

/* All about one transfer, its members found: what it leaves is on trial from here on. */
static enum refusal judge_found(const struct draft *draft, struct transfer *transfer,
                                struct draft_member *const *members, struct organisation *sums)
{
    struct entry entry = {.kind = transfer->kind};
    struct effect effect;
    const struct member_state *before = trial_of(draft, members[0]);
    enum refusal refusal = judge_means(transfer, before);
    if (refusal != REFUSAL_NONE)
        return refusal;
    entry_fill(transfer, &entry);
    if (!effect_of(&entry, &effect))
        return REFUSAL_AMOUNT_OVERFLOW;
    if (!state_after(transfer, &effect, before, &transfer->after[0]))
        return refusal_of_misfit(transfer, before);
    if (members[1]) {
        refusal = judge_move(draft, transfer, members[1], &transfer->after[1]);
        if (refusal != REFUSAL_NONE)
            return refusal;
    }
    if (!sums_after(sums, transfer, &effect, members))
        return REFUSAL_AMOUNT_OVERFLOW;
    members[0]->trial = transfer->after[0];
    if (members[1])
        members[1]->trial = transfer->after[1];
    return REFUSAL_NONE;
}

static struct status find_members(struct draft *draft, const struct command *command,
                                  struct transfer *transfer, struct fault *fault)
{
    struct draft_member **members = transfer->drafted;
    bool moves = transfer->kind == ENTRY_MOVE;
    members[0] = members[1] = NULL;
    enum refusal refusal =
        draft_member_get(draft, command->organisation, transfer->uin, &members[0]);
    if (refusal == REFUSAL_NONE && members[0] && moves)
        refusal = draft_member_get(draft, command->organisation, transfer->to, &members[1]);
    if (refusal == REFUSAL_NONE && (!members[0] || (moves && !members[1])))
        return no_memory(fault);
    transfer->refusal = refusal;
    return STATUS_DONE;
}

static struct status judge(struct draft *draft, const struct command *command,
                           struct transfer *transfer, struct organisation *sums,
                           struct fault *fault)
{
    transfer->sequence = 0;
    transfer->refusal = judge_values(transfer);
    if (transfer->refusal == REFUSAL_NONE)
        TRY(find_members(draft, command, transfer, fault));
    if (transfer->refusal == REFUSAL_NONE)
        transfer->refusal = judge_found(draft, transfer, transfer->drafted, sums);
    return STATUS_DONE;
}

/* Drafting ------------------------------------------------------------------------------------- */

static struct status draft_transfer(struct draft *draft, const struct command *command,
                                    struct transfer *transfer, struct fault *fault)
{
    struct entry *entry = draft_entry_add(draft, transfer->kind, command->organisation);
    if (!entry)
        return no_memory(fault);
    entry_fill(transfer, entry);
    transfer->sequence = entry->sequence;
    for (uint32_t i = 0; i < 2 && transfer->drafted[i]; i++)
        if (!draft_touch(draft, transfer->drafted[i], &transfer->after[i], entry))
            return no_memory(fault);
    CHECK(entry_is_valid(entry));
    return STATUS_DONE;
}

/* Members lie anywhere in memory: those of the transfers to come are asked for early, so that
 * waiting for memory overlaps. */
static void look_ahead(const struct draft *draft, const struct command *command, uint32_t item)
{
    enum { NEAR = 3, FAR = 6 };
    if (item + FAR < command->transfer_count)
        book_expect_member(draft->book, command->transfers[item + FAR].uin, false);
    if (item + NEAR < command->transfer_count)
        book_expect_member(draft->book, command->transfers[item + NEAR].uin, true);
}

static struct status judge_all(struct draft *draft, struct command *command,
                               struct organisation *sums, struct fault *fault,
                               enum refusal *ret_refusal, uint32_t *ret_item)
{
    enum refusal first = REFUSAL_NONE;
    for (uint32_t i = 0; i < command->transfer_count; i++) {
        struct transfer *transfer = &command->transfers[i];
        look_ahead(draft, command, i);
        TRY(judge(draft, command, transfer, sums, fault));
        if (first == REFUSAL_NONE && transfer->refusal != REFUSAL_NONE) {
            first = transfer->refusal;
            *ret_item = i;
        }
    }
    *ret_refusal = command->partial ? REFUSAL_NONE : first;
    return STATUS_DONE;
}

struct status decide_post(struct draft *draft, struct command *command, struct fault *fault,
                          enum refusal *ret_refusal, uint32_t *ret_item)
{
    if (!book_organisation(draft->book, command->organisation)) {
        *ret_refusal = REFUSAL_ORGANISATION_UNKNOWN;
        return STATUS_DONE;
    }
    if (command->transfer_count > COMMAND_ITEMS_MAX) {
        *ret_refusal = REFUSAL_LIMIT;
        return STATUS_DONE;
    }
    struct organisation *sums = draft_sums(draft, command->organisation);
    if (!sums)
        return no_memory(fault);
    struct organisation after = *sums;
    draft->trial_of++;
    TRY(judge_all(draft, command, &after, fault, ret_refusal, ret_item));
    if (*ret_refusal != REFUSAL_NONE || command->dry_run)
        return STATUS_DONE;
    for (uint32_t i = 0; i < command->transfer_count; i++)
        if (command->transfers[i].refusal == REFUSAL_NONE)
            TRY(draft_transfer(draft, command, &command->transfers[i], fault));
    *sums = after;
    return STATUS_DONE;
}
