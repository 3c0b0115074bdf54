/* Keeping a journal: what backup, restore, load, dump and prove share. Each works on the journal of
 * a data folder, is given at most one thing besides, and draws a progress bar. */
#ifndef CMD_KEEPING_H
#define CMD_KEEPING_H

#include "cmd/cmd.h"
#include "cmd/progress.h"
#include "journal/journal.h"

struct keeping {
    const struct subcommand *self;
    const char *data;     /* the folder */
    const char *argument; /* NULL = not given */
    bool flag;
    struct progress bar;
    struct verify_report report;
};

struct keeping_spec {
    const char *data_help;
    const char *missing_data;       /* said when no folder is named */
    const char *missing;            /* said when the argument is; NULL = it may be left out */
    const struct option_spec *flag; /* an option of its own, without `value`; NULL = none, unless
                                       it reports */
    bool reports;                   /* prints the report at the end; the flag is --json */
    const char *stage;              /* what the bar begins with; NULL = no bar */
    int (*check)(struct keeping *keeping); /* before the folder is looked for; may be NULL */
    int (*work)(struct keeping *keeping);  /* all these answer -1 or the exit code */
};

/* The whole of such a subcommand; answers the exit code. */
int keeping_run(const struct subcommand *self, const struct keeping_spec *spec, int argc,
                char **argv);
/* Ends the bar; a fault is told. -1 or the exit code. */
int keeping_done(struct keeping *keeping, struct status status, const struct fault *fault);

#define KEEPING_ANY_DATA_HELP                                                                      \
    "The data folder, whether it is being served or not, or a backup. Default: the variable "      \
    "BURSAR_DATA."

#endif
