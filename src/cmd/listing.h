/* Listings: all rows of a Describe... action of product `bursar`, window by window, printed as a
 * table or as JSON. */
#ifndef CMD_LISTING_H
#define CMD_LISTING_H

#include "cmd/management.h"
#include "cmd/output.h"

struct listing {
    const char *action;                 /* "DescribeKeys" */
    const struct table_column *columns; /* titled as the fields of the action's rows */
    size_t column_count;
    unsigned money_columns;    /* bit i: column i is cents, shown in units in a table */
    const char *uin_parameter; /* the action wants a member: one argument; NULL = none */
};

/* The whole of a `list` verb: reads its options, opens where they say, prints all rows, closes;
 * answers the exit code. */
int listing_main(const struct subcommand *self, const struct listing *listing, int argc,
                 char **argv);
/* All rows of one answer that is there already; answers -1 or the exit code. */
int listing_print(const struct subcommand *self, const struct listing *listing, const char *format,
                  struct slice response);

#endif
