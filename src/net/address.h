/* Where a listener listens: the text people write, the kernel's form of it, and back. Pure. */
#ifndef NET_ADDRESS_H
#define NET_ADDRESS_H

#include "base/buffer.h"
#include "base/status.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

enum address_kind {
    ADDRESS_IPV4,
    ADDRESS_IPV6,
    ADDRESS_ANY, /* "*": every address of the machine; IPv6 that takes IPv4 as well */
    ADDRESS_UNIX,
};

struct address {
    enum address_kind kind;
    socklen_t len;
    union {
        struct sockaddr any;
        struct sockaddr_in ipv4;
        struct sockaddr_in6 ipv6;
        struct sockaddr_un unix_path;
    } at;
};

/* "127.0.0.1:8080", "[::1]:0", "localhost:8080" (127.0.0.1), "*:443", "unix:/path". INVALID names
 * the text and says what is wanted. */
STATUS_MUST_USE struct status address_parse(struct slice text, struct fault *fault,
                                            struct address *ret_address);
/* In the form address_parse reads. */
void address_write(const struct address *address, struct buffer *out);

/* Who is at the other end, as far as ceilings, policies and the access log care: 4 bytes of IPv4
 * (also when mapped into IPv6), 16 of IPv6, none for a unix socket. */
struct peer {
    unsigned char bytes[16];
    uint32_t len;                /* 0, 4 or 16 */
    uint32_t text_len;           /* 0 for a unix socket */
    char text[INET6_ADDRSTRLEN]; /* "192.0.2.1", "2001:db8::1" */
};
struct peer peer_of(const struct sockaddr *address);
/* Of 4 or 16 bytes in network order; of none for any other length. */
struct peer peer_of_bytes(const unsigned char *bytes, uint32_t len);
/* "192.0.2.1", "2001:db8::1" or "[2001:db8::1]", each perhaps with ":port" (IPv6: only in
 * brackets). False: it is none of these. */
bool peer_parse(struct slice text, struct peer *ret_peer);
/* 127.0.0.0/8, ::1 or a unix socket: nobody else's machine or wire is on the way. */
bool peer_is_local(const struct peer *peer);
static inline struct slice peer_text(const struct peer *peer)
{
    return slice_of(peer->text, peer->text_len);
}

#endif
