/* libbursar: calls Tencent Cloud API 3.0 services, a bursar server among them, from C.
 *
 * Independent of the cloud whose API it speaks. C17, no global state. A `struct bursar_client` may
 * be used by one thread at a time; different clients are independent. Call bursar_global_init once
 * before threads are started (it initialises libcurl). Strings are zero-terminated UTF-8. Nothing
 * is printed.
 *
 * Error convention: functions that can fail return an enum bursar_result and describe the failure
 * in the client; see bursar_error. Sources: protocol facts are those of the cloud's public
 * documentation, "Signature v3" and billing/2018-07-09. */
#ifndef BURSAR_H
#define BURSAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define BURSAR_API __attribute__((visibility("default")))
#else
#define BURSAR_API
#endif

/* "MAJOR.MINOR.PATCH" of the library in use; static. */
BURSAR_API const char *bursar_version(void);

enum bursar_result {
    BURSAR_OK = 0,
    BURSAR_END,      /* an iterator has no more rows */
    BURSAR_REFUSED,  /* the service answered with an Error: see bursar_error_code */
    BURSAR_NETWORK,  /* no (whole) answer: resolving, connecting, TLS, HTTP status, deadline */
    BURSAR_PROTOCOL, /* an answer that is not what the API promises */
    BURSAR_USAGE,    /* an argument that cannot be meant: see the message */
    BURSAR_MEMORY,
    BURSAR_UNKNOWN, /* of calls with a ClientToken: sent, but no answer that says what became of it.
                       It may have been carried out or not: see "Writing" */
};

/* Both are idempotent and reference-counted; not thread-safe against each other. */
BURSAR_API enum bursar_result bursar_global_init(void);
BURSAR_API void bursar_global_done(void);

struct bursar_client;

enum bursar_signing {
    BURSAR_SIGN_TC3 = 0,          /* TC3-HMAC-SHA256, POST JSON; covers content-type, host,
                                     x-tc-action, x-tc-version and, if sent, x-bursar-as-of */
    BURSAR_SIGN_SHA256 = 1,       /* v1 HmacSHA256, POST form; a call that changes something with a
                                     value that could be read as one more parameter ("a&Name=b") is
                                     BURSAR_USAGE */
    BURSAR_SIGN_SHA1 = 2,         /* v1 HmacSHA1, POST form; likewise */
    BURSAR_SIGN_TC3_UNSIGNED = 3, /* TC3 with UNSIGNED-PAYLOAD */
};

struct bursar_signed_request;

/* Another way to the service than the network: for a program that holds the service, or a test. */
struct bursar_transport {
    /* Answers the request: BURSAR_OK and the body of the answer, which must stay until the next
     * call; or another result, with one line of `message` that says why. */
    enum bursar_result (*send)(void *context, const struct bursar_signed_request *request,
                               const char **ret_body, size_t *ret_body_len, char *message,
                               size_t message_size);
    void *context;
};

/* All strings are copied by bursar_client_new; the secrets in wiped memory. Zero/NULL = default. */
struct bursar_options {
    const char *endpoint;  /* "billing.intl.tencentcloudapi.com" (https), "http://127.0.0.1:8080",
                              "https://host:port", "unix:/path" ; required */
    const char *host;      /* Host to send and sign when it differs from the endpoint's, for example
                              "billing.intl.tencentcloudapi.com"; NULL = the endpoint's, and for IP
                              addresses, localhost and unix sockets
                              "<service>.tencentcloudapi.com" */
    const char *secret_id; /* required unless unsigned */
    const char *secret_key;
    const char *token;    /* of temporary keys */
    const char *region;   /* NULL = none */
    const char *language; /* "en-US", "zh-CN" */
    const char *ca_file;  /* PEM bundle to trust besides the system's */
    enum bursar_signing signing;
    uint32_t timeout_ms;         /* of one attempt; default 30,000 */
    uint32_t connect_timeout_ms; /* default 5,000 */
    uint32_t retries_max; /* on RequestLimitExceeded; and, for calls that may be made twice (reads,
                             dry runs and those with a ClientToken), on network failures,
                             ServiceUnavailable and InternalError; default 0. Pauses 1, 2, 4, ... s,
                             at most 16 */
    bool unsigned_requests; /* send no signature: only a control socket accepts that */
    const char *as_of; /* balances as they were: sent to product billing as X-Bursar-As-Of, which a
                          bursar server understands: RFC 3339 or Unix seconds; NULL = as they are */
    uint64_t organization_id; /* of the typed calls to bursar 2026-11-01; only through a control
                                 socket may it be another than the key's own; 0 = not sent */
    const struct bursar_transport *transport; /* instead of the network: no endpoint is needed;
                                                 copied, its context is not. NULL = the network */
};

