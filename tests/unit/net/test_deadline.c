#include "net/deadline.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static const uint64_t timeouts[DEADLINE_KINDS] = {[DEADLINE_HEADER] = 10,
                                                  [DEADLINE_BODY] = 60,
                                                  [DEADLINE_IDLE] = 75,
                                                  [DEADLINE_WRITE] = 30,
                                                  [DEADLINE_LINGER] = 2};

static void due_when_its_time_has_come(void **state)
{
    (void)state;
    struct deadlines deadlines;
    struct deadline one;
    deadlines_init(&deadlines, timeouts);
    deadline_init(&one);
    assert_null(deadlines_due(&deadlines, UINT64_MAX));
    deadline_set(&deadlines, &one, DEADLINE_HEADER, 100);
    assert_null(deadlines_due(&deadlines, 109));
    assert_ptr_equal(deadlines_due(&deadlines, 110), &one);
    deadline_set(&deadlines, &one, DEADLINE_HEADER, 110);
    assert_null(deadlines_due(&deadlines, 119));
    deadline_set(&deadlines, &one, DEADLINE_IDLE, 119);
    assert_null(deadlines_due(&deadlines, 193));
    assert_ptr_equal(deadlines_due(&deadlines, 194), &one);
    deadline_clear(&one);
    deadline_clear(&one);
    assert_null(deadlines_due(&deadlines, UINT64_MAX));
}

/* Against a model that looks at every one: 200 nodes, set, moved and cleared at random. */
static void agrees_with_a_plain_model(void **state)
{
    (void)state;
    enum { NODES = 200, STEPS = 20000 };
    struct deadlines deadlines;
    struct deadline nodes[NODES];
    uint64_t due[NODES]; /* 0 = not waiting */
    uint64_t now = 1;
    deadlines_init(&deadlines, timeouts);
    for (int i = 0; i < NODES; i++) {
        deadline_init(&nodes[i]);
        due[i] = 0;
    }
    srand(7);
    for (int step = 0; step < STEPS; step++) {
        int i = rand() % NODES;
        enum deadline_kind kind = (enum deadline_kind)(rand() % (DEADLINE_KINDS + 1));
        now += (uint64_t)(rand() % 2);
        if (kind == DEADLINE_NONE) {
            deadline_clear(&nodes[i]);
            due[i] = 0;
        } else {
            deadline_set(&deadlines, &nodes[i], kind, now);
            due[i] = now + timeouts[kind];
        }
        struct deadline *found;
        while ((found = deadlines_due(&deadlines, now))) {
            long at = found - nodes;
            assert_in_range(at, 0, NODES - 1);
            assert_true(due[at] != 0 && due[at] <= now);
            deadline_clear(found);
            due[at] = 0;
        }
        for (int each = 0; each < NODES; each++)
            assert_true(due[each] == 0 || due[each] > now);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(due_when_its_time_has_come),
        cmocka_unit_test(agrees_with_a_plain_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
