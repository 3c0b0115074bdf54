#include "cmd/cmd.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const struct subcommand self = {.name = "test", .summary = "Try options"};

struct given {
    bool dry;
    const char *data;
    uint64_t count;
    struct option_list names;
    char **rest;
    int rest_count;
    char *words[16], memory[16][32]; /* the command line, which may be written to */
    char said[512];                  /* on stderr */
};

/* Standard error into a file while the words, ended by NULL, are read; answers what was said. */
static int parse(struct given *given, ...)
{
    const struct option_spec options[] = {
        {"dry-run", NULL, "Change nothing.", OPTION_FLAG, &given->dry},
        {"data", "DIR", "Where.", OPTION_TEXT, &given->data},
        {"count", "N", "How many.", OPTION_NUMBER, &given->count},
        {"name", "NAME", "Who.", OPTION_MANY, &given->names},
    };
    int count = 0;
    va_list list;
    *given = (struct given){.count = 7};
    va_start(list, given);
    for (const char *word; (word = va_arg(list, const char *)); count++) {
        (void)snprintf(given->memory[count], sizeof given->memory[count], "%s", word);
        given->words[count] = given->memory[count];
    }
    va_end(list);
    FILE *said = tmpfile();
    assert_non_null(said);
    (void)fflush(stderr);
    int before = dup(STDERR_FILENO);
    assert_true(before >= 0 && dup2(fileno(said), STDERR_FILENO) >= 0);
    int code =
        options_parse(&self, options, 4, count, given->words, &given->rest, &given->rest_count);
    (void)fflush(stderr);
    assert_true(dup2(before, STDERR_FILENO) >= 0);
    (void)close(before);
    rewind(said);
    size_t len = fread(given->said, 1, sizeof given->said - 1, said);
    given->said[len] = '\0';
    (void)fclose(said);
    return code;
}

static void options_stand_anywhere(void **state)
{
    (void)state;
    struct given given;
    assert_int_equal(parse(&given, "a", "--data", "x", "b", "--dry-run", "--count=12", NULL), -1);
    assert_true(given.dry);
    assert_string_equal(given.data, "x");
    assert_int_equal(given.count, 12);
    assert_int_equal(given.rest_count, 2);
    assert_string_equal(given.rest[0], "a");
    assert_string_equal(given.rest[1], "b");
}

static void what_is_not_given_stays(void **state)
{
    (void)state;
    struct given given;
    assert_int_equal(parse(&given, NULL), -1);
    assert_false(given.dry);
    assert_null(given.data);
    assert_int_equal(given.count, 7);
    assert_int_equal(given.rest_count, 0);
}

static void two_dashes_end_options(void **state)
{
    (void)state;
    struct given given;
    assert_int_equal(parse(&given, "--dry-run", "--", "--data", NULL), -1);
    assert_true(given.dry);
    assert_int_equal(given.rest_count, 1);
    assert_string_equal(given.rest[0], "--data");
}

static void a_negative_number_is_no_option(void **state)
{
    (void)state;
    struct given given;
    assert_int_equal(parse(&given, "-5.00", NULL), -1);
    assert_int_equal(given.rest_count, 1);
    assert_string_equal(given.rest[0], "-5.00");
}

static void a_list_takes_each(void **state)
{
    (void)state;
    struct given given;
    assert_int_equal(parse(&given, "--name", "a", "--name=b", NULL), -1);
    assert_int_equal(given.names.count, 2);
    assert_string_equal(given.names.items[0], "a");
    assert_string_equal(given.names.items[1], "b");
}

static void a_mistake_is_named(void **state)
{
    (void)state;
    struct given given;
    assert_int_equal(parse(&given, "--dta", "x", NULL), EXIT_USAGE);
    assert_non_null(strstr(given.said, "--dta"));
    assert_non_null(strstr(given.said, "--data"));
    assert_int_equal(parse(&given, "--data", NULL), EXIT_USAGE);
    assert_non_null(strstr(given.said, "--data"));
    assert_int_equal(parse(&given, "--count", "twelve", NULL), EXIT_USAGE);
    assert_non_null(strstr(given.said, "twelve"));
    assert_int_equal(parse(&given, "--data", "x", "--data", "y", NULL), EXIT_USAGE);
    assert_non_null(strstr(given.said, "--data"));
    assert_int_equal(parse(&given, "--dry-run=yes", NULL), EXIT_USAGE);
    assert_non_null(strstr(given.said, "--dry-run"));
}

static void what_a_terminal_would_obey_is_not_said(void **state)
{
    (void)state;
    struct given given;
    assert_int_equal(parse(&given, "--count", "\033[2J", NULL), EXIT_USAGE);
    assert_null(strchr(given.said, '\033'));
}

static void the_nearest_name_is_near(void **state)
{
    (void)state;
    static const char *const names[] = {"import", "export", "init"};
    assert_string_equal(nearest_name("inport", names, 3), "import");
    assert_string_equal(nearest_name("EXPORT", names, 3), "export");
    assert_null(nearest_name("balance", names, 3));
    assert_null(nearest_name("x", names, 3));
}

static void an_error_code_has_an_exit_code(void **state)
{
    (void)state;
    static const struct {
        const char *error;
        enum exit_code code;
    } cases[] = {
        {"AuthFailure.SignatureFailure", EXIT_AUTH},
        {"UnauthorizedOperation.CamNoAuth", EXIT_AUTH},
        {"RequestLimitExceeded", EXIT_THROTTLED},
        {"ResourceNotFound.Member", EXIT_NOT_FOUND},
        {"InvalidParameterValue", EXIT_USAGE},
        {"MissingParameter", EXIT_USAGE},
        {"UnknownParameter", EXIT_USAGE},
        {"FailedOperation.BalanceInsufficient", EXIT_ALERT},
        {"LimitExceeded", EXIT_ALERT},
        {"InternalError", EXIT_NETWORK},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(exit_code_of_api_error(cases[i].error), cases[i].code);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_stand_anywhere),
        cmocka_unit_test(what_is_not_given_stays),
        cmocka_unit_test(two_dashes_end_options),
        cmocka_unit_test(a_negative_number_is_no_option),
        cmocka_unit_test(a_list_takes_each),
        cmocka_unit_test(a_mistake_is_named),
        cmocka_unit_test(what_a_terminal_would_obey_is_not_said),
        cmocka_unit_test(the_nearest_name_is_near),
        cmocka_unit_test(an_error_code_has_an_exit_code),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
