/* Folding SQLite's write-ahead log into the database beside the appends. Private to the room.
 *
 * A fold copies megabytes and syncs them, which would hold up everybody who waits for an append. So
 * a thread with a connection of its own does it, again and again until little is left; that little
 * is folded by the writer itself (fold_move), after which SQLite begins the log anew. */
#ifndef STORE_FOLD_H
#define STORE_FOLD_H

#include "base/status.h"

#include <stdint.h>

#include <sqlite3.h>

struct fold;

/* `path` and `pragmas` (for the connection) are borrowed until fold_free. Opens nothing and starts
 * no thread yet. NULL when memory is short. */
struct fold *fold_new(const char *path, const char *pragmas, uint32_t pages_max);
void fold_free(struct fold *fold);
/* Between appends, by the thread that makes them, with its connection: takes note that the log has
 * so many pages, has it folded once they are pages_max, and folds the rest when there is little
 * left. FULL, MEMORY: postponed, as by a reader in the way; anything else: what is on disk is not
 * known. */
STATUS_MUST_USE struct status fold_move(struct fold *fold, sqlite3 *db, uint32_t pages,
                                        struct fault *fault);
/* Ends the thread and folds all of the log: SQLite, when it closes, would not say whether that
 * reached the disk. */
STATUS_MUST_USE struct status fold_finish(struct fold *fold, sqlite3 *db, struct fault *fault);

#endif
