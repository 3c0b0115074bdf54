/* Trusted proxies.
 *
 * 1. Nothing a client writes is believed: only what stands right of the first address that is not
 *    trusted was written by somebody trusted.
 *
 * Owns nothing. Any thread. */
#include "net/trust.h"

enum { HOPS_MAX = 32 };

static struct status not_a_network(struct slice text, const char *why, struct fault *fault)
{
    return fault_raise(fault, STATUS_INVALID,
                       "trusted proxy \"%.*s\" %s; write a network (10.0.0.0/8, 2001:db8::/32), an "
                       "address, or unix",
                       SLICE_ARGS(text), why);
}

static bool is_bit_set(const struct peer *address, uint32_t bit)
{
    return address->bytes[bit / 8] >> (7 - bit % 8) & 1;
}

struct status trust_add(struct trust *trust, struct slice text, struct fault *fault)
{
    struct slice length;
    struct slice address = slice_cut(text, '/', &length);
    struct peer network;
    uint64_t bits;
    if (slice_equal(text, SLICE("unix"))) {
        trust->unix_sockets = true;
        return STATUS_DONE;
    }
    if (slice_find(address, '[') < address.len || !peer_parse(address, &network) ||
        (network.len == 4 && slice_find(address, ':') < address.len))
        return not_a_network(text, "names no IP address", fault);
    bits = 8 * (uint64_t)network.len;
    if (length.at && (!slice_to_u64(length, &bits) || bits > 8 * (uint64_t)network.len))
        return not_a_network(text, "has a length that its address does not have", fault);
    for (uint32_t bit = (uint32_t)bits; bit < 8 * network.len; bit++)
        if (is_bit_set(&network, bit))
            return not_a_network(text, "has bits set beyond its length", fault);
    if (trust->count == TRUST_NETWORKS_MAX)
        return fault_raise(fault, STATUS_INVALID, "more than %d trusted proxies",
                           (int)TRUST_NETWORKS_MAX);
    trust->networks[trust->count].address = network;
    trust->networks[trust->count++].bits = (uint32_t)bits;
    return STATUS_DONE;
}

static bool is_within(const struct peer *peer, const struct peer *network, uint32_t bits)
{
    unsigned rest = bits % 8;
    unsigned differs = rest ? peer->bytes[bits / 8] ^ network->bytes[bits / 8] : 0;
    return peer->len == network->len && memcmp(peer->bytes, network->bytes, bits / 8) == 0 &&
           differs >> (8 - rest) == 0;
}

bool trust_includes(const struct trust *trust, const struct peer *peer)
{
    if (peer->len == 0)
        return trust->unix_sockets;
    for (uint32_t i = 0; i < trust->count; i++)
        if (is_within(peer, &trust->networks[i].address, trust->networks[i].bits))
            return true;
    return false;
}

/* The last item of a list, which becomes what stands before it; at NULL when nothing is left. */
static struct slice cut_last(struct slice *list)
{
    size_t start = list->len;
    while (start > 0 && list->at[start - 1] != ',')
        start--;
    struct slice item = slice_of(list->at + start, list->len - start);
    *list = start > 0 ? slice_of(list->at, start - 1) : SLICE_NONE;
    return slice_trim(item);
}

/* Goes on to the left while those named are trusted; false: the end is reached. */
static bool follow(const struct trust *trust, struct slice list, uint32_t *hops,
                   struct peer *client)
{
    while (list.at) {
        struct peer named;
        if (++*hops > HOPS_MAX || !peer_parse(cut_last(&list), &named))
            return false;
        *client = named;
        if (!trust_includes(trust, &named))
            return false;
    }
    return true;
}

struct peer trust_client(const struct trust *trust, const struct peer *peer,
                         const struct http1_request *request)
{
    struct peer client = *peer;
    uint32_t hops = 0;
    bool goes_on = trust_includes(trust, peer);
    for (uint32_t i = request->field_count; goes_on && i > 0; i--)
        if (http1_is_named(request->fields[i - 1].name, SLICE("x-forwarded-for")))
            goes_on = follow(trust, request->fields[i - 1].value, &hops, &client);
    return client;
}
