/* A network thread: its loop, its memory, its part of the drain.
 *
 * 1. Everything of a worker belongs to its loop's thread, but `woken` and `signal_open`, which the
 *    lock guards, and the figures, which anyone may read.
 * 2. Drained means: no connection of the api's listeners and no pending call is left. The first
 *    worker keeps the admin listeners open until all workers are drained, so that a draining server
 *    can still be asked whether it is ready.
 * 3. The loop ends when its last handle is closed, and the handles are closed only when drained.
 *
 * Owns the loop, the handles, buffers, calls and connections. */
#include "net/worker.h"

#include "net/connection.h"
#include "net/listener.h"
#include "net/places.h"

#include "base/check.h"
#include "codec/timestamp.h"
#include "crypto/digest.h"

#include <stdlib.h>

enum { TICK_MS = 250, LINGER_TIMEOUT_MS = 2000, LAST_ACCEPTS_MS = 1 };
enum { BUFFER_BYTES_KEPT = 1 << 20 };

/* --- memory --- */

struct call *worker_call(struct worker *worker)
{
    if (!worker->call) {
        worker->call = worker->calls_free;
        if (worker->call)
            worker->calls_free = worker->call->next;
        else
            worker->call = malloc(sizeof *worker->call);
    }
    return worker->call;
}

void worker_give_call(struct worker *worker, struct call *call)
{
    call->next = worker->calls_free;
    worker->calls_free = call;
}

char *worker_take_block(struct worker *worker)
{
    if (worker->blocks_spare_count > 0)
        return worker->blocks_spare[--worker->blocks_spare_count];
    return malloc(BLOCK_BYTES);
}

void worker_give_block(struct worker *worker, char *block)
{
    if (worker->blocks_spare_count < BLOCKS_SPARE_MAX)
        worker->blocks_spare[worker->blocks_spare_count++] = block;
    else
        free(block);
}

/* --- time --- */

uint64_t worker_now_ms(struct worker *worker)
{
    const struct sys *sys = worker->server->sys;
    uint64_t turn_ms = uv_now(&worker->loop);
    uint64_t change = sys_change_count(sys);
    if (change != worker->clock_change)
        worker->date_until_ms = 0;
    if (turn_ms != worker->turn_ms || change != worker->clock_change)
        worker->now_ms = (uint64_t)(sys_passed_us(sys) / 1000);
    worker->turn_ms = turn_ms;
    worker->clock_change = change;
    return worker->now_ms;
}

struct slice worker_head_lines(struct worker *worker)
{
    uint64_t now_ms = worker_now_ms(worker);
    if (now_ms >= worker->date_until_ms) {
        int64_t now_us = sys_now_us(worker->server->sys);
        struct buffer lines;
        char date[29];
        timestamp_print_http(date, now_us / 1000000);
        buffer_init_fixed(&lines, worker->head_lines, sizeof worker->head_lines);
        BUFFER_LITERAL(&lines, "Server: bursar\r\nCache-Control: no-store\r\nDate: ");
        buffer_bytes(&lines, date, sizeof date);
        BUFFER_LITERAL(&lines, "\r\n");
        worker->head_lines_len = lines.len;
        worker->date_until_ms = now_ms + 1000 - (uint64_t)(now_us / 1000 % 1000);
    }
    return slice_of(worker->head_lines, worker->head_lines_len);
}

/* --- signals from other threads --- */

static void send_signal(struct worker *worker)
{
    if (worker->signal_open)
        CHECK(uv_async_send(&worker->signal) == 0);
}

void worker_signal(struct worker *worker)
{
    pthread_mutex_lock(&worker->lock);
    send_signal(worker);
    pthread_mutex_unlock(&worker->lock);
}

void worker_wake(struct worker *worker, struct call *call)
{
    pthread_mutex_lock(&worker->lock);
    call->next = worker->woken;
    worker->woken = call;
    if (!call->next) /* else the signal is on its way already */
        send_signal(worker);
    pthread_mutex_unlock(&worker->lock);
}

static struct call *take_woken(struct worker *worker)
{
    pthread_mutex_lock(&worker->lock);
    struct call *newest = worker->woken;
    worker->woken = NULL;
    pthread_mutex_unlock(&worker->lock);
    struct call *oldest = NULL;
    while (newest) {
        struct call *next = newest->next;
        newest->next = oldest;
        oldest = newest;
        newest = next;
    }
    return oldest;
}

/* --- deadlines --- */

static void expire(struct worker *worker)
{
    uint64_t now_ms = worker_now_ms(worker);
    for (int kind = 0; kind < CEILING_KINDS; kind++)
        for (struct deadline *due = deadlines_due(&worker->deadlines[kind], now_ms); due;
             due = deadlines_due(&worker->deadlines[kind], now_ms))
            connection_expire(connection_of_deadline(due));
}

