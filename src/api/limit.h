/* Rate limit: calls of one action by one main account in one calendar second, exactly, without a
 * lock on the way (design section 7). */
#ifndef API_LIMIT_H
#define API_LIMIT_H

#include "base/uin.h"

struct limiter;

/* NULL when memory is short. `seed` keys its hashes. */
struct limiter *limiter_new(uint64_t seed);
void limiter_free(struct limiter *limiter);
/* Counts one call in the second of `now_us` and returns how many there are with it; 0 when memory
 * is short. Any thread. */
uint32_t limiter_count(struct limiter *limiter, struct uin account, uint32_t action,
                       int64_t now_us);

#endif
