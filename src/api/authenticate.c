/* Who asks: from the claimed key to a checked signature (protocol sections 1, 2, 12).
 *
 * 1. A secret is opened only to make a keyed hash, in memory that is wiped.
 * 2. Nothing is hashed for a key that is not known: the answer says that it is not.
 * 3. The book is read inside the gate; what is needed later is copied.
 * Owns nothing. Thread: the worker's. */
#include "api/keys.h"
#include "codec/timestamp.h"

enum { SECRET_BYTES_MAX = 2048 };

/* ---- the scope of a TC3 signature ---- */

static bool refuse_part(struct exchange *exchange, struct slice part)
{
    return exchange_refuse_word(exchange, ERROR_AUTHORIZATION_PART, part);
}

/* False: none of that name is served. */
static bool mean_product(struct exchange *exchange, struct slice name)
{
    exchange->product_name = name;
    exchange->served = products_find(&exchange->worker->api->world.products, name);
    return exchange->served != NULL;
}

/* The product meant: the first label of Host, which the scope must name too. Asked to be lenient
 * (clients pointed at an IP address), any known name will do. */
static bool choose_product(struct exchange *exchange, struct slice claimed)
{
    struct slice label = request_product_label(exchange->request);
    const struct api_options *options = &exchange->worker->api->options;
    bool is_served = mean_product(exchange, label);
    if (slice_equal_nocase(claimed, label) && (is_served || !options->accept_any_service))
        return true;
    if (!options->accept_any_service)
        return refuse_part(exchange, SLICE("Service"));
    exchange->any_service = true;
    return mean_product(exchange, claimed) || mean_product(exchange, label) ||
           mean_product(exchange, exchange->worker->api->world.products.at[0].product->name);
}

/* The UTC date, which is the same for all requests of a day. */
static struct slice date_of(struct api_worker *worker, uint64_t unix_seconds)
{
    enum { SECONDS_PER_DAY = 86400 };
    uint64_t day = unix_seconds / SECONDS_PER_DAY + 1;
    if (worker->day != day)
        timestamp_print_date(worker->date, (int64_t)unix_seconds);
    worker->day = day;
    return slice_of(worker->date, sizeof worker->date);
}

bool authenticate_scope(struct exchange *exchange)
{
    struct envelope *envelope = &exchange->envelope;
    struct tc3_authorization *parts = &exchange->authorization;
    if (envelope->form == ENVELOPE_V1)
        return choose_product(exchange, request_product_label(exchange->request));
    if (tc3_parse_authorization(envelope->authorization, parts) != TC3_OK ||
        parts->signed_header_count > exchange->request->field_count)
        return exchange_refuse(exchange, ERROR_AUTHORIZATION_MALFORMED);
    envelope->secret_id = parts->secret_id;
    if (parts->service.len > SIGNER_SERVICE_MAX)
        return refuse_part(exchange, SLICE("Service"));
    if (!choose_product(exchange, parts->service))
        return false;
    if (!slice_equal(parts->date, date_of(exchange->worker, envelope->unix_seconds)))
        return refuse_part(exchange, SLICE("Date"));
    return true;
}

bool authenticate_clock(struct exchange *exchange)
{
    int64_t now = exchange->now_us / 1000000;
    int64_t then = (int64_t)exchange->envelope.unix_seconds;
    int64_t skew = now > then ? now - then : then - now;
    if (skew > exchange->worker->api->options.skew_seconds_max)
        return exchange_refuse(exchange, ERROR_SIGNATURE_EXPIRED);
    return true;
}

/* ---- the key ---- */

/* Inside the gate. */
static void principal_copy(struct exchange *exchange, const struct key *key)
{
    struct principal *principal = &exchange->principal;
    *principal = (struct principal){
        .key = key,
        .epoch = api_epoch(exchange->worker->api),
        .key_version = key->version,
        .key_made = key->made,
        .organisation = key->organisation,
        .kind = key->principal,
        .is_temporary = key->token_hash.len > 0,
        .has_ended = key->expires_us != 0 && key->expires_us <= exchange->now_us,
        .ends_us = key->expires_us,
        .account = key->account,
        .user = key->user,
    };
    if (principal->is_temporary)
        memcpy(principal->token_hash, key->token_hash.at, SHA256_SIZE);
}

