/* The end without an answer (stop.h).
 *
 * Owns nothing. Any thread. */
#include "journal/stop.h"

#include <stdio.h>
#include <unistd.h>

enum { EXIT_JOURNAL = 7 };

_Noreturn void stop_process(const struct fault *fault, const char *because)
{
    (void)fprintf(stderr, "bursar: journal: %s; stopping, because %s\n", fault->text, because);
    _exit(EXIT_JOURNAL);
}
