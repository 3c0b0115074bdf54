/* Counters in open-addressed tables of atomics; when a table is crowded a larger one follows it.
 *
 * Owns its tables until limiter_free. Memory grows with the pairs of main accounts and actions that
 * called with a good signature, never with what strangers send.
 * 1. A slot's tag is set once, from 0, and never changes: whoever saw it may count there.
 * 2. A slot's window is second << 24 | calls; it only moves by compare-and-swap, so no call is
 *    counted twice or lost.
 * 3. Pairs are told apart by 63 bits of a keyed hash. A pair has one slot: a table is searched over
 * the same steps by everyone, and the next table is used only when those steps are full, which they
 * stay. Any thread. */
#include "api/limit.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { SLOTS_FIRST = 1 << 12, PROBES_MAX = 16, COUNT_BITS = 24 };
#define COUNT_MAX ((UINT64_C(1) << COUNT_BITS) - 1)

struct limit_slot {
    _Atomic uint64_t tag; /* 0 = free */
    _Atomic uint64_t window;
};

struct limit_table {
    uint32_t mask;
    struct limit_table *_Atomic next;
    struct limit_slot slots[];
};

struct limiter {
    uint64_t seed;
    pthread_mutex_t growing;
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
    if (!limiter->first || pthread_mutex_init(&limiter->growing, NULL) != 0) {
        free(limiter->first);
        free(limiter);
        return NULL;
    }
    return limiter;
}

void limiter_free(struct limiter *limiter)
{
    if (!limiter)
        return;
    for (struct limit_table *table = limiter->first; table;) {
        struct limit_table *next = atomic_load(&table->next);
        free(table);
        table = next;
    }
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

uint32_t limiter_count(struct limiter *limiter, struct uin account, uint32_t action, int64_t now_us)
{
    uint64_t tag = (uin_hash(account) ^ limiter->seed) + action * UINT64_C(0x9e3779b97f4a7c15);
    tag = (tag ^ (tag >> 29)) * UINT64_C(0xbf58476d1ce4e5b9);
    tag = (tag ^ (tag >> 32)) | 1;
    struct limit_table *table = limiter->first;
    struct limit_slot *slot = table_slot(table, tag);
    while (!slot && (table = table_after(limiter, table)))
        slot = table_slot(table, tag);
    if (!slot)
        return 0;
    uint64_t second = (uint64_t)(now_us / 1000000);
    uint64_t window = atomic_load_explicit(&slot->window, memory_order_relaxed);
    uint64_t after;
    do
        after = window_after(window, second);
    while (!atomic_compare_exchange_weak(&slot->window, &window, after));
    return (uint32_t)(after & COUNT_MAX);
}
