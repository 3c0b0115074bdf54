/* Runs: the tokens of older requests, sorted and on disk, so that memory does not grow with them
 * (ADR 11). A run has all that a book had put aside: pairs of the first 8 bytes of a token's digest
 * and the request's sequence, in buckets by the upper bits of their hash, and a filter, which stays
 * in memory and says of nearly every new token that it is not there. Private to the room; the
 * committer's thread, but for runs_search. */
#ifndef JOURNAL_RUNS_H
#define JOURNAL_RUNS_H

#include "journal/filter.h"
#include "ledger/book.h"

struct journal;
struct store;
struct store_row;

struct run {
    uint64_t number;        /* 1, 2, 3, ...; 0 = no run */
    uint64_t last_sequence; /* it has the requests up to this entry and behind the run before */
    uint64_t requests;
    uint64_t seed;        /* of idmap_hash */
    uint32_t bucket_bits; /* upper bits of the hash */
    struct filter filter;
};

struct runs {
    struct run *at;
    uint32_t count;
    uint32_t requests_min; /* of a run */
    uint64_t requests;     /* of all */
    uint64_t due;          /* the book should put so many aside; 0 = it has to keep all */
    uint64_t kept;         /* requests up to this entry are found here */
    struct run next;       /* the one being written ... */
    uint32_t part;         /* ... from this part of book_aside on */
};

enum { RUN_PAIR_BYTES = 16, RUN_BUCKET_BITS_MIN = 8, RUN_BUCKET_BITS_MAX = 31 };

/* The bucket of a hash; rows of buckets are numbered run by run. */
static inline uint64_t run_place(const struct run *run, uint64_t hash)
{
    return run->number << 32 | hash >> (64 - run->bucket_bits);
}

/* Of a fresh journal; 0 = the default. */
void runs_init(struct journal *journal, uint32_t requests_min);
void runs_done(struct runs *runs);
/* Reads a row of STORE_RUNS; CORRUPT when it cannot be the one behind `before` (NULL: the first),
 * of a journal that ends at that entry. The filter has to be freed. */
STATUS_MUST_USE struct status runs_read(const struct store_row *row, const struct run *before,
                                        uint64_t last_sequence, struct fault *fault,
                                        struct run *ret_run);
/* All of the store, when a book is loaded. */
STATUS_MUST_USE struct status runs_load(struct journal *journal, struct fault *fault);
/* Writes a few buckets of what the book has put aside, in a transaction; with the last of them the
 * run is there. Nothing when nothing is aside. */
STATUS_MUST_USE struct status runs_move(struct journal *journal, const struct book *book,
                                        struct fault *fault);
/* The sequence behind that prefix, for a reader: from the store alone, a bucket of each run; 0 =
 * none.
 */
STATUS_MUST_USE struct status runs_search(struct store *store, uint64_t prefix, struct fault *fault,
                                          uint64_t *ret_sequence);
/* All runs against the book of all entries that has let none go (runs_verify.c). */
STATUS_MUST_USE struct status runs_verify(struct journal *journal, const struct book *book,
                                          struct fault *fault);

#endif
