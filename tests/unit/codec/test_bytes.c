/* How far runs of bytes go: every byte in every place, against the rule byte by byte. Texts lie in
 * memory of exactly their size, so that a sanitizer sees a look behind them. */
#include "codec/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { LEN_MAX = 40 };

static bool is_value(unsigned char c) /* RFC 9110 5.5 */
{
    return c == '\t' || (c >= 0x20 && c != 0x7F);
}

static bool is_token(unsigned char c) /* RFC 9110 5.6.2 */
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           (c != '\0' && strchr("!#$%&'*+-.^_`|~", c));
}

static bool is_target(unsigned char c) /* RFC 3986 3.3, 3.4 */
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           (c != '\0' && strchr("-._~!$&'()*+,;=:@/?%", c));
}

static bool is_plain(unsigned char c) /* RFC 8259 7 */
{
    return c >= 0x20 && c != '"' && c != '\\';
}

static size_t run(const char *text, size_t from, size_t len, bool (*is)(unsigned char))
{
    while (from < len && is((unsigned char)text[from]))
        from++;
    return from;
}

static void check(const char *text, size_t len)
{
    const char *end = text + len;
    bool is_ascii = true, expected = true;
    assert_ptr_equal(bytes_skip(text, end, BYTE_TOKEN), text + run(text, 0, len, is_token));
    size_t target_len = run(text, 0, len, is_target);
    assert_ptr_equal(bytes_skip(text, end, BYTE_TARGET), text + target_len);
    assert_int_equal(bytes_are(slice_of(text, len), BYTE_TARGET), target_len == len);
    assert_ptr_equal(bytes_skip_value(text, end), text + run(text, 0, len, is_value));
    size_t from = len / 3;
    size_t stop = run(text, from, len, is_plain);
    for (size_t i = from; i < stop; i++)
        expected = expected && (unsigned char)text[i] < 0x80;
    assert_int_equal(bytes_skip_plain(slice_of(text, len), from, &is_ascii), stop);
    assert_int_equal(is_ascii, expected);
}

static void a_run_ends_where_its_class_ends(void **state)
{
    static const char fillers[] = "aZ0-.x";
    (void)state;
    for (size_t len = 1; len <= LEN_MAX; len++) {
        char *text = malloc(len);
        assert_non_null(text);
        for (size_t at = 0; at < len; at++) {
            for (int c = 0; c < 256; c++) {
                for (size_t i = 0; i < len; i++)
                    text[i] = fillers[i % (sizeof fillers - 1)];
                text[at] = (char)c;
                check(text, len);
                if (at + 2 < len) { /* a second one behind it */
                    text[at + 2] = '"';
                    check(text, len);
                }
            }
        }
        free(text);
    }
}

static void nothing_is_no_run(void **state)
{
    bool is_ascii = true;
    const char *text = "a";
    (void)state;
    assert_ptr_equal(bytes_skip(text, text, BYTE_TOKEN), text);
    assert_ptr_equal(bytes_skip_value(text, text), text);
    assert_int_equal(bytes_skip_plain(slice_of(text, 1), 1, &is_ascii), 1);
    assert_true(is_ascii);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_ends_where_its_class_ends),
        cmocka_unit_test(nothing_is_no_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
