/* A request as somebody captured or pasted it, read the way the server would read it. */
#ifndef CMD_RAW_REQUEST_H
#define CMD_RAW_REQUEST_H

#include "cmd/cmd.h"
#include "codec/http1.h"

struct raw_request {
    struct http1_request request; /* aliases `bytes` */
    struct buffer bytes;
    struct buffer notes; /* what was mended or left aside, a line each */
    bool line_feeds;     /* pasted: its lines ended with LF only */
};

/* Reads FILE ("-" = standard input). INVALID: the server would refuse it before looking at anything
 * else; the fault says how. Done in any case with raw_request_done. */
STATUS_MUST_USE struct status raw_request_read(const char *path, struct raw_request *ret_raw,
                                               struct fault *fault);
void raw_request_done(struct raw_request *raw);

/* The X-TC-Timestamp or, for signature v1, the parameter Timestamp; false when there is none. */
bool raw_request_timestamp(const struct raw_request *raw, int64_t *ret_unix_seconds);

#endif
