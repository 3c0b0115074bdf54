/* Why a signature does not fit: the commonest cause of all is a proxy that changes Host, which no
 * client can see.
 *
 * 1. What a stranger can make this cost is bounded: three names, each tried in one form, over a
 *    head, a body and parameters of a few kB; anything larger gets no hint.
 * 2. Nothing is hashed for a key that is not known.
 *
 * Owns nothing. Thread: the worker's. */
#include "api/action.h"
#include "codec/timestamp.h"

enum {
    BODY_BYTES_MAX = 4096,
    HEAD_BYTES_MAX = 4096, /* fields and query */
    PAIRS_MAX = 128,       /* of signature v1 */
    HOST_BYTES_MAX = 96,
    REGION_MAX = 32,
};

/* The host names of the product: those of both editions, and of a region, as the SDKs' breaker
 * takes when it has given up the others. */
enum usual_host { HOST_MAINLAND, HOST_INTERNATIONAL, HOST_OF_REGION, HOSTS };

static struct slice region_of(const struct exchange *exchange)
{
    struct slice region = exchange->envelope.region;
    bool is_region = region.len > 0 && region.len <= REGION_MAX;
    for (size_t i = 0; is_region && i < region.len; i++)
        is_region = (region.at[i] >= 'a' && region.at[i] <= 'z') ||
                    (region.at[i] >= '0' && region.at[i] <= '9') || region.at[i] == '-';
    return is_region ? region : SLICE("ap-guangzhou");
}

static void write_host(const struct exchange *exchange, struct slice service, enum usual_host host,
                       struct buffer *out)
{
    buffer_append(out, service);
    if (host == HOST_INTERNATIONAL)
        BUFFER_LITERAL(out, ".intl");
    if (host == HOST_OF_REGION) {
        buffer_char(out, '.');
        buffer_append(out, region_of(exchange));
    }
    BUFFER_LITERAL(out, ".tencentcloudapi.com");
}

/* The header fields with another Host. */
static const struct field *fields_with_host(struct exchange *exchange, struct slice host)
{
    const struct http1_request *request = exchange->request;
    struct field *fields = arena_take_array(exchange->arena, request->field_count, sizeof *fields);
    for (uint32_t i = 0; fields && i < request->field_count; i++) {
        fields[i] = request->fields[i];
        if (http1_is_named(fields[i].name, SLICE("host")))
            fields[i].value = host;
    }
    return fields;
}

static bool fits_tc3(struct exchange *exchange, const struct hmac_key *hmac, struct slice host)
{
    char hash_hex[2 * SHA256_SIZE], expected[2 * SHA256_SIZE];
    struct tc3_request request;
    struct crypto *crypto = exchange->worker->crypto;
    struct buffer *scratch = &exchange->worker->scratch;
    authenticate_tc3_request(exchange, hash_hex, &request);
    request.host = host;
    request.headers = fields_with_host(exchange, host);
    buffer_clear(scratch);
    if (!request.headers || !tc3_canonical_request(&request, TC3_AS_SENT, scratch))
        return false;
    size_t canonical_len = scratch->len;
    tc3_string_to_sign(crypto, &request, buffer_slice(scratch), scratch);
    if (!buffer_ok(scratch))
        return false;
    tc3_sign(crypto, hmac, slice_of(scratch->at + canonical_len, scratch->len - canonical_len),
             expected);
    return constant_time_equal(exchange->authorization.signature,
                               slice_of(expected, sizeof expected));
}

static bool fits_v1(struct exchange *exchange, const struct hmac_key *hmac, struct slice host)
{
    struct v1_request request;
    authenticate_v1_request(exchange, &request);
    request.host = host;
    return v1_verify(exchange->worker->crypto, hmac, &request, exchange->envelope.signature,
                     &exchange->worker->arena, &exchange->worker->scratch);
}

static bool is_of_today(const struct exchange *exchange)
{
    enum { DATE_BYTES = 10 };
    char date[DATE_BYTES];
    int64_t then = (int64_t)exchange->envelope.unix_seconds, now = exchange->now_us / 1000000;
    int64_t skew = now > then ? now - then : then - now;
    if (skew > exchange->worker->api->options.skew_seconds_max)
        return false;
    timestamp_print_date(date, then);
    return slice_equal(exchange->authorization.date, slice_of(date, sizeof date));
}

/* The refusal may be Host's fault; then `*ret_error` is how it is put instead. */
static bool is_about_host(const struct exchange *exchange, enum error *ret_error)
{
    const struct complaint *complaint = &exchange->complaint;
    *ret_error = ERROR_SIGNATURE_HOST;
    if (complaint->error == ERROR_SIGNATURE_WRONG)
        return true;
    *ret_error = ERROR_AUTHORIZATION_HOST;
    return complaint->error == ERROR_AUTHORIZATION_PART &&
           slice_equal(complaint->words[0], SLICE("Service")) && is_of_today(exchange);
}

/* The product whose hosts are meant; NULL: none that is known. */
static const struct product *meant_product(const struct exchange *exchange)
{
    const struct api_products *products = &exchange->worker->api->world.products;
    const struct api_product *served = exchange->served ? exchange->served : &products->at[0];
    if (exchange->envelope.form == ENVELOPE_TC3)
        served = products_find(products, exchange->authorization.service);
    return served ? served->product : NULL;
}

static bool is_small(const struct exchange *exchange)
{
    const struct http1_request *request = exchange->request;
    size_t head_bytes = request->query.len;
    for (uint32_t i = 0; i < request->field_count; i++)
        head_bytes += request->fields[i].name.len + request->fields[i].value.len;
    return request->body.len <= BODY_BYTES_MAX && head_bytes <= HEAD_BYTES_MAX &&
           exchange->envelope.signed_pair_count <= PAIRS_MAX;
}

bool host_hint(struct exchange *exchange)
{
    enum error error;
    bool is_tc3 = exchange->envelope.form == ENVELOPE_TC3;
    if (!is_about_host(exchange, &error) || !is_small(exchange))
        return false;
    const struct product *product = meant_product(exchange);
    const struct hmac_key *hmac = product ? authenticate_hmac(exchange) : NULL;
    char *memory = hmac ? arena_take(exchange->arena, HOST_BYTES_MAX) : NULL;
    for (unsigned each = 0; memory && each < HOSTS; each++) {
        struct buffer host;
        buffer_init_fixed(&host, memory, HOST_BYTES_MAX);
        write_host(exchange, product->name, (enum usual_host)each, &host);
        if (!buffer_ok(&host) ||
            !(is_tc3 ? fits_tc3 : fits_v1)(exchange, hmac, buffer_slice(&host)))
            continue;
        exchange->complaint = (struct complaint){
            .error = error, .words = {buffer_slice(&host), exchange->request->host}};
        break;
    }
    return false;
}
