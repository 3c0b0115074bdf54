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
#include "journal/state.h"

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

/* With so many requests in the book the number of runs stays small. */
static uint64_t due_of(const struct runs *runs)
{
    uint64_t share = runs->requests / SHARE;
    return share > runs->requests_min ? share : runs->requests_min;
}

void runs_init(struct journal *journal, uint32_t requests_min)
{
    struct runs *runs = &journal->runs;
    runs->requests_min = requests_min > 0 ? requests_min : REQUESTS_MIN;
    runs->due = journal->store->ops->put ? due_of(runs) : 0;
}

/* Takes over the run's filter. */
static void add_run(struct runs *runs, const struct run *run)
{
    runs->at[runs->count++] = *run;
    runs->requests += run->requests;
    runs->due = due_of(runs);
    runs->kept = run->last_sequence;
}

/* Loading -------------------------------------------------------------------------------------- */

struct status runs_read(const struct store_row *row, const struct run *before,
                        uint64_t last_sequence, struct fault *fault, struct run *ret_run)
{
    struct run run = {.number = row->numbers[0],
                      .last_sequence = row->numbers[1],
                      .requests = row->numbers[2],
                      .seed = row->numbers[3],
                      .bucket_bits = (uint32_t)row->numbers[4]};
    uint64_t number = before ? before->number + 1 : 1;
    uint64_t first = before ? before->last_sequence + 1 : 1;
    if (run.number != number || run.last_sequence < first || run.last_sequence > last_sequence ||
        run.requests > run.last_sequence || run.bucket_bits < RUN_BUCKET_BITS_MIN ||
        run.bucket_bits > RUN_BUCKET_BITS_MAX || row->body.len != filter_size(run.requests) ||
        !row->whole)
        return fault_raise(fault, STATUS_CORRUPT,
                           "the row of token run %" PRIu64 " is missing or damaged", number);
    if (!filter_load(&run.filter, run.requests, row->body))
        return raise_no_memory(fault);
    *ret_run = run;
    return STATUS_DONE;
}

static struct status load_run(void *context, const struct store_row *row, struct fault *fault)
{
    struct journal *journal = context;
    struct runs *runs = &journal->runs;
    struct run run = {.number = 0};
    TRY(reserve_run(runs, fault));
    TRY(runs_read(row, runs->count > 0 ? &runs->at[runs->count - 1] : NULL,
                  journal->store->head.sequence, fault, &run));
    add_run(runs, &run);
    return STATUS_DONE;
}

