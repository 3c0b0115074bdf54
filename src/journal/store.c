/* The statements of the SQLite store: their texts, and how they are run, filled in and read.
 *
 * 1. Every query asks for stream 0, so that a row with a changed stream number is missing, not
 *    unseen.
 * 2. A statement that gives no row is reset at once; one that gives rows, by who reads them.
 *
 * Owns nothing; the statements are the store's. One thread at a time. */
#include "journal/store.h"

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
    "REPLACE INTO member (stream, organisation, uin, sequence, checksum, body) VALUES "

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
                     "WHERE registry.stream = 0 AND registry.sequence > ?1 "
                     "AND registry.sequence <= ?2 ORDER BY registry.sequence",
    [SQL_REQUESTS] = "SELECT sequence, prefix FROM request "
                     "WHERE stream = 0 AND sequence > ?1 AND sequence <= ?2 ORDER BY sequence",
    [SQL_REQUEST_COUNT] = "SELECT count(prefix) FROM request WHERE stream = 0 AND sequence <= ?1",
    [SQL_RUNS] = "SELECT number, last_sequence, requests, seed, bucket_bits, checksum, filter "
                 "FROM token_run WHERE stream = 0 ORDER BY number",
    [SQL_BUCKET] = "SELECT checksum, body FROM token_bucket WHERE stream = 0 AND place = ?1",
    [SQL_BUCKETS] = "SELECT place, checksum, body FROM token_bucket "
                    "WHERE stream = 0 AND place >= ?1 AND place < ?2 ORDER BY place",
    [SQL_ORGANISATIONS] = "SELECT id, checksum, body FROM organisation WHERE stream = 0 "
                          "ORDER BY id",
    [SQL_MEMBERS] = "SELECT organisation, uin, sequence, checksum, body FROM member "
                    "WHERE stream = 0 ORDER BY organisation, uin",
    [SQL_MEMBER_BODIES] = "SELECT checksum, body FROM member WHERE stream = 0 "
                          "ORDER BY organisation, uin",
    [SQL_MEMBER] = "SELECT sequence, body FROM member "
                   "WHERE stream = 0 AND organisation = ?1 AND uin = ?2",
    [SQL_MARK] = "SELECT batch, sequence, time_us FROM mark WHERE stream = 0",
    [SQL_BEGIN_READING] = "BEGIN",
    [SQL_END_READING] = "COMMIT",
    [SQL_ENTRIES_AT] = "SELECT first_sequence, bodies FROM entry WHERE stream = 0 AND "
                       "first_sequence <= ?1 ORDER BY first_sequence DESC LIMIT 1",
    [SQL_NEXT_REQUEST] = "SELECT sequence FROM request WHERE stream = 0 AND sequence >= ?1 "
                         "ORDER BY sequence LIMIT 1",
};

struct status store_prepare(struct store *store, struct fault *fault)
{
    for (int i = store->read_only ? SQL_WRITING_COUNT : 0; i < SQL_COUNT; i++) {
        if (sqlite3_prepare_v3(store->db, texts[i], -1, SQLITE_PREPARE_PERSISTENT,
                               &store->statements[i], NULL) != SQLITE_OK)
            return schema_fault(store->db, fault, "use the tables");
    }
    return STATUS_DONE;
}

struct status store_step(struct store *store, enum statement statement, struct fault *fault,
                         bool *ret_row)
{
    errno = 0;
    int code = sqlite3_step(store->statements[statement]);
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        return schema_fault(store->db, fault, "use the database");
    *ret_row = code == SQLITE_ROW;
    return STATUS_DONE;
}

struct status store_run(struct store *store, enum statement statement, struct fault *fault)
{
    bool row = false;
    struct status status = store_step(store, statement, fault, &row);
    store_reset(store, statement);
    return status;
}

void store_reset(struct store *store, enum statement statement)
{
    (void)sqlite3_reset(store->statements[statement]);
}

void store_bind(struct store *store, enum statement statement, int at, uint64_t number)
{
    CHECK(sqlite3_bind_int64(store->statements[statement], at, (int64_t)number) == SQLITE_OK);
}

void store_bind_null(struct store *store, enum statement statement, int at)
{
    CHECK(sqlite3_bind_null(store->statements[statement], at) == SQLITE_OK);
}

void store_bind_bytes(struct store *store, enum statement statement, int at, struct slice bytes)
{
    const char *start = bytes.len > 0 ? bytes.at : "";
    CHECK(sqlite3_bind_blob64(store->statements[statement], at, start, bytes.len, SQLITE_STATIC) ==
          SQLITE_OK);
}

