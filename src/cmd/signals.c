/* Signals of a server. Owns the watching thread. */
#include "cmd/signals.h"

#include "base/check.h"

#include <signal.h>
#include <stddef.h>

/* SIGUSR1 wakes the watcher so that it can end; sent from elsewhere it does nothing. */
static void watched_set(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGHUP);
    sigaddset(set, SIGUSR1);
}

void signals_block(void)
{
    sigset_t set;
    watched_set(&set);
    CHECK(pthread_sigmask(SIG_BLOCK, &set, NULL) == 0);
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    CHECK(sigaction(SIGPIPE, &ignore, NULL) == 0);
}

static void *watch(void *context)
{
    struct signals *signals = context;
    sigset_t set;
    int number;
    watched_set(&set);
    while (sigwait(&set, &number) == 0 && !atomic_load(&signals->ending)) {
        if (number == SIGTERM || number == SIGINT)
            signals->stop(signals->context);
        else if (number == SIGHUP)
            signals->reload(signals->context);
    }
    return NULL;
}

struct status signals_watch(struct signals *signals, struct fault *fault)
{
    atomic_init(&signals->ending, false);
    int error = pthread_create(&signals->watcher, NULL, watch, signals);
    if (error != 0)
        return fault_raise_errno(fault, error, "cannot start the thread that waits for signals");
    return STATUS_DONE;
}

void signals_end(struct signals *signals)
{
    atomic_store(&signals->ending, true);
    CHECK(pthread_kill(signals->watcher, SIGUSR1) == 0);
    CHECK(pthread_join(signals->watcher, NULL) == 0);
}
