/* Sealing of secrets at rest: AES-256-GCM with a random 96-bit nonce (NIST SP 800-38D). The
 * associated data ties a sealed secret to its place, so that it cannot be moved to another key. */
#ifndef CRYPTO_SEAL_H
#define CRYPTO_SEAL_H

#include "base/buffer.h"
#include "base/status.h"

enum { SEAL_KEY_SIZE = 32, SEAL_NONCE_SIZE = 12, SEAL_TAG_SIZE = 16 };
enum { SEAL_OVERHEAD = 1 + SEAL_NONCE_SIZE + SEAL_TAG_SIZE }; /* version, nonce, tag */

/* Appends 1 (version), nonce, ciphertext, tag: SEAL_OVERHEAD + plain.len bytes. */
STATUS_MUST_USE struct status seal(const unsigned char key[SEAL_KEY_SIZE],
                                   const unsigned char nonce[SEAL_NONCE_SIZE], struct slice plain,
                                   struct slice associated, struct buffer *out,
                                   struct fault *fault);
/* Appends the plain bytes. CORRUPT when the key, the bytes or the associated data are not those of
 * the sealing. */
STATUS_MUST_USE struct status unseal(const unsigned char key[SEAL_KEY_SIZE], struct slice sealed,
                                     struct slice associated, struct buffer *out,
                                     struct fault *fault);

#endif
