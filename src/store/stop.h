/* Ending the process when it is not known what is on disk (ADR 5). */
#ifndef STORE_STOP_H
#define STORE_STOP_H

#include "base/status.h"

/* Prints one line and ends with exit code 7, at once: nothing is answered, nothing tried again. Any
 * thread; of several that call it, one line is printed. */
_Noreturn void stop_process(const struct fault *fault, const char *because);

#endif
