/* What the fuzz targets share. A target says in its opening comment what must always hold; a CHECK
 * that fails is a finding. */
#ifndef FUZZ_H
#define FUZZ_H

#include "base/slice.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline struct slice fuzz_text(const uint8_t *data, size_t size)
{
    return slice_of((const char *)data, size);
}

/* Whether the corpus is tried by replay.c, which has time for more than a fuzzer's execution. */
static inline bool fuzz_is_replay(void)
{
#ifdef FUZZ_REPLAY
    return true;
#else
    return false;
#endif
}

/* Numbers that depend on the input alone, so that a finding can be tried again; not of it, so that
 * a seed is just a request, a document, a file. */
static inline uint64_t fuzz_next(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *state >> 33;
}

#endif
