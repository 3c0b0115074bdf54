/* Signature v1, HmacSHA1 and HmacSHA256 (protocol sections 2 and 12), for server and client alike.
 */
#ifndef CRYPTO_V1_H
#define CRYPTO_V1_H

#include "base/arena.h"
#include "crypto/digest.h"

struct v1_request {
    struct slice method;            /* "GET" */
    struct slice host;              /* as sent, perhaps with its port */
    const struct field *parameters; /* decoded; one named Signature is left out */
    size_t parameter_count;
};

/* METHOD host "/?" k=v&... sorted by key bytes, values raw. `arena` holds the sorting. */
bool v1_string_to_sign(const struct v1_request *request, bool host_without_port,
                       struct arena *arena, struct buffer *out);
/* The string to sign is not escaped: it is the same for `A=1&B=2` and for one parameter A whose
 * value is `1&B=2`. Goes on in `rest`, a value, to the next thing that could be a further
 * parameter (`&`, a name of letters, digits, `.`, `_` and `-`, `=`) and gives its name; false when
 * there is none. */
bool v1_next_pair(struct slice *rest, struct slice *ret_name);
/* Base64 of the HMAC. */
void v1_sign(struct crypto *crypto, enum digest_kind kind, struct slice secret_key,
             struct slice string_to_sign, struct buffer *out);
/* Does the signature (white space at its ends is trimmed) fit, with the host as sent or, if it has
 * a port, without? Constant-time. `scratch` is cleared and used; when it or `arena` lacks memory
 * afterwards, false means "not known". */
bool v1_verify(struct crypto *crypto, const struct hmac_key *key, const struct v1_request *request,
               struct slice signature, struct arena *arena, struct buffer *scratch);

#endif
