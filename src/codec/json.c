/* JSON read strictly in one pass, and written; codec/json.h says what is refused.
 *
 * 1. reader->at never passes text.len, and nothing behind text.len is read.
 * 2. After an error reader->at is the offending byte and stays there.
 * 3. The keys of an open object are kept in the arena: a short list first, then a hash set whose
 *    size follows from the number of keys. Its hash is keyed with bits that differ from process to
 *    process and are told to nobody (base/siphash.h), so that checking n keys costs O(n) steps
 *    whoever chose them.
 * 4. No recursion: the open arrays and objects are reader->levels[0 .. depth).
 *
 * Owns nothing. Any thread. */
#include "codec/json.h"

#include "base/check.h"
#include "base/siphash.h"
#include "codec/bytes.h"

/* A key of an open object. `at` is NULL in a free slot. */
struct json_key_seen {
    const char *at;
    size_t len;
};

enum { LISTED_KEYS_MAX = 8 };

RARE static enum json_kind fail(struct json_reader *reader, const char *error)
{
    reader->error = error;
    return JSON_ERROR;
}

RARE static enum json_kind fail_at(struct json_reader *reader, size_t at, const char *error)
{
    reader->at = at;
    return fail(reader, error);
}

/* Strings. */

static bool parse_hex4(struct slice text, size_t at, uint32_t *ret_unit)
{
    uint32_t unit = 0;
    if (text.len - at < 4)
        return false;
    for (size_t i = at; i < at + 4; i++) {
        if (!byte_is(text.at[i], BYTE_HEX))
            return false;
        unit = unit * 16 + hex_value(text.at[i]);
    }
    *ret_unit = unit;
    return true;
}

/* The character of the escape \uXXXX (or the pair of them) whose 'u' is at *at; *at moves behind
 * it. False for bad digits and lone surrogates. */
static bool parse_unicode_escape(struct slice text, size_t *at, uint32_t *ret_character)
{
    uint32_t high;
    uint32_t low;
    if (!parse_hex4(text, *at + 1, &high) || (high >= 0xDC00 && high <= 0xDFFF))
        return false;
    *at += 5;
    *ret_character = high;
    if (high < 0xD800 || high > 0xDFFF)
        return true;
    if (text.len - *at < 6 || text.at[*at] != '\\' || text.at[*at + 1] != 'u' ||
        !parse_hex4(text, *at + 2, &low) || low < 0xDC00 || low > 0xDFFF)
        return false;
    *at += 6;
    *ret_character = 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
    return true;
}

static size_t put_utf8(char *to, uint32_t character)
{
    if (character < 0x80) {
        to[0] = (char)character;
        return 1;
    }
    size_t len = character < 0x800 ? 2 : character < 0x10000 ? 3 : 4;
    for (size_t i = len - 1; i > 0; i--, character >>= 6)
        to[i] = (char)(0x80 | (character & 0x3F));
    to[0] = (char)((0xF00u >> len & 0xFF) | character);
    return len;
}

static char simple_escape(char c)
{
    switch (c) {
    case '"':
    case '\\':
    case '/':
        return c;
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    default:
        return 0;
    }
}

/* The character of the escape whose '\\' is at *at; *at moves behind it. NULL, or what is wrong. */
static const char *parse_escape(struct slice raw, size_t *at, uint32_t *ret_character)
{
    char kind = raw.at[*at + 1];
    char simple = simple_escape(kind);
    *at += 1;
    if (kind == 'u')
        return parse_unicode_escape(raw, at, ret_character)
                   ? NULL
                   : "a \\u escape is malformed or half a surrogate pair";
    *at += 1;
    *ret_character = (unsigned char)simple;
    return simple ? NULL : "no such escape exists";
}

/* Undoes the escapes of `raw` into the arena: never longer than it was. */
static bool decode_string(struct json_reader *reader, size_t start, struct slice raw,
                          struct slice *ret_text)
{
    char *decoded = arena_take(reader->arena, raw.len);
    size_t len = 0;
    size_t at = 0;
    if (!decoded) {
        fail_at(reader, start, "the text does not fit in memory");
        return false;
    }
    while (at < raw.len) {
        size_t plain = slice_find(slice_of(raw.at + at, raw.len - at), '\\');
        memcpy(decoded + len, raw.at + at, plain);
        len += plain;
        at += plain;
        if (at == raw.len)
            break;
        uint32_t character;
        size_t escape = at;
        const char *error = parse_escape(raw, &at, &character);
        if (error) {
            fail_at(reader, start + escape, error);
            return false;
        }
        len += put_utf8(decoded + len, character);
    }
    *ret_text = slice_of(decoded, len);
    return true;
}

