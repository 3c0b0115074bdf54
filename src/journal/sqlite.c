/* A journal in a folder: journal.db (SQLite, WAL, synchronous=FULL), `lock`, and the witness
 * `head`. This file opens and closes it and reads entries; append.c adds to it.
 *
 * 1. What a writer finds when it opens is synced before anybody sees it.
 * 2. A read-only store holds one snapshot from open to close and takes no lock of the folder.
 *
 * Owns the database handle, its statements, the lock. One thread at a time. */
#include "base/check.h"
#include "journal/chain.h"
#include "journal/store.h"
#include "store/schema.h"
#include "store/unfinished.h"
#include "store/witness.h"

#include <stdio.h>
#include <stdlib.h>

enum { WAL_PAGES_MAX = 4000, BUSY_MS = 5000, ROW_BYTES_MAX = 64 * 1024 * 1024 };

/* A page of 8 KiB appends faster than one of 4 and makes no larger commits that matter (ADR 3). The
 * cache is memory's ceiling, not its use. */
static const char pragmas[] = "PRAGMA synchronous = FULL; PRAGMA cache_size = -32768; "
                              "PRAGMA temp_store = MEMORY; PRAGMA cell_size_check = ON";

static struct status visit_entries(struct rows *rows, uint64_t expected,
                                   bool (*visit)(void *context, uint64_t sequence,
                                                 struct slice bytes),
                                   void *context, struct fault *fault)
{
    uint64_t head = rows->store->journal.head.sequence;
    for (bool more = true; more; expected++) {
        struct slice bytes;
        uint64_t sequence = 0;
        bool found = false;
        TRY(rows_next(rows, fault, &found, &sequence, &bytes));
        if (!found && expected > head)
            break;
        if (!found || sequence != expected)
            return fault_raise(fault, STATUS_CORRUPT, "entry %llu is missing",
                               (unsigned long long)expected);
        more = visit(context, sequence, bytes);
    }
    return STATUS_DONE;
}

static struct status read_entries(struct journal *journal, uint64_t first,
                                  bool (*visit)(void *context, uint64_t sequence,
                                                struct slice bytes),
                                  void *context, struct fault *fault)
{
    uint64_t from = first > 0 ? first : 1;
    struct rows rows = rows_begin(store_of(journal), from);
    struct status status = visit_entries(&rows, from, visit, context, fault);
    rows_end(&rows);
    return status;
}

void store_free(struct store *store)
{
    if (!store)
        return;
    fold_free(store->fold);
    for (int i = 0; i < SQL_COUNT; i++)
        (void)sqlite3_finalize(store->statements[i]);
    (void)sqlite3_close(store->db);
    note_close(&store->witness);
    folder_unlock(&store->lock);
    crypto_free(store->crypto);
    buffer_done(&store->row);
    row_writer_done(&store->entries);
    buffer_done(&store->pass.organisations);
    changes_done(&store->members);
    changes_done(&store->organisations);
    changes_done(&store->pass.members);
    runs_done(&store->runs);
    free(store->scope);
    free(store);
}

static void close_store(struct journal *journal)
{
    store_free(store_of(journal));
}

static struct status find_request(struct journal *journal, uint64_t prefix, struct fault *fault,
                                  uint64_t *ret_sequence)
{
    struct store *store = store_of(journal);
    TRY_WRAP(runs_find(store, prefix, fault, ret_sequence), fault, "%s", store->path);
    return STATUS_DONE;
}

static const struct journal_ops ops = {
    .close = close_store,
    .load = store_load,
    .append = store_append,
    .note_changes = store_note_changes,
    .checkpoint = store_checkpoint,
    .tend = store_tend,
    .find_request = find_request,
    .finish = store_finish,
    .read = read_entries,
    .history = store_history,
};

static int note_wal(void *context, sqlite3 *db, const char *name, int pages)
{
    struct store *store = context;
    (void)db;
    (void)name;
    store->wal_pages = (uint32_t)pages;
    return SQLITE_OK;
}

