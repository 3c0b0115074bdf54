/* `bursar version`. */
#include "cmd/subcommands.h"

#include <stdio.h>

static int run_version(int argc, char **argv)
{
    bool json = false;
    const struct option_spec options[] = {
        {"json", NULL, "As a JSON object.", OPTION_FLAG, &json},
    };
    char **rest;
    int rest_count;
    int code = options_parse(&subcommand_version, options, 1, argc, argv, &rest, &rest_count);
    if (code >= 0)
        return code;
    if (rest_count > 0)
        return fail(&subcommand_version, EXIT_USAGE, "takes no arguments, but there is %s",
                    rest[0]);
    printf(json ? "{\"Version\":\"%s\"}\n" : "bursar %s\n", BURSAR_VERSION);
    return EXIT_OK;
}

const struct subcommand subcommand_version = {
    .name = "version",
    .summary = "Print the version",
    .description = "Prints the version of this program; `bursar --version` does the same.",
    .run = run_version,
};
