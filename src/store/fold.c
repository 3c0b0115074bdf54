/* Folding the write-ahead log (fold.h).
 *
 *     state    who moves it on
 *     idle     the writer, when the log has `due` pages: wanted
 *     wanted   the thread, when it has folded all but LITTLE_PAGES, or tried often enough: folded
 *     folded   the writer, which folds the rest: idle
 *
 * 1. Only folds that are complete let SQLite begin the log anew, and nothing is complete while
 *    somebody appends: so the last step is the writer's.
 * 2. A fold that found a reader in the way leaves the log growing; the next is due when the log has
 *    grown by a quarter of pages_max, so that nothing is tried in vain all the time.
 * 3. A full disk only postpones. After any other fault of the thread, a failed sync above all, the
 *    process ends at once: what is acknowledged from then on might not be there.
 *
 * Owns the thread and its connection. */
#include "store/fold.h"

#include "base/check.h"
#include "store/paced.h"
#include "store/schema.h"
#include "store/stop.h"
#include "sys/thread.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

enum { LITTLE_PAGES = 32, TRIES = 8 };

struct fold {
    const char *path;
    const char *pragmas;
    uint32_t pages_max;
    uint32_t due; /* the writer's own: pages from which on a fold is wanted */
    bool started;
    pthread_t thread;
    sqlite3 *db; /* the thread's own, from its first fold on */

    pthread_mutex_t lock; /* of the rest */
    pthread_cond_t wake;
    enum { IDLE, WANTED, FOLDED } state;
    bool over;
};

struct fold *fold_new(const char *path, const char *pragmas, uint32_t pages_max)
{
    struct fold *fold = calloc(1, sizeof *fold);
    if (!fold)
        return NULL;
    fold->path = path;
    fold->pragmas = pragmas;
    fold->pages_max = pages_max;
    fold->due = pages_max;
    CHECK(pthread_mutex_init(&fold->lock, NULL) == 0);
    CHECK(pthread_cond_init(&fold->wake, NULL) == 0);
    return fold;
}

static void stop_thread(struct fold *fold)
{
    if (!fold->started)
        return;
    pthread_mutex_lock(&fold->lock);
    fold->over = true;
    pthread_cond_signal(&fold->wake);
    pthread_mutex_unlock(&fold->lock);
    CHECK(pthread_join(fold->thread, NULL) == 0);
    fold->started = false;
}

void fold_free(struct fold *fold)
{
    if (!fold)
        return;
    stop_thread(fold);
    (void)sqlite3_close(fold->db);
    (void)pthread_cond_destroy(&fold->wake);
    (void)pthread_mutex_destroy(&fold->lock);
    free(fold);
}

/* Folds what is there now; *ret_left pages have come meanwhile, or could not be folded. */
static struct status fold_once(sqlite3 *db, struct fault *fault, int *ret_left)
{
    int pages = 0;
    int folded = 0;
    errno = 0;
    int code = sqlite3_wal_checkpoint_v2(db, NULL, SQLITE_CHECKPOINT_PASSIVE, &pages, &folded);
    if (code != SQLITE_OK && code != SQLITE_BUSY)
        return schema_fault(db, fault, "fold the write-ahead log");
    *ret_left = pages - folded;
    return STATUS_DONE;
}

/* The thread ----------------------------------------------------------------------------------- */

static struct status open_own(struct fold *fold, struct fault *fault)
{
    if (fold->db)
        return STATUS_DONE;
    TRY(schema_open(fold->path, true, fault, &fold->db));
    TRY(schema_run(fold->db, fold->pragmas, fault));
    paced_use(fold->db);
    return STATUS_DONE;
}

static struct status fold_most(struct fold *fold, struct fault *fault)
{
    int left = LITTLE_PAGES + 1;
    TRY(open_own(fold, fault));
    for (int tries = 0; tries < TRIES && left > LITTLE_PAGES; tries++)
        TRY(fold_once(fold->db, fault, &left));
    return STATUS_DONE;
}

static bool wait_wanted(struct fold *fold)
{
    pthread_mutex_lock(&fold->lock);
    while (fold->state != WANTED && !fold->over)
        pthread_cond_wait(&fold->wake, &fold->lock);
    bool over = fold->over;
    pthread_mutex_unlock(&fold->lock);
    return !over;
}

static void *run(void *context)
{
    struct fold *fold = context;
    while (wait_wanted(fold)) {
        struct fault fault;
        struct status status = fold_most(fold, &fault);
        if (!status_ok(status) && status.code != STATUS_FULL && status.code != STATUS_MEMORY)
            stop_process(&fault, "it is not known what of the log is in the database");
        pthread_mutex_lock(&fold->lock);
        fold->state = FOLDED;
        pthread_mutex_unlock(&fold->lock);
    }
    return NULL;
}

/* The writer ----------------------------------------------------------------------------------- */

static struct status want(struct fold *fold, struct fault *fault)
{
    if (!fold->started && thread_start(&fold->thread, run, fold) != 0)
        return fault_raise(fault, STATUS_MEMORY, "no thread to fold the write-ahead log");
    fold->started = true;
    pthread_mutex_lock(&fold->lock);
    fold->state = WANTED;
    pthread_cond_signal(&fold->wake);
    pthread_mutex_unlock(&fold->lock);
    return STATUS_DONE;
}

static struct status finish(struct fold *fold, sqlite3 *db, uint32_t pages, struct fault *fault)
{
    int left = 0;
    TRY(fold_once(db, fault, &left));
    fold->due = left == 0 ? fold->pages_max : pages + fold->pages_max / 4;
    return STATUS_DONE;
}

struct status fold_move(struct fold *fold, sqlite3 *db, uint32_t pages, struct fault *fault)
{
    pthread_mutex_lock(&fold->lock);
    bool folded = fold->state == FOLDED;
    bool idle = fold->state == IDLE;
    if (folded)
        fold->state = IDLE;
    pthread_mutex_unlock(&fold->lock);
    if (folded)
        return finish(fold, db, pages, fault);
    return idle && pages >= fold->due ? want(fold, fault) : STATUS_DONE;
}

struct status fold_finish(struct fold *fold, sqlite3 *db, struct fault *fault)
{
    int left = 0;
    stop_thread(fold);
    return fold_once(db, fault, &left);
}
