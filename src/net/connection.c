/* The life of a connection.
 *
 *   accepted -> (bytes come, answers go)* -> last answer -> [our side shut, lingering] -> closed
 *
 * Everything that can happen (bytes, end of input, a write done, a call finished, a drain) ends in
 * connection_advance, which does whatever can be done now and then settles: input memory, reading,
 * deadline, or the end.
 *
 * 1. Between events a connection waits for exactly one thing: its deadline's kind names it (none
 *    while only a call is pending: the committer always answers).
 * 2. Nothing is parsed while an answer is pending or unsent; reading stops at the first bytes that
 *    come meanwhile.
 * 3. After the last answer the client gets time to read it: closing with its bytes unread would
 *    reset the connection and take the answer away.
 * 4. A turn of the loop reads once from each connection that has something: whoever sends without
 *    pause does not keep the thread from the others.
 *
 * Owns the connection structs. The loop's thread. */
#include "net/connection.h"
#include "net/places.h"

#include "base/check.h"

#include <stdlib.h>
#include <sys/ioctl.h>

enum { LINGER_BYTES_MAX = 16 << 20, FREE_CONNECTIONS_MAX = 1024 };

static void release(struct connection *connection)
{
    struct worker *worker = connection->worker;
    input_free(connection);
    if (worker->connections_free_count == FREE_CONNECTIONS_MAX) {
        free(connection);
        return;
    }
    connection->next = worker->connections_free;
    worker->connections_free = connection;
    worker->connections_free_count++;
}

static struct connection *take_connection(struct listener *listener)
{
    struct worker *worker = listener->worker;
    struct connection *connection = worker->connections_free;
    if (connection) {
        worker->connections_free = connection->next;
        worker->connections_free_count--;
    } else
        connection = malloc(sizeof *connection);
    if (!connection)
        return NULL;
    memset(connection, 0, sizeof *connection);
    connection->worker = worker;
    connection->endpoint = listener->endpoint;
    deadline_init(&connection->deadline);
    buffer_init(&connection->unsent, SIZE_MAX / 2);
    return connection;
}

static void link_connection(struct connection *connection)
{
    struct worker *worker = connection->worker;
    connection->next = worker->connections;
    if (worker->connections)
        worker->connections->previous = connection;
    worker->connections = connection;
    if (connection->endpoint->admin)
        worker->connections_operator++;
    else
        worker->connections_busy++;
}

static void unlink_connection(struct connection *connection)
{
    struct worker *worker = connection->worker;
    if (connection->previous)
        connection->previous->next = connection->next;
    else
        worker->connections = connection->next;
    if (connection->next)
        connection->next->previous = connection->previous;
    if (connection->endpoint->admin)
        worker->connections_operator--;
    else
        worker->connections_busy--;
}

/* The pending call was woken, and everything before its answer is sent (or nobody waits for it). */
static void finish_call(struct connection *connection)
{
    struct worker *worker = connection->worker;
    struct call *call = connection->call;
    connection->woken = false;
    if (api_finish(worker->api, &call->api, &worker->body) == API_PENDING)
        return; /* it is held, or waits for something else now */
    connection->call = NULL;
    worker->calls_pending--;
    exchange_finish(connection, call);
    worker_give_call(worker, call);
}

static void on_closed(uv_handle_t *handle)
{
    struct connection *connection = handle->data;
    struct worker *worker = connection->worker;
    unlink_connection(connection);
    places_leave(connection);
    tls_session_free(connection->tls);
    connection->tls = NULL;
    output_forget_unsent(connection);
    connection->closed = true;
    if (connection->woken)
        finish_call(connection);
    if (!connection->call)
        release(connection);
    worker_check_drained(worker);
}

void connection_close(struct connection *connection)
{
    if (connection->closing)
        return;
    connection->closing = true;
    connection->reading = false;
    deadline_clear(&connection->deadline);
    uv_close(&connection->uv.handle, on_closed);
}

/* --- reading --- */

/* Invariant 4: libuv would read on, up to 32 times, while every read fills its room. No room ends
 * that; what is there still is offered again in the next turn of the loop. */
static void on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *ret_memory)
{
    struct connection *connection = handle->data;
    (void)suggested;
    if (connection->filled) {
        *ret_memory = uv_buf_init(NULL, 0);
        return;
    }
    size_t room = CIPHER_BYTES;
    bool sealed = connection->tls && !connection->preface;
    char *at = sealed ? connection->worker->cipher : input_room(connection, &room);
    *ret_memory = uv_buf_init(at, at ? (unsigned int)(room < INT32_MAX ? room : INT32_MAX) : 0);
}

static void stop_reading(struct connection *connection)
{
    if (connection->reading)
        (void)uv_read_stop(&connection->uv.stream);
    connection->reading = false;
}

