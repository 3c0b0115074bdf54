/* `bursar healthcheck`: one GET of the admin listener, for container images that have no curl. */
#include "cmd/config.h"
#include "cmd/subcommands.h"

#include <errno.h>
#include <inttypes.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

enum { WAIT_SECONDS = 5, ANSWER_BYTES = 512 };

static struct status connect_socket(int fd, const struct sockaddr *address, socklen_t len,
                                    const char *name, struct fault *fault)
{
    struct timeval wait = {.tv_sec = WAIT_SECONDS};
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)) != 0 ||
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait)) != 0 ||
        connect(fd, address, len) != 0)
        return fault_raise(fault, STATUS_NETWORK, "%s: %s", name, strerror(errno));
    return STATUS_DONE;
}

static struct status connect_unix(const char *path, struct fault *fault, int *ret_fd)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof(address.sun_path))
        return fault_raise(fault, STATUS_INVALID, "%s: too long for a socket's path", path);
    memcpy(address.sun_path, path, strlen(path) + 1);
    *ret_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return connect_socket(*ret_fd, (struct sockaddr *)&address, sizeof(address), path, fault);
}

/* "host:port" or "[v6]:port"; what listens everywhere is asked on loopback. */
static bool split_address(const char *text, char host[256], char port[8])
{
    const char *colon = strrchr(text, ':');
    if (!colon || colon == text || (size_t)(colon - text) >= 256 || strlen(colon + 1) >= 8)
        return false;
    size_t len = (size_t)(colon - text);
    bool bracketed = text[0] == '[' && text[len - 1] == ']';
    memcpy(host, text + bracketed, len - 2 * (size_t)bracketed);
    host[len - 2 * (size_t)bracketed] = '\0';
    if (strcmp(host, "*") == 0 || strcmp(host, "0.0.0.0") == 0)
        snprintf(host, 256, "127.0.0.1");
    else if (strcmp(host, "::") == 0)
        snprintf(host, 256, "::1");
    snprintf(port, 8, "%s", colon + 1);
    return true;
}

static struct status connect_tcp(const char *text, struct fault *fault, int *ret_fd)
{
    char host[256], port[8];
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found = NULL;
    if (!split_address(text, host, port))
        return fault_raise(fault, STATUS_INVALID, "admin-listen: %s is not ADDR:PORT", text);
    int error = getaddrinfo(host, port, &hints, &found);
    if (error != 0)
        return fault_raise(fault, STATUS_NETWORK, "%s: %s", text, gai_strerror(error));
    *ret_fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct status status = connect_socket(*ret_fd, found->ai_addr, found->ai_addrlen, text, fault);
    freeaddrinfo(found);
    return status;
}

/* The status line is all that counts; it may come in pieces. */
static struct status ask(int fd, const char *path, struct fault *fault, uint64_t *ret_status)
{
    char text[ANSWER_BYTES];
    int len = snprintf(text, sizeof(text),
                       "GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", path);
    if (send(fd, text, (size_t)len, MSG_NOSIGNAL) != len)
        return fault_raise(fault, STATUS_NETWORK, "cannot send: %s", strerror(errno));
    size_t got = 0;
    while (got < sizeof(text) && !memchr(text, '\n', got)) {
        ssize_t more = recv(fd, text + got, sizeof(text) - got, 0);
        if (more <= 0)
            return fault_raise(fault, STATUS_NETWORK, "no answer: %s",
                               more == 0 ? "the connection was closed" : strerror(errno));
        got += (size_t)more;
    }
    struct slice answer = slice_of(text, got), prefix = SLICE("HTTP/1.1 ");
    if (!slice_starts_with(answer, prefix) || got < prefix.len + 3 ||
        !slice_to_u64(slice_of(text + prefix.len, 3), ret_status))
        return fault_raise(fault, STATUS_NETWORK, "the answer is not HTTP");
    return STATUS_DONE;
}

static int check(const char *address, bool ready)
{
    struct fault fault;
    int fd = -1;
    uint64_t answer = 0;
    const char *path = ready ? "/readyz" : "/healthz";
    struct status status = strncmp(address, "unix:", 5) == 0
                               ? connect_unix(address + 5, &fault, &fd)
                               : connect_tcp(address, &fault, &fd);
    if (status_ok(status))
        status = ask(fd, path, &fault, &answer);
    if (fd >= 0)
        close(fd);
    if (!status_ok(status))
        return fail(&subcommand_healthcheck, exit_code_of_status(status), "%s", fault.text);
    if (answer != 200)
        return fail(&subcommand_healthcheck, EXIT_ALERT, "%s answers %" PRIu64, path, answer);
    return EXIT_OK;
}

static bool is_admin_listen(enum setting setting)
{
    return setting == SETTING_ADMIN_LISTEN;
}

static int run_healthcheck(int argc, char **argv)
{
    bool ready = false;
    const struct option_spec more[] = {
        {"ready", NULL, "Ask /readyz (is it serving?) instead of /healthz (is it alive?).",
         OPTION_FLAG, &ready},
    };
    struct settings settings;
    struct settings_query query = {.self = &subcommand_healthcheck,
                                   .takes = is_admin_listen,
                                   .layers = true,
                                   .more = more,
                                   .more_count = 1};
    int code = settings_load(&query, argc, argv, &settings);
    const struct option_list *addresses = settings_list(&settings, SETTING_ADMIN_LISTEN);
    if (code < 0 && addresses->count == 0)
        code = fail(&subcommand_healthcheck, EXIT_USAGE,
                    "no admin listener is configured: give --admin-listen ADDR:PORT, as to serve");
    if (code < 0)
        code = check(addresses->items[0], ready);
    settings_done(&settings);
    return code;
}

const struct subcommand subcommand_healthcheck = {
    .name = "healthcheck",
    .summary = "Ask a running server whether it is well",
    .description =
        "Sends GET /healthz to the server's admin listener, found as `serve` finds it: the option, "
        "BURSAR_ADMIN_LISTEN, or the configuration file; the first, if there are several. Says "
        "nothing when all is well.\n\n"
        "Exit status: 0 it answered 200; 1 it answered something else; 6 no answer within five "
        "seconds.",
    .examples = "bursar healthcheck --admin-listen 127.0.0.1:9090\n"
                "HEALTHCHECK CMD [\"bursar\", \"healthcheck\", \"--ready\"]     in an image",
    .run = run_healthcheck,
};
