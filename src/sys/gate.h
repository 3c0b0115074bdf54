/* Gate: many readers, each with its own lock on its own cache line, and one writer that takes them
 * all. Reading costs one uncontended lock (about 20 ns) and never touches another reader's line;
 * writing costs one lock a reader. For state that is read all the time and published in short
 * bursts (the book). Nothing that may block (I/O, another lock) is done inside. */
#ifndef SYS_GATE_H
#define SYS_GATE_H

#include "base/status.h"

#include <pthread.h>

enum { GATE_READERS_MAX = 64 };

struct gate_slot {
    _Alignas(64) pthread_mutex_t lock;
};

struct gate {
    struct gate_slot slots[GATE_READERS_MAX];
    unsigned readers; /* slots given out */
    pthread_mutex_t registering;
};

void gate_init(struct gate *gate);
void gate_done(struct gate *gate);
/* A slot for the calling thread, to be kept for the gate's life. CHECKs that one is left. */
unsigned gate_register(struct gate *gate);

static inline void gate_read_begin(struct gate *gate, unsigned slot)
{
    pthread_mutex_lock(&gate->slots[slot].lock);
}

static inline void gate_read_end(struct gate *gate, unsigned slot)
{
    pthread_mutex_unlock(&gate->slots[slot].lock);
}

void gate_write_begin(struct gate *gate);
void gate_write_end(struct gate *gate);

#endif
