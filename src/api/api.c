/* The clerk's desk: takes a request through the checks, lets the action answer, and finishes writes
 * after their commit, and reads of the journal after the historian has done them.
 *
 * 1. Every answer is a whole JSON body: if rendering fails half-way the body becomes an error.
 * 2. The memory of a call that waits is the call's and lives until api_finish; the worker's arena
 *    is reset by every request in between.
 *
 * Owns `struct api` and its workers' memory. Thread: each worker its own; commit_done runs on the
 * committer's, journal_read_* on the historian's. */
#include "api/api.h"

#include "api/action.h"
#include "api/selections.h"
#include "base/check.h"
#include "base/metric.h"

#include <stdlib.h>

enum {
    ANSWER_BYTES_MAX = 64 << 20, /* of a read of the journal */
    WORKER_ARENA_BYTES = 64 << 10,
    CALL_ARENA_BYTES = 16 << 10,
    SCRATCH_BYTES_MAX = 16 << 20,
};

/* ---- life ---- */

/* Of the first product's action of that name; NULL: there is none. */
static uint32_t *find_limit(struct api *api, struct slice action)
{
    uint32_t first = 0;
    for (uint32_t i = 0; i < api->world.products.count; i++) {
        const struct product *product = api->world.products.at[i].product;
        uint32_t index = product_action(product, action);
        if (index < product->action_count)
            return &api->limits[first + index];
        first += product->action_count;
    }
    return NULL;
}

static struct status read_limits(struct api *api, const struct api_options *options,
                                 struct fault *fault)
{
    const struct api_products *products = &api->world.products;
    uint32_t count = products_first_number(products, products->at + products->count);
    api->limits = calloc(count, sizeof api->limits[0]);
    if (!api->limits)
        return fault_raise(fault, STATUS_MEMORY, "no memory for the rate limits");
    for (uint32_t i = 0; i < count; i++)
        api->limits[i] = options->calls_per_second;
    for (uint32_t i = 0; i < options->limit_count; i++) {
        uint32_t *limit = find_limit(api, options->limits[i].action);
        if (!limit)
            return fault_raise(fault, STATUS_INVALID, "no action is called %.*s",
                               SLICE_ARGS(options->limits[i].action));
        *limit = options->limits[i].per_second;
    }
    return STATUS_DONE;
}

struct status api_new(const struct api_world *world, const struct api_options *options,
                      struct fault *fault, struct api **ret_api)
{
    uint64_t seed;
    struct api *api = calloc(1, sizeof *api);
    if (!api)
        return fault_raise(fault, STATUS_MEMORY, "no memory for the API");
    api->world = *world;
    api->options = *options;
    api->options.limits = NULL;
    struct status status = read_limits(api, options, fault);
    if (status_ok(status))
        status = world->sys->entropy(world->sys->context, &seed, sizeof seed, fault);
    if (status_ok(status) && !(api->limiter = limiter_new(seed)))
        status = fault_raise(fault, STATUS_MEMORY, "no memory for the rate limits");
    if (status_ok(status) && !(api->selections = selections_new(&api->epoch)))
        status = fault_raise(fault, STATUS_MEMORY, "no memory for selections");
    if (!status_ok(status)) {
        limiter_free(api->limiter);
        free(api->limits);
        free(api);
        return status;
    }
    CHECK(pthread_mutex_init(&api->registry, NULL) == 0);
    *ret_api = api;
    return STATUS_DONE;
}

void api_free(struct api *api)
{
    if (!api)
        return;
    CHECK(api->workers == NULL);
    limiter_free(api->limiter);
    selections_free(api->selections);
    policy_cache_done(&api->authority);
    (void)pthread_mutex_destroy(&api->registry);
    free(api->limits);
    free(api);
}

void api_forget(struct api *api)
{
    atomic_fetch_add_explicit(&api->epoch, 1, memory_order_release);
}

static void worker_register(struct api_worker *worker)
{
    struct api *api = worker->api;
    worker->gate_slot = gate_register(api->world.gate);
    pthread_mutex_lock(&api->registry);
    uint64_t seed = api->options.request_id_seed;
    request_ids_init(&worker->ids, api->world.sys, seed ? seed + api->workers_made : 0);
    api->workers_made++;
    worker->next = api->workers;
    api->workers = worker;
    pthread_mutex_unlock(&api->registry);
}

