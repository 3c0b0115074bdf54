/* Account numbers between text and two ten-digit halves. Owns nothing. Any thread. */
#include "base/uin.h"

enum { HALF_DIGITS = 10 };
#define HALF UINT64_C(10000000000)

int uin_order(const void *left, const void *right)
{
    const struct uin *a = left, *b = right;
    return uin_compare(*a, *b);
}

bool uin_is_among(const struct uin *sorted, uint32_t count, struct uin uin)
{
    uint32_t low = 0, high = count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = uin_compare(sorted[middle], uin);
        if (order == 0)
            return true;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

bool uin_parse(struct slice text, struct uin *ret_uin)
{
    uint64_t whole;
    struct uin uin;
    if (text.len == 0 || text.len > UIN_DIGITS_MAX || text.at[0] == '0')
        return false;
    if (text.len < UIN_DIGITS_MAX) { /* fits 64 bits */
        if (!slice_to_u64(text, &whole))
            return false;
        *ret_uin = (struct uin){whole / HALF, whole % HALF};
        return true;
    }
    if (!slice_to_u64(slice_of(text.at, HALF_DIGITS), &uin.high) ||
        !slice_to_u64(slice_of(text.at + HALF_DIGITS, HALF_DIGITS), &uin.low))
        return false;
    *ret_uin = uin;
    return true;
}

size_t uin_print(struct uin uin, char at[UIN_DIGITS_MAX])
{
    if (uin.high < UINT64_MAX / HALF) /* nearly always */
        return u64_print(uin.high * HALF + uin.low, at);
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
