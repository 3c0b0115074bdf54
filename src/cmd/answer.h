/* Reading an answer: as a shape says, or one field of it. */
#ifndef CMD_ANSWER_H
#define CMD_ANSWER_H

#include "codec/shape.h"

/* The whole answer, strictly; false when it is not what the shape says. Texts and lists live as
 * long as `memory` and the response. */
bool answer_parse(const struct shape *shape, struct slice response, struct arena *memory,
                  void *ret_answer);

/* The text (of a string or a number) of a field directly below "Response"; false when it is not
 * there. Lives as long as `memory` and the response. */
bool answer_text(struct slice response, const char *name, struct arena *memory,
                 struct slice *ret_text);

/* Whether the response has a member of that name that is true. */
bool answer_is_true(struct slice response, const char *name, struct arena *memory);

#endif
