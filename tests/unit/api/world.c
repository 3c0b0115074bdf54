/* The test world; see world.h. */
#include "world.h"

#include "../counted.h"

#include "codec/json.h"
#include "codec/timestamp.h"
#include "crypto/tc3.h"
#include "crypto/v1.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

void world_set_us(struct world *world, int64_t us)
{
    put_clock_put(&world->clock, PUT_CLOCK_FROZEN, us);
}

void world_set_seconds(struct world *world, int64_t seconds)
{
    world_set_us(world, seconds * 1000000);
}

static void world_start(struct world *world, const struct api_options *options)
{
    static const struct committer_options watched = {.clock_jump_max_us = 3600 * INT64_C(1000000)};
    struct fault fault = {""};
    struct api_options defaults = API_OPTIONS_DEFAULT;
    world->book = book_new(1);
    assert_non_null(world->book);
    if (!status_ok(journal_load(world->journal, world->book, &fault)))
        fail_msg("%s", fault.text);
    gate_init(&world->gate);
    world->hold_slot = gate_register(&world->gate);
    assert_true(status_ok(committer_start(&world->sys, world->journal, world->book, &world->gate,
                                          &watched, &fault, &world->committer)));
    assert_true(status_ok(historian_start(&world->sys, world->journal, &world->gate, NULL, &fault,
                                          &world->historian)));
    struct api_world api_world = {.products = api_own_products,
                                  .sys = &world->sys,
                                  .book = world->book,
                                  .gate = &world->gate,
                                  .committer = world->committer,
                                  .historian = world->historian,
                                  .master_key = world->master_key};
    if (!status_ok(api_new(&api_world, options ? options : &defaults, &fault, &world->api)))
        fail_msg("%s", fault.text);
    world->worker = api_worker_new(world->api);
    assert_non_null(world->worker);
}

void world_open(struct world *world, const struct api_options *options)
{
    world_open_with_token(world, options, NULL);
}

void world_open_with_token(struct world *world, const struct api_options *options,
                           const char *token)
{
    world_open_on(world, journal_open_memory(), options, token);
}

void world_open_on(struct world *world, struct journal *journal, const struct api_options *options,
                   const char *token)
{
    char key[512];
    memset(world, 0, sizeof *world);
    memset(world->master_key, 7, sizeof world->master_key);
    put_clock_init(&world->clock, sys_real());
    world->sys = world->clock.sys;
    world_set_seconds(world, START_S);
    buffer_init(&world->out, 64 << 20);
    buffer_init(&world->text, 64 << 20);
    world->journal = journal;
    assert_non_null(world->journal);
    world_start(world, options);
    world_must(world, "CreateOrganization", "{\"Name\":\"seed\",\"OwnerUin\":\"" OWNER "\"}");
    snprintf(key, sizeof key,
             "{\"SecretId\":\"" EXAMPLE_ID "\",\"SecretKey\":\"" EXAMPLE_SECRET
             "\",\"Token\":\"%s\"}",
             token ? token : "");
    world_must(world, "CreateKey", key);
    world_must(world, "CreateMembers",
               "{\"Members\":[{\"MemberUin\":\"" SEED_MEMBER
               "\",\"MemberName\":\"kleinerwang_test\",\"RealBalance\":36365911,"
               "\"CashAccountBalance\":36365911}]}");
}

static void world_stop(struct world *world)
{
    struct fault fault;
    api_worker_free(world->worker);
    assert_true(status_ok(committer_stop(world->committer, &fault)));
    historian_stop(world->historian);
    api_free(world->api);
    book_free(world->book);
    gate_done(&world->gate);
}

void world_restart(struct world *world)
{
    world_stop(world);
    world_start(world, NULL);
}

void world_close(struct world *world)
{
    world_stop(world);
    put_clock_done(&world->clock);
    journal_close(world->journal);
    buffer_done(&world->out);
    buffer_done(&world->text);
}

/* ---- requests ---- */

