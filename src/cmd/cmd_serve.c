/* `bursar serve`: a data folder, served. */
#include "cmd/serving.h"
#include "cmd/signals.h"
#include "cmd/subcommands.h"

#include <inttypes.h>
#include <stdio.h>

static const char *plural(uint64_t count)
{
    return count == 1 ? "" : "s";
}

static void say_folder(const char *path, const struct book *book)
{
    uint32_t organisations = book_organisation_count(book);
    uint64_t members = 0;
    for (uint32_t id = 1; id <= organisations; id++)
        members += book_listed_count(book, id);
    uint32_t keys = book_key_count(book);
    fprintf(stderr,
            "bursar: %s: %" PRIu32 " organisation%s, %" PRIu64 " member%s, %" PRIu32
            " key%s, last entry %" PRIu64 "\n",
            path, organisations, plural(organisations), members, plural(members), keys,
            plural(keys), book_sequence(book));
}

static int serve_folder(const struct settings *settings, const struct folder_options *options)
{
    struct fault fault;
    struct folder *folder;
    char control[4200];
    struct status status = folder_open(options, &fault, &folder);
    if (!status_ok(status))
        return fail(&subcommand_serve, exit_code_of_status(status), "%s", fault.text);
    say_folder(options->path, folder->book);
    snprintf(control, sizeof(control), "%s/control.sock", options->path);
    struct serving_plan plan = {.self = &subcommand_serve,
                                .settings = settings,
                                .folder = folder,
                                .control_socket = control};
    int code = serving_run(&plan);
    status = folder_close(folder, &fault);
    if (!status_ok(status))
        return fail(&subcommand_serve, exit_code_of_status(status), "%s", fault.text);
    return code;
}

static int serve(const struct settings *settings)
{
    struct fault fault;
    struct api_limit limits[SERVING_LIMITS_MAX];
    struct api_options api;
    struct serving_threads threads;
    struct folder_options options = {.sys = sys_real(), .api = &api};
    serving_folder(settings, &threads, &options);
    options.path = settings_text(settings, SETTING_DATA);
    options.master_key_file = settings_text(settings, SETTING_MASTER_KEY_FILE);
    if (!options.path)
        return fail(&subcommand_serve, EXIT_USAGE,
                    "which data folder? give --data DIR (`bursar init --data DIR` makes one; "
                    "`bursar demo` needs none)");
    struct status status = serving_api_options(settings, limits, &fault, &api);
    if (!status_ok(status))
        return fail(&subcommand_serve, exit_code_of_status(status), "%s", fault.text);
    return serve_folder(settings, &options);
}

static int run(int argc, char **argv)
{
    struct settings settings;
    struct settings_query query = {.self = &subcommand_serve, .layers = true};
    signals_block();
    int code = settings_load(&query, argc, argv, &settings);
    if (code < 0)
        code = serve(&settings);
    settings_done(&settings);
    return code;
}

const struct subcommand subcommand_serve = {
    .name = "serve",
    .summary = "Serve a data folder over HTTP and HTTPS",
    .description =
        "Answers signed API calls from the data folder's book until it is told to stop. Writes are "
        "answered after they are on disk, never before.\n\n"
        "Every option can also be set by the environment variable BURSAR_NAME (dashes become "
        "underscores; lists are separated by commas) or by a line `name = value` below [serve] in "
        "the file given with --config. Options are stronger than the environment, the environment "
        "is stronger than the file. What is not known in either is an error. `bursar config` with "
        "the same options prints what holds and where it came from.\n\n"
        "One process owns a data folder. `bursar key`, `policy`, `delegate` and `import` with the "
        "same --data go through its control socket, DIR/control.sock, which only the folder's "
        "owner "
        "may open; they need no key.\n\n"
        "SIGTERM and SIGINT stop accepting, answer what is in flight (at most --drain-timeout) and "
        "end with status 0; a second one ends at once, with 130. SIGHUP reads the TLS certificate "
        "again and opens the access log again. With systemd, use Type=notify.",
    .examples =
        "bursar serve --data /var/lib/bursar                    plain HTTP on 127.0.0.1:8080\n"
        "bursar serve --data books --listen 127.0.0.1:0 --ready-file ready\n"
        "bursar serve --config /etc/bursar/bursar.ini\n"
        "bursar serve --data books --listen-tls '*:443' --tls-cert chain.pem --tls-key key.pem",
    .run = run,
};
