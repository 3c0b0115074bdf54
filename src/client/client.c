/* A client's life: its options checked and copied, its secrets wiped.
 *
 * Owns: everything a `struct bursar_client` points to. Invariants:
 * 1. Secrets (key, token, the requests that carry the token, answers) are wiped before they are
 *    freed.
 *
 * Thread: one client, one thread at a time. */
#include "client/client.h"

#include <stdio.h>
#include <stdlib.h>

enum { ARENA_FIRST = 64 << 10, ARENA_MAX = 256 << 20 };
enum { TIMEOUT_MS = 30000, CONNECT_TIMEOUT_MS = 5000 };

const char *bursar_version(void)
{
    return BURSAR_VERSION;
}

/* What goes into a header line or a form must not end it. */
static bool is_token(const char *text)
{
    for (; *text; text++)
        if (*text <= ' ' || *text > '~')
            return false;
    return true;
}

/* Like is_token, but a temporary key's token may hold blanks. */
static bool is_line(const char *text)
{
    for (; *text; text++)
        if (*text < ' ' || *text > '~')
            return false;
    return true;
}

static const char *check_texts(const struct bursar_options *options)
{
    if (options->host && !endpoint_is_host(slice_text(options->host)))
        return "the host is not a name with or without a port";
    if (options->secret_id && !is_token(options->secret_id))
        return "the secret id holds blanks or characters that are not ASCII";
    if (options->token && !is_line(options->token))
        return "the token holds control characters or characters that are not ASCII";
    if (options->region && !is_token(options->region))
        return "the region holds blanks or characters that are not ASCII";
    if (options->language && !is_token(options->language))
        return "the language holds blanks or characters that are not ASCII";
    if (options->as_of && !is_line(options->as_of))
        return "the moment holds control characters or characters that are not ASCII";
    return NULL;
}

static bool is_empty(const char *text)
{
    return !text || !*text;
}

static const char *check_options(const struct bursar_options *options)
{
    if (is_empty(options->endpoint) && !options->transport)
        return "an endpoint is required";
    if (options->signing > BURSAR_SIGN_TC3_UNSIGNED)
        return "there is no such signing";
    if (!options->unsigned_requests &&
        (is_empty(options->secret_id) || is_empty(options->secret_key)))
        return "a secret id and a secret key are required";
    if (options->organization_id > INT64_MAX)
        return "there is no such organization";
    return check_texts(options);
}

/* A copy, or NULL for NULL and ""; false when memory is short. */
static bool copy_option(const char *text, char **ret_copy)
{
    if (is_empty(text))
        return true;
    *ret_copy = strdup(text);
    return *ret_copy;
}

static bool copy_options(struct bursar_client *client, const struct bursar_options *options)
{
    client->signing = options->signing;
    client->timeout_ms = options->timeout_ms ? options->timeout_ms : TIMEOUT_MS;
    client->connect_timeout_ms =
        options->connect_timeout_ms ? options->connect_timeout_ms : CONNECT_TIMEOUT_MS;
    client->retries_max = options->retries_max;
    client->unsigned_requests = options->unsigned_requests;
    client->organization_id = options->organization_id;
    return copy_option(options->host, &client->host) &&
           copy_option(options->secret_id, &client->secret_id) &&
           copy_option(options->secret_key, &client->secret_key) &&
           copy_option(options->token, &client->token) &&
           copy_option(options->region, &client->region) &&
           copy_option(options->language, &client->language) &&
           copy_option(options->as_of, &client->as_of);
}

static bool client_init(struct bursar_client *client, const struct bursar_options *options)
{
    struct signed_request *request = &client->request;
    buffer_init(&client->response, RESPONSE_BYTES_MAX + 1);
    buffer_init(&client->parameters, REQUEST_BYTES_MAX);
    buffer_init(&request->url, REQUEST_BYTES_MAX);
    buffer_init(&request->body, REQUEST_BYTES_MAX);
    buffer_init(&request->canonical, REQUEST_BYTES_MAX);
    buffer_init(&request->to_sign, REQUEST_BYTES_MAX);
    buffer_init(&request->signature, REQUEST_BYTES_MAX);
    buffer_init(&request->header_text, REQUEST_BYTES_MAX);
    client->sys = sys_real();
    client->sleep_us = sys_sleep;
    client->error_code = client->error_message = client->request_id = "";
    client->error_index = -1;
    return arena_init(&client->arena, ARENA_FIRST, ARENA_MAX) && copy_options(client, options) &&
           (client->crypto = crypto_new());
}

static enum bursar_result explain(char *message, size_t message_size, enum bursar_result result,
                                  const char *text)
{
    if (message && message_size > 0)
        (void)snprintf(message, message_size, "%s", text);
    return result;
}

/* The parts that can fail for want of memory, or because a file cannot be read. */
static enum bursar_result client_open(struct bursar_client *client,
                                      const struct bursar_options *options, struct fault *fault)
{
    fault_raise(fault, STATUS_MEMORY, "out of memory");
    return client_init(client, options) ? client->transport->open(client, options, fault)
                                        : BURSAR_MEMORY;
}

enum bursar_result bursar_client_new(const struct bursar_options *options, char *message,
                                     size_t message_size, struct bursar_client **ret_client)
{
    struct endpoint endpoint = {.url = "http://localhost/"};
    struct fault fault;
    *ret_client = NULL;
    const char *error = check_options(options);
    if (!error && !options->transport)
        error = endpoint_parse(options->endpoint, &endpoint);
    if (error)
        return explain(message, message_size, BURSAR_USAGE, error);
    struct bursar_client *client = calloc(1, sizeof *client);
    if (!client)
        return explain(message, message_size, BURSAR_MEMORY, "out of memory");
    client->endpoint = endpoint;
    client->transport = options->transport ? &transport_given : &transport_curl;
    enum bursar_result result = client_open(client, options, &fault);
    if (result != BURSAR_OK) {
        bursar_client_free(client);
        return explain(message, message_size, result, fault.text);
    }
    *ret_client = client;
    return explain(message, message_size, BURSAR_OK, "");
}

static void free_secret(char *text)
{
    if (text)
        wipe(text, strlen(text));
    free(text);
}

void bursar_client_free(struct bursar_client *client)
{
    if (!client)
        return;
    client->transport->close(client);
    request_done(&client->request);
    crypto_free(client->crypto);
    free_secret(client->secret_key);
    free_secret(client->token);
    free(client->secret_id);
    free(client->host);
    free(client->region);
    free(client->language);
    free(client->as_of);
    if (client->response.at) /* an answer may have held a new key */
        wipe(client->response.at, client->response.cap);
    buffer_done(&client->response);
    buffer_done(&client->parameters);
    arena_done(&client->arena);
    free(client);
}
