/* Recorder: preloaded into a bursar under test (LD_PRELOAD), it writes down what the program does
 * to the files of one folder and what it answers on its sockets, and lets chosen calls fail. Tests
 * only; nothing of it is known to the program.
 *
 * 1. An event is logged after the real call returned, in one writev, so the log's order is the
 * order of completion. Calls that change names or descriptors are made and logged under the same
 * lock.
 * 2. A sync says how many events were in the log before it began: it covers those and no others.
 * 3. The lock file, SQLite's -shm and sockets in the folder are no part of it: they hold nothing
 *    that must survive.
 *
 * Set by the environment:
 *     RECORDER_FOLDER  absolute path of the folder
 *     RECORDER_LOG     file to append events to (tests/fault/events.py reads it)
 *     RECORDER_SYNC    "swallow": syncs are not made and not logged, but reported as done
 *                      "late": syncs are logged after the next answer instead of before it
 *     RECORDER_FAULT   KIND,CLASS,N,WHEN: what happens at the N-th call of a CLASS (write, sync,
 * name or any of these) "once" or for "ever": eio, enospc, eintr  the call is not made and fails
 *                      short               a write takes half
 *                      short-lie           a write takes half and says it took all
 *                      silent              the call is not made and says it was
 *                      kill-before, kill-after  the process dies by SIGKILL
 *     RECORDER_FOLD    factor by which SQLite's log seems longer than it is, so that it is folded
 *                      back after few pages
 *
 * Any thread; `lock` guards the log and the table of descriptors. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

enum { FDS_MAX = 65536, PAYLOAD_MAX = 1 << 22, IOV_MAX_TAKEN = 64, HELD_MAX = 64 };

enum class { WRITE = 1, SYNC = 2, NAME = 4, ANY = 7 };

enum fault_kind { NO_FAULT, FAIL, SHORT, SHORT_LIE, SILENT, KILL_BEFORE, KILL_AFTER };

/* As in the log, in this machine's byte order; `payload` bytes follow. */
struct event {
    char kind; /* Open Close Write Truncate Sync Rename Unlink Answer Fault */
    uint8_t class;
    uint16_t error;
    int32_t fd;
    uint64_t offset; /* of a write; size of a truncation; flags of an open */
    uint64_t covers; /* of a sync: events logged before it began */
    uint32_t payload;
    uint32_t unused;
};

static struct {
    int (*openat64)(int, const char *, int, ...);
    int (*mkostemp64)(char *, int);
    int (*close)(int);
    ssize_t (*write)(int, const void *, size_t);
    ssize_t (*writev)(int, const struct iovec *, int);
    ssize_t (*pwrite64)(int, const void *, size_t, off64_t);
    int (*ftruncate64)(int, off64_t);
    int (*fsync)(int);
    int (*fdatasync)(int);
    int (*rename)(const char *, const char *);
    int (*unlink)(const char *);
    ssize_t (*send)(int, const void *, size_t, int);
    ssize_t (*sendmsg)(int, const struct msghdr *, int);
    void *(*sqlite3_wal_hook)(sqlite3 *, int (*)(void *, sqlite3 *, const char *, int), void *);
} real;

static struct {
    enum fault_kind kind;
    int classes;
    int error;
    bool ever;
    uint64_t at;
    uint64_t count;
} fault;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char folder[PATH_MAX];
static size_t folder_len;
static int log_fd = -1;
static uint64_t logged;
static bool swallow;
static bool late;
static struct event held[HELD_MAX];
static unsigned held_count;
static bool tracked[FDS_MAX];
static int fold = 1;

/* Starting ------------------------------------------------------------------------------------- */

static void find(const char *name, void *ret_function)
{
    void *symbol = dlsym(RTLD_NEXT, name);
    memcpy(ret_function, &symbol, sizeof symbol);
}

static void find_all(void)
{
    find("openat64", &real.openat64);
    find("mkostemp64", &real.mkostemp64);
    find("close", &real.close);
    find("write", &real.write);
    find("writev", &real.writev);
    find("pwrite64", &real.pwrite64);
    find("ftruncate64", &real.ftruncate64);
    find("fsync", &real.fsync);
    find("fdatasync", &real.fdatasync);
    find("rename", &real.rename);
    find("unlink", &real.unlink);
    find("send", &real.send);
    find("sendmsg", &real.sendmsg);
    find("sqlite3_wal_hook", &real.sqlite3_wal_hook);
}

