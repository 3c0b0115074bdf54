/* A clock that is put (put_clock.h). Owns its locks; the listeners belong to who listens. Any
 * thread.
 *
 * 1. What a reader finds is before a change or after it, wall clock and passed time together.
 * 2. Of the two, only the wall clock goes back. So who reads it first and the passed time after it
 *    never finds it further ahead than it was put.
 * 3. Listeners are told without the lock that readers take. */
#include "sys/put_clock.h"

#include "base/check.h"

/* With the lock. */
static int64_t read_now(const struct put_clock *clock)
{
    return clock->now_us + (clock->mode == PUT_CLOCK_FROZEN ? 0 : sys_now_us(clock->base));
}

static int64_t read_passed(const struct put_clock *clock)
{
    return clock->passed_us + (clock->mode == PUT_CLOCK_FROZEN ? 0 : sys_passed_us(clock->base));
}

static int64_t now_us(void *context)
{
    struct put_clock *clock = context;
    pthread_mutex_lock(&clock->lock);
    int64_t now = read_now(clock);
    pthread_mutex_unlock(&clock->lock);
    return now;
}

static int64_t passed_us(void *context)
{
    struct put_clock *clock = context;
    pthread_mutex_lock(&clock->lock);
    int64_t passed = read_passed(clock);
    pthread_mutex_unlock(&clock->lock);
    return passed;
}

static int64_t steady_us(void *context)
{
    const struct put_clock *clock = context;
    return sys_steady_us(clock->base);
}

static struct status entropy(void *context, void *at, size_t len, struct fault *fault)
{
    const struct put_clock *clock = context;
    return clock->base->entropy(clock->base->context, at, len, fault);
}

void put_clock_init(struct put_clock *clock, const struct sys *base)
{
    *clock = (struct put_clock){.base = base, .mode = PUT_CLOCK_REAL};
    clock->sys = (struct sys){.now_us = now_us,
                              .steady_us = steady_us,
                              .entropy = entropy,
                              .context = clock,
                              .passed_us = passed_us,
                              .changes = &clock->changes};
    CHECK(pthread_mutex_init(&clock->lock, NULL) == 0);
    CHECK(pthread_mutex_init(&clock->changes.lock, NULL) == 0);
}

void put_clock_done(struct put_clock *clock)
{
    CHECK(!clock->changes.listeners);
    (void)pthread_mutex_destroy(&clock->changes.lock);
    (void)pthread_mutex_destroy(&clock->lock);
}

static void tell(struct sys_changes *changes)
{
    pthread_mutex_lock(&changes->lock);
    atomic_fetch_add(&changes->count, 1);
    for (struct sys_listener *each = changes->listeners; each; each = each->next)
        each->changed(each->context);
    pthread_mutex_unlock(&changes->lock);
}

/* With the lock. */
static void set(struct put_clock *clock, enum put_clock_mode mode, int64_t now)
{
    int64_t step = now - read_now(clock);
    int64_t passed = read_passed(clock) + (step > 0 ? step : 0);
    bool stands = mode == PUT_CLOCK_FROZEN;
    clock->mode = mode;
    clock->now_us = mode == PUT_CLOCK_REAL ? 0 : stands ? now : now - sys_now_us(clock->base);
    clock->passed_us = stands ? passed : passed - sys_passed_us(clock->base);
}

void put_clock_put(struct put_clock *clock, enum put_clock_mode mode, int64_t now)
{
    pthread_mutex_lock(&clock->lock);
    set(clock, mode, mode == PUT_CLOCK_REAL ? sys_now_us(clock->base) : now);
    pthread_mutex_unlock(&clock->lock);
    tell(&clock->changes);
}

void put_clock_advance(struct put_clock *clock, int64_t us)
{
    pthread_mutex_lock(&clock->lock);
    set(clock, clock->mode == PUT_CLOCK_FROZEN ? PUT_CLOCK_FROZEN : PUT_CLOCK_OFFSET,
        read_now(clock) + us);
    pthread_mutex_unlock(&clock->lock);
    tell(&clock->changes);
}

enum put_clock_mode put_clock_mode(struct put_clock *clock)
{
    pthread_mutex_lock(&clock->lock);
    enum put_clock_mode mode = clock->mode;
    pthread_mutex_unlock(&clock->lock);
    return mode;
}