static bool body_read(struct slice rest, const struct http1_request *request, struct buffer *body)
{
    if (!request->chunked) {
        buffer_append(body, slice_of(rest.at, request->body_bytes));
        return rest.len >= request->body_bytes;
    }
    struct http1_chunked decoder = {0};
    size_t decoded;
    buffer_append(body, rest);
    struct http1_verdict verdict =
        http1_chunked_decode(&decoder, body->at, body->len, 10 << 20, &decoded);
    body->len = decoded;
    return verdict.progress == HTTP1_DONE;
}

bool request_read(struct slice bytes, struct buffer *body, struct http1_request *ret_request)
{
    struct http1_limits limits = HTTP1_LIMITS_DEFAULT;
    size_t scanned = 0;
    limits.line_bytes_max = limits.head_bytes_max = 1 << 20;
    struct http1_verdict verdict = http1_parse_head(bytes, &limits, &scanned, ret_request);
    if (verdict.progress != HTTP1_DONE)
        return false;
    buffer_clear(body);
    if (!body_read(slice_of(bytes.at + verdict.used, bytes.len - verdict.used), ret_request, body))
        return false;
    ret_request->body = buffer_slice(body);
    return true;
}

struct waiting {
    pthread_mutex_t lock;
    pthread_cond_t woken;
    bool finished;
};

static void wake(struct api_call *call)
{
    struct waiting *waiting = call->context;
    pthread_mutex_lock(&waiting->lock);
    waiting->finished = true;
    pthread_cond_signal(&waiting->woken);
    pthread_mutex_unlock(&waiting->lock);
}

/* False: answered at once. */
static bool begin(struct api_worker *worker, struct api_call *call, struct waiting *waiting,
                  struct buffer *out)
{
    *waiting = (struct waiting){PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false};
    call->context = waiting;
    call->wake = wake;
    return api_answer(worker, call, out) == API_PENDING;
}

static void finish(struct api_worker *worker, struct api_call *call, struct buffer *out)
{
    struct waiting *waiting = call->context;
    do {
        pthread_mutex_lock(&waiting->lock);
        while (!waiting->finished)
            pthread_cond_wait(&waiting->woken, &waiting->lock);
        waiting->finished = false;
        pthread_mutex_unlock(&waiting->lock);
    } while (api_finish(worker, call, out) == API_PENDING);
}

static void answer(struct api_worker *worker, struct api_call *call, struct buffer *out)
{
    struct waiting waiting;
    if (begin(worker, call, &waiting, out))
        finish(worker, call, out);
}

static const char *end_text(struct buffer *out)
{
    assert_true(buffer_ok(out));
    buffer_char(out, '\0');
    out->len--;
    return out->at;
}

void world_hold(struct world *world)
{
    gate_read_begin(&world->gate, world->hold_slot);
}

void world_release(struct world *world)
{
    gate_read_end(&world->gate, world->hold_slot);
}

static void write_managing(const char *action, const char *parameters, struct buffer *out)
{
    buffer_clear(out);
    buffer_printf(out,
                  "POST / HTTP/1.1\r\nHost: bursar\r\nContent-Type: application/json\r\n"
                  "X-TC-Action: %s\r\nX-TC-Version: 2026-11-01\r\nContent-Length: %zu\r\n\r\n",
                  action, strlen(parameters));
    buffer_text(out, parameters);
}

/* Who stands at the control socket. */
static const struct user world_user = {.id = 1000, .name_len = 3, .name = "ann"};

static void write_init(struct world_write *write)
{
    *write = (struct world_write){.waiting = malloc(sizeof *write->waiting)};
    assert_non_null(write->waiting);
    buffer_init(&write->text, 1 << 20);
    buffer_init(&write->body, 1 << 20);
    buffer_init(&write->out, 1 << 20);
}

static void write_begin(struct world *world, enum api_trust trust, struct world_write *write)
{
    assert_true(request_read(buffer_slice(&write->text), &write->body, &write->request));
    write->call = (struct api_call){.request = &write->request, .trust = trust};
    if (trust == API_TRUST_OPERATOR)
        write->call.local = (struct api_local){DOOR_SOCKET, &world_user};
    write->is_pending = begin(world->worker, &write->call, write->waiting, &write->out);
}