/* --- drain --- */

static void close_connections(struct worker *worker, bool admin_too)
{
    struct connection *next;
    for (struct connection *each = worker->connections; each; each = next) {
        next = each->next;
        if (admin_too || !each->endpoint->admin)
            connection_close(each);
    }
}

static void close_listeners(struct worker *worker, bool admin_too)
{
    for (uint32_t i = 0; i < SERVER_LISTENERS_MAX; i++)
        if (worker->listeners[i].open && (admin_too || !worker->listeners[i].endpoint->admin))
            listener_close(&worker->listeners[i]);
}

static void on_drain_deadline(uv_timer_t *timer)
{
    close_connections(timer->data, false);
}

static void drain(struct worker *worker)
{
    worker->draining = true;
    close_listeners(worker, false);
    CHECK(uv_timer_start(&worker->drain_timer, on_drain_deadline,
                         worker->server->options.drain_timeout_ms, 0) == 0);
    struct connection *next;
    for (struct connection *each = worker->connections; each; each = next) {
        next = each->next;
        if (!each->endpoint->admin)
            connection_drain(each);
    }
}

static void close_handles(struct worker *worker)
{
    pthread_mutex_lock(&worker->lock);
    bool open = worker->signal_open;
    worker->signal_open = false;
    pthread_mutex_unlock(&worker->lock);
    if (!open)
        return;
    uv_close((uv_handle_t *)&worker->signal, NULL);
    uv_close((uv_handle_t *)&worker->tick, NULL);
    uv_close((uv_handle_t *)&worker->drain_timer, NULL);
}

void worker_check_drained(struct worker *worker)
{
    struct server *server = worker->server;
    if (!worker->draining || worker->connections_busy > 0 || worker->calls_pending > 0)
        return;
    if (!worker->drained && atomic_fetch_sub(&server->workers_busy, 1) == 1)
        worker_signal(&server->workers[0]);
    worker->drained = true;
    if (worker->index == 0) {
        if (atomic_load(&server->workers_busy) > 0)
            return;
        close_listeners(worker, true);
        close_connections(worker, true);
        if (worker->connections_operator > 0)
            return;
    }
    close_handles(worker);
}

static void on_last_accepts(uv_timer_t *timer)
{
    struct worker *worker = timer->data;
    drain(worker);
    if (atomic_load(&worker->server->drain) == DRAIN_NOW)
        close_connections(worker, true);
    worker_check_drained(worker);
}

/* Closing a listener resets the connections that wait in its queue, some of which have sent their
 * request already: one more turn of the loop takes them in. */
static void ask_to_drain(struct worker *worker)
{
    worker->drain_asked = true;
    CHECK(uv_timer_start(&worker->drain_timer, on_last_accepts, LAST_ACCEPTS_MS, 0) == 0);
}

static void on_signal(uv_async_t *signal)
{
    struct worker *worker = signal->data;
    struct call *next;
    for (struct call *call = take_woken(worker); call; call = next) {
        next = call->next;
        connection_finish_call(call);
    }
    expire(worker);
    places_make_room(worker);
    uint32_t wanted = atomic_load(&worker->server->drain);
    if (wanted != DRAIN_NONE && !worker->drain_asked)
        ask_to_drain(worker);
    if (wanted == DRAIN_NOW && worker->draining)
        close_connections(worker, true);
    worker_check_drained(worker);
}

/* --- the tick --- */

static void retry_stalled(struct worker *worker)
{
    for (uint32_t i = 0; i < SERVER_LISTENERS_MAX; i++)
        if (worker->listeners[i].open && worker->listeners[i].stalled)
            connection_accept(&worker->listeners[i]);
}

static bool has_stalled(const struct worker *worker)
{
    for (uint32_t i = 0; i < SERVER_LISTENERS_MAX; i++)
        if (worker->listeners[i].open && worker->listeners[i].stalled)
            return true;
    return false;
}

/* One long answer does not hold its memory for ever. */
static void trim(struct buffer *buffer, size_t kept)
{
    struct buffer smaller;
    buffer_init(&smaller, buffer->cap_max);
    if (buffer->cap <= BUFFER_BYTES_KEPT || !buffer_reserve(&smaller, kept))
        return;
    buffer_done(buffer);
    *buffer = smaller;
}

