/* Copying a journal, beside its writer, and putting the copy back (backup.h).
 *
 * 1. All pages are of one moment: the source is read in one snapshot from the first to the last.
 * 2. The folder is marked as unfinished until the copy is synced and verified (store/unfinished.h),
 *    so that nobody takes a part of one for a journal. The witness is written last.
 *
 * Owns what it opens, for one call. Any thread. */
#include "journal/backup.h"

#include "base/check.h"
#include "journal/state.h"
#include "store/parts.h"
#include "store/unfinished.h"
#include "store/witness.h"
#include "sys/file.h"

struct copying {
    const char *target; /* folder */
    const char *maker;  /* the command */
    struct backup_progress progress;
    struct journal_head head; /* of what is copied */
};

static void report_pages(void *context, uint64_t done, uint64_t all)
{
    const struct backup_progress *progress = context;
    progress->report(progress->context, "copying", done, all);
}

static void report_entries(void *context, uint64_t done, uint64_t all)
{
    const struct backup_progress *progress = context;
    progress->report(progress->context, "verifying", done, all);
}

static struct status verify_copy(struct copying *copying, struct fault *fault,
                                 struct verify_report *ret_report)
{
    struct backup_progress *progress = &copying->progress;
    struct verify_report report;
    TRY(journal_verify_folder(copying->target, true, progress->report ? report_entries : NULL,
                              progress, fault, &report));
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
    TRY(parts_path(copying->target, "head", fault, path));
    return file_replace(path, slice_of(line, sizeof line), 0600, fault);
}

/* Takes the snapshot over and gives it up as soon as it is copied. */
static struct status copy_journal(struct copying *copying, struct journal **from,
                                  struct fault *fault, struct verify_report *ret_report)
{
    struct backup_progress *progress = &copying->progress;
    char path[PATH_MAX];
    journal_head(*from, &copying->head);
    TRY(parts_path(copying->target, "journal.db", fault, path));
    TRY(unfinished_begin(copying->target, copying->maker, fault));
    TRY_WRAP(
        parts_copy((*from)->store, path, progress->report ? report_pages : NULL, progress, fault),
        fault, "%s", path);
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
        parts_remove(copying->target);
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
    struct copying copying = {.target = target, .maker = "backup"};
    struct journal *from = NULL;
    if (progress)
        copying.progress = *progress;
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
    struct status status = parts_path(backup, "head", fault, path);
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

static struct status restore_locked(struct copying *copying, struct journal *from,
                                    struct fault *fault, struct verify_report *ret_report)
{
    struct status status = STATUS_DONE;
    if (unfinished_is(copying->target))
        parts_remove(copying->target);
    else
        status = parts_check_absent(copying->target, fault);
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
    struct copying copying = {.target = folder, .maker = "restore"};
    struct folder_lock lock = {-1};
    struct journal *from = NULL;
    if (progress)
        copying.progress = *progress;
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
