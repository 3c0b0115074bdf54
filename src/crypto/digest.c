/* Hashes and keyed hashes: the one file that meets libcrypto's digests.
 *
 * Owns: the scratch states of a thread, the midstates of a key.
 *
 * Invariants:
 * 1. After crypto_new nothing here allocates, so nothing here can fail.
 * 2. A `struct hmac_key` holds the state after the block (key xor ipad) and the state after the
 *    block (key xor opad); signing copies them, and never changes the key.
 *
 * Both need the states as plain memory, which is why SHA1_* and SHA256_* are called directly though
 * OpenSSL 3 would rather have EVP called. In OpenSSL 3.0 every EVP_DigestInit_ex2 and every
 * EVP_MD_CTX_copy_ex allocates, reused context or not: one signature would cost four allocations,
 * each a way to fail, and 1.7 times the time. The code that hashes is the same. Whoever wants EVP
 * back (for a FIPS provider, say) changes the state_* functions and nothing else.
 *
 * Thread: a `struct crypto` belongs to one; a `struct hmac_key` is read-only once set. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "crypto/digest.h"

#include "base/check.h"
#include "base/put.h"

#include <endian.h>
#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_SIZE = 64 }; /* of SHA-1 and of SHA-256 */

struct state {
    enum digest_kind kind;
    union {
        SHA_CTX sha1;
        SHA256_CTX sha256;
    } of;
};

struct crypto {
    struct state scratch;
    unsigned char blocks[2 * BLOCK_SIZE]; /* the end of a text, padded */
};

struct hmac_key {
    struct state inner;
    struct state outer;
};

static void state_begin(struct state *state, enum digest_kind kind)
{
    state->kind = kind;
    int ok = kind == DIGEST_SHA1 ? SHA1_Init(&state->of.sha1) : SHA256_Init(&state->of.sha256);
    CHECK(ok == 1);
}

static void state_add(struct state *state, const void *at, size_t len)
{
    int ok = state->kind == DIGEST_SHA1 ? SHA1_Update(&state->of.sha1, at, len)
                                        : SHA256_Update(&state->of.sha256, at, len);
    CHECK(ok == 1);
}

static size_t state_end(struct state *state, unsigned char *ret_hash)
{
    int ok = state->kind == DIGEST_SHA1 ? SHA1_Final(ret_hash, &state->of.sha1)
                                        : SHA256_Final(ret_hash, &state->of.sha256);
    CHECK(ok == 1);
    return state->kind == DIGEST_SHA1 ? SHA1_SIZE : SHA256_SIZE;
}

/* The hash of the text behind what the scratch state holds, which is whole blocks. SHA256_Final
 * would fill, clear and wipe a buffer of its own, which is half of what a short text costs; the
 * padding is that of FIPS 180-4 5.1.1, and every length is compared with EVP's in the tests. */
static void sha256_end(struct crypto *crypto, struct slice text, unsigned char *ret_hash)
{
    SHA256_CTX *state = &crypto->scratch.of.sha256;
    size_t tail_len = text.len % BLOCK_SIZE;
    size_t whole_len = text.len - tail_len;
    size_t size = tail_len + 1 + sizeof(uint64_t) <= BLOCK_SIZE ? BLOCK_SIZE : 2 * BLOCK_SIZE;
    if (whole_len > 0)
        CHECK(SHA256_Update(state, text.at, whole_len) == 1);
    uint64_t bits = htobe64(((uint64_t)state->Nh << 32 | state->Nl) + 8 * (uint64_t)tail_len);
    memset(crypto->blocks, 0, sizeof crypto->blocks);
    if (tail_len > 0)
        memcpy(crypto->blocks, text.at + whole_len, tail_len);
    crypto->blocks[tail_len] = 0x80;
    memcpy(crypto->blocks + size - sizeof bits, &bits, sizeof bits);
    for (size_t at = 0; at < size; at += BLOCK_SIZE)
        SHA256_Transform(state, crypto->blocks + at);
    for (size_t i = 0; i < SHA256_SIZE / sizeof(uint32_t); i++) {
        uint32_t word = htobe32(state->h[i]);
        memcpy(ret_hash + i * sizeof word, &word, sizeof word);
    }
}

struct crypto *crypto_new(void)
{
    return calloc(1, sizeof(struct crypto));
}

void crypto_free(struct crypto *crypto)
{
    if (!crypto)
        return;
    wipe(crypto, sizeof *crypto);
    free(crypto);
}

