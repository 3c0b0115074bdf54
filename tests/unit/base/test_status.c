/* Faults: the text grows at the front on the way up, is cut and never overflows; errno finds its
 * code. */
#include "base/status.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct status find(struct fault *fault)
{
    return fault_raise_errno(fault, ENOENT, "cannot open '%s'", "a.db");
}

static struct status carry(struct fault *fault)
{
    TRY(find(fault));
    return STATUS_DONE;
}

static struct status wrap(struct fault *fault)
{
    TRY_WRAP(carry(fault), fault, "starting on port %d", 80);
    return STATUS_DONE;
}

static void faults_say_what_was_being_done(void **state)
{
    struct fault fault;
    (void)state;
    assert_int_equal(wrap(&fault).code, STATUS_NOT_FOUND);
    assert_string_equal(fault.text,
                        "starting on port 80: cannot open 'a.db': No such file or directory");
    assert_int_equal(wrap(NULL).code, STATUS_NOT_FOUND);
}

static void errno_finds_its_code(void **state)
{
    static const struct {
        int error_number;
        enum status_code code;
    } rows[] = {
        {ENOSPC, STATUS_FULL},   {EDQUOT, STATUS_FULL},  {ENOENT, STATUS_NOT_FOUND},
        {EACCES, STATUS_DENIED}, {EPERM, STATUS_DENIED}, {ENOMEM, STATUS_MEMORY},
        {EEXIST, STATUS_EXISTS}, {EIO, STATUS_IO},       {EINVAL, STATUS_IO},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(fault_raise_errno(NULL, rows[i].error_number, "x").code, rows[i].code);
}

static void long_texts_are_cut(void **state)
{
    struct fault fault;
    char long_text[2000];
    (void)state;
    memset(long_text, 'x', sizeof long_text - 1);
    long_text[sizeof long_text - 1] = 0;
    assert_int_equal(fault_raise(&fault, STATUS_IO, "%s", long_text).code, STATUS_IO);
    assert_int_equal(strlen(fault.text), sizeof fault.text - 1);
    struct status status = fault_wrap(&fault, (struct status){STATUS_FULL}, "front");
    assert_int_equal(status.code, STATUS_FULL);
    assert_int_equal(strlen(fault.text), sizeof fault.text - 1);
    assert_memory_equal(fault.text, "front: xxx", 10);
    status = fault_wrap(&fault, status, "%s", long_text);
    assert_int_equal(strlen(fault.text), sizeof fault.text - 1);
    assert_true(status_ok(STATUS_DONE));
    assert_false(status_ok(status));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faults_say_what_was_being_done),
        cmocka_unit_test(errno_finds_its_code),
        cmocka_unit_test(long_texts_are_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
