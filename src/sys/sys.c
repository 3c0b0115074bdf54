/* The real kernel behind struct sys. Owns nothing. Any thread. */
#include "sys/sys.h"

#include "base/check.h"

#include <errno.h>
#include <sys/random.h>
#include <time.h>

static int64_t read_clock_us(clockid_t clock)
{
    struct timespec at;
    CHECK(clock_gettime(clock, &at) == 0);
    return (int64_t)at.tv_sec * 1000000 + at.tv_nsec / 1000;
}

static int64_t now_us(void *context)
{
    (void)context;
    return read_clock_us(CLOCK_REALTIME);
}

static int64_t steady_us(void *context)
{
    (void)context;
    return read_clock_us(CLOCK_BOOTTIME);
}

static struct status entropy(void *context, void *at, size_t len, struct fault *fault)
{
    (void)context;
    for (char *next = at; len > 0;) {
        ssize_t got = getrandom(next, len, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fault_raise_errno(fault, errno, "cannot read random bytes");
        next += got;
        len -= (size_t)got;
    }
    return STATUS_DONE;
}

const struct sys *sys_real(void)
{
    static const struct sys real = {now_us, steady_us, entropy, NULL};
    return &real;
}
