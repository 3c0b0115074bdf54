/* Where a management subcommand works. Owns nothing; the main thread. */
#include "cmd/target.h"

#include "cmd/folder.h"

#include <stdlib.h>

static int open_remote(const struct subcommand *self, const struct target_flags *flags,
                       struct admin **ret_admin)
{
    struct remote remote;
    struct fault fault;
    int code = remote_prepare(self, &flags->remote, "bursar", 0, &remote);
    if (code >= 0)
        return code;
    struct admin_target target = {.remote = &remote.options};
    remote.options.organization_id = flags->organization;
    struct status status = admin_open(&target, &fault, ret_admin);
    remote_wipe(&remote);
    return status_ok(status) ? -1 : fail(self, exit_code_of_status(status), "%s", fault.text);
}

int target_open(const struct subcommand *self, const struct target_flags *flags,
                struct admin **ret_admin)
{
    if (flags->data && flags->remote.endpoint)
        return fail(self, EXIT_USAGE, "--data and --endpoint name two places; give one of them");
    const char *data = flags->remote.endpoint ? NULL : folder_choose(flags->data);
    const char *variable = getenv("BURSAR_ENDPOINT");
    if (!data && !flags->remote.endpoint && !(variable && *variable))
        return fail(self, EXIT_USAGE,
                    "where? give --data DIR (or set BURSAR_DATA) for a data "
                    "folder, or --endpoint URL for a server elsewhere");
    if (!data)
        return open_remote(self, flags, ret_admin);
    struct fault fault;
    struct admin_target target = {.data = data,
                                  .organization = flags->organization,
                                  .master_key_file = flags->master_key_file};
    struct status status = admin_open(&target, &fault, ret_admin);
    return status_ok(status) ? -1 : fail(self, exit_code_of_status(status), "%s", fault.text);
}

int target_close(const struct subcommand *self, struct admin *admin, int code)
{
    struct fault fault;
    struct status status = admin_close(admin, &fault);
    if (status_ok(status))
        return code;
    return fail(self, exit_code_of_status(status), "%s", fault.text);
}
