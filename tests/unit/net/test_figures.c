#include "net/figures.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static void counts_by_label(void **state)
{
    (void)state;
    static struct tally tally;
    assert_int_equal(tally_find(&tally, "OK"), 0);
    for (int i = 0; i < 3; i++)
        tally_add(&tally, SLICE("OK"));
    tally_add(&tally, SLICE("InternalError"));
    tally_add(&tally, SLICE("InternalError.Db"));
    tally_add(&tally, slice_of("InternalError.DbX", 13));
    assert_int_equal(tally_find(&tally, "OK"), 3);
    assert_int_equal(tally_find(&tally, "InternalError"), 2);
    assert_int_equal(tally_find(&tally, "InternalError.Db"), 1);
    assert_int_equal(tally_used(&tally), 3);
}

/* However many labels there are, every count is somewhere and memory stays as it is. */
static void too_many_labels_count_as_other(void **state)
{
    (void)state;
    enum { LABELS = 3 * TALLY_LABELS_MAX };
    static struct tally tally;
    uint64_t all = 0;
    char label[80];
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < LABELS; i++) {
            (void)snprintf(label, sizeof label, "Code%d", i);
            tally_add(&tally, slice_text(label));
        }
    memset(label, 'x', sizeof label);
    tally_add(&tally, slice_of(label, sizeof label));
    for (uint32_t i = 0; i < tally_used(&tally); i++)
        all += counter_read(&tally.items[i].count);
    assert_int_equal(tally_used(&tally), TALLY_LABELS_MAX);
    assert_int_equal(all, 2 * LABELS + 1);
    assert_int_equal(tally_find(&tally, "Code0"), 2);
    assert_int_equal(tally_find(&tally, "other"), 2 * (LABELS - TALLY_LABELS_MAX + 1) + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_by_label),
        cmocka_unit_test(too_many_labels_count_as_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
