/* Requests into answers.
 *
 * 1. Answers leave in the order of their requests: the next request is not looked at before the
 *    one before it is answered.
 * 2. A head is parsed once when the request comes whole, and once more when its body came later:
 *    slices into memory that moves meanwhile are never kept.
 * 3. A request whose body is not taken (body.c) is answered from its head, with what came of it,
 *    and is the last.
 * 4. A request stands in the worker's call object and looks at the connection's input; when it
 *    becomes pending, both are left alone until it is woken and no longer pending.
 *
 * Owns nothing. The loop's thread. */
#include "net/connection.h"
#include "net/pages.h"
#include "net/request_log.h"

#include "base/check.h"
#include "crypto/digest.h"

static const struct http1_limits *limits_of(const struct connection *connection)
{
    return &connection->worker->server->options.limits;
}

/* --- gathering one request --- */

static struct http1_verdict gather_head(struct connection *connection,
                                        struct http1_request *request)
{
    struct gathering *gathering = &connection->gathering;
    struct http1_verdict verdict = http1_parse_head(
        input_unread(&connection->input), limits_of(connection), &gathering->scanned, request);
    if (verdict.progress == HTTP1_DONE) {
        gathering->head_bytes = verdict.used;
        gathering->fresh = verdict.used;
        gathering->chunked = request->chunked;
        gathering->body_bytes_expected = request->body_bytes;
    }
    return verdict;
}

/* `used`, when done: where the next request begins. */
static struct http1_verdict gather_chunks(struct connection *connection)
{
    struct gathering *gathering = &connection->gathering;
    struct input *input = &connection->input;
    size_t fresh = input->start + gathering->fresh;
    size_t decoded = 0;
    struct http1_verdict verdict =
        http1_chunked_decode(&gathering->decoder, input->at + fresh, input->len - fresh,
                             limits_of(connection)->body_bytes_max, &decoded);
    gathering->body_bytes += decoded;
    if (verdict.progress == HTTP1_DONE)
        verdict.used += gathering->fresh;
    if (verdict.progress == HTTP1_MORE) {
        gathering->fresh += decoded;
        input->len = fresh + decoded;
    }
    return verdict;
}

static struct http1_verdict gather_body(struct connection *connection)
{
    struct gathering *gathering = &connection->gathering;
    if (gathering->chunked)
        return gather_chunks(connection);
    size_t here = input_unread(&connection->input).len - gathering->head_bytes;
    bool is_whole = here >= gathering->body_bytes_expected;
    gathering->body_bytes = is_whole ? (size_t)gathering->body_bytes_expected : here;
    if (!is_whole)
        return (struct http1_verdict){.progress = HTTP1_MORE};
    return (struct http1_verdict){.progress = HTTP1_DONE,
                                  .used = gathering->head_bytes + gathering->body_bytes};
}

static void parse_head_again(const struct connection *connection, struct http1_request *request)
{
    size_t scanned = 0;
    struct http1_verdict verdict = http1_parse_head(input_unread(&connection->input),
                                                    limits_of(connection), &scanned, request);
    CHECK(verdict.progress == HTTP1_DONE && verdict.used == connection->gathering.head_bytes);
}

/* Not all of the request is here. True when no more of it is waited for. */
static bool is_cut(struct connection *connection, struct http1_request *parsed)
{
    if (parsed && connection->gathering.head_bytes)
        body_judge(connection, parsed);
    return body_is_refused(connection);
}

static void wait_for_more(struct connection *connection, const struct http1_request *parsed)
{
    if (!input_hold(connection, body_holder(connection)))
        connection_refuse(connection, 503, "memory for unfinished requests is short: try later");
    else if (parsed && connection->gathering.head_bytes && parsed->expects_continue &&
             parsed->minor_version > 0)
        BUFFER_LITERAL(&connection->worker->output, "HTTP/1.1 100 Continue\r\n\r\n");
}

/* True when a request stands in *request and is taken from the input: a whole one, or, when
 * connection->cut, the beginning of one. */
