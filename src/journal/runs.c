/* Runs of tokens: loaded, written beside the appends, searched (runs.h).
 *
 * 1. A run is there when its row is; buckets numbered above the last run are what a stop left of
 *    one being written, and are written over.
 * 2. The book lets a request go only when the run that has it is durable.
 * 3. Every bucket has a row, so that one that is missing is noticed.
 * 4. A run begins when the book has so many requests that the number of runs stays small: a
 *    sixteenth of all, but at least requests_min.
 *
 * Owns the filters. */
#include "journal/runs.h"

#include "base/check.h"
#include "base/word.h"
#include "journal/store.h"

#include <inttypes.h>
#include <stdlib.h>

enum {
    REQUESTS_MIN = 360000, /* an index of 8 MiB, nearly full */
    SHARE = 16,            /* of all requests, in a run */
    BUCKET_REQUESTS = 96,  /* at most, on average: a few buckets a page */
    SLICE_REQUESTS = 1024, /* written between two batches */
};

struct pair {
    uint64_t hash, prefix, sequence;
};

void runs_done(struct runs *runs)
{
    for (uint32_t i = 0; i < runs->count; i++)
        filter_done(&runs->at[i].filter);
    filter_done(&runs->next.filter);
    free(runs->at);
}

/* What the rooms above see of it. */
static void tell(struct store *store)
{
    const struct runs *runs = &store->runs;
    uint64_t share = runs->requests / SHARE;
    store->journal.requests_due = share > runs->requests_min ? share : runs->requests_min;
    store->journal.requests_kept = runs->count > 0 ? runs->at[runs->count - 1].last_sequence : 0;
}

static struct status raise_no_memory(struct fault *fault)
{
    return fault_raise(fault, STATUS_MEMORY, "no memory for a run of tokens");
}

/* Room for one more. */
static struct status reserve_run(struct runs *runs, struct fault *fault)
{
    struct run *larger = realloc(runs->at, (runs->count + 1) * sizeof *larger);
    if (!larger)
        return raise_no_memory(fault);
    runs->at = larger;
    return STATUS_DONE;
}

void runs_init(struct store *store, uint32_t requests_min)
{
    store->runs.requests_min = requests_min > 0 ? requests_min : REQUESTS_MIN;
    tell(store);
}

/* Takes over the run's filter. */
static void add_run(struct store *store, const struct run *run)
{
    struct runs *runs = &store->runs;
    runs->at[runs->count++] = *run;
    runs->requests += run->requests;
    tell(store);
}

/* Loading -------------------------------------------------------------------------------------- */

struct status runs_read(struct store *store, const struct run *before, struct fault *fault,
                        struct run *ret_run)
{
    struct run run = {.number = store_number(store, SQL_RUNS, 0),
                      .last_sequence = store_number(store, SQL_RUNS, 1),
                      .requests = store_number(store, SQL_RUNS, 2),
                      .seed = store_number(store, SQL_RUNS, 3),
                      .bucket_bits = (uint32_t)store_number(store, SQL_RUNS, 4)};
    uint64_t number = before ? before->number + 1 : 1;
    uint64_t first = before ? before->last_sequence + 1 : 1;
    struct slice bytes = store_bytes(store, SQL_RUNS, 6);
    if (run.number != number || run.last_sequence < first ||
        run.last_sequence > store->journal.head.sequence || run.requests > run.last_sequence ||
        run.bucket_bits < RUN_BUCKET_BITS_MIN || run.bucket_bits > RUN_BUCKET_BITS_MAX ||
        bytes.len != filter_size(run.requests) ||
        store_number(store, SQL_RUNS, 5) != store_checksum(bytes))
        return fault_raise(fault, STATUS_CORRUPT,
                           "the row of token run %" PRIu64 " is missing or damaged", number);
    if (!filter_load(&run.filter, run.requests, bytes))
        return raise_no_memory(fault);
    *ret_run = run;
    return STATUS_DONE;
}

static struct status load_run(struct store *store, struct fault *fault)
{
    struct runs *runs = &store->runs;
    struct run run = {.number = 0};
    TRY(reserve_run(runs, fault));
    TRY(runs_read(store, runs->count > 0 ? &runs->at[runs->count - 1] : NULL, fault, &run));
    add_run(store, &run);
    return STATUS_DONE;
}

struct status runs_load(struct store *store, struct fault *fault)
{
    struct status status = STATUS_DONE;
    for (bool row = true; row && status_ok(status);) {
        status = store_step(store, SQL_RUNS, fault, &row);
        if (status_ok(status) && row)
            status = load_run(store, fault);
    }
    store_reset(store, SQL_RUNS);
    return status;
}

/* Writing -------------------------------------------------------------------------------------- */

static int compare_pairs(const void *a, const void *b)
{
    uint64_t hash_a = ((const struct pair *)a)->hash;
    uint64_t hash_b = ((const struct pair *)b)->hash;
    return (hash_a > hash_b) - (hash_a < hash_b);
}

