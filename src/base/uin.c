/* Account numbers between text and two ten-digit halves. Owns nothing. Any thread. */
#include "base/uin.h"

#define HALF UINT64_C(10000000000)

bool uin_parse(struct slice text, struct uin *ret_uin)
{
    if (text.len == 0 || text.len > UIN_DIGITS_MAX || text.at[0] == '0')
        return false;
    struct uin uin = {0, 0};
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] < '0' || text.at[i] > '9')
            return false;
        uint64_t carried = uin.low * 10 + (uint64_t)(text.at[i] - '0');
        uin.high = uin.high * 10 + carried / HALF;
        uin.low = carried % HALF;
    }
    *ret_uin = uin;
    return true;
}

size_t uin_print(struct uin uin, char at[UIN_DIGITS_MAX])
{
    char digits[UIN_DIGITS_MAX];
    size_t start = UIN_DIGITS_MAX;
    for (int i = 0; i < 10; i++, uin.low /= 10)
        digits[--start] = (char)('0' + uin.low % 10);
    for (int i = 0; i < 10; i++, uin.high /= 10)
        digits[--start] = (char)('0' + uin.high % 10);
    while (start < UIN_DIGITS_MAX - 1 && digits[start] == '0')
        start++;
    memcpy(at, digits + start, UIN_DIGITS_MAX - start);
    return UIN_DIGITS_MAX - start;
}

uint64_t uin_hash(struct uin uin)
{
    uint64_t hash = (uin.high * UINT64_C(0x9E3779B97F4A7C15)) ^ uin.low;
    hash = (hash ^ (hash >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    hash = (hash ^ (hash >> 27)) * UINT64_C(0x94D049BB133111EB);
    return hash ^ (hash >> 31);
}
