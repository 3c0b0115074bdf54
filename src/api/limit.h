/* Rate limit: calls of one action by one main account in one calendar second, exactly, without a
 * lock on the way as long as the main account is alone, and shared with its other users by the rule
 * of share.h (design section 7). */
#ifndef API_LIMIT_H
#define API_LIMIT_H

#include "api/share.h"
#include "base/uin.h"

struct limiter;

/* One call of one action. */
struct limit_call {
    struct uin account;
    struct uin user; /* who, of the account; the account itself: its own keys */
    uint32_t action;
    uint32_t limit; /* above 0 */
    int64_t now_us;
};

enum limit_verdict {
    LIMIT_WITHIN,
    LIMIT_BEYOND, /* the count says why */
    LIMIT_NO_MEMORY,
};

/* NULL when memory is short. `seed` keys its hashes. */
struct limiter *limiter_new(uint64_t seed);
void limiter_free(struct limiter *limiter);
/* Counts the call for its user alone, in the second of now_us: before it is known whether he may. A
 * call that is then denied costs nobody else anything. Any thread. */
enum limit_verdict limiter_try(struct limiter *limiter, const struct limit_call *call,
                               struct limit_count *ret_count);
/* Counts the call of one who may for the account, too. Any thread. */
enum limit_verdict limiter_take(struct limiter *limiter, const struct limit_call *call,
                                struct limit_count *ret_count);

#endif
