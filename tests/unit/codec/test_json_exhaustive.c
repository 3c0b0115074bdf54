/* JSON against small oracles of the test's own, over every input of a kind: code points, runs of
 * bytes, escapes, blanks, numbers, and texts made of a few tokens. And deep nesting: what it costs.
 */
#include "codec/json.h"

#include <pthread.h>
#include <regex.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include <cmocka.h>

static struct arena arena;

static int setup(void **state)
{
    (void)state;
    return arena_init(&arena, 1 << 16, 16 << 20) ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    arena_done(&arena);
    return 0;
}

static bool is_accepted(struct slice text)
{
    struct json_reader reader;
    struct json_token token;
    arena_reset(&arena);
    json_reader_init(&reader, text, &arena);
    do {
        (void)json_next(&reader, &token);
    } while (token.kind != JSON_END && token.kind != JSON_ERROR);
    return token.kind == JSON_END;
}

/* Is `text` one string, and does it read as `expected`? */
static bool reads_as(struct slice text, struct slice expected)
{
    struct json_reader reader;
    struct json_token token;
    arena_reset(&arena);
    json_reader_init(&reader, text, &arena);
    if (json_next(&reader, &token) != JSON_STRING || !slice_equal(token.text, expected))
        return false;
    return json_next(&reader, &token) == JSON_END;
}

/* --- UTF-8 (RFC 3629, section 3: how a code point becomes bytes) --- */

static size_t encode(uint32_t point, char at[4])
{
    static const unsigned char leads[] = {0, 0, 0xC0, 0xE0, 0xF0};
    size_t len = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    for (size_t i = len; i-- > 0; point >>= 6)
        at[i] = (char)(i > 0 ? 0x80 | (point & 0x3F) : leads[len] | point);
    return len;
}

static bool is_surrogate(uint32_t point)
{
    return point >= 0xD800 && point <= 0xDFFF;
}

static struct slice quoted(const char *bytes, size_t len, char memory[16])
{
    memory[0] = '"';
    memcpy(memory + 1, bytes, len);
    memory[len + 1] = '"';
    return slice_of(memory, len + 2);
}

static void every_code_point_is_read(void **state)
{
    char bytes[4];
    char memory[16];
    (void)state;
    for (uint32_t point = 0x20; point <= 0x10FFFF; point++) {
        size_t len = encode(point, bytes);
        bool expected = !is_surrogate(point) && point != '"' && point != '\\';
        if (reads_as(quoted(bytes, len, memory), slice_of(bytes, len)) != expected)
            fail_msg("U+%04X", point);
    }
    for (uint32_t point = 0x110000; point < 0x200000; point += 0x3FF)
        assert_false(is_accepted(quoted(bytes, encode(point, bytes), memory)));
}

