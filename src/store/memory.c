/* A store in memory, for the demo and for tests: the same bytes, nothing on a disk.
 *
 * 1. Entries are kept in chunks that never move, so that reading them is the same as in a stored
 *    journal. They cost their bytes and four more each, for ever; a request 16 more, a batch its
 *    record.
 * 2. What is within the head never changes, so that a reader beside the writer needs the lock only
 *    to find it.
 * 3. It keeps no checkpoint and no runs of tokens: there is no next start.
 *
 * Owns chunks, batches and index rows. One thread at a time, as every store, but for its readers.
 */
#include "base/check.h"
#include "store/store.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK_SIZE = 256 * 1024, HASH_BYTES = 32 };

/* Entries one after the other from the front; from the back, where each ends (4 bytes). */
struct chunk {
    uint64_t first_sequence;
    uint32_t entries;
    uint32_t size;
    char *bytes;
};

/* Things of one size, one behind the other. */
struct list {
    void *at;
    size_t count, cap;
};

struct registry_row {
    uint64_t sequence;
    unsigned char leaf[HASH_BYTES];
};

#define MARKED (UINT64_C(1) << 63) /* of a sequence: it has a token */

struct request_row {
    uint64_t sequence, prefix;
};

/* What a table is read with: the place that comes next, up to that number. */
struct cursor {
    uint64_t next, to;
};

struct memory {
    struct store store; /* must be first */
    struct memory *of;  /* whose bytes these are: a reader's are another's */
    struct cursor cursors[STORE_TABLES];
    struct batch batch; /* of STORE_BATCHES' row */

    pthread_mutex_t lock; /* of all below and the head, where a reader may look */
    struct chunk *chunks;
    uint32_t chunk_count, chunk_cap;
    struct list batches, registry, requests;
};

static struct memory *memory_of(struct store *store)
{
    return (struct memory *)store;
}

/* Room for one more thing, or NULL. */
static void *list_add(struct list *list, size_t size)
{
    if (list->count == list->cap) {
        size_t cap = list->cap ? 2 * list->cap : 64;
        void *at = realloc(list->at, cap * size);
        if (!at)
            return NULL;
        list->at = at;
        list->cap = cap;
    }
    return (char *)list->at + list->count++ * size;
}

static struct batch *batch_at(const struct memory *memory, size_t index)
{
    return (struct batch *)memory->batches.at + index;
}

static struct registry_row *registry_at(const struct memory *memory, size_t index)
{
    return (struct registry_row *)memory->registry.at + index;
}

static struct request_row *request_at(const struct memory *memory, size_t index)
{
    return (struct request_row *)memory->requests.at + index;
}

/* Chunks --------------------------------------------------------------------------------------- */

static uint32_t end_of(const struct chunk *chunk, uint32_t index)
{
    uint32_t end;
    memcpy(&end, chunk->bytes + chunk->size - (index + 1) * sizeof end, sizeof end);
    return end;
}

static uint32_t used(const struct chunk *chunk)
{
    return chunk->entries > 0 ? end_of(chunk, chunk->entries - 1) : 0;
}

static struct slice entry_of(const struct chunk *chunk, uint32_t index)
{
    uint32_t start = index > 0 ? end_of(chunk, index - 1) : 0;
    return slice_of(chunk->bytes + start, end_of(chunk, index) - start);
}

static bool grow_chunks(struct memory *memory)
{
    uint32_t cap = memory->chunk_cap ? 2 * memory->chunk_cap : 16;
    struct chunk *chunks = realloc(memory->chunks, cap * sizeof *chunks);
    if (!chunks)
        return false;
    memory->chunks = chunks;
    memory->chunk_cap = cap;
    return true;
}

static bool add_chunk(struct memory *memory, uint64_t first_sequence, size_t need)
{
    uint32_t size = need > CHUNK_SIZE ? (uint32_t)need : CHUNK_SIZE;
    if (memory->chunk_count == memory->chunk_cap && !grow_chunks(memory))
        return false;
    struct chunk *chunk = &memory->chunks[memory->chunk_count];
    *chunk = (struct chunk){.first_sequence = first_sequence, .size = size};
    chunk->bytes = malloc(size);
    if (!chunk->bytes)
        return false;
    memory->chunk_count++;
    return true;
}

static bool has_room(const struct chunk *chunk, size_t need)
{
    return chunk->size - used(chunk) - chunk->entries * sizeof(uint32_t) >= need;
}

static bool keep_entry(struct memory *memory, uint64_t sequence, struct slice bytes)
{
    uint32_t end;
    size_t need = bytes.len + sizeof end;
    if ((memory->chunk_count == 0 || !has_room(&memory->chunks[memory->chunk_count - 1], need)) &&
        !add_chunk(memory, sequence, need))
        return false;
    struct chunk *chunk = &memory->chunks[memory->chunk_count - 1];
    end = used(chunk) + (uint32_t)bytes.len;
    memcpy(chunk->bytes + end - bytes.len, bytes.at, bytes.len);
    chunk->entries++;
    memcpy(chunk->bytes + chunk->size - chunk->entries * sizeof end, &end, sizeof end);
    return true;
}

