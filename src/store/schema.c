/* The tables of a SQLite journal, how its databases are opened, and the words for SQLite's errors
 * (schema.h).
 *
 * 1. A database is used only when its schema is, to the letter, the one of `tables`, and nothing
 *    besides: no trigger, view, index or table of somebody else's.
 * 2. No connection runs triggers, shows views or trusts functions in a schema, whoever made them,
 *    and whenever.
 * 3. Released tables are never edited. A change is a new version and a step that leads to it from
 *    the one before, in one transaction with the number, after which the texts are those of
 *    `tables` again.
 *
 * Owns nothing. Any thread, one at a time a database. */
#include "store/schema.h"

#include "base/check.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* As SQLite keeps them. The comments are for whoever opens the database with a tool. */
static const struct table {
    const char *name;
    const char *sql;
} tables[] = {
    {"entry", "CREATE TABLE entry ( -- what happened, in order; the only truth\n"
              "  first_sequence INTEGER PRIMARY KEY, -- of the row's entries: 1, 2, 3, ...\n"
              "  stream INTEGER NOT NULL, -- 0\n"
              "  bodies BLOB NOT NULL -- canonical bytes of one entry or several\n"
              ") STRICT"},
    {"batch", "CREATE TABLE batch ( -- entries that became durable together\n"
              "  number INTEGER PRIMARY KEY, -- 1, 2, 3, ... without gaps\n"
              "  stream INTEGER NOT NULL, -- 0\n"
              "  first_sequence INTEGER NOT NULL,\n"
              "  last_sequence INTEGER NOT NULL,\n"
              "  time_us INTEGER NOT NULL, -- of the last entry\n"
              "  root BLOB NOT NULL, -- Merkle root of the entries (docs/journal-format.md)\n"
              "  hash BLOB NOT NULL, -- of this row and the hash before it\n"
              "  registry_count INTEGER NOT NULL, -- rows of registry so far\n"
              "  registry_hash BLOB NOT NULL, -- over them\n"
              "  token_count INTEGER NOT NULL, -- rows of request so far\n"
              "  token_hash BLOB NOT NULL -- over them\n"
              ") STRICT"},
    {"registry",
     "CREATE TABLE registry ( -- the entries about organisations, keys, policies, delegations\n"
     "  sequence INTEGER PRIMARY KEY,\n"
     "  stream INTEGER NOT NULL, -- 0\n"
     "  leaf BLOB NOT NULL -- hash of the entry\n"
     ") STRICT"},
    {"request", "CREATE TABLE request ( -- the entries about requests, so that they are found\n"
                "  sequence INTEGER PRIMARY KEY,\n"
                "  stream INTEGER NOT NULL, -- 0\n"
                "  prefix INTEGER -- first 8 bytes of the token's digest, the last the highest; "
                "NULL: none\n"
                ") STRICT"},
    {"token_run", "CREATE TABLE token_run ( -- older rows of request, sorted, to be found fast\n"
                  "  number INTEGER PRIMARY KEY, -- 1, 2, 3, ... without gaps\n"
                  "  stream INTEGER NOT NULL, -- 0\n"
                  "  last_sequence INTEGER NOT NULL, -- the requests up to it that no run before "
                  "has\n"
                  "  requests INTEGER NOT NULL,\n"
                  "  seed INTEGER NOT NULL, -- of the hash (src/ledger/idmap.c)\n"
                  "  bucket_bits INTEGER NOT NULL, -- of the hash: its bucket\n"
                  "  checksum INTEGER NOT NULL, -- of filter\n"
                  "  filter BLOB NOT NULL -- which tokens may be there (src/journal/filter.h)\n"
                  ") STRICT"},
    {"token_bucket", "CREATE TABLE token_bucket ( -- a run's tokens by the upper bits of their "
                     "hash\n"
                     "  place INTEGER PRIMARY KEY, -- run << 32 | bucket\n"
                     "  stream INTEGER NOT NULL, -- 0\n"
                     "  checksum INTEGER NOT NULL, -- of body\n"
                     "  body BLOB NOT NULL -- prefix and sequence, 8 bytes each, the lowest first; "
                     "by hash\n"
                     ") STRICT"},
    {"organisation", "CREATE TABLE organisation ( -- checkpoint: as of mark.sequence\n"
                     "  stream INTEGER NOT NULL, -- 0\n"
                     "  id INTEGER NOT NULL,\n"
                     "  checksum INTEGER NOT NULL, -- of body (src/journal/README.md)\n"
                     "  body BLOB NOT NULL,\n"
                     "  PRIMARY KEY (stream, id)\n"
                     ") STRICT, WITHOUT ROWID"},
    {"member", "CREATE TABLE member ( -- checkpoint: as of mark.sequence or later\n"
               "  stream INTEGER NOT NULL, -- 0\n"
               "  organisation INTEGER NOT NULL,\n"
               "  uin TEXT NOT NULL,\n"
               "  sequence INTEGER NOT NULL, -- the entry that changed the member last\n"
               "  checksum INTEGER NOT NULL, -- of body\n"
               "  body BLOB NOT NULL,\n"
               "  PRIMARY KEY (stream, organisation, uin)\n"
               ") STRICT, WITHOUT ROWID"},
    {"mark", "CREATE TABLE mark ( -- how far the checkpoint reaches: to the end of this batch\n"
             "  stream INTEGER PRIMARY KEY, -- 0\n"
             "  batch INTEGER NOT NULL,\n"
             "  sequence INTEGER NOT NULL,\n"
             "  time_us INTEGER NOT NULL\n"
             ") STRICT"},
};
enum { TABLES = sizeof tables / sizeof *tables };

