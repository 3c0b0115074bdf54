/* A journal in memory, for the demo and for tests: the same chain, nothing on a disk.
 *
 * 1. Entries are kept as their canonical bytes in chunks that never move, so that reading them is
 *    the same as in a stored journal. They cost their bytes and four more each, for ever.
 *
 * Owns the chunks. One thread at a time, as every journal. */
#include "base/check.h"
#include "journal/chain.h"
#include "journal/ops.h"

#include <stdlib.h>

enum { CHUNK_SIZE = 256 * 1024, ENTRY_BYTES_MAX = 64 * 1024 * 1024 };

/* Entries one after the other: length (4 bytes), canonical bytes. */
struct chunk {
    struct chunk *next;
    uint64_t first_sequence;
    uint32_t entries;
    size_t used;
    size_t size;
    char bytes[];
};

struct memory {
    struct journal journal; /* must be first */
    struct crypto *crypto;
    struct buffer row;
    struct uin *scope; /* ENTRY_SCOPE_MAX, for decoding */
    struct chunk *first;
    struct chunk *last;
};

static struct memory *memory_of(struct journal *journal)
{
    return (struct memory *)journal;
}

static bool add_chunk(struct memory *memory, uint64_t first_sequence, size_t need)
{
    size_t size = need > CHUNK_SIZE ? need : CHUNK_SIZE;
    struct chunk *chunk = malloc(sizeof *chunk + size);
    if (!chunk)
        return false;
    *chunk = (struct chunk){.first_sequence = first_sequence, .size = size};
    if (memory->last)
        memory->last->next = chunk;
    else
        memory->first = chunk;
    memory->last = chunk;
    return true;
}

static bool keep_entry(struct memory *memory, uint64_t sequence, struct slice bytes)
{
    uint32_t len = (uint32_t)bytes.len;
    size_t need = sizeof len + bytes.len;
    if ((!memory->last || memory->last->size - memory->last->used < need) &&
        !add_chunk(memory, sequence, need))
        return false;
    struct chunk *chunk = memory->last;
    memcpy(chunk->bytes + chunk->used, &len, sizeof len);
    memcpy(chunk->bytes + chunk->used + sizeof len, bytes.at, bytes.len);
    chunk->used += need;
    chunk->entries++;
    return true;
}

/* Where the kept entries end, to go back to when a batch does not fit. */
struct place {
    struct chunk *last;
    uint32_t entries;
    size_t used;
};

static void forget_since(struct memory *memory, const struct place *place)
{
    struct chunk *chunk = place->last ? place->last->next : memory->first;
    while (chunk) {
        struct chunk *next = chunk->next;
        free(chunk);
        chunk = next;
    }
    memory->last = place->last;
    if (!place->last) {
        memory->first = NULL;
        return;
    }
    place->last->next = NULL;
    place->last->entries = place->entries;
    place->last->used = place->used;
}

static bool keep_draft(struct memory *memory, const struct draft *draft, struct merkle *merkle)
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
    }
    return true;
}

static struct status append(struct journal *journal, const struct draft *draft, struct fault *fault)
{
    struct memory *memory = memory_of(journal);
    struct place place = {memory->last, 0, 0};
    struct merkle merkle;
    unsigned char root[CHAIN_SIZE];
    if (place.last)
        place = (struct place){place.last, place.last->entries, place.last->used};
    merkle_init(&merkle);
    if (!keep_draft(memory, draft, &merkle)) {
        forget_since(memory, &place);
        return fault_raise(fault, STATUS_FULL, "no memory for more entries");
    }
    const struct entry *last = draft_entry(draft, draft_entry_count(draft) - 1);
    merkle_root(&merkle, memory->crypto, root);
    chain_advance(&journal->head, memory->crypto, root, last->sequence, last->time_us);
    return STATUS_DONE;
}

static struct slice next_entry(const struct chunk *chunk, size_t *at)
{
    uint32_t len;
    memcpy(&len, chunk->bytes + *at, sizeof len);
    struct slice bytes = slice_of(chunk->bytes + *at + sizeof len, len);
    *at += sizeof len + len;
    return bytes;
}

static struct status read_entries(struct journal *journal, uint64_t first,
                                  bool (*visit)(void *context, uint64_t sequence,
                                                struct slice bytes),
                                  void *context, struct fault *fault)
{
    (void)fault;
    for (const struct chunk *chunk = memory_of(journal)->first; chunk; chunk = chunk->next) {
        size_t at = 0;
        if (chunk->first_sequence + chunk->entries <= first)
            continue;
        for (uint32_t i = 0; i < chunk->entries; i++) {
            struct slice bytes = next_entry(chunk, &at);
            if (chunk->first_sequence + i >= first &&
                !visit(context, chunk->first_sequence + i, bytes))
                return STATUS_DONE;
        }
    }
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

static void close_memory(struct journal *journal)
{
    struct memory *memory = memory_of(journal);
    forget_since(memory, &(struct place){NULL, 0, 0});
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
    .read = read_entries,
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
    if (memory->crypto && memory->scope)
        return &memory->journal;
    close_memory(&memory->journal);
    return NULL;
}
