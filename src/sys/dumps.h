/* What must not get into a core dump: the process as a whole, or at least the memory of secrets. */
#ifndef SYS_DUMPS_H
#define SYS_DUMPS_H

#include "base/status.h"

#include <stddef.h>

/* The process leaves no core dump from now on, not even through a pipe of core_pattern, and only
 * root can attach to it or read its memory (PR_SET_DUMPABLE, RLIMIT_CORE). */
STATUS_MUST_USE struct status dumps_forbid(struct fault *fault);

/* Zeroed memory on pages of its own, which even a dump that root asks for leaves out
 * (MADV_DONTDUMP); NULL: there is none. */
void *undumped_take(size_t size);
/* Gives it back; the caller has wiped it. NULL is fine. */
void undumped_free(void *memory, size_t size);

#endif
