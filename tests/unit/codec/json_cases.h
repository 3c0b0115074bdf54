/* JSON texts after RFC 8259. Accepted ones come with what they must become when they are read and
 * written again: no blanks, strings with the fewest escapes, numbers as they were. */
#ifndef TEST_JSON_CASES_H
#define TEST_JSON_CASES_H

#include "base/slice.h"

#define BYTES(literal)                                                                             \
    {                                                                                              \
        "" literal, sizeof(literal) - 1                                                            \
    }

#define SAME(literal)                                                                              \
    {                                                                                              \
        BYTES(literal), BYTES(literal)                                                             \
    }
#define BECOMES(literal, rewritten)                                                                \
    {                                                                                              \
        BYTES(literal), BYTES(rewritten)                                                           \
    }

static const struct {
    struct slice text;
    struct slice rewritten;
} json_accepted[] = {
    /* Scalars at the top. */
    SAME("null"),
    SAME("true"),
    SAME("false"),
    SAME("0"),
    SAME("\"\""),
    SAME("\"a\""),
    SAME("[]"),
    SAME("{}"),
    /* Blanks. */
    BECOMES(" \t\r\n1 \t\r\n", "1"),
    BECOMES("[ ]", "[]"),
    BECOMES("{ }", "{}"),
    BECOMES(" [ 1 , 2 ] ", "[1,2]"),
    BECOMES("{\n\"a\"\t:\r1 , \"b\" : 2 }", "{\"a\":1,\"b\":2}"),
    /* Numbers keep their spelling. */
    SAME("-0"),
    SAME("-1"),
    SAME("10"),
    SAME("123456789012345678901234567890"),
    SAME("0.0"),
    SAME("-0.5"),
    SAME("1.500"),
    SAME("1e5"),
    SAME("1E+5"),
    SAME("1e-5"),
    SAME("0e0"),
    SAME("0.1e01"),
    SAME("1e999999"),
    SAME("-123.456E-789"),
    SAME("[1,2.5,-3e1]"),
    /* Strings. */
    SAME("\"a/b\""),
    BECOMES("\"a\\/b\"", "\"a/b\""),
    SAME("\"\\\"\\\\\\b\\f\\n\\r\\t\""),
    BECOMES("\"\\u0022\\u005c\\u0008\\u000C\\u000a\\u000D\\u0009\"", "\"\\\"\\\\\\b\\f\\n\\r\\t\""),
    BECOMES("\"\\u0041\\u00e9\\u4e2D\\uFFFF\"", "\"A\xC3\xA9\xE4\xB8\xAD\xEF\xBF\xBF\""),
    BECOMES("\"\\uD83D\\uDE00\"", "\"\xF0\x9F\x98\x80\""),
    BECOMES("\"\\ud800\\udc00\\uDBFF\\uDFFF\"", "\"\xF0\x90\x80\x80\xF4\x8F\xBF\xBF\""),
    BECOMES("\"\\u0080\\u07FF\\u0800\"", "\"\xC2\x80\xDF\xBF\xE0\xA0\x80\""),
    BECOMES("\"\\uD7FF\\uE000\"", "\"\xED\x9F\xBF\xEE\x80\x80\""),
    SAME("\"\\u0000\""),
    SAME("\"\\u0001\\u001f\\u000b\""),
    BECOMES("\"\\u007F\"", "\"\x7F\""),
    SAME("\"\x7F\""),
    SAME("\"\xC3\xA9\xE4\xB8\xAD\xF0\x9F\x98\x80\""),
    SAME("\"\xF4\x8F\xBF\xBF\xED\x9F\xBF\""),
    SAME("\"\xEF\xBB\xBF\""), /* U+FEFF inside a string is a character */
    BECOMES("\"\\u2028\xE2\x80\xA9\"", "\"\xE2\x80\xA8\xE2\x80\xA9\""),
    SAME("\"a long string that is more than eight bytes, with \\\" and \\\\ inside\""),
    SAME("\"01234567\\n89abcdef\\t\""),
    SAME("\"// no comment # /* */\""),
    BECOMES("\"\\\\u0041\"", "\"\\\\u0041\""),
    /* Arrays and objects. */
    SAME("[[[]],[],{}]"),
    SAME("[null,true,false,0,\"\",[],{}]"),
    SAME("{\"a\":{\"a\":{\"a\":[]}}}"),
    SAME("{\"\":0}"),
    SAME("{\"a\":1,\"A\":2,\"a \":3}"),
    SAME("[{\"a\":1},{\"a\":1}]"),
    SAME("{\"a\":{\"b\":1},\"b\":{\"a\":1}}"),
    BECOMES("{\"\\u0061\":1,\"b\":2}", "{\"a\":1,\"b\":2}"),
    SAME("{\"__proto__\":1,\"constructor\":2}"),
    SAME("{\"1\":1,\"2\":2,\"3\":3,\"4\":4,\"5\":5,\"6\":6,\"7\":7,\"8\":8,\"9\":9,\"10\":10,"
         "\"11\":11,\"12\":12,\"13\":13,\"14\":14,\"15\":15,\"16\":16,\"17\":17,\"18\":18}"),
    /* Depth 32. */
    SAME("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]"),
};

