/* An array of compiled policies, indexed as the book's.
 *
 * Owns each entry and its arena. Thread: the worker's. */
#include "api/policy_cache.h"

#include <stdlib.h>

enum { COMPILED_FIRST_BYTES = 4096, COMPILED_BYTES_MAX = 1 << 20 };

struct cached_policy {
    uint64_t version;
    struct arena arena;
    struct compiled_policy *compiled; /* NULL: does not compile */
};

static void cached_free(struct cached_policy *cached)
{
    if (!cached)
        return;
    arena_done(&cached->arena);
    free(cached);
}

static struct cached_policy *cached_new(const struct policy *policy)
{
    struct cached_policy *cached = calloc(1, sizeof *cached);
    const char *error;
    if (!cached || !arena_init(&cached->arena, COMPILED_FIRST_BYTES, COMPILED_BYTES_MAX)) {
        free(cached);
        return NULL;
    }
    cached->version = policy->version;
    (void)policy_compile(policy->document, &cached->arena, &cached->compiled, &error);
    if (cached->arena.lack == LACK_MEMORY) { /* another time it may compile */
        cached_free(cached);
        return NULL;
    }
    return cached;
}

static bool cache_reach(struct policy_cache *cache, uint32_t index)
{
    if (index < cache->count)
        return true;
    uint32_t count = index < 16 ? 32 : index + index / 2;
    struct cached_policy **at = realloc(cache->at, count * sizeof *at);
    if (!at)
        return false;
    memset(at + cache->count, 0, (count - cache->count) * sizeof *at);
    cache->at = at;
    cache->count = count;
    return true;
}

void policy_cache_done(struct policy_cache *cache)
{
    for (uint32_t i = 0; i < cache->count; i++)
        cached_free(cache->at[i]);
    free(cache->at);
    *cache = (struct policy_cache){NULL, 0};
}

bool policy_cache_get(struct policy_cache *cache, const struct book *book, uint32_t index,
                      const struct compiled_policy **ret_policy)
{
    const struct policy *policy = book_policy(book, index);
    if (!cache_reach(cache, index))
        return false;
    struct cached_policy **entry = &cache->at[index];
    if (!*entry || (*entry)->version != policy->version) {
        cached_free(*entry);
        *entry = cached_new(policy);
    }
    if (!*entry)
        return false;
    *ret_policy = (*entry)->compiled;
    return true;
}
