/* The SQLite store behind a journal: what its files (sqlite.c, replay.c, recovery.c, checkpoint.c,
 * verify.c) share. Private to the room. One thread at a time. */
#ifndef JOURNAL_STORE_H
#define JOURNAL_STORE_H

#include "base/buffer.h"
#include "crypto/digest.h"
#include "journal/changes.h"
#include "journal/ops.h"
#include "journal/rows.h"
#include "journal/runs.h"
#include "store/fold.h"
#include "sys/file.h"

#include <limits.h>
#include <sqlite3.h>

/* The prepared statements, by number; their texts are in store.c. */
enum statement {
    SQL_BEGIN,
    SQL_COMMIT,
    SQL_ROLLBACK,
    SQL_ADD_ENTRIES,
    SQL_ADD_REGISTRY,
    SQL_ADD_REQUEST,
    SQL_ADD_8_REQUESTS,
    SQL_ADD_32_REQUESTS,
    SQL_ADD_BATCH,
    SQL_PUT_MEMBER,
    SQL_PUT_8_MEMBERS,
    SQL_PUT_ORGANISATION,
    SQL_PUT_MARK,
    SQL_ADD_BUCKET,
    SQL_DROP_BUCKETS,
    SQL_ADD_RUN,
    SQL_WRITING_COUNT, /* those above are not prepared on a read-only store */
    SQL_LAST_BATCH = SQL_WRITING_COUNT,
    SQL_BATCH,
    SQL_BATCHES_FROM,
    SQL_ENTRIES_FROM,
    SQL_REGISTRY,
    SQL_REQUESTS,
    SQL_REQUEST_COUNT,
    SQL_RUNS,
    SQL_BUCKET,
    SQL_BUCKETS,
    SQL_ORGANISATIONS,
    SQL_MEMBERS,
    SQL_MEMBER_BODIES,
    SQL_MEMBER,
    SQL_MARK,
    SQL_BEGIN_READING,
    SQL_END_READING,
    SQL_ENTRIES_AT,
    SQL_NEXT_REQUEST,
    SQL_COUNT,
};

/* How far the checkpoint in the database reaches: all of a batch. */
struct mark {
    uint64_t batch;
    uint64_t sequence;
    int64_t time_us;
};

/* A checkpoint being written: the members that had changed when it began, row by row, and the
 * organisations as they were then, which are written together with the mark at the end. */
struct pass {
    struct mark mark;       /* what the checkpoint will say */
    struct changes members; /* to be written ... */
    uint32_t cursor;        /* ... from this index on ... */
    uint32_t limit;         /* ... below this one */
    struct buffer organisations;
};

struct store {
    struct journal journal; /* must be first */
    sqlite3 *db;
    sqlite3_stmt *statements[SQL_COUNT];
    struct crypto *crypto;
    struct folder_lock lock;
    struct note witness;
    struct buffer row;         /* the entry or other row being written */
    struct row_writer entries; /* the row of entries being put together */
    struct uin *scope;         /* ENTRY_SCOPE_MAX, for decoding */
    bool read_only;
    bool loaded;       /* so `mark` is known; an empty journal needs no loading */
    struct fold *fold; /* NULL on a read-only store */
    uint32_t wal_pages;

    struct mark mark;       /* of the checkpoint in the database */
    struct changes members; /* changed since the running (or else the last) pass began */
    struct changes organisations;
    struct pass pass;
    struct runs runs;

    char path[PATH_MAX]; /* of the database */
};

static inline struct store *store_of(struct journal *journal)
{
    return (struct store *)journal;
}

/* A second, read-only store on the same database (history, backup); not yet in a snapshot.
 * store_free closes either kind. */
STATUS_MUST_USE struct status store_open_reader(const char *path, struct fault *fault,
                                                struct store **ret_store);
void store_free(struct store *store);
/* sqlite_history.c */
STATUS_MUST_USE struct status store_history(struct journal *journal, struct fault *fault,
                                            struct history **ret_history);

/* Prepares all of them, or on a read-only store those that read. */
STATUS_MUST_USE struct status store_prepare(struct store *store, struct fault *fault);
/* One step of a statement: *ret_row says whether there is a row. */
STATUS_MUST_USE struct status store_step(struct store *store, enum statement statement,
                                         struct fault *fault, bool *ret_row);
