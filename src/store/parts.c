/* The files of a journal in a folder (parts.h). Owns what it opens, for one call. Any thread; the
 * folder's lock is the caller's. */
#include "store/parts.h"

#include "store/schema.h"
#include "store/sqlite.h"

#include <stdio.h>

enum { PAGES_A_STEP = 2048 };

static const char *const parts[] = {"journal.db",         "journal.db-wal", "journal.db-shm",
                                    "journal.db-journal", "head",           "unfinished"};
enum { PART_COUNT = sizeof parts / sizeof *parts };

struct status parts_path(const char *folder, const char *name, struct fault *fault,
                         char ret_path[PATH_MAX])
{
    int len = snprintf(ret_path, PATH_MAX, "%s/%s", folder, name);
    if (len < 0 || len >= PATH_MAX)
        return fault_raise(fault, STATUS_INVALID, "the path %.64s... is too long", folder);
    return STATUS_DONE;
}

void parts_remove(const char *folder)
{
    for (int i = 0; i < PART_COUNT; i++) {
        char path[PATH_MAX];
        bool removed = status_ok(parts_path(folder, parts[i], NULL, path)) &&
                       status_ok(file_remove(path, NULL));
        (void)removed;
    }
}

struct status parts_check_absent(const char *folder, struct fault *fault)
{
    for (int i = 0; i < PART_COUNT; i++) {
        char path[PATH_MAX];
        TRY(parts_path(folder, parts[i], fault, path));
        if (file_is_named(path))
            return fault_raise(fault, STATUS_EXISTS, "%s is there already", path);
    }
    return STATUS_DONE;
}

static struct status copy_pages(sqlite3 *from, sqlite3 *to,
                                void (*report)(void *context, uint64_t done, uint64_t all),
                                void *context, struct fault *fault)
{
    sqlite3_backup *backup = sqlite3_backup_init(to, "main", from, "main");
    if (!backup)
        return schema_fault(to, fault, "begin the copy");
    int code;
    do {
        code = sqlite3_backup_step(backup, PAGES_A_STEP);
        uint64_t all = (uint64_t)sqlite3_backup_pagecount(backup);
        if (report)
            report(context, all - (uint64_t)sqlite3_backup_remaining(backup), all);
    } while (code == SQLITE_OK);
    int finished = sqlite3_backup_finish(backup);
    if (code != SQLITE_DONE)
        return fault_raise(fault,
                           (code & 0xff) == SQLITE_FULL    ? STATUS_FULL
                           : (code & 0xff) == SQLITE_NOMEM ? STATUS_MEMORY
                                                           : STATUS_IO,
                           "cannot copy the database: %s", sqlite3_errstr(code));
    if (finished != SQLITE_OK)
        return schema_fault(to, fault, "finish the copy");
    return STATUS_DONE;
}

/* The header of the copy says that it has a write-ahead log, as the source's does. */
struct status parts_copy(struct store *from, const char *path,
                         void (*report)(void *context, uint64_t done, uint64_t all), void *context,
                         struct fault *fault)
{
    sqlite3 *to = NULL;
    TRY(file_replace(path, SLICE_NONE, 0600, fault));
    struct status status = schema_open(path, true, fault, &to);
    if (status_ok(status))
        status = copy_pages(sqlite_of(from)->db, to, report, context, fault);
    if (status_ok(status))
        status = schema_run(to, "PRAGMA journal_mode = DELETE", fault);
    (void)sqlite3_close(to);
    TRY(status);
    return file_sync(path, fault);
}
