/* Threads (thread.h).
 *
 * Owns nothing. Any thread. */
#include "sys/thread.h"

#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

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

/* On Linux a thread has a nice value of its own. That it cannot be had is no harm. */
void thread_step_back(void)
{
    enum { NICE = 10 };
    (void)setpriority(PRIO_PROCESS, (id_t)gettid(), NICE);
}
