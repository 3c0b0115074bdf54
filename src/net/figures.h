/* What a network thread counts. Only that thread writes; any thread may read meanwhile (relaxed
 * atomics: each number is right, two of them need not be of the same moment). */
#ifndef NET_FIGURES_H
#define NET_FIGURES_H

#include "base/slice.h"

#include <stdatomic.h>

enum figure {
    FIGURE_ACCEPTED,
    FIGURE_TURNED_AWAY_FULL,
    FIGURE_TURNED_AWAY_ADDRESS,
    FIGURE_MADE_ROOM,
    FIGURE_CLOSED,
    FIGURE_RECEIVED_BYTES,
    FIGURE_SENT_BYTES,
    FIGURE_TLS_HANDSHAKES,
    FIGURE_TLS_FAILURES,
    FIGURE_EXPIRED_HEADER, /* in the order of enum deadline_kind */
    FIGURE_EXPIRED_BODY,
    FIGURE_EXPIRED_IDLE,
    FIGURE_EXPIRED_WRITE,
    FIGURE_EXPIRED_LINGER,
    FIGURE_KINDS,
};

enum { TALLY_LABELS_MAX = 96, TALLY_LABEL_BYTES = 63 };

/* Counts by a label met at run time ("OK", "AuthFailure.SignatureFailure", "431"). Labels are never
 * forgotten; when there are too many, the rest counts as "other". */
struct tally {
    struct {
        char label[TALLY_LABEL_BYTES + 1];
        _Atomic uint64_t count;
    } items[TALLY_LABELS_MAX];
    _Atomic uint32_t used;
};

struct figures {
    _Atomic uint64_t counts[FIGURE_KINDS];
    struct tally answers;  /* by error code, "OK" for success */
    struct tally refusals; /* by HTTP status: the door said no, the api was never asked */
};

static inline void counter_add(_Atomic uint64_t *counter, uint64_t more)
{
    /* One writer: a plain add, no locked one. */
    uint64_t now = atomic_load_explicit(counter, memory_order_relaxed);
    atomic_store_explicit(counter, now + more, memory_order_relaxed);
}

static inline uint64_t counter_read(const _Atomic uint64_t *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

static inline void figures_add(struct figures *figures, enum figure figure, uint64_t more)
{
    counter_add(&figures->counts[figure], more);
}

/* The owner's thread. */
void tally_add(struct tally *tally, struct slice label);
/* Any thread: how many labels there are now; the first that many stay as they are. */
uint32_t tally_used(const struct tally *tally);
/* Any thread: the count of a label, 0 when it was never met. */
uint64_t tally_find(const struct tally *tally, const char *label);

#endif
