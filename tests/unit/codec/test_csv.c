/* CSV: RFC 4180's rules, what spreadsheets send, and errors with their lines. */
#include "codec/csv.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* What is read: line:field|field;... and ! for an error. */
static const struct {
    const char *text;
    const char *read;
} rows[] = {
    {"", ""},
    {"\n\r\n\n", ""},
    {"a", "1:a|;"},
    {"a\n", "1:a|;"},
    {"a\r\n", "1:a|;"},
    {"a,b\nc,d\n", "1:a|b|;2:c|d|;"},
    {"a,b\r\nc,d", "1:a|b|;2:c|d|;"},
    {"a,,b", "1:a||b|;"},
    {",", "1:||;"},
    {"a,\n", "1:a||;"},
    {"\n\na\n\nb\n", "3:a|;5:b|;"},
    {" a , b ", "1: a | b |;"},
    {"\"a\"", "1:a|;"},
    {"\"\"", "1:|;"},
    {"\"\",\"\"", "1:||;"},
    {"\"a,b\",c", "1:a,b|c|;"},
    {"\"a\"\"b\"", "1:a\"b|;"},
    {"\"\"\"\"", "1:\"|;"},
    {"\"\"\"a\"\"\"", "1:\"a\"|;"},
    {"\"a\nb\",c\nd", "1:a\nb|c|;3:d|;"},
    {"\"a\r\nb\"\r\nc", "1:a\r\nb|;3:c|;"},
    {"\xEF\xBB\xBF"
     "a,b",
     "1:a|b|;"},
    {"\xEF\xBB\xBF", ""},
    {"\xEF\xBB\xBF\"a\"", "1:a|;"},
    {"\xEF\xBB\xBF\xEF\xBB\xBF", "1:\xEF\xBB\xBF|;"},
    {"\xE6\x88\x90\xE5\x91\x98,1", "1:\xE6\x88\x90\xE5\x91\x98|1|;"},
    {"a\"b,c\nd", "1:!;2:d|;"},
    {"a,b\"\nd", "1:!;2:d|;"},
    {"\"a\"b\nd", "1:!;2:d|;"},
    {"\"a\" \nd", "1:!;2:d|;"},
    {"\"a\" ,b\nd", "1:!;2:d|;"},
    {"\"a\nb\nc", "1:!;2:b|;3:c|;"},
    {"\"a\"\"", "1:!;"},
    {"\"", "1:!;"},
    {"a,\"", "1:!;"},
    {"a\rb\nc", "1:!;2:c|;"},
    {"a\r", "1:!;"},
    {"\r", "1:!;"},
    {"a,b\r\r\nc", "1:!;2:c|;"},
    {"ok\n\"x\"y\nok", "1:ok|;2:!;3:ok|;"},
};

static void note(struct buffer *read, const struct csv_reader *reader, enum csv_result result,
                 const struct csv_record *record)
{
    buffer_printf(read, "%d:", (int)reader->line);
    if (result == CSV_ERROR)
        buffer_char(read, '!');
    for (uint32_t i = 0; result == CSV_RECORD && i < record->count; i++) {
        buffer_append(read, record->fields[i]);
        buffer_char(read, '|');
    }
    buffer_char(read, ';');
}

static void records_are_read(void **state)
{
    struct arena arena;
    char memory[256];
    (void)state;
    assert_true(arena_init(&arena, 1024, 4096));
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct csv_reader reader;
        struct csv_record record;
        struct buffer read;
        enum csv_result result;
        const char *error = NULL;
        buffer_init_fixed(&read, memory, sizeof memory);
        csv_reader_init(&reader, slice_text(rows[i].text));
        while ((result = csv_next(&reader, &arena, &record, &error)) != CSV_END) {
            note(&read, &reader, result, &record);
            assert_true(result == CSV_RECORD || error);
        }
        if (!slice_equal(buffer_slice(&read), slice_text(rows[i].read)))
            fail_msg("%.*s instead of %s", SLICE_ARGS(buffer_slice(&read)), rows[i].read);
    }
    arena_done(&arena);
}

static void fields_are_limited(void **state)
{
    char commas[CSV_FIELDS_MAX + 2];
    struct csv_reader reader;
    struct csv_record record;
    struct arena arena;
    const char *error = NULL;
    (void)state;
    arena_init_fixed(&arena, NULL, 0);
    memset(commas, ',', sizeof commas);
    csv_reader_init(&reader, slice_of(commas, CSV_FIELDS_MAX - 1));
    assert_int_equal(csv_next(&reader, &arena, &record, &error), CSV_RECORD);
    assert_int_equal(record.count, CSV_FIELDS_MAX);
    csv_reader_init(&reader, slice_of(commas, CSV_FIELDS_MAX));
    assert_int_equal(csv_next(&reader, &arena, &record, &error), CSV_ERROR);
    assert_non_null(error);
}

static void only_what_must_be_is_quoted(void **state)
{
    static const struct {
        const char *field;
        const char *written;
    } fields[] = {
        {"", ""},
        {"a b", "a b"},
        {" a ", " a "},
        {"a,b", "\"a,b\""},
        {"a\"b", "\"a\"\"b\""},
        {"\"", "\"\"\"\""},
        {"\"\"", "\"\"\"\"\"\""},
        {"a\nb", "\"a\nb\""},
        {"a\r", "\"a\r\""},
        {"-1.5", "-1.5"},
        {"\xEF\xBB\xBF"
         "a",
         "\"\xEF\xBB\xBF"
         "a\""},
    };
    char memory[64];
    (void)state;
    for (size_t i = 0; i < COUNT(fields); i++) {
        struct buffer out;
        buffer_init_fixed(&out, memory, sizeof memory);
        csv_write(&out, slice_text(fields[i].field));
        assert_true(slice_equal(buffer_slice(&out), slice_text(fields[i].written)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_are_read),
        cmocka_unit_test(fields_are_limited),
        cmocka_unit_test(only_what_must_be_is_quoted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
