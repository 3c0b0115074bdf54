/* Listening sockets.
 *
 * 1. The first socket of an address is bound without SO_REUSEPORT, so that a port someone else
 *    listens on is refused even if both sides would share; only then is the option set, for the
 *    other threads' sockets.
 * 2. A unix socket's file is removed only when nobody answers on it, or when it is our own.
 *
 * Owns file descriptors until they are handed to libuv. Thread of server_open; listener_close: the
 * loop's. */
#include "net/listener.h"

#include "net/connection.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <unistd.h>

enum { BACKLOG = 4096 };

static struct status raise_bind(const struct endpoint *endpoint, int error, struct fault *fault)
{
    char memory[160];
    struct buffer name;
    buffer_init_fixed(&name, memory, sizeof memory);
    address_write(&endpoint->address, &name);
    switch (error) {
    case EADDRINUSE:
        return fault_raise(fault, STATUS_BUSY,
                           "%.*s is in use by another program (%s); choose another with --listen",
                           SLICE_ARGS(buffer_slice(&name)), strerror(error));
    case EADDRNOTAVAIL:
        return fault_raise(fault, STATUS_INVALID,
                           "%.*s is not an address of this machine (%s); choose another with "
                           "--listen",
                           SLICE_ARGS(buffer_slice(&name)), strerror(error));
    case EACCES:
        return fault_raise(fault, STATUS_DENIED,
                           "no permission to listen on %.*s (%s); ports below 1024 need root or "
                           "CAP_NET_BIND_SERVICE, unix sockets a folder one may write to",
                           SLICE_ARGS(buffer_slice(&name)), strerror(error));
    default:
        return fault_raise_errno(fault, error, "cannot listen on %.*s",
                                 SLICE_ARGS(buffer_slice(&name)));
    }
}

static bool set_option(int fd, int level, int option, int value)
{
    return setsockopt(fd, level, option, &value, sizeof value) == 0;
}

/* -1 with errno set. Accepted sockets inherit TCP_NODELAY. */
static int socket_new(const struct address *address, bool share)
{
    int fd = socket(address->at.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || address->kind == ADDRESS_UNIX)
        return fd;
    bool six = address->at.any.sa_family == AF_INET6;
    if (set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1) &&
        set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1) &&
        (!six || set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, address->kind != ADDRESS_ANY)) &&
        (!share || set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1)))
        return fd;
    int error = errno;
    (void)close(fd);
    errno = error;
    return -1;
}

static int bind_address(const struct address *address, bool share)
{
    int fd = socket_new(address, share);
    if (fd < 0 || bind(fd, &address->at.any, address->len) == 0)
        return fd;
    int error = errno;
    (void)close(fd);
    errno = error;
    return -1;
}

/* "*" on a machine without IPv6. */
static void fall_back_to_ipv4(struct address *address)
{
    in_port_t port = address->at.ipv6.sin6_port;
    memset(&address->at, 0, sizeof address->at);
    address->at.ipv4 = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = port};
    address->len = sizeof address->at.ipv4;
}

static struct status bind_tcp(struct endpoint *endpoint, bool shared, struct fault *fault,
                              int *ret_fd)
{
    struct address *address = &endpoint->address;
    int fd = bind_address(address, false);
    if (fd < 0 && address->kind == ADDRESS_ANY &&
        (errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL)) {
        fall_back_to_ipv4(address);
        fd = bind_address(address, false);
    }
    if (fd < 0)
        return raise_bind(endpoint, errno, fault);
    if ((!shared || set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1)) &&
        getsockname(fd, &address->at.any, &address->len) == 0) {
        *ret_fd = fd;
        return STATUS_DONE;
    }
    struct status status = raise_bind(endpoint, errno, fault);
    (void)close(fd);
    return status;
}

