/* JSON: the tables of json_cases.h, duplicate keys in large objects, depth, skipping, and the
 * writer. */
#include "codec/json.h"

#include "json_cases.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

struct fixture {
    struct arena arena;
    struct buffer out;
    char *copy;
};

static int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    *state = fixture;
    if (!fixture || !arena_init(&fixture->arena, 4096, 64 << 20))
        return -1;
    buffer_init(&fixture->out, 16 << 20);
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    arena_done(&fixture->arena);
    buffer_done(&fixture->out);
    free(fixture->copy);
    free(fixture);
    return 0;
}

/* The text in memory that ends with it, so that a byte read too far is noticed. */
static struct slice tight(struct fixture *fixture, struct slice text)
{
    free(fixture->copy);
    fixture->copy = malloc(text.len + 1);
    assert_non_null(fixture->copy);
    if (text.len)
        memcpy(fixture->copy + 1, text.at, text.len);
    return slice_of(fixture->copy + 1, text.len);
}

static void write_token(struct json_writer *writer, const struct json_token *token)
{
    switch (token->kind) {
    case JSON_NULL:
        json_write_null(writer);
        break;
    case JSON_FALSE:
    case JSON_TRUE:
        json_write_bool(writer, token->kind == JSON_TRUE);
        break;
    case JSON_NUMBER:
        json_write_raw(writer, token->text);
        break;
    case JSON_STRING:
        json_write_string(writer, token->text);
        break;
    case JSON_ARRAY:
        json_open_array(writer);
        break;
    case JSON_ARRAY_END:
        json_close_array(writer);
        break;
    case JSON_OBJECT:
        json_open_object(writer);
        break;
    case JSON_OBJECT_END:
        json_close_object(writer);
        break;
    case JSON_KEY:
        json_write_key(writer, token->text);
        break;
    case JSON_END:
    case JSON_ERROR:
        break;
    }
}

/* Reads to the end or the first error, writing what it reads to fixture->out. */
static enum json_kind copy_json(struct fixture *fixture, struct json_reader *reader,
                                struct slice text)
{
    struct json_writer writer;
    struct json_token token;
    arena_reset(&fixture->arena);
    buffer_clear(&fixture->out);
    json_writer_init(&writer, &fixture->out);
    json_reader_init(reader, text, &fixture->arena);
    do {
        (void)json_next(reader, &token);
        write_token(&writer, &token);
    } while (token.kind != JSON_END && token.kind != JSON_ERROR);
    return token.kind;
}

static void accepted_texts(void **state)
{
    struct json_reader reader;
    for (size_t i = 0; i < COUNT(json_accepted); i++) {
        struct slice text = tight(*state, json_accepted[i].text);
        if (copy_json(*state, &reader, text) != JSON_END)
            fail_msg("%s at %zu of: %.*s", json_error(&reader), json_error_offset(&reader),
                     SLICE_ARGS(text));
        struct slice rewritten = buffer_slice(&((struct fixture *)*state)->out);
        if (!slice_equal(rewritten, json_accepted[i].rewritten))
            fail_msg("%.*s instead of %.*s", SLICE_ARGS(rewritten),
                     SLICE_ARGS(json_accepted[i].rewritten));
    }
}

static void refused_texts(void **state)
{
    struct json_reader reader;
    struct json_token token;
    for (size_t i = 0; i < COUNT(json_refused); i++) {
        struct slice text = tight(*state, json_refused[i].text);
        if (copy_json(*state, &reader, text) != JSON_ERROR)
            fail_msg("accepted: %.*s", SLICE_ARGS(text));
        if (json_error_offset(&reader) != json_refused[i].offset)
            fail_msg("%s: offset %zu instead of %zu of: %.*s", json_error(&reader),
                     json_error_offset(&reader), json_refused[i].offset, SLICE_ARGS(text));
        assert_non_null(json_error(&reader));
        assert_int_equal(json_next(&reader, &token), JSON_ERROR);
        assert_false(json_skip(&reader));
    }
}

