/* Admin: one call, three ways to the book.
 *
 * Owns the folder it opened or the client it made, and the memory of the newest answer. The main
 * thread; a call in this process waits here for the committer's thread. */
#include "cmd/admin.h"

#include "cmd/curl_late.h"
#include "cmd/folder.h"
#include "codec/json.h"
#include "crypto/digest.h"
#include "sys/file.h"

#include <bursar.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define ADMIN_VERSION "2026-11-01"
enum { ANSWER_BYTES_MAX = 256 << 20, ERROR_BYTES = 8192, PATH_BYTES = 4200 };

struct admin {
    /* in this process */
    struct folder *folder;
    bool owns_folder;
    struct user user; /* who runs this */
    struct api_worker *worker;
    struct buffer answer;
    struct arena error_memory;
    pthread_mutex_t lock;
    pthread_cond_t woken;
    bool finished;
    /* elsewhere */
    struct bursar_client *client;
    bool library; /* bursar_global_init was called */
};

/* NULL when memory is short. */
static struct admin *admin_new(void)
{
    struct admin *admin = calloc(1, sizeof(*admin));
    if (!admin || !arena_init(&admin->error_memory, ERROR_BYTES, 1 << 20)) {
        free(admin);
        return NULL;
    }
    buffer_init(&admin->answer, ANSWER_BYTES_MAX);
    pthread_mutex_init(&admin->lock, NULL);
    pthread_cond_init(&admin->woken, NULL);
    return admin;
}

struct status admin_open_here(struct folder *folder, struct fault *fault, struct admin **ret_admin)
{
    struct admin *admin = admin_new();
    if (!admin)
        return fault_raise(fault, STATUS_MEMORY, "out of memory");
    admin->folder = folder;
    user_of_process(&admin->user);
    admin->worker = api_worker_new(folder->api);
    if (!admin->worker) {
        struct status closed = admin_close(admin, NULL);
        (void)closed;
        return fault_raise(fault, STATUS_MEMORY, "out of memory");
    }
    *ret_admin = admin;
    return STATUS_DONE;
}

static struct status open_client(const struct bursar_options *options, struct fault *fault,
                                 struct admin **ret_admin)
{
    char message[256] = "";
    TRY(curl_late_open(fault));
    struct admin *admin = admin_new();
    if (!admin)
        return fault_raise(fault, STATUS_MEMORY, "out of memory");
    enum bursar_result result = bursar_global_init();
    admin->library = result == BURSAR_OK;
    if (admin->library)
        result = bursar_client_new(options, message, sizeof(message), &admin->client);
    if (result != BURSAR_OK) {
        struct status closed = admin_close(admin, NULL);
        (void)closed;
        return fault_raise(fault, result == BURSAR_USAGE ? STATUS_INVALID : STATUS_NETWORK, "%s",
                           *message ? message : "the client library cannot be started");
    }
    *ret_admin = admin;
    return STATUS_DONE;
}

/* The folder is owned by another process: a server that listens on the control socket, one hopes.
 */
static struct status open_control_socket(const char *folder, struct fault *fault,
                                         struct admin **ret_admin)
{
    char path[PATH_BYTES], endpoint[PATH_BYTES + 8];
    int len = snprintf(path, sizeof(path), "%s/control.sock", folder);
    if (len < 0 || (size_t)len >= sizeof(path))
        return fault_raise(fault, STATUS_INVALID, "the path of the data folder is too long");
    if (!file_exists(path))
        return fault_wrap(fault, (struct status){STATUS_BUSY},
                          "the data folder is in use, and not by a server that could be asked");
    snprintf(endpoint, sizeof(endpoint), "unix:%s", path);
    struct bursar_options options = {.endpoint = endpoint, .unsigned_requests = true};
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
    struct folder_options options = {
        .path = target->data, .master_key_file = target->master_key_file, .api = &api};
    struct folder *folder;
    struct status status = folder_open(&options, fault, &folder);
    if (status.code == STATUS_BUSY)
        return open_control_socket(target->data, fault, ret_admin);
    TRY(status);
    status = admin_open_here(folder, fault, ret_admin);
    if (!status_ok(status)) {
        struct status closed = folder_close(folder, NULL);
        (void)closed;
        return status;
    }
    (*ret_admin)->owns_folder = true;
    return STATUS_DONE;
}

static void wake(struct api_call *call)
{
    struct admin *admin = call->context;
    pthread_mutex_lock(&admin->lock);
    admin->finished = true;
    pthread_cond_signal(&admin->woken);
    pthread_mutex_unlock(&admin->lock);
}

static void answer_here(struct admin *admin, const struct http1_request *request)
{
    struct api_call call = {.request = request,
                            .trust = API_TRUST_OPERATOR,
                            .local = {DOOR_FOLDER, &admin->user},
                            .wake = wake,
                            .context = admin};
    admin->finished = false;
    if (api_answer(admin->worker, &call, &admin->answer) == API_ANSWERED)
        return;
    pthread_mutex_lock(&admin->lock);
    while (!admin->finished)
        pthread_cond_wait(&admin->woken, &admin->lock);
    pthread_mutex_unlock(&admin->lock);
    api_finish(admin->worker, &call, &admin->answer);
}

/* The request as the door would have read it from a control socket. */
static void build_request(const char *action, struct slice parameters, struct slice timestamp,
                          struct http1_request *ret_request)
{
    *ret_request = (struct http1_request){
        .method = HTTP1_POST,
        .method_text = SLICE("POST"),
        .target = SLICE("/"),
        .path = SLICE("/"),
        .host = SLICE("bursar.tencentcloudapi.com"),
        .content_type = SLICE("application/json"),
        .fields = {{SLICE("Host"), SLICE("bursar.tencentcloudapi.com")},
                   {SLICE("Content-Type"), SLICE("application/json")},
                   {SLICE("X-TC-Action"), slice_text(action)},
                   {SLICE("X-TC-Version"), SLICE(ADMIN_VERSION)},
                   {SLICE("X-TC-Timestamp"), timestamp}},
        .field_count = 5,
        .minor_version = 1,
        .keep_alive = true,
        .body_bytes = parameters.len,
        .body = parameters,
    };
}

