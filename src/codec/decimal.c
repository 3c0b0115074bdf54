/* Money between decimal text and micros, in whole numbers only.
 *
 * 1. A text is an integer of its significant digits times a power of ten. It is accepted only when
 *    that is a whole number of micros that fits: nothing is ever rounded.
 *
 * Owns nothing. Any thread. */
#include "codec/decimal.h"

/* One unit is 10^6 micros, one cent 10^4. */
enum { UNIT_DIGITS = 6, CENT_DIGITS = 4, EXPONENT_MAX = 1000000000 };

/* A decimal number taken apart. */
struct parts {
    struct slice whole;    /* digits before the point */
    struct slice fraction; /* digits behind it */
    int64_t exponent;      /* cut at +-EXPONENT_MAX */
    bool is_negative;
};

static struct slice take_digits(struct slice *rest)
{
    size_t len = 0;
    while (len < rest->len && rest->at[len] >= '0' && rest->at[len] <= '9')
        len++;
    struct slice digits = slice_of(rest->at, len);
    *rest = slice_of(rest->at + len, rest->len - len);
    return digits;
}

static bool take(struct slice *rest, char a, char b)
{
    if (rest->len == 0 || (rest->at[0] != a && rest->at[0] != b))
        return false;
    *rest = slice_of(rest->at + 1, rest->len - 1);
    return true;
}

static bool split(struct slice rest, struct parts *ret_parts)
{
    struct parts parts = {.is_negative = take(&rest, '-', '-')};
    parts.whole = take_digits(&rest);
    if (parts.whole.len == 0)
        return false;
    if (take(&rest, '.', '.')) {
        parts.fraction = take_digits(&rest);
        if (parts.fraction.len == 0)
            return false;
    }
    if (take(&rest, 'e', 'E')) {
        bool is_negative = take(&rest, '-', '-');
        if (!is_negative)
            (void)take(&rest, '+', '+');
        struct slice digits = take_digits(&rest);
        if (digits.len == 0)
            return false;
        for (size_t i = 0; i < digits.len && parts.exponent < EXPONENT_MAX; i++)
            parts.exponent = parts.exponent * 10 + (digits.at[i] - '0');
        parts.exponent = is_negative ? -parts.exponent : parts.exponent;
    }
    *ret_parts = parts;
    return rest.len == 0;
}

/* Digit `i` of whole and fraction read as one run. */
static int digit_at(const struct parts *parts, size_t i)
{
    /* A part with a length has bytes: NOLINTBEGIN(clang-analyzer-core.NullDereference) */
    bool is_whole = i < parts->whole.len;
    char digit = is_whole ? parts->whole.at[i] : parts->fraction.at[i - parts->whole.len];
    /* NOLINTEND(clang-analyzer-core.NullDereference) */
    return digit - '0';
}

/* value * 10 + digit, kept negative: int64 reaches one further down than up. */
static bool push_digit(int64_t *value, int digit)
{
    return !__builtin_mul_overflow(*value, 10, value) &&
           !__builtin_sub_overflow(*value, digit, value);
}

static enum decimal_result parse(struct slice text, int scale, struct amount *ret_amount)
{
    struct parts parts;
    if (!split(text, &parts))
        return DECIMAL_SYNTAX;
    size_t first = 0;
    size_t end = parts.whole.len + parts.fraction.len;
    int64_t power = parts.exponent + scale - (int64_t)parts.fraction.len;
    while (first < end && digit_at(&parts, first) == 0)
        first++;
    for (; end > first && digit_at(&parts, end - 1) == 0; end--)
        power++;
    if (first == end) {
        *ret_amount = AMOUNT_ZERO;
        return DECIMAL_OK;
    }
    if (power < 0)
        return DECIMAL_PRECISE;
    int64_t value = 0; /* after its first digit it is not zero: no loop outlasts 19 digits */
    for (size_t i = first; i < end + (size_t)power; i++)
        if (!push_digit(&value, i < end ? digit_at(&parts, i) : 0))
            return DECIMAL_OVERFLOW;
    if (!parts.is_negative && __builtin_sub_overflow(0, value, &value))
        return DECIMAL_OVERFLOW;
    *ret_amount = (struct amount){value};
    return DECIMAL_OK;
}

enum decimal_result decimal_parse_cents(struct slice text, struct amount *ret_amount)
{
    return parse(text, CENT_DIGITS, ret_amount);
}

enum decimal_result decimal_parse_units(struct slice text, struct amount *ret_amount)
{
    return parse(text, UNIT_DIGITS, ret_amount);
}

/* With `scale` digits behind the point, less trailing zeros down to `digits_min` of them. Rarely
 * needed, and kept out of the way of those who do not. */
RARE static char *put(char *at, struct amount amount, int scale, int digits_min)
{
    uint64_t size = amount.micros < 0 ? 0 - (uint64_t)amount.micros : (uint64_t)amount.micros;
    char fraction[UNIT_DIGITS] = {0};
    for (int i = scale - 1; i >= 0; i--, size /= 10)
        fraction[i] = (char)('0' + size % 10);
    int len = scale;
    while (len > digits_min && fraction[len - 1] == '0')
        len--;
    if (amount.micros < 0)
        at = put_char(at, '-');
    at = put_u64(at, size);
    if (len > 0)
        at = put_char(at, '.');
    return put_bytes(at, fraction, (size_t)len);
}

char *decimal_put_nonzero_cents(char *at, struct amount amount)
{
    int64_t cents = amount.micros / AMOUNT_MICROS_PER_CENT;
    if (cents * AMOUNT_MICROS_PER_CENT == amount.micros) /* nearly always */
        return put_i64(at, cents);
    return put(at, amount, CENT_DIGITS, 0);
}

void decimal_print_cents(struct buffer *out, struct amount amount)
{
    char text[DECIMAL_BYTES_MAX];
    const char *end = decimal_put_cents(text, amount);
    buffer_bytes(out, text, (size_t)(end - text));
}

void decimal_print_units(struct buffer *out, struct amount amount)
{
    char text[DECIMAL_BYTES_MAX];
    const char *end = put(text, amount, UNIT_DIGITS, 2);
    buffer_bytes(out, text, (size_t)(end - text));
}
