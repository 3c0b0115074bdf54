/* Adding members with what they have on the first day.
 *
 * 1. All items are judged before anything is drafted; then drafting cannot be refused any more.
 * 2. Every item is judged, also behind a refused one, so that a caller can show all that is wrong.
 * 3. A member who left comes back with exactly what is asked: the opening entry makes up the
 *    difference to what was left behind.
 *
 * Committer thread. */
#include "ledger/draft.h"

#include "ledger/book_state.h"
#include "ledger/outcomes.h"

#include "base/check.h"

enum { ITEM_FLAGS = MEMBER_IS_CREDIT | MEMBER_ARREARS };

static const struct member_state nothing; /* all zero */

static struct status no_memory(struct fault *fault)
{
    return fault_raise(fault, STATUS_MEMORY, "no memory left to decide a command");
}

/* What the item asks for, once its hold is open. */
static struct member_state asked_state(const struct new_member *item)
{
    return (struct member_state){.cash = item->cash,
                                 .income = item->income,
                                 .gift = item->gift,
                                 .frozen = item->frozen,
                                 .basic_credit = item->basic_credit,
                                 .flags = item->flags};
}

static enum refusal judge_grants(const struct new_member *item)
{
    struct amount sum = AMOUNT_ZERO;
    if (item->grant_count > NEW_GRANTS_MAX)
        return REFUSAL_LIMIT;
    for (uint32_t i = 0; i < item->grant_count; i++) {
        const struct new_grant *grant = &item->grants[i];
        if (amount_is_negative(grant->amount))
            return REFUSAL_AMOUNT_NEGATIVE;
        if (!amount_add(sum, grant->amount, &sum) || !member_amount_is_valid(sum))
            return REFUSAL_AMOUNT_OVERFLOW;
        if (grant->end_us != 0 && grant->end_us <= grant->start_us)
            return REFUSAL_PERIOD_INVALID;
    }
    return REFUSAL_NONE;
}

/* What can be wrong with an item by itself. */
static enum refusal judge_values(const struct new_member *item)
{
    struct member_state state = asked_state(item);
    CHECK(!uin_is_none(item->uin) && (item->flags & ~ITEM_FLAGS) == 0);
    if (!name_is_valid(item->name))
        return REFUSAL_NAME_INVALID;
    if (amount_is_negative(state.income) || amount_is_negative(state.gift) ||
        amount_is_negative(state.frozen) || amount_is_negative(state.basic_credit))
        return REFUSAL_AMOUNT_NEGATIVE;
    if (!member_state_is_valid(&state))
        return REFUSAL_AMOUNT_OVERFLOW;
    return judge_grants(item);
}

static bool same_grant(const struct new_grant *a, const struct new_grant *b)
{
    return amount_compare(a->amount, b->amount) == 0 && a->start_us == b->start_us &&
           a->end_us == b->end_us;
}

/* A grant that is over is as if it had never been: neither asked for nor there. */
static bool is_over(const struct new_grant *grant, int64_t now_us)
{
    return grant->end_us != 0 && grant->end_us <= now_us;
}

static uint32_t count_equal(const struct new_grant *grants, uint32_t count,
                            const struct new_grant *wanted)
{
    uint32_t equal = 0;
    for (uint32_t i = 0; i < count; i++)
        equal += same_grant(&grants[i], wanted);
    return equal;
}

static bool same_grants(const struct draft *draft, const struct new_member *item,
                        const struct new_grant *grants, uint32_t count)
{
    uint32_t asked = 0;
    for (uint32_t i = 0; i < item->grant_count; i++)
        asked += !is_over(&item->grants[i], draft->now_us);
    if (asked != count)
        return false;
    for (uint32_t i = 0; i < count; i++)
        if (count_equal(grants, count, &grants[i]) !=
            count_equal(item->grants, item->grant_count, &grants[i]))
            return false;
    return true;
}

/* The list that begins at `first`, in the book's pool or the draft's; false when it is longer than
 * an item can ask for. */
static bool gather_grants(const struct pool *pool, uint32_t first, int64_t now_us,
                          struct new_grant *grants, uint32_t *ret_count)
{
    uint32_t count = 0;
    for (uint32_t i = first; i != BOOK_NONE;) {
        const struct grant *grant = pool_at(pool, i);
        struct new_grant present = {grant->amount, grant->start_us, grant->end_us};
        i = grant->next;
        if (is_over(&present, now_us))
            continue;
        if (count == NEW_GRANTS_MAX)
            return false;
        grants[count++] = present;
    }
    *ret_count = count;
    return true;
}

static bool same_values(const struct new_member *item, const struct member_state *state,
                        struct slice name)
{
    return slice_equal(item->name, name) && item->flags == (state->flags & ITEM_FLAGS) &&
           amount_compare(item->basic_credit, state->basic_credit) == 0 &&
           amount_compare(item->cash, state->cash) == 0 &&
           amount_compare(item->income, state->income) == 0 &&
           amount_compare(item->gift, state->gift) == 0 &&
           amount_compare(item->frozen, state->frozen) == 0;
}

