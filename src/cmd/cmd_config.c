/* `bursar config`: what `bursar serve` with the same options would go by, and why. */
#include "cmd/config.h"
#include "cmd/subcommands.h"
#include "codec/json.h"

#include <stdio.h>

enum { VALUE_BYTES_MAX = 65536 };

static void print_table(const struct settings *settings)
{
    struct buffer value;
    buffer_init(&value, VALUE_BYTES_MAX);
    for (enum setting s = 0; s < SETTING_COUNT; s++) {
        buffer_clear(&value);
        setting_print(settings, s, &value);
        struct slice text = value.len > 0 ? buffer_slice(&value) : SLICE("(not set)");
        printf("%-28s %-24.*s %s\n", setting_specs[s].name, SLICE_ARGS(text),
               settings->values[s].origin);
    }
    buffer_done(&value);
}

static void write_value(struct json_writer *writer, const struct setting_value *value,
                        enum setting_type type)
{
    switch (type) {
    case SETTING_TYPE_LIST:
        json_open_array(writer);
        for (size_t i = 0; i < value->list.count; i++)
            json_write_string(writer, slice_text(value->list.items[i]));
        json_close_array(writer);
        return;
    case SETTING_TYPE_FLAG:
        json_write_bool(writer, value->number != 0);
        return;
    case SETTING_TYPE_NUMBER:
        json_write_u64(writer, value->number);
        return;
    case SETTING_TYPE_TEXT:
    case SETTING_TYPE_DURATION:
    case SETTING_TYPE_MICROS:
    case SETTING_TYPE_SIZE:
        break;
    }
    if (value->text)
        json_write_string(writer, slice_text(value->text));
    else
        json_write_null(writer);
}

static int print_json(const struct settings *settings)
{
    struct buffer out;
    struct json_writer writer;
    buffer_init(&out, SETTING_COUNT * VALUE_BYTES_MAX);
    json_writer_init(&writer, &out);
    json_open_array(&writer);
    for (enum setting s = 0; s < SETTING_COUNT; s++) {
        json_open_object(&writer);
        json_write_key(&writer, SLICE("Name"));
        json_write_string(&writer, slice_text(setting_specs[s].name));
        json_write_key(&writer, SLICE("Value"));
        write_value(&writer, &settings->values[s], setting_specs[s].type);
        json_write_key(&writer, SLICE("Origin"));
        json_write_string(&writer, slice_text(settings->values[s].origin));
        json_close_object(&writer);
    }
    json_close_array(&writer);
    bool whole = buffer_ok(&out);
    if (whole)
        printf("%.*s\n", SLICE_ARGS(buffer_slice(&out)));
    buffer_done(&out);
    return whole ? EXIT_OK : fail(&subcommand_config, EXIT_NETWORK, "out of memory");
}

static int run_config(int argc, char **argv)
{
    bool json = false;
    const struct option_spec more[] = {
        {"json", NULL, "Print a JSON array of objects with Name, Value and Origin.", OPTION_FLAG,
         &json},
    };
    struct settings settings;
    struct settings_query query = {
        .self = &subcommand_config, .layers = true, .more = more, .more_count = 1};
    int code = settings_load(&query, argc, argv, &settings);
    if (code < 0 && json)
        code = print_json(&settings);
    else if (code < 0)
        print_table(&settings);
    settings_done(&settings);
    return code < 0 ? EXIT_OK : code;
}

const struct subcommand subcommand_config = {
    .name = "config",
    .summary = "Show every setting of serve, its value and where it came from",
    .description =
        "Takes the options of `bursar serve`, the environment and the configuration file exactly "
        "as `serve` does, checks them all, and prints what holds: the setting, its value, and its "
        "origin: default, flag, environment BURSAR_NAME, or FILE:LINE. Nothing is served or "
        "opened.\n\n"
        "A mistake in any of them is named and the exit status is 2, so that this is also the "
        "check to run before a restart.\n\n"
        "The file is INI. Lines stand below [serve]; names are those of the options; a list may be "
        "given on several lines or with commas; ; and # begin comments:\n\n"
        "  [serve]\n"
        "  data = /var/lib/bursar\n"
        "  listen = 127.0.0.1:8080\n"
        "  admin-listen = 127.0.0.1:9090\n"
        "  idle-timeout = 75s\n"
        "  limit = DescribeAccountBalance=5",
    .examples = "bursar config --config /etc/bursar/bursar.ini\n"
                "bursar config --threads 4 --json",
    .run = run_config,
};
