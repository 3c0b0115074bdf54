/* Outcomes: what became of each item of a command, as it is stored in its request's entry: runs of
 * (how many items, code), both as unsigned numbers (wire.h). Codes: an item_outcome for what was
 * not refused, OUTCOME_REFUSED + the refusal's number for what was. When every item has the code 0
 * nothing is stored. */
#ifndef LEDGER_OUTCOMES_H
#define LEDGER_OUTCOMES_H

#include "ledger/decide.h"

enum { OUTCOME_REFUSED = 2 };

/* Of a command with items (post, add_members), as decided; in the arena. Empty for others, and when
 * all were accepted. False: memory is short. */
bool outcomes_write(const struct command *command, struct arena *arena, struct slice *ret_outcomes);
/* The code of the next item; false when the bytes are not outcomes_write's. */
bool outcomes_next(struct replaying *replaying, uint64_t *ret_code);

#endif