static struct store *new_store(const struct journal_options *options)
{
    struct store *store = calloc(1, sizeof *store);
    if (!store)
        return NULL;
    store->journal.ops = &ops;
    store->lock.fd = -1;
    store->witness.fd = -1;
    store->read_only = options->read_only;
    runs_init(store, options->requests_due);
    store->crypto = crypto_new();
    store->scope = calloc(ENTRY_SCOPE_MAX, sizeof *store->scope);
    buffer_init(&store->row, ROW_BYTES_MAX);
    row_writer_init(&store->entries);
    buffer_init(&store->pass.organisations, ROW_BYTES_MAX);
    if (!store->read_only) {
        uint32_t pages_max = options->wal_pages_max ? options->wal_pages_max : WAL_PAGES_MAX;
        store->fold = fold_new(store->path, pragmas, pages_max);
    }
    if (store->crypto && store->scope && (store->read_only || store->fold))
        return store;
    store_free(store);
    return NULL;
}

/* A reader sees one state of the database from here on, whatever a server appends meanwhile. */
static struct status open_reading(struct store *store, struct fault *fault)
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

static struct status use_wal(struct store *store, struct fault *fault)
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
static struct status sync_log(struct store *store, struct fault *fault)
{
    char path[PATH_MAX];
    int len = snprintf(path, sizeof path, "%s-wal", store->path);
    CHECK(len > 0);
    if (len >= (int)sizeof path || !file_exists(path))
        return STATUS_DONE;
    return file_sync(path, fault);
}

static struct status open_writing(struct store *store, bool create, struct fault *fault)
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

static struct status open_database(struct store *store, bool create, struct fault *fault)
{
    TRY(schema_open(store->path, !store->read_only, fault, &store->db));
    (void)sqlite3_busy_timeout(store->db, BUSY_MS);
    if (store->read_only)
        return open_reading(store, fault);
    return open_writing(store, create, fault);
}

struct status store_open_reader(const char *path, struct fault *fault, struct store **ret_store)
{
    const struct journal_options options = {.read_only = true};
    struct store *store = new_store(&options);
    if (!store)
        return fault_raise(fault, STATUS_MEMORY, "no memory for a reader");
    (void)snprintf(store->path, sizeof store->path, "%s", path);
    struct status status = open_database(store, false, fault);
    if (status_ok(status))
        status = store_prepare(store, fault);
    if (status_ok(status))
        status = store_run(store, SQL_END_READING, fault);
    if (!status_ok(status)) {
        store_free(store);
        return fault_wrap(fault, status, "%s", path);
    }
    *ret_store = store;
    return STATUS_DONE;
}

/* Is the database the one the witness saw, at that time or later? */
static struct status compare_witness(struct store *store, const struct journal_head *seen,
                                     const char *folder, struct fault *fault)
{
    struct batch then = {0};
    if (seen->sequence > store->journal.head.sequence ||
        seen->batches > store->journal.head.batches)
        return fault_raise(
            fault, STATUS_CORRUPT,
            "entry %llu was durable once, but the database ends at entry %llu: it was put back to "
            "an older state. Put the newest journal.db and journal.db-wal back. If the entries "
            "since are to be given up, delete %s/head",
            (unsigned long long)seen->sequence, (unsigned long long)store->journal.head.sequence,
            folder);
    if (seen->batches > 0)
        TRY(store_find_batch(store, seen->batches, fault, &then));
    if (then.last_sequence == seen->sequence &&
        memcmp(then.hash, seen->hash, sizeof then.hash) == 0)
        return STATUS_DONE;
    return fault_raise(fault, STATUS_CORRUPT,
                       "the entries up to %llu are not those that %s/head has seen: the history "
                       "was changed, or these are parts of two journals",
                       (unsigned long long)seen->sequence, folder);
}

