/* Double entry, kind by kind.
 *
 * 1. Whatever an entry puts on the members' cash, income and gift it takes from the organisation's
 *    own accounts: cash + income + gift + spread + funding + revenue + promotion + suspense = 0
 *    (a move: the second member's opposite makes it zero).
 *
 * Pure. Any thread. */
#include "ledger/effect.h"

/* How often the entry's amount (its `cash`) goes where: 1, -1 or not at all. */
struct flow {
    int8_t cash, gift, spread, frozen;
    int8_t funding, revenue, promotion;
};

static const struct flow flows[] = {
    [ENTRY_TOP_UP] = {.cash = 1, .funding = -1},
    [ENTRY_WITHDRAW] = {.cash = -1, .funding = 1},
    [ENTRY_CHARGE] = {.spread = -1, .revenue = 1},
    [ENTRY_REFUND] = {.spread = 1, .revenue = -1},
    [ENTRY_GRANT_GIFT] = {.gift = 1, .promotion = -1},
    [ENTRY_MOVE] = {.cash = -1},
    [ENTRY_HOLD] = {.frozen = 1},
    [ENTRY_CAPTURE] = {.spread = -1, .frozen = -1, .revenue = 1},
    [ENTRY_RELEASE] = {.frozen = -1},
    [ENTRY_EXPIRE] = {.frozen = -1},
};

static bool negate(struct amount a, struct amount *ret_negative)
{
    return amount_subtract(AMOUNT_ZERO, a, ret_negative);
}

/* The parts of opening and adjust: `against` pays for cash and income, `gift_against` for gift. */
static bool effect_of_parts(const struct entry *entry, struct amount *against,
                            struct amount *gift_against, struct effect *effect)
{
    struct amount paid;
    effect->cash = entry->cash;
    effect->income = entry->income;
    effect->gift = entry->gift;
    return amount_add(entry->cash, entry->income, &paid) &&
           amount_subtract(*against, paid, against) &&
           amount_subtract(*gift_against, entry->gift, gift_against);
}

bool effect_of(const struct entry *entry, struct effect *ret_effect)
{
    struct effect effect = {0};
    struct amount by[3] = {{0}, AMOUNT_ZERO, entry->cash}, *amount = &by[1]; /* amount[-1..1] */
    if (entry->kind == ENTRY_ADJUST || entry->kind == ENTRY_OPENING) {
        bool adjusts = entry->kind == ENTRY_ADJUST;
        if (!effect_of_parts(entry, adjusts ? &effect.suspense : &effect.funding,
                             adjusts ? &effect.suspense : &effect.promotion, &effect))
            return false;
    } else if (entry->kind < sizeof flows / sizeof *flows) {
        const struct flow *flow = &flows[entry->kind];
        if (!negate(entry->cash, &by[0]))
            return false;
        effect = (struct effect){.cash = amount[flow->cash],
                                 .gift = amount[flow->gift],
                                 .spread = amount[flow->spread],
                                 .frozen = amount[flow->frozen],
                                 .funding = amount[flow->funding],
                                 .revenue = amount[flow->revenue],
                                 .promotion = amount[flow->promotion]};
    }
    *ret_effect = effect;
    return true;
}

bool effect_on(const struct effect *effect, const struct member_state *before,
               struct member_state *ret_after)
{
    struct member_state after = *before;
    if (!amount_add(before->cash, effect->cash, &after.cash) ||
        !amount_add(before->income, effect->income, &after.income) ||
        !amount_add(before->gift, effect->gift, &after.gift) ||
        !amount_add(before->frozen, effect->frozen, &after.frozen) ||
        !member_state_is_valid(&after))
        return false;
    *ret_after = after;
    return true;
}

static bool differs_by(struct amount before, struct amount after, struct amount change)
{
    struct amount difference;
    return amount_subtract(after, before, &difference) && amount_compare(difference, change) == 0;
}

/* Part of a spread: none goes against its sign. */
static bool goes_along(struct amount before, struct amount after, struct amount spread)
{
    int way = amount_compare(after, before);
    return way == 0 || (way > 0) == (amount_compare(spread, AMOUNT_ZERO) > 0);
}

