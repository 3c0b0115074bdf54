/* Running a subcommand: its own function, its row of a table, or one of its verbs, as in
 * `bursar key add|list|...`. */
#include "cmd/help.h"
#include "cmd/keeping.h"
#include "cmd/listing.h"
#include "cmd/verb.h"

#include <stdio.h>
#include <string.h>

enum { VERBS_MAX = 16 };

/* "add" of "key add". */
static const char *verb_of(const struct subcommand *verb)
{
    return strchr(verb->name, ' ') + 1;
}

static int print_verbs(const struct subcommand *self)
{
    const struct subcommand *const *verbs = self->verbs;
    printf("bursar %s - %s\n\nUSAGE\n  bursar %s VERB [OPTION]...\n", self->name, self->summary,
           self->name);
    if (self->description) {
        printf("\nDESCRIPTION\n");
        help_paragraphs(self->description);
    }
    printf("\nVERBS\n");
    for (size_t i = 0; verbs[i]; i++)
        printf("  %-10s %s\n", verb_of(verbs[i]), verbs[i]->summary);
    printf("\n`bursar %s VERB --help` says more about each.\n", self->name);
    return EXIT_OK;
}

static int run_verb(const struct subcommand *self, int argc, char **argv)
{
    const struct subcommand *const *verbs = self->verbs;
    const char *names[VERBS_MAX];
    size_t count = 0;
    for (; verbs[count]; count++)
        names[count] = verb_of(verbs[count]);
    if (argc == 0)
        return fail(self, EXIT_USAGE, "needs a verb: %s", self->arguments);
    if (strcmp(argv[0], "--help") == 0 || strcmp(argv[0], "-h") == 0)
        return print_verbs(self);
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i], argv[0]) == 0)
            return subcommand_run(verbs[i], argc - 1, argv + 1);
    const char *near = nearest_name(argv[0], names, count);
    if (near)
        return fail(self, EXIT_USAGE, "unknown verb %s; did you mean %s?", argv[0], near);
    return fail(self, EXIT_USAGE, "unknown verb %s; there are: %s", argv[0], self->arguments);
}

int subcommand_run(const struct subcommand *self, int argc, char **argv)
{
    if (self->verbs)
        return run_verb(self, argc, argv);
    if (self->verb)
        return verb_run(self, self->verb, argc, argv);
    if (self->keeping)
        return keeping_run(self, self->keeping, argc, argv);
    return self->listing ? listing_main(self, self->listing, argc, argv) : self->run(argc, argv);
}
