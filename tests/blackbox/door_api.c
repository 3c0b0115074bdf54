/* An api for testing the door alone: it tells what it was asked, answers as long or as late as the
 * query says, and needs no signature.
 *
 *   ?bytes=N     an answer of N bytes of 'x'
 *   ?pending=MS  becomes pending and is woken after MS milliseconds, on a thread of its own
 *   ?again=1     and once more after that
 *   ?status=N    with another status and a head line of its own; 0: the call is dropped
 *   ?stranger=1  names no key; ?form=1: the key stands in the body, "known" or something else
 *
 * It takes the place of the rooms api and journal: the linker finds these functions first. */
#include "api/api.h"

#include "base/check.h"
#include "base/metric.h"
#include "crypto/digest.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

struct api_pending {
    struct api_call *call;
    struct timespec due;
    struct api_pending *next;
};

struct api {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct api_pending *waiting;
    bool stopping;
    _Atomic uint64_t calls, pending;
};

struct api_worker {
    struct api *api;
    struct crypto *crypto;
    struct api_outcome outcome;
};

static bool is_before(struct timespec a, struct timespec b)
{
    return a.tv_sec != b.tv_sec ? a.tv_sec < b.tv_sec : a.tv_nsec < b.tv_nsec;
}

/* Unlinks one that is due; else *ret_next is when to look again. */
static struct api_pending *take_due(struct api *api, struct timespec now, struct timespec *ret_next)
{
    *ret_next = (struct timespec){.tv_sec = now.tv_sec + 1, .tv_nsec = now.tv_nsec};
    for (struct api_pending **link = &api->waiting; *link; link = &(*link)->next) {
        struct api_pending *pending = *link;
        if (!is_before(now, pending->due)) {
            *link = pending->next;
            return pending;
        }
        if (is_before(pending->due, *ret_next))
            *ret_next = pending->due;
    }
    return NULL;
}

static void *wake_when_due(void *context)
{
    struct api *api = context;
    pthread_mutex_lock(&api->lock);
    while (!api->stopping) {
        struct timespec now, next;
        (void)clock_gettime(CLOCK_REALTIME, &now);
        struct api_pending *pending = take_due(api, now, &next);
        if (!pending) {
            (void)pthread_cond_timedwait(&api->changed, &api->lock, &next);
            continue;
        }
        pthread_mutex_unlock(&api->lock);
        pending->call->wake(pending->call);
        pthread_mutex_lock(&api->lock);
    }
    pthread_mutex_unlock(&api->lock);
    return NULL;
}

struct status api_new(const struct api_world *world, const struct api_options *options,
                      struct fault *fault, struct api **ret_api)
{
    (void)world, (void)options;
    struct api *api = calloc(1, sizeof *api);
    if (!api)
        return fault_raise(fault, STATUS_MEMORY, "no memory");
    CHECK(pthread_mutex_init(&api->lock, NULL) == 0);
    CHECK(pthread_cond_init(&api->changed, NULL) == 0);
    CHECK(pthread_create(&api->thread, NULL, wake_when_due, api) == 0);
    *ret_api = api;
    return STATUS_DONE;
}

void api_free(struct api *api)
{
    pthread_mutex_lock(&api->lock);
    api->stopping = true;
    CHECK(!api->waiting); /* the door waits for every call before it closes */
    pthread_cond_signal(&api->changed);
    pthread_mutex_unlock(&api->lock);
    CHECK(pthread_join(api->thread, NULL) == 0);
    (void)pthread_mutex_destroy(&api->lock);
    (void)pthread_cond_destroy(&api->changed);
    free(api);
}

struct api_worker *api_worker_new(struct api *api)
{
    struct api_worker *worker = calloc(1, sizeof *worker);
    if (!worker)
        return NULL;
    worker->api = api;
    worker->crypto = crypto_new();
    memset(worker->outcome.request_id, '0', sizeof worker->outcome.request_id);
    return worker;
}

void api_worker_free(struct api_worker *worker)
{
    if (worker)
        crypto_free(worker->crypto);
    free(worker);
}

