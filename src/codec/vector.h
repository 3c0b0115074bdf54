/* Sixteen bytes at once, where the machine has SSE2; private to this room. What every request is
 * full of is skipped here and inlined; what is not usual is left to the caller, byte by byte.
 * Machines without SSE2 find everything unusual. */
#ifndef CODEC_VECTOR_H
#define CODEC_VECTOR_H

#ifdef __SSE2__

#include <emmintrin.h>

enum { VECTOR_BYTES = 16 };

/* Sixteen bytes as sixteen bits, the first lowest; a bit is set where `bytes` has its top bit. */
static inline unsigned vector_bits(__m128i bytes)
{
    return (unsigned)_mm_movemask_epi8(bytes);
}

static inline __m128i vector_load(const char *at)
{
    return _mm_loadu_si128((const __m128i *)(const void *)at);
}

static inline __m128i vector_is(__m128i bytes, char c)
{
    return _mm_cmpeq_epi8(bytes, _mm_set1_epi8(c));
}

static inline __m128i vector_is_control(__m128i bytes)
{
    return _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1F)), bytes);
}

/* From `from` on, `count` values; moved to the top of the signed bytes, where one comparison tells.
 */
static inline __m128i vector_is_among(__m128i bytes, char from, int count)
{
    __m128i moved = _mm_add_epi8(bytes, _mm_set1_epi8((char)(0x80 - count - from)));
    return _mm_cmpgt_epi8(moved, _mm_set1_epi8((char)(0x7F - count)));
}

static inline unsigned vector_common(__m128i bytes)
{
    __m128i letters = vector_is_among(_mm_or_si128(bytes, _mm_set1_epi8(0x20)), 'a', 26);
    __m128i digits = vector_is_among(bytes, '0', 10);
    __m128i signs = _mm_or_si128(vector_is(bytes, '-'), vector_is(bytes, '.'));
    return vector_bits(_mm_or_si128(_mm_or_si128(letters, digits), signs));
}

static inline unsigned vector_value_ends(__m128i bytes)
{
    return vector_bits(_mm_or_si128(vector_is_control(bytes), vector_is(bytes, 0x7F)));
}

static inline unsigned vector_plain_ends(__m128i bytes)
{
    __m128i signs = _mm_or_si128(vector_is(bytes, '"'), vector_is(bytes, '\\'));
    return vector_bits(_mm_or_si128(signs, vector_is_control(bytes)));
}

/* What no target holds: blanks, controls, what is not ASCII, and twelve signs. */
static inline unsigned vector_target_ends(__m128i bytes)
{
    __m128i visible = vector_is_among(bytes, '!', 94);
    __m128i quotes = _mm_or_si128(vector_is_among(bytes, '"', 2), vector_is(bytes, '`'));
    __m128i angles = _mm_or_si128(vector_is(bytes, '<'), vector_is(bytes, '>'));
    __m128i brackets = _mm_or_si128(vector_is_among(bytes, '[', 4), vector_is_among(bytes, '{', 3));
    __m128i others = _mm_or_si128(_mm_or_si128(quotes, angles), brackets);
    return ~vector_bits(_mm_andnot_si128(others, visible)) & 0xFFFF;
}

/* Letters, digits, '-' and '.', which every class of bytes has but the two narrowest: up to the
 * first other byte, or to where fewer than sixteen are left. */
static inline const char *bytes_skip_common(const char *at, const char *end)
{
    for (; end - at >= VECTOR_BYTES; at += VECTOR_BYTES) {
        unsigned others = ~vector_common(vector_load(at)) & 0xFFFF;
        if (others)
            return at + __builtin_ctz(others);
    }
    return at;
}

/* BYTE_VALUE without tabs, as far as the above. */
static inline const char *bytes_skip_usual_value(const char *at, const char *end)
{
    for (; end - at >= VECTOR_BYTES; at += VECTOR_BYTES) {
        unsigned ends = vector_value_ends(vector_load(at));
        if (ends)
            return at + __builtin_ctz(ends);
    }
    return at;
}

/* BYTE_TARGET, as far as the above. */
static inline const char *bytes_skip_usual_target(const char *at, const char *end)
{
    for (; end - at >= VECTOR_BYTES; at += VECTOR_BYTES) {
        unsigned ends = vector_target_ends(vector_load(at));
        if (ends)
            return at + __builtin_ctz(ends);
    }
    return at;
}

#else

static inline const char *bytes_skip_usual_target(const char *at, const char *end)
{
    (void)end;
    return at;
}

static inline const char *bytes_skip_common(const char *at, const char *end)
{
    (void)end;
    return at;
}

static inline const char *bytes_skip_usual_value(const char *at, const char *end)
{
    (void)end;
    return at;
}

#endif

#endif
