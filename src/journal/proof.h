/* Proof: what a stranger needs to be sure that an entry is in the journal, without the journal: the
 * entry's canonical bytes, the path from its leaf to the root of its batch (RFC 6962), that batch's
 * link of the chain, and, if wanted, the links of all batches behind it up to a head that is known
 * from elsewhere (the file `head`, a backup, a copy that an auditor keeps).
 *
 * Checking needs chain.h's layouts and SHA-256, nothing else. What the bytes of an entry mean is
 * told by entry_decode (ledger/entry.h). */
#ifndef JOURNAL_PROOF_H
#define JOURNAL_PROOF_H

#include "base/arena.h"
#include "base/buffer.h"
#include "journal/chain.h"
#include "journal/history.h"

/* A batch behind the proved one. */
struct proof_link {
    uint64_t first_sequence;
    uint64_t last_sequence;
    int64_t time_us;
    unsigned char root[CHAIN_SIZE];
    struct journal_tally registry;
    struct journal_tally tokens;
};

struct proof {
    uint64_t sequence;
    struct slice entry;                 /* canonical bytes */
    struct batch batch;                 /* that it is in */
    unsigned char previous[CHAIN_SIZE]; /* chain before that batch */
    unsigned char path[MERKLE_PATH_MAX][CHAIN_SIZE];
    unsigned path_count;
    struct proof_link *following;
    uint64_t following_count;
    struct journal_head head; /* the chain behind the last of them */
};

/* Makes the proof of an entry; everything in it is in the arena. `to_head`: with the links up to
 * the end of the snapshot; else it ends with the entry's own batch. NOT_FOUND when there is no such
 * entry; CORRUPT when what is stored would not prove it. */
STATUS_MUST_USE struct status proof_make(struct history *history, uint64_t sequence, bool to_head,
                                         struct arena *arena, struct fault *fault,
                                         struct proof *ret_proof);
/* The same of a folder, also beside a running server, or of a backup. */
STATUS_MUST_USE struct status journal_prove(const char *folder, uint64_t sequence, bool to_head,
                                            struct arena *arena, struct fault *fault,
                                            struct proof *ret_proof);

/* Pure. OK: whoever trusts `proof->head.hash` may trust that the entry is there, at that sequence.
 * CORRUPT says which part does not fit. */
STATUS_MUST_USE struct status proof_check(const struct proof *proof, struct crypto *crypto,
                                          struct fault *fault);

/* As JSON, one object on one line:
 *
 *     {"bursar_proof":2,"sequence":7,"entry":"<base64>",
 *      "batch":{"number":3,"first_sequence":6,"last_sequence":9,"time_us":1764000000000000,
 *               "root":"<hex>","registry_count":2,"registry_hash":"<hex>","token_count":1,
 *               "token_hash":"<hex>","hash":"<hex>"},
 *      "path":["<hex>",...],"previous":"<hex>",
 *      "following":[{"first_sequence":10,"last_sequence":10,"time_us":...,"root":"<hex>",
 *                    "registry_count":2,"registry_hash":"<hex>","token_count":1,
 *                    "token_hash":"<hex>"},...],
 *      "head":{"sequence":10,"batches":4,"time_us":...,"hash":"<hex>"}}
 *
 * Reading is strict: what proof_print would not have written is INVALID, so that not a bit of the
 * text can differ. A final newline is allowed. */
void proof_print(const struct proof *proof, struct buffer *out);
STATUS_MUST_USE struct status proof_parse(struct slice text, struct arena *arena,
                                          struct fault *fault, struct proof *ret_proof);

#endif
