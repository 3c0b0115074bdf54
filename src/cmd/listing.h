/* Listings: all rows of a Describe... action of product `bursar`, window by window, printed as a
 * table or as JSON. */
#ifndef CMD_LISTING_H
#define CMD_LISTING_H

#include "cmd/management.h"
#include "cmd/output.h"

struct listing {
    const struct subcommand *self;
    const char *action;                 /* "DescribeKeys" */
    const struct table_column *columns; /* titled as the fields of the action's rows */
    size_t column_count;
};

#define LISTING_OUTPUT_OPTION(value)                                                               \
    {                                                                                              \
        "output", "FORMAT", "table, json, jsonl or csv. Default: table on a terminal, else json.", \
            OPTION_TEXT, (value)                                                                   \
    }

/* Opens where `management` says, prints all rows, closes; answers the exit code. `format` as
 * output_format_parse takes it. */
int listing_run(const struct listing *listing, struct management *management, const char *format);

#endif
