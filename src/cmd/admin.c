/* Admin: libbursar's client, and what it needs to reach the book: a network, a socket, or a folder
 * in this process.
 *
 * Owns the client, and the folder if it opened one. The main thread. */
#include "cmd/admin.h"

#include "cmd/curl_late.h"
#include "cmd/here.h"
#include "crypto/digest.h"
#include "sys/file.h"

#include <stdio.h>
#include <stdlib.h>

#define ADMIN_VERSION "2026-11-01"
enum { PARAMETERS_BYTES_MAX = 16 << 20, PATH_BYTES = 4200 };

struct admin {
    struct bursar_client *client;
    struct here *here;        /* NULL: the client calls a server */
    struct folder *folder;    /* opened by admin_open; may be NULL */
    struct buffer parameters; /* zero-terminated for the library */
    bool library;             /* bursar_global_init was called */
};

/* Takes over `here`, also when it fails; NULL: the client calls a server. */
static struct status admin_new(const struct bursar_options *options, struct here *here,
                               struct fault *fault, struct admin **ret_admin)
{
    char message[256] = "";
    enum bursar_result result = BURSAR_MEMORY;
    struct admin *admin = calloc(1, sizeof *admin);
    if (!admin) {
        here_close(here);
        return fault_raise(fault, STATUS_MEMORY, "out of memory");
    }
    admin->here = here;
    buffer_init(&admin->parameters, PARAMETERS_BYTES_MAX);
    admin->library = !here && bursar_global_init() == BURSAR_OK;
    if (here || admin->library)
        result = bursar_client_new(options, message, sizeof message, &admin->client);
    if (result != BURSAR_OK) {
        struct status closed = admin_close(admin, NULL);
        (void)closed;
        return fault_raise(fault, result == BURSAR_USAGE ? STATUS_INVALID : STATUS_NETWORK, "%s",
                           *message ? message : "the client library cannot be started");
    }
    *ret_admin = admin;
    return STATUS_DONE;
}

static struct status open_here(struct folder *folder, uint64_t organization, struct fault *fault,
                               struct admin **ret_admin)
{
    struct here *here;
    TRY(here_open(folder, fault, &here));
    struct bursar_transport transport = here_transport(here);
    struct bursar_options options = {
        .transport = &transport, .unsigned_requests = true, .organization_id = organization};
    return admin_new(&options, here, fault, ret_admin);
}

struct status admin_open_here(struct folder *folder, struct fault *fault, struct admin **ret_admin)
{
    return open_here(folder, 0, fault, ret_admin);
}

static struct status open_client(const struct bursar_options *options, struct fault *fault,
                                 struct admin **ret_admin)
{
    TRY(curl_late_open(fault));
    return admin_new(options, NULL, fault, ret_admin);
}

/* The folder is owned by another process: a server that listens on the control socket, one hopes.
 */
static struct status open_control_socket(const struct admin_target *target, struct fault *fault,
                                         struct admin **ret_admin)
{
    char path[PATH_BYTES], endpoint[PATH_BYTES + 8];
    int len = snprintf(path, sizeof(path), "%s/control.sock", target->data);
    if (len < 0 || (size_t)len >= sizeof(path))
        return fault_raise(fault, STATUS_INVALID, "the path of the data folder is too long");
    if (!file_exists(path))
        return fault_wrap(fault, (struct status){STATUS_BUSY},
                          "the data folder is in use, and not by a server that could be asked");
    snprintf(endpoint, sizeof(endpoint), "unix:%s", path);
    struct bursar_options options = {
        .endpoint = endpoint, .unsigned_requests = true, .organization_id = target->organization};
    return open_client(&options, fault, ret_admin);
}

struct status admin_open(const struct admin_target *target, struct fault *fault,
                         struct admin **ret_admin)
{
    if (target->remote)
        return open_client(target->remote, fault, ret_admin);
    /* The operator of the folder is not rationed as its users are. */
    struct api_options api = API_OPTIONS_DEFAULT;
    api.calls_per_second = 0;
    struct folder_options options = {.sys = sys_real(),
                                     .path = target->data,
                                     .master_key_file = target->master_key_file,
                                     .api = &api};
    struct folder *folder;
    struct status status = folder_open(&options, fault, &folder);
    if (status.code == STATUS_BUSY)
        return open_control_socket(target, fault, ret_admin);
    TRY(status);
    status = open_here(folder, target->organization, fault, ret_admin);
    if (!status_ok(status)) {
        struct status closed = folder_close(folder, NULL);
        (void)closed;
        return status;
    }
    (*ret_admin)->folder = folder;
    return STATUS_DONE;
}

struct bursar_client *admin_client(struct admin *admin)
{
    return admin->client;
}

struct status admin_status(enum bursar_result result)
{
    enum status_code code = result == BURSAR_USAGE     ? STATUS_INVALID
                            : result == BURSAR_UNKNOWN ? STATUS_UNKNOWN
                            : result == BURSAR_OK      ? STATUS_OK
                                                       : STATUS_NETWORK;
    return (struct status){code};
}

struct status admin_call(struct admin *admin, const char *action, struct slice parameters,
                         struct fault *fault, struct slice *ret_response,
                         struct slice *ret_error_code, struct slice *ret_error_message)
{
    const char *response;
    size_t response_len;
    buffer_clear(&admin->parameters);
    buffer_append(&admin->parameters, parameters);
    buffer_char(&admin->parameters, '\0'); /* the library takes a string */
    if (!buffer_ok(&admin->parameters))
        return fault_raise(fault, STATUS_MEMORY, "out of memory");
    enum bursar_result result = bursar_call(admin->client, "bursar", ADMIN_VERSION, action,
                                            admin->parameters.at, &response, &response_len);
    bool refused = result == BURSAR_REFUSED;
    if (result != BURSAR_OK && !refused)
        return fault_raise(fault, admin_status(result).code, "%s",
                           bursar_error_message(admin->client));
    *ret_response = slice_of(response, response_len);
    *ret_error_code = refused ? slice_text(bursar_error_code(admin->client)) : SLICE_NONE;
    *ret_error_message = refused ? slice_text(bursar_error_message(admin->client)) : SLICE_NONE;
    return STATUS_DONE;
}

int admin_failed(const struct subcommand *self, const struct admin *admin,
                 enum bursar_result result)
{
    const char *code = bursar_error_code(admin->client);
    const char *message = bursar_error_message(admin->client);
    if (result == BURSAR_REFUSED)
        return fail(self, exit_code_of_api_error(code), "%s (%s)", message, code);
    return fail(self, exit_code_of_status(admin_status(result)), "%s", message);
}

int admin_do(const struct subcommand *self, struct admin *admin, const char *action,
             struct slice parameters, struct slice *ret_response)
{
    struct fault fault;
    struct slice code = SLICE_NONE, message = SLICE_NONE;
    struct status status =
        admin_call(admin, action, parameters, &fault, ret_response, &code, &message);
    if (!status_ok(status))
        return fail(self, exit_code_of_status(status), "%s", fault.text);
    return code.len == 0 ? -1 : admin_failed(self, admin, BURSAR_REFUSED);
}

struct status admin_close(struct admin *admin, struct fault *fault)
{
    if (!admin)
        return STATUS_DONE;
    bursar_client_free(admin->client);
    if (admin->library)
        bursar_global_done();
    here_close(admin->here);
    struct status status = folder_close(admin->folder, fault);
    if (admin->parameters.at) /* they may hold a key that was taken over */
        wipe(admin->parameters.at, admin->parameters.cap);
    buffer_done(&admin->parameters);
    free(admin);
    return status;
}
