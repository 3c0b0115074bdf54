/* The world that `bursar explain` asks: the api over a book that nobody changes, at a moment of the
 * caller's choice. */
#ifndef CMD_EXPLAIN_WORLD_H
#define CMD_EXPLAIN_WORLD_H

#include "api/api.h"
#include "cmd/credentials.h"
#include "crypto/seal.h"

struct explain_world {
    struct sys sys; /* the real one, but for its wall clock when it is set */
    int64_t now_us;
    struct journal *journal;
    struct book *book;
    struct gate gate;
    unsigned char master_key[SEAL_KEY_SIZE];
    struct api *api;
    struct api_worker *worker;
    bool started;
};

/* A data folder, read beside whoever serves it. */
STATUS_MUST_USE struct status explain_world_open(struct explain_world *world, const char *folder,
                                                 const char *master_key_file, struct fault *fault);
/* In memory: one organisation, whose owner has these keys and nothing else. */
STATUS_MUST_USE struct status explain_world_make(struct explain_world *world,
                                                 const struct credentials *credentials,
                                                 struct fault *fault);
/* The moment at which requests are judged; without it, now. */
void explain_world_set_clock(struct explain_world *world, int64_t now_us);
/* Also after a failure of the two above, and on a zeroed one. */
void explain_world_done(struct explain_world *world);

#endif
