/* Serving: listeners from the settings, the server's life, and what it says about itself on stderr,
 * in the ready file and to systemd.
 *
 * Owns the server, the access log and the ready file for the length of serving_run. The calling
 * thread becomes the first network thread; `stop` and `reload` run on the thread of signals.c. */
#include "cmd/serving.h"

#include "base/metric.h"
#include "cmd/log_file.h"
#include "cmd/notify.h"
#include "cmd/signals.h"
#include "journal/committer.h"
#include "journal/historian.h"
#include "net/server.h"
#include "sys/file.h"
#include "sys/process.h"

#include <errno.h>
#include <stdio.h>
#include <sys/un.h>
#include <unistd.h>

enum { ADDRESSES_BYTES_MAX = 16384, CONTROL_BYTES = 128, PAGES = 2 };

struct serving {
    const struct serving_plan *plan;
    struct server_listener listeners[SERVER_LISTENERS_MAX];
    uint32_t listener_count;
    char control_address[CONTROL_BYTES];
    struct slice trusted_proxies[OPTION_LIST_MAX], admin_hosts[OPTION_LIST_MAX];
    struct log_file log;
    bool has_log;
    struct server *server;
    struct server_page pages[PAGES];
    atomic_uint stops;
};

struct status serving_api_options(const struct settings *settings,
                                  struct api_limit limits[SERVING_LIMITS_MAX], struct fault *fault,
                                  struct api_options *ret_options)
{
    struct api_options options = API_OPTIONS_DEFAULT;
    const struct option_list *list = settings_list(settings, SETTING_LIMIT);
    for (size_t i = 0; i < list->count; i++) {
        struct slice number;
        struct slice action = slice_cut(slice_text(list->items[i]), '=', &number);
        uint64_t per_second;
        if (action.len == 0 || !slice_to_u64(number, &per_second) || per_second > UINT32_MAX)
            return fault_raise(fault, STATUS_INVALID,
                               "%s: limit: \"%s\" is not ACTION=N, as DescribeAccountBalance=5",
                               settings->values[SETTING_LIMIT].origin, list->items[i]);
        limits[i] = (struct api_limit){action, (uint32_t)per_second};
    }
    options.limits = limits;
    options.limit_count = (uint32_t)list->count;
    options.calls_per_second = (uint32_t)settings_number(settings, SETTING_CALLS_PER_SECOND);
    options.skew_seconds_max = (uint32_t)(settings_number(settings, SETTING_CLOCK_SKEW) / 1000);
    options.form_bytes_max = settings_number(settings, SETTING_FORM_BYTES_MAX);
    options.query_bytes_max = settings_number(settings, SETTING_QUERY_BYTES_MAX);
    options.accept_any_service = settings_number(settings, SETTING_ACCEPT_ANY_SERVICE) != 0;
    options.trust_plain_http = settings_number(settings, SETTING_TRUST_PLAIN_HTTP) != 0;
    options.are_timed = settings_text(settings, SETTING_ACCESS_LOG) != NULL;
    options.request_id_seed = settings_number(settings, SETTING_REQUEST_ID_SEED);
    *ret_options = options;
    return STATUS_DONE;
}

void serving_folder(const struct settings *settings, struct serving_threads *threads,
                    struct folder_options *options)
{
    threads->committer = (struct committer_options){
        .group_commands_max = (uint32_t)settings_number(settings, SETTING_GROUP_COMMANDS_MAX),
        .group_entries_max = (uint32_t)settings_number(settings, SETTING_GROUP_ENTRIES_MAX),
        .group_wait_us = (uint32_t)settings_number(settings, SETTING_GROUP_WAIT),
        .clock_jump_max_us = (int64_t)settings_number(settings, SETTING_CLOCK_JUMP_MAX) * 1000,
    };
    threads->historian = (struct historian_options){
        .jobs_max = (uint32_t)settings_number(settings, SETTING_HISTORY_JOBS_MAX),
    };
    options->committer = &threads->committer;
    options->historian = &threads->historian;
    options->requests_due = (uint32_t)settings_number(settings, SETTING_RECENT_TOKENS);
}

static struct status add_listener(struct serving *serving, struct server_listener listener,
                                  struct fault *fault)
{
    if (serving->listener_count == SERVER_LISTENERS_MAX)
        return fault_raise(fault, STATUS_INVALID, "more than %d addresses to listen on",
                           SERVER_LISTENERS_MAX);
    serving->listeners[serving->listener_count++] = listener;
    return STATUS_DONE;
}

