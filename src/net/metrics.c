/* The metrics of the door: what every network thread counts (figures.h), summed, and what is held.
 * Labels come from fixed sets and from the api's own error codes.
 *
 * Owns nothing. Any network thread; reads other threads' figures as they go. */
#include "net/worker.h"

#include "base/metric.h"

struct values {
    uint64_t draining, connections;
    uint64_t counts[FIGURE_KINDS];
    uint64_t held[BUDGET_KINDS], held_max;
};

#define LABELS(label, names) label, names, sizeof(names) / sizeof *(names)
#define ROW(member, kind, name, help) METRIC(struct values, member, METRIC_##kind, name, help)
#define COUNTS(figure, name, help, ...)                                                            \
    {                                                                                              \
        name, help, METRIC_COUNTER, offsetof(struct values, counts[FIGURE_##figure]), __VA_ARGS__  \
    }

static const char *const ceilings[] = {"all", "address"}; /* as FIGURE_TURNED_AWAY_... */
static const char *const holders[BUDGET_KINDS] = {"stranger", "form", "caller"};
static const char *const waits[DEADLINE_KINDS] = {"header", "body", "idle", "write", "linger"};

static const struct metric state[] = {
    ROW(draining, GAUGE, "bursar_draining", "1 while the server finishes its last requests."),
};

static const struct metric metrics[] = {
    ROW(connections, GAUGE, "bursar_connections", "Open connections."),
    COUNTS(ACCEPTED, "bursar_connections_accepted_total", "Connections accepted.", 0, 0, 0),
    COUNTS(TURNED_AWAY_FULL, "bursar_connections_turned_away_total",
           "Connections closed at once because of a ceiling.", LABELS("ceiling", ceilings)),
    {"bursar_body_memory_bytes", "Memory held by unfinished requests and answers not taken.",
     METRIC_GAUGE, offsetof(struct values, held), LABELS("holder", holders)},
    ROW(held_max, GAUGE, "bursar_body_memory_max_bytes", "The ceiling on that."),
    COUNTS(EXPIRED_HEADER, "bursar_deadlines_expired_total",
           "Connections closed because the client was too slow, by what was waited for.",
           LABELS("deadline", waits)),
    COUNTS(MADE_ROOM, "bursar_connections_made_room_total",
           "Idle connections closed because others wanted their places.", 0, 0, 0),
    COUNTS(RECEIVED_BYTES, "bursar_bytes_received_total", "Bytes read from clients.", 0, 0, 0),
    COUNTS(SENT_BYTES, "bursar_bytes_sent_total", "Bytes sent to clients.", 0, 0, 0),
    COUNTS(TLS_HANDSHAKES, "bursar_tls_handshakes_total", "TLS handshakes completed.", 0, 0, 0),
    COUNTS(TLS_FAILURES, "bursar_tls_failures_total", "TLS connections that broke.", 0, 0, 0),
};

static uint64_t sum(const struct server *server, enum figure figure)
{
    uint64_t all = 0;
    for (uint32_t i = 0; i < server->worker_count; i++)
        all += counter_read(&server->workers[i].figures.counts[figure]);
    return all;
}

static const struct tally *tally_of(const struct server *server, uint32_t worker, bool refusals)
{
    const struct figures *figures = &server->workers[worker].figures;
    return refusals ? &figures->refusals : &figures->answers;
}

/* A label is printed for the first worker that met it, with the sum over all. */
static void metric_tally(struct buffer *out, const struct server *server, bool refusals,
                         const char *name, const char *label)
{
    for (uint32_t w = 0; w < server->worker_count; w++) {
        const struct tally *tally = tally_of(server, w, refusals);
        uint32_t used = tally_used(tally);
        for (uint32_t i = 0; i < used; i++) {
            const char *text = tally->items[i].label;
            uint64_t before = 0, all = 0;
            for (uint32_t other = 0; other < server->worker_count; other++) {
                uint64_t count = tally_find(tally_of(server, other, refusals), text);
                before += other < w ? count : 0;
                all += count;
            }
            if (before == 0)
                buffer_printf(out, "%s{%s=\"%s\"} %llu\n", name, label, text,
                              (unsigned long long)all);
        }
    }
}

void server_metrics(void *context, struct buffer *out)
{
    const struct server *server = context;
    struct values values = {.draining = atomic_load(&server->drain) != DRAIN_NONE,
                            .held_max = server->budget.bytes_max};
    /* two counters are not read at one moment: who left before who came */
    for (int figure = FIGURE_KINDS - 1; figure >= 0; figure--)
        values.counts[figure] = sum(server, (enum figure)figure);
    if (values.counts[FIGURE_ACCEPTED] > values.counts[FIGURE_CLOSED])
        values.connections = values.counts[FIGURE_ACCEPTED] - values.counts[FIGURE_CLOSED];
    for (unsigned kind = 0; kind < BUDGET_KINDS; kind++)
        values.held[kind] = budget_held(&server->budget, (enum budget_kind)kind);
    metrics_write(out, state, sizeof state / sizeof *state, &values);
    metric_begin(out, "bursar_requests_total", "counter",
                 "Requests answered by the API, by error code.");
    metric_tally(out, server, false, "bursar_requests_total", "code");
    metric_begin(out, "bursar_http_refused_total", "counter",
                 "Requests refused before the API was asked, by HTTP status.");
    metric_tally(out, server, true, "bursar_http_refused_total", "status");
    metrics_write(out, metrics, sizeof metrics / sizeof *metrics, &values);
}
