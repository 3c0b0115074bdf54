/* The end of a process that found a bug in itself: one line to stderr, then abort.
 * Owns nothing. Any thread. */
#include "base/check.h"

#include <stdio.h>
#include <stdlib.h>

_Noreturn void check_failed(const char *condition, const char *file, int line)
{
    fprintf(stderr, "bursar: bug: %s does not hold at %s:%d\n", condition, file, line);
    abort();
}