/* Without a database there is nothing to open; with a witness of one there is nothing to create. */
static struct status find_database(struct store *store, const char *folder, bool create,
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

static struct status make_path(const char *folder, const char *name, char ret_path[PATH_MAX],
                               struct fault *fault)
{
    int len = snprintf(ret_path, PATH_MAX, "%s/%s", folder, name);
    if (len < 0 || len >= PATH_MAX)
        return fault_raise(fault, STATUS_INVALID, "the path %.64s... is too long", folder);
    return STATUS_DONE;
}

static struct status own_folder(struct store *store, const char *folder, bool create,
                                struct fault *fault)
{
    if (create)
        TRY(folder_create(folder, fault));
    else if (!file_exists(folder))
        return fault_raise(fault, STATUS_NOT_FOUND, "there is no folder %s", folder);
    return folder_lock(folder, &store->lock, fault);
}

/* The mark is there before anything else of a new journal. */
static struct status make_or_refuse(const char *folder, const struct journal_options *options,
                                    struct fault *fault)
{
    if (!options->create)
        return options->unfinished ? STATUS_DONE : unfinished_refuse(folder, fault);
    if (unfinished_is(folder))
        store_remove(folder);
    if (!options->maker)
        return STATUS_DONE;
    struct status absent = store_check_absent(folder, NULL);
    return status_ok(absent) ? unfinished_begin(folder, options->maker, fault) : STATUS_DONE;
}

/* The first line is synced with its name (witness.h, which says why). */
static struct status keep_witness(struct store *store, const char *path, bool witnessed,
                                  struct fault *fault)
{
    char line[WITNESS_LINE_SIZE];
    witness_print(&store->journal.head, store->crypto, line);
    if (!witnessed)
        TRY(file_replace(path, slice_of(line, sizeof line), 0600, fault));
    TRY(note_open(path, &store->witness, fault));
    store_write_witness(store);
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
        TRY(make_path(folder, names[i], path, fault));
        TRY(file_refuse_link(path, fault));
    }
    return STATUS_DONE;
}

/* The witness is read before the database: a server that appends meanwhile only moves the database
 * further ahead of it. */
static struct status open_store(struct store *store, const char *folder,
                                const struct journal_options *options, struct fault *fault)
{
    bool create = options->create;
    char witness_path[PATH_MAX];
    struct journal_head seen = {0};
    TRY(make_path(folder, "journal.db", store->path, fault));
    TRY(make_path(folder, "head", witness_path, fault));
    if (!store->read_only)
        TRY(own_folder(store, folder, create, fault));
    TRY(check_parts(folder, fault));
    TRY(make_or_refuse(folder, options, fault));
    bool witnessed = false;
    TRY(witness_read(witness_path, store->crypto, fault, &witnessed, &seen));
    TRY(find_database(store, folder, create, &seen, fault));
    TRY_WRAP(open_database(store, create, fault), fault, "%s", store->path);
    TRY_WRAP(store_prepare(store, fault), fault, "%s", store->path);
    TRY_WRAP(store_read_head(store, fault, &store->journal.head), fault, "%s", store->path);
    if (witnessed)
        TRY_WRAP(compare_witness(store, &seen, folder, fault), fault, "%s", store->path);
    if (create && store->journal.head.sequence > 0)
        return fault_raise(fault, STATUS_EXISTS, "there is a journal in %s already", folder);
    store->loaded = store->journal.head.sequence == 0;
    if (store->read_only)
        return STATUS_DONE;
    return keep_witness(store, witness_path, witnessed, fault);
}

struct status journal_made(const char *folder, struct fault *fault)
{
    return unfinished_end(folder, fault);
}

struct status journal_open(const char *folder, const struct journal_options *options,
                           struct fault *fault, struct journal **ret_journal)
{
    CHECK(!(options->create && options->read_only));
    struct store *store = new_store(options);
    if (!store)
        return fault_raise(fault, STATUS_MEMORY, "no memory for the journal");
    struct status status = open_store(store, folder, options, fault);
    if (!status_ok(status)) {
        store_free(store);
        return status;
    }
    *ret_journal = &store->journal;
    return STATUS_DONE;
}
