/* The parameters of a call: a JSON object, or the flat pairs that signature v1 sends instead
 * (protocol section 2: zero-based indexes, nested names joined by points). */
#include "client/client.h"
#include "codec/json.h"

/* The members of an object whose brace has been read; false on a JSON error. */
static bool read_members(struct json_reader *reader, struct parameters_traits *traits)
{
    struct json_token token;
    while (json_next(reader, &token) == JSON_KEY) {
        bool is_client_token = slice_equal(token.text, SLICE("ClientToken"));
        bool is_dry_run = slice_equal(token.text, SLICE("DryRun"));
        enum json_kind kind = json_next(reader, &token);
        if (!json_skip_rest(reader, kind))
            return false;
        traits->has_client_token =
            traits->has_client_token || (is_client_token && kind != JSON_NULL);
        traits->is_dry_run = traits->is_dry_run || (is_dry_run && kind == JSON_TRUE);
    }
    return token.kind == JSON_OBJECT_END;
}

enum bursar_result parameters_check(struct bursar_client *client, struct slice json,
                                    struct parameters_traits *ret_traits)
{
    struct json_reader reader;
    struct json_token token;
    struct parameters_traits traits = {false, false};
    json_reader_init(&reader, json, &client->arena);
    enum json_kind kind = json_next(&reader, &token);
    if (kind != JSON_ERROR && kind != JSON_OBJECT)
        return client_fail(client, BURSAR_USAGE, "the parameters are not a JSON object");
    if (kind != JSON_OBJECT || !read_members(&reader, &traits) ||
        json_next(&reader, &token) != JSON_END)
        return json_is_short(&reader)
                   ? client_fail(client, BURSAR_MEMORY, "no memory to read the parameters")
                   : client_fail(client, BURSAR_USAGE,
                                 "the parameters are not JSON: at byte %zu, %s",
                                 json_error_offset(&reader), json_error(&reader));
    *ret_traits = traits;
    return BURSAR_OK;
}

struct flattening {
    struct json_reader reader;
    struct arena *arena;
    struct buffer name; /* of the value being read */
    struct buffer *fields;
};

static bool add_pair(struct flattening *flattening, struct slice value)
{
    struct slice name = arena_copy(flattening->arena, buffer_slice(&flattening->name));
    struct field pair = {name, value};
    buffer_bytes(flattening->fields, &pair, sizeof pair);
    return name.at && buffer_ok(&flattening->name) && buffer_ok(flattening->fields);
}

static bool flatten_value(struct flattening *flattening, struct json_token token);

static bool flatten_array(struct flattening *flattening)
{
    struct json_token token;
    size_t outer_len = flattening->name.len;
    for (uint64_t i = 0; json_next(&flattening->reader, &token) != JSON_ARRAY_END; i++) {
        buffer_char(&flattening->name, '.');
        buffer_u64(&flattening->name, i);
        if (!flatten_value(flattening, token))
            return false;
        flattening->name.len = outer_len;
    }
    return true;
}

static bool flatten_object(struct flattening *flattening)
{
    struct json_token token;
    size_t outer_len = flattening->name.len;
    while (json_next(&flattening->reader, &token) == JSON_KEY) {
        if (outer_len > 0)
            buffer_char(&flattening->name, '.');
        buffer_append(&flattening->name, token.text);
        (void)json_next(&flattening->reader, &token);
        if (!flatten_value(flattening, token))
            return false;
        flattening->name.len = outer_len;
    }
    return token.kind == JSON_OBJECT_END;
}

/* Recursion is bounded by the reader's JSON_DEPTH_MAX. */
static bool flatten_value(struct flattening *flattening, struct json_token token)
{
    switch (token.kind) {
    case JSON_STRING:
    case JSON_NUMBER:
        return add_pair(flattening, token.text);
    case JSON_TRUE:
        return add_pair(flattening, SLICE("true"));
    case JSON_FALSE:
        return add_pair(flattening, SLICE("false"));
    case JSON_NULL: /* absent */
        return true;
    case JSON_ARRAY:
        return flatten_array(flattening);
    case JSON_OBJECT:
        return flatten_object(flattening);
    case JSON_ERROR:
    case JSON_ARRAY_END:
    case JSON_OBJECT_END:
    case JSON_KEY:
    case JSON_END:
        break;
    }
    return false;
}

bool parameters_flatten(struct bursar_client *client, struct slice json, struct buffer *fields)
{
    struct json_token token;
    struct flattening flattening = {.arena = &client->arena, .fields = fields};
    buffer_init(&flattening.name, REQUEST_BYTES_MAX);
    json_reader_init(&flattening.reader, json, &client->arena);
    (void)json_next(&flattening.reader, &token);
    bool ok = flatten_value(&flattening, token);
    buffer_done(&flattening.name);
    return ok;
}
