/* Reading a SQLite store: its tables row by row, batches, entries (store.h).
 *
 * 1. What is handed out of a row lives as long as the statement stands on it.
 * 2. A row whose body is not the one that was put says so; whoever asked for it raises the fault.
 *
 * Owns nothing; the statements are the store's. One thread at a time. */
#include "base/check.h"
#include "store/schema.h"
#include "store/sqlite.h"

#include <inttypes.h>

/* What a statement's columns are: so many numbers, then a text, a checksum and a body. */
static const struct columns {
    enum statement statement;
    uint8_t numbers;
    bool has_range, has_text, has_checksum, has_body;
} columns_of[STORE_TABLES] = {
    [STORE_REGISTRY] = {SQL_REGISTRY, 1, true, true, false, true},
    [STORE_REQUESTS] = {SQL_REQUESTS, 2, true, false, false, false},
    [STORE_RUNS] = {SQL_RUNS, 5, false, false, true, true},
    [STORE_RUN_NUMBERS] = {SQL_RUNS, 5, false, false, false, false},
    [STORE_BUCKETS] = {SQL_BUCKETS, 1, true, false, true, true},
    [STORE_ORGANISATIONS] = {SQL_ORGANISATIONS, 1, false, false, true, true},
    [STORE_MEMBERS] = {SQL_MEMBERS, 2, false, true, true, true},
    [STORE_MEMBER_BODIES] = {SQL_MEMBER_BODIES, 0, false, false, true, true},
    [STORE_MARK] = {SQL_MARK, 3, false, false, false, false},
};

static struct store_row read_row(struct sqlite_store *store, const struct columns *columns,
                                 enum statement statement)
{
    struct store_row row = {.whole = true};
    int column = 0;
    for (; column < columns->numbers; column++)
        row.numbers[column] = sql_number(store, statement, column);
    row.is_null = column > 0 && sql_is_null(store, statement, column - 1);
    if (columns->has_text)
        row.text = sql_bytes(store, statement, column++);
    uint64_t checksum = columns->has_checksum ? sql_number(store, statement, column++) : 0;
    if (columns->has_body)
        row.body = sql_bytes(store, statement, column);
    if (columns->has_checksum)
        row.whole = checksum == store_checksum(row.body);
    return row;
}

static bool copy_hash(struct sqlite_store *store, enum statement statement, int column,
                      unsigned char ret_hash[SHA256_SIZE])
{
    struct slice hash = sql_bytes(store, statement, column);
    if (hash.len != SHA256_SIZE)
        return false;
    memcpy(ret_hash, hash.at, SHA256_SIZE);
    return true;
}

/* The row that a statement of BATCH_COLUMNS stands on; false when it is damaged. */
static bool read_batch(struct sqlite_store *store, enum statement statement,
                       struct batch *ret_batch)
{
    struct batch batch = {
        .number = sql_number(store, statement, 0),
        .first_sequence = sql_number(store, statement, 1),
        .last_sequence = sql_number(store, statement, 2),
        .time_us = (int64_t)sql_number(store, statement, 3),
        .registry = {.count = sql_number(store, statement, 6)},
        .tokens = {.count = sql_number(store, statement, 8)},
    };
    bool whole = copy_hash(store, statement, 4, batch.root) &&
                 copy_hash(store, statement, 5, batch.hash) &&
                 copy_hash(store, statement, 7, batch.registry.hash) &&
                 copy_hash(store, statement, 9, batch.tokens.hash);
    *ret_batch = batch;
    return whole;
}

void sqlite_rows_begin(struct store *base, enum store_table table, uint64_t from, uint64_t to)
{
    struct sqlite_store *store = sqlite_of(base);
    const struct columns *columns = &columns_of[table];
    if (table == STORE_BATCHES) {
        sql_bind(store, SQL_BATCHES_FROM, 1, from);
    } else if (table == STORE_ENTRIES) {
        store->rows = rows_begin(store, from);
    } else if (columns->has_range) {
        sql_bind(store, columns->statement, 1, from);
        sql_bind(store, columns->statement, 2, to < INT64_MAX ? to : INT64_MAX);
    }
}

