/* Hashes, keyed hashes and their encodings, over libcrypto (OpenSSL 3).
 *
 * `struct crypto` holds scratch states, so that hashing allocates nothing and cannot fail; one per
 * thread. `struct hmac_key` holds the two midstates of a key, so that signing again under the same
 * key costs the message only. */
#ifndef CRYPTO_DIGEST_H
#define CRYPTO_DIGEST_H

#include "base/buffer.h"
#include "base/status.h"

enum { SHA1_SIZE = 20, SHA256_SIZE = 32, HMAC_SIZE_MAX = 32 };
enum digest_kind { DIGEST_SHA1, DIGEST_SHA256 };

struct crypto;
struct hmac_key;

/* NULL when memory is short. */
struct crypto *crypto_new(void);
void crypto_free(struct crypto *crypto);

void sha256(struct crypto *crypto, struct slice text, unsigned char ret_hash[SHA256_SIZE]);
/* Several slices as one text. */
void sha256_parts(struct crypto *crypto, const struct slice *parts, size_t count,
                  unsigned char ret_hash[SHA256_SIZE]);
/* 64 lower-case hex digits, no final zero. */
void sha256_hex(struct crypto *crypto, struct slice text, char ret_hex[2 * SHA256_SIZE]);

/* Any key length; NULL when memory is short. The key's bytes are not kept. */
struct hmac_key *hmac_key_new(struct crypto *crypto, enum digest_kind kind, struct slice key);
/* Re-keys in place, without allocating. */
void hmac_key_set(struct crypto *crypto, struct hmac_key *hmac, enum digest_kind kind,
                  struct slice key);
/* Wipes; NULL is fine. */
void hmac_key_free(struct hmac_key *hmac);
/* Writes SHA1_SIZE or SHA256_SIZE bytes and returns how many. */
size_t hmac_sign(struct crypto *crypto, const struct hmac_key *hmac, struct slice text,
                 unsigned char ret_mac[HMAC_SIZE_MAX]);
/* Once, without a kept key. */
size_t hmac_once(struct crypto *crypto, enum digest_kind kind, struct slice key, struct slice text,
                 unsigned char ret_mac[HMAC_SIZE_MAX]);

/* Same bytes? The time depends on the lengths only. The one way to compare anything secret. */
bool constant_time_equal(struct slice a, struct slice b);
/* Overwrites, and the compiler may not leave it out. */
void wipe(void *at, size_t len);

void base64_encode(struct buffer *out, struct slice bytes);
/* Standard alphabet, padding required, no blanks; false when malformed or `out` is full. */
bool base64_decode(struct buffer *out, struct slice text);
/* Exactly out_len bytes, digits of either case; `out` may be half written when false. */
bool hex_decode(struct slice hex, unsigned char *out, size_t out_len);

#endif
