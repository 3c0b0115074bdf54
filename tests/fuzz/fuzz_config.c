/* The configuration file of `bursar serve`. Options are this file's own: only --config is given.
 *
 * 1. A file is accepted, or refused with a message that names it.
 * 2. Each setting of an accepted file is within its range, says where it came from, and printed and
 *    assigned again it is the same. */
#include "cmd/config.h"

#include "file.h"

#include <stdarg.h>
#include <string.h>

enum { VALUE_BYTES_MAX = 1 << 16 };

static const char *config_path;
static char message[4096];

int options_parse(const struct subcommand *self, const struct option_spec *options,
                  size_t option_count, int argc, char **argv, char ***ret_rest, int *ret_rest_count)
{
    for (size_t i = 0; i < option_count; i++)
        if (strcmp(options[i].name, "config") == 0)
            *(const char **)options[i].value = config_path;
    CHECK(self && argc == 0);
    *ret_rest = argv;
    *ret_rest_count = 0;
    return -1;
}

int fail(const struct subcommand *self, enum exit_code code, const char *format, ...)
{
    va_list arguments;
    CHECK(self);
    va_start(arguments, format);
    (void)vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    return (int)code;
}

enum exit_code exit_code_of_status(struct status status)
{
    CHECK(status.code == STATUS_INVALID);
    return EXIT_USAGE;
}

const char *nearest_name(const char *word, const char *const *names, size_t count)
{
    CHECK(word && names && count > 0);
    return NULL;
}

static void check_setting(struct settings *settings, enum setting setting)
{
    const struct setting_spec *spec = &setting_specs[setting];
    struct fault fault = {{0}};
    struct buffer value, again;
    CHECK(settings->values[setting].origin[0]);
    if (spec->type == SETTING_TYPE_NUMBER || spec->type == SETTING_TYPE_DURATION ||
        spec->type == SETTING_TYPE_SIZE)
        CHECK(settings_number(settings, setting) >= spec->min &&
              settings_number(settings, setting) <= spec->max);
    buffer_init(&value, VALUE_BYTES_MAX);
    buffer_init(&again, VALUE_BYTES_MAX);
    setting_print(settings, setting, &value);
    CHECK(buffer_ok(&value));
    if (spec->type != SETTING_TYPE_LIST && value.len > 0) {
        buffer_char(&value, '\0');
        CHECK(status_ok(setting_assign(settings, setting, value.at, "again", &fault)));
        setting_print(settings, setting, &again);
        buffer_char(&again, '\0');
        CHECK(slice_equal(buffer_slice(&value), buffer_slice(&again)));
    }
    buffer_done(&value);
    buffer_done(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct subcommand self = {.name = "serve"};
    struct settings_query query = {.self = &self, .layers = true};
    struct settings settings;
    char *nothing[] = {NULL};
    config_path = fuzz_file(fuzz_text(data, size));
    message[0] = '\0';
    int code = settings_load(&query, 0, nothing, &settings);
    CHECK(code == -1 || (code == EXIT_USAGE && message[0]));
    for (enum setting s = 0; code == -1 && s < SETTING_COUNT; s++)
        check_setting(&settings, s);
    settings_done(&settings);
    return 0;
}
