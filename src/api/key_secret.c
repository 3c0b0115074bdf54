/* Sealing and opening of a key's secret (key_secret.h). Owns nothing. Any thread. */
#include "api/key_secret.h"

struct status key_secret_seal(const unsigned char master_key[SEAL_KEY_SIZE],
                              const unsigned char nonce[SEAL_NONCE_SIZE], const struct key *key,
                              struct slice secret, struct buffer *out, struct fault *fault)
{
    char memory[KEY_IDENTITY_BYTES_MAX];
    struct buffer identity;
    buffer_init_fixed(&identity, memory, sizeof memory);
    key_identity(key, &identity);
    if (!buffer_ok(&identity))
        return fault_raise(fault, STATUS_INVALID, "the key's id is too long");
    return seal(master_key, nonce, secret, buffer_slice(&identity), out, fault);
}

struct status key_secret_open(const unsigned char master_key[SEAL_KEY_SIZE], const struct key *key,
                              struct buffer *out, struct fault *fault)
{
    char memory[KEY_IDENTITY_BYTES_MAX];
    struct buffer identity;
    buffer_init_fixed(&identity, memory, sizeof memory);
    key_identity(key, &identity);
    if (!buffer_ok(&identity))
        return fault_raise(fault, STATUS_CORRUPT, "the key's id is too long");
    return unseal(master_key, key->sealed_secret, buffer_slice(&identity), out, fault);
}
