/* Sealing of secrets at rest with AES-256-GCM.
 *
 * Owns: nothing between calls. Layout of a sealed secret: 1 byte version (1), 12 bytes nonce, the
 * ciphertext (as long as the plain text), 16 bytes tag. The caller brings the nonce, fresh random
 * bytes for every sealing under one key. Any thread. */
#include "crypto/seal.h"

#include "crypto/digest.h"

#include <limits.h>
#include <openssl/evp.h>

enum { SEAL_VERSION = 1 };

/* What GCM works on, for either direction. */
struct gcm {
    const unsigned char *key;
    const unsigned char *nonce;
    struct slice associated;
    struct slice input;
    unsigned char *output;
};

static const unsigned char *bytes_of(struct slice text)
{
    return (const unsigned char *)text.at;
}

/* Everything up to the tag. A length of zero is not handed to EVP: for the associated data and the
 * text alike it means "nothing more". */
static bool gcm_run(EVP_CIPHER_CTX *context, const struct gcm *gcm, bool encrypts)
{
    int done = 0;
    if (EVP_CipherInit_ex2(context, EVP_aes_256_gcm(), gcm->key, gcm->nonce, encrypts, NULL) != 1)
        return false;
    if (gcm->associated.len > 0 && EVP_CipherUpdate(context, NULL, &done, bytes_of(gcm->associated),
                                                    (int)gcm->associated.len) != 1)
        return false;
    return gcm->input.len == 0 || EVP_CipherUpdate(context, gcm->output, &done,
                                                   bytes_of(gcm->input), (int)gcm->input.len) == 1;
}

static bool gcm_seal(const struct gcm *gcm, unsigned char ret_tag[SEAL_TAG_SIZE])
{
    unsigned char rest[SEAL_TAG_SIZE];
    int done = 0;
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    bool ok = context && gcm_run(context, gcm, true) &&
              EVP_CipherFinal_ex(context, rest, &done) == 1 &&
              EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, SEAL_TAG_SIZE, ret_tag) == 1;
    EVP_CIPHER_CTX_free(context);
    return ok;
}

/* Only the last step looks at the text: those before it fail when memory is short. */
static enum status_code gcm_unseal(const struct gcm *gcm, unsigned char tag[SEAL_TAG_SIZE])
{
    unsigned char rest[SEAL_TAG_SIZE];
    int done = 0;
    enum status_code code = STATUS_MEMORY;
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    if (context && gcm_run(context, gcm, false) &&
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, SEAL_TAG_SIZE, tag) == 1)
        code = EVP_CipherFinal_ex(context, rest, &done) == 1 ? STATUS_OK : STATUS_CORRUPT;
    EVP_CIPHER_CTX_free(context);
    return code;
}

struct status seal(const unsigned char key[SEAL_KEY_SIZE],
                   const unsigned char nonce[SEAL_NONCE_SIZE], struct slice plain,
                   struct slice associated, struct buffer *out, struct fault *fault)
{
    if (plain.len > INT_MAX - SEAL_OVERHEAD || associated.len > INT_MAX)
        return fault_raise(fault, STATUS_INVALID, "a secret of %zu bytes is too long to seal",
                           plain.len);
    if (!buffer_reserve(out, SEAL_OVERHEAD + plain.len))
        return fault_raise(fault, STATUS_MEMORY, "no room for a sealed secret");
    unsigned char *at = (unsigned char *)out->at + out->len;
    at[0] = SEAL_VERSION;
    memcpy(at + 1, nonce, SEAL_NONCE_SIZE);
    unsigned char *text = at + 1 + SEAL_NONCE_SIZE;
    struct gcm gcm = {key, nonce, associated, plain, text};
    if (!gcm_seal(&gcm, text + plain.len))
        return fault_raise(fault, STATUS_MEMORY, "libcrypto could not seal a secret");
    out->len += SEAL_OVERHEAD + plain.len;
    return STATUS_DONE;
}

/* Decrypts to `output`; what is there when the tag does not fit is wiped by the caller. */
static struct status open_text(const struct gcm *gcm, const unsigned char *tag, struct fault *fault)
{
    unsigned char expected[SEAL_TAG_SIZE];
    memcpy(expected, tag, sizeof expected);
    enum status_code code = gcm_unseal(gcm, expected);
    if (code == STATUS_MEMORY)
        return fault_raise(fault, STATUS_MEMORY, "no memory to unseal a secret");
    if (code != STATUS_OK)
        return fault_raise(fault, STATUS_CORRUPT,
                           "a sealed secret does not open: other master key, or changed bytes");
    return STATUS_DONE;
}

struct status unseal(const unsigned char key[SEAL_KEY_SIZE], struct slice sealed,
                     struct slice associated, struct buffer *out, struct fault *fault)
{
    if (sealed.len < SEAL_OVERHEAD || sealed.at[0] != SEAL_VERSION || sealed.len > INT_MAX ||
        associated.len > INT_MAX)
        return fault_raise(fault, STATUS_CORRUPT, "%zu bytes that are not a sealed secret",
                           sealed.len);
    size_t plain_len = sealed.len - SEAL_OVERHEAD;
    if (!buffer_reserve(out, plain_len))
        return fault_raise(fault, STATUS_MEMORY, "no room for an unsealed secret");
    const unsigned char *text = bytes_of(sealed) + 1 + SEAL_NONCE_SIZE;
    struct gcm gcm = {key, bytes_of(sealed) + 1, associated,
                      slice_of(sealed.at + 1 + SEAL_NONCE_SIZE, plain_len),
                      (unsigned char *)out->at + out->len};
    struct status status = open_text(&gcm, text + plain_len, fault);
    if (status_ok(status))
        out->len += plain_len;
    else if (plain_len > 0)
        wipe(out->at + out->len, plain_len);
    return status;
}
