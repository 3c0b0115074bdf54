/* Reading an answer (cmd/answer.h). Owns nothing. */
#include "cmd/answer.h"

#include "codec/json.h"

/* The value of the object's member of that name; what does not parse has none. */
static bool find_member(struct slice object, const char *name, struct arena *memory,
                        enum json_kind *ret_kind, struct slice *ret_text)
{
    struct json_reader reader;
    struct json_token token;
    json_reader_init(&reader, object, memory);
    if (json_next(&reader, &token) != JSON_OBJECT)
        return false;
    while (json_next(&reader, &token) == JSON_KEY) {
        bool found = slice_equal(token.text, slice_text(name));
        *ret_kind = json_next(&reader, &token);
        *ret_text = token.text;
        if (found)
            return true;
        if (!json_skip_rest(&reader, *ret_kind))
            return false;
    }
    return false;
}

bool answer_parse(const struct shape *shape, struct slice response, struct arena *memory,
                  void *ret_answer)
{
    struct shape_wrong wrong;
    return shape_read(shape, response, memory, ret_answer, &wrong);
}

bool answer_text(struct slice response, const char *name, struct arena *memory,
                 struct slice *ret_text)
{
    enum json_kind kind;
    struct slice text;
    if (!find_member(response, name, memory, &kind, &text) ||
        (kind != JSON_STRING && kind != JSON_NUMBER))
        return false;
    *ret_text = text;
    return true;
}

bool answer_is_true(struct slice response, const char *name, struct arena *memory)
{
    enum json_kind kind;
    struct slice text;
    return find_member(response, name, memory, &kind, &text) && kind == JSON_TRUE;
}
