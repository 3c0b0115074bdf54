/* Calling an action: sign, send, repeat where that is safe and asked for, and read the envelope
 * {"Response": {..., "RequestId": "..."}} that every answer comes in.
 *
 * Owns: nothing. Invariants, of a call with a ClientToken:
 * 1. Every attempt carries the same parameters, byte for byte.
 * 2. Once an attempt may have been carried out and its answer was not had, only an answer that
 * shows what became of the token is believed; without one the result is UNKNOWN.
 *
 * The client's thread. */
#include "client/client.h"
#include "codec/json.h"

#include <stdio.h>

enum { PAUSE_S_MAX = 16 };

struct envelope {
    struct slice response; /* the value, as sent */
    struct slice request_id;
    struct slice code;
    struct slice message;
    int64_t index; /* of the item that is refused; -1 = none */
    bool is_error;
};

static enum bursar_result fail_reading(struct bursar_client *client,
                                       const struct json_reader *reader)
{
    if (json_is_short(reader))
        return client_fail(client, BURSAR_MEMORY, "no memory to read the answer");
    return client_fail(client, BURSAR_PROTOCOL, "the answer is not JSON: at byte %zu, %s",
                       json_error_offset(reader), json_error(reader));
}

/* The next value must be a string; false otherwise, or on a JSON error. */
static bool read_string(struct json_reader *reader, struct slice *ret_text)
{
    struct json_token token;
    if (json_next(reader, &token) != JSON_STRING)
        return false;
    *ret_text = token.text;
    return true;
}

/* {"Code": "...", "Message": "...", "Index": 7}; null counts as no error. False when it is
 * something else. */
static bool read_error(struct json_reader *reader, struct envelope *envelope)
{
    struct json_token token;
    if (json_next(reader, &token) == JSON_NULL)
        return true;
    if (token.kind != JSON_OBJECT)
        return false;
    while (json_next(reader, &token) == JSON_KEY) {
        bool ok;
        if (slice_equal(token.text, SLICE("Code")))
            ok = read_string(reader, &envelope->code);
        else if (slice_equal(token.text, SLICE("Message")))
            ok = read_string(reader, &envelope->message);
        else if (slice_equal(token.text, SLICE("Index")))
            ok = json_next(reader, &token) == JSON_NUMBER &&
                 json_number_to_i64(token.text, &envelope->index);
        else
            ok = json_skip(reader);
        if (!ok)
            return false;
    }
    envelope->is_error = true;
    return token.kind == JSON_OBJECT_END && envelope->code.len > 0;
}

/* The value of "Response". NULL, or what is wrong. */
static const char *read_response(struct json_reader *reader, struct envelope *envelope)
{
    struct json_token token;
    if (json_next(reader, &token) != JSON_OBJECT)
        return "Response is not an object";
    size_t start = reader->at - 1;
    while (json_next(reader, &token) == JSON_KEY) {
        if (slice_equal(token.text, SLICE("Error"))) {
            if (!read_error(reader, envelope))
                return "Error is not an object with a Code";
        } else if (slice_equal(token.text, SLICE("RequestId"))) {
            if (!read_string(reader, &envelope->request_id))
                return "RequestId is not a string";
        } else if (!json_skip(reader)) {
            return "Response cannot be read";
        }
    }
    envelope->response = slice_of(reader->text.at + start, reader->at - start);
    return token.kind == JSON_OBJECT_END ? NULL : "Response cannot be read";
}

static enum bursar_result read_envelope(struct bursar_client *client, struct envelope *envelope)
{
    struct json_reader reader;
    struct json_token token;
    const char *error = NULL;
    json_reader_init(&reader, buffer_slice(&client->response), &client->arena);
    if (json_next(&reader, &token) == JSON_OBJECT)
        while (!error && json_next(&reader, &token) == JSON_KEY) {
            if (slice_equal(token.text, SLICE("Response")))
                error = read_response(&reader, envelope);
            else if (!json_skip(&reader))
                break;
        }
    if (!error && token.kind == JSON_OBJECT_END)
        (void)json_next(&reader, &token);
    if (json_error(&reader))
        return fail_reading(client, &reader);
    if (!error && !envelope->response.at)
        error = "it has no Response";
    if (error)
        return client_fail(client, BURSAR_PROTOCOL, "the answer is not what the API promises: %s",
                           error);
    return BURSAR_OK;
}

/* Keeps what the envelope says for the caller; REFUSED when it carries an Error. */
static enum bursar_result keep_envelope(struct bursar_client *client,
                                        const struct envelope *envelope)
{
    const char *request_id = client_text(client, envelope->request_id);
    const char *code = client_text(client, envelope->code);
    const char *message = client_text(client, envelope->message);
    if (client->arena.lack != LACK_NONE)
        return client_fail(client, BURSAR_MEMORY, "no memory to read the answer");
    if (!request_id || !code || !message)
        return client_fail(client, BURSAR_PROTOCOL, "the answer holds a zero byte");
    client->request_id = request_id;
    client->error_code = code;
    client->error_message = message;
    client->error_index = envelope->index;
    return envelope->is_error ? BURSAR_REFUSED : BURSAR_OK;
}

