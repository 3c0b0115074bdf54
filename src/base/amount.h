/* Amount: money, as a count of micros: 1,000,000 = one unit of the organisation's currency, so
 * 10,000 = one cent. Range: all of int64 (about +-9.2e12 units). Never a float, never a bare
 * integer: all arithmetic goes through the checked functions below, which return false (and leave
 * the output alone) on overflow. Decimal text is codec/decimal.h's. */
#ifndef BASE_AMOUNT_H
#define BASE_AMOUNT_H

#include <stdbool.h>
#include <stdint.h>

struct amount {
    int64_t micros;
};

#define AMOUNT_ZERO ((struct amount){0})

enum { AMOUNT_MICROS_PER_CENT = 10000, AMOUNT_MICROS_PER_UNIT = 1000000 };

__attribute__((warn_unused_result)) static inline bool amount_add(struct amount a, struct amount b,
                                                                  struct amount *ret_sum)
{
    struct amount sum;
    if (__builtin_add_overflow(a.micros, b.micros, &sum.micros))
        return false;
    *ret_sum = sum;
    return true;
}

__attribute__((warn_unused_result)) static inline bool
amount_subtract(struct amount a, struct amount b, struct amount *ret_difference)
{
    struct amount difference;
    if (__builtin_sub_overflow(a.micros, b.micros, &difference.micros))
        return false;
    *ret_difference = difference;
    return true;
}

/* <0, 0, >0 as a is less than, equal to, greater than b. */
static inline int amount_compare(struct amount a, struct amount b)
{
    return (a.micros > b.micros) - (a.micros < b.micros);
}

static inline bool amount_is_negative(struct amount a)
{
    return a.micros < 0;
}

static inline bool amount_is_zero(struct amount a)
{
    return a.micros == 0;
}

static inline struct amount amount_from_cents(int32_t cents)
{
    return (struct amount){(int64_t)cents * AMOUNT_MICROS_PER_CENT};
}

#endif
