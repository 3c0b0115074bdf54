/* Request ids, drawn from the kernel a batch at a time, so that one costs no system call.
 *
 * Owns nothing outside the struct. Thread: the worker's. */
#include "api/request_id.h"

#include "codec/uuid.h"

/* SplitMix64: a good spread for a sequence that must only be repeatable. */
static uint64_t sequence_next(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static void batch_from_sequence(struct request_ids *ids)
{
    for (uint32_t i = 0; i < REQUEST_ID_BATCH; i++) {
        uint64_t halves[2] = {sequence_next(&ids->state), sequence_next(&ids->state)};
        memcpy(ids->batch[i], halves, sizeof halves);
    }
}

/* An id only has to be unlike others: when the kernel has no entropy the clock seeds a sequence. */
static void batch_fill(struct request_ids *ids)
{
    struct fault fault;
    ids->used = 0;
    if (!ids->seeded) {
        struct status status =
            ids->sys->entropy(ids->sys->context, ids->batch, sizeof ids->batch, &fault);
        if (status_ok(status))
            return;
        ids->state ^= (uint64_t)sys_now_us(ids->sys) ^ (uint64_t)(uintptr_t)ids;
    }
    batch_from_sequence(ids);
}

void request_ids_init(struct request_ids *ids, const struct sys *sys, uint64_t seed)
{
    ids->sys = sys;
    ids->seeded = seed != 0;
    ids->state = seed;
    ids->used = REQUEST_ID_BATCH;
}

void request_ids_next(struct request_ids *ids, char ret_id[REQUEST_ID_SIZE])
{
    if (ids->used == REQUEST_ID_BATCH)
        batch_fill(ids);
    unsigned char *bytes = ids->batch[ids->used++];
    bytes[6] = (unsigned char)((bytes[6] & 0x0f) | 0x40);
    bytes[8] = (unsigned char)((bytes[8] & 0x3f) | 0x80);
    uuid_print(bytes, ret_id);
}
