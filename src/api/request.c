/* From a parsed HTTP request to its common parameters (protocol sections 1.2, 1.3, 2, 3.3), and,
 * once the action is known, to that action's parameters.
 *
 * 1. Header fields are looked at once; names are told apart by length first.
 * 2. A body that nobody signed is not parsed; of a form of many pairs the key is looked for first,
 *    and nothing else is read for one that is not known.
 *
 * Owns nothing: decoded text lives in the worker's arena, or the call's for a write. Thread: the
 * worker's. */
#include "api/action.h"
#include "codec/form.h"
#include "codec/multipart.h"
#include "codec/timestamp.h"

/* The media type without its parameters. */
static struct slice media_type(struct slice content_type)
{
    struct slice rest;
    return slice_trim(slice_cut(content_type, ';', &rest));
}

static bool is_signed_by_header(const struct envelope *envelope)
{
    return envelope->authorization.at || envelope->action.at || envelope->version.at ||
           envelope->timestamp.at;
}

/* ---- headers ---- */

struct header_slot {
    struct slice *value;
    const char *name; /* as documented, for messages */
};

static const struct header_slot no_slot = {NULL, NULL};

/* Which common parameter a header is; they are told by length first. */
static inline struct header_slot header_slot(struct envelope *envelope, struct slice name)
{
    switch (name.len) {
    case 10:
        if (http1_is_named(name, SLICE("x-tc-token")))
            return (struct header_slot){&envelope->token, "X-TC-Token"};
        break;
    case 11:
        if (http1_is_named(name, SLICE("x-tc-action")))
            return (struct header_slot){&envelope->action, "X-TC-Action"};
        if (http1_is_named(name, SLICE("x-tc-region")))
            return (struct header_slot){&envelope->region, "X-TC-Region"};
        break;
    case 12:
        if (http1_is_named(name, SLICE("x-tc-version")))
            return (struct header_slot){&envelope->version, "X-TC-Version"};
        break;
    case 13:
        if (http1_is_named(name, SLICE("authorization")))
            return (struct header_slot){&envelope->authorization, "Authorization"};
        if (http1_is_named(name, SLICE("x-tc-language")))
            return (struct header_slot){&envelope->language, "X-TC-Language"};
        break;
    case 14:
        if (http1_is_named(name, SLICE("x-tc-timestamp")))
            return (struct header_slot){&envelope->timestamp, "X-TC-Timestamp"};
        if (http1_is_named(name, SLICE("x-bursar-as-of")))
            return (struct header_slot){&envelope->as_of, "X-Bursar-As-Of"};
        break;
    case 16:
        if (http1_is_named(name, SLICE("x-bursar-product")))
            return (struct header_slot){&envelope->product, "X-Bursar-Product"};
        break;
    case 19:
        if (http1_is_named(name, SLICE("x-tc-content-sha256")))
            return (struct header_slot){&envelope->content_sha256, "X-TC-Content-SHA256"};
        break;
    default:
        break;
    }
    return no_slot;
}

/* All are read before one is refused, so that the refusal is in the language asked for. */
static bool gather_headers(struct exchange *exchange)
{
    const struct http1_request *request = exchange->request;
    const char *repeated = NULL;
    for (uint32_t i = 0; i < request->field_count; i++) {
        const struct field *field = &request->fields[i];
        struct header_slot slot = header_slot(&exchange->envelope, field->name);
        if (!slot.value)
            continue;
        if (slot.value->at && !repeated)
            repeated = slot.name;
        *slot.value = field->value.at ? field->value : SLICE("");
    }
    exchange->chinese = slice_equal(exchange->envelope.language, SLICE("zh-CN"));
    return !repeated ||
           exchange_refuse_word(exchange, ERROR_PARAMETER_REPEATED, slice_text(repeated));
}

/* ---- method, content type, size ---- */

static bool gather_body_kind(struct exchange *exchange)
{
    const struct http1_request *request = exchange->request;
    struct slice type = media_type(request->content_type);
    struct envelope *envelope = &exchange->envelope;
    bool is_get = http1_is_get(request);
    if (request->method == HTTP1_OTHER && !is_get)
        return exchange_refuse(exchange, ERROR_UNSUPPORTED_METHOD);
    if (request->query.len > exchange->worker->api->options.query_bytes_max)
        return exchange_refuse(exchange, ERROR_REQUEST_TOO_LARGE);
    if (is_get)
        envelope->body = BODY_NONE;
    else if (slice_equal_nocase(type, SLICE("application/json")))
        envelope->body = BODY_JSON;
    else if (slice_equal_nocase(type, SLICE("multipart/form-data")))
        envelope->body = BODY_MULTIPART;
    else if (slice_equal_nocase(type, SLICE("application/x-www-form-urlencoded")))
        envelope->body = BODY_FORM;
    else
        return exchange_refuse_word(exchange, ERROR_UNSUPPORTED_CONTENT_TYPE, type);
    return true;
}

