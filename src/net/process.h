/* What the kernel says of this process: the process_* metrics. Private to net. */
#ifndef NET_PROCESS_H
#define NET_PROCESS_H

#include <stdint.h>

struct process_figures {
    uint64_t cpu_us; /* user and system */
    uint64_t resident_bytes;
    uint64_t virtual_bytes;
    uint64_t open_fds;
    uint64_t max_fds;
    uint64_t start_seconds; /* Unix time */
    uint64_t threads;
};

/* What cannot be found out is 0. */
void process_read(struct process_figures *ret_figures);

#endif
