/* What became of the last call: its error, in the service's words or ours.
 *
 * Owns: nothing but what hangs on the client. Invariants:
 * 1. error_code, error_message and request_id are never NULL.
 *
 * The client's thread. */
#include "client/client.h"

#include <stdarg.h>
#include <stdio.h>

void client_reset(struct bursar_client *client)
{
    arena_reset(&client->arena);
    buffer_clear(&client->response);
    client->was_sent = false;
    client->error_code = client->error_message = client->request_id = "";
    client->error_index = -1;
}

enum bursar_result client_fail(struct bursar_client *client, enum bursar_result result,
                               const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(client->message, sizeof client->message, format, arguments);
    va_end(arguments);
    client->error_message = client->message;
    client->error_code = "";
    client->error_index = -1;
    if (result == BURSAR_USAGE)
        client->request_id = ""; /* nothing was called */
    return result;
}

const char *client_text(struct bursar_client *client, struct slice text)
{
    char *copy = arena_take(&client->arena, text.len + 1);
    if (!copy || slice_find(text, '\0') < text.len)
        return NULL;
    if (text.len > 0)
        memcpy(copy, text.at, text.len);
    copy[text.len] = '\0';
    return copy;
}

const char *bursar_error_code(const struct bursar_client *client)
{
    return client->error_code;
}

const char *bursar_error_message(const struct bursar_client *client)
{
    return client->error_message;
}

const char *bursar_request_id(const struct bursar_client *client)
{
    return client->request_id;
}

int64_t bursar_error_index(const struct bursar_client *client)
{
    return client->error_index;
}
