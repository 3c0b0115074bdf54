/* The server as a whole: opened, run, drained, closed.
 *
 * 1. Everything that can fail for reasons of the world (addresses, certificates, memory) is tried
 *    in server_open, so that a server that runs was configured right.
 * 2. `drain` only rises; workers_busy falls to zero exactly once.
 *
 * Owns workers, endpoints, TLS and ceilings; the api and the pages belong to the caller.
 * server_drain and server_reload_tls: any thread; the others: the caller's. */
#include "net/server.h"

#include "net/listener.h"
#include "net/worker.h"

#include "base/check.h"
#include "sys/thread.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>

enum { FDS_BESIDE_CONNECTIONS = 384, ADMIN_HOSTS_BYTES_MAX = 1 << 20 };

static struct status check_options(const struct server_options *options, struct fault *fault)
{
    if (options->listener_count == 0 || options->listener_count > SERVER_LISTENERS_MAX)
        return fault_raise(fault, STATUS_INVALID, "a server listens on 1 to %d addresses",
                           (int)SERVER_LISTENERS_MAX);
    if (options->threads == 0 || options->threads > GATE_READERS_MAX)
        return fault_raise(fault, STATUS_INVALID, "network threads must be 1 to %d",
                           (int)GATE_READERS_MAX);
    if (options->limits.field_count_max > HTTP1_FIELDS_MAX)
        return fault_raise(fault, STATUS_INVALID, "at most %d header fields can be allowed",
                           (int)HTTP1_FIELDS_MAX);
    for (uint32_t i = 0; i < options->listener_count; i++)
        if (options->listeners[i].tls && (!options->tls_certificate_path || !options->tls_key_path))
            return fault_raise(fault, STATUS_INVALID,
                               "listening with TLS on %.*s needs a certificate and its key "
                               "(--tls-cert, --tls-key)",
                               SLICE_ARGS(options->listeners[i].address));
    return STATUS_DONE;
}

/* As many files as connections were asked for, as far as the hard limit goes. */
static void raise_file_limit(uint32_t connections_max)
{
    struct rlimit limit;
    rlim_t wanted = (rlim_t)connections_max + FDS_BESIDE_CONNECTIONS;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= wanted)
        return;
    limit.rlim_cur = wanted < limit.rlim_max ? wanted : limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit); /* less is served less, as the kernel allows */
}

static struct status open_endpoint(struct server *server, const struct server_listener *asked,
                                   struct fault *fault)
{
    uint32_t index = server->endpoint_count;
    struct endpoint *endpoint = &server->endpoints[index];
    *endpoint = (struct endpoint){.tls = asked->tls, .admin = asked->admin, .trust = asked->trust};
    TRY(address_parse(asked->address, fault, &endpoint->address));
    if (asked->trust == API_TRUST_OPERATOR && endpoint->address.kind != ADDRESS_UNIX)
        return fault_raise(fault, STATUS_INVALID,
                           "an operator's listener must be a unix socket, not %.*s",
                           SLICE_ARGS(asked->address));
    bool one_thread = endpoint->address.kind == ADDRESS_UNIX || endpoint->admin;
    uint32_t sockets = one_thread ? 1 : server->worker_count;
    for (uint32_t i = 0; i < sockets; i++) {
        struct worker *worker = &server->workers[i];
        int fd;
        if (i == 0)
            TRY(listener_bind(endpoint, sockets > 1, fault, &fd));
        else
            TRY(listener_bind_again(endpoint, fault, &fd));
        server->endpoint_count = index + 1;
        TRY(listener_open(&worker->listeners[index], worker, endpoint, fd, fault));
    }
    return STATUS_DONE;
}

static struct status read_health_path(struct server *server, struct slice path, struct fault *fault)
{
    bool is_whole = true;
    for (size_t i = 0; i < path.len; i++)
        is_whole = is_whole && path.at[i] > ' ' && path.at[i] < 0x7f && path.at[i] != '?';
    if (path.len > 0 &&
        (path.len < 2 || path.at[0] != '/' || !is_whole || path.len > SERVER_HEALTH_PATH_BYTES_MAX))
        return fault_raise(fault, STATUS_INVALID,
                           "health path \"%.*s\" is not a path such as /readyz", SLICE_ARGS(path));
    if (path.len > 0)
        memcpy(server->health_path, path.at, path.len);
    return STATUS_DONE;
}

static struct status read_names(struct server *server, const struct server_options *options,
                                struct fault *fault)
{
    TRY(read_health_path(server, options->health_path, fault));
    for (uint32_t i = 0; i < options->trusted_proxy_count; i++)
        TRY(trust_add(&server->trust, options->trusted_proxies[i], fault));
    for (uint32_t i = 0; i < options->admin_host_count; i++) {
        buffer_append(&server->admin_hosts, options->admin_hosts[i]);
        buffer_char(&server->admin_hosts, '\n');
    }
    return buffer_ok(&server->admin_hosts)
               ? STATUS_DONE
               : fault_raise(fault, STATUS_MEMORY, "no memory for the server");
}

