/* World: a whole api on a journal, in memory if not said otherwise, with a clock of its own, and
 * signed calls to it. */
#ifndef TESTS_API_WORLD_H
#define TESTS_API_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/api.h"
#include "sys/put_clock.h"

/* The documentation's example pair, and the organisation of the seed page. */
#define EXAMPLE_ID "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE"
#define EXAMPLE_SECRET "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE"
#define OWNER "100000000001"
#define SEED_MEMBER "700001941608"
#define BILLING_HOST "billing.intl.tencentcloudapi.com"
#define START_S INT64_C(1795403573) /* 2026-11-23 */

struct world {
    struct put_clock clock; /* stands at START_S at first */
    struct sys sys;         /* that goes by it */
    unsigned char master_key[32];
    struct book *book;
    struct gate gate;
    unsigned hold_slot; /* of the gate, the first */
    struct journal *journal;
    struct committer *committer;
    struct historian *historian;
    struct api *api;
    struct api_worker *worker;
    bool exposed;      /* calls come over plain HTTP from another machine */
    struct buffer out; /* the last answer */
    struct buffer text;
};

struct signed_call {
    const char *secret_id, *secret_key; /* NULL: the example pair */
    const char *host;                   /* NULL: BILLING_HOST */
    const char *service;                /* NULL: the host's first label */
    const char *version;                /* NULL: 2018-07-09 */
    const char *action;                 /* NULL: DescribeOrgMemberAccountBalance */
    const char *body;                   /* NULL: "{}" */
    const char *query;                  /* not NULL: a GET */
    const char *headers;                /* further lines with CRLF; may be NULL */
    const char *signed_headers;         /* NULL: content-type;host */
    const char *content_type;           /* NULL: application/json */
    const char *authorization;          /* NULL: signed as it should be */
    int64_t timestamp;                  /* 0: the world's clock */
};

/* An organisation owned by OWNER, its example key, and the seed page's member. */
void world_open(struct world *world, const struct api_options *options);
/* The same with the example pair as a temporary key. */
void world_open_with_token(struct world *world, const struct api_options *options,
                           const char *token);
/* The same on a journal that was just created; world_close closes it. */
void world_open_on(struct world *world, struct journal *journal, const struct api_options *options,
                   const char *token);
void world_close(struct world *world);
void world_set_us(struct world *world, int64_t us);
void world_set_seconds(struct world *world, int64_t seconds);
/* Through the control socket, product bursar; the answer's body, valid until the next call. */
const char *world_manage(struct world *world, const char *action, const char *parameters);
/* The same, and it must not be an error. */
const char *world_must(struct world *world, const char *action, const char *parameters);
/* Everything but the journal is given up and made again from it. */
void world_restart(struct world *world);

/* A managing call that is begun and finished apart. */
struct world_write {
    struct http1_request request;
    struct buffer text, body, out;
    struct api_call call;
    struct waiting *waiting;
    bool is_pending;
};
/* Until world_release no write is finished, so that those begun meanwhile are decided together. */
void world_hold(struct world *world);
void world_release(struct world *world);
void world_begin(struct world *world, const char *action, const char *parameters,
                 struct world_write *write);
/* The same of a signed call. */
void world_begin_signed(struct world *world, const struct signed_call *call,
                        struct world_write *write);
/* The answer, valid until world_write_done. */
const char *world_finish(struct world *world, struct world_write *write);
void world_write_done(struct world_write *write);

/* Any request as bytes, with `trust`. */
const char *world_raw(struct world *world, struct slice request, enum api_trust trust);
const char *world_raw_on(struct world *world, struct api_worker *worker, struct slice request,
                         enum api_trust trust, struct slice peer, struct buffer *out);
/* A TC3 call. */
const char *world_call(struct world *world, const struct signed_call *call);
/* The bytes of that call. */
void world_sign(struct world *world, const struct signed_call *call, struct buffer *out);
/* A v1 call: `parameters` in the form a=b&c=d, already percent-encoded and without the common
 * ones; signed with HmacSHA256 when asked. */
const char *world_call_v1(struct world *world, bool is_get, bool is_sha256, const char *parameters);
const char *world_call_v1_at(struct world *world, const char *host, bool is_get, bool is_sha256,
                             const char *parameters);

/* Head and body of an HTTP message, gathered as the door does. */
bool request_read(struct slice bytes, struct buffer *body, struct http1_request *ret_request);

/* The answer without its RequestId, to compare; made anew into `text`. */
const char *answer_without_id(const char *answer, struct buffer *text);
/* Parts of an answer. */
void assert_contains(const char *text, const char *part);
void assert_error(const char *answer, const char *code, const char *message);
/* The call is refused with this code, and with these texts in English and, when it asks for that,
 * in Chinese. */
void assert_refused(struct world *world, const struct signed_call *call, const char *code,
                    const char *english, const char *chinese);

/* What the api counts, read from its metrics. */
struct api_figures {
    uint64_t calls, limited, signature_failures, any_service;
};
void api_figures(struct api *api, struct api_figures *ret_figures);

#endif
