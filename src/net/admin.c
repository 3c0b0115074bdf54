/* Health, readiness, version and metrics (Prometheus text format 0.0.4).
 *
 * 1. Nothing here names a member, a key or an amount: labels come from fixed sets and from the
 *    api's own error codes.
 *
 * Owns nothing. Any network thread; reads other threads' figures as they go. */
#include "net/admin.h"

#include "net/process.h"

#include "base/check.h"

static const struct slice text_type = {"text/plain; charset=utf-8", 25};
static const struct slice json_type = {"application/json", 16};
static const struct slice metrics_type = {"text/plain; version=0.0.4; charset=utf-8", 40};

/* --- metrics --- */

static void begin(struct buffer *out, const char *name, const char *type, const char *help)
{
    buffer_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void metric(struct buffer *out, const char *name, const char *type, const char *help,
                   uint64_t value)
{
    begin(out, name, type, help);
    buffer_printf(out, "%s %llu\n", name, (unsigned long long)value);
}

/* Microseconds as seconds, exactly. */
static void metric_us(struct buffer *out, const char *name, const char *type, const char *help,
                      uint64_t us)
{
    begin(out, name, type, help);
    buffer_printf(out, "%s %llu.%06llu\n", name, (unsigned long long)(us / 1000000),
                  (unsigned long long)(us % 1000000));
}

/* "7", or microseconds as seconds. */
static void print_value(struct buffer *out, bool is_us, uint64_t value)
{
    if (is_us)
        buffer_printf(out, "%llu.%06llu", (unsigned long long)(value / 1000000),
                      (unsigned long long)(value % 1000000));
    else
        buffer_printf(out, "%llu", (unsigned long long)value);
}

static void metric_histogram(struct buffer *out, const char *name, const char *help, bool is_us,
                             const struct committer_histogram *histogram)
{
    begin(out, name, "histogram", help);
    for (unsigned i = 0; i < COMMITTER_BUCKETS; i++) {
        buffer_printf(out, "%s_bucket{le=\"", name);
        print_value(out, is_us, is_us ? committer_us_bound(i) : committer_commands_bound(i));
        buffer_printf(out, "\"} %llu\n", (unsigned long long)histogram->at_most[i]);
    }
    buffer_printf(out, "%s_bucket{le=\"+Inf\"} %llu\n%s_sum ", name,
                  (unsigned long long)histogram->count, name);
    print_value(out, is_us, histogram->sum);
    buffer_printf(out, "\n%s_count %llu\n", name, (unsigned long long)histogram->count);
}

static uint64_t sum(const struct server *server, enum figure figure)
{
    uint64_t all = 0;
    for (uint32_t i = 0; i < server->worker_count; i++)
        all += counter_read(&server->workers[i].figures.counts[figure]);
    return all;
}

/* How many are in between; two counters are not read at one moment. */
static uint64_t difference(const struct server *server, enum figure entered, enum figure left)
{
    uint64_t gone = sum(server, left), come = sum(server, entered);
    return come > gone ? come - gone : 0;
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

static void write_door_metrics(struct buffer *out, const struct server *server)
{
    static const char *const holder_names[BUDGET_KINDS] = {"stranger", "form", "caller"};
    static const char *const deadline_names[DEADLINE_KINDS] = {"header", "body", "idle", "write",
                                                               "linger"};
    begin(out, "bursar_requests_total", "counter", "Requests answered by the API, by error code.");
    metric_tally(out, server, false, "bursar_requests_total", "code");
    begin(out, "bursar_http_refused_total", "counter",
          "Requests refused before the API was asked, by HTTP status.");
    metric_tally(out, server, true, "bursar_http_refused_total", "status");
    metric(out, "bursar_connections", "gauge", "Open connections.",
           difference(server, FIGURE_ACCEPTED, FIGURE_CLOSED));
    metric(out, "bursar_connections_accepted_total", "counter", "Connections accepted.",
           sum(server, FIGURE_ACCEPTED));
    begin(out, "bursar_connections_turned_away_total", "counter",
          "Connections closed at once because of a ceiling.");
    buffer_printf(out, "bursar_connections_turned_away_total{ceiling=\"all\"} %llu\n",
                  (unsigned long long)sum(server, FIGURE_TURNED_AWAY_FULL));
    buffer_printf(out, "bursar_connections_turned_away_total{ceiling=\"address\"} %llu\n",
                  (unsigned long long)sum(server, FIGURE_TURNED_AWAY_ADDRESS));
    begin(out, "bursar_body_memory_bytes", "gauge",
          "Memory held by unfinished requests and answers not taken.");
    for (unsigned kind = 0; kind < BUDGET_KINDS; kind++)
        buffer_printf(out, "bursar_body_memory_bytes{holder=\"%s\"} %llu\n", holder_names[kind],
                      (unsigned long long)budget_held(&server->budget, (enum budget_kind)kind));
    metric(out, "bursar_body_memory_max_bytes", "gauge", "The ceiling on that.",
           server->budget.bytes_max);
    begin(out, "bursar_deadlines_expired_total", "counter",
          "Connections closed because the client was too slow, by what was waited for.");
    for (unsigned kind = 0; kind < DEADLINE_KINDS; kind++)
        buffer_printf(out, "bursar_deadlines_expired_total{deadline=\"%s\"} %llu\n",
                      deadline_names[kind],
                      (unsigned long long)sum(server, (enum figure)(FIGURE_EXPIRED_HEADER + kind)));
    metric(out, "bursar_connections_made_room_total", "counter",
           "Idle connections closed because others wanted their places.",
           sum(server, FIGURE_MADE_ROOM));
    metric(out, "bursar_bytes_received_total", "counter", "Bytes read from clients.",
           sum(server, FIGURE_RECEIVED_BYTES));
    metric(out, "bursar_bytes_sent_total", "counter", "Bytes sent to clients.",
           sum(server, FIGURE_SENT_BYTES));
    metric(out, "bursar_tls_handshakes_total", "counter", "TLS handshakes completed.",
           sum(server, FIGURE_TLS_HANDSHAKES));
    metric(out, "bursar_tls_failures_total", "counter", "TLS connections that broke.",
           sum(server, FIGURE_TLS_FAILURES));
}

static void write_api_metrics(struct buffer *out, const struct server *server)
{
    struct api_figures figures;
    api_figures(server->api, &figures);
    metric(out, "bursar_api_calls_total", "counter", "Calls the API answered.", figures.calls);
    metric(out, "bursar_api_errors_total", "counter", "Calls answered with an error.",
           figures.errors);
    metric(out, "bursar_api_limited_total", "counter", "Calls over the rate limit.",
           figures.limited);
    metric(out, "bursar_api_denied_total", "counter", "Calls denied by policy.", figures.denied);
    metric(out, "bursar_api_signature_failures_total", "counter", "Calls with a wrong signature.",
           figures.signature_failures);
    metric(out, "bursar_api_any_service_total", "counter",
           "Calls accepted although signed for another service (--accept-any-service).",
           figures.any_service);
    metric(out, "bursar_api_pending", "gauge", "Calls waiting for their commit.",
           difference(server, FIGURE_PENDING_STARTED, FIGURE_PENDING_FINISHED));
}

static void write_committer_metrics(struct buffer *out, const struct server *server)
{
    struct committer_figures figures;
    if (!server->committer)
        return;
    committer_figures(server->committer, &figures);
    metric(out, "bursar_committer_commands_total", "counter", "Commands decided.",
           figures.commands);
    metric(out, "bursar_committer_refusals_total", "counter", "Commands refused.",
           figures.refusals);
    metric(out, "bursar_committer_entries_total", "counter", "Entries appended to the journal.",
           figures.entries);
    metric(out, "bursar_committer_batches_total", "counter", "Batches appended and synced.",
           figures.batches);
    metric_us(out, "bursar_committer_append_seconds_total", "counter",
              "Time spent in appending and syncing.", figures.append_us);
    metric_us(out, "bursar_committer_append_seconds_max", "gauge",
              "The longest append and sync so far.", figures.append_us_max);
    metric(out, "bursar_committer_queue_commands", "gauge", "Commands waiting.",
           figures.queue_commands);
    metric(out, "bursar_committer_replays_total", "counter",
           "Commands answered as an earlier one with the same token.", figures.replays);
    metric(out, "bursar_committer_timed_entries_total", "counter",
           "Entries that time made: holds that expired, credit that began or ended.",
           figures.timed);
    metric_histogram(out, "bursar_committer_group_commands", "Commands that shared a sync.", false,
                     &figures.group_commands);
    metric_histogram(out, "bursar_committer_batch_seconds", "Append and sync of a batch.", true,
                     &figures.batch_us);
}

static void write_clock_metrics(struct buffer *out, const struct server *server)
{
    struct committer_clock clock;
    if (!server->committer)
        return;
    committer_clock(server->committer, &clock);
    metric(out, "bursar_clock_stopped", "gauge",
           "1 while the clock is not believed and nothing is written.", clock.is_stopped);
    metric(out, "bursar_clock_jump_seconds", "gauge", "How far it is ahead then.",
           (uint64_t)clock.jump_us / 1000000);
}

static void write_historian_metrics(struct buffer *out, const struct server *server)
{
    struct historian_figures figures;
    if (!server->options.historian)
        return;
    historian_figures(server->options.historian, &figures);
    metric(out, "bursar_historian_jobs_total", "counter", "Questions about the past answered.",
           figures.jobs);
    metric(out, "bursar_historian_faults_total", "counter", "Of these, those that failed.",
           figures.faults);
    metric(out, "bursar_historian_refused_total", "counter",
           "Questions refused because too many waited.", figures.refused);
    metric(out, "bursar_historian_reads_total", "counter", "Rows read from the journal.",
           figures.reads);
    metric_us(out, "bursar_historian_run_seconds_total", "counter",
              "Time spent in answering questions.", figures.run_us);
    metric_us(out, "bursar_historian_run_seconds_max", "gauge", "The longest answer so far.",
              figures.run_us_max);
    metric(out, "bursar_historian_queue_jobs", "gauge", "Questions waiting.", figures.queue_jobs);
    metric(out, "bursar_historian_queue_jobs_max", "gauge", "Most that ever waited.",
           figures.queue_jobs_max);
}

static void write_process_metrics(struct buffer *out)
{
    struct process_figures figures;
    process_read(&figures);
    metric_us(out, "process_cpu_seconds_total", "counter", "User and system CPU time spent.",
              figures.cpu_us);
    metric(out, "process_resident_memory_bytes", "gauge", "Resident memory.",
           figures.resident_bytes);
    metric(out, "process_virtual_memory_bytes", "gauge", "Virtual memory.", figures.virtual_bytes);
    metric(out, "process_open_fds", "gauge", "Open file descriptors.", figures.open_fds);
    metric(out, "process_max_fds", "gauge", "Most file descriptors allowed.", figures.max_fds);
    metric(out, "process_threads", "gauge", "Threads.", figures.threads);
    metric(out, "process_start_time_seconds", "gauge", "Start of the process, Unix time.",
           figures.start_seconds);
}

static void write_metrics(struct buffer *out, const struct server *server)
{
    begin(out, "bursar_build_info", "gauge", "Always 1; the version is the label.");
    buffer_printf(out, "bursar_build_info{version=\"%s\"} 1\n", server->version);
    metric(out, "bursar_draining", "gauge", "1 while the server finishes its last requests.",
           atomic_load(&server->drain) != DRAIN_NONE);
    write_door_metrics(out, server);
    write_api_metrics(out, server);
    write_committer_metrics(out, server);
    write_clock_metrics(out, server);
    write_historian_metrics(out, server);
    write_process_metrics(out);
}

/* --- the rest --- */

/* Nothing of it is for a browser: what a page of somebody else's made one ask for is not guessed
 * to be a script. */
#define PLAIN_LINES "X-Content-Type-Options: nosniff\r\n"
static const struct slice plain_lines = {PLAIN_LINES, sizeof PLAIN_LINES - 1};

static struct admin_answer write_line(struct buffer *out, int status, struct slice line)
{
    buffer_append(out, line);
    return (struct admin_answer){status, text_type, plain_lines};
}

static bool clock_is_stopped(const struct server *server)
{
    struct committer_clock clock = {0};
    if (server->committer)
        committer_clock(server->committer, &clock);
    return clock.is_stopped;
}

static struct admin_answer write_readiness(struct buffer *out, const struct server *server)
{
    if (atomic_load(&server->drain) != DRAIN_NONE)
        return write_line(out, 503, SLICE("draining\n"));
    if (!atomic_load(&server->serving))
        return write_line(out, 503, SLICE("starting\n"));
    if (clock_is_stopped(server))
        return write_line(out, 503, SLICE("clock not believed: nothing is written\n"));
    return write_line(out, 200, SLICE("ready\n"));
}

static struct admin_answer refuse_method(struct buffer *out)
{
    struct admin_answer answer = write_line(out, 405, SLICE("only GET and HEAD\n"));
    answer.extra = SLICE("Allow: GET, HEAD\r\n" PLAIN_LINES);
    return answer;
}

/* A page can make its reader's browser resolve the page's own name to this listener's address (DNS
 * rebinding), but the browser then sends that name. Who sends none is no browser. */
static bool is_ours(const struct server *server, struct slice host)
{
    struct peer unused;
    struct slice names = buffer_slice(&server->admin_hosts), port;
    struct slice name = slice_cut(host, ':', &port);
    if (host.len == 0 || peer_parse(host, &unused) || slice_equal_nocase(name, SLICE("localhost")))
        return true;
    while (names.len > 0)
        if (slice_equal_nocase(slice_cut(names, '\n', &names), name))
            return true;
    return false;
}

static struct admin_answer answer_path(const struct server *server, struct slice path,
                                       struct buffer *out)
{
    if (slice_equal(path, SLICE("/readyz")))
        return write_readiness(out, server);
    if (slice_equal(path, SLICE("/healthz")) || slice_equal(path, SLICE("/livez")))
        return write_line(out, 200, SLICE("ok\n"));
    if (slice_equal(path, SLICE("/version"))) {
        buffer_printf(out, "{\"name\":\"bursar\",\"version\":\"%s\"}\n", server->version);
        return (struct admin_answer){200, json_type, plain_lines};
    }
    if (slice_equal(path, SLICE("/metrics"))) {
        write_metrics(out, server);
        return (struct admin_answer){200, metrics_type, plain_lines};
    }
    return write_line(out, 404, SLICE("ask for /healthz, /livez, /readyz, /metrics or /version\n"));
}

struct admin_answer admin_answer(const struct server *server, const struct http1_request *request,
                                 struct buffer *out)
{
    buffer_clear(out);
    if (!is_ours(server, request->host))
        return write_line(out, 421, SLICE("this name is not served here (--admin-host)\n"));
    struct admin_answer answer = answer_path(server, request->path, out);
    if (http1_is_get(request) || answer.status == 404)
        return answer;
    buffer_clear(out);
    return refuse_method(out);
}

struct admin_answer admin_health(const struct server *server, const struct http1_request *request,
                                 struct buffer *out)
{
    bool ready = atomic_load(&server->serving) && atomic_load(&server->drain) == DRAIN_NONE;
    buffer_clear(out);
    if (!http1_is_get(request))
        return refuse_method(out);
    return ready ? write_line(out, 200, SLICE("ok\n")) : write_line(out, 503, SLICE("not ready\n"));
}
