/* Looking at borrowed bytes: comparing, cutting, trimming, counting. Owns nothing. Any thread. */
#include "base/slice.h"

#include "base/word.h"

/* Numbers are read and printed eight digits at once. */
enum { BLOCK_DIGITS = 8, BLOCK = 100000000 };

static inline bool words_same_nocase(uint64_t a, uint64_t b)
{
    return a == b || word_lower(a) == word_lower(b);
}

bool slice_same_nocase(struct slice a, struct slice b)
{
    size_t at = 0;
    for (; a.len - at >= WORD_BYTES; at += WORD_BYTES)
        if (!words_same_nocase(word_load(a.at + at), word_load(b.at + at)))
            return false;
    return at == a.len || words_same_nocase(word_load_part(a.at + at, a.len - at),
                                            word_load_part(b.at + at, a.len - at));
}

int slice_compare(struct slice a, struct slice b)
{
    size_t shorter = a.len < b.len ? a.len : b.len;
    int order = shorter ? memcmp(a.at, b.at, shorter) : 0;
    return order ? order : (a.len > b.len) - (a.len < b.len);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool is_line_blank(char c)
{
    return is_blank(c) || (c >= '\n' && c <= '\r');
}

static inline struct slice trim(struct slice text, bool (*blank)(char))
{
    const char *at = text.at;
    const char *end = at + text.len;
    while (at < end && blank(*at))
        at++;
    while (at < end && blank(end[-1]))
        end--;
    return slice_of(at, (size_t)(end - at));
}

struct slice slice_trim_blanks(struct slice text)
{
    return text.len ? trim(text, is_blank) : text;
}

struct slice slice_trim_lines(struct slice text)
{
    return text.len ? trim(text, is_line_blank) : text;
}

/* Eight digits at once: twos, fours and all eight are joined side by side. Digits are 0x30 to 0x39:
 * their upper half is 3, and stays so when 6 is added. */
static inline bool parse_block(uint64_t text, uint64_t *ret_value)
{
    uint64_t uppers = text & WORD_OF(0xF0);
    uint64_t uppers_above = (text + WORD_OF(0x06)) & WORD_OF(0xF0);
    if ((uppers | uppers_above >> 4) != WORD_OF(0x33))
        return false;
    text &= WORD_OF(0x0F);
    text = (text * 10 + (text >> 8)) & UINT64_C(0x00FF00FF00FF00FF);
    text = (text * 100 + (text >> 16)) & UINT64_C(0x0000FFFF0000FFFF);
    *ret_value = (text * 10000 + (text >> 32)) & UINT32_MAX;
    return true;
}

/* One to eight bytes as the end of eight, zeros in front. */
static inline uint64_t load_block(const char *at, size_t len)
{
    uint64_t word = word_load_part(at, len);
    if (len == WORD_BYTES)
        return word;
    return word << 8 * (WORD_BYTES - len) | WORD_OF('0') >> 8 * len;
}

static bool parse_long(struct slice text, uint64_t *ret_value)
{
    uint64_t value = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] < '0' || text.at[i] > '9')
            return false;
        if (__builtin_mul_overflow(value, 10u, &value) ||
            __builtin_add_overflow(value, (uint64_t)(text.at[i] - '0'), &value))
            return false;
    }
    *ret_value = value;
    return true;
}

bool slice_to_u64(struct slice text, uint64_t *ret_value)
{
    uint64_t high, low;
    if (text.len == 0)
        return false;
    if (text.len <= BLOCK_DIGITS)
        return parse_block(load_block(text.at, text.len), ret_value);
    if (text.len > 2 * BLOCK_DIGITS)
        return parse_long(text, ret_value);
    size_t high_len = text.len - BLOCK_DIGITS;
    if (!parse_block(load_block(text.at, high_len), &high) ||
        !parse_block(word_load(text.at + high_len), &low))
        return false;
    *ret_value = high * BLOCK + low;
    return true;
}

bool slice_to_i64(struct slice text, int64_t *ret_value)
{
    bool negative = text.len && text.at[0] == '-';
    uint64_t size;
    if (!slice_to_u64(negative ? slice_of(text.at + 1, text.len - 1) : text, &size))
        return false;
    if (size > (uint64_t)INT64_MAX + negative)
        return false;
    *ret_value = negative ? (int64_t)(0 - size) : (int64_t)size;
    return true;
}

/* Up to eight digits, the first in the lowest byte, zeros in front: halves, quarters and digits are
 * split side by side, by multiplications instead of divisions (10486 / 2^20 is a hundredth for
 * numbers below 10000, 103 / 2^10 a tenth for those below 100). */
static inline uint64_t block_digits(uint32_t value)
{
    uint64_t fours = value / 10000 + ((uint64_t)(value % 10000) << 32);
    uint64_t hundreds = (fours * 10486 >> 20) & UINT64_C(0x7F0000007F);
    uint64_t twos = hundreds + ((fours - 100 * hundreds) << 16);
    uint64_t tens = (twos * 103 >> 10) & UINT64_C(0x000F000F000F000F);
    return tens + ((twos - 10 * tens) << 8);
}

static inline void block_put(uint64_t digits, char *at)
{
    word_store(at, digits + WORD_OF('0'));
}

/* Without zeros in front; the bytes behind the digits up to the eighth are written too. */
static inline size_t block_print(uint32_t value, char *at)
{
    uint64_t digits = block_digits(value);
    unsigned zeros = (unsigned)__builtin_ctzll(digits | UINT64_C(1) << 56) / 8;
    block_put(digits >> 8 * zeros, at);
    return BLOCK_DIGITS - zeros;
}

size_t u64_print(uint64_t value, char at[U64_DIGITS_MAX])
{
    if (value < BLOCK)
        return block_print((uint32_t)value, at);
    uint64_t above = value / BLOCK;
    size_t len;
    if (above < BLOCK) {
        len = block_print((uint32_t)above, at);
    } else {
        len = block_print((uint32_t)(above / BLOCK), at);
        block_put(block_digits((uint32_t)(above % BLOCK)), at + len);
        len += BLOCK_DIGITS;
    }
    block_put(block_digits((uint32_t)(value % BLOCK)), at + len);
    return len + BLOCK_DIGITS;
}

/* Length of the well-formed sequence at `at`, 0 if there is none (RFC 3629 section 4). */
static size_t utf8_sequence(const unsigned char *at, size_t len)
{
    if (at[0] < 0x80)
        return 1;
    size_t need = at[0] >= 0xF0 ? 4 : at[0] >= 0xE0 ? 3 : 2;
    if (at[0] < 0xC2 || at[0] > 0xF4 || len < need)
        return 0;
    unsigned char low = at[0] == 0xE0 ? 0xA0 : at[0] == 0xF0 ? 0x90 : 0x80;
    unsigned char high = at[0] == 0xED ? 0x9F : at[0] == 0xF4 ? 0x8F : 0xBF;
    if (at[1] < low || at[1] > high)
        return 0;
    for (size_t i = 2; i < need; i++)
        if ((at[i] & 0xC0) != 0x80)
            return 0;
    return need;
}

bool slice_is_utf8(struct slice text)
{
    for (size_t i = 0; i < text.len;) {
        size_t step = utf8_sequence((const unsigned char *)text.at + i, text.len - i);
        if (step == 0)
            return false;
        i += step;
    }
    return true;
}

size_t slice_utf8_length(struct slice text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++)
        count += ((unsigned char)text.at[i] & 0xC0) != 0x80;
    return count;
}