/* Index of the closing quote of the string that begins at `at`; text.len on error. */
static size_t find_closing_quote(struct json_reader *reader, size_t at, bool *ret_is_ascii,
                                 bool *ret_has_escapes)
{
    struct slice text = reader->text;
    *ret_is_ascii = true;
    *ret_has_escapes = false;
    for (;;) {
        at = bytes_skip_plain(text, at, ret_is_ascii);
        if (at < text.len && text.at[at] == '"')
            return at;
        if (text.len - at < 2)
            break;
        if (text.at[at] != '\\') {
            fail_at(reader, at, "a control byte stands in a string");
            return text.len;
        }
        *ret_has_escapes = true;
        at += 2;
    }
    fail_at(reader, text.len, "a string is not closed");
    return text.len;
}

static bool read_unusual_string(struct json_reader *reader, size_t start, struct slice *ret_text)
{
    bool is_ascii;
    bool has_escapes;
    size_t close = find_closing_quote(reader, start, &is_ascii, &has_escapes);
    if (reader->error)
        return false;
    struct slice raw = slice_of(reader->text.at + start, close - start);
    if (!is_ascii && !slice_is_utf8(raw)) {
        fail_at(reader, start, "a string is not UTF-8");
        return false;
    }
    if (has_escapes && !decode_string(reader, start, raw, &raw))
        return false;
    reader->at = close + 1;
    *ret_text = raw;
    return true;
}

/* The string whose opening quote is at reader->at; reader->at moves behind the closing one. */
static inline bool read_string(struct json_reader *reader, struct slice *ret_text)
{
    struct slice text = reader->text;
    size_t start = reader->at + 1;
    bool is_ascii = true;
    size_t stop = bytes_skip_plain(text, start, &is_ascii);
    if (stop == text.len || text.at[stop] != '"' || !is_ascii)
        return read_unusual_string(reader, start, ret_text);
    reader->at = stop + 1;
    *ret_text = slice_of(text.at + start, stop - start);
    return true;
}

/* Keys. */

/* Slots the set has for `count` keys: two to four times as many. */
static size_t slots_for(uint32_t count)
{
    size_t slots = 4 * LISTED_KEYS_MAX;
    while (slots < 2 * (size_t)count + 2)
        slots *= 2;
    return slots;
}

/* The free slot for the key, or NULL when the key is there already. */
static struct json_key_seen *find_slot(struct json_reader *reader, struct json_key_seen *slots,
                                       size_t slot_count, uint64_t seed, struct slice key)
{
    size_t at = (size_t)slice_hash(key, seed) & (slot_count - 1);
    while (slots[at].at) {
        reader->key_steps++;
        if (slice_equal(slice_of(slots[at].at, slots[at].len), key))
            return NULL;
        at = (at + 1) & (slot_count - 1);
    }
    return &slots[at];
}

/* Moves the keys seen so far into a set with room for one more. */
static bool grow_keys(struct json_reader *reader, struct json_level *level, size_t from_count)
{
    size_t slot_count = slots_for(level->count + 1);
    uint64_t seed = siphash_seed();
    struct json_key_seen *slots = arena_take_array(reader->arena, slot_count, sizeof *slots);
    if (!slots)
        return false;
    for (size_t i = 0; i < from_count; i++) {
        struct json_key_seen key = level->keys[i];
        if (!key.at)
            continue;
        struct json_key_seen *place =
            find_slot(reader, slots, slot_count, seed, slice_of(key.at, key.len));
        CHECK(place); /* no two are alike */
        *place = key;
    }
    level->keys = slots;
    return true;
}

