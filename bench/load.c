/* The load generator of bench/: sends prepared requests over keep-alive connections and counts
 * whole answers, so that nothing but the server is measured. One thread, epoll, no parsing beyond
 * Content-Length.
 *
 *     load HOST PORT FILE CONNECTIONS PIPELINE SECONDS [once] [tls] [rate=N]
 *
 * FILE holds requests as raw bytes, one behind the other; they are sent in that order, and again
 * from the first when all are through. A connection sends PIPELINE of them at once and waits for
 * their answers before it sends more. once     each request is sent once (a token is good for one);
 * the run ends with the last of them tls      TLS, the server's certificate is not looked at rate=N
 * N batches a second in all, at even distances, whether answers come or not: the latency counts
 * from the moment a batch was due, also when no connection was free. Without it every connection
 * sends as soon as it can.
 *
 * Prints one JSON line: answers, bad (not "HTTP/1.1 200", or an API error), seconds, rate of
 * answers, latency percentiles of batches in microseconds, the longest latency, and the longest
 * time in which no answer came at all (stall_us). */
#include "meter.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { READ_SIZE = 1 << 18, BODY_LOOKED_AT = 24, EVENTS = 256 };

struct connection {
    int fd;
    SSL *tls;
    bool wants_out;     /* epoll tells when more can be sent */
    const char *unsent; /* of the batch */
    size_t unsent_len;
    int64_t asked_us; /* when the batch was sent, or due */
    size_t waiting;   /* answers still to come of it */
    size_t skip;      /* bytes of an answer's body still to come */
    size_t kept;      /* bytes in buffer: a piece of a head */
    char *buffer;
    struct connection *next_free;
};

/* The requests: `starts[i]`..`starts[i + 1]`. */
static const char *requests;
static size_t *starts, request_count, next_request;

static struct sockaddr_in address;
static SSL_CTX *tls_context;
static int epoll;
static size_t pipeline, in_flight;
static bool once;
static double interval_us; /* between batches; 0 = as fast as answers come */
static int64_t start_us, end_us, last_answer_us, stall_us;
static uint64_t answers, bad, batches_due;
static struct connection *free_connections;
static struct meter meter;

static bool requests_left(void)
{
    return !once || next_request + pipeline <= request_count;
}

/* ---- one connection ---- */

static ssize_t link_send(struct connection *self, const char *at, size_t len)
{
    if (!self->tls)
        return send(self->fd, at, len, MSG_NOSIGNAL);
    int sent = SSL_write(self->tls, at, (int)len);
    errno = sent > 0 ? 0 : EAGAIN;
    return sent;
}

static ssize_t link_receive(struct connection *self, char *at, size_t len)
{
    if (!self->tls)
        return recv(self->fd, at, len, 0);
    int got = SSL_read(self->tls, at, (int)len);
    if (got <= 0 && SSL_get_error(self->tls, got) == SSL_ERROR_WANT_READ) {
        errno = EAGAIN;
        return -1;
    }
    return got;
}

static void want_out(struct connection *self, bool wanted)
{
    if (self->wants_out == wanted)
        return;
    self->wants_out = wanted;
    struct epoll_event event = {.events = EPOLLIN | (wanted ? (uint32_t)EPOLLOUT : 0),
                                .data.ptr = self};
    if (epoll_ctl(epoll, EPOLL_CTL_MOD, self->fd, &event) != 0)
        die("epoll_ctl");
}

static void send_more(struct connection *self)
{
    while (self->unsent_len > 0) {
        ssize_t sent = link_send(self, self->unsent, self->unsent_len);
        if (sent <= 0 && errno != EAGAIN)
            die("send");
        if (sent <= 0)
            break;
        self->unsent += sent;
        self->unsent_len -= (size_t)sent;
    }
    want_out(self, self->unsent_len > 0);
}

static void send_batch(struct connection *self, int64_t asked_us)
{
    if (next_request + pipeline > request_count)
        next_request = 0;
    self->unsent = requests + starts[next_request];
    self->unsent_len = starts[next_request + pipeline] - starts[next_request];
    next_request += pipeline;
    self->asked_us = asked_us;
    self->waiting = pipeline;
    in_flight++;
    send_more(self);
}

static void batch_done(struct connection *self, int64_t now_us)
{
    in_flight--;
    meter_note(&meter, now_us - self->asked_us);
    if (interval_us > 0) {
        self->next_free = free_connections;
        free_connections = self;
    } else if (now_us < end_us && requests_left()) {
        send_batch(self, now_us);
    }
}

