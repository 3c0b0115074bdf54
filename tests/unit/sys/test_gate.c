/* sys/gate.h: a writer is alone, and readers see all of what it wrote or nothing. */
#include "sys/gate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { READERS = 4, WRITES = 20000 };

struct shared {
    struct gate gate;
    uint64_t left, right; /* equal outside of a write */
};

static void *read_until_done(void *context)
{
    struct shared *shared = context;
    unsigned slot = gate_register(&shared->gate);
    uintptr_t torn = 0;
    for (uint64_t seen = 0; seen < WRITES;) {
        gate_read_begin(&shared->gate, slot);
        torn += shared->left != shared->right;
        seen = shared->left;
        gate_read_end(&shared->gate, slot);
    }
    return (void *)torn;
}

static void readers_never_see_half_a_write(void **state)
{
    (void)state;
    static struct shared shared;
    pthread_t readers[READERS];
    gate_init(&shared.gate);
    for (int i = 0; i < READERS; i++)
        assert_int_equal(pthread_create(&readers[i], NULL, read_until_done, &shared), 0);
    for (int i = 0; i < WRITES; i++) {
        gate_write_begin(&shared.gate);
        shared.left++;
        shared.right++;
        gate_write_end(&shared.gate);
    }
    for (int i = 0; i < READERS; i++) {
        void *torn;
        assert_int_equal(pthread_join(readers[i], &torn), 0);
        assert_null(torn);
    }
    gate_done(&shared.gate);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(readers_never_see_half_a_write)};
    return cmocka_run_group_tests_name("gate", tests, NULL, NULL);
}
