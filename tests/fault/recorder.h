/* Recorder: the log of what a program does to one folder and says on its sockets, and the faults
 * that are to happen. What recorder.c keeps, interpose.c asks for in each call it stands in for. */
#ifndef FAULT_RECORDER_H
#define FAULT_RECORDER_H

#include <limits.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>

enum { RECORD_PARTS_MAX = 64 };

enum call_class { WRITE = 1, SYNC = 2, NAME = 4, ANY = 7 };

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

/* The C library's own. */
extern struct real_calls {
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
    int (*clock_gettime)(clockid_t, struct timespec *);
    void *(*sqlite3_wal_hook)(sqlite3 *, int (*)(void *, sqlite3 *, const char *, int), void *);
} real;

/* Of the log and the table of descriptors. */
extern pthread_mutex_t recorder_lock;
/* Syncs are to be reported as done, and neither made nor logged. */
extern bool recorder_swallows;
/* How much longer SQLite's log is to seem. */
extern int recorder_fold;
/* Microseconds that the wall clock is ahead; NULL: it is right. Others change it meanwhile. */
extern const volatile int64_t *recorder_clock;

/* Every function that stands in for another begins with it: constructors of other libraries may
 * come before ours. */
void recorder_ready(void);
/* False in a process without a folder to watch: then nothing is logged. */
bool recorder_is_on(void);
_Noreturn void recorder_give_up(const char *why);

/* The name inside the folder ("" = the folder itself), or NULL when it is not of interest. */
const char *recorder_name(const char *path);
bool recorder_is_tracked(int fd);

/* Under the lock: */
void recorder_track(int fd, bool is_tracked);
uint64_t recorder_logged(void); /* events so far */
void record(const struct event *event, const struct iovec *payload, int payload_count);
void record_text(struct event event, const char *text, size_t len);
void record_sync(int fd, uint64_t covers);
/* Syncs that were kept back. */
void record_held(void);

/* What is to happen to this call; errno is set when it is to fail. Not under the lock. */
enum fault_kind fault_next(int class, int fd);
/* After the call was made and logged. */
void fault_die_if(enum fault_kind kind);

#endif
