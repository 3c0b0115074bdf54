/* What of a body is taken before it is known whose it is.
 *
 * A request that comes whole is simply answered. One whose body takes its time is judged by its
 * head, once: who names a key that is known, in its scope and time, may send what the limits allow;
 * whose key stands in the body (signature v1) may send until it has come; of anybody else no more
 * than STRANGER_BODY_BYTES are taken, and a body that is longer is not waited for: the answer does
 * not depend on it.
 *
 * 1. gathering.body says what was judged; REFUSED is also what was not judged, because it is small
 *    or no call of the api.
 *
 * Owns nothing. The loop's thread. */
#include "net/connection.h"

enum { STRANGER_BODY_BYTES = 65536 };

/* What has come of it, decoded. */
static struct slice body_so_far(const struct connection *connection)
{
    const struct gathering *gathering = &connection->gathering;
    struct slice unread = input_unread(&connection->input);
    return slice_of(unread.at + gathering->head_bytes, gathering->body_bytes);
}

void body_judge(struct connection *connection, struct http1_request *request)
{
    struct gathering *gathering = &connection->gathering;
    bool is_small = !gathering->chunked && gathering->body_bytes_expected <= INPUT_FREE_BYTES &&
                    gathering->head_bytes + gathering->body_bytes_expected <= INPUT_FREE_BYTES;
    bool is_call = !connection->endpoint->admin && exchange_is_call(request);
    request->body = body_so_far(connection);
    if (is_call && !is_small)
        gathering->body =
            api_judge_head(connection->worker->api, request, connection->endpoint->trust);
}

bool body_is_refused(struct connection *connection)
{
    struct gathering *gathering = &connection->gathering;
    if (gathering->head_bytes == 0)
        return false;
    struct slice body = body_so_far(connection);
    if (gathering->body == API_BODY_UNKNOWN)
        gathering->body = api_judge_form(connection->worker->api, body, &gathering->form_seen);
    return gathering->body == API_BODY_REFUSED &&
           (body.len > STRANGER_BODY_BYTES || gathering->body_bytes_expected > STRANGER_BODY_BYTES);
}

enum budget_kind body_holder(const struct connection *connection)
{
    switch (connection->gathering.body) {
    case API_BODY_TAKEN:
        return BUDGET_CALLER;
    case API_BODY_UNKNOWN:
        return BUDGET_FORM;
    case API_BODY_REFUSED:
        break;
    }
    return BUDGET_STRANGER;
}
