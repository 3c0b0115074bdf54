/* Recorder: preloaded into a bursar under test (LD_PRELOAD), it writes down what the program does
 * to the files of one folder and what it answers on its sockets, and lets chosen calls fail. Tests
 * only; nothing of it is known to the program. This file keeps the log, the faults and what is
 * watched; interpose.c has the functions that stand in for the C library's.
 *
 * 1. The log's order is the order of completion: an event is logged, in one writev, after the real
 *    call returned. Calls that change names or descriptors or send answers are made and logged
 *    under one lock, and the process is killed under it: nobody has seen what is not in the log.
 * 2. A sync says how many events were in the log before it began: it covers those and no others.
 * 3. The lock file, SQLite's -shm and sockets in the folder are no part of it: they hold nothing
 *    that must survive.
 *
 * Set by the environment:
 *     RECORDER_FOLDER  absolute path of the folder
 *     RECORDER_LOG     file to append events to (tests/fault/events.py reads it)
 *     RECORDER_SYNC    "swallow": syncs are not made and not logged, but reported as done
 *                      "late": syncs are logged after the next answer instead of before it
 *     RECORDER_FOLD    factor by which SQLite's log seems longer than it is, so that it is folded
 *                      back after few pages
 *     RECORDER_CLOCK   file of 8 bytes: microseconds that the wall clock is ahead, as this machine
 *                      writes an int64_t; looked at whenever the time is asked for
 *     RECORDER_FAULT   KIND,CLASS,N,WHEN: what happens at the N-th call of a CLASS (write, sync,
 *                      name, any), "once" or from then on ("ever"). Kinds:
 *         eio, enospc, edquot, eintr   the call is not made and fails
 *         short                        a write takes half
 *         short-lie                    a write takes half and says that it took all
 *         silent                       a write or sync is not made and says that it was
 *         kill-before, kill-after      the process dies by SIGKILL
 *
 * Any thread; the lock guards the log and the table of descriptors. */
#include "recorder.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { FDS_MAX = 65536, HELD_MAX = 64 };

static struct {
    enum fault_kind kind;
    int classes;
    int error;
    bool ever;
    uint64_t at;
    uint64_t count;
} fault;

struct real_calls real;
pthread_mutex_t recorder_lock = PTHREAD_MUTEX_INITIALIZER;
bool recorder_swallows;
int recorder_fold = 1;
const volatile int64_t *recorder_clock;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static char folder[PATH_MAX];
static size_t folder_len;
static int log_fd = -1;
static uint64_t logged;
static bool late;
static struct event held[HELD_MAX];
static unsigned held_count;
static bool tracked[FDS_MAX];

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
    find("clock_gettime", &real.clock_gettime);
    find("sqlite3_wal_hook", &real.sqlite3_wal_hook);
}

_Noreturn void recorder_give_up(const char *why)
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
        recorder_give_up("RECORDER_FAULT is not KIND,CLASS,N,WHEN");
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
        recorder_give_up("RECORDER_FAULT names no fault");
}

static void map_clock(const char *path)
{
    int fd = real.openat64(AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
    void *at = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof(int64_t), PROT_READ, MAP_SHARED, fd, 0);
    if (at == MAP_FAILED)
        recorder_give_up("RECORDER_CLOCK cannot be mapped");
    (void)real.close(fd);
    recorder_clock = at;
}

static void start(void)
{
    const char *clock = getenv("RECORDER_CLOCK");
    const char *path = getenv("RECORDER_FOLDER");
    const char *log = getenv("RECORDER_LOG");
    const char *sync_mode = getenv("RECORDER_SYNC");
    const char *fault_text = getenv("RECORDER_FAULT");
    const char *fold_text = getenv("RECORDER_FOLD");
    find_all();
    if (clock)
        map_clock(clock);
    if (!path || !log)
        return;
    folder_len = strlen(path);
    if (folder_len == 0 || folder_len >= sizeof folder || path[0] != '/')
        recorder_give_up("RECORDER_FOLDER is not an absolute path");
    memcpy(folder, path, folder_len + 1);
    log_fd = real.openat64(AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (log_fd < 0)
        recorder_give_up("RECORDER_LOG cannot be opened");
    recorder_swallows = sync_mode && strcmp(sync_mode, "swallow") == 0;
    late = sync_mode && strcmp(sync_mode, "late") == 0;
    if (fold_text)
        recorder_fold = (int)strtol(fold_text, NULL, 10);
    if (fault_text)
        read_fault(fault_text);
}

void recorder_ready(void)
{
    (void)pthread_once(&once, start);
}

__attribute__((constructor)) static void at_load(void)
{
    recorder_ready();
}

bool recorder_is_on(void)
{
    return log_fd >= 0;
}

/* The log, under the lock --------------------------------------------------------------------- */

void record(const struct event *event, const struct iovec *payload, int payload_count)
{
    struct iovec parts[1 + RECORD_PARTS_MAX];
    size_t size = sizeof *event;
    struct event copy = *event;
    memcpy(parts + 1, payload, (size_t)payload_count * sizeof *payload);
    copy.payload = 0;
    for (int i = 0; i < payload_count; i++)
        copy.payload += (uint32_t)payload[i].iov_len;
    parts[0] = (struct iovec){&copy, sizeof copy};
    size += copy.payload;
    if (real.writev(log_fd, parts, payload_count + 1) != (ssize_t)size)
        recorder_give_up("the log cannot be written");
    logged++;
}

uint64_t recorder_logged(void)
{
    return logged;
}

void record_text(struct event event, const char *text, size_t len)
{
    char copy[2 * PATH_MAX];
    memcpy(copy, text, len);
    struct iovec part = {copy, len};
    record(&event, &part, 1);
}

void record_held(void)
{
    for (unsigned i = 0; i < held_count; i++)
        record(&held[i], NULL, 0);
    held_count = 0;
}

void record_sync(int fd, uint64_t covers)
{
    struct event event = {.kind = 'S', .fd = fd, .covers = covers};
    if (!late)
        record(&event, NULL, 0);
    else if (held_count == HELD_MAX)
        recorder_give_up("too many syncs without an answer");
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

const char *recorder_name(const char *path)
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

bool recorder_is_tracked(int fd)
{
    return fd >= 0 && fd < FDS_MAX && __atomic_load_n(&tracked[fd], __ATOMIC_ACQUIRE);
}

void recorder_track(int fd, bool is_tracked)
{
    if (fd >= FDS_MAX)
        recorder_give_up("a descriptor beyond the table");
    __atomic_store_n(&tracked[fd], is_tracked, __ATOMIC_RELEASE);
}

/* Faults --------------------------------------------------------------------------------------- */

static void note_fault(int class, int fd)
{
    struct event event = {
        .kind = 'F', .class = (uint8_t) class, .error = (uint16_t)fault.error, .fd = fd};
    (void)pthread_mutex_lock(&recorder_lock);
    record(&event, NULL, 0);
    (void)pthread_mutex_unlock(&recorder_lock);
}

/* The lock is never given back. */
static void die(void)
{
    (void)pthread_mutex_lock(&recorder_lock);
    (void)raise(SIGKILL);
}

enum fault_kind fault_next(int class, int fd)
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

void fault_die_if(enum fault_kind kind)
{
    if (kind == KILL_AFTER)
        die();
}