/* No proper prefix of an array, object or string is a text. */
static void prefixes_are_refused(void **state)
{
    struct json_reader reader;
    for (size_t i = 0; i < COUNT(json_accepted); i++) {
        struct slice whole = slice_trim_lines(json_accepted[i].text);
        if (whole.len && !strchr("[{\"", whole.at[0]))
            continue;
        for (size_t len = 0; len < whole.len; len++)
            assert_int_equal(copy_json(*state, &reader, tight(*state, slice_of(whole.at, len))),
                             JSON_ERROR);
    }
}

static void skipping_checks_as_reading_does(void **state)
{
    struct fixture *fixture = *state;
    struct json_reader reader;
    struct json_token token;
    for (size_t i = 0; i < COUNT(json_accepted); i++) {
        arena_reset(&fixture->arena);
        json_reader_init(&reader, json_accepted[i].text, &fixture->arena);
        assert_true(json_skip(&reader));
        assert_int_equal(json_next(&reader, &token), JSON_END);
        assert_int_equal(json_next(&reader, &token), JSON_END);
    }
    for (size_t i = 0; i < COUNT(json_refused); i++) {
        arena_reset(&fixture->arena);
        json_reader_init(&reader, json_refused[i].text, &fixture->arena);
        assert_true(!json_skip(&reader) || json_next(&reader, &token) == JSON_ERROR);
    }
}

static void skipping_keeps_the_place(void **state)
{
    struct fixture *fixture = *state;
    struct json_reader reader;
    struct json_token token;
    struct slice text = SLICE("{\"a\":[1,{\"x\":[2]},3],\"b\":{\"c\":4,\"d\":5},\"e\":6}");
    json_reader_init(&reader, text, &fixture->arena);
    assert_int_equal(json_next(&reader, &token), JSON_OBJECT);
    assert_int_equal(json_next(&reader, &token), JSON_KEY);
    assert_true(json_skip(&reader));
    assert_int_equal(json_next(&reader, &token), JSON_KEY);
    assert_true(slice_equal(token.text, SLICE("b")));
    assert_int_equal(json_next(&reader, &token), JSON_OBJECT);
    assert_int_equal(json_next(&reader, &token), JSON_KEY);
    assert_int_equal(json_next(&reader, &token), JSON_NUMBER);
    assert_true(json_skip_rest(&reader, JSON_NUMBER));
    assert_true(json_skip_rest(&reader, JSON_OBJECT));
    assert_int_equal(json_next(&reader, &token), JSON_KEY);
    assert_true(slice_equal(token.text, SLICE("e")));
    assert_true(json_skip(&reader));
    assert_int_equal(json_next(&reader, &token), JSON_OBJECT_END);
    assert_int_equal(json_next(&reader, &token), JSON_END);
}

static void nothing_to_skip_is_an_error(void **state)
{
    struct fixture *fixture = *state;
    struct json_reader reader;
    struct json_token token;
    json_reader_init(&reader, SLICE("[]"), &fixture->arena);
    assert_int_equal(json_next(&reader, &token), JSON_ARRAY);
    assert_false(json_skip(&reader));
}

/* An object with `count` different keys, and then `last` as one more. */
static struct slice object_of(struct buffer *text, int count, int last)
{
    buffer_clear(text);
    buffer_char(text, '{');
    for (int i = 0; i < count; i++)
        buffer_printf(text, "\"key %d\":%d,", i, i);
    buffer_printf(text, "\"key %d\":0}", last);
    return buffer_slice(text);
}

static void every_duplicate_is_found(void **state)
{
    struct json_reader reader;
    struct buffer text;
    buffer_init(&text, 16 << 20);
    for (int count = 1; count < 300; count++) {
        assert_int_equal(copy_json(*state, &reader, object_of(&text, count, count)), JSON_END);
        for (int twice = 0; twice < count; twice += 1 + count / 20)
            assert_int_equal(copy_json(*state, &reader, object_of(&text, count, twice)),
                             JSON_ERROR);
    }
    /* In a time that a quadratic search would not come near. */
    assert_int_equal(copy_json(*state, &reader, object_of(&text, 200000, 200000)), JSON_END);
    assert_int_equal(copy_json(*state, &reader, object_of(&text, 200000, 77777)), JSON_ERROR);
    buffer_done(&text);
}