static bool take_request(struct connection *connection, struct http1_request *request)
{
    struct gathering *gathering = &connection->gathering;
    bool parsed = gathering->head_bytes == 0;
    struct http1_verdict verdict = {.progress = HTTP1_DONE};
    if (input_unread(&connection->input).len == 0)
        return false;
    if (parsed)
        verdict = gather_head(connection, request);
    if (verdict.progress == HTTP1_DONE)
        verdict = gather_body(connection);
    if (verdict.progress == HTTP1_REFUSED)
        connection_refuse(connection, verdict.status, verdict.reason);
    if (verdict.progress == HTTP1_MORE) {
        connection->cut = is_cut(connection, parsed ? request : NULL);
        if (!connection->cut)
            wait_for_more(connection, parsed ? request : NULL);
    }
    if (verdict.progress != HTTP1_DONE && !connection->cut)
        return false;
    if (!parsed)
        parse_head_again(connection, request);
    request->body = slice_of(connection->input.at + connection->input.start + gathering->head_bytes,
                             gathering->body_bytes);
    connection->input.start =
        connection->cut ? connection->input.len : connection->input.start + verdict.used;
    *gathering = (struct gathering){0};
    return true;
}

/* --- writing an answer --- */

struct answer {
    int status;
    struct slice content_type;
    struct slice body;
    struct slice extra; /* head lines besides ours */
};

static const struct slice plain_text = {"text/plain; charset=utf-8", 25};

static void write_answer(struct connection *connection, const struct http1_request *request,
                         const struct answer *answer)
{
    struct worker *worker = connection->worker;
    struct buffer *output = &worker->output;
    bool keep_alive = request->keep_alive && !worker->draining && !connection->cut;
    struct slice extra = worker_head_lines(worker);
    char lines[384];
    if (answer->extra.len > 0) {
        CHECK(extra.len + answer->extra.len <= sizeof lines);
        memcpy(lines, extra.at, extra.len);
        memcpy(lines + extra.len, answer->extra.at, answer->extra.len);
        extra = slice_of(lines, extra.len + answer->extra.len);
    }
    http1_write_head(output, answer->status, answer->content_type, answer->body.len, keep_alive,
                     extra);
    if (!http1_is_head(request))
        buffer_append(output, answer->body);
    if (!buffer_ok(output))
        connection_close(connection);
    connection->served = connection->renewed = true;
    if (keep_alive)
        return;
    connection->last = true;
    connection->abrupt =
        request->keep_alive || connection->cut || input_unread(&connection->input).len > 0;
}

void connection_refuse(struct connection *connection, int status, const char *reason)
{
    struct worker *worker = connection->worker;
    char text[256], label[16];
    struct buffer body, digits;
    buffer_init_fixed(&body, text, sizeof text);
    buffer_printf(&body, "%s\n", reason);
    buffer_init_fixed(&digits, label, sizeof label);
    buffer_i64(&digits, status);
    tally_add(&worker->figures.refusals, buffer_slice(&digits));
    http1_write_head(&worker->output, status, plain_text, body.len, false,
                     worker_head_lines(worker));
    buffer_append(&worker->output, buffer_slice(&body));
    connection->last = connection->abrupt = true;
    request_log_write(connection, &(struct request_log){.status = status, .body_bytes = body.len});
}

/* --- answering --- */

/* Whom a request is from: the connection's peer, or whom that, when trusted, says it is. */
static const struct peer *client_of(const struct connection *connection, const struct call *call)
{
    return connection->forwards ? &call->client : &connection->peer;
}

static void log_call(const struct connection *connection, const struct call *call,
                     const struct answer *answer)
{
    const struct api_outcome *outcome = api_worker_outcome(connection->worker->api);
    struct request_log log = {
        .client = client_of(connection, call),
        .method = call->request.method_text,
        .action = outcome->is_routed ? outcome->action : SLICE_NONE,
        .secret_id = outcome->secret_id,
        .code = outcome->error_code.len > 0 ? outcome->error_code : SLICE("OK"),
        .request_id = slice_of(outcome->request_id, sizeof outcome->request_id),
        .first_entry = outcome->first_entry,
        .last_entry = outcome->last_entry,
        .status = answer->status,
        .body_bytes = answer->body.len,
        .duration_us = (uint64_t)outcome->duration_us,
    };
    request_log_write(connection, &log);
}

static void answer_of_api(struct connection *connection, const struct call *call)
{
    struct worker *worker = connection->worker;
    const struct api_outcome *outcome = api_worker_outcome(worker->api);
    struct answer answer = {outcome->status, SLICE("application/json"), buffer_slice(&worker->body),
                            outcome->head_lines};
    if (!buffer_ok(&worker->body))
        answer = (struct answer){500, plain_text, SLICE("no memory for the answer\n"), SLICE_NONE};
    struct slice code = outcome->error_code;
    tally_add(&worker->figures.answers, code.len > 0 ? code : SLICE("OK"));
    connection->proven = connection->proven || code.len == 0;
    if (worker->server->options.access_log)
        log_call(connection, call, &answer);
    if (answer.status == 0) /* dropped; answers before it are sent */
        connection->last = connection->abrupt = true;
    else if (!connection->closing)
        write_answer(connection, &call->request, &answer);
}

