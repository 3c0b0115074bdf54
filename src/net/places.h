/* Places: which connections may be there at once, and who goes when none is left. Private to net;
 * all on the loop's thread. */
#ifndef NET_PLACES_H
#define NET_PLACES_H

#include "net/connection.h"

enum ceiling_kind places_kind(const struct endpoint *endpoint);
/* Whether a connection whose peer is known may stay. When its kind has no place left, the one that
 * has waited longest, between requests or before its first byte, goes for it; never one with a
 * request under way. */
bool places_admit(struct connection *connection);
/* A proxy has said for whom it speaks: `connection->peer`. False when that address has its share.
 */
bool places_name(struct connection *connection);
/* Once the connection is done with; or before, when its place is another's. */
void places_leave(struct connection *connection);
/* Lets those go whose places other threads asked for. */
void places_make_room(struct worker *worker);
/* Tells the other threads how long this one's longest idle connection has waited; at every tick. */
void places_publish(struct worker *worker);
/* One waits now: if there was none at the last tick, the others are told. */
static inline void places_note_waiting(struct worker *worker)
{
    if (atomic_load_explicit(&worker->idle_since_ms, memory_order_relaxed) == UINT64_MAX)
        atomic_store_explicit(&worker->idle_since_ms, worker_now_ms(worker), memory_order_relaxed);
}

#endif
