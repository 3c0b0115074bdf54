/* PROXY protocol headers, read strictly.
 *
 * 1. Nothing is believed of a header before all of it has come, and nothing of one that is
 *    malformed anywhere in what is read: a proxy's mistake must not become somebody's address.
 * 2. What follows the addresses of version 2 (TLVs) is skipped by its length, as the specification
 *    asks of those that do not know it.
 *
 * Owns nothing. Any thread. */
#include "codec/proxy.h"

#include <arpa/inet.h>

static const struct slice v1_begin = {"PROXY ", 6};
static const struct slice v2_begin = {"\r\n\r\n\0\r\nQUIT\n", 12};

enum { V2_HEAD_BYTES = 16, V2_IPV4_BYTES = 12, V2_IPV6_BYTES = 36 };

static struct proxy_header verdict(enum proxy_progress progress)
{
    return (struct proxy_header){.progress = progress};
}

/* Nothing yet says that `text` does not begin with `begin`. */
static bool may_begin_with(struct slice text, struct slice begin)
{
    return slice_starts_with(begin, text) || slice_starts_with(text, begin);
}

/* The word up to the next blank; false when there is no blank. */
static bool take_word(struct slice *rest, struct slice *ret_word)
{
    size_t blank = slice_find(*rest, ' ');
    if (blank == rest->len)
        return false;
    *ret_word = slice_cut(*rest, ' ', rest);
    return true;
}

static bool read_address(struct slice text, int family, unsigned char *ret_address)
{
    char word[INET6_ADDRSTRLEN];
    if (text.len == 0 || text.len >= sizeof word || memchr(text.at, '\0', text.len))
        return false;
    memcpy(word, text.at, text.len);
    word[text.len] = '\0';
    return inet_pton(family, word, ret_address) == 1;
}

static bool is_port(struct slice text)
{
    uint64_t port;
    return text.len > 0 && text.len <= 5 && (text.len == 1 || text.at[0] != '0') &&
           slice_to_u64(text, &port) && port <= UINT16_MAX;
}

/* "TCP4 192.0.2.1 198.51.100.2 56324 443", or "UNKNOWN" and anything. */
static bool read_v1(struct slice line, struct proxy_header *header)
{
    struct slice family, source, destination, source_port;
    unsigned char unused[sizeof header->source];
    if (slice_equal(line, SLICE("UNKNOWN")) || slice_starts_with(line, SLICE("UNKNOWN ")))
        return true;
    if (!take_word(&line, &family) || !take_word(&line, &source) ||
        !take_word(&line, &destination) || !take_word(&line, &source_port))
        return false;
    bool is_ipv4 = slice_equal(family, SLICE("TCP4"));
    if (!is_ipv4 && !slice_equal(family, SLICE("TCP6")))
        return false;
    int number = is_ipv4 ? AF_INET : AF_INET6;
    header->source_len = is_ipv4 ? 4 : 16;
    return read_address(source, number, header->source) &&
           read_address(destination, number, unused) && is_port(source_port) && is_port(line);
}

static struct proxy_header parse_v1(struct slice text)
{
    struct proxy_header header = verdict(PROXY_DONE);
    size_t seen = text.len < PROXY_V1_BYTES_MAX ? text.len : PROXY_V1_BYTES_MAX;
    size_t feed = slice_find(slice_of(text.at, seen), '\n');
    if (feed == seen)
        return verdict(seen < PROXY_V1_BYTES_MAX ? PROXY_MORE : PROXY_REFUSED);
    if (text.at[feed - 1] != '\r')
        return verdict(PROXY_REFUSED);
    header.used = feed + 1;
    struct slice line = slice_of(text.at + v1_begin.len, feed - 1 - v1_begin.len);
    return read_v1(line, &header) ? header : verdict(PROXY_REFUSED);
}

static unsigned byte_at(struct slice text, size_t at)
{
    return (unsigned char)text.at[at];
}

static struct proxy_header parse_v2(struct slice text)
{
    enum { LOCAL = 0x20, PROXY = 0x21, TCP_IPV4 = 0x11, TCP_IPV6 = 0x21, FAMILY_MAX = 0x32 };
    struct proxy_header header = verdict(PROXY_DONE);
    if (text.len < V2_HEAD_BYTES)
        return verdict(PROXY_MORE);
    unsigned command = byte_at(text, 12), family = byte_at(text, 13);
    size_t len = (size_t)byte_at(text, 14) << 8 | byte_at(text, 15);
    bool is_ipv4 = family == TCP_IPV4, is_ipv6 = family == TCP_IPV6;
    header.used = V2_HEAD_BYTES + len;
    if ((command != LOCAL && command != PROXY) || family > FAMILY_MAX || (family & 0xf) > 2 ||
        header.used > PROXY_V2_BYTES_MAX)
        return verdict(PROXY_REFUSED);
    if (command == PROXY && ((is_ipv4 && len < V2_IPV4_BYTES) || (is_ipv6 && len < V2_IPV6_BYTES)))
        return verdict(PROXY_REFUSED);
    if (text.len < header.used)
        return verdict(PROXY_MORE);
    if (command == LOCAL || (!is_ipv4 && !is_ipv6))
        return header;
    header.source_len = is_ipv4 ? 4 : 16;
    memcpy(header.source, text.at + V2_HEAD_BYTES, header.source_len);
    return header;
}

struct proxy_header proxy_parse(struct slice text)
{
    if (slice_starts_with(text, v1_begin))
        return parse_v1(text);
    if (slice_starts_with(text, v2_begin))
        return parse_v2(text);
    return verdict(may_begin_with(text, v1_begin) || may_begin_with(text, v2_begin) ? PROXY_MORE
                                                                                    : PROXY_NONE);
}
