/* The end without an answer: when a failing disk stops several threads, one line says why. */
#include "base/check.h"
#include "store/stop.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { THREADS = 8, TIMES = 500, SECONDS_MAX = 5, EXIT_JOURNAL = 7 /* docs/fault-model.md, P5 */ };

static pthread_barrier_t barrier;

static void *stop(void *context)
{
    const struct fault fault = {"cannot write"};
    (void)context;
    (void)pthread_barrier_wait(&barrier);
    stop_process(&fault, "it is not known what is on disk");
}

/* Ends the process. */
static _Noreturn void stop_in_many_threads(int said)
{
    pthread_t threads[THREADS];
    CHECK(dup2(said, STDERR_FILENO) == STDERR_FILENO);
    CHECK(pthread_barrier_init(&barrier, NULL, THREADS) == 0);
    for (int i = 0; i < THREADS; i++)
        CHECK(pthread_create(&threads[i], NULL, stop, NULL) == 0);
    (void)pthread_join(threads[0], NULL);
    _exit(0);
}

static void read_all(int from, char *ret_text, size_t size)
{
    size_t len = 0;
    for (ssize_t got; (got = read(from, ret_text + len, size - 1 - len)) > 0;)
        len += (size_t)got;
    ret_text[len] = 0;
}

static void one_line_says_why(void **state)
{
    (void)state;
    time_t until = time(NULL) + SECONDS_MAX; /* ThreadSanitizer's _exit takes a second */
    for (int i = 0; i < TIMES && time(NULL) < until; i++) {
        char text[1000];
        int said[2];
        int code = 0;
        assert_int_equal(pipe(said), 0);
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0)
            stop_in_many_threads(said[1]);
        (void)close(said[1]);
        read_all(said[0], text, sizeof text);
        (void)close(said[0]);
        assert_int_equal(waitpid(child, &code, 0), child);
        assert_true(WIFEXITED(code));
        assert_int_equal(WEXITSTATUS(code), EXIT_JOURNAL);
        assert_string_equal(text, "bursar: journal: cannot write; stopping, because it is not "
                                  "known what is on disk\n");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_line_says_why),
    };
    return cmocka_run_group_tests_name("stop", tests, NULL, NULL);
}
