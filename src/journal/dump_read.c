/* Reading a dump (dump_read.h).
 *
 * 1. A line is believed when it is the one way to write what it says, when that is lawful, and when
 *    it hashes to its own leaf. Whether it is the entry that was written is known at the end of its
 *    batch, by the root and the chain.
 * 2. A dump without its last line is a part of one, and refused.
 *
 * Owns the book and the memory of one call. Any thread. */
#include "journal/dump_read.h"

#include "base/check.h"
#include "journal/chain.h"
#include "journal/dump_entry.h"
#include "sys/lines.h"

#include <inttypes.h>
#include <stdlib.h>

enum { PROGRESS_EVERY = 65536, ARENA_BYTES = 1 << 20, ARENA_BYTES_MAX = 64 << 20 };

struct reading {
    const struct dump_visitor *visitor;
    struct lines *lines;
    struct arena arena; /* of the line at hand */
    struct buffer bytes, again;
    struct crypto *crypto;
    struct book *book;
    struct uin *scope;
    struct journal_head head; /* proved so far */
    struct merkle merkle;     /* of the batch at hand */
    bool begun, ended;        /* the first, the last line was seen */
};

/* Lines besides entries ------------------------------------------------------------------------ */

void dump_version_print(struct buffer *out)
{
    struct json_writer writer;
    json_writer_init(&writer, out);
    json_open_object(&writer);
    field_u64(&writer, "bursar_dump", DUMP_VERSION);
    json_close_object(&writer);
}

void dump_batch_print(const struct batch *batch, struct buffer *out)
{
    struct json_writer writer;
    json_writer_init(&writer, out);
    json_open_object(&writer);
    field_u64(&writer, "batch", batch->number);
    field_u64(&writer, "first", batch->first_sequence);
    field_u64(&writer, "last", batch->last_sequence);
    dump_time_print(&writer, "time", "time_us", batch->time_us);
    field_hash(&writer, "root", batch->root);
    field_tallies(&writer, &batch->registry, &batch->tokens);
    field_hash(&writer, "hash", batch->hash);
    json_close_object(&writer);
}

void dump_head_print(const struct journal_head *head, struct buffer *out)
{
    struct json_writer writer;
    json_writer_init(&writer, out);
    json_open_object(&writer);
    field_u64(&writer, "head", head->sequence);
    field_u64(&writer, "batches", head->batches);
    dump_time_print(&writer, "time", "time_us", head->time_us);
    field_hash(&writer, "hash", head->hash);
    json_close_object(&writer);
}

/* One line ------------------------------------------------------------------------------------- */

static struct status corrupt(struct fault *fault, const char *why)
{
    return fault_raise(fault, STATUS_CORRUPT, "%s", why);
}

/* Is the line what `again` says it must be? */
static struct status check_again(const struct reading *reading, struct slice line,
                                 struct fault *fault)
{
    if (!buffer_ok(&reading->again))
        return fault_raise(fault, STATUS_MEMORY, "no memory for a line");
    if (!slice_equal(line, buffer_slice(&reading->again)))
        return corrupt(fault, "it was edited: this is not how it would be written");
    return STATUS_DONE;
}

/* Canonical bytes of a lawful entry that is the next one. */
static struct status encode(struct reading *reading, const struct entry *entry, struct fault *fault)
{
    uint64_t next = reading->head.sequence + reading->merkle.leaves + 1;
    if (entry->sequence != next)
        return fault_raise(fault, STATUS_CORRUPT, "entry %" PRIu64 " is missing", next);
    if (!entry_is_valid(entry))
        return corrupt(fault, "no such entry can be");
    buffer_clear(&reading->bytes);
    entry_encode(entry, &reading->bytes);
    if (!buffer_ok(&reading->bytes))
        return fault_raise(fault, STATUS_MEMORY, "no memory for an entry");
    return STATUS_DONE;
}

