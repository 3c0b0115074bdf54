/* The tables of a SQLite journal: made, held against their text, and refused when they are another
 * version's; and the one way its databases are opened. */
#ifndef STORE_SCHEMA_H
#define STORE_SCHEMA_H

#include "base/status.h"

#include <sqlite3.h>
#include <stdint.h>

/* Lower versions were pre-releases': they are refused (ADR 13). */
enum { SCHEMA_VERSION = 5 };
enum { SCHEMA_APPLICATION_ID = 0x42555253 }; /* "BURS" */

/* Opens a file that is there; triggers, views and writing to the schema are off. *ret_db is to be
 * closed whatever was answered. */
STATUS_MUST_USE struct status schema_open(const char *path, bool writable, struct fault *fault,
                                          sqlite3 **ret_db);
/* Changes nothing. NEWER when a newer program made the database, INVALID when a pre-release or
 * another program did, CORRUPT when anything in the schema is not as this program makes it, or
 * nothing is there and something must. */
STATUS_MUST_USE struct status schema_check(sqlite3 *db, bool may_be_empty, struct fault *fault,
                                           bool *ret_empty);
/* Of an empty one, in one transaction. */
STATUS_MUST_USE struct status schema_make(sqlite3 *db, struct fault *fault);

/* What SQLite said, in our words: the one place that translates its codes. errno is cleared before
 * a call that may fail: SQLite does not always remember which of the kernel's errors it met. */
struct status schema_fault(sqlite3 *db, struct fault *fault, const char *doing);
STATUS_MUST_USE struct status schema_run(sqlite3 *db, const char *sql, struct fault *fault);
/* The first column of the first row. */
STATUS_MUST_USE struct status schema_number(sqlite3 *db, const char *sql, struct fault *fault,
                                            int64_t *ret_number);

#endif