static struct status open_parts(struct server *server, const struct server_options *options,
                                struct fault *fault)
{
    uint64_t seed;
    TRY(read_names(server, options, fault));
    TRY(server->sys->entropy(server->sys->context, &seed, sizeof seed, fault));
    server->ceiling =
        ceiling_new(options->connections_max, options->connections_per_address_max, seed);
    server->workers = calloc(options->threads, sizeof *server->workers);
    if (!server->ceiling || !server->workers)
        return fault_raise(fault, STATUS_MEMORY, "no memory for the server");
    if (options->tls_certificate_path && options->tls_key_path)
        TRY(tls_open(options->tls_certificate_path, options->tls_key_path, fault, &server->tls));
    for (uint32_t i = 0; i < options->threads; i++) {
        CHECK(pthread_mutex_init(&server->workers[i].lock, NULL) == 0);
        server->worker_count = i + 1;
        TRY(worker_open(&server->workers[i], server, i, fault));
    }
    for (uint32_t i = 0; i < options->listener_count; i++)
        TRY(open_endpoint(server, &options->listeners[i], fault));
    return STATUS_DONE;
}

struct status server_open(struct api *api, const struct server_options *options,
                          struct fault *fault, struct server **ret_server)
{
    TRY(check_options(options, fault));
    raise_file_limit(options->connections_max);
    struct server *server = calloc(1, sizeof *server);
    if (!server)
        return fault_raise(fault, STATUS_MEMORY, "no memory for the server");
    server->api = api;
    server->options = *options;
    server->sys = options->sys;
    budget_init(&server->budget, options->body_memory_max);
    buffer_init(&server->admin_hosts, ADMIN_HOSTS_BYTES_MAX);
    struct status status = open_parts(server, options, fault);
    if (!status_ok(status)) {
        server_close(server);
        return status;
    }
    atomic_store(&server->workers_busy, server->worker_count);
    *ret_server = server;
    return STATUS_DONE;
}

void server_address(const struct server *server, uint32_t listener, struct buffer *out)
{
    CHECK(listener < server->endpoint_count);
    address_write(&server->endpoints[listener].address, out);
}

static void *run_thread(void *context)
{
    worker_run(context);
    return NULL;
}

/* The first worker is the caller's thread. Answers how many run then. */
static uint32_t start_threads(struct server *server)
{
    uint32_t started = 1;
    while (started < server->worker_count &&
           thread_start(&server->workers[started].thread, run_thread, &server->workers[started]) ==
               0)
        started++;
    return started;
}

struct status server_run(struct server *server, struct fault *fault)
{
    (void)signal(SIGPIPE, SIG_IGN); /* a client that is gone is an error of one write */
    uint32_t started = start_threads(server);
    struct status status = STATUS_DONE;
    if (started < server->worker_count) {
        status = fault_raise(fault, STATUS_MEMORY, "cannot start %u network threads",
                             server->worker_count);
        atomic_fetch_sub(&server->workers_busy, server->worker_count - started);
        server_drain(server);
        server_drain(server);
    } else
        atomic_store(&server->serving, true);
    worker_run(&server->workers[0]);
    for (uint32_t i = 1; i < started; i++)
        CHECK(pthread_join(server->workers[i].thread, NULL) == 0);
    atomic_store(&server->serving, false);
    return status;
}

void server_drain(struct server *server)
{
    uint32_t before = DRAIN_NONE;
    if (!atomic_compare_exchange_strong(&server->drain, &before, DRAIN_GRACEFUL))
        atomic_store(&server->drain, DRAIN_NOW);
    for (uint32_t i = 0; i < server->worker_count; i++)
        worker_signal(&server->workers[i]);
}

struct status server_reload_tls(struct server *server, struct fault *fault)
{
    if (!server->tls)
        return STATUS_DONE;
    return tls_reload(server->tls, fault);
}

void server_close(struct server *server)
{
    if (!server)
        return;
    for (uint32_t i = 0; i < server->worker_count; i++) {
        worker_close(&server->workers[i]);
        (void)pthread_mutex_destroy(&server->workers[i].lock);
    }
    for (uint32_t i = 0; i < SERVER_LISTENERS_MAX; i++)
        endpoint_remove(&server->endpoints[i]);
    ceiling_free(server->ceiling);
    buffer_done(&server->admin_hosts);
    tls_close(server->tls);
    free(server->workers);
    free(server);
}