/* A temporary key past its end is known still: its token is what fails. */
bool authenticate_find_key(struct exchange *exchange, struct slice secret_id)
{
    const struct book *book = exchange_book_begin(exchange);
    const struct key *key = book_find_key(book, secret_id);
    bool usable = key && key->enabled;
    if (usable)
        principal_copy(exchange, key);
    exchange->principal.authority = book_authority(book);
    exchange_book_end(exchange);
    return usable && (exchange->principal.is_temporary || !exchange->principal.has_ended);
}

bool authenticate_key(struct exchange *exchange)
{
    return authenticate_find_key(exchange, exchange->envelope.secret_id) ||
           exchange_refuse(exchange, ERROR_SECRET_ID_NOT_FOUND);
}

static struct hmac_key *signer_make(struct crypto *crypto, const struct signer_name *name,
                                    struct slice secret)
{
    switch (name->kind) {
    case SIGNER_TC3:
        return tc3_signing_key_new(crypto, secret, name->date, name->service);
    case SIGNER_V1_SHA1:
        return hmac_key_new(crypto, DIGEST_SHA1, secret);
    case SIGNER_V1_SHA256:
        return hmac_key_new(crypto, DIGEST_SHA256, secret);
    }
    return NULL;
}

/* Opens the secret of the key as it is now; false, with the complaint set, when it cannot be, or
 * the key has changed since. */
static bool secret_open(struct exchange *exchange, struct buffer *out)
{
    struct fault fault;
    struct status status = {STATUS_NOT_FOUND};
    const struct principal *principal = &exchange->principal;
    const struct key *key = principal->key;
    (void)exchange_book_begin(exchange);
    if (principal->epoch == api_epoch(exchange->worker->api) &&
        key->version == principal->key_version)
        status = key_secret_open(exchange->worker->api->world.master_key, key, out, &fault);
    exchange_book_end(exchange);
    return status_ok(status) ||
           exchange_refuse(exchange, status.code == STATUS_MEMORY ? ERROR_MEMORY : ERROR_INTERNAL);
}

static struct signer_name signer_name(const struct exchange *exchange)
{
    const struct envelope *envelope = &exchange->envelope;
    struct signer_name name = {.key = exchange->principal.key,
                               .epoch = exchange->principal.epoch,
                               .key_version = exchange->principal.key_version};
    if (envelope->form == ENVELOPE_TC3) {
        name.date = exchange->authorization.date;
        name.service = exchange->authorization.service;
    } else {
        bool is_sha256 = slice_equal(envelope->signature_method, SLICE("HmacSHA256"));
        name.kind = is_sha256 ? SIGNER_V1_SHA256 : SIGNER_V1_SHA1;
    }
    return name;
}

/* NULL, with the complaint set, when there is none. */
static const struct hmac_key *signer_of(struct exchange *exchange)
{
    struct api_worker *worker = exchange->worker;
    struct signer_name name = signer_name(exchange);
    const struct hmac_key *known = signers_find(&worker->signers, &name);
    if (known)
        return known;
    char memory[SECRET_BYTES_MAX];
    struct buffer secret;
    struct hmac_key *made = NULL;
    buffer_init_fixed(&secret, memory, sizeof memory);
    bool opened = secret_open(exchange, &secret);
    if (opened)
        made = signer_make(worker->crypto, &name, buffer_slice(&secret));
    if (opened && !made)
        (void)exchange_refuse(exchange, ERROR_MEMORY);
    wipe(memory, sizeof memory);
    if (made)
        signers_add(&worker->signers, &name, made);
    return made;
}

const struct hmac_key *authenticate_hmac(struct exchange *exchange)
{
    return authenticate_find_key(exchange, exchange->envelope.secret_id) ? signer_of(exchange)
                                                                         : NULL;
}

/* ---- the signature ---- */

static struct slice payload_of(const struct http1_request *request)
{
    return http1_is_get(request) ? SLICE("") : request->body;
}

