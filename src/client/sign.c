/* A call as a signed request: TC3 (POST JSON) or v1 (POST form), protocol sections 1 and 2.
 *
 * Owns: nothing but what hangs on client->request. Invariants:
 * 1. After request_sign the view's texts are zero-terminated and stay until the next one.
 * 2. A TC3 signature covers every header that says what is asked for: who stands in between on
 *    plain HTTP makes no other call of a signed one.
 * 3. A v1 signature of a call that changes something is that of one set of parameters: the string
 *    to sign is not escaped, so a value that could be read as a further parameter is refused.
 *
 * The client's thread. */
#include "base/check.h"
#include "client/client.h"
#include "codec/form.h"
#include "codec/timestamp.h"
#include "crypto/tc3.h"
#include "crypto/v1.h"

enum { SERVICE_BYTES_MAX = 63, NAME_BYTES_MAX = 128, COVERED_MAX = 5, NAMES_BYTES_MAX = 80 };

static const int64_t timestamp_max = 253402300799; /* the end of the year 9999 */

static const struct slice json_type = {"application/json", sizeof("application/json") - 1};
static const struct slice form_type = {"application/x-www-form-urlencoded",
                                       sizeof("application/x-www-form-urlencoded") - 1};
#define REQUEST_CLIENT SLICE("LIBBURSAR_" BURSAR_VERSION)

static bool is_name(struct slice text, size_t len_max, const char *more)
{
    for (size_t i = 0; i < text.len; i++) {
        char lower = ascii_lower(text.at[i]);
        if (!(lower >= 'a' && lower <= 'z') && !(lower >= '0' && lower <= '9') &&
            !strchr(more, lower))
            return false;
    }
    return text.len > 0 && text.len <= len_max;
}

/* It changes nothing, by its verb. */
static bool action_is_read(struct slice action)
{
    return slice_starts_with(action, SLICE("Describe")) ||
           slice_starts_with(action, SLICE("Get")) || slice_starts_with(action, SLICE("List")) ||
           slice_starts_with(action, SLICE("Query"));
}

static enum bursar_result check_call(struct bursar_client *client, const struct call *call,
                                     int64_t timestamp)
{
    const char *error = NULL;
    if (!is_name(call->service, SERVICE_BYTES_MAX, "-"))
        error = "the service is not a name of letters and digits";
    else if (!is_name(call->version, NAME_BYTES_MAX, "-"))
        error = "the version is not a date like 2018-07-09";
    else if (!is_name(call->action, NAME_BYTES_MAX, "_"))
        error = "the action is not a name of letters and digits";
    else if (timestamp < 0 || timestamp > timestamp_max)
        error = "the timestamp is outside the years 1970 to 9999";
    if (error)
        return client_fail(client, BURSAR_USAGE, "%s", error);
    struct parameters_traits traits = {false, false};
    enum bursar_result result = parameters_check(client, call->parameters, &traits);
    bool is_read = traits.is_dry_run || action_is_read(call->action);
    client->request.has_client_token = traits.has_client_token && !is_read;
    client->request.may_come_twice = traits.has_client_token || is_read;
    return result;
}

static void buffer_wipe(struct buffer *buffer)
{
    if (buffer->cap > 0)
        wipe(buffer->at, buffer->cap);
    buffer_clear(buffer);
}

static void request_reset(struct signed_request *request)
{
    buffer_clear(&request->url);
    buffer_clear(&request->canonical);
    buffer_clear(&request->signature);
    buffer_wipe(&request->to_sign);
    buffer_wipe(&request->body);
    buffer_wipe(&request->header_text);
    request->header_count = 0;
}

void request_done(struct signed_request *request)
{
    buffer_wipe(&request->body);
    buffer_wipe(&request->to_sign);
    buffer_wipe(&request->header_text);
    buffer_done(&request->url);
    buffer_done(&request->body);
    buffer_done(&request->canonical);
    buffer_done(&request->to_sign);
    buffer_done(&request->signature);
    buffer_done(&request->header_text);
}

/* Host in lower case: the option's, the endpoint's, or the one that names the service. */
static struct slice host_of(struct bursar_client *client, struct slice service)
{
    struct slice given = slice_text(client->host ? client->host : client->endpoint.host);
    struct slice domain = given.len > 0 ? SLICE_NONE : SLICE(".tencentcloudapi.com");
    struct slice name = given.len > 0 ? given : service;
    char *host = arena_take(&client->arena, name.len + domain.len);
    if (!host)
        return SLICE_NONE;
    for (size_t i = 0; i < name.len; i++)
        host[i] = ascii_lower(name.at[i]);
    if (domain.len > 0)
        memcpy(host + name.len, domain.at, domain.len);
    return slice_of(host, name.len + domain.len);
}

