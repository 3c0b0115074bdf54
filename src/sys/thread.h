/* Starting threads, and which of them goes first. */
#ifndef SYS_THREAD_H
#define SYS_THREAD_H

#include <pthread.h>

/* Starts a thread that gets no signals: they are for the threads that expect them. 0, or an errno
 * value. The caller joins it. */
int thread_start(pthread_t *ret_thread, void *(*run)(void *), void *context);

/* Whoever else waits for this processor goes first, once. For who computes long at a time: a kernel
 * that preempts at its clock's ticks lets the others wait for one. */
void thread_give_way(void);

#endif
