/* The real kernel behind struct sys, and waiting. Owns nothing. Any thread. */
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

void sys_listen(const struct sys *sys, struct sys_listener *listener)
{
    if (!sys->changes)
        return;
    pthread_mutex_lock(&sys->changes->lock);
    listener->next = sys->changes->listeners;
    sys->changes->listeners = listener;
    pthread_mutex_unlock(&sys->changes->lock);
}

void sys_unlisten(const struct sys *sys, struct sys_listener *listener)
{
    if (!sys->changes)
        return;
    pthread_mutex_lock(&sys->changes->lock);
    struct sys_listener **link = &sys->changes->listeners;
    while (*link && *link != listener)
        link = &(*link)->next;
    if (*link)
        *link = listener->next;
    pthread_mutex_unlock(&sys->changes->lock);
}

void sys_wait_init(pthread_cond_t *cond)
{
    pthread_condattr_t steady;
    CHECK(pthread_condattr_init(&steady) == 0);
    CHECK(pthread_condattr_setclock(&steady, CLOCK_MONOTONIC) == 0);
    CHECK(pthread_cond_init(cond, &steady) == 0);
    (void)pthread_condattr_destroy(&steady);
}

static struct timespec timespec_of(int64_t us)
{
    return (struct timespec){.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000};
}

void sys_wait(pthread_cond_t *cond, pthread_mutex_t *lock, int64_t us)
{
    if (us == INT64_MAX) {
        (void)pthread_cond_wait(cond, lock);
        return;
    }
    struct timespec until = timespec_of(sys_monotonic_us() + us);
    (void)pthread_cond_timedwait(cond, lock, &until);
}

void sys_sleep(int64_t us)
{
    struct timespec rest = timespec_of(us);
    while (nanosleep(&rest, &rest) != 0 && errno == EINTR)
        continue;
}

int64_t sys_monotonic_us(void)
{
    return read_clock_us(CLOCK_MONOTONIC);
}

const struct sys *sys_real(void)
{
    static const struct sys real = {.now_us = now_us, .steady_us = steady_us, .entropy = entropy};
    return &real;
}
