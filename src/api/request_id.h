/* Request ids: lower-case UUIDs of version 4 (RFC 9562), one a request. */
#ifndef API_REQUEST_ID_H
#define API_REQUEST_ID_H

#include "base/slice.h"
#include "sys/sys.h"

enum { REQUEST_ID_SIZE = 36, REQUEST_ID_BATCH = 128 };

/* One thread at a time. */
struct request_ids {
    const struct sys *sys;
    bool seeded;
    uint64_t state; /* of the repeatable sequence */
    uint32_t used;  /* of the batch */
    unsigned char batch[REQUEST_ID_BATCH][16];
};

/* `seed` 0: random, drawn a batch at a time; else the same sequence for the same seed. */
void request_ids_init(struct request_ids *ids, const struct sys *sys, uint64_t seed);
/* No final zero. */
void request_ids_next(struct request_ids *ids, char ret_id[REQUEST_ID_SIZE]);

#endif
