/* Transactions of a SQLite store (store.h).
 *
 * 1. `head` moves after a batch's COMMIT returned, never before; the witness after the head, so
 *    that it is ahead of the database only when the database was put back (witness.h).
 * 2. An undo is one when it has been seen in the database: the newest batch is the head's.
 * 3. Rows go into each table in the order of their sequence: entries many a row (rows.h), requests
 *    REQUESTS_AT_ONCE a statement. A batch's own row comes last.
 * 4. A folder has one owner (folder_lock): nobody else was ever first.
 *
 * Owns nothing. The thread that writes. */
#include "base/check.h"
#include "store/sqlite.h"
#include "store/witness.h"

enum { REQUESTS_SOME = 8, MEMBER_COLUMNS = 5 };

struct status sqlite_begin(struct store *base, struct fault *fault)
{
    struct sqlite_store *store = sqlite_of(base);
    row_writer_clear(&store->entries);
    store->request_count = 0;
    store->ended = base->head;
    return sql_run(store, SQL_BEGIN, fault);
}

/* How many rows the next statement takes, and which of three statements that is. */
static uint32_t rows_of(uint32_t left, unsigned *ret_which)
{
    *ret_which = left >= REQUESTS_AT_ONCE ? 2 : left >= REQUESTS_SOME ? 1 : 0;
    return left >= REQUESTS_AT_ONCE ? REQUESTS_AT_ONCE : left >= REQUESTS_SOME ? REQUESTS_SOME : 1;
}

static struct status flush_requests(struct sqlite_store *store, struct fault *fault)
{
    for (uint32_t next = 0; next < store->request_count;) {
        unsigned which;
        uint32_t rows = rows_of(store->request_count - next, &which);
        enum statement statement = SQL_ADD_REQUEST + which;
        for (int place = 1; place < (int)(2 * rows); place += 2, next++) {
            sql_bind(store, statement, place, store->requests[next].sequence);
            if (store->requests[next].marked)
                sql_bind(store, statement, place + 1, store->requests[next].prefix);
            else
                sql_bind_null(store, statement, place + 1);
        }
        TRY(sql_run(store, statement, fault));
    }
    store->request_count = 0;
    return STATUS_DONE;
}

static struct status add_registry(struct sqlite_store *store, const struct store_entry *entry,
                                  struct fault *fault)
{
    sql_bind(store, SQL_ADD_REGISTRY, 1, entry->sequence);
    sql_bind_bytes(store, SQL_ADD_REGISTRY, 2, slice_of((const char *)entry->leaf, SHA256_SIZE));
    return sql_run(store, SQL_ADD_REGISTRY, fault);
}

struct status sqlite_add(struct store *base, const struct store_entry *entry, struct fault *fault)
{
    struct sqlite_store *store = sqlite_of(base);
    bool is_registry = entry->index == INDEX_REGISTRY;
    TRY(rows_add(store, entry->sequence, entry->bytes, is_registry, fault));
    if (is_registry)
        return add_registry(store, entry, fault);
    if (entry->index != INDEX_REQUEST)
        return STATUS_DONE;
    if (store->request_count == REQUESTS_AT_ONCE)
        TRY(flush_requests(store, fault));
    uint32_t at = store->request_count++;
    store->requests[at].sequence = entry->sequence;
    store->requests[at].prefix = entry->prefix;
    store->requests[at].marked = entry->marked;
    return STATUS_DONE;
}

static void bind_tally(struct sqlite_store *store, int at, const struct journal_tally *tally)
{
    sql_bind(store, SQL_ADD_BATCH, at, tally->count);
    sql_bind_bytes(store, SQL_ADD_BATCH, at + 1, slice_of((const char *)tally->hash, SHA256_SIZE));
}

struct status sqlite_end_batch(struct store *base, const struct batch *batch, struct fault *fault)
{
    struct sqlite_store *store = sqlite_of(base);
    TRY(flush_requests(store, fault));
    TRY(rows_flush(store, fault));
    sql_bind(store, SQL_ADD_BATCH, 1, batch->number);
    sql_bind(store, SQL_ADD_BATCH, 2, batch->first_sequence);
    sql_bind(store, SQL_ADD_BATCH, 3, batch->last_sequence);
    sql_bind(store, SQL_ADD_BATCH, 4, (uint64_t)batch->time_us);
    sql_bind_bytes(store, SQL_ADD_BATCH, 5, slice_of((const char *)batch->root, SHA256_SIZE));
    sql_bind_bytes(store, SQL_ADD_BATCH, 6, slice_of((const char *)batch->hash, SHA256_SIZE));
    bind_tally(store, 7, &batch->registry);
    bind_tally(store, 9, &batch->tokens);
    TRY(sql_run(store, SQL_ADD_BATCH, fault));
    store->ended = store_head_of(batch);
    return STATUS_DONE;
}

