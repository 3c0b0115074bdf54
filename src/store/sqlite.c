/* A store in a folder: journal.db (SQLite, WAL, synchronous=FULL), `lock`, and the witness `head`.
 * This file opens and closes it, and a reader beside it; sqlite_write.c and sqlite_read.c do the
 * rest.
 *
 * 1. What a writer finds when it opens is synced before anybody sees it.
 * 2. A read-only store holds one snapshot from open to close and takes no lock of the folder.
 * 3. SQLite shows another connection's transaction only after its sync, so that a reader reads
 *    nothing before it is durable.
 *
 * Owns the database handle, its statements, the lock. One thread at a time. */
#include "store/sqlite.h"
#include "base/check.h"
#include "store/parts.h"
#include "store/schema.h"
#include "store/unfinished.h"
#include "store/witness.h"

#include <stdio.h>
#include <stdlib.h>

enum { WAL_PAGES_MAX = 4000, BUSY_MS = 5000 };

/* A page of 8 KiB appends faster than one of 4 and makes no larger commits that matter (ADR 3). The
 * cache is memory's ceiling, not its use. */
static const char pragmas[] = "PRAGMA synchronous = FULL; PRAGMA cache_size = -32768; "
                              "PRAGMA temp_store = MEMORY; PRAGMA cell_size_check = ON";

static void close_store(struct store *base)
{
    struct sqlite_store *store = sqlite_of(base);
    fold_free(store->fold);
    for (int i = 0; i < SQL_COUNT; i++)
        (void)sqlite3_finalize(store->statements[i]);
    (void)sqlite3_close(store->db);
    note_close(&store->witness);
    folder_unlock(&store->lock);
    crypto_free(store->crypto);
    row_writer_done(&store->entries);
    free(store);
}

static struct status tend(struct store *base, struct fault *fault)
{
    struct sqlite_store *store = sqlite_of(base);
    return fold_move(store->fold, store->db, store->wal_pages, fault);
}

static struct status finish(struct store *base, struct fault *fault)
{
    return fold_finish(sqlite_of(base)->fold, sqlite_of(base)->db, fault);
}

static void end_snapshot(struct store *base)
{
    struct sqlite_store *store = sqlite_of(base);
    sql_reset(store, SQL_ENTRIES_AT);
    /* Nothing was written, so that nothing can be lost. */
    struct status status = sql_run(store, SQL_END_READING, NULL);
    (void)status;
}

static struct status begin_snapshot(struct store *base, struct fault *fault)
{
    struct sqlite_store *store = sqlite_of(base);
    TRY(sql_run(store, SQL_BEGIN_READING, fault));
    struct status status = sqlite_read_head(store, fault, &base->head);
    if (!status_ok(status))
        end_snapshot(base);
    return status;
}

static struct status open_reader(struct store *base, struct fault *fault,
                                 struct store **ret_reader);

static const struct store_ops ops = {
    .close = close_store,
    .begin = sqlite_begin,
    .add = sqlite_add,
    .end_batch = sqlite_end_batch,
    .put = sqlite_put,
    .drop = sqlite_drop,
    .commit = sqlite_commit,
    .undo = sqlite_undo,
    .tend = tend,
    .finish = finish,
    .rows_begin = sqlite_rows_begin,
    .rows_next = sqlite_rows_next,
    .rows_end = sqlite_rows_end,
    .find_batch = sqlite_find_batch,
    .find_entry = sqlite_find_entry,
    .find_member = sqlite_find_member,
    .check = sqlite_check,
    .open_reader = open_reader,
    .snapshot_begin = begin_snapshot,
    .snapshot_end = end_snapshot,
};

static int note_wal(void *context, sqlite3 *db, const char *name, int pages)
{
    struct sqlite_store *store = context;
    (void)db;
    (void)name;
    store->wal_pages = (uint32_t)pages;
    return SQLITE_OK;
}

static struct sqlite_store *new_store(const struct store_options *options)
{
    struct sqlite_store *store = calloc(1, sizeof *store);
    if (!store)
        return NULL;
    store->store.ops = &ops;
    store->store.name = store->path;
    store->lock.fd = -1;
    store->witness.fd = -1;
    store->read_only = options->read_only;
    store->crypto = crypto_new();
    row_writer_init(&store->entries);
    if (!store->read_only) {
        uint32_t pages_max = options->wal_pages_max ? options->wal_pages_max : WAL_PAGES_MAX;
        store->fold = fold_new(store->path, pragmas, pages_max);
    }
    if (store->crypto && (store->read_only || store->fold))
        return store;
    close_store(&store->store);
    return NULL;
}

