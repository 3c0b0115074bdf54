/* The world as the program meets it: time and randomness, in one table of functions, so that a test
 * or a simulator can put another world in place. Everything that wants the time or a random byte is
 * handed a `const struct sys *`; nothing above this room calls the kernel for them. */
#ifndef SYS_SYS_H
#define SYS_SYS_H

#include "base/status.h"

#include <stddef.h>
#include <stdint.h>

struct sys {
    /* Wall clock: microseconds since 1970-01-01 UTC. May jump either way. */
    int64_t (*now_us)(void *context);
    /* Steady clock: microseconds since some moment; never goes back, never jumps, and goes on while
     * the machine is suspended. */
    int64_t (*steady_us)(void *context);
    /* Fills `at` with bytes fit for keys. */
    struct status (*entropy)(void *context, void *at, size_t len, struct fault *fault);
    void *context;
};

static inline int64_t sys_now_us(const struct sys *sys)
{
    return sys->now_us(sys->context);
}

static inline int64_t sys_steady_us(const struct sys *sys)
{
    return sys->steady_us(sys->context);
}

/* The real kernel; lives for ever, any thread. */
const struct sys *sys_real(void);

#endif
