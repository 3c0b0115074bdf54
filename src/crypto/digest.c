/* Hashes, keyed hashes and their encodings: the one file that meets libcrypto's digests.
 *
 * Owns: the fetched algorithms and one context for each, made and used once in crypto_new.
 *
 * Invariants:
 * 1. After crypto_new no hash and no keyed hash allocates, so none can fail: a context that has
 * been initialised with an algorithm once is re-initialised with the same one in place.
 * 2. A `struct hmac_key` is plain memory: the key xor ipad and the key xor opad, one block each.
 *    (Copying a context that holds the state after such a block saves its 45 ns, but libcrypto
 *    allocates for every copy, which would break 1.)
 *
 * Thread: a `struct crypto` belongs to one; a `struct hmac_key` is read-only once set. */
#include "crypto/digest.h"

#include "base/check.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>

enum { BLOCK_SIZE = 64, KINDS = 2 }; /* SHA-1 and SHA-256 share the block size */

struct crypto {
    EVP_MD *algorithms[KINDS];
    EVP_MD_CTX *contexts[KINDS];
};

struct hmac_key {
    enum digest_kind kind;
    unsigned char inner[BLOCK_SIZE];
    unsigned char outer[BLOCK_SIZE];
};

static const char *const algorithm_names[KINDS] = {
    [DIGEST_SHA1] = "SHA1", [DIGEST_SHA256] = "SHA256"};

static bool digest_prepare(struct crypto *crypto, unsigned kind)
{
    crypto->algorithms[kind] = EVP_MD_fetch(NULL, algorithm_names[kind], NULL);
    crypto->contexts[kind] = EVP_MD_CTX_new();
    return crypto->algorithms[kind] && crypto->contexts[kind] &&
           EVP_DigestInit_ex2(crypto->contexts[kind], crypto->algorithms[kind], NULL) == 1;
}

struct crypto *crypto_new(void)
{
    struct crypto *crypto = calloc(1, sizeof *crypto);
    if (!crypto)
        return NULL;
    if (!digest_prepare(crypto, DIGEST_SHA1) || !digest_prepare(crypto, DIGEST_SHA256)) {
        crypto_free(crypto);
        return NULL;
    }
    return crypto;
}

void crypto_free(struct crypto *crypto)
{
    if (!crypto)
        return;
    for (unsigned kind = 0; kind < KINDS; kind++) {
        EVP_MD_CTX_free(crypto->contexts[kind]);
        EVP_MD_free(crypto->algorithms[kind]);
    }
    free(crypto);
}

static EVP_MD_CTX *digest_begin(struct crypto *crypto, enum digest_kind kind)
{
    EVP_MD_CTX *context = crypto->contexts[kind];
    CHECK(EVP_DigestInit_ex2(context, crypto->algorithms[kind], NULL) == 1);
    return context;
}

static void digest_add(EVP_MD_CTX *context, const void *at, size_t len)
{
    CHECK(EVP_DigestUpdate(context, at, len) == 1);
}

static size_t digest_end(EVP_MD_CTX *context, unsigned char *ret_hash)
{
    unsigned size = 0;
    CHECK(EVP_DigestFinal_ex(context, ret_hash, &size) == 1);
    return size;
}

void sha256_parts(struct crypto *crypto, const struct slice *parts, size_t count,
                  unsigned char ret_hash[SHA256_SIZE])
{
    EVP_MD_CTX *context = digest_begin(crypto, DIGEST_SHA256);
    for (size_t i = 0; i < count; i++)
        digest_add(context, parts[i].at, parts[i].len);
    digest_end(context, ret_hash);
}

void sha256(struct crypto *crypto, struct slice text, unsigned char ret_hash[SHA256_SIZE])
{
    sha256_parts(crypto, &text, 1, ret_hash);
}

void sha256_hex(struct crypto *crypto, struct slice text, char ret_hex[2 * SHA256_SIZE])
{
    unsigned char hash[SHA256_SIZE];
    struct buffer hex;
    sha256(crypto, text, hash);
    buffer_init_fixed(&hex, ret_hex, 2 * SHA256_SIZE);
    buffer_hex(&hex, hash, sizeof hash);
}

struct hmac_key *hmac_key_new(struct crypto *crypto, enum digest_kind kind, struct slice key)
{
    struct hmac_key *hmac = calloc(1, sizeof *hmac);
    if (hmac)
        hmac_key_set(crypto, hmac, kind, key);
    return hmac;
}

/* RFC 2104: a key longer than a block is replaced by its hash. */
void hmac_key_set(struct crypto *crypto, struct hmac_key *hmac, enum digest_kind kind,
                  struct slice key)
{
    unsigned char block[BLOCK_SIZE] = {0};
    if (key.len > BLOCK_SIZE) {
        EVP_MD_CTX *context = digest_begin(crypto, kind);
        digest_add(context, key.at, key.len);
        digest_end(context, block);
    } else if (key.len > 0) {
        memcpy(block, key.at, key.len);
    }
    hmac->kind = kind;
    for (size_t i = 0; i < BLOCK_SIZE; i++) {
        hmac->inner[i] = block[i] ^ 0x36;
        hmac->outer[i] = block[i] ^ 0x5c;
    }
    wipe(block, sizeof block);
}

void hmac_key_free(struct hmac_key *hmac)
{
    if (!hmac)
        return;
    wipe(hmac, sizeof *hmac);
    free(hmac);
}

size_t hmac_sign(struct crypto *crypto, const struct hmac_key *hmac, struct slice text,
                 unsigned char ret_mac[HMAC_SIZE_MAX])
{
    unsigned char hash[HMAC_SIZE_MAX];
    EVP_MD_CTX *context = digest_begin(crypto, hmac->kind);
    digest_add(context, hmac->inner, BLOCK_SIZE);
    digest_add(context, text.at, text.len);
    size_t size = digest_end(context, hash);

    context = digest_begin(crypto, hmac->kind);
    digest_add(context, hmac->outer, BLOCK_SIZE);
    digest_add(context, hash, size);
    return digest_end(context, ret_mac);
}

size_t hmac_once(struct crypto *crypto, enum digest_kind kind, struct slice key, struct slice text,
                 unsigned char ret_mac[HMAC_SIZE_MAX])
{
    struct hmac_key hmac;
    hmac_key_set(crypto, &hmac, kind, key);
    size_t size = hmac_sign(crypto, &hmac, text, ret_mac);
    wipe(&hmac, sizeof hmac);
    return size;
}

bool constant_time_equal(struct slice a, struct slice b)
{
    return a.len == b.len && (a.len == 0 || CRYPTO_memcmp(a.at, b.at, a.len) == 0);
}

void wipe(void *at, size_t len)
{
    OPENSSL_cleanse(at, len);
}
