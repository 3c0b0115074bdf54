/* The end without an answer (stop.h).
 *
 * 1. A disk that fails may stop several threads: the first says why, the others wait for the end.
 *
 * Owns nothing. Any thread. */
#include "store/stop.h"

#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

enum { EXIT_JOURNAL = 7 };

static atomic_flag is_stopping = ATOMIC_FLAG_INIT;

_Noreturn void stop_process(const struct fault *fault, const char *because)
{
    while (atomic_flag_test_and_set(&is_stopping))
        (void)pause();
    (void)fprintf(stderr, "bursar: journal: %s; stopping, because %s\n", fault->text, because);
    _exit(EXIT_JOURNAL);
}
