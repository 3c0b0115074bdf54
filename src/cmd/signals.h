/* Signals of a server: one thread waits for them, all others have them blocked, so that nothing is
 * ever done inside a handler. TERM and INT stop, HUP reloads, PIPE is ignored. */
#ifndef CMD_SIGNALS_H
#define CMD_SIGNALS_H

#include "base/status.h"

#include <pthread.h>
#include <stdatomic.h>

struct signals {
    /* set by the owner; called on the watching thread */
    void (*stop)(void *context); /* again for every further TERM or INT */
    void (*reload)(void *context);
    void *context;
    /* private */
    pthread_t watcher;
    atomic_bool ending;
};

/* Before any other thread is started: they inherit what is blocked. */
void signals_block(void);
STATUS_MUST_USE struct status signals_watch(struct signals *signals, struct fault *fault);
/* Ends the watching thread; signals that come later wait for ever. */
void signals_end(struct signals *signals);

#endif
