/* multipart/form-data taken apart: no preamble, no epilogue, no padding, every part named.
 *
 * 1. reader->rest begins with a delimiter line ("--boundary") until the last part has been read.
 * 2. Nothing is copied: names with backslash escapes, which would have to be, are refused (clients
 *    of RFC 7578 percent-encode instead).
 *
 * Owns nothing. Any thread. */
#include "codec/multipart.h"

#include "codec/bytes.h"

enum { BOUNDARY_BYTES_MAX = 70 };

static bool take(struct slice *rest, struct slice prefix)
{
    if (!slice_starts_with(*rest, prefix))
        return false;
    *rest = slice_of(rest->at + prefix.len, rest->len - prefix.len);
    return true;
}

static struct slice take_token(struct slice *rest)
{
    size_t len = 0;
    while (len < rest->len && byte_is(rest->at[len], BYTE_TOKEN))
        len++;
    struct slice token = slice_of(rest->at, len);
    *rest = slice_of(rest->at + len, rest->len - len);
    return token;
}

/* A quoted string without escapes. */
static bool take_quoted(struct slice *rest, struct slice *ret_value)
{
    if (!take(rest, SLICE("\"")))
        return false;
    size_t len = slice_find(*rest, '"');
    struct slice value = slice_of(rest->at, len);
    if (len == rest->len || slice_find(value, '\\') < len || !bytes_are(value, BYTE_VALUE))
        return false;
    *ret_value = value;
    *rest = slice_of(rest->at + len + 1, rest->len - len - 1);
    return true;
}

/* `; name=value` with a token or quoted value, off the front. */
static bool take_parameter(struct slice *rest, struct field *ret_parameter)
{
    *rest = slice_trim(*rest);
    if (!take(rest, SLICE(";")))
        return false;
    *rest = slice_trim(*rest);
    ret_parameter->name = take_token(rest);
    if (ret_parameter->name.len == 0 || !take(rest, SLICE("=")))
        return false;
    if (rest->len && rest->at[0] == '"')
        return take_quoted(rest, &ret_parameter->value);
    ret_parameter->value = take_token(rest);
    return ret_parameter->value.len > 0;
}

static bool is_boundary(struct slice text)
{
    return text.len >= 1 && text.len <= BOUNDARY_BYTES_MAX && bytes_are(text, BYTE_BOUNDARY) &&
           text.at[text.len - 1] != ' ';
}

bool multipart_boundary(struct slice content_type, struct slice *ret_boundary)
{
    struct slice rest = slice_trim(content_type);
    struct slice type = SLICE("multipart/form-data");
    struct slice boundary = SLICE_NONE;
    if (rest.len < type.len || !slice_equal_nocase(slice_of(rest.at, type.len), type))
        return false;
    rest = slice_of(rest.at + type.len, rest.len - type.len);
    while (rest.len) {
        struct field parameter;
        if (!take_parameter(&rest, &parameter))
            return false;
        if (!slice_equal_nocase(parameter.name, SLICE("boundary")))
            continue;
        if (boundary.at)
            return false;
        boundary = parameter.value;
    }
    if (!is_boundary(boundary))
        return false;
    *ret_boundary = boundary;
    return true;
}

void multipart_reader_init(struct multipart_reader *reader, struct slice body,
                           struct slice boundary)
{
    /* A form without fields is an empty body (protocol section 15, "none"). */
    *reader = (struct multipart_reader){.rest = body, .boundary = boundary, .ended = body.len == 0};
}

/* form-data; name="..."[; filename="..."] */
static bool read_disposition(struct slice value, struct multipart_part *part)
{
    struct slice type = take_token(&value);
    if (part->name.at || !slice_equal_nocase(type, SLICE("form-data")))
        return false;
    while (value.len) {
        struct field parameter;
        if (!take_parameter(&value, &parameter))
            return false;
        bool is_name = slice_equal_nocase(parameter.name, SLICE("name"));
        bool is_file_name = slice_equal_nocase(parameter.name, SLICE("filename"));
        if ((is_name && part->name.at) || (is_file_name && part->file_name.at))
            return false;
        if (is_name)
            part->name = parameter.value;
        if (is_file_name)
            part->file_name = parameter.value;
    }
    return part->name.len > 0;
}

/* One header line of a part, without its CRLF. */
static bool read_header(struct slice line, struct multipart_part *part)
{
    struct slice name = take_token(&line);
    if (name.len == 0 || !take(&line, SLICE(":")) || !bytes_are(line, BYTE_VALUE))
        return false;
    struct slice value = slice_trim(line);
    if (slice_equal_nocase(name, SLICE("content-disposition")))
        return read_disposition(value, part);
    if (slice_equal_nocase(name, SLICE("content-type"))) {
        if (part->content_type.at)
            return false;
        part->content_type = value;
    }
    return true;
}

/* The header lines and the empty line behind them. */
static bool read_headers(struct slice *rest, struct multipart_part *part)
{
    while (!take(rest, SLICE("\r\n"))) {
        size_t len = slice_find(*rest, '\r');
        struct slice line = slice_of(rest->at, len);
        *rest = slice_of(rest->at + len, rest->len - len);
        if (!take(rest, SLICE("\r\n")) || !read_header(line, part))
            return false;
    }
    return part->name.at != NULL;
}

/* Everything up to the next CRLF "--" boundary; `*rest` then begins with that "--". */
static bool read_body(struct slice *rest, struct slice boundary, struct slice *ret_body)
{
    const char *end = rest->at + rest->len;
    const char *at = rest->at;
    while ((at = memmem(at, (size_t)(end - at), "\r\n--", 4))) {
        struct slice delimiter = slice_of(at + 4, (size_t)(end - at - 4));
        if (slice_starts_with(delimiter, boundary)) {
            *ret_body = slice_of(rest->at, (size_t)(at - rest->at));
            *rest = slice_of(at + 2, (size_t)(end - at - 2));
            return true;
        }
        at += 4;
    }
    return false;
}

static bool read_part(struct multipart_reader *reader, struct multipart_part *part)
{
    return take(&reader->rest, SLICE("\r\n")) && read_headers(&reader->rest, part) &&
           read_body(&reader->rest, reader->boundary, &part->body);
}

enum multipart_result multipart_next(struct multipart_reader *reader,
                                     struct multipart_part *ret_part)
{
    struct multipart_part part = {.name = SLICE_NONE};
    if (reader->ended)
        return MULTIPART_END;
    if (!take(&reader->rest, SLICE("--")) || !take(&reader->rest, reader->boundary))
        return MULTIPART_ERROR;
    if (take(&reader->rest, SLICE("--"))) {
        (void)take(&reader->rest, SLICE("\r\n"));
        reader->ended = true;
        return reader->rest.len == 0 ? MULTIPART_END : MULTIPART_ERROR;
    }
    if (!read_part(reader, &part))
        return MULTIPART_ERROR;
    *ret_part = part;
    return MULTIPART_PART;
}
