/* Walk: a page of entries, of one account by its back-links or of a stretch of the journal. Private
 * to this room; on the historian's thread. */
#ifndef API_WALK_H
#define API_WALK_H

#include "api/entry_render.h"
#include "api/past.h"

enum { WALK_READS_MAX = 20000, WALK_KINDS = 128 };

/* Positions are the account's own numbers of its entries (ordinals), or sequences. */
struct walk {
    struct api_pending *pending;
    struct history *history;
    /* in */
    bool by_member;
    struct uin uin;
    uint64_t last_sequence; /* the account's newest entry */
    uint64_t first, last;   /* none when first > last */
    uint64_t next;          /* where it goes on */
    bool ascending;
    uint32_t limit;
    /* which entries */
    bool has_kinds;
    bool kinds[WALK_KINDS];
    bool only_uin; /* in a stretch: only those about `uin` */
    uint64_t hold; /* only what became of this hold; 0 = all */
    /* out */
    uint32_t written;
    uint64_t reads_before;
    struct asked asked; /* of the entry offered last */
};

/* Begins at `first` or `last`, or at the cursor. */
void walk_begin(struct walk *walk, bool has_cursor, uint64_t cursor);
/* Appends "Data":[...],"NextCursor":"..." to the pending answer. Reads at most WALK_READS_MAX
 * entries, then leaves the rest to the cursor. */
STATUS_MUST_USE struct status walk_run(struct walk *walk, struct fault *fault);
/* The first entry of a time not before `t_us`, in the snapshot; one beyond the head if none. */
STATUS_MUST_USE struct status walk_find_time(struct history *history, int64_t t_us,
                                             struct fault *fault, uint64_t *ret_sequence);
/* The position in a cursor; false: it is not one of this kind. */
bool walk_read_cursor(struct slice text, bool by_member, uint64_t *ret_position);

#endif
