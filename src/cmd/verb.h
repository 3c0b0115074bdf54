/* A verb as a row of a table: the words of its command line are the parameters of one call. One
 * runner reads them, asks, sends and says what became of it. */
#ifndef CMD_VERB_H
#define CMD_VERB_H

#include "cmd/writing.h"

enum word_kind {
    WORD_NONE, /* behind the last one */
    WORD_TEXT,
    WORD_UIN,
    WORD_MONEY,  /* in units of the currency; sent in cents */
    WORD_NUMBER, /* of a hold, a grant */
    WORD_UINS,   /* "1,2,3" */
    WORD_CHOICE, /* yes or no */
    WORD_FLAG,   /* an option without a value: true */
    WORD_TRUE,
    WORD_FALSE,
};

struct verb_word {
    enum word_kind kind;
    const char *name;      /* "UIN" of an argument, "expires" of --expires */
    const char *parameter; /* "MemberUin"; NULL = for the verb's own functions */
    const char *argument;  /* of an option that takes a value */
    const char *help;      /* of an option */
    bool is_argument;
};
#define VERB_ARGUMENT(kind, name, parameter)                                                       \
    {                                                                                              \
        kind, name, parameter, NULL, NULL, true                                                    \
    }
#define VERB_OPTION(kind, name, parameter, argument, help)                                         \
    {                                                                                              \
        kind, name, parameter, argument, help, false                                               \
    }
/* No word: what the verb itself means. */
#define VERB_ALWAYS(kind, parameter)                                                               \
    {                                                                                              \
        kind, "", parameter, NULL, NULL, false                                                     \
    }

enum { VERB_WORDS_MAX = 8 };

struct verb_call;

/* Texts to be said are filled in: {UIN} is the argument of that name, {AMOUNT|all of it} what to
 * say when it was not given, {HoldId} a number of the answer. */
struct verb {
    const char *action;
    struct verb_word words[VERB_WORDS_MAX]; /* arguments first */
    size_t needed;                          /* so many arguments, or `missing` is said */
    const char *missing;
    bool is_writing;          /* of money or standing: it has a token and prints the answer */
    bool has_no_reason;       /* though it is writing */
    const char *list;         /* the parameters are one element of this list */
    const char *question;     /* before it is done; NULL = not asked */
    const char *insufficient; /* who has less than what; NULL = the API's own text will do */
    const char *would, *did;  /* said of a dry run, and when it was done */
    /* What the table cannot say; may be NULL. All answer -1 or the exit code. */
    int (*check)(struct verb_call *call);                       /* all words are known */
    int (*write)(struct verb_call *call);                       /* parameters behind the words' */
    int (*tell)(struct verb_call *call, struct slice response); /* instead of would and did */
};

struct verb_call {
    const struct verb *verb;
    struct writing writing;
    const char *texts[VERB_WORDS_MAX]; /* as the words; NULL = not given */
    bool flags[VERB_WORDS_MAX];
};

/* The whole of a verb; answers the exit code. */
int verb_run(const struct subcommand *self, const struct verb *verb, int argc, char **argv);

/* Its parts. Reads the command line: -1 or the exit code. */
int verb_parse(const struct subcommand *self, const struct verb *verb, int argc, char **argv,
               struct verb_call *ret_call);
/* Carries it out and closes; answers the exit code. */
int verb_do(struct verb_call *call);

#endif
