/* Private to this room: the Host header as clients sign it. */
#ifndef CRYPTO_HOST_H
#define CRYPTO_HOST_H

#include "base/slice.h"

/* Without ":port" ("[::1]:80" -> "[::1]"); the same slice when there is none. */
struct slice host_without_port(struct slice host);

#endif
