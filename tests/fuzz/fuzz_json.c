/* JSON texts.
 *
 * 1. What is accepted is UTF-8, and written again it is accepted and stays the same when written
 *    once more (the reader never reads past the text: a sanitizer sees to that).
 * 2. Skipping accepts exactly what reading accepts.
 * 3. A refusal has a reason and a place in the text. */
#include "codec/json.h"

#include "base/check.h"
#include "fuzz.h"

enum { ARENA_BYTES = 1 << 16, TEXT_BYTES_MAX = 16 << 20 };

/* Whole numbers as numbers, all others as they were. */
static void write_number(struct json_writer *writer, struct slice text)
{
    int64_t value;
    if (!json_number_to_i64(text, &value))
        json_write_raw(writer, text);
    else if (value < 0)
        json_write_i64(writer, value);
    else
        json_write_u64(writer, (uint64_t)value);
}

static void write_token(struct json_writer *writer, const struct json_token *token)
{
    switch (token->kind) {
    case JSON_NULL:
        json_write_null(writer);
        break;
    case JSON_FALSE:
    case JSON_TRUE:
        json_write_bool(writer, token->kind == JSON_TRUE);
        break;
    case JSON_NUMBER:
        write_number(writer, token->text);
        break;
    case JSON_STRING:
        json_write_string(writer, token->text);
        break;
    case JSON_ARRAY:
        json_open_array(writer);
        break;
    case JSON_ARRAY_END:
        json_close_array(writer);
        break;
    case JSON_OBJECT:
        json_open_object(writer);
        break;
    case JSON_OBJECT_END:
        json_close_object(writer);
        break;
    case JSON_KEY:
        json_write_key(writer, token->text);
        break;
    case JSON_END:
    case JSON_ERROR:
        break;
    }
}

/* True when the text is accepted; `out` then holds it, written again. */
static bool copy_json(struct slice text, struct arena *arena, struct buffer *out)
{
    struct json_reader reader;
    struct json_writer writer;
    struct json_token token;
    json_writer_init(&writer, out);
    json_reader_init(&reader, text, arena);
    do {
        (void)json_next(&reader, &token);
        write_token(&writer, &token);
    } while (token.kind != JSON_END && token.kind != JSON_ERROR);
    CHECK((token.kind == JSON_ERROR) == (json_error(&reader) != NULL));
    CHECK(json_error_offset(&reader) <= text.len);
    return token.kind == JSON_END;
}

static bool skip_json(struct slice text, struct arena *arena)
{
    struct json_reader reader;
    struct json_token token;
    json_reader_init(&reader, text, arena);
    return json_skip(&reader) && json_next(&reader, &token) == JSON_END;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = fuzz_text(data, size);
    struct arena arena;
    struct buffer once;
    struct buffer twice;
    CHECK(arena_init(&arena, ARENA_BYTES, TEXT_BYTES_MAX));
    buffer_init(&once, TEXT_BYTES_MAX);
    buffer_init(&twice, TEXT_BYTES_MAX);
    bool accepted = copy_json(text, &arena, &once);
    CHECK(accepted == skip_json(text, &arena));
    if (accepted) {
        CHECK(slice_is_utf8(text) && slice_is_utf8(buffer_slice(&once)));
        CHECK(copy_json(buffer_slice(&once), &arena, &twice));
        CHECK(slice_equal(buffer_slice(&once), buffer_slice(&twice)));
    }
    buffer_done(&once);
    buffer_done(&twice);
    arena_done(&arena);
    return 0;
}