struct status sqlite_rows_next(struct store *base, enum store_table table, struct fault *fault,
                               bool *ret_found, struct store_row *ret_row)
{
    struct sqlite_store *store = sqlite_of(base);
    const struct columns *columns = &columns_of[table];
    if (table == STORE_ENTRIES)
        return rows_next(&store->rows, fault, ret_found, &ret_row->numbers[0], &ret_row->body);
    if (table == STORE_BATCHES) {
        TRY(sql_step(store, SQL_BATCHES_FROM, fault, ret_found));
        if (*ret_found)
            ret_row->whole = read_batch(store, SQL_BATCHES_FROM, &store->batch);
        ret_row->batch = &store->batch;
        return STATUS_DONE;
    }
    TRY(sql_step(store, columns->statement, fault, ret_found));
    if (*ret_found)
        *ret_row = read_row(store, columns, columns->statement);
    return STATUS_DONE;
}

void sqlite_rows_end(struct store *base, enum store_table table)
{
    sql_reset(sqlite_of(base), table == STORE_BATCHES   ? SQL_BATCHES_FROM
                               : table == STORE_ENTRIES ? SQL_ENTRIES_FROM
                                                        : columns_of[table].statement);
}

struct status sqlite_find_member(struct store *base, uint32_t organisation, struct slice uin,
                                 struct fault *fault, bool *ret_found, struct store_row *ret_row)
{
    struct sqlite_store *store = sqlite_of(base);
    sql_reset(store, SQL_MEMBER);
    sql_bind(store, SQL_MEMBER, 1, organisation);
    sql_bind_text(store, SQL_MEMBER, 2, uin);
    TRY(sql_step(store, SQL_MEMBER, fault, ret_found));
    if (*ret_found)
        *ret_row = read_row(store, &columns_of[STORE_MEMBERS], SQL_MEMBER);
    return STATUS_DONE;
}

struct status sqlite_find_batch(struct store *base, uint64_t number, struct fault *fault,
                                struct batch *ret_batch)
{
    struct sqlite_store *store = sqlite_of(base);
    bool row = false;
    sql_bind(store, SQL_BATCH, 1, number);
    struct status status = sql_step(store, SQL_BATCH, fault, &row);
    if (status_ok(status) && row)
        row = read_batch(store, SQL_BATCH, ret_batch);
    sql_reset(store, SQL_BATCH);
    TRY(status);
    if (!row)
        return fault_raise(fault, STATUS_CORRUPT, "batch %" PRIu64 " is missing or damaged",
                           number);
    return STATUS_DONE;
}

/* Passes over the row's entries before the one asked for; false when it is not there. */
static bool find_in_row(struct sqlite_store *store, uint64_t sequence, struct slice *ret_bytes)
{
    uint64_t first = sql_number(store, SQL_ENTRIES_AT, 0);
    struct row row = row_of(first, sql_bytes(store, SQL_ENTRIES_AT, 1));
    bool found = true;
    while (found && row.next <= sequence)
        found = row_take(&row, ret_bytes);
    return found;
}

struct status sqlite_find_entry(struct store *base, uint64_t sequence, struct fault *fault,
                                struct slice *ret_bytes)
{
    struct sqlite_store *store = sqlite_of(base);
    bool row = false;
    sql_reset(store, SQL_ENTRIES_AT);
    sql_bind(store, SQL_ENTRIES_AT, 1, sequence);
    TRY(sql_step(store, SQL_ENTRIES_AT, fault, &row));
    if (!row || !find_in_row(store, sequence, ret_bytes))
        return fault_raise(fault, STATUS_CORRUPT, "entry %" PRIu64 " is missing", sequence);
    return STATUS_DONE;
}

struct status sqlite_read_head(struct sqlite_store *store, struct fault *fault,
                               struct journal_head *ret_head)
{
    bool row = false;
    struct status status = sql_step(store, SQL_LAST_BATCH, fault, &row);
    uint64_t number = status_ok(status) && row ? sql_number(store, SQL_LAST_BATCH, 0) : 0;
    sql_reset(store, SQL_LAST_BATCH);
    TRY(status);
    struct batch batch = {0};
    if (row)
        TRY(sqlite_find_batch(&store->store, number, fault, &batch));
    *ret_head = store_head_of(&batch);
    return STATUS_DONE;
}

static int see_check(void *context, int columns, char **values, char **names)
{
    (void)names;
    *(bool *)context = columns == 1 && values[0] && strcmp(values[0], "ok") == 0;
    return SQLITE_OK;
}

struct status sqlite_check(struct store *base, struct fault *fault)
{
    sqlite3 *db = sqlite_of(base)->db;
    bool good = false;
    if (sqlite3_exec(db, "PRAGMA quick_check(1)", see_check, &good, NULL) != SQLITE_OK)
        return schema_fault(db, fault, "check the database");
    if (!good)
        return fault_raise(fault, STATUS_CORRUPT, "the pages of the database are damaged");
    return STATUS_DONE;
}
