/* Jobs in fair order (turns.h).
 *
 * A lane is what waits of one: a user's lane holds jobs, an organisation's lane its users' lanes,
 * and the lane of all the organisations' lanes. A lane that is empty is not there.
 * 1. A lane stands in its parent's line once, and is in the table, exactly while it holds
 * something.
 * 2. There are at most two lanes a job, so that lanes never run out before places do.
 * Owns its lanes, not the jobs. The caller sees to it that one thread at a time is here. */
#include "journal/turns.h"

#include "base/check.h"

#include <stdlib.h>

struct lane {
    uint32_t organisation; /* 0 is one like others */
    struct uin user;
    bool is_user;
    uint32_t jobs; /* in it, and in the lanes in it */
    struct lane *parent;
    struct lane *next;  /* in the parent's line, or of the free ones */
    struct lane *chain; /* of those with the same hash */
    struct lane *first, *last;
    struct history_job *first_job, *last_job; /* of a user */
};

struct turns {
    uint32_t jobs_max, made, mask;
    struct lane all;
    struct lane *free;
    struct lane **table;
    struct lane *lanes; /* 2 * jobs_max, of which `made` have been used */
};

struct turns *turns_new(uint32_t jobs_max)
{
    struct turns *turns = calloc(1, sizeof *turns);
    uint32_t buckets = 1;
    if (!turns)
        return NULL;
    while (buckets < jobs_max && buckets < UINT32_C(1) << 30)
        buckets *= 2;
    turns->jobs_max = jobs_max;
    turns->mask = buckets - 1;
    turns->table = calloc(buckets, sizeof(struct lane *));
    turns->lanes = calloc(jobs_max, 2 * sizeof(struct lane));
    if (!turns->table || !turns->lanes) {
        turns_free(turns);
        return NULL;
    }
    return turns;
}

void turns_free(struct turns *turns)
{
    if (!turns)
        return;
    CHECK(turns->all.jobs == 0);
    free(turns->table);
    free(turns->lanes);
    free(turns);
}

uint32_t turns_count(const struct turns *turns)
{
    return turns->all.jobs;
}

/* ---- lanes ---- */

static struct lane **lane_bucket(struct turns *turns, const struct lane *lane)
{
    uint64_t hash = lane->is_user ? uin_hash(lane->user) : 0;
    hash = (hash ^ lane->organisation) * UINT64_C(0x9e3779b97f4a7c15);
    return &turns->table[(uint32_t)(hash >> 32) & turns->mask];
}

static bool is_same(const struct lane *a, const struct lane *b)
{
    return a->organisation == b->organisation && a->is_user == b->is_user &&
           uin_equal(a->user, b->user);
}

static struct lane *find_lane(struct turns *turns, const struct lane *wanted)
{
    struct lane *lane = *lane_bucket(turns, wanted);
    while (lane && !is_same(lane, wanted))
        lane = lane->chain;
    return lane;
}

static struct lane *take_free(struct turns *turns)
{
    struct lane *lane = turns->free;
    if (!lane)
        return &turns->lanes[turns->made++];
    turns->free = lane->next;
    return lane;
}

static void stand_in_line(struct lane *parent, struct lane *lane)
{
    lane->next = NULL;
    if (parent->last)
        parent->last->next = lane;
    else
        parent->first = lane;
    parent->last = lane;
}

static struct lane *leave_line(struct lane *parent)
{
    struct lane *lane = parent->first;
    parent->first = lane->next;
    if (!parent->first)
        parent->last = NULL;
    return lane;
}

/* The lane like `wanted`, made when there is none. */
static struct lane *get_lane(struct turns *turns, const struct lane *wanted, struct lane *parent)
{
    struct lane *lane = find_lane(turns, wanted);
    if (lane)
        return lane;
    struct lane **bucket = lane_bucket(turns, wanted);
    lane = take_free(turns);
    *lane = *wanted;
    lane->parent = parent;
    lane->chain = *bucket;
    *bucket = lane;
    stand_in_line(parent, lane);
    return lane;
}

static void free_lane(struct turns *turns, struct lane *lane)
{
    struct lane **link = lane_bucket(turns, lane);
    while (*link != lane)
        link = &(*link)->chain;
    *link = lane->chain;
    lane->next = turns->free;
    turns->free = lane;
}

/* Behind the others, or away when it is empty. */
static void end_turn(struct turns *turns, struct lane *parent, struct lane *lane)
{
    if (lane->jobs > 0)
        stand_in_line(parent, lane);
    else
        free_lane(turns, lane);
}

/* ---- jobs ---- */

static uint32_t jobs_of(struct turns *turns, const struct lane *wanted)
{
    const struct lane *lane = find_lane(turns, wanted);
    return lane ? lane->jobs : 0;
}

bool turns_add(struct turns *turns, struct history_job *job)
{
    const struct lane organisation = {.organisation = job->organisation};
    const struct lane user = {
        .organisation = job->organisation, .user = job->user, .is_user = true};
    uint64_t places = turns->jobs_max - turns->all.jobs;
    if (jobs_of(turns, &organisation) >= TURNS_ORGANISATION_SHARE * places ||
        jobs_of(turns, &user) >= TURNS_USER_SHARE * places)
        return false;
    struct lane *lane = get_lane(turns, &user, get_lane(turns, &organisation, &turns->all));
    job->next = NULL;
    if (lane->last_job)
        lane->last_job->next = job;
    else
        lane->first_job = job;
    lane->last_job = job;
    for (; lane; lane = lane->parent)
        lane->jobs++;
    return true;
}

static struct history_job *take_job(struct lane *user)
{
    struct history_job *job = user->first_job;
    user->first_job = job->next;
    if (!user->first_job)
        user->last_job = NULL;
    return job;
}

struct history_job *turns_take(struct turns *turns)
{
    if (turns->all.jobs == 0)
        return NULL;
    struct lane *organisation = leave_line(&turns->all);
    struct lane *user = leave_line(organisation);
    struct history_job *job = take_job(user);
    for (struct lane *lane = user; lane; lane = lane->parent)
        lane->jobs--;
    end_turn(turns, organisation, user);
    end_turn(turns, &turns->all, organisation);
    return job;
}
