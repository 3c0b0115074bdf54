/* Account numbers between text and two ten-digit halves. Owns nothing. Any thread. */
#include "base/uin.h"

enum { HALF_DIGITS = 10 };
#define HALF UINT64_C(10000000000)

/* Up to ten digits. */
static bool parse_half(struct slice text, uint64_t *ret_half)
{
    uint64_t half = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] < '0' || text.at[i] > '9')
            return false;
        half = half * 10 + (uint64_t)(text.at[i] - '0');
    }
    *ret_half = half;
    return true;
}

bool uin_parse(struct slice text, struct uin *ret_uin)
{
    struct uin uin;
    if (text.len == 0 || text.len > UIN_DIGITS_MAX || text.at[0] == '0')
        return false;
    size_t high_len = text.len > HALF_DIGITS ? text.len - HALF_DIGITS : 0;
    if (!parse_half(slice_of(text.at, high_len), &uin.high) ||
        !parse_half(slice_of(text.at + high_len, text.len - high_len), &uin.low))
        return false;
    *ret_uin = uin;
    return true;
}

size_t uin_print(struct uin uin, char at[UIN_DIGITS_MAX])
{
    if (uin.high == 0)
        return u64_print(uin.low, at);
    /* Ten digits with their leading zeros, by way of an eleventh in front. */
    char low[U64_DIGITS_MAX];
    size_t len = u64_print(uin.high, at);
    (void)u64_print(HALF + uin.low, low);
    memcpy(at + len, low + 1, HALF_DIGITS);
    return len + HALF_DIGITS;
}

uint64_t uin_hash(struct uin uin)
{
    uint64_t hash = (uin.high * UINT64_C(0x9E3779B97F4A7C15)) ^ uin.low;
    hash = (hash ^ (hash >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    hash = (hash ^ (hash >> 27)) * UINT64_C(0x94D049BB133111EB);
    return hash ^ (hash >> 31);
}
