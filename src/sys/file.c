/* Whole small files and the ownership of a folder (sys/file.h).
 *
 * 1. What file_replace names is at every moment the old file or the new one, also after power loss:
 *    the new bytes are synced before the rename, the rename before the function returns.
 * 2. A failed sync is reported and never tried again: the kernel may already have dropped the
 * pages.
 * 3. A folder is owned by the open lock file, not by the text in it: the kernel gives the lock up
 *    when the process dies, and the text only tells people who it was.
 * 4. A file of a data folder is that file itself: a symbolic link in its place is not followed, so
 *    that nobody can have another file written, or read, by whoever opens the folder.
 *
 * Owns nothing between calls. Any thread. */
#include "sys/file.h"

#include "base/check.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* The C library declares it in a header that has the same name as this room's. */
extern int flock(int fd, int operation);

enum { READ_CHUNK = 64 * 1024, OWNER_TEXT_MAX = 200, NOTE_TRIES = 3 };

static struct status read_some(int fd, const char *path, void *at, size_t room, struct fault *fault,
                               size_t *ret_got)
{
    ssize_t got;
    do {
        got = read(fd, at, room);
    } while (got < 0 && errno == EINTR);
    if (got < 0)
        return fault_raise_errno(fault, errno, "cannot read %s", path);
    *ret_got = (size_t)got;
    return STATUS_DONE;
}

/* At the ceiling, one byte more decides between "just fits" and "too large". */
static struct status check_at_end(int fd, const char *path, size_t size_max, struct fault *fault)
{
    char extra;
    size_t got = 0;
    TRY(read_some(fd, path, &extra, 1, fault, &got));
    if (got > 0)
        return fault_raise(fault, STATUS_INVALID, "%s is larger than %zu bytes", path, size_max);
    return STATUS_DONE;
}

/* Straight into the buffer, so that a secret leaves no copy on the stack. */
static struct status read_all(int fd, const char *path, struct buffer *out, struct fault *fault)
{
    for (;;) {
        size_t room = out->cap_max - out->len;
        if (room == 0)
            return check_at_end(fd, path, out->cap_max, fault);
        if (room > READ_CHUNK)
            room = READ_CHUNK;
        if (!buffer_reserve(out, room))
            return fault_raise(fault, STATUS_MEMORY, "no memory to read %s", path);
        size_t got = 0;
        TRY(read_some(fd, path, out->at + out->len, room, fault, &got));
        if (got == 0)
            return STATUS_DONE;
        out->len += got;
    }
}

static struct status link_refused(const char *path, struct fault *fault)
{
    return fault_raise(fault, STATUS_DENIED,
                       "%s is a symbolic link, which is not followed in a data folder: put the "
                       "file itself there",
                       path);
}

struct status file_refuse_link(const char *path, struct fault *fault)
{
    struct stat about;
    if (lstat(path, &about) != 0 || !S_ISLNK(about.st_mode))
        return STATUS_DONE;
    return link_refused(path, fault);
}

/* Invariant 4. Whatever is there instead of a file must not keep the opener waiting. */
static struct status open_own(const char *path, int flags, struct fault *fault, int *ret_fd)
{
    int fd = open(path, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
    if (fd < 0 && errno == ELOOP)
        return link_refused(path, fault);
    if (fd < 0)
        return fault_raise_errno(fault, errno, "cannot open %s", path);
    *ret_fd = fd;
    return STATUS_DONE;
}

struct status file_read_own(const char *path, struct buffer *out, struct fault *fault)
{
    int fd = -1;
    TRY(open_own(path, O_RDONLY, fault, &fd));
    struct status status = read_all(fd, path, out, fault);
    (void)close(fd);
    return status;
}

/* What is looked at is what is read: the file that is open. */
static struct status read_private(int fd, const char *path, struct buffer *out, struct fault *fault)
{
    struct stat about;
    if (fstat(fd, &about) != 0)
        return fault_raise_errno(fault, errno, "cannot look at %s", path);
    if (!S_ISREG(about.st_mode))
        return fault_raise(fault, STATUS_DENIED, "%s is not a plain file", path);
    if ((about.st_mode & 077) != 0)
        return fault_raise(fault, STATUS_DENIED,
                           "%s may be read by others (mode %04o): chmod 600 %s", path,
                           about.st_mode & 07777, path);
    return read_all(fd, path, out, fault);
}

struct status file_read_secret(const char *path, bool may_be_link, struct buffer *out,
                               struct fault *fault)
{
    int fd = -1;
    if (!may_be_link)
        TRY(open_own(path, O_RDONLY, fault, &fd));
    else if ((fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)) < 0)
        return fault_raise_errno(fault, errno, "cannot open %s", path);
    struct status status = read_private(fd, path, out, fault);
    (void)close(fd);
    return status;
}

