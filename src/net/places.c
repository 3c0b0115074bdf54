/* Coming in when it is full.
 *
 * 1. A connection is in the ceiling from places_admit to places_leave, once.
 * 2. Only a connection that waits goes: nothing of a request has been received, nothing is being
 *    answered or sent, and the kernel holds no byte of it.
 * 3. Connections belong to their thread. One whose own have waited less than another thread's asks
 *    that one to let its longest go, and admits the newcomer early: at most CEILING_SPARE_MAX are
 *    in beyond the ceiling, mostly until the other thread has had its turn, at worst until somebody
 *    leaves. What threads know of each other may be a tick old; it decides who goes, not how many.
 *
 * Owns nothing. The loop's thread; `idle_since_ms` and `room_asked` are all that others touch. */
#include "net/places.h"

enum { LOOKS_MAX = 64, CLEARLY_MS = 1000 };

static const struct peer nobody = {.len = 0};

enum ceiling_kind places_kind(const struct endpoint *endpoint)
{
    return endpoint->admin                         ? CEILING_ADMIN
           : endpoint->trust == API_TRUST_OPERATOR ? CEILING_CONTROL
                                                   : CEILING_CLIENTS;
}

/* Connections of trusted proxies are counted by the addresses they name, or by none. */
static const struct peer *counted_as(const struct connection *connection)
{
    return connection->unnamed ? &nobody : &connection->peer;
}

static struct ceiling *ceiling_of(const struct connection *connection)
{
    return connection->worker->server->ceiling;
}

/* --- who goes --- */

/* Since when it has waited. */
static uint64_t since_ms(const struct worker *worker, const struct connection *connection)
{
    const struct deadlines *deadlines = &worker->deadlines[places_kind(connection->endpoint)];
    return connection->deadline.due_ms - deadlines->timeout_ms[connection->deadline.kind];
}

static struct connection *find_waiting(struct worker *worker, enum ceiling_kind kind,
                                       enum deadline_kind wait)
{
    struct deadlines *deadlines = &worker->deadlines[kind];
    struct deadline *each = deadlines_first(deadlines, wait);
    for (uint32_t looks = 0; each && looks < LOOKS_MAX; looks++) {
        struct connection *connection = connection_of_deadline(each);
        if (connection_is_idle(connection))
            return connection;
        each = deadlines_behind(deadlines, each);
    }
    return NULL;
}

/* Between requests, or before its first byte; NULL when everybody is busy. */
static struct connection *find_longest_idle(struct worker *worker, enum ceiling_kind kind)
{
    struct connection *served = find_waiting(worker, kind, DEADLINE_IDLE);
    struct connection *silent = find_waiting(worker, kind, DEADLINE_HEADER);
    if (!served || !silent)
        return served ? served : silent;
    return since_ms(worker, served) <= since_ms(worker, silent) ? served : silent;
}

static bool let_one_go(struct worker *worker, enum ceiling_kind kind)
{
    struct connection *idle = find_longest_idle(worker, kind);
    if (!idle)
        return false;
    figures_add(&worker->figures, FIGURE_MADE_ROOM, 1);
    places_leave(idle);
    connection_drain(idle);
    return true;
}

static uint64_t longest_idle_ms(struct worker *worker)
{
    const struct connection *idle = find_longest_idle(worker, CEILING_CLIENTS);
    return idle ? since_ms(worker, idle) : UINT64_MAX;
}

void places_publish(struct worker *worker)
{
    atomic_store_explicit(&worker->idle_since_ms, longest_idle_ms(worker), memory_order_relaxed);
}

void places_make_room(struct worker *worker)
{
    uint32_t asked = atomic_exchange(&worker->room_asked, 0);
    if (asked == 0)
        return;
    while (asked > 0 && ceiling_is_exceeded(worker->server->ceiling, CEILING_CLIENTS) &&
           let_one_go(worker, CEILING_CLIENTS))
        asked--;
    places_publish(worker);
}

/* The other thread whose longest idle client has clearly waited longer than ours; NULL: none. */
static struct worker *find_other(struct worker *worker)
{
    struct server *server = worker->server;
    struct worker *found = NULL;
    uint64_t earliest_ms = longest_idle_ms(worker);
    if (earliest_ms != UINT64_MAX)
        earliest_ms -= earliest_ms < CLEARLY_MS ? earliest_ms : CLEARLY_MS;
    for (uint32_t i = 0; i < server->worker_count; i++) {
        struct worker *other = &server->workers[i];
        uint64_t since = atomic_load_explicit(&other->idle_since_ms, memory_order_relaxed);
        if (other == worker || since >= earliest_ms)
            continue;
        earliest_ms = since;
        found = other;
    }
    return found;
}

/* --- who comes --- */

static enum ceiling_verdict enter_when_full(struct connection *connection, enum ceiling_kind kind)
{
    struct worker *worker = connection->worker;
    struct worker *other = kind == CEILING_CLIENTS ? find_other(worker) : NULL;
    if (!other && !let_one_go(worker, kind))
        return CEILING_FULL;
    enum ceiling_verdict verdict =
        ceiling_enter_early(ceiling_of(connection), counted_as(connection), kind);
    if (other && verdict == CEILING_ADMITTED) {
        atomic_fetch_add(&other->room_asked, 1);
        worker_signal(other);
    }
    return verdict;
}

bool places_admit(struct connection *connection)
{
    struct figures *figures = &connection->worker->figures;
    enum ceiling_kind kind = places_kind(connection->endpoint);
    enum ceiling_verdict verdict =
        ceiling_enter(ceiling_of(connection), counted_as(connection), kind);
    if (verdict == CEILING_FULL)
        verdict = enter_when_full(connection, kind);
    connection->counted = verdict == CEILING_ADMITTED;
    figures_add(figures,
                verdict == CEILING_ADMITTED ? FIGURE_ACCEPTED
                : verdict == CEILING_FULL   ? FIGURE_TURNED_AWAY_FULL
                                            : FIGURE_TURNED_AWAY_ADDRESS,
                1);
    return connection->counted;
}

bool places_name(struct connection *connection)
{
    enum ceiling_kind kind = places_kind(connection->endpoint);
    if (!ceiling_name(ceiling_of(connection), &connection->peer, kind)) {
        figures_add(&connection->worker->figures, FIGURE_TURNED_AWAY_ADDRESS, 1);
        return false;
    }
    connection->unnamed = false;
    return true;
}

void places_leave(struct connection *connection)
{
    if (!connection->counted)
        return;
    ceiling_leave(ceiling_of(connection), counted_as(connection),
                  places_kind(connection->endpoint));
    figures_add(&connection->worker->figures, FIGURE_CLOSED, 1);
    connection->counted = false;
}
