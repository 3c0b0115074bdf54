/* Copying a journal, beside its writer, and putting the copy back (backup.h).
 *
 * 1. All pages are of one moment: the source is read in one snapshot from the first to the last.
 * 2. The folder is marked as unfinished until the copy is synced and verified (store/unfinished.h),
 * so that nobody takes a part of one for a journal. The witness is written last.
 *
 * Owns what it opens, for one call. Any thread. */
#include "journal/backup.h"

#include "base/check.h"
#include "journal/store.h"
#include "store/schema.h"
#include "store/unfinished.h"
#include "store/witness.h"

#include <stdio.h>

enum { PAGES_A_STEP = 2048 };

static const char *const parts[] = {"journal.db",         "journal.db-wal", "journal.db-shm",
                                    "journal.db-journal", "head",           "unfinished"};
enum { PART_COUNT = sizeof parts / sizeof *parts };

struct copying {
    const char *target; /* folder */
    const char *maker;  /* the command */
    const struct backup_progress *progress;
    struct journal_head head; /* of what is copied */
};

static struct status part_path(const char *folder, const char *name, struct fault *fault,
                               char ret_path[PATH_MAX])
{
    int len = snprintf(ret_path, PATH_MAX, "%s/%s", folder, name);
    if (len < 0 || len >= PATH_MAX)
        return fault_raise(fault, STATUS_INVALID, "the path %.64s... is too long", folder);
    return STATUS_DONE;
}

/* After a fault: it is the fault that matters, not what cannot be removed. */
void store_remove(const char *folder)
{
    for (int i = 0; i < PART_COUNT; i++) {
        char path[PATH_MAX];
        bool removed = status_ok(part_path(folder, parts[i], NULL, path)) &&
                       status_ok(file_remove(path, NULL));
        (void)removed;
    }
}

/* The copy ------------------------------------------------------------------------------------- */

static void report_pages(const struct copying *copying, sqlite3_backup *backup)
{
    int all = sqlite3_backup_pagecount(backup);
    if (copying->progress)
        copying->progress->report(copying->progress->context, "copying",
                                  (uint64_t)(all - sqlite3_backup_remaining(backup)),
                                  (uint64_t)all);
}

