/* Policy cache: a worker's compiled policies, so that asking one parses nothing. At most
 * POLICY_CACHE_MAX; the least recently used of its set makes room. */
#ifndef API_POLICY_CACHE_H
#define API_POLICY_CACHE_H

#include "api/policy.h"
#include "ledger/book.h"

enum { POLICY_CACHE_MAX = 2048, POLICY_CACHE_WAYS = 8 };

struct cached_policy;

/* One thread at a time. Entries go by the policy's version, which no other policy of the same epoch
 * (api_forget) ever has: one
 * that was replaced or removed is asked for no more, and makes room. */
struct policy_cache {
    struct cached_policy **at; /* POLICY_CACHE_MAX; NULL before the first */
    uint64_t clock;
    uint64_t begun; /* the clock when the call at hand began */
};

void policy_cache_done(struct policy_cache *cache);
/* A call begins: what it gets stays as it is until the next one begins. */
void policy_cache_begin(struct policy_cache *cache);
/* NULL when memory is short, which the arena's `lack` then says, or the document does not compile
 * (it was checked when it was put). What finds no place, because the call at hand uses all that it
 * could have, lies in `arena`, the call's. Inside the gate, or alone with the book. */
const struct compiled_policy *policy_cache_get(struct policy_cache *cache, const struct book *book,
                                               uint32_t index, uint64_t epoch, struct arena *arena);

#endif
