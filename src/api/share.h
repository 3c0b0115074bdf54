/* Shares: how the users of one main account share its calls of one action in a calendar second;
 * private to this room, used by limit.c.
 *
 * The rule, exact: of a second's `limit` calls
 *  1. all that are allowed together are at most `limit`;
 *  2. a user gets `limit / users` (at least one) as long as any are left, where `users` counts
 * those who have asked in this second or have something kept;
 *  3. beyond that he gets what is left after what is kept for the others: for each as many calls as
 *     he asked in his busiest second of the last ten and one more (who asks evenly does not ask the
 *     same in each second), at most such an equal part, less what he has had in this second.
 * So a user who is alone gets all, and one who asks for more than there is leaves the others theirs
 * from the second after they first asked. The main account is a user like any other.
 *
 * A try is what a user does before it is known whether he may; tries are counted for the user
 * alone, at most `limit` in a second, and keep nothing for him. */
#ifndef API_SHARE_H
#define API_SHARE_H

#include <stdbool.h>
#include <stdint.h>

enum { SHARE_USERS_MAX = 64, SHARE_KEPT_SECONDS = 10 };

struct share_user {
    uint64_t tag;                 /* who */
    uint32_t tries, asked, taken; /* in the share's second */
    uint32_t kept;                /* asked in his busiest second lately ... */
    uint64_t kept_second;         /* ... which was this one */
};

struct share {
    uint64_t second;
    uint32_t asked, taken; /* by all, in that second */
    uint32_t user_count, user_max;
    struct share_user *users; /* the first is the main account */
};

/* What a refusal says: so many were asked where so many were to be had. */
struct limit_count {
    uint32_t asked, limit;
};

/* False when memory is short. */
bool share_init(struct share *share, uint64_t main_tag);
void share_done(struct share *share);
/* What the main account did while it was alone: `asked` calls in `second`, allowed as far as
 * `limit` goes. */
void share_inherit(struct share *share, uint64_t second, uint32_t asked, uint32_t limit);
/* Each counts one; false: refused, and why. A second that is over starts the next; one that is
 * older by one counts in the newer; an older one (the clock was set back) starts anew. */
bool share_try(struct share *share, uint64_t tag, uint64_t second, uint32_t limit,
               struct limit_count *ret_count);
bool share_take(struct share *share, uint64_t tag, uint64_t second, uint32_t limit,
                struct limit_count *ret_count);

#endif