static int64_t steady_us(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* The number behind `name` in the query, or -1. */
static int64_t query_number(struct slice query, struct slice name)
{
    while (query.len > 0) {
        struct slice value;
        struct slice pair = slice_cut(query, '&', &query);
        struct slice key = slice_cut(pair, '=', &value);
        int64_t number;
        if (slice_equal(key, name) && slice_to_i64(value, &number))
            return number;
    }
    return -1;
}

static void render(struct api_worker *worker, const struct api_call *call, struct buffer *out)
{
    const struct http1_request *request = call->request;
    int64_t bytes = query_number(request->query, SLICE("bytes"));
    char hash[2 * SHA256_SIZE];
    buffer_clear(out);
    int64_t status = query_number(request->query, SLICE("status"));
    worker->outcome.status = status < 0 ? 200 : (int)status;
    worker->outcome.head_lines = status < 0 ? SLICE_NONE : SLICE("X-Door: test\r\n");
    worker->outcome.duration_us = steady_us() - call->came_us;
    worker->outcome.is_routed = true;
    worker->outcome.action = http1_find(request, SLICE("X-TC-Action"));
    worker->outcome.secret_id = http1_find(request, SLICE("X-Key"));
    worker->outcome.error_code =
        query_number(request->query, SLICE("error")) > 0 ? SLICE("InternalError") : SLICE_NONE;
    if (bytes >= 0 && buffer_reserve(out, (size_t)bytes)) {
        memset(out->at, 'x', (size_t)bytes);
        out->len = (size_t)bytes;
        return;
    }
    sha256_hex(worker->crypto, request->body, hash);
    buffer_printf(out, "{\"method\":\"%.*s\",\"target\":\"%.*s\",\"fields\":%u,",
                  SLICE_ARGS(request->method_text), SLICE_ARGS(request->target),
                  request->field_count);
    buffer_printf(
        out, "\"body_bytes\":%zu,\"body_sha256\":\"%.*s\",\"operator\":%s,\"peer\":\"%.*s\"}",
        request->body.len, (int)sizeof hash, hash,
        call->trust == API_TRUST_OPERATOR ? "true" : "false", SLICE_ARGS(call->peer_address));
}

static void make_pending(struct api *api, struct api_call *call, int64_t ms)
{
    struct api_pending *pending = calloc(1, sizeof *pending);
    CHECK(pending && ms <= 60000);
    pending->call = call;
    atomic_fetch_add(&api->pending, 1);
    call->pending = pending;
    (void)clock_gettime(CLOCK_REALTIME, &pending->due);
    pending->due.tv_sec += (time_t)(ms / 1000);
    pending->due.tv_nsec += (long)(ms % 1000) * 1000000;
    if (pending->due.tv_nsec >= 1000000000) {
        pending->due.tv_sec++;
        pending->due.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&api->lock);
    pending->next = api->waiting;
    api->waiting = pending;
    pthread_cond_signal(&api->changed);
    pthread_mutex_unlock(&api->lock);
}

enum api_progress api_answer(struct api_worker *worker, struct api_call *call, struct buffer *out)
{
    int64_t pending_ms = query_number(call->request->query, SLICE("pending"));
    call->came_us = steady_us();
    atomic_fetch_add(&worker->api->calls, 1);
    if (pending_ms < 0) {
        render(worker, call, out);
        return API_ANSWERED;
    }
    make_pending(worker->api, call, pending_ms);
    return API_PENDING;
}

enum api_body api_judge_head(struct api_worker *worker, const struct http1_request *request,
                             enum api_trust trust)
{
    (void)worker, (void)trust;
    if (query_number(request->query, SLICE("stranger")) > 0)
        return API_BODY_REFUSED;
    return query_number(request->query, SLICE("form")) > 0 ? API_BODY_UNKNOWN : API_BODY_TAKEN;
}

enum api_body api_judge_form(struct api_worker *worker, struct slice form, size_t *seen)
{
    (void)worker;
    for (; *seen < form.len; (*seen)++)
        if (form.at[*seen] == '&')
            return slice_starts_with(form, SLICE("known&")) ? API_BODY_TAKEN : API_BODY_REFUSED;
    return API_BODY_UNKNOWN;
}

void api_refuse(struct api_worker *worker, struct api_call *call, struct buffer *out)
{
    render(worker, call, out);
}

enum api_progress api_finish(struct api_worker *worker, struct api_call *call, struct buffer *out)
{
    atomic_fetch_sub(&worker->api->pending, 1);
    free(call->pending);
    call->pending = NULL;
    if (call->held_at == API_NOWHERE && query_number(call->request->query, SLICE("again")) > 0) {
        call->held_at = API_BEFORE_ACTION;
        make_pending(worker->api, call, query_number(call->request->query, SLICE("pending")));
        return API_PENDING;
    }
    render(worker, call, out);
    return API_ANSWERED;
}

const struct api_outcome *api_worker_outcome(const struct api_worker *worker)
{
    return &worker->outcome;
}

#define ROWS(values, rows) metrics_write(out, rows, sizeof(rows) / sizeof *(rows), values)

void api_metrics(void *context, struct buffer *out)
{
    static const struct metric rows[] = {
        {"bursar_api_calls_total", "Calls.", METRIC_COUNTER, 0, 0, 0, 0},
        {"bursar_api_pending", "Waiting.", METRIC_GAUGE, sizeof(uint64_t), 0, 0, 0},
    };
    struct api *api = context;
    const uint64_t values[] = {atomic_load(&api->calls), atomic_load(&api->pending)};
    ROWS(values, rows);
}

void committer_metrics(void *committer, struct buffer *out);
void committer_metrics(void *committer, struct buffer *out)
{
    static const struct {
        uint64_t append_us;
        struct metric_histogram batch_us;
    } values = {1250000, {.bound = 50, .count = 9, .sum = 1250000, .at_most = {[1] = 4, [2] = 8}}};
    static const struct metric rows[] = {
        {"bursar_committer_append_seconds_total", "Time.", METRIC_COUNTER_US, 0, 0, 0, 0},
        {"bursar_committer_batch_seconds", "Batches.", METRIC_HISTOGRAM_US, sizeof(uint64_t), 0, 0,
         0},
    };
    (void)committer;
    ROWS(&values, rows);
}

void historian_metrics(void *historian, struct buffer *out);
void historian_metrics(void *historian, struct buffer *out)
{
    static const uint64_t values[] = {5, 2500000};
    static const struct metric rows[] = {
        {"bursar_historian_jobs_total", "Jobs.", METRIC_COUNTER, 0, 0, 0, 0},
        {"bursar_historian_run_seconds_total", "Time.", METRIC_COUNTER_US, sizeof(uint64_t), 0, 0,
         0},
    };
    (void)historian;
    ROWS(values, rows);
}
