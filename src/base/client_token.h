/* Client token: what a client gives a write so that it is carried out once. One rule for whoever
 * makes, sends and takes one. */
#ifndef BASE_CLIENT_TOKEN_H
#define BASE_CLIENT_TOKEN_H

#include "base/slice.h"

enum { CLIENT_TOKEN_BYTES_MAX = 64 };

/* The rule in words, for messages; its %d is CLIENT_TOKEN_BYTES_MAX. */
#define CLIENT_TOKEN_RULE "1 to %d printable ASCII characters without blanks, &, = and %%"

/* 1 to 64 printable ASCII characters, no blank and none of `&`, `=` and `%`: with these it could be
 * read as more than one parameter (signature v1). */
bool client_token_is_valid(struct slice token);

#endif
