/* systemd's notification socket (sd_notify(3), "Notes": the protocol is stable and meant to be
 * implemented by hand). Owns nothing. Any thread. A lost notification is not worth ending a server
 * for, but is said. */
#include "cmd/notify.h"

#include "sys/sys.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static void notify(const char *text)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (!path || !*path)
        return;
    size_t len = strlen(path);
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || len >= sizeof(address.sun_path)) {
        fprintf(stderr, "bursar: cannot notify systemd at %s\n", path);
        if (fd >= 0)
            close(fd);
        return;
    }
    memcpy(address.sun_path, path, len);
    if (path[0] == '@') /* the abstract namespace */
        address.sun_path[0] = '\0';
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
    if (sendto(fd, text, strlen(text), MSG_NOSIGNAL, (struct sockaddr *)&address, size) < 0)
        perror("bursar: cannot notify systemd");
    close(fd);
}

void notify_ready(void)
{
    notify("READY=1\nSTATUS=serving");
}

void notify_reloading(void)
{
    char text[96];
    snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%lld", (long long)sys_monotonic_us());
    notify(text);
}

void notify_stopping(void)
{
    notify("STOPPING=1\nSTATUS=answering what is in flight");
}