/* Where the key goes, in *ret_place (NULL: it is there already); false when memory is short. */
static bool place_key(struct json_reader *reader, struct json_level *level, struct slice key,
                      struct json_key_seen **ret_place)
{
    uint32_t count = level->count;
    *ret_place = NULL;
    if (count == 0)
        level->keys = arena_take(reader->arena, LISTED_KEYS_MAX * sizeof *level->keys);
    if (!level->keys)
        return false;
    if (count < LISTED_KEYS_MAX) {
        for (uint32_t i = 0; i < count; i++)
            if (slice_equal(slice_of(level->keys[i].at, level->keys[i].len), key))
                return true;
        *ret_place = &level->keys[count];
        return true;
    }
    if (count == LISTED_KEYS_MAX && !grow_keys(reader, level, LISTED_KEYS_MAX))
        return false;
    if (slots_for(count + 1) != slots_for(count) && !grow_keys(reader, level, slots_for(count)))
        return false;
    *ret_place = find_slot(reader, level->keys, slots_for(count + 1), siphash_seed(), key);
    return true;
}

static bool note_key(struct json_reader *reader, size_t start, struct slice key)
{
    struct json_level *level = &reader->levels[reader->depth - 1];
    struct json_key_seen *place;
    if (!place_key(reader, level, key, &place)) {
        fail_at(reader, start, "the keys do not fit in memory");
        return false;
    }
    if (!place) {
        fail_at(reader, start, "a key is there twice");
        return false;
    }
    *place = (struct json_key_seen){key.at, key.len};
    level->count++;
    return true;
}

/* Values. */

static inline char peek(const struct json_reader *reader)
{
    return reader->at < reader->text.len ? reader->text.at[reader->at] : '\0';
}

/* The next byte that is no blank stands at reader->at; '\0' when there is none. */
static inline char skip_blanks(struct json_reader *reader)
{
    for (; reader->at < reader->text.len; reader->at++) {
        char c = reader->text.at[reader->at];
        if ((unsigned char)c > ' ' || (c != ' ' && c != '\n' && c != '\r' && c != '\t'))
            return c;
    }
    return '\0';
}

static bool skip_digits(struct json_reader *reader)
{
    size_t start = reader->at;
    while (byte_is(peek(reader), BYTE_DIGIT))
        reader->at++;
    return reader->at > start;
}

static enum json_kind read_number(struct json_reader *reader, struct json_token *ret_token)
{
    size_t start = reader->at;
    if (peek(reader) == '-')
        reader->at++;
    if (peek(reader) == '0')
        reader->at++;
    else if (!skip_digits(reader))
        return fail(reader, "a number has no digits");
    if (peek(reader) == '.') {
        reader->at++;
        if (!skip_digits(reader))
            return fail(reader, "a number has no digits behind the point");
    }
    if (peek(reader) == 'e' || peek(reader) == 'E') {
        reader->at++;
        if (peek(reader) == '+' || peek(reader) == '-')
            reader->at++;
        if (!skip_digits(reader))
            return fail(reader, "a number has no digits in its exponent");
    }
    ret_token->text = slice_of(reader->text.at + start, reader->at - start);
    return JSON_NUMBER;
}

static enum json_kind read_word(struct json_reader *reader, struct slice word, enum json_kind kind)
{
    struct slice rest = slice_of(reader->text.at + reader->at, reader->text.len - reader->at);
    if (!slice_starts_with(rest, word))
        return fail(reader, "a value is neither true, false nor null");
    reader->at += word.len;
    return kind;
}

static enum json_kind open_level(struct json_reader *reader, enum json_kind kind)
{
    if (reader->depth == JSON_DEPTH_MAX)
        return fail(reader, "arrays and objects are nested too deeply");
    reader->levels[reader->depth++] = (struct json_level){.is_object = kind == JSON_OBJECT};
    reader->at++;
    return kind;
}

static enum json_kind close_level(struct json_reader *reader, enum json_kind kind)
{
    reader->depth--;
    reader->ended = reader->depth == 0;
    reader->at++;
    return kind;
}

