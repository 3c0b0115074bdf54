/* Uin: the number of an account, 1 to 20 decimal digits without a leading zero (protocol section
 * 0: "each only digits"). Twenty digits do not fit 64 bits, so it is kept as two ten-digit halves;
 * their order is the numeric order. The all-zero value means "none". */
#ifndef BASE_UIN_H
#define BASE_UIN_H

#include "base/slice.h"

enum { UIN_DIGITS_MAX = 20 };

struct uin {
    uint64_t high; /* value / 10^10 */
    uint64_t low;  /* value % 10^10 */
};

static inline bool uin_equal(struct uin a, struct uin b)
{
    return a.high == b.high && a.low == b.low;
}

static inline bool uin_is_none(struct uin uin)
{
    return uin.high == 0 && uin.low == 0;
}

/* Numeric order: <0, 0, >0. */
static inline int uin_compare(struct uin a, struct uin b)
{
    if (a.high != b.high)
        return a.high < b.high ? -1 : 1;
    return (a.low > b.low) - (a.low < b.low);
}

/* The same of two `struct uin *`, for qsort. */
int uin_order(const void *left, const void *right);
/* Whether `uin` is one of the `count` at `sorted`, which are in numeric order. */
bool uin_is_among(const struct uin *sorted, uint32_t count, struct uin uin);
/* False when empty, over 20 digits, with a leading zero, or with anything but digits. */
bool uin_parse(struct slice text, struct uin *ret_uin);
/* Writes 1..20 digits to `at` (no final zero) and returns how many. */
size_t uin_print(struct uin uin, char at[UIN_DIGITS_MAX]);
uint64_t uin_hash(struct uin uin);

#endif
