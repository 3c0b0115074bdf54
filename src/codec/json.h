/* JSON (RFC 8259), strictly, in one pass: a pull reader and a writer. ADR 2 says why it is ours.
 *
 * The reader refuses duplicate keys in an object, invalid UTF-8, lone surrogates, depth over 32,
 * bytes after the text, a byte-order mark, and everything else RFC 8259 does not allow. Stack and
 * memory are O(1) but for decoded strings, which go to the caller's arena (strings without escapes
 * alias the input). After JSON_ERROR every call answers JSON_ERROR. */
#ifndef CODEC_JSON_H
#define CODEC_JSON_H

#include "base/arena.h"
#include "base/buffer.h"

enum { JSON_DEPTH_MAX = 32 };

enum json_kind {
    JSON_ERROR,
    JSON_NULL,
    JSON_FALSE,
    JSON_TRUE,
    JSON_NUMBER, /* text: the literal as written */
    JSON_STRING, /* text: decoded */
    JSON_ARRAY,  /* opens; ends with JSON_ARRAY_END */
    JSON_ARRAY_END,
    JSON_OBJECT, /* opens; then JSON_KEY and a value, again and again, then JSON_OBJECT_END */
    JSON_OBJECT_END,
    JSON_KEY, /* text: decoded */
    JSON_END, /* of the whole text */
};

struct json_token {
    enum json_kind kind;
    struct slice text;
};

/* Private to json.c; sized here so that it can live on a stack. */
struct json_level {
    bool is_object;
    uint32_t count;             /* values or keys seen */
    struct json_key_seen *keys; /* for the duplicate check, in the arena */
};

struct json_reader {
    struct slice text;
    size_t at;
    struct arena *arena;
    const char *error;  /* NULL or a static sentence */
    uint64_t key_steps; /* keys looked at to find repeated ones, so that a test can hold it down */
    uint32_t depth;
    bool after_key;
    bool ended;
    struct json_level levels[JSON_DEPTH_MAX];
};

/* After an error: it is not the text's. What reading it needs could not be had: memory, or more
 * than the arena's ceiling. */
static inline bool json_is_short(const struct json_reader *reader)
{
    return reader->arena->lack != LACK_NONE;
}

/* `text` and `arena` must outlive the reader and everything read from it. */
void json_reader_init(struct json_reader *reader, struct slice text, struct arena *arena);
enum json_kind json_next(struct json_reader *reader, struct json_token *ret_token);
/* Skips the value that would come next (after a key, or in an array); false on error, and it is an
 * error when no value comes. The skipped part is checked as strictly as the rest. */
bool json_skip(struct json_reader *reader);
/* Skips what is left of the value whose opening token was `kind` (nothing for scalars). */
bool json_skip_rest(struct json_reader *reader, enum json_kind kind);
/* Why, as a static sentence, and where (byte offset; of text that is not UTF-8: where the string
 * begins), after JSON_ERROR. */
const char *json_error(const struct json_reader *reader);
size_t json_error_offset(const struct json_reader *reader);

/* The literal is an integer (no fraction, no exponent) that fits. */
bool json_number_to_i64(struct slice number, int64_t *ret_value);

/* Writer: commas are put where they belong. `out` collects the text; a full buffer is seen in
 * buffer_ok(out). Keys are given as literals or slices and are escaped like strings. */
struct json_writer {
    struct buffer *out;
    bool comma;
};

void json_writer_init(struct json_writer *writer, struct buffer *out);
void json_open_object(struct json_writer *writer);
void json_close_object(struct json_writer *writer);
void json_open_array(struct json_writer *writer);
void json_close_array(struct json_writer *writer);
void json_write_key(struct json_writer *writer, struct slice key);
/* `text` must be valid UTF-8; control characters, '"' and '\' are escaped, nothing else. */
void json_write_string(struct json_writer *writer, struct slice text);
void json_write_bool(struct json_writer *writer, bool value);
void json_write_i64(struct json_writer *writer, int64_t value);
void json_write_u64(struct json_writer *writer, uint64_t value);
void json_write_null(struct json_writer *writer);
/* A value that is JSON already, byte for byte. */
void json_write_raw(struct json_writer *writer, struct slice json);
/* Only the quoted, escaped text, without commas. */
void json_quote(struct buffer *out, struct slice text);
/* The same through a bare pointer (base/put.h); at most so many bytes for a text of that length. */
enum { JSON_ESCAPE_BYTES_MAX = 6 };
#define JSON_QUOTED_BYTES_MAX(len) (2 + JSON_ESCAPE_BYTES_MAX * (len))
char *json_put_quoted(char *at, struct slice text);

#endif