/* The code point that these bytes, all of them, are the shortest encoding of. */
static bool is_encoding(const char *bytes, size_t len)
{
    static const uint32_t masks[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
    char again[4];
    uint32_t point = (unsigned char)bytes[0] & masks[len];
    for (size_t i = 1; i < len; i++)
        point = point << 6 | ((unsigned char)bytes[i] & 0x3F);
    return point <= 0x10FFFF && !is_surrogate(point) && encode(point, again) == len &&
           memcmp(bytes, again, len) == 0;
}

static void runs_of_three_bytes(unsigned a, unsigned b)
{
    char memory[16];
    for (unsigned c = 0x7F; c < 0x100; c++) {
        char three[3] = {(char)a, (char)b, (char)c};
        bool expected = is_encoding(three, c < 0x80 ? 2 : 3);
        assert_int_equal(is_accepted(quoted(three, 3, memory)), expected);
    }
}

/* The bytes at which the grammar of RFC 3629, section 4, changes. */
static void runs_of_four_bytes(unsigned a, unsigned b)
{
    static const unsigned char edges[] = {0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xFF};
    char memory[16];
    for (size_t c = 0; c < sizeof edges; c++)
        for (size_t d = 0; d < sizeof edges; d++) {
            char four[4] = {(char)a, (char)b, (char)edges[c], (char)edges[d]};
            assert_int_equal(is_accepted(quoted(four, 4, memory)), is_encoding(four, 4));
        }
}

static void no_other_bytes_are_accepted(void **state)
{
    char memory[16];
    (void)state;
    for (unsigned a = 0x80; a < 0x100; a++) {
        char one[1] = {(char)a};
        assert_false(is_accepted(quoted(one, 1, memory)));
        for (unsigned b = 0x80; b < 0x100; b++) {
            char two[2] = {(char)a, (char)b};
            assert_int_equal(is_accepted(quoted(two, 2, memory)), is_encoding(two, 2));
            runs_of_three_bytes(a, b);
            if (a >= 0xE0)
                runs_of_four_bytes(a, b);
        }
    }
}

/* --- escapes --- */

static void every_escaped_unit_is_read(void **state)
{
    char text[16];
    char bytes[4];
    (void)state;
    for (uint32_t unit = 0; unit <= 0xFFFF; unit++) {
        if (unit % 2)
            (void)snprintf(text, sizeof text, "\"\\u%04x\"", unit);
        else
            (void)snprintf(text, sizeof text, "\"\\u%04X\"", unit);
        size_t len = encode(unit, bytes);
        if (reads_as(slice_text(text), slice_of(bytes, len)) == is_surrogate(unit))
            fail_msg("%s", text);
    }
}

static void surrogates_are_read_in_pairs(void **state)
{
    char text[16];
    char bytes[4];
    (void)state;
    for (uint32_t first = 0xD7FF; first <= 0xE000; first++)
        for (uint32_t second = 0xDBF0; second <= 0xE000; second += second == 0xDC10 ? 0x3E0 : 1) {
            (void)snprintf(text, sizeof text, "\"\\u%04x\\u%04x\"", first, second);
            bool is_pair = first >= 0xD800 && first < 0xDC00 && second >= 0xDC00 && second < 0xE000;
            bool are_two = !is_surrogate(first) && !is_surrogate(second);
            assert_int_equal(is_accepted(slice_text(text)), is_pair || are_two);
            uint32_t point = 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
            if (is_pair)
                assert_true(reads_as(slice_text(text), slice_of(bytes, encode(point, bytes))));
        }
}

static void every_byte_behind_a_backslash(void **state)
{
    static const char meanings[][2] = {{'"', '"'},  {'\\', '\\'}, {'/', '/'},  {'b', '\b'},
                                       {'f', '\f'}, {'n', '\n'},  {'r', '\r'}, {'t', '\t'}};
    (void)state;
    for (unsigned c = 0; c < 0x100; c++) {
        char text[4] = {'"', '\\', (char)c, '"'};
        bool expected = false;
        for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++)
            if (meanings[i][0] == (char)c)
                expected = reads_as(slice_of(text, 4), slice_of(&meanings[i][1], 1));
        assert_int_equal(is_accepted(slice_of(text, 4)), expected);
        assert_int_equal(expected, c != 0 && strchr("\"\\/bfnrt", (int)c) != NULL);
    }
}

static void every_byte_within_a_string(void **state)
{
    (void)state;
    for (size_t place = 0; place < 20; place++)
        for (unsigned c = 0; c < 0x80; c++) {
            char text[22] = "\"xxxxxxxxxxxxxxxxxxxx";
            text[21] = '"';
            text[1 + place] = (char)c;
            assert_int_equal(is_accepted(slice_of(text, 22)), c >= 0x20 && c != '"' && c != '\\');
        }
}

/* --- blanks and single bytes --- */

static void every_byte_between_tokens(void **state)
{
    static const char *const frames[] = {
        "?[null]",       "[?null]",       "[null?]",       "[null]?",
        "[null?,null]",  "[null,?null]",  "{?}",           "{?\"a\":null}",
        "{\"a\"?:null}", "{\"a\":?null}", "{\"a\":null?}", "{\"a\":null}?",
        "?true",         "true?",         "?\"a\"",        "\"a\"?"};
    (void)state;
    for (size_t i = 0; i < sizeof frames / sizeof *frames; i++)
        for (unsigned c = 0; c < 0x100; c++) {
            char text[16];
            size_t len = strlen(frames[i]);
            memcpy(text, frames[i], len);
            text[strcspn(frames[i], "?")] = (char)c;
            bool is_blank = c == ' ' || c == '\t' || c == '\n' || c == '\r';
            assert_int_equal(is_accepted(slice_of(text, len)), is_blank);
        }
}