/* Makes a client; *ret_client is NULL unless BURSAR_OK. The message of a failure goes to `message`
 * (cut to fit; may be NULL). Free with bursar_client_free. */
BURSAR_API enum bursar_result bursar_client_new(const struct bursar_options *options, char *message,
                                                size_t message_size,
                                                struct bursar_client **ret_client);
/* NULL is fine. Wipes the secrets. */
BURSAR_API void bursar_client_free(struct bursar_client *client);

/* Of the last call on this client; static or owned by the client until its next call. Never NULL;
 * empty when not known. Code: the API's ("AuthFailure.SignatureFailure"), set for BURSAR_REFUSED.
 */
BURSAR_API const char *bursar_error_code(const struct bursar_client *client);
BURSAR_API const char *bursar_error_message(const struct bursar_client *client);
BURSAR_API const char *bursar_request_id(const struct bursar_client *client);
/* Which item of the call's list was refused, from 0, as of bursar_post; -1: none is named. */
BURSAR_API int64_t bursar_error_index(const struct bursar_client *client);

/* Calls any action: `service` "billing", `version` "2018-07-09", `action`, `parameters` a JSON
 * object (NULL = "{}"). A ClientToken is sent when it is among them, not made. On BURSAR_OK
 * *ret_response is the text of the JSON value of "Response" (length in *ret_len, zero-terminated),
 * owned by the client until its next call. Also set on BURSAR_REFUSED.
 */
BURSAR_API enum bursar_result bursar_call(struct bursar_client *client, const char *service,
                                          const char *version, const char *action,
                                          const char *parameters, const char **ret_response,
                                          size_t *ret_len);

/* Amounts as people write them, in units of the currency ("12.34", "-0.05"), exact to the micro.
 * False when the text is no decimal number, more precise than a micro, or does not fit. */
enum { BURSAR_AMOUNT_SIZE = 32 };
BURSAR_API bool bursar_amount_parse(const char *text, int64_t *ret_micros);
/* At least two decimals, and as many as needed. */
BURSAR_API void bursar_amount_print(int64_t micros, char ret_text[BURSAR_AMOUNT_SIZE]);

/* One member account as DescribeOrgMemberAccountBalance gives it. Amounts are exact: micros,
 * 1,000,000 = one unit of the organisation's currency, 10,000 = one cent. Strings belong to the
 * page. */
struct bursar_member_balance {
    const char *member_uin;
    const char *member_name;
    bool is_credit_account;
    int64_t real_balance;
    int64_t cash_account_balance;
    int64_t credit_amount;
    int64_t temp_credit;
    int64_t basic_credit_amount;
    int64_t owe_amount;
};

struct bursar_balance_page {
    const struct bursar_member_balance *members;
    size_t member_count;
    uint64_t total_count; /* members in the listing */
    uint64_t page_number;
    const char *request_id;
};

/* One page. `page_number` >= 1, `page_size` 1..10 (0 = the API's defaults 1 and 10); `member_uins`
 * may be NULL, at most 10. The page belongs to the client until its next call. */
BURSAR_API enum bursar_result
bursar_describe_org_member_account_balance(struct bursar_client *client, uint64_t page_number,
                                           uint64_t page_size, const char *const *member_uins,
                                           size_t member_uin_count,
                                           const struct bursar_balance_page **ret_page);

/* Walks all members in ascending uin order, at most ten a call, no more than `calls_per_second`
 * calls a second (0 = 20), evenly spaced. Survives members joining and leaving meanwhile: no uin is
 * given twice, none that stays throughout is left out. For that every page overlaps the one before,
 * which costs about one call for six members (src/client/walk.c says how, and names the one moment,
 * at every 2,520th member, when the second promise rests on two equal readings). The client must
 * not be used for anything else between the calls of one walk. After an error the walk may be
 * continued: the next call tries again. */
struct bursar_balance_walk;
BURSAR_API enum bursar_result bursar_balance_walk_new(struct bursar_client *client,
                                                      uint32_t calls_per_second,
                                                      struct bursar_balance_walk **ret_walk);
/* BURSAR_OK and the next member (valid until the next call), BURSAR_END, or an error of a call. */
BURSAR_API enum bursar_result
bursar_balance_walk_next(struct bursar_balance_walk *walk,
                         const struct bursar_member_balance **ret_member);
/* Members in the listing as the newest page said. */
BURSAR_API uint64_t bursar_balance_walk_total(const struct bursar_balance_walk *walk);
BURSAR_API void bursar_balance_walk_free(struct bursar_balance_walk *walk);

