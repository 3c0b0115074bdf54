/* Calls answered in this process: libbursar's way to a data folder that nobody serves. */
#ifndef CMD_HERE_H
#define CMD_HERE_H

#include "cmd/folder.h"

#include <bursar.h>

struct here;

/* The folder stays the caller's and must outlive it. */
STATUS_MUST_USE struct status here_open(struct folder *folder, struct fault *fault,
                                        struct here **ret_here);
/* For struct bursar_options. */
struct bursar_transport here_transport(struct here *here);
/* NULL is fine. */
void here_close(struct here *here);

#endif