/* The value that begins with `c`, the byte at reader->at. */
static enum json_kind read_value(struct json_reader *reader, char c, struct json_token *ret_token)
{
    reader->after_key = false;
    reader->ended = reader->depth == 0;
    switch (c) {
    case '{':
        return open_level(reader, JSON_OBJECT);
    case '[':
        return open_level(reader, JSON_ARRAY);
    case '"':
        return read_string(reader, &ret_token->text) ? JSON_STRING : JSON_ERROR;
    case 't':
        return read_word(reader, SLICE("true"), JSON_TRUE);
    case 'f':
        return read_word(reader, SLICE("false"), JSON_FALSE);
    case 'n':
        return read_word(reader, SLICE("null"), JSON_NULL);
    default:
        break;
    }
    if (c == '-' || byte_is(c, BYTE_DIGIT))
        return read_number(reader, ret_token);
    return fail(reader, reader->at < reader->text.len ? "a value was expected"
                                                      : "the text ends where a value was expected");
}

static enum json_kind read_member(struct json_reader *reader, char c, struct json_token *ret_token)
{
    struct json_level *level = &reader->levels[reader->depth - 1];
    if (c == '}')
        return close_level(reader, JSON_OBJECT_END);
    if (level->count > 0) {
        if (c != ',')
            return fail(reader, "a comma or the end of the object was expected");
        reader->at++;
        c = skip_blanks(reader);
    }
    size_t start = reader->at;
    if (c != '"')
        return fail(reader, "a key was expected");
    if (!read_string(reader, &ret_token->text) || !note_key(reader, start, ret_token->text))
        return JSON_ERROR;
    if (skip_blanks(reader) != ':')
        return fail(reader, "a colon was expected behind a key");
    reader->at++;
    reader->after_key = true;
    return JSON_KEY;
}

static enum json_kind read_item(struct json_reader *reader, char c, struct json_token *ret_token)
{
    struct json_level *level = &reader->levels[reader->depth - 1];
    if (c == ']')
        return close_level(reader, JSON_ARRAY_END);
    if (level->count > 0) {
        if (c != ',')
            return fail(reader, "a comma or the end of the array was expected");
        reader->at++;
        c = skip_blanks(reader);
    }
    level->count = 1; /* only "more than none" matters in an array */
    return read_value(reader, c, ret_token);
}

static enum json_kind read_end(struct json_reader *reader)
{
    return reader->at == reader->text.len
               ? JSON_END
               : fail(reader, "there is something behind the end of the text");
}

void json_reader_init(struct json_reader *reader, struct slice text, struct arena *arena)
{
    reader->text = text;
    reader->at = 0;
    reader->arena = arena;
    reader->error = NULL;
    reader->key_steps = 0;
    reader->depth = 0;
    reader->after_key = false;
    reader->ended = false;
    if (slice_starts_with(text, SLICE("\xEF\xBB\xBF")))
        reader->error = "the text begins with a byte-order mark";
}

enum json_kind json_next(struct json_reader *reader, struct json_token *ret_token)
{
    *ret_token = (struct json_token){.kind = JSON_ERROR};
    if (reader->error)
        return JSON_ERROR;
    char c = skip_blanks(reader);
    if (reader->depth == 0 && reader->ended)
        ret_token->kind = read_end(reader);
    else if (reader->depth == 0 || reader->after_key)
        ret_token->kind = read_value(reader, c, ret_token);
    else if (reader->levels[reader->depth - 1].is_object)
        ret_token->kind = read_member(reader, c, ret_token);
    else
        ret_token->kind = read_item(reader, c, ret_token);
    return ret_token->kind;
}

bool json_skip_rest(struct json_reader *reader, enum json_kind kind)
{
    if (kind != JSON_ARRAY && kind != JSON_OBJECT)
        return kind != JSON_ERROR;
    uint32_t outer_depth = reader->depth - 1;
    struct json_token token;
    while (reader->depth > outer_depth)
        if (json_next(reader, &token) == JSON_ERROR)
            return false;
    return true;
}

bool json_skip(struct json_reader *reader)
{
    struct json_token token;
    enum json_kind kind = json_next(reader, &token);
    if (kind == JSON_ARRAY_END || kind == JSON_OBJECT_END || kind == JSON_KEY || kind == JSON_END)
        kind = fail(reader, "a value was expected");
    return json_skip_rest(reader, kind);
}

const char *json_error(const struct json_reader *reader)
{
    return reader->error;
}

size_t json_error_offset(const struct json_reader *reader)
{
    return reader->at;
}

bool json_number_to_i64(struct slice number, int64_t *ret_value)
{
    return slice_to_i64(number, ret_value);
}