/* A reader sees one state of the database from here on, whatever a server appends meanwhile. */
static struct status open_reading(struct sqlite_store *store, struct fault *fault)
{
    bool is_empty = false;
    TRY(schema_run(store->db, pragmas, fault));
    TRY(schema_run(store->db, "BEGIN", fault));
    return schema_check(store->db, false, fault, &is_empty);
}

/* SQLite answers with the mode it is in, whatever was asked for. */
static int see_mode(void *context, int columns, char **values, char **names)
{
    (void)names;
    *(bool *)context = columns == 1 && values[0] && strcmp(values[0], "wal") == 0;
    return SQLITE_OK;
}

static struct status use_wal(struct sqlite_store *store, struct fault *fault)
{
    bool is_wal = false;
    TRY(schema_run(store->db, "PRAGMA page_size = 8192", fault));
    if (sqlite3_exec(store->db, "PRAGMA journal_mode = WAL", see_mode, &is_wal, NULL) != SQLITE_OK)
        return schema_fault(store->db, fault, "use the database");
    if (!is_wal)
        return fault_raise(fault, STATUS_IO, "the file system cannot hold a write-ahead log");
    return STATUS_DONE;
}

/* A writer that was killed between its last write and the sync has left entries that are there, but
 * not on the disk. Nobody may see them, nor the witness speak of them, before they are. */
static struct status sync_log(struct sqlite_store *store, struct fault *fault)
{
    char path[PATH_MAX];
    int len = snprintf(path, sizeof path, "%s-wal", store->path);
    CHECK(len > 0);
    if (len >= (int)sizeof path || !file_exists(path))
        return STATUS_DONE;
    return file_sync(path, fault);
}

static struct status open_writing(struct sqlite_store *store, bool create, struct fault *fault)
{
    bool is_empty = false;
    TRY(schema_check(store->db, create, fault, &is_empty));
    TRY(use_wal(store, fault));
    TRY(schema_run(store->db, pragmas, fault));
    (void)sqlite3_wal_hook(store->db, note_wal, store);
    if (is_empty)
        TRY(schema_make(store->db, fault));
    return sync_log(store, fault);
}

static struct status open_database(struct sqlite_store *store, bool create, struct fault *fault)
{
    TRY(schema_open(store->path, !store->read_only, fault, &store->db));
    (void)sqlite3_busy_timeout(store->db, BUSY_MS);
    if (store->read_only)
        return open_reading(store, fault);
    return open_writing(store, create, fault);
}

/* In no snapshot yet. */
static struct status open_reader(struct store *base, struct fault *fault, struct store **ret_reader)
{
    const struct store_options options = {.read_only = true};
    struct sqlite_store *store = new_store(&options);
    if (!store)
        return fault_raise(fault, STATUS_MEMORY, "no memory for a reader");
    (void)snprintf(store->path, sizeof store->path, "%s", sqlite_of(base)->path);
    struct status status = open_database(store, false, fault);
    if (status_ok(status))
        status = sql_prepare(store, fault);
    if (status_ok(status))
        status = sql_run(store, SQL_END_READING, fault);
    if (!status_ok(status)) {
        close_store(&store->store);
        return fault_wrap(fault, status, "%s", base->name);
    }
    *ret_reader = &store->store;
    return STATUS_DONE;
}

/* Is the database the one the witness saw, at that time or later? */
static struct status compare_witness(struct sqlite_store *store, const struct journal_head *seen,
                                     const char *folder, struct fault *fault)
{
    struct batch then = {0};
    if (seen->sequence > store->store.head.sequence || seen->batches > store->store.head.batches)
        return fault_raise(
            fault, STATUS_CORRUPT,
            "entry %llu was durable once, but the database ends at entry %llu: it was put back to "
            "an older state. Put the newest journal.db and journal.db-wal back. If the entries "
            "since are to be given up, delete %s/head",
            (unsigned long long)seen->sequence, (unsigned long long)store->store.head.sequence,
            folder);
    if (seen->batches > 0)
        TRY(sqlite_find_batch(&store->store, seen->batches, fault, &then));
    if (then.last_sequence == seen->sequence &&
        memcmp(then.hash, seen->hash, sizeof then.hash) == 0)
        return STATUS_DONE;
    return fault_raise(fault, STATUS_CORRUPT,
                       "the entries up to %llu are not those that %s/head has seen: the history "
                       "was changed, or these are parts of two journals",
                       (unsigned long long)seen->sequence, folder);
}

