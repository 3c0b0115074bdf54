/* Form text: what is read from it (after the WHATWG URL standard's parser, less its leniency), and
 * RFC 3986's encoding. */
#include "codec/form.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* What is read, each pair as name=value| (name| when there was no '='), errors in brackets. */
static const struct {
    const char *text;
    const char *read;
} rows[] = {
    {"", ""},
    {"&", ""},
    {"&&&", ""},
    {"a=b", "a=b|"},
    {"a=b&c=d", "a=b|c=d|"},
    {"&a=b&&c=d&", "a=b|c=d|"},
    {"a=", "a=|"},
    {"a", "a|"},
    {"Region", "Region|"},
    {"a&b=c", "a|b=c|"},
    {"=b", "[empty]"},
    {"=", "[empty]"},
    {"a=b=c", "a=b=c|"},
    {"a==", "a==|"},
    {"a+b=c+d", "a b=c d|"},
    {"a%20b=c%2Bd", "a b=c+d|"},
    {"a=%2b%2B", "a=++|"},
    {"a=%26%3D%25", "a=&=%|"},
    {"a=%e9%B8%ad", "a=\xE9\xB8\xAD|"},
    {"a=%2", "[escape]"},
    {"a=%", "[escape]"},
    {"a=%zz", "[escape]"},
    {"a=%2g", "[escape]"},
    {"a=%+1", "[escape]"},
    {"%=b", "[escape]"},
    {"a=100%&b=c", "[escape]b=c|"},
    {"MemberUins.0=700001941608&MemberUins.1=1", "MemberUins.0=700001941608|MemberUins.1=1|"},
    {"a=b;c=d", "a=b;c=d|"},
    {"a=\xC3\xA9", "a=\xC3\xA9|"},
    {"Signature=abc%2Fdef%3D%0A", "Signature=abc/def=\n|"},
    {"?a=b", "?a=b|"},
    {"a=b#c", "a=b#c|"},
    {" a = b ", " a = b |"},
};

static void note(struct buffer *read, enum form_result result, struct field pair)
{
    if (result == FORM_PAIR)
        buffer_printf(read, "%.*s=%.*s|", SLICE_ARGS(pair.name), SLICE_ARGS(pair.value));
    if (result == FORM_NO_EQUALS)
        buffer_printf(read, "%.*s|", SLICE_ARGS(pair.name));
    if (result == FORM_EMPTY_KEY)
        BUFFER_LITERAL(read, "[empty]");
    if (result == FORM_BAD_ESCAPE)
        BUFFER_LITERAL(read, "[escape]");
}

static void forms_are_read(void **state)
{
    struct arena arena;
    char memory[256];
    (void)state;
    assert_true(arena_init(&arena, 1024, 4096));
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct slice rest = slice_text(rows[i].text);
        struct buffer read;
        struct field pair;
        enum form_result result;
        arena_reset(&arena);
        buffer_init_fixed(&read, memory, sizeof memory);
        while ((result = form_next(&rest, &arena, &pair)) != FORM_END)
            note(&read, result, pair);
        if (!slice_equal(buffer_slice(&read), slice_text(rows[i].read)))
            fail_msg("%.*s instead of %s", SLICE_ARGS(buffer_slice(&read)), rows[i].read);
    }
    arena_done(&arena);
}

static void zero_bytes_are_bytes(void **state)
{
    char memory[64];
    struct arena arena;
    struct slice rest = SLICE("%00=%00x");
    struct field pair;
    (void)state;
    arena_init_fixed(&arena, memory, sizeof memory);
    assert_int_equal(form_next(&rest, &arena, &pair), FORM_PAIR);
    assert_true(slice_equal(pair.name, SLICE("\0")));
    assert_true(slice_equal(pair.value, SLICE("\0x")));
}

static void plain_text_is_not_copied(void **state)
{
    struct arena arena;
    struct slice text = SLICE("a=b");
    struct slice rest = text;
    struct field pair;
    (void)state;
    arena_init_fixed(&arena, NULL, 0);
    assert_int_equal(form_next(&rest, &arena, &pair), FORM_PAIR);
    assert_ptr_equal(pair.value.at, text.at + 2);
    rest = SLICE("a=%20");
    assert_int_equal(form_next(&rest, &arena, &pair), FORM_NO_MEMORY);
}

static void encoding_is_rfc3986s(void **state)
{
    char memory[1024];
    struct buffer out;
    (void)state;
    for (int c = 0; c < 256; c++) {
        char byte = (char)c;
        char expected[4] = {byte, 0};
        bool is_unreserved = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                             (c >= '0' && c <= '9') || (c && strchr("-._~", c));
        if (!is_unreserved)
            (void)snprintf(expected, sizeof expected, "%%%02X", (unsigned)c);
        buffer_init_fixed(&out, memory, sizeof memory);
        form_encode(&out, slice_of(&byte, 1));
        assert_true(slice_equal(buffer_slice(&out), slice_text(expected)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forms_are_read),
        cmocka_unit_test(zero_bytes_are_bytes),
        cmocka_unit_test(plain_text_is_not_copied),
        cmocka_unit_test(encoding_is_rfc3986s),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
