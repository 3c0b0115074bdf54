/* Text that people read.
 *
 * 1. What is taken is UTF-8 of the length promised and is shown as it is; a refusal has a reason.
 * 2. What is shown is harmless: showing it again changes nothing, whatever it was made of.
 * 3. What is escaped for JSON stays JSON, and is no longer than was promised. */
#include "api/text.h"

#include "base/check.h"
#include "codec/json.h"
#include "fuzz.h"

static struct buffer shown_as(struct slice text, enum text_escape_style style)
{
    struct buffer out;
    buffer_init(&out, TEXT_ESCAPE_FACTOR * text.len + 1);
    text_escape(text, style, &out);
    CHECK(buffer_ok(&out) && out.len <= TEXT_ESCAPE_FACTOR * text.len);
    return out;
}

static void check_shown(struct slice text, enum text_escape_style style)
{
    struct buffer once = shown_as(text, style);
    struct buffer twice = shown_as(buffer_slice(&once), style);
    CHECK(slice_is_utf8(buffer_slice(&once)));
    CHECK(slice_equal(buffer_slice(&once), buffer_slice(&twice)));
    buffer_done(&once);
    buffer_done(&twice);
}

static void check_json(struct slice text)
{
    struct buffer json;
    struct arena arena;
    struct json_reader reader;
    struct json_token token;
    if (!slice_is_utf8(text))
        return;
    buffer_init(&json, 6 * text.len + 2);
    json_quote(&json, text);
    struct buffer shown = shown_as(buffer_slice(&json), TEXT_ESCAPE_JSON);
    CHECK(arena_init(&arena, 1 << 16, 64 << 20));
    json_reader_init(&reader, buffer_slice(&shown), &arena);
    CHECK(json_next(&reader, &token) == JSON_STRING && slice_equal(token.text, text));
    arena_done(&arena);
    buffer_done(&shown);
    buffer_done(&json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = fuzz_text(data, size);
    struct text_wrong wrong;
    if (text_is_clean(text, &wrong)) {
        struct buffer shown = shown_as(text, TEXT_ESCAPE_ALL);
        CHECK(slice_is_utf8(text) && text.len <= TEXT_BYTES_MAX);
        CHECK(slice_equal(buffer_slice(&shown), text));
        buffer_done(&shown);
    } else {
        char memory[256];
        struct buffer said;
        buffer_init_fixed(&said, memory, sizeof memory);
        text_wrong_say(&wrong, size % 2 == 1, &said);
        CHECK(buffer_ok(&said) && said.len > 0 && slice_is_utf8(buffer_slice(&said)));
    }
    check_shown(text, TEXT_ESCAPE_ALL);
    check_shown(text, TEXT_ESCAPE_LINES);
    check_shown(text, TEXT_ESCAPE_JSON);
    check_json(text);
    return 0;
}
