/* Clock watch: whether the wall clock can be believed, held against the steady clock.
 *
 * A wall clock that is set wrong does harm where time alone does something for good: a hold
 * expires, credit ends. So a jump forward of more than the ceiling is not believed until somebody
 * confirms it or the wall clock has come back. Time that passes, suspended or not, is no jump: the
 * steady clock counts it too. A jump back is believed (what is dated never goes back, so it does
 * nothing early), and so is one forward to where the clock would have been without an earlier jump
 * back.
 *
 * At the beginning there is nothing to hold the wall clock against, and it is believed as it is;
 * but while it is behind a time that is known to have passed it is wrong, and the first time that
 * is not behind is the one it is held to from then on: a machine without a battery, whose clock is
 * put right after the start, needs nobody to confirm it.
 *
 * Pure: it is told the time. One thread at a time. */
#ifndef SYS_CLOCK_H
#define SYS_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

struct clock_watch {
    int64_t jump_max_us; /* 0 = everything is believed */
    int64_t passed_us;   /* wall clock: certainly not earlier than this */
    int64_t ahead_us;    /* wall less steady clock: the most that was believed */
    bool is_held;        /* ahead_us is set */
    bool is_stopped;     /* the last look did not believe the clock */
    int64_t jump_us;     /* how far ahead it was then; 0 when it was believed */
};

/* `passed_us`: a time known to have passed; the program's own age is known besides. */
void clock_watch_init(struct clock_watch *watch, int64_t jump_max_us, int64_t passed_us);
/* Looks at both clocks (sys.h); true: the wall clock can be believed. */
bool clock_watch_look(struct clock_watch *watch, int64_t now_us, int64_t steady_us);
/* What the wall clock would say without the jump that is not believed; `now_us` when there is none.
 * For any thread that has read `ahead_us` and `jump_max_us` of a watch that is held. */
static inline int64_t clock_without_jump(int64_t now_us, int64_t steady_us, int64_t ahead_us,
                                         int64_t jump_max_us)
{
    return now_us - steady_us - ahead_us > jump_max_us ? ahead_us + steady_us : now_us;
}
/* The wall clock is right, whatever it says. */
void clock_watch_confirm(struct clock_watch *watch, int64_t now_us, int64_t steady_us);

#endif
