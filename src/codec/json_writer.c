/* JSON written: commas where they belong, strings escaped as little as RFC 8259 allows.
 * Owns nothing; the text goes to the caller's buffer. Any thread. */
#include "codec/json.h"

#include "base/put.h"
#include "codec/bytes.h"

void json_writer_init(struct json_writer *writer, struct buffer *out)
{
    *writer = (struct json_writer){.out = out};
}

static void begin_value(struct json_writer *writer)
{
    if (writer->comma)
        buffer_char(writer->out, ',');
    writer->comma = true;
}

static void open_bracket(struct json_writer *writer, char bracket)
{
    begin_value(writer);
    buffer_char(writer->out, bracket);
    writer->comma = false;
}

static void close_bracket(struct json_writer *writer, char bracket)
{
    buffer_char(writer->out, bracket);
    writer->comma = true;
}

void json_open_object(struct json_writer *writer)
{
    open_bracket(writer, '{');
}

void json_close_object(struct json_writer *writer)
{
    close_bracket(writer, '}');
}

void json_open_array(struct json_writer *writer)
{
    open_bracket(writer, '[');
}

void json_close_array(struct json_writer *writer)
{
    close_bracket(writer, ']');
}

void json_write_key(struct json_writer *writer, struct slice key)
{
    begin_value(writer);
    json_quote(writer->out, key);
    buffer_char(writer->out, ':');
    writer->comma = false;
}

void json_write_string(struct json_writer *writer, struct slice text)
{
    begin_value(writer);
    json_quote(writer->out, text);
}

void json_write_bool(struct json_writer *writer, bool value)
{
    json_write_raw(writer, value ? SLICE("true") : SLICE("false"));
}

void json_write_i64(struct json_writer *writer, int64_t value)
{
    begin_value(writer);
    buffer_i64(writer->out, value);
}

void json_write_u64(struct json_writer *writer, uint64_t value)
{
    begin_value(writer);
    buffer_u64(writer->out, value);
}

void json_write_null(struct json_writer *writer)
{
    json_write_raw(writer, SLICE("null"));
}

void json_write_raw(struct json_writer *writer, struct slice json)
{
    begin_value(writer);
    buffer_append(writer->out, json);
}

static char *put_escape(char *at, char c)
{
    static const char hex[] = "0123456789abcdef";
    static const char letters[] = "btn?fr"; /* of bytes 8 to 13, '?' has none */
    at = put_char(at, '\\');
    if (c == '"' || c == '\\')
        return put_char(at, c);
    if (c >= '\b' && c <= '\r' && c != '\v')
        return put_char(at, letters[c - '\b']);
    at = PUT_LITERAL(at, "u00");
    at = put_char(at, hex[(unsigned char)c >> 4]);
    return put_char(at, hex[c & 15]);
}

void json_quote(struct buffer *out, struct slice text)
{
    buffer_char(out, '"');
    for (size_t at = 0; at < text.len;) {
        bool is_ascii = true;
        size_t stop = bytes_skip_plain(text, at, &is_ascii);
        char escape[JSON_ESCAPE_BYTES_MAX];
        buffer_bytes(out, text.at + at, stop - at);
        if (stop < text.len) {
            const char *end = put_escape(escape, text.at[stop]);
            buffer_bytes(out, escape, (size_t)(end - escape));
        }
        at = stop + 1;
    }
    buffer_char(out, '"');
}

char *json_put_quoted(char *to, struct slice text)
{
    to = put_char(to, '"');
    for (size_t at = 0; at < text.len;) {
        bool is_ascii = true;
        size_t stop = bytes_skip_plain(text, at, &is_ascii);
        to = put_bytes(to, text.at + at, stop - at);
        if (stop < text.len)
            to = put_escape(to, text.at[stop]);
        at = stop + 1;
    }
    return put_char(to, '"');
}
