/* An exchange's beginning, its complaints, and the book it looks into.
 *
 * Owns nothing. Thread: the worker's; pending_*: the historian's. */
#include "api/action.h"

bool exchange_refuse(struct exchange *exchange, enum error error)
{
    exchange->complaint = (struct complaint){.error = error};
    return false;
}

bool exchange_refuse_lack(struct exchange *exchange, enum lack lack)
{
    return exchange_refuse(exchange, lack == LACK_ROOM ? ERROR_REQUEST_TOO_LARGE : ERROR_MEMORY);
}

bool exchange_refuse_word(struct exchange *exchange, enum error error, struct slice word)
{
    exchange->complaint = (struct complaint){.error = error, .words = {word}};
    return false;
}

bool exchange_refuse_refusal(struct exchange *exchange, enum refusal refusal)
{
    exchange->complaint = complaint_of_refusal(refusal);
    return false;
}

struct slice exchange_request_id(const struct exchange *exchange)
{
    return slice_of(exchange->request_id, REQUEST_ID_SIZE);
}

const struct book *exchange_book_begin(struct exchange *exchange)
{
    struct api_worker *worker = exchange->worker;
    gate_read_begin(worker->api->world.gate, worker->gate_slot);
    return worker->api->world.book;
}

void exchange_book_end(struct exchange *exchange)
{
    struct api_worker *worker = exchange->worker;
    gate_read_end(worker->api->world.gate, worker->gate_slot);
}

void exchange_begin(struct exchange *exchange, struct api_worker *worker,
                    const struct http1_request *request, enum api_trust trust)
{
    arena_reset(&worker->arena);
    policy_cache_begin(&worker->policies);
    *exchange = (struct exchange){
        .worker = worker,
        .request = request,
        .trust = trust,
        .now_us = sys_now_us(worker->api->world.sys),
        .arena = &worker->arena,
    };
}

void exchange_init(struct exchange *exchange, struct api_worker *worker,
                   const struct http1_request *request, enum api_trust trust)
{
    exchange_begin(exchange, worker, request, trust);
    exchange->book_us = worker->api->world.committer
                            ? committer_book_us(worker->api->world.committer, exchange->now_us)
                            : exchange->now_us;
    request_ids_next(&worker->ids, exchange->request_id);
}

struct slice request_product_label(const struct http1_request *request)
{
    size_t len = 0;
    while (len < request->host.len && request->host.at[len] != '.' && request->host.at[len] != ':')
        len++;
    return slice_of(request->host.at, len);
}

bool exchange_refuse_cam(struct exchange *exchange)
{
    exchange->complaint = (struct complaint){
        .error = ERROR_CAM_NO_AUTH,
        .words = {exchange->served->product->policy_prefixes[0], exchange->action->name,
                  SLICE("*")},
    };
    return false;
}

const struct book *pending_book_begin(struct api_pending *pending)
{
    const struct api_world *world = &pending->exchange.worker->api->world;
    gate_read_begin(world->gate, pending->job.gate_slot);
    return world->book;
}

void pending_book_end(struct api_pending *pending)
{
    gate_read_end(pending->exchange.worker->api->world.gate, pending->job.gate_slot);
}
