/* A server of src/net with the options of the command line and the api of door_api.c behind it.
 *
 *   door OPTION=VALUE...   listen=, tls=, admin=, control= (addresses, each may come again),
 *                          threads=, header_ms=, body_ms=, idle_ms=, write_ms=, drain_ms=,
 *                          connections=, per_address=, line=, head=, fields=, body=,
 *                          body_memory=, cert=, key=, trust=, admin_host= (each may come again),
 *                          health=, log=1
 *
 * Prints one address a line, then "ready". SIGTERM drains, a second one ends it; SIGHUP reads the
 * certificate again and prints "reloaded" or the fault. */
#include "net/server.h"

#include "base/check.h"
#include "base/metric.h"
#include "sys/process.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

struct door {
    struct server_options options;
    struct server_listener listeners[SERVER_LISTENERS_MAX];
    struct slice trusted[8], admin_hosts[8];
    struct api *api;
    struct server *server;
    sigset_t signals;
};

/* door_api.c has these in place of the rooms' own */
void committer_metrics(void *committer, struct buffer *out);
void historian_metrics(void *historian, struct buffer *out);

static int write_version(void *context, struct buffer *out)
{
    (void)context;
    BUFFER_LITERAL(out, "{\"name\":\"bursar\",\"version\":\"0.0-test\"}\n");
    return 200;
}

static int write_metrics(void *context, struct buffer *out)
{
    const struct door *door = context;
    metric_begin(out, "bursar_build_info", "gauge", "Always 1; the version is the label.");
    BUFFER_LITERAL(out, "bursar_build_info{version=\"0.0-test\"} 1\n");
    server_metrics(door->server, out);
    api_metrics(door->api, out);
    committer_metrics(NULL, out);
    historian_metrics(NULL, out);
    process_metrics(NULL, out);
    return 200;
}

static _Noreturn void give_up(const char *text)
{
    (void)fprintf(stderr, "door: %s\n", text);
    exit(1);
}

static void add_listener(struct door *door, struct server_listener listener)
{
    CHECK(door->options.listener_count < SERVER_LISTENERS_MAX);
    door->listeners[door->options.listener_count++] = listener;
}

static bool set_listener(struct door *door, struct slice name, struct slice value)
{
    struct server_listener listener = {.address = value};
    listener.tls = slice_equal(name, SLICE("tls"));
    listener.admin = slice_equal(name, SLICE("admin"));
    if (slice_equal(name, SLICE("control")))
        listener.trust = API_TRUST_OPERATOR;
    else if (!listener.tls && !listener.admin && !slice_equal(name, SLICE("listen")))
        return false;
    add_listener(door, listener);
    return true;
}

static bool set_number(struct server_options *options, struct slice name, uint64_t value)
{
    struct {
        const char *name;
        uint32_t *at;
    } numbers[] = {
        {"threads", &options->threads},
        {"header_ms", &options->header_timeout_ms},
        {"body_ms", &options->body_timeout_ms},
        {"idle_ms", &options->idle_timeout_ms},
        {"write_ms", &options->write_timeout_ms},
        {"drain_ms", &options->drain_timeout_ms},
        {"connections", &options->connections_max},
        {"per_address", &options->connections_per_address_max},
        {"fields", &options->limits.field_count_max},
    };
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (slice_equal(name, slice_text(numbers[i].name))) {
            *numbers[i].at = (uint32_t)value;
            return true;
        }
    if (slice_equal(name, SLICE("line")))
        options->limits.line_bytes_max = value;
    else if (slice_equal(name, SLICE("head")))
        options->limits.head_bytes_max = value;
    else if (slice_equal(name, SLICE("body")))
        options->limits.body_bytes_max = value;
    else if (slice_equal(name, SLICE("body_memory")))
        options->body_memory_max = value;
    else
        return false;
    return true;
}

static void print_line(void *context, struct slice line)
{
    (void)context;
    (void)fprintf(stderr, "%.*s\n", SLICE_ARGS(line));
}

static void set_option(struct door *door, const char *argument)
{
    struct slice value;
    struct slice name = slice_cut(slice_text(argument), '=', &value);
    uint64_t number;
    if (set_listener(door, name, value))
        return;
    if (slice_equal(name, SLICE("trust"))) {
        door->trusted[door->options.trusted_proxy_count++] = value;
        door->options.trusted_proxies = door->trusted;
    } else if (slice_equal(name, SLICE("admin_host"))) {
        door->admin_hosts[door->options.admin_host_count++] = value;
        door->options.admin_hosts = door->admin_hosts;
    } else if (slice_equal(name, SLICE("health")))
        door->options.health_path = value;
    else if (slice_equal(name, SLICE("cert")))
        door->options.tls_certificate_path = value.at;
    else if (slice_equal(name, SLICE("key")))
        door->options.tls_key_path = value.at;
    else if (slice_equal(name, SLICE("log")))
        door->options.access_log = print_line;
    else if (!slice_to_u64(value, &number) || !set_number(&door->options, name, number))
        give_up(argument);
}

static void *watch_signals(void *context)
{
    struct door *door = context;
    int number;
    while (sigwait(&door->signals, &number) == 0 && number != SIGUSR1) {
        if (number == SIGHUP) {
            struct fault fault;
            bool done = status_ok(server_reload_tls(door->server, &fault));
            (void)printf("%s\n", done ? "reloaded" : fault.text);
            (void)fflush(stdout);
        } else
            server_drain(door->server);
    }
    return NULL;
}

static void print_addresses(const struct door *door)
{
    for (uint32_t i = 0; i < door->options.listener_count; i++) {
        char memory[160];
        struct buffer address;
        buffer_init_fixed(&address, memory, sizeof memory);
        server_address(door->server, i, &address);
        (void)printf("%.*s\n", SLICE_ARGS(buffer_slice(&address)));
    }
    (void)printf("ready\n");
    (void)fflush(stdout);
}

int main(int argc, char **argv)
{
    struct door door = {.options = SERVER_OPTIONS_DEFAULT};
    struct fault fault;
    pthread_t watcher;
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    door.options.listeners = door.listeners;
    const struct server_page pages[] = {
        {"/metrics", "text/plain; version=0.0.4; charset=utf-8", true, write_metrics, &door},
        {"/version", "application/json", true, write_version, NULL},
    };
    door.options.pages = pages;
    door.options.page_count = 2;
    door.options.sys = sys_real();
    for (int i = 1; i < argc; i++)
        set_option(&door, argv[i]);
    CHECK(sigemptyset(&door.signals) == 0 && sigaddset(&door.signals, SIGTERM) == 0 &&
          sigaddset(&door.signals, SIGHUP) == 0 && sigaddset(&door.signals, SIGUSR1) == 0);
    CHECK(pthread_sigmask(SIG_BLOCK, &door.signals, NULL) == 0);
    if (!status_ok(api_new(NULL, NULL, &fault, &door.api)) ||
        !status_ok(server_open(door.api, &door.options, &fault, &door.server)))
        give_up(fault.text);
    CHECK(pthread_create(&watcher, NULL, watch_signals, &door) == 0);
    print_addresses(&door);
    struct status status = server_run(door.server, &fault);
    CHECK(pthread_kill(watcher, SIGUSR1) == 0);
    CHECK(pthread_join(watcher, NULL) == 0);
    server_close(door.server);
    api_free(door.api);
    if (!status_ok(status))
        give_up(fault.text);
    return 0;
}
