/* Private to this room: reading answers into structs, as tables say. */
#ifndef CLIENT_ANSWER_H
#define CLIENT_ANSWER_H

#include "client/client.h"
#include "codec/shape.h"

/* Reads `response`, a JSON object, into the zeroed struct of `shape`. Strict: PROTOCOL, naming the
 * field, when one is missing, or not of its kind. Texts and lists live in `arena`. */
enum bursar_result answer_read(struct bursar_client *client, struct arena *arena,
                               struct slice response, const struct shape *shape, void *ret_answer);
/* PROTOCOL: "the answer is not what the API promises: NAME WHAT". */
enum bursar_result answer_fail(struct bursar_client *client, const char *name, const char *what);

/* The nine fields of a member account, as struct bursar_member_balance. */
extern const struct shape answer_member;

#endif
