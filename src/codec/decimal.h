/* Money between decimal text and micros, exactly (design section 3). */
#ifndef CODEC_DECIMAL_H
#define CODEC_DECIMAL_H

#include "base/amount.h"
#include "base/buffer.h"
#include "base/put.h"

enum decimal_result {
    DECIMAL_OK,
    DECIMAL_SYNTAX,   /* not a decimal number */
    DECIMAL_PRECISE,  /* more precision than a micro; refused, never rounded */
    DECIMAL_OVERFLOW, /* outside int64 micros */
};

/* Text in cents / in units of the currency. Grammar: -? digits (. digits)? ([eE] [+-]? digits)?,
 * which covers every JSON number; no leading '+', blanks or separators. */
enum decimal_result decimal_parse_cents(struct slice text, struct amount *ret_amount);
enum decimal_result decimal_parse_units(struct slice text, struct amount *ret_amount);

/* As a JSON number in cents: integral when whole (36365911, 0), else up to four decimals without
 * trailing zeros (1061.25). */
void decimal_print_cents(struct buffer *out, struct amount amount);
/* The same through a bare pointer (base/put.h), at most DECIMAL_BYTES_MAX bytes. */
enum { DECIMAL_BYTES_MAX = 24 };
char *decimal_put_nonzero_cents(char *at, struct amount amount);
static inline char *decimal_put_cents(char *at, struct amount amount)
{
    return amount_is_zero(amount) ? put_char(at, '0') : decimal_put_nonzero_cents(at, amount);
}
/* In units, two decimals, or as many as needed: 12.34, -0.05, 0.00, 1.000001. */
void decimal_print_units(struct buffer *out, struct amount amount);

#endif