/* SQLite notes the number of a failed call, but not when it failed inside COMMIT or while the log
 * was folded; then errno has it still. */
static int failed_call_of(sqlite3 *db)
{
    int noted = sqlite3_system_errno(db);
    return noted != 0 ? noted : errno;
}

/* A write or a change of length that finds no room, or no more quota, is a full disk; a failed sync
 * never is. */
static bool is_full(int error, int failed_call)
{
    return (error == SQLITE_IOERR_WRITE || error == SQLITE_IOERR_TRUNCATE) &&
           (failed_call == EDQUOT || failed_call == ENOSPC);
}

static enum status_code code_of(sqlite3 *db, int failed_call)
{
    switch (sqlite3_errcode(db) & 0xff) {
    case SQLITE_FULL:
        return STATUS_FULL;
    case SQLITE_NOMEM:
        return STATUS_MEMORY;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return STATUS_BUSY;
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_READONLY:
        return STATUS_DENIED;
    case SQLITE_CANTOPEN:
        return failed_call == EACCES || failed_call == EPERM ? STATUS_DENIED : STATUS_IO;
    case SQLITE_IOERR:
        if (sqlite3_extended_errcode(db) == SQLITE_IOERR_NOMEM)
            return STATUS_MEMORY;
        return is_full(sqlite3_extended_errcode(db), failed_call) ? STATUS_FULL : STATUS_IO;
    default: /* malformed pages, missing tables, wrong types: not what we wrote */
        return STATUS_CORRUPT;
    }
}

struct status schema_fault(sqlite3 *db, struct fault *fault, const char *doing)
{
    int failed_call = failed_call_of(db);
    enum status_code code = code_of(db, failed_call);
    if ((code == STATUS_IO || code == STATUS_DENIED) && failed_call != 0) {
        (void)fault_raise_errno(fault, failed_call, "cannot %s: %s", doing, sqlite3_errmsg(db));
        return (struct status){code};
    }
    return fault_raise(fault, code, "cannot %s: %s", doing, sqlite3_errmsg(db));
}

struct status schema_run(sqlite3 *db, const char *sql, struct fault *fault)
{
    errno = 0;
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        return schema_fault(db, fault, "use the database");
    return STATUS_DONE;
}

