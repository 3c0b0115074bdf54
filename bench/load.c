/* The load generator of bench/: sends the same request bytes again and again over keep-alive
 * connections and counts whole answers, so that nothing but the server is measured. One thread,
 * epoll, no parsing beyond Content-Length.
 *
 *     load HOST PORT FILE CONNECTIONS PIPELINE SECONDS
 *
 * FILE holds one request as raw bytes. Prints one JSON line: answers, bad (not "HTTP/1.1 200" or a
 * body with "Error"), seconds, and the latency percentiles in microseconds (of a batch of PIPELINE
 * requests). */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { READ_SIZE = 1 << 18, LATENCY_SLOTS = 1 << 20 };

struct connection {
    int fd;
    int64_t sent_us;
    int waiting; /* answers still to come of the batch */
    size_t kept; /* bytes of an unfinished answer */
    char *buffer;
};

static struct sockaddr_in address;
static char *batch; /* PIPELINE requests in a row */
static size_t batch_len;
static int pipeline;
static uint64_t answers, bad;
static uint32_t *latency_us; /* count of batches by microseconds */

static _Noreturn void die(const char *what)
{
    perror(what);
    exit(1);
}

static int64_t steady_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void send_batch(struct connection *connection)
{
    connection->sent_us = steady_us();
    connection->waiting = pipeline;
    size_t sent = 0;
    while (sent < batch_len) {
        ssize_t step = send(connection->fd, batch + sent, batch_len - sent, MSG_NOSIGNAL);
        if (step < 0 && errno != EAGAIN)
            die("send");
        sent += step > 0 ? (size_t)step : 0;
    }
}

/* Length of the whole answer at `at`, 0 if it is not all there. */
static size_t answer_length(const char *at, size_t len)
{
    const char *end = memmem(at, len, "\r\n\r\n", 4);
    if (!end)
        return 0;
    const char *field = memmem(at, (size_t)(end - at) + 2, "Content-Length: ", 16);
    if (!field)
        die("an answer without Content-Length");
    size_t total = (size_t)(end - at) + 4 + strtoul(field + 16, NULL, 10);
    return total <= len ? total : 0;
}

static void take_answer(struct connection *connection, const char *at, size_t len)
{
    answers++;
    if (memcmp(at, "HTTP/1.1 200", 12) != 0 || memmem(at, len, "\"Error\"", 7))
        bad++;
    if (--connection->waiting > 0)
        return;
    int64_t took = steady_us() - connection->sent_us;
    latency_us[took < LATENCY_SLOTS ? took : LATENCY_SLOTS - 1]++;
}

static void receive(struct connection *connection)
{
    ssize_t got = recv(connection->fd, connection->buffer + connection->kept,
                       READ_SIZE - connection->kept, 0);
    if (got < 0 && errno == EAGAIN)
        return;
    if (got <= 0)
        die("recv");
    size_t len = connection->kept + (size_t)got;
    size_t used = 0;
    for (size_t step; (step = answer_length(connection->buffer + used, len - used)) > 0;
         used += step)
        take_answer(connection, connection->buffer + used, step);
    connection->kept = len - used;
    memmove(connection->buffer, connection->buffer + used, connection->kept);
    if (connection->waiting == 0)
        send_batch(connection);
}

static void open_connection(struct connection *connection, int epoll)
{
    connection->fd = socket(AF_INET, SOCK_STREAM, 0);
    connection->buffer = malloc(READ_SIZE);
    if (connection->fd < 0 || !connection->buffer)
        die("socket");
    if (connect(connection->fd, (struct sockaddr *)&address, sizeof address) != 0)
        die("connect");
    int on = 1;
    setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    fcntl(connection->fd, F_SETFL, O_NONBLOCK);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, connection->fd, &event) != 0)
        die("epoll_ctl");
    send_batch(connection);
}

static void read_request(const char *path)
{
    static char request[1 << 20];
    FILE *file = fopen(path, "rb");
    size_t len = file ? fread(request, 1, sizeof request, file) : 0;
    if (len == 0)
        die(path);
    fclose(file);
    batch_len = len * (size_t)pipeline;
    batch = malloc(batch_len);
    if (!batch)
        die("malloc");
    for (int i = 0; i < pipeline; i++)
        memcpy(batch + (size_t)i * len, request, len);
}

static unsigned percentile(double share)
{
    uint64_t all = 0, seen = 0;
    for (size_t i = 0; i < LATENCY_SLOTS; i++)
        all += latency_us[i];
    for (size_t i = 0; i < LATENCY_SLOTS; i++) {
        seen += latency_us[i];
        if ((double)seen >= (double)all * share)
            return (unsigned)i;
    }
    return LATENCY_SLOTS;
}

int main(int argc, char **argv)
{
    if (argc != 7) {
        fprintf(stderr, "usage: load HOST PORT FILE CONNECTIONS PIPELINE SECONDS\n");
        return 2;
    }
    address = (struct sockaddr_in){.sin_family = AF_INET,
                                   .sin_port = htons((uint16_t)strtoul(argv[2], NULL, 10))};
    if (inet_pton(AF_INET, argv[1], &address.sin_addr) != 1)
        die(argv[1]);
    int count = (int)strtol(argv[4], NULL, 10);
    pipeline = (int)strtol(argv[5], NULL, 10);
    int64_t seconds = strtol(argv[6], NULL, 10);
    read_request(argv[3]);
    latency_us = calloc(LATENCY_SLOTS, sizeof *latency_us);
    struct connection *connections = calloc((size_t)count, sizeof *connections);
    int epoll = epoll_create1(0);
    if (!latency_us || !connections || epoll < 0)
        die("start");
    for (int i = 0; i < count; i++)
        open_connection(&connections[i], epoll);

    int64_t start = steady_us();
    struct epoll_event events[256];
    while (steady_us() - start < seconds * 1000000) {
        int ready = epoll_wait(epoll, events, 256, 1000);
        for (int i = 0; i < ready; i++)
            receive(events[i].data.ptr);
    }
    double took = (double)(steady_us() - start) / 1e6;
    printf("{\"answers\": %llu, \"bad\": %llu, \"seconds\": %.3f, \"p50_us\": %u, \"p99_us\": %u, "
           "\"p999_us\": %u}\n",
           (unsigned long long)answers, (unsigned long long)bad, took, percentile(0.5),
           percentile(0.99), percentile(0.999));
    return 0;
}
