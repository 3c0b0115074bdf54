/* Backup: a copy of a journal at one moment, made beside a running server, and put back.
 *
 * A backup is a folder with `journal.db` (one whole file, without a write-ahead log beside it, so
 * that it can be read from where nothing can be written) and `head` (the witness). `head` is
 * written last, after everything was synced and verified: a backup without it was not finished. The
 * master key is not part of it. */
#ifndef JOURNAL_BACKUP_H
#define JOURNAL_BACKUP_H

#include "journal/journal.h"

/* `stage` is "copying" (pages) or "verifying" (entries). */
struct backup_progress {
    void (*report)(void *context, const char *stage, uint64_t done, uint64_t all);
    void *context;
};

/* Copies the journal in `folder` as it is now. `target` is created; EXISTS when it is there and not
 * empty. After a fault nothing of the copy is left. `progress` may be NULL. While it copies,
 * SQLite's log in `folder` grows. */
STATUS_MUST_USE struct status journal_backup(const char *folder, const char *target,
                                             const struct backup_progress *progress,
                                             struct fault *fault, struct verify_report *ret_report);
/* Puts a backup into `folder`, which is created and may hold other files, but nothing of a journal
 * (EXISTS). INVALID when the backup was not finished; CORRUPT when it is not what was backed up.
 * After a fault nothing of the journal is left in `folder`. */
STATUS_MUST_USE struct status journal_restore(const char *backup, const char *folder,
                                              const struct backup_progress *progress,
                                              struct fault *fault,
                                              struct verify_report *ret_report);

#endif
