/* Listening sockets: bound so that a taken port is noticed, shared between threads, stale unix
 * sockets cleared away. Private to net. */
#ifndef NET_LISTENER_H
#define NET_LISTENER_H

#include "net/worker.h"

/* Binds the endpoint's first socket (exclusively: someone else's port is BUSY, whatever socket
 * options it was bound with) and puts the port the kernel chose into its address; with `shared`
 * listener_bind_again may follow. *ret_fd is the caller's. */
STATUS_MUST_USE struct status listener_bind(struct endpoint *endpoint, bool shared,
                                            struct fault *fault, int *ret_fd);
/* One more socket for the same address. */
STATUS_MUST_USE struct status listener_bind_again(const struct endpoint *endpoint,
                                                  struct fault *fault, int *ret_fd);
/* Listens with a bound socket on the worker's loop; owns the fd from here, also on a fault. */
STATUS_MUST_USE struct status listener_open(struct listener *listener, struct worker *worker,
                                            const struct endpoint *endpoint, int fd,
                                            struct fault *fault);
void listener_close(struct listener *listener);
/* Removes the unix socket's file, if it is still the one that was made. */
void endpoint_remove(struct endpoint *endpoint);

#endif