static void add_header(struct signed_request *request, struct slice name, struct slice value)
{
    CHECK(request->header_count < HEADERS_MAX);
    request->header_starts[request->header_count++] = request->header_text.len;
    buffer_append(&request->header_text, name);
    BUFFER_LITERAL(&request->header_text, ": ");
    buffer_append(&request->header_text, value);
    buffer_char(&request->header_text, '\0');
}

static void add_option(struct signed_request *request, struct slice name, const char *value)
{
    if (value)
        add_header(request, name, slice_text(value));
}

/* At NULL when it is not asked for. */
static struct slice as_of(const struct bursar_client *client, const struct call *call)
{
    return slice_equal(call->service, SLICE("billing")) ? slice_text(client->as_of) : SLICE_NONE;
}

/* The headers that a TC3 signature covers, in the order of their names, and the list of these. */
struct covered {
    struct field headers[COVERED_MAX];
    size_t count;
    struct buffer names; /* "content-type;host;..." */
    char names_memory[NAMES_BYTES_MAX];
};

static void cover(struct covered *covered, struct slice name, struct slice value)
{
    CHECK(covered->count < COVERED_MAX);
    covered->headers[covered->count++] = (struct field){name, value};
    if (covered->names.len > 0)
        buffer_char(&covered->names, ';');
    for (size_t i = 0; i < name.len; i++)
        buffer_char(&covered->names, ascii_lower(name.at[i]));
}

static void cover_headers(const struct bursar_client *client, const struct call *call,
                          struct slice host, struct covered *ret_covered)
{
    ret_covered->count = 0;
    buffer_init_fixed(&ret_covered->names, ret_covered->names_memory,
                      sizeof ret_covered->names_memory);
    cover(ret_covered, SLICE("Content-Type"), json_type);
    cover(ret_covered, SLICE("Host"), host);
    if (as_of(client, call).at)
        cover(ret_covered, SLICE("X-Bursar-As-Of"), as_of(client, call));
    cover(ret_covered, SLICE("X-TC-Action"), call->action);
    cover(ret_covered, SLICE("X-TC-Version"), call->version);
}

static void add_tc3_headers(struct bursar_client *client, const struct covered *covered,
                            struct slice timestamp)
{
    struct signed_request *request = &client->request;
    for (size_t i = 0; i < covered->count; i++)
        add_header(request, covered->headers[i].name, covered->headers[i].value);
    add_header(request, SLICE("X-TC-Timestamp"), timestamp);
    add_option(request, SLICE("X-TC-Region"), client->region);
    add_option(request, SLICE("X-TC-Language"), client->language);
    add_header(request, SLICE("X-TC-RequestClient"), REQUEST_CLIENT);
    if (client->unsigned_requests)
        return;
    add_option(request, SLICE("X-TC-Token"), client->token);
    if (client->signing == BURSAR_SIGN_TC3_UNSIGNED)
        add_header(request, SLICE("X-TC-Content-SHA256"), SLICE("UNSIGNED-PAYLOAD"));
}

/* Canonical request, string to sign, signature, Authorization. */
static bool authorize(struct bursar_client *client, const struct tc3_request *tc3)
{
    struct signed_request *request = &client->request;
    char hex[2 * SHA256_SIZE];
    struct buffer authorization;
    struct hmac_key *key = tc3_signing_key_new(client->crypto, slice_text(client->secret_key),
                                               tc3->date, tc3->service);
    if (!key || !tc3_canonical_request(tc3, TC3_LOWER_VALUES, &request->canonical)) {
        hmac_key_free(key);
        return false;
    }
    tc3_string_to_sign(client->crypto, tc3, buffer_slice(&request->canonical), &request->to_sign);
    tc3_sign(client->crypto, key, buffer_slice(&request->to_sign), hex);
    hmac_key_free(key);
    buffer_bytes(&request->signature, hex, sizeof hex);

    buffer_init(&authorization, REQUEST_BYTES_MAX);
    tc3_write_authorization(&authorization, slice_text(client->secret_id), tc3->date, tc3->service,
                            tc3->signed_headers, slice_of(hex, sizeof hex));
    add_header(request, SLICE("Authorization"), buffer_slice(&authorization));
    bool ok = buffer_ok(&authorization);
    buffer_done(&authorization);
    return ok;
}

