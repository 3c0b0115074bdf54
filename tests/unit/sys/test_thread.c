/* sys/thread.h: a thread that was started gets no signals, and its starter's stay as they were. */
#include "sys/thread.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <signal.h>

static void *read_mask(void *context)
{
    (void)pthread_sigmask(SIG_SETMASK, NULL, context);
    return NULL;
}

static void a_thread_gets_no_signals(void **state)
{
    (void)state;
    pthread_t thread;
    sigset_t theirs, before, after;
    (void)sigemptyset(&theirs);
    read_mask(&before);
    assert_int_equal(thread_start(&thread, read_mask, &theirs), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    read_mask(&after);
    const int numbers[] = {SIGHUP, SIGINT, SIGTERM, SIGUSR1};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        assert_int_equal(sigismember(&theirs, numbers[i]), 1);
        assert_int_equal(sigismember(&before, numbers[i]), 0);
        assert_int_equal(sigismember(&after, numbers[i]), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_thread_gets_no_signals)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
