/* What `bursar call` and `bursar sign` have in common: which action of which product is called with
 * which parameters. */
#ifndef CMD_CALL_REQUEST_H
#define CMD_CALL_REQUEST_H

#include "cmd/call_parameters.h"

struct call_flags {
    const char *service;
    const char *version;
    const char *json;
    struct option_list texts;
};
#define CALL_FLAGS_DEFAULT ((struct call_flags){.service = "billing"})

#define CALL_OPTIONS(flags)                                                                        \
    {"service", "NAME", "Product: billing (default), bursar, or any other of the cloud.",          \
     OPTION_TEXT, &(flags)->service},                                                              \
        {"version", "DATE",                                                                        \
         "Version of the API. Default: 2018-07-09 for billing, 2026-11-01 for bursar; others "     \
         "have "                                                                                   \
         "to be named.",                                                                           \
         OPTION_TEXT, &(flags)->version},                                                          \
        {"json", "FILE", "All parameters as one JSON object; - reads standard input.",             \
         OPTION_TEXT, &(flags)->json},                                                             \
    {                                                                                              \
        "param", "NAME=TEXT", "A parameter that is a text whatever it looks like.", OPTION_MANY,   \
            &(flags)->texts                                                                        \
    }

/* A paragraph of both descriptions. */
#define CALL_PARAMETERS_HELP                                                                       \
    "Parameters are given as to tccli: --PageNumber 2 --MemberUins '[\"700001941608\"]'. A value " \
    "that is valid JSON is sent as such, any other as a text. Dotted names build lists and "       \
    "objects, and the elements of a list are texts: --MemberUins.0 700001941608. "                 \
    "--param NAME=TEXT is always a text, --json FILE the whole object.\n\n"

struct call_request {
    const char *action, *service, *version;
    struct buffer parameters; /* JSON object, zero-terminated behind its length */
};

/* `parameters` were taken out of argv before the options were read; `rest` should be the action.
 * Answers -1, or prints what is wrong and answers the exit code. */
int call_request_make(const struct subcommand *self, const struct call_flags *flags,
                      struct call_parameters *parameters, char **rest, int rest_count,
                      struct call_request *ret_request);
void call_request_done(struct call_request *request);

#endif
