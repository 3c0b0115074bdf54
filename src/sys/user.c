/* Users of this machine, by the kernel and the user database. Owns nothing. Any thread. */
#include "sys/user.h"

#include <pwd.h>
#include <sys/socket.h>
#include <unistd.h>

static void find_name(struct user *user)
{
    char memory[4096];
    struct passwd entry, *found = NULL;
    user->name_len = 0;
    if (getpwuid_r(user->id, &entry, memory, sizeof memory, &found) != 0 || !found)
        return;
    size_t len = strlen(found->pw_name);
    if (len > sizeof user->name)
        return;
    memcpy(user->name, found->pw_name, len);
    user->name_len = (uint32_t)len;
}

void user_of_process(struct user *ret_user)
{
    ret_user->id = getuid();
    find_name(ret_user);
}

bool user_of_peer(int fd, struct user *ret_user)
{
    struct ucred peer;
    socklen_t len = sizeof peer;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) != 0 || len != sizeof peer)
        return false;
    ret_user->id = peer.uid;
    find_name(ret_user);
    return true;
}
