/* SipHash-1-3: a hash for tables in memory that a stranger cannot flood, keyed with bits he does
 * not know (Aumasson and Bernstein, "SipHash: a fast short-input PRF").
 *
 * Ours, although libraries have it: libcrypto's costs an allocated context a key and is not there
 * for codec, which sees this room only; the C library has none. It is short, and held to what
 * another implementation computes (tests/unit/base/test_siphash.c). Not for storage. */
#ifndef BASE_SIPHASH_H
#define BASE_SIPHASH_H

#include "base/slice.h"

uint64_t siphash_1_3(struct slice text, uint64_t key_low, uint64_t key_high);

/* A seed for slice_hash, the same as long as the process lives and another in the next one, from
 * the random bytes that the kernel gives every program at its start. For tables whose owner has
 * none of its own. */
uint64_t siphash_seed(void);

#endif
