/* What a trusted proxy says before the client's own bytes.
 *
 * 1. Only the first bytes of a connection from a trusted proxy are looked at for a PROXY header;
 * what begins otherwise is the client's already.
 * 2. Until that is settled everything received is in the connection's input, with TLS too: the
 *    header comes before the handshake.
 *
 * Owns nothing. The loop's thread. */
#include "net/connection.h"
#include "net/places.h"

#include "codec/proxy.h"

static void refuse(struct connection *connection)
{
    if (connection->tls) {
        connection_close(connection);
        return;
    }
    connection_refuse(connection, 400, "the PROXY header is malformed");
    output_send(connection);
}

/* False when the client is turned away. */
static bool take_client(struct connection *connection, const struct proxy_header *header)
{
    if (header->source_len == 0)
        return true;
    connection->peer = peer_of_bytes(header->source, header->source_len);
    connection->forwards = trust_includes(&connection->worker->server->trust, &connection->peer);
    return places_name(connection);
}

/* What came behind the header goes where it would have gone without. */
static bool pass_on(struct connection *connection)
{
    struct slice rest = input_unread(&connection->input);
    if (!connection->tls)
        return true;
    connection->input.start = connection->input.len;
    return tls_session_feed(connection->tls, rest.at, rest.len);
}

bool preface_take(struct connection *connection)
{
    if (!connection->preface)
        return true;
    struct proxy_header header = proxy_parse(input_unread(&connection->input));
    if (header.progress == PROXY_MORE)
        return false;
    if (header.progress == PROXY_REFUSED) {
        refuse(connection);
        return false;
    }
    connection->preface = false;
    connection->input.start += header.used;
    if (take_client(connection, &header) && pass_on(connection))
        return true;
    connection_close(connection);
    return false;
}