/* What the bytes mean, written again, must be the line. */
static struct status prove_entry(struct reading *reading, struct slice line,
                                 const struct entry *entry, const unsigned char *leaf,
                                 struct fault *fault)
{
    unsigned char computed[CHAIN_SIZE];
    struct entry again;
    TRY(encode(reading, entry, fault));
    struct slice bytes = buffer_slice(&reading->bytes);
    chain_leaf(reading->crypto, entry->sequence, bytes, computed);
    if (memcmp(leaf, computed, CHAIN_SIZE) != 0)
        return corrupt(fault, "it was changed: it does not hash to its leaf");
    if (!entry_decode(entry->sequence, bytes, reading->scope, ENTRY_SCOPE_MAX, &again))
        return corrupt(fault, "no such entry can be");
    buffer_clear(&reading->again);
    dump_entry_print(&again, leaf, &reading->again);
    TRY(check_again(reading, line, fault));
    merkle_add(&reading->merkle, reading->crypto, computed);
    chain_add_entry(&reading->head, reading->crypto, &again, computed);
    TRY(book_apply(reading->book, &again, fault));
    if (reading->visitor->entry)
        TRY(reading->visitor->entry(reading->visitor->context, &again, bytes, leaf, fault));
    return STATUS_DONE;
}

static struct status wrong(const struct strict *strict, struct fault *fault)
{
    if (strict->arena->lack == LACK_MEMORY)
        return fault_raise(fault, STATUS_MEMORY, "no memory for a line");
    return fault_raise(fault, STATUS_INVALID, "it is no line of a dump: %s", strict->wrong);
}

static struct status read_entry(struct reading *reading, struct strict *strict, struct slice line,
                                struct fault *fault)
{
    struct entry entry;
    unsigned char leaf[CHAIN_SIZE];
    dump_entry_parse(strict, &entry, leaf);
    if (!strict_end(strict))
        return wrong(strict, fault);
    TRY(prove_entry(reading, line, &entry, leaf, fault));
    if (reading->visitor->progress && entry.sequence % PROGRESS_EVERY == 0)
        reading->visitor->progress(reading->visitor->progress_context, entry.sequence, 0);
    return STATUS_DONE;
}

static struct status prove_batch(struct reading *reading, const struct batch *batch,
                                 struct fault *fault)
{
    unsigned char root[CHAIN_SIZE];
    const struct journal_head *head = &reading->head;
    if (reading->merkle.leaves == 0 || batch->number != head->batches + 1 ||
        batch->first_sequence != head->sequence + 1 ||
        batch->last_sequence != head->sequence + reading->merkle.leaves)
        return fault_raise(
            fault, STATUS_CORRUPT,
            "it is not the end of batch %" PRIu64 " with entries %" PRIu64 " to %" PRIu64,
            head->batches + 1, head->sequence + 1, head->sequence + reading->merkle.leaves);
    merkle_root(&reading->merkle, reading->crypto, root);
    if (memcmp(root, batch->root, CHAIN_SIZE) != 0)
        return corrupt(fault, "the entries before it are not those that were written");
    chain_advance(&reading->head, reading->crypto, root, batch->last_sequence, batch->time_us);
    if (memcmp(reading->head.hash, batch->hash, CHAIN_SIZE) != 0 ||
        batch->time_us != book_time_us(reading->book) ||
        !chain_same_tally(&batch->registry, &reading->head.registry) ||
        !chain_same_tally(&batch->tokens, &reading->head.tokens))
        return corrupt(fault, "it is not the batch that was written: the hash chain is broken");
    merkle_init(&reading->merkle);
    if (reading->visitor->batch)
        return reading->visitor->batch(reading->visitor->context, batch, fault);
    return STATUS_DONE;
}

static struct status read_batch(struct reading *reading, struct strict *strict, struct slice line,
                                struct fault *fault)
{
    struct batch batch = {.number = strict_u64(strict, "batch")};
    batch.first_sequence = strict_u64(strict, "first");
    batch.last_sequence = strict_u64(strict, "last");
    batch.time_us = dump_time_parse(strict, "time", "time_us");
    strict_hex(strict, "root", batch.root, CHAIN_SIZE);
    strict_tallies(strict, &batch.registry, &batch.tokens);
    strict_hex(strict, "hash", batch.hash, CHAIN_SIZE);
    strict_close_object(strict);
    if (!strict_end(strict))
        return wrong(strict, fault);
    buffer_clear(&reading->again);
    dump_batch_print(&batch, &reading->again);
    TRY(check_again(reading, line, fault));
    return prove_batch(reading, &batch, fault);
}