void sha256_parts(struct crypto *crypto, const struct slice *parts, size_t count,
                  unsigned char ret_hash[SHA256_SIZE])
{
    state_begin(&crypto->scratch, DIGEST_SHA256);
    for (size_t i = 0; i < count; i++)
        state_add(&crypto->scratch, parts[i].at, parts[i].len);
    state_end(&crypto->scratch, ret_hash);
}

void sha256(struct crypto *crypto, struct slice text, unsigned char ret_hash[SHA256_SIZE])
{
    state_begin(&crypto->scratch, DIGEST_SHA256);
    sha256_end(crypto, text, ret_hash);
}

void sha256_hex(struct crypto *crypto, struct slice text, char ret_hex[2 * SHA256_SIZE])
{
    unsigned char hash[SHA256_SIZE];
    sha256(crypto, text, hash);
    (void)put_hex(ret_hex, hash, sizeof hash);
}

struct hmac_key *hmac_key_new(struct crypto *crypto, enum digest_kind kind, struct slice key)
{
    struct hmac_key *hmac = calloc(1, sizeof *hmac);
    if (hmac)
        hmac_key_set(crypto, hmac, kind, key);
    return hmac;
}

static void state_pad(struct state *state, enum digest_kind kind, const unsigned char *block,
                      unsigned char pad)
{
    unsigned char padded[BLOCK_SIZE];
    for (size_t i = 0; i < BLOCK_SIZE; i++)
        padded[i] = block[i] ^ pad;
    state_begin(state, kind);
    state_add(state, padded, sizeof padded);
    wipe(padded, sizeof padded);
}

/* RFC 2104: a key longer than a block is replaced by its hash. */
void hmac_key_set(struct crypto *crypto, struct hmac_key *hmac, enum digest_kind kind,
                  struct slice key)
{
    unsigned char block[BLOCK_SIZE] = {0};
    if (key.len > BLOCK_SIZE) {
        state_begin(&crypto->scratch, kind);
        state_add(&crypto->scratch, key.at, key.len);
        state_end(&crypto->scratch, block);
    } else if (key.len > 0) {
        memcpy(block, key.at, key.len);
    }
    state_pad(&hmac->inner, kind, block, 0x36);
    state_pad(&hmac->outer, kind, block, 0x5c);
    wipe(block, sizeof block);
}

void hmac_key_free(struct hmac_key *hmac)
{
    if (!hmac)
        return;
    wipe(hmac, sizeof *hmac);
    free(hmac);
}

static size_t hmac_sign_sha1(struct crypto *crypto, const struct hmac_key *hmac, struct slice text,
                             unsigned char *ret_mac)
{
    unsigned char hash[SHA1_SIZE];
    crypto->scratch = hmac->inner;
    state_add(&crypto->scratch, text.at, text.len);
    size_t size = state_end(&crypto->scratch, hash);
    crypto->scratch = hmac->outer;
    state_add(&crypto->scratch, hash, size);
    return state_end(&crypto->scratch, ret_mac);
}

size_t hmac_sign(struct crypto *crypto, const struct hmac_key *hmac, struct slice text,
                 unsigned char ret_mac[HMAC_SIZE_MAX])
{
    unsigned char hash[SHA256_SIZE];
    if (hmac->inner.kind == DIGEST_SHA1)
        return hmac_sign_sha1(crypto, hmac, text, ret_mac);
    crypto->scratch = hmac->inner;
    sha256_end(crypto, text, hash);
    crypto->scratch = hmac->outer;
    sha256_end(crypto, slice_of((const char *)hash, sizeof hash), ret_mac);
    return SHA256_SIZE;
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

/* CRYPTO_memcmp takes a byte at a time but for sixteen bytes, which it takes at once. */
bool constant_time_equal(struct slice a, struct slice b)
{
    enum { STEP = 16 };
    int different = 0;
    if (a.len != b.len)
        return false;
    size_t at = 0;
    for (; a.len - at >= STEP; at += STEP)
        different |= CRYPTO_memcmp(a.at + at, b.at + at, STEP);
    if (at < a.len)
        different |= CRYPTO_memcmp(a.at + at, b.at + at, a.len - at);
    return different == 0;
}

/* Whole requests and answers are wiped: OPENSSL_cleanse takes eight bytes at a time. */
void wipe(void *at, size_t len)
{
    explicit_bzero(at, len);
}