static struct status add_listeners(struct serving *serving, enum setting setting,
                                   struct server_listener listener, struct fault *fault)
{
    const struct option_list *list = settings_list(serving->plan->settings, setting);
    for (size_t i = 0; i < list->count; i++) {
        listener.address = slice_text(list->items[i]);
        TRY(add_listener(serving, listener, fault));
    }
    return STATUS_DONE;
}

/* The folder is ours alone, so that a socket found there is a dead server's. */
static struct status add_control_socket(struct serving *serving, struct fault *fault)
{
    const char *path = serving->plan->control_socket;
    if (!path)
        return STATUS_DONE;
    size_t path_max = sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1;
    if (strlen(path) > path_max)
        return fault_raise(fault, STATUS_INVALID,
                           "the path of the control socket, %s, is longer than %zu bytes: move the "
                           "data folder, or name it by a shorter path",
                           path, path_max);
    if (unlink(path) != 0 && errno != ENOENT)
        return fault_raise_errno(fault, errno, "cannot remove the old control socket %s", path);
    snprintf(serving->control_address, sizeof(serving->control_address), "unix:%s", path);
    struct server_listener listener = {.address = slice_text(serving->control_address),
                                       .trust = API_TRUST_OPERATOR};
    return add_listener(serving, listener, fault);
}

static uint32_t list_items(const struct settings *settings, enum setting setting,
                           struct slice items[OPTION_LIST_MAX])
{
    const struct option_list *list = settings_list(settings, setting);
    for (size_t i = 0; i < list->count; i++)
        items[i] = slice_text(list->items[i]);
    return (uint32_t)list->count;
}

/* Who may be in front, and by what names. */
static void fill_names(struct serving *serving, struct server_options *options)
{
    const struct settings *settings = serving->plan->settings;
    const char *health_path = settings_text(settings, SETTING_HEALTH_PATH);
    options->health_path = slice_text(health_path ? health_path : "");
    options->trusted_proxies = serving->trusted_proxies;
    options->trusted_proxy_count =
        list_items(settings, SETTING_TRUST_PROXY, serving->trusted_proxies);
    options->admin_hosts = serving->admin_hosts;
    options->admin_host_count = list_items(settings, SETTING_ADMIN_HOST, serving->admin_hosts);
}

static int write_version(void *context, struct buffer *out)
{
    (void)context;
    BUFFER_LITERAL(out, "{\"name\":\"bursar\",\"version\":\"" BURSAR_VERSION "\"}\n");
    return 200;
}

/* Whoever counts, in the order in which it is shown. */
static int write_metrics(void *context, struct buffer *out)
{
    const struct serving *serving = context;
    const struct folder *folder = serving->plan->folder;
    const struct metric_source sources[] = {
        {server_metrics, serving->server},
        {api_metrics, folder->api},
        {committer_metrics, folder->committer},
        {historian_metrics, folder->historian},
        {process_metrics, NULL},
    };
    metric_begin(out, "bursar_build_info", "gauge", "Always 1; the version is the label.");
    BUFFER_LITERAL(out, "bursar_build_info{version=\"" BURSAR_VERSION "\"} 1\n");
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++)
        sources[i].write(sources[i].context, out);
    return 200;
}

static const char *unready(void *context)
{
    struct committer_clock clock;
    committer_clock(context, &clock);
    return clock.is_stopped ? "clock not believed: nothing is written\n" : NULL;
}

