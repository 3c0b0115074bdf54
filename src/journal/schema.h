/* The tables of a SQLite journal: made, migrated, and refused when they are a newer program's. */
#ifndef JOURNAL_SCHEMA_H
#define JOURNAL_SCHEMA_H

#include "base/status.h"

#include <sqlite3.h>
#include <stdint.h>

/* Version 1 was a pre-release's: its entries were encoded otherwise, and it is refused. */
enum { SCHEMA_FIRST_VERSION = 2, SCHEMA_VERSION = 4 };
enum { SCHEMA_APPLICATION_ID = 0x42555253 }; /* "BURS" */

enum schema_mode {
    SCHEMA_CREATE,  /* an empty database gets its tables */
    SCHEMA_MIGRATE, /* an empty one is CORRUPT: it was never finished, or has been emptied */
    SCHEMA_READ,    /* nothing is changed, older ones are refused */
};

/* Changes nothing. NEWER when a newer program made the database, INVALID when it is another
 * program's. *ret_version is 0 for an empty one. */
STATUS_MUST_USE struct status schema_check(sqlite3 *db, enum schema_mode mode, struct fault *fault,
                                           int64_t *ret_version);
/* From `version` to SCHEMA_VERSION, each step in a transaction of its own. */
STATUS_MUST_USE struct status schema_migrate(sqlite3 *db, int64_t version, struct fault *fault);

/* What SQLite said, in our words: the one place that translates its codes. errno is cleared before
 * a call that may fail: SQLite does not always remember which of the kernel's errors it met. */
struct status schema_fault(sqlite3 *db, struct fault *fault, const char *doing);
STATUS_MUST_USE struct status schema_run(sqlite3 *db, const char *sql, struct fault *fault);
/* The first column of the first row. */
STATUS_MUST_USE struct status schema_number(sqlite3 *db, const char *sql, struct fault *fault,
                                            int64_t *ret_number);

#endif
