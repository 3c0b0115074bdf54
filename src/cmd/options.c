/* Options: reading argv against a table, printing help from the same table, and the exit codes that
 * faults and API errors mean. Owns nothing; the calling thread only.
 *
 * Invariants:
 *  1. Nothing is dropped silently: an unknown option, a value too many, an option given twice, each
 *     ends the program with a line that names it. */
#include "cmd/cmd.h"

#include "base/check.h"
#include "cmd/help.h"
#include "cmd/shown.h"

#include <stdio.h>
#include <string.h>

enum { OPTIONS_MAX = 64, NAME_MAX_BYTES = 63, TEXT_COLUMN = 8 };

struct parsing {
    const struct subcommand *self;
    const struct option_spec *options;
    size_t option_count;
    bool seen[OPTIONS_MAX];
};

int fail(const struct subcommand *self, enum exit_code code, const char *format, ...)
{
    fprintf(stderr, "bursar %s: ", self->name);
    va_list arguments;
    va_start(arguments, format);
    shown_vprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    return (int)code;
}

/* Levenshtein's distance, row by row, ASCII case ignored; 255 when a word is too long to matter. */
static unsigned edit_distance(const char *a, const char *b)
{
    size_t a_len = strlen(a), b_len = strlen(b);
    if (a_len > NAME_MAX_BYTES || b_len > NAME_MAX_BYTES)
        return 255;
    unsigned row[NAME_MAX_BYTES + 1];
    for (size_t j = 0; j <= b_len; j++)
        row[j] = (unsigned)j;
    for (size_t i = 1; i <= a_len; i++) {
        unsigned diagonal = row[0];
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= b_len; j++) {
            unsigned best = diagonal + (ascii_lower(a[i - 1]) != ascii_lower(b[j - 1]));
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            diagonal = row[j];
            row[j] = best;
        }
    }
    return row[b_len];
}

const char *nearest_name(const char *word, const char *const *names, size_t count)
{
    const char *nearest = NULL;
    unsigned nearest_distance = 4;
    for (size_t i = 0; i < count; i++) {
        unsigned distance = edit_distance(word, names[i]);
        /* As many edits as letters would make anything near. */
        if (distance < nearest_distance && distance < strlen(word)) {
            nearest = names[i];
            nearest_distance = distance;
        }
    }
    return nearest;
}

static void print_help(const struct parsing *parsing)
{
    const struct subcommand *self = parsing->self;
    const char *arguments = self->arguments ? self->arguments : "";
    printf("bursar %s - %s\n\nUSAGE\n  bursar %s [OPTION]...%s%s\n", self->name, self->summary,
           self->name, *arguments ? " " : "", arguments);
    if (self->description) {
        printf("\nDESCRIPTION\n");
        help_paragraphs(self->description);
    }
    printf("\nOPTIONS\n");
    for (size_t i = 0; i < parsing->option_count; i++) {
        const struct option_spec *option = &parsing->options[i];
        printf("  --%s%s%s\n", option->name, option->argument ? " " : "",
               option->argument ? option->argument : "");
        help_wrapped(TEXT_COLUMN, slice_text(option->help));
    }
    printf("  --help\n");
    help_wrapped(TEXT_COLUMN, SLICE("Print this text and end."));
    if (self->examples) {
        printf("\nEXAMPLES\n");
        help_examples(self->examples);
    }
}

static int refuse_option(const struct parsing *parsing, const char *name)
{
    const char *names[OPTIONS_MAX + 1];
    for (size_t i = 0; i < parsing->option_count; i++)
        names[i] = parsing->options[i].name;
    names[parsing->option_count] = "help";
    const char *near = nearest_name(name, names, parsing->option_count + 1);
    if (near)
        return fail(parsing->self, EXIT_USAGE, "unknown option --%s; did you mean --%s?", name,
                    near);
    return fail(parsing->self, EXIT_USAGE, "unknown option --%s; bursar %s --help lists them all",
                name, parsing->self->name);
}

static int take_number(const struct parsing *parsing, const struct option_spec *option,
                       const char *text)
{
    uint64_t number;
    if (!slice_to_u64(slice_text(text), &number))
        return fail(parsing->self, EXIT_USAGE, "--%s %s: not a whole number", option->name, text);
    *(uint64_t *)option->value = number;
    return -1;
}

static int take_one_of_many(const struct parsing *parsing, const struct option_spec *option,
                            const char *text)
{
    struct option_list *list = option->value;
    size_t max = sizeof(list->items) / sizeof(list->items[0]);
    if (list->count == max)
        return fail(parsing->self, EXIT_USAGE, "--%s is given more than %zu times", option->name,
                    max);
    list->items[list->count++] = text;
    return -1;
}