static struct status copy_pages(const struct copying *copying, sqlite3 *from, sqlite3 *to,
                                struct fault *fault)
{
    sqlite3_backup *backup = sqlite3_backup_init(to, "main", from, "main");
    if (!backup)
        return schema_fault(to, fault, "begin the copy");
    int code;
    do {
        code = sqlite3_backup_step(backup, PAGES_A_STEP);
        report_pages(copying, backup);
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
static struct status copy_database(const struct copying *copying, struct store *from,
                                   const char *path, struct fault *fault)
{
    sqlite3 *to = NULL;
    TRY(file_replace(path, SLICE_NONE, 0600, fault));
    struct status status = schema_open(path, true, fault, &to);
    if (status_ok(status))
        status = copy_pages(copying, from->db, to, fault);
    if (status_ok(status))
        status = schema_run(to, "PRAGMA journal_mode = DELETE", fault);
    (void)sqlite3_close(to);
    TRY(status);
    return file_sync(path, fault);
}

static void report_entries(void *context, uint64_t done, uint64_t all)
{
    const struct backup_progress *progress = context;
    progress->report(progress->context, "verifying", done, all);
}

static struct status verify_copy(const struct copying *copying, struct fault *fault,
                                 struct verify_report *ret_report)
{
    struct verify_report report;
    struct backup_progress progress = {0};
    if (copying->progress)
        progress = *copying->progress;
    TRY(store_verify(copying->target, true, progress.report ? report_entries : NULL, &progress,
                     fault, &report));
    if (report.head.sequence != copying->head.sequence ||
        memcmp(report.head.hash, copying->head.hash, sizeof report.head.hash) != 0)
        return fault_raise(fault, STATUS_CORRUPT, "the copy does not end where its source ends");
    *ret_report = report;
    return STATUS_DONE;
}

static struct status write_head(const struct copying *copying, struct fault *fault)
{
    char path[PATH_MAX];
    char line[WITNESS_LINE_SIZE];
    struct crypto *crypto = crypto_new();
    if (!crypto)
        return fault_raise(fault, STATUS_MEMORY, "no memory for the head");
    witness_print(&copying->head, crypto, line);
    crypto_free(crypto);
    TRY(part_path(copying->target, "head", fault, path));
    return file_replace(path, slice_of(line, sizeof line), 0600, fault);
}

/* Takes the snapshot over and gives it up as soon as it is copied. */
static struct status copy_journal(struct copying *copying, struct journal **from,
                                  struct fault *fault, struct verify_report *ret_report)
{
    char path[PATH_MAX];
    journal_head(*from, &copying->head);
    TRY(part_path(copying->target, "journal.db", fault, path));
    TRY(unfinished_begin(copying->target, copying->maker, fault));
    TRY_WRAP(copy_database(copying, store_of(*from), path, fault), fault, "%s", path);
    journal_close(*from);
    *from = NULL;
    TRY(verify_copy(copying, fault, ret_report));
    TRY(write_head(copying, fault));
    return unfinished_end(copying->target, fault);
}

static struct status copy_or_nothing(struct copying *copying, struct journal *from,
                                     struct fault *fault, struct verify_report *ret_report)
{
    struct status status = copy_journal(copying, &from, fault, ret_report);
    journal_close(from);
    if (!status_ok(status))
        store_remove(copying->target);
    return status;
}

/* Both ways ------------------------------------------------------------------------------------ */

static struct status open_source(const char *folder, struct fault *fault,
                                 struct journal **ret_journal)
{
    const struct journal_options options = {.read_only = true};
    return journal_open(folder, &options, fault, ret_journal);
}

static struct status make_target(const char *target, struct fault *fault)
{
    bool is_empty = false;
    TRY(folder_create(target, fault));
    TRY(folder_is_empty(target, fault, &is_empty));
    if (!is_empty)
        return fault_raise(fault, STATUS_EXISTS, "%s is not empty", target);
    return STATUS_DONE;
}

struct status journal_backup(const char *folder, const char *target,
                             const struct backup_progress *progress, struct fault *fault,
                             struct verify_report *ret_report)
{
    struct copying copying = {.target = target, .maker = "backup", .progress = progress};
    struct journal *from = NULL;
    TRY(open_source(folder, fault, &from));
    struct status status = make_target(target, fault);
    if (!status_ok(status)) {
        journal_close(from);
        return status;
    }
    TRY_WRAP(copy_or_nothing(&copying, from, fault, ret_report), fault, "no backup was made");
    return STATUS_DONE;
}

/* A witness that says exactly what the database says. */
static struct status check_finished(const char *backup, const struct journal *from,
                                    struct fault *fault)
{
    char path[PATH_MAX];
    struct journal_head head;
    struct journal_head seen;
    struct crypto *crypto = crypto_new();
    if (!crypto)
        return fault_raise(fault, STATUS_MEMORY, "no memory for the head");
    struct status status = part_path(backup, "head", fault, path);
    bool witnessed = false;
    if (status_ok(status))
        status = witness_read(path, crypto, fault, &witnessed, &seen);
    crypto_free(crypto);
    TRY(status);
    if (!witnessed)
        return fault_raise(fault, STATUS_INVALID, "%s is missing: the backup was not finished",
                           path);
    journal_head(from, &head);
    if (seen.sequence != head.sequence || seen.batches != head.batches)
        return fault_raise(fault, STATUS_INVALID,
                           "%s is not a backup: its database goes on behind its head", backup);
    return STATUS_DONE;
}

struct status store_check_absent(const char *folder, struct fault *fault)
{
    for (int i = 0; i < PART_COUNT; i++) {
        char path[PATH_MAX];
        TRY(part_path(folder, parts[i], fault, path));
        if (file_is_named(path))
            return fault_raise(fault, STATUS_EXISTS, "%s is there already", path);
    }
    return STATUS_DONE;
}

static struct status restore_locked(struct copying *copying, struct journal *from,
                                    struct fault *fault, struct verify_report *ret_report)
{
    struct status status = STATUS_DONE;
    if (unfinished_is(copying->target))
        store_remove(copying->target);
    else
        status = store_check_absent(copying->target, fault);
    if (!status_ok(status)) {
        journal_close(from);
        return status;
    }
    return copy_or_nothing(copying, from, fault, ret_report);
}

static struct status take_folder(const char *backup, const char *folder, const struct journal *from,
                                 struct fault *fault, struct folder_lock *ret_lock)
{
    TRY(check_finished(backup, from, fault));
    TRY(folder_create(folder, fault));
    return folder_lock(folder, ret_lock, fault);
}

struct status journal_restore(const char *backup, const char *folder,
                              const struct backup_progress *progress, struct fault *fault,
                              struct verify_report *ret_report)
{
    struct copying copying = {.target = folder, .maker = "restore", .progress = progress};
    struct folder_lock lock = {-1};
    struct journal *from = NULL;
    TRY(open_source(backup, fault, &from));
    struct status status = take_folder(backup, folder, from, fault, &lock);
    if (!status_ok(status)) {
        journal_close(from);
        return status;
    }
    status = restore_locked(&copying, from, fault, ret_report);
    folder_unlock(&lock);
    TRY_WRAP(status, fault, "nothing was restored");
    return STATUS_DONE;
}
