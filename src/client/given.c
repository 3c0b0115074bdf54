/* One request out, one answer back, the way that the program itself has given.
 *
 * The client's thread. */
#include "client/client.h"

static enum bursar_result given_open(struct bursar_client *client,
                                     const struct bursar_options *options, struct fault *fault)
{
    (void)fault;
    client->given = *options->transport;
    return BURSAR_OK;
}

static enum bursar_result given_send(struct bursar_client *client)
{
    char message[MESSAGE_SIZE] = "";
    const char *body = NULL;
    size_t len = 0;
    buffer_clear(&client->response);
    client->was_sent = true;
    enum bursar_result result = client->given.send(client->given.context, &client->request.view,
                                                   &body, &len, message, sizeof message);
    if (result != BURSAR_OK)
        return client_fail(client, result, "%s", message);
    buffer_bytes(&client->response, body, len);
    return buffer_ok(&client->response)
               ? BURSAR_OK
               : client_fail(client, BURSAR_MEMORY, "no memory for the answer");
}

static void given_close(struct bursar_client *client)
{
    (void)client; /* the context is the caller's */
}

const struct transport transport_given = {given_open, given_send, given_close};