void store_bind_text(struct store *store, enum statement statement, int at, struct slice text)
{
    CHECK(sqlite3_bind_text(store->statements[statement], at, text.at, (int)text.len,
                            SQLITE_STATIC) == SQLITE_OK);
}

uint64_t store_number(struct store *store, enum statement statement, int column)
{
    return (uint64_t)sqlite3_column_int64(store->statements[statement], column);
}

bool store_is_null(struct store *store, enum statement statement, int column)
{
    return sqlite3_column_type(store->statements[statement], column) == SQLITE_NULL;
}

struct slice store_bytes(struct store *store, enum statement statement, int column)
{
    const char *at = sqlite3_column_blob(store->statements[statement], column);
    int len = sqlite3_column_bytes(store->statements[statement], column);
    return slice_of(at, at ? (size_t)len : 0);
}

static bool copy_hash(struct store *store, enum statement statement, int column,
                      unsigned char ret_hash[SHA256_SIZE])
{
    struct slice hash = store_bytes(store, statement, column);
    if (hash.len != SHA256_SIZE)
        return false;
    memcpy(ret_hash, hash.at, SHA256_SIZE);
    return true;
}

bool store_batch(struct store *store, enum statement statement, struct batch *ret_batch)
{
    struct batch batch = {
        .number = store_number(store, statement, 0),
        .first_sequence = store_number(store, statement, 1),
        .last_sequence = store_number(store, statement, 2),
        .time_us = (int64_t)store_number(store, statement, 3),
        .registry = {.count = store_number(store, statement, 6)},
        .tokens = {.count = store_number(store, statement, 8)},
    };
    bool whole = copy_hash(store, statement, 4, batch.root) &&
                 copy_hash(store, statement, 5, batch.hash) &&
                 copy_hash(store, statement, 7, batch.registry.hash) &&
                 copy_hash(store, statement, 9, batch.tokens.hash);
    *ret_batch = batch;
    return whole;
}

struct status store_find_batch(struct store *store, uint64_t number, struct fault *fault,
                               struct batch *ret_batch)
{
    bool row = false;
    store_bind(store, SQL_BATCH, 1, number);
    struct status status = store_step(store, SQL_BATCH, fault, &row);
    if (status_ok(status) && row)
        row = store_batch(store, SQL_BATCH, ret_batch);
    store_reset(store, SQL_BATCH);
    TRY(status);
    if (!row)
        return fault_raise(fault, STATUS_CORRUPT, "batch %llu is missing or damaged",
                           (unsigned long long)number);
    return STATUS_DONE;
}

struct status store_find_batch_ending(struct store *store, uint64_t sequence, struct fault *fault,
                                      struct batch *ret_batch)
{
    uint64_t low = 1;
    uint64_t high = store->journal.head.batches;
    while (low <= high) {
        uint64_t middle = low + (high - low) / 2;
        TRY(store_find_batch(store, middle, fault, ret_batch));
        if (ret_batch->last_sequence == sequence)
            return STATUS_DONE;
        if (ret_batch->last_sequence > sequence)
            high = middle - 1;
        else
            low = middle + 1;
    }
    return fault_raise(fault, STATUS_CORRUPT, "no batch ends with entry %llu",
                       (unsigned long long)sequence);
}

struct journal_head store_head_of(const struct batch *batch)
{
    struct journal_head head = {
        .sequence = batch->last_sequence,
        .batches = batch->number,
        .time_us = batch->time_us,
        .registry = batch->registry,
        .tokens = batch->tokens,
    };
    memcpy(head.hash, batch->hash, sizeof head.hash);
    return head;
}

struct status store_read_head(struct store *store, struct fault *fault,
                              struct journal_head *ret_head)
{
    bool row = false;
    struct status status = store_step(store, SQL_LAST_BATCH, fault, &row);
    uint64_t number = status_ok(status) && row ? store_number(store, SQL_LAST_BATCH, 0) : 0;
    store_reset(store, SQL_LAST_BATCH);
    TRY(status);
    if (!row) {
        *ret_head = (struct journal_head){0};
        return STATUS_DONE;
    }
    struct batch batch;
    TRY(store_find_batch(store, number, fault, &batch));
    *ret_head = store_head_of(&batch);
    return STATUS_DONE;
}

struct status store_undo(struct store *store, struct fault *fault)
{
    struct journal_head head;
    if (!sqlite3_get_autocommit(store->db))
        TRY(store_run(store, SQL_ROLLBACK, fault));
    CHECK(sqlite3_get_autocommit(store->db));
    TRY(store_read_head(store, fault, &head));
    if (memcmp(head.hash, store->journal.head.hash, sizeof head.hash) != 0)
        return fault_raise(fault, STATUS_UNKNOWN, "a batch was rolled back and is still there");
    return STATUS_DONE;
}
