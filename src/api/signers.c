/* A set-associative cache of keyed hashes.
 *
 * Owns the hmac keys in it. 1. A set never holds the same name twice. Thread: the worker's. */
#include "api/signers.h"

#include "base/check.h"

#include <stdlib.h>

/* By the key, and by what tells its few services and days apart well enough. */
static struct signer *signer_set(struct signers *signers, const struct signer_name *name)
{
    uint64_t hash = (uint64_t)(uintptr_t)name->key + name->kind + 4 * name->service.len;
    if (name->date.len > 0)
        hash += 64 * (uint64_t)(unsigned char)name->date.at[name->date.len - 1];
    hash = (hash * UINT64_C(0x9E3779B97F4A7C15)) >> 32;
    return &signers->at[hash % (SIGNERS_MAX / SIGNER_WAYS) * SIGNER_WAYS];
}

static bool signer_fits(const struct signer *signer, const struct signer_name *name)
{
    return signer->key == name->key && signer->epoch == name->epoch &&
           signer->key_version == name->key_version && signer->kind == (uint8_t)name->kind &&
           slice_equal(slice_of(signer->service, signer->service_len), name->service) &&
           slice_equal(slice_of(signer->date, name->date.len), name->date);
}

bool signers_init(struct signers *signers)
{
    signers->at = calloc(SIGNERS_MAX, sizeof signers->at[0]);
    signers->clock = 0;
    return signers->at != NULL;
}

void signers_done(struct signers *signers)
{
    for (uint32_t i = 0; signers->at && i < SIGNERS_MAX; i++)
        hmac_key_free(signers->at[i].hmac);
    free(signers->at);
    signers->at = NULL;
}

const struct hmac_key *signers_find(struct signers *signers, const struct signer_name *name)
{
    struct signer *set = signer_set(signers, name);
    for (int i = 0; i < SIGNER_WAYS; i++) {
        if (!signer_fits(&set[i], name))
            continue;
        set[i].used = ++signers->clock;
        return set[i].hmac;
    }
    return NULL;
}

void signers_add(struct signers *signers, const struct signer_name *name, struct hmac_key *hmac)
{
    struct signer *set = signer_set(signers, name);
    struct signer *oldest = set;
    for (int i = 1; i < SIGNER_WAYS; i++) {
        if (set[i].used < oldest->used)
            oldest = &set[i];
    }
    CHECK(name->service.len <= sizeof oldest->service && name->date.len <= sizeof oldest->date);
    hmac_key_free(oldest->hmac);
    *oldest = (struct signer){.key = name->key,
                              .epoch = name->epoch,
                              .key_version = name->key_version,
                              .used = ++signers->clock,
                              .hmac = hmac,
                              .kind = (uint8_t)name->kind,
                              .service_len = (uint8_t)name->service.len};
    if (name->service.len > 0)
        memcpy(oldest->service, name->service.at, name->service.len);
    if (name->date.len > 0)
        memcpy(oldest->date, name->date.at, name->date.len);
}
