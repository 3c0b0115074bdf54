/* The hash chain over batches and the Merkle tree inside each (layouts in chain.h).
 *
 * 1. pending[i] is the root of a perfect subtree; their sizes are the bits of `leaves`, largest
 *    first, which is where RFC 6962 splits ("the largest power of two smaller than n").
 *
 * Owns nothing. Any thread, with that thread's `struct crypto`. */
#include "journal/chain.h"

#include "base/check.h"
#include "base/word.h"

/* Each says where the next part goes. */
static unsigned char *put_u64(unsigned char *at, uint64_t value)
{
    for (int i = 0; i < 8; i++)
        at[i] = (unsigned char)(value >> (56 - 8 * i));
    return at + 8;
}

static unsigned char *put_hash(unsigned char *at, const unsigned char hash[CHAIN_SIZE])
{
    memcpy(at, hash, CHAIN_SIZE);
    return at + CHAIN_SIZE;
}

static struct slice bytes_of(const unsigned char *at, size_t len)
{
    return slice_of((const char *)at, len);
}

void chain_leaf(struct crypto *crypto, uint64_t sequence, struct slice bytes,
                unsigned char ret_leaf[CHAIN_SIZE])
{
    unsigned char front[9] = {0x00};
    (void)put_u64(front + 1, sequence);
    const struct slice parts[] = {bytes_of(front, sizeof front), bytes};
    sha256_parts(crypto, parts, 2, ret_leaf);
}

static void hash_node(struct crypto *crypto, const unsigned char left[CHAIN_SIZE],
                      const unsigned char right[CHAIN_SIZE], unsigned char ret_node[CHAIN_SIZE])
{
    unsigned char node[1 + 2 * CHAIN_SIZE] = {0x01};
    memcpy(node + 1, left, CHAIN_SIZE);
    memcpy(node + 1 + CHAIN_SIZE, right, CHAIN_SIZE);
    sha256(crypto, bytes_of(node, sizeof node), ret_node);
}

/* Makes one subtree of the last two. */
static void join_last(struct merkle *merkle, struct crypto *crypto)
{
    merkle->depth--;
    unsigned char *left = merkle->pending[merkle->depth - 1];
    hash_node(crypto, left, merkle->pending[merkle->depth], left);
}

void merkle_init(struct merkle *merkle)
{
    merkle->leaves = 0;
    merkle->depth = 0;
}

void merkle_add(struct merkle *merkle, struct crypto *crypto, const unsigned char leaf[CHAIN_SIZE])
{
    memcpy(merkle->pending[merkle->depth++], leaf, CHAIN_SIZE);
    merkle->leaves++;
    for (uint64_t leaves = merkle->leaves; (leaves & 1) == 0; leaves >>= 1)
        join_last(merkle, crypto);
}

void merkle_root(struct merkle *merkle, struct crypto *crypto, unsigned char ret_root[CHAIN_SIZE])
{
    CHECK(merkle->depth > 0);
    while (merkle->depth > 1)
        join_last(merkle, crypto);
    memcpy(ret_root, merkle->pending[0], CHAIN_SIZE);
}

static void subtree_root(struct crypto *crypto, const unsigned char (*leaves)[CHAIN_SIZE],
                         uint64_t count, unsigned char ret_root[CHAIN_SIZE])
{
    struct merkle merkle;
    merkle_init(&merkle);
    for (uint64_t i = 0; i < count; i++)
        merkle_add(&merkle, crypto, leaves[i]);
    merkle_root(&merkle, crypto, ret_root);
}

/* From the root down: each step leaves one sibling behind. */
unsigned merkle_path(struct crypto *crypto, const unsigned char (*leaves)[CHAIN_SIZE],
                     uint64_t count, uint64_t index,
                     unsigned char ret_path[MERKLE_PATH_MAX][CHAIN_SIZE])
{
    unsigned char down[MERKLE_PATH_MAX][CHAIN_SIZE];
    unsigned steps = 0;
    CHECK(index < count);
    while (count > 1) {
        uint64_t left = UINT64_C(1) << (63 - __builtin_clzll(count - 1));
        bool goes_left = index < left;
        if (goes_left)
            subtree_root(crypto, leaves + left, count - left, down[steps++]);
        else
            subtree_root(crypto, leaves, left, down[steps++]);
        leaves += goes_left ? 0 : left;
        index -= goes_left ? 0 : left;
        count = goes_left ? left : count - left;
    }
    for (unsigned i = 0; i < steps; i++)
        memcpy(ret_path[i], down[steps - 1 - i], CHAIN_SIZE);
    return steps;
}

