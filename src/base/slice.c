/* Looking at borrowed bytes: comparing, cutting, trimming, counting. Owns nothing. Any thread. */
#include "base/slice.h"

bool slice_same_nocase(struct slice a, struct slice b)
{
    for (size_t i = 0; i < a.len; i++)
        if (a.at[i] != b.at[i] && ascii_lower(a.at[i]) != ascii_lower(b.at[i]))
            return false;
    return true;
}

int slice_compare(struct slice a, struct slice b)
{
    size_t shorter = a.len < b.len ? a.len : b.len;
    int order = shorter ? memcmp(a.at, b.at, shorter) : 0;
    return order ? order : (a.len > b.len) - (a.len < b.len);
}

bool slice_starts_with(struct slice text, struct slice prefix)
{
    return text.len >= prefix.len && slice_equal(slice_of(text.at, prefix.len), prefix);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool is_line_blank(char c)
{
    return is_blank(c) || (c >= '\n' && c <= '\r');
}

static struct slice trim(struct slice text, bool (*blank)(char))
{
    while (text.len && blank(text.at[0])) {
        text.at++;
        text.len--;
    }
    while (text.len && blank(text.at[text.len - 1]))
        text.len--;
    return text;
}

struct slice slice_trim(struct slice text)
{
    return trim(text, is_blank);
}

struct slice slice_trim_lines(struct slice text)
{
    return trim(text, is_line_blank);
}

size_t slice_find(struct slice text, char byte)
{
    const char *found = text.len ? memchr(text.at, byte, text.len) : NULL;
    return found ? (size_t)(found - text.at) : text.len;
}

struct slice slice_cut(struct slice text, char byte, struct slice *ret_rest)
{
    size_t end = slice_find(text, byte);
    *ret_rest = end < text.len ? slice_of(text.at + end + 1, text.len - end - 1) : SLICE_NONE;
    return slice_of(text.at, end);
}

bool slice_to_u64(struct slice text, uint64_t *ret_value)
{
    uint64_t value = 0;
    if (text.len == 0)
        return false;
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

/* Two digits a division, from the end. */
size_t u64_print(uint64_t value, char at[U64_DIGITS_MAX])
{
    static const char pairs[] =
        "00010203040506070809101112131415161718192021222324252627282930313233"
        "34353637383940414243444546474849505152535455565758596061626364656667"
        "6869707172737475767778798081828384858687888990919293949596979899";
    char digits[U64_DIGITS_MAX];
    size_t start = sizeof digits;
    for (; value >= 100; value /= 100)
        memcpy(digits + (start -= 2), pairs + 2 * (value % 100), 2);
    if (value >= 10)
        memcpy(digits + (start -= 2), pairs + 2 * value, 2);
    else
        digits[--start] = (char)('0' + value);
    memcpy(at, digits + start, sizeof digits - start);
    return sizeof digits - start;
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

uint64_t slice_hash(struct slice text, uint64_t seed)
{
    uint64_t hash = seed ^ (text.len * UINT64_C(0x9E3779B97F4A7C15));
    size_t i = 0;
    for (; i + 8 <= text.len; i += 8) {
        uint64_t word;
        memcpy(&word, text.at + i, 8);
        hash = (hash ^ word) * UINT64_C(0xBF58476D1CE4E5B9);
        hash ^= hash >> 29;
    }
    for (; i < text.len; i++)
        hash = (hash ^ (unsigned char)text.at[i]) * UINT64_C(0x94D049BB133111EB);
    hash ^= hash >> 32;
    hash *= UINT64_C(0xD6E8FEB86659FD93);
    return hash ^ (hash >> 32);
}