static enum bursar_result call_once(struct bursar_client *client, const struct call *call,
                                    struct slice *ret_response)
{
    struct envelope envelope = {.index = -1};
    client_reset(client);
    enum bursar_result result = request_sign(client, call, sys_now_us(client->sys) / 1000000);
    if (result == BURSAR_OK)
        result = client->transport->send(client);
    if (result == BURSAR_OK)
        result = read_envelope(client, &envelope);
    if (result == BURSAR_OK)
        result = keep_envelope(client, &envelope);
    if (result == BURSAR_OK || result == BURSAR_REFUSED)
        *ret_response = envelope.response;
    return result;
}

bool code_is(const char *code, const char *family)
{
    size_t len = strlen(family);
    return strncmp(code, family, len) == 0 && (code[len] == '\0' || code[len] == '.');
}

static bool code_is_one_of(const char *code, const char *const *families)
{
    while (*families && !code_is(code, *families))
        families++;
    return *families;
}

/* A call over the limit did nothing, so it may be repeated; one that was lost, or met with trouble
 * of the service's own, may have done something. */
static bool may_repeat(const struct bursar_client *client, enum bursar_result result)
{
    static const char *const passing[] = {"InternalError", "ServiceUnavailable", NULL};
    if (result == BURSAR_REFUSED && code_is(client->error_code, "RequestLimitExceeded"))
        return true;
    return client->request.may_come_twice &&
           (result == BURSAR_NETWORK ||
            (result == BURSAR_REFUSED && code_is_one_of(client->error_code, passing)));
}

/* The attempt may have been carried out, and nobody has said so. */
static bool leaves_doubt(const struct bursar_client *client, enum bursar_result result)
{
    if (!client->request.has_client_token || result == BURSAR_OK)
        return false;
    if (result == BURSAR_REFUSED)
        return code_is(client->error_code, "InternalError");
    return client->was_sent;
}

/* The answer also tells what became of the attempts before: carried out, it would be given again;
 * and these are the refusals of the action itself, behind the look at the token, or would have met
 * every attempt. Who may call, how often, and whether the service is there can change meanwhile. */
static bool settles(const struct bursar_client *client, enum bursar_result result)
{
    static const char *const families[] = {"FailedOperation",       "InvalidParameter",
                                           "InvalidParameterValue", "LimitExceeded",
                                           "MissingParameter",      "ResourceInUse",
                                           "ResourceNotFound",      "UnknownParameter",
                                           "UnsupportedOperation",  NULL};
    return result == BURSAR_OK ||
           (result == BURSAR_REFUSED && code_is_one_of(client->error_code, families));
}

enum bursar_result client_doubt(struct bursar_client *client)
{
    char reason[MESSAGE_SIZE];
    const char *code = client->error_code;
    (void)snprintf(reason, sizeof reason, "%s", client->error_message);
    (void)client_fail(client, BURSAR_UNKNOWN, "whether the call was carried out is unknown: %s",
                      reason);
    client->error_code = code;
    return BURSAR_UNKNOWN;
}

enum bursar_result client_call(struct bursar_client *client, const char *service,
                               const char *version, const char *action, const char *parameters,
                               struct slice *ret_response)
{
    struct call call = {slice_text(service), slice_text(version), slice_text(action),
                        slice_text(parameters ? parameters : "{}")};
    enum bursar_result result;
    bool in_doubt = false;
    int64_t pause_s = 1;
    for (uint32_t repeats = 0;; repeats++) {
        result = call_once(client, &call, ret_response);
        in_doubt = in_doubt || leaves_doubt(client, result);
        if (repeats == client->retries_max || !may_repeat(client, result))
            break;
        client->sleep_us(pause_s * 1000000);
        pause_s = pause_s * 2 < PAUSE_S_MAX ? pause_s * 2 : PAUSE_S_MAX;
    }
    return in_doubt && !settles(client, result) ? client_doubt(client) : result;
}

enum bursar_result bursar_call(struct bursar_client *client, const char *service,
                               const char *version, const char *action, const char *parameters,
                               const char **ret_response, size_t *ret_len)
{
    struct slice response = SLICE_NONE;
    enum bursar_result result =
        client_call(client, service, version, action, parameters, &response);
    if (result != BURSAR_OK && result != BURSAR_REFUSED)
        return result;
    /* Within client->response, where at least the outer object's brace follows. */
    client->response.at[response.at + response.len - client->response.at] = '\0';
    *ret_response = response.at;
    *ret_len = response.len;
    return result;
}