static void on_tick(uv_timer_t *timer)
{
    struct worker *worker = timer->data;
    expire(worker);
    places_publish(worker);
    retry_stalled(worker);
    if (worker->calls_pending == 0) /* else their answers count on it (api.h) */
        trim(&worker->body, BLOCK_BYTES);
    trim(&worker->output, 2 * (size_t)OUTPUT_BYTES_FLUSH);
    if (!worker->connections && !has_stalled(worker))
        CHECK(uv_timer_stop(timer) == 0);
}

void worker_watch(struct worker *worker)
{
    if (!uv_is_active((const uv_handle_t *)&worker->tick))
        CHECK(uv_timer_start(&worker->tick, on_tick, TICK_MS, TICK_MS) == 0);
}

/* --- life --- */

static struct status open_memory(struct worker *worker, struct fault *fault)
{
    buffer_init(&worker->body, ANSWER_BYTES_MAX);
    buffer_init(&worker->output, (size_t)ANSWER_BYTES_MAX + 2 * (size_t)OUTPUT_BYTES_FLUSH);
    worker->api = api_worker_new(worker->server->api);
    worker->block = malloc(BLOCK_BYTES);
    worker->cipher = worker->server->tls ? malloc(CIPHER_BYTES) : NULL;
    if (!worker->api || !worker->block || (worker->server->tls && !worker->cipher) ||
        !buffer_reserve(&worker->body, BLOCK_BYTES) ||
        !buffer_reserve(&worker->output, 2 * (size_t)OUTPUT_BYTES_FLUSH) || !worker_call(worker))
        return fault_raise(fault, STATUS_MEMORY, "no memory for a network thread");
    return STATUS_DONE;
}

static struct status open_loop(struct worker *worker, struct fault *fault)
{
    int error = uv_loop_init(&worker->loop);
    if (error < 0)
        return fault_raise_errno(fault, -error, "cannot make an event loop");
    error = uv_async_init(&worker->loop, &worker->signal, on_signal);
    if (error < 0) {
        CHECK(uv_loop_close(&worker->loop) == 0);
        return fault_raise_errno(fault, -error, "cannot make an event loop");
    }
    CHECK(uv_timer_init(&worker->loop, &worker->tick) == 0);
    CHECK(uv_timer_init(&worker->loop, &worker->drain_timer) == 0);
    worker->signal.data = worker->tick.data = worker->drain_timer.data = worker;
    worker->opened = true;
    worker->signal_open = true;
    return STATUS_DONE;
}

/* The clock was put: deadlines may be due, and the date is another. */
static void look_again(void *context)
{
    worker_signal(context);
}

struct status worker_open(struct worker *worker, struct server *server, uint32_t index,
                          struct fault *fault)
{
    const struct server_options *options = &server->options;
    const uint64_t timeouts[DEADLINE_KINDS] = {
        [DEADLINE_HEADER] = options->header_timeout_ms,
        [DEADLINE_BODY] = options->body_timeout_ms,
        [DEADLINE_IDLE] = options->idle_timeout_ms,
        [DEADLINE_WRITE] = options->write_timeout_ms,
        [DEADLINE_LINGER] = LINGER_TIMEOUT_MS,
    };
    worker->server = server;
    worker->index = index;
    atomic_store(&worker->idle_since_ms, UINT64_MAX);
    for (int kind = 0; kind < CEILING_KINDS; kind++)
        deadlines_init(&worker->deadlines[kind], timeouts);
    worker->clock_put = (struct sys_listener){.changed = look_again, .context = worker};
    sys_listen(server->sys, &worker->clock_put);
    TRY(open_loop(worker, fault));
    return open_memory(worker, fault);
}

void worker_run(struct worker *worker)
{
    (void)uv_run(&worker->loop, UV_RUN_DEFAULT);
    CHECK(!worker->connections && worker->calls_pending == 0);
}

static void close_loop(struct worker *worker)
{
    if (!worker->opened)
        return;
    close_listeners(worker, true);
    close_connections(worker, true);
    close_handles(worker);
    (void)uv_run(&worker->loop, UV_RUN_DEFAULT);
    CHECK(uv_loop_close(&worker->loop) == 0);
}

void worker_close(struct worker *worker)
{
    sys_unlisten(worker->server->sys, &worker->clock_put);
    close_loop(worker);
    while (worker->connections_free) {
        struct connection *connection = worker->connections_free;
        worker->connections_free = connection->next;
        free(connection);
    }
    while (worker->calls_free) {
        struct call *call = worker->calls_free;
        worker->calls_free = call->next;
        free(call);
    }
    free(worker->call);
    free(worker->block);
    while (worker->blocks_spare_count > 0)
        free(worker->blocks_spare[--worker->blocks_spare_count]);
    free(worker->cipher);
    buffer_done(&worker->body);
    buffer_done(&worker->output);
    api_worker_free(worker->api);
}
