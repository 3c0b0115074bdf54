/* The functions that stand in for the C library's: each makes the real call, logs it, and does what
 * a fault asks for (recorder.c). Calls about anything but the folder's files and sockets go
 * straight through.
 *
 * Owns nothing. Any thread. */
#include "recorder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

/* Names ---------------------------------------------------------------------------------------- */

static void note_open(int fd, const char *name, int flags)
{
    struct event event = {.kind = 'O', .fd = fd, .offset = (uint64_t)flags};
    int error = errno;
    record_text(event, name, strlen(name));
    recorder_track(fd, true);
    errno = error;
}

static int do_open(int at, const char *path, int flags, mode_t mode)
{
    recorder_ready();
    const char *name = at == AT_FDCWD || path[0] == '/' ? recorder_name(path) : NULL;
    if (!name)
        return real.openat64(at, path, flags, mode);
    enum fault_kind kind = flags & O_CREAT ? fault_next(NAME, -1) : NO_FAULT;
    if (kind == FAIL)
        return -1;
    (void)pthread_mutex_lock(&recorder_lock);
    int fd = real.openat64(at, path, flags, mode);
    if (fd >= 0)
        note_open(fd, name, flags);
    (void)pthread_mutex_unlock(&recorder_lock);
    fault_die_if(kind);
    return fd;
}

static int do_mkostemp(char *template, int flags)
{
    recorder_ready();
    const char *name = recorder_name(template);
    if (!name)
        return real.mkostemp64(template, flags);
    enum fault_kind kind = fault_next(NAME, -1);
    if (kind == FAIL)
        return -1;
    (void)pthread_mutex_lock(&recorder_lock);
    int fd = real.mkostemp64(template, flags);
    if (fd >= 0)
        note_open(fd, name, O_RDWR | O_CREAT | O_EXCL);
    (void)pthread_mutex_unlock(&recorder_lock);
    fault_die_if(kind);
    return fd;
}

#define MODE_OF(flags, last)                                                                       \
    mode_t mode = 0;                                                                               \
    if ((flags) & (O_CREAT | O_TMPFILE)) {                                                         \
        va_list list;                                                                              \
        va_start(list, last);                                                                      \
        mode = va_arg(list, mode_t);                                                               \
        va_end(list);                                                                              \
    }

EXPORT int open(const char *path, int flags, ...)
{
    MODE_OF(flags, flags)
    return do_open(AT_FDCWD, path, flags, mode);
}

EXPORT int open64(const char *path, int flags, ...)
{
    MODE_OF(flags, flags)
    return do_open(AT_FDCWD, path, flags, mode);
}

EXPORT int openat(int at, const char *path, int flags, ...)
{
    MODE_OF(flags, flags)
    return do_open(at, path, flags, mode);
}

EXPORT int openat64(int at, const char *path, int flags, ...)
{
    MODE_OF(flags, flags)
    return do_open(at, path, flags, mode);
}

EXPORT int mkstemp(char *template)
{
    return do_mkostemp(template, 0);
}

EXPORT int mkostemp(char *template, int flags)
{
    return do_mkostemp(template, flags);
}

EXPORT int mkostemp64(char *template, int flags)
{
    return do_mkostemp(template, flags);
}

EXPORT int close(int fd)
{
    struct event event = {.kind = 'C', .fd = fd};
    recorder_ready();
    if (recorder_is_tracked(fd)) {
        (void)pthread_mutex_lock(&recorder_lock);
        record_held();
        record(&event, NULL, 0);
        recorder_track(fd, false);
        (void)pthread_mutex_unlock(&recorder_lock);
    }
    return real.close(fd);
}

EXPORT int rename(const char *from, const char *to)
{
    struct event event = {.kind = 'R'};
    char names[2 * PATH_MAX];
    recorder_ready();
    const char *from_name = recorder_name(from);
    const char *to_name = recorder_name(to);
    if (!from_name || !to_name)
        return real.rename(from, to);
    enum fault_kind kind = fault_next(NAME, -1);
    if (kind == FAIL)
        return -1;
    int len = snprintf(names, sizeof names, "%s%c%s", from_name, '\n', to_name);
    (void)pthread_mutex_lock(&recorder_lock);
    int result = real.rename(from, to);
    if (result == 0)
        record_text(event, names, (size_t)len);
    (void)pthread_mutex_unlock(&recorder_lock);
    fault_die_if(kind);
    return result;
}

EXPORT int unlink(const char *path)
{
    struct event event = {.kind = 'U'};
    recorder_ready();
    const char *name = recorder_name(path);
    if (!name)
        return real.unlink(path);
    enum fault_kind kind = fault_next(NAME, -1);
    if (kind == FAIL)
        return -1;
    (void)pthread_mutex_lock(&recorder_lock);
    int result = real.unlink(path);
    int error = errno;
    if (result == 0)
        record_text(event, name, strlen(name));
    (void)pthread_mutex_unlock(&recorder_lock);
    fault_die_if(kind);
    errno = error;
    return result;
}

