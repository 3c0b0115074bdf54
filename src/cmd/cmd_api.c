/* `bursar api`. */
#include "api/api.h"
#include "cmd/subcommands.h"

#include <stdio.h>

enum { DOCUMENT_BYTES_MAX = 4 << 20 };

static int run(int argc, char **argv)
{
    bool json = false;
    const struct option_spec options[] = {
        {"json", NULL, "Needed: the form of the document.", OPTION_FLAG, &json},
    };
    char **rest;
    int rest_count;
    int code = options_parse(&subcommand_api, options, 1, argc, argv, &rest, &rest_count);
    if (code >= 0)
        return code;
    if (rest_count > 0)
        return fail(&subcommand_api, EXIT_USAGE, "takes no arguments, but there is %s", rest[0]);
    if (!json)
        return fail(&subcommand_api, EXIT_USAGE, "needs --json");
    struct buffer out;
    buffer_init(&out, DOCUMENT_BYTES_MAX);
    api_document(&api_own_products, SLICE(BURSAR_VERSION), &out);
    buffer_char(&out, '\n');
    bool good = buffer_ok(&out);
    if (good)
        fwrite(out.at, 1, out.len, stdout);
    buffer_done(&out);
    return good ? EXIT_OK : fail(&subcommand_api, EXIT_NETWORK, "out of memory");
}

const struct subcommand subcommand_api = {
    .name = "api",
    .summary = "Print the API as a machine-readable document",
    .description =
        "Prints one JSON object that says all of the API: every product with its version and the "
        "first label of its host, every action with its parameters, outputs and errors, the "
        "objects that several answers hold, and every error with code and texts. It is made from "
        "the tables that the server works by. docs/api.md says what its members mean.",
    .examples = "bursar api --json | jq -r '.Products[].Actions[].Name'\n"
                "bursar api --json | jq -c '.Objects[] | select(.Name == \"Entry\") | .Members[]'",
    .run = run,
};