/* Refused, and the offset of the byte that is to blame. */
static const struct {
    struct slice text;
    size_t offset;
} json_refused[] = {
    /* Nothing, or not enough. */
    {BYTES(""), 0},
    {BYTES(" "), 1},
    {BYTES("["), 1},
    {BYTES("{"), 1},
    {BYTES("[1"), 2},
    {BYTES("[1,"), 3},
    {BYTES("{\"a\""), 4},
    {BYTES("{\"a\":"), 5},
    {BYTES("{\"a\":1"), 6},
    {BYTES("{\"a\":1,"), 7},
    {BYTES("\""), 1},
    {BYTES("\"a"), 2},
    {BYTES("\"\\"), 2},
    {BYTES("\"\\\""), 3},
    {BYTES("\"\\u12\""), 1},
    {BYTES("tru"), 0},
    {BYTES("nul"), 0},
    {BYTES("-"), 1},
    {BYTES("1."), 2},
    {BYTES("1e"), 2},
    {BYTES("1e+"), 3},
    {BYTES("[[]"), 3},
    {BYTES("[{}"), 3},
    /* Too much. */
    {BYTES("1 2"), 2},
    {BYTES("1,"), 1},
    {BYTES("{}{}"), 2},
    {BYTES("[]]"), 2},
    {BYTES("{}}"), 2},
    {BYTES("nullnull"), 4},
    {BYTES("\"a\"b"), 3},
    {BYTES("{} x"), 3},
    {BYTES("1\0"), 1},
    {BYTES("[]\0"), 2},
    {BYTES("{}\x0C"), 2},
    {BYTES("{} // comment"), 3},
    /* Marks and other encodings. */
    {BYTES("\xEF\xBB\xBF{}"), 0},
    {BYTES("\xEF\xBB\xBF"), 0},
    {BYTES("\xFE\xFF\0{\0}"), 0},
    {BYTES("{\0}\0"), 1},
    {BYTES("\xC2\xA0{}"), 0}, /* a no-break space */
    {BYTES("\xE2\x80\xA8{}"), 0},
    {BYTES("\x0B{}"), 0},
    {BYTES("\0"), 0},
    /* Words. */
    {BYTES("True"), 0},
    {BYTES("TRUE"), 0},
    {BYTES("nulL"), 0},
    {BYTES("undefined"), 0},
    {BYTES("NaN"), 0},
    {BYTES("Infinity"), 0},
    {BYTES("-Infinity"), 1},
    {BYTES("-NaN"), 1},
    {BYTES("[truth]"), 1},
    {BYTES("[truefalse]"), 5},
    {BYTES("a"), 0},
    {BYTES("'a'"), 0},
    {BYTES("{a:1}"), 1},
    {BYTES("{'a':1}"), 1},
    /* Numbers. */
    {BYTES("01"), 1},
    {BYTES("-01"), 2},
    {BYTES("00"), 1},
    {BYTES("+1"), 0},
    {BYTES(".5"), 0},
    {BYTES("-.5"), 1},
    {BYTES("1.e5"), 2},
    {BYTES("1.5."), 3},
    {BYTES("1.5.5"), 3},
    {BYTES("1ee5"), 2},
    {BYTES("1e5.5"), 3},
    {BYTES("1e5e5"), 3},
    {BYTES("1e+-5"), 3},
    {BYTES("--1"), 1},
    {BYTES("1-1"), 1},
    {BYTES("0x10"), 1},
    {BYTES("1_000"), 1},
    {BYTES("1,000"), 1},
    {BYTES("1a"), 1},
    {BYTES("[1 000]"), 3},
    {BYTES("- 1"), 1},
    {BYTES("\xEF\xBC\x91"), 0}, /* a full-width digit */
    /* Commas and colons. */
    {BYTES("[1,]"), 3},
    {BYTES("[,1]"), 1},
    {BYTES("[,]"), 1},
    {BYTES("[1,,2]"), 3},
    {BYTES("[1 2]"), 3},
    {BYTES("[1;2]"), 2},
    {BYTES("[1:2]"), 2},
    {BYTES("{\"a\":1,}"), 7},
    {BYTES("{,\"a\":1}"), 1},
    {BYTES("{,}"), 1},
    {BYTES("{\"a\":1,,\"b\":2}"), 7},
    {BYTES("{\"a\":1 \"b\":2}"), 7},
    {BYTES("{\"a\",1}"), 4},
    {BYTES("{\"a\" 1}"), 5},
    {BYTES("{\"a\"::1}"), 5},
    {BYTES("{\"a\":}"), 5},
    {BYTES("{\"a\"}"), 4},
    {BYTES("{:1}"), 1},
    {BYTES("{\"a\"=1}"), 4},
    {BYTES("{1:1}"), 1},
    {BYTES("{null:1}"), 1},
    {BYTES("{[]:1}"), 1},
    {BYTES("{\"a\":1:2}"), 6},
    /* Brackets. */
    {BYTES("]"), 0},
    {BYTES("}"), 0},
    {BYTES(","), 0},
    {BYTES(":"), 0},
    {BYTES("[}"), 1},
    {BYTES("{]"), 1},
    {BYTES("[1}"), 2},
    {BYTES("{\"a\":1]"), 6},
    {BYTES("(1)"), 0},
    {BYTES("<null>"), 0},
    {BYTES("[/**/]"), 1},
    {BYTES("[#\n]"), 1},
    /* Duplicate keys, however they are spelt. */
    {BYTES("{\"a\":1,\"a\":1}"), 7},
    {BYTES("{\"a\":1,\"b\":2,\"a\":3}"), 13},
    {BYTES("{\"a\":1,\"\\u0061\":1}"), 7},
    {BYTES("{\"\":1,\"\":1}"), 6},
    {BYTES("{\"a\":{\"b\":1,\"b\":1}}"), 12},
    {BYTES("[{\"a\":1},{\"a\":1,\"a\":1}]"), 16},
    {BYTES("{\"/\":1,\"\\/\":1}"), 7},
    {BYTES("{\"\\ud83d\\ude00\":1,\"\xF0\x9F\x98\x80\":1}"), 18},
    {BYTES("{\"a\":[{\"a\":1}],\"a\":1}"), 15},
    /* Strings: control bytes. */
    {BYTES("\"a\nb\""), 2},
    {BYTES("\"a\tb\""), 2},
    {BYTES("\"a\0b\""), 2},
    {BYTES("\"01234567\x1F\""), 9},
    {BYTES("[\"\r\"]"), 2},
    {BYTES("{\"\x01\":1}"), 2},
    /* Strings: escapes. */
    {BYTES("\"\\a\""), 1},
    {BYTES("\"\\x41\""), 1},
    {BYTES("\"\\0\""), 1},
    {BYTES("\"\\'\""), 1},
    {BYTES("\"\\U0041\""), 1},
    {BYTES("\"\\ \""), 1},
    {BYTES("\"\\\0\""), 1},
    {BYTES("\"\\\n\""), 1},
    {BYTES("\"\\\xC3\xA9\""), 1},
    {BYTES("\"\\u\""), 1},
    {BYTES("\"\\u004\""), 1},
    {BYTES("\"\\u00g1\""), 1},
    {BYTES("\"\\u 041\""), 1},
    {BYTES("\"\\u+041\""), 1},
    {BYTES("\"\\u{41}\""), 1},
    /* Strings: surrogates. */
    {BYTES("\"\\uD800\""), 1},
    {BYTES("\"\\uDC00\""), 1},
    {BYTES("\"\\uDFFFa\""), 1},
    {BYTES("\"\\uD800a\""), 1},
    {BYTES("\"\\uD800\\n\""), 1},
    {BYTES("\"\\uD800\\uD800\""), 1},
    {BYTES("\"\\uD800\\u0041\""), 1},
    {BYTES("\"\\uD800\\uE000\""), 1},
    {BYTES("\"\\uDC00\\uD800\""), 1},
    {BYTES("\"\\uD800\\uDC0\""), 1},
    {BYTES("\"ab\\uDBFF\""), 3},
    /* Strings: UTF-8 (the offset is where the string begins). */
    {BYTES("\"\x80\""), 1},
    {BYTES("\"\xBF\""), 1},
    {BYTES("\"\xC3\""), 1},
    {BYTES("\"\xC3(\""), 1},
    {BYTES("\"\xC0\xAF\""), 1},
    {BYTES("\"\xC1\xBF\""), 1},
    {BYTES("\"\xE0\x80\xAF\""), 1},
    {BYTES("\"\xE0\x9F\xBF\""), 1},
    {BYTES("\"\xE4\xB8\""), 1},
    {BYTES("\"\xED\xA0\x80\""), 1}, /* a surrogate */
    {BYTES("\"\xED\xBF\xBF\""), 1},
    {BYTES("\"\xF0\x80\x80\xAF\""), 1},
    {BYTES("\"\xF0\x8F\xBF\xBF\""), 1},
    {BYTES("\"\xF4\x90\x80\x80\""), 1},
    {BYTES("\"\xF5\x80\x80\x80\""), 1},
    {BYTES("\"\xF8\x88\x80\x80\x80\""), 1},
    {BYTES("\"\xFE\""), 1},
    {BYTES("\"\xFF\""), 1},
    {BYTES("\"\xE9\""), 1}, /* Latin-1 */
    {BYTES("{\"\xFF\":1}"), 2},
    {BYTES("\"01234567\xC3\""), 1},
    {BYTES("\"\xC3\\u00A9\""), 1},
    /* Depth 33. */
    {BYTES("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]"), 32},
};

#endif
