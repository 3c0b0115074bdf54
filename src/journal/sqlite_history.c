/* The reader of a SQLite journal's entries (history.h): a connection of its own, read-only, whose
 * snapshots begin and end with history_begin and history_end.
 *
 * 1. SQLite shows another connection's transaction only after its sync, so that nothing is read
 *    before it is durable.
 * 2. A statement that gave a row stands on it until the next call, because the row's bytes were
 *    handed out.
 *
 * Owns the connection. One thread at a time. */
#include "base/check.h"
#include "journal/store.h"

#include <inttypes.h>
#include <stdlib.h>

struct reader {
    struct history history; /* must be first */
    struct store *store;
};

static struct reader *reader_of(struct history *history)
{
    return (struct reader *)history;
}

static void close_reader(struct history *history)
{
    struct reader *reader = reader_of(history);
    store_free(reader->store);
    free(reader);
}

static void end_snapshot(struct history *history)
{
    struct store *store = reader_of(history)->store;
    store_reset(store, SQL_ENTRIES_AT);
    /* Nothing was written, so that nothing can be lost. */
    struct status status = store_run(store, SQL_END_READING, NULL);
    (void)status;
}

static struct status begin_snapshot(struct history *history, struct fault *fault)
{
    struct store *store = reader_of(history)->store;
    TRY_WRAP(store_run(store, SQL_BEGIN_READING, fault), fault, "%s", store->path);
    struct status status = store_read_head(store, fault, &history->head);
    if (status_ok(status))
        return STATUS_DONE;
    end_snapshot(history);
    return fault_wrap(fault, status, "%s", store->path);
}

/* Passes over the row's entries before the one asked for; false when it is not there. */
static bool find_in_row(struct store *store, uint64_t sequence, struct slice *ret_bytes)
{
    uint64_t first = store_number(store, SQL_ENTRIES_AT, 0);
    struct row row = row_of(first, store_bytes(store, SQL_ENTRIES_AT, 1));
    bool found = true;
    while (found && row.next <= sequence)
        found = row_take(&row, ret_bytes);
    return found;
}

static struct status read_entry(struct history *history, uint64_t sequence, struct fault *fault,
                                struct slice *ret_bytes)
{
    struct store *store = reader_of(history)->store;
    bool row = false;
    store_reset(store, SQL_ENTRIES_AT);
    store_bind(store, SQL_ENTRIES_AT, 1, sequence);
    TRY_WRAP(store_step(store, SQL_ENTRIES_AT, fault, &row), fault, "%s", store->path);
    if (!row || !find_in_row(store, sequence, ret_bytes))
        return fault_raise(fault, STATUS_CORRUPT, "%s: entry %" PRIu64 " is missing", store->path,
                           sequence);
    return STATUS_DONE;
}

static struct status read_batch(struct history *history, uint64_t number, struct fault *fault,
                                struct batch *ret_batch)
{
    struct store *store = reader_of(history)->store;
    TRY_WRAP(store_find_batch(store, number, fault, ret_batch), fault, "%s", store->path);
    return STATUS_DONE;
}

static struct status find_request(struct history *history, uint64_t prefix, struct fault *fault,
                                  uint64_t *ret_sequence)
{
    struct store *store = reader_of(history)->store;
    TRY_WRAP(runs_search(store, prefix, fault, ret_sequence), fault, "%s", store->path);
    return STATUS_DONE;
}

static struct status next_request(struct history *history, uint64_t sequence, struct fault *fault,
                                  uint64_t *ret_sequence)
{
    struct store *store = reader_of(history)->store;
    bool row = false;
    store_bind(store, SQL_NEXT_REQUEST, 1, sequence);
    struct status status = store_step(store, SQL_NEXT_REQUEST, fault, &row);
    *ret_sequence = row ? store_number(store, SQL_NEXT_REQUEST, 0) : 0;
    store_reset(store, SQL_NEXT_REQUEST);
    TRY_WRAP(status, fault, "%s", store->path);
    return STATUS_DONE;
}

static const struct history_ops ops = {
    .close = close_reader,
    .begin = begin_snapshot,
    .end = end_snapshot,
    .entry = read_entry,
    .batch = read_batch,
    .request = find_request,
    .next_request = next_request,
};

struct status store_history(struct journal *journal, struct fault *fault,
                            struct history **ret_history)
{
    struct reader *reader = calloc(1, sizeof *reader);
    if (!reader)
        return fault_raise(fault, STATUS_MEMORY, "no memory for a reader");
    reader->history.ops = &ops;
    struct status status = store_open_reader(store_of(journal)->path, fault, &reader->store);
    if (!status_ok(status)) {
        free(reader);
        return status;
    }
    reader->history.scope = reader->store->scope;
    *ret_history = &reader->history;
    return STATUS_DONE;
}
