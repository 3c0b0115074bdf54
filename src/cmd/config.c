/* Configuration: flags over environment over INI file over defaults.
 *
 * Invariants:
 *  1. Every layer is checked, also where a stronger one wins: a value that could never hold is an
 *     error now, not on the day the flag is dropped.
 *  2. An unknown key or BURSAR_* variable is an error that names its place and the nearest name.
 *
 * The main thread only, before any other is started. */
#include "cmd/config.h"

#include <errno.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { VARIABLE_MAX = 64, PLACE_MAX = 4200, OPTIONS_MAX = 64 };

/* The file being read. */
struct config_file {
    struct settings *settings;
    const char *path;
    FILE *file;
    unsigned line;
    struct status status; /* of the first line that is wrong; nothing is read after it */
    struct fault *fault;
};

/* inih does not say which line it is on, but asks for one line at a time: counted here. */
static char *next_line(char *at, int size, void *stream)
{
    struct config_file *config = stream;
    if (!status_ok(config->status) || !fgets(at, size, config->file))
        return NULL;
    config->line++;
    size_t len = strlen(at);
    if (len + 1 < (size_t)size || at[len - 1] == '\n')
        return at;
    config->status = fault_raise(config->fault, STATUS_INVALID,
                                 "%s:%u: the line is longer than %d bytes; give a list on several "
                                 "lines, one `name = item` each",
                                 config->path, config->line, size - 2);
    return NULL;
}

static struct status refuse_name(const struct config_file *config, const char *name)
{
    const char *near = setting_nearest(name);
    return fault_raise(config->fault, STATUS_INVALID, "%s:%u: unknown setting %s%s%s%s",
                       config->path, config->line, name, near ? "; did you mean " : "",
                       near ? near : "", near ? "?" : "");
}

static struct status take_setting(const struct config_file *config, const char *section,
                                  const char *name, const char *text)
{
    enum setting setting;
    if (strcmp(section, "serve") != 0)
        return fault_raise(config->fault, STATUS_INVALID,
                           "%s:%u: %s stands below [%s]; settings stand below [serve]",
                           config->path, config->line, name, section);
    if (!setting_find(name, &setting))
        return refuse_name(config, name);
    struct setting_value *value = &config->settings->values[setting];
    bool first = strcmp(value->origin, "default") == 0;
    if (!first && setting_specs[setting].type != SETTING_TYPE_LIST)
        return fault_raise(config->fault, STATUS_INVALID, "%s:%u: %s is there already, at %s",
                           config->path, config->line, name, value->origin);
    if (first)
        value->list.count = 0;
    char origin[PLACE_MAX];
    snprintf(origin, sizeof(origin), "%s:%u", config->path, config->line);
    return setting_assign(config->settings, setting, text, origin, config->fault);
}

/* inih's callback: 0 = error. */
static int take_line(void *user, const char *section, const char *name, const char *text)
{
    struct config_file *config = user;
    if (status_ok(config->status))
        config->status = take_setting(config, section, name, text);
    return status_ok(config->status);
}

static struct status load_file(struct settings *settings, const char *path, struct fault *fault)
{
    struct config_file config = {.settings = settings, .path = path, .fault = fault};
    config.file = fopen(path, "re");
    if (!config.file)
        return fault_raise_errno(fault, errno, "cannot read the configuration %s", path);
    int wrong_line = ini_parse_stream(next_line, &config, take_line, &config);
    bool unreadable = ferror(config.file);
    fclose(config.file);
    TRY(config.status);
    if (unreadable)
        return fault_raise(fault, STATUS_IO, "cannot read the configuration %s", path);
    if (wrong_line != 0)
        return fault_raise(fault, STATUS_INVALID,
                           "%s:%d: neither `name = value` nor [serve] nor a comment", path,
                           wrong_line);
    return STATUS_DONE;
}