static void fill_options(const struct serving *serving, struct server_options *options)
{
    const struct settings *settings = serving->plan->settings;
    options->listeners = serving->listeners;
    options->listener_count = serving->listener_count;
    options->threads = (uint32_t)settings_number(settings, SETTING_THREADS);
    options->limits.line_bytes_max = settings_number(settings, SETTING_LINE_BYTES_MAX);
    options->limits.head_bytes_max = settings_number(settings, SETTING_HEAD_BYTES_MAX);
    options->limits.body_bytes_max = settings_number(settings, SETTING_BODY_BYTES_MAX);
    options->body_memory_max = settings_number(settings, SETTING_BODY_MEMORY_MAX);
    options->header_timeout_ms = (uint32_t)settings_number(settings, SETTING_HEADER_TIMEOUT);
    options->body_timeout_ms = (uint32_t)settings_number(settings, SETTING_BODY_TIMEOUT);
    options->idle_timeout_ms = (uint32_t)settings_number(settings, SETTING_IDLE_TIMEOUT);
    options->write_timeout_ms = (uint32_t)settings_number(settings, SETTING_WRITE_TIMEOUT);
    options->drain_timeout_ms = (uint32_t)settings_number(settings, SETTING_DRAIN_TIMEOUT);
    options->connections_max = (uint32_t)settings_number(settings, SETTING_CONNECTIONS_MAX);
    options->connections_per_address_max =
        (uint32_t)settings_number(settings, SETTING_CONNECTIONS_PER_ADDRESS_MAX);
    options->tls_certificate_path = settings_text(settings, SETTING_TLS_CERT);
    options->tls_key_path = settings_text(settings, SETTING_TLS_KEY);
    options->pages = serving->pages;
    options->page_count = PAGES;
    options->unready = unready;
    options->unready_context = serving->plan->folder->committer;
    options->sys = serving->plan->folder->sys;
}

static struct status open_server(struct serving *serving, struct fault *fault)
{
    const struct serving_plan *plan = serving->plan;
    struct server_options options = SERVER_OPTIONS_DEFAULT;
    const char *log_path = settings_text(plan->settings, SETTING_ACCESS_LOG);
    struct server_listener plain = {.tls = false}, tls = {.tls = true}, admin = {.admin = true};
    TRY(add_listeners(serving, SETTING_LISTEN, plain, fault));
    TRY(add_listeners(serving, SETTING_LISTEN_TLS, tls, fault));
    TRY(add_listeners(serving, SETTING_ADMIN_LISTEN, admin, fault));
    TRY(add_control_socket(serving, fault));
    fill_options(serving, &options);
    fill_names(serving, &options);
    if (log_path) {
        TRY(log_file_open(log_path, fault, &serving->log));
        serving->has_log = true;
        options.access_log = log_file_append;
        options.access_log_context = &serving->log;
    }
    serving->pages[0] = (struct server_page){"/metrics", "text/plain; version=0.0.4; charset=utf-8",
                                             true, write_metrics, serving};
    serving->pages[1] =
        (struct server_page){"/version", "application/json", true, write_version, NULL};
    return server_open(plan->folder->api, &options, fault, &serving->server);
}

/* "127.0.0.1:8080", one a line: those of --listen, then --listen-tls, then --admin-listen. Line i
 * is listener i: the control socket, left out, is the last. */
static void list_addresses(const struct serving *serving, struct buffer *out)
{
    for (uint32_t i = 0; i < serving->listener_count; i++) {
        if (serving->listeners[i].trust == API_TRUST_OPERATOR)
            continue;
        server_address(serving->server, i, out);
        buffer_char(out, '\n');
    }
}

static void say_addresses(const struct serving *serving, struct slice addresses)
{
    for (uint32_t i = 0; addresses.len > 0; i++) {
        const struct server_listener *listener = &serving->listeners[i];
        struct slice address = slice_cut(addresses, '\n', &addresses);
        bool is_unix = slice_starts_with(address, SLICE("unix:"));
        fprintf(stderr, "bursar: %s %s%.*s\n",
                listener->admin ? "health and metrics on" : "serving on",
                is_unix         ? ""
                : listener->tls ? "https://"
                                : "http://",
                SLICE_ARGS(address));
    }
}

static void announce(const struct serving *serving, struct slice addresses)
{
    struct slice plain = SLICE_NONE, tls = SLICE_NONE;
    for (uint32_t i = 0; addresses.len > 0; i++) {
        struct slice address = slice_cut(addresses, '\n', &addresses);
        struct slice *first = serving->listeners[i].tls ? &tls : &plain;
        if (first->len == 0 && !serving->listeners[i].admin)
            *first = address;
    }
    serving->plan->announce(plain, tls);
}

