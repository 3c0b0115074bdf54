/* The access log: one line a request, appended by any network thread, opened again at SIGHUP so
 * that it can be rotated. */
#ifndef CMD_ACCESS_LOG_H
#define CMD_ACCESS_LOG_H

#include "base/slice.h"
#include "base/status.h"

#include <stdatomic.h>

struct access_log {
    const char *path; /* "-" = standard output */
    int fd;
    atomic_bool failing; /* said once, until a line gets through again */
};

STATUS_MUST_USE struct status access_log_open(const char *path, struct fault *fault,
                                              struct access_log *ret_log);
/* For struct server_options; `context` is the log. */
void access_log_write(void *context, struct slice line);
/* Goes on in a fresh file of the same name; on a fault the old one stays in use. */
STATUS_MUST_USE struct status access_log_reopen(struct access_log *log, struct fault *fault);
void access_log_close(struct access_log *log);

#endif
