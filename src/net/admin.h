/* What people and machines who run the server ask it: is it alive, is it ready, what does it count.
 * Private to net. */
#ifndef NET_ADMIN_H
#define NET_ADMIN_H

#include "net/worker.h"

struct admin_answer {
    int status;
    struct slice content_type;
    struct slice extra; /* head lines with CRLF, static; usually none */
};

/* Answers GET and HEAD of /healthz, /livez, /readyz, /metrics, /version into `out` (cleared
 * first), when Host is an address, localhost or a name of the options. Any network thread. */
struct admin_answer admin_answer(const struct server *server, const struct http1_request *request,
                                 struct buffer *out);
/* Answers GET and HEAD of the health path on the API's listeners: ready or not, and no more. */
struct admin_answer admin_health(const struct server *server, const struct http1_request *request,
                                 struct buffer *out);

#endif
