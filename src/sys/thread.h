/* Starting threads, and which of them goes first. */
#ifndef SYS_THREAD_H
#define SYS_THREAD_H

#include <pthread.h>

/* Starts a thread that gets no signals: they are for the threads that expect them. 0, or an errno
 * value. The caller joins it. */
int thread_start(pthread_t *ret_thread, void *(*run)(void *), void *context);

/* The calling thread lets the process's others go first where they want the same processor. */
void thread_step_back(void);

#endif
