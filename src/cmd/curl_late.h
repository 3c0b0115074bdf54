/* libcurl, opened when a subcommand is about to make a client instead of when the program starts.
 */
#ifndef CMD_CURL_LATE_H
#define CMD_CURL_LATE_H

#include "base/status.h"

/* Before bursar_global_init; again is harmless. NOT_FOUND: the library is not installed, or not one
 * of this kind. */
STATUS_MUST_USE struct status curl_late_open(struct fault *fault);

#endif