/* ---- pairs of a query or form ---- */

static struct slice *pair_slot(struct envelope *envelope, struct slice name)
{
    static const struct {
        struct slice name;
        size_t offset;
    } common[] = {
        {{"Action", 6}, offsetof(struct envelope, action)},
        {{"Version", 7}, offsetof(struct envelope, version)},
        {{"Timestamp", 9}, offsetof(struct envelope, timestamp)},
        {{"Nonce", 5}, offsetof(struct envelope, nonce)},
        {{"SecretId", 8}, offsetof(struct envelope, secret_id)},
        {{"Signature", 9}, offsetof(struct envelope, signature)},
        {{"SignatureMethod", 15}, offsetof(struct envelope, signature_method)},
        {{"Token", 5}, offsetof(struct envelope, token)},
        {{"Language", 8}, offsetof(struct envelope, language)},
        {{"Region", 6}, offsetof(struct envelope, region)},
    };
    for (size_t i = 0; i < sizeof common / sizeof common[0]; i++) {
        if (slice_equal(name, common[i].name))
            return (struct slice *)(void *)((char *)envelope + common[i].offset);
    }
    return NULL;
}

bool request_is_common(struct slice name)
{
    struct envelope unused;
    return pair_slot(&unused, name) || slice_equal(name, SLICE("RequestClient"));
}

/* What means something needs more bytes a pair than a form has. */
enum { PAIRS_MAX = 65536 };

static size_t count_pairs(struct slice text)
{
    size_t count = 2; /* the last one, and room for the end */
    for (size_t i = 0; i < text.len; i++)
        count += text.at[i] == '&';
    return count;
}

/* One pair; clients send bare common parameters ("Region") for empty ones, nothing else bare. */
static bool accept_pair(struct exchange *exchange, enum form_result result,
                        const struct field *pair, bool common_allowed)
{
    switch (result) {
    case FORM_PAIR:
    case FORM_END:
        return true;
    case FORM_NO_EQUALS:
        return (common_allowed && request_is_common(pair->name)) ||
               exchange_refuse(exchange, ERROR_URL_PAIR);
    case FORM_EMPTY_KEY:
        return exchange_refuse(exchange, ERROR_EMPTY_KEY);
    case FORM_BAD_ESCAPE:
        return exchange_refuse(exchange, ERROR_URL_PAIR);
    case FORM_NO_MEMORY:
        break;
    }
    return exchange_refuse(exchange, ERROR_INTERNAL);
}

struct slice request_find_secret_id(struct slice pairs, bool goes_on, struct arena *arena,
                                    size_t *seen)
{
    const struct slice mark = SLICE("&SecretId="); /* the first pair has no '&' before it */
    bool is_first = slice_starts_with(pairs, slice_of(mark.at + 1, mark.len - 1));
    if (!is_first) {
        if (pairs.len - *seen < mark.len)
            return SLICE_NONE;
        const char *at = memmem(pairs.at + *seen, pairs.len - *seen, mark.at, mark.len);
        *seen = at ? (size_t)(at - pairs.at) : pairs.len - mark.len + 1;
        if (!at)
            return SLICE_NONE;
    }
    size_t start = is_first ? 0 : *seen + 1;
    struct field decoded;
    struct slice rest = slice_of(pairs.at + start, pairs.len - start);
    struct slice pair = slice_cut(rest, '&', &rest);
    if (goes_on && !rest.at)
        return SLICE_NONE; /* it may not be all here */
    bool is_read = form_next(&pair, arena, &decoded) == FORM_PAIR && decoded.value.at;
    return is_read ? decoded.value : SLICE("");
}

/* Before many pairs are read: whose key is not known must not cost more than finding that out. */
static bool knows_key_of(struct exchange *exchange, struct slice pairs)
{
    size_t seen = 0;
    exchange->envelope.secret_id =
        request_find_secret_id(pairs, false, &exchange->worker->arena, &seen);
    if (exchange->envelope.secret_id.len == 0)
        return exchange_refuse_word(exchange, ERROR_MISSING_PARAMETER, SLICE("SecretId"));
    bool is_known = authenticate_key(exchange);
    exchange->envelope.secret_id = is_known ? SLICE_NONE : exchange->envelope.secret_id;
    return is_known;
}

