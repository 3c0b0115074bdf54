/* The rows of tests/vectors/signing.json; signing_table.h is generated from that file. */
#ifndef TEST_SIGNING_H
#define TEST_SIGNING_H

#include "crypto/digest.h"

struct tc3_vector {
    struct slice name, secret_id, secret_key, date, service, method, query, payload;
    struct slice hashed_payload, canonical_request, hashed_canonical_request;
    struct slice string_to_sign, k_signing, signature, authorization, timestamp;
    struct field headers[5];
    size_t header_count;
    struct slice signed_headers;
};

struct v1_vector {
    struct slice name, method, host, secret_key, string_to_sign, signature;
    enum digest_kind kind;
    struct field parameters[24];
    size_t parameter_count;
};

#endif