void world_begin(struct world *world, const char *action, const char *parameters,
                 struct world_write *write)
{
    write_init(write);
    write_managing(action, parameters, &write->text);
    write_begin(world, API_TRUST_OPERATOR, write);
}

void world_begin_signed(struct world *world, const struct signed_call *call,
                        struct world_write *write)
{
    write_init(write);
    world_sign(world, call, &write->text);
    write_begin(world, API_TRUST_NONE, write);
}

const char *world_finish(struct world *world, struct world_write *write)
{
    if (write->is_pending)
        finish(world->worker, &write->call, &write->out);
    write->is_pending = false;
    return end_text(&write->out);
}

void world_write_done(struct world_write *write)
{
    assert_false(write->is_pending);
    free(write->waiting);
    buffer_done(&write->text);
    buffer_done(&write->body);
    buffer_done(&write->out);
}

const char *world_raw_on(struct world *world, struct api_worker *worker, struct slice bytes,
                         enum api_trust trust, struct slice peer, struct buffer *out)
{
    struct http1_request request;
    struct buffer body;
    buffer_init(&body, 64 << 20);
    if (!request_read(bytes, &body, &request))
        fail_msg("not a request: %.*s", SLICE_ARGS(bytes));
    struct api_call call = {.request = &request,
                            .trust = trust,
                            .local = {DOOR_SOCKET, &world_user},
                            .peer_address = peer,
                            .exposed = world->exposed};
    answer(worker, &call, out);
    buffer_done(&body);
    return end_text(out);
}

const char *world_raw(struct world *world, struct slice bytes, enum api_trust trust)
{
    return world_raw_on(world, world->worker, bytes, trust, SLICE_NONE, &world->out);
}

const char *world_manage(struct world *world, const char *action, const char *parameters)
{
    write_managing(action, parameters, &world->text);
    return world_raw(world, buffer_slice(&world->text), API_TRUST_OPERATOR);
}

const char *world_must(struct world *world, const char *action, const char *parameters)
{
    const char *answered = world_manage(world, action, parameters);
    if (strstr(answered, "\"Error\":"))
        fail_msg("%s: %s", action, answered);
    return answered;
}

static const char *or_default(const char *text, const char *otherwise)
{
    return text ? text : otherwise;
}

static void write_authorization(const struct signed_call *call, const struct tc3_request *request,
                                struct buffer *out)
{
    struct crypto *crypto = crypto_new();
    char hex[64];
    struct buffer canonical, to_sign;
    buffer_init(&canonical, 64 << 20);
    buffer_init(&to_sign, 1 << 20);
    assert_true(tc3_canonical_request(request, TC3_AS_SENT, &canonical));
    tc3_string_to_sign(crypto, request, buffer_slice(&canonical), &to_sign);
    struct hmac_key *key =
        tc3_signing_key_new(crypto, slice_text(or_default(call->secret_key, EXAMPLE_SECRET)),
                            request->date, request->service);
    tc3_sign(crypto, key, buffer_slice(&to_sign), hex);
    tc3_write_authorization(out, slice_text(or_default(call->secret_id, EXAMPLE_ID)), request->date,
                            request->service, request->signed_headers, slice_of(hex, sizeof hex));
    hmac_key_free(key);
    buffer_done(&canonical);
    buffer_done(&to_sign);
    crypto_free(crypto);
}

/* The fields of lines with CRLF. */
static size_t split_lines(const char *lines, struct field *fields, size_t max)
{
    struct slice rest = slice_text(lines);
    size_t count = 0;
    while (rest.len > 0 && count < max) {
        struct slice value, line = slice_cut(rest, '\n', &rest);
        struct slice name = slice_cut(line, ':', &value);
        fields[count++] = (struct field){name, slice_trim_lines(value)};
    }
    return count;
}

