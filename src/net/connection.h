/* One connection: input.c holds its unread bytes, exchange.c turns them into answers, output.c
 * sends them, connection.c owns its life. Private to net; all on the loop's thread. */
#ifndef NET_CONNECTION_H
#define NET_CONNECTION_H

#include "net/worker.h"

/* Bytes received and not yet answered: at[start .. len). */
struct input {
    char *at; /* NULL = none */
    size_t start;
    size_t len;
    size_t cap;
    bool lent;               /* the worker's block, to be settled before the event ends */
    size_t claimed;          /* bytes of the budget */
    enum budget_kind holder; /* ... and of which kind */
};

/* The request at the start of the input, as far as it has come. */
struct gathering {
    size_t scanned;               /* for http1_parse_head */
    size_t head_bytes;            /* 0 = the head is not complete */
    size_t body_bytes;            /* here and decoded */
    uint64_t body_bytes_expected; /* not chunked */
    bool chunked;
    enum api_body body; /* what may be taken of it; REFUSED until the head is judged */
    size_t form_seen;   /* of a form, for api_judge_form */
    size_t fresh;       /* chunked: offset in the input of bytes not yet decoded */
    struct http1_chunked decoder;
};

struct connection {
    union {
        uv_handle_t handle;
        uv_stream_t stream;
        uv_tcp_t tcp;
        uv_pipe_t pipe;
    } uv;
    struct worker *worker;
    const struct endpoint *endpoint;
    struct connection *next;
    struct connection *previous;
    struct deadline deadline;
    struct peer peer;
    struct user user; /* of a control socket */
    struct tls_session *tls;
    struct input input;
    struct gathering gathering;
    struct call *call; /* pending */
    bool woken;        /* ... and to be finished once everything before it is sent */
    struct buffer
        unsent; /* what the kernel did not take yet; a write is under way when not empty */
    uv_write_t write;
    size_t unsent_seen; /* bytes left when the write deadline was last set */
    size_t unsent_claimed;
    enum budget_kind unsent_holder;

    bool reading;    /* libuv reads */
    bool filled;     /* the last read filled its room: the next one waits for its turn */
    bool counted;    /* in the ceiling */
    bool unnamed;    /* ... but by no address: a trusted proxy that has not said whose it is */
    bool preface;    /* a PROXY header may come first */
    bool forwards;   /* the peer is trusted: its requests may name their clients */
    bool exposed;    /* plain TCP from another machine: see api.h */
    bool served;     /* at least one request was answered */
    bool proven;     /* ... and one of the api's without an error */
    bool renewed;    /* a request was answered since the deadline was set */
    bool ended;      /* the client sends no more */
    bool cut;        /* the request being answered is the last, and not all of it came */
    bool last;       /* the last answer is made: what still comes is not looked at */
    bool abrupt;     /* ... and the client may be sending still: linger before closing */
    bool lingering;  /* our side is closed; input is thrown away */
    size_t lingered; /* bytes thrown away */
    bool closing;
    bool closed; /* libuv has let go of the handle; freed when no call is pending */
};

/* connection.c */
void connection_accept(struct listener *listener);
/* Does everything that can be done now: answers, sends, reads on, sets the deadline, closes. */
void connection_advance(struct connection *connection);
RARE void connection_close(struct connection *connection);
/* Nothing of a request is here, nothing is being answered: closing takes nothing from the client.
 */
bool connection_is_idle(const struct connection *connection);
/* Closes when idle, else lets what is in flight be the last. */
void connection_drain(struct connection *connection);
/* Its deadline has passed. */
void connection_expire(struct connection *connection);
/* The pending call was woken. */
void connection_finish_call(struct call *call);
static inline bool connection_is_blocked(const struct connection *connection)
{
    return connection->call || connection->unsent.len > 0;
}
static inline struct connection *connection_of_deadline(struct deadline *deadline)
{
    return (struct connection *)(void *)((char *)deadline - offsetof(struct connection, deadline));
}

/* input.c */
/* What is kept between events without being counted; as many bytes as a connection costs anyway. */
enum { INPUT_FREE_BYTES = 4096 };
/* Called while a request is not all here: claims memory for what came and for more, before it is
 * taken. False when the budget of that kind of holder, or memory, is short; then nothing changed.
 */
STATUS_MUST_USE bool input_hold(struct connection *connection, enum budget_kind holder);
/* Room for bytes to come, NULL when memory is short; never moves what a pending call looks at. */
char *input_room(struct connection *connection, size_t *ret_room);
void input_took(struct connection *connection, size_t len);
/* After an event: gives lent memory back, keeps what is unread in memory of its own, as small as
 * will do. False when memory is short. */
STATUS_MUST_USE bool input_settle(struct connection *connection);
void input_free(struct connection *connection);
static inline struct slice input_unread(const struct input *input)
{
    return input->at ? slice_of(input->at + input->start, input->len - input->start) : SLICE_NONE;
}

/* body.c */
/* The head is there, all of the body is not: what may be taken of it? */
void body_judge(struct connection *connection, struct http1_request *request);
/* More of it came. True when the request is to be answered from its head, and is the last. */
bool body_is_refused(struct connection *connection);
/* Whose budget the request's memory counts against. */
enum budget_kind body_holder(const struct connection *connection);

/* preface.c */
/* Takes a trusted proxy's PROXY header off the input, if one may be there. True when what comes now
 * is the client's own; else more has to come, or the connection is at its end. */
bool preface_take(struct connection *connection);

/* exchange.c */
/* Answers whole requests into the worker's output until one is pending, none is left or the last
 * one was answered. True when it stopped because the output should be sent first. */
bool exchange_run(struct connection *connection);
/* It is for the api, and not for a page or for nobody. */
bool exchange_is_call(const struct http1_request *request);
/* Writes the answer of a call that waited, or drops it when the client is gone. */
void exchange_finish(struct connection *connection, const struct call *call);
/* A refusal in plain text; nothing more is read. */
RARE void connection_refuse(struct connection *connection, int status, const char *reason);

/* output.c */
/* Sends the worker's output; what the kernel does not take is kept and sent later. May close. */
void output_send(struct connection *connection);
/* The same for TLS bytes that wait without any output (handshake, alerts). */
void output_send_tls(struct connection *connection);
/* Frees what was not sent. */
void output_forget_unsent(struct connection *connection);
/* Bytes the client has not taken yet, those in the kernel's keeping included. */
size_t output_left(const struct connection *connection);
/* Closes our side of the connection after everything was sent. */
void output_shutdown(struct connection *connection);

#endif
