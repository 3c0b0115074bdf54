/* Counters in open-addressed tables of atomics; when a table is crowded a larger one follows it.
 *
 * Owns its tables until limiter_free. Memory grows with the pairs of main accounts and actions that
 * called with a good signature, never with what strangers send; a pair's users are bounded.
 * 1. A slot's tag is set once, from 0, and never changes: whoever saw it may count there.
 * 2. A slot's window is second << 24 | calls; it only moves by compare-and-swap, so no call is
 *    counted twice or lost. Its upmost bit, once set, stays: another user than the main account has
 *    come, and all count in the slot's share from there on, under a lock.
 * 3. Pairs are told apart by 63 bits of a keyed hash. A pair has one slot: a table is searched over
 * the same steps by everyone, and the next table is used only when those steps are full, which they
 * stay. Any thread. */
#include "api/limit.h"

#include "base/check.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { SLOTS_FIRST = 1 << 12, PROBES_MAX = 16, COUNT_BITS = 24, LOCKS = 64 };
#define COUNT_MAX ((UINT64_C(1) << COUNT_BITS) - 1)
#define SHARED (UINT64_C(1) << 63)

struct limit_slot {
    _Atomic uint64_t tag; /* 0 = free */
    _Atomic uint64_t window;
    struct share *share; /* under the lock; NULL until there is more than the main account */
};

struct limit_table {
    uint32_t mask;
    struct limit_table *_Atomic next;
    struct limit_slot slots[];
};

struct limiter {
    uint64_t seed;
    pthread_mutex_t growing;
    pthread_mutex_t sharing[LOCKS]; /* each of those slots whose tags end so */
    struct limit_table *first;
};

static struct limit_table *table_new(uint32_t slots)
{
    struct limit_table *table = calloc(1, sizeof *table + slots * sizeof table->slots[0]);
    if (table)
        table->mask = slots - 1;
    return table;
}

struct limiter *limiter_new(uint64_t seed)
{
    struct limiter *limiter = calloc(1, sizeof *limiter);
    if (!limiter)
        return NULL;
    limiter->seed = seed;
    limiter->first = table_new(SLOTS_FIRST);
    if (!limiter->first) {
        free(limiter);
        return NULL;
    }
    CHECK(pthread_mutex_init(&limiter->growing, NULL) == 0);
    for (size_t i = 0; i < LOCKS; i++)
        CHECK(pthread_mutex_init(&limiter->sharing[i], NULL) == 0);
    return limiter;
}

static void table_free(struct limit_table *table)
{
    for (uint32_t i = 0; i <= table->mask; i++) {
        if (table->slots[i].share)
            share_done(table->slots[i].share);
        free(table->slots[i].share);
    }
    free(table);
}

void limiter_free(struct limiter *limiter)
{
    if (!limiter)
        return;
    for (struct limit_table *table = limiter->first; table;) {
        struct limit_table *next = atomic_load(&table->next);
        table_free(table);
        table = next;
    }
    for (size_t i = 0; i < LOCKS; i++)
        (void)pthread_mutex_destroy(&limiter->sharing[i]);
    (void)pthread_mutex_destroy(&limiter->growing);
    free(limiter);
}

/* The pair's slot in this table, claimed if there is room on its way; NULL if there is none. */
static struct limit_slot *table_slot(struct limit_table *table, uint64_t tag)
{
    for (uint32_t i = 0; i < PROBES_MAX; i++) {
        struct limit_slot *slot = &table->slots[((uint32_t)tag + i) & table->mask];
        uint64_t seen = atomic_load_explicit(&slot->tag, memory_order_relaxed);
        if (seen == 0 && atomic_compare_exchange_strong(&slot->tag, &seen, tag))
            return slot;
        if (seen == tag)
            return slot;
    }
    return NULL;
}

static struct limit_table *table_after(struct limiter *limiter, struct limit_table *table)
{
    struct limit_table *next = atomic_load(&table->next);
    if (next)
        return next;
    pthread_mutex_lock(&limiter->growing);
    next = atomic_load(&table->next);
    if (!next && table->mask < UINT32_MAX / 4) {
        next = table_new((table->mask + 1) * 2);
        atomic_store(&table->next, next);
    }
    pthread_mutex_unlock(&limiter->growing);
    return next;
}

