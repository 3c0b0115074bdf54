/* Whole small files and the ownership of a folder. Every fault names the path. */
#ifndef SYS_FILE_H
#define SYS_FILE_H

#include "base/buffer.h"
#include "base/status.h"

#include <limits.h>
#include <sys/types.h>

/* Appends the whole file ("-" is standard input) to `out`, whose ceiling limits the size. */
STATUS_MUST_USE struct status file_read(const char *path, struct buffer *out, struct fault *fault);
/* The same for a file of a data folder: a symbolic link in its place is not followed (DENIED). */
STATUS_MUST_USE struct status file_read_own(const char *path, struct buffer *out,
                                            struct fault *fault);
/* The same for a secret: a plain file that nobody but its owner may read (else DENIED). */
STATUS_MUST_USE struct status file_read_secret(const char *path, bool may_be_link,
                                               struct buffer *out, struct fault *fault);
/* DENIED if the path is a symbolic link; done if it is anything else or nothing. For files that
 * others (SQLite) open. */
STATUS_MUST_USE struct status file_refuse_link(const char *path, struct fault *fault);
/* Replaces the file so that after a crash the old or the new bytes are there, never a mix:
 * temporary file beside it, write, fsync, rename, fsync of the folder. `mode` as in chmod. */
STATUS_MUST_USE struct status file_replace(const char *path, struct slice bytes, mode_t mode,
                                           struct fault *fault);
/* A folder in which nobody but its owner (and root) can put files in the place of others: DENIED,
 * with the command that mends it, if its mode lets the group or all write. */
STATUS_MUST_USE struct status folder_check(const char *path, struct fault *fault);
/* Creates a folder (0700). If it is there already, it must be as folder_check wants it. */
STATUS_MUST_USE struct status folder_create(const char *path, struct fault *fault);
/* Nothing is in it but what every folder has. */
STATUS_MUST_USE struct status folder_is_empty(const char *path, struct fault *fault,
                                              bool *ret_empty);
bool file_exists(const char *path);
/* Whether anything has that name, be it a link that leads nowhere. */
bool file_is_named(const char *path);
bool folder_exists(const char *path);
/* Fine if it is not there. */
STATUS_MUST_USE struct status file_remove(const char *path, struct fault *fault);
/* The same, and it stays away after power loss. */
STATUS_MUST_USE struct status file_remove_durably(const char *path, struct fault *fault);
/* Makes durable what others wrote to the file, and its name in its folder. */
STATUS_MUST_USE struct status file_sync(const char *path, struct fault *fault);

/* A folder owned by this process until folder_unlock: flock on `path/lock`, which also holds the
 * owner's process id, host and start time as text. BUSY names that owner; DENIED: folder_check, or
 * the lock is a symbolic link. */
struct folder_lock {
    int fd; /* -1 = none */
};
STATUS_MUST_USE struct status folder_lock(const char *path, struct folder_lock *ret_lock,
                                          struct fault *fault);
void folder_unlock(struct folder_lock *lock);

/* A short text rewritten in place and never synced: a note about something that is durable
 * elsewhere. Whoever reads it (file_read_own) must be able to tell a torn one, which is not left
 * there knowingly: a note that cannot be rewritten whole is the old one, or is removed. */
struct note {
    int fd; /* -1 = none */
    char path[PATH_MAX];
};
/* Creates the file (0600) if it is not there. DENIED if it is a symbolic link. */
STATUS_MUST_USE struct status note_open(const char *path, struct note *ret_note,
                                        struct fault *fault);
/* Best effort: whether it was written matters to nobody who reads it with care. */
void note_write(struct note *note, struct slice text);
void note_close(struct note *note);

#endif
