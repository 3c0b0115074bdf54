/* Reading one field of an answer. Owns nothing. */
#include "cmd/answer.h"

#include "codec/json.h"

bool answer_text(struct slice response, const char *name, struct arena *memory,
                 struct slice *ret_text)
{
    struct json_reader reader;
    struct json_token token;
    json_reader_init(&reader, response, memory);
    if (json_next(&reader, &token) != JSON_OBJECT)
        return false;
    while (json_next(&reader, &token) == JSON_KEY) {
        bool found = slice_equal(token.text, slice_text(name));
        enum json_kind kind = json_next(&reader, &token);
        if (found && (kind == JSON_STRING || kind == JSON_NUMBER)) {
            *ret_text = token.text;
            return true;
        }
        if (!json_skip_rest(&reader, kind))
            return false;
    }
    return false;
}

bool answer_is_true(struct slice response, const char *name, struct arena *memory)
{
    struct json_reader reader;
    struct json_token token;
    json_reader_init(&reader, response, memory);
    if (json_next(&reader, &token) != JSON_OBJECT)
        return false;
    while (json_next(&reader, &token) == JSON_KEY) {
        bool found = slice_equal(token.text, slice_text(name));
        enum json_kind kind = json_next(&reader, &token);
        if (found || !json_skip_rest(&reader, kind))
            return kind == JSON_TRUE;
    }
    return false;
}
