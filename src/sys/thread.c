/* Threads (thread.h).
 *
 * Owns nothing. Any thread. */
#include "sys/thread.h"

#include <sched.h>
#include <signal.h>

int thread_start(pthread_t *ret_thread, void *(*run)(void *), void *context)
{
    sigset_t all;
    sigset_t before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    int code = pthread_create(ret_thread, NULL, run, context);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return code;
}

void thread_give_way(void)
{
    (void)sched_yield();
}
