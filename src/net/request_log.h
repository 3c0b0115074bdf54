/* The access log: one logfmt line an answered or refused request. Never a secret; the key's id only
 * by its last four characters. Private to net. */
#ifndef NET_REQUEST_LOG_H
#define NET_REQUEST_LOG_H

#include "net/connection.h"

struct request_log {
    const struct peer *client;                                /* NULL = the connection's */
    struct slice method, action, secret_id, code, request_id; /* empty = not known */
    uint64_t first_entry, last_entry;                         /* that it made; 0 = none */
    int status;
    size_t body_bytes; /* of the answer */
    uint64_t duration_us;
};

/* Does nothing when there is no access log. */
void request_log_write(const struct connection *connection, const struct request_log *log);

#endif