/* ---- Writing: product bursar, version 2026-11-01 ----
 *
 * For the organisation's owner. Amounts are micros as above; moments are microseconds since 1970,
 * UTC, and end with the year 9999. Texts given are copied before the call is made; what a call
 * answers belongs to the client until its next call.
 *
 * Every write carries a ClientToken, which the server carries out once and answers the same for
 * ever. Unless it is given, the library makes one for each call (a UUID, version 4). All attempts
 * of a call carry the same token and the same parameters, so that a lost answer is settled by
 * asking again, `retries_max` times. Then the result is
 *   BURSAR_OK       carried out, and durable;
 *   BURSAR_REFUSED  not carried out, for the reason given. An attempt that timed out may still be
 *                   on its way: it is decided if it comes within five minutes of its timestamp;
 *   BURSAR_NETWORK  not carried out: no attempt reached the server;
 *   BURSAR_UNKNOWN  nobody knows: keep bursar_client_token, and call the same function with the
 *                   same arguments and this token, now or after a restart, until the result is
 *                   another. A refusal by bursar_error_code "AuthFailure", "UnauthorizedOperation",
 *                   "RequestLimitExceeded", "ServiceUnavailable" or "InternalError" says nothing
 *                   about the earlier call;
 *   BURSAR_USAGE, BURSAR_MEMORY  nothing was sent.
 * Who must know the token even if the process dies during the call makes it, and stores it first.
 */
struct bursar_write_options {
    const char *client_token; /* 1 to 64 printable ASCII characters without blanks, &, = and %;
                                 NULL = made by the library */
    bool dry_run; /* decide and answer as if, change nothing, use up no token (none is sent) */
    bool partial; /* bursar_post only: carry out those that can be, list the others as errors;
                     false = all or none */
};

/* Of the last write on this client: the token it carried, whatever came of it; owned by the client
 * until its next write. Never NULL; empty when there was none (a dry run, or what was given is no
 * token). */
BURSAR_API const char *bursar_client_token(const struct bursar_client *client);

enum bursar_transfer_kind {
    BURSAR_TOP_UP = 1, /* to cash */
    BURSAR_WITHDRAW,   /* from cash */
    BURSAR_CHARGE,     /* from gift, then income, then cash */
    BURSAR_REFUND,     /* to the account named */
    BURSAR_GRANT_GIFT, /* to gift */
    BURSAR_MOVE,       /* from the cash of one member to that of another */
    BURSAR_ADJUST,     /* any account, up or down; a reason is required */
};

enum bursar_account { BURSAR_CASH = 0, BURSAR_INCOME = 1, BURSAR_GIFT = 2 };

/* What a kind has no use for stays zero or NULL: the server refuses it otherwise. */
struct bursar_transfer {
    enum bursar_transfer_kind kind;
    const char *member_uin;      /* of a move, the one who pays */
    const char *to_member_uin;   /* of a move, the one who gets */
    int64_t amount;              /* above zero; of all kinds but adjust */
    enum bursar_account account; /* of a refund */
    int64_t cash_amount;         /* of an adjust, as the next two: up or down */
    int64_t income_amount;
    int64_t gift_amount;
    const char *reason; /* at most 1,024 bytes; NULL = none */
};

enum { BURSAR_TRANSFERS_MAX = 8190 }; /* of one call */

struct bursar_post_error {
    uint64_t index; /* of the transfer, from 0 */
    const char *code;
    const char *message;
    const char *member_uin; /* as given; empty if it was not */
};

struct bursar_posting {
    bool applied;             /* false: nothing was changed (dry run, or all were refused) */
    const int64_t *entry_ids; /* of each transfer, in the order given; 0 = refused, or dry run */
    size_t entry_id_count;    /* as many as transfers */
    const struct bursar_post_error *errors; /* with `partial`: those refused, ascending by index */
    size_t error_count;
    /* Who was (or would be) changed, once each, in ascending uin order, as after the last transfer.
     */
    const struct bursar_member_balance *members;
    size_t member_count;
    const char *request_id;
};

/* Carries out 1 to BURSAR_TRANSFERS_MAX transfers, in this order, each on what those before it
 * leave. Without `partial` one that is refused refuses all, and the message names it
 * ("Transfers.7"). `options` may be NULL. */
BURSAR_API enum bursar_result bursar_post(struct bursar_client *client,
                                          const struct bursar_transfer *transfers,
                                          size_t transfer_count,
                                          const struct bursar_write_options *options,
                                          const struct bursar_posting **ret_posting);

