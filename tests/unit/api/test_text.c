/* api/text.h: the rule at its edges, and what is shown. All of Unicode:
 * tests/blackbox/test_text.py. */
#include "api/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

static bool is_clean(const char *text, struct text_wrong *ret_wrong)
{
    return text_is_clean(slice_text(text), ret_wrong);
}

static void what_is_wrong_is_said_of_the_first_place(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum text_wrong_kind kind;
        const char *english, *chinese;
    } table[] = {
        {"a\x80", TEXT_NOT_UTF8, "it is not UTF-8", "不是 UTF-8 文本"},
        {"\xed\xa0\x80", TEXT_NOT_UTF8, "it is not UTF-8", "不是 UTF-8 文本"},
        {"七\x7f", TEXT_CONTROL, "character 2 is U+007F, a control character",
         "第 2 个字符 U+007F 是控制字符"},
        {" \xe2\x80\xa8", TEXT_SEPARATOR, "character 2 is U+2028, a line or paragraph separator",
         "第 2 个字符 U+2028 是行或段落分隔符"},
        {"\xf3\xa0\x81\x81", TEXT_INVISIBLE,
         "character 1 is U+E0041, which is invisible or changes how the text around it is shown",
         "第 1 个字符 U+E0041 不可见或会改变文本的显示方式"},
        {"a\xe2\x80\x8d", TEXT_MISPLACED,
         "character 2 is U+200D, which is invisible and does not belong there",
         "第 2 个字符 U+200D 不可见且位置不当"},
        {"  ", TEXT_ONLY_BLANKS, "it holds nothing but blanks", "只包含空白字符"},
        {"a ", TEXT_BLANK_AT_END, "it begins or ends with a blank", "首尾不能有空白字符"},
        {"e\xcc\x81", TEXT_NOT_NFC, "it is not in Unicode's normalization form NFC",
         "不是 Unicode 规范化形式 NFC"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        char memory[256];
        struct buffer out;
        struct text_wrong wrong;
        assert_false(is_clean(table[i].text, &wrong));
        assert_int_equal(wrong.kind, table[i].kind);
        for (int chinese = 0; chinese < 2; chinese++) {
            buffer_init_fixed(&out, memory, sizeof memory);
            text_wrong_say(&wrong, chinese == 1, &out);
            const char *expected = chinese ? table[i].chinese : table[i].english;
            assert_true(slice_equal(buffer_slice(&out), slice_text(expected)));
        }
    }
}

/* At every place of a word of eight bytes, and behind the last whole one. */
static void every_ascii_character_at_every_place(void **state)
{
    (void)state;
    for (size_t len = 1; len <= 19; len++) {
        for (size_t at = 0; at < len; at++) {
            for (int c = 0; c < 128; c++) {
                char text[20];
                struct text_wrong wrong = {0};
                memset(text, 'x', sizeof text);
                text[at] = (char)c;
                bool is_end = at == 0 || at + 1 == len;
                bool expected = c >= ' ' && c < 127 && !(c == ' ' && is_end);
                assert_int_equal(text_is_clean(slice_of(text, len), &wrong), expected);
                if (!expected && c != ' ')
                    assert_int_equal(wrong.character, at + 1);
            }
        }
    }
}

static void the_length_is_exact(void **state)
{
    (void)state;
    /* three code points for two bytes, the most there are: U+0390 */
    char text[TEXT_BYTES_MAX + 2];
    struct text_wrong wrong;
    for (size_t i = 0; i < sizeof text; i += 2)
        memcpy(text + i, "\xce\x90", 2);
    assert_true(text_is_clean(slice_of(text, TEXT_BYTES_MAX), &wrong));
    assert_false(text_is_clean(slice_of(text, sizeof text), &wrong));
    assert_int_equal(wrong.kind, TEXT_TOO_LONG);
    assert_true(text_is_clean(SLICE_NONE, &wrong));
}

/* Marks of falling classes: what a sort would take quadratic time for is not sorted. */
static void marks_out_of_order_are_no_nfc(void **state)
{
    (void)state;
    char text[TEXT_BYTES_MAX];
    struct text_wrong wrong;
    text[0] = 'q';
    text[1] = 'q';
    for (size_t i = 2; i < sizeof text; i += 2)
        memcpy(text + i, i < sizeof text / 2 ? "\xcc\x81" : "\xcc\xa3", 2); /* 230, then 220 */
    assert_false(text_is_clean(slice_of(text, sizeof text), &wrong));
    assert_int_equal(wrong.kind, TEXT_NOT_NFC);
}

static void assert_escapes(struct slice text, enum text_escape_style style, const char *expected)
{
    char memory[256];
    struct buffer out;
    buffer_init_fixed(&out, memory, sizeof memory);
    text_escape(text, style, &out);
    assert_true(buffer_ok(&out));
    assert_true(out.len <= TEXT_ESCAPE_FACTOR * text.len);
    if (!slice_equal(buffer_slice(&out), slice_text(expected)))
        fail_msg("%.*s instead of %s", SLICE_ARGS(buffer_slice(&out)), expected);
}

static void what_a_terminal_would_obey_is_escaped(void **state)
{
    (void)state;
    static const struct slice text = {"\x1b[1m\n\xc2\x9b\xe2\x80\xae\xf3\xa0\x80\x81\xff", 15};
    assert_escapes(text, TEXT_ESCAPE_ALL, "\\u{1B}[1m\\u{0A}\\u{9B}\\u{202E}\\u{E0001}\\x{FF}");
    assert_escapes(text, TEXT_ESCAPE_LINES, "\\u{1B}[1m\n\\u{9B}\\u{202E}\\u{E0001}\\x{FF}");
    assert_escapes(text, TEXT_ESCAPE_JSON, "\\u001B[1m\n\\u009B\\u202E\\uDB40\\uDC01\\uFFFD");
    assert_escapes(slice_of("\0", 1), TEXT_ESCAPE_ALL, "\\u{00}");
    assert_escapes(slice_of("\xe4\xb8", 2), TEXT_ESCAPE_ALL, "\\x{E4}\\x{B8}");
}

static void what_is_harmless_is_shown_as_it_is(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "", "a b", " two  blanks ", "七牛云", "e\xcc\x81", "👩\u200d👧", "نامه\u200cای", "❤\ufe0f",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_escapes(slice_text(texts[i]), TEXT_ESCAPE_ALL, texts[i]);
    assert_escapes(SLICE("a\u200d"), TEXT_ESCAPE_ALL, "a\\u{200D}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_wrong_is_said_of_the_first_place),
        cmocka_unit_test(every_ascii_character_at_every_place),
        cmocka_unit_test(the_length_is_exact),
        cmocka_unit_test(marks_out_of_order_are_no_nfc),
        cmocka_unit_test(what_a_terminal_would_obey_is_escaped),
        cmocka_unit_test(what_is_harmless_is_shown_as_it_is),
    };
    return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