/* An item whose uin is at home in this organisation already. */
static enum refusal judge_present(const struct draft *draft, uint32_t organisation,
                                  const struct new_member *item)
{
    const struct draft_member *drafted = draft_find_member(draft, organisation, item->uin);
    const struct member *member = book_find_member(draft->book, organisation, item->uin);
    const struct member_state *state = drafted ? &drafted->state : &member->state;
    struct slice name = drafted ? drafted->name : slice_of(member->name, member->name_len);
    struct new_grant grants[NEW_GRANTS_MAX];
    uint32_t count = 0;
    if (state->flags & MEMBER_OWNER)
        return REFUSAL_MEMBER_ELSEWHERE;
    bool same =
        drafted
            ? gather_grants(&draft->grants, drafted->grants, draft->now_us, grants, &count)
            : gather_grants(&draft->book->grants, member->grants, draft->now_us, grants, &count);
    same = same && same_values(item, state, name) && same_grants(draft, item, grants, count);
    return same ? REFUSAL_NONE : REFUSAL_MEMBER_EXISTS;
}

/* What a member who is not at home here has left behind. */
static struct member_state left_state(const struct draft *draft, uint32_t organisation,
                                      struct uin uin)
{
    const struct draft_member *drafted = draft_find_member(draft, organisation, uin);
    if (drafted)
        return drafted->state;
    const struct member *member = book_find_member(draft->book, organisation, uin);
    return member ? member->state : nothing;
}

/* The opening entry's amounts. */
static bool opening_of(const struct new_member *item, const struct member_state *left,
                       struct entry *entry)
{
    return amount_subtract(item->cash, left->cash, &entry->cash) &&
           amount_subtract(item->income, left->income, &entry->income) &&
           amount_subtract(item->gift, left->gift, &entry->gift) &&
           member_amount_is_valid(entry->cash) && member_amount_is_valid(entry->income) &&
           member_amount_is_valid(entry->gift);
}

/* Adds a new member's money to the sums, or refuses and leaves them. */
static enum refusal judge_sums(const struct new_member *item, const struct member_state *left,
                               struct organisation *sums)
{
    struct organisation after = *sums;
    struct member_state asked = asked_state(item);
    struct entry opening = {.kind = ENTRY_OPENING};
    struct effect effect;
    if (!opening_of(item, left, &opening) || !effect_of(&opening, &effect) ||
        !sums_change_member(&after, left, &asked) || !sums_change_own(&after, &effect))
        return REFUSAL_AMOUNT_OVERFLOW;
    *sums = after;
    return REFUSAL_NONE;
}

static struct status judge_item(struct draft *draft, struct command *command, uint32_t index,
                                struct organisation *sums, struct fault *fault)
{
    struct new_member *item = &command->members[index];
    bool repeated = false;
    item->outcome = ITEM_REFUSED;
    item->refusal = judge_values(item);
    if (command->member_count > 1)
        TRY(draft_see_item(draft, command, index, fault, &repeated));
    if (repeated && item->refusal == REFUSAL_NONE)
        item->refusal = REFUSAL_MEMBER_REPEATED;
    if (item->refusal != REFUSAL_NONE)
        return STATUS_DONE;
    uint32_t home = draft_home(draft, item->uin);
    if (home == command->organisation) {
        item->refusal = judge_present(draft, home, item);
        if (item->refusal == REFUSAL_NONE)
            item->outcome = ITEM_UNCHANGED;
        return STATUS_DONE;
    }
    struct member_state left = left_state(draft, command->organisation, item->uin);
    item->refusal = home ? REFUSAL_MEMBER_ELSEWHERE : judge_sums(item, &left, sums);
    if (item->refusal == REFUSAL_NONE)
        item->outcome = ITEM_ADDED;
    return STATUS_DONE;
}

static struct status touch(struct draft *draft, struct draft_member *member, struct entry *entry,
                           const struct member_state *after, struct fault *fault)
{
    if (!draft_touch(draft, member, after, entry))
        return no_memory(fault);
    CHECK(entry_is_valid(entry));
    return STATUS_DONE;
}

static struct status draft_join(struct draft *draft, struct draft_member *member,
                                const struct new_member *item, struct fault *fault)
{
    struct entry *entry = draft_entry_add(draft, ENTRY_JOIN, member->organisation);
    if (!entry)
        return no_memory(fault);
    struct member_state after = member->state;
    after.flags = item->flags;
    after.basic_credit = item->basic_credit;
    entry->name = item->name;
    member->name = item->name;
    return touch(draft, member, entry, &after, fault);
}

/* An entry that moves money; its amounts are filled in. */
static struct status draft_money(struct draft *draft, struct draft_member *member,
                                 struct entry *entry, struct fault *fault)
{
    struct effect effect;
    struct member_state after;
    CHECK(effect_of(entry, &effect));
    CHECK(effect_on(&effect, &member->state, &after)); /* judged before */
    return touch(draft, member, entry, &after, fault);
}

