/* Text from elsewhere (a server's answer, a file, a journal) on its way to people: what a terminal
 * would obey or not show is escaped, as api/text.h says. For standard error and for prose on
 * standard output; tables and everything else on standard output: cmd/output.h. */
#ifndef CMD_SHOWN_H
#define CMD_SHOWN_H

#include "api/text.h"

#include <stdarg.h>
#include <stdio.h>

/* Writes the text, escaped; line feeds too, unless `style` keeps them. */
void shown_write(FILE *out, struct slice text, enum text_escape_style style);
/* As vfprintf; all of what comes out is escaped, line feeds too. */
void shown_vprintf(FILE *out, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));
/* text_wrong_say in English. Static. */
const char *shown_wrong(const struct text_wrong *wrong);

#endif