/* Contents ------------------------------------------------------------------------------------- */

static void note_write(int fd, const struct iovec *parts, int count, ssize_t done, off64_t offset)
{
    struct iovec taken[RECORD_PARTS_MAX];
    struct event event = {.kind = 'W', .fd = fd, .offset = (uint64_t)offset};
    size_t left = (size_t)done;
    int used = 0;
    for (; used < count && used < RECORD_PARTS_MAX && left > 0; used++) {
        taken[used] = parts[used];
        if (taken[used].iov_len > left)
            taken[used].iov_len = left;
        left -= taken[used].iov_len;
    }
    if (left > 0)
        recorder_give_up("a write of too many parts");
    (void)pthread_mutex_lock(&recorder_lock);
    record(&event, taken, used);
    (void)pthread_mutex_unlock(&recorder_lock);
}

/* The bytes are only read, but an iovec has no const. */
static struct iovec part_of(const void *at, size_t len)
{
    struct iovec part = {.iov_len = len};
    memcpy(&part.iov_base, &at, sizeof at);
    return part;
}

/* Writes at `offset`, or where the descriptor stands when it is negative. */
static ssize_t do_write(int fd, const void *at, size_t len, off64_t offset)
{
    enum fault_kind kind = fault_next(WRITE, fd);
    if (kind == FAIL)
        return -1;
    if (kind == SILENT)
        return (ssize_t)len;
    size_t asked = (kind == SHORT || kind == SHORT_LIE) && len > 1 ? len / 2 : len;
    bool here = offset < 0;
    if (here)
        offset = lseek64(fd, 0, SEEK_CUR);
    ssize_t done = here ? real.write(fd, at, asked) : real.pwrite64(fd, at, asked, offset);
    if (done > 0) {
        struct iovec part = part_of(at, asked);
        note_write(fd, &part, 1, done, offset);
    }
    fault_die_if(kind);
    return kind == SHORT_LIE ? (ssize_t)len : done;
}

/* Under the lock; errno stays. */
static void note_answer(int fd, const struct iovec *parts, size_t count, ssize_t done)
{
    struct event event = {.kind = 'A', .fd = fd};
    struct iovec taken[RECORD_PARTS_MAX];
    size_t left = done > 0 ? (size_t)done : 0;
    int used = 0;
    int error = errno;
    for (size_t i = 0; i < count && used < RECORD_PARTS_MAX && left > 0; i++) {
        taken[used] = parts[i];
        if (taken[used].iov_len > left)
            taken[used].iov_len = left;
        left -= taken[used++].iov_len;
    }
    if (used > 0) {
        record(&event, taken, used);
        record_held();
    }
    errno = error;
}

static bool is_socket(int fd)
{
    struct stat about;
    return recorder_is_on() && fstat(fd, &about) == 0 && S_ISSOCK(about.st_mode);
}

static ssize_t answer(int fd, const void *at, size_t len)
{
    struct iovec part = part_of(at, len);
    (void)pthread_mutex_lock(&recorder_lock);
    ssize_t done = real.write(fd, at, len);
    note_answer(fd, &part, 1, done);
    (void)pthread_mutex_unlock(&recorder_lock);
    return done;
}

EXPORT ssize_t write(int fd, const void *at, size_t len)
{
    recorder_ready();
    if (recorder_is_tracked(fd))
        return do_write(fd, at, len, -1);
    return is_socket(fd) ? answer(fd, at, len) : real.write(fd, at, len);
}

/* On a file, part by part: to the program that is a short write, which it must expect anyway. */
EXPORT ssize_t writev(int fd, const struct iovec *parts, int count)
{
    recorder_ready();
    if (recorder_is_tracked(fd))
        return count > 0 ? do_write(fd, parts[0].iov_base, parts[0].iov_len, -1) : 0;
    if (count <= 0 || !is_socket(fd))
        return real.writev(fd, parts, count);
    (void)pthread_mutex_lock(&recorder_lock);
    ssize_t done = real.writev(fd, parts, count);
    note_answer(fd, parts, (size_t)count, done);
    (void)pthread_mutex_unlock(&recorder_lock);
    return done;
}

EXPORT ssize_t send(int fd, const void *at, size_t len, int flags)
{
    recorder_ready();
    if (!recorder_is_on())
        return real.send(fd, at, len, flags);
    struct iovec part = part_of(at, len);
    (void)pthread_mutex_lock(&recorder_lock);
    ssize_t done = real.send(fd, at, len, flags);
    note_answer(fd, &part, 1, done);
    (void)pthread_mutex_unlock(&recorder_lock);
    return done;
}

EXPORT ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
    recorder_ready();
    if (!recorder_is_on())
        return real.sendmsg(fd, message, flags);
    (void)pthread_mutex_lock(&recorder_lock);
    ssize_t done = real.sendmsg(fd, message, flags);
    note_answer(fd, message->msg_iov, message->msg_iovlen, done);
    (void)pthread_mutex_unlock(&recorder_lock);
    return done;
}