static bool sign_tc3(struct bursar_client *client, const struct call *call, struct slice host,
                     int64_t timestamp)
{
    char digits[24], date[10], hash[2 * SHA256_SIZE];
    struct buffer seconds;
    struct covered covered;
    buffer_init_fixed(&seconds, digits, sizeof digits);
    buffer_i64(&seconds, timestamp);
    timestamp_print_date(date, timestamp);
    buffer_append(&client->request.body, call->parameters);
    cover_headers(client, call, host, &covered);
    add_tc3_headers(client, &covered, buffer_slice(&seconds));
    if (client->unsigned_requests)
        return true;
    sha256_hex(client->crypto, call->parameters, hash);
    struct tc3_request tc3 = {.method = SLICE("POST"),
                              .headers = covered.headers,
                              .header_count = covered.count,
                              .signed_headers = buffer_slice(&covered.names),
                              .payload_hash = slice_of(hash, sizeof hash),
                              .timestamp = buffer_slice(&seconds),
                              .date = slice_of(date, sizeof date),
                              .service = call->service};
    if (client->signing == BURSAR_SIGN_TC3_UNSIGNED)
        tc3.payload_hash = slice_text(tc3_unsigned_payload_hash);
    return authorize(client, &tc3);
}

static void add_field(struct buffer *fields, struct slice name, struct slice value)
{
    struct field pair = {name, value};
    buffer_bytes(fields, &pair, sizeof pair);
}

static void add_optional_field(struct buffer *fields, struct slice name, const char *value)
{
    if (value)
        add_field(fields, name, slice_text(value));
}

/* A positive integer that every server can hold. */
static bool nonce_make(struct bursar_client *client, struct buffer *ret_digits)
{
    uint32_t random;
    if (!status_ok(client->sys->entropy(client->sys->context, &random, sizeof random, NULL)))
        return false;
    buffer_u64(ret_digits, 1 + random % INT32_MAX);
    return true;
}

/* The common parameters of v1; `digits` holds the numbers among them. */
static bool add_common_fields(struct bursar_client *client, const struct call *call,
                              int64_t timestamp, struct buffer *digits, struct buffer *fields)
{
    buffer_i64(digits, timestamp);
    size_t seconds_len = digits->len;
    if (!nonce_make(client, digits))
        return false;
    add_field(fields, SLICE("Action"), call->action);
    add_field(fields, SLICE("Version"), call->version);
    add_field(fields, SLICE("Timestamp"), slice_of(digits->at, seconds_len));
    add_field(fields, SLICE("Nonce"),
              slice_of(digits->at + seconds_len, digits->len - seconds_len));
    add_field(fields, SLICE("RequestClient"), REQUEST_CLIENT);
    add_optional_field(fields, SLICE("Region"), client->region);
    add_optional_field(fields, SLICE("Language"), client->language);
    if (client->unsigned_requests)
        return true;
    add_optional_field(fields, SLICE("Token"), client->token);
    add_field(fields, SLICE("SecretId"), slice_text(client->secret_id));
    add_field(fields, SLICE("SignatureMethod"),
              client->signing == BURSAR_SIGN_SHA256 ? SLICE("HmacSHA256") : SLICE("HmacSHA1"));
    return true;
}

static void write_pair(struct buffer *body, struct slice name, struct slice value)
{
    if (body->len > 0)
        buffer_char(body, '&');
    form_encode(body, name);
    buffer_char(body, '=');
    form_encode(body, value);
}

static void write_pairs(struct buffer *body, const struct v1_request *v1)
{
    for (size_t i = 0; i < v1->parameter_count; i++)
        write_pair(body, v1->parameters[i].name, v1->parameters[i].value);
}

/* The parameter whose value holds what could be a further one, if there is such. */
static const struct field *find_ambiguous(const struct v1_request *v1, struct slice *ret_name)
{
    for (size_t i = 0; i < v1->parameter_count; i++) {
        struct slice rest = v1->parameters[i].value;
        if (v1_next_pair(&rest, ret_name))
            return &v1->parameters[i];
    }
    return NULL;
}

static enum bursar_result check_form(struct bursar_client *client, const struct call *call,
                                     const struct v1_request *v1)
{
    struct slice name;
    const struct field *field = client->unsigned_requests || action_is_read(call->action)
                                    ? NULL
                                    : find_ambiguous(v1, &name);
    if (!field)
        return BURSAR_OK;
    return client_fail(client, BURSAR_USAGE,
                       "%.*s holds \"&%.*s=\", which signature v1 does not tell from a further "
                       "parameter: sign with TC3-HMAC-SHA256",
                       SLICE_ARGS(field->name), SLICE_ARGS(name));
}

static bool sign_form(struct bursar_client *client, const struct v1_request *v1)
{
    struct signed_request *request = &client->request;
    if (client->unsigned_requests)
        return true;
    if (!v1_string_to_sign(v1, false, &client->arena, &request->to_sign))
        return false;
    v1_sign(client->crypto, client->signing == BURSAR_SIGN_SHA256 ? DIGEST_SHA256 : DIGEST_SHA1,
            slice_text(client->secret_key), buffer_slice(&request->to_sign), &request->signature);
    write_pair(&request->body, SLICE("Signature"), buffer_slice(&request->signature));
    return true;
}

