/* Paced writes (paced.h): the file of the connection gets a table of methods of its own, in which
 * writing is ours and everything else SQLite's (sqlite3_io_methods; SQLITE_FCNTL_FILE_POINTER).
 *
 * 1. Syncing more often than asked changes no order that SQLite relies on: before it folds a log
 *    into the database, the log is synced.
 * 2. All files of a process have the same methods (SQLite's default VFS), so one copy serves all.
 *
 * Owns nothing. A connection belongs to one thread. */
#include "store/paced.h"

#include "base/check.h"

#include <pthread.h>

enum { PORTION_BYTES = 256 * 1024 };

static const sqlite3_io_methods *usual;
static sqlite3_io_methods methods;
static pthread_once_t copied = PTHREAD_ONCE_INIT;
static _Thread_local int unsynced;

static int write_and_sync(sqlite3_file *file, const void *bytes, int size, sqlite3_int64 offset)
{
    int code = usual->xWrite(file, bytes, size, offset);
    unsynced += size;
    if (code != SQLITE_OK || unsynced < PORTION_BYTES)
        return code;
    unsynced = 0;
    return usual->xSync(file, SQLITE_SYNC_NORMAL);
}

static void copy_methods(void)
{
    methods = *usual;
    methods.xWrite = write_and_sync;
}

void paced_use(sqlite3 *db)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    sqlite3_file *file = NULL;
    int code = sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, (void *)&file);
    if (code != SQLITE_OK || !file || !file->pMethods)
        return;
    pthread_mutex_lock(&lock);
    if (!usual)
        usual = file->pMethods;
    pthread_mutex_unlock(&lock);
    CHECK(pthread_once(&copied, copy_methods) == 0);
    if (file->pMethods == usual)
        file->pMethods = &methods;
}
