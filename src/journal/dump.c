/* Dumps: written from a folder, loaded into one, verified (dump.h).
 *
 * 1. What is written was proved in the same pass: entries against their batch, batches against the
 *    chain.
 * 2. A journal is loaded in one transaction: all of it is there, or nothing. Until it is there, the
 *    folder is marked as unfinished (store/unfinished.h).
 *
 * Owns what it opens, for one call. Any thread. */
#include "journal/dump.h"

#include "base/check.h"
#include "journal/dump_entry.h"
#include "journal/dump_read.h"
#include "journal/replay.h"
#include "store/parts.h"
#include "store/unfinished.h"

#include <stdlib.h>

enum { PIECE_BYTES = 256 * 1024, PROGRESS_EVERY = 65536 };

/* Writing -------------------------------------------------------------------------------------- */

struct dumping {
    const struct dump_sink *sink;
    void (*progress)(void *context, uint64_t done, uint64_t all);
    void *context;
    uint64_t all;
    struct buffer text;
    struct buffer entries; /* lines of the batch at hand: not proved yet */
};

static struct status flush(struct dumping *dumping, struct fault *fault)
{
    if (!buffer_ok(&dumping->text))
        return fault_raise(fault, STATUS_MEMORY, "no memory for the dump");
    TRY(dumping->sink->write(dumping->sink->context, buffer_slice(&dumping->text), fault));
    buffer_clear(&dumping->text);
    return STATUS_DONE;
}

static struct status see_entry(void *context, const struct entry *entry, const unsigned char *leaf,
                               struct fault *fault)
{
    struct dumping *dumping = context;
    dump_entry_print(entry, leaf, &dumping->entries);
    buffer_char(&dumping->entries, '\n');
    if (!buffer_ok(&dumping->entries))
        return fault_raise(fault, STATUS_MEMORY, "no memory for the dump");
    if (dumping->progress && entry->sequence % PROGRESS_EVERY == 0)
        dumping->progress(dumping->context, entry->sequence, dumping->all);
    return STATUS_DONE;
}

static struct status see_batch(void *context, const struct batch *batch, struct fault *fault)
{
    struct dumping *dumping = context;
    buffer_append(&dumping->text, buffer_slice(&dumping->entries));
    buffer_clear(&dumping->entries);
    dump_batch_print(batch, &dumping->text);
    buffer_char(&dumping->text, '\n');
    return dumping->text.len >= PIECE_BYTES ? flush(dumping, fault) : STATUS_DONE;
}

static struct status write_all(struct dumping *dumping, struct journal *journal, struct book *book,
                               struct fault *fault)
{
    const struct replay_visitor visitor = {
        .entry = see_entry, .batch = see_batch, .context = dumping};
    const struct journal_head start = {0};
    dump_version_print(&dumping->text);
    buffer_char(&dumping->text, '\n');
    TRY_WRAP(replay(journal, &start, book, &visitor, fault), fault, "%s", journal->store->name);
    dump_head_print(&journal->store->head, &dumping->text);
    buffer_char(&dumping->text, '\n');
    return flush(dumping, fault);
}

struct status journal_dump(const char *folder, const struct dump_sink *sink,
                           void (*progress)(void *context, uint64_t done, uint64_t all),
                           void *context, struct fault *fault, struct verify_report *ret_report)
{
    const struct journal_options options = {.read_only = true};
    struct journal *journal = NULL;
    TRY(journal_open(folder, &options, fault, &journal));
    struct dumping dumping = {.sink = sink,
                              .progress = progress,
                              .context = context,
                              .all = journal->store->head.sequence};
    struct book *book = book_new(journal->store->head.sequence);
    buffer_init(&dumping.text, SIZE_MAX);
    buffer_init(&dumping.entries, SIZE_MAX);
    struct status status = book ? write_all(&dumping, journal, book, fault)
                                : fault_raise(fault, STATUS_MEMORY, "no memory for the book");
    if (status_ok(status))
        *ret_report =
            (struct verify_report){journal->store->head, journal->store->head.sequence,
                                   book_organisation_count(book), book_member_count(book)};
    buffer_done(&dumping.text);
    buffer_done(&dumping.entries);
    book_free(book);
    journal_close(journal);
    return status;
}

/* Loading -------------------------------------------------------------------------------------- */

static struct status keep_entry(void *context, const struct entry *entry, struct slice bytes,
                                const unsigned char *leaf, struct fault *fault)
{
    struct store *store = context;
    const struct store_entry row = journal_row_of(entry, bytes, leaf);
    return store->ops->add(store, &row, fault);
}

static struct status keep_batch(void *context, const struct batch *batch, struct fault *fault)
{
    struct store *store = context;
    return store->ops->end_batch(store, batch, fault);
}

static struct status load(const char *path, struct store *store, struct dump_visitor *visitor,
                          struct fault *fault, struct verify_report *ret_report)
{
    visitor->entry = keep_entry;
    visitor->batch = keep_batch;
    visitor->context = store;
    TRY(store->ops->begin(store, fault));
    TRY(dump_read(path, visitor, fault, ret_report));
    return store->ops->commit(store, fault);
}

struct status journal_load_dump(const char *path, const char *folder,
                                void (*progress)(void *context, uint64_t done, uint64_t all),
                                void *context, struct fault *fault,
                                struct verify_report *ret_report)
{
    const struct journal_options options = {.create = true, .maker = "load"};
    struct dump_visitor visitor = {.progress = progress, .progress_context = context};
    struct journal *journal = NULL;
    if (!unfinished_is(folder))
        TRY(parts_check_absent(folder, fault));
    TRY(journal_open(folder, &options, fault, &journal));
    struct status status = load(path, journal->store, &visitor, fault, ret_report);
    journal_close(journal);
    if (status_ok(status))
        status = journal_made(folder, fault);
    if (!status_ok(status))
        parts_remove(folder);
    return status;
}

struct status journal_verify_dump(const char *path,
                                  void (*progress)(void *context, uint64_t done, uint64_t all),
                                  void *context, struct fault *fault,
                                  struct verify_report *ret_report)
{
    const struct dump_visitor visitor = {.progress = progress, .progress_context = context};
    return dump_read(path, &visitor, fault, ret_report);
}