/* Without a database there is nothing to open; with a witness of one there is nothing to create. */
static struct status find_database(struct sqlite_store *store, const char *folder, bool create,
                                   const struct journal_head *seen, struct fault *fault)
{
    if (file_exists(store->path))
        return STATUS_DONE;
    if (seen->sequence > 0)
        return fault_raise(fault, STATUS_CORRUPT,
                           "%s is missing, but %s/head says that it held %llu entries: put it back",
                           store->path, folder, (unsigned long long)seen->sequence);
    if (!create)
        return fault_raise(fault, STATUS_NOT_FOUND,
                           "there is no journal in %s: `bursar init --data %s` makes one", folder,
                           folder);
    return file_replace(store->path, SLICE_NONE, 0600, fault);
}

static struct status own_folder(struct sqlite_store *store, const char *folder, bool create,
                                struct fault *fault)
{
    if (create)
        TRY(folder_create(folder, fault));
    else if (!file_exists(folder))
        return fault_raise(fault, STATUS_NOT_FOUND, "there is no folder %s", folder);
    return folder_lock(folder, &store->lock, fault);
}

/* The mark is there before anything else of a new journal. */
static struct status make_or_refuse(const char *folder, const struct store_options *options,
                                    struct fault *fault)
{
    if (!options->create)
        return options->unfinished ? STATUS_DONE : unfinished_refuse(folder, fault);
    if (unfinished_is(folder))
        parts_remove(folder);
    if (!options->maker)
        return STATUS_DONE;
    struct status absent = parts_check_absent(folder, NULL);
    return status_ok(absent) ? unfinished_begin(folder, options->maker, fault) : STATUS_DONE;
}

/* The first line is synced with its name (witness.h, which says why). */
static struct status keep_witness(struct sqlite_store *store, const char *path, bool witnessed,
                                  struct fault *fault)
{
    char line[WITNESS_LINE_SIZE];
    witness_print(&store->store.head, store->crypto, line);
    if (!witnessed)
        TRY(file_replace(path, slice_of(line, sizeof line), 0600, fault));
    TRY(note_open(path, &store->witness, fault));
    sqlite_write_witness(store);
    return STATUS_DONE;
}

/* SQLite opens these by name. (Its SQLITE_OPEN_NOFOLLOW would refuse a link anywhere in the path,
 * so also a data folder on a volume that a link leads to.) Nobody else writes to a folder that is
 * owned (folder_lock), so what is looked at here is what is opened. */
static struct status check_parts(const char *folder, struct fault *fault)
{
    static const char *const names[] = {"journal.db", "journal.db-wal", "journal.db-shm",
                                        "journal.db-journal", "head"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[PATH_MAX];
        TRY(parts_path(folder, names[i], fault, path));
        TRY(file_refuse_link(path, fault));
    }
    return STATUS_DONE;
}

/* The witness is read before the database: a server that appends meanwhile only moves the database
 * further ahead of it. */
static struct status open_store(struct sqlite_store *store, const char *folder,
                                const struct store_options *options, struct fault *fault)
{
    bool create = options->create;
    char witness_path[PATH_MAX];
    struct journal_head seen = {0};
    TRY(parts_path(folder, "journal.db", fault, store->path));
    TRY(parts_path(folder, "head", fault, witness_path));
    if (!store->read_only)
        TRY(own_folder(store, folder, create, fault));
    TRY(check_parts(folder, fault));
    TRY(make_or_refuse(folder, options, fault));
    bool witnessed = false;
    TRY(witness_read(witness_path, store->crypto, fault, &witnessed, &seen));
    TRY(find_database(store, folder, create, &seen, fault));
    TRY_WRAP(open_database(store, create, fault), fault, "%s", store->path);
    TRY_WRAP(sql_prepare(store, fault), fault, "%s", store->path);
    TRY_WRAP(sqlite_read_head(store, fault, &store->store.head), fault, "%s", store->path);
    if (witnessed)
        TRY_WRAP(compare_witness(store, &seen, folder, fault), fault, "%s", store->path);
    if (create && store->store.head.sequence > 0)
        return fault_raise(fault, STATUS_EXISTS, "there is a journal in %s already", folder);
    if (store->read_only)
        return STATUS_DONE;
    return keep_witness(store, witness_path, witnessed, fault);
}

struct status store_open(const char *folder, const struct store_options *options,
                         struct fault *fault, struct store **ret_store)
{
    CHECK(!(options->create && options->read_only));
    struct sqlite_store *store = new_store(options);
    if (!store)
        return fault_raise(fault, STATUS_MEMORY, "no memory for the journal");
    struct status status = open_store(store, folder, options, fault);
    if (!status_ok(status)) {
        close_store(&store->store);
        return status;
    }
    *ret_store = &store->store;
    return STATUS_DONE;
}