static void note_answer(int64_t now_us)
{
    answers++;
    if (now_us - last_answer_us > stall_us)
        stall_us = now_us - last_answer_us;
    last_answer_us = now_us;
}

/* An answer's head at `at`, with the first bytes of its body: how many bytes the whole answer has;
 * 0 if that cannot be seen yet. */
static size_t look_at_answer(const char *at, size_t len)
{
    const char *end = memmem(at, len, "\r\n\r\n", 4);
    if (!end)
        return 0;
    const char *field = memmem(at, (size_t)(end - at) + 2, "Content-Length: ", 16);
    if (!field)
        die("an answer without Content-Length");
    size_t head_len = (size_t)(end - at) + 4, body_len = strtoul(field + 16, NULL, 10);
    size_t looked_at = body_len < BODY_LOOKED_AT ? body_len : BODY_LOOKED_AT;
    if (len < head_len + looked_at)
        return 0;
    if (memcmp(at, "HTTP/1.1 200", 12) != 0 || memmem(at + head_len, looked_at, "\"Error\"", 7))
        if (bad++ == 0)
            fprintf(stderr, "load: %.*s\n", (int)(len < 600 ? len : 600), at);
    return head_len + body_len;
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Takes the answers that end in the buffer; a piece of a head is kept, of a body it is noted how
 * much is still to come. */
static void take_answers(struct connection *self, size_t len)
{
    int64_t now_us = steady_us();
    size_t used = 0;
    for (;;) {
        if (self->skip > 0) {
            size_t step = smaller(self->skip, len - used);
            self->skip -= step;
            used += step;
            if (self->skip > 0)
                break;
            self->waiting--;
            note_answer(now_us);
        }
        self->skip = look_at_answer(self->buffer + used, len - used);
        if (self->skip == 0)
            break;
    }
    self->kept = len - used;
    memmove(self->buffer, self->buffer + used, self->kept);
    if (self->waiting == 0)
        batch_done(self, now_us);
}

static void receive(struct connection *self)
{
    ssize_t got;
    do {
        got = link_receive(self, self->buffer + self->kept, READ_SIZE - self->kept);
        if (got < 0 && errno == EAGAIN)
            return;
        if (got <= 0)
            die("recv");
        take_answers(self, self->kept + (size_t)got);
    } while (self->tls && SSL_pending(self->tls) > 0);
}

static void open_tls(struct connection *self)
{
    self->tls = SSL_new(tls_context);
    if (!self->tls || SSL_set_fd(self->tls, self->fd) != 1 || SSL_connect(self->tls) != 1)
        die("TLS");
}

static void open_connection(struct connection *self)
{
    self->fd = socket(AF_INET, SOCK_STREAM, 0);
    self->buffer = malloc(READ_SIZE);
    if (self->fd < 0 || !self->buffer)
        die("socket");
    if (connect(self->fd, (struct sockaddr *)&address, sizeof address) != 0)
        die("connect");
    int on = 1;
    setsockopt(self->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (tls_context)
        open_tls(self);
    fcntl(self->fd, F_SETFL, O_NONBLOCK);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = self};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, self->fd, &event) != 0)
        die("epoll_ctl");
}

/* ---- the requests ---- */

static size_t request_length(const char *at, size_t len)
{
    const char *end = memmem(at, len, "\r\n\r\n", 4);
    if (!end)
        die("a request without an end");
    const char *field = memmem(at, (size_t)(end - at) + 2, "Content-Length: ", 16);
    size_t body_len = field ? strtoul(field + 16, NULL, 10) : 0;
    return (size_t)(end - at) + 4 + body_len;
}

static void find_requests(size_t len)
{
    size_t room = 0;
    for (size_t at = 0; at < len; at += request_length(requests + at, len - at)) {
        if (request_count + 2 > room) {
            room = room * 2 + 1024;
            starts = realloc(starts, room * sizeof *starts);
            if (!starts)
                die("realloc");
        }
        starts[request_count++] = at;
    }
    starts[request_count] = len;
}

/* One request is repeated, so that a batch of it lies in one piece too. */
static void repeat_single(size_t len)
{
    char *copies = malloc(len * pipeline);
    starts = realloc(starts, (pipeline + 1) * sizeof *starts);
    if (!copies || !starts)
        die("malloc");
    for (size_t i = 0; i < pipeline; i++)
        memcpy(copies + i * len, requests, len);
    for (size_t i = 0; i <= pipeline; i++)
        starts[i] = i * len;
    requests = copies;
    request_count = pipeline;
}

