/* Back-links as in a skew-binary list (Myers, "An applicative random-access stack", 1983).
 *
 * The count n of a member's entries is written greedily as a sum of weights of the form 2^k - 1:
 * 11 = 7 + 3 + 1. Every weight stands for a run of entries; only the smallest may occur twice.
 * The entry with ordinal n jumps over the smallest run of n, that is to ordinal n - weight(n). A
 * walk that jumps while it does not overshoot and else takes `previous` reaches any ordinal in
 * O(log n) steps.
 *
 * 1. last, rest[0], rest[1], ... are the newest entries of the runs of `ordinal`, smallest first.
 * 2. So a new entry either opens a run of one (and `last` moves onto the stack), or joins the two
 *    smallest runs when these are of equal weight (and one sequence leaves the stack).
 *
 * A member pays nothing for 1, 3, 7, ... entries, 12 bytes for 2, and at most 12 bytes times the
 * binary logarithm of their number. Owns nothing; the pools are the caller's. */
#include "ledger/links.h"

#include "ledger/entry.h"

#include "base/check.h"

/* The largest 2^k - 1 that is not above `count`. */
static uint64_t largest_weight(uint64_t count)
{
    return (UINT64_C(1) << (63 - __builtin_clzll(count + 1))) - 1;
}

static uint64_t smallest_weight(uint64_t count)
{
    uint64_t weight = 0;
    for (uint64_t left = count; left > 0; left -= weight)
        weight = largest_weight(left);
    return weight;
}

uint64_t entry_jump_ordinal(uint64_t ordinal)
{
    return ordinal - smallest_weight(ordinal);
}

uint32_t links_rest_depth(uint64_t ordinal)
{
    uint32_t runs = 0;
    for (uint64_t left = ordinal; left > 0; left -= largest_weight(left))
        runs++;
    return runs ? runs - 1 : 0;
}

uint64_t link_sequence(const struct pool *pool, uint32_t index)
{
    const struct link *link = pool_at(pool, index);
    return (uint64_t)link->high << 32 | link->low;
}

static const struct pool *pool_of(const struct link_pools *pools, uint32_t index)
{
    return index & LINK_BELOW ? pools->below : pools->own;
}

static uint32_t link_next(const struct link_pools *pools, uint32_t index)
{
    const struct link *link = pool_at(pool_of(pools, index), index & ~LINK_BELOW);
    return link->next == POOL_NONE ? POOL_NONE : link->next | (index & LINK_BELOW);
}

uint32_t link_take(struct pool *pool, uint64_t sequence, uint32_t next)
{
    uint32_t index = pool_take(pool);
    if (index == POOL_NONE)
        return POOL_NONE;
    struct link *link = pool_at(pool, index);
    *link = (struct link){next, (uint32_t)sequence, (uint32_t)(sequence >> 32)};
    return index;
}

void links_next(const struct link_pools *pools, const struct links *links, uint64_t *ret_previous,
                uint64_t *ret_jump)
{
    *ret_previous = links->ordinal ? links->last : 0;
    *ret_jump = *ret_previous;
    if (smallest_weight(links->ordinal + 1) == 1)
        return;
    uint32_t below = link_next(pools, links->rest);
    *ret_jump = 0;
    if (below != POOL_NONE)
        *ret_jump = link_sequence(pool_of(pools, below), below & ~LINK_BELOW);
}

bool links_push(const struct link_pools *pools, struct links *links, uint64_t sequence)
{
    if (links->ordinal > 0 && smallest_weight(links->ordinal + 1) == 1) {
        uint32_t top = link_take(pools->own, links->last, links->rest);
        if (top == POOL_NONE)
            return false;
        links->rest = top;
    } else if (links->ordinal > 0) {
        CHECK(links->rest != POOL_NONE);
        uint32_t top = links->rest;
        links->rest = link_next(pools, top);
        if (!(top & LINK_BELOW))
            pool_give(pools->own, top);
    }
    links->ordinal++;
    links->last = sequence;
    return true;
}
