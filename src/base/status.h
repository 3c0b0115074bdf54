/* Fault: the world failed (disk, memory, network, a file that is not what it should be).
 *
 * A function that can meet a fault returns `struct status` (its result may not be ignored) and
 * takes a `struct fault *` last-but-outputs, into which the first finder writes a bounded, human
 * text. Callers pass it up with TRY, or with TRY_WRAP to put what they were doing in front of it.
 * Refusals ("no" to a client) are not faults; see ledger/refusal.h and api/errors.h. */
#ifndef BASE_STATUS_H
#define BASE_STATUS_H

#include "base/check.h"

#include <stdbool.h>

enum status_code {
    STATUS_OK = 0,
    STATUS_MEMORY,    /* an allocation failed */
    STATUS_IO,        /* the disk or the kernel failed */
    STATUS_FULL,      /* no space left; what was asked for did not happen */
    STATUS_CORRUPT,   /* stored bytes are not what was written */
    STATUS_NEWER,     /* written by a newer program than this one */
    STATUS_BUSY,      /* owned by another process */
    STATUS_NOT_FOUND, /* a file, host or object that must exist does not */
    STATUS_EXISTS,    /* something that must not exist does */
    STATUS_INVALID,   /* text or configuration that cannot be understood */
    STATUS_DENIED,    /* permission refused by the kernel */
    STATUS_NETWORK,   /* the peer could not be reached or spoke nonsense */
    STATUS_TIMEOUT,   /* a deadline passed */
    STATUS_BEHIND,    /* another writer was first; nothing happened: catch up, decide again */
    STATUS_UNKNOWN,   /* may or may not have happened: never call it success or refusal */
};

struct status {
    enum status_code code;
};

struct fault {
    char text[512];
};

#define STATUS_MUST_USE __attribute__((warn_unused_result))
#define STATUS_DONE ((struct status){STATUS_OK})

/* Hands a fault up unchanged; the happy path goes on. */
#define TRY(expression)                                                                            \
    do {                                                                                           \
        struct status try_status_ = (expression);                                                  \
        if (try_status_.code != STATUS_OK)                                                         \
            return try_status_;                                                                    \
    } while (0)

/* The same with "what we were doing: " in front; the arguments after `fault` are printf-like. */
#define TRY_WRAP(expression, fault, ...)                                                           \
    do {                                                                                           \
        struct status try_status_ = (expression);                                                  \
        if (try_status_.code != STATUS_OK)                                                         \
            return fault_wrap((fault), try_status_, __VA_ARGS__);                                  \
    } while (0)

static inline bool status_ok(struct status status)
{
    return status.code == STATUS_OK;
}

/* Writes the text (cut at 511 bytes) and returns the status; `fault` may be NULL. */
RARE struct status fault_raise(struct fault *fault, enum status_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* As fault_raise, with ": " and strerror(error_number) behind; picks the code from errno
 * (ENOSPC and EDQUOT: FULL, ENOENT: NOT_FOUND, EACCES and EPERM: DENIED, ENOMEM: MEMORY,
 * EEXIST: EXISTS, everything else: IO). */
RARE struct status fault_raise_errno(struct fault *fault, int error_number, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts the formatted text and ": " in front of what is there; returns `status` unchanged. */
RARE struct status fault_wrap(struct fault *fault, struct status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
