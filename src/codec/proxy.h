/* The PROXY protocol, versions 1 and 2 (HAProxy's proxy-protocol.txt): what a proxy says in front
 * of a connection's own bytes about whom it speaks for. Bytes in, verdict out, no I/O. No HTTP
 * request and no TLS handshake begins as a header of either version does, so there is no need to
 * know beforehand whether one comes. */
#ifndef CODEC_PROXY_H
#define CODEC_PROXY_H

#include "base/slice.h"

enum {
    PROXY_V1_BYTES_MAX = 107, /* the line with its CRLF, as the specification has it */
    PROXY_V2_BYTES_MAX = 4096,
};

enum proxy_progress {
    PROXY_NONE, /* the bytes are the client's own */
    PROXY_MORE, /* they may become a header */
    PROXY_DONE,
    PROXY_REFUSED, /* they begin as one and are none */
};

struct proxy_header {
    enum proxy_progress progress;
    size_t used;              /* when done: bytes of the header */
    unsigned char source[16]; /* when done: the client's address, in network order */
    uint32_t source_len;      /* 4, 16, or 0: the proxy speaks for itself, or does not say */
};

/* The verdict depends on the bytes alone, not on how they were cut. */
struct proxy_header proxy_parse(struct slice text);

#endif
