/* The table behind codec/bytes.h: for every byte the sum of the classes it belongs to, sixteen
 * bytes a row, from 0x00 to 0xff; and the runs of bytes that every request is full of.
 *
 * 1. Nothing outside [at, end), or the text, is read.
 *
 * Owns nothing. Any thread. */
#include "codec/bytes.h"

#include "base/word.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* clang-format off */
const unsigned char codec_bytes[256] = {
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x82, 0x17, 0x02, 0x03, 0x17, 0x17, 0x17, 0x97, 0x96, 0x96, 0x17, 0x97, 0x86, 0x9f, 0x9f, 0x86,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x86, 0x16, 0x02, 0x96, 0x02, 0x86,
    0x06, 0xbf, 0xbf, 0xbf, 0xbf, 0xbf, 0xbf, 0x9f, 0x9f, 0x9f, 0x9f, 0x9f, 0x9f, 0x9f, 0x9f, 0x9f,
    0x9f, 0x9f, 0x9f, 0x9f, 0x9f, 0x9f, 0x9f, 0x9f, 0x9f, 0x9f, 0x9f, 0x02, 0x02, 0x02, 0x03, 0x9f,
    0x03, 0xbf, 0xbf, 0xbf, 0xbf, 0xbf, 0xbf, 0x9f, 0x9f, 0x9f, 0x9f, 0x9f, 0x9f, 0x9f, 0x9f, 0x9f,
    0x9f, 0x9f, 0x9f, 0x9f, 0x9f, 0x9f, 0x9f, 0x9f, 0x9f, 0x9f, 0x9f, 0x02, 0x03, 0x02, 0x1f, 0x00,
    0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02,
    0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02,
    0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02,
    0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02,
    0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02,
    0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02,
    0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02,
    0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02,
};
/* clang-format on */

static inline const char *skip_singly(const char *at, const char *end, unsigned classes)
{
    while (at < end && byte_is(*at, classes))
        at++;
    return at;
}

#ifdef __SSE2__

enum { STEP = 16 };

/* Sixteen bytes as sixteen bits, the first lowest; a bit is set where `bytes` has its top bit. */
static inline unsigned bits_of(__m128i bytes)
{
    return (unsigned)_mm_movemask_epi8(bytes);
}

static inline __m128i load(const char *at)
{
    return _mm_loadu_si128((const __m128i *)(const void *)at);
}

static inline __m128i is_byte(__m128i bytes, char c)
{
    return _mm_cmpeq_epi8(bytes, _mm_set1_epi8(c));
}

static inline __m128i is_below_blank(__m128i bytes)
{
    return _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1F)), bytes);
}

/* From `from` on, `count` values; moved to the top of the signed bytes, where one comparison tells.
 */
static inline __m128i is_among(__m128i bytes, char from, int count)
{
    __m128i moved = _mm_add_epi8(bytes, _mm_set1_epi8((char)(0x80 - count - from)));
    return _mm_cmpgt_epi8(moved, _mm_set1_epi8((char)(0x7F - count)));
}

/* Letters, digits, '-' and '.', which every class has but the two narrowest. */
static inline unsigned common_bits(__m128i bytes)
{
    __m128i letters = is_among(_mm_or_si128(bytes, _mm_set1_epi8(0x20)), 'a', 26);
    __m128i digits = is_among(bytes, '0', 10);
    __m128i signs = _mm_or_si128(is_byte(bytes, '-'), is_byte(bytes, '.'));
    return bits_of(_mm_or_si128(_mm_or_si128(letters, digits), signs));
}

static inline unsigned value_end_bits(__m128i bytes)
{
    return bits_of(_mm_or_si128(is_below_blank(bytes), is_byte(bytes, 0x7F)));
}

static inline unsigned plain_end_bits(__m128i bytes)
{
    __m128i signs = _mm_or_si128(is_byte(bytes, '"'), is_byte(bytes, '\\'));
    return bits_of(_mm_or_si128(signs, is_below_blank(bytes)));
}

static const char *skip_common(const char *at, const char *end)
{
    while (end - at >= STEP) {
        unsigned others = ~common_bits(load(at)) & 0xFFFF;
        if (others)
            return at + __builtin_ctz(others);
        at += STEP;
    }
    return at;
}

const char *bytes_skip_value(const char *at, const char *end)
{
    while (end - at >= STEP) {
        unsigned ends = value_end_bits(load(at));
        if (ends) {
            at += __builtin_ctz(ends);
            break; /* which may be a tab */
        }
        at += STEP;
    }
    return skip_singly(at, end, BYTE_VALUE);
}

/* Fewer than sixteen bytes, zeros behind them. */
static inline __m128i load_part(const char *at, size_t len)
{
    size_t low_len = len < WORD_BYTES ? len : WORD_BYTES;
    uint64_t low = word_load_part(at, low_len);
    uint64_t high = word_load_part(at + low_len, len - low_len);
    return _mm_set_epi64x((long long)high, (long long)low);
}

size_t bytes_skip_plain(struct slice text, size_t at, bool *is_ascii)
{
    while (at < text.len) {
        size_t left = text.len - at;
        __m128i bytes = left < STEP ? load_part(text.at + at, left) : load(text.at + at);
        unsigned ends = plain_end_bits(bytes);
        unsigned before = (ends & -ends) - 1; /* all bits when there is no end */
        if (bits_of(bytes) & before)
            *is_ascii = false;
        if (ends)
            return at + (size_t)__builtin_ctz(ends); /* zeros behind the text are an end too */
        at += STEP;
    }
    return at;
}

#else

static const char *skip_common(const char *at, const char *end)
{
    (void)end;
    return at;
}

const char *bytes_skip_value(const char *at, const char *end)
{
    return skip_singly(at, end, BYTE_VALUE);
}

size_t bytes_skip_plain(struct slice text, size_t at, bool *is_ascii)
{
    for (; at < text.len; at++) {
        unsigned char c = (unsigned char)text.at[at];
        if (c == '"' || c == '\\' || c < 0x20)
            break;
        *is_ascii = *is_ascii && c < 0x80;
    }
    return at;
}

#endif

const char *bytes_skip(const char *at, const char *end, unsigned classes)
{
    return skip_singly(skip_common(at, end), end, classes);
}
