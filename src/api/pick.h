/* Pick: walks over the members of an organisation in slices of the gate and keeps the indexes of
 * some. Private to this room; on the historian's thread. */
#ifndef API_PICK_H
#define API_PICK_H

#include "api/action.h"

struct pick {
    struct api_pending *pending;
    /* Inside the gate: whether this one is kept, and by which number it is put in order (only with
     * `sorts`). */
    bool (*takes)(struct pick *pick, const struct book *book, const struct member *member,
                  int64_t *ret_order);
    const void *query;
    bool sorts;
    bool descending;
    /* out */
    uint64_t sequence; /* of the book, when the walk began */
    uint32_t *members; /* the caller's to free; never NULL after success */
    uint32_t count;
    /* inside */
    uint32_t cap;
    int64_t *orders;
};

/* Those listed now, ascending by uin; then put in order. False: memory is short. */
bool pick_listed(struct pick *pick);
/* All that ever were, in no order. */
bool pick_all(struct pick *pick);
bool pick_add(struct pick *pick, uint32_t index, int64_t order);
void pick_done(struct pick *pick);

#endif
