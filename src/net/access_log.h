/* The access log: one logfmt line an answered request. Never a secret; the key's id only by its
 * last four characters. Private to net. */
#ifndef NET_ACCESS_LOG_H
#define NET_ACCESS_LOG_H

#include "net/connection.h"

/* Right after the api answered `call`, on the same worker. */
void access_log_write(const struct connection *connection, const struct call *call, int status,
                      size_t body_bytes);

#endif