static struct status draft_opening(struct draft *draft, struct draft_member *member,
                                   const struct new_member *item, struct fault *fault)
{
    struct entry opening = {0};
    CHECK(opening_of(item, &member->state, &opening));
    if (amount_is_zero(opening.cash) && amount_is_zero(opening.income) &&
        amount_is_zero(opening.gift))
        return STATUS_DONE;
    struct entry *entry = draft_entry_add(draft, ENTRY_OPENING, member->organisation);
    if (!entry)
        return no_memory(fault);
    entry->cash = opening.cash;
    entry->income = opening.income;
    entry->gift = opening.gift;
    return draft_money(draft, member, entry, fault);
}

static struct status draft_grant(struct draft *draft, struct draft_member *member,
                                 const struct new_grant *asked, struct fault *fault)
{
    if (is_over(asked, draft->now_us))
        return STATUS_DONE;
    struct entry *entry = draft_entry_add(draft, ENTRY_GRANT_TEMPORARY, member->organisation);
    if (!entry)
        return no_memory(fault);
    entry->cash = asked->amount;
    entry->start_us = asked->start_us;
    entry->end_us = asked->end_us;
    struct member_state after = member->state;
    const struct grant grant = {
        .id = entry->sequence,
        .amount = asked->amount,
        .start_us = asked->start_us,
        .end_us = asked->end_us,
        .started = grant_is_active_at(asked->start_us, asked->end_us, entry->time_us),
    };
    if (grant.started)
        CHECK(amount_add(after.temporary, asked->amount, &after.temporary)); /* judged before */
    if (!draft_grant_put(draft, member, &grant))
        return no_memory(fault);
    return touch(draft, member, entry, &after, fault);
}

static struct status draft_hold(struct draft *draft, struct draft_member *member,
                                const struct new_member *item, struct fault *fault)
{
    if (amount_is_zero(item->frozen))
        return STATUS_DONE;
    struct entry *entry = draft_entry_add(draft, ENTRY_HOLD, member->organisation);
    if (!entry)
        return no_memory(fault);
    entry->cash = item->frozen;
    if (!draft_hold_put(draft, member, entry->sequence, item->frozen))
        return no_memory(fault);
    return draft_money(draft, member, entry, fault);
}

static struct status draft_item(struct draft *draft, uint32_t organisation,
                                const struct new_member *item, struct fault *fault)
{
    struct draft_member *member = draft_find_member(draft, organisation, item->uin);
    if (!member)
        member = draft_member_add(draft, organisation, item->uin);
    if (!member)
        return no_memory(fault);
    TRY(draft_join(draft, member, item, fault));
    TRY(draft_opening(draft, member, item, fault));
    for (uint32_t i = 0; i < item->grant_count; i++)
        TRY(draft_grant(draft, member, &item->grants[i], fault));
    return draft_hold(draft, member, item, fault);
}

static struct status judge_all(struct draft *draft, struct command *command,
                               struct organisation *sums, struct fault *fault,
                               enum refusal *ret_refusal, uint32_t *ret_item)
{
    enum refusal first = REFUSAL_NONE;
    uint32_t first_item = 0;
    for (uint32_t i = 0; i < command->member_count; i++) {
        TRY(judge_item(draft, command, i, sums, fault));
        if (first == REFUSAL_NONE && command->members[i].refusal != REFUSAL_NONE) {
            first = command->members[i].refusal;
            first_item = i;
        }
    }
    *ret_refusal = command->partial ? REFUSAL_NONE : first;
    *ret_item = first_item;
    return STATUS_DONE;
}

static enum refusal judge_command(const struct draft *draft, const struct command *command)
{
    if (!book_organisation(draft->book, command->organisation))
        return REFUSAL_ORGANISATION_UNKNOWN;
    uint64_t members = (uint64_t)book_member_count(draft->book) + draft->members.count;
    if (command->member_count > COMMAND_ITEMS_MAX || members + COMMAND_ITEMS_MAX > BOOK_MEMBERS_MAX)
        return REFUSAL_LIMIT;
    return REFUSAL_NONE;
}

struct status decide_add_members(struct draft *draft, struct command *command, struct fault *fault,
                                 enum refusal *ret_refusal, uint32_t *ret_item)
{
    enum refusal refusal = judge_command(draft, command);
    uint32_t item = 0;
    if (refusal != REFUSAL_NONE) {
        *ret_refusal = refusal;
        *ret_item = item;
        return STATUS_DONE;
    }
    struct organisation *sums = draft_sums(draft, command->organisation);
    if (!sums)
        return no_memory(fault);
    struct organisation after = *sums;
    TRY(judge_all(draft, command, &after, fault, &refusal, &item));
    if (refusal == REFUSAL_NONE && !command->dry_run) {
        for (uint32_t i = 0; i < command->member_count; i++)
            if (command->members[i].outcome == ITEM_ADDED)
                TRY(draft_item(draft, command->organisation, &command->members[i], fault));
        *sums = after;
    }
    *ret_refusal = refusal;
    *ret_item = item;
    return STATUS_DONE;
}
