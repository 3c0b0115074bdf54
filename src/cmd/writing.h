/* Writing: what the subcommands that change a member's money or standing share: a token, so that
 * the same command can be repeated safely, retries that rest on it, and the answer's members. */
#ifndef CMD_WRITING_H
#define CMD_WRITING_H

#include "base/client_token.h"
#include "cmd/management.h"

struct writing {
    struct management management;
    const char *token; /* given, or made by writing_open */
    const char *reason;
    bool yes, json;
    const char *insufficient; /* who has less than what; NULL = the API's own text will do */
    /* What to say of a refusal of the item `index` of a list; may be NULL. */
    struct slice (*shorten)(struct slice message, int64_t index);
    char made[40];
};
#define WRITING_DEFAULT(subcommand) ((struct writing){.management = MANAGEMENT_DEFAULT(subcommand)})

/* Entries of a table of struct option_spec. */
#define WRITING_OPTIONS(w)                                                                         \
    WRITING_REASON_OPTION(w), WRITING_TOKEN_OPTION(w), WRITING_JSON_OPTION(w),                     \
        MANAGEMENT_DRY_RUN(&(w)->management), MANAGEMENT_OPTIONS(&(w)->management),                \
        MANAGEMENT_CREDENTIALS(&(w)->management), WRITING_REMOTE_OPTIONS(w)
#define WRITING_REASON_OPTION(w)                                                                   \
    {                                                                                              \
        "reason", "TEXT", "Why; kept in the entry. At most 1,024 bytes.", OPTION_TEXT,             \
            &(w)->reason                                                                           \
    }
#define WRITING_JSON_OPTION(w)                                                                     \
    {                                                                                              \
        "json", NULL, "Print the API's answer.", OPTION_FLAG, &(w)->json                           \
    }
#define WRITING_TOKEN_OPTION(w)                                                                    \
    {                                                                                              \
        "token", "TEXT",                                                                           \
            "Carried out once, however often it is sent with this token: 1 to 64 printable "       \
            "characters without blanks, &, = and %, kept for ever. Default: a new one, which is "  \
            "printed when the outcome is not known.",                                              \
            OPTION_TEXT, &(w)->token                                                               \
    }
#define WRITING_REMOTE_OPTIONS(w)                                                                  \
    {"timeout", "SECONDS", "For one attempt of a call to --endpoint, 1..3600; default 30.",        \
     OPTION_NUMBER, &(w)->management.target.remote.timeout_s},                                     \
    {                                                                                              \
        "retries", "N",                                                                            \
            "Tries again up to N times, 0..20, with the same token, when the rate limit or the "   \
            "network stood in the way of a call to --endpoint. Default 2.",                        \
            OPTION_NUMBER, &(w)->management.target.remote.retries                                  \
    }
#define WRITING_YES_HELP "Do not ask, also where a person at a terminal would be asked."
#define WRITING_YES_OPTION(w)                                                                      \
    {                                                                                              \
        "yes", NULL, WRITING_YES_HELP, OPTION_FLAG, &(w)->yes                                      \
    }
/* A paragraph of their descriptions. */
#define WRITING_HELP                                                                               \
    "Each call carries a token, so that it is carried out once, whatever happens on the way: "     \
    "when "                                                                                        \
    "the outcome is not known, the token is printed, and the same command with --token TOKEN "     \
    "finds out or does it, never twice.\n\n"
#define WRITING_EXITS                                                                              \
    "Exit status: 0 done; 1 the ledger refused it and nothing was changed; 2 usage; 3 key or "     \
    "permission refused; 4 no such member, hold or grant; 5 rate limit; 6 network or disk, and "   \
    "nothing was changed; 7 the outcome is not known."

/* Settles token and retries. -1 or the exit code. */
int writing_open(struct writing *writing);
/* Begins a request with the token, `suffix` (may be "") behind it, and the reason. */
void writing_begin(struct writing *writing, const char *suffix);
/* A parameter: an amount in units, as typed, sent in cents. -1, or the exit code when it is none.
 * NULL is left out. */
int writing_amount(struct writing *writing, const char *name, const char *text);
/* A parameter: a number, as typed, named `what` when it is none. */
int writing_number(struct writing *writing, const char *name, const char *text, const char *what);
/* Sends; repeats what the network lost. A refusal or a fault is told on stderr. -1 or the exit
 * code. */
int writing_send(struct writing *writing, const char *action, struct slice *ret_response);
/* As writing_send, but a refusal is the caller's to tell: *ret_code is empty when there is none. */
int writing_try(struct writing *writing, const char *action, struct slice *ret_response,
                struct slice *ret_code, struct slice *ret_message);
/* Prints the answer: as it came (--json), or `said` and a table of the members in it. */
void writing_print(const struct writing *writing, struct slice response, const char *said);
/* The field of an answer as a number; 0 when it is not there. */
uint64_t writing_id(struct slice response, const char *name);
int writing_done(struct writing *writing, int code);

#endif