void authenticate_tc3_request(struct exchange *exchange, char hash_hex[2 * SHA256_SIZE],
                              struct tc3_request *ret_request)
{
    const struct http1_request *request = exchange->request;
    if (slice_equal(exchange->envelope.content_sha256, SLICE("UNSIGNED-PAYLOAD")))
        memcpy(hash_hex, tc3_unsigned_payload_hash, 2 * SHA256_SIZE);
    else
        sha256_hex(exchange->worker->crypto, payload_of(request), hash_hex);
    *ret_request = (struct tc3_request){
        .method = request->method_text,
        .query = request->query,
        .headers = request->fields,
        .header_count = request->field_count,
        .content_type = request->content_type,
        .host = request->host,
        .signed_headers = exchange->authorization.signed_headers,
        .payload_hash = slice_of(hash_hex, 2 * SHA256_SIZE),
        .timestamp = exchange->envelope.timestamp,
        .date = exchange->authorization.date,
        .service = exchange->authorization.service,
    };
}

void authenticate_v1_request(struct exchange *exchange, struct v1_request *ret_request)
{
    *ret_request = (struct v1_request){
        .method = exchange->request->method_text,
        .host = exchange->request->host,
        .parameters = exchange->envelope.signed_pairs,
        .parameter_count = exchange->envelope.signed_pair_count,
    };
}

/* The client's own hash of the payload, when it sends one, must be right. */
static bool content_hash_fits(const struct exchange *exchange, struct slice computed)
{
    struct slice claimed = exchange->envelope.content_sha256;
    return claimed.len == 0 || slice_equal(claimed, SLICE("UNSIGNED-PAYLOAD")) ||
           slice_equal(claimed, computed);
}

static bool signature_fits(struct exchange *exchange, const struct hmac_key *hmac)
{
    struct api_worker *worker = exchange->worker;
    char hash_hex[2 * SHA256_SIZE];
    struct tc3_request tc3;
    struct v1_request v1;
    if (exchange->envelope.form == ENVELOPE_V1) {
        authenticate_v1_request(exchange, &v1);
        return v1_verify(worker->crypto, hmac, &v1, exchange->envelope.signature, &worker->arena,
                         &worker->scratch);
    }
    authenticate_tc3_request(exchange, hash_hex, &tc3);
    if (!content_hash_fits(exchange, tc3.payload_hash))
        return exchange_refuse(exchange, ERROR_CONTENT_SHA256_WRONG);
    return tc3_verify(worker->crypto, hmac, &tc3, exchange->authorization.signature,
                      &worker->scratch);
}

bool authenticate_signature(struct exchange *exchange)
{
    const struct hmac_key *hmac = signer_of(exchange);
    if (!hmac)
        return false;
    if (signature_fits(exchange, hmac))
        return true;
    if (exchange->complaint.error != ERROR_NONE)
        return false;
    if (!buffer_ok(&exchange->worker->scratch))
        return exchange_refuse_lack(exchange, exchange->worker->scratch.lack);
    if (exchange->worker->arena.lack != LACK_NONE)
        return exchange_refuse_lack(exchange, exchange->worker->arena.lack);
    EXCHANGE_TALLY(exchange->worker, signature_failures);
    return exchange_refuse(exchange, ERROR_SIGNATURE_WRONG);
}

bool authenticate_token(struct exchange *exchange)
{
    const struct principal *principal = &exchange->principal;
    struct slice token = exchange->envelope.token;
    unsigned char hash[SHA256_SIZE];
    if (!principal->is_temporary)
        return token.len == 0 || exchange_refuse(exchange, ERROR_TOKEN_WRONG);
    sha256(exchange->worker->crypto, token, hash);
    bool fits = constant_time_equal(slice_of((const char *)hash, sizeof hash),
                                    slice_of((const char *)principal->token_hash, SHA256_SIZE));
    return (fits && !principal->has_ended) || exchange_refuse(exchange, ERROR_TOKEN_WRONG);
}

/* Through the control socket nobody signs; the operator names the product. */
static bool accept_operator(struct exchange *exchange)
{
    struct slice named = exchange->envelope.product;
    exchange->principal = (struct principal){.is_operator = true};
    (void)mean_product(exchange, named.len > 0 ? named : request_product_label(exchange->request));
    return true;
}

bool exchange_authenticate(struct exchange *exchange)
{
    exchange->is_authentic = exchange->trust == API_TRUST_OPERATOR
                                 ? accept_operator(exchange)
                                 : authenticate_scope(exchange) && authenticate_clock(exchange) &&
                                       authenticate_key(exchange) &&
                                       authenticate_signature(exchange) &&
                                       authenticate_token(exchange);
    return exchange->is_authentic;
}
