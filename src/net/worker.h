/* The inside of the door: the server, its network threads and what they share. Private to net. */
#ifndef NET_WORKER_H
#define NET_WORKER_H

#include "net/budget.h"
#include "net/ceiling.h"
#include "net/deadline.h"
#include "net/figures.h"
#include "net/server.h"
#include "net/tls.h"
#include "net/trust.h"

#include <pthread.h>
#include <sys/stat.h>
#include <uv.h>

struct connection;
struct worker;

/* One address listened on; each worker has a socket of its own for it, or only the first worker
 * (unix sockets, admin). */
struct endpoint {
    struct address address; /* with the port the kernel chose */
    bool tls;
    bool admin;
    enum api_trust trust;
    dev_t socket_device; /* of a unix socket's file, to remove no other */
    ino_t socket_inode;
    bool socket_made;
};

struct listener {
    union {
        uv_handle_t handle;
        uv_stream_t stream;
        uv_tcp_t tcp;
        uv_pipe_t pipe;
    } uv;
    struct worker *worker;
    const struct endpoint *endpoint;
    bool open;
    bool stalled; /* a connection waits for memory */
};

/* One request on its way through the api. While it is pending its request's slices alias the
 * connection's input, which is therefore neither moved nor freed. */
struct call {
    struct api_call api; /* first: the api hands it back to `wake` */
    struct http1_request request;
    struct connection *connection;
    struct call *next;  /* free, or woken */
    struct peer client; /* when the connection forwards */
};

/* Input memory that a connection borrows for the length of one event, or keeps. */
enum { BLOCK_BYTES = 16384, BLOCKS_SPARE_MAX = 32, CIPHER_BYTES = 32768 };
/* An answer can be as long as this; what has gathered is sent when it passes the other. */
enum { ANSWER_BYTES_MAX = 32 << 20, OUTPUT_BYTES_FLUSH = 65536 };

struct worker {
    struct server *server;
    uint32_t index;
    pthread_t thread;
    uv_loop_t loop;
    uv_async_t signal; /* calls were woken, or a drain was asked for */
    uv_timer_t tick;   /* looks at the deadlines; runs while there are connections */
    uv_timer_t drain_timer;
    bool opened; /* the loop and the handles above exist */
    struct listener listeners[SERVER_LISTENERS_MAX];
    struct deadlines deadlines[CEILING_KINDS];
    struct figures figures;

    struct api_worker *api;
    struct call *call; /* the one for the next request */
    struct call *calls_free;
    uint32_t calls_pending;
    struct buffer body;   /* of the answer being made */
    struct buffer output; /* answers of one event, sent together; empty between events */
    char *block;          /* lent to the connection being read; NULL = to be fetched */
    char *blocks_spare[BLOCKS_SPARE_MAX];
    uint32_t blocks_spare_count;
    char *cipher;       /* CIPHER_BYTES, when there is TLS */
    bool output_secret; /* wipe after sending */

    struct connection *connections; /* open ones */
    struct connection *connections_free;
    uint32_t connections_free_count;
    uint32_t connections_busy;     /* open, of the api's listeners */
    uint32_t connections_operator; /* open, of admin listeners */

    bool drain_asked;
    bool draining;       /* no longer accepts, says close in every answer */
    bool drained;        /* has told the server that nothing of the api's is left */
    char head_lines[96]; /* Server, Cache-Control and Date */
    size_t head_lines_len;
    uint64_t date_until_ms; /* by worker_now_ms */

    uint64_t now_ms;       /* worker_now_ms, of */
    uint64_t turn_ms;      /* this turn of the loop, */
    uint64_t clock_change; /* with the clock put so often */
    struct sys_listener clock_put;

    pthread_mutex_t lock;
    struct call *woken; /* newest first */
    bool signal_open;   /* `signal` may be sent */

    _Atomic uint64_t idle_since_ms; /* the client idle longest, a tick ago; UINT64_MAX = none */
    _Atomic uint32_t room_asked;    /* places that other threads want of this one */
};

enum { DRAIN_NONE, DRAIN_GRACEFUL, DRAIN_NOW };

struct server {
    struct api *api;
    const struct sys *sys;
    struct server_options options; /* its slices and paths are not used after server_open */
    int64_t started_us;            /* wall clock */
    struct endpoint endpoints[SERVER_LISTENERS_MAX];
    uint32_t endpoint_count;
    struct worker *workers;
    uint32_t worker_count;
    struct tls *tls;
    struct ceiling *ceiling;
    struct budget budget; /* of unfinished requests */
    struct trust trust;
    struct buffer admin_hosts;                          /* names, each with a line feed behind it */
    char health_path[SERVER_HEALTH_PATH_BYTES_MAX + 1]; /* empty = none */
    _Atomic uint32_t drain;                             /* DRAIN_ */
    _Atomic uint32_t workers_busy;                      /* not yet drained */
    _Atomic bool serving;
};

/* Loop, timers, buffers; the listeners are added by listener_open. */
STATUS_MUST_USE struct status worker_open(struct worker *worker, struct server *server,
                                          uint32_t index, struct fault *fault);
/* Runs the loop until drained. */
void worker_run(struct worker *worker);
/* Frees everything; also a worker that never ran, or was opened in part. */
void worker_close(struct worker *worker);
/* Any thread: makes the worker look at the drain. */
void worker_signal(struct worker *worker);
/* Any thread: the call can be finished. */
void worker_wake(struct worker *worker, struct call *call);
/* Loop thread: something that a drain waits for has ended. */
void worker_check_drained(struct worker *worker);
/* The time by which deadlines are set and come due: what has passed in the server's world, as of
 * this turn of the loop or the clock's last change. Loop thread. */
uint64_t worker_now_ms(struct worker *worker);
/* The deadlines are watched from now on. */
void worker_watch(struct worker *worker);

/* The next call object, ready to use; NULL when memory is short. */
struct call *worker_call(struct worker *worker);
void worker_give_call(struct worker *worker, struct call *call);
/* A block of BLOCK_BYTES; NULL when memory is short. */
char *worker_take_block(struct worker *worker);
void worker_give_block(struct worker *worker, char *block);
/* "Server: ...\r\nCache-Control: no-store\r\nDate: ...\r\n", renewed every second. No answer is to
 * be kept by anybody: those of the API tell balances, all others are of the moment. */
struct slice worker_head_lines(struct worker *worker);

#endif