/* Steps a statement that gives no row, and resets it. */
STATUS_MUST_USE struct status store_run(struct store *store, enum statement statement,
                                        struct fault *fault);
void store_reset(struct store *store, enum statement statement);
void store_bind(struct store *store, enum statement statement, int at, uint64_t number);
/* The bytes must live until the statement is reset. */
void store_bind_null(struct store *store, enum statement statement, int at);
void store_bind_bytes(struct store *store, enum statement statement, int at, struct slice bytes);
/* The characters must live until the statement is reset. */
void store_bind_text(struct store *store, enum statement statement, int at, struct slice text);
/* Columns of the row a statement stands on; the slice lives until the next step or reset. */
bool store_is_null(struct store *store, enum statement statement, int column);
uint64_t store_number(struct store *store, enum statement statement, int column);
struct slice store_bytes(struct store *store, enum statement statement, int column);

/* Ends a transaction that must not be. OK only when nothing of it is left: the newest batch in the
 * database is the head's. */
STATUS_MUST_USE struct status store_undo(struct store *store, struct fault *fault);
/* The newest batch in the database. */
STATUS_MUST_USE struct status store_read_head(struct store *store, struct fault *fault,
                                              struct journal_head *ret_head);
/* The row that a statement of BATCH_COLUMNS (store.c) stands on; false when it is damaged. */
bool store_batch(struct store *store, enum statement statement, struct batch *ret_batch);
/* The batch with that number. CORRUPT when there is none. */
STATUS_MUST_USE struct status store_find_batch(struct store *store, uint64_t number,
                                               struct fault *fault, struct batch *ret_batch);
/* The batch whose last entry that is, by halving. CORRUPT when there is none. */
STATUS_MUST_USE struct status store_find_batch_ending(struct store *store, uint64_t sequence,
                                                      struct fault *fault, struct batch *ret_batch);
/* The head as it was behind a batch. */
struct journal_head store_head_of(const struct batch *batch);

/* The checksum of SQLite's WAL frames (fileformat2, section 4.2, little-endian, starting from 0, 0)
 * over the bytes filled up with zeros to a multiple of 8, plus their number: finds rot in a
 * checkpoint's row at a few nanoseconds. The chain does not cover checkpoints. */
uint64_t store_checksum(struct slice bytes);

/* append.c */
STATUS_MUST_USE struct status store_append(struct journal *journal, const struct draft *draft,
                                           struct fault *fault);
void store_write_witness(struct store *store);
/* Rows as they are, within the caller's transaction. */
STATUS_MUST_USE struct status store_put_entry(struct store *store, const struct entry *entry,
                                              struct slice bytes, const unsigned char *leaf,
                                              struct fault *fault);
STATUS_MUST_USE struct status store_put_batch(struct store *store, const struct batch *batch,
                                              struct fault *fault);
/* verify.c: journal_verify of a folder; `unfinished`: as in journal_options. */
STATUS_MUST_USE struct status
store_verify(const char *folder, bool unfinished,
             void (*progress)(void *context, uint64_t done, uint64_t all), void *context,
             struct fault *fault, struct verify_report *ret_report);
/* backup.c: the files of a journal in a folder, by name. EXISTS names one that is there. Removing
 * ends with the mark that the folder is unfinished. */
STATUS_MUST_USE struct status store_check_absent(const char *folder, struct fault *fault);
void store_remove(const char *folder);
/* recovery.c */
STATUS_MUST_USE struct status store_load(struct journal *journal, struct book *book,
                                         struct fault *fault);
STATUS_MUST_USE struct status store_read_mark(struct store *store, struct fault *fault,
                                              struct mark *ret_mark);
/* checkpoint.c */
void store_note_entry(struct store *store, const struct entry *entry, const struct book *book);
void store_note_changes(struct journal *journal, const struct draft *draft,
                        const struct book *book);
STATUS_MUST_USE struct status store_checkpoint(struct journal *journal, const struct book *book,
                                               uint32_t rows_max, struct fault *fault,
                                               bool *ret_more);
STATUS_MUST_USE struct status store_tend(struct journal *journal, const struct book *book,
                                         struct fault *fault);
STATUS_MUST_USE struct status store_finish(struct journal *journal, struct fault *fault);

#endif
