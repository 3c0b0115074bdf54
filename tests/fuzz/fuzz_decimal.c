/* Money and moments as text: the input is one text.
 *
 * 1. An amount that is accepted and printed is read as the same amount, and what is printed is the
 *    shortest way to write it: printed again it is the same text.
 * 2. Cents are hundredths of units: a text accepted as both gives amounts 100 apart, or one of them
 *    does not fit or is too precise.
 * 3. A moment that is accepted and printed is read as the same moment; the forms agree on the day.
 */
#include "base/check.h"
#include "codec/decimal.h"
#include "codec/timestamp.h"
#include "fuzz.h"

enum { PRINTED_BYTES_MAX = 64 };

struct notation {
    enum decimal_result (*parse)(struct slice text, struct amount *ret_amount);
    void (*print)(struct buffer *out, struct amount amount);
};

static void check_amount(struct amount amount, const struct notation *notation)
{
    char memory[PRINTED_BYTES_MAX], memory_again[PRINTED_BYTES_MAX];
    struct buffer text, text_again;
    struct amount again;
    buffer_init_fixed(&text, memory, sizeof memory);
    buffer_init_fixed(&text_again, memory_again, sizeof memory_again);
    notation->print(&text, amount);
    CHECK(buffer_ok(&text));
    CHECK(notation->parse(buffer_slice(&text), &again) == DECIMAL_OK);
    CHECK(again.micros == amount.micros);
    notation->print(&text_again, again);
    CHECK(slice_equal(buffer_slice(&text), buffer_slice(&text_again)));
}

static void check_decimal(struct slice text)
{
    static const struct notation cents = {decimal_parse_cents, decimal_print_cents};
    static const struct notation units = {decimal_parse_units, decimal_print_units};
    struct amount in_cents = AMOUNT_ZERO, in_units = AMOUNT_ZERO;
    int64_t hundredfold;
    enum decimal_result as_cents = decimal_parse_cents(text, &in_cents);
    enum decimal_result as_units = decimal_parse_units(text, &in_units);
    CHECK((as_cents == DECIMAL_SYNTAX) == (as_units == DECIMAL_SYNTAX));
    if (as_cents == DECIMAL_OK) {
        check_amount(in_cents, &cents);
        check_amount(in_cents, &units);
    }
    if (as_units == DECIMAL_OK) {
        check_amount(in_units, &cents);
        check_amount(in_units, &units);
    }
    if (as_cents == DECIMAL_OK && as_units == DECIMAL_OK)
        CHECK(!__builtin_mul_overflow(in_cents.micros, INT64_C(100), &hundredfold) &&
              hundredfold == in_units.micros);
    CHECK(as_cents != DECIMAL_OK || as_units == DECIMAL_OK || as_units == DECIMAL_OVERFLOW);
    CHECK(as_units != DECIMAL_OK || as_cents == DECIMAL_OK || as_cents == DECIMAL_PRECISE);
}

static void check_days(int64_t us)
{
    char date[10], http[29];
    char memory[PRINTED_BYTES_MAX];
    struct buffer plain;
    int64_t again;
    buffer_init_fixed(&plain, memory, sizeof memory);
    timestamp_print_plain(&plain, us);
    timestamp_print_date(date, us / 1000000);
    timestamp_print_http(http, us / 1000000);
    CHECK(plain.len == 19 && memcmp(plain.at, date, sizeof date) == 0);
    CHECK(memcmp(http + 12, date, 4) == 0 && memcmp(http + 5, date + 8, 2) == 0);
    CHECK(memcmp(http + 17, plain.at + 11, 8) == 0 && memcmp(http + 25, " GMT", 4) == 0);
    CHECK(timestamp_parse_plain(buffer_slice(&plain), &again) && again == us - us % 1000000);
}

static void check_moment(int64_t us)
{
    char memory[PRINTED_BYTES_MAX];
    struct buffer text;
    int64_t again;
    buffer_init_fixed(&text, memory, sizeof memory);
    timestamp_print_rfc3339(&text, us);
    CHECK(buffer_ok(&text));
    CHECK(timestamp_parse_rfc3339(buffer_slice(&text), &again) && again == us);
    check_days(us);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = fuzz_text(data, size);
    int64_t us;
    check_decimal(text);
    if (timestamp_parse_rfc3339(text, &us))
        check_moment(us);
    if (timestamp_parse_plain(text, &us))
        check_moment(us);
    return 0;
}