/* The part's pairs in the order of their hashes; to be freed. */
static struct pair *sort_part(const struct idmap_part *part, uint64_t seed)
{
    struct pair *pairs = malloc((part->used + 1) * sizeof *pairs);
    uint32_t count = 0;
    if (!pairs)
        return NULL;
    for (uint32_t i = 0; part->slots && i <= part->mask; i++) {
        const struct idmap_slot *slot = &part->slots[i];
        if (slot->value != 0)
            pairs[count++] = (struct pair){idmap_hash(seed, slot->key), slot->key, slot->value};
    }
    CHECK(count == part->used);
    qsort(pairs, count, sizeof *pairs, compare_pairs);
    return pairs;
}

static struct status put_bucket(struct store *store, uint64_t place, struct fault *fault)
{
    struct slice body = buffer_slice(&store->row);
    if (!buffer_ok(&store->row))
        return fault_raise(fault, STATUS_MEMORY, "no memory for a bucket of tokens");
    store_bind(store, SQL_ADD_BUCKET, 1, place);
    store_bind(store, SQL_ADD_BUCKET, 2, store_checksum(body));
    store_bind_bytes(store, SQL_ADD_BUCKET, 3, body);
    return store_run(store, SQL_ADD_BUCKET, fault);
}

static void add_pair(struct buffer *row, const struct pair *pair)
{
    char bytes[RUN_PAIR_BYTES];
    word_store(bytes, pair->prefix);
    word_store(bytes + WORD_BYTES, pair->sequence);
    buffer_bytes(row, bytes, sizeof bytes);
}

/* The buckets of one part, which has the hashes that begin with its number. */
static struct status put_buckets(struct store *store, uint32_t part, const struct pair *pairs,
                                 uint32_t count, struct fault *fault)
{
    struct run *run = &store->runs.next;
    uint32_t buckets = UINT32_C(1) << (run->bucket_bits - RUN_BUCKET_BITS_MIN);
    uint64_t place = run_place(run, (uint64_t)part << (64 - RUN_BUCKET_BITS_MIN));
    uint32_t next = 0;
    for (uint64_t end = place + buckets; place < end; place++) {
        buffer_clear(&store->row);
        for (; next < count && run_place(run, pairs[next].hash) == place; next++) {
            add_pair(&store->row, &pairs[next]);
            filter_add(&run->filter, pairs[next].hash);
        }
        TRY(put_bucket(store, place, fault));
    }
    CHECK(next == count);
    return STATUS_DONE;
}

static struct status put_part(struct store *store, const struct idmap *aside, uint32_t part,
                              struct fault *fault)
{
    struct pair *pairs = sort_part(&aside->parts[part], aside->seed);
    if (!pairs)
        return raise_no_memory(fault);
    struct status status = put_buckets(store, part, pairs, aside->parts[part].used, fault);
    free(pairs);
    return status;
}

static struct status put_run(struct store *store, struct fault *fault)
{
    const struct run *run = &store->runs.next;
    struct slice bytes = filter_bytes(&run->filter);
    store_bind(store, SQL_ADD_RUN, 1, run->number);
    store_bind(store, SQL_ADD_RUN, 2, run->last_sequence);
    store_bind(store, SQL_ADD_RUN, 3, run->requests);
    store_bind(store, SQL_ADD_RUN, 4, run->seed);
    store_bind(store, SQL_ADD_RUN, 5, run->bucket_bits);
    store_bind(store, SQL_ADD_RUN, 6, store_checksum(bytes));
    store_bind_bytes(store, SQL_ADD_RUN, 7, bytes);
    return store_run(store, SQL_ADD_RUN, fault);
}

/* What a stop has left of a run that was being written. */
static struct status drop_unfinished(struct store *store, struct fault *fault)
{
    store_bind(store, SQL_DROP_BUCKETS, 1, store->runs.next.number << 32);
    return store_run(store, SQL_DROP_BUCKETS, fault);
}

static struct status begin_run(struct store *store, const struct book *book, struct fault *fault)
{
    struct runs *runs = &store->runs;
    struct run run = {.number = runs->count + 1,
                      .last_sequence = book_aside_sequence(book),
                      .requests = book_aside(book)->count,
                      .seed = book_aside(book)->seed,
                      .bucket_bits = RUN_BUCKET_BITS_MIN};
    while (run.requests >> run.bucket_bits > BUCKET_REQUESTS &&
           run.bucket_bits < RUN_BUCKET_BITS_MAX)
        run.bucket_bits++;
    TRY(reserve_run(runs, fault));
    if (!filter_init(&run.filter, run.requests))
        return raise_no_memory(fault);
    runs->next = run;
    runs->part = 0;
    return STATUS_DONE;
}

