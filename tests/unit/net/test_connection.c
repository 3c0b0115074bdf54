/* The life of a connection on a scripted loop: what libuv and the api would do is done here, one
 * event after the other, so that a test says what comes, how much the kernel takes and when a call
 * is woken. The linker finds these functions before the real ones. */
#include "net/connection.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { HEADER_MS = 10000, BODY_MS = 60000, IDLE_MS = 75000, WRITE_MS = 30000 };

/* What the loop and the kernel hold of the one connection there is. */
static struct {
    uint64_t now_ms;
    uv_stream_t *stream;
    uv_alloc_cb on_room;
    uv_read_cb on_read;
    uv_close_cb on_closed;
    uv_write_t *write; /* under way */
    uv_write_cb on_written;
    uv_buf_t unsent;
    size_t takes; /* bytes the kernel takes before it is full */
    char sent[65536];
    size_t sent_len;
    unsigned sends;
    bool reading;
    bool closing;
} loop;

static struct server server;
static struct worker worker;
static struct endpoint endpoint;
static struct listener listener;
static struct api_call *waiting; /* the call that is pending */

/* --- the loop --- */

uint64_t uv_now(const uv_loop_t *unused)
{
    (void)unused;
    return loop.now_ms;
}

int uv_tcp_init(uv_loop_t *unused, uv_tcp_t *tcp)
{
    (void)unused;
    loop.stream = (uv_stream_t *)tcp;
    return 0;
}

int uv_accept(uv_stream_t *from, uv_stream_t *stream)
{
    (void)from, (void)stream;
    return 0;
}

int uv_tcp_getpeername(const uv_tcp_t *tcp, struct sockaddr *name, int *len)
{
    (void)tcp, (void)len;
    name->sa_family = AF_UNIX; /* one that is not counted */
    return 0;
}

int uv_fileno(const uv_handle_t *handle, uv_os_fd_t *fd)
{
    (void)handle, (void)fd;
    return UV_EBADF;
}

int uv_read_start(uv_stream_t *stream, uv_alloc_cb on_room, uv_read_cb on_read)
{
    assert_ptr_equal(stream, loop.stream);
    loop.on_room = on_room;
    loop.on_read = on_read;
    loop.reading = true;
    return 0;
}

int uv_read_stop(uv_stream_t *stream)
{
    assert_ptr_equal(stream, loop.stream);
    loop.reading = false;
    return 0;
}

static size_t take(const char *at, size_t len)
{
    size_t taken = len < loop.takes ? len : loop.takes;
    assert_true(loop.sent_len + taken < sizeof loop.sent);
    memcpy(loop.sent + loop.sent_len, at, taken);
    loop.sent_len += taken;
    loop.sent[loop.sent_len] = '\0';
    loop.takes -= taken;
    return taken;
}

int uv_try_write(uv_stream_t *stream, const uv_buf_t memory[], unsigned count)
{
    assert_ptr_equal(stream, loop.stream);
    assert_int_equal(count, 1);
    assert_null(loop.write);
    loop.sends++;
    size_t taken = take(memory->base, memory->len);
    return taken > 0 ? (int)taken : UV_EAGAIN;
}

int uv_write(uv_write_t *write, uv_stream_t *stream, const uv_buf_t memory[], unsigned count,
             uv_write_cb on_written)
{
    assert_ptr_equal(stream, loop.stream);
    assert_int_equal(count, 1);
    assert_null(loop.write);
    loop.write = write;
    loop.on_written = on_written;
    loop.unsent = *memory;
    return 0;
}

size_t uv_stream_get_write_queue_size(const uv_stream_t *stream)
{
    assert_ptr_equal(stream, loop.stream);
    return loop.write ? loop.unsent.len : 0;
}

void uv_close(uv_handle_t *handle, uv_close_cb on_closed)
{
    assert_ptr_equal(handle, loop.stream);
    assert_false(loop.closing);
    loop.closing = true;
    loop.reading = false;
    loop.on_closed = on_closed;
}

int uv_tcp_close_reset(uv_tcp_t *tcp, uv_close_cb on_closed)
{
    uv_close((uv_handle_t *)tcp, on_closed);
    return 0;
}

int uv_is_active(const uv_handle_t *unused)
{
    (void)unused;
    return 1; /* the timer that looks at deadlines: the tests do that */
}

/* --- the api --- */

