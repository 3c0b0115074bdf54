/* Private to this room: a client, and what its files give each other. The public contract is
 * include/bursar.h. */
#ifndef CLIENT_CLIENT_H
#define CLIENT_CLIENT_H

#include <bursar.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/client_token.h"
#include "base/status.h"
#include "client/endpoint.h"
#include "crypto/digest.h"
#include "sys/sys.h"

enum {
    RESPONSE_BYTES_MAX = 64 << 20,
    REQUEST_BYTES_MAX = 16 << 20, /* the API takes 10 MiB */
    HEADERS_MAX = 16,
    HISTORY_ROWS_DEFAULT = 100,
    HISTORY_ROWS_MAX = 1000,
    MESSAGE_SIZE = 512,
};

/* A request, ready to be sent. The texts are zero-terminated within their buffers. */
struct signed_request {
    struct buffer url;
    struct buffer body;
    struct buffer canonical;
    struct buffer to_sign;
    struct buffer signature;
    struct buffer header_text;
    size_t header_starts[HEADERS_MAX]; /* in header_text */
    const char *headers[HEADERS_MAX];
    size_t header_count;
    bool may_come_twice;   /* it changes nothing, or carries a ClientToken */
    bool has_client_token; /* it changes something, and repeating it settles what became of it */
    struct bursar_signed_request view;
};

/* Who is called, what for. */
struct call {
    struct slice service;
    struct slice version;
    struct slice action;
    struct slice parameters; /* a JSON object */
};

/* A way to the service. */
struct transport {
    /* Once the options are copied; MEMORY or USAGE say why in `fault`. */
    enum bursar_result (*open)(struct bursar_client *client, const struct bursar_options *options,
                               struct fault *fault);
    /* Sends client->request; the body of the answer is in client->response. */
    enum bursar_result (*send)(struct bursar_client *client);
    /* Also when `open` failed or was not called. */
    void (*close)(struct bursar_client *client);
};
/* transport.c: the network, and sockets of this machine. given.c: the caller's own. */
extern const struct transport transport_curl, transport_given;

struct bursar_client {
    struct endpoint endpoint;
    char *host; /* NULL = the endpoint's or the service's */
    char *secret_id;
    char *secret_key;
    char *token;
    char *region;
    char *language;
    char *as_of;
    enum bursar_signing signing;
    uint32_t timeout_ms;
    uint32_t connect_timeout_ms;
    uint32_t retries_max;
    bool unsigned_requests;
    uint64_t organization_id;

    struct crypto *crypto;
    const struct transport *transport;
    void *transport_state;            /* the transport's own */
    struct bursar_transport given;    /* of transport_given */
    const struct sys *sys;            /* tests put another world here */
    void (*sleep_us)(int64_t for_us); /* and here */

    /* Of the current call. */
    struct arena arena;
    struct signed_request request;
    struct buffer response;
    bool was_sent; /* at least a part: the service may have carried it out */
    struct bursar_balance_page page;
    struct bursar_posting posting;
    struct bursar_change change;
    struct bursar_hold_page holds;
    struct bursar_past_balance past;
    const char *error_code;
    const char *error_message;
    int64_t error_index; /* -1 = none */
    const char *request_id;
    char message[MESSAGE_SIZE]; /* of failures that are not the service's */

    struct buffer parameters; /* see write.c */
    char client_token[CLIENT_TOKEN_BYTES_MAX + 1];
};

/* failure.c: forgets the last call. */
void client_reset(struct bursar_client *client);
/* Keeps the message and returns `result`. */
enum bursar_result client_fail(struct bursar_client *client, enum bursar_result result,
                               const char *format, ...) __attribute__((format(printf, 3, 4)));
/* A zero-terminated copy that lives until the next call; NULL when memory is short or the text
 * holds a zero byte. */
const char *client_text(struct bursar_client *client, struct slice text);

/* sign.c: fills client->request. */
enum bursar_result request_sign(struct bursar_client *client, const struct call *call,
                                int64_t timestamp);
void request_done(struct signed_request *request);

/* What the parameters say about the call itself. */
struct parameters_traits {
    bool has_client_token; /* not null */
    bool is_dry_run;
};

/* parameters.c: OK when `json` is one JSON object, else USAGE. */
enum bursar_result parameters_check(struct bursar_client *client, struct slice json,
                                    struct parameters_traits *ret_traits);
/* Appends the members of the object to `fields` (an array of struct field) as forms have them:
 * MemberUins.0, Filters.0.Name, ... False when memory is short. The object has been checked. */
bool parameters_flatten(struct bursar_client *client, struct slice json, struct buffer *fields);

/* call.c: signs, sends, repeats, and reads the envelope. *ret_response is the value of "Response";
 * to be used for BURSAR_OK and BURSAR_REFUSED. UNKNOWN: see bursar.h. */
enum bursar_result client_call(struct bursar_client *client, const char *service,
                               const char *version, const char *action, const char *parameters,
                               struct slice *ret_response);
/* UNKNOWN, for the reason that the client's message now gives. */
enum bursar_result client_doubt(struct bursar_client *client);
/* The code, or one of its dotted sub-codes. */
bool code_is(const char *code, const char *family);

#endif
