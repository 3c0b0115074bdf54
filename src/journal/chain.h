/* Chain: what makes stored history tamper-evident. All numbers are big-endian.
 *
 *     leaf  = SHA-256(0x00, sequence (8 bytes), canonical bytes of the entry)
 *     node  = SHA-256(0x01, left, right)
 *     root  = RFC 6962 section 2.1 Merkle tree hash over the leaves of one batch
 *     registry = SHA-256(0x02, previous registry, leaf)          of each entry of the registry
 *     tokens   = SHA-256(0x03, previous tokens, sequence (8), the first 8 bytes of the token's
 *                digest)                                          of each request with a token
 *     chain = SHA-256(0x04, previous chain, root, number of the batch (8), first sequence (8),
 *             last sequence (8), time_us (8), count of registry (8), registry, count of tokens (8),
 *             tokens)                       both as they are behind the last entry of the batch
 *
 * All three begin as 32 zero bytes. These layouts never change. For strangers they are told in
 * docs/journal-format.md. */
#ifndef JOURNAL_CHAIN_H
#define JOURNAL_CHAIN_H

#include "crypto/digest.h"
#include "journal/history.h"

enum { CHAIN_SIZE = SHA256_SIZE };

void chain_leaf(struct crypto *crypto, uint64_t sequence, struct slice bytes,
                unsigned char ret_leaf[CHAIN_SIZE]);

/* The Merkle root of a batch, leaf by leaf: one pending subtree for every bit set in `leaves`. */
struct merkle {
    uint64_t leaves;
    unsigned depth; /* pending subtrees, the largest first */
    unsigned char pending[64][CHAIN_SIZE];
};

void merkle_init(struct merkle *merkle);
void merkle_add(struct merkle *merkle, struct crypto *crypto, const unsigned char leaf[CHAIN_SIZE]);
/* At least one leaf must have been added; more may not be added afterwards. */
void merkle_root(struct merkle *merkle, struct crypto *crypto, unsigned char ret_root[CHAIN_SIZE]);

/* The audit path of leaf `index` among `count` (RFC 6962 section 2.1.1): the sibling subtrees, the
 * lowest first. Returns how many there are. */
enum { MERKLE_PATH_MAX = 64 };
unsigned merkle_path(struct crypto *crypto, const unsigned char (*leaves)[CHAIN_SIZE],
                     uint64_t count, uint64_t index,
                     unsigned char ret_path[MERKLE_PATH_MAX][CHAIN_SIZE]);
/* The root that a leaf and its path lead to; false when the path has not the length it must have
 * for that index and count. */
bool merkle_climb(struct crypto *crypto, const unsigned char leaf[CHAIN_SIZE], uint64_t count,
                  uint64_t index, const unsigned char (*path)[CHAIN_SIZE], unsigned path_count,
                  unsigned char ret_root[CHAIN_SIZE]);

/* The tables' next row (journal_tally); `prefix` as request_prefix gives it. */
void chain_add_registry(struct journal_tally *registry, struct crypto *crypto,
                        const unsigned char leaf[CHAIN_SIZE]);
void chain_add_token(struct journal_tally *tokens, struct crypto *crypto, uint64_t sequence,
                     uint64_t prefix);
/* The entry's row in either table, if it has one. */
void chain_add_entry(struct journal_head *head, struct crypto *crypto, const struct entry *entry,
                     const unsigned char leaf[CHAIN_SIZE]);
bool chain_same_tally(const struct journal_tally *a, const struct journal_tally *b);

/* The head after one more batch: entries head->sequence + 1 .. last_sequence, ended at `time_us`,
 * whose rows in the tables are in the head's tallies already. */
void chain_advance(struct journal_head *head, struct crypto *crypto,
                   const unsigned char root[CHAIN_SIZE], uint64_t last_sequence, int64_t time_us);
/* The same of leaves and entries that were added; *ret_batch is what is stored of it. */
void chain_end_batch(struct journal_head *head, struct crypto *crypto, struct merkle *merkle,
                     const struct entry *last, struct batch *ret_batch);

#endif