/* "?pending" waits until it is woken, "?drop" has no answer, all others say their query. */

static struct api_outcome outcome;

const struct api_outcome *api_worker_outcome(const struct api_worker *unused)
{
    (void)unused;
    return &outcome;
}

static void answer(const struct api_call *call, struct buffer *out)
{
    outcome.status = slice_equal(call->request->query, SLICE("drop")) ? 0 : 200;
    buffer_clear(out);
    buffer_printf(out, "<%.*s %zu>", SLICE_ARGS(call->request->query), call->request->body.len);
}

enum api_progress api_answer(struct api_worker *unused, struct api_call *call, struct buffer *out)
{
    (void)unused;
    if (slice_equal(call->request->query, SLICE("pending"))) {
        waiting = call;
        return API_PENDING;
    }
    answer(call, out);
    return API_ANSWERED;
}

enum api_progress api_finish(struct api_worker *unused, struct api_call *call, struct buffer *out)
{
    (void)unused;
    answer(call, out);
    return API_ANSWERED;
}

void api_refuse(struct api_worker *unused, struct api_call *call, struct buffer *out)
{
    (void)unused;
    answer(call, out);
}

enum api_body api_judge_head(struct api_worker *unused, const struct http1_request *request,
                             enum api_trust trust)
{
    (void)unused, (void)request, (void)trust;
    return API_BODY_TAKEN;
}

enum api_body api_judge_form(struct api_worker *unused, struct slice form, size_t *seen)
{
    (void)unused, (void)form, (void)seen;
    return API_BODY_TAKEN;
}

struct api_worker *api_worker_new(struct api *unused)
{
    (void)unused;
    return NULL;
}

void api_worker_free(struct api_worker *unused)
{
    (void)unused;
}

/* --- events --- */

static struct connection *connection(void)
{
    assert_non_null(worker.connections);
    return worker.connections;
}

static void receive(const char *text)
{
    for (size_t len = strlen(text); len > 0;) {
        uv_buf_t room = {NULL, 0};
        assert_true(loop.reading);
        loop.on_room((uv_handle_t *)loop.stream, 65536, &room);
        assert_true(room.len > 0);
        size_t part = len < room.len ? len : room.len;
        memcpy(room.base, text, part);
        loop.on_read(loop.stream, (ssize_t)part, &room);
        text += part;
        len -= part;
    }
}

static void receive_end(void)
{
    uv_buf_t room = {NULL, 0};
    loop.on_read(loop.stream, UV_EOF, &room);
}

static void wake(void)
{
    struct api_call *call = waiting;
    assert_non_null(call);
    waiting = NULL;
    connection_finish_call((struct call *)(void *)call); /* the api's part is its first */
}

/* The kernel takes all that waits. */
static void drain_kernel(void)
{
    uv_write_t *write = loop.write;
    assert_non_null(write);
    loop.takes = sizeof loop.sent;
    assert_int_equal(take(loop.unsent.base, loop.unsent.len), loop.unsent.len);
    loop.write = NULL;
    loop.on_written(write, 0);
}

/* The loop lets go of the handle. */
static void end_closing(void)
{
    assert_true(loop.closing);
    loop.on_closed((uv_handle_t *)loop.stream);
    loop.closing = false;
}

static void expire(void)
{
    struct deadline *due =
        deadlines_due(&worker.deadlines[CEILING_CLIENTS], worker_now_ms(&worker) + loop.now_ms);
    assert_ptr_equal(due, &connection()->deadline);
    connection_expire(connection());
}

static unsigned count_sent(const char *text)
{
    unsigned count = 0;
    for (const char *at = loop.sent; (at = strstr(at, text)); at += strlen(text))
        count++;
    return count;
}

