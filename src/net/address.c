/* Addresses as people write them.
 *
 * 1. What address_write prints, address_parse reads back to the same address.
 * 2. Host names are not looked up: what a server binds must not depend on a resolver.
 *
 * Owns nothing. Any thread. */
#include "net/address.h"

#include <arpa/inet.h>
#include <stdio.h>

static struct status not_an_address(struct slice text, const char *why, struct fault *fault)
{
    return fault_raise(
        fault, STATUS_INVALID,
        "listen address \"%.*s\" %s; write ADDRESS:PORT (127.0.0.1:8080, [::1]:8080, "
        "*:8080) or unix:/PATH",
        SLICE_ARGS(text), why);
}

static struct status parse_unix(struct slice text, struct slice path, struct fault *fault,
                                struct address *ret_address)
{
    struct address address = {.kind = ADDRESS_UNIX, .at.unix_path.sun_family = AF_UNIX};
    if (path.len == 0 || slice_find(path, '\0') != path.len)
        return not_an_address(text, "names no path", fault);
    if (path.len >= sizeof address.at.unix_path.sun_path)
        return not_an_address(text, "has a path longer than 107 bytes", fault);
    memcpy(address.at.unix_path.sun_path, path.at, path.len);
    address.len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + path.len + 1);
    *ret_address = address;
    return STATUS_DONE;
}

/* The last colon parts host and port, so that "[::1]:80" needs no special case. */
static bool split(struct slice text, struct slice *ret_host, uint16_t *ret_port)
{
    size_t colon = text.len;
    while (colon > 0 && text.at[colon - 1] != ':')
        colon--;
    uint64_t port;
    if (colon == 0 || !slice_to_u64(slice_of(text.at + colon, text.len - colon), &port) ||
        port > UINT16_MAX || text.len - colon > 5)
        return false;
    *ret_host = slice_of(text.at, colon - 1);
    *ret_port = (uint16_t)port;
    return true;
}

static bool parse_ipv6(struct slice host, struct in6_addr *ret_address)
{
    char inner[INET6_ADDRSTRLEN];
    if (host.len < 2 || host.at[0] != '[' || host.at[host.len - 1] != ']' ||
        host.len - 2 >= sizeof inner)
        return false;
    memcpy(inner, host.at + 1, host.len - 2);
    inner[host.len - 2] = '\0';
    return strlen(inner) == host.len - 2 && inet_pton(AF_INET6, inner, ret_address) == 1;
}

static bool parse_ipv4(struct slice host, struct in_addr *ret_address)
{
    if (slice_equal_nocase(host, SLICE("localhost")))
        host = SLICE("127.0.0.1");
    char text[INET_ADDRSTRLEN];
    if (host.len >= sizeof text)
        return false;
    memcpy(text, host.at, host.len);
    text[host.len] = '\0';
    return strlen(text) == host.len && inet_pton(AF_INET, text, ret_address) == 1;
}

static struct address ipv6_address(enum address_kind kind, uint16_t port)
{
    struct address address = {.kind = kind, .len = sizeof address.at.ipv6};
    address.at.ipv6.sin6_family = AF_INET6;
    address.at.ipv6.sin6_port = htons(port);
    address.at.ipv6.sin6_addr = in6addr_any;
    return address;
}

struct status address_parse(struct slice text, struct fault *fault, struct address *ret_address)
{
    if (slice_starts_with(text, SLICE("unix:")))
        return parse_unix(text, slice_of(text.at + 5, text.len - 5), fault, ret_address);
    struct slice host;
    uint16_t port;
    if (!split(text, &host, &port))
        return not_an_address(text, "has no port (0 to 65535; 0 = any free one)", fault);
    if (slice_equal(host, SLICE("*"))) {
        *ret_address = ipv6_address(ADDRESS_ANY, port);
        return STATUS_DONE;
    }
    struct address six = ipv6_address(ADDRESS_IPV6, port);
    if (parse_ipv6(host, &six.at.ipv6.sin6_addr)) {
        *ret_address = six;
        return STATUS_DONE;
    }
    struct address four = {.kind = ADDRESS_IPV4, .len = sizeof four.at.ipv4};
    four.at.ipv4.sin_family = AF_INET;
    four.at.ipv4.sin_port = htons(port);
    if (!parse_ipv4(host, &four.at.ipv4.sin_addr))
        return not_an_address(text, "names no IP address", fault);
    *ret_address = four;
    return STATUS_DONE;
}