static void worker_release(struct api_worker *worker)
{
    signers_done(&worker->signers);
    policy_cache_done(&worker->policies);
    buffer_done(&worker->scratch);
    arena_done(&worker->arena);
    crypto_free(worker->crypto);
    free(worker);
}

struct api_worker *api_worker_new(struct api *api)
{
    struct api_worker *worker = calloc(1, sizeof *worker);
    if (!worker)
        return NULL;
    worker->api = api;
    worker->crypto = crypto_new();
    buffer_init(&worker->scratch, SCRATCH_BYTES_MAX);
    bool ready = worker->crypto != NULL;
    ready = arena_init(&worker->arena, WORKER_ARENA_BYTES, API_ARENA_BYTES_MAX) && ready;
    ready = signers_init(&worker->signers) && ready;
    if (!ready) {
        worker_release(worker);
        return NULL;
    }
    worker_register(worker);
    return worker;
}

static void tally_sum(const struct tally *tally, uint64_t sum[TALLY_KINDS])
{
    for (int i = 0; i < TALLY_KINDS; i++)
        sum[i] += atomic_load_explicit(&tally->counts[i], memory_order_relaxed);
}

void api_worker_free(struct api_worker *worker)
{
    if (!worker)
        return;
    struct api *api = worker->api;
    pthread_mutex_lock(&api->registry);
    struct api_worker **link = &api->workers;
    while (*link != worker)
        link = &(*link)->next;
    *link = worker->next;
    tally_sum(&worker->tally, api->gone); /* what the worker counted stays counted */
    pthread_mutex_unlock(&api->registry);
    worker_release(worker);
}

