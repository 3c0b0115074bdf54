/* Runs of tokens against all entries (runs_verify in runs.h).
 *
 * 1. A pair is right when the book, which has all requests, says the same of it. Pairs come in the
 *    order of their hashes, so that none is there twice; their number is that of the requests up to
 *    the last run; so none is missing.
 *
 * Owns nothing. One thread. */
#include "base/word.h"
#include "journal/state.h"
#include "ledger/idmap.h"

#include <inttypes.h>

struct checking {
    struct journal *journal;
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
    return sequence > checking->after && sequence <= checking->run.last_sequence &&
           book_find_prefix(checking->book, prefix) == sequence;
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

static struct status check_buckets(struct checking *checking, struct fault *fault)
{
    struct store *store = checking->journal->store;
    uint64_t place = run_place(&checking->run, 0);
    uint64_t last = run_place(&checking->run, UINT64_MAX);
    store->ops->rows_begin(store, STORE_BUCKETS, place, last);
    for (; place <= last; place++) {
        struct store_row row;
        bool found = false;
        TRY(store->ops->rows_next(store, STORE_BUCKETS, fault, &found, &row));
        if (!found || row.numbers[0] != place || !row.whole || row.body.len % RUN_PAIR_BYTES != 0)
            return raise_run(checking, fault);
        for (size_t at = 0; at < row.body.len; at += RUN_PAIR_BYTES)
            if (!is_right(checking, place, row.body.at + at))
                return raise_run(checking, fault);
    }
    return checking->pairs == checking->run.requests ? STATUS_DONE : raise_run(checking, fault);
}

static struct status check_run(struct checking *checking, struct fault *fault)
{
    struct store *store = checking->journal->store;
    checking->pairs = 0;
    struct status status = check_buckets(checking, fault);
    store->ops->rows_end(store, STORE_BUCKETS);
    return status;
}

/* There are as many tokens up to the last run as pairs in all of them: the batch that ends there,
 * proved by now, says how many. */
static struct status check_count(struct store *store, uint64_t last_sequence, uint64_t pairs,
                                 struct fault *fault)
{
    struct batch batch = {0};
    if (last_sequence == 0 ||
        (status_ok(store_find_batch_ending(store, last_sequence, fault, &batch)) &&
         batch.tokens.count == pairs))
        return STATUS_DONE;
    return fault_raise(fault, STATUS_CORRUPT, "the token runs lack requests");
}

static struct status check_runs(struct checking *checking, struct fault *fault)
{
    struct store *store = checking->journal->store;
    uint64_t pairs = 0;
    store->ops->rows_begin(store, STORE_RUNS, 0, UINT64_MAX);
    for (;;) {
        struct store_row row;
        bool found = false;
        TRY(store->ops->rows_next(store, STORE_RUNS, fault, &found, &row));
        if (!found)
            return check_count(store, checking->run.last_sequence, pairs, fault);
        struct run before = checking->run;
        filter_done(&checking->run.filter);
        TRY(runs_read(&row, before.number > 0 ? &before : NULL, store->head.sequence, fault,
                      &checking->run));
        checking->after = before.last_sequence;
        TRY(check_run(checking, fault));
        pairs += checking->pairs;
    }
}

struct status runs_verify(struct journal *journal, const struct book *book, struct fault *fault)
{
    struct checking checking = {.journal = journal, .book = book};
    struct status status = check_runs(&checking, fault);
    filter_done(&checking.run.filter);
    journal->store->ops->rows_end(journal->store, STORE_RUNS);
    return status;
}
