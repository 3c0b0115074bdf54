/* Signers: a worker's keyed hashes, so that a signature costs its message only. TC3 signing keys
 * are kept for a key, UTC date and service; v1 keys for a key and hash. At most SIGNERS_MAX; the
 * least recently used of its set makes room. A key that changed no longer fits: a version is one
 * key's, for ever, also when the key's place in memory is another's later. */
#ifndef API_SIGNERS_H
#define API_SIGNERS_H

#include "crypto/digest.h"

enum { SIGNERS_MAX = 1024, SIGNER_WAYS = 4, SIGNER_SERVICE_MAX = 32 };

struct key;

enum signer_kind { SIGNER_TC3, SIGNER_V1_SHA1, SIGNER_V1_SHA256 };

/* What a keyed hash is for. `key` only names it, in its epoch (api_forget). Date (10 bytes) and
 * service: TC3 only. */
struct signer_name {
    const struct key *key;
    uint64_t epoch;
    uint64_t key_version;
    enum signer_kind kind;
    struct slice date;
    struct slice service; /* at most SIGNER_SERVICE_MAX bytes */
};

struct signer {
    const struct key *key; /* NULL = free */
    uint64_t epoch;
    uint64_t key_version;
    uint64_t used; /* when last */
    struct hmac_key *hmac;
    uint8_t kind;
    uint8_t service_len;
    char date[10];
    char service[SIGNER_SERVICE_MAX];
};

/* One thread at a time. */
struct signers {
    struct signer *at; /* SIGNERS_MAX */
    uint64_t clock;
};

bool signers_init(struct signers *signers);
/* Wipes. Harmless on a zeroed struct. */
void signers_done(struct signers *signers);
/* NULL when it must be made. */
const struct hmac_key *signers_find(struct signers *signers, const struct signer_name *name);
/* Takes `hmac` over. */
void signers_add(struct signers *signers, const struct signer_name *name, struct hmac_key *hmac);

#endif