void world_sign(struct world *world, const struct signed_call *call, struct buffer *out)
{
    const char *host = or_default(call->host, BILLING_HOST);
    bool is_get = call->query != NULL;
    const char *body = is_get ? "" : or_default(call->body, "{}");
    const char *type = or_default(call->content_type, is_get ? "application/x-www-form-urlencoded"
                                                             : "application/json");
    int64_t timestamp = call->timestamp ? call->timestamp : sys_now_us(&world->sys) / 1000000;
    char digits[24], date[10], hash[64], label[64];
    struct crypto *crypto = crypto_new();
    snprintf(digits, sizeof digits, "%lld", (long long)timestamp);
    snprintf(label, sizeof label, "%.*s", (int)strcspn(host, ".:"), host);
    timestamp_print_date(date, timestamp);
    sha256_hex(crypto, slice_text(body), hash);
    crypto_free(crypto);
    if (call->headers && strstr(call->headers, "UNSIGNED-PAYLOAD"))
        memcpy(hash, tc3_unsigned_payload_hash, sizeof hash);
    const char *action = or_default(call->action, "DescribeOrgMemberAccountBalance");
    const char *version = or_default(call->version, "2018-07-09");
    struct field headers[16] = {{SLICE("content-type"), slice_text(type)},
                                {SLICE("host"), slice_text(host)},
                                {SLICE("x-tc-action"), slice_text(action)},
                                {SLICE("x-tc-version"), slice_text(version)}};
    struct tc3_request request = {
        .method = is_get ? SLICE("GET") : SLICE("POST"),
        .query = slice_text(call->query),
        .headers = headers,
        .header_count = 4 + split_lines(call->headers, headers + 4, 12),
        .signed_headers = slice_text(or_default(call->signed_headers, "content-type;host")),
        .payload_hash = slice_of(hash, sizeof hash),
        .timestamp = slice_text(digits),
        .date = slice_of(date, sizeof date),
        .service = slice_text(or_default(call->service, label))};
    buffer_clear(out);
    buffer_printf(out, "%s /%s%s HTTP/1.1\r\nHost: %s\r\nContent-Type: %s\r\n",
                  is_get ? "GET" : "POST", is_get ? "?" : "", or_default(call->query, ""), host,
                  type);
    buffer_printf(out, "X-TC-Action: %s\r\nX-TC-Version: %s\r\nX-TC-Timestamp: %s\r\n%s", action,
                  version, digits, or_default(call->headers, ""));
    buffer_text(out, "Authorization: ");
    if (call->authorization)
        buffer_text(out, call->authorization);
    else
        write_authorization(call, &request, out);
    buffer_printf(out, "\r\nContent-Length: %zu\r\n\r\n", strlen(body));
    buffer_text(out, body);
    assert_true(buffer_ok(out));
}

const char *world_call(struct world *world, const struct signed_call *call)
{
    world_sign(world, call, &world->text);
    return world_raw(world, buffer_slice(&world->text), API_TRUST_NONE);
}

/* Pairs of the encoded text, without escapes in the tests that sign. */
static size_t split_pairs(const char *text, struct field *pairs, size_t max)
{
    struct slice rest = slice_text(text);
    size_t count = 0;
    while (rest.len > 0 && count < max) {
        struct slice value, pair = slice_cut(rest, '&', &rest);
        struct slice name = slice_cut(pair, '=', &value);
        pairs[count++] = (struct field){name, value};
    }
    return count;
}

const char *world_call_v1(struct world *world, bool is_get, bool is_sha256, const char *parameters)
{
    return world_call_v1_at(world, BILLING_HOST, is_get, is_sha256, parameters);
}