static int begin(void **state)
{
    (void)state;
    const uint64_t timeouts[DEADLINE_KINDS] = {
        [DEADLINE_HEADER] = HEADER_MS, [DEADLINE_BODY] = BODY_MS, [DEADLINE_IDLE] = IDLE_MS,
        [DEADLINE_WRITE] = WRITE_MS,   [DEADLINE_LINGER] = 2000,
    };
    memset(&loop, 0, sizeof loop);
    memset(&server, 0, sizeof server);
    memset(&worker, 0, sizeof worker);
    loop.takes = sizeof loop.sent;
    server.options = SERVER_OPTIONS_DEFAULT;
    server.sys = sys_real();
    server.workers = &worker;
    server.worker_count = 1;
    server.ceiling = ceiling_new(10, 10, 1);
    budget_init(&server.budget, 1 << 20);
    worker.server = &server;
    atomic_store(&worker.idle_since_ms, UINT64_MAX);
    for (int kind = 0; kind < CEILING_KINDS; kind++)
        deadlines_init(&worker.deadlines[kind], timeouts);
    buffer_init(&worker.body, 1 << 20);
    buffer_init(&worker.output, 1 << 20);
    worker.block = malloc(BLOCK_BYTES);
    endpoint = (struct endpoint){.address = {.kind = ADDRESS_IPV4}};
    listener = (struct listener){.worker = &worker, .endpoint = &endpoint, .open = true};
    connection_accept(&listener);
    assert_true(loop.reading);
    return 0;
}

static int end(void **state)
{
    (void)state;
    if (worker.connections) {
        connection_close(worker.connections);
        end_closing();
    }
    assert_null(worker.connections);
    assert_int_equal(worker.connections_busy, 0);
    assert_int_equal(worker.calls_pending, 0);
    for (unsigned kind = 0; kind < BUDGET_KINDS; kind++)
        assert_int_equal(budget_held(&server.budget, (enum budget_kind)kind), 0);
    while (worker.connections_free) {
        struct connection *next = worker.connections_free->next;
        free(worker.connections_free);
        worker.connections_free = next;
    }
    while (worker.calls_free) {
        struct call *next = worker.calls_free->next;
        free(worker.calls_free);
        worker.calls_free = next;
    }
    free(worker.call);
    free(worker.block);
    while (worker.blocks_spare_count > 0)
        free(worker.blocks_spare[--worker.blocks_spare_count]);
    buffer_done(&worker.body);
    buffer_done(&worker.output);
    ceiling_free(server.ceiling);
    return 0;
}

/* --- the tests --- */

#define GET(query) "GET /?" query " HTTP/1.1\r\nHost: a\r\n\r\n"

static void a_request_is_answered_and_the_connection_stays(void **state)
{
    (void)state;
    assert_int_equal(connection()->deadline.kind, DEADLINE_HEADER);
    receive(GET("a"));
    assert_non_null(strstr(loop.sent, "HTTP/1.1 200 OK\r\n"));
    assert_non_null(strstr(loop.sent, "<a 0>"));
    assert_true(loop.reading);
    assert_false(loop.closing);
    assert_int_equal(connection()->deadline.kind, DEADLINE_IDLE);
}

static void requests_of_one_event_are_answered_together_in_order(void **state)
{
    (void)state;
    receive(GET("a") GET("b") GET("c"));
    const char *a = strstr(loop.sent, "<a 0>"), *b = strstr(loop.sent, "<b 0>");
    assert_true(a && b && a < b && b < strstr(loop.sent, "<c 0>"));
    assert_int_equal(loop.sends, 1);
}

static void what_has_come_says_what_is_waited_for(void **state)
{
    (void)state;
    receive("POST /?a HTTP/1.1\r\nHo");
    assert_int_equal(connection()->deadline.kind, DEADLINE_HEADER);
    receive("st: a\r\nContent-Length: 5\r\n\r\nab");
    assert_int_equal(connection()->deadline.kind, DEADLINE_BODY);
    assert_int_equal(loop.sends, 0);
    receive("cde");
    assert_non_null(strstr(loop.sent, "<a 5>"));
    assert_int_equal(connection()->deadline.kind, DEADLINE_IDLE);
}

static void a_pending_call_holds_up_those_behind_it(void **state)
{
    (void)state;
    receive(GET("a") GET("pending") GET("b"));
    assert_int_equal(worker.calls_pending, 1);
    assert_int_equal(connection()->deadline.kind, DEADLINE_NONE);
    assert_non_null(strstr(loop.sent, "<a 0>"));
    assert_null(strstr(loop.sent, "<b 0>"));
    wake();
    const char *pending = strstr(loop.sent, "<pending 0>");
    assert_true(pending && pending < strstr(loop.sent, "<b 0>"));
    assert_int_equal(worker.calls_pending, 0);
    assert_true(loop.reading);
}

static void who_leaves_while_a_call_is_pending_is_kept_until_it_is_woken(void **state)
{
    (void)state;
    receive(GET("pending"));
    connection_close(connection());
    end_closing();
    assert_null(worker.connections);
    assert_null(worker.connections_free);
    assert_int_equal(worker.calls_pending, 1);
    wake();
    assert_int_equal(loop.sends, 0);
    assert_non_null(worker.connections_free);
}

