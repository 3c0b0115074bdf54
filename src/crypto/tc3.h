/* Signature v3, TC3-HMAC-SHA256 (protocol sections 1 and 12), the same for server and client:
 * canonical request -> string to sign -> signature. */
#ifndef CRYPTO_TC3_H
#define CRYPTO_TC3_H

#include "crypto/digest.h"

/* The parts of a request that the signature covers. Slices are borrowed. */
struct tc3_request {
    struct slice method;         /* "POST" */
    struct slice query;          /* raw, as sent; empty for POST without one */
    const struct field *headers; /* as sent, any case, any order */
    size_t header_count;
    struct slice
        content_type;  /* values of the two headers nearly always signed, where it is known */
    struct slice host; /* that they are there once; else at NULL, and they are looked for */
    struct slice signed_headers; /* "content-type;host", as in Authorization */
    struct slice payload_hash;   /* 64 lower-case hex digits */
    struct slice timestamp;      /* digits, as sent */
    struct slice date;           /* "2019-02-25" of the credential scope */
    struct slice service;        /* "billing" */
};

/* How header values enter the canonical request; clients differ (protocol section 12, 1). */
enum tc3_form {
    TC3_AS_SENT = 0,
    TC3_LOWER_VALUES = 1,      /* documentation: values lower-cased */
    TC3_HOST_WITHOUT_PORT = 2, /* Node SDKs; may be combined with TC3_LOWER_VALUES (3) */
};
enum {
    TC3_FORMS = 4,
    TC3_HEADERS_MAX = 100,       /* of those signed */
    TC3_LENIENT_BYTES_MAX = 8192 /* a longer canonical request is tried as sent only */
};

/* The parsed Authorization header. */
struct tc3_authorization {
    struct slice secret_id;
    struct slice date;
    struct slice service;
    struct slice signed_headers;
    uint32_t signed_header_count; /* names in it, no two alike */
    struct slice signature;       /* 64 lower-case hex digits (checked) */
};

enum tc3_parse {
    TC3_OK,
    TC3_MALFORMED,       /* not of the form */
    TC3_OTHER_ALGORITHM, /* does not begin with TC3-HMAC-SHA256 */
};

/* "TC3-HMAC-SHA256 Credential=<id>/<date>/<service>/tc3_request, SignedHeaders=..., Signature=...";
 * any run of blanks after the algorithm and around the commas. SignedHeaders must name content-type
 * and host, no header twice (in any case), and at most TC3_HEADERS_MAX. */
enum tc3_parse tc3_parse_authorization(struct slice header, struct tc3_authorization *ret_parts);

/* "UNSIGNED-PAYLOAD" in X-TC-Content-SHA256 makes this the payload's hash. */
extern const char tc3_unsigned_payload_hash[2 * SHA256_SIZE + 1];

/* Appends the canonical request, in steps and bytes linear in the request: it holds each header at
 * most once. False when a signed header is not among `headers`, is there with two values or named
 * twice, when more than TC3_HEADERS_MAX are named, or `out` is full. */
bool tc3_canonical_request(const struct tc3_request *request, enum tc3_form form,
                           struct buffer *out);
void tc3_string_to_sign(struct crypto *crypto, const struct tc3_request *request,
                        struct slice canonical_request, struct buffer *out);
/* The signing key of a secret, UTC date and service; NULL when memory is short. */
struct hmac_key *tc3_signing_key_new(struct crypto *crypto, struct slice secret_key,
                                     struct slice date, struct slice service);
/* 64 lower-case hex digits, no final zero. */
void tc3_sign(struct crypto *crypto, const struct hmac_key *signing_key,
              struct slice string_to_sign, char ret_hex[2 * SHA256_SIZE]);
/* Does the signature fit in any form a client uses? As sent first; if that fails, those others that
 * make a difference, when the canonical request is no longer than TC3_LENIENT_BYTES_MAX, so that a
 * wrong signature of a large head costs one hash of it and not four. `scratch` is cleared and used;
 * when it lacks memory afterwards, false means "not known". Constant-time in the signature. */
bool tc3_verify(struct crypto *crypto, const struct hmac_key *signing_key,
                const struct tc3_request *request, struct slice signature, struct buffer *scratch);
/* The whole Authorization header value. */
void tc3_write_authorization(struct buffer *out, struct slice secret_id, struct slice date,
                             struct slice service, struct slice signed_headers,
                             struct slice signature);

#endif
