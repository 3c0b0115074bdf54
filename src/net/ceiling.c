/* Connections counted by address (IPv6: by network).
 *
 * 1. An address is in the table exactly while it has connections; its count is theirs.
 * 2. Every slot between an address's home and its place is taken (linear probing): leaving closes
 *    the gap by moving followers back.
 * 3. The table has more than twice as many slots as there can be connections, so probing ends.
 *
 * Owns the table. Any thread: one lock, taken when a connection comes or goes, never for a request.
 */
#include "net/ceiling.h"

#include "base/check.h"

#include <pthread.h>
#include <stdlib.h>

enum { KEY_BYTES = 8 };

struct slot {
    char key[KEY_BYTES];
    uint32_t key_len;
    uint32_t connections; /* 0 = free */
};

struct ceiling {
    pthread_mutex_t lock;
    uint32_t connections, connections_max;
    uint32_t operators;
    uint32_t per_address_max;
    uint64_t seed;
    size_t mask;
    struct slot *slots;
};

struct ceiling *ceiling_new(uint32_t connections_max, uint32_t per_address_max, uint64_t hash_seed)
{
    size_t slots = 16;
    while (slots <= 2 * (size_t)connections_max)
        slots *= 2;
    struct ceiling *ceiling = calloc(1, sizeof *ceiling);
    if (!ceiling)
        return NULL;
    ceiling->slots = calloc(slots, sizeof *ceiling->slots);
    if (!ceiling->slots) {
        free(ceiling);
        return NULL;
    }
    CHECK(pthread_mutex_init(&ceiling->lock, NULL) == 0);
    ceiling->connections_max = connections_max;
    ceiling->per_address_max = per_address_max;
    ceiling->seed = hash_seed;
    ceiling->mask = slots - 1;
    return ceiling;
}

void ceiling_free(struct ceiling *ceiling)
{
    if (!ceiling)
        return;
    (void)pthread_mutex_destroy(&ceiling->lock);
    free(ceiling->slots);
    free(ceiling);
}

/* An IPv4 address, or an IPv6 network; their lengths differ. */
static struct slice key_of(const struct peer *peer)
{
    return slice_of((const char *)peer->bytes, peer->len < KEY_BYTES ? peer->len : KEY_BYTES);
}

static struct slice slot_key(const struct slot *slot)
{
    return slice_of(slot->key, slot->key_len);
}

static size_t home(const struct ceiling *ceiling, struct slice key)
{
    return slice_hash(key, ceiling->seed) & ceiling->mask;
}

/* The key's slot, or the free one where it belongs. */
static size_t find(const struct ceiling *ceiling, struct slice key)
{
    size_t at = home(ceiling, key);
    while (ceiling->slots[at].connections && !slice_equal(slot_key(&ceiling->slots[at]), key))
        at = (at + 1) & ceiling->mask;
    return at;
}

static void close_gap(struct ceiling *ceiling, size_t gap)
{
    for (size_t at = (gap + 1) & ceiling->mask; ceiling->slots[at].connections;
         at = (at + 1) & ceiling->mask) {
        size_t from_home = (at - home(ceiling, slot_key(&ceiling->slots[at]))) & ceiling->mask;
        if (from_home < ((at - gap) & ceiling->mask))
            continue;
        ceiling->slots[gap] = ceiling->slots[at];
        gap = at;
    }
    ceiling->slots[gap].connections = 0;
}

static enum ceiling_verdict enter(struct ceiling *ceiling, const struct peer *peer)
{
    if (ceiling->connections >= ceiling->connections_max)
        return CEILING_FULL;
    if (peer->len != 0 && ceiling->per_address_max != 0) {
        struct slice key = key_of(peer);
        struct slot *slot = &ceiling->slots[find(ceiling, key)];
        if (slot->connections >= ceiling->per_address_max)
            return CEILING_ADDRESS_FULL;
        memcpy(slot->key, key.at, key.len);
        slot->key_len = (uint32_t)key.len;
        slot->connections++;
    }
    ceiling->connections++;
    return CEILING_ADMITTED;
}

static void leave(struct ceiling *ceiling, const struct peer *peer)
{
    CHECK(ceiling->connections > 0);
    ceiling->connections--;
    if (peer->len == 0 || ceiling->per_address_max == 0)
        return;
    size_t at = find(ceiling, key_of(peer));
    CHECK(ceiling->slots[at].connections > 0);
    if (--ceiling->slots[at].connections == 0)
        close_gap(ceiling, at);
}

enum ceiling_verdict ceiling_enter(struct ceiling *ceiling, const struct peer *peer, bool operator)
{
    pthread_mutex_lock(&ceiling->lock);
    enum ceiling_verdict verdict;
    if (!operator)
        verdict = enter(ceiling, peer);
    else if (ceiling->operators < CEILING_OPERATORS_MAX) {
        ceiling->operators++;
        verdict = CEILING_ADMITTED;
    } else
        verdict = CEILING_FULL;
    pthread_mutex_unlock(&ceiling->lock);
    return verdict;
}

void ceiling_leave(struct ceiling *ceiling, const struct peer *peer, bool operator)
{
    pthread_mutex_lock(&ceiling->lock);
    if (operator) {
        CHECK(ceiling->operators > 0);
        ceiling->operators--;
    } else
        leave(ceiling, peer);
    pthread_mutex_unlock(&ceiling->lock);
}