struct status runs_load(struct journal *journal, struct fault *fault)
{
    return store_each(journal->store, STORE_RUNS, 0, UINT64_MAX, load_run, journal, fault);
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

static void add_pair(struct buffer *row, const struct pair *pair)
{
    char bytes[RUN_PAIR_BYTES];
    word_store(bytes, pair->prefix);
    word_store(bytes + WORD_BYTES, pair->sequence);
    buffer_bytes(row, bytes, sizeof bytes);
}

/* The buckets of one part, which has the hashes that begin with its number. */
static struct status put_buckets(struct journal *journal, uint32_t part, const struct pair *pairs,
                                 uint32_t count, struct fault *fault)
{
    struct run *run = &journal->runs.next;
    uint32_t buckets = UINT32_C(1) << (run->bucket_bits - RUN_BUCKET_BITS_MIN);
    uint64_t place = run_place(run, (uint64_t)part << (64 - RUN_BUCKET_BITS_MIN));
    uint32_t next = 0;
    for (uint64_t end = place + buckets; place < end; place++) {
        buffer_clear(&journal->row);
        for (; next < count && run_place(run, pairs[next].hash) == place; next++) {
            add_pair(&journal->row, &pairs[next]);
            filter_add(&run->filter, pairs[next].hash);
        }
        if (!buffer_ok(&journal->row))
            return fault_raise(fault, STATUS_MEMORY, "no memory for a bucket of tokens");
        const struct store_row row = {.numbers = {place}, .body = buffer_slice(&journal->row)};
        TRY(journal->store->ops->put(journal->store, STORE_BUCKETS, &row, 1, fault));
    }
    CHECK(next == count);
    return STATUS_DONE;
}

static struct status put_part(struct journal *journal, const struct idmap *aside, uint32_t part,
                              struct fault *fault)
{
    struct pair *pairs = sort_part(&aside->parts[part], aside->seed);
    if (!pairs)
        return raise_no_memory(fault);
    struct status status = put_buckets(journal, part, pairs, aside->parts[part].used, fault);
    free(pairs);
    return status;
}

static struct status put_run(struct journal *journal, struct fault *fault)
{
    const struct run *run = &journal->runs.next;
    const struct store_row row = {
        .numbers = {run->number, run->last_sequence, run->requests, run->seed, run->bucket_bits},
        .body = filter_bytes(&run->filter)};
    return journal->store->ops->put(journal->store, STORE_RUNS, &row, 1, fault);
}

static struct status begin_run(struct journal *journal, const struct book *book,
                               struct fault *fault)
{
    struct runs *runs = &journal->runs;
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
static struct status write_slice(struct journal *journal, const struct idmap *aside,
                                 struct fault *fault, uint32_t *ret_part)
{
    uint32_t part = journal->runs.part;
    TRY(journal->store->ops->begin(journal->store, fault));
    if (part == 0)
        /* what a stop has left of a run that was being written */
        TRY(journal->store->ops->drop(journal->store, STORE_BUCKETS,
                                      journal->runs.next.number << 32, fault));
    for (uint64_t requests = 0; part < IDMAP_PARTS && requests < SLICE_REQUESTS; part++) {
        TRY(put_part(journal, aside, part, fault));
        requests += aside->parts[part].used;
    }
    if (part == IDMAP_PARTS)
        TRY(put_run(journal, fault));
    TRY(journal->store->ops->commit(journal->store, fault));
    *ret_part = part;
    return STATUS_DONE;
}

static struct status move_run(struct journal *journal, const struct book *book, struct fault *fault)
{
    struct runs *runs = &journal->runs;
    uint32_t part = 0;
    struct status status = write_slice(journal, book_aside(book), fault, &part);
    TRY(journal_undo_slice(journal, status, fault));
    runs->part = part;
    if (part < IDMAP_PARTS)
        return STATUS_DONE;
    add_run(runs, &runs->next);
    runs->next = (struct run){.number = 0};
    return STATUS_DONE;
}

struct status runs_move(struct journal *journal, const struct book *book, struct fault *fault)
{
    if (book_aside_sequence(book) <= journal->runs.kept)
        return STATUS_DONE;
    if (journal->runs.next.number == 0)
        TRY(begin_run(journal, book, fault));
    TRY_WRAP(move_run(journal, book, fault), fault, "writing a run of tokens");
    return STATUS_DONE;
}

bool journal_hand_requests_over(struct journal *journal, struct book *book, struct gate *gate)
{
    const struct runs *runs = &journal->runs;
    uint64_t aside = book_aside_sequence(book);
    bool goes = aside > 0 && runs->kept >= aside;
    bool is_due = aside == 0 && runs->due > 0 && book_request_count(book) >= runs->due;
    if (!goes && !is_due)
        return false;
    gate_write_begin(gate);
    if (goes)
        book_requests_let_go(book, runs->kept);
    else
        book_requests_put_aside(book);
    gate_write_end(gate);
    return is_due;
}

/* Searching ------------------------------------------------------------------------------------ */

static uint64_t find_pair(struct slice body, uint64_t prefix)
{
    for (size_t at = 0; at < body.len; at += RUN_PAIR_BYTES)
        if (word_load(body.at + at) == prefix)
            return word_load(body.at + at + WORD_BYTES);
    return 0;
}

static struct status find_in_bucket(struct store *store, const struct run *run, uint64_t prefix,
                                    struct fault *fault, uint64_t *ret_sequence)
{
    uint64_t place = run_place(run, idmap_hash(run->seed, prefix));
    struct store_row row;
    bool found = false;
    store->ops->rows_begin(store, STORE_BUCKETS, place, place);
    struct status status = store->ops->rows_next(store, STORE_BUCKETS, fault, &found, &row);
    if (status_ok(status) && (!found || !row.whole || row.body.len % RUN_PAIR_BYTES != 0))
        status =
            fault_raise(fault, STATUS_CORRUPT,
                        "a bucket of token run %" PRIu64 " is missing or damaged", run->number);
    if (status_ok(status))
        *ret_sequence = find_pair(row.body, prefix);
    store->ops->rows_end(store, STORE_BUCKETS);
    return status;
}

static struct status find(struct journal *journal, uint64_t prefix, struct fault *fault,
                          uint64_t *ret_sequence)
{
    const struct runs *runs = &journal->runs;
    *ret_sequence = 0;
    for (uint32_t i = 0; i < runs->count; i++)
        filter_expect(&runs->at[i].filter, idmap_hash(runs->at[i].seed, prefix));
    for (uint32_t i = runs->count; i > 0 && *ret_sequence == 0; i--) {
        const struct run *run = &runs->at[i - 1];
        if (filter_may_have(&run->filter, idmap_hash(run->seed, prefix)))
            TRY(find_in_bucket(journal->store, run, prefix, fault, ret_sequence));
    }
    return STATUS_DONE;
}

uint64_t journal_requests_kept(const struct journal *journal)
{
    return journal->runs.kept;
}

struct status journal_find_request(struct journal *journal, struct slice token_digest,
                                   struct fault *fault, uint64_t *ret_sequence)
{
    *ret_sequence = 0;
    if (journal->runs.kept > 0)
        TRY_WRAP(find(journal, request_prefix(token_digest), fault, ret_sequence), fault, "%s",
                 journal->store->name);
    return STATUS_DONE;
}

static struct status search_run(struct store *store, const struct store_row *row, uint64_t prefix,
                                struct fault *fault, uint64_t *ret_sequence)
{
    const struct run run = {.number = row->numbers[0],
                            .seed = row->numbers[3],
                            .bucket_bits = (uint32_t)row->numbers[4]};
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
    store->ops->rows_begin(store, STORE_RUN_NUMBERS, 0, UINT64_MAX);
    for (bool found = true; found && *ret_sequence == 0 && status_ok(status);) {
        struct store_row row;
        status = store->ops->rows_next(store, STORE_RUN_NUMBERS, fault, &found, &row);
        if (status_ok(status) && found)
            status = search_run(store, &row, prefix, fault, ret_sequence);
    }
    store->ops->rows_end(store, STORE_RUN_NUMBERS);
    return status;
}