static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *memory)
{
    struct connection *connection = stream->data;
    if (count == UV_ENOBUFS && connection->filled) {
        connection->filled = false;
        return;
    }
    if (count < 0 && count != UV_EOF)
        connection_close(connection);
    size_t len = count > 0 ? (size_t)count : 0;
    connection->filled = len > 0 && len == memory->len;
    figures_add(&connection->worker->figures, FIGURE_RECEIVED_BYTES, len);
    if (count == UV_EOF) {
        connection->ended = true;
        stop_reading(connection);
    }
    if (connection->lingering)
        connection->lingered += len;
    else if (!connection->tls || connection->preface)
        input_took(connection, len);
    else if (!tls_session_feed(connection->tls, memory->base, len))
        connection_close(connection);
    if (connection_is_blocked(connection) && len > 0)
        stop_reading(connection);
    connection_advance(connection);
}

static bool read_on(struct connection *connection)
{
    const struct input *input = &connection->input;
    if (connection->call && !connection->tls && input->len == input->cap)
        stop_reading(connection);
    if (connection->reading || connection->ended || connection_is_blocked(connection))
        return true;
    connection->reading = uv_read_start(&connection->uv.stream, on_room, on_read) == 0;
    return connection->reading;
}

/* --- TLS --- */

/* A client speaks HTTP to the TLS port: it can only be told in its own language. */
static void answer_in_plain(struct connection *connection)
{
    tls_session_free(connection->tls);
    connection->tls = NULL;
    connection_refuse(connection, 400, "this port speaks TLS: use https");
    output_send(connection);
}

/* Decrypts some more of what came; true when there is new input. */
static bool pull(struct connection *connection)
{
    if (!connection->tls || connection->closing)
        return false;
    struct figures *figures = &connection->worker->figures;
    bool established = tls_session_established(connection->tls);
    size_t room, len;
    char *at = input_room(connection, &room);
    if (!at) {
        connection_close(connection);
        return false;
    }
    enum tls_progress progress = tls_session_read(connection->tls, at, room, &len);
    if (!established && tls_session_established(connection->tls))
        figures_add(figures, FIGURE_TLS_HANDSHAKES, 1);
    output_send_tls(connection);
    switch (progress) {
    case TLS_DATA:
        input_took(connection, len);
        return !connection_is_blocked(connection);
    case TLS_MORE:
        break;
    case TLS_ENDED:
        connection->ended = true;
        break;
    case TLS_FAILED:
        figures_add(figures, FIGURE_TLS_FAILURES, 1);
        connection->last = connection->abrupt = true;
        break;
    case TLS_PLAIN_HTTP:
        figures_add(figures, FIGURE_TLS_FAILURES, 1);
        answer_in_plain(connection);
        break;
    }
    return false;
}

/* --- after every event --- */

/* The last answer is out. */
static void finish(struct connection *connection)
{
    output_shutdown(connection);
    if (!connection->abrupt || connection->ended)
        connection_close(connection);
    connection->lingering = true;
}

static bool has_begun(const struct connection *connection)
{
    return connection->gathering.head_bytes > 0 || input_unread(&connection->input).len > 0;
}

static void set_deadline(struct connection *connection)
{
    enum deadline_kind kind = DEADLINE_IDLE;
    if (connection->unsent.len > 0)
        kind = DEADLINE_WRITE;
    else if (connection->call)
        kind = DEADLINE_NONE;
    else if (connection->lingering)
        kind = DEADLINE_LINGER;
    else if (connection->gathering.head_bytes > 0)
        kind = DEADLINE_BODY;
    else if (!connection->served || has_begun(connection))
        kind = DEADLINE_HEADER;
    struct worker *worker = connection->worker;
    if (kind == DEADLINE_NONE)
        deadline_clear(&connection->deadline);
    else if (kind != connection->deadline.kind || connection->renewed)
        deadline_set(&worker->deadlines[places_kind(connection->endpoint)], &connection->deadline,
                     kind, worker_now_ms(worker));
    if (kind == DEADLINE_IDLE || kind == DEADLINE_HEADER)
        places_note_waiting(worker);
    connection->renewed = false;
}

static void settle(struct connection *connection)
{
    bool blocked = connection_is_blocked(connection);
    if (connection->last && !blocked && !connection->lingering && !connection->closing)
        finish(connection);
    if (connection->ended && !blocked)
        connection_close(connection);
    if (connection->lingered > LINGER_BYTES_MAX)
        connection_close(connection);
    if ((connection->last || connection->closing) && !connection->call)
        input_free(connection);
    if (!input_settle(connection))
        connection_close(connection);
    if (connection->closing)
        return;
    if (!read_on(connection))
        connection_close(connection);
    else
        set_deadline(connection);
}

static bool can_go_on(const struct connection *connection)
{
    return !connection->closing && !connection_is_blocked(connection);
}

