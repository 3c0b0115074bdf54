/* Base64 and hex against RFC 4648 section 10 and texts that must be refused. */
#include "crypto/digest.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define TEXT(literal)                                                                              \
    {                                                                                              \
        "" literal, sizeof(literal) - 1                                                            \
    } /* constant, as SLICE is not */

static const struct {
    struct slice bytes;
    struct slice text;
} base64_rows[] = {
    {TEXT(""), TEXT("")},
    {TEXT("f"), TEXT("Zg==")},
    {TEXT("fo"), TEXT("Zm8=")},
    {TEXT("foo"), TEXT("Zm9v")},
    {TEXT("foob"), TEXT("Zm9vYg==")},
    {TEXT("fooba"), TEXT("Zm9vYmE=")},
    {TEXT("foobar"), TEXT("Zm9vYmFy")},
    {TEXT("\373\377\277"), TEXT("+/+/")},
    {TEXT("\0\0"), TEXT("AAA=")},
};

static void base64_of_published_texts(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof base64_rows / sizeof *base64_rows; i++) {
        char memory[16];
        struct buffer out;
        buffer_init_fixed(&out, memory, base64_rows[i].text.len);
        base64_encode(&out, base64_rows[i].bytes);
        assert_true(buffer_ok(&out));
        assert_true(slice_equal(buffer_slice(&out), base64_rows[i].text));

        buffer_init_fixed(&out, memory, base64_rows[i].bytes.len);
        assert_true(base64_decode(&out, base64_rows[i].text));
        assert_true(slice_equal(buffer_slice(&out), base64_rows[i].bytes));
    }
}

static void malformed_base64_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "Z",        "Zg",       "Zg=",    "Zg===",   "====",      "=Zg=",     "Z===",
        "Zg==Zg==", "Zm8=Zm8=", "Zm9v\n", "Zm9v ",   " Zm9v",     "Zm 9vYg=", "Zm9v-_-_",
        "Zm9vYg=a", "Zh==",     "Zm9=",   "\200m9v", "Zm9vY\t==",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char memory[64];
        struct buffer out;
        buffer_init_fixed(&out, memory, sizeof memory);
        buffer_char(&out, '!');
        assert_false(base64_decode(&out, slice_text(texts[i])));
        assert_int_equal(out.len, 1);
    }
}

static void a_full_buffer_is_not_overrun(void **state)
{
    (void)state;
    char memory[7];
    struct buffer out;
    buffer_init_fixed(&out, memory, sizeof memory);
    base64_encode(&out, SLICE("foobar"));
    assert_false(buffer_ok(&out));
    buffer_init_fixed(&out, memory, 5);
    assert_false(base64_decode(&out, SLICE("Zm9vYmFy")));
}

static void hex_is_decoded_exactly(void **state)
{
    (void)state;
    unsigned char bytes[4];
    assert_true(hex_decode(SLICE("00fFA9d0"), bytes, sizeof bytes));
    assert_memory_equal(bytes, "\x00\xff\xa9\xd0", 4);
    assert_true(hex_decode(SLICE_NONE, bytes, 0));
    assert_false(hex_decode(SLICE("00ffa9d"), bytes, sizeof bytes));
    assert_false(hex_decode(SLICE("00ffa9d0a"), bytes, sizeof bytes));
    assert_false(hex_decode(SLICE("00ffa9d000"), bytes, sizeof bytes));
    assert_false(hex_decode(SLICE("00ffa9g0"), bytes, sizeof bytes));
    assert_false(hex_decode(SLICE("00ff 9d0"), bytes, sizeof bytes));
    assert_false(hex_decode(SLICE("0x00ff9d"), bytes, sizeof bytes));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(base64_of_published_texts),
        cmocka_unit_test(malformed_base64_is_refused),
        cmocka_unit_test(a_full_buffer_is_not_overrun),
        cmocka_unit_test(hex_is_decoded_exactly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
