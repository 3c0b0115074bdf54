/* A journal in memory, for the demo and for tests: the same chain, nothing on a disk.
 *
 * 1. Entries are kept as their canonical bytes in chunks that never move, so that reading them is
 *    the same as in a stored journal. They cost their bytes and four more each, for ever; a batch
 *    costs its record.
 * 2. What is within the head never changes, so that a reader beside the writer needs the lock only
 *    to find it.
 *
 * Owns chunks and batch records. One thread at a time, as every journal, but for its readers. */
#include "base/check.h"
#include "journal/chain.h"
#include "journal/ops.h"

#include <pthread.h>
#include <stdlib.h>

enum { CHUNK_SIZE = 256 * 1024, ENTRY_BYTES_MAX = 64 * 1024 * 1024 };

/* Entries one after the other from the front; from the back, where each ends (4 bytes). */
struct chunk {
    uint64_t first_sequence;
    uint32_t entries;
    uint32_t size;
    char *bytes;
};

struct memory {
    struct journal journal; /* must be first */
    struct crypto *crypto;
    struct buffer row;
    struct uin *scope; /* ENTRY_SCOPE_MAX, for decoding */

    pthread_mutex_t lock; /* of all below and the head, where a reader may look */
    struct chunk *chunks;
    uint32_t chunk_count, chunk_cap;
    struct batch *batches;
    size_t batch_cap;
};