static bool spread_is_right(const struct member_state *before, const struct member_state *after,
                            struct amount spread)
{
    struct amount old_sum, new_sum;
    return amount_add(before->cash, before->income, &old_sum) &&
           amount_add(old_sum, before->gift, &old_sum) &&
           amount_add(after->cash, after->income, &new_sum) &&
           amount_add(new_sum, after->gift, &new_sum) && differs_by(old_sum, new_sum, spread) &&
           goes_along(before->cash, after->cash, spread) &&
           goes_along(before->income, after->income, spread) &&
           goes_along(before->gift, after->gift, spread);
}

static bool money_is_right(const struct effect *effect, bool opposite,
                           const struct member_state *before, const struct member_state *after)
{
    struct amount cash = effect->cash;
    if (!differs_by(before->frozen, after->frozen, effect->frozen))
        return false;
    if (!amount_is_zero(effect->spread))
        return spread_is_right(before, after, effect->spread);
    if (opposite && !negate(effect->cash, &cash))
        return false;
    return differs_by(before->cash, after->cash, cash) &&
           differs_by(before->income, after->income, effect->income) &&
           differs_by(before->gift, after->gift, effect->gift);
}

/* Which flags an entry may change, given what was there. */
static bool flags_are_right(enum entry_kind kind, uint8_t before, uint8_t after)
{
    uint8_t changed = before ^ after;
    if (kind == ENTRY_JOIN)
        return (before & MEMBER_LEFT) && !((before | after) & MEMBER_OWNER) &&
               !(after & MEMBER_LEFT);
    if (kind == ENTRY_LEAVE)
        return changed == MEMBER_LEFT && !(before & (MEMBER_LEFT | MEMBER_OWNER));
    if (kind == ENTRY_SET_CREDIT)
        return (changed & ~MEMBER_IS_CREDIT) == 0;
    if (kind == ENTRY_SET_ARREARS)
        return (changed & ~MEMBER_ARREARS) == 0;
    return changed == 0;
}

bool entry_allows(const struct entry *entry, const struct effect *effect, uint32_t which,
                  const struct member_state *before, const struct member_state *after)
{
    bool sets_credit = entry->kind == ENTRY_JOIN || entry->kind == ENTRY_SET_CREDIT;
    return member_state_is_valid(after) && money_is_right(effect, which == 1, before, after) &&
           flags_are_right(entry->kind, before->flags, after->flags) &&
           (sets_credit || amount_compare(before->basic_credit, after->basic_credit) == 0) &&
           (entry->kind != ENTRY_LEAVE || amount_is_zero(after->frozen));
}

static bool exchange(struct amount *sum, struct amount before, struct amount after)
{
    struct amount difference;
    return amount_subtract(after, before, &difference) && amount_add(*sum, difference, sum);
}

bool sums_change_member(struct organisation *sums, const struct member_state *before,
                        const struct member_state *after)
{
    return exchange(&sums->cash, before->cash, after->cash) &&
           exchange(&sums->income, before->income, after->income) &&
           exchange(&sums->gift, before->gift, after->gift) &&
           exchange(&sums->frozen, before->frozen, after->frozen);
}

static void exchange_round(struct amount *sum, struct amount before, struct amount after)
{
    uint64_t difference = (uint64_t)after.micros - (uint64_t)before.micros;
    sum->micros = (int64_t)((uint64_t)sum->micros + difference);
}

void sums_change_member_round(struct organisation *sums, const struct member_state *before,
                              const struct member_state *after)
{
    exchange_round(&sums->cash, before->cash, after->cash);
    exchange_round(&sums->income, before->income, after->income);
    exchange_round(&sums->gift, before->gift, after->gift);
    exchange_round(&sums->frozen, before->frozen, after->frozen);
}

bool sums_change_own(struct organisation *sums, const struct effect *effect)
{
    return amount_add(sums->funding, effect->funding, &sums->funding) &&
           amount_add(sums->revenue, effect->revenue, &sums->revenue) &&
           amount_add(sums->promotion, effect->promotion, &sums->promotion) &&
           amount_add(sums->suspense, effect->suspense, &sums->suspense);
}

bool sums_are_zero(const struct organisation *sums)
{
    /* Seven 64-bit numbers need 67 bits. */
    __extension__ __int128 sum = sums->cash.micros;
    sum += sums->income.micros;
    sum += sums->gift.micros;
    sum += sums->funding.micros;
    sum += sums->revenue.micros;
    sum += sums->promotion.micros;
    sum += sums->suspense.micros;
    return sum == 0;
}