static void read_requests(const char *path)
{
    struct stat stat;
    int fd = open(path, O_RDONLY);
    if (fd < 0 || fstat(fd, &stat) != 0 || stat.st_size == 0)
        die(path);
    size_t len = (size_t)stat.st_size;
    void *map = mmap(NULL, len, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
    if (map == MAP_FAILED)
        die(path);
    requests = map;
    find_requests(len);
    if (request_count == 1 && !once)
        repeat_single(len);
    if (request_count < pipeline)
        die("fewer requests than are sent at once");
}

/* ---- the run ---- */

static void option(const char *text)
{
    if (strcmp(text, "once") == 0)
        once = true;
    else if (strcmp(text, "tls") == 0)
        tls_context = SSL_CTX_new(TLS_client_method());
    else if (strncmp(text, "rate=", 5) == 0 && strtoul(text + 5, NULL, 10) > 0)
        interval_us = 1e6 / (double)strtoul(text + 5, NULL, 10);
    else
        die(text);
}

/* Sends what is due as far as connections are free. Returns how long to wait for the next. */
static int64_t send_due(int64_t now_us)
{
    for (;;) {
        int64_t due_us = start_us + (int64_t)((double)batches_due * interval_us);
        if (due_us > now_us)
            return due_us - now_us;
        if (!free_connections || !requests_left())
            return 1000;
        struct connection *connection = free_connections;
        free_connections = connection->next_free;
        batches_due++;
        send_batch(connection, due_us);
    }
}

static void start_all(struct connection *connections, size_t count)
{
    for (size_t i = 0; i < count; i++)
        open_connection(&connections[i]);
    start_us = last_answer_us = steady_us();
    for (size_t i = 0; i < count; i++) {
        if (interval_us > 0) {
            connections[i].next_free = free_connections;
            free_connections = &connections[i];
        } else if (requests_left()) {
            send_batch(&connections[i], start_us);
        }
    }
}

static void run(int64_t seconds)
{
    struct epoll_event events[EVENTS];
    end_us = start_us + seconds * 1000000;
    int64_t now_us = start_us;
    while (now_us < end_us && (in_flight > 0 || requests_left())) {
        int64_t wait_us = interval_us > 0 ? send_due(now_us) : 1000000;
        struct timespec wait = {wait_us / 1000000, wait_us % 1000000 * 1000};
        int ready = epoll_pwait2(epoll, events, EVENTS, &wait, NULL);
        for (int i = 0; i < ready; i++) {
            struct connection *connection = events[i].data.ptr;
            if (events[i].events & EPOLLOUT)
                send_more(connection);
            if (events[i].events & (uint32_t)~EPOLLOUT)
                receive(connection);
        }
        now_us = steady_us();
    }
}

static void report(double seconds)
{
    printf("{\"answers\": %llu, \"bad\": %llu, \"seconds\": %.3f, \"rate\": %.1f, \"p50_us\": %u, "
           "\"p99_us\": %u, \"p999_us\": %u, \"longest_us\": %llu, \"stall_us\": %lld}\n",
           (unsigned long long)answers, (unsigned long long)bad, seconds, (double)answers / seconds,
           meter_percentile(&meter, 0.5), meter_percentile(&meter, 0.99),
           meter_percentile(&meter, 0.999), (unsigned long long)meter.longest_us,
           (long long)stall_us);
}

int main(int argc, char **argv)
{
    if (argc < 7) {
        fprintf(stderr, "usage: load HOST PORT FILE CONNECTIONS PIPELINE SECONDS [once] [tls] "
                        "[rate=N]\n");
        return 2;
    }
    address = (struct sockaddr_in){.sin_family = AF_INET,
                                   .sin_port = htons((uint16_t)strtoul(argv[2], NULL, 10))};
    if (inet_pton(AF_INET, argv[1], &address.sin_addr) != 1)
        die(argv[1]);
    size_t count = strtoul(argv[4], NULL, 10);
    pipeline = strtoul(argv[5], NULL, 10);
    for (int i = 7; i < argc; i++)
        option(argv[i]);
    read_requests(argv[3]);
    meter_init(&meter);
    struct connection *connections = calloc(count, sizeof *connections);
    epoll = epoll_create1(0);
    if (!connections || epoll < 0)
        die("start");
    start_all(connections, count);
    run(strtol(argv[6], NULL, 10));
    report((double)(steady_us() - start_us) / 1e6);
    free(connections);
    return 0;
}
