/* The clerk: a parsed HTTP request in, a rendered API answer out (design section 6).
 *
 * Order of checks: method, content type, size -> common parameters -> Authorization form and
 * service
 * -> timestamp -> key -> signature -> token -> action and version -> what the signature covers ->
 * rate limit -> policy -> parameters -> the action. Every answer is an HTTP 200 body; the door
 * (net) writes it.
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
    struct committer *committer;     /* NULL = read-only */
    struct historian *historian;     /* NULL = nothing of the past */
    const unsigned char *master_key; /* SEAL_KEY_SIZE bytes */
};

STATUS_MUST_USE struct status api_new(const struct api_world *world,
                                      const struct api_options *options, struct fault *fault,
                                      struct api **ret_api);
void api_free(struct api *api);
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
    /* the api's */
    struct arena arena; /* memory of a pending call */
    struct api_pending *pending;
};

enum api_progress { API_ANSWERED, API_PENDING };

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
 * least the memory this one has then: so no write is carried out whose answer finds none. */
enum api_progress api_answer(struct api_worker *worker, struct api_call *call, struct buffer *out);
void api_finish(struct api_worker *worker, struct api_call *call, struct buffer *out);

/* One record of what happened, for the access log and metrics: valid after an answer until the next
 * one of the same worker. Slices alias static text or the request. */
struct api_outcome {
    struct slice action;              /* empty if unknown */
    struct slice secret_id;           /* never the secret */
    struct slice error_code;          /* empty on success */
    uint64_t first_entry, last_entry; /* that a write made, its request's own included; 0 = none */
    char request_id[36];
};
const struct api_outcome *api_worker_outcome(const struct api_worker *worker);

struct api_figures {
    uint64_t calls, errors, limited, denied, signature_failures, any_service;
};
void api_figures(const struct api *api, struct api_figures *ret_figures);

/* `bursar explain`: runs the same checks on a request, unlimited and without the action, and writes
 * for people which one fails and why; for a signature both canonical requests (as the server builds
 * it in each form) and the first line that differs from `client_canonical` when that is not empty.
 * Returns true if every check passes. */
bool api_explain(struct api_worker *worker, const struct http1_request *request,
                 struct slice client_canonical, struct buffer *out);

#endif