static void wake(struct api_call *api_call)
{
    struct call *call = api_call->context;
    worker_wake(call->connection->worker, call);
}

static void ask_api(struct connection *connection, struct call *call)
{
    struct worker *worker = connection->worker;
    call->connection = connection;
    if (connection->forwards)
        call->client = trust_client(&worker->server->trust, &connection->peer, &call->request);
    call->api = (struct api_call){.request = &call->request,
                                  .trust = connection->endpoint->trust,
                                  .local = {DOOR_SOCKET, &connection->user},
                                  .peer_address = peer_text(client_of(connection, call)),
                                  .exposed = connection->exposed,
                                  .wake = wake,
                                  .context = call};
    if (connection->cut)
        api_refuse(worker->api, &call->api, &worker->body);
    if (connection->cut || api_answer(worker->api, &call->api, &worker->body) == API_ANSWERED) {
        answer_of_api(connection, call);
        return;
    }
    connection->call = call;
    worker->call = NULL;
    worker->calls_pending++;
}

static void answer_page(struct connection *connection, const struct http1_request *request)
{
    struct worker *worker = connection->worker;
    struct page_answer said =
        page_answer(worker->server, connection->endpoint->admin, request, &worker->body);
    struct answer answer = {said.status, said.type, buffer_slice(&worker->body), said.extra};
    write_answer(connection, request, &answer);
}

/* Whoever names an action is a caller, whatever path his base URL has: the signature covers "/" in
 * any case. Of v1 forms on other paths the action would be in the body: they are not looked for. */
bool exchange_is_call(const struct http1_request *request)
{
    const struct slice mark = SLICE("&Action=");
    return slice_equal(request->path, SLICE("/")) || http1_find(request, SLICE("X-TC-Action")).at ||
           slice_starts_with(request->query, slice_of(mark.at + 1, mark.len - 1)) ||
           (request->query.len > 0 &&
            memmem(request->query.at, request->query.len, mark.at, mark.len));
}

static void answer_elsewhere(struct connection *connection, const struct http1_request *request)
{
    struct answer answer = {404, plain_text, SLICE("the API answers on / only\n"), SLICE_NONE};
    if (slice_equal(request->method_text, SLICE("CONNECT")))
        answer = (struct answer){405, plain_text,
                                 SLICE("this is no proxy but the API itself: ask it directly "
                                       "(look at https_proxy and no_proxy)\n"),
                                 SLICE("Allow: GET, HEAD, POST\r\n")};
    struct request_log log = {
        .method = request->method_text, .status = answer.status, .body_bytes = answer.body.len};
    tally_add(&connection->worker->figures.refusals,
              answer.status == 404 ? SLICE("404") : SLICE("405"));
    request_log_write(connection, &log);
    write_answer(connection, request, &answer);
}

static void answer_request(struct connection *connection, struct call *call)
{
    const struct http1_request *request = &call->request;
    bool is_root = slice_equal(request->path, SLICE("/"));
    if (connection->endpoint->admin ||
        (!is_root && page_is_beside_api(connection->worker->server, request->path)))
        answer_page(connection, request);
    else if (exchange_is_call(request))
        ask_api(connection, call);
    else
        answer_elsewhere(connection, request);
}

bool exchange_run(struct connection *connection)
{
    struct worker *worker = connection->worker;
    while (!connection->call && !connection->last && !connection->closing) {
        if (worker->output.len >= OUTPUT_BYTES_FLUSH)
            return true;
        struct call *call = worker_call(worker);
        if (!call)
            connection_close(connection);
        else if (take_request(connection, &call->request))
            answer_request(connection, call);
        else
            return false;
    }
    return false;
}

/* Only a call that waits takes or gives a secret (a new key): nothing of it is left behind. */
void exchange_finish(struct connection *connection, const struct call *call)
{
    struct worker *worker = connection->worker;
    answer_of_api(connection, call);
    wipe(worker->body.at, worker->body.len);
    wipe(connection->input.at, connection->input.start);
    worker->output_secret = !connection->closing;
}
