/* Exchange: one request on its way through the checks to its answer; private to this room.
 *
 * Every step is a function bool step(struct exchange *): true goes on, false means the complaint is
 * set. The order of the steps is that of api.h and is written once, in exchange_check. */
#ifndef API_EXCHANGE_H
#define API_EXCHANGE_H

#include "api/api.h"
#include "api/errors.h"
#include "api/limit.h"
#include "api/parameters.h"
#include "api/policy_cache.h"
#include "api/request_id.h"
#include "api/signers.h"
#include "codec/json.h"
#include "crypto/tc3.h"
#include "crypto/v1.h"

#include <pthread.h>
#include <stdatomic.h>

struct action;
struct product;
struct selections;

enum { API_ARENA_BYTES_MAX = 64 << 20, ACTION_NAME_BYTES_MAX = 128 };

/* What is counted, and as which metric. */
#define TALLIES(ROW)                                                                               \
    ROW(calls, COUNTER, "bursar_api_calls_total", "Calls the API answered.")                       \
    ROW(errors, COUNTER, "bursar_api_errors_total", "Calls answered with an error.")               \
    ROW(limited, COUNTER, "bursar_api_limited_total", "Calls over the rate limit.")                \
    ROW(denied, COUNTER, "bursar_api_denied_total", "Calls denied by policy.")                     \
    ROW(signature_failures, COUNTER, "bursar_api_signature_failures_total",                        \
        "Calls with a wrong signature.")                                                           \
    ROW(any_service, COUNTER, "bursar_api_any_service_total",                                      \
        "Calls accepted although signed for another service (--accept-any-service).")              \
    ROW(pending, GAUGE, "bursar_api_pending", "Calls waiting for their commit.")

#define TALLY_KIND(what, kind, name, help) TALLY_##what,
enum { TALLIES(TALLY_KIND) TALLY_KINDS };
#undef TALLY_KIND

/* Written by one worker, read by anyone. */
struct tally {
    _Atomic uint64_t counts[TALLY_KINDS];
};

struct api {
    struct api_world world;
    struct api_options options; /* without the borrowed limits */
    uint32_t *limits;           /* by exchange's action_number */
    struct limiter *limiter;
    struct selections *selections; /* the historian's thread's */
    _Atomic uint64_t epoch;        /* of the book; what is kept of another is stale */
    struct policy_cache authority; /* policies compiled by the committer's thread */
    pthread_mutex_t registry;      /* guards the two below */
    struct api_worker *workers;
    uint64_t workers_made;
    uint64_t gone[TALLY_KINDS]; /* counted by workers that were freed */
};

struct api_worker {
    struct api *api;
    struct api_worker *next;
    unsigned gate_slot;
    struct crypto *crypto;
    struct arena arena;
    struct buffer scratch;
    struct request_ids ids;
    struct signers signers;
    struct policy_cache policies;
    uint64_t day;  /* since 1970-01-01, and one; 0 = none yet */
    char date[10]; /* of that day */
    struct api_outcome outcome;
    char outcome_secret_id[1024]; /* temporary ids are at most that long */
    struct tally tally;
};

/* What is kept of the book bears it. Exact inside the gate, or where nothing can be pending. */
static inline uint64_t api_epoch(const struct api *api)
{
    return atomic_load_explicit(&api->epoch, memory_order_acquire);
}

enum envelope_form { ENVELOPE_TC3, ENVELOPE_V1, ENVELOPE_OPERATOR };
enum body_kind { BODY_NONE, BODY_JSON, BODY_FORM, BODY_MULTIPART };

/* The common parameters of either form; `at` NULL = absent. */
struct envelope {
    enum envelope_form form;
    enum body_kind body;
    struct slice action, version, timestamp, language, token;
    struct slice authorization, content_sha256, product, as_of; /* headers only */
    struct slice secret_id, signature, signature_method, nonce; /* v1 only */
    struct slice region;                                        /* taken, and ignored */
    uint64_t unix_seconds;
    /* v1: all pairs, decoded (the signature covers them), and those that are no common parameters
     */
    struct field *signed_pairs;
    size_t signed_pair_count;
    struct field *pairs;
    size_t pair_count;
};

/* What a caller's policies are, compiled; those of the thread that asks. */
struct rights {
    const struct compiled_policy **at;
    uint32_t count;
    bool are_unlimited; /* a main account's, or the operator's: no policies */
    bool look_at_time;
    const struct compiled_policy *excepted; /* that is not among them */
};