/* `index` and `last` lose a level a step. A node that is the last of its level without a sibling
 * there goes up unchanged to the first level where it is a right one. */
bool merkle_climb(struct crypto *crypto, const unsigned char leaf[CHAIN_SIZE], uint64_t count,
                  uint64_t index, const unsigned char (*path)[CHAIN_SIZE], unsigned path_count,
                  unsigned char ret_root[CHAIN_SIZE])
{
    unsigned char node[CHAIN_SIZE];
    if (index >= count)
        return false;
    uint64_t last = count - 1;
    memcpy(node, leaf, CHAIN_SIZE);
    for (unsigned i = 0; i < path_count; i++) {
        if (last == 0)
            return false;
        if ((index & 1) == 0 && index < last) {
            hash_node(crypto, node, path[i], node);
        } else {
            unsigned levels = index > 0 ? (unsigned)__builtin_ctzll(index) : 0;
            index >>= levels;
            last >>= levels;
            hash_node(crypto, path[i], node, node);
        }
        index >>= 1;
        last >>= 1;
    }
    if (last != 0)
        return false;
    memcpy(ret_root, node, CHAIN_SIZE);
    return true;
}

void chain_add_registry(struct journal_tally *registry, struct crypto *crypto,
                        const unsigned char leaf[CHAIN_SIZE])
{
    unsigned char row[1 + 2 * CHAIN_SIZE] = {0x02};
    (void)put_hash(put_hash(row + 1, registry->hash), leaf);
    sha256(crypto, bytes_of(row, sizeof row), registry->hash);
    registry->count++;
}

void chain_add_token(struct journal_tally *tokens, struct crypto *crypto, uint64_t sequence,
                     uint64_t prefix)
{
    char digest[WORD_BYTES];
    unsigned char row[1 + CHAIN_SIZE + 8 + WORD_BYTES] = {0x03};
    unsigned char *at = put_u64(put_hash(row + 1, tokens->hash), sequence);
    word_store(digest, prefix);
    memcpy(at, digest, sizeof digest);
    sha256(crypto, bytes_of(row, sizeof row), tokens->hash);
    tokens->count++;
}

void chain_add_entry(struct journal_head *head, struct crypto *crypto, const struct entry *entry,
                     const unsigned char leaf[CHAIN_SIZE])
{
    if (entry_kind_is_registry(entry->kind))
        chain_add_registry(&head->registry, crypto, leaf);
    if (entry_has_token(entry))
        chain_add_token(&head->tokens, crypto, entry->sequence,
                        request_prefix(entry->token_digest));
}

bool chain_same_tally(const struct journal_tally *a, const struct journal_tally *b)
{
    return a->count == b->count && memcmp(a->hash, b->hash, CHAIN_SIZE) == 0;
}

void chain_advance(struct journal_head *head, struct crypto *crypto,
                   const unsigned char root[CHAIN_SIZE], uint64_t last_sequence, int64_t time_us)
{
    unsigned char link[1 + 4 * CHAIN_SIZE + 6 * 8] = {0x04};
    unsigned char *at = put_hash(link + 1, head->hash);
    at = put_hash(at, root);
    at = put_u64(at, head->batches + 1);
    at = put_u64(at, head->sequence + 1);
    at = put_u64(at, last_sequence);
    at = put_u64(at, (uint64_t)time_us);
    at = put_hash(put_u64(at, head->registry.count), head->registry.hash);
    at = put_hash(put_u64(at, head->tokens.count), head->tokens.hash);
    CHECK(at == link + sizeof link);
    sha256(crypto, bytes_of(link, sizeof link), head->hash);
    head->sequence = last_sequence;
    head->batches++;
    head->time_us = time_us;
}

void chain_end_batch(struct journal_head *head, struct crypto *crypto, struct merkle *merkle,
                     const struct entry *last, struct batch *ret_batch)
{
    struct batch batch = {.number = head->batches + 1, .first_sequence = head->sequence + 1};
    merkle_root(merkle, crypto, batch.root);
    chain_advance(head, crypto, batch.root, last->sequence, last->time_us);
    batch.last_sequence = head->sequence;
    batch.time_us = head->time_us;
    batch.registry = head->registry;
    batch.tokens = head->tokens;
    memcpy(batch.hash, head->hash, CHAIN_SIZE);
    *ret_batch = batch;
}
