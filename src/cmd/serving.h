/* Serving: what `serve` and `demo` do once they have a folder: listen, say so, answer until told to
 * stop, reload when told to. */
#ifndef CMD_SERVING_H
#define CMD_SERVING_H

#include "cmd/config.h"
#include "cmd/folder.h"

struct serving_plan {
    const struct subcommand *self;
    const struct settings *settings;
    struct folder *folder;
    const char *control_socket; /* path; NULL = none */
    /* Called when everything listens, with the first plain and the first TLS address, empty when
     * there is none; may be NULL. */
    void (*announce)(struct slice plain, struct slice tls);
};

enum { SERVING_LIMITS_MAX = 64 };

/* What the settings say about the api; `limits` holds the per-action ones. INVALID names a limit
 * that is not ACTION=N. */
STATUS_MUST_USE struct status serving_api_options(const struct settings *settings,
                                                  struct api_limit limits[SERVING_LIMITS_MAX],
                                                  struct fault *fault,
                                                  struct api_options *ret_options);
/* How the folder's threads are to work, as the settings have it. */
struct serving_threads {
    struct committer_options committer;
    struct historian_options historian;
};
/* What the settings say about the folder. Points `options` at `threads`, which must outlive
 * folder_open. */
void serving_folder(const struct settings *settings, struct serving_threads *threads,
                    struct folder_options *options);
/* Until drained; the signals must be blocked (signals_block). Answers the exit code. */
int serving_run(const struct serving_plan *plan);

#endif
