/* Rendering what all answers have in common. Keys of an answer are alphabetical inside "Response",
 * RequestId last, compact (design section 6).
 *
 * Owns nothing. Thread: the worker's. */
#include "api/action.h"
#include "base/put.h"

void render_open(struct buffer *out)
{
    BUFFER_LITERAL(out, "{\"Response\":{");
}

static void close_with(const char request_id[REQUEST_ID_SIZE], bool comma, struct buffer *out)
{
    char *at = buffer_room(out, REQUEST_ID_SIZE + sizeof ",\"RequestId\":\"\"}}");
    if (!at)
        return;
    at = comma ? PUT_LITERAL(at, ",\"RequestId\":\"") : PUT_LITERAL(at, "\"RequestId\":\"");
    at = put_bytes(at, request_id, REQUEST_ID_SIZE);
    buffer_wrote(out, PUT_LITERAL(at, "\"}}"));
}

void render_close(const struct exchange *exchange, bool comma, struct buffer *out)
{
    close_with(exchange->request_id, comma, out);
}

/* `item` of a list is the one that the error is about, from 1; 0 = none. */
static void write_error(struct buffer *out, struct slice code, struct slice message, uint32_t item,
                        const char request_id[REQUEST_ID_SIZE])
{
    render_open(out);
    BUFFER_LITERAL(out, "\"Error\":{\"Code\":\"");
    buffer_append(out, code);
    buffer_char(out, '"');
    if (item > 0) {
        BUFFER_LITERAL(out, ",\"Index\":");
        buffer_u64(out, item - 1);
    }
    BUFFER_LITERAL(out, ",\"Message\":");
    json_quote(out, message);
    buffer_char(out, '}');
    close_with(request_id, true, out);
}

void api_write_error(struct buffer *out, struct slice code, struct slice message,
                     const char request_id[REQUEST_ID_SIZE])
{
    write_error(out, code, message, 0, request_id);
}

void render_error(const struct exchange *exchange, struct buffer *out)
{
    char memory[4096];
    struct buffer text;
    buffer_init_fixed(&text, memory, sizeof memory);
    complaint_write(&exchange->complaint, exchange->chinese, exchange_request_id(exchange), &text);
    write_error(out, error_entry(exchange->complaint.error)->code, buffer_slice(&text),
                exchange->complaint.item, exchange->request_id);
}

struct item_error {
    struct slice code, message, uin;
    uint64_t index;
};

static const struct shape_member item_error_members[] = {
    SHAPE_MEMBER(TEXT, struct item_error, code, "Code", "As of an error."),
    SHAPE_MEMBER(COUNT, struct item_error, index, "Index", "Its place in the list, from 0."),
    SHAPE_MEMBER(TEXT, struct item_error, uin, "MemberUin", "As it was asked for."),
    SHAPE_MEMBER(TEXT, struct item_error, message, "Message", "As of an error."),
};
const struct shape item_error_shape =
    SHAPE_NAMED("ItemError", item_error_members, struct item_error);

void render_item_error(const struct exchange *exchange, uint32_t index, struct slice uin,
                       const struct complaint *complaint, struct buffer *out)
{
    char memory[2048];
    struct buffer text;
    buffer_init_fixed(&text, memory, sizeof memory);
    complaint_write(complaint, exchange->chinese, exchange_request_id(exchange), &text);
    struct item_error error = {error_entry(complaint->error)->code, buffer_slice(&text), uin,
                               index};
    shape_write(&item_error_shape, &error, out);
}

void answer_write(const struct exchange *exchange, const void *object, struct buffer *out)
{
    shape_write_members(&exchange->action->outputs, object, out);
}

const struct grant *grant_after(const struct book *book, const struct member *member, uint64_t id)
{
    const struct grant *found = NULL;
    for (uint32_t at = member->grants; at != BOOK_NONE; at = book_grant(book, at)->next) {
        const struct grant *grant = book_grant(book, at);
        if (grant->id > id && (!found || grant->id < found->id))
            found = grant;
    }
    return found;
}

bool answer_nothing(struct exchange *exchange, struct api_pending *pending, struct buffer *out)
{
    (void)exchange;
    (void)pending;
    (void)out;
    return true;
}