void connection_advance(struct connection *connection)
{
    struct worker *worker = connection->worker;
    if (connection->woken && (connection->unsent.len == 0 || connection->closing))
        finish_call(connection);
    if (connection->closed) {
        if (!connection->call)
            release(connection);
        worker_check_drained(worker);
        return;
    }
    for (bool more = preface_take(connection); more && can_go_on(connection);) {
        more = !connection->last && exchange_run(connection);
        output_send(connection);
        if (!more && !connection->last && can_go_on(connection))
            more = pull(connection);
    }
    settle(connection);
    CHECK(worker->output.len == 0); /* or another client would get it */
}

/* --- coming --- */

/* Whoever changes something through the control socket is named. */
static bool know_user(struct connection *connection)
{
    uv_os_fd_t fd;
    return uv_fileno(&connection->uv.handle, &fd) == 0 && user_of_peer(fd, &connection->user);
}

static bool admit(struct connection *connection)
{
    const struct server *server = connection->worker->server;
    struct sockaddr_storage address = {.ss_family = AF_UNIX};
    int len = sizeof address;
    if (connection->endpoint->address.kind != ADDRESS_UNIX &&
        uv_tcp_getpeername(&connection->uv.tcp, (struct sockaddr *)&address, &len) < 0)
        return false; /* gone already */
    connection->peer = peer_of((const struct sockaddr *)&address);
    connection->exposed = !connection->endpoint->tls && !peer_is_local(&connection->peer);
    if (connection->endpoint->trust == API_TRUST_OPERATOR && !know_user(connection))
        return false;
    connection->forwards = connection->preface = connection->unnamed =
        places_kind(connection->endpoint) == CEILING_CLIENTS &&
        trust_includes(&server->trust, &connection->peer);
    return places_admit(connection);
}

static bool begin(struct connection *connection)
{
    struct tls *tls = connection->worker->server->tls;
    if (!admit(connection))
        return false;
    if (!connection->endpoint->tls)
        return true;
    connection->tls = tls_session_new(tls);
    return connection->tls != NULL;
}

void connection_accept(struct listener *listener)
{
    struct worker *worker = listener->worker;
    struct connection *connection = take_connection(listener);
    listener->stalled = !connection;
    worker_watch(worker);
    if (!connection)
        return;
    if (listener->endpoint->address.kind == ADDRESS_UNIX)
        CHECK(uv_pipe_init(&worker->loop, &connection->uv.pipe, 0) == 0);
    else
        CHECK(uv_tcp_init(&worker->loop, &connection->uv.tcp) == 0);
    connection->uv.handle.data = connection;
    link_connection(connection);
    if (uv_accept(&listener->uv.stream, &connection->uv.stream) < 0 || !begin(connection)) {
        connection_close(connection);
        return;
    }
    settle(connection);
}

/* --- going --- */

/* So that the kernel does not go on offering what nobody takes. */
static void reset(struct connection *connection)
{
    if (connection->closing)
        return;
    if (connection->endpoint->address.kind == ADDRESS_UNIX ||
        uv_tcp_close_reset(&connection->uv.tcp, on_closed) < 0) {
        connection_close(connection);
        return;
    }
    connection->closing = true;
    connection->reading = false;
    deadline_clear(&connection->deadline);
}

static bool made_progress(struct connection *connection)
{
    size_t left = output_left(connection);
    connection->renewed = left < connection->unsent_seen;
    connection->unsent_seen = left;
    return connection->renewed;
}

void connection_expire(struct connection *connection)
{
    enum deadline_kind kind = connection->deadline.kind;
    if (kind == DEADLINE_WRITE && made_progress(connection)) {
        set_deadline(connection);
        return;
    }
    figures_add(&connection->worker->figures,
                (enum figure)((unsigned)FIGURE_EXPIRED_HEADER + (unsigned)kind), 1);
    if (kind == DEADLINE_WRITE)
        reset(connection);
    else if (kind == DEADLINE_LINGER)
        connection_close(connection);
    else if (kind != DEADLINE_IDLE && has_begun(connection))
        connection_refuse(connection, 408, "the request did not arrive in time");
    output_send(connection);
    connection->last = true;
    settle(connection);
}

static bool has_bytes_waiting(const struct connection *connection)
{
    uv_os_fd_t fd;
    int waiting = 0;
    return uv_fileno(&connection->uv.handle, &fd) == 0 && ioctl(fd, FIONREAD, &waiting) == 0 &&
           waiting > 0;
}

bool connection_is_idle(const struct connection *connection)
{
    return !connection->closing && !connection_is_blocked(connection) && !has_begun(connection) &&
           !connection->lingering && !has_bytes_waiting(connection);
}

void connection_drain(struct connection *connection)
{
    if (!connection_is_idle(connection))
        return;
    connection->last = true;
    settle(connection);
}

void connection_finish_call(struct call *call)
{
    struct connection *connection = call->connection;
    connection->woken = true;
    connection_advance(connection);
}
