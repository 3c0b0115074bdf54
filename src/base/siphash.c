/* SipHash-1-3: one round a word, three at the end.
 *
 * 1. Every bit of the result depends on the whole key: pairs of texts that fall together under one
 *    key are not known to fall together under another.
 *
 * Owns nothing. Any thread. */
#include "base/siphash.h"

#include "base/word.h"

#include <sys/auxv.h>

struct state {
    uint64_t a, b, c, d;
};

static inline uint64_t rotate(uint64_t word, unsigned bits)
{
    return word << bits | word >> (64 - bits);
}

static inline void mix(struct state *state)
{
    state->a += state->b;
    state->c += state->d;
    state->b = rotate(state->b, 13) ^ state->a;
    state->d = rotate(state->d, 16) ^ state->c;
    state->a = rotate(state->a, 32);
    state->c += state->b;
    state->a += state->d;
    state->b = rotate(state->b, 17) ^ state->c;
    state->d = rotate(state->d, 21) ^ state->a;
    state->c = rotate(state->c, 32);
}

static inline void absorb(struct state *state, uint64_t word)
{
    state->d ^= word;
    mix(state);
    state->a ^= word;
}

/* Both are compiled for themselves: `lower` is known in each. */
static inline __attribute__((always_inline)) uint64_t hash(struct slice text, uint64_t key_low,
                                                           uint64_t key_high, bool lower)
{
    struct state state = {
        key_low ^ UINT64_C(0x736f6d6570736575), key_high ^ UINT64_C(0x646f72616e646f6d),
        key_low ^ UINT64_C(0x6c7967656e657261), key_high ^ UINT64_C(0x7465646279746573)};
    size_t at = 0;
    for (; text.len - at >= WORD_BYTES; at += WORD_BYTES) {
        uint64_t word = word_load(text.at + at);
        absorb(&state, lower ? word_lower(word) : word);
    }
    uint64_t rest = at < text.len ? word_load_part(text.at + at, text.len - at) : 0;
    absorb(&state, (lower ? word_lower(rest) : rest) | (uint64_t)text.len << 56);
    state.c ^= 0xFF;
    mix(&state);
    mix(&state);
    mix(&state);
    return state.a ^ state.b ^ state.c ^ state.d;
}

uint64_t siphash_1_3(struct slice text, uint64_t key_low, uint64_t key_high)
{
    return hash(text, key_low, key_high, false);
}

uint64_t slice_hash_nocase(struct slice text, uint64_t seed)
{
    return hash(text, seed, ~seed, true);
}

uint64_t slice_hash(struct slice text, uint64_t seed)
{
    return siphash_1_3(text, seed, ~seed);
}

uint64_t siphash_seed(void)
{
    enum { RANDOM_BYTES = 16 };
    const char *random = (const char *)getauxval(AT_RANDOM);
    return siphash_1_3(SLICE("a seed"), word_load(random), word_load(random + RANDOM_BYTES / 2));
}