/* What a change of one member has made. */
struct bursar_change {
    int64_t entry_id; /* its entry, the newest if there are several: that of a hold or a temporary
                         credit is its id. 0 = dry run, or nothing had to change */
    int64_t amount;   /* of bursar_hold_capture and _release: how much it was; else 0 */
    struct bursar_member_balance member; /* after it */
    const char *request_id;
};

struct bursar_hold_request {
    const char *member_uin;
    int64_t amount;     /* above zero */
    int64_t expires_us; /* in the future; 0 = never */
    const char *reason; /* NULL = none; here and below at most 1,024 bytes */
};
struct bursar_hold_use {
    const char *member_uin;
    int64_t hold_id;
    int64_t amount; /* at most what is left of it, the rest stays held; 0 = all that is left */
    const char *reason;
};

/* A hold reserves an amount of what is available, until it is captured (becomes a charge), released
 * or expires. `options` may be NULL; `partial` is not looked at, here and below. */
BURSAR_API enum bursar_result bursar_hold_create(struct bursar_client *client,
                                                 const struct bursar_hold_request *hold,
                                                 const struct bursar_write_options *options,
                                                 const struct bursar_change **ret_change);
BURSAR_API enum bursar_result bursar_hold_capture(struct bursar_client *client,
                                                  const struct bursar_hold_use *use,
                                                  const struct bursar_write_options *options,
                                                  const struct bursar_change **ret_change);
BURSAR_API enum bursar_result bursar_hold_release(struct bursar_client *client,
                                                  const struct bursar_hold_use *use,
                                                  const struct bursar_write_options *options,
                                                  const struct bursar_change **ret_change);

struct bursar_hold {
    int64_t hold_id;
    int64_t amount;     /* what is left of it */
    int64_t expires_us; /* 0 = never */
};
struct bursar_hold_page {
    const struct bursar_hold *holds; /* open ones, oldest first */
    size_t hold_count;
    uint64_t total_count;
    const char *request_id;
};
/* The open holds of a member (NULL: the caller's own), from `offset`, at most `limit` (0 = 100, at
 * most 1,000). */
BURSAR_API enum bursar_result bursar_holds(struct bursar_client *client, const char *member_uin,
                                           uint64_t offset, uint64_t limit,
                                           const struct bursar_hold_page **ret_page);

enum bursar_switch { BURSAR_AS_IT_IS = 0, BURSAR_OFF = 1, BURSAR_ON = 2 };

struct bursar_credit {
    const char *member_uin;
    const int64_t *basic_credit_amount;   /* from 0; NULL = as it is */
    enum bursar_switch is_credit_account; /* what the row says; nothing follows from it */
    enum bursar_switch allow_arrears;     /* charges may go beyond what is available */
    const char *reason;
};
/* The lasting credit line of a member. Carried out also when all was so already: then the change
 * has no entry. */
BURSAR_API enum bursar_result bursar_credit_set(struct bursar_client *client,
                                                const struct bursar_credit *credit,
                                                const struct bursar_write_options *options,
                                                const struct bursar_change **ret_change);

struct bursar_grant_request {
    const char *member_uin;
    int64_t amount;   /* above zero */
    int64_t start_us; /* 0 = now */
    int64_t end_us;   /* after the start and in the future; 0 = never */
    const char *reason;
};
struct bursar_grant_end {
    const char *member_uin;
    int64_t grant_id;
    const char *reason;
};
/* Temporary credit: raises the line for a time. Revoking ends it before that. */
BURSAR_API enum bursar_result bursar_credit_grant(struct bursar_client *client,
                                                  const struct bursar_grant_request *grant,
                                                  const struct bursar_write_options *options,
                                                  const struct bursar_change **ret_change);
BURSAR_API enum bursar_result bursar_credit_revoke(struct bursar_client *client,
                                                   const struct bursar_grant_end *end,
                                                   const struct bursar_write_options *options,
                                                   const struct bursar_change **ret_change);

/* ---- The past: product bursar, version 2026-11-01 ----
 *
 * For the owner everything, for delegates the members in their scope, for members their own. */
struct bursar_past_balance {
    struct bursar_member_balance member; /* amounts of that moment, the name of today */
    int64_t entry_id;                    /* the newest of the account at that moment */
    int64_t as_of_us;
    const char *request_id;
};
/* What a member (NULL: the caller's own account) had at a moment; 0 = now. Refused as
 * ResourceNotFound when it was no member then. Belongs to the client until its next call. */
BURSAR_API enum bursar_result bursar_balance_at(struct bursar_client *client,
                                                const char *member_uin, int64_t as_of_us,
                                                const struct bursar_past_balance **ret_past);

