/* What a journal says of its batches: the words that who composes them (journal) and who keeps them
 * (store) have in common. */
#ifndef BASE_BATCH_H
#define BASE_BATCH_H

#include <stdint.h>

/* What a table beside the entries must hold: how many rows, and the hash that runs over them. Both
 * are hashed with every batch, so that a table that was shortened is noticed when it is read. */
struct journal_tally {
    uint64_t count;
    unsigned char hash[32]; /* all zero before the first row */
};

struct journal_head {
    uint64_t sequence; /* last entry */
    uint64_t batches;
    int64_t time_us;
    struct journal_tally registry; /* entries of the registry (entry_kind_is_registry) so far */
    struct journal_tally tokens;   /* requests with a token (entry_has_token) so far */
    unsigned char hash[32];        /* chain; all zero before the first batch */
};

/* A batch as it was written; they are numbered 1, 2, 3, ... */
struct batch {
    uint64_t number;
    uint64_t first_sequence;
    uint64_t last_sequence;
    int64_t time_us;
    unsigned char root[32];
    unsigned char hash[32];
    struct journal_tally registry; /* as in the head behind it */
    struct journal_tally tokens;
};

#endif