static enum bursar_result fail_room(struct bursar_client *client)
{
    return client_fail(client, BURSAR_MEMORY, "the request does not fit in memory, or in %d MiB",
                       REQUEST_BYTES_MAX >> 20);
}

/* `fields` is a buffer of struct field, whose memory malloc has aligned. */
static enum bursar_result write_form(struct bursar_client *client, const struct call *call,
                                     struct slice host, const struct buffer *fields)
{
    struct v1_request v1 = {SLICE("POST"), host, (const struct field *)(const void *)fields->at,
                            fields->len / sizeof(struct field)};
    enum bursar_result result = check_form(client, call, &v1);
    if (result != BURSAR_OK)
        return result;
    write_pairs(&client->request.body, &v1);
    return sign_form(client, &v1) ? BURSAR_OK : fail_room(client);
}

static enum bursar_result sign_v1(struct bursar_client *client, const struct call *call,
                                  struct slice host, int64_t timestamp)
{
    char memory[64];
    struct buffer digits, fields;
    buffer_init_fixed(&digits, memory, sizeof memory);
    buffer_init(&fields, REQUEST_BYTES_MAX);
    bool ok = add_common_fields(client, call, timestamp, &digits, &fields) &&
              parameters_flatten(client, call->parameters, &fields) && buffer_ok(&fields);
    enum bursar_result result = ok ? write_form(client, call, host, &fields) : fail_room(client);
    buffer_done(&fields);
    add_header(&client->request, SLICE("Host"), host);
    add_header(&client->request, SLICE("Content-Type"), form_type);
    if (as_of(client, call).at)
        add_header(&client->request, SLICE("X-Bursar-As-Of"), as_of(client, call));
    return result;
}

/* Zero-terminates without counting the zero. */
static const char *terminate(struct buffer *text)
{
    buffer_char(text, '\0');
    if (!buffer_ok(text))
        return "";
    text->len--;
    return text->at;
}

static bool request_finish(struct signed_request *request)
{
    request->view = (struct bursar_signed_request){
        .method = "POST",
        .url = terminate(&request->url),
        .headers = request->headers,
        .header_count = request->header_count,
        .body = terminate(&request->body),
        .body_len = request->body.len,
        .canonical_request = terminate(&request->canonical),
        .string_to_sign = terminate(&request->to_sign),
        .signature = terminate(&request->signature),
    };
    if (!buffer_ok(&request->header_text) || !buffer_ok(&request->url) ||
        !buffer_ok(&request->body) || !buffer_ok(&request->canonical) ||
        !buffer_ok(&request->to_sign) || !buffer_ok(&request->signature))
        return false;
    for (size_t i = 0; i < request->header_count; i++)
        request->headers[i] = request->header_text.at + request->header_starts[i];
    return true;
}

/* Room enough that what holds the token is not moved about, leaving copies that nobody wipes. */
static void reserve(struct bursar_client *client, size_t parameters_len)
{
    size_t size = 2048 + 3 * (parameters_len + (client->token ? strlen(client->token) : 0));
    (void)buffer_reserve(&client->request.body, size);
    (void)buffer_reserve(&client->request.to_sign, size);
    (void)buffer_reserve(&client->request.header_text, size);
}

enum bursar_result request_sign(struct bursar_client *client, const struct call *call,
                                int64_t timestamp)
{
    struct signed_request *request = &client->request;
    enum bursar_result result = check_call(client, call, timestamp);
    if (result != BURSAR_OK)
        return result;
    request_reset(request);
    reserve(client, call->parameters.len);
    buffer_text(&request->url, client->endpoint.url);
    struct slice host = host_of(client, call->service);
    if (!host.at)
        return fail_room(client);
    if (client->signing == BURSAR_SIGN_SHA1 || client->signing == BURSAR_SIGN_SHA256)
        result = sign_v1(client, call, host, timestamp);
    else if (!sign_tc3(client, call, host, timestamp))
        result = fail_room(client);
    if (result == BURSAR_OK && !request_finish(request))
        result = fail_room(client);
    return result;
}

enum bursar_result bursar_sign(struct bursar_client *client, const char *service,
                               const char *version, const char *action, const char *parameters,
                               int64_t timestamp, const struct bursar_signed_request **ret_request)
{
    struct call call = {slice_text(service), slice_text(version), slice_text(action),
                        slice_text(parameters ? parameters : "{}")};
    client_reset(client);
    enum bursar_result result = request_sign(client, &call, timestamp);
    if (result == BURSAR_OK)
        *ret_request = &client->request.view;
    return result;
}
