/* See server.h. The thread serves one connection at a time: a client that opens another is done
 * with the one before. */
#include "server.h"

#include "base/check.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { REQUEST_MAX = 1 << 20, ANSWER_MAX = 80 << 20 };

/* Waits; false when the server is to stop, or when `fd` is idle and somebody else has come. The
 * listener is asked for once: somebody who comes between two looks at it would be seen by one. */
static bool is_readable(const struct server *server, int fd)
{
    nfds_t count = fd == server->listener ? 2 : 3;
    struct pollfd polled[3] = {{.fd = fd, .events = POLLIN},
                               {.fd = server->wake[0], .events = POLLIN},
                               {.fd = server->listener, .events = POLLIN}};
    while (poll(polled, count, -1) < 0)
        continue;
    return !polled[1].revents && polled[0].revents;
}

/* Bytes of the whole request at the start of `text`, or 0 while some are missing. */
static size_t request_len(struct slice text)
{
    const char *end = memmem(text.at, text.len, "\r\n\r\n", 4);
    if (!end)
        return 0;
    size_t head_len = (size_t)(end - text.at) + 4;
    const char *field = memmem(text.at, head_len, "Content-Length: ", 16);
    uint64_t body_len = 0;
    if (field)
        for (field += 16; *field >= '0' && *field <= '9'; field++)
            body_len = body_len * 10 + (uint64_t)(*field - '0');
    return text.len >= head_len + body_len ? head_len + body_len : 0;
}

static bool send_all(int fd, struct slice text)
{
    while (text.len > 0) {
        ssize_t sent = send(fd, text.at, text.len, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        text = slice_of(text.at + sent, text.len - (size_t)sent);
    }
    return true;
}

static bool answer_one(struct server *server, int fd, struct slice request)
{
    struct buffer out;
    buffer_init(&out, ANSWER_MAX);
    server->answer(server->context, request, &out);
    CHECK(buffer_ok(&out));
    bool stays = send_all(fd, buffer_slice(&out)) && out.len > 0 &&
                 !memmem(out.at, out.len, "Connection: close", 17);
    buffer_done(&out);
    return stays;
}

static void serve(struct server *server, int fd)
{
    struct buffer in;
    bool stays = true;
    buffer_init(&in, REQUEST_MAX);
    while (stays && is_readable(server, fd)) {
        CHECK(buffer_reserve(&in, 65536));
        ssize_t got = recv(fd, in.at + in.len, 65536, 0);
        if (got <= 0)
            break;
        in.len += (size_t)got;
        CHECK(in.at);
        size_t len = request_len(buffer_slice(&in));
        if (len == 0)
            continue;
        stays = answer_one(server, fd, slice_of(in.at, len));
        memmove(in.at, in.at + len, in.len - len);
        in.len -= len;
    }
    buffer_done(&in);
}

static void *run(void *context)
{
    struct server *server = context;
    while (is_readable(server, server->listener)) {
        int fd = accept(server->listener, NULL, NULL);
        if (fd < 0)
            continue;
        server->connections++;
        serve(server, fd);
        close(fd);
    }
    return NULL;
}

static void listen_tcp(struct server *server)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(bind(server->listener, (const struct sockaddr *)&address, len) == 0);
    CHECK(getsockname(server->listener, (struct sockaddr *)&address, &len) == 0);
    (void)snprintf(server->endpoint, sizeof server->endpoint, "http://127.0.0.1:%u",
                   (unsigned)ntohs(address.sin_port));
}

static void listen_unix(struct server *server, const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    CHECK(strlen(path) < sizeof address.sun_path);
    memcpy(address.sun_path, path, strlen(path));
    server->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(bind(server->listener, (const struct sockaddr *)&address, sizeof address) == 0);
    (void)snprintf(server->endpoint, sizeof server->endpoint, "unix:%s", path);
}

void server_start(struct server *server, const char *unix_path, answer_function *answer,
                  void *context)
{
    *server = (struct server){.answer = answer, .context = context};
    if (unix_path)
        listen_unix(server, unix_path);
    else
        listen_tcp(server);
    CHECK(listen(server->listener, 8) == 0);
    CHECK(pipe(server->wake) == 0);
    CHECK(pthread_create(&server->thread, NULL, run, server) == 0);
}

void server_stop(struct server *server)
{
    CHECK(write(server->wake[1], "x", 1) == 1);
    CHECK(pthread_join(server->thread, NULL) == 0);
    close(server->listener);
    close(server->wake[0]);
    close(server->wake[1]);
}

struct slice request_body(struct slice request)
{
    const char *end = memmem(request.at, request.len, "\r\n\r\n", 4);
    CHECK(end);
    size_t head_len = (size_t)(end - request.at) + 4;
    return slice_of(request.at + head_len, request.len - head_len);
}

bool request_has(struct slice request, const char *text)
{
    return memmem(request.at, request.len, text, strlen(text));
}

void server_write_ok(struct buffer *out, struct slice body)
{
    BUFFER_LITERAL(out, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ");
    buffer_u64(out, body.len);
    BUFFER_LITERAL(out, "\r\n\r\n");
    buffer_append(out, body);
}
