/* The statements of the SQLite store: their texts, and how they are run, filled in and read.
 *
 * 1. Every query asks for stream 0, so that a row with a changed stream number is missing, not
 *    unseen.
 * 2. A statement that gives no row is reset at once; one that gives rows, by who reads them.
 *
 * Owns nothing; the statements are the store's. One thread at a time. */
#include "store/sqlite.h"

#include "base/check.h"
#include "store/schema.h"

#include <errno.h>

/* Several rows in one statement: beginning and ending it costs more than a row does. */
#define TIMES_8(row) row ", " row ", " row ", " row ", " row ", " row ", " row ", " row
#define TIMES_32(row) TIMES_8(row) ", " TIMES_8(row) ", " TIMES_8(row) ", " TIMES_8(row)
#define REQUEST "(?, 0, ?)"
#define MEMBER "(0, ?, ?, ?, ?, ?)"
#define BATCH_COLUMNS                                                                              \
    "number, first_sequence, last_sequence, time_us, root, hash, "                                 \
    "registry_count, registry_hash, token_count, token_hash"
#define ADD_REQUESTS "INSERT INTO request (sequence, stream, prefix) VALUES "
/* REPLACE looks a row's place up once, an upsert twice. */
#define PUT_MEMBERS                                                                                \
    "REPLACE INTO member (stream, organisation, sequence, uin, checksum, body) VALUES "

static const char *const texts[SQL_COUNT] = {
    [SQL_BEGIN] = "BEGIN IMMEDIATE",
    [SQL_COMMIT] = "COMMIT",
    [SQL_ROLLBACK] = "ROLLBACK",
    [SQL_ADD_ENTRIES] = "INSERT INTO entry (first_sequence, stream, bodies) VALUES (?1, 0, ?2)",
    [SQL_ADD_REGISTRY] = "INSERT INTO registry (sequence, stream, leaf) VALUES (?1, 0, ?2)",
    [SQL_ADD_REQUEST] = ADD_REQUESTS REQUEST,
    [SQL_ADD_8_REQUESTS] = ADD_REQUESTS TIMES_8(REQUEST),
    [SQL_ADD_32_REQUESTS] = ADD_REQUESTS TIMES_32(REQUEST),
    [SQL_ADD_BATCH] = "INSERT INTO batch (stream, " BATCH_COLUMNS ") "
                      "VALUES (0, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    [SQL_PUT_MEMBER] = PUT_MEMBERS MEMBER,
    [SQL_PUT_8_MEMBERS] = PUT_MEMBERS TIMES_8(MEMBER),
    [SQL_PUT_ORGANISATION] = "INSERT INTO organisation (stream, id, checksum, body) "
                             "VALUES (0, ?1, ?2, ?3) ON CONFLICT DO UPDATE SET "
                             "checksum = excluded.checksum, body = excluded.body",
    [SQL_PUT_MARK] = "INSERT INTO mark (stream, batch, sequence, time_us) VALUES (0, ?1, ?2, ?3) "
                     "ON CONFLICT DO UPDATE SET batch = excluded.batch, "
                     "sequence = excluded.sequence, time_us = excluded.time_us",
    [SQL_ADD_BUCKET] = "INSERT INTO token_bucket (place, stream, checksum, body) "
                       "VALUES (?1, 0, ?2, ?3)",
    [SQL_DROP_BUCKETS] = "DELETE FROM token_bucket WHERE place >= ?1",
    [SQL_ADD_RUN] = "INSERT INTO token_run (number, stream, last_sequence, requests, seed, "
                    "bucket_bits, checksum, filter) VALUES (?1, 0, ?2, ?3, ?4, ?5, ?6, ?7)",
    [SQL_LAST_BATCH] = "SELECT number FROM batch ORDER BY number DESC LIMIT 1",
    [SQL_BATCH] = "SELECT " BATCH_COLUMNS " FROM batch WHERE stream = 0 AND number = ?1",
    [SQL_BATCHES_FROM] = "SELECT " BATCH_COLUMNS " FROM batch "
                         "WHERE stream = 0 AND number >= ?1 ORDER BY number",
    [SQL_ENTRIES_FROM] = "SELECT first_sequence, bodies FROM entry WHERE stream = 0 AND "
                         "first_sequence >= coalesce((SELECT max(first_sequence) FROM entry "
                         "WHERE first_sequence <= ?1), 0) ORDER BY first_sequence",
    [SQL_REGISTRY] = "SELECT registry.sequence, leaf, bodies FROM registry LEFT JOIN entry "
                     "ON first_sequence = registry.sequence AND entry.stream = 0 "
                     "WHERE registry.stream = 0 AND registry.sequence >= ?1 "
                     "AND registry.sequence <= ?2 ORDER BY registry.sequence",
    [SQL_REQUESTS] = "SELECT sequence, prefix FROM request "
                     "WHERE stream = 0 AND sequence >= ?1 AND sequence <= ?2 ORDER BY sequence",
    [SQL_RUNS] = "SELECT number, last_sequence, requests, seed, bucket_bits, checksum, filter "
                 "FROM token_run WHERE stream = 0 ORDER BY number",
    [SQL_BUCKETS] = "SELECT place, checksum, body FROM token_bucket "
                    "WHERE stream = 0 AND place >= ?1 AND place <= ?2 ORDER BY place",
    [SQL_ORGANISATIONS] = "SELECT id, checksum, body FROM organisation WHERE stream = 0 "
                          "ORDER BY id",
    [SQL_MEMBERS] = "SELECT organisation, sequence, uin, checksum, body FROM member "
                    "WHERE stream = 0 ORDER BY organisation, uin",
    [SQL_MEMBER_BODIES] = "SELECT checksum, body FROM member WHERE stream = 0 "
                          "ORDER BY organisation, uin",
    [SQL_MEMBER] = "SELECT organisation, sequence, uin, checksum, body FROM member "
                   "WHERE stream = 0 AND organisation = ?1 AND uin = ?2",
    [SQL_MARK] = "SELECT batch, sequence, time_us FROM mark WHERE stream = 0",
    [SQL_BEGIN_READING] = "BEGIN",
    [SQL_END_READING] = "COMMIT",
    [SQL_ENTRIES_AT] = "SELECT first_sequence, bodies FROM entry WHERE stream = 0 AND "
                       "first_sequence <= ?1 ORDER BY first_sequence DESC LIMIT 1",
};

