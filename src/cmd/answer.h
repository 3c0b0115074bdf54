/* Reading one field of an answer. */
#ifndef CMD_ANSWER_H
#define CMD_ANSWER_H

#include "base/arena.h"

/* The text (of a string or a number) of a field directly below "Response"; false when it is not
 * there. Lives as long as `memory` and the response. */
bool answer_text(struct slice response, const char *name, struct arena *memory,
                 struct slice *ret_text);

/* Whether the response has a member of that name that is true. */
bool answer_is_true(struct slice response, const char *name, struct arena *memory);

#endif