/* One slice in one transaction; *ret_part is where the next one begins. */
static struct status write_slice(struct store *store, const struct idmap *aside,
                                 struct fault *fault, uint32_t *ret_part)
{
    uint32_t part = store->runs.part;
    TRY(store_run(store, SQL_BEGIN, fault));
    if (part == 0)
        TRY(drop_unfinished(store, fault));
    for (uint64_t requests = 0; part < IDMAP_PARTS && requests < SLICE_REQUESTS; part++) {
        TRY(put_part(store, aside, part, fault));
        requests += aside->parts[part].used;
    }
    if (part == IDMAP_PARTS)
        TRY(put_run(store, fault));
    TRY(store_run(store, SQL_COMMIT, fault));
    *ret_part = part;
    return STATUS_DONE;
}

static struct status move_run(struct store *store, const struct book *book, struct fault *fault)
{
    struct runs *runs = &store->runs;
    uint32_t part = 0;
    struct status status = write_slice(store, book_aside(book), fault, &part);
    if (!status_ok(status) && !status_ok(store_undo(store, NULL)))
        return fault_wrap(fault, (struct status){STATUS_UNKNOWN}, "a slice could not be undone");
    TRY(status);
    runs->part = part;
    if (part < IDMAP_PARTS)
        return STATUS_DONE;
    add_run(store, &runs->next);
    runs->next = (struct run){.number = 0};
    return STATUS_DONE;
}

struct status runs_move(struct store *store, const struct book *book, struct fault *fault)
{
    if (book_aside_sequence(book) <= store->journal.requests_kept)
        return STATUS_DONE;
    if (store->runs.next.number == 0)
        TRY(begin_run(store, book, fault));
    TRY_WRAP(move_run(store, book, fault), fault, "writing a run of tokens");
    return STATUS_DONE;
}

/* Searching ------------------------------------------------------------------------------------ */

static uint64_t find_pair(struct slice body, uint64_t prefix)
{
    for (size_t at = 0; at < body.len; at += RUN_PAIR_BYTES)
        if (word_load(body.at + at) == prefix)
            return word_load(body.at + at + WORD_BYTES);
    return 0;
}

/* Of the row SQL_BUCKET stands on, if it does. */
static struct status search_bucket(struct store *store, const struct run *run, uint64_t prefix,
                                   bool row, struct fault *fault, uint64_t *ret_sequence)
{
    struct slice body = row ? store_bytes(store, SQL_BUCKET, 1) : SLICE_NONE;
    if (!row || body.len % RUN_PAIR_BYTES != 0 ||
        store_number(store, SQL_BUCKET, 0) != store_checksum(body))
        return fault_raise(fault, STATUS_CORRUPT,
                           "a bucket of token run %" PRIu64 " is missing or damaged", run->number);
    *ret_sequence = find_pair(body, prefix);
    return STATUS_DONE;
}

static struct status find_in_bucket(struct store *store, const struct run *run, uint64_t prefix,
                                    struct fault *fault, uint64_t *ret_sequence)
{
    bool row = false;
    store_bind(store, SQL_BUCKET, 1, run_place(run, idmap_hash(run->seed, prefix)));
    struct status status = store_step(store, SQL_BUCKET, fault, &row);
    if (status_ok(status))
        status = search_bucket(store, run, prefix, row, fault, ret_sequence);
    store_reset(store, SQL_BUCKET);
    return status;
}

struct status runs_find(struct store *store, uint64_t prefix, struct fault *fault,
                        uint64_t *ret_sequence)
{
    const struct runs *runs = &store->runs;
    *ret_sequence = 0;
    for (uint32_t i = 0; i < runs->count; i++)
        filter_expect(&runs->at[i].filter, idmap_hash(runs->at[i].seed, prefix));
    for (uint32_t i = runs->count; i > 0 && *ret_sequence == 0; i--) {
        const struct run *run = &runs->at[i - 1];
        if (filter_may_have(&run->filter, idmap_hash(run->seed, prefix)))
            TRY(find_in_bucket(store, run, prefix, fault, ret_sequence));
    }
    return STATUS_DONE;
}

static struct status search_run(struct store *store, uint64_t prefix, struct fault *fault,
                                uint64_t *ret_sequence)
{
    const struct run run = {.number = store_number(store, SQL_RUNS, 0),
                            .seed = store_number(store, SQL_RUNS, 3),
                            .bucket_bits = (uint32_t)store_number(store, SQL_RUNS, 4)};
    if (run.bucket_bits < RUN_BUCKET_BITS_MIN || run.bucket_bits > RUN_BUCKET_BITS_MAX)
        return fault_raise(fault, STATUS_CORRUPT, "the row of token run %" PRIu64 " is damaged",
                           run.number);
    return find_in_bucket(store, &run, prefix, fault, ret_sequence);
}

struct status runs_search(struct store *store, uint64_t prefix, struct fault *fault,
                          uint64_t *ret_sequence)
{
    struct status status = STATUS_DONE;
    *ret_sequence = 0;
    for (bool row = true; row && *ret_sequence == 0 && status_ok(status);) {
        status = store_step(store, SQL_RUNS, fault, &row);
        if (status_ok(status) && row)
            status = search_run(store, prefix, fault, ret_sequence);
    }
    store_reset(store, SQL_RUNS);
    return status;
}
