/* Money and decimal text: a table by hand, both ways, and round trips. */
#include "codec/decimal.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const struct {
    const char *text;
    enum decimal_result result;
    int64_t micros; /* the text read as units */
} units[] = {
    {"0", DECIMAL_OK, 0},
    {"-0", DECIMAL_OK, 0},
    {"0.00", DECIMAL_OK, 0},
    {"1", DECIMAL_OK, 1000000},
    {"-1", DECIMAL_OK, -1000000},
    {"12.34", DECIMAL_OK, 12340000},
    {"-0.05", DECIMAL_OK, -50000},
    {"0.000001", DECIMAL_OK, 1},
    {"-0.000001", DECIMAL_OK, -1},
    {"0.0000010000", DECIMAL_OK, 1},
    {"007.50", DECIMAL_OK, 7500000},
    {"1e3", DECIMAL_OK, 1000000000},
    {"1E+3", DECIMAL_OK, 1000000000},
    {"1.5e-2", DECIMAL_OK, 15000},
    {"1e-6", DECIMAL_OK, 1},
    {"1000000e-12", DECIMAL_OK, 1},
    {"0.00000001e2", DECIMAL_OK, 1},
    {"0e999999999999999999999", DECIMAL_OK, 0},
    {"0.0e-999999999999999999999", DECIMAL_OK, 0},
    {"9223372036854.775807", DECIMAL_OK, INT64_MAX},
    {"-9223372036854.775808", DECIMAL_OK, INT64_MIN},
    {"9223372036854775807e-6", DECIMAL_OK, INT64_MAX},
    {"0000000000000000000000000000000000000001", DECIMAL_OK, 1000000},
    {"1.00000000000000000000000000000000000000", DECIMAL_OK, 1000000},
    {"100000000000000000000000000000000000000e-38", DECIMAL_OK, 1000000},
    {"0.0000001", DECIMAL_PRECISE, 0},
    {"0.0000015", DECIMAL_PRECISE, 0},
    {"1.0000001", DECIMAL_PRECISE, 0},
    {"1e-7", DECIMAL_PRECISE, 0},
    {"1e-999999999999999999999", DECIMAL_PRECISE, 0},
    {"99999999999999999999.0000001", DECIMAL_PRECISE, 0},
    {"9223372036854.775808", DECIMAL_OVERFLOW, 0},
    {"-9223372036854.775809", DECIMAL_OVERFLOW, 0},
    {"10000000000000", DECIMAL_OVERFLOW, 0},
    {"1e13", DECIMAL_OVERFLOW, 0},
    {"1e999999999999999999999", DECIMAL_OVERFLOW, 0},
    {"18446744073709.551617", DECIMAL_OVERFLOW, 0}, /* 2^64 + 1 micros */
    {"", DECIMAL_SYNTAX, 0},
    {"-", DECIMAL_SYNTAX, 0},
    {"+1", DECIMAL_SYNTAX, 0},
    {"--1", DECIMAL_SYNTAX, 0},
    {".5", DECIMAL_SYNTAX, 0},
    {"-.5", DECIMAL_SYNTAX, 0},
    {"5.", DECIMAL_SYNTAX, 0},
    {"1.2.3", DECIMAL_SYNTAX, 0},
    {"1,000", DECIMAL_SYNTAX, 0},
    {"1 000", DECIMAL_SYNTAX, 0},
    {" 1", DECIMAL_SYNTAX, 0},
    {"1 ", DECIMAL_SYNTAX, 0},
    {"1\n", DECIMAL_SYNTAX, 0},
    {"1e", DECIMAL_SYNTAX, 0},
    {"1e+", DECIMAL_SYNTAX, 0},
    {"1e1.5", DECIMAL_SYNTAX, 0},
    {"e5", DECIMAL_SYNTAX, 0},
    {"0x10", DECIMAL_SYNTAX, 0},
    {"1_0", DECIMAL_SYNTAX, 0},
    {"NaN", DECIMAL_SYNTAX, 0},
    {"inf", DECIMAL_SYNTAX, 0},
    {"$1", DECIMAL_SYNTAX, 0},
    {"\xEF\xBC\x91", DECIMAL_SYNTAX, 0},
};