struct status file_read(const char *path, struct buffer *out, struct fault *fault)
{
    if (strcmp(path, "-") == 0)
        return read_all(STDIN_FILENO, "standard input", out, fault);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return fault_raise_errno(fault, errno, "cannot open %s", path);
    struct status status = read_all(fd, path, out, fault);
    (void)close(fd);
    return status;
}

static struct status write_all(int fd, const char *path, struct slice bytes, struct fault *fault)
{
    while (bytes.len > 0) {
        ssize_t put = write(fd, bytes.at, bytes.len);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return fault_raise_errno(fault, errno, "cannot write %s", path);
        bytes = slice_of(bytes.at + put, bytes.len - (size_t)put);
    }
    return STATUS_DONE;
}

/* The folder that holds `path`, so that a new name in it survives power loss. */
static struct status sync_parent(const char *path, struct fault *fault)
{
    char parent[PATH_MAX];
    size_t len = strlen(path);
    while (len > 1 && path[len - 1] == '/')
        len--;
    while (len > 0 && path[len - 1] != '/')
        len--;
    if (len >= sizeof parent)
        return fault_raise(fault, STATUS_INVALID, "the path %.64s... is too long", path);
    memcpy(parent, path, len);
    parent[len] = '\0';
    const char *folder = len > 0 ? parent : ".";
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return fault_raise_errno(fault, errno, "cannot open the folder %s", folder);
    struct status status = STATUS_DONE;
    if (fsync(fd) != 0)
        status = fault_raise_errno(fault, errno, "cannot sync the folder %s", folder);
    (void)close(fd);
    return status;
}

struct status file_sync(const char *path, struct fault *fault)
{
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return fault_raise_errno(fault, errno, "cannot open %s", path);
    struct status status = STATUS_DONE;
    if (fsync(fd) != 0)
        status = fault_raise_errno(fault, errno, "cannot sync %s", path);
    (void)close(fd);
    TRY(status);
    return sync_parent(path, fault);
}

static struct status fill_temporary(int fd, const char *path, struct slice bytes, mode_t mode,
                                    struct fault *fault)
{
    TRY(write_all(fd, path, bytes, fault));
    if (fchmod(fd, mode) != 0)
        return fault_raise_errno(fault, errno, "cannot set the mode of %s", path);
    if (fsync(fd) != 0)
        return fault_raise_errno(fault, errno, "cannot sync %s", path);
    return STATUS_DONE;
}

struct status file_replace(const char *path, struct slice bytes, mode_t mode, struct fault *fault)
{
    char temporary[PATH_MAX];
    int len = snprintf(temporary, sizeof temporary, "%s.XXXXXX", path);
    if (len < 0 || (size_t)len >= sizeof temporary)
        return fault_raise(fault, STATUS_INVALID, "the path %.64s... is too long", path);
    int fd = mkostemp(temporary, O_CLOEXEC);
    if (fd < 0)
        return fault_raise_errno(fault, errno, "cannot create a file beside %s", path);
    struct status status = fill_temporary(fd, path, bytes, mode, fault);
    if (close(fd) != 0 && status_ok(status))
        status = fault_raise_errno(fault, errno, "cannot write %s", path);
    if (status_ok(status) && rename(temporary, path) != 0)
        status = fault_raise_errno(fault, errno, "cannot replace %s", path);
    if (!status_ok(status)) {
        (void)unlink(temporary);
        return status;
    }
    return sync_parent(path, fault);
}

struct status folder_check(const char *path, struct fault *fault)
{
    struct stat about;
    if (stat(path, &about) != 0)
        return fault_raise_errno(fault, errno, "cannot look at %s", path);
    if (!S_ISDIR(about.st_mode))
        return fault_raise(fault, STATUS_EXISTS, "%s is there, but is not a folder", path);
    if ((about.st_mode & 022) != 0)
        return fault_raise(fault, STATUS_DENIED,
                           "the folder %s may be written by others (mode %04o): chmod 700 %s", path,
                           about.st_mode & 07777, path);
    return STATUS_DONE;
}

struct status folder_create(const char *path, struct fault *fault)
{
    if (mkdir(path, 0700) == 0)
        return sync_parent(path, fault);
    if (errno != EEXIST)
        return fault_raise_errno(fault, errno, "cannot create the folder %s", path);
    return folder_check(path, fault);
}

