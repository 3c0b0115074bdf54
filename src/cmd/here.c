/* Calls answered in this process (cmd/here.h): the request that libbursar has made is read as the
 * door would read it from a control socket, and answered by the api.
 *
 * Owns the api's worker and the newest answer, which is wiped: it may hold a new key. The main
 * thread; a call waits here for the committer's thread. */
#include "cmd/here.h"

#include "base/check.h"
#include "crypto/digest.h"
#include "sys/user.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { ANSWER_BYTES_MAX = 256 << 20, HEAD_BYTES_MAX = 16 << 10 };

struct here {
    struct user user; /* who runs this */
    struct api_worker *worker;
    struct buffer answer;
    pthread_mutex_t lock;
    pthread_cond_t woken;
    bool finished;
};

struct status here_open(struct folder *folder, struct fault *fault, struct here **ret_here)
{
    struct here *here = calloc(1, sizeof *here);
    if (here)
        here->worker = api_worker_new(folder->api);
    if (!here || !here->worker) {
        free(here);
        return fault_raise(fault, STATUS_MEMORY, "out of memory");
    }
    user_of_process(&here->user);
    buffer_init(&here->answer, ANSWER_BYTES_MAX);
    pthread_mutex_init(&here->lock, NULL);
    pthread_cond_init(&here->woken, NULL);
    *ret_here = here;
    return STATUS_DONE;
}

static void wake(struct api_call *call)
{
    struct here *here = call->context;
    pthread_mutex_lock(&here->lock);
    here->finished = true;
    pthread_cond_signal(&here->woken);
    pthread_mutex_unlock(&here->lock);
}

static void answer(struct here *here, const struct http1_request *request)
{
    struct api_call call = {.request = request,
                            .trust = API_TRUST_OPERATOR,
                            .local = {DOOR_FOLDER, &here->user},
                            .wake = wake,
                            .context = here};
    here->finished = false;
    if (api_answer(here->worker, &call, &here->answer) == API_ANSWERED)
        return;
    pthread_mutex_lock(&here->lock);
    while (!here->finished)
        pthread_cond_wait(&here->woken, &here->lock);
    pthread_mutex_unlock(&here->lock);
    api_finish(here->worker, &call, &here->answer);
}

/* How large a body may be is for the door to say, and there is none. */
static bool read_head(struct buffer *head, const struct bursar_signed_request *sent,
                      struct http1_request *ret_request)
{
    struct http1_limits limits = HTTP1_LIMITS_DEFAULT;
    size_t scanned = 0;
    limits.body_bytes_max = UINT64_MAX;
    buffer_printf(head, "%s / HTTP/1.1\r\n", sent->method);
    for (size_t i = 0; i < sent->header_count; i++)
        buffer_printf(head, "%s\r\n", sent->headers[i]);
    buffer_printf(head, "Content-Length: %zu\r\n\r\n", sent->body_len);
    return buffer_ok(head) &&
           http1_parse_head(buffer_slice(head), &limits, &scanned, ret_request).progress ==
               HTTP1_DONE;
}

static enum bursar_result send_here(void *context, const struct bursar_signed_request *sent,
                                    const char **ret_body, size_t *ret_body_len, char *message,
                                    size_t message_size)
{
    struct here *here = context;
    char memory[HEAD_BYTES_MAX];
    struct buffer head;
    struct http1_request request;
    buffer_init_fixed(&head, memory, sizeof memory);
    CHECK(read_head(&head, sent, &request)); /* libbursar's own, without anything of a caller's */
    request.body = slice_of(sent->body, sent->body_len);
    answer(here, &request);
    if (!buffer_ok(&here->answer)) {
        (void)snprintf(message, message_size, "the answer does not fit in memory");
        return BURSAR_MEMORY;
    }
    *ret_body = here->answer.at;
    *ret_body_len = here->answer.len;
    return BURSAR_OK;
}

struct bursar_transport here_transport(struct here *here)
{
    return (struct bursar_transport){send_here, here};
}

void here_close(struct here *here)
{
    if (!here)
        return;
    api_worker_free(here->worker);
    if (here->answer.at)
        wipe(here->answer.at, here->answer.cap);
    buffer_done(&here->answer);
    pthread_cond_destroy(&here->woken);
    pthread_mutex_destroy(&here->lock);
    free(here);
}
