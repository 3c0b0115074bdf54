/* Bytes through bare pointers, and words of eight bytes, against the C library and plain loops. */
#include "base/put.h"

#include <ctype.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void expect_number(uint64_t value)
{
    char memory[1 + PUT_I64_MAX], expected[32];
    char *end = put_u64(memory, value);
    (void)snprintf(expected, sizeof expected, "%" PRIu64, value);
    assert_true(slice_equal(slice_of(memory, (size_t)(end - memory)), slice_text(expected)));
    end = put_i64(memory, (int64_t)value);
    (void)snprintf(expected, sizeof expected, "%" PRId64, (int64_t)value);
    assert_true(slice_equal(slice_of(memory, (size_t)(end - memory)), slice_text(expected)));
}

static void numbers_are_the_c_librarys(void **state)
{
    uint64_t bits = 1;
    (void)state;
    for (uint64_t value = 0; value < 20000; value++)
        expect_number(value);
    for (uint64_t power = 1; power <= UINT64_MAX / 10; power *= 10)
        for (uint64_t step = 0; step < 3; step++)
            expect_number(power * 10 - 1 + step);
    for (int i = 0; i < 200000; i++) {
        bits = bits * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        expect_number(bits >> (i % 64));
    }
    expect_number(UINT64_MAX);
}

/* Every length, every byte in every place: only digits are taken, and what they say is right. */
static void digits_are_read_wherever_they_stand(void **state)
{
    static const char digits[] = "90817263545362718090";
    (void)state;
    for (size_t len = 1; len < sizeof digits - 1; len++) {
        char *text = malloc(len + 1);
        uint64_t value;
        assert_non_null(text);
        for (size_t at = 0; at < len; at++) {
            for (int c = 0; c < 256; c++) {
                memcpy(text, digits, len);
                text[at] = (char)c;
                text[len] = '\0';
                bool is_number = c >= '0' && c <= '9';
                assert_int_equal(slice_to_u64(slice_of(text, len), &value), is_number);
                if (is_number)
                    assert_true(value == strtoull(text, NULL, 10));
            }
        }
        free(text);
    }
}

static void cases_are_forgotten_for_letters_only(void **state)
{
    (void)state;
    for (size_t len = 1; len <= 20; len++) {
        char *a = malloc(len), *b = malloc(len);
        assert_true(a && b);
        memset(a, 'k', len);
        memset(b, 'K', len);
        for (size_t at = 0; at < len; at++) {
            for (int pair = 0; pair < 65536; pair++) {
                unsigned char x = (unsigned char)pair, y = (unsigned char)(pair >> 8);
                a[at] = (char)x;
                b[at] = (char)y;
                bool same = tolower(x) == tolower(y); /* of the C locale: ASCII */
                if (same != slice_equal_nocase(slice_of(a, len), slice_of(b, len)))
                    fail_msg("%u and %u at %zu of %zu", x, y, at, len);
            }
            a[at] = 'k';
            b[at] = 'K';
        }
        free(a);
        free(b);
    }
}

static void capitals_are_put_small(void **state)
{
    (void)state;
    for (size_t len = 0; len <= 256; len++) {
        char *text = malloc(len + 1), put[256 + WORD_BYTES];
        assert_non_null(text);
        for (size_t i = 0; i < len; i++)
            text[i] = (char)(255 - i);
        assert_ptr_equal(put_lower(put, slice_of(text, len)), put + len);
        for (size_t i = 0; i < len; i++)
            assert_int_equal((unsigned char)put[i], tolower((unsigned char)text[i]));
        free(text);
    }
}

static void parts_of_words_are_read_and_no_more(void **state)
{
    (void)state;
    for (size_t len = 0; len <= WORD_BYTES; len++) {
        char *text = malloc(len + 1); /* one more, for a pointer behind the part */
        uint64_t expected = 0;
        assert_non_null(text);
        for (size_t i = 0; i < len; i++) {
            text[i] = (char)(0x81 + i);
            expected |= (uint64_t)(0x81 + i) << 8 * i;
        }
        assert_true(word_load_part(text, len) == expected);
        free(text);
    }
}

static void pieces_stand_in_a_row(void **state)
{
    char memory[64];
    struct buffer out;
    (void)state;
    buffer_init_fixed(&out, memory, sizeof memory);
    BUFFER_LITERAL(&out, "-");
    char *at = buffer_room(&out, 60);
    assert_non_null(at);
    if (!at) /* the compiler does not know what an assertion does */
        return;
    at = PUT_LITERAL(at, "[");
    at = put_slice(at, SLICE("a b"));
    at = put_slice(at, SLICE_NONE);
    at = put_uin(put_char(at, ','), (struct uin){UINT64_C(9999999999), 1});
    at = put_hex(put_char(at, ','), "\x00\x7F\xAB\xFF", 4);
    buffer_wrote(&out, put_char(at, ']'));
    assert_true(slice_equal(buffer_slice(&out), SLICE("-[a b,99999999990000000001,007fabff]")));
    assert_null(buffer_room(&out, 60));
    assert_false(buffer_ok(&out));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_the_c_librarys),
        cmocka_unit_test(digits_are_read_wherever_they_stand),
        cmocka_unit_test(cases_are_forgotten_for_letters_only),
        cmocka_unit_test(capitals_are_put_small),
        cmocka_unit_test(parts_of_words_are_read_and_no_more),
        cmocka_unit_test(pieces_stand_in_a_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