/* Of signature v1, whose pairs are decoded and sorted before anything is checked. A query has the
 * fewer, because it costs its sender a head only. */
static bool check_pair_count(struct exchange *exchange, struct slice pairs, bool is_query)
{
    enum { PAIRS_OF_STRANGERS_MAX = 255 };
    size_t count = 0;
    for (struct slice rest = pairs; rest.len > 0 && count <= PAIRS_OF_STRANGERS_MAX; count++)
        (void)slice_cut(rest, '&', &rest);
    if (count <= PAIRS_OF_STRANGERS_MAX)
        return true;
    if (is_query || (pairs.len > PAIRS_MAX && count_pairs(pairs) > PAIRS_MAX))
        return exchange_refuse(exchange, ERROR_REQUEST_TOO_LARGE);
    return knows_key_of(exchange, pairs);
}

/* All pairs of the text, decoded. */
static bool decode_pairs(struct exchange *exchange, struct slice text, bool common_allowed,
                         struct field **ret_pairs, size_t *ret_count)
{
    struct arena *arena = &exchange->worker->arena;
    size_t count = 0, count_max = count_pairs(text);
    if (count_max > PAIRS_MAX)
        return exchange_refuse(exchange, ERROR_REQUEST_TOO_LARGE);
    struct field *pairs = arena_take_array(arena, count_max, sizeof *pairs);
    if (!pairs)
        return exchange_refuse(exchange, ERROR_INTERNAL);
    for (;;) {
        enum form_result result = form_next(&text, arena, &pairs[count]);
        if (!accept_pair(exchange, result, &pairs[count], common_allowed))
            return false;
        if (result == FORM_END)
            break;
        count++;
    }
    *ret_pairs = pairs;
    *ret_count = count;
    return true;
}

/* Parts the action's parameters from the common ones, which may be there once. */
static bool sort_out_pairs(struct exchange *exchange)
{
    struct envelope *envelope = &exchange->envelope;
    envelope->pairs = arena_take_array(&exchange->worker->arena, envelope->signed_pair_count + 1,
                                       sizeof *envelope->pairs);
    if (!envelope->pairs)
        return exchange_refuse(exchange, ERROR_INTERNAL);
    for (size_t i = 0; i < envelope->signed_pair_count; i++) {
        const struct field *pair = &envelope->signed_pairs[i];
        struct slice *slot = pair_slot(envelope, pair->name);
        if (slot && slot->at)
            return exchange_refuse_word(exchange, ERROR_PARAMETER_REPEATED, pair->name);
        if (slot)
            *slot = pair->value.at ? pair->value : SLICE("");
        else if (!request_is_common(pair->name))
            envelope->pairs[envelope->pair_count++] = *pair;
    }
    return true;
}

static bool gather_pairs(struct exchange *exchange)
{
    struct envelope *envelope = &exchange->envelope;
    const struct http1_request *request = exchange->request;
    bool is_get = http1_is_get(request);
    struct slice pairs = is_get ? request->query : request->body;
    if (!is_get && pairs.len > exchange->worker->api->options.form_bytes_max)
        return exchange_refuse(exchange, ERROR_SIGNATURE_TOO_LARGE);
    return check_pair_count(exchange, pairs, is_get) &&
           decode_pairs(exchange, pairs, true, &envelope->signed_pairs,
                        &envelope->signed_pair_count) &&
           sort_out_pairs(exchange);
}

/* ---- common parameters ---- */

struct needed {
    const char *name;
    size_t offset;
};

static bool check_needed(struct exchange *exchange, const struct needed *needed, size_t count,
                         enum error error)
{
    for (size_t i = 0; i < count; i++) {
        const char *at = (const char *)&exchange->envelope + needed[i].offset;
        if (((const struct slice *)(const void *)at)->len == 0)
            return exchange_refuse_word(exchange, error, slice_text(needed[i].name));
    }
    return true;
}

static bool check_timestamp(struct exchange *exchange, struct slice name)
{
    struct envelope *envelope = &exchange->envelope;
    uint64_t latest = UINT64_C(253402300799); /* the last second of the year 9999 */
    if (!slice_to_u64(envelope->timestamp, &envelope->unix_seconds) ||
        envelope->unix_seconds > latest)
        return exchange_refuse_word(exchange, ERROR_PARAMETER_FORMAT, name);
    return true;
}

static bool check_language(struct exchange *exchange, struct slice name)
{
    struct slice language = exchange->envelope.language;
    exchange->chinese = slice_equal(language, SLICE("zh-CN"));
    if (language.len == 0 || exchange->chinese || slice_equal(language, SLICE("en-US")))
        return true;
    return exchange_refuse_word(exchange, ERROR_VALUE_UNSUPPORTED, name);
}