static bool read_error_field(struct json_reader *reader, struct slice key, struct slice *code,
                             struct slice *message)
{
    struct json_token token;
    if (json_next(reader, &token) != JSON_STRING)
        return json_skip_rest(reader, token.kind);
    if (slice_equal(key, SLICE("Code")))
        *code = token.text;
    else if (slice_equal(key, SLICE("Message")))
        *message = token.text;
    return true;
}

/* The Error of a response object; both stay empty when there is none. */
static bool read_error(struct slice response, struct arena *memory, struct slice *ret_code,
                       struct slice *ret_message)
{
    struct json_reader reader;
    struct json_token token;
    json_reader_init(&reader, response, memory);
    if (json_next(&reader, &token) != JSON_OBJECT)
        return false;
    while (json_next(&reader, &token) == JSON_KEY) {
        if (!slice_equal(token.text, SLICE("Error"))) {
            if (!json_skip(&reader))
                return false;
            continue;
        }
        if (json_next(&reader, &token) != JSON_OBJECT)
            return false;
        while (json_next(&reader, &token) == JSON_KEY)
            if (!read_error_field(&reader, token.text, ret_code, ret_message))
                return false;
    }
    return token.kind == JSON_OBJECT_END;
}

static struct status call_here(struct admin *admin, const char *action, struct slice parameters,
                               struct fault *fault, struct slice *ret_response,
                               struct slice *ret_error_code, struct slice *ret_error_message)
{
    char digits[24];
    struct buffer timestamp;
    struct http1_request request;
    buffer_init_fixed(&timestamp, digits, sizeof(digits));
    buffer_i64(&timestamp, sys_now_us(sys_real()) / 1000000);
    build_request(action, parameters, buffer_slice(&timestamp), &request);
    answer_here(admin, &request);

    struct slice body = buffer_slice(&admin->answer), prefix = SLICE("{\"Response\":");
    struct slice code = SLICE_NONE, message = SLICE_NONE;
    if (!buffer_ok(&admin->answer) || !slice_starts_with(body, prefix))
        return fault_raise(fault, STATUS_MEMORY, "%s: the answer does not fit", action);
    struct slice response = slice_of(body.at + prefix.len, body.len - prefix.len - 1);
    arena_reset(&admin->error_memory);
    if (!read_error(response, &admin->error_memory, &code, &message))
        return fault_raise(fault, STATUS_MEMORY, "%s: the answer cannot be read", action);
    *ret_response = response;
    *ret_error_code = code;
    *ret_error_message = message;
    return STATUS_DONE;
}

static struct status call_there(struct admin *admin, const char *action, struct slice parameters,
                                struct fault *fault, struct slice *ret_response,
                                struct slice *ret_error_code, struct slice *ret_error_message)
{
    const char *response;
    size_t response_len;
    buffer_clear(&admin->answer);
    buffer_append(&admin->answer, parameters);
    buffer_char(&admin->answer, '\0'); /* the library takes a string */
    if (!buffer_ok(&admin->answer))
        return fault_raise(fault, STATUS_MEMORY, "out of memory");
    enum bursar_result result = bursar_call(admin->client, "bursar", ADMIN_VERSION, action,
                                            admin->answer.at, &response, &response_len);
    if (result != BURSAR_OK && result != BURSAR_REFUSED)
        return fault_raise(fault,
                           result == BURSAR_USAGE     ? STATUS_INVALID
                           : result == BURSAR_UNKNOWN ? STATUS_UNKNOWN
                                                      : STATUS_NETWORK,
                           "%s", bursar_error_message(admin->client));
    bool refused = result == BURSAR_REFUSED;
    *ret_response = slice_of(response, response_len);
    *ret_error_code = refused ? slice_text(bursar_error_code(admin->client)) : SLICE_NONE;
    *ret_error_message = refused ? slice_text(bursar_error_message(admin->client)) : SLICE_NONE;
    return STATUS_DONE;
}

struct status admin_call(struct admin *admin, const char *action, struct slice parameters,
                         struct fault *fault, struct slice *ret_response,
                         struct slice *ret_error_code, struct slice *ret_error_message)
{
    return (admin->client ? call_there : call_here)(admin, action, parameters, fault, ret_response,
                                                    ret_error_code, ret_error_message);
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
    if (code.len == 0)
        return -1;
    char name[128];
    snprintf(name, sizeof(name), "%.*s", SLICE_ARGS(code));
    return fail(self, exit_code_of_api_error(name), "%.*s (%s)", SLICE_ARGS(message), name);
}

struct status admin_close(struct admin *admin, struct fault *fault)
{
    if (!admin)
        return STATUS_DONE;
    if (admin->worker)
        api_worker_free(admin->worker);
    struct status status = STATUS_DONE;
    if (admin->owns_folder)
        status = folder_close(admin->folder, fault);
    bursar_client_free(admin->client);
    if (admin->library)
        bursar_global_done();
    if (admin->answer.at) /* an answer may have held a new key */
        wipe(admin->answer.at, admin->answer.cap);
    buffer_done(&admin->answer);
    arena_done(&admin->error_memory);
    pthread_cond_destroy(&admin->woken);
    pthread_mutex_destroy(&admin->lock);
    free(admin);
    return status;
}
