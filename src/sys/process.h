/* What the kernel says of this process: the process_* metrics. */
#ifndef SYS_PROCESS_H
#define SYS_PROCESS_H

#include "base/buffer.h"

/* A metric_source's. What cannot be found out is 0. Any thread. */
void process_metrics(void *unused, struct buffer *out);

#endif
