/* The program `bursar`: finds the subcommand and hands it the rest of the arguments. One thread. */
#include "cmd/cmd.h"
#include "cmd/subcommands.h"
#include "sys/dumps.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One a line, so that they come and go without touching each other's. */
/* clang-format off */
const struct subcommand *const subcommands[] = {
    &subcommand_init,
    &subcommand_serve,
    &subcommand_demo,
    &subcommand_import,
    &subcommand_export,
    &subcommand_query,
    &subcommand_call,
    &subcommand_post,
    &subcommand_hold,
    &subcommand_credit,
    &subcommand_member,
    &subcommand_history,
    &subcommand_statement,
    &subcommand_key,
    &subcommand_policy,
    &subcommand_delegate,
    &subcommand_clock,
    &subcommand_verify,
    &subcommand_prove,
    &subcommand_backup,
    &subcommand_restore,
    &subcommand_dump,
    &subcommand_load,
    &subcommand_sign,
    &subcommand_explain,
    &subcommand_api,
    &subcommand_config,
    &subcommand_healthcheck,
    &subcommand_completion,
    &subcommand_version,
    NULL,
};
/* clang-format on */

static const struct subcommand *find_subcommand(const char *name)
{
    for (size_t i = 0; subcommands[i]; i++)
        if (strcmp(subcommands[i]->name, name) == 0)
            return subcommands[i];
    return NULL;
}

static void print_overview(FILE *out)
{
    fprintf(out, "bursar - how much money each member account of an organisation can spend\n\n"
                 "USAGE\n  bursar SUBCOMMAND [OPTION]... [ARGUMENT]...\n\nSUBCOMMANDS\n");
    for (size_t i = 0; subcommands[i]; i++)
        fprintf(out, "  %-12s %s\n", subcommands[i]->name, subcommands[i]->summary);
    fprintf(out, "\nEXIT STATUS\n"
                 "  0 done                       5 throttled\n"
                 "  1 refused, or some were      6 network, disk, or in use elsewhere\n"
                 "  2 usage                      7 stored data is not what was written, or an\n"
                 "  3 key or permission            outcome is not known\n"
                 "  4 not found                  130 interrupted\n");
    fprintf(out, "\n`bursar help SUBCOMMAND` or `bursar SUBCOMMAND --help` says more.\n"
                 "New here? `bursar demo` serves an example organisation from memory.\n");
}

static int refuse_subcommand(const char *name)
{
    enum { COUNT = sizeof(subcommands) / sizeof(subcommands[0]) - 1 };
    const char *names[COUNT];
    for (size_t i = 0; i < COUNT; i++)
        names[i] = subcommands[i]->name;
    const char *near = nearest_name(name, names, COUNT);
    if (near)
        fprintf(stderr, "bursar: unknown subcommand %s; did you mean %s?\n", name, near);
    else
        fprintf(stderr, "bursar: unknown subcommand %s; `bursar help` lists them all\n", name);
    return EXIT_USAGE;
}

static int run_subcommand(int argc, char **argv)
{
    const struct subcommand *found = find_subcommand(argv[0]);
    return found ? subcommand_run(found, argc - 1, argv + 1) : refuse_subcommand(argv[0]);
}

/* "help", "help SUB", "help SUB VERB": the latter two are "SUB [VERB] --help". */
static int run_help(int argc, char **argv)
{
    if (argc == 0) {
        print_overview(stdout);
        return EXIT_OK;
    }
    if (argc > 2) {
        fprintf(stderr, "bursar: help takes a subcommand and perhaps its verb\n");
        return EXIT_USAGE;
    }
    static char help[] = "--help";
    char *arguments[] = {argv[0], argc == 2 ? argv[1] : help, help, NULL};
    return run_subcommand(argc + 1, arguments);
}

/* What was printed and did not get out (a full disk, a closed pipe) must not pass for done. */
static int finish(int code)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return code;
    perror("bursar: standard output");
    return code == EXIT_OK ? EXIT_NETWORK : code;
}

/* Every subcommand may hold a secret: a key of its caller's, or the master key. */
static bool forbid_dumps(void)
{
    const char *allowed = getenv("BURSAR_CORE_DUMPS");
    struct fault fault;
    if ((allowed && strcmp(allowed, "1") == 0) || status_ok(dumps_forbid(&fault)))
        return true;
    fprintf(stderr, "bursar: %s\n", fault.text);
    return false;
}

int main(int argc, char **argv)
{
    if (!forbid_dumps())
        return EXIT_NETWORK;
    if (argc < 2) {
        print_overview(stderr);
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "help") == 0)
        return finish(run_help(argc - 2, argv + 2));
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
        return finish(run_help(0, NULL));
    if (strcmp(argv[1], "--version") == 0)
        return finish(subcommand_run(&subcommand_version, 0, NULL));
    return finish(run_subcommand(argc - 1, argv + 1));
}
