/* Sending: one system call an event, and the rest when the kernel has room again.
 *
 * 1. While `unsent` is not empty exactly one uv_write of exactly its bytes is under way, nothing
 *    else is sent and no request is answered: a client that does not read holds up only itself, and
 *    holds no more memory than one event's answers.
 * 2. `unsent` counts against the server's budget: a caller's, once a call of this connection was
 *    answered without an error, a stranger's before. Who finds no room there is closed.
 *
 * Owns a connection's `unsent`. The loop's thread. */
#include "net/connection.h"

#include "base/check.h"
#include "crypto/digest.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>

static bool claim_unsent(struct connection *connection, size_t len)
{
    size_t claimed = len > INPUT_FREE_BYTES ? len : 0;
    enum budget_kind holder = connection->proven ? BUDGET_CALLER : BUDGET_STRANGER;
    if (claimed && !budget_claim(&connection->worker->server->budget, holder, claimed))
        return false;
    connection->unsent_claimed = claimed;
    connection->unsent_holder = holder;
    return true;
}

void output_forget_unsent(struct connection *connection)
{
    budget_give_back(&connection->worker->server->budget, connection->unsent_holder,
                     connection->unsent_claimed);
    connection->unsent_claimed = 0;
    if (connection->unsent.at)
        wipe(connection->unsent.at, connection->unsent.len);
    buffer_done(&connection->unsent);
    buffer_init(&connection->unsent, SIZE_MAX / 2);
}

static void on_written(uv_write_t *write, int status)
{
    struct connection *connection = write->data;
    if (status == 0)
        figures_add(&connection->worker->figures, FIGURE_SENT_BYTES, connection->unsent.len);
    output_forget_unsent(connection);
    connection->renewed = true;
    if (status < 0)
        connection_close(connection);
    else
        connection_advance(connection);
}

size_t output_left(const struct connection *connection)
{
    uv_os_fd_t fd;
    int queued = 0;
    if (uv_fileno(&connection->uv.handle, &fd) == 0)
        (void)ioctl(fd, SIOCOUTQ, &queued);
    return uv_stream_get_write_queue_size(&connection->uv.stream) +
           (queued > 0 ? (size_t)queued : 0);
}

RARE static void send_later(struct connection *connection, struct slice rest)
{
    bool has_room = claim_unsent(connection, rest.len);
    if (has_room)
        buffer_append(&connection->unsent, rest);
    if (!has_room || !buffer_ok(&connection->unsent)) {
        connection_close(connection);
        return;
    }
    uv_buf_t memory = uv_buf_init(connection->unsent.at, (unsigned int)connection->unsent.len);
    connection->write.data = connection;
    if (uv_write(&connection->write, &connection->uv.stream, &memory, 1, on_written) < 0) {
        output_forget_unsent(connection);
        connection_close(connection);
    }
    connection->unsent_seen = output_left(connection);
}

static void send_bytes(struct connection *connection, char *at, size_t len)
{
    CHECK(connection->unsent.len == 0);
    uv_buf_t memory = uv_buf_init(at, (unsigned int)len);
    int sent = uv_try_write(&connection->uv.stream, &memory, 1);
    if (sent == UV_EAGAIN)
        sent = 0;
    if (sent < 0) {
        connection_close(connection);
        return;
    }
    figures_add(&connection->worker->figures, FIGURE_SENT_BYTES, (size_t)sent);
    if ((size_t)sent < len)
        send_later(connection, slice_of(at + sent, len - (size_t)sent));
}

void output_send_tls(struct connection *connection)
{
    size_t len;
    char *cipher = tls_session_output(connection->tls, &len);
    if (connection->closing || len == 0)
        return;
    send_bytes(connection, cipher, len);
    tls_session_sent(connection->tls);
}

void output_send(struct connection *connection)
{
    struct buffer *output = &connection->worker->output;
    if (!connection->closing && output->len > 0) {
        if (!connection->tls)
            send_bytes(connection, output->at, output->len);
        else if (tls_session_write(connection->tls, buffer_slice(output)))
            output_send_tls(connection);
        else
            connection_close(connection);
    }
    if (connection->worker->output_secret)
        wipe(output->at, output->len);
    connection->worker->output_secret = false;
    buffer_clear(output);
}

void output_shutdown(struct connection *connection)
{
    if (connection->tls) {
        tls_session_end(connection->tls);
        output_send_tls(connection);
    }
    uv_os_fd_t fd;
    if (!connection->closing && uv_fileno(&connection->uv.handle, &fd) == 0)
        (void)shutdown(fd, SHUT_WR); /* fails when the client is gone, which the next read tells */
}