static _Noreturn void give_up(const char *why)
{
    (void)fprintf(stderr, "recorder: %s\n", why);
    _exit(99);
}

static const struct {
    const char *name;
    enum fault_kind kind;
    int error;
} fault_names[] = {
    {"eio", FAIL, EIO},
    {"enospc", FAIL, ENOSPC},
    {"edquot", FAIL, EDQUOT},
    {"eintr", FAIL, EINTR},
    {"short", SHORT, 0},
    {"short-lie", SHORT_LIE, 0},
    {"silent", SILENT, 0},
    {"kill-before", KILL_BEFORE, 0},
    {"kill-after", KILL_AFTER, 0},
};

static void read_fault(const char *text)
{
    char kind[16];
    char class[16];
    char when[16];
    unsigned long long at;
    if (sscanf(text, "%15[^,],%15[^,],%llu,%15s", kind, class, &at, when) != 4)
        give_up("RECORDER_FAULT is not KIND,CLASS,N,WHEN");
    for (size_t i = 0; i < sizeof fault_names / sizeof fault_names[0]; i++) {
        if (strcmp(kind, fault_names[i].name) == 0) {
            fault.kind = fault_names[i].kind;
            fault.error = fault_names[i].error;
        }
    }
    fault.classes = strcmp(class, "write") == 0  ? WRITE
                    : strcmp(class, "sync") == 0 ? SYNC
                    : strcmp(class, "name") == 0 ? NAME
                                                 : ANY;
    fault.at = at;
    fault.ever = strcmp(when, "ever") == 0;
    if (fault.kind == NO_FAULT)
        give_up("RECORDER_FAULT names no fault");
}