/* One thing that happened. What its kind does not have is zero, or NULL. */
struct bursar_entry {
    int64_t entry_id;
    int64_t time_us;
    const char *kind;       /* as in docs/api.md: "top_up", "charge", "hold", "set_credit", ... */
    const char *member_uin; /* NULL: about the organisation */
    const char *to_member_uin; /* of a move */
    const char *reason;
    const char *member_name; /* of a join or a rename */
    int64_t amount;
    int64_t cash_amount; /* as the next two, of adjust and opening */
    int64_t income_amount;
    int64_t gift_amount;
    int64_t hold_id;
    int64_t grant_id;
    int64_t start_us;                   /* of a temporary credit */
    int64_t end_us;                     /* the same; 0 = never */
    int64_t expires_us;                 /* of a hold or a key; 0 = never */
    struct bursar_member_balance after; /* of the member, after it; member_uin NULL = not shown */
    struct bursar_member_balance to_after; /* of the one who gets */
    const char *json; /* the entry as it was sent, with what the fields above leave out */
};

/* Which entries; zero and NULL = all. */
struct bursar_entry_filter {
    const char *member_uin; /* NULL: for the owner all of the organisation, for others their own */
    const char *const *kinds; /* any of these */
    size_t kind_count;
    int64_t start_us;         /* of this time or later */
    int64_t end_us;           /* before this time */
    int64_t hold_id;          /* the hold and what became of it */
    const char *client_token; /* what the write with this token made: nothing, if it was not
                                 carried out */
    bool ascending;           /* oldest first; false = newest first */
    uint32_t page_size;       /* entries a call, 1 to 1,000; 0 = 100 */
};

/* Walks entries, page by page. The client may be used for other calls meanwhile, and must outlive
 * the walk. `filter` is copied; NULL = no filter. `cursor`: where an earlier walk with the same
 * filter was (bursar_entries_cursor), NULL or "" = from the first. */
struct bursar_entries;
BURSAR_API enum bursar_result bursar_entries_new(struct bursar_client *client,
                                                 const struct bursar_entry_filter *filter,
                                                 const char *cursor,
                                                 struct bursar_entries **ret_entries);
/* BURSAR_OK and the next entry (valid until the next call), BURSAR_END, or an error of a call,
 * after which the walk may be continued. */
BURSAR_API enum bursar_result bursar_entries_next(struct bursar_entries *entries,
                                                  const struct bursar_entry **ret_entry);
/* To go on from here, also in another process: no entry is left out, those of the page that is not
 * used up are given again. NULL: all have been given. Valid until the next bursar_entries_next. */
BURSAR_API const char *bursar_entries_cursor(const struct bursar_entries *entries);
BURSAR_API void bursar_entries_free(struct bursar_entries *entries);

/* What an account (NULL: the caller's own) had at the start of a period, what happened, oldest
 * first, and what it had at the end. `end_us` 0 = now; periods that follow each other share no
 * entry. Client and errors as with bursar_entries_new. */
struct bursar_statement;
BURSAR_API enum bursar_result bursar_statement_new(struct bursar_client *client,
                                                   const char *member_uin, int64_t start_us,
                                                   int64_t end_us,
                                                   struct bursar_statement **ret_statement);
BURSAR_API enum bursar_result bursar_statement_next(struct bursar_statement *statement,
                                                    const struct bursar_entry **ret_entry);
/* NULL before bursar_statement_next has answered BURSAR_OK or BURSAR_END; then valid until its next
 * call. The closing balance of a period that ends now is final when all entries have been given. */
BURSAR_API const struct bursar_member_balance *
bursar_statement_opening(const struct bursar_statement *statement);
BURSAR_API const struct bursar_member_balance *
bursar_statement_closing(const struct bursar_statement *statement);
BURSAR_API void bursar_statement_free(struct bursar_statement *statement);

/* ---- Signing ---- */

/* Signs without sending. `timestamp` in Unix seconds. Header lines ("Name: value", in the order to
 * be sent) and, for people, the canonical request and the string to sign; all owned by the client
 * until its next call. For the v1 signings `body` is the form and the string to sign is set. */
struct bursar_signed_request {
    const char *method;
    const char *url;
    const char *const *headers;
    size_t header_count;
    const char *body;
    size_t body_len;
    const char *canonical_request; /* empty for v1 */
    const char *string_to_sign;
    const char *signature;
};
BURSAR_API enum bursar_result bursar_sign(struct bursar_client *client, const char *service,
                                          const char *version, const char *action,
                                          const char *parameters, int64_t timestamp,
                                          const struct bursar_signed_request **ret_request);

#ifdef __cplusplus
}
#endif

#endif