/* Who asks. `key` names the key and is followed only inside the gate. */
struct principal {
    const struct key *key;
    uint64_t epoch; /* api_epoch when the key was found */
    uint64_t key_version;
    uint64_t key_made;     /* the entry that made the key */
    uint32_t organisation; /* of the key */
    uint8_t kind;          /* enum principal_kind */
    bool is_operator;
    bool is_temporary;
    bool has_ended;     /* its end has come */
    int64_t ends_us;    /* 0: never */
    uint64_t authority; /* book_authority when the key was found */
    unsigned char token_hash[SHA256_SIZE];
    struct uin account, user;
};

struct exchange {
    struct api_worker *worker;
    const struct http1_request *request;
    enum api_trust trust;
    struct api_local local;
    struct slice peer_address;
    bool exposed;    /* api_call */
    int64_t now_us;  /* the wall clock */
    int64_t book_us; /* what the book is shown at: the same, while that clock is believed */
    bool chinese;
    char request_id[REQUEST_ID_SIZE];
    struct envelope envelope;
    struct tc3_authorization authorization;
    struct principal principal;
    struct rights rights; /* once access has been checked */
    struct slice product_name;
    const struct api_product *served; /* NULL: none has that name */
    const struct action *action;
    uint32_t action_number; /* 0.. over all products */
    bool is_counted;        /* for the rate limit, before it was held */
    bool any_service;       /* let in although signed for another one */
    uint32_t organisation;  /* the caller's, once access has been checked; operator: as asked */
    bool is_owner;          /* of the organisation, or the operator */
    bool sees_everyone;     /* else only the scope of its delegation */
    bool is_as_of;          /* X-Bursar-As-Of */
    int64_t as_of_us;
    void *input; /* the action's bound parameters */
    struct arena *arena;
    bool is_authentic;          /* it is known who asks */
    struct api_verdict verdict; /* a hook's */
    bool is_carried_out;        /* its command is in the journal: nothing can be refused any more */
    struct complaint complaint;
};

/* A call that waits: a write for its commit, a read of the journal for the historian, whose it is
 * meanwhile. Everything but the answer lives in the call's arena. */
struct api_pending {
    struct exchange exchange;
    struct commit commit;
    struct history_job job;
    struct buffer answer; /* of a read */
    void *work;           /* the action's */
};

/* Reading the book on the historian's thread. */
const struct book *pending_book_begin(struct api_pending *pending);
void pending_book_end(struct api_pending *pending);

/* exchange.c: what stands below all steps and actions. Resets the worker's arena, looks at the
 * clock. */
void exchange_begin(struct exchange *exchange, struct api_worker *worker,
                    const struct http1_request *request, enum api_trust trust);
/* The same, and draws a request id. */
void exchange_init(struct exchange *exchange, struct api_worker *worker,
                   const struct http1_request *request, enum api_trust trust);
/* Sets the complaint; always false. */
RARE bool exchange_refuse(struct exchange *exchange, enum error error);
RARE bool exchange_refuse_word(struct exchange *exchange, enum error error, struct slice word);
/* Bytes could not be had, of this request or for its answer. */
RARE bool exchange_refuse_lack(struct exchange *exchange, enum lack lack);
RARE bool exchange_refuse_refusal(struct exchange *exchange, enum refusal refusal);
struct slice exchange_request_id(const struct exchange *exchange);

/* The steps, in order. */
bool request_gather(struct exchange *exchange);        /* method to common parameters: request.c */
bool request_gather_head(struct exchange *exchange);   /* the same, as far as the head tells */
bool exchange_authenticate(struct exchange *exchange); /* authenticate.c */
bool exchange_route(struct exchange *exchange);        /* product, version, action: route.c */
bool exchange_cover(struct exchange *exchange);        /* what the signature covers: coverage.c */
bool exchange_authorise(struct exchange *exchange);    /* policies and organisation: access.c */
bool exchange_bind(struct exchange *exchange);         /* parameters of the action: request.c */

/* Before a command is submitted: who asks, DryRun, and what the request is known by when it comes
 * again (tokens.c). */
bool exchange_make_request(struct exchange *exchange, struct command *command);
/* What a client's token comes down to; organisation 0: of none. */
bool exchange_digest_token(struct exchange *exchange, uint32_t organisation, struct slice token,
                           unsigned char ret_digest[DIGEST_BYTES]);

/* scope.c. Which organisation a call is about: the caller's own, which `asked` (may be NULL) must
 * name if it is given; through the control socket the one asked for, by default the first. */
bool exchange_choose_organisation(struct exchange *exchange, const struct integer_value *asked);
/* Which account a call of ACCESS_MEMBER is about: the one asked for, by default the caller's own,
 * if the caller may know about it. Whether there is one is not looked at. */
bool exchange_choose_member(struct exchange *exchange, const struct integer_value *organization_id,
                            const struct text_value *asked, struct uin *ret_uin);
RARE bool exchange_refuse_cam(struct exchange *exchange);

