/* The journal as the rooms above see it: opened on a store, closed, asked.
 *
 * Owns the journal and its store. Threads: as journal.h says of each function. */
#include "journal/journal.h"

#include "base/check.h"
#include "journal/state.h"
#include "store/unfinished.h"

#include <inttypes.h>
#include <stdlib.h>

enum { ROW_BYTES_MAX = 64 * 1024 * 1024 };

void journal_close(struct journal *journal)
{
    if (!journal)
        return;
    journal->store->ops->close(journal->store);
    crypto_free(journal->crypto);
    buffer_done(&journal->row);
    buffer_done(&journal->pass.organisations);
    changes_done(&journal->members);
    changes_done(&journal->organisations);
    changes_done(&journal->pass.members);
    runs_done(&journal->runs);
    free(journal->scope);
    free(journal);
}

struct status journal_on(struct store *store, uint32_t requests_due, struct fault *fault,
                         struct journal **ret_journal)
{
    struct journal *journal = calloc(1, sizeof *journal);
    if (!journal) {
        store->ops->close(store);
        return fault_raise(fault, STATUS_MEMORY, "no memory for the journal");
    }
    journal->store = store;
    journal->crypto = crypto_new();
    journal->scope = calloc(ENTRY_SCOPE_MAX, sizeof *journal->scope);
    journal->loaded = store->head.sequence == 0;
    buffer_init(&journal->row, ROW_BYTES_MAX);
    buffer_init(&journal->pass.organisations, ROW_BYTES_MAX);
    runs_init(journal, requests_due);
    if (!journal->crypto || !journal->scope) {
        journal_close(journal);
        return fault_raise(fault, STATUS_MEMORY, "no memory for the journal");
    }
    *ret_journal = journal;
    return STATUS_DONE;
}

struct status journal_open(const char *folder, const struct journal_options *options,
                           struct fault *fault, struct journal **ret_journal)
{
    const struct store_options how = {.create = options->create,
                                      .maker = options->maker,
                                      .read_only = options->read_only,
                                      .unfinished = options->unfinished,
                                      .wal_pages_max = options->wal_pages_max};
    struct store *store = NULL;
    TRY(store_open(folder, &how, fault, &store));
    return journal_on(store, options->requests_due, fault, ret_journal);
}

struct status journal_made(const char *folder, struct fault *fault)
{
    return unfinished_end(folder, fault);
}

struct journal *journal_open_memory(void)
{
    struct store *store = store_open_memory();
    struct journal *journal = NULL;
    return store && status_ok(journal_on(store, 0, NULL, &journal)) ? journal : NULL;
}

uint64_t journal_tail(const struct journal *journal)
{
    return journal->store->head.sequence - journal->mark.sequence;
}

bool journal_is_checkpointing(const struct journal *journal)
{
    return journal->pass.running;
}

struct status journal_finish(struct journal *journal, struct fault *fault)
{
    return journal->store->ops->finish(journal->store, fault);
}

void journal_head(const struct journal *journal, struct journal_head *ret_head)
{
    *ret_head = journal->store->head;
}

static struct status visit_entries(struct store *store, uint64_t expected,
                                   bool (*visit)(void *context, uint64_t sequence,
                                                 struct slice bytes),
                                   void *context, struct fault *fault)
{
    for (bool more = true; more; expected++) {
        struct store_row row;
        bool found = false;
        TRY(store->ops->rows_next(store, STORE_ENTRIES, fault, &found, &row));
        if (!found && expected > store->head.sequence)
            break;
        if (!found || row.numbers[0] != expected)
            return fault_raise(fault, STATUS_CORRUPT, "entry %" PRIu64 " is missing", expected);
        more = visit(context, expected, row.body);
    }
    return STATUS_DONE;
}

struct status journal_read(struct journal *journal, uint64_t first,
                           bool (*visit)(void *context, uint64_t sequence, struct slice bytes),
                           void *context, struct fault *fault)
{
    struct store *store = journal->store;
    uint64_t from = first > 0 ? first : 1;
    store->ops->rows_begin(store, STORE_ENTRIES, from, UINT64_MAX);
    struct status status = visit_entries(store, from, visit, context, fault);
    store->ops->rows_end(store, STORE_ENTRIES);
    return status;
}