EXPORT ssize_t pwrite(int fd, const void *at, size_t len, off_t offset)
{
    recorder_ready();
    return recorder_is_tracked(fd) ? do_write(fd, at, len, offset)
                                   : real.pwrite64(fd, at, len, offset);
}

EXPORT ssize_t pwrite64(int fd, const void *at, size_t len, off64_t offset)
{
    recorder_ready();
    return recorder_is_tracked(fd) ? do_write(fd, at, len, offset)
                                   : real.pwrite64(fd, at, len, offset);
}

static int do_truncate(int fd, off64_t size)
{
    struct event event = {.kind = 'T', .fd = fd, .offset = (uint64_t)size};
    enum fault_kind kind = recorder_is_tracked(fd) ? fault_next(WRITE, fd) : NO_FAULT;
    if (kind == FAIL)
        return -1;
    if (kind == SILENT)
        return 0;
    int result = real.ftruncate64(fd, size);
    if (result == 0 && recorder_is_tracked(fd)) {
        (void)pthread_mutex_lock(&recorder_lock);
        record(&event, NULL, 0);
        (void)pthread_mutex_unlock(&recorder_lock);
    }
    fault_die_if(kind);
    return result;
}

EXPORT int ftruncate(int fd, off_t size)
{
    recorder_ready();
    return do_truncate(fd, size);
}

EXPORT int ftruncate64(int fd, off64_t size)
{
    recorder_ready();
    return do_truncate(fd, size);
}

/* Syncs ---------------------------------------------------------------------------------------- */

static int do_sync(int fd, int (*call)(int))
{
    if (!recorder_is_tracked(fd))
        return call(fd);
    enum fault_kind kind = fault_next(SYNC, fd);
    if (kind == FAIL)
        return -1;
    if (kind == SILENT || recorder_swallows)
        return 0;
    (void)pthread_mutex_lock(&recorder_lock);
    uint64_t covers = recorder_logged();
    (void)pthread_mutex_unlock(&recorder_lock);
    int result = call(fd);
    if (result == 0) {
        (void)pthread_mutex_lock(&recorder_lock);
        record_sync(fd, covers);
        (void)pthread_mutex_unlock(&recorder_lock);
    }
    fault_die_if(kind);
    return result;
}

EXPORT int fsync(int fd)
{
    recorder_ready();
    return do_sync(fd, real.fsync);
}

EXPORT int fdatasync(int fd)
{
    recorder_ready();
    return do_sync(fd, real.fdatasync);
}

/* SQLite's log --------------------------------------------------------------------------------- */

/* A process has several connections, and SQLite gives each a hook of its own when it is opened. */
static struct {
    sqlite3 *db;
    int (*hook)(void *, sqlite3 *, const char *, int);
} wal_hooks[16];
static pthread_mutex_t wal_hooks_lock = PTHREAD_MUTEX_INITIALIZER;

enum { WAL_HOOKS = sizeof wal_hooks / sizeof wal_hooks[0] };

/* The connection's place, or a free one. */
static unsigned wal_hook_place(sqlite3 *db)
{
    for (unsigned i = 0; i < WAL_HOOKS; i++)
        if (wal_hooks[i].db == db)
            return i;
    for (unsigned i = 0; i < WAL_HOOKS; i++)
        if (!wal_hooks[i].db)
            return i;
    abort();
}

static int exaggerate(void *context, sqlite3 *db, const char *name, int pages)
{
    pthread_mutex_lock(&wal_hooks_lock);
    int (*hook)(void *, sqlite3 *, const char *, int) = wal_hooks[wal_hook_place(db)].hook;
    pthread_mutex_unlock(&wal_hooks_lock);
    return hook(context, db, name,
                pages > INT_MAX / recorder_fold ? INT_MAX : pages * recorder_fold);
}

EXPORT void *sqlite3_wal_hook(sqlite3 *db, int (*hook)(void *, sqlite3 *, const char *, int),
                              void *context)
{
    recorder_ready();
    pthread_mutex_lock(&wal_hooks_lock);
    unsigned place = wal_hook_place(db);
    wal_hooks[place].db =
        db; /* of a closed connection: used again by the one that gets its memory */
    wal_hooks[place].hook = hook;
    pthread_mutex_unlock(&wal_hooks_lock);
    return real.sqlite3_wal_hook(db, hook ? exaggerate : NULL, context);
}

/* The clock ------------------------------------------------------------------------------------ */

EXPORT int clock_gettime(clockid_t clock, struct timespec *at)
{
    enum { SECOND_US = 1000000 };
    recorder_ready();
    int result = real.clock_gettime(clock, at);
    if (result != 0 || clock != CLOCK_REALTIME || !recorder_clock)
        return result;
    int64_t us = at->tv_nsec / 1000 + *recorder_clock % SECOND_US;
    at->tv_sec += *recorder_clock / SECOND_US + (us < 0 ? -1 : us / SECOND_US);
    at->tv_nsec = (us < 0 ? us + SECOND_US : us % SECOND_US) * 1000;
    return result;
}