static void start(void)
{
    const char *path = getenv("RECORDER_FOLDER");
    const char *log = getenv("RECORDER_LOG");
    const char *sync_mode = getenv("RECORDER_SYNC");
    const char *fault_text = getenv("RECORDER_FAULT");
    const char *fold_text = getenv("RECORDER_FOLD");
    find_all();
    if (!path || !log)
        return;
    folder_len = strlen(path);
    if (folder_len == 0 || folder_len >= sizeof folder || path[0] != '/')
        give_up("RECORDER_FOLDER is not an absolute path");
    memcpy(folder, path, folder_len + 1);
    log_fd = real.openat64(AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (log_fd < 0)
        give_up("RECORDER_LOG cannot be opened");
    swallow = sync_mode && strcmp(sync_mode, "swallow") == 0;
    late = sync_mode && strcmp(sync_mode, "late") == 0;
    if (fold_text)
        fold = (int)strtol(fold_text, NULL, 10);
    if (fault_text)
        read_fault(fault_text);
}

/* Every exported function begins here: constructors of other libraries may come before ours. */
static void ready(void)
{
    (void)pthread_once(&once, start);
}

__attribute__((constructor)) static void at_load(void)
{
    ready();
}

/* The log, under `lock` ------------------------------------------------------------------------ */

static void put(const struct event *event, const struct iovec *payload, int payload_count)
{
    struct iovec parts[1 + IOV_MAX_TAKEN];
    size_t size = sizeof *event;
    struct event copy = *event;
    memcpy(parts + 1, payload, (size_t)payload_count * sizeof *payload);
    copy.payload = 0;
    for (int i = 0; i < payload_count; i++)
        copy.payload += (uint32_t)payload[i].iov_len;
    parts[0] = (struct iovec){&copy, sizeof copy};
    size += copy.payload;
    if (real.writev(log_fd, parts, payload_count + 1) != (ssize_t)size)
        give_up("the log cannot be written");
    logged++;
}

static void put_text(struct event event, const char *text, size_t len)
{
    char copy[2 * PATH_MAX];
    memcpy(copy, text, len);
    struct iovec part = {copy, len};
    put(&event, &part, 1);
}

static void put_held(void)
{
    for (unsigned i = 0; i < held_count; i++)
        put(&held[i], NULL, 0);
    held_count = 0;
}

static void put_sync(int fd, uint64_t covers)
{
    struct event event = {.kind = 'S', .fd = fd, .covers = covers};
    if (!late)
        put(&event, NULL, 0);
    else if (held_count == HELD_MAX)
        give_up("too many syncs without an answer");
    else
        held[held_count++] = event;
}

/* What is watched ------------------------------------------------------------------------------ */

static bool ends_with(const char *text, const char *end)
{
    size_t len = strlen(text);
    size_t end_len = strlen(end);
    return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

/* The name inside the folder ("" = the folder itself), or NULL when it is not of interest. */
static const char *name_in_folder(const char *path)
{
    if (log_fd < 0 || strncmp(path, folder, folder_len) != 0)
        return NULL;
    const char *rest = path + folder_len;
    while (*rest == '/')
        rest++;
    if (*rest != '\0' && path[folder_len] != '/')
        return NULL;
    if (strcmp(rest, "lock") == 0 || ends_with(rest, "-shm") || ends_with(rest, ".sock"))
        return NULL;
    return rest;
}

static bool is_tracked(int fd)
{
    return fd >= 0 && fd < FDS_MAX && __atomic_load_n(&tracked[fd], __ATOMIC_ACQUIRE);
}

static bool is_socket(int fd)
{
    struct stat about;
    return log_fd >= 0 && fstat(fd, &about) == 0 && S_ISSOCK(about.st_mode);
}

/* Faults --------------------------------------------------------------------------------------- */

static void note_fault(int class, int fd)
{
    struct event event = {
        .kind = 'F', .class = (uint8_t) class, .error = (uint16_t)fault.error, .fd = fd};
    (void)pthread_mutex_lock(&lock);
    put(&event, NULL, 0);
    (void)pthread_mutex_unlock(&lock);
}

/* The lock is never given back. */
static void die(void)
{
    (void)pthread_mutex_lock(&lock);
    (void)raise(SIGKILL);
}

/* What is to happen to this call. */
static enum fault_kind next_fault(int class, int fd)
{
    if (fault.kind == NO_FAULT || !(fault.classes & class))
        return NO_FAULT;
    uint64_t number = __atomic_add_fetch(&fault.count, 1, __ATOMIC_RELAXED);
    if (number != fault.at && !(fault.ever && number > fault.at))
        return NO_FAULT;
    if (fault.kind == KILL_BEFORE)
        die();
    if (fault.kind != KILL_AFTER)
        note_fault(class, fd);
    if (fault.kind == FAIL)
        errno = fault.error;
    return fault.kind;
}

static void die_if(enum fault_kind kind)
{
    if (kind == KILL_AFTER)
        die();
}

/* Names ---------------------------------------------------------------------------------------- */

static void note_open(int fd, const char *name, int flags)
{
    struct event event = {.kind = 'O', .fd = fd, .offset = (uint64_t)flags};
    int error = errno;
    if (fd >= FDS_MAX)
        give_up("a descriptor beyond the table");
    put_text(event, name, strlen(name));
    __atomic_store_n(&tracked[fd], true, __ATOMIC_RELEASE);
    errno = error;
}

static int do_open(int at, const char *path, int flags, mode_t mode)
{
    ready();
    const char *name = at == AT_FDCWD || path[0] == '/' ? name_in_folder(path) : NULL;
    if (!name)
        return real.openat64(at, path, flags, mode);
    enum fault_kind kind = flags & O_CREAT ? next_fault(NAME, -1) : NO_FAULT;
    if (kind == FAIL)
        return -1;
    (void)pthread_mutex_lock(&lock);
    int fd = real.openat64(at, path, flags, mode);
    if (fd >= 0)
        note_open(fd, name, flags);
    (void)pthread_mutex_unlock(&lock);
    die_if(kind);
    return fd;
}

static int do_mkostemp(char *template, int flags)
{
    ready();
    const char *name = name_in_folder(template);
    if (!name)
        return real.mkostemp64(template, flags);
    enum fault_kind kind = next_fault(NAME, -1);
    if (kind == FAIL)
        return -1;
    (void)pthread_mutex_lock(&lock);
    int fd = real.mkostemp64(template, flags);
    if (fd >= 0)
        note_open(fd, name, O_RDWR | O_CREAT | O_EXCL);
    (void)pthread_mutex_unlock(&lock);
    die_if(kind);
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
    ready();
    if (is_tracked(fd)) {
        (void)pthread_mutex_lock(&lock);
        put_held();
        put(&event, NULL, 0);
        __atomic_store_n(&tracked[fd], false, __ATOMIC_RELEASE);
        (void)pthread_mutex_unlock(&lock);
    }
    return real.close(fd);
}

EXPORT int rename(const char *from, const char *to)
{
    struct event event = {.kind = 'R'};
    char names[2 * PATH_MAX];
    ready();
    const char *from_name = name_in_folder(from);
    const char *to_name = name_in_folder(to);
    if (!from_name || !to_name)
        return real.rename(from, to);
    enum fault_kind kind = next_fault(NAME, -1);
    if (kind == FAIL)
        return -1;
    int len = snprintf(names, sizeof names, "%s%c%s", from_name, '\n', to_name);
    (void)pthread_mutex_lock(&lock);
    int result = real.rename(from, to);
    if (result == 0)
        put_text(event, names, (size_t)len);
    (void)pthread_mutex_unlock(&lock);
    die_if(kind);
    return result;
}

EXPORT int unlink(const char *path)
{
    struct event event = {.kind = 'U'};
    ready();
    const char *name = name_in_folder(path);
    if (!name)
        return real.unlink(path);
    enum fault_kind kind = next_fault(NAME, -1);
    if (kind == FAIL)
        return -1;
    (void)pthread_mutex_lock(&lock);
    int result = real.unlink(path);
    int error = errno;
    if (result == 0)
        put_text(event, name, strlen(name));
    (void)pthread_mutex_unlock(&lock);
    die_if(kind);
    errno = error;
    return result;
}

/* Contents ------------------------------------------------------------------------------------- */

static void note_write(int fd, const struct iovec *parts, int count, ssize_t done, off64_t offset)
{
    struct iovec taken[IOV_MAX_TAKEN];
    struct event event = {.kind = 'W', .fd = fd, .offset = (uint64_t)offset};
    size_t left = (size_t)done;
    int used = 0;
    for (; used < count && used < IOV_MAX_TAKEN && left > 0; used++) {
        taken[used] = parts[used];
        if (taken[used].iov_len > left)
            taken[used].iov_len = left;
        left -= taken[used].iov_len;
    }
    if (left > 0)
        give_up("a write of too many parts");
    (void)pthread_mutex_lock(&lock);
    put(&event, taken, used);
    (void)pthread_mutex_unlock(&lock);
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
    enum fault_kind kind = next_fault(WRITE, fd);
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
    die_if(kind);
    return kind == SHORT_LIE ? (ssize_t)len : done;
}

/* Under `lock`; errno stays. */
static void note_answer(int fd, const struct iovec *parts, size_t count, ssize_t done)
{
    struct event event = {.kind = 'A', .fd = fd};
    struct iovec taken[IOV_MAX_TAKEN];
    size_t left = done > 0 ? (size_t)done : 0;
    int used = 0;
    int error = errno;
    for (size_t i = 0; i < count && used < IOV_MAX_TAKEN && left > 0; i++) {
        taken[used] = parts[i];
        if (taken[used].iov_len > left)
            taken[used].iov_len = left;
        left -= taken[used++].iov_len;
    }
    if (used > 0) {
        put(&event, taken, used);
        put_held();
    }
    errno = error;
}

static ssize_t answer(int fd, const void *at, size_t len)
{
    struct iovec part = part_of(at, len);
    (void)pthread_mutex_lock(&lock);
    ssize_t done = real.write(fd, at, len);
    note_answer(fd, &part, 1, done);
    (void)pthread_mutex_unlock(&lock);
    return done;
}

EXPORT ssize_t write(int fd, const void *at, size_t len)
{
    ready();
    if (is_tracked(fd))
        return do_write(fd, at, len, -1);
    return is_socket(fd) ? answer(fd, at, len) : real.write(fd, at, len);
}

/* On a file, part by part: to the program that is a short write, which it must expect anyway. */
EXPORT ssize_t writev(int fd, const struct iovec *parts, int count)
{
    ready();
    if (is_tracked(fd))
        return count > 0 ? do_write(fd, parts[0].iov_base, parts[0].iov_len, -1) : 0;
    if (count <= 0 || !is_socket(fd))
        return real.writev(fd, parts, count);
    (void)pthread_mutex_lock(&lock);
    ssize_t done = real.writev(fd, parts, count);
    note_answer(fd, parts, (size_t)count, done);
    (void)pthread_mutex_unlock(&lock);
    return done;
}

EXPORT ssize_t send(int fd, const void *at, size_t len, int flags)
{
    ready();
    if (log_fd < 0)
        return real.send(fd, at, len, flags);
    struct iovec part = part_of(at, len);
    (void)pthread_mutex_lock(&lock);
    ssize_t done = real.send(fd, at, len, flags);
    note_answer(fd, &part, 1, done);
    (void)pthread_mutex_unlock(&lock);
    return done;
}

EXPORT ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
    ready();
    if (log_fd < 0)
        return real.sendmsg(fd, message, flags);
    (void)pthread_mutex_lock(&lock);
    ssize_t done = real.sendmsg(fd, message, flags);
    note_answer(fd, message->msg_iov, message->msg_iovlen, done);
    (void)pthread_mutex_unlock(&lock);
    return done;
}

EXPORT ssize_t pwrite(int fd, const void *at, size_t len, off_t offset)
{
    ready();
    return is_tracked(fd) ? do_write(fd, at, len, offset) : real.pwrite64(fd, at, len, offset);
}

EXPORT ssize_t pwrite64(int fd, const void *at, size_t len, off64_t offset)
{
    ready();
    return is_tracked(fd) ? do_write(fd, at, len, offset) : real.pwrite64(fd, at, len, offset);
}

static int do_truncate(int fd, off64_t size)
{
    struct event event = {.kind = 'T', .fd = fd, .offset = (uint64_t)size};
    enum fault_kind kind = is_tracked(fd) ? next_fault(WRITE, fd) : NO_FAULT;
    if (kind == FAIL)
        return -1;
    if (kind == SILENT)
        return 0;
    int result = real.ftruncate64(fd, size);
    if (result == 0 && is_tracked(fd)) {
        (void)pthread_mutex_lock(&lock);
        put(&event, NULL, 0);
        (void)pthread_mutex_unlock(&lock);
    }
    die_if(kind);
    return result;
}

EXPORT int ftruncate(int fd, off_t size)
{
    ready();
    return do_truncate(fd, size);
}

EXPORT int ftruncate64(int fd, off64_t size)
{
    ready();
    return do_truncate(fd, size);
}

/* Syncs ---------------------------------------------------------------------------------------- */

static int do_sync(int fd, int (*call)(int))
{
    if (!is_tracked(fd))
        return call(fd);
    enum fault_kind kind = next_fault(SYNC, fd);
    if (kind == FAIL)
        return -1;
    if (kind == SILENT || swallow)
        return 0;
    (void)pthread_mutex_lock(&lock);
    uint64_t covers = logged;
    (void)pthread_mutex_unlock(&lock);
    int result = call(fd);
    if (result == 0) {
        (void)pthread_mutex_lock(&lock);
        put_sync(fd, covers);
        (void)pthread_mutex_unlock(&lock);
    }
    die_if(kind);
    return result;
}

EXPORT int fsync(int fd)
{
    ready();
    return do_sync(fd, real.fsync);
}

EXPORT int fdatasync(int fd)
{
    ready();
    return do_sync(fd, real.fdatasync);
}

/* SQLite's log --------------------------------------------------------------------------------- */

static int (*wal_hook)(void *, sqlite3 *, const char *, int);

static int exaggerate(void *context, sqlite3 *db, const char *name, int pages)
{
    return wal_hook(context, db, name, pages > INT_MAX / fold ? INT_MAX : pages * fold);
}

EXPORT void *sqlite3_wal_hook(sqlite3 *db, int (*hook)(void *, sqlite3 *, const char *, int),
                              void *context)
{
    ready();
    wal_hook = hook;
    return real.sqlite3_wal_hook(db, hook ? exaggerate : NULL, context);
}
