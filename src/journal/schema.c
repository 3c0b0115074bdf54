/* The tables of a SQLite journal and the words for SQLite's errors (schema.h).
 *
 * 1. migrations[0] makes version SCHEMA_FIRST_VERSION of nothing, each further step the next one,
 * in one transaction with the version number.
 * 2. A step that was ever released is never edited; a change is a new step.
 *
 * Owns nothing. Any thread, one at a time a database. */
#include "journal/schema.h"

#include "base/check.h"

#include <errno.h>
#include <stdio.h>

/* The comments are kept in the database, where whoever opens it with a tool will look first. */
static const char *const migrations[SCHEMA_VERSION - SCHEMA_FIRST_VERSION + 1] = {
    "CREATE TABLE entry ( -- what happened, in order; the only truth\n"
    "  sequence INTEGER PRIMARY KEY, -- 1, 2, 3, ... without gaps\n"
    "  stream INTEGER NOT NULL, -- 0\n"
    "  body BLOB NOT NULL -- canonical bytes (src/ledger/README.md)\n"
    ") STRICT;\n"
    "CREATE TABLE batch ( -- entries that became durable together\n"
    "  number INTEGER PRIMARY KEY, -- 1, 2, 3, ... without gaps\n"
    "  stream INTEGER NOT NULL, -- 0\n"
    "  first_sequence INTEGER NOT NULL,\n"
    "  last_sequence INTEGER NOT NULL,\n"
    "  time_us INTEGER NOT NULL, -- of the last entry\n"
    "  root BLOB NOT NULL, -- Merkle root of the entries (src/journal/chain.h)\n"
    "  hash BLOB NOT NULL -- of this row and the hash before it\n"
    ") STRICT;\n"
    "CREATE TABLE registry ( -- the entries about organisations, keys, policies, delegations\n"
    "  sequence INTEGER PRIMARY KEY,\n"
    "  stream INTEGER NOT NULL, -- 0\n"
    "  leaf BLOB NOT NULL -- hash of the entry (src/journal/chain.h)\n"
    ") STRICT;\n"
    "CREATE TABLE request ( -- the entries about requests, so that a token is found again\n"
    "  sequence INTEGER PRIMARY KEY,\n"
    "  stream INTEGER NOT NULL, -- 0\n"
    "  prefix INTEGER NOT NULL -- first 8 bytes of the token's digest, the last the highest\n"
    ") STRICT;\n"
    "CREATE TABLE organisation ( -- checkpoint: as of mark.sequence\n"
    "  stream INTEGER NOT NULL, -- 0\n"
    "  id INTEGER NOT NULL,\n"
    "  checksum INTEGER NOT NULL, -- of body (src/journal/README.md)\n"
    "  body BLOB NOT NULL,\n"
    "  PRIMARY KEY (stream, id)\n"
    ") STRICT, WITHOUT ROWID;\n"
    "CREATE TABLE member ( -- checkpoint: as of mark.sequence or later\n"
    "  stream INTEGER NOT NULL, -- 0\n"
    "  organisation INTEGER NOT NULL,\n"
    "  uin TEXT NOT NULL,\n"
    "  sequence INTEGER NOT NULL, -- the entry that changed the member last\n"
    "  checksum INTEGER NOT NULL, -- of body\n"
    "  body BLOB NOT NULL,\n"
    "  PRIMARY KEY (stream, organisation, uin)\n"
    ") STRICT, WITHOUT ROWID;\n"
    "CREATE TABLE mark ( -- how far the checkpoint reaches: to the end of this batch\n"
    "  stream INTEGER PRIMARY KEY, -- 0\n"
    "  batch INTEGER NOT NULL,\n"
    "  sequence INTEGER NOT NULL,\n"
    "  time_us INTEGER NOT NULL\n"
    ") STRICT;\n",
    "CREATE TABLE token_run ( -- older rows of request, sorted, to be found fast\n"
    "  number INTEGER PRIMARY KEY, -- 1, 2, 3, ... without gaps\n"
    "  stream INTEGER NOT NULL, -- 0\n"
    "  last_sequence INTEGER NOT NULL, -- the requests up to it that no run before has\n"
    "  requests INTEGER NOT NULL,\n"
    "  seed INTEGER NOT NULL, -- of the hash (src/ledger/idmap.c)\n"
    "  bucket_bits INTEGER NOT NULL, -- of the hash: its bucket\n"
    "  checksum INTEGER NOT NULL, -- of filter\n"
    "  filter BLOB NOT NULL -- which tokens may be there (src/journal/filter.h)\n"
    ") STRICT;\n"
    "CREATE TABLE token_bucket ( -- a run's tokens by the upper bits of their hash\n"
    "  place INTEGER PRIMARY KEY, -- run << 32 | bucket\n"
    "  stream INTEGER NOT NULL, -- 0\n"
    "  checksum INTEGER NOT NULL, -- of body\n"
    "  body BLOB NOT NULL -- prefix and sequence, 8 bytes each, the lowest first; by hash\n"
    ") STRICT;\n",
    /* A row may hold several entries (rows.h); those there hold one each, as they may. */
    ("ALTER TABLE entry RENAME COLUMN sequence TO first_sequence;\n"
     "ALTER TABLE entry RENAME COLUMN body TO bodies;\n"),
};

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