static void units_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(units); i++) {
        struct amount amount = {42};
        enum decimal_result result = decimal_parse_units(slice_text(units[i].text), &amount);
        if (result != units[i].result)
            fail_msg("%d instead of %d for %s", result, units[i].result, units[i].text);
        assert_true(amount.micros == (result == DECIMAL_OK ? units[i].micros : 42));
    }
}

static void cents_are_read(void **state)
{
    struct amount amount = {42};
    (void)state;
    assert_int_equal(decimal_parse_cents(SLICE("36365911"), &amount), DECIMAL_OK);
    assert_int_equal(amount.micros, INT64_C(363659110000));
    assert_int_equal(decimal_parse_cents(SLICE("1061.25"), &amount), DECIMAL_OK);
    assert_int_equal(amount.micros, 10612500);
    assert_int_equal(decimal_parse_cents(SLICE("-0.0001"), &amount), DECIMAL_OK);
    assert_int_equal(amount.micros, -1);
    assert_int_equal(decimal_parse_cents(SLICE("0.00001"), &amount), DECIMAL_PRECISE);
    assert_int_equal(decimal_parse_cents(SLICE("922337203685477.5807"), &amount), DECIMAL_OK);
    assert_true(amount.micros == INT64_MAX);
    assert_int_equal(decimal_parse_cents(SLICE("922337203685477.5808"), &amount), DECIMAL_OVERFLOW);
}

static const struct {
    int64_t micros;
    const char *cents;
    const char *units;
} printed[] = {
    {0, "0", "0.00"},
    {1, "0.0001", "0.000001"},
    {-1, "-0.0001", "-0.000001"},
    {10000, "1", "0.01"},
    {-50000, "-5", "-0.05"},
    {12340000, "1234", "12.34"},
    {12345000, "1234.5", "12.345"},
    {10612500, "1061.25", "10.6125"},
    {1000001, "100.0001", "1.000001"},
    {363659110000, "36365911", "363659.11"},
    {-363659110000, "-36365911", "-363659.11"},
    {1000000, "100", "1.00"},
    {1100000, "110", "1.10"},
    {INT64_MAX, "922337203685477.5807", "9223372036854.775807"},
    {INT64_MIN, "-922337203685477.5808", "-9223372036854.775808"},
};

static struct slice print(void (*printer)(struct buffer *, struct amount), int64_t micros)
{
    static char memory[64];
    struct buffer out;
    buffer_init_fixed(&out, memory, sizeof memory);
    printer(&out, (struct amount){micros});
    return buffer_slice(&out);
}

static void amounts_are_printed(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(printed); i++) {
        assert_true(slice_equal(print(decimal_print_cents, printed[i].micros),
                                slice_text(printed[i].cents)));
        assert_true(slice_equal(print(decimal_print_units, printed[i].micros),
                                slice_text(printed[i].units)));
    }
}

static void what_is_printed_is_read_back(void **state)
{
    uint64_t bits = 1;
    (void)state;
    for (int i = 0; i < 20000; i++) {
        bits = bits * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        int64_t micros = (int64_t)(bits >> (i % 60));
        struct amount amount;
        assert_int_equal(decimal_parse_cents(print(decimal_print_cents, micros), &amount),
                         DECIMAL_OK);
        assert_true(amount.micros == micros);
        assert_int_equal(decimal_parse_units(print(decimal_print_units, micros), &amount),
                         DECIMAL_OK);
        assert_true(amount.micros == micros);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(units_are_read),
        cmocka_unit_test(cents_are_read),
        cmocka_unit_test(amounts_are_printed),
        cmocka_unit_test(what_is_printed_is_read_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
