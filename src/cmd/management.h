/* Management: what the verbs of key, policy and delegate share: where the book is, which
 * organisation is meant, and one request to build and send. */
#ifndef CMD_MANAGEMENT_H
#define CMD_MANAGEMENT_H

#include "cmd/target.h"
#include "codec/json.h"

struct management {
    const struct subcommand *self;
    struct target_flags target;
    uint64_t organization; /* 0 = the server's default */
    bool dry_run;
    struct admin *admin;
    struct buffer request;
    struct json_writer writer;
};
#define MANAGEMENT_DEFAULT(subcommand)                                                             \
    ((struct management){.self = (subcommand), .target = TARGET_FLAGS_DEFAULT})

/* Entries of a table of struct option_spec. What signs the calls to --endpoint stands apart: `key
 * add` gives --credentials another meaning. */
#define MANAGEMENT_OPTIONS(m)                                                                      \
    TARGET_OPTIONS(&(m)->target),                                                                  \
        {"organization", "ID",                                                                     \
         "The organisation, by its number, in a data folder that holds several. Default 1.",       \
         OPTION_NUMBER, &(m)->organization},                                                       \
        {"endpoint", "URL",                                                                        \
         "A server elsewhere, instead of --data: https://HOST, http://HOST:PORT. Default: the "    \
         "variable BURSAR_ENDPOINT.",                                                              \
         OPTION_TEXT, &(m)->target.remote.endpoint},                                               \
        {"ca-file", "FILE", "PEM bundle to trust besides the system's, for --endpoint.",           \
         OPTION_TEXT, &(m)->target.remote.ca_file},                                                \
    {                                                                                              \
        "profile", "NAME", "Profile of tccli whose key signs the calls to --endpoint.",            \
            OPTION_TEXT, &(m)->target.remote.profile                                               \
    }
#define MANAGEMENT_CREDENTIALS(m)                                                                  \
    {                                                                                              \
        "credentials", "FILE",                                                                     \
            "Key pair that signs the calls to --endpoint: a credential file of tccli or of the "   \
            "SDKs, - for standard input. Default: as for `bursar query`.",                         \
            OPTION_TEXT, &(m)->target.remote.credentials                                           \
    }
#define MANAGEMENT_DRY_RUN(m)                                                                      \
    {                                                                                              \
        "dry-run", NULL, "Check everything, change nothing.", OPTION_FLAG, &(m)->dry_run           \
    }

/* Reads options and at most `arguments_max` arguments, missing ones as NULL. -1 or the exit code.
 */
int management_parse(struct management *management, const struct option_spec *options,
                     size_t option_count, int argc, char **argv, size_t arguments_max,
                     const char **ret_arguments);

/* Begins a request (again): an object with what every action takes. */
void management_begin(struct management *management);
/* One text parameter; NULL is left out. */
void management_text(struct management *management, const char *name, const char *text);
/* "1,2,3" as a list of texts; NULL is left out. */
void management_list(struct management *management, const char *name, const char *items);
/* Finishes the request and sends it; the first time also opens where it goes. -1 or the exit code;
 * management_done either way. */
int management_send(struct management *management, const char *action, struct slice *ret_response);
/* Its first half: the request is finished, and the place is open. */
int management_ready(struct management *management);
/* The place is open; *ret_client is for libbursar's typed calls. */
int management_client(struct management *management, struct bursar_client **ret_client);
/* Closes and frees; answers `code`, or what went wrong while closing. -1 becomes EXIT_OK. */
int management_done(struct management *management, int code);

/* A uin as typed: -1 or the exit code. */
int check_uin(const struct subcommand *self, const char *text);

#endif
