/* Asking a person before something that cannot be undone. */
#ifndef CMD_CONFIRM_H
#define CMD_CONFIRM_H

#include "cmd/cmd.h"

/* Asks on the terminal, unless `yes` or there is nobody to ask (standard input or standard error is
 * not a terminal). -1 to go on, or the exit code when the answer is not yes. */
int confirm(const struct subcommand *self, bool yes, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