struct status folder_is_empty(const char *path, struct fault *fault, bool *ret_empty)
{
    DIR *folder = opendir(path);
    if (!folder)
        return fault_raise_errno(fault, errno, "cannot open the folder %s", path);
    bool is_empty = true;
    errno = 0;
    for (const struct dirent *item; is_empty && (item = readdir(folder));)
        is_empty = strcmp(item->d_name, ".") == 0 || strcmp(item->d_name, "..") == 0;
    int code = errno;
    (void)closedir(folder);
    if (is_empty && code != 0)
        return fault_raise_errno(fault, code, "cannot read the folder %s", path);
    *ret_empty = is_empty;
    return STATUS_DONE;
}

bool folder_exists(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

struct status file_remove(const char *path, struct fault *fault)
{
    if (unlink(path) != 0 && errno != ENOENT)
        return fault_raise_errno(fault, errno, "cannot remove %s", path);
    return STATUS_DONE;
}

struct status file_remove_durably(const char *path, struct fault *fault)
{
    TRY(file_remove(path, fault));
    return sync_parent(path, fault);
}

bool file_is_named(const char *path)
{
    struct stat about;
    return lstat(path, &about) == 0;
}

bool file_exists(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0;
}

/* "process 4711 on host, since 2026-11-01T00:00:00Z" */
static size_t print_owner(char text[OWNER_TEXT_MAX])
{
    char host[65] = "";
    char since[32] = "";
    struct tm utc;
    time_t now = time(NULL);
    if (gethostname(host, sizeof host - 1) != 0)
        host[0] = '\0';
    if (gmtime_r(&now, &utc))
        (void)strftime(since, sizeof since, "%Y-%m-%dT%H:%M:%SZ", &utc);
    int len = snprintf(text, OWNER_TEXT_MAX, "process %ld on %s, since %s\n", (long)getpid(), host,
                       since);
    CHECK(len > 0 && len < OWNER_TEXT_MAX);
    return (size_t)len;
}

static struct status name_owner(int fd, const char *path, struct fault *fault)
{
    char text[OWNER_TEXT_MAX];
    ssize_t got = pread(fd, text, sizeof text, 0);
    struct slice owner = slice_trim_lines(slice_of(text, got > 0 ? (size_t)got : 0));
    if (owner.len == 0)
        owner = SLICE("another process");
    return fault_raise(fault, STATUS_BUSY, "%s is in use by %.*s", path, SLICE_ARGS(owner));
}

static struct status take_lock(int fd, const char *path, struct fault *fault)
{
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK)
            return name_owner(fd, path, fault);
        return fault_raise_errno(fault, errno, "cannot lock %s", path);
    }
    char text[OWNER_TEXT_MAX];
    size_t len = print_owner(text);
    /* The lock holds without its text, and a full disk must not keep anyone from reading. */
    bool named = ftruncate(fd, 0) == 0 && status_ok(write_all(fd, path, slice_of(text, len), NULL));
    (void)named;
    return STATUS_DONE;
}

struct status folder_lock(const char *path, struct folder_lock *ret_lock, struct fault *fault)
{
    char file[PATH_MAX];
    int len = snprintf(file, sizeof file, "%s/lock", path);
    if (len < 0 || (size_t)len >= sizeof file)
        return fault_raise(fault, STATUS_INVALID, "the path %.64s... is too long", path);
    int fd = -1;
    TRY(folder_check(path, fault));
    TRY(open_own(file, O_RDWR | O_CREAT, fault, &fd));
    struct status status = take_lock(fd, path, fault);
    if (!status_ok(status)) {
        (void)close(fd);
        return status;
    }
    ret_lock->fd = fd;
    return STATUS_DONE;
}

void folder_unlock(struct folder_lock *lock)
{
    if (lock->fd >= 0)
        (void)close(lock->fd);
    lock->fd = -1;
}

struct status note_open(const char *path, struct note *ret_note, struct fault *fault)
{
    TRY(open_own(path, O_RDWR | O_CREAT, fault, &ret_note->fd));
    (void)snprintf(ret_note->path, sizeof ret_note->path, "%s", path);
    return STATUS_DONE;
}

void note_write(struct note *note, struct slice text)
{
    bool torn = false;
    for (int tries = 0; tries < NOTE_TRIES; tries++) {
        ssize_t put = pwrite(note->fd, text.at, text.len, 0);
        if (put == (ssize_t)text.len)
            return;
        torn = torn || put > 0;
    }
    if (torn)
        (void)unlink(note->path);
}

void note_close(struct note *note)
{
    if (note->fd >= 0)
        (void)close(note->fd);
    note->fd = -1;
}
