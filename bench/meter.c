/* Clock, random numbers and histogram of bench/'s programs (meter.h). */
#include "meter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

void die(const char *what)
{
    perror(what);
    exit(1);
}

int64_t steady_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

uint64_t random_next(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * UINT64_C(0x2545F4914F6CDD1D);
}

void random_fill(uint64_t *state, void *at, size_t len)
{
    for (size_t i = 0; i < len; i += sizeof(uint64_t)) {
        uint64_t piece = random_next(state);
        size_t left = len - i;
        memcpy((char *)at + i, &piece, left < sizeof piece ? left : sizeof piece);
    }
}

void meter_init(struct meter *meter)
{
    *meter = (struct meter){.count_by_us = calloc(LATENCY_SLOTS, sizeof(uint32_t))};
    if (!meter->count_by_us)
        die("calloc");
}

void meter_note(struct meter *meter, int64_t took_us)
{
    uint64_t took = took_us > 0 ? (uint64_t)took_us : 0;
    uint64_t slot = took < LATENCY_SLOTS ? took : LATENCY_SLOTS - 1;
    __atomic_fetch_add(&meter->count_by_us[slot], 1, __ATOMIC_RELAXED);
    __atomic_fetch_add(&meter->done, 1, __ATOMIC_RELAXED);
    uint64_t longest = __atomic_load_n(&meter->longest_us, __ATOMIC_RELAXED);
    while (took > longest && !__atomic_compare_exchange_n(&meter->longest_us, &longest, took, 0,
                                                          __ATOMIC_RELAXED, __ATOMIC_RELAXED))
        ;
}

unsigned meter_percentile(const struct meter *meter, double share)
{
    uint64_t seen = 0;
    for (unsigned i = 0; i < LATENCY_SLOTS; i++) {
        seen += meter->count_by_us[i];
        if ((double)seen >= (double)meter->done * share)
            return i;
    }
    return LATENCY_SLOTS;
}

void meter_print(const struct meter *meter, uint64_t batch, double seconds)
{
    uint64_t transfers = meter->done * batch;
    printf(
        "{\"requests\": %llu, \"transfers\": %llu, \"failed\": %llu, \"seconds\": %.3f, "
        "\"rate\": %.1f, \"p50_us\": %u, \"p99_us\": %u, \"p999_us\": %u, \"longest_us\": %llu}\n",
        (unsigned long long)meter->done, (unsigned long long)transfers,
        (unsigned long long)meter->failed, seconds, (double)transfers / seconds,
        meter_percentile(meter, 0.5), meter_percentile(meter, 0.99), meter_percentile(meter, 0.999),
        (unsigned long long)meter->longest_us);
}
