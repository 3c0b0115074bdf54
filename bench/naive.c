/* The peer of bench/ for writes: money kept in SQLite the way it is usually done, at its best. A
 * transfer is a charge: the member must have enough, its balance and the organisation's are
 * updated, a row of history is inserted; a token makes it happen once.
 *
 *     naive FOLDER MEMBERS CONNECTIONS BATCH SECONDS TOKENS
 *
 * CONNECTIONS threads each ask for BATCH transfers, wait until they are durable, and ask again. One
 * IMMEDIATE transaction a request, one SQLite connection under a mutex: that is kinder to SQLite
 * than connections that poll for its lock and read again what the others changed. TOKENS: `row`, a
 * unique index over a token in each row of history; `request`, one row of tokens a request. The
 * database is made in FOLDER anew; WAL, synchronous=FULL, statements prepared once, everything
 * cached. */
#include "meter.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TOKEN_BYTES = 16, AMOUNT_MAX = 1000000, OPENING = 1000000000 };

static const char schema[] =
    "PRAGMA page_size=8192;"
    "PRAGMA journal_mode=WAL;"
    "PRAGMA synchronous=FULL;"
    "PRAGMA cache_size=-1048576;"
    "PRAGMA wal_autocheckpoint=4000;"
    "PRAGMA locking_mode=EXCLUSIVE;"
    "CREATE TABLE member(uin INTEGER PRIMARY KEY, cash INTEGER NOT NULL, credit INTEGER NOT NULL,"
    " frozen INTEGER NOT NULL);"
    "CREATE TABLE account(id INTEGER PRIMARY KEY, balance INTEGER NOT NULL);"
    "CREATE TABLE transfer(id INTEGER PRIMARY KEY, uin INTEGER NOT NULL, account INTEGER NOT NULL,"
    " amount INTEGER NOT NULL, cash_after INTEGER NOT NULL, time_us INTEGER NOT NULL, token BLOB);"
    "CREATE TABLE request(token BLOB PRIMARY KEY, last INTEGER NOT NULL) WITHOUT ROWID;"
    "INSERT INTO account VALUES(1, 0);";

static const char row_tokens[] = "CREATE UNIQUE INDEX transfer_token ON transfer(token);";

static sqlite3 *db;
static sqlite3_stmt *begin, *take, *give, *note, *note_request, *commit;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct meter meter;
static uint64_t member_count, batch;
static bool token_a_row;
static int64_t end_us;

static _Noreturn void die_sql(const char *what)
{
    fprintf(stderr, "naive: %s: %s\n", what, sqlite3_errmsg(db));
    exit(1);
}

static void run(const char *sql)
{
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        die_sql(sql);
}

static sqlite3_stmt *prepare(const char *sql)
{
    sqlite3_stmt *statement;
    if (sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL) != SQLITE_OK)
        die_sql(sql);
    return statement;
}

static void step_done(sqlite3_stmt *statement)
{
    if (sqlite3_step(statement) != SQLITE_DONE)
        die_sql(sqlite3_sql(statement));
    sqlite3_reset(statement);
}

static void add_members(void)
{
    sqlite3_stmt *add = prepare("INSERT INTO member VALUES(?1, ?2, 0, 0)");
    run("BEGIN");
    for (uint64_t i = 0; i < member_count; i++) {
        sqlite3_bind_int64(add, 1, (int64_t)i + 1);
        sqlite3_bind_int64(add, 2, (int64_t)OPENING * AMOUNT_MAX);
        step_done(add);
    }
    run("COMMIT");
    sqlite3_finalize(add);
}

/* A log that has its full length is written over, and a sync then need not wait for the file
 * system's own journal: so the log is filled once before anything is measured. */
static void fill_log(void)
{
    run("CREATE TABLE filler(x BLOB); INSERT INTO filler VALUES(zeroblob(40000000));"
        "PRAGMA wal_checkpoint(RESTART); DROP TABLE filler; PRAGMA wal_checkpoint(RESTART);");
}

