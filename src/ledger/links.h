/* Links: what a member needs to remember so that its next entry's back-links can be made. See
 * links.c for the scheme. */
#ifndef LEDGER_LINKS_H
#define LEDGER_LINKS_H

#include "ledger/pool.h"

/* 12 bytes, so that the sequence is kept in halves. */
struct link {
    uint32_t next;
    uint32_t low, high;
};

/* A member's entries so far: `last` is the newest's sequence, `rest` the stack below it. */
struct links {
    uint64_t ordinal; /* how many there are */
    uint64_t last;
    uint32_t rest; /* POOL_NONE = empty */
};

/* Where the links of a stack are. A stack of the draft goes on in the book's: an index with
 * LINK_BELOW is one of `below`. */
struct link_pools {
    struct pool *own;
    const struct pool *below; /* never changed; NULL for the book's own stacks */
};

#define LINK_BELOW (UINT32_C(1) << 31)

/* What the next entry's back-links are. */
void links_next(const struct link_pools *pools, const struct links *links, uint64_t *ret_previous,
                uint64_t *ret_jump);
/* Takes in the next entry; false when memory is short, then nothing changed. */
bool links_push(const struct link_pools *pools, struct links *links, uint64_t sequence);
/* How many sequences `rest` holds after that many entries. */
uint32_t links_rest_depth(uint64_t ordinal);

uint64_t link_sequence(const struct pool *pool, uint32_t index);
/* Puts a link on top; POOL_NONE when memory is short. */
uint32_t link_take(struct pool *pool, uint64_t sequence, uint32_t next);

#endif
