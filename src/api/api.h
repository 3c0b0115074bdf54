/* The clerk: a parsed HTTP request in, a rendered API answer out (design section 6).
 *
 * Order of checks: method, content type, size -> common parameters -> Authorization form and
 * service -> timestamp -> key -> signature -> token -> action and version -> what the signature
 * covers -> rate limit -> policy -> parameters -> the action. Every answer is an HTTP 200 body; the
 * door (net) writes it.
 *
 * `struct api` is shared by all threads; each network thread has its own `struct api_worker`
 * (scratch memory, hash contexts, cached signing keys, a reader's slot of the gate). */
#ifndef API_API_H
#define API_API_H

#include "base/arena.h"
#include "codec/http1.h"
#include "journal/committer.h"
#include "journal/historian.h"
#include "sys/user.h"

struct api;
struct api_worker;

struct api_limit { /* calls a second for one action; others take the default */
    struct slice action;
    uint32_t per_second;
};

struct api_options {
    uint32_t calls_per_second; /* default 20; 0 = no limit */
    const struct api_limit *limits;
    uint32_t limit_count;
    uint32_t skew_seconds_max; /* default 300 */
    uint64_t form_bytes_max;   /* v1 body, default 1 MiB */
    uint64_t query_bytes_max;  /* default 32 KiB */
    bool accept_any_service;   /* scope service need not be the product; counted */
    bool trust_plain_http;     /* an exposed call (api_call) is taken like any other */
    bool are_timed;            /* an outcome says how long its call took; else only an observer's */
    uint64_t request_id_seed;  /* 0 = random UUIDs; else a repeatable sequence */
};
#define API_OPTIONS_DEFAULT                                                                        \
    ((struct api_options){.calls_per_second = 20,                                                  \
                          .skew_seconds_max = 300,                                                 \
                          .form_bytes_max = 1 << 20,                                               \
                          .query_bytes_max = 32768})

struct product; /* api/action.h */

/* A product that is served; its actions find `context` in their exchange. */
struct api_product {
    const struct product *product;
    void *context;
};
struct api_products {
    const struct api_product *at; /* the first is meant by who names none */
    uint32_t count;
};
/* This room's own: billing and bursar. */
extern const struct api_products api_own_products;

struct api_world { /* everything the api works on; must outlive it */
    struct api_products products;
    const struct sys *sys;
    const struct book *book;
    struct gate *gate;
    struct committer *committer;         /* NULL = read-only */
    struct historian *historian;         /* NULL = nothing of the past */
    const unsigned char *master_key;     /* SEAL_KEY_SIZE bytes */
    const struct api_hook *hook;         /* NULL = none */
    const struct api_observer *observer; /* NULL = none */
};

STATUS_MUST_USE struct status api_new(const struct api_world *world,
                                      const struct api_options *options, struct fault *fault,
                                      struct api **ret_api);
void api_free(struct api *api);
/* Makes all that is kept of the book stale at once: signing keys, compiled policies, selections of
 * members. For who puts another state in the book's place: inside the gate's writing side, so that
 * nobody sees one without the other, and while no call is pending. */
void api_forget(struct api *api);
/* One a thread; NULL when memory is short. */
struct api_worker *api_worker_new(struct api *api);
void api_worker_free(struct api_worker *worker);

/* Who stands behind an unsigned request. */
enum api_trust {
    API_TRUST_NONE,     /* must be signed */
    API_TRUST_OPERATOR, /* came through the data folder or its control socket: may do everything in
                           the organisation named by the parameter OrganisationId (default 1) */
};

/* The user of the machine behind API_TRUST_OPERATOR: what it changes bears its name. */
struct api_local {
    enum request_door door; /* DOOR_SOCKET or DOOR_FOLDER */
    const struct user *user;
};

/* Where a hook may step in. */
enum api_place {
    API_NOWHERE,
    API_BEFORE_SIGNATURE, /* the envelope is read; who asks is what the request says */
    API_BEFORE_ACTION,    /* the caller may do it, and it is counted; parameters are not read yet */
};

/* One call that may outlast api_answer: one that waits for its commit or the journal. The caller
 * provides it, zeroed, and keeps it and the request's bytes until the call is finished. */
struct api_call {
    /* in */
    const struct http1_request *request; /* with body */
    enum api_trust trust;
    struct api_local local;    /* API_TRUST_OPERATOR */
    struct slice peer_address; /* "203.0.113.7", for policies that ask for qcs:ip; empty: not known,
                                  then such policies fail safe */
    bool exposed; /* came over plain HTTP from another machine, so that somebody in between could
                     change what the signature does not cover: a write must have that covered */
    /* Called on the committer's or the historian's thread when a pending call can be finished; must
     * only wake the owner. */
    void (*wake)(struct api_call *call);
    void *context;
    void *held; /* the hook's, of a call that it holds */
    /* the api's */
    struct arena arena; /* memory of a pending call */
    struct api_pending *pending;
    int64_t came_us;        /* when it is timed: on the steady clock */
    enum api_place held_at; /* where the hook holds it, or did */
    char request_id[36];    /* of a call that is held */
};

