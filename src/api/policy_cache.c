/* A set-associative cache of compiled policies.
 *
 * 1. What was given out since policy_cache_begin is neither freed nor replaced.
 * Owns each entry and its arena. Thread: the worker's. */
#include "api/policy_cache.h"

#include <stdlib.h>

enum { COMPILED_FIRST_BYTES = 4096, COMPILED_BYTES_MAX = 1 << 20 };

struct cached_policy {
    uint64_t epoch, version;
    uint64_t used; /* when last */
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

static bool cached_is(const struct cached_policy *cached, uint64_t epoch, uint64_t version)
{
    return cached && cached->version == version && cached->epoch == epoch;
}

static struct cached_policy *cached_new(const struct policy *policy, uint64_t epoch)
{
    struct cached_policy *cached = calloc(1, sizeof *cached);
    const char *error;
    if (!cached || !arena_init(&cached->arena, COMPILED_FIRST_BYTES, COMPILED_BYTES_MAX)) {
        free(cached);
        return NULL;
    }
    cached->epoch = epoch;
    cached->version = policy->version;
    (void)policy_compile(policy->document, &cached->arena, &cached->compiled, &error);
    if (cached->arena.lack == LACK_MEMORY) { /* another time it may compile */
        cached_free(cached);
        return NULL;
    }
    return cached;
}

void policy_cache_done(struct policy_cache *cache)
{
    for (uint32_t i = 0; cache->at && i < POLICY_CACHE_MAX; i++)
        cached_free(cache->at[i]);
    free(cache->at);
    *cache = (struct policy_cache){.at = NULL};
}

/* Its place, or the one that makes room for it. */
static struct cached_policy **cache_place(struct policy_cache *cache, uint64_t epoch,
                                          uint64_t version)
{
    uint64_t hash = (version * UINT64_C(0x9E3779B97F4A7C15)) >> 32;
    struct cached_policy **set =
        &cache->at[hash % (POLICY_CACHE_MAX / POLICY_CACHE_WAYS) * POLICY_CACHE_WAYS];
    struct cached_policy **oldest = set;
    for (int i = 0; i < POLICY_CACHE_WAYS; i++) {
        if (cached_is(set[i], epoch, version))
            return &set[i];
        uint64_t used = set[i] ? set[i]->used : 0;
        if (used < (*oldest ? (*oldest)->used : 0))
            oldest = &set[i];
    }
    return oldest;
}

void policy_cache_begin(struct policy_cache *cache)
{
    cache->begun = cache->clock;
}

static const struct compiled_policy *compile_apart(const struct policy *policy, struct arena *arena)
{
    struct compiled_policy *compiled = NULL;
    const char *error;
    return policy_compile(policy->document, arena, &compiled, &error) ? compiled : NULL;
}

/* A denial for want of memory is no denial: whoever looks at the arena sees it. */
static const struct compiled_policy *note_lack(struct arena *arena)
{
    if (arena->lack == LACK_NONE)
        arena->lack = LACK_MEMORY;
    return NULL;
}

const struct compiled_policy *policy_cache_get(struct policy_cache *cache, const struct book *book,
                                               uint32_t index, uint64_t epoch, struct arena *arena)
{
    const struct policy *policy = book_policy(book, index);
    if (!cache->at)
        cache->at = calloc(POLICY_CACHE_MAX, sizeof(struct cached_policy *));
    if (!cache->at)
        return note_lack(arena);
    struct cached_policy **place = cache_place(cache, epoch, policy->version);
    bool is_there = cached_is(*place, epoch, policy->version);
    if (!is_there && *place && (*place)->used > cache->begun)
        return compile_apart(policy, arena);
    if (!is_there) {
        cached_free(*place);
        *place = cached_new(policy, epoch);
    }
    if (!*place)
        return note_lack(arena);
    (*place)->used = ++cache->clock;
    return (*place)->compiled;
}