/* Removes a socket file left behind by a program that is gone. */
static struct status clear_stale(const struct endpoint *endpoint, struct fault *fault)
{
    const char *path = endpoint->address.at.unix_path.sun_path;
    struct stat found;
    if (lstat(path, &found) == 0 && !S_ISSOCK(found.st_mode))
        return fault_raise(fault, STATUS_EXISTS,
                           "cannot listen on unix:%s: there is a file that is not a socket", path);
    int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (probe < 0)
        return raise_bind(endpoint, errno, fault);
    bool stale = connect(probe, &endpoint->address.at.any, endpoint->address.len) < 0 &&
                 errno == ECONNREFUSED;
    (void)close(probe);
    if (!stale)
        return raise_bind(endpoint, EADDRINUSE, fault);
    if (unlink(path) < 0 && errno != ENOENT)
        return raise_bind(endpoint, errno, fault);
    return STATUS_DONE;
}

static struct status bind_unix(struct endpoint *endpoint, struct fault *fault, int *ret_fd)
{
    const struct address *address = &endpoint->address;
    int fd = socket_new(address, false);
    if (fd < 0)
        return raise_bind(endpoint, errno, fault);
    /* Linux gives the file the socket's mode, so there is no moment at which others may connect. */
    bool done = (endpoint->trust != API_TRUST_OPERATOR || fchmod(fd, S_IRUSR | S_IWUSR) == 0) &&
                bind(fd, &address->at.any, address->len) == 0;
    struct status status = STATUS_DONE;
    if (!done && errno == EADDRINUSE) {
        status = clear_stale(endpoint, fault);
        done = status_ok(status) && bind(fd, &address->at.any, address->len) == 0;
    }
    struct stat made = {0};
    if (status_ok(status) && (!done || stat(address->at.unix_path.sun_path, &made) < 0))
        status = raise_bind(endpoint, errno, fault);
    if (!status_ok(status)) {
        (void)close(fd);
        return status;
    }
    endpoint->socket_device = made.st_dev;
    endpoint->socket_inode = made.st_ino;
    endpoint->socket_made = true;
    *ret_fd = fd;
    return STATUS_DONE;
}

struct status listener_bind(struct endpoint *endpoint, bool shared, struct fault *fault,
                            int *ret_fd)
{
    return endpoint->address.kind == ADDRESS_UNIX ? bind_unix(endpoint, fault, ret_fd)
                                                  : bind_tcp(endpoint, shared, fault, ret_fd);
}

struct status listener_bind_again(const struct endpoint *endpoint, struct fault *fault, int *ret_fd)
{
    int fd = bind_address(&endpoint->address, true);
    if (fd < 0)
        return raise_bind(endpoint, errno, fault);
    *ret_fd = fd;
    return STATUS_DONE;
}

void endpoint_remove(struct endpoint *endpoint)
{
    const char *path = endpoint->address.at.unix_path.sun_path;
    struct stat found;
    if (endpoint->socket_made && lstat(path, &found) == 0 &&
        found.st_dev == endpoint->socket_device && found.st_ino == endpoint->socket_inode)
        (void)unlink(path);
    endpoint->socket_made = false;
}

static void on_connection(uv_stream_t *stream, int status)
{
    if (status == 0)
        connection_accept(stream->data);
}

struct status listener_open(struct listener *listener, struct worker *worker,
                            const struct endpoint *endpoint, int fd, struct fault *fault)
{
    bool is_unix = endpoint->address.kind == ADDRESS_UNIX;
    int error = is_unix ? uv_pipe_init(&worker->loop, &listener->uv.pipe, 0)
                        : uv_tcp_init(&worker->loop, &listener->uv.tcp);
    if (error < 0) {
        (void)close(fd);
        return raise_bind(endpoint, -error, fault);
    }
    *listener = (struct listener){.uv = listener->uv, .worker = worker, .endpoint = endpoint};
    listener->uv.handle.data = listener;
    listener->open = true;
    error = is_unix ? uv_pipe_open(&listener->uv.pipe, fd) : uv_tcp_open(&listener->uv.tcp, fd);
    if (error < 0) {
        (void)close(fd);
        return raise_bind(endpoint, -error, fault);
    }
    error = uv_listen(&listener->uv.stream, BACKLOG, on_connection);
    return error < 0 ? raise_bind(endpoint, -error, fault) : STATUS_DONE;
}

void listener_close(struct listener *listener)
{
    if (listener->open)
        uv_close(&listener->uv.handle, NULL);
    listener->open = false;
}
