/* Management. A `struct management` owns its request, which may hold a secret and is wiped, and the
 * admin while one is open. The main thread. */
#include "cmd/management.h"

#include "base/uin.h"
#include "crypto/digest.h"

enum { REQUEST_BYTES_MAX = 10 << 20 };

int management_parse(struct management *management, const struct option_spec *options,
                     size_t option_count, int argc, char **argv, size_t arguments_max,
                     const char **ret_arguments)
{
    char **rest;
    int rest_count;
    int code =
        options_parse(management->self, options, option_count, argc, argv, &rest, &rest_count);
    if (code >= 0)
        return code;
    if ((size_t)rest_count > arguments_max)
        return fail(management->self, EXIT_USAGE, "takes %s, but there is %s",
                    arguments_max == 0 ? "no arguments" : management->self->arguments,
                    rest[arguments_max]);
    for (size_t i = 0; i < arguments_max; i++)
        ret_arguments[i] = i < (size_t)rest_count ? rest[i] : NULL;
    return -1;
}

void management_begin(struct management *management)
{
    struct json_writer *writer = &management->writer;
    buffer_done(&management->request);
    buffer_init(&management->request, REQUEST_BYTES_MAX);
    json_writer_init(writer, &management->request);
    json_open_object(writer);
    if (management->organization != 0) {
        json_write_key(writer, SLICE("OrganizationId"));
        json_write_u64(writer, management->organization);
    }
    if (management->dry_run) {
        json_write_key(writer, SLICE("DryRun"));
        json_write_bool(writer, true);
    }
}

void management_text(struct management *management, const char *name, const char *text)
{
    if (!text)
        return;
    json_write_key(&management->writer, slice_text(name));
    json_write_string(&management->writer, slice_text(text));
}

void management_list(struct management *management, const char *name, const char *items)
{
    struct slice rest = slice_text(items);
    if (!items)
        return;
    json_write_key(&management->writer, slice_text(name));
    json_open_array(&management->writer);
    while (rest.len > 0)
        json_write_string(&management->writer, slice_trim(slice_cut(rest, ',', &rest)));
    json_close_array(&management->writer);
}

static int open_place(struct management *management)
{
    management->target.organization = management->organization;
    return management->admin
               ? -1
               : target_open(management->self, &management->target, &management->admin);
}

int management_client(struct management *management, struct bursar_client **ret_client)
{
    int code = open_place(management);
    *ret_client = code < 0 ? admin_client(management->admin) : NULL;
    return code;
}

int management_ready(struct management *management)
{
    json_close_object(&management->writer);
    if (!buffer_ok(&management->request))
        return fail(management->self, EXIT_USAGE, "that is more than %d MiB",
                    REQUEST_BYTES_MAX >> 20);
    /* The api takes UTF-8 only and would name no option. */
    if (!slice_is_utf8(buffer_slice(&management->request)))
        return fail(management->self, EXIT_USAGE, "an argument is not UTF-8");
    return open_place(management);
}

int management_send(struct management *management, const char *action, struct slice *ret_response)
{
    int code = management_ready(management);
    if (code < 0)
        code = admin_do(management->self, management->admin, action,
                        buffer_slice(&management->request), ret_response);
    return code;
}

int management_done(struct management *management, int code)
{
    if (management->request.at)
        wipe(management->request.at, management->request.cap);
    buffer_done(&management->request);
    if (management->admin)
        code = target_close(management->self, management->admin, code);
    management->admin = NULL;
    return code < 0 ? EXIT_OK : code;
}

int check_uin(const struct subcommand *self, const char *text)
{
    struct uin uin;
    if (uin_parse(slice_text(text), &uin))
        return -1;
    return fail(self, EXIT_USAGE, "\"%s\" is not a UIN: 1 to 20 digits, not beginning with 0",
                text);
}
