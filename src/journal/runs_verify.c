/* Runs of tokens against all entries (runs_verify in runs.h).
 *
 * 1. A pair is right when the book, which has all requests, says the same of it. Pairs come in the
 *    order of their hashes, so that none is there twice; their number is that of the requests up to
 *    the last run; so none is missing.
 *
 * Owns nothing. One thread. */
#include "base/word.h"
#include "journal/store.h"
#include "ledger/idmap.h"

#include <inttypes.h>

struct checking {
    struct store *store;
    const struct book *book;
    uint64_t after; /* the run's requests are behind this entry */
    struct run run;
    uint64_t pairs;     /* of the run, so far */
    uint64_t hash_last; /* of the pair before */
};

static struct status raise_run(const struct checking *checking, struct fault *fault)
{
    return fault_raise(fault, STATUS_CORRUPT, "token run %" PRIu64 " is not what the entries give",
                       checking->run.number);
}

static bool is_in_book(const struct checking *checking, uint64_t prefix, uint64_t sequence)
{
    char digest[DIGEST_BYTES] = {0};
    word_store(digest, prefix);
    return sequence > checking->after && sequence <= checking->run.last_sequence &&
           book_find_request(checking->book, slice_of(digest, sizeof digest)) == sequence;
}

static bool is_right(struct checking *checking, uint64_t place, const char *pair)
{
    const struct run *run = &checking->run;
    uint64_t prefix = word_load(pair);
    uint64_t hash = idmap_hash(run->seed, prefix);
    bool follows = checking->pairs == 0 || hash > checking->hash_last;
    checking->pairs++;
    checking->hash_last = hash;
    return follows && run_place(run, hash) == place && filter_may_have(&run->filter, hash) &&
           is_in_book(checking, prefix, word_load(pair + WORD_BYTES));
}

static struct status check_bucket(struct checking *checking, uint64_t place, struct fault *fault)
{
    struct store *store = checking->store;
    struct slice body = store_bytes(store, SQL_BUCKETS, 2);
    if (store_number(store, SQL_BUCKETS, 0) != place ||
        store_number(store, SQL_BUCKETS, 1) != store_checksum(body) ||
        body.len % RUN_PAIR_BYTES != 0)
        return raise_run(checking, fault);
    for (size_t at = 0; at < body.len; at += RUN_PAIR_BYTES)
        if (!is_right(checking, place, body.at + at))
            return raise_run(checking, fault);
    return STATUS_DONE;
}

static struct status check_buckets(struct checking *checking, struct fault *fault)
{
    struct store *store = checking->store;
    uint64_t place = run_place(&checking->run, 0);
    uint64_t end = run_place(&checking->run, UINT64_MAX) + 1;
    store_bind(store, SQL_BUCKETS, 1, place);
    store_bind(store, SQL_BUCKETS, 2, end);
    for (; place < end; place++) {
        bool row = false;
        TRY(store_step(store, SQL_BUCKETS, fault, &row));
        if (!row)
            return raise_run(checking, fault);
        TRY(check_bucket(checking, place, fault));
    }
    return checking->pairs == checking->run.requests ? STATUS_DONE : raise_run(checking, fault);
}

static struct status check_run(struct checking *checking, struct fault *fault)
{
    checking->pairs = 0;
    struct status status = check_buckets(checking, fault);
    store_reset(checking->store, SQL_BUCKETS);
    return status;
}

/* There are as many requests up to the last run as pairs in all of them. */
static struct status check_count(struct store *store, uint64_t last_sequence, uint64_t pairs,
                                 struct fault *fault)
{
    bool row = false;
    store_bind(store, SQL_REQUEST_COUNT, 1, last_sequence);
    struct status status = store_step(store, SQL_REQUEST_COUNT, fault, &row);
    if (status_ok(status) && store_number(store, SQL_REQUEST_COUNT, 0) != pairs)
        status = fault_raise(fault, STATUS_CORRUPT, "the token runs lack requests");
    store_reset(store, SQL_REQUEST_COUNT);
    return status;
}

static struct status check_runs(struct checking *checking, struct fault *fault)
{
    uint64_t pairs = 0;
    for (;;) {
        bool row = false;
        TRY(store_step(checking->store, SQL_RUNS, fault, &row));
        if (!row)
            return check_count(checking->store, checking->run.last_sequence, pairs, fault);
        struct run before = checking->run;
        filter_done(&checking->run.filter);
        TRY(runs_read(checking->store, before.number > 0 ? &before : NULL, fault, &checking->run));
        checking->after = before.last_sequence;
        TRY(check_run(checking, fault));
        pairs += checking->pairs;
    }
}

struct status runs_verify(struct store *store, const struct book *book, struct fault *fault)
{
    struct checking checking = {.store = store, .book = book};
    struct status status = check_runs(&checking, fault);
    filter_done(&checking.run.filter);
    store_reset(store, SQL_RUNS);
    return status;
}
