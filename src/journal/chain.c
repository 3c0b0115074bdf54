/* The hash chain over batches and the Merkle tree inside each (layouts in chain.h).
 *
 * 1. pending[i] is the root of a perfect subtree; their sizes are the bits of `leaves`, largest
 *    first, which is where RFC 6962 splits ("the largest power of two smaller than n").
 *
 * Owns nothing. Any thread, with that thread's `struct crypto`. */
#include "journal/chain.h"

#include "base/check.h"

static void put_u64(unsigned char at[8], uint64_t value)
{
    for (int i = 0; i < 8; i++)
        at[i] = (unsigned char)(value >> (56 - 8 * i));
}

static struct slice bytes_of(const unsigned char *at, size_t len)
{
    return slice_of((const char *)at, len);
}

void chain_leaf(struct crypto *crypto, uint64_t sequence, struct slice bytes,
                unsigned char ret_leaf[CHAIN_SIZE])
{
    unsigned char front[9] = {0x00};
    put_u64(front + 1, sequence);
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

void chain_advance(struct journal_head *head, struct crypto *crypto,
                   const unsigned char root[CHAIN_SIZE], uint64_t last_sequence, int64_t time_us)
{
    unsigned char numbers[24];
    put_u64(numbers, head->sequence + 1);
    put_u64(numbers + 8, last_sequence);
    put_u64(numbers + 16, (uint64_t)time_us);
    const struct slice parts[] = {bytes_of(head->hash, CHAIN_SIZE), bytes_of(root, CHAIN_SIZE),
                                  bytes_of(numbers, sizeof numbers)};
    sha256_parts(crypto, parts, 3, head->hash);
    head->sequence = last_sequence;
    head->batches++;
    head->time_us = time_us;
}