/* Not settings: what other subcommands and our own tests read, and what container orchestrators put
 * into everything that runs beside a service called bursar (BURSAR_PORT, BURSAR_PORT_8080_TCP,
 * BURSAR_SERVICE_HOST). */
static bool is_foreign(struct slice variable)
{
    return slice_equal(variable, SLICE("BURSAR_CONFIG")) ||
           slice_equal(variable, SLICE("BURSAR_ENDPOINT")) ||
           slice_equal(variable, SLICE("BURSAR_BUILD")) ||
           slice_equal(variable, SLICE("BURSAR_CORE_DUMPS")) ||
           slice_equal(variable, SLICE("BURSAR_PORT")) ||
           slice_starts_with(variable, SLICE("BURSAR_PORT_")) ||
           slice_starts_with(variable, SLICE("BURSAR_SERVICE_"));
}

/* "BURSAR_LISTEN_TLS" of a variable -> "listen-tls" of a setting. */
static bool variable_to_name(struct slice variable, char ret_name[VARIABLE_MAX])
{
    size_t prefix = sizeof("BURSAR_") - 1;
    if (variable.len - prefix >= VARIABLE_MAX)
        return false;
    for (size_t i = prefix; i < variable.len; i++)
        ret_name[i - prefix] = variable.at[i] == '_' ? '-' : ascii_lower(variable.at[i]);
    ret_name[variable.len - prefix] = '\0';
    return true;
}

static struct status refuse_variable(struct slice variable, const char *name, struct fault *fault)
{
    const char *near = setting_nearest(name);
    char nearest[VARIABLE_MAX] = "";
    for (size_t i = 0; near && near[i] && i < sizeof(nearest) - 1; i++)
        nearest[i] = near[i] == '-' ? '_' : (char)(near[i] - ('a' - 'A'));
    return fault_raise(fault, STATUS_INVALID, "environment: unknown setting %.*s%s%s%s",
                       SLICE_ARGS(variable), near ? "; did you mean BURSAR_" : "", nearest,
                       near ? "?" : "");
}

static struct status take_variable(struct settings *settings, const char *text, struct fault *fault)
{
    struct slice value;
    struct slice variable = slice_cut(slice_text(text), '=', &value);
    char name[VARIABLE_MAX] = "";
    enum setting setting;
    if (is_foreign(variable))
        return STATUS_DONE;
    if (!variable_to_name(variable, name) || !setting_find(name, &setting))
        return refuse_variable(variable, name, fault);
    char origin[VARIABLE_MAX + 32];
    snprintf(origin, sizeof(origin), "environment %.*s", SLICE_ARGS(variable));
    settings->values[setting].list.count = 0;
    return setting_assign(settings, setting, value.at ? value.at : "", origin, fault);
}

static struct status load_environment(struct settings *settings, struct fault *fault)
{
    for (char **variable = environ; *variable; variable++)
        if (strncmp(*variable, "BURSAR_", 7) == 0)
            TRY(take_variable(settings, *variable, fault));
    return STATUS_DONE;
}

/* The flags as options_parse leaves them. */
struct given {
    const char *config_path;
    const char *texts[SETTING_COUNT];
    struct option_list lists[SETTING_COUNT];
    bool flags[SETTING_COUNT];
};

static void describe_flag(enum setting setting, struct given *given, struct option_spec *option)
{
    const struct setting_spec *spec = &setting_specs[setting];
    *option = (struct option_spec){spec->name, spec->argument, spec->help, OPTION_TEXT,
                                   &given->texts[setting]};
    if (spec->type == SETTING_TYPE_FLAG) {
        option->type = OPTION_FLAG;
        option->value = &given->flags[setting];
    } else if (spec->type == SETTING_TYPE_LIST) {
        option->type = OPTION_MANY;
        option->value = &given->lists[setting];
    }
}

