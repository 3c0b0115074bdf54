/* The SQLite store: what its files share. Private to the room. One thread at a time.
 *
 *     sqlite.c          opening and closing; a reader and its snapshots
 *     sqlite_write.c    transactions
 *     sqlite_read.c     rows, batches, entries
 *     statements.c      the texts of the statements, and how they are run, filled in and read
 *     rows.c            entries in rows of the table `entry` */
#ifndef STORE_SQLITE_H
#define STORE_SQLITE_H

#include "base/buffer.h"
#include "crypto/digest.h"
#include "store/fold.h"
#include "store/rows.h"
#include "store/store.h"
#include "sys/file.h"

#include <limits.h>
#include <sqlite3.h>

/* The prepared statements, by number; their texts are in statements.c. */
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
    SQL_RUNS,
    SQL_BUCKETS,
    SQL_ORGANISATIONS,
    SQL_MEMBERS,
    SQL_MEMBER_BODIES,
    SQL_MEMBER,
    SQL_MARK,
    SQL_BEGIN_READING,
    SQL_END_READING,
    SQL_ENTRIES_AT,
    SQL_COUNT,
};

enum { REQUESTS_AT_ONCE = 32 };

struct sqlite_store {
    struct store store; /* must be first */
    sqlite3 *db;
    sqlite3_stmt *statements[SQL_COUNT];
    struct crypto *crypto; /* of the witness */
    struct folder_lock lock;
    struct note witness;
    bool read_only;
    struct fold *fold; /* NULL on a read-only store */
    uint32_t wal_pages;

    /* of the transaction at hand */
    struct journal_head ended; /* behind its last batch */
    struct row_writer entries; /* the row of entries being put together */
    struct {
        uint64_t sequence, prefix;
        bool marked;
    } requests[REQUESTS_AT_ONCE];
    uint32_t request_count;

    struct rows rows;   /* STORE_ENTRIES */
    struct batch batch; /* STORE_BATCHES */

    char path[PATH_MAX]; /* of the database */
};

static inline struct sqlite_store *sqlite_of(struct store *store)
{
    return (struct sqlite_store *)store;
}

/* Prepares all of them, or on a read-only store those that read. */
STATUS_MUST_USE struct status sql_prepare(struct sqlite_store *store, struct fault *fault);
/* One step of a statement: *ret_row says whether there is a row. */
STATUS_MUST_USE struct status sql_step(struct sqlite_store *store, enum statement statement,
                                       struct fault *fault, bool *ret_row);
/* Steps a statement that gives no row, and resets it. */
STATUS_MUST_USE struct status sql_run(struct sqlite_store *store, enum statement statement,
                                      struct fault *fault);
void sql_reset(struct sqlite_store *store, enum statement statement);
void sql_bind(struct sqlite_store *store, enum statement statement, int at, uint64_t number);
void sql_bind_null(struct sqlite_store *store, enum statement statement, int at);
/* The bytes and characters must live until the statement is reset. */
void sql_bind_bytes(struct sqlite_store *store, enum statement statement, int at,
                    struct slice bytes);
void sql_bind_text(struct sqlite_store *store, enum statement statement, int at, struct slice text);
/* Columns of the row a statement stands on; the slice lives until the next step or reset. */
bool sql_is_null(struct sqlite_store *store, enum statement statement, int column);
uint64_t sql_number(struct sqlite_store *store, enum statement statement, int column);
struct slice sql_bytes(struct sqlite_store *store, enum statement statement, int column);

/* sqlite_write.c */
STATUS_MUST_USE struct status sqlite_begin(struct store *store, struct fault *fault);
STATUS_MUST_USE struct status sqlite_add(struct store *store, const struct store_entry *entry,
                                         struct fault *fault);
STATUS_MUST_USE struct status sqlite_end_batch(struct store *store, const struct batch *batch,
                                               struct fault *fault);
STATUS_MUST_USE struct status sqlite_put(struct store *store, enum store_table table,
                                         const struct store_row *rows, uint32_t count,
                                         struct fault *fault);
STATUS_MUST_USE struct status sqlite_drop(struct store *store, enum store_table table,
                                          uint64_t from, struct fault *fault);
STATUS_MUST_USE struct status sqlite_commit(struct store *store, struct fault *fault);
STATUS_MUST_USE struct status sqlite_undo(struct store *store, struct fault *fault);
void sqlite_write_witness(struct sqlite_store *store);

/* sqlite_read.c */
void sqlite_rows_begin(struct store *store, enum store_table table, uint64_t from, uint64_t to);
STATUS_MUST_USE struct status sqlite_rows_next(struct store *store, enum store_table table,
                                               struct fault *fault, bool *ret_found,
                                               struct store_row *ret_row);
void sqlite_rows_end(struct store *store, enum store_table table);
STATUS_MUST_USE struct status sqlite_find_batch(struct store *store, uint64_t number,
                                                struct fault *fault, struct batch *ret_batch);
STATUS_MUST_USE struct status sqlite_find_entry(struct store *store, uint64_t sequence,
                                                struct fault *fault, struct slice *ret_bytes);
STATUS_MUST_USE struct status sqlite_find_member(struct store *store, uint32_t organisation,
                                                 struct slice uin, struct fault *fault,
                                                 bool *ret_found, struct store_row *ret_row);
STATUS_MUST_USE struct status sqlite_check(struct store *store, struct fault *fault);
/* The newest batch in the database. */
STATUS_MUST_USE struct status sqlite_read_head(struct sqlite_store *store, struct fault *fault,
                                               struct journal_head *ret_head);

#endif
