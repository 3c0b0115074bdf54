/* Who is believed about whom it speaks for: networks of proxies, and what X-Forwarded-For then
 * says. Private to net. */
#ifndef NET_TRUST_H
#define NET_TRUST_H

#include "net/address.h"

#include "codec/http1.h"

enum { TRUST_NETWORKS_MAX = 64 };

struct trust {
    struct {
        struct peer address;
        uint32_t bits; /* of it that count */
    } networks[TRUST_NETWORKS_MAX];
    uint32_t count;
    bool unix_sockets; /* whoever connects through one */
};

/* Adds "192.0.2.0/24", "2001:db8::/32", an address alone, or "unix". INVALID names the text and
 * says what is wanted; bits beyond the network's length must be zero. */
STATUS_MUST_USE struct status trust_add(struct trust *trust, struct slice text,
                                        struct fault *fault);
/* Any thread from here on. */
bool trust_includes(const struct trust *trust, const struct peer *peer);
/* The client of a request that came from `peer`: `peer` itself, unless it is trusted and the
 * request has X-Forwarded-For: then the right-most address there that is not trusted (what is left
 * of it is only the client's own word). At what is no address, reading ends with the last one that
 * was. */
struct peer trust_client(const struct trust *trust, const struct peer *peer,
                         const struct http1_request *request);

#endif
