#include "base/arena.h"
#include "cmd/output.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct table_column columns[] = {{"NAME", false}, {"MONEY", true}, {"NOTE", false}};

struct printed {
    struct output_table table;
    char *text;
    size_t len;
};

static void begin(struct printed *printed)
{
    output_table_init(&printed->table, columns, 3);
    printed->table.out = open_memstream(&printed->text, &printed->len);
    assert_non_null(printed->table.out);
}

static void add(struct printed *printed, const char *name, const char *money, const char *note)
{
    const struct slice row[] = {slice_text(name), slice_text(money), slice_text(note)};
    output_table_row(&printed->table, row);
}

static void assert_printed(struct printed *printed, const char *expected)
{
    output_table_done(&printed->table);
    assert_int_equal(fclose(printed->table.out), 0);
    assert_string_equal(printed->text, expected);
    free(printed->text);
}

static void columns_are_as_wide_as_what_they_hold(void **state)
{
    (void)state;
    struct printed printed;
    begin(&printed);
    add(&printed, "a", "1.00", "x");
    add(&printed, "longer", "12345.00", "");
    assert_printed(&printed, "NAME       MONEY  NOTE\n"
                             "a           1.00  x\n"
                             "longer  12345.00  \n");
}

static void a_table_without_rows_has_its_title(void **state)
{
    (void)state;
    struct printed printed;
    begin(&printed);
    assert_printed(&printed, "NAME  MONEY  NOTE\n");
}

static void wide_characters_take_two_columns(void **state)
{
    (void)state;
    struct printed printed;
    assert_int_equal(output_width(SLICE("abc")), 3);
    if (output_width(SLICE("\xe4\xbd\xa0")) != 2)
        skip(); /* no UTF-8 locale here */
    assert_int_equal(output_width(SLICE("e\xcc\x81")), 1);
    begin(&printed);
    add(&printed, "\xe4\xbd\xa0\xe5\xa5\xbd\xe5\x90\x97", "1", "x");
    add(&printed, "abcdef", "1", "y");
    assert_printed(&printed, "NAME    MONEY  NOTE\n"
                             "\xe4\xbd\xa0\xe5\xa5\xbd\xe5\x90\x97      1  x\n"
                             "abcdef      1  y\n");
}

static void what_a_terminal_would_obey_is_escaped(void **state)
{
    (void)state;
    struct printed printed;
    begin(&printed);
    add(&printed, "a\033[31mb", "1", "c\nd");
    output_table_done(&printed.table);
    assert_int_equal(fclose(printed.table.out), 0);
    assert_null(strchr(printed.text, '\033'));
    assert_non_null(strstr(printed.text, "\\u{1B}[31mb"));
    assert_null(strstr(printed.text, "c\nd"));
    free(printed.text);
}

static void a_cell_is_cut_between_characters(void **state)
{
    (void)state;
    struct printed printed;
    char long_text[5000];
    memset(long_text, 'x', sizeof long_text);
    memcpy(long_text + 4094, "\xe4\xbd\xa0", 3); /* the 4,096th byte is in the middle of it */
    long_text[sizeof long_text - 1] = '\0';
    begin(&printed);
    add(&printed, long_text, "1", "end");
    output_table_done(&printed.table);
    assert_int_equal(fclose(printed.table.out), 0);
    assert_null(strstr(printed.text, "\\x"));
    assert_int_equal(strcspn(strchr(printed.text, 'x'), " "), 4094);
    free(printed.text);
}

static void rows_beyond_those_held_are_printed_as_they_come(void **state)
{
    (void)state;
    struct printed printed;
    begin(&printed);
    for (int i = 0; i < TABLE_ROWS_HELD; i++)
        add(&printed, "a", "1", "x");
    assert_false(printed.table.started);
    add(&printed, "b", "1", "x");
    assert_true(printed.table.started);
    add(&printed, "much longer than those before", "1", "x");
    output_table_done(&printed.table);
    assert_int_equal(fclose(printed.table.out), 0);
    assert_non_null(strstr(printed.text, "\nb         1  x\nmuch longer than those before      1"));
    free(printed.text);
}

static void assert_pretty(const char *json, const char *expected)
{
    char memory[1024];
    struct buffer out;
    buffer_init_fixed(&out, memory, sizeof memory);
    bool good = output_json_pretty(slice_text(json), &out);
    assert_int_equal(good, expected != NULL);
    if (expected)
        assert_true(slice_equal(buffer_slice(&out), slice_text(expected)));
}

static void json_is_indented(void **state)
{
    (void)state;
    assert_pretty("{\"a\":[1,{\"b\":null}],\"c\":{},\"d\":\"\\n\"}",
                  "{\n  \"a\": [\n    1,\n    {\n      \"b\": null\n    }\n  ],\n  \"c\": {},\n"
                  "  \"d\": \"\\n\"\n}");
    assert_pretty("12.50", "12.50");
    assert_pretty("{\"a\":", NULL);
    assert_pretty("", NULL);
}

static void a_format_is_known_by_its_name(void **state)
{
    (void)state;
    static const struct subcommand self = {.name = "test"};
    enum output_format format;
    assert_int_equal(output_format_parse(&self, "jsonl", &format), -1);
    assert_int_equal(format, OUTPUT_JSONL);
    assert_int_equal(output_format_parse(&self, "csv", &format), -1);
    assert_int_equal(format, OUTPUT_CSV);
    assert_int_equal(output_format_parse(&self, "yaml", &format), EXIT_USAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_are_as_wide_as_what_they_hold),
        cmocka_unit_test(a_table_without_rows_has_its_title),
        cmocka_unit_test(wide_characters_take_two_columns),
        cmocka_unit_test(what_a_terminal_would_obey_is_escaped),
        cmocka_unit_test(a_cell_is_cut_between_characters),
        cmocka_unit_test(rows_beyond_those_held_are_printed_as_they_come),
        cmocka_unit_test(json_is_indented),
        cmocka_unit_test(a_format_is_known_by_its_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
