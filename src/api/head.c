/* Requests judged by what has come of them, before their bodies are taken; and answered so.
 *
 * 1. The steps are those of api_answer and in their order, as far as the head goes: nothing is
 *    signed, decided or counted here, and api_answer looks at all of it anew.
 * 2. What was refused by its head stays refused: api_refuse never goes on.
 *
 * Owns nothing. Thread: the worker's. */
#include "api/action.h"

static bool is_too_large_form(const struct exchange *exchange)
{
    const struct http1_request *request = exchange->request;
    uint64_t bytes_max = exchange->worker->api->options.form_bytes_max;
    return request->body_bytes > bytes_max || request->body.len > bytes_max;
}

/* Signature v1: a GET has its key in the query, and no use for a body. */
static enum api_body judge_v1(struct exchange *exchange)
{
    size_t seen = 0;
    const struct http1_request *request = exchange->request;
    if (!http1_is_get(request))
        return is_too_large_form(exchange) ? API_BODY_REFUSED : API_BODY_UNKNOWN;
    struct slice secret_id =
        request_find_secret_id(request->query, false, &exchange->worker->arena, &seen);
    return authenticate_find_key(exchange, secret_id) ? API_BODY_TAKEN : API_BODY_REFUSED;
}

enum api_body api_judge_head(struct api_worker *worker, const struct http1_request *request,
                             enum api_trust trust)
{
    struct exchange exchange;
    if (trust == API_TRUST_OPERATOR)
        return API_BODY_TAKEN;
    exchange_begin(&exchange, worker, request, trust);
    if (!request_gather_head(&exchange))
        return API_BODY_REFUSED;
    if (exchange.envelope.form == ENVELOPE_V1)
        return judge_v1(&exchange);
    return authenticate_scope(&exchange) && authenticate_clock(&exchange) &&
                   authenticate_key(&exchange)
               ? API_BODY_TAKEN
               : API_BODY_REFUSED;
}

enum api_body api_judge_form(struct api_worker *worker, struct slice form, size_t *seen)
{
    struct exchange exchange;
    exchange_begin(&exchange, worker, NULL, API_TRUST_NONE);
    if (form.len > worker->api->options.form_bytes_max)
        return API_BODY_REFUSED;
    struct slice secret_id = request_find_secret_id(form, true, &worker->arena, seen);
    if (!secret_id.at)
        return API_BODY_UNKNOWN;
    return authenticate_find_key(&exchange, secret_id) ? API_BODY_TAKEN : API_BODY_REFUSED;
}

void exchange_refuse_head(struct exchange *exchange)
{
    if (!request_gather_head(exchange))
        return;
    if (exchange->envelope.form == ENVELOPE_V1 && is_too_large_form(exchange))
        (void)exchange_refuse(exchange, ERROR_SIGNATURE_TOO_LARGE);
    else if (exchange->envelope.form == ENVELOPE_V1 ||
             (authenticate_scope(exchange) && authenticate_clock(exchange) &&
              authenticate_key(exchange)))
        (void)exchange_refuse(exchange, ERROR_SECRET_ID_NOT_FOUND);
}
