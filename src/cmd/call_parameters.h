/* Parameters of a call, from command-line words to a JSON object.
 *
 * `--PageNumber 2` is a parameter because its name begins with an upper-case letter; options of
 * ours never do. Its value is JSON when it is valid JSON, else a text. Dotted names build objects
 * and, where a part is a number, lists: `--Filters.0.Name x`. The elements of a list are texts
 * unless they begin with '{' or '[': `--MemberUins.0 700001941608` is what the API wants. */
#ifndef CMD_CALL_PARAMETERS_H
#define CMD_CALL_PARAMETERS_H

#include "base/arena.h"
#include "cmd/cmd.h"

enum { CALL_PARAMETERS_MAX = 1024, CALL_DEPTH_MAX = 24 };

struct call_parameter {
    struct slice name;
    struct slice value;
    bool is_text; /* never read as JSON */
};

struct call_parameters {
    struct call_parameter items[CALL_PARAMETERS_MAX];
    size_t count;
};

/* Takes the parameters out of argv and leaves the rest in order, *argc of them. INVALID names the
 * one without a value. */
STATUS_MUST_USE struct status call_parameters_take(struct call_parameters *parameters, int *argc,
                                                   char **argv, struct fault *fault);
/* "NAME=TEXT". */
STATUS_MUST_USE struct status call_parameters_add_text(struct call_parameters *parameters,
                                                       const char *word, struct fault *fault);
/* Appends the JSON object; INVALID names the parameter that cannot be meant. */
STATUS_MUST_USE struct status call_parameters_render(const struct call_parameters *parameters,
                                                     struct arena *arena, struct buffer *out,
                                                     struct fault *fault);

#endif
