/* The Host header as clients sign it. Pure; any thread. */
#include "crypto/host.h"

struct slice host_without_port(struct slice host)
{
    size_t end = host.len;
    while (end > 0 && host.at[end - 1] >= '0' && host.at[end - 1] <= '9')
        end--;
    if (end == 0 || end == host.len || host.at[end - 1] != ':')
        return host;
    return slice_of(host.at, end - 1);
}
