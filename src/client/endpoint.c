/* The endpoint a user writes: "billing.tencentcloudapi.com", "http://127.0.0.1:8080",
 * "https://[::1]:8443", "unix:/run/bursar.sock". Pure; any thread. */
#include "client/endpoint.h"

#include <arpa/inet.h>

static bool is_host_byte(char c)
{
    char lower = ascii_lower(c);
    return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
           c == '_';
}

static bool is_port(struct slice text)
{
    uint64_t port;
    return text.len <= 5 && slice_to_u64(text, &port) && port >= 1 && port <= 65535;
}

/* "name[:port]" or "[address][:port]" in its two parts; port.at is NULL when there is none. */
static bool split_port(struct slice host, struct slice *ret_name, struct slice *ret_port)
{
    size_t end =
        host.len > 0 && host.at[0] == '[' ? slice_find(host, ']') + 1 : slice_find(host, ':');
    if (end > host.len)
        return false;
    *ret_name = slice_of(host.at, end);
    *ret_port = SLICE_NONE;
    if (end == host.len)
        return true;
    if (host.at[end] != ':')
        return false;
    *ret_port = slice_of(host.at + end + 1, host.len - end - 1);
    return true;
}

static void copy_text(char *to, struct slice text)
{
    if (text.len > 0)
        memcpy(to, text.at, text.len);
    to[text.len] = '\0';
}

static bool is_ipv6(struct slice name)
{
    char address[INET6_ADDRSTRLEN];
    struct in6_addr parsed;
    if (name.len < 4 || name.len > sizeof address || name.at[0] != '[')
        return false;
    copy_text(address, slice_of(name.at + 1, name.len - 2));
    return inet_pton(AF_INET6, address, &parsed) == 1;
}

/* A name that says nothing about the service behind it. */
static bool is_address(struct slice name)
{
    char address[INET_ADDRSTRLEN];
    struct in_addr parsed;
    if (is_ipv6(name) || slice_equal_nocase(name, SLICE("localhost")))
        return true;
    if (name.len >= sizeof address)
        return false;
    copy_text(address, name);
    return inet_pton(AF_INET, address, &parsed) == 1;
}

bool endpoint_is_host(struct slice text)
{
    struct slice name, port;
    if (text.len == 0 || text.len > HOST_BYTES_MAX || !split_port(text, &name, &port) ||
        (port.at && !is_port(port)))
        return false;
    if (is_ipv6(name))
        return true;
    for (size_t i = 0; i < name.len; i++)
        if (!is_host_byte(name.at[i]))
            return false;
    return name.len > 0;
}

static const char *parse_unix(struct slice path, struct endpoint *endpoint)
{
    if (path.len == 0)
        return "the endpoint names no socket: unix:/path is wanted";
    if (path.len >= sizeof endpoint->unix_path)
        return "the endpoint's socket path is longer than 107 bytes";
    copy_text(endpoint->unix_path, path);
    copy_text(endpoint->url, SLICE("http://localhost/"));
    return NULL;
}

static bool take_scheme(struct slice *text, struct slice scheme)
{
    if (text->len < scheme.len || !slice_equal_nocase(slice_of(text->at, scheme.len), scheme))
        return false;
    *text = slice_of(text->at + scheme.len, text->len - scheme.len);
    return true;
}

static void write_url(struct endpoint *endpoint, struct slice scheme, struct slice host)
{
    memcpy(endpoint->url, scheme.at, scheme.len);
    memcpy(endpoint->url + scheme.len, host.at, host.len);
    copy_text(endpoint->url + scheme.len + host.len, SLICE("/"));
}

/* Host as HTTP clients send it: without the scheme's own port. */
static void write_host(struct endpoint *endpoint, struct slice host, struct slice default_port)
{
    struct slice name, port;
    if (!split_port(host, &name, &port) || is_address(name))
        return;
    copy_text(endpoint->host, slice_equal(port, default_port) ? name : host);
}

const char *endpoint_parse(const char *text, struct endpoint *ret_endpoint)
{
    struct endpoint endpoint = {0};
    struct slice rest = slice_text(text);
    if (take_scheme(&rest, SLICE("unix:"))) {
        const char *error = parse_unix(rest, &endpoint);
        if (!error)
            *ret_endpoint = endpoint;
        return error;
    }
    bool plain = take_scheme(&rest, SLICE("http://"));
    if (!plain)
        (void)take_scheme(&rest, SLICE("https://"));
    if (rest.len > 0 && rest.at[rest.len - 1] == '/')
        rest.len--;
    if (!endpoint_is_host(rest))
        return "the endpoint is not a host, http://host:port, https://host:port or unix:/path";
    write_url(&endpoint, plain ? SLICE("http://") : SLICE("https://"), rest);
    write_host(&endpoint, rest, plain ? SLICE("80") : SLICE("443"));
    *ret_endpoint = endpoint;
    return NULL;
}
