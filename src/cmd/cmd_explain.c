/* `bursar explain`: which check a request fails, and why. Main thread. */
#include "cmd/explain_world.h"
#include "cmd/output.h"
#include "cmd/raw_request.h"
#include "cmd/shown.h"
#include "cmd/subcommands.h"
#include "codec/timestamp.h"
#include "sys/file.h"

#include <stdlib.h>
#include <string.h>

enum { CANONICAL_BYTES_MAX = 12 << 20, REPORT_BYTES_MAX = 64 << 20 };

struct explain {
    struct explain_world world;
    struct raw_request raw;
    struct buffer client_canonical;
    const char *data, *master_key_file, *credentials, *profile, *canonical, *at;
};

static struct status open_world(struct explain *explain, struct fault *fault)
{
    struct credentials credentials;
    if (explain->data)
        return explain_world_open(&explain->world, explain->data, explain->master_key_file, fault);
    TRY(credentials_load(explain->credentials, explain->profile, fault, &credentials));
    struct status status = explain_world_make(&explain->world, &credentials, fault);
    if (status_ok(status))
        printf("judged with the one key from %s, as its organisation's owner\n",
               credentials.origin);
    credentials_wipe(&credentials);
    return status;
}

static struct status set_clock(struct explain *explain, struct fault *fault)
{
    int64_t seconds, us;
    if (!explain->at)
        return STATUS_DONE;
    struct slice text = slice_text(explain->at);
    if (slice_equal(text, SLICE("request"))) {
        if (!raw_request_timestamp(&explain->raw, &seconds) || seconds < 0 ||
            seconds > INT64_MAX / 1000000)
            return fault_raise(fault, STATUS_INVALID,
                               "--at request: the request has no timestamp that can be read");
        us = seconds * 1000000;
    } else if (slice_to_i64(text, &seconds) && seconds >= 0 && seconds <= INT64_MAX / 1000000) {
        us = seconds * 1000000;
    } else if (!timestamp_parse_rfc3339(text, &us)) {
        return fault_raise(fault, STATUS_INVALID,
                           "--at is Unix seconds, a time like 2026-11-23T13:00:00Z, or the word "
                           "request; not \"%s\"",
                           explain->at);
    }
    explain_world_set_clock(&explain->world, us);
    return STATUS_DONE;
}

/* A canonical request has no final line end, but a file usually gets one. */
static struct status read_canonical(struct explain *explain, struct fault *fault)
{
    buffer_init(&explain->client_canonical, CANONICAL_BYTES_MAX);
    if (!explain->canonical)
        return STATUS_DONE;
    TRY(file_read(explain->canonical, &explain->client_canonical, fault));
    struct buffer *text = &explain->client_canonical;
    if (text->len > 0 && text->at[text->len - 1] == '\n')
        text->len--;
    return STATUS_DONE;
}

static void print_moment(const struct explain *explain)
{
    char memory[40];
    struct buffer moment;
    buffer_init_fixed(&moment, memory, sizeof memory);
    timestamp_print_rfc3339(&moment, sys_now_us(&explain->world.sys) / 1000000 * 1000000);
    printf("judged at %.*s\n", SLICE_ARGS(buffer_slice(&moment)));
}

static int judge(struct explain *explain)
{
    struct buffer report;
    buffer_init(&report, REPORT_BYTES_MAX);
    print_moment(explain);
    output_write(buffer_slice(&explain->raw.notes));
    bool passes = api_explain(explain->world.worker, &explain->raw.request,
                              buffer_slice(&explain->client_canonical), &report);
    output_write(buffer_slice(&report));
    buffer_done(&report);
    return output_finish(&subcommand_explain, passes ? EXIT_OK : EXIT_AUTH);
}

static int explain_read(struct explain *explain, const char *path)
{
    struct fault fault = {""};
    struct status status = raw_request_read(path, &explain->raw, &fault);
    if (!status_ok(status)) {
        shown_write(stderr, buffer_slice(&explain->raw.notes), TEXT_ESCAPE_LINES);
        return fail(&subcommand_explain, exit_code_of_status(status), "%s", fault.text);
    }
    status = read_canonical(explain, &fault);
    if (status_ok(status)) {
        status = open_world(explain, &fault);
        if (status_ok(status))
            status = set_clock(explain, &fault);
        int code = status_ok(status) ? judge(explain) : -1;
        explain_world_done(&explain->world);
        if (code >= 0)
            return code;
    }
    return fail(&subcommand_explain, exit_code_of_status(status), "%s", fault.text);
}

static int run_explain(int argc, char **argv)
{
    static struct explain explain;
    const struct option_spec options[] = {
        {"data", "DIR", "Judge with the keys and policies of this data folder; it may be served.",
         OPTION_TEXT, &explain.data},
        {"master-key-file", "FILE", "The folder's master key, when it is not DIR/master.key.",
         OPTION_TEXT, &explain.master_key_file},
        {"credentials", "FILE",
         "Judge with this one key pair instead (tccli JSON or SDK INI file). Without it and "
         "without "
         "--data, the key that `bursar query` would use.",
         OPTION_TEXT, &explain.credentials},
        {"profile", "NAME", "Profile of tccli to take the key from.", OPTION_TEXT,
         &explain.profile},
        {"canonical", "FILE",
         "The canonical request (v1: string to sign) as the client built it: the first line that "
         "differs is shown.",
         OPTION_TEXT, &explain.canonical},
        {"at", "TIME",
         "Judge as if it were this moment: Unix seconds, RFC 3339, or the word request for the "
         "request's own timestamp. Default: now.",
         OPTION_TEXT, &explain.at},
    };
    char **rest = NULL;
    int rest_count = 0;
    int code = options_parse(&subcommand_explain, options, sizeof options / sizeof *options, argc,
                             argv, &rest, &rest_count);
    if (code >= 0)
        return code;
    if (rest_count > 1)
        return fail(&subcommand_explain, EXIT_USAGE, "one FILE, not also \"%s\"", rest[1]);
    if (explain.data && (explain.credentials || explain.profile))
        return fail(&subcommand_explain, EXIT_USAGE, "--data or --credentials, not both");
    code = explain_read(&explain, rest_count ? rest[0] : "-");
    raw_request_done(&explain.raw);
    buffer_done(&explain.client_canonical);
    return code;
}

const struct subcommand subcommand_explain = {
    .name = "explain",
    .summary = "Say which check a captured request fails, and why",
    .arguments = "[FILE]",
    .description =
        "Reads one raw HTTP request, as it went over the wire, from FILE or standard input, "
        "puts it through the server's own checks, and says which of them fails. For a "
        "signature it shows the canonical request as the server builds it and, with "
        "--canonical, the first line in which the client's differs.\n\n"
        "Nothing is sent and nothing is changed. A pasted request whose lines end with LF only "
        "is read all the same, and that is said.\n\n"
        "Exit codes: 0 every check passes; 2 usage, or not a request that a server would read; "
        "3 a check fails; 4 no such folder or key.",
    .examples =
        "bursar explain request.http --credentials demo.ini --at request\n"
        "bursar explain --data /var/lib/bursar < request.http\n"
        "bursar explain request.http --canonical mine.txt    what does my signer do otherwise?\n",
    .run = run_explain,
};
