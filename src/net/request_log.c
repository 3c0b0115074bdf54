/* Lines of the access log.
 *
 * 1. Whatever a client chose (method, action, key) is printed as it is only if it is made of
 *    letters, digits and few harmless signs, so that nobody forges a line.
 *
 * Owns nothing. The loop's thread; the sink sees to its own locking. */
#include "net/request_log.h"

#include "codec/timestamp.h"

enum { WORD_BYTES_MAX = 64, KEY_BYTES_SHOWN = 4 };

static void write_word(struct buffer *line, struct slice word)
{
    size_t len = word.len < WORD_BYTES_MAX ? word.len : WORD_BYTES_MAX;
    if (len == 0)
        buffer_char(line, '-');
    for (size_t i = 0; i < len; i++) {
        char c = word.at[i], lower = ascii_lower(c);
        bool harmless = (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
                        c == '_' || c == '.';
        buffer_char(line, harmless ? c : '?');
    }
}

static void write_key(struct buffer *line, struct slice secret_id)
{
    if (secret_id.len > KEY_BYTES_SHOWN) {
        BUFFER_LITERAL(line, "****");
        secret_id = slice_of(secret_id.at + secret_id.len - KEY_BYTES_SHOWN, KEY_BYTES_SHOWN);
    }
    write_word(line, secret_id);
}

void request_log_write(const struct connection *connection, const struct request_log *log)
{
    const struct server *server = connection->worker->server;
    char memory[1024];
    struct buffer line;
    if (!server->options.access_log)
        return;
    buffer_init_fixed(&line, memory, sizeof memory);
    BUFFER_LITERAL(&line, "time=");
    timestamp_print_rfc3339(&line, sys_now_us(server->sys));
    BUFFER_LITERAL(&line, " remote=");
    struct slice peer = peer_text(log->client ? log->client : &connection->peer);
    buffer_append(&line, peer.len > 0 ? peer : SLICE("unix"));
    BUFFER_LITERAL(&line, " method=");
    write_word(&line, log->method);
    BUFFER_LITERAL(&line, " action=");
    write_word(&line, log->action);
    BUFFER_LITERAL(&line, " key=");
    write_key(&line, log->secret_id);
    BUFFER_LITERAL(&line, " status=");
    buffer_i64(&line, log->status);
    BUFFER_LITERAL(&line, " code=");
    write_word(&line, log->code);
    BUFFER_LITERAL(&line, " request_id=");
    write_word(&line, log->request_id);
    if (log->first_entry > 0) {
        BUFFER_LITERAL(&line, " entries=");
        buffer_u64(&line, log->first_entry);
        buffer_char(&line, '-');
        buffer_u64(&line, log->last_entry);
    }
    BUFFER_LITERAL(&line, " bytes=");
    buffer_u64(&line, log->body_bytes);
    BUFFER_LITERAL(&line, " us=");
    buffer_u64(&line, log->duration_us);
    server->options.access_log(server->options.access_log_context, buffer_slice(&line));
}