/* Back to where the kept entries ended before a batch that does not fit. */
static void forget_since(struct memory *memory, uint64_t sequence)
{
    while (memory->chunk_count > 0) {
        struct chunk *chunk = &memory->chunks[memory->chunk_count - 1];
        if (chunk->first_sequence <= sequence) {
            chunk->entries = (uint32_t)(sequence + 1 - chunk->first_sequence);
            return;
        }
        free(chunk->bytes);
        memory->chunk_count--;
    }
}

static const struct chunk *chunk_of(const struct memory *memory, uint64_t sequence)
{
    uint32_t low = 0;
    uint32_t high = memory->chunk_count;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (memory->chunks[middle].first_sequence <= sequence)
            low = middle;
        else
            high = middle;
    }
    return &memory->chunks[low];
}

static struct slice kept_entry(const struct memory *memory, uint64_t sequence)
{
    const struct chunk *chunk = chunk_of(memory, sequence);
    return entry_of(chunk, (uint32_t)(sequence - chunk->first_sequence));
}

/* Index rows ------------------------------------------------------------------------------------
 */

static uint64_t number_at(const struct memory *memory, enum store_table table, size_t index)
{
    return table == STORE_REGISTRY ? registry_at(memory, index)->sequence
                                   : request_at(memory, index)->sequence & ~MARKED;
}