static bool check_v1(struct exchange *exchange)
{
    static const struct needed needed[] = {
        {"Timestamp", offsetof(struct envelope, timestamp)},
        {"Nonce", offsetof(struct envelope, nonce)},
        {"SecretId", offsetof(struct envelope, secret_id)},
        {"Signature", offsetof(struct envelope, signature)},
        {"Action", offsetof(struct envelope, action)},
        {"Version", offsetof(struct envelope, version)},
    };
    const struct envelope *envelope = &exchange->envelope;
    uint64_t nonce;
    if (!check_language(exchange, SLICE("Language")) ||
        !check_needed(exchange, needed, sizeof needed / sizeof needed[0],
                      ERROR_MISSING_PARAMETER) ||
        !check_timestamp(exchange, SLICE("Timestamp")))
        return false;
    if (!slice_to_u64(envelope->nonce, &nonce))
        return exchange_refuse(exchange, ERROR_NONCE_TYPE);
    struct slice method = envelope->signature_method;
    if (method.len > 0 && !slice_equal(method, SLICE("HmacSHA1")) &&
        !slice_equal(method, SLICE("HmacSHA256")))
        return exchange_refuse_word(exchange, ERROR_VALUE_UNSUPPORTED, SLICE("SignatureMethod"));
    return true;
}

static bool check_tc3(struct exchange *exchange)
{
    static const struct needed needed[] = {
        {"X-TC-Action", offsetof(struct envelope, action)},
        {"X-TC-Version", offsetof(struct envelope, version)},
        {"X-TC-Timestamp", offsetof(struct envelope, timestamp)},
        {"Authorization", offsetof(struct envelope, authorization)},
    };
    struct envelope *envelope = &exchange->envelope;
    if (!check_language(exchange, SLICE("X-TC-Language")) ||
        !check_needed(exchange, needed, sizeof needed / sizeof needed[0], ERROR_MISSING_HEADER) ||
        !check_timestamp(exchange, SLICE("X-TC-Timestamp")))
        return false;
    if (envelope->body == BODY_FORM)
        return exchange_refuse_word(exchange, ERROR_UNSUPPORTED_CONTENT_TYPE,
                                    media_type(exchange->request->content_type));
    return true;
}

static bool check_operator(struct exchange *exchange)
{
    static const struct needed needed[] = {
        {"X-TC-Action", offsetof(struct envelope, action)},
        {"X-TC-Version", offsetof(struct envelope, version)},
    };
    return check_language(exchange, SLICE("X-TC-Language")) &&
           check_needed(exchange, needed, sizeof needed / sizeof needed[0], ERROR_MISSING_HEADER);
}

/* At a glance; of a body that goes on only its beginning is here. */
static bool looks_like_json_object(const struct http1_request *request)
{
    enum { GLANCE_BYTES = 256 };
    struct slice first = request->body, last = request->body;
    bool goes_on = request->chunked || first.len < request->body_bytes;
    if (first.len > GLANCE_BYTES) {
        last = slice_of(first.at + first.len - GLANCE_BYTES, GLANCE_BYTES);
        first.len = GLANCE_BYTES;
    }
    first = slice_trim_lines(first);
    last = slice_trim_lines(last);
    if (request->body.len == 0)
        return goes_on;
    return first.len > 0 && first.at[0] == '{' &&
           (goes_on || (last.len > 0 && last.at[last.len - 1] == '}'));
}

/* A POST that is not signed at all: what is missing depends on its content type. */
static bool refuse_unsigned_post(struct exchange *exchange)
{
    if (!check_language(exchange, SLICE("X-TC-Language")))
        return false;
    if (exchange->envelope.body == BODY_JSON && !looks_like_json_object(exchange->request))
        return exchange_refuse(exchange, ERROR_CONTENT_NOT_JSON);
    return exchange_refuse_word(exchange, ERROR_MISSING_HEADER, SLICE("X-TC-Action"));
}

static bool gather_common(struct exchange *exchange)
{
    struct envelope *envelope = &exchange->envelope;
    if (exchange->trust == API_TRUST_OPERATOR) {
        envelope->form = ENVELOPE_OPERATOR;
        return check_operator(exchange);
    }
    if (is_signed_by_header(envelope)) {
        envelope->form = ENVELOPE_TC3;
        return check_tc3(exchange);
    }
    if (envelope->body == BODY_JSON || envelope->body == BODY_MULTIPART)
        return refuse_unsigned_post(exchange);
    envelope->form = ENVELOPE_V1;
    return true;
}