void api_metrics(void *context, struct buffer *out)
{
#define ROW(what, kind, name, help)                                                                \
    {name, help, METRIC_##kind, TALLY_##what * sizeof(uint64_t), 0, 0, 0},
    static const struct metric metrics[] = {TALLIES(ROW)};
#undef ROW
    struct api *api = context;
    uint64_t sum[TALLY_KINDS];
    pthread_mutex_lock(&api->registry);
    memcpy(sum, api->gone, sizeof sum);
    for (const struct api_worker *worker = api->workers; worker; worker = worker->next)
        tally_sum(&worker->tally, sum);
    pthread_mutex_unlock(&api->registry);
    metrics_write(out, metrics, TALLY_KINDS, sum);
}

const struct api_outcome *api_worker_outcome(const struct api_worker *worker)
{
    return &worker->outcome;
}

/* ---- rate limit ---- */

static bool is_of_main(const struct exchange *exchange)
{
    return exchange->principal.kind == PRINCIPAL_MAIN;
}

static bool count_call(struct exchange *exchange,
                       enum limit_verdict (*count)(struct limiter *limiter,
                                                   const struct limit_call *call,
                                                   struct limit_count *ret_count))
{
    struct api *api = exchange->worker->api;
    const struct principal *principal = &exchange->principal;
    struct limit_call call = {.account = principal->account,
                              .user = principal->user,
                              .action = exchange->action_number,
                              .now_us = exchange->now_us};
    struct limit_count counted;
    call.limit = api->limits[call.action];
    if (call.limit == 0 || principal->is_operator || exchange->is_counted)
        return true;
    switch (count(api->limiter, &call, &counted)) {
    case LIMIT_WITHIN:
        return true;
    case LIMIT_BEYOND:
        exchange->complaint = (struct complaint){.error = ERROR_REQUEST_LIMIT,
                                                 .numbers = {counted.asked, counted.limit}};
        return false;
    case LIMIT_NO_MEMORY:
        break;
    }
    return exchange_refuse(exchange, ERROR_MEMORY);
}

/* Before anything is looked up for it. A main account needs no policy, and what its place in the
 * organisation denies is denied to all its users: its calls count for the account at once. */
static bool limit_user(struct exchange *exchange)
{
    return count_call(exchange, is_of_main(exchange) ? limiter_take : limiter_try);
}

/* Of another user only what he may do counts for the account. */
static bool limit_account(struct exchange *exchange)
{
    return is_of_main(exchange) || count_call(exchange, limiter_take);
}

/* A write outlives this request of the worker, so its memory is the call's. */
static bool choose_arena(struct exchange *exchange, struct api_call *call)
{
    if (!exchange->action->prepare)
        return true;
    if (!exchange->worker->api->world.committer)
        return exchange_refuse(exchange, ERROR_READ_ONLY);
    if (!arena_init(&call->arena, CALL_ARENA_BYTES, API_ARENA_BYTES_MAX))
        return exchange_refuse(exchange, ERROR_MEMORY);
    exchange->arena = &call->arena;
    return true;
}

/* ---- what becomes of a call ---- */

static void write_outcome(const struct exchange *exchange, const struct api_call *call)
{
    struct api_worker *worker = exchange->worker;
    const struct envelope *envelope = &exchange->envelope;
    const struct principal *principal = &exchange->principal;
    struct slice secret_id = envelope->secret_id;
    if (secret_id.len > sizeof worker->outcome_secret_id)
        secret_id.len = sizeof worker->outcome_secret_id;
    if (secret_id.len > 0)
        memcpy(worker->outcome_secret_id, secret_id.at, secret_id.len);
    worker->outcome = (struct api_outcome){
        .product = exchange->product_name,
        .action = envelope->action,
        .version = envelope->version,
        .is_routed = exchange->action != NULL,
        .is_authentic = exchange->is_authentic,
        .is_operator = principal->is_operator,
        .organisation = exchange->organisation,
        .secret_id = slice_of(worker->outcome_secret_id, secret_id.len),
        .error_code = exchange->verdict.error_code,
        .head_lines = exchange->verdict.head_lines,
    };
    struct api_outcome *outcome = &worker->outcome;
    if (outcome->is_routed) { /* the request's own may be gone, if they were decoded */
        outcome->product = exchange->served->product->name;
        outcome->action = exchange->action->name;
        outcome->version = exchange->served->product->version;
    } else if (outcome->product.len == 0) {
        outcome->product = request_product_label(exchange->request);
    }
    if (outcome->is_authentic) {
        outcome->account = principal->account;
        outcome->user = principal->user;
    }
    if (exchange->complaint.error != ERROR_NONE)
        outcome->error_code = error_entry(exchange->complaint.error)->code;
    if (call->pending && !call->pending->commit.replayed) {
        outcome->first_entry = call->pending->commit.first_sequence;
        outcome->last_entry = call->pending->commit.last_sequence;
    }
    memcpy(outcome->request_id, exchange->request_id, REQUEST_ID_SIZE);
}

static void count_call_ended(const struct exchange *exchange)
{
    struct api_worker *worker = exchange->worker;
    enum error error = exchange->complaint.error;
    EXCHANGE_TALLY(worker, calls);
    if (exchange->any_service)
        EXCHANGE_TALLY(worker, any_service);
    if (worker->outcome.error_code.len > 0)
        EXCHANGE_TALLY(worker, errors);
    if (error == ERROR_REQUEST_LIMIT)
        EXCHANGE_TALLY(worker, limited);
    if (error == ERROR_CAM_NO_AUTH)
        EXCHANGE_TALLY(worker, denied);
}

static int status_of(const struct exchange *exchange, const struct buffer *out)
{
    const struct api_verdict *verdict = &exchange->verdict;
    if (verdict->move == API_DROP)
        return 0;
    if (!buffer_ok(out))
        return 500;
    return verdict->status != 0 ? verdict->status : 200;
}

static bool is_timed(const struct api *api)
{
    return api->options.are_timed || api->world.observer;
}

/* What every call comes to, once. */
static void end_call(struct exchange *exchange, const struct api_call *call,
                     const struct buffer *out)
{
    const struct api *api = exchange->worker->api;
    const struct api_observer *observer = api->world.observer;
    struct api_outcome *outcome = &exchange->worker->outcome;
    write_outcome(exchange, call);
    outcome->status = status_of(exchange, out);
    outcome->body_bytes = out->len;
    if (is_timed(api))
        outcome->duration_us = sys_steady_us(api->world.sys) - call->came_us;
    count_call_ended(exchange);
    if (observer)
        observer->ended(observer->context, call, outcome);
}

/* True: no hook steps in here. */
static bool pass(struct exchange *exchange, struct api_call *call, enum api_place place,
                 struct buffer *out)
{
    const struct api_hook *hook = exchange->worker->api->world.hook;
    if (!hook)
        return true;
    write_outcome(exchange, call);
    exchange->verdict = hook->look(hook->context, place, call, &exchange->worker->outcome, out);
    CHECK(exchange->verdict.head_lines.len <= API_HEAD_LINES_MAX);
    if (exchange->verdict.move == API_HOLD)
        call->held_at = place;
    if (exchange->verdict.move != API_ANSWER)
        buffer_clear(out);
    return exchange->verdict.move == API_GO_ON;
}

static bool exchange_check(struct exchange *exchange, struct api_call *call, struct buffer *out)
{
    return request_gather(exchange) && pass(exchange, call, API_BEFORE_SIGNATURE, out) &&
           (exchange_authenticate(exchange) || host_hint(exchange)) && exchange_route(exchange) &&
           exchange_cover(exchange) && limit_user(exchange) && exchange_authorise(exchange) &&
           limit_account(exchange) && pass(exchange, call, API_BEFORE_ACTION, out) &&
           choose_arena(exchange, call) && exchange_bind(exchange);
}

/* What was made of pieces that could not all be had is nothing: whatever it led to says less than
 * that. */
static bool has_all_pieces(struct exchange *exchange)
{
    enum lack lack = exchange->arena->lack;
    return lack == LACK_NONE || exchange_refuse_lack(exchange, lack);
}

/* False: it does not fit. */
static bool close_answer(struct exchange *exchange, struct buffer *out)
{
    render_close(exchange, out->len > sizeof "{\"Response\":{" - 1, out);
    return buffer_ok(out) ||
           exchange_refuse(exchange, out->lack == LACK_MEMORY ? ERROR_MEMORY : ERROR_INTERNAL);
}

/* Writes the answer that `answered` says the action gave, or the complaint. */
static void conclude(struct exchange *exchange, const struct api_call *call, bool answered,
                     struct buffer *out)
{
    answered = has_all_pieces(exchange) && answered && close_answer(exchange, out);
    if (!answered && exchange->is_carried_out)
        (void)exchange_refuse(exchange, ERROR_ANSWER_LOST);
    if (!answered) {
        CHECK(exchange->complaint.error != ERROR_NONE);
        buffer_clear(out);
        render_error(exchange, out);
    }
    end_call(exchange, call, out);
}

/* ---- writes ---- */

/* On the committer's thread. */
static void commit_done(struct commit *commit)
{
    struct api_call *call = commit->context;
    call->wake(call);
}

/* The first block may hold a secret just made, as far as it was used. */
static void call_release(struct api_call *call)
{
    const struct arena *arena = &call->arena;
    if (arena->first)
        wipe(arena->first, arena->more ? arena->first_size : arena->used);
    arena_done(&call->arena);
    call->pending = NULL;
}

/* Room for the answer, while nothing is done yet: `out` keeps what it has until api_finish. What an
 * answer holds is told roughly, and what it lacks in the end is called lost. */
static bool reserve_answer(struct exchange *exchange, const struct command *command,
                           struct buffer *out)
{
    enum { LEAST_BYTES = 8 << 10, ITEM_BYTES = 1 << 10 };
    size_t items = (size_t)command->transfer_count + command->member_count;
    size_t size = LEAST_BYTES + items * ITEM_BYTES;
    if (size > out->cap_max - out->len)
        size = out->cap_max - out->len;
    return buffer_reserve(out, size) || exchange_refuse_lack(exchange, out->lack);
}

/* Nothing went wrong but what the law refused, if the action answers that itself. */
static bool is_answerable(struct exchange *exchange, const struct api_pending *pending)
{
    enum refusal refusal = pending->commit.refusal;
    if (refusal == REFUSAL_NOT_PERMITTED) /* mostly the complaint was set by who asked again */
        return exchange->complaint.error == ERROR_NONE && exchange_refuse_cam(exchange);
    return refusal == REFUSAL_NONE || exchange->action->lists_refusals ||
           exchange_refuse_refusal(exchange, refusal);
}

/* After the commit, or when there was nothing to commit. */
static void finish(struct exchange *exchange, struct api_call *call, struct buffer *out)
{
    const struct commit *commit = &call->pending->commit;
    bool answered = is_answerable(exchange, call->pending);
    exchange->is_carried_out = commit->refusal == REFUSAL_NONE && commit->last_sequence != 0;
    buffer_clear(out);
    render_open(out);
    answered = answered && exchange->action->answer_commit(exchange, call->pending, out);
    conclude(exchange, call, answered, out);
    call_release(call);
}

/* Not answered, before anything was waited for. */
static enum api_progress give_up(struct exchange *exchange, struct api_call *call,
                                 struct buffer *out)
{
    conclude(exchange, call, false, out);
    call_release(call);
    return API_ANSWERED;
}

/* What is kept of the exchange must not lie in the worker's arena. */
static bool keep_exchange(struct exchange *exchange, struct api_call *call)
{
    struct slice secret_id = exchange->envelope.secret_id;
    struct slice peer_address = exchange->peer_address;
    exchange->envelope.secret_id = arena_copy(&call->arena, secret_id);
    exchange->peer_address = arena_copy(&call->arena, peer_address);
    call->pending->exchange = *exchange;
    return has_all_pieces(exchange);
}

static enum api_progress submit(struct exchange *exchange, struct api_call *call,
                                struct buffer *out)
{
    struct api_pending *pending = arena_take_array(exchange->arena, 1, sizeof *pending);
    enum preparation preparation = PREPARED_REFUSED;
    if (pending)
        preparation = exchange->action->prepare(exchange, pending);
    if (preparation != PREPARED_REFUSED &&
        (!exchange_permit_command(exchange, &pending->commit.command) ||
         !exchange_make_request(exchange, &pending->commit.command)))
        preparation = PREPARED_REFUSED;
    call->pending = pending;
    switch (preparation) {
    case PREPARED:
        if (!keep_exchange(exchange, call) || !has_all_pieces(exchange) ||
            !reserve_answer(exchange, &pending->commit.command, out))
            break;
        pending->commit.done = commit_done;
        pending->commit.context = call;
        authority_ask_again(exchange, &pending->commit);
        EXCHANGE_TALLY(exchange->worker, pending);
        committer_submit(exchange->worker->api->world.committer, &pending->commit);
        return API_PENDING;
    case PREPARED_NOTHING:
        finish(exchange, call, out);
        return API_ANSWERED;
    case PREPARED_REFUSED:
        break;
    }
    return give_up(exchange, call, out);
}

/* ---- reads of the journal ---- */

/* On the historian's thread. */
static struct status journal_read_run(struct history_job *job, struct history *history,
                                      struct fault *fault)
{
    struct api_pending *pending = ((struct api_call *)job->context)->pending;
    return pending->exchange.action->read(pending, history, fault);
}

static void journal_read_done(struct history_job *job)
{
    struct api_call *call = job->context;
    call->wake(call);
}

/* What was bound is bound once more where the historian finds it. */
static bool prepare_read(struct exchange *exchange, struct api_call *call)
{
    if (!exchange->worker->api->world.historian)
        return exchange_refuse(exchange, ERROR_NO_JOURNAL);
    if (!call->arena.first && !arena_init(&call->arena, CALL_ARENA_BYTES, API_ARENA_BYTES_MAX))
        return exchange_refuse(exchange, ERROR_MEMORY);
    exchange->arena = &call->arena;
    struct api_pending *pending = arena_take_array(exchange->arena, 1, sizeof *pending);
    if (!pending)
        return exchange_refuse_lack(exchange, exchange->arena->lack);
    call->pending = pending;
    buffer_init(&pending->answer, ANSWER_BYTES_MAX);
    if (!exchange_bind(exchange) || !exchange->action->ask(exchange, pending))
        return false;
    pending->job = (struct history_job){.run = journal_read_run,
                                        .done = journal_read_done,
                                        .context = call,
                                        .organisation = exchange->organisation,
                                        .user = exchange->principal.user};
    return keep_exchange(exchange, call);
}

static enum api_progress submit_read(struct exchange *exchange, struct api_call *call,
                                     struct buffer *out)
{
    if (!prepare_read(exchange, call))
        return give_up(exchange, call, out);
    if (historian_submit(exchange->worker->api->world.historian, &call->pending->job)) {
        EXCHANGE_TALLY(exchange->worker, pending);
        return API_PENDING;
    }
    (void)exchange_refuse(exchange, ERROR_JOURNAL_BUSY);
    return give_up(exchange, call, out);
}

static void finish_read(struct exchange *exchange, struct api_call *call, struct buffer *out)
{
    struct api_pending *pending = call->pending;
    bool is_short =
        pending->job.status.code == STATUS_MEMORY || pending->answer.lack == LACK_MEMORY;
    if (!status_ok(pending->job.status) || !buffer_ok(&pending->answer))
        (void)exchange_refuse(exchange, is_short ? ERROR_MEMORY : ERROR_INTERNAL);
    buffer_clear(out);
    render_open(out);
    buffer_append(out, buffer_slice(&pending->answer));
    conclude(exchange, call, exchange->complaint.error == ERROR_NONE, out);
    buffer_done(&pending->answer);
    call_release(call);
}

static bool asks_journal(const struct exchange *exchange)
{
    const struct action *action = exchange->action;
    return action->ask && (!action->asks_journal || action->asks_journal(exchange));
}

/* ---- calls ---- */

static void begin_call(struct exchange *exchange, struct api_worker *worker, struct api_call *call)
{
    const struct api *api = worker->api;
    exchange_init(exchange, worker, call->request, call->trust);
    exchange->local = call->local;
    exchange->peer_address = call->peer_address;
    exchange->exposed = call->exposed;
    exchange->is_counted = call->held_at == API_BEFORE_ACTION;
    if (call->held_at != API_NOWHERE)
        memcpy(exchange->request_id, call->request_id, REQUEST_ID_SIZE);
    else if (is_timed(api))
        call->came_us = sys_steady_us(api->world.sys);
}

void api_refuse(struct api_worker *worker, struct api_call *call, struct buffer *out)
{
    struct exchange exchange;
    begin_call(&exchange, worker, call);
    buffer_clear(out);
    exchange_refuse_head(&exchange);
    conclude(&exchange, call, false, out);
}

/* Nothing of it is kept but its id: what was found is looked for anew. */
static enum api_progress hold(const struct exchange *exchange, struct api_call *call)
{
    memcpy(call->request_id, exchange->request_id, REQUEST_ID_SIZE);
    EXCHANGE_TALLY(exchange->worker, pending);
    return API_PENDING;
}

enum api_progress api_answer(struct api_worker *worker, struct api_call *call, struct buffer *out)
{
    struct exchange exchange;
    bool answered = false;
    begin_call(&exchange, worker, call);
    buffer_clear(out);
    if (exchange_check(&exchange, call, out)) {
        if (exchange.action->prepare)
            return submit(&exchange, call, out);
        if (asks_journal(&exchange))
            return submit_read(&exchange, call, out);
        render_open(out);
        answered = exchange.action->answer(&exchange, out);
    }
    if (exchange.verdict.move == API_HOLD)
        return hold(&exchange, call);
    if (exchange.verdict.move == API_GO_ON)
        conclude(&exchange, call, answered, out);
    else
        end_call(&exchange, call, out);
    if (exchange.arena == &call->arena)
        call_release(call);
    return API_ANSWERED;
}

enum api_progress api_finish(struct api_worker *worker, struct api_call *call, struct buffer *out)
{
    tally_add(&worker->tally, TALLY_pending, -1);
    if (!call->pending) /* it was held */
        return api_answer(worker, call, out);
    struct exchange exchange = call->pending->exchange;
    CHECK(exchange.worker == worker);
    if (exchange.action->prepare)
        finish(&exchange, call, out);
    else
        finish_read(&exchange, call, out);
    return API_ANSWERED;
}