static void say_limits(const struct settings *settings)
{
    static const enum setting limits[] = {
        SETTING_THREADS,
        SETTING_CALLS_PER_SECOND,
        SETTING_LIMIT,
        SETTING_CONNECTIONS_MAX,
        SETTING_CONNECTIONS_PER_ADDRESS_MAX,
        SETTING_LINE_BYTES_MAX,
        SETTING_HEAD_BYTES_MAX,
        SETTING_BODY_BYTES_MAX,
        SETTING_BODY_MEMORY_MAX,
        SETTING_FORM_BYTES_MAX,
        SETTING_QUERY_BYTES_MAX,
        SETTING_HEADER_TIMEOUT,
        SETTING_BODY_TIMEOUT,
        SETTING_IDLE_TIMEOUT,
        SETTING_WRITE_TIMEOUT,
        SETTING_DRAIN_TIMEOUT,
        SETTING_CLOCK_SKEW,
        SETTING_CLOCK_JUMP_MAX,
        SETTING_GROUP_WAIT,
        SETTING_GROUP_COMMANDS_MAX,
        SETTING_GROUP_ENTRIES_MAX,
        SETTING_HISTORY_JOBS_MAX,
        SETTING_RECENT_TOKENS,
    };
    struct buffer text;
    buffer_init(&text, ADDRESSES_BYTES_MAX);
    for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
        if (limits[i] == SETTING_LIMIT && settings_list(settings, SETTING_LIMIT)->count == 0)
            continue;
        buffer_printf(&text, " %s ", setting_specs[limits[i]].name);
        setting_print(settings, limits[i], &text);
        buffer_char(&text, i + 1 < sizeof(limits) / sizeof(limits[0]) ? ',' : '\n');
    }
    fprintf(stderr, "bursar: limits:%.*s", SLICE_ARGS(buffer_slice(&text)));
    buffer_done(&text);
}

static struct status tell_ready(const struct serving *serving, struct fault *fault)
{
    const struct serving_plan *plan = serving->plan;
    const char *ready_file = settings_text(plan->settings, SETTING_READY_FILE);
    struct buffer addresses;
    buffer_init(&addresses, ADDRESSES_BYTES_MAX);
    list_addresses(serving, &addresses);
    struct slice text = buffer_slice(&addresses);
    say_limits(plan->settings);
    say_addresses(serving, text);
    struct status status = STATUS_DONE;
    if (ready_file)
        status = file_replace(ready_file, text, 0644, fault);
    if (status_ok(status) && plan->announce)
        announce(serving, text);
    if (status_ok(status))
        notify_ready();
    buffer_done(&addresses);
    return status;
}

static void stop(void *context)
{
    struct serving *serving = context;
    if (atomic_fetch_add(&serving->stops, 1) == 0) {
        fprintf(stderr, "bursar: stopping: answering what is in flight; another signal stops at "
                        "once\n");
        notify_stopping();
    }
    server_drain(serving->server);
}

static void reload(void *context)
{
    struct serving *serving = context;
    struct fault fault;
    notify_reloading();
    if (settings_text(serving->plan->settings, SETTING_TLS_CERT)) {
        if (status_ok(server_reload_tls(serving->server, &fault)))
            fprintf(stderr, "bursar: the TLS certificate was read again\n");
        else
            fprintf(stderr, "bursar: the TLS certificate stays as it was: %s\n", fault.text);
    }
    if (serving->has_log && !status_ok(log_file_reopen(&serving->log, &fault)))
        fprintf(stderr, "bursar: the access log stays as it was: %s\n", fault.text);
    notify_ready();
}

static struct status run_server(struct serving *serving, struct fault *fault)
{
    struct signals signals = {.stop = stop, .reload = reload, .context = serving};
    TRY(tell_ready(serving, fault));
    TRY(signals_watch(&signals, fault));
    struct status status = server_run(serving->server, fault);
    signals_end(&signals);
    return status;
}

static void clean_up(struct serving *serving)
{
    const char *ready_file = settings_text(serving->plan->settings, SETTING_READY_FILE);
    if (serving->server) {
        server_close(serving->server);
        if (ready_file)
            unlink(ready_file);
        if (serving->plan->control_socket)
            unlink(serving->plan->control_socket);
    }
    if (serving->has_log)
        log_file_close(&serving->log);
}

int serving_run(const struct serving_plan *plan)
{
    struct serving serving = {.plan = plan};
    struct fault fault;
    struct status status = open_server(&serving, &fault);
    if (status_ok(status))
        status = run_server(&serving, &fault);
    clean_up(&serving);
    if (!status_ok(status))
        return fail(plan->self, exit_code_of_status(status), "%s", fault.text);
    return atomic_load(&serving.stops) > 1 ? EXIT_INTERRUPTED : EXIT_OK;
}
