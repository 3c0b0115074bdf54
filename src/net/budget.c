/* The ceiling on memory of unfinished requests.
 *
 * 1. held is the sum of held_of, but for the moment between the two.
 * 2. Only what cannot be refused any more passes the ceiling.
 *
 * Owns nothing. Any thread: no lock, two additions. */
#include "net/budget.h"

static uint64_t share(const struct budget *budget, enum budget_kind kind)
{
    switch (kind) {
    case BUDGET_STRANGER:
        return budget->bytes_max / 4;
    case BUDGET_FORM:
        return budget->bytes_max / 8;
    case BUDGET_CALLER:
    case BUDGET_KINDS:
        break;
    }
    return budget->bytes_max;
}

void budget_init(struct budget *budget, uint64_t bytes_max)
{
    *budget = (struct budget){.bytes_max = bytes_max};
}

static bool add(_Atomic uint64_t *held, uint64_t bytes, uint64_t bytes_max)
{
    uint64_t before = atomic_fetch_add_explicit(held, bytes, memory_order_relaxed);
    if (before <= bytes_max && bytes <= bytes_max - before)
        return true;
    atomic_fetch_sub_explicit(held, bytes, memory_order_relaxed);
    return false;
}

bool budget_claim(struct budget *budget, enum budget_kind kind, uint64_t bytes)
{
    if (!add(&budget->held, bytes, budget->bytes_max))
        return false;
    if (add(&budget->held_of[kind], bytes, share(budget, kind)))
        return true;
    atomic_fetch_sub_explicit(&budget->held, bytes, memory_order_relaxed);
    return false;
}

void budget_claim_anyway(struct budget *budget, enum budget_kind kind, uint64_t bytes)
{
    atomic_fetch_add_explicit(&budget->held, bytes, memory_order_relaxed);
    atomic_fetch_add_explicit(&budget->held_of[kind], bytes, memory_order_relaxed);
}

void budget_give_back(struct budget *budget, enum budget_kind kind, uint64_t bytes)
{
    atomic_fetch_sub_explicit(&budget->held, bytes, memory_order_relaxed);
    atomic_fetch_sub_explicit(&budget->held_of[kind], bytes, memory_order_relaxed);
}

uint64_t budget_held(const struct budget *budget, enum budget_kind kind)
{
    return atomic_load_explicit(&budget->held_of[kind], memory_order_relaxed);
}