static int take_value(const struct parsing *parsing, const struct option_spec *option,
                      const char *text)
{
    switch (option->type) {
    case OPTION_FLAG:
        break;
    case OPTION_TEXT:
        *(const char **)option->value = text;
        return -1;
    case OPTION_NUMBER:
        return take_number(parsing, option, text);
    case OPTION_MANY:
        return take_one_of_many(parsing, option, text);
    }
    return -1;
}

static const struct option_spec *find_option(const struct parsing *parsing, struct slice name)
{
    for (size_t i = 0; i < parsing->option_count; i++)
        if (slice_equal(slice_text(parsing->options[i].name), name))
            return &parsing->options[i];
    return NULL;
}

/* "--name", "--name=value" or "--name" "value" at argv[*at]. */
static int take_option(struct parsing *parsing, int argc, char **argv, int *at)
{
    char *word = argv[*at] + 2;
    size_t name_len = strcspn(word, "=");
    const char *value = word[name_len] == '=' ? word + name_len + 1 : NULL;
    const struct option_spec *option = find_option(parsing, slice_of(word, name_len));
    if (!option) {
        word[name_len] = '\0';
        return refuse_option(parsing, word);
    }
    size_t index = (size_t)(option - parsing->options);
    if (parsing->seen[index] && option->type != OPTION_MANY)
        return fail(parsing->self, EXIT_USAGE, "--%s is given twice", option->name);
    parsing->seen[index] = true;
    if (option->type == OPTION_FLAG) {
        if (value)
            return fail(parsing->self, EXIT_USAGE, "--%s takes no value", option->name);
        *(bool *)option->value = true;
        return -1;
    }
    if (!value && (*at + 1 == argc || strncmp(argv[*at + 1], "--", 2) == 0))
        return fail(parsing->self, EXIT_USAGE, "--%s needs a value: --%s %s", option->name,
                    option->name, option->argument);
    return take_value(parsing, option, value ? value : argv[++*at]);
}

/* "-5.00" is an amount, not an option. */
static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

int options_parse(const struct subcommand *self, const struct option_spec *options,
                  size_t option_count, int argc, char **argv, char ***ret_rest, int *ret_rest_count)
{
    CHECK(option_count <= OPTIONS_MAX);
    struct parsing parsing = {.self = self, .options = options, .option_count = option_count};
    int kept = 0;
    bool ended = false;
    for (int i = 0; i < argc; i++) {
        if (ended || argv[i][0] != '-' || argv[i][1] == '\0' || is_digit(argv[i][1])) {
            argv[kept++] = argv[i];
        } else if (strcmp(argv[i], "--") == 0) {
            ended = true;
        } else if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            print_help(&parsing);
            return EXIT_OK;
        } else if (argv[i][1] != '-') {
            return fail(self, EXIT_USAGE, "unknown option %s; options are written --name", argv[i]);
        } else {
            int code = take_option(&parsing, argc, argv, &i);
            if (code >= 0)
                return code;
        }
    }
    *ret_rest = argv;
    *ret_rest_count = kept;
    return -1;
}

enum exit_code exit_code_of_status(struct status status)
{
    switch (status.code) {
    case STATUS_OK:
        return EXIT_OK;
    case STATUS_INVALID:
    case STATUS_EXISTS:
    case STATUS_NEWER:
        return EXIT_USAGE;
    case STATUS_DENIED:
        return EXIT_AUTH;
    case STATUS_NOT_FOUND:
        return EXIT_NOT_FOUND;
    case STATUS_CORRUPT:
    case STATUS_UNKNOWN:
        return EXIT_INTEGRITY;
    case STATUS_MEMORY:
    case STATUS_IO:
    case STATUS_FULL:
    case STATUS_BUSY:
    case STATUS_NETWORK:
    case STATUS_TIMEOUT:
    case STATUS_BEHIND:
        return EXIT_NETWORK;
    }
    return EXIT_NETWORK;
}

enum exit_code exit_code_of_api_error(const char *code)
{
    static const struct {
        const char *prefix;
        enum exit_code exit;
    } meanings[] = {
        {"AuthFailure", EXIT_AUTH},
        {"UnauthorizedOperation", EXIT_AUTH},
        {"RequestLimitExceeded", EXIT_THROTTLED},
        {"FailedOperation.BalanceInsufficient", EXIT_ALERT},
        {"LimitExceeded", EXIT_ALERT},
        {"ResourceInUse", EXIT_ALERT},
        {"UnsupportedOperation", EXIT_ALERT},
        {"ResourceNotFound", EXIT_NOT_FOUND},
        {"Invalid", EXIT_USAGE},
        {"Missing", EXIT_USAGE},
        {"Unknown", EXIT_USAGE},
    };
    for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
        if (strncmp(code, meanings[i].prefix, strlen(meanings[i].prefix)) == 0)
            return meanings[i].exit;
    return EXIT_NETWORK;
}
