/* The program `bursar`: its subcommands and what they share. */
#ifndef CMD_CMD_H
#define CMD_CMD_H

#include "base/buffer.h"
#include "base/status.h"

#include <stdbool.h>
#include <stdint.h>

/* Distinct, so that scripts can branch. */
enum exit_code {
    EXIT_OK = 0,
    EXIT_ALERT = 1,     /* the ledger said no (too little money, in use); some items were refused */
    EXIT_USAGE = 2,     /* options, arguments, configuration, input files */
    EXIT_AUTH = 3,      /* key, signature, permission */
    EXIT_NOT_FOUND = 4, /* folder, member, key, policy */
    EXIT_THROTTLED = 5,
    EXIT_NETWORK = 6,   /* upstream or local I/O */
    EXIT_INTEGRITY = 7, /* stored data is not what was written, or an outcome is not known */
    EXIT_INTERRUPTED = 130,
};

/* One subcommand, or one verb of a family. */
struct subcommand {
    const char *name;
    const char *summary;     /* one line, no final stop */
    const char *arguments;   /* "[UIN...]" */
    const char *description; /* what `--help` says below the usage: man-page quality */
    const char *examples;    /* complete command lines with what they do; may be NULL */
    /* One of these says what it does. */
    int (*run)(int argc, char **argv);
    const struct verb *verb;               /* one call: cmd/verb.h */
    const struct listing *listing;         /* all rows of one action: cmd/listing.h */
    const struct keeping_spec *keeping;    /* of a whole journal: cmd/keeping.h */
    const struct subcommand *const *verbs; /* a family, "key add", ...; ended by NULL */
};

/* Runs it with the arguments after its name; answers the exit code. */
int subcommand_run(const struct subcommand *self, int argc, char **argv);

/* Every subcommand, ended by a NULL entry; in the order `bursar help` prints. */
extern const struct subcommand *const subcommands[];

enum option_type {
    OPTION_FLAG,   /* bool *: set to true */
    OPTION_TEXT,   /* const char **: points into argv */
    OPTION_NUMBER, /* uint64_t * */
    OPTION_MANY,   /* struct option_list *: may be given again and again */
};

enum { OPTION_LIST_MAX = 64 };
struct option_list {
    const char *items[OPTION_LIST_MAX];
    size_t count;
};

struct option_spec {
    const char *name;     /* "data" for --data; "--data=DIR" and "--data DIR" both work */
    const char *argument; /* "DIR"; NULL for flags */
    const char *help;     /* one or two sentences, with range and default */
    enum option_type type;
    void *value;
};

/* Reads options (in any place; "--" ends them) into their values and gathers the rest. Answers -1
 * to go on, or the exit code to end with: `--help` was printed (EXIT_OK), or a mistake was named on
 * stderr with the nearest match (EXIT_USAGE). *ret_rest points into argv, reordered. */
int options_parse(const struct subcommand *self, const struct option_spec *options,
                  size_t option_count, int argc, char **argv, char ***ret_rest,
                  int *ret_rest_count);

/* "bursar SUB: text" on stderr; answers `code`. */
int fail(const struct subcommand *self, enum exit_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The exit code a fault means. */
enum exit_code exit_code_of_status(struct status status);
/* The exit code an API error code means: AuthFailure.* and UnauthorizedOperation.*: AUTH;
 * RequestLimitExceeded*: THROTTLED; ResourceNotFound*: NOT_FOUND; Invalid*, Missing*, Unknown*:
 * USAGE; FailedOperation.BalanceInsufficient, ResourceInUse*, LimitExceeded*,
 * UnsupportedOperation*: ALERT; others NETWORK. */
enum exit_code exit_code_of_api_error(const char *code);
/* The nearest of `names` to a mistyped word, or NULL if none is near (edit distance <= 3). */
const char *nearest_name(const char *word, const char *const *names, size_t count);

#endif
