/* The access log: one line a request, appended by any network thread, opened again at SIGHUP so
 * that it can be rotated. */
#ifndef CMD_LOG_FILE_H
#define CMD_LOG_FILE_H

#include "base/slice.h"
#include "base/status.h"

#include <stdatomic.h>

struct log_file {
    const char *path; /* "-" = standard output */
    int fd;
    atomic_bool failing; /* said once, until a line gets through again */
};

STATUS_MUST_USE struct status log_file_open(const char *path, struct fault *fault,
                                            struct log_file *ret_log);
/* For struct server_options; `context` is the log. */
void log_file_append(void *context, struct slice line);
/* Goes on in a fresh file of the same name; on a fault the old one stays in use. */
STATUS_MUST_USE struct status log_file_reopen(struct log_file *log, struct fault *fault);
void log_file_close(struct log_file *log);

#endif