/* A thread may come a moment late with the second before; it counts in the newer one. A clock that
 * was set back for longer starts anew. */
static uint64_t window_after(uint64_t window, uint64_t second)
{
    uint64_t seen = window >> COUNT_BITS;
    if (seen != second && seen != second + 1)
        return second << COUNT_BITS | 1;
    return (window & COUNT_MAX) == COUNT_MAX ? window : window + 1;
}

static struct limit_slot *find_slot(struct limiter *limiter, const struct limit_call *call,
                                    uint64_t *ret_tag)
{
    uint64_t tag =
        (uin_hash(call->account) ^ limiter->seed) + call->action * UINT64_C(0x9e3779b97f4a7c15);
    tag = (tag ^ (tag >> 29)) * UINT64_C(0xbf58476d1ce4e5b9);
    tag = (tag ^ (tag >> 32)) | 1;
    struct limit_table *table = limiter->first;
    struct limit_slot *slot = table_slot(table, tag);
    while (!slot && (table = table_after(limiter, table)))
        slot = table_slot(table, tag);
    *ret_tag = tag;
    return slot;
}

static uint64_t second_of(const struct limit_call *call)
{
    return (uint64_t)(call->now_us / 1000000);
}

/* ---- a main account that is alone ---- */

/* False when it is not. */
static bool count_alone(struct limit_slot *slot, uint64_t second, uint32_t *ret_count)
{
    uint64_t window = atomic_load_explicit(&slot->window, memory_order_relaxed);
    uint64_t after;
    do {
        if (window & SHARED)
            return false;
        after = window_after(window, second);
    } while (!atomic_compare_exchange_weak(&slot->window, &window, after));
    *ret_count = (uint32_t)(after & COUNT_MAX);
    return true;
}

/* ---- an account of several users ---- */

static uint64_t user_tag(const struct limiter *limiter, struct uin user)
{
    return uin_hash(user) ^ limiter->seed;
}

/* Under the lock. NULL when memory is short. */
static struct share *slot_share(struct limiter *limiter, struct limit_slot *slot,
                                const struct limit_call *call)
{
    if (slot->share)
        return slot->share;
    struct share *share = malloc(sizeof *share);
    if (!share || !share_init(share, user_tag(limiter, call->account))) {
        free(share);
        return NULL;
    }
    uint64_t window = atomic_fetch_or(&slot->window, SHARED);
    share_inherit(share, window >> COUNT_BITS, (uint32_t)(window & COUNT_MAX), call->limit);
    slot->share = share;
    return share;
}

static enum limit_verdict count_shared(struct limiter *limiter, const struct limit_call *call,
                                       bool (*counter)(struct share *share, uint64_t tag,
                                                       uint64_t second, uint32_t limit,
                                                       struct limit_count *ret_count),
                                       struct limit_count *ret_count)
{
    uint64_t tag = 0;
    enum limit_verdict verdict = LIMIT_NO_MEMORY;
    struct limit_slot *slot = find_slot(limiter, call, &tag);
    if (!slot)
        return LIMIT_NO_MEMORY;
    pthread_mutex_t *lock = &limiter->sharing[tag >> 32 & (LOCKS - 1)];
    pthread_mutex_lock(lock);
    struct share *share = slot_share(limiter, slot, call);
    if (share)
        verdict =
            counter(share, user_tag(limiter, call->user), second_of(call), call->limit, ret_count)
                ? LIMIT_WITHIN
                : LIMIT_BEYOND;
    pthread_mutex_unlock(lock);
    return verdict;
}

enum limit_verdict limiter_try(struct limiter *limiter, const struct limit_call *call,
                               struct limit_count *ret_count)
{
    return count_shared(limiter, call, share_try, ret_count);
}

enum limit_verdict limiter_take(struct limiter *limiter, const struct limit_call *call,
                                struct limit_count *ret_count)
{
    uint64_t tag;
    uint32_t count;
    bool is_main = uin_equal(call->user, call->account);
    struct limit_slot *slot = is_main ? find_slot(limiter, call, &tag) : NULL;
    if (!slot || !count_alone(slot, second_of(call), &count))
        return count_shared(limiter, call, share_take, ret_count);
    *ret_count = (struct limit_count){count, call->limit};
    return count <= call->limit ? LIMIT_WITHIN : LIMIT_BEYOND;
}
