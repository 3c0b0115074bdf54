/* Slices: comparing, cutting, numbers, UTF-8 (RFC 3629's tables), hashing. */
#include "base/slice.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void comparing(void **state)
{
    (void)state;
    assert_true(slice_equal(SLICE_NONE, SLICE("")));
    assert_true(slice_equal(SLICE("a\0b"), SLICE("a\0b")));
    assert_false(slice_equal(SLICE("a\0b"), SLICE("a\0c")));
    assert_false(slice_equal(SLICE("a"), SLICE("ab")));
    assert_true(slice_equal_nocase(SLICE("Content-TYPE"), SLICE("content-type")));
    assert_false(slice_equal_nocase(SLICE("content_type"), SLICE("content-type")));
    assert_false(slice_equal_nocase(SLICE("@[`{"), SLICE("`{@[")));
    assert_false(slice_equal_nocase(SLICE("\xC3\x89"), SLICE("\xC3\xA9")));
    assert_true(slice_compare(SLICE("a"), SLICE("b")) < 0);
    assert_true(slice_compare(SLICE("b"), SLICE("a")) > 0);
    assert_true(slice_compare(SLICE("a"), SLICE("aa")) < 0);
    assert_true(slice_compare(SLICE("aa"), SLICE("a")) > 0);
    assert_true(slice_compare(SLICE("z"), SLICE("\x80")) < 0);
    assert_int_equal(slice_compare(SLICE_NONE, SLICE("")), 0);
    assert_true(slice_starts_with(SLICE("abc"), SLICE("ab")));
    assert_true(slice_starts_with(SLICE("abc"), SLICE("")));
    assert_true(slice_starts_with(SLICE_NONE, SLICE_NONE));
    assert_false(slice_starts_with(SLICE("ab"), SLICE("abc")));
    assert_int_equal(slice_text(NULL).len, 0);
}

static void trimming(void **state)
{
    (void)state;
    assert_true(slice_equal(slice_trim(SLICE(" \ta b\t ")), SLICE("a b")));
    assert_true(slice_equal(slice_trim(SLICE("\r\na\n")), SLICE("\r\na\n")));
    assert_true(slice_equal(slice_trim_lines(SLICE("\r\n\v\f a\tb \r\n")), SLICE("a\tb")));
    assert_int_equal(slice_trim(SLICE(" \t ")).len, 0);
    assert_int_equal(slice_trim_lines(SLICE_NONE).len, 0);
}

static void cutting(void **state)
{
    struct slice rest;
    (void)state;
    assert_true(slice_equal(slice_cut(SLICE("a=b=c"), '=', &rest), SLICE("a")));
    assert_true(slice_equal(rest, SLICE("b=c")));
    assert_true(slice_equal(slice_cut(SLICE("a="), '=', &rest), SLICE("a")));
    assert_non_null(rest.at);
    assert_int_equal(rest.len, 0);
    assert_true(slice_equal(slice_cut(SLICE("a"), '=', &rest), SLICE("a")));
    assert_null(rest.at);
    assert_int_equal(slice_cut(SLICE_NONE, '=', &rest).len, 0);
    assert_null(rest.at);
    assert_int_equal(slice_find(SLICE("abc"), 'c'), 2);
    assert_int_equal(slice_find(SLICE("abc"), 'd'), 3);
    assert_int_equal(slice_find(SLICE_NONE, 'd'), 0);
}

static const struct {
    const char *text;
    bool ok;
    uint64_t value;
} numbers[] = {
    {"0", true, 0},
    {"00012", true, 12},
    {"18446744073709551615", true, UINT64_MAX},
    {"0018446744073709551615", true, UINT64_MAX},
    {"18446744073709551616", false, 0},
    {"99999999999999999999", false, 0},
    {"184467440737095516150", false, 0},
    {"", false, 0},
    {"-1", false, 0},
    {"+1", false, 0},
    {" 1", false, 0},
    {"1 ", false, 0},
    {"1.0", false, 0},
    {"0x1", false, 0},
    {"/", false, 0},
    {":", false, 0},
};

static const struct {
    const char *text;
    bool ok;
    int64_t value;
} signed_numbers[] = {
    {"0", true, 0},
    {"-0", true, 0},
    {"-1", true, -1},
    {"9223372036854775807", true, INT64_MAX},
    {"-9223372036854775808", true, INT64_MIN},
    {"9223372036854775808", false, 0},
    {"-9223372036854775809", false, 0},
    {"-18446744073709551615", false, 0},
    {"-", false, 0},
    {"--1", false, 0},
    {"+1", false, 0},
    {"", false, 0},
};