/* The first index row from that number on. */
static size_t find_index(const struct memory *memory, enum store_table table, uint64_t from)
{
    size_t low = 0;
    size_t high = table == STORE_REGISTRY ? memory->registry.count : memory->requests.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (number_at(memory, table, middle) < from)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Writing: visible once the head has moved ------------------------------------------------------
 */

static bool keep_index(struct memory *memory, const struct store_entry *entry)
{
    if (entry->index == INDEX_REGISTRY) {
        struct registry_row *row = list_add(&memory->registry, sizeof *row);
        if (!row)
            return false;
        row->sequence = entry->sequence;
        memcpy(row->leaf, entry->leaf, sizeof row->leaf);
    } else if (entry->index == INDEX_REQUEST) {
        struct request_row *row = list_add(&memory->requests, sizeof *row);
        if (!row)
            return false;
        *row = (struct request_row){entry->sequence | (entry->marked ? MARKED : 0), entry->prefix};
    }
    return true;
}

static struct status add(struct store *store, const struct store_entry *entry, struct fault *fault)
{
    struct memory *memory = memory_of(store);
    pthread_mutex_lock(&memory->lock);
    bool kept = keep_entry(memory, entry->sequence, entry->bytes) && keep_index(memory, entry);
    pthread_mutex_unlock(&memory->lock);
    return kept ? STATUS_DONE : fault_raise(fault, STATUS_MEMORY, "no memory for more entries");
}

static struct status end_batch(struct store *store, const struct batch *batch, struct fault *fault)
{
    struct memory *memory = memory_of(store);
    pthread_mutex_lock(&memory->lock);
    struct batch *kept = list_add(&memory->batches, sizeof *kept);
    if (kept)
        *kept = *batch;
    pthread_mutex_unlock(&memory->lock);
    return kept ? STATUS_DONE : fault_raise(fault, STATUS_MEMORY, "no memory for more entries");
}

static struct status commit(struct store *store, struct fault *fault)
{
    struct memory *memory = memory_of(store);
    (void)fault;
    pthread_mutex_lock(&memory->lock);
    if (memory->batches.count > 0)
        store->head = store_head_of(batch_at(memory, memory->batches.count - 1));
    pthread_mutex_unlock(&memory->lock);
    return STATUS_DONE;
}

static struct status undo(struct store *store, struct fault *fault)
{
    struct memory *memory = memory_of(store);
    (void)fault;
    pthread_mutex_lock(&memory->lock);
    forget_since(memory, store->head.sequence);
    memory->batches.count = store->head.batches;
    memory->registry.count = find_index(memory, STORE_REGISTRY, store->head.sequence + 1);
    memory->requests.count = find_index(memory, STORE_REQUESTS, store->head.sequence + 1);
    pthread_mutex_unlock(&memory->lock);
    return STATUS_DONE;
}

static struct status do_nothing(struct store *store, struct fault *fault)
{
    (void)store;
    (void)fault;
    return STATUS_DONE;
}

/* Reading: within the head ----------------------------------------------------------------------
 */

static void rows_begin(struct store *store, enum store_table table, uint64_t from, uint64_t to)
{
    struct memory *memory = memory_of(store);
    struct cursor *cursor = &memory->cursors[table];
    bool is_index = table == STORE_REGISTRY || table == STORE_REQUESTS;
    uint64_t last = store->head.sequence;
    pthread_mutex_lock(&memory->of->lock);
    cursor->next = is_index ? find_index(memory->of, table, from) : from;
    pthread_mutex_unlock(&memory->of->lock);
    cursor->to = table == STORE_BATCHES ? store->head.batches : to < last ? to : last;
}

/* With the lock. */
static bool read_row(struct memory *memory, enum store_table table, struct store_row *ret_row)
{
    const struct memory *of = memory->of;
    struct cursor *cursor = &memory->cursors[table];
    size_t next = cursor->next;
    *ret_row = (struct store_row){.numbers = {next}, .whole = true};
    if (table == STORE_BATCHES) {
        if (next > cursor->to)
            return false;
        memory->batch = *batch_at(of, next - 1);
        ret_row->batch = &memory->batch;
    } else if (table == STORE_ENTRIES) {
        if (next > cursor->to)
            return false;
        ret_row->body = kept_entry(of, next);
    } else if (table == STORE_REGISTRY) {
        if (next == of->registry.count || registry_at(of, next)->sequence > cursor->to)
            return false;
        const struct registry_row *row = registry_at(of, next);
        ret_row->numbers[0] = row->sequence;
        ret_row->text = slice_of((const char *)row->leaf, sizeof row->leaf);
        ret_row->body = kept_entry(of, row->sequence);
    } else {
        if (next == of->requests.count || number_at(of, table, next) > cursor->to)
            return false;
        const struct request_row *row = request_at(of, next);
        ret_row->numbers[0] = row->sequence & ~MARKED;
        ret_row->numbers[1] = row->prefix;
        ret_row->is_null = !(row->sequence & MARKED);
    }
    cursor->next++;
    return true;
}

static struct status rows_next(struct store *store, enum store_table table, struct fault *fault,
                               bool *ret_found, struct store_row *ret_row)
{
    struct memory *memory = memory_of(store);
    (void)fault;
    pthread_mutex_lock(&memory->of->lock);
    *ret_found = table <= STORE_REQUESTS && read_row(memory, table, ret_row);
    pthread_mutex_unlock(&memory->of->lock);
    return STATUS_DONE;
}

static void rows_end(struct store *store, enum store_table table)
{
    (void)store;
    (void)table;
}

static struct status find_batch(struct store *store, uint64_t number, struct fault *fault,
                                struct batch *ret_batch)
{
    struct memory *of = memory_of(store)->of;
    if (number == 0 || number > store->head.batches)
        return fault_raise(fault, STATUS_CORRUPT, "batch %llu is missing or damaged",
                           (unsigned long long)number);
    pthread_mutex_lock(&of->lock);
    *ret_batch = *batch_at(of, number - 1);
    pthread_mutex_unlock(&of->lock);
    return STATUS_DONE;
}

static struct status find_entry(struct store *store, uint64_t sequence, struct fault *fault,
                                struct slice *ret_bytes)
{
    struct memory *of = memory_of(store)->of;
    if (sequence == 0 || sequence > store->head.sequence)
        return fault_raise(fault, STATUS_CORRUPT, "entry %llu is missing",
                           (unsigned long long)sequence);
    pthread_mutex_lock(&of->lock);
    *ret_bytes = kept_entry(of, sequence);
    pthread_mutex_unlock(&of->lock);
    return STATUS_DONE;
}

/* Opening and closing ---------------------------------------------------------------------------
 */

static void close_memory(struct store *store)
{
    struct memory *memory = memory_of(store);
    for (uint32_t i = 0; i < memory->chunk_count; i++)
        free(memory->chunks[i].bytes);
    free(memory->chunks);
    free(memory->batches.at);
    free(memory->registry.at);
    free(memory->requests.at);
    (void)pthread_mutex_destroy(&memory->lock);
    free(memory);
}

static struct status begin_snapshot(struct store *store, struct fault *fault)
{
    struct memory *of = memory_of(store)->of;
    (void)fault;
    pthread_mutex_lock(&of->lock);
    store->head = of->store.head;
    pthread_mutex_unlock(&of->lock);
    return STATUS_DONE;
}

static void end_snapshot(struct store *store)
{
    (void)store;
}

static struct status open_reader(struct store *store, struct fault *fault,
                                 struct store **ret_reader)
{
    *ret_reader = store_open_memory();
    if (!*ret_reader)
        return fault_raise(fault, STATUS_MEMORY, "no memory for a reader");
    memory_of(*ret_reader)->of = memory_of(store)->of;
    return STATUS_DONE;
}

static const struct store_ops ops = {
    .close = close_memory,
    .begin = do_nothing,
    .add = add,
    .end_batch = end_batch,
    .commit = commit,
    .undo = undo,
    .tend = do_nothing,
    .finish = do_nothing,
    .rows_begin = rows_begin,
    .rows_next = rows_next,
    .rows_end = rows_end,
    .find_batch = find_batch,
    .find_entry = find_entry,
    .check = do_nothing,
    .open_reader = open_reader,
    .snapshot_begin = begin_snapshot,
    .snapshot_end = end_snapshot,
};

struct store *store_open_memory(void)
{
    struct memory *memory = calloc(1, sizeof *memory);
    if (!memory)
        return NULL;
    memory->store = (struct store){.ops = &ops, .name = "memory"};
    memory->of = memory;
    CHECK(pthread_mutex_init(&memory->lock, NULL) == 0);
    return &memory->store;
}