struct status sql_prepare(struct sqlite_store *store, struct fault *fault)
{
    for (int i = store->read_only ? SQL_WRITING_COUNT : 0; i < SQL_COUNT; i++) {
        if (sqlite3_prepare_v3(store->db, texts[i], -1, SQLITE_PREPARE_PERSISTENT,
                               &store->statements[i], NULL) != SQLITE_OK)
            return schema_fault(store->db, fault, "use the tables");
    }
    return STATUS_DONE;
}

struct status sql_step(struct sqlite_store *store, enum statement statement, struct fault *fault,
                       bool *ret_row)
{
    errno = 0;
    int code = sqlite3_step(store->statements[statement]);
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        return schema_fault(store->db, fault, "use the database");
    *ret_row = code == SQLITE_ROW;
    return STATUS_DONE;
}

struct status sql_run(struct sqlite_store *store, enum statement statement, struct fault *fault)
{
    bool row = false;
    struct status status = sql_step(store, statement, fault, &row);
    sql_reset(store, statement);
    return status;
}

void sql_reset(struct sqlite_store *store, enum statement statement)
{
    (void)sqlite3_reset(store->statements[statement]);
}

void sql_bind(struct sqlite_store *store, enum statement statement, int at, uint64_t number)
{
    CHECK(sqlite3_bind_int64(store->statements[statement], at, (int64_t)number) == SQLITE_OK);
}

void sql_bind_null(struct sqlite_store *store, enum statement statement, int at)
{
    CHECK(sqlite3_bind_null(store->statements[statement], at) == SQLITE_OK);
}

void sql_bind_bytes(struct sqlite_store *store, enum statement statement, int at,
                    struct slice bytes)
{
    const char *start = bytes.len > 0 ? bytes.at : "";
    CHECK(sqlite3_bind_blob64(store->statements[statement], at, start, bytes.len, SQLITE_STATIC) ==
          SQLITE_OK);
}

void sql_bind_text(struct sqlite_store *store, enum statement statement, int at, struct slice text)
{
    CHECK(sqlite3_bind_text(store->statements[statement], at, text.at, (int)text.len,
                            SQLITE_STATIC) == SQLITE_OK);
}

uint64_t sql_number(struct sqlite_store *store, enum statement statement, int column)
{
    return (uint64_t)sqlite3_column_int64(store->statements[statement], column);
}

bool sql_is_null(struct sqlite_store *store, enum statement statement, int column)
{
    return sqlite3_column_type(store->statements[statement], column) == SQLITE_NULL;
}

struct slice sql_bytes(struct sqlite_store *store, enum statement statement, int column)
{
    const char *at = sqlite3_column_blob(store->statements[statement], column);
    int len = sqlite3_column_bytes(store->statements[statement], column);
    return slice_of(at, at ? (size_t)len : 0);
}
