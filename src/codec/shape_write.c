/* Objects written as a table says. Owns nothing. Any thread. */
#include "base/put.h"
#include "codec/decimal.h"
#include "codec/json.h"
#include "codec/shape.h"
#include "codec/timestamp.h"

void render_uin(struct buffer *out, struct uin uin)
{
    char *at = buffer_room(out, UIN_DIGITS_MAX + 2);
    if (at)
        buffer_wrote(out, put_char(put_uin(put_char(at, '"'), uin), '"'));
}

void render_bool(struct buffer *out, bool value)
{
    if (value)
        BUFFER_LITERAL(out, "true");
    else
        BUFFER_LITERAL(out, "false");
}

void render_time(struct buffer *out, int64_t us)
{
    enum { SECOND_US = 1000000 };
    buffer_char(out, '"');
    if (us % SECOND_US == 0)
        timestamp_print_plain(out, us);
    else
        timestamp_print_rfc3339(out, us);
    buffer_char(out, '"');
}

void render_end_time(struct buffer *out, int64_t us)
{
    if (us == 0)
        BUFFER_LITERAL(out, "\"9999-12-31 23:59:59\"");
    else
        render_time(out, us);
}

const char *shape_type_name(const struct shape_member *member)
{
    static const char *const names[] = {
        [SHAPE_TEXT] = "string",
        [SHAPE_WORD] = "string",
        [SHAPE_UIN] = "string",
        [SHAPE_UIN_WORD] = "string",
        [SHAPE_DIGITS] = "int64",
        [SHAPE_TIME] = "string",
        [SHAPE_END] = "string",
        [SHAPE_EXPIRY] = "string",
        [SHAPE_CENTS] = "float",
        [SHAPE_COUNT] = "int64",
        [SHAPE_ID] = "int64",
        [SHAPE_INTEGER] = "int64",
        [SHAPE_BOOL] = "bool",
        [SHAPE_OBJECT] = "object",
        [SHAPE_IDS] = "list of int64",
        [SHAPE_OBJECTS] = "list of object",
        [SHAPE_UINS] = "list of string",
    };
    return names[member->kind];
}

static void write_list(const struct shape_member *member, const char *object, struct buffer *out)
{
    const void *list = object + member->place;
    size_t count = 0;
    buffer_char(out, '[');
    if (member->rows)
        member->rows(object, out);
    else
        memcpy(&count, object + member->count, sizeof count);
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buffer_char(out, ',');
        if (member->kind == SHAPE_IDS)
            buffer_i64(out, (*(const int64_t *const *)list)[i]);
        else if (member->kind == SHAPE_UINS)
            render_uin(out, (*(const struct uin *const *)list)[i]);
        else
            shape_write(member->item, *(const char *const *)list + i * member->item->size, out);
    }
    buffer_char(out, ']');
}

/* At `at` stands what is behind the key, with room for what is short. */
static void write_value(const struct shape_member *member, const char *object, char *at,
                        struct buffer *out)
{
    const void *value = object + member->place;
    switch (member->kind) {
    case SHAPE_TEXT:
        json_quote(out, *(const struct slice *)value);
        return;
    case SHAPE_WORD:
    case SHAPE_UIN_WORD:
        json_quote(out, slice_text(*(const char *const *)value));
        return;
    case SHAPE_UIN:
        at = put_char(put_uin(put_char(at, '"'), *(const struct uin *)value), '"');
        break;
    case SHAPE_DIGITS:
        at = put_uin(at, *(const struct uin *)value);
        break;
    case SHAPE_TIME:
        render_time(out, *(const int64_t *)value);
        return;
    case SHAPE_END:
        render_end_time(out, *(const int64_t *)value);
        return;
    case SHAPE_EXPIRY:
        if (*(const int64_t *)value != 0) {
            render_time(out, *(const int64_t *)value);
            return;
        }
        at = PUT_LITERAL(at, "\"\"");
        break;
    case SHAPE_CENTS:
        at = decimal_put_cents(at, *(const struct amount *)value);
        break;
    case SHAPE_COUNT:
        at = put_u64(at, *(const uint64_t *)value);
        break;
    case SHAPE_ID:
    case SHAPE_INTEGER:
        at = put_i64(at, *(const int64_t *)value);
        break;
    case SHAPE_BOOL:
        at = *(const bool *)value ? PUT_LITERAL(at, "true") : PUT_LITERAL(at, "false");
        break;
    case SHAPE_OBJECT:
        shape_write(member->item, value, out);
        return;
    case SHAPE_OBJECTS:
    case SHAPE_IDS:
    case SHAPE_UINS:
        write_list(member, object, out);
        return;
    }
    buffer_wrote(out, at);
}

void shape_write_member(const struct shape_member *member, const void *object, bool comma,
                        struct buffer *out)
{
    enum { SHORT_BYTES_MAX = 40 };
    char *at = buffer_room(out, member->name.len + SHORT_BYTES_MAX);
    if (!at)
        return;
    if (comma)
        at = put_char(at, ',');
    at = PUT_LITERAL(put_slice(put_char(at, '"'), member->name), "\":");
    buffer_wrote(out, at);
    write_value(member, object, at, out);
}

void shape_write_members(const struct shape *shape, const void *object, struct buffer *out)
{
    bool comma = false;
    for (uint32_t i = 0; i < shape->member_count; i++) {
        const struct shape_member *member = &shape->members[i];
        const char *from = object;
        if (member->given != 0 && !*(const bool *)(const void *)(from + member->given))
            continue;
        shape_write_member(member, object, comma, out);
        comma = true;
    }
}

void shape_write(const struct shape *shape, const void *object, struct buffer *out)
{
    buffer_char(out, '{');
    shape_write_members(shape, object, out);
    buffer_char(out, '}');
}