enum api_progress {
    API_ANSWERED, /* or dropped: then the outcome's status is 0 */
    API_PENDING,
};

/* What may be taken of the body of a request that is not all here yet. */
enum api_body {
    API_BODY_REFUSED, /* nothing: the request will be refused whatever the body is (api_refuse) */
    API_BODY_UNKNOWN, /* signature v1: the key stands in the body; ask api_judge_form */
    API_BODY_TAKEN,   /* all that the limits allow */
};
/* Judged from the head: its form, scope, clock, and whether its key is known and enabled. The
 * answer to the whole request is looked for anew by api_answer. */
enum api_body api_judge_head(struct api_worker *worker, const struct http1_request *request,
                             enum api_trust trust);
/* Judged from a form, as far as it has come. `*seen` must be 0 at first and is kept between calls
 * for the same form: it spares looking at bytes twice. */
enum api_body api_judge_form(struct api_worker *worker, struct slice form, size_t *seen);
/* Answers, as api_answer, a request whose body was refused: from its head alone; `request->body` is
 * what came of it. Never pending. */
void api_refuse(struct api_worker *worker, struct api_call *call, struct buffer *out);

/* Answers into `out` (cleared first): a JSON body for HTTP 200. API_PENDING: nothing yet; after
 * `wake` the owner calls api_finish on the thread of the same worker, with an `out` that has at
 * least the memory this one has then: so no write is carried out whose answer finds none. A call
 * that was held may be pending once more after that. */
enum api_progress api_answer(struct api_worker *worker, struct api_call *call, struct buffer *out);
enum api_progress api_finish(struct api_worker *worker, struct api_call *call, struct buffer *out);

/* One record of what happened, filled in one place as the call ends: valid until the next one of
 * the same worker. Slices alias static text or the request. */
struct api_outcome {
    struct slice product, action, version;
    bool is_routed;          /* the three are served; else they are what the request says */
    bool is_authentic;       /* it is known who asks: account and user, or the operator */
    bool is_operator;        /* then there is no account */
    struct uin account;      /* the main account */
    struct uin user;         /* the same, or a sub-account or role of it */
    uint32_t organisation;   /* 0 until access was checked */
    struct slice secret_id;  /* never the secret */
    struct slice error_code; /* empty on success */
    int status;              /* of HTTP; 0: dropped, the connection is to be closed */
    struct slice head_lines; /* for the head of the answer, each with CRLF */
    size_t body_bytes;       /* of the answer */
    int64_t duration_us;     /* if calls are timed */
    uint64_t first_entry, last_entry; /* that a write made, its request's own included; 0 = none */
    char request_id[36];
};
const struct api_outcome *api_worker_outcome(const struct api_worker *worker);

/* Told of every call as it ends: answered, refused or dropped. On the worker's thread; must not
 * block. The call is as it was given, with its request. */
struct api_observer {
    void (*ended)(void *context, const struct api_call *call, const struct api_outcome *outcome);
    void *context;
};

/* What a hook wants done. */
enum api_move {
    API_GO_ON,
    API_ANSWER, /* with what it wrote: a whole body */
    API_HOLD,   /* nothing yet: it calls call->wake once, from any thread, and then the call is
                   judged anew as if it had just come, but counts once for the rate limit and
                   keeps its request id. A delay is a hold that ends when it is due; a server that
                   stops waits for those it holds. */
    API_DROP,   /* the connection is closed without an answer */
};
struct api_verdict {
    enum api_move move;
    int status;              /* of HTTP; API_ANSWER only, 0 = 200 */
    struct slice error_code; /* for the outcome */
    struct slice head_lines; /* API_ANSWER only, at most API_HEAD_LINES_MAX bytes */
};
enum { API_HEAD_LINES_MAX = 128 };
/* May step in where calls pass. On the worker's thread; must not block. */
struct api_hook {
    /* `known` is what is known of the call so far; `out` is empty. Asked again, with
     * call->held_at, when a call that it held goes on. */
    struct api_verdict (*look)(void *context, enum api_place place, struct api_call *call,
                               const struct api_outcome *known, struct buffer *out);
    void *context;
};
/* An answer that is an error, for hooks. */
void api_write_error(struct buffer *out, struct slice code, struct slice message,
                     const char request_id[36]);

/* A metric_source's. Any thread. */
void api_metrics(void *api, struct buffer *out);

/* Everything the products can do as one JSON object, for programs. */
void api_document(const struct api_products *products, struct slice version, struct buffer *out);

/* `bursar explain`: runs the same checks on a request, unlimited and without the action, and writes
 * for people which one fails and why; for a signature both canonical requests (as the server builds
 * it in each form) and the first line that differs from `client_canonical` when that is not empty.
 * Returns true if every check passes. */
bool api_explain(struct api_worker *worker, const struct http1_request *request,
                 struct slice client_canonical, struct buffer *out);

#endif
