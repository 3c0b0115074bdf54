/* Selections: lists of members that cost too much to find for every page. One is built by a walk
 * over the members and kept for a while, so that each page of it is answered at constant cost.
 *
 * A few are kept, at most so many bytes; the one not used for longest goes first. Only the
 * historian's thread touches them. */
#ifndef API_SELECTIONS_H
#define API_SELECTIONS_H

#include "base/slice.h"
#include "ledger/book.h"

enum {
    SELECTION_KEY_BYTES = 16,
    SELECTIONS_MAX = 16,
    SELECTIONS_BYTES_MAX = 256 << 20,
    SELECTION_SECONDS_MAX = 600, /* unused for longer: gone */
};

struct selection {
    unsigned char key[SELECTION_KEY_BYTES]; /* of the question */
    uint64_t number;                        /* 1, 2, ...; of this time it was answered */
    uint64_t epoch;
    uint64_t sequence; /* the book's, when the walk began */
    int64_t used_us;
    uint32_t *members; /* indexes in the book */
    uint32_t count;
};

struct selections;

/* NULL when memory is short. What was added in another epoch (api_forget) is gone. */
struct selections *selections_new(const _Atomic uint64_t *epoch);
void selections_free(struct selections *selections);
/* The newest with that key, or the one with that number; NULL: gone. Valid until the next add. */
const struct selection *selections_find(struct selections *selections,
                                        const unsigned char key[SELECTION_KEY_BYTES],
                                        uint64_t number, int64_t now_us);
/* Takes `members` over (also when it fails). NULL: larger than all may be. */
const struct selection *selections_add(struct selections *selections,
                                       const unsigned char key[SELECTION_KEY_BYTES],
                                       uint64_t sequence, uint32_t *members, uint32_t count,
                                       int64_t now_us);

#endif
