/* Private to this room: where a client sends its calls. */
#ifndef CLIENT_ENDPOINT_H
#define CLIENT_ENDPOINT_H

#include "base/slice.h"

enum { HOST_BYTES_MAX = 255 };

struct endpoint {
    char url[HOST_BYTES_MAX + 32]; /* "https://billing.tencentcloudapi.com/"; for a unix socket the
                                      host in it is only a name */
    char unix_path[108];           /* empty = TCP; as long as sockaddr_un allows */
    char host[HOST_BYTES_MAX + 1]; /* to be sent as Host; empty for IP addresses, localhost and unix
                                      sockets: then the service names it */
};

/* NULL, or what is wrong with the text, as a static sentence. */
const char *endpoint_parse(const char *text, struct endpoint *ret_endpoint);
/* A name or address with or without a port, as a Host header has it. */
bool endpoint_is_host(struct slice text);

#endif