/* --- numbers: every text of up to 6 of these characters --- */

static void every_short_number(void **state)
{
    static const char letters[] = "01-+.eE";
    static const size_t base = sizeof letters - 1;
    regex_t grammar; /* RFC 8259, section 6 */
    (void)state;
    assert_int_equal(regcomp(&grammar, "^-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][+-]?[0-9]+)?$",
                             REG_EXTENDED | REG_NOSUB),
                     0);
    for (size_t len = 1, count = base; len <= 6; len++, count *= base)
        for (size_t number = 0; number < count; number++) {
            char text[8] = "";
            size_t rest = number;
            for (size_t i = 0; i < len; i++, rest /= base)
                text[i] = letters[rest % base];
            bool expected = regexec(&grammar, text, 0, NULL, 0) == 0;
            if (is_accepted(slice_of(text, len)) != expected)
                fail_msg("%s", text);
        }
    regfree(&grammar);
}

/* --- structure: every text of up to 7 of these tokens --- */

enum { PIECES = 8, TEXT_PIECES_MAX = 7 };
static const char *const pieces[PIECES] = {"[", "]", "{", "}", ",", ":", "7", "\"a\""};

/* What RFC 8259 says, as it says it. The pieces have one key only, so an object has one member. */
static bool take_value(const unsigned char **at);

static bool take(const unsigned char **at, unsigned char piece)
{
    *at += **at == piece;
    return (*at)[-1] == piece;
}

static bool take_array(const unsigned char **at)
{
    if (**at == 1)
        return take(at, 1);
    while (take_value(at)) {
        if (**at == 1)
            return take(at, 1);
        if (**at != 4)
            return false;
        ++*at;
    }
    return false;
}

static bool take_object(const unsigned char **at)
{
    if (**at == 3)
        return take(at, 3);
    if (**at != 7)
        return false;
    ++*at;
    if (**at != 5)
        return false;
    ++*at;
    if (!take_value(at) || **at != 3)
        return false;
    return take(at, 3);
}

static bool take_value(const unsigned char **at)
{
    unsigned char piece = **at;
    if (piece == PIECES)
        return false;
    ++*at;
    if (piece == 0)
        return take_array(at);
    if (piece == 2)
        return take_object(at);
    return piece == 6 || piece == 7;
}

static void check_pieces(const unsigned char *sequence, size_t count)
{
    char text[4 * TEXT_PIECES_MAX + 1] = "";
    const unsigned char *at = sequence;
    size_t len = 0;
    bool needs_blank = false;
    for (size_t i = 0; i < count; i++) {
        if (needs_blank && sequence[i] == 6)
            text[len++] = ' '; /* 7 7 is two numbers */
        memcpy(text + len, pieces[sequence[i]], strlen(pieces[sequence[i]]));
        len += strlen(pieces[sequence[i]]);
        needs_blank = sequence[i] == 6;
    }
    bool expected = take_value(&at) && at == sequence + count;
    if (is_accepted(slice_of(text, len)) != expected)
        fail_msg("%.*s", (int)len, text);
}

static void every_short_text(void **state)
{
    (void)state;
    for (size_t count = 1, texts = PIECES; count <= TEXT_PIECES_MAX; count++, texts *= PIECES)
        for (size_t number = 0; number < texts; number++) {
            unsigned char sequence[TEXT_PIECES_MAX + 1];
            size_t rest = number;
            for (size_t i = 0; i < count; i++, rest /= PIECES)
                sequence[i] = (unsigned char)(rest % PIECES);
            sequence[count] = PIECES;
            check_pieces(sequence, count);
        }
}

/* --- depth --- */

