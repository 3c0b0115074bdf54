/* Effect: what a kind of entry does to money, in one place for decide (which makes states from it)
 * and apply (which holds stored states against it). */
#ifndef LEDGER_EFFECT_H
#define LEDGER_EFFECT_H

#include "ledger/book.h"

struct effect {
    /* on the member; of a move, on the first one (the second gets the opposite) */
    struct amount cash, income, gift;
    struct amount spread; /* on cash + income + gift together, in whatever parts */
    struct amount frozen;
    /* on the organisation's own accounts */
    struct amount funding, revenue, promotion, suspense;
};

/* All zero for the kinds that move no money. False on overflow. */
bool effect_of(const struct entry *entry, struct effect *ret_effect);
/* The member's state after an entry without spread. False on overflow or what no member may have.
 */
bool effect_on(const struct effect *effect, const struct member_state *before,
               struct member_state *ret_after);
/* `after` follows from `before` by the entry; `which` = 0, or 1 for the second of a move. */
bool entry_allows(const struct entry *entry, const struct effect *effect, uint32_t which,
                  const struct member_state *before, const struct member_state *after);

/* Sums of an organisation (struct organisation's amounts). False on overflow, then part of the sums
 * may have been changed: work on a copy. */
bool sums_change_member(struct organisation *sums, const struct member_state *before,
                        const struct member_state *after);
/* The same modulo 2^64. */
void sums_change_member_round(struct organisation *sums, const struct member_state *before,
                              const struct member_state *after);
bool sums_change_own(struct organisation *sums, const struct effect *effect);
/* cash + income + gift + funding + revenue + promotion + suspense = 0, exactly. */
bool sums_are_zero(const struct organisation *sums);

#endif
