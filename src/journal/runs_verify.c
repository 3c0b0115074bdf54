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
    uint64_t place;     /* of the bucket that comes next */
    uint64_t pairs;     /* of the run, so far */
    uint64_t all_pairs; /* of all runs */
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

static struct status check_bucket(void *context, const struct store_row *row, struct fault *fault)
{
    struct checking *checking = context;
    uint64_t place = checking->place++;
    if (row->numbers[0] != place || !row->whole || row->body.len % RUN_PAIR_BYTES != 0)
        return raise_run(checking, fault);
    for (size_t at = 0; at < row->body.len; at += RUN_PAIR_BYTES)
        if (!is_right(checking, place, row->body.at + at))
            return raise_run(checking, fault);
    return STATUS_DONE;
}

static struct status check_run(void *context, const struct store_row *row, struct fault *fault)
{
    struct checking *checking = context;
    struct store *store = checking->journal->store;
    struct run before = checking->run;
    filter_done(&checking->run.filter);
    TRY(runs_read(row, before.number > 0 ? &before : NULL, store->head.sequence, fault,
                  &checking->run));
    uint64_t last = run_place(&checking->run, UINT64_MAX);
    checking->after = before.last_sequence;
    checking->pairs = 0;
    checking->place = run_place(&checking->run, 0);
    TRY(store_each(store, STORE_BUCKETS, checking->place, last, check_bucket, checking, fault));
    checking->all_pairs += checking->pairs;
    if (checking->place == last + 1 && checking->pairs == checking->run.requests)
        return STATUS_DONE;
    return raise_run(checking, fault);
}

/* There are as many tokens up to the last run as pairs in all of them: the batch that ends there,
 * proved by now, says how many. */
static struct status check_count(const struct checking *checking, struct fault *fault)
{
    uint64_t last = checking->run.last_sequence;
    struct batch batch = {0};
    if (last == 0 ||
        (status_ok(store_find_batch_ending(checking->journal->store, last, fault, &batch)) &&
         batch.tokens.count == checking->all_pairs))
        return STATUS_DONE;
    return fault_raise(fault, STATUS_CORRUPT, "the token runs lack requests");
}

struct status runs_verify(struct journal *journal, const struct book *book, struct fault *fault)
{
    struct checking checking = {.journal = journal, .book = book};
    struct status status =
        store_each(journal->store, STORE_RUNS, 0, UINT64_MAX, check_run, &checking, fault);
    if (status_ok(status))
        status = check_count(&checking, fault);
    filter_done(&checking.run.filter);
    return status;
}
