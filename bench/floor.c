/* The floor: a bare epoll server that writes a constant answer, for bench/ only. It shows what the
 * kernel alone costs a request; it reads, looks for ends of heads, and answers, whatever was asked
 * (bodies must arrive with their head).
 *
 *     floor PORT BODY_BYTES REQUEST_BYTES
 *
 * One answer per REQUEST_BYTES received. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { READ_SIZE = 1 << 16, FD_MAX = 4096 };

static size_t received[FD_MAX]; /* bytes of an unfinished request, by connection */
static char *answer;            /* as many answers as one read can ask for */
static size_t answer_len;
static size_t request_len;

static _Noreturn void die(const char *what)
{
    perror(what);
    exit(1);
}

static void build_answer(size_t body_len, size_t count)
{
    char head[256];
    int head_len =
        snprintf(head, sizeof head,
                 "HTTP/1.1 200 OK\r\nServer: floor\r\nDate: Mon, 23 Nov 2026 13:00:00 GMT\r\n"
                 "Content-Type: application/json\r\nContent-Length: %zu\r\n"
                 "Connection: keep-alive\r\n\r\n",
                 body_len);
    answer_len = (size_t)head_len + body_len;
    answer = malloc(answer_len * count);
    if (!answer)
        die("malloc");
    for (size_t i = 0; i < count; i++) {
        memcpy(answer + i * answer_len, head, (size_t)head_len);
        memset(answer + i * answer_len + head_len, 'x', body_len);
    }
}

static void serve(int fd)
{
    static char input[READ_SIZE];
    ssize_t got = read(fd, input, sizeof input);
    if (got < 0 && errno == EAGAIN)
        return;
    if (got <= 0) {
        close(fd);
        return;
    }
    size_t len = received[fd] + (size_t)got;
    size_t count = len / request_len;
    received[fd] = len % request_len;
    if (count > 0 && write(fd, answer, count * answer_len) < 0)
        close(fd);
}

static void accept_one(int epoll, int listener)
{
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
    if (fd < 0 || fd >= FD_MAX)
        return;
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    received[fd] = 0;
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

int main(int argc, char **argv)
{
    if (argc != 4)
        return 2;
    request_len = strtoul(argv[3], NULL, 10);
    build_answer(strtoul(argv[2], NULL, 10), READ_SIZE / request_len + 2);
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)strtoul(argv[1], NULL, 10)),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    int on = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(listener, 512) != 0)
        die("listen");
    int epoll = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = listener};
    epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
    struct epoll_event events[256];
    for (;;) {
        int ready = epoll_wait(epoll, events, 256, -1);
        for (int i = 0; i < ready; i++) {
            if (events[i].data.fd == listener)
                accept_one(epoll, listener);
            else
                serve(events[i].data.fd);
        }
    }
}
