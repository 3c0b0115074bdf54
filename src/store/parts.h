/* The files of a journal in a folder, by name; and a copy of the database among them. */
#ifndef STORE_PARTS_H
#define STORE_PARTS_H

#include "base/status.h"

#include <limits.h>
#include <stdint.h>

struct store;

STATUS_MUST_USE struct status parts_path(const char *folder, const char *name, struct fault *fault,
                                         char ret_path[PATH_MAX]);
/* EXISTS names one that is there. */
STATUS_MUST_USE struct status parts_check_absent(const char *folder, struct fault *fault);
/* After a fault, which is what matters, not what cannot be removed. Ends with the mark that the
 * folder is unfinished. */
void parts_remove(const char *folder);
/* All pages of one moment: of the snapshot that a store opened read-only is in. Synced. */
STATUS_MUST_USE struct status parts_copy(struct store *from, const char *path,
                                         void (*report)(void *context, uint64_t done, uint64_t all),
                                         void *context, struct fault *fault);

#endif