/* A question about a caller's authority, put by the worker, or once more by the committer (then
 * `is_alone`: the book needs no gate). */
struct inquiry {
    struct exchange *exchange; /* its complaint is set */
    const struct book *book;
    struct policy_cache *policies; /* of the thread that asks */
    struct rights rights;          /* the caller's */
    int64_t now_us;
    bool is_alone;
};
/* Whether the caller may do the action at all; fills `rights`. With the book. */
bool inquiry_ask_action(struct inquiry *inquiry);
/* All policies of a user but the one called `except` (empty: all). False: one cannot be asked
 * (memory). With the book. */
bool inquiry_gather_rights(struct inquiry *inquiry, uint32_t organisation, struct uin user,
                           struct slice except, struct rights *ret_rights);
/* Of the caller, at the moment of the inquiry. */
void inquiry_write_question(const struct inquiry *inquiry, char memory[2][ACTION_NAME_BYTES_MAX],
                            struct policy_question *ret_question);
/* For reading the book: begin, read, end. */
const struct book *inquiry_book_begin(struct inquiry *inquiry);
void inquiry_book_end(struct inquiry *inquiry);

/* giving.c. Nobody gives more than he has: keys, policies, delegations. */
bool inquiry_permit_gift(struct inquiry *inquiry, const struct command *command);

/* authority.c. Whether the caller may do just this: for every item of the command, and for what it
 * gives to others. */
bool exchange_permit_command(struct exchange *exchange, const struct command *command);
/* The same of a read about one member; none: about all of them. */
bool exchange_permit_member(struct exchange *exchange, struct uin member);
/* How the committer asks again (journal/committer.h). */
void authority_ask_again(const struct exchange *exchange, struct commit *commit);
/* Whether a delegation includes that account. */
bool delegation_includes(const struct delegation *delegation, struct uin uin);

/* Whether the signature covers all that who stands in between on plain HTTP could change to make
 * another call of this one; looked at when it came that way, and by explain.c. Sets the complaint.
 */
bool exchange_is_covered(struct exchange *exchange);
/* A common parameter of signature v1, whether or not it means something here. */
bool request_is_common(struct slice name);

/* Parts of the above that explain.c shows one by one. */
struct slice request_product_label(const struct http1_request *request);
bool authenticate_scope(struct exchange *exchange);
bool authenticate_clock(struct exchange *exchange);
bool authenticate_key(struct exchange *exchange);
/* Is the key of that id there, enabled and in its time? Copies it when it is. */
bool authenticate_find_key(struct exchange *exchange, struct slice secret_id);
/* The value of SecretId in a query or form that may go on, without decoding the rest: at NULL when
 * it has not come. `*seen` as in api_judge_form. */
struct slice request_find_secret_id(struct slice pairs, bool goes_on, struct arena *arena,
                                    size_t *seen);
bool authenticate_signature(struct exchange *exchange);
bool authenticate_token(struct exchange *exchange);
/* What would check the signature: the key's secret; or, when the key is not known, one that fits
 * nothing. NULL when memory is short. */
const struct hmac_key *authenticate_hmac(struct exchange *exchange);
/* host_hint.c: after a refusal because of the signature or its service. Names Host as the cause
 * when the signature is right for one of the product's usual host names. Always false. */
RARE bool host_hint(struct exchange *exchange);
/* What the signature covers; the payload's hash goes to `hash_hex` (64 bytes). */
void authenticate_tc3_request(struct exchange *exchange, char hash_hex[2 * SHA256_SIZE],
                              struct tc3_request *ret_request);
void authenticate_v1_request(struct exchange *exchange, struct v1_request *ret_request);

/* Sets the complaint that the head of a request deserves whose body was refused: head.c. */
void exchange_refuse_head(struct exchange *exchange);

/* Reading the book: begin, read, end; nothing that blocks in between. */
const struct book *exchange_book_begin(struct exchange *exchange);
void exchange_book_end(struct exchange *exchange);

/* render.c: the envelope of an answer. {"Response":{ ... ,"RequestId":"..."}} */
void render_open(struct buffer *out);
/* `comma`: something was written since render_open. */
void render_close(const struct exchange *exchange, bool comma, struct buffer *out);
void render_error(const struct exchange *exchange, struct buffer *out);

#define EXCHANGE_TALLY(worker, what) tally_add(&(worker)->tally, TALLY_##what, 1)

/* One writer: a plain add, no locked one. */
static inline void tally_add(struct tally *tally, int what, int64_t more)
{
    uint64_t now = atomic_load_explicit(&tally->counts[what], memory_order_relaxed);
    atomic_store_explicit(&tally->counts[what], now + (uint64_t)more, memory_order_relaxed);
}

#endif
