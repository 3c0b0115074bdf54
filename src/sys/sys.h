/* The world as the program meets it: time and randomness, in one table of functions, so that a test
 * or a simulator can put another world in place. Everything that wants the time or a random byte is
 * handed a `const struct sys *`; nothing above this room calls the kernel for them, or waits
 * otherwise than here.
 *
 * Three clocks (ADR 22). What an entry, a signature, a limit or a deadline means goes by the wall
 * clock and by the time that passed, and both follow a clock that is put (sys/put_clock.h). How
 * long the machine took, or shall pause, goes by the steady clock, which nobody puts. */
#ifndef SYS_SYS_H
#define SYS_SYS_H

#include "base/status.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

/* Who wants to know that the clock was put. */
struct sys_listener {
    /* Called after each change, on the thread that made it. Must not put the clock. */
    void (*changed)(void *context);
    void *context;
    struct sys_listener *next; /* the clock's */
};

struct sys_changes {
    pthread_mutex_t lock; /* of the listeners */
    struct sys_listener *listeners;
    _Atomic uint64_t count;
};

struct sys {
    /* Wall clock: microseconds since 1970-01-01 UTC. May jump either way. */
    int64_t (*now_us)(void *context);
    /* Steady clock: microseconds since some moment; never goes back, never jumps, and goes on while
     * the machine is suspended. */
    int64_t (*steady_us)(void *context);
    /* Fills `at` with bytes fit for keys. */
    struct status (*entropy)(void *context, void *at, size_t len, struct fault *fault);
    void *context;
    /* The time that passed in this world; never goes back. NULL: what the steady clock says. */
    int64_t (*passed_us)(void *context);
    struct sys_changes *changes; /* NULL: nobody puts the clock */
};

static inline int64_t sys_now_us(const struct sys *sys)
{
    return sys->now_us(sys->context);
}

static inline int64_t sys_steady_us(const struct sys *sys)
{
    return sys->steady_us(sys->context);
}

static inline int64_t sys_passed_us(const struct sys *sys)
{
    return sys->passed_us ? sys->passed_us(sys->context) : sys_steady_us(sys);
}

/* How often the clock was put: what was read from it before the last time is stale. */
static inline uint64_t sys_change_count(const struct sys *sys)
{
    return sys->changes ? atomic_load(&sys->changes->count) : 0;
}

/* Until sys_unlisten; without the listener's own lock, which `changed` may take. */
void sys_listen(const struct sys *sys, struct sys_listener *listener);
void sys_unlisten(const struct sys *sys, struct sys_listener *listener);

/* A condition to wait on with sys_wait. */
void sys_wait_init(pthread_cond_t *cond);
/* Waits until the condition is signalled, or at most so long by the machine's clock; INT64_MAX: as
 * long as it takes. May wake early. Who waits for a moment of the wall clock looks again after
 * that, and has a listener signal the condition when the clock is put. */
void sys_wait(pthread_cond_t *cond, pthread_mutex_t *lock, int64_t us);
/* The machine's time, whatever world is in place. */
void sys_sleep(int64_t us);
/* CLOCK_MONOTONIC, for those to whom we must speak in it. */
int64_t sys_monotonic_us(void);

/* The real kernel; lives for ever, any thread. The program's wiring names it, nobody else. */
const struct sys *sys_real(void);

#endif
