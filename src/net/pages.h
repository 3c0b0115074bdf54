/* Pages: what people and machines ask the server beside the API, by its path. Private to net. */
#ifndef NET_PAGES_H
#define NET_PAGES_H

#include "net/worker.h"

struct page_answer {
    int status;
    struct slice type;
    struct slice extra; /* head lines with CRLF, static */
};

/* Whether the API's listeners have a page of that path. */
bool page_is_beside_api(struct server *server, struct slice path);
/* Answers GET and HEAD of a page into `out` (cleared first); on admin listeners, when Host is an
 * address, localhost or a name of the options. Any network thread. */
struct page_answer page_answer(struct server *server, bool admin,
                               const struct http1_request *request, struct buffer *out);

#endif