static struct memory *memory_of(struct journal *journal)
{
    return (struct memory *)journal;
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

/* Appending ------------------------------------------------------------------------------------ */

static bool keep_draft(struct memory *memory, const struct draft *draft, struct merkle *merkle,
                       struct journal_head *head)
{
    unsigned char leaf[CHAIN_SIZE];
    size_t count = draft_entry_count(draft);
    for (size_t i = 0; i < count; i++) {
        const struct entry *entry = draft_entry(draft, i);
        buffer_clear(&memory->row);
        entry_encode(entry, &memory->row);
        if (!buffer_ok(&memory->row) ||
            !keep_entry(memory, entry->sequence, buffer_slice(&memory->row)))
            return false;
        chain_leaf(memory->crypto, entry->sequence, buffer_slice(&memory->row), leaf);
        merkle_add(merkle, memory->crypto, leaf);
        chain_add_entry(head, memory->crypto, entry, leaf);
    }
    return true;
}

static bool reserve_batch(struct memory *memory)
{
    if (memory->journal.head.batches < memory->batch_cap)
        return true;
    size_t cap = memory->batch_cap ? 2 * memory->batch_cap : 64;
    struct batch *batches = realloc(memory->batches, cap * sizeof *batches);
    if (!batches)
        return false;
    memory->batches = batches;
    memory->batch_cap = cap;
    return true;
}

static void end_batch(struct memory *memory, const struct entry *last, struct merkle *merkle,
                      struct journal_head *head)
{
    struct batch *batch = &memory->batches[head->batches];
    chain_end_batch(head, memory->crypto, merkle, last, batch);
    memory->journal.head = *head;
}

static struct status append(struct journal *journal, const struct draft *draft, struct fault *fault)
{
    struct memory *memory = memory_of(journal);
    struct merkle merkle;
    struct journal_head head = journal->head;
    merkle_init(&merkle);
    pthread_mutex_lock(&memory->lock);
    bool kept = reserve_batch(memory) && keep_draft(memory, draft, &merkle, &head);
    if (kept)
        end_batch(memory, draft_entry(draft, draft_entry_count(draft) - 1), &merkle, &head);
    else
        forget_since(memory, journal->head.sequence);
    pthread_mutex_unlock(&memory->lock);
    if (!kept)
        return fault_raise(fault, STATUS_MEMORY, "no memory for more entries");
    return STATUS_DONE;
}

/* Reading -------------------------------------------------------------------------------------- */

static struct status read_entries(struct journal *journal, uint64_t first,
                                  bool (*visit)(void *context, uint64_t sequence,
                                                struct slice bytes),
                                  void *context, struct fault *fault)
{
    (void)fault;
    for (uint64_t sequence = first > 0 ? first : 1; sequence <= journal->head.sequence; sequence++)
        if (!visit(context, sequence, kept_entry(memory_of(journal), sequence)))
            break;
    return STATUS_DONE;
}

struct loading {
    struct memory *memory;
    struct book *book;
    struct fault *fault;
    struct status status;
};

static bool load_entry(void *context, uint64_t sequence, struct slice bytes)
{
    struct loading *loading = context;
    struct entry entry;
    CHECK(entry_decode(sequence, bytes, loading->memory->scope, ENTRY_SCOPE_MAX, &entry));
    loading->status = book_apply(loading->book, &entry, loading->fault);
    return status_ok(loading->status);
}

static struct status load(struct journal *journal, struct book *book, struct fault *fault)
{
    struct loading loading = {memory_of(journal), book, fault, STATUS_DONE};
    TRY(read_entries(journal, 1, load_entry, &loading, fault));
    return loading.status;
}

static void note_changes(struct journal *journal, const struct draft *draft,
                         const struct book *book)
{
    (void)journal;
    (void)draft;
    (void)book;
}

static struct status checkpoint(struct journal *journal, const struct book *book, uint32_t rows_max,
                                struct fault *fault, bool *ret_more)
{
    (void)journal;
    (void)book;
    (void)rows_max;
    (void)fault;
    *ret_more = false;
    return STATUS_DONE;
}

/* There are no files, and the book keeps all requests. */
static struct status tend(struct journal *journal, const struct book *book, struct fault *fault)
{
    (void)journal;
    (void)book;
    (void)fault;
    return STATUS_DONE;
}

static struct status finish(struct journal *journal, struct fault *fault)
{
    (void)journal;
    (void)fault;
    return STATUS_DONE;
}

/* Beside the writer ---------------------------------------------------------------------------- */

struct reader {
    struct history history; /* must be first */
    struct memory *memory;
};

static struct reader *reader_of(struct history *history)
{
    return (struct reader *)history;
}

static void close_reader(struct history *history)
{
    free(history->scope);
    free(reader_of(history));
}

static struct status begin_snapshot(struct history *history, struct fault *fault)
{
    struct memory *memory = reader_of(history)->memory;
    (void)fault;
    pthread_mutex_lock(&memory->lock);
    history->head = memory->journal.head;
    pthread_mutex_unlock(&memory->lock);
    return STATUS_DONE;
}

static void end_snapshot(struct history *history)
{
    (void)history;
}

static struct status find_entry(struct history *history, uint64_t sequence, struct fault *fault,
                                struct slice *ret_bytes)
{
    struct memory *memory = reader_of(history)->memory;
    (void)fault;
    pthread_mutex_lock(&memory->lock);
    *ret_bytes = kept_entry(memory, sequence);
    pthread_mutex_unlock(&memory->lock);
    return STATUS_DONE;
}

static struct status find_batch(struct history *history, uint64_t number, struct fault *fault,
                                struct batch *ret_batch)
{
    struct memory *memory = reader_of(history)->memory;
    (void)fault;
    pthread_mutex_lock(&memory->lock);
    *ret_batch = memory->batches[number - 1];
    pthread_mutex_unlock(&memory->lock);
    return STATUS_DONE;
}

static struct status find_request(struct history *history, uint64_t prefix, struct fault *fault,
                                  uint64_t *ret_sequence)
{
    (void)history;
    (void)prefix;
    (void)fault;
    *ret_sequence = 0;
    return STATUS_DONE;
}

/* The kind is an entry's first byte. */
static struct status next_request(struct history *history, uint64_t sequence, struct fault *fault,
                                  uint64_t *ret_sequence)
{
    for (struct slice bytes; sequence <= history->head.sequence; sequence++) {
        TRY(find_entry(history, sequence, fault, &bytes));
        if ((unsigned char)bytes.at[0] == ENTRY_REQUEST)
            break;
    }
    *ret_sequence = sequence;
    return STATUS_DONE;
}

static const struct history_ops reader_ops = {
    .close = close_reader,
    .begin = begin_snapshot,
    .end = end_snapshot,
    .entry = find_entry,
    .batch = find_batch,
    .request = find_request,
    .next_request = next_request,
};

static struct status open_reader(struct journal *journal, struct fault *fault,
                                 struct history **ret_history)
{
    struct reader *reader = calloc(1, sizeof *reader);
    struct uin *scope = calloc(ENTRY_SCOPE_MAX, sizeof *scope);
    if (!reader || !scope) {
        free(reader);
        free(scope);
        return fault_raise(fault, STATUS_MEMORY, "no memory for a reader");
    }
    *reader = (struct reader){{.ops = &reader_ops, .scope = scope}, memory_of(journal)};
    *ret_history = &reader->history;
    return STATUS_DONE;
}

/* ---------------------------------------------------------------------------------------------- */

static void close_memory(struct journal *journal)
{
    struct memory *memory = memory_of(journal);
    for (uint32_t i = 0; i < memory->chunk_count; i++)
        free(memory->chunks[i].bytes);
    free(memory->chunks);
    free(memory->batches);
    (void)pthread_mutex_destroy(&memory->lock);
    crypto_free(memory->crypto);
    buffer_done(&memory->row);
    free(memory->scope);
    free(memory);
}

static const struct journal_ops ops = {
    .close = close_memory,
    .load = load,
    .append = append,
    .note_changes = note_changes,
    .checkpoint = checkpoint,
    .tend = tend,
    .finish = finish,
    .read = read_entries,
    .history = open_reader,
};

struct journal *journal_open_memory(void)
{
    struct memory *memory = calloc(1, sizeof *memory);
    if (!memory)
        return NULL;
    memory->journal.ops = &ops;
    memory->crypto = crypto_new();
    memory->scope = calloc(ENTRY_SCOPE_MAX, sizeof *memory->scope);
    buffer_init(&memory->row, ENTRY_BYTES_MAX);
    CHECK(pthread_mutex_init(&memory->lock, NULL) == 0);
    if (memory->crypto && memory->scope)
        return &memory->journal;
    close_memory(&memory->journal);
    return NULL;
}
