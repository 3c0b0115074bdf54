/* Buffers: ceilings, the sticky failure, numbers. */
#include "base/buffer.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void fixed_memory_is_never_passed(void **state)
{
    char *memory = malloc(4);
    struct buffer buffer;
    (void)state;
    assert_non_null(memory);
    buffer_init_fixed(&buffer, memory, 4);
    buffer_append(&buffer, SLICE("abc"));
    buffer_char(&buffer, 'd');
    assert_true(buffer_ok(&buffer));
    buffer_char(&buffer, 'e');
    assert_false(buffer_ok(&buffer));
    assert_true(slice_equal(buffer_slice(&buffer), SLICE("abcd")));
    buffer_done(&buffer); /* does not own the memory */
    free(memory);
}

static void a_failure_sticks_until_cleared(void **state)
{
    char memory[4];
    struct buffer buffer;
    (void)state;
    buffer_init_fixed(&buffer, memory, sizeof memory);
    buffer_text(&buffer, "too long");
    assert_false(buffer_ok(&buffer));
    assert_int_equal(buffer.len, 0);
    buffer_char(&buffer, 'a'); /* would fit */
    assert_int_equal(buffer.len, 0);
    buffer_clear(&buffer);
    buffer_char(&buffer, 'a');
    assert_true(buffer_ok(&buffer));
    assert_true(slice_equal(buffer_slice(&buffer), SLICE("a")));
}

static void growing_stops_at_the_ceiling(void **state)
{
    struct buffer buffer;
    (void)state;
    buffer_init(&buffer, 1000);
    assert_null(buffer.at);
    for (int i = 0; i < 1000; i++)
        buffer_char(&buffer, (char)i);
    assert_true(buffer_ok(&buffer));
    for (int i = 0; i < 1000; i++)
        assert_int_equal(buffer.at[i], (char)i);
    buffer_char(&buffer, 'x');
    assert_false(buffer_ok(&buffer));
    assert_int_equal(buffer.len, 1000);
    buffer_clear(&buffer);
    assert_false(buffer_reserve(&buffer, SIZE_MAX));
    buffer_clear(&buffer);
    assert_true(buffer_reserve(&buffer, 1000));
    buffer_done(&buffer);
    buffer_done(&buffer); /* harmless */
}

static void nothing_is_appended_harmlessly(void **state)
{
    struct buffer buffer;
    (void)state;
    buffer_init(&buffer, 0);
    buffer_append(&buffer, SLICE_NONE);
    buffer_text(&buffer, "");
    assert_true(buffer_ok(&buffer));
    buffer_char(&buffer, 'a');
    assert_false(buffer_ok(&buffer));
    buffer_done(&buffer);
}

static void expect_number(int64_t value)
{
    char memory[32];
    char expected[32];
    struct buffer buffer;
    buffer_init_fixed(&buffer, memory, sizeof memory);
    buffer_i64(&buffer, value);
    (void)snprintf(expected, sizeof expected, "%" PRId64, value);
    assert_true(slice_equal(buffer_slice(&buffer), slice_text(expected)));
    buffer_clear(&buffer);
    buffer_u64(&buffer, (uint64_t)value);
    (void)snprintf(expected, sizeof expected, "%" PRIu64, (uint64_t)value);
    assert_true(slice_equal(buffer_slice(&buffer), slice_text(expected)));
}

static void numbers_are_the_c_librarys(void **state)
{
    (void)state;
    expect_number(0);
    expect_number(INT64_MIN);
    expect_number(INT64_MAX);
    expect_number(-1);
    for (int64_t power = 1; power <= INT64_MAX / 10; power *= 10) {
        expect_number(power);
        expect_number(power - 1);
        expect_number(-power);
    }
}

static void hex_and_formats(void **state)
{
    char memory[16];
    struct buffer buffer;
    (void)state;
    buffer_init_fixed(&buffer, memory, sizeof memory);
    buffer_hex(&buffer, "\x00\x7F\xAB\xFF", 4);
    assert_true(slice_equal(buffer_slice(&buffer), SLICE("007fabff")));
    buffer_printf(&buffer, "%d-%s", 12, "abc");
    assert_true(slice_equal(buffer_slice(&buffer), SLICE("007fabff12-abc")));
    BUFFER_LITERAL(&buffer, "zz");
    assert_true(buffer_ok(&buffer));
    buffer_hex(&buffer, "a", 1);
    assert_false(buffer_ok(&buffer));
    buffer_printf(&buffer, "%d", 1);
    assert_int_equal(buffer.len, 16);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fixed_memory_is_never_passed),
        cmocka_unit_test(a_failure_sticks_until_cleared),
        cmocka_unit_test(growing_stops_at_the_ceiling),
        cmocka_unit_test(nothing_is_appended_harmlessly),
        cmocka_unit_test(numbers_are_the_c_librarys),
        cmocka_unit_test(hex_and_formats),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