enum { DEEP_BYTES = 100 * 1024, STACK_BYTES = 256 * 1024 };

struct deep {
    struct slice text;
    size_t tokens; /* read before the error */
    size_t offset; /* of the error */
    bool skipped;
};

static void *read_deep(void *context)
{
    struct deep *deep = context;
    struct json_reader reader;
    struct json_token token;
    arena_reset(&arena);
    json_reader_init(&reader, deep->text, &arena);
    while (json_next(&reader, &token) != JSON_ERROR && token.kind != JSON_END)
        deep->tokens++;
    deep->offset = json_error_offset(&reader);
    json_reader_init(&reader, deep->text, &arena);
    deep->skipped = json_skip(&reader);
    return NULL;
}

/* On a stack that one frame a level would overflow many times over. */
static void read_on_small_stack(struct deep *deep)
{
    pthread_attr_t attributes;
    pthread_t thread;
    assert_int_equal(pthread_attr_init(&attributes), 0);
    assert_int_equal(pthread_attr_setstacksize(&attributes, STACK_BYTES), 0);
    assert_int_equal(pthread_create(&thread, &attributes, read_deep, deep), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(pthread_attr_destroy(&attributes), 0);
}

/* 100 KiB of openings: the reader gives up at the 33rd byte, and as all memory behind the first
 * page may not be touched, it has not even looked at the rest. */
static void openings_cost_nothing(void **state)
{
    static const char *const openings[] = {"[", "{\"a\":", "[{\"a\":", "[ ", "[0,"};
    static const size_t tokens_a_level[] = {1, 2, 3, 1, 2}, levels[] = {1, 1, 2, 1, 1};
    (void)state;
    for (size_t i = 0; i < sizeof openings / sizeof *openings; i++) {
        char *page =
            mmap(NULL, DEEP_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        assert_ptr_not_equal(page, MAP_FAILED);
        size_t step = strlen(openings[i]);
        for (size_t at = 0; at + step <= DEEP_BYTES; at += step)
            memcpy(page + at, openings[i], step);
        assert_int_equal(mprotect(page + 4096, DEEP_BYTES - 4096, PROT_NONE), 0);
        struct deep deep = {.text = slice_of(page, DEEP_BYTES)};
        read_on_small_stack(&deep);
        assert_false(deep.skipped);
        assert_int_equal(deep.tokens, JSON_DEPTH_MAX / levels[i] * tokens_a_level[i]);
        assert_int_equal(deep.offset, JSON_DEPTH_MAX / levels[i] * step);
        assert_int_equal(munmap(page, DEEP_BYTES), 0);
    }
}

/* 100 KiB of nothing but brackets at depths that are allowed: one token a bracket, no memory. */
static void wide_texts_take_no_memory(void **state)
{
    static const char deepest[] = "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]";
    struct deep deep = {.text = SLICE_NONE};
    (void)state;
    char *text = malloc(DEEP_BYTES);
    assert_non_null(text);
    size_t len = 1;
    size_t copies = 0;
    for (text[0] = '['; len + sizeof deepest < DEEP_BYTES; copies++) {
        memcpy(text + len, deepest, sizeof deepest - 1);
        len += sizeof deepest - 1;
        text[len++] = ',';
    }
    text[len - 1] = ']';
    deep.text = slice_of(text, len);
    read_on_small_stack(&deep);
    assert_true(deep.skipped);
    assert_int_equal(deep.tokens, 2 + copies * (sizeof deepest - 1));
    assert_int_equal(arena.taken, 0);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_point_is_read),
        cmocka_unit_test(no_other_bytes_are_accepted),
        cmocka_unit_test(every_escaped_unit_is_read),
        cmocka_unit_test(surrogates_are_read_in_pairs),
        cmocka_unit_test(every_byte_behind_a_backslash),
        cmocka_unit_test(every_byte_within_a_string),
        cmocka_unit_test(every_byte_between_tokens),
        cmocka_unit_test(every_short_number),
        cmocka_unit_test(every_short_text),
        cmocka_unit_test(openings_cost_nothing),
        cmocka_unit_test(wide_texts_take_no_memory),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
