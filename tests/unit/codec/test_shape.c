/* Shapes: a struct written and read back as its table says, and every way an object can be wrong.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "codec/shape.h"

struct row {
    struct slice name;
    struct amount amount;
};

struct whole {
    struct slice text;
    const char *word, *digits;
    struct uin uin, number;
    int64_t time_us, end_us, expiry_us, micros, id, integer;
    struct amount cents;
    uint64_t count;
    bool has_more, flag;
    struct row row;
    const struct row *rows;
    size_t row_count;
    const int64_t *ids;
    size_t id_count;
    const struct uin *uins;
    size_t uin_count;
    struct slice more;
    const char *json;
};

static const struct shape_member row_members[] = {
    SHAPE_MEMBER(CENTS, struct row, amount, "Amount", "How much."),
    SHAPE_MEMBER(TEXT, struct row, name, "Name", "Whose."),
};
static const struct shape row_shape = SHAPE(row_members, struct row);
static const struct shape_member whole_members[] = {
    SHAPE_MEMBER(CENTS, struct whole, cents, "Cents", ""),
    SHAPE_MEMBER(COUNT, struct whole, count, "Count", ""),
    SHAPE_MEMBER(UIN_WORD, struct whole, digits, "Digits", ""),
    SHAPE_MEMBER(END, struct whole, end_us, "End", ""),
    SHAPE_MEMBER(EXPIRY, struct whole, expiry_us, "Expiry", ""),
    SHAPE_MEMBER(BOOL, struct whole, flag, "Flag", ""),
    SHAPE_MEMBER(ID, struct whole, id, "Id", ""),
    SHAPE_LIST(IDS, struct whole, ids, id_count, NULL, "Ids", ""),
    SHAPE_MEMBER(INTEGER, struct whole, integer, "Integer", ""),
    SHAPE_MEMBER(CENTS, struct whole, micros, "Micros", ""),
    SHAPE_GIVEN(TEXT, struct whole, more, has_more, "More", ""),
    SHAPE_NESTED(false, struct whole, row, &row_shape, "Row", ""),
    SHAPE_LIST(OBJECTS, struct whole, rows, row_count, &row_shape, "Rows", ""),
    SHAPE_MEMBER(TEXT, struct whole, text, "Text", ""),
    SHAPE_MEMBER(TIME, struct whole, time_us, "Time", ""),
    SHAPE_MEMBER(DIGITS, struct whole, number, "To", ""),
    SHAPE_MEMBER(UIN, struct whole, uin, "Uin", ""),
    SHAPE_LIST(UINS, struct whole, uins, uin_count, NULL, "Uins", ""),
    SHAPE_MEMBER(WORD, struct whole, word, "Word", ""),
};
static const struct shape whole_shape = SHAPE_KEEPING_JSON(whole_members, struct whole, json);

static const char whole_json[] =
    "{\"Cents\":12.5,\"Count\":7,\"Digits\":\"100000000001\",\"End\":\"9999-12-31 23:59:59\","
    "\"Expiry\":\"\",\"Flag\":true,\"Id\":9,\"Ids\":[1,2,3],\"Integer\":-4,\"Micros\":-0.0001,"
    "\"More\":\"m\",\"Row\":{\"Amount\":1,\"Name\":\"a\"},\"Rows\":[{\"Amount\":2,\"Name\":\"b\"},"
    "{\"Amount\":3,\"Name\":\"\\\"c\\\"\"}],\"Text\":\"\\n\",\"Time\":\"2026-11-23 13:00:00\","
    "\"To\":18446744073709551615,\"Uin\":\"18446744073709551615\",\"Uins\":[\"1\",\"2\"],\"Word\":"
    "\"w\"}";

static bool read_whole(struct arena *arena, const char *json, struct whole *ret_whole,
                       struct shape_wrong *ret_wrong)
{
    arena_reset(arena);
    return shape_read(&whole_shape, slice_text(json), arena, ret_whole, ret_wrong);
}

static void what_is_read_is_written_again(void **state)
{
    struct arena arena;
    struct whole whole;
    struct shape_wrong wrong;
    struct buffer out;
    (void)state;
    assert_true(arena_init(&arena, 1 << 16, 1 << 16));
    buffer_init(&out, 1 << 16);
    assert_true(read_whole(&arena, whole_json, &whole, &wrong));
    assert_string_equal(whole.json, whole_json);
    assert_int_equal(whole.cents.micros, 125000);
    assert_int_equal(whole.micros, -1);
    assert_int_equal(whole.integer, -4);
    assert_int_equal(whole.id_count, 3);
    assert_int_equal(whole.row_count, 2);
    assert_int_equal(whole.end_us, 0);
    assert_true(whole.has_more);
    shape_write(&whole_shape, &whole, &out);
    buffer_char(&out, '\0');
    assert_string_equal(out.at, whole_json);
    buffer_done(&out);
    arena_done(&arena);
}

static void what_is_not_given_is_left_out(void **state)
{
    static const struct shape_member members[] = {
        SHAPE_GIVEN(TEXT, struct whole, more, has_more, "More", ""),
        SHAPE_GIVEN(BOOL, struct whole, flag, flag, "Flag", ""),
    };
    static const struct shape shape = SHAPE(members, struct whole);
    struct whole whole = {.flag = true};
    char memory[64];
    struct buffer out;
    (void)state;
    buffer_init_fixed(&out, memory, sizeof memory);
    shape_write_members(&shape, &whole, &out);
    assert_true(slice_equal(buffer_slice(&out), SLICE("\"Flag\":true")));
}

/* Each: the member whose value is changed to another, and what is then said. */
static void every_mistake_is_named(void **state)
{
    static const struct {
        const char *member, *value, *what;
    } table[] = {
        {"Cents", "\"1\"", "is not a number"},
        {"Cents", "0.00001", "is more precise than a millionth of a unit"},
        {"Cents", "1e30", "is larger than any amount"},
        {"Count", "-1", "is not a whole number from 0"},
        {"Count", "1.5", "is not a whole number from 0"},
        {"Digits", "\"12a\"", "is not a number of 1 to 20 digits"},
        {"End", "\"2026-13-01 00:00:00\"", "is not a time"},
        {"Expiry", "5", "is not a string"},
        {"Flag", "1", "is neither true nor false"},
        {"Ids", "{}", "is not a list"},
        {"Ids", "[1,\"2\"]", "is not a whole number from 0"},
        {"Integer", "1.5", "is not a whole number"},
        {"Row", "[]", "is not an object"},
        {"Rows", "[1]", "is not a list of objects"},
        {"Text", "null", "is not a string"},
        {"Time", "\"\"", "is not a time"},
        {"To", "\"1\"", "is not a number"},
        {"Uins", "[\"1\",2]", "is not a string"},
        {"Uin", "\"007\"", "is not a number of 1 to 20 digits"},
        {"Word", "\"a\\u0000b\"", "holds a zero byte"},
    };
    struct arena arena;
    (void)state;
    assert_true(arena_init(&arena, 1 << 16, 1 << 16));
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct buffer json;
        struct whole whole;
        struct shape_wrong wrong;
        char memory[256];
        buffer_init_fixed(&json, memory, sizeof memory);
        buffer_printf(&json, "{\"Other\":[{}],\"%s\":%s}", table[i].member, table[i].value);
        buffer_char(&json, '\0');
        assert_false(read_whole(&arena, memory, &whole, &wrong));
        assert_string_equal(wrong.name, table[i].member);
        assert_string_equal(wrong.what, table[i].what);
    }
    arena_done(&arena);
}

