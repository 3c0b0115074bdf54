/* The readers' and writer's gate of sys/gate.h.
 *
 * 1. The writer takes `registering`, then the slots in ascending order: two writers cannot cross.
 * 2. `readers` only grows, under `registering`.
 *
 * Owns its mutexes. Any thread. */
#include "sys/gate.h"

#include "base/check.h"

void gate_init(struct gate *gate)
{
    gate->readers = 0;
    CHECK(pthread_mutex_init(&gate->registering, NULL) == 0);
    for (unsigned i = 0; i < GATE_READERS_MAX; i++)
        CHECK(pthread_mutex_init(&gate->slots[i].lock, NULL) == 0);
}

void gate_done(struct gate *gate)
{
    for (unsigned i = 0; i < GATE_READERS_MAX; i++)
        (void)pthread_mutex_destroy(&gate->slots[i].lock);
    (void)pthread_mutex_destroy(&gate->registering);
}

unsigned gate_register(struct gate *gate)
{
    pthread_mutex_lock(&gate->registering);
    CHECK(gate->readers < GATE_READERS_MAX);
    unsigned slot = gate->readers++;
    pthread_mutex_unlock(&gate->registering);
    return slot;
}

void gate_write_begin(struct gate *gate)
{
    pthread_mutex_lock(&gate->registering);
    for (unsigned i = 0; i < gate->readers; i++)
        pthread_mutex_lock(&gate->slots[i].lock);
}

void gate_write_end(struct gate *gate)
{
    for (unsigned i = gate->readers; i > 0; i--)
        pthread_mutex_unlock(&gate->slots[i - 1].lock);
    pthread_mutex_unlock(&gate->registering);
}
