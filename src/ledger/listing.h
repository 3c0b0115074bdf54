/* Listing: the listed members of each organisation in ascending order of uin, by rank: a counted
 * B+-tree of member numbers. Finding the member of a rank or the rank of a uin, inserting and
 * removing take O(log n); inserting in ascending order fills the leaves to the brim (4.1 bytes a
 * member; 6 after random inserts).
 *
 * One listing holds the nodes of all organisations; a root is one organisation's tree, and a zeroed
 * root is an empty one. Readers beside readers; a writer alone. */
#ifndef LEDGER_LISTING_H
#define LEDGER_LISTING_H

#include "ledger/book.h"
#include "ledger/pool.h"

struct listing {
    struct pool leaves;
    struct pool inners;
    const struct pool *members; /* of struct member: where the uins are */
};

struct listing_root {
    uint32_t root;
    uint32_t height; /* 0 = empty, 1 = the root is a leaf */
    uint32_t count;
    struct uin high; /* no member's uin is above */
};

void listing_init(struct listing *listing, const struct pool *members);
void listing_done(struct listing *listing);
/* The member's uin must not be there yet. False when memory is short: the book is lost then. */
bool listing_insert(struct listing *listing, struct listing_root *root, uint32_t member);
/* The member must be there. */
void listing_remove(struct listing *listing, struct listing_root *root, uint32_t member);
/* Members of rank `first`..; returns how many of `count` there were. */
size_t listing_read(const struct listing *listing, const struct listing_root *root, uint64_t first,
                    size_t count, const struct member **ret_members);
/* Rank of the first member with uin >= `uin`; the count when there is none. */
uint32_t listing_rank(const struct listing *listing, const struct listing_root *root,
                      struct uin uin);
/* Every count, separator and order in the tree is right. */
bool listing_is_sound(const struct listing *listing, const struct listing_root *root);

#endif