static void a_client_that_does_not_read_is_not_read_from(void **state)
{
    (void)state;
    loop.takes = 10;
    receive(GET("a"));
    assert_int_equal(loop.sent_len, 10);
    assert_int_equal(connection()->deadline.kind, DEADLINE_WRITE);
    receive(GET("b"));
    assert_false(loop.reading);
    assert_int_equal(loop.sent_len, 10);
    drain_kernel();
    assert_int_equal(count_sent("<a 0>"), 1);
    assert_int_equal(count_sent("<b 0>"), 1);
    assert_true(loop.reading);
    assert_int_equal(connection()->deadline.kind, DEADLINE_IDLE);
}

static void a_call_that_is_dropped_closes(void **state)
{
    (void)state;
    receive(GET("a") GET("drop") GET("b"));
    assert_int_equal(count_sent("<a 0>"), 1); /* answered before */
    assert_int_equal(count_sent("<"), 1);
    assert_int_equal(connection()->deadline.kind, DEADLINE_LINGER);
    receive_end();
    assert_true(loop.closing);
    end_closing();
}

static void the_last_request_is_the_last(void **state)
{
    (void)state;
    receive("GET /?a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    assert_non_null(strstr(loop.sent, "Connection: close\r\n"));
    assert_true(loop.closing);
    end_closing();
}

static void what_is_no_request_is_refused_and_lingers(void **state)
{
    (void)state;
    receive("nonsense\r\n\r\n");
    assert_non_null(strstr(loop.sent, "HTTP/1.1 400 "));
    assert_false(loop.closing);
    assert_int_equal(connection()->deadline.kind, DEADLINE_LINGER);
    size_t sent = loop.sent_len;
    receive(GET("a"));
    assert_int_equal(loop.sent_len, sent);
    receive_end();
    assert_true(loop.closing);
    end_closing();
}

static void half_a_request_in_time_is_told_408(void **state)
{
    (void)state;
    receive("GET /?a HT");
    loop.now_ms += HEADER_MS + 1;
    expire();
    assert_non_null(strstr(loop.sent, "HTTP/1.1 408 "));
    assert_int_equal(counter_read(&worker.figures.counts[FIGURE_EXPIRED_HEADER]), 1);
}

static void an_idle_client_is_closed_without_a_word(void **state)
{
    (void)state;
    receive(GET("a"));
    size_t sent = loop.sent_len;
    loop.now_ms += IDLE_MS + 1;
    expire();
    assert_int_equal(loop.sent_len, sent);
    assert_true(loop.closing);
    end_closing();
}

static void a_drain_lets_a_pending_call_end(void **state)
{
    (void)state;
    receive(GET("pending"));
    worker.draining = true;
    atomic_store(&server.workers_busy, 2); /* another one goes on */
    connection_drain(connection());
    assert_false(loop.closing);
    wake();
    assert_non_null(strstr(loop.sent, "Connection: close\r\n"));
    assert_int_equal(connection()->deadline.kind, DEADLINE_LINGER);
    receive_end();
    assert_true(loop.closing);
    end_closing();
}

static void a_drain_closes_the_idle(void **state)
{
    (void)state;
    receive(GET("a"));
    worker.draining = true;
    atomic_store(&server.workers_busy, 2);
    connection_drain(connection());
    assert_int_equal(count_sent("HTTP/1.1"), 1);
    assert_true(loop.closing);
    end_closing();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_request_is_answered_and_the_connection_stays),
        TEST(requests_of_one_event_are_answered_together_in_order),
        TEST(what_has_come_says_what_is_waited_for),
        TEST(a_pending_call_holds_up_those_behind_it),
        TEST(who_leaves_while_a_call_is_pending_is_kept_until_it_is_woken),
        TEST(a_client_that_does_not_read_is_not_read_from),
        TEST(a_call_that_is_dropped_closes),
        TEST(the_last_request_is_the_last),
        TEST(what_is_no_request_is_refused_and_lingers),
        TEST(half_a_request_in_time_is_told_408),
        TEST(an_idle_client_is_closed_without_a_word),
        TEST(a_drain_closes_the_idle),
        TEST(a_drain_lets_a_pending_call_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