/* The numbers from place 1 on, then the checksum and the body. */
static struct status put_row(struct sqlite_store *store, enum statement statement, int numbers,
                             const struct store_row *row, struct fault *fault)
{
    for (int i = 0; i < numbers; i++)
        sql_bind(store, statement, i + 1, row->numbers[i]);
    if (statement != SQL_PUT_MARK) {
        sql_bind(store, statement, numbers + 1, store_checksum(row->body));
        sql_bind_bytes(store, statement, numbers + 2, row->body);
    }
    return sql_run(store, statement, fault);
}

/* `count` rows, which is how many the statement takes. */
static struct status put_members(struct sqlite_store *store, enum statement statement,
                                 const struct store_row *rows, uint32_t count, struct fault *fault)
{
    for (uint32_t i = 0; i < count; i++) {
        int place = (int)i * MEMBER_COLUMNS;
        sql_bind(store, statement, place + 1, rows[i].numbers[0]);
        sql_bind(store, statement, place + 2, rows[i].numbers[1]);
        sql_bind_text(store, statement, place + 3, rows[i].text);
        sql_bind(store, statement, place + 4, store_checksum(rows[i].body));
        sql_bind_bytes(store, statement, place + 5, rows[i].body);
    }
    return sql_run(store, statement, fault);
}

struct status sqlite_put(struct store *base, enum store_table table, const struct store_row *rows,
                         uint32_t count, struct fault *fault)
{
    static const struct {
        enum statement statement;
        int numbers;
    } puts[STORE_TABLES] = {[STORE_RUNS] = {SQL_ADD_RUN, 5},
                            [STORE_BUCKETS] = {SQL_ADD_BUCKET, 1},
                            [STORE_ORGANISATIONS] = {SQL_PUT_ORGANISATION, 1},
                            [STORE_MARK] = {SQL_PUT_MARK, 3}};
    struct sqlite_store *store = sqlite_of(base);
    if (table == STORE_MEMBERS && count == STORE_PUT_AT_ONCE)
        return put_members(store, SQL_PUT_8_MEMBERS, rows, count, fault);
    for (uint32_t i = 0; i < count; i++) {
        if (table == STORE_MEMBERS)
            TRY(put_members(store, SQL_PUT_MEMBER, &rows[i], 1, fault));
        else
            TRY(put_row(store, puts[table].statement, puts[table].numbers, &rows[i], fault));
    }
    return STATUS_DONE;
}

struct status sqlite_drop(struct store *base, enum store_table table, uint64_t from,
                          struct fault *fault)
{
    CHECK(table == STORE_BUCKETS);
    sql_bind(sqlite_of(base), SQL_DROP_BUCKETS, 1, from);
    return sql_run(sqlite_of(base), SQL_DROP_BUCKETS, fault);
}

void sqlite_write_witness(struct sqlite_store *store)
{
    char line[WITNESS_LINE_SIZE];
    witness_print(&store->store.head, store->crypto, line);
    note_write(&store->witness, slice_of(line, sizeof line));
}

struct status sqlite_commit(struct store *base, struct fault *fault)
{
    struct sqlite_store *store = sqlite_of(base);
    TRY(sql_run(store, SQL_COMMIT, fault));
    if (store->ended.batches == base->head.batches)
        return STATUS_DONE;
    base->head = store->ended;
    sqlite_write_witness(store);
    return STATUS_DONE;
}

struct status sqlite_undo(struct store *base, struct fault *fault)
{
    struct sqlite_store *store = sqlite_of(base);
    struct journal_head head;
    if (!sqlite3_get_autocommit(store->db))
        TRY(sql_run(store, SQL_ROLLBACK, fault));
    CHECK(sqlite3_get_autocommit(store->db));
    TRY(sqlite_read_head(store, fault, &head));
    if (memcmp(head.hash, base->head.hash, sizeof head.hash) != 0)
        return fault_raise(fault, STATUS_UNKNOWN, "a batch was rolled back and is still there");
    return STATUS_DONE;
}
