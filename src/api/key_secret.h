/* A key's secret at rest: sealed with the master key and bound to whose key it is and how long
 * (key_identity in ledger/book.h), so that nobody without the master key can give it to another
 * holder. */
#ifndef API_KEY_SECRET_H
#define API_KEY_SECRET_H

#include "crypto/seal.h"
#include "ledger/book.h"

/* Appends the sealed secret of the key, all of which but its sealed_secret is set. `nonce`: fresh
 * random bytes. */
STATUS_MUST_USE struct status key_secret_seal(const unsigned char master_key[SEAL_KEY_SIZE],
                                              const unsigned char nonce[SEAL_NONCE_SIZE],
                                              const struct key *key, struct slice secret,
                                              struct buffer *out, struct fault *fault);
/* Appends the secret; the caller wipes it. CORRUPT: another master key, or not this key's. */
STATUS_MUST_USE struct status key_secret_open(const unsigned char master_key[SEAL_KEY_SIZE],
                                              const struct key *key, struct buffer *out,
                                              struct fault *fault);

#endif