static void every_member_must_be_there(void **state)
{
    struct arena arena;
    struct row row;
    struct shape_wrong wrong;
    (void)state;
    assert_true(arena_init(&arena, 1 << 16, 1 << 16));
    assert_false(shape_read(&row_shape, SLICE("{\"Amount\":1}"), &arena, &row, &wrong));
    assert_string_equal(wrong.name, "Name");
    assert_string_equal(wrong.what, "is missing");
    assert_false(shape_read(&row_shape, SLICE("[]"), &arena, &row, &wrong));
    assert_null(wrong.name);
    assert_false(shape_read(&row_shape, SLICE("{\"Amount\":1,}"), &arena, &row, &wrong));
    assert_null(wrong.name);
    assert_non_null(wrong.what);
    arena_done(&arena);
}

static void memory_that_is_short_is_told_apart(void **state)
{
    char memory[64];
    struct arena arena;
    struct whole whole;
    struct shape_wrong wrong;
    (void)state;
    arena_init_fixed(&arena, memory, sizeof memory);
    assert_false(shape_read(&whole_shape, slice_text(whole_json), &arena, &whole, &wrong));
    assert_null(wrong.name);
    assert_null(wrong.what);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_read_is_written_again),
        cmocka_unit_test(what_is_not_given_is_left_out),
        cmocka_unit_test(every_mistake_is_named),
        cmocka_unit_test(every_member_must_be_there),
        cmocka_unit_test(memory_that_is_short_is_told_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
