/* What the programs of bench/ share: the clock, a histogram of latencies, random numbers that can
 * be repeated, and the line of JSON they end with. */
#ifndef BENCH_METER_H
#define BENCH_METER_H

#include <stddef.h>
#include <stdint.h>

enum { LATENCY_SLOTS = 1 << 21 }; /* microseconds; what took longer counts as the last */

_Noreturn void die(const char *what);

int64_t steady_us(void);

/* xorshift64*: fast, and the same again from the same seed (not zero). */
uint64_t random_next(uint64_t *state);
void random_fill(uint64_t *state, void *at, size_t len);

/* May be filled by several threads at once. */
struct meter {
    uint32_t *count_by_us;
    uint64_t done;   /* requests */
    uint64_t failed; /* refused, or with an error */
    uint64_t longest_us;
};

void meter_init(struct meter *meter);
void meter_note(struct meter *meter, int64_t took_us);
/* The least latency that `share` of the requests did not exceed. */
unsigned meter_percentile(const struct meter *meter, double share);
/* {"requests", "transfers", "failed", "seconds", "rate", "p50_us", ...}; rate is of transfers. */
void meter_print(const struct meter *meter, uint64_t batch, double seconds);

#endif