void address_write(const struct address *address, struct buffer *out)
{
    char text[INET6_ADDRSTRLEN];
    switch (address->kind) {
    case ADDRESS_IPV4:
        (void)inet_ntop(AF_INET, &address->at.ipv4.sin_addr, text, sizeof text);
        buffer_printf(out, "%s:%u", text, ntohs(address->at.ipv4.sin_port));
        break;
    case ADDRESS_IPV6:
        (void)inet_ntop(AF_INET6, &address->at.ipv6.sin6_addr, text, sizeof text);
        buffer_printf(out, "[%s]:%u", text, ntohs(address->at.ipv6.sin6_port));
        break;
    case ADDRESS_ANY: /* the port is at the same place in both families */
        buffer_printf(out, "*:%u", ntohs(address->at.ipv4.sin_port));
        break;
    case ADDRESS_UNIX:
        buffer_printf(out, "unix:%s", address->at.unix_path.sun_path);
        break;
    }
}

_Static_assert(offsetof(struct sockaddr_in, sin_port) == offsetof(struct sockaddr_in6, sin6_port),
               "the port of \"*\" is read without asking for the family");

struct peer peer_of(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET) {
        const struct sockaddr_in *ipv4 = (const struct sockaddr_in *)(const void *)address;
        return peer_of_bytes((const unsigned char *)&ipv4->sin_addr, 4);
    }
    if (address->sa_family == AF_INET6) {
        const struct sockaddr_in6 *ipv6 = (const struct sockaddr_in6 *)(const void *)address;
        return peer_of_bytes(ipv6->sin6_addr.s6_addr, 16);
    }
    return peer_of_bytes(NULL, 0);
}

struct peer peer_of_bytes(const unsigned char *bytes, uint32_t len)
{
    static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};
    struct peer peer = {.len = len == 4 || len == 16 ? len : 0};
    if (peer.len == 16 && memcmp(bytes, mapped, sizeof mapped) == 0) {
        bytes += sizeof mapped;
        peer.len = 4;
    }
    if (peer.len != 0)
        memcpy(peer.bytes, bytes, peer.len);
    if (peer.len != 0)
        (void)inet_ntop(peer.len == 4 ? AF_INET : AF_INET6, peer.bytes, peer.text,
                        sizeof peer.text);
    peer.text_len = (uint32_t)strlen(peer.text);
    return peer;
}

/* "", ":", ":8080" */
static bool is_port_part(struct slice text)
{
    uint64_t port;
    return text.len == 0 ||
           (text.at[0] == ':' && text.len <= 6 &&
            (text.len == 1 || slice_to_u64(slice_of(text.at + 1, text.len - 1), &port)));
}

static bool read_peer(struct slice host, int family, struct peer *ret_peer)
{
    unsigned char bytes[16];
    char word[INET6_ADDRSTRLEN];
    if (host.len == 0 || host.len >= sizeof word || memchr(host.at, '\0', host.len))
        return false;
    memcpy(word, host.at, host.len);
    word[host.len] = '\0';
    if (inet_pton(family, word, bytes) != 1)
        return false;
    *ret_peer = peer_of_bytes(bytes, family == AF_INET ? 4 : 16);
    return true;
}

bool peer_parse(struct slice text, struct peer *ret_peer)
{
    bool is_bracketed = text.len > 0 && text.at[0] == '[';
    size_t end = slice_find(text, is_bracketed ? ']' : ':');
    if (is_bracketed)
        return end < text.len && is_port_part(slice_of(text.at + end + 1, text.len - end - 1)) &&
               read_peer(slice_of(text.at + 1, end - 1), AF_INET6, ret_peer);
    struct slice rest = slice_of(text.at + end, text.len - end);
    return (is_port_part(rest) && read_peer(slice_of(text.at, end), AF_INET, ret_peer)) ||
           read_peer(text, AF_INET6, ret_peer);
}

bool peer_is_local(const struct peer *peer)
{
    static const unsigned char loopback[16] = {[15] = 1};
    if (peer->len == 4)
        return peer->bytes[0] == 127;
    return peer->len == 0 || memcmp(peer->bytes, loopback, sizeof loopback) == 0;
}
