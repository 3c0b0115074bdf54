/* sys/lines.h: every line of a file, whole, whatever its length, up to the limit. */
#include "sys/lines.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { LINE_BYTES_MAX = 300000 };

static char path[64];
static struct fault fault;

static int setup(void **state)
{
    (void)state;
    (void)snprintf(path, sizeof path, "/tmp/bursar-lines-XXXXXX");
    int fd = mkstemp(path);
    return fd >= 0 ? close(fd) : -1;
}

static int teardown(void **state)
{
    (void)state;
    return unlink(path);
}

static void write_file(const char *text, size_t len)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

static struct lines *open_lines(size_t line_bytes_max)
{
    struct lines *lines = NULL;
    assert_true(status_ok(lines_open(path, line_bytes_max, &fault, &lines)));
    return lines;
}

static void assert_line(struct lines *lines, const char *expected)
{
    struct slice line;
    bool more = false;
    assert_true(status_ok(lines_next(lines, &fault, &more, &line)));
    assert_int_equal(more, expected != NULL);
    if (expected)
        assert_true(slice_equal(line, slice_text(expected)));
}

static void gives_every_line(void **state)
{
    (void)state;
    write_file("one\n\nthree\r\nlast", 16);
    struct lines *lines = open_lines(5 + 1);
    assert_line(lines, "one");
    assert_line(lines, "");
    assert_int_equal(lines_number(lines), 2);
    assert_line(lines, "three\r");
    assert_line(lines, "last");
    assert_int_equal(lines_number(lines), 4);
    assert_line(lines, NULL);
    assert_line(lines, NULL);
    lines_close(lines);
}

static void an_empty_file_has_none(void **state)
{
    (void)state;
    struct lines *lines = open_lines(10);
    assert_line(lines, NULL);
    lines_close(lines);
}

/* Longer and shorter ones, across every place where a read may end. */
static void long_lines_are_whole(void **state)
{
    (void)state;
    static char text[8 * LINE_BYTES_MAX];
    static const size_t lengths[] = {LINE_BYTES_MAX, 1, LINE_BYTES_MAX - 1, 0, 262143, 262144, 5};
    enum { COUNT = sizeof lengths / sizeof *lengths };
    size_t len = 0;
    for (int i = 0; i < COUNT; i++) {
        memset(text + len, 'a' + i, lengths[i]);
        len += lengths[i];
        text[len++] = '\n';
    }
    write_file(text, len);
    struct lines *lines = open_lines(LINE_BYTES_MAX);
    for (int i = 0; i < COUNT; i++) {
        struct slice line;
        bool more = false;
        assert_true(status_ok(lines_next(lines, &fault, &more, &line)));
        assert_true(more);
        assert_int_equal(line.len, lengths[i]);
        for (size_t k = 0; k < line.len; k++)
            assert_int_equal(line.at[k], 'a' + i);
    }
    assert_line(lines, NULL);
    lines_close(lines);
}

static void a_line_beyond_the_limit_is_refused(void **state)
{
    (void)state;
    struct slice line;
    bool more = false;
    write_file("12345\n123456\n", 13);
    struct lines *lines = open_lines(5);
    assert_line(lines, "12345");
    assert_int_equal(lines_next(lines, &fault, &more, &line).code, STATUS_INVALID);
    lines_close(lines);
}

static void an_absent_file_is_named(void **state)
{
    (void)state;
    struct lines *lines = NULL;
    assert_int_equal(lines_open("/tmp/bursar-no-such-file", 5, &fault, &lines).code,
                     STATUS_NOT_FOUND);
    assert_non_null(strstr(fault.text, "/tmp/bursar-no-such-file"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(gives_every_line, setup, teardown),
        cmocka_unit_test_setup_teardown(an_empty_file_has_none, setup, teardown),
        cmocka_unit_test_setup_teardown(long_lines_are_whole, setup, teardown),
        cmocka_unit_test_setup_teardown(a_line_beyond_the_limit_is_refused, setup, teardown),
        cmocka_unit_test(an_absent_file_is_named),
    };
    return cmocka_run_group_tests_name("lines", tests, NULL, NULL);
}
