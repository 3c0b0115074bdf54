/* A clock that is put while others go by it: real, some time off, or standing still; forward and
 * back, as often as wanted.
 *
 * A step forward is time that passed, as far as this world can tell: deadlines come due by it, and
 * no jump is seen (sys/clock.h). A step back takes nothing back: the time that passed stands and
 * goes on from there. The steady clock and the entropy are the base's. */
#ifndef SYS_PUT_CLOCK_H
#define SYS_PUT_CLOCK_H

#include "sys/sys.h"

enum put_clock_mode { PUT_CLOCK_REAL, PUT_CLOCK_OFFSET, PUT_CLOCK_FROZEN };

struct put_clock {
    struct sys sys; /* the world that goes by it: hand out its address */
    const struct sys *base;
    struct sys_changes changes;
    pthread_mutex_t lock; /* of all below */
    enum put_clock_mode mode;
    int64_t now_us, passed_us; /* FROZEN: what they say; else how far they are ahead of the base's
                                */
};

/* Real at first. `base` must outlive it; it must outlive whoever goes by it, and stays where it is.
 */
void put_clock_init(struct put_clock *clock, const struct sys *base);
void put_clock_done(struct put_clock *clock);
/* It says `now_us` (real: what the base says), and goes on from there or stands. When it returns
 * all listeners were told. Any thread, without a lock that a listener takes. */
void put_clock_put(struct put_clock *clock, enum put_clock_mode mode, int64_t now_us);
/* By so much from what it says; a real clock is then off. */
void put_clock_advance(struct put_clock *clock, int64_t us);
enum put_clock_mode put_clock_mode(struct put_clock *clock);

#endif
