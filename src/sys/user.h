/* Users of this machine. */
#ifndef SYS_USER_H
#define SYS_USER_H

#include "base/slice.h"

enum { USER_NAME_SIZE = 64 };

struct user {
    uint32_t id;
    uint32_t name_len;         /* 0: the machine knows no name, or a longer one */
    char name[USER_NAME_SIZE]; /* not ended by a zero */
};

/* Who runs this process. Asks the machine's user database: not for a network thread at work. */
void user_of_process(struct user *ret_user);
/* Who is at the other end of a unix socket. False: the kernel does not say. */
bool user_of_peer(int fd, struct user *ret_user);

#endif