bool request_gather_head(struct exchange *exchange)
{
    return gather_headers(exchange) && gather_body_kind(exchange) && gather_common(exchange);
}

bool request_gather(struct exchange *exchange)
{
    struct envelope *envelope = &exchange->envelope;
    if (!request_gather_head(exchange))
        return false;
    if (envelope->form != ENVELOPE_V1)
        return true;
    /* A language header may come with an unsigned request; v1's own parameter is another place. */
    envelope->language = envelope->token = envelope->region = SLICE_NONE;
    return gather_pairs(exchange) && check_v1(exchange);
}

/* ---- the action's parameters ---- */

/* Every text part is a pair; the parts of lists and objects hold JSON. */
static bool decode_multipart(struct exchange *exchange, struct field **ret_pairs, size_t *ret_count)
{
    enum { PARTS_MAX = 256 };
    struct multipart_reader reader;
    struct multipart_part part;
    struct slice boundary;
    struct field *pairs = arena_take_array(exchange->arena, PARTS_MAX, sizeof *pairs);
    size_t count = 0;
    if (!pairs)
        return exchange_refuse(exchange, ERROR_INTERNAL);
    if (!multipart_boundary(exchange->request->content_type, &boundary))
        return exchange_refuse(exchange, ERROR_MULTIPART_MALFORMED);
    multipart_reader_init(&reader, exchange->request->body, boundary);
    for (;;) {
        enum multipart_result result = multipart_next(&reader, &part);
        if (result == MULTIPART_END)
            break;
        if (result == MULTIPART_ERROR)
            return exchange_refuse(exchange, ERROR_MULTIPART_MALFORMED);
        if (count == PARTS_MAX)
            return exchange_refuse(exchange, ERROR_REQUEST_TOO_LARGE);
        pairs[count++] = (struct field){part.name, part.body};
    }
    *ret_pairs = pairs;
    *ret_count = count;
    return true;
}

static bool bind_pairs(struct exchange *exchange, struct field *pairs, size_t count, bool json)
{
    return parameters_bind_pairs(&exchange->action->input, pairs, count, json, exchange->arena,
                                 exchange->input, &exchange->complaint);
}

static bool bind_parameters(struct exchange *exchange)
{
    struct envelope *envelope = &exchange->envelope;
    const struct parameters *declared = &exchange->action->input;
    struct field *pairs = envelope->pairs;
    size_t count = envelope->pair_count;
    exchange->input = arena_take_array(exchange->arena, 1, declared->size);
    if (!exchange->input)
        return exchange_refuse(exchange, ERROR_INTERNAL);
    if (envelope->form == ENVELOPE_V1)
        return bind_pairs(exchange, pairs, count, false);
    switch (envelope->body) {
    case BODY_JSON:
        return parameters_bind_json(declared, exchange->request->body, exchange->arena,
                                    exchange->input, &exchange->complaint);
    case BODY_MULTIPART:
        return decode_multipart(exchange, &pairs, &count) &&
               bind_pairs(exchange, pairs, count, true);
    case BODY_NONE:
        return decode_pairs(exchange, exchange->request->query, false, &pairs, &count) &&
               bind_pairs(exchange, pairs, count, false);
    case BODY_FORM:
        return decode_pairs(exchange, exchange->request->body, false, &pairs, &count) &&
               bind_pairs(exchange, pairs, count, false);
    }
    return exchange_refuse(exchange, ERROR_INTERNAL);
}

/* Unix seconds, or RFC 3339. */
static bool read_moment(struct slice text, int64_t *ret_us)
{
    enum { SECOND_US = 1000000 };
    uint64_t seconds, latest = UINT64_C(253402300799); /* the last second of the year 9999 */
    if (!slice_to_u64(text, &seconds))
        return timestamp_parse_rfc3339(text, ret_us);
    if (seconds > latest)
        return false;
    *ret_us = (int64_t)seconds * SECOND_US;
    return true;
}

/* Whether the organisation was there is looked at where it is known. */
static bool bind_as_of(struct exchange *exchange)
{
    struct slice as_of = exchange->envelope.as_of;
    if (!as_of.at)
        return true;
    if (!exchange->action->takes_as_of)
        return exchange_refuse(exchange, ERROR_AS_OF_UNSUPPORTED);
    if (!read_moment(as_of, &exchange->as_of_us) || exchange->as_of_us > exchange->book_us)
        return exchange_refuse_word(exchange, ERROR_VALUE_AS_OF, SLICE("X-Bursar-As-Of"));
    exchange->is_as_of = true;
    return true;
}

bool exchange_bind(struct exchange *exchange)
{
    return bind_parameters(exchange) && bind_as_of(exchange);
}
