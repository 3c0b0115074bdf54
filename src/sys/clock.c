/* Whether the wall clock can be believed (clock.h).
 *
 * 1. `ahead_us` falls only when somebody confirms the time: the way back up after a jump back is no
 *    jump.
 *
 * Owns nothing. One thread at a time. */
#include "sys/clock.h"

/* 2026-01-01: no clock that is right is behind it. */
#define OLDEST_US INT64_C(1767225600000000)

void clock_watch_init(struct clock_watch *watch, int64_t jump_max_us, int64_t passed_us)
{
    *watch = (struct clock_watch){.jump_max_us = jump_max_us,
                                  .passed_us = passed_us > OLDEST_US ? passed_us : OLDEST_US};
}

static void believe(struct clock_watch *watch)
{
    watch->is_stopped = false;
    watch->jump_us = 0;
}

bool clock_watch_look(struct clock_watch *watch, int64_t now_us, int64_t steady_us)
{
    int64_t ahead_us = now_us - steady_us;
    if (watch->jump_max_us == 0)
        return true;
    if (!watch->is_held && now_us < watch->passed_us)
        return true;
    int64_t jump_us = watch->is_held ? ahead_us - watch->ahead_us : 0;
    if (jump_us > watch->jump_max_us) {
        watch->is_stopped = true;
        watch->jump_us = jump_us;
        return false;
    }
    if (!watch->is_held || jump_us > 0)
        watch->ahead_us = ahead_us;
    watch->is_held = true;
    believe(watch);
    return true;
}

void clock_watch_confirm(struct clock_watch *watch, int64_t now_us, int64_t steady_us)
{
    watch->ahead_us = now_us - steady_us;
    watch->is_held = true;
    believe(watch);
}