struct status schema_number(sqlite3 *db, const char *sql, struct fault *fault, int64_t *ret_number)
{
    sqlite3_stmt *query = NULL;
    int code = sqlite3_prepare_v2(db, sql, -1, &query, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_step(query);
    int64_t number = code == SQLITE_ROW ? sqlite3_column_int64(query, 0) : 0;
    struct status status = STATUS_DONE;
    if (code != SQLITE_ROW)
        status = schema_fault(db, fault, "read the database");
    (void)sqlite3_finalize(query);
    if (status_ok(status))
        *ret_number = number;
    return status;
}

struct status schema_open(const char *path, bool writable, struct fault *fault, sqlite3 **ret_db)
{
    static const struct {
        int option, value;
    } settings[] = {
        {SQLITE_DBCONFIG_DEFENSIVE, 1},
        {SQLITE_DBCONFIG_ENABLE_TRIGGER, 0},
        {SQLITE_DBCONFIG_ENABLE_VIEW, 0},
        {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
    };
    int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    flags |= writable ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;
    errno = 0;
    if (sqlite3_open_v2(path, ret_db, flags, NULL) != SQLITE_OK)
        return *ret_db ? schema_fault(*ret_db, fault, "open the database")
                       : fault_raise(fault, STATUS_MEMORY, "no memory for the database");
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        int is_set = -1;
        CHECK(sqlite3_db_config(*ret_db, settings[i].option, settings[i].value, &is_set) ==
              SQLITE_OK);
        CHECK(is_set == settings[i].value);
    }
    return STATUS_DONE;
}

/* Invariant 1 --------------------------------------------------------------------------------- */

static bool is_text(sqlite3_stmt *query, int column, const char *expected)
{
    const char *text = (const char *)sqlite3_column_text(query, column);
    return text && strcmp(text, expected) == 0;
}

static const char *text_or(sqlite3_stmt *query, int column, const char *otherwise)
{
    const char *text = (const char *)sqlite3_column_text(query, column);
    return text ? text : otherwise;
}

/* The row (type, name, tbl_name, sql) that the query stands on; counts whose it is. */
static struct status match_row(sqlite3_stmt *query, unsigned seen[TABLES], struct fault *fault)
{
    for (size_t i = 0; i < TABLES; i++) {
        if (!is_text(query, 0, "table") || !is_text(query, 1, tables[i].name))
            continue;
        if (!is_text(query, 2, tables[i].name) || !is_text(query, 3, tables[i].sql))
            return fault_raise(fault, STATUS_CORRUPT,
                               "the table %s is not the one that bursar made: its schema was "
                               "changed",
                               tables[i].name);
        seen[i]++;
        return STATUS_DONE;
    }
    return fault_raise(
        fault, STATUS_CORRUPT,
        "its schema was changed: there is the %.16s %.64s, which bursar did not make",
        text_or(query, 0, "thing"), text_or(query, 1, "without a name"));
}

static struct status match_rows(sqlite3 *db, sqlite3_stmt *query, struct fault *fault)
{
    unsigned seen[TABLES] = {0};
    int code;
    while ((code = sqlite3_step(query)) == SQLITE_ROW)
        TRY(match_row(query, seen, fault));
    if (code != SQLITE_DONE)
        return schema_fault(db, fault, "read the schema");
    for (size_t i = 0; i < TABLES; i++) {
        if (seen[i] == 0)
            return fault_raise(fault, STATUS_CORRUPT, "its schema was changed: no such table: %s",
                               tables[i].name);
        if (seen[i] > 1)
            return fault_raise(fault, STATUS_CORRUPT,
                               "its schema was changed: the table %s is there twice",
                               tables[i].name);
    }
    return STATUS_DONE;
}

static struct status match(sqlite3 *db, struct fault *fault)
{
    sqlite3_stmt *query = NULL;
    errno = 0;
    if (sqlite3_prepare_v2(db, "SELECT type, name, tbl_name, sql FROM sqlite_schema", -1, &query,
                           NULL) != SQLITE_OK)
        return schema_fault(db, fault, "read the schema");
    struct status status = match_rows(db, query, fault);
    (void)sqlite3_finalize(query);
    return status;
}

/* --------------------------------------------------------------------------------------------- */

static struct status make_tables(sqlite3 *db, struct fault *fault)
{
    char numbers[100];
    for (size_t i = 0; i < TABLES; i++)
        TRY(schema_run(db, tables[i].sql, fault));
    (void)snprintf(numbers, sizeof numbers, "PRAGMA application_id = %d; PRAGMA user_version = %d",
                   SCHEMA_APPLICATION_ID, SCHEMA_VERSION);
    TRY(schema_run(db, numbers, fault));
    TRY(match(db, fault));
    return schema_run(db, "COMMIT", fault);
}

struct status schema_make(sqlite3 *db, struct fault *fault)
{
    TRY(schema_run(db, "BEGIN IMMEDIATE", fault));
    struct status status = make_tables(db, fault);
    if (!status_ok(status) && !sqlite3_get_autocommit(db))
        (void)sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    TRY_WRAP(status, fault, "cannot make the tables");
    return STATUS_DONE;
}

/* A database without any table is new; with tables it must be marked as ours. */
static struct status read_version(sqlite3 *db, struct fault *fault, int64_t *ret_version)
{
    int64_t application = 0;
    int64_t things = 0;
    int64_t version = 0;
    TRY(schema_number(db, "SELECT count(*) FROM sqlite_schema", fault, &things));
    TRY(schema_number(db, "PRAGMA application_id", fault, &application));
    TRY(schema_number(db, "PRAGMA user_version", fault, &version));
    bool is_new = things == 0 && application == 0 && version == 0;
    bool is_ours = application == SCHEMA_APPLICATION_ID && version > 0;
    if (!is_new && !is_ours)
        return fault_raise(fault, STATUS_INVALID,
                           "this is not a journal of bursar (application id %lld, version %lld)",
                           (long long)application, (long long)version);
    *ret_version = version;
    return STATUS_DONE;
}

struct status schema_check(sqlite3 *db, bool may_be_empty, struct fault *fault, bool *ret_empty)
{
    int64_t version = 0;
    TRY(read_version(db, fault, &version));
    *ret_empty = version == 0;
    if (version == SCHEMA_VERSION)
        return match(db, fault);
    if (version > SCHEMA_VERSION)
        return fault_raise(fault, STATUS_NEWER,
                           "its schema has version %lld, this program knows versions up to %d: use "
                           "the newer bursar that wrote it",
                           (long long)version, SCHEMA_VERSION);
    if (version > 0)
        return fault_raise(fault, STATUS_INVALID,
                           "it was made by a pre-release of bursar (its schema has version %lld, "
                           "not %d) and cannot be read: export its members with that bursar "
                           "(`bursar query --all --output csv`), make a new folder with `bursar "
                           "init` and import them into it with this one",
                           (long long)version, SCHEMA_VERSION);
    if (!may_be_empty)
        return fault_raise(fault, STATUS_CORRUPT,
                           "it is empty: either `bursar init` was interrupted (run it again), or "
                           "its content is lost (put a backup in its place)");
    return STATUS_DONE;
}
