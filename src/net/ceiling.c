/* Connections counted by address (IPv6: by network).
 *
 * 1. An address is in the table of its kind exactly while it has connections; its count is theirs.
 * 2. Every slot between an address's home and its place is taken (linear probing): leaving closes
 *    the gap by moving followers back.
 * 3. A table has more than twice as many slots as there can be connections, so probing ends.
 *
 * Owns the tables. Any thread: one lock, taken when a connection comes or goes, never for a
 * request.
 */
#include "net/ceiling.h"

#include "base/check.h"

#include <pthread.h>
#include <stdlib.h>

enum { KEY_BYTES = 8, SHORT_PART = 4 };

struct slot {
    char key[KEY_BYTES];
    uint32_t key_len;
    uint32_t connections; /* 0 = free */
};

/* Those of one kind. */
struct places {
    uint32_t connections, connections_max;
    uint32_t per_address_max; /* 0 = no ceiling, and no table */
    uint64_t seed;
    size_t mask;
    struct slot *slots;
};

struct ceiling {
    pthread_mutex_t lock;
    struct places places[CEILING_KINDS];
};

static bool places_init(struct places *places, uint32_t connections_max, uint32_t per_address_max,
                        uint64_t hash_seed)
{
    size_t slots = 16;
    while (slots <= 2 * ((size_t)connections_max + CEILING_SPARE_MAX))
        slots *= 2;
    *places = (struct places){.connections_max = connections_max,
                              .per_address_max = per_address_max,
                              .seed = hash_seed,
                              .mask = slots - 1};
    if (per_address_max == 0)
        return true;
    places->slots = calloc(slots, sizeof *places->slots);
    return places->slots != NULL;
}

struct ceiling *ceiling_new(uint32_t connections_max, uint32_t per_address_max, uint64_t hash_seed)
{
    struct ceiling *ceiling = calloc(1, sizeof *ceiling);
    if (!ceiling)
        return NULL;
    CHECK(pthread_mutex_init(&ceiling->lock, NULL) == 0);
    struct places *places = ceiling->places;
    if (places_init(&places[CEILING_CLIENTS], connections_max, per_address_max, hash_seed) &&
        places_init(&places[CEILING_ADMIN], CEILING_OPERATORS_MAX, CEILING_ADMIN_PER_ADDRESS_MAX,
                    hash_seed) &&
        places_init(&places[CEILING_CONTROL], CEILING_OPERATORS_MAX, 0, hash_seed))
        return ceiling;
    ceiling_free(ceiling);
    return NULL;
}

void ceiling_free(struct ceiling *ceiling)
{
    if (!ceiling)
        return;
    (void)pthread_mutex_destroy(&ceiling->lock);
    for (int kind = 0; kind < CEILING_KINDS; kind++)
        free(ceiling->places[kind].slots);
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

static size_t home(const struct places *places, struct slice key)
{
    return slice_hash(key, places->seed) & places->mask;
}

/* The key's slot, or the free one where it belongs. */
static size_t find(const struct places *places, struct slice key)
{
    size_t at = home(places, key);
    while (places->slots[at].connections && !slice_equal(slot_key(&places->slots[at]), key))
        at = (at + 1) & places->mask;
    return at;
}

static void close_gap(struct places *places, size_t gap)
{
    for (size_t at = (gap + 1) & places->mask; places->slots[at].connections;
         at = (at + 1) & places->mask) {
        size_t from_home = (at - home(places, slot_key(&places->slots[at]))) & places->mask;
        if (from_home < ((at - gap) & places->mask))
            continue;
        places->slots[gap] = places->slots[at];
        gap = at;
    }
    places->slots[gap].connections = 0;
}

static bool counts_by_address(const struct places *places, const struct peer *peer)
{
    return peer->len != 0 && places->per_address_max != 0;
}

/* What one address may have now: less when places are short, as ceiling.h says. */
static uint32_t share(const struct places *places)
{
    uint64_t all = places->connections_max, most = places->per_address_max;
    uint64_t shortage = all / SHORT_PART > 0 ? all / SHORT_PART : 1;
    uint64_t left = places->connections < all ? all - places->connections : 0;
    if (left >= shortage)
        return places->per_address_max;
    uint64_t part = (most < all ? most : all) * left / shortage;
    return part > 0 ? (uint32_t)part : 1;
}

static bool has_share(const struct places *places, const struct peer *peer)
{
    return counts_by_address(places, peer) &&
           places->slots[find(places, key_of(peer))].connections >= share(places);
}

static void count_address(struct places *places, const struct peer *peer)
{
    if (!counts_by_address(places, peer))
        return;
    struct slice key = key_of(peer);
    struct slot *slot = &places->slots[find(places, key)];
    memcpy(slot->key, key.at, key.len);
    slot->key_len = (uint32_t)key.len;
    slot->connections++;
}

static enum ceiling_verdict enter(struct ceiling *ceiling, const struct peer *peer,
                                  enum ceiling_kind kind, uint32_t spare)
{
    struct places *places = &ceiling->places[kind];
    enum ceiling_verdict verdict = CEILING_ADMITTED;
    pthread_mutex_lock(&ceiling->lock);
    if (has_share(places, peer))
        verdict = CEILING_ADDRESS_FULL;
    else if (places->connections >= places->connections_max + spare)
        verdict = CEILING_FULL;
    else {
        count_address(places, peer);
        places->connections++;
    }
    pthread_mutex_unlock(&ceiling->lock);
    return verdict;
}

enum ceiling_verdict ceiling_enter(struct ceiling *ceiling, const struct peer *peer,
                                   enum ceiling_kind kind)
{
    return enter(ceiling, peer, kind, 0);
}

enum ceiling_verdict ceiling_enter_early(struct ceiling *ceiling, const struct peer *peer,
                                         enum ceiling_kind kind)
{
    return enter(ceiling, peer, kind, CEILING_SPARE_MAX);
}

bool ceiling_is_exceeded(struct ceiling *ceiling, enum ceiling_kind kind)
{
    const struct places *places = &ceiling->places[kind];
    pthread_mutex_lock(&ceiling->lock);
    bool exceeded = places->connections > places->connections_max;
    pthread_mutex_unlock(&ceiling->lock);
    return exceeded;
}

void ceiling_leave(struct ceiling *ceiling, const struct peer *peer, enum ceiling_kind kind)
{
    struct places *places = &ceiling->places[kind];
    pthread_mutex_lock(&ceiling->lock);
    CHECK(places->connections > 0);
    places->connections--;
    if (counts_by_address(places, peer)) {
        size_t at = find(places, key_of(peer));
        CHECK(places->slots[at].connections > 0);
        if (--places->slots[at].connections == 0)
            close_gap(places, at);
    }
    pthread_mutex_unlock(&ceiling->lock);
}

bool ceiling_name(struct ceiling *ceiling, const struct peer *peer, enum ceiling_kind kind)
{
    struct places *places = &ceiling->places[kind];
    pthread_mutex_lock(&ceiling->lock);
    bool may = !has_share(places, peer);
    if (may)
        count_address(places, peer);
    pthread_mutex_unlock(&ceiling->lock);
    return may;
}