static int parse_flags(const struct settings_query *query, int argc, char **argv,
                       struct given *given)
{
    struct option_spec options[OPTIONS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < query->more_count; i++)
        options[count++] = query->more[i];
    for (enum setting s = 0; s < SETTING_COUNT; s++)
        if (!query->takes || query->takes(s))
            describe_flag(s, given, &options[count++]);
    if (query->layers)
        options[count++] = (struct option_spec){
            "config", "FILE",
            "Read settings from this INI file: lines `name = value` below [serve], named as the "
            "options here. Weaker than the environment (BURSAR_NAME), which is weaker than "
            "options. Default: the variable BURSAR_CONFIG, else none.",
            OPTION_TEXT, &given->config_path};
    char **rest;
    int rest_count;
    int code = options_parse(query->self, options, count, argc, argv, &rest, &rest_count);
    if (code < 0 && rest_count > 0)
        return fail(query->self, EXIT_USAGE, "takes no arguments, but there is %s", rest[0]);
    return code;
}

static struct status load_flags(struct settings *settings, const struct given *given,
                                struct fault *fault)
{
    for (enum setting s = 0; s < SETTING_COUNT; s++) {
        const struct option_list *list = &given->lists[s];
        if (list->count > 0)
            settings->values[s].list.count = 0;
        for (size_t i = 0; i < list->count; i++)
            TRY(setting_assign(settings, s, list->items[i], "flag", fault));
        if (given->flags[s])
            TRY(setting_assign(settings, s, "true", "flag", fault));
        if (given->texts[s])
            TRY(setting_assign(settings, s, given->texts[s], "flag", fault));
    }
    return STATUS_DONE;
}

/* Who asks for HTTPS only does not get a plain listener besides. */
static void settle_listeners(struct settings *settings)
{
    struct setting_value *plain = &settings->values[SETTING_LISTEN];
    if (settings_list(settings, SETTING_LISTEN_TLS)->count > 0 &&
        strcmp(plain->origin, "default") == 0) {
        plain->text = NULL;
        plain->list.count = 0;
    }
}

static struct status check_tls(const struct settings *settings, struct fault *fault)
{
    bool cert = settings_text(settings, SETTING_TLS_CERT);
    bool key = settings_text(settings, SETTING_TLS_KEY);
    bool listens = settings_list(settings, SETTING_LISTEN_TLS)->count > 0;
    if (cert != key)
        return fault_raise(fault, STATUS_INVALID, "%s is set without %s; TLS needs both",
                           cert ? "tls-cert" : "tls-key", cert ? "tls-key" : "tls-cert");
    if (listens && !cert)
        return fault_raise(fault, STATUS_INVALID,
                           "listen-tls is set; tls-cert and tls-key are needed too");
    if (cert && !listens)
        return fault_raise(fault, STATUS_INVALID,
                           "tls-cert is set, but nothing listens with TLS: give --listen-tls "
                           "ADDR:PORT");
    return STATUS_DONE;
}

static struct status load_layers(const struct settings_query *query, const struct given *given,
                                 struct settings *settings, struct fault *fault)
{
    const char *path = given->config_path ? given->config_path : getenv("BURSAR_CONFIG");
    if (query->layers && path && *path)
        TRY(load_file(settings, path, fault));
    if (query->layers)
        TRY(load_environment(settings, fault));
    TRY(load_flags(settings, given, fault));
    settle_listeners(settings);
    return check_tls(settings, fault);
}

int settings_load(const struct settings_query *query, int argc, char **argv,
                  struct settings *ret_settings)
{
    struct given given = {0};
    struct fault fault;
    *ret_settings = (struct settings){0};
    int code = parse_flags(query, argc, argv, &given);
    if (code >= 0)
        return code;
    struct status status = settings_init(ret_settings, &fault);
    if (status_ok(status))
        status = load_layers(query, &given, ret_settings, &fault);
    if (!status_ok(status))
        return fail(query->self, exit_code_of_status(status), "%s", fault.text);
    return -1;
}
