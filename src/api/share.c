/* The users of one main account and their calls of one action (share.h says by which rule).
 *
 * 1. Who has asked nothing for ten seconds, but for the main account, is forgotten when a second
 *    begins: memory follows who is there, at most SHARE_USERS_MAX. Beyond these the place of who
 *    has asked nothing in this second is taken, and if there is none, all who come share the last.
 * Owns its users. The caller sees to it that one thread at a time is here. */
#include "api/share.h"

#include "base/check.h"

#include <stdlib.h>

enum { USERS_FIRST = 4 };

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

bool share_init(struct share *share, uint64_t main_tag)
{
    *share = (struct share){.user_count = 1, .user_max = USERS_FIRST};
    share->users = calloc(USERS_FIRST, sizeof *share->users);
    if (!share->users)
        return false;
    share->users[0].tag = main_tag;
    return true;
}

void share_inherit(struct share *share, uint64_t second, uint32_t asked, uint32_t limit)
{
    share->second = second;
    share->asked = share->users[0].asked = asked;
    share->taken = share->users[0].taken = least(asked, limit);
}

void share_done(struct share *share)
{
    free(share->users);
}

/* ---- a second begins ---- */

static void remember(struct share_user *user, uint64_t ended, uint64_t second)
{
    bool is_old = user->kept_second + SHARE_KEPT_SECONDS < second;
    if (user->asked > 0 && (user->asked >= user->kept || is_old)) {
        user->kept = user->asked;
        user->kept_second = ended;
    }
    if (user->kept_second + SHARE_KEPT_SECONDS < second)
        user->kept = 0;
    user->tries = user->asked = user->taken = 0;
}

static void begin_second(struct share *share, uint64_t second)
{
    uint32_t count = 1;
    for (uint32_t i = 0; i < share->user_count; i++)
        remember(&share->users[i], share->second, second);
    for (uint32_t i = 1; i < share->user_count; i++)
        if (share->users[i].kept > 0)
            share->users[count++] = share->users[i];
    share->user_count = count;
    share->second = second;
    share->asked = share->taken = 0;
}

static void forget_all(struct share *share)
{
    share->users[0] = (struct share_user){.tag = share->users[0].tag};
    share->user_count = 1;
}

/* A thread may come a moment late with the second before. */
static void settle(struct share *share, uint64_t second)
{
    if (second == share->second || second + 1 == share->second)
        return;
    bool is_set_back = second < share->second;
    begin_second(share, second);
    if (is_set_back)
        forget_all(share);
}

/* ---- users ---- */

/* One more place, if there may be one. */
static struct share_user *add_user(struct share *share)
{
    if (share->user_count == share->user_max && share->user_max < SHARE_USERS_MAX) {
        uint32_t more = 2 * share->user_max;
        CHECK(more > 0);
        struct share_user *users = realloc(share->users, more * sizeof *users);
        if (users) {
            share->users = users;
            share->user_max = more;
        }
    }
    return share->user_count < share->user_max ? &share->users[share->user_count++] : NULL;
}

/* Of those who have done nothing in this second, but for the main account: the one for whom least
 * is kept. */
static struct share_user *find_idle(struct share *share)
{
    struct share_user *idle = NULL;
    for (uint32_t i = 1; i < share->user_count; i++) {
        struct share_user *user = &share->users[i];
        if (user->tries + user->asked == 0 && (!idle || user->kept < idle->kept))
            idle = user;
    }
    return idle;
}

static struct share_user *find_user(struct share *share, uint64_t tag)
{
    for (uint32_t i = 0; i < share->user_count; i++)
        if (share->users[i].tag == tag)
            return &share->users[i];
    struct share_user *user = add_user(share);
    if (!user)
        user = find_idle(share);
    if (!user)
        return &share->users[share->user_count - 1];
    *user = (struct share_user){.tag = tag};
    return user;
}

/* ---- the rule ---- */

bool share_try(struct share *share, uint64_t tag, uint64_t second, uint32_t limit,
               struct limit_count *ret_count)
{
    settle(share, second);
    struct share_user *user = find_user(share, tag);
    if (user->tries < UINT32_MAX)
        user->tries++;
    *ret_count = (struct limit_count){user->tries, limit};
    return user->tries <= limit;
}

static uint32_t equal_part(const struct share *share, uint32_t limit)
{
    uint32_t users = 0;
    for (uint32_t i = 0; i < share->user_count; i++)
        users += share->users[i].asked > 0 || share->users[i].kept > 0;
    return users > 0 && users < limit ? limit / users : 1;
}

/* For the others, and not had yet. */
static uint64_t kept_for_others(const struct share *share, const struct share_user *user,
                                uint32_t part)
{
    uint64_t kept = 0;
    for (uint32_t i = 0; i < share->user_count; i++) {
        const struct share_user *other = &share->users[i];
        uint32_t wanted = other->kept > 0 ? least(other->kept + 1, part) : 0;
        if (other != user && wanted > other->taken)
            kept += wanted - other->taken;
    }
    return kept;
}

bool share_take(struct share *share, uint64_t tag, uint64_t second, uint32_t limit,
                struct limit_count *ret_count)
{
    settle(share, second);
    struct share_user *user = find_user(share, tag);
    if (share->asked < UINT32_MAX) { /* then the user's is below it, too */
        share->asked++;
        user->asked++;
    }
    *ret_count = (struct limit_count){share->asked, limit};
    if (share->taken >= limit)
        return false;
    uint32_t part = equal_part(share, limit);
    if (user->taken >= part && share->taken + kept_for_others(share, user, part) >= limit) {
        *ret_count = (struct limit_count){user->asked, user->taken};
        return false;
    }
    share->taken++;
    user->taken++;
    return true;
}
