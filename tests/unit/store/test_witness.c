/* store/witness.h: the line in `head`, as an independent model (Python) prints it. */
#include "store/witness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const char line[] =
    "00000000000000000007 00000000000000000003 00001700000000000001 "
    "9f2e6d33a3717ee826353a404ba4618d1aeeb6879ad7936bce8ed5f46814924d b06aef8a12bba112\n";

static struct crypto *crypto;

static int setup(void **state)
{
    (void)state;
    crypto = crypto_new();
    return crypto ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    crypto_free(crypto);
    return 0;
}

static void prints_and_parses_one_line(void **state)
{
    (void)state;
    struct journal_head head = {.sequence = 7, .batches = 3, .time_us = INT64_C(1700000000000001)};
    struct journal_head parsed;
    char printed[WITNESS_LINE_SIZE];
    sha256(crypto, SLICE("head"), head.hash);
    witness_print(&head, crypto, printed);
    assert_int_equal(sizeof line - 1, WITNESS_LINE_SIZE);
    assert_memory_equal(printed, line, WITNESS_LINE_SIZE);
    assert_true(witness_parse(slice_of(line, WITNESS_LINE_SIZE), crypto, &parsed));
    assert_int_equal(parsed.sequence, 7);
    assert_int_equal(parsed.batches, 3);
    assert_int_equal(parsed.time_us, head.time_us);
    assert_memory_equal(parsed.hash, head.hash, sizeof head.hash);
}

static void any_torn_or_changed_line_is_none(void **state)
{
    (void)state;
    struct journal_head parsed;
    for (size_t len = 0; len < WITNESS_LINE_SIZE; len++)
        assert_false(witness_parse(slice_of(line, len), crypto, &parsed));
    for (size_t at = 0; at < WITNESS_LINE_SIZE; at++) {
        for (int bit = 0; bit < 8; bit++) {
            char changed[WITNESS_LINE_SIZE];
            memcpy(changed, line, sizeof changed);
            changed[at] = (char)(changed[at] ^ 1 << bit);
            assert_false(witness_parse(slice_of(changed, sizeof changed), crypto, &parsed));
        }
    }
}

static void an_absent_file_is_none(void **state)
{
    (void)state;
    struct journal_head parsed;
    struct fault fault;
    bool found = true;
    assert_true(
        status_ok(witness_read("/tmp/no-such-folder/head", crypto, &fault, &found, &parsed)));
    assert_false(found);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prints_and_parses_one_line),
        cmocka_unit_test(any_torn_or_changed_line_is_none),
        cmocka_unit_test(an_absent_file_is_none),
    };
    return cmocka_run_group_tests_name("witness", tests, setup, teardown);
}
