/* Which action is called with what (cmd/call_request.h). Main thread. */
#include "cmd/call_request.h"

#include "codec/json.h"
#include "sys/file.h"

#include <string.h>

enum { PARAMETER_BYTES_MAX = 10 << 20 };

static const char *default_version(const char *service)
{
    static const struct {
        const char *service, *version;
    } versions[] = {
        {"billing", "2018-07-09"}, {"bursar", "2026-11-01"},       {"cvm", "2017-03-12"},
        {"sts", "2018-08-13"},     {"organization", "2021-03-31"},
    };
    for (size_t i = 0; i < sizeof versions / sizeof *versions; i++) {
        if (strcmp(versions[i].service, service) == 0)
            return versions[i].version;
    }
    return NULL;
}

static bool is_word(const char *text)
{
    size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");
    return len > 0 && len <= 100 && text[len] == '\0';
}

static struct status check_object(struct slice text, const char *path, struct arena *arena,
                                  struct fault *fault)
{
    struct json_reader reader;
    struct json_token token;
    json_reader_init(&reader, text, arena);
    enum json_kind kind = json_next(&reader, &token);
    if (kind != JSON_ERROR && kind != JSON_OBJECT)
        return fault_raise(fault, STATUS_INVALID, "%s: parameters must be a JSON object", path);
    if (kind == JSON_OBJECT && json_skip_rest(&reader, kind) &&
        json_next(&reader, &token) == JSON_END)
        return STATUS_DONE;
    return fault_raise(fault, json_is_short(&reader) ? STATUS_MEMORY : STATUS_INVALID,
                       "%s: at byte %zu: %s", path, json_error_offset(&reader),
                       json_error(&reader));
}

static struct status read_parameters(const struct call_flags *flags,
                                     struct call_parameters *parameters, struct arena *arena,
                                     struct buffer *out, struct fault *fault)
{
    for (size_t i = 0; i < flags->texts.count; i++)
        TRY(call_parameters_add_text(parameters, flags->texts.items[i], fault));
    if (flags->json && parameters->count > 0)
        return fault_raise(fault, STATUS_INVALID, "give --json or single parameters, not both");
    if (!flags->json)
        return call_parameters_render(parameters, arena, out, fault);
    TRY(file_read(flags->json, out, fault));
    return check_object(buffer_slice(out), flags->json, arena, fault);
}

static int check_names(const struct subcommand *self, const struct call_flags *flags, char **rest,
                       int rest_count)
{
    if (rest_count == 0)
        return fail(self, EXIT_USAGE, "which ACTION? For example DescribeOrgMemberAccountBalance");
    if (rest_count > 1)
        return fail(self, EXIT_USAGE, "one ACTION, not also \"%s\"", rest[1]);
    if (!is_word(rest[0]))
        return fail(self, EXIT_USAGE, "\"%s\" cannot be the name of an action", rest[0]);
    if (!is_word(flags->service))
        return fail(self, EXIT_USAGE, "\"%s\" cannot be the name of a product", flags->service);
    if (!flags->version && !default_version(flags->service))
        return fail(self, EXIT_USAGE, "which --version of %s?", flags->service);
    return -1;
}

int call_request_make(const struct subcommand *self, const struct call_flags *flags,
                      struct call_parameters *parameters, char **rest, int rest_count,
                      struct call_request *ret_request)
{
    struct fault fault = {""};
    struct arena arena;
    int code = check_names(self, flags, rest, rest_count);
    if (code >= 0)
        return code;
    *ret_request = (struct call_request){
        .action = rest[0],
        .service = flags->service,
        .version = flags->version ? flags->version : default_version(flags->service),
    };
    if (!arena_init(&arena, 16384, 8 * (size_t)PARAMETER_BYTES_MAX))
        return fail(self, EXIT_NETWORK, "no memory");
    struct buffer *text = &ret_request->parameters;
    buffer_init(text, PARAMETER_BYTES_MAX);
    struct status status = read_parameters(flags, parameters, &arena, text, &fault);
    arena_done(&arena);
    if (status_ok(status) && !buffer_reserve(text, 1))
        status = fault_raise(&fault, STATUS_INVALID, "the parameters are larger than 10 MiB");
    if (!status_ok(status)) {
        buffer_done(text);
        return fail(self, exit_code_of_status(status), "%s", fault.text);
    }
    text->at[text->len] = '\0';
    return -1;
}

void call_request_done(struct call_request *request)
{
    buffer_done(&request->parameters);
}
