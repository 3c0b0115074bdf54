/* Policy cache: a worker's compiled policies, so that asking one parses nothing. */
#ifndef API_POLICY_CACHE_H
#define API_POLICY_CACHE_H

#include "api/policy.h"
#include "ledger/book.h"

struct cached_policy;

/* One thread at a time. Entries are found by the policy's index in the book and thrown away when
 * its version is another. */
struct policy_cache {
    struct cached_policy **at;
    uint32_t count;
};

void policy_cache_done(struct policy_cache *cache);
/* NULL when the document does not compile (it was checked when it was put). False when memory is
 * short. Inside the gate. */
bool policy_cache_get(struct policy_cache *cache, const struct book *book, uint32_t index,
                      const struct compiled_policy **ret_policy);

#endif
