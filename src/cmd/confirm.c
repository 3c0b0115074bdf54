/* Asking a person (cmd/confirm.h). Owns nothing. Main thread. */
#include "cmd/confirm.h"

#include "cmd/shown.h"

#include <unistd.h>

static bool answer_is_yes(void)
{
    char line[64];
    if (!fgets(line, sizeof line, stdin))
        return false;
    struct slice answer = slice_trim_lines(slice_text(line));
    return slice_equal_nocase(answer, SLICE("y")) || slice_equal_nocase(answer, SLICE("yes"));
}

int confirm(const struct subcommand *self, bool yes, const char *format, ...)
{
    if (yes || isatty(STDIN_FILENO) != 1 || isatty(STDERR_FILENO) != 1)
        return -1;
    va_list arguments;
    va_start(arguments, format);
    shown_vprintf(stderr, format, arguments);
    va_end(arguments);
    fputs(" [y/N] ", stderr);
    fflush(stderr);
    return answer_is_yes() ? -1 : fail(self, EXIT_ALERT, "not confirmed; nothing was changed");
}
