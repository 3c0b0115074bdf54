/* What a signature covers, where that matters: nobody on the way may make another call of a write.
 *
 * 1. A v3 signature covers the headers it names, and clients of the cloud name neither action nor
 *    version. On plain HTTP from another machine a write of this product is taken only when its
 *    action and its body are covered, so that a read never becomes a write, nor a write another
 *    one. (A product has one version: any other is refused anyway.)
 * 2. The same goes for any x-bursar header of this product: it is not the cloud's, so nobody signs
 *    it who does not know of it.
 * 3. A v1 signature covers all parameters, but its string is not escaped. A write is refused when a
 *    value could be read as a further parameter of it: two requests that mean something do not
 * share a signature. (The parts of a request that was cut in two at such a place cannot be told
 * from parameters that were meant: whoever signs must not sign it, and libbursar does not.)
 * Billing, which reads only, is as the cloud has it. Owns nothing. Thread: the worker's. */
#include "api/action.h"

/* As SignedHeaders lists it. Nothing is covered that way by a v1 signature. */
static bool is_covered(const struct exchange *exchange, struct slice name)
{
    if (exchange->envelope.form != ENVELOPE_TC3)
        return false;
    struct slice names = exchange->authorization.signed_headers;
    while (names.len > 0)
        if (slice_equal_nocase(slice_cut(names, ';', &names), name))
            return true;
    return false;
}

static bool is_of_bursar(struct slice name)
{
    const struct slice prefix = SLICE("x-bursar-");
    return name.len >= prefix.len && slice_equal_nocase(slice_of(name.at, prefix.len), prefix);
}

static bool refuse_uncovered(struct exchange *exchange, struct slice header)
{
    return exchange_refuse_word(exchange, ERROR_NOT_COVERED, header);
}

static bool is_write_covered(struct exchange *exchange)
{
    const struct slice action = SLICE("x-tc-action");
    if (slice_equal(exchange->envelope.content_sha256, SLICE("UNSIGNED-PAYLOAD")))
        return exchange_refuse(exchange, ERROR_PAYLOAD_NOT_COVERED);
    return is_covered(exchange, action) || refuse_uncovered(exchange, action);
}

bool exchange_is_covered(struct exchange *exchange)
{
    const struct http1_request *request = exchange->request;
    if (!slice_equal(exchange->served->product->name, SLICE("bursar")))
        return true;
    if (exchange->action->prepare && exchange->envelope.form == ENVELOPE_TC3 &&
        !is_write_covered(exchange))
        return false;
    for (uint32_t i = 0; i < request->field_count; i++) {
        struct slice name = request->fields[i].name;
        if (is_of_bursar(name) && !is_covered(exchange, name))
            return refuse_uncovered(exchange, name);
    }
    return true;
}

/* MemberUins.0 is of MemberUins. */
static bool is_parameter(const struct exchange *exchange, struct slice name)
{
    struct slice rest;
    return request_is_common(name) ||
           parameters_find(&exchange->action->input, slice_cut(name, '.', &rest));
}

static bool refuse_ambiguous(struct exchange *exchange, struct slice parameter, struct slice name)
{
    exchange->complaint =
        (struct complaint){.error = ERROR_VALUE_AMBIGUOUS, .words = {parameter, name}};
    return false;
}

static bool check_values(struct exchange *exchange)
{
    const struct envelope *envelope = &exchange->envelope;
    for (size_t i = 0; i < envelope->signed_pair_count; i++) {
        const struct field *pair = &envelope->signed_pairs[i];
        struct slice name, rest = pair->value;
        while (v1_next_pair(&rest, &name))
            if (is_parameter(exchange, name))
                return refuse_ambiguous(exchange, pair->name, name);
    }
    return true;
}

bool exchange_cover(struct exchange *exchange)
{
    if (exchange->envelope.form == ENVELOPE_V1 && exchange->action->prepare &&
        !check_values(exchange))
        return false;
    return !exchange->exposed || exchange->worker->api->options.trust_plain_http ||
           exchange_is_covered(exchange);
}
