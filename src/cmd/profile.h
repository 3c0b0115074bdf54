/* What the cloud's CLI was configured with: ~/.tccli/PROFILE.configure and its neighbours. The
 * profile is the argument, else the environment's TCCLI_PROFILE, else "default". */
#ifndef CMD_PROFILE_H
#define CMD_PROFILE_H

#include "base/status.h"

#include <limits.h>

struct profile {
    char endpoint[256]; /* of the service asked for; empty = not configured */
    char region[64];
    char language[16];
};

/* "~/.tccli/PROFILE.KIND"; empty when there is no HOME. INVALID when the profile's name is none. */
STATUS_MUST_USE struct status profile_path(const char *profile, const char *kind,
                                           struct fault *fault, char ret_path[PATH_MAX]);
/* A profile without a file is all empty; one that cannot be understood is INVALID, with its line.
 */
STATUS_MUST_USE struct status profile_load(const char *profile, const char *service,
                                           struct fault *fault, struct profile *ret_profile);

#endif