static struct status migrate_to(sqlite3 *db, int64_t version, struct fault *fault)
{
    char numbers[100];
    CHECK(version >= SCHEMA_FIRST_VERSION && version <= SCHEMA_VERSION);
    (void)snprintf(numbers, sizeof numbers, "PRAGMA application_id = %d; PRAGMA user_version = %d",
                   SCHEMA_APPLICATION_ID, (int)version);
    TRY(schema_run(db, "BEGIN IMMEDIATE", fault));
    struct status status = schema_run(db, migrations[version - SCHEMA_FIRST_VERSION], fault);
    if (status_ok(status))
        status = schema_run(db, numbers, fault);
    if (status_ok(status))
        status = schema_run(db, "COMMIT", fault);
    if (!status_ok(status) && !sqlite3_get_autocommit(db))
        (void)sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    return status;
}

/* A database without any table is new; with tables it must be marked as ours. */
static struct status read_version(sqlite3 *db, struct fault *fault, int64_t *ret_version)
{
    int64_t application = 0;
    int64_t tables = 0;
    int64_t version = 0;
    TRY(schema_number(db, "SELECT count(*) FROM sqlite_schema", fault, &tables));
    TRY(schema_number(db, "PRAGMA application_id", fault, &application));
    TRY(schema_number(db, "PRAGMA user_version", fault, &version));
    bool is_new = tables == 0 && application == 0 && version == 0;
    bool is_ours = application == SCHEMA_APPLICATION_ID && version > 0;
    if (!is_new && !is_ours)
        return fault_raise(fault, STATUS_INVALID,
                           "this is not a journal of bursar (application id %lld, version %lld)",
                           (long long)application, (long long)version);
    *ret_version = version;
    return STATUS_DONE;
}

struct status schema_check(sqlite3 *db, enum schema_mode mode, struct fault *fault,
                           int64_t *ret_version)
{
    int64_t version = 0;
    TRY(read_version(db, fault, &version));
    if (version > SCHEMA_VERSION)
        return fault_raise(fault, STATUS_NEWER,
                           "its schema has version %lld, this program knows versions up to %d: use "
                           "the newer bursar that wrote it",
                           (long long)version, SCHEMA_VERSION);
    if (version > 0 && version < SCHEMA_FIRST_VERSION)
        return fault_raise(fault, STATUS_INVALID,
                           "it was made by a pre-release of bursar (its schema has version %lld) "
                           "and cannot be read: make a new one with `bursar init` and import into "
                           "it",
                           (long long)version);
    if (version == 0 && mode != SCHEMA_CREATE)
        return fault_raise(fault, STATUS_CORRUPT,
                           "it is empty: either `bursar init` was interrupted (run it again), or "
                           "its content is lost (put a backup in its place)");
    if (version < SCHEMA_VERSION && mode == SCHEMA_READ)
        return fault_raise(fault, STATUS_INVALID,
                           "its schema has version %lld, older than %d: start the server on it "
                           "once, which brings it up to date",
                           (long long)version, SCHEMA_VERSION);
    *ret_version = version;
    return STATUS_DONE;
}

struct status schema_migrate(sqlite3 *db, int64_t version, struct fault *fault)
{
    int64_t next = version < SCHEMA_FIRST_VERSION ? SCHEMA_FIRST_VERSION : version + 1;
    for (; next <= SCHEMA_VERSION; next++)
        TRY_WRAP(migrate_to(db, next, fault), fault, "cannot bring the schema to version %d",
                 (int)next);
    return STATUS_DONE;
}
