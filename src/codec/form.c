/* Form bodies and query strings, pair by pair. Owns nothing; decoded text goes to the caller's
 * arena. Any thread. */
#include "codec/form.h"

#include "codec/bytes.h"

static bool is_escaped(struct slice text)
{
    return slice_find(text, '%') < text.len || slice_find(text, '+') < text.len;
}

static enum form_result decode(struct slice text, struct arena *arena, struct slice *ret_text)
{
    if (!is_escaped(text)) {
        *ret_text = text;
        return FORM_PAIR;
    }
    char *decoded = arena_take(arena, text.len);
    size_t len = 0;
    if (!decoded)
        return FORM_NO_MEMORY;
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] != '%') {
            decoded[len++] = text.at[i] == '+' ? ' ' : text.at[i];
            continue;
        }
        if (text.len - i < 3 || !byte_is(text.at[i + 1], BYTE_HEX) ||
            !byte_is(text.at[i + 2], BYTE_HEX))
            return FORM_BAD_ESCAPE;
        decoded[len++] = (char)(hex_value(text.at[i + 1]) * 16 + hex_value(text.at[i + 2]));
        i += 2;
    }
    *ret_text = slice_of(decoded, len);
    return FORM_PAIR;
}

enum form_result form_next(struct slice *rest, struct arena *arena, struct field *ret_pair)
{
    struct slice pair = SLICE_NONE;
    while (pair.len == 0) {
        if (rest->len == 0)
            return FORM_END;
        pair = slice_cut(*rest, '&', rest);
    }
    struct slice value;
    struct slice name = slice_cut(pair, '=', &value);
    struct field decoded = {SLICE_NONE, SLICE_NONE};
    enum form_result result = decode(name, arena, &decoded.name);
    if (result == FORM_PAIR)
        result = decode(value, arena, &decoded.value);
    if (result != FORM_PAIR)
        return result;
    *ret_pair = decoded;
    if (!value.at)
        return FORM_NO_EQUALS;
    return name.len ? FORM_PAIR : FORM_EMPTY_KEY;
}

void form_encode(struct buffer *out, struct slice text)
{
    static const char digits[] = "0123456789ABCDEF";
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.at[i];
        char escape[3] = {'%', digits[c >> 4], digits[c & 15]};
        if (byte_is(text.at[i], BYTE_UNRESERVED))
            buffer_char(out, text.at[i]);
        else
            buffer_bytes(out, escape, sizeof escape);
    }
}
