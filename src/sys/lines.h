/* Lines: a text file read line by line, each bounded. One thread at a time. */
#ifndef SYS_LINES_H
#define SYS_LINES_H

#include "base/slice.h"
#include "base/status.h"

struct lines;

/* "-" is standard input. */
STATUS_MUST_USE struct status lines_open(const char *path, size_t line_bytes_max,
                                         struct fault *fault, struct lines **ret_lines);
void lines_close(struct lines *lines); /* NULL is fine */
/* The next line without its newline, valid until the next call; *ret_more is false at the end of
 * the file. INVALID when a line is longer than line_bytes_max. */
STATUS_MUST_USE struct status lines_next(struct lines *lines, struct fault *fault, bool *ret_more,
                                         struct slice *ret_line);
/* Of the line given last; the first is 1. */
uint64_t lines_number(const struct lines *lines);

#endif