static void reading_numbers(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(numbers); i++) {
        uint64_t value = 42;
        assert_int_equal(slice_to_u64(slice_text(numbers[i].text), &value), numbers[i].ok);
        assert_true(value == (numbers[i].ok ? numbers[i].value : 42));
    }
    for (size_t i = 0; i < COUNT(signed_numbers); i++) {
        int64_t value = 42;
        assert_int_equal(slice_to_i64(slice_text(signed_numbers[i].text), &value),
                         signed_numbers[i].ok);
        assert_true(value == (signed_numbers[i].ok ? signed_numbers[i].value : 42));
    }
}

/* RFC 3629 section 3, the plain way. */
static size_t encode(uint32_t c, char at[4])
{
    if (c < 0x80) {
        at[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        at[0] = (char)(0xC0 | c >> 6);
        at[1] = (char)(0x80 | (c & 63));
        return 2;
    }
    if (c < 0x10000) {
        at[0] = (char)(0xE0 | c >> 12);
        at[1] = (char)(0x80 | (c >> 6 & 63));
        at[2] = (char)(0x80 | (c & 63));
        return 3;
    }
    at[0] = (char)(0xF0 | c >> 18);
    at[1] = (char)(0x80 | (c >> 12 & 63));
    at[2] = (char)(0x80 | (c >> 6 & 63));
    at[3] = (char)(0x80 | (c & 63));
    return 4;
}

static void every_character_is_utf8(void **state)
{
    (void)state;
    for (uint32_t c = 0; c < 0x110400; c++) {
        char at[4];
        struct slice text = slice_of(at, encode(c, at));
        bool is_character = c <= 0x10FFFF && (c < 0xD800 || c > 0xDFFF);
        if (slice_is_utf8(text) != is_character)
            fail_msg("U+%04X", (unsigned)c);
        assert_int_equal(slice_utf8_length(text), 1);
        for (size_t len = 1; len < text.len; len++)
            assert_false(slice_is_utf8(slice_of(at, len)));
    }
}

/* Of two bytes, only the pairs of ASCII and the two-byte characters are well-formed. */
static void every_two_bytes(void **state)
{
    size_t count = 0;
    (void)state;
    for (unsigned pair = 0; pair < 0x10000; pair++) {
        char at[2] = {(char)(pair >> 8), (char)(pair & 255)};
        count += slice_is_utf8(slice_of(at, 2));
    }
    assert_int_equal(count, 128 * 128 + (0x800 - 0x80));
}

static void ill_formed_texts(void **state)
{
    static const char *const texts[] = {
        "\xC0\x80",         "\xC1\xBF",         "\xE0\x9F\xBF", "\xED\xA0\x80", "\xF0\x8F\xBF\xBF",
        "\xF4\x90\x80\x80", "\xF8\x88\x80\x80", "a\x80",        "\xE4\xB8!",    "\xF0\x9F\x98!",
    };
    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++)
        assert_false(slice_is_utf8(slice_text(texts[i])));
    assert_true(slice_is_utf8(SLICE("a\0b")));
    assert_true(slice_is_utf8(SLICE_NONE));
    assert_int_equal(slice_utf8_length(SLICE("a\xC3\xA9\xE4\xB8\xAD\xF0\x9F\x98\x80")), 4);
}

static void hashes_spread(void **state)
{
    unsigned buckets[64] = {0};
    (void)state;
    for (int i = 0; i < 64000; i++) {
        char text[32];
        int len = snprintf(text, sizeof text, "AKID%d", i);
        buckets[slice_hash(slice_of(text, (size_t)len), 7) & 63]++;
    }
    for (size_t i = 0; i < COUNT(buckets); i++)
        assert_in_range(buckets[i], 800, 1200);
    assert_true(slice_hash(SLICE("a"), 1) != slice_hash(SLICE("a"), 2));
    assert_true(slice_hash(SLICE(""), 1) != slice_hash(SLICE("\0"), 1));
    assert_true(slice_hash(SLICE("12345678"), 1) == slice_hash(SLICE("12345678"), 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comparing),       cmocka_unit_test(trimming),
        cmocka_unit_test(cutting),         cmocka_unit_test(reading_numbers),
        cmocka_unit_test(every_two_bytes), cmocka_unit_test(every_character_is_utf8),
        cmocka_unit_test(hashes_spread),   cmocka_unit_test(ill_formed_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
