/* The door: listeners, connections, TLS, deadlines, drain; health and pages.
 *
 * N network threads, each with its own libuv loop and its own listening sockets (SO_REUSEPORT).
 * Requests are parsed by codec/http1, answered by the api on the same thread; nothing here waits
 * for a disk. */
#ifndef NET_SERVER_H
#define NET_SERVER_H

#include "api/api.h"

enum { SERVER_LISTENERS_MAX = 16, SERVER_HEALTH_PATH_BYTES_MAX = 255 };

struct server_listener {
    /* "127.0.0.1:8080", "[::1]:0", "*:443", "unix:/path" */
    struct slice address;
    bool tls;
    enum api_trust trust; /* OPERATOR only for the control socket (unix, mode 0600) */
    bool admin;           /* pages for who runs the server instead of the API */
};

/* GET and HEAD of a path, answered on the network thread: `write` must not wait. */
struct server_page {
    const char *path; /* "/metrics" */
    const char *type; /* "application/json" */
    bool admin;       /* on admin listeners; else beside the API, with nobody's name asked for */
    /* Writes the body into `out`, which is empty, and answers the HTTP status. */
    int (*write)(void *context, struct buffer *out);
    void *context;
};

struct server_options {
    const struct server_listener *listeners;
    uint32_t listener_count;
    uint32_t threads; /* default 1 */
    struct http1_limits limits;
    uint32_t header_timeout_ms; /* first byte to end of head, default 10,000 */
    uint32_t body_timeout_ms;   /* default 60,000 */
    uint32_t idle_timeout_ms;   /* between requests, default 75,000 */
    uint32_t write_timeout_ms;  /* without progress, default 30,000 */
    uint32_t drain_timeout_ms;  /* at SIGTERM, default 10,000 */
    uint32_t connections_max;   /* default 10,000 */
    uint32_t
        connections_per_address_max; /* default 1,000; 0 = no ceiling; unix sockets do not count */
    uint64_t body_memory_max;        /* bytes of unfinished requests in all; default 256 MiB */
    /* Proxies that are believed: "10.0.0.0/8", an address, "unix". Their PROXY headers and
     * X-Forwarded-For say who the client is, for ceilings, access log and policies. */
    const struct slice *trusted_proxies;
    uint32_t trusted_proxy_count;
    /* Names that Host may be on admin listeners, besides addresses and localhost. */
    const struct slice *admin_hosts;
    uint32_t admin_host_count;
    /* "/readyz": answered on the API's listeners too, unsigned: 200, or 503 while starting or
     * draining. Empty = none. */
    struct slice health_path;
    const char *tls_certificate_path; /* PEM chain; NULL = no TLS listeners */
    const char *tls_key_path;
    /* Beside /healthz, /livez and /readyz of admin listeners; must outlive the server. */
    const struct server_page *pages;
    uint32_t page_count;
    /* "/readyz" is 503 with this line while it is not NULL; may itself be NULL. Any thread. */
    const char *(*unready)(void *context);
    void *unready_context;
    const struct sys *sys; /* of deadlines, the Date field and the access log; needed */
    /* One line an answered request; NULL = no access log. Any network thread. */
    void (*access_log)(void *context, struct slice line);
    void *access_log_context;
};
#define SERVER_OPTIONS_DEFAULT                                                                     \
    ((struct server_options){.threads = 1,                                                         \
                             .limits = HTTP1_LIMITS_DEFAULT,                                       \
                             .header_timeout_ms = 10000,                                           \
                             .body_timeout_ms = 60000,                                             \
                             .idle_timeout_ms = 75000,                                             \
                             .write_timeout_ms = 30000,                                            \
                             .drain_timeout_ms = 10000,                                            \
                             .connections_max = 10000,                                             \
                             .connections_per_address_max = 1000,                                  \
                             .body_memory_max = UINT64_C(256) << 20})

struct server;

/* Binds everything (faults name the address and, for a port in use, say so), loads TLS. Raises the
 * soft limit of open files as far as connections_max needs. `options` and what it points to need
 * not outlive the call, except `sys`, the pages and the contexts. */
STATUS_MUST_USE struct status server_open(struct api *api, const struct server_options *options,
                                          struct fault *fault, struct server **ret_server);
/* The address bound for listener i, with the port the kernel chose: "127.0.0.1:40123". */
void server_address(const struct server *server, uint32_t listener, struct buffer *out);
/* Serves until drained; runs the loops (the calling thread is the first network thread). From here
 * on the process ignores SIGPIPE. */
STATUS_MUST_USE struct status server_run(struct server *server, struct fault *fault);
/* Any thread, also signal watchers: stop accepting, answer what is in flight with Connection:
 * close, return from server_run when done or at the drain deadline. Called a second time: return at
 * once. */
void server_drain(struct server *server);
/* Reads certificate and key again; on a fault the old ones stay. Any thread. */
STATUS_MUST_USE struct status server_reload_tls(struct server *server, struct fault *fault);
/* A metric_source's. Any thread. */
void server_metrics(void *server, struct buffer *out);
void server_close(struct server *server);

#endif