/* Keys of twelve parts, each one of two that a hash of multiplications, exclusive ors and shifts
 * (as the set's was) sends to one place for every second start, whatever its seed: the difference
 * of the first word's bit 62 comes out as bits 62 and 33, which the second word takes back. */
static struct slice object_of_twins(struct buffer *text)
{
    enum { PARTS = 12 };
    buffer_clear(text);
    buffer_char(text, '{');
    for (unsigned key = 0; key < 1u << PARTS; key++) {
        buffer_text(text, key ? ",\"" : "\"");
        for (unsigned part = 0; part < PARTS; part++)
            buffer_text(text, key >> part & 1 ? "firstwo!second_!" : "firstwoasecold_a");
        buffer_text(text, "\":0");
    }
    buffer_char(text, '}');
    return buffer_slice(text);
}

static void chosen_keys_cost_no_more_steps_than_others(void **state)
{
    struct json_reader reader;
    struct buffer text;
    buffer_init(&text, 16 << 20);
    assert_int_equal(copy_json(*state, &reader, object_of(&text, 4096, 4096)), JSON_END);
    assert_in_range(reader.key_steps, 1, 4 * 4096);
    assert_int_equal(copy_json(*state, &reader, object_of_twins(&text)), JSON_END);
    assert_in_range(reader.key_steps, 1, 4 * 4096);
    buffer_done(&text);
}

static void depth_ends_the_reading(void **state)
{
    struct json_reader reader;
    char *deep = malloc(100000);
    assert_non_null(deep);
    memset(deep, '[', 100000);
    assert_int_equal(copy_json(*state, &reader, slice_of(deep, 100000)), JSON_ERROR);
    assert_int_equal(json_error_offset(&reader), JSON_DEPTH_MAX);
    free(deep);
}

static void short_memory_is_an_error(void **state)
{
    char memory[256];
    struct arena arena;
    struct json_reader reader;
    struct slice escaped = SLICE("\"\\u0041 and some more bytes\"");
    struct slice keys = SLICE("[{\"a\":1},{\"b\":1},{\"c\":1},{\"d\":1}]");
    (void)state;
    arena_init_fixed(&arena, memory, 16);
    json_reader_init(&reader, escaped, &arena);
    assert_false(json_skip(&reader));
    arena_init_fixed(&arena, memory, sizeof memory);
    json_reader_init(&reader, keys, &arena);
    assert_false(json_skip(&reader));
}

static void strings_alias_the_text(void **state)
{
    struct fixture *fixture = *state;
    struct json_reader reader;
    struct json_token token;
    struct slice text = SLICE("\"plain\"");
    json_reader_init(&reader, text, &fixture->arena);
    assert_int_equal(json_next(&reader, &token), JSON_STRING);
    assert_ptr_equal(token.text.at, text.at + 1);
}

static void integers(void **state)
{
    static const struct {
        const char *text;
        int64_t value;
        bool ok;
    } rows[] = {
        {"0", 0, true},
        {"-0", 0, true},
        {"-7", -7, true},
        {"9223372036854775807", INT64_MAX, true},
        {"-9223372036854775808", INT64_MIN, true},
        {"9223372036854775808", 0, false},
        {"-9223372036854775809", 0, false},
        {"99999999999999999999999999", 0, false},
        {"1.0", 0, false},
        {"1e0", 0, false},
        {"1E2", 0, false},
        {"10.5", 0, false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        int64_t value = 42;
        assert_int_equal(json_number_to_i64(slice_text(rows[i].text), &value), rows[i].ok);
        assert_true(value == (rows[i].ok ? rows[i].value : 42));
    }
}

static void every_byte_is_escaped_rightly(void **state)
{
    static const struct {
        char byte;
        const char *escape;
    } rows[] = {{'"', "\\\""}, {'\\', "\\\\"}, {8, "\\b"}, {9, "\\t"},
                {10, "\\n"},   {12, "\\f"},    {13, "\\r"}};
    struct fixture *fixture = *state;
    for (int c = 0; c < 0x80; c++) {
        char byte = (char)c;
        char expected[16];
        (void)snprintf(expected, sizeof expected, c < 0x20 ? "\\u%04x" : "%c", (unsigned)c);
        for (size_t i = 0; i < COUNT(rows); i++)
            if (rows[i].byte == byte)
                (void)snprintf(expected, sizeof expected, "%s", rows[i].escape);
        buffer_clear(&fixture->out);
        json_quote(&fixture->out, slice_of(&byte, 1));
        assert_int_equal(fixture->out.len, strlen(expected) + 2);
        assert_memory_equal(fixture->out.at + 1, expected, strlen(expected));
        char *put = malloc(JSON_QUOTED_BYTES_MAX(1));
        assert_non_null(put);
        char *end = json_put_quoted(put, slice_of(&byte, 1));
        assert_true(slice_equal(slice_of(put, (size_t)(end - put)), buffer_slice(&fixture->out)));
        free(put);
    }
}

static void quoting_through_a_pointer_is_the_same(void **state)
{
    static const char *const texts[] = {
        "",
        "Alpha",
        "a \"name\" of more than sixteen bytes",
        "\\",
        "\xE5\x8D\x97\xE6\x96\xB9\xE7\xA7\x91\xE6\x8A\x80\xE6\x9C\x89\xE9\x99\x90\x1F",
    };
    struct fixture *fixture = *state;
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct slice text = slice_text(texts[i]);
        char *put = malloc(JSON_QUOTED_BYTES_MAX(text.len));
        assert_non_null(put);
        buffer_clear(&fixture->out);
        json_quote(&fixture->out, text);
        char *end = json_put_quoted(put, text);
        assert_true(slice_equal(slice_of(put, (size_t)(end - put)), buffer_slice(&fixture->out)));
        free(put);
    }
}

