/* CSV (RFC 4180) record by record, and one field written.
 *
 * 1. Every call but the last takes at least one byte off reader->rest, so reading ends.
 * 2. After an error reading goes on behind the first line of the record that had it.
 *
 * Owns nothing; fields alias the text or lie in the caller's arena. Any thread. */
#include "codec/csv.h"

void csv_reader_init(struct csv_reader *reader, struct slice text)
{
    if (slice_starts_with(text, SLICE("\xEF\xBB\xBF")))
        text = slice_of(text.at + 3, text.len - 3);
    *reader = (struct csv_reader){.rest = text, .next_line = 1};
}

/* LF, CRLF or the end of the text; *at moves behind it. */
static bool take_line_end(struct slice text, size_t *at)
{
    size_t after = *at;
    if (after < text.len && text.at[after] == '\r')
        after++;
    if (after < text.len && text.at[after] == '\n')
        after++;
    else if (*at < text.len)
        return false;
    *at = after;
    return true;
}

static const char *read_plain(struct slice text, size_t *at, struct slice *ret_field)
{
    size_t start = *at;
    for (; *at < text.len; ++*at) {
        char c = text.at[*at];
        if (c == ',' || c == '\n' || c == '\r')
            break;
        if (c == '"')
            return "a quote stands inside a field that does not begin with one";
    }
    *ret_field = slice_of(text.at + start, *at - start);
    return NULL;
}

/* Each doubled quote becomes one. */
static bool undouble(struct slice raw, struct arena *arena, struct slice *ret_field)
{
    char *field = arena_take(arena, raw.len);
    size_t len = 0;
    if (!field)
        return false;
    for (size_t i = 0; i < raw.len; i++) {
        field[len++] = raw.at[i];
        i += raw.at[i] == '"';
    }
    *ret_field = slice_of(field, len);
    return true;
}

/* The quoted field whose opening quote is at *at; adds the line ends in it to *lines. */
static const char *read_quoted(struct slice text, size_t *at, struct arena *arena, uint64_t *lines,
                               struct slice *ret_field)
{
    size_t start = ++*at;
    bool is_doubled = false;
    for (; *at < text.len; ++*at) {
        *lines += text.at[*at] == '\n';
        if (text.at[*at] != '"')
            continue;
        if (*at + 1 == text.len || text.at[*at + 1] != '"')
            break;
        is_doubled = true;
        ++*at;
    }
    if (*at == text.len)
        return "a quoted field is not closed";
    *ret_field = slice_of(text.at + start, *at - start);
    ++*at;
    return is_doubled && !undouble(*ret_field, arena, ret_field) ? "a field does not fit in memory"
                                                                 : NULL;
}

/* One record, line end included. */
static const char *read_record(struct slice text, size_t *at, struct arena *arena, uint64_t *lines,
                               struct csv_record *record)
{
    for (record->count = 0;; ++*at) {
        if (record->count == CSV_FIELDS_MAX)
            return "a record has too many fields";
        struct slice *field = &record->fields[record->count];
        bool is_quoted = *at < text.len && text.at[*at] == '"';
        const char *error =
            is_quoted ? read_quoted(text, at, arena, lines, field) : read_plain(text, at, field);
        if (error)
            return error;
        record->count++;
        if (*at < text.len && text.at[*at] == ',')
            continue;
        ++*lines;
        return take_line_end(text, at) ? NULL
               : is_quoted             ? "something stands behind a closing quote"
                                       : "a carriage return stands alone";
    }
}

static void skip_empty_lines(struct csv_reader *reader)
{
    size_t at = 0;
    while (at < reader->rest.len && take_line_end(reader->rest, &at))
        reader->next_line++;
    reader->rest = slice_of(reader->rest.at + at, reader->rest.len - at);
}

enum csv_result csv_next(struct csv_reader *reader, struct arena *arena,
                         struct csv_record *ret_record, const char **ret_error)
{
    skip_empty_lines(reader);
    reader->line = reader->next_line;
    if (reader->rest.len == 0)
        return CSV_END;
    size_t at = 0;
    uint64_t lines = 0;
    const char *error = read_record(reader->rest, &at, arena, &lines, ret_record);
    if (error) {
        *ret_error = error;
        lines = 1;
        at = slice_find(reader->rest, '\n');
        at += at < reader->rest.len;
    }
    reader->rest = slice_of(reader->rest.at + at, reader->rest.len - at);
    reader->next_line += lines;
    return error ? CSV_ERROR : CSV_RECORD;
}

/* Would the field, written bare, be read as something else? A byte-order mark would be dropped at
 * the beginning of a file. */
static bool needs_quotes(struct slice field)
{
    for (size_t i = 0; i < field.len; i++)
        if (memchr(",\"\r\n", field.at[i], 4))
            return true;
    return slice_starts_with(field, SLICE("\xEF\xBB\xBF"));
}

void csv_write(struct buffer *out, struct slice field)
{
    if (!needs_quotes(field)) {
        buffer_append(out, field);
        return;
    }
    buffer_char(out, '"');
    for (struct slice rest = field; rest.at;) {
        buffer_append(out, slice_cut(rest, '"', &rest));
        if (rest.at)
            BUFFER_LITERAL(out, "\"\"");
    }
    buffer_char(out, '"');
}