static void open_database(const char *folder)
{
    char path[4096];
    for (const char *const *end = (const char *const[]){"-wal", "-shm", "", NULL}; *end; end++) {
        snprintf(path, sizeof path, "%s/naive.db%s", folder, *end);
        unlink(path);
    }
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
                        NULL) != SQLITE_OK)
        die_sql(path);
    run(schema);
    if (token_a_row)
        run(row_tokens);
    add_members();
    fill_log();
    begin = prepare("BEGIN IMMEDIATE");
    take = prepare("UPDATE member SET cash = cash - ?2 WHERE uin = ?1 AND "
                   "cash + credit - frozen >= ?2 RETURNING cash");
    give = prepare("UPDATE account SET balance = balance + ?1 WHERE id = 1");
    note = prepare("INSERT INTO transfer VALUES(NULL, ?1, 1, ?2, ?3, ?4, ?5)");
    note_request = prepare("INSERT INTO request VALUES(?1, ?2)");
    commit = prepare("COMMIT");
}

static void transfer(int64_t uin, int64_t amount, const unsigned char *token)
{
    sqlite3_bind_int64(take, 1, uin);
    sqlite3_bind_int64(take, 2, amount);
    if (sqlite3_step(take) != SQLITE_ROW)
        die_sql("no such member, or too little money");
    sqlite3_bind_int64(note, 3, sqlite3_column_int64(take, 0));
    step_done(take);
    sqlite3_bind_int64(give, 1, amount);
    step_done(give);
    sqlite3_bind_int64(note, 1, uin);
    sqlite3_bind_int64(note, 2, amount);
    sqlite3_bind_int64(note, 4, steady_us());
    if (token)
        sqlite3_bind_blob(note, 5, token, TOKEN_BYTES, SQLITE_STATIC);
    step_done(note);
}

static void request(uint64_t *random)
{
    unsigned char token[TOKEN_BYTES];
    step_done(begin);
    for (uint64_t i = 0; i < batch; i++) {
        if (token_a_row)
            random_fill(random, token, sizeof token);
        transfer((int64_t)(random_next(random) % member_count) + 1,
                 (int64_t)(random_next(random) % AMOUNT_MAX) + 1, token_a_row ? token : NULL);
    }
    if (!token_a_row) {
        random_fill(random, token, sizeof token);
        sqlite3_bind_blob(note_request, 1, token, sizeof token, SQLITE_STATIC);
        sqlite3_bind_int64(note_request, 2, sqlite3_last_insert_rowid(db));
        step_done(note_request);
    }
    step_done(commit);
}

static void *connection(void *seed)
{
    uint64_t random = *(uint64_t *)seed;
    for (;;) {
        int64_t asked = steady_us();
        pthread_mutex_lock(&lock);
        bool over = steady_us() >= end_us;
        if (!over)
            request(&random);
        pthread_mutex_unlock(&lock);
        if (over)
            return NULL;
        meter_note(&meter, steady_us() - asked);
    }
}

int main(int argc, char **argv)
{
    if (argc != 7) {
        fprintf(stderr, "usage: naive FOLDER MEMBERS CONNECTIONS BATCH SECONDS row|request\n");
        return 2;
    }
    member_count = strtoull(argv[2], NULL, 10);
    size_t count = strtoul(argv[3], NULL, 10);
    batch = strtoull(argv[4], NULL, 10);
    token_a_row = strcmp(argv[6], "row") == 0;
    open_database(argv[1]);
    meter_init(&meter);
    pthread_t *threads = calloc(count, sizeof *threads);
    uint64_t *seeds = calloc(count, sizeof *seeds);
    if (!threads || !seeds)
        die("calloc");
    int64_t start = steady_us();
    end_us = start + strtoll(argv[5], NULL, 10) * 1000000;
    for (size_t i = 0; i < count; i++) {
        seeds[i] = (uint64_t)start * 64 + i + 1;
        if (pthread_create(&threads[i], NULL, connection, &seeds[i]) != 0)
            die("pthread_create");
    }
    for (size_t i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
    meter_print(&meter, batch, (double)(steady_us() - start) / 1e6);
    return 0;
}