static struct status read_head(struct reading *reading, struct slice line, struct fault *fault)
{
    if (reading->merkle.leaves > 0)
        return corrupt(fault, "the end of the last batch is missing");
    buffer_clear(&reading->again);
    dump_head_print(&reading->head, &reading->again);
    if (!slice_equal(line, buffer_slice(&reading->again)))
        return corrupt(fault, "it is not the head of the batches before it");
    reading->ended = true;
    return STATUS_DONE;
}

static struct status read_version(struct reading *reading, struct slice line, struct fault *fault)
{
    buffer_clear(&reading->again);
    dump_version_print(&reading->again);
    if (!slice_equal(line, buffer_slice(&reading->again)))
        return fault_raise(fault, STATUS_INVALID,
                           "it is not the first line of a dump of bursar (of version %d)",
                           DUMP_VERSION);
    reading->begun = true;
    return STATUS_DONE;
}

static struct status read_line(struct reading *reading, struct slice line, struct fault *fault)
{
    struct strict strict;
    if (!reading->begun)
        return read_version(reading, line, fault);
    if (reading->ended)
        return corrupt(fault, "there is more behind the last line");
    arena_reset(&reading->arena);
    strict_begin(&strict, line, &reading->arena);
    strict_open_object(&strict, NULL);
    if (strict_has(&strict, "entry"))
        return read_entry(reading, &strict, line, fault);
    if (strict_has(&strict, "batch"))
        return read_batch(reading, &strict, line, fault);
    if (strict_has(&strict, "head"))
        return read_head(reading, line, fault);
    strict_fail(&strict, "entry, batch or head is expected");
    return wrong(&strict, fault);
}

/* The file ------------------------------------------------------------------------------------- */

static struct status read_lines(struct reading *reading, const char *path, struct fault *fault)
{
    for (;;) {
        struct slice line = SLICE_NONE;
        bool more = false;
        TRY(lines_next(reading->lines, fault, &more, &line));
        if (!more)
            break;
        TRY_WRAP(read_line(reading, line, fault), fault, "%s, line %" PRIu64, path,
                 lines_number(reading->lines));
    }
    if (!reading->ended)
        return fault_raise(fault, STATUS_CORRUPT,
                           "%s ends behind line %" PRIu64 ", before the last line of the dump",
                           path, lines_number(reading->lines));
    TRY_WRAP(book_check(reading->book, fault), fault, "%s", path);
    return STATUS_DONE;
}

static bool init(struct reading *reading)
{
    buffer_init(&reading->bytes, DUMP_LINE_BYTES_MAX);
    buffer_init(&reading->again, DUMP_LINE_BYTES_MAX);
    merkle_init(&reading->merkle);
    reading->crypto = crypto_new();
    reading->book = book_new(1);
    reading->scope = calloc(ENTRY_SCOPE_MAX, sizeof *reading->scope);
    return arena_init(&reading->arena, ARENA_BYTES, ARENA_BYTES_MAX) && reading->crypto &&
           reading->book && reading->scope;
}

static void done(struct reading *reading)
{
    lines_close(reading->lines);
    arena_done(&reading->arena);
    buffer_done(&reading->bytes);
    buffer_done(&reading->again);
    crypto_free(reading->crypto);
    book_free(reading->book);
    free(reading->scope);
}

struct status dump_read(const char *path, const struct dump_visitor *visitor, struct fault *fault,
                        struct verify_report *ret_report)
{
    struct reading reading = {.visitor = visitor};
    struct status status = STATUS_DONE;
    if (!init(&reading))
        status = fault_raise(fault, STATUS_MEMORY, "no memory to read a dump");
    if (status_ok(status))
        status = lines_open(path, DUMP_LINE_BYTES_MAX, fault, &reading.lines);
    if (status_ok(status))
        status = read_lines(&reading, path, fault);
    if (status_ok(status))
        *ret_report = (struct verify_report){reading.head, reading.head.sequence,
                                             book_organisation_count(reading.book),
                                             book_member_count(reading.book)};
    done(&reading);
    return status;
}
