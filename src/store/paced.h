/* Writing a database file in small portions, each synced before the next. Private to the room. */
#ifndef STORE_PACED_H
#define STORE_PACED_H

#include <sqlite3.h>

/* From now on what this connection writes into its main database is synced every 256 KiB: whoever
 * syncs another file on the same disk meanwhile waits for a portion, not for megabytes. Does
 * nothing when SQLite does not hand out its file. */
void paced_use(sqlite3 *db);

#endif