const char *world_call_v1_at(struct world *world, const char *host, bool is_get, bool is_sha256,
                             const char *parameters)
{
    struct field pairs[64];
    struct buffer all, to_sign, signature, encoded;
    struct arena arena;
    struct crypto *crypto = crypto_new();
    assert_true(arena_init(&arena, 65536, 1 << 20));
    buffer_init(&all, 4 << 20);
    buffer_init(&to_sign, 4 << 20);
    buffer_init(&signature, 1024);
    buffer_init(&encoded, 1024);
    buffer_printf(&all, "Timestamp=%lld&Nonce=11886&SecretId=" EXAMPLE_ID,
                  (long long)(sys_now_us(&world->sys) / 1000000));
    if (is_sha256)
        buffer_text(&all, "&SignatureMethod=HmacSHA256");
    if (!strstr(parameters, "Action="))
        buffer_text(&all, "&Action=DescribeOrgMemberAccountBalance&Version=2018-07-09");
    buffer_printf(&all, "%s%s", *parameters ? "&" : "", parameters);
    buffer_char(&all, '\0');
    all.len--;
    struct v1_request request = {.method = is_get ? SLICE("GET") : SLICE("POST"),
                                 .host = slice_text(host),
                                 .parameters = pairs,
                                 .parameter_count = split_pairs(all.at, pairs, 64)};
    assert_true(v1_string_to_sign(&request, false, &arena, &to_sign));
    v1_sign(crypto, is_sha256 ? DIGEST_SHA256 : DIGEST_SHA1, SLICE(EXAMPLE_SECRET),
            buffer_slice(&to_sign), &signature);
    buffer_text(&all, "&Signature=");
    for (size_t i = 0; i < signature.len; i++)
        buffer_printf(&all, "%%%02X", (unsigned)(unsigned char)signature.at[i]);
    buffer_clear(&world->text);
    if (is_get)
        buffer_printf(&world->text, "GET /?%.*s HTTP/1.1\r\nHost: %s\r\n\r\n",
                      SLICE_ARGS(buffer_slice(&all)), host);
    else
        buffer_printf(&world->text,
                      "POST / HTTP/1.1\r\nHost: %s\r\nContent-Type: "
                      "application/x-www-form-urlencoded\r\nContent-Length: %zu\r\n\r\n%.*s",
                      host, all.len, SLICE_ARGS(buffer_slice(&all)));
    buffer_done(&all);
    buffer_done(&to_sign);
    buffer_done(&signature);
    buffer_done(&encoded);
    arena_done(&arena);
    crypto_free(crypto);
    return world_raw(world, buffer_slice(&world->text), API_TRUST_NONE);
}

/* ---- answers ---- */

const char *answer_without_id(const char *answer, struct buffer *text)
{
    const char *id = strstr(answer, "\"RequestId\":\"");
    assert_non_null(id);
    buffer_clear(text);
    buffer_bytes(text, answer, (size_t)(id - answer));
    return end_text(text);
}

void assert_contains(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("\"%s\" is not in %s", part, text);
}

void assert_error(const char *answered, const char *code, const char *message)
{
    char memory[8192];
    struct buffer expected;
    buffer_init_fixed(&expected, memory, sizeof memory);
    buffer_printf(&expected, "{\"Response\":{\"Error\":{\"Code\":\"%s\"", code);
    if (strstr(message, "Transfers.") && strstr(answered, ",\"Index\":"))
        buffer_printf(&expected, ",\"Index\":%lu",
                      strtoul(strstr(message, "Transfers.") + strlen("Transfers."), NULL, 10));
    buffer_text(&expected, ",\"Message\":");
    json_quote(&expected, slice_text(message));
    buffer_text(&expected, "},\"RequestId\":\"");
    buffer_char(&expected, '\0');
    assert_true(buffer_ok(&expected));
    if (strncmp(answered, expected.at, strlen(expected.at)) != 0)
        fail_msg("expected %s\n     got %s", expected.at, answered);
}

void assert_refused(struct world *world, const struct signed_call *call, const char *code,
                    const char *english, const char *chinese)
{
    char headers[512];
    struct signed_call in_chinese = *call;
    assert_error(world_call(world, call), code, english);
    snprintf(headers, sizeof headers, "%sX-TC-Language: zh-CN\r\n",
             call->headers ? call->headers : "");
    in_chinese.headers = headers;
    assert_error(world_call(world, &in_chinese), code, chinese);
}

void api_figures(struct api *api, struct api_figures *ret_figures)
{
    struct buffer memory = counted_text(api_metrics, api);
    struct slice text = buffer_slice(&memory);
    *ret_figures = (struct api_figures){
        .calls = counted(text, "bursar_api_calls_total"),
        .limited = counted(text, "bursar_api_limited_total"),
        .signature_failures = counted(text, "bursar_api_signature_failures_total"),
        .any_service = counted(text, "bursar_api_any_service_total"),
    };
    buffer_done(&memory);
}