static void writing(void **state)
{
    struct fixture *fixture = *state;
    struct json_writer writer;
    json_writer_init(&writer, &fixture->out);
    json_open_object(&writer);
    json_write_key(&writer, SLICE("Data"));
    json_open_array(&writer);
    json_write_i64(&writer, INT64_MIN);
    json_write_u64(&writer, UINT64_MAX);
    json_open_object(&writer);
    json_close_object(&writer);
    json_write_bool(&writer, false);
    json_close_array(&writer);
    json_write_key(&writer, SLICE("a\"b"));
    json_write_null(&writer);
    json_write_key(&writer, SLICE("raw"));
    json_write_raw(&writer, SLICE("1061.25"));
    json_write_key(&writer, SLICE("text"));
    json_write_string(&writer, SLICE(""));
    json_close_object(&writer);
    assert_true(slice_equal(
        buffer_slice(&fixture->out),
        SLICE("{\"Data\":[-9223372036854775808,18446744073709551615,{},false],\"a\\\"b\":null,"
              "\"raw\":1061.25,\"text\":\"\"}")));
}

static void a_full_buffer_is_seen(void **state)
{
    char memory[8];
    struct buffer out;
    struct json_writer writer;
    (void)state;
    buffer_init_fixed(&out, memory, sizeof memory);
    json_writer_init(&writer, &out);
    json_write_string(&writer, SLICE("123456"));
    assert_true(buffer_ok(&out));
    json_write_null(&writer);
    assert_false(buffer_ok(&out));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(accepted_texts, setup, teardown),
        cmocka_unit_test_setup_teardown(refused_texts, setup, teardown),
        cmocka_unit_test_setup_teardown(prefixes_are_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(skipping_checks_as_reading_does, setup, teardown),
        cmocka_unit_test_setup_teardown(skipping_keeps_the_place, setup, teardown),
        cmocka_unit_test_setup_teardown(nothing_to_skip_is_an_error, setup, teardown),
        cmocka_unit_test_setup_teardown(every_duplicate_is_found, setup, teardown),
        cmocka_unit_test_setup_teardown(chosen_keys_cost_no_more_steps_than_others, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(depth_ends_the_reading, setup, teardown),
        cmocka_unit_test(short_memory_is_an_error),
        cmocka_unit_test_setup_teardown(strings_alias_the_text, setup, teardown),
        cmocka_unit_test(integers),
        cmocka_unit_test_setup_teardown(every_byte_is_escaped_rightly, setup, teardown),
        cmocka_unit_test_setup_teardown(quoting_through_a_pointer_is_the_same, setup, teardown),
        cmocka_unit_test_setup_teardown(writing, setup, teardown),
        cmocka_unit_test(a_full_buffer_is_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
