/* JSON of our own, written and read back (strict.h).
 *
 * 1. strict->next is the token behind all that was taken; after the first fault nothing is taken
 *    any more.
 *
 * Owns nothing. Any thread. */
#include "journal/strict.h"

#include "crypto/digest.h"

static void put_key(struct json_writer *writer, const char *key)
{
    if (key)
        json_write_key(writer, slice_text(key));
}

void field_u64(struct json_writer *writer, const char *key, uint64_t value)
{
    put_key(writer, key);
    json_write_u64(writer, value);
}

void field_i64(struct json_writer *writer, const char *key, int64_t value)
{
    put_key(writer, key);
    json_write_i64(writer, value);
}

void field_text(struct json_writer *writer, const char *key, struct slice text)
{
    put_key(writer, key);
    json_write_string(writer, text);
}

void field_hash(struct json_writer *writer, const char *key, const unsigned char hash[32])
{
    char hex[2 * SHA256_SIZE];
    struct buffer digits;
    buffer_init_fixed(&digits, hex, sizeof hex);
    buffer_hex(&digits, hash, SHA256_SIZE);
    field_text(writer, key, buffer_slice(&digits));
}

void field_base64(struct json_writer *writer, const char *key, struct slice bytes)
{
    put_key(writer, key);
    json_write_raw(writer, SLICE("\""));
    base64_encode(writer->out, bytes);
    BUFFER_LITERAL(writer->out, "\"");
}

/* Reading -------------------------------------------------------------------------------------- */

static void advance(struct strict *strict)
{
    if (json_next(&strict->reader, &strict->next) == JSON_ERROR)
        strict_fail(strict, json_error(&strict->reader));
}

void field_tallies(struct json_writer *writer, const struct journal_tally *registry,
                   const struct journal_tally *tokens)
{
    field_u64(writer, "registry_count", registry->count);
    field_hash(writer, "registry_hash", registry->hash);
    field_u64(writer, "token_count", tokens->count);
    field_hash(writer, "token_hash", tokens->hash);
}

void strict_begin(struct strict *strict, struct slice text, struct arena *arena)
{
    *strict = (struct strict){.arena = arena};
    json_reader_init(&strict->reader, text, arena);
    advance(strict);
}

bool strict_end(struct strict *strict)
{
    if (strict->next.kind != JSON_END)
        strict_fail(strict, "more than is expected");
    return !strict->wrong;
}

void strict_fail(struct strict *strict, const char *wrong)
{
    if (!strict->wrong)
        strict->wrong = wrong;
}

bool strict_has(const struct strict *strict, const char *key)
{
    return !strict->wrong && strict->next.kind == JSON_KEY &&
           slice_equal(strict->next.text, slice_text(key));
}

bool strict_more(struct strict *strict)
{
    if (strict->wrong)
        return false;
    if (strict->next.kind != JSON_ARRAY_END)
        return true;
    advance(strict);
    return false;
}

/* The value behind the key, when it is of that kind. */
static struct slice take(struct strict *strict, const char *key, enum json_kind kind)
{
    if (key && !strict_has(strict, key))
        strict_fail(strict, key);
    if (key && !strict->wrong)
        advance(strict);
    if (!strict->wrong && strict->next.kind != kind)
        strict_fail(strict, key ? key : "a value of another kind");
    if (strict->wrong)
        return SLICE_NONE;
    struct slice text = strict->next.text;
    advance(strict);
    return text;
}

void strict_open_object(struct strict *strict, const char *key)
{
    (void)take(strict, key, JSON_OBJECT);
}

void strict_close_object(struct strict *strict)
{
    if (!strict->wrong && strict->next.kind != JSON_OBJECT_END)
        strict_fail(strict, "more keys than are expected");
    if (!strict->wrong)
        advance(strict);
}

void strict_open_array(struct strict *strict, const char *key)
{
    (void)take(strict, key, JSON_ARRAY);
}

uint64_t strict_u64(struct strict *strict, const char *key)
{
    uint64_t value = 0;
    struct slice text = take(strict, key, JSON_NUMBER);
    if (!strict->wrong && !slice_to_u64(text, &value))
        strict_fail(strict, key ? key : "a number");
    return strict->wrong ? 0 : value;
}

int64_t strict_i64(struct strict *strict, const char *key)
{
    int64_t value = 0;
    struct slice text = take(strict, key, JSON_NUMBER);
    if (!strict->wrong && !json_number_to_i64(text, &value))
        strict_fail(strict, key ? key : "a number");
    return strict->wrong ? 0 : value;
}

bool strict_bool(struct strict *strict, const char *key)
{
    bool is_true = strict_has(strict, key);
    if (is_true)
        advance(strict);
    is_true = is_true && strict->next.kind == JSON_TRUE;
    if (!is_true && strict->next.kind != JSON_FALSE)
        strict_fail(strict, key);
    if (!strict->wrong)
        advance(strict);
    return is_true;
}

struct slice strict_text(struct strict *strict, const char *key)
{
    return take(strict, key, JSON_STRING);
}

void strict_hex(struct strict *strict, const char *key, unsigned char *out, size_t len)
{
    struct slice text = take(strict, key, JSON_STRING);
    memset(out, 0, len);
    if (!strict->wrong && !hex_decode(text, out, len))
        strict_fail(strict, key ? key : "hex digits");
}

struct slice strict_base64(struct strict *strict, const char *key)
{
    struct buffer bytes;
    struct slice text = take(strict, key, JSON_STRING);
    size_t size = text.len / 4 * 3 + 1;
    char *memory = strict->wrong ? NULL : arena_take(strict->arena, size);
    if (!memory) {
        strict_fail(strict, "no memory");
        return SLICE_NONE;
    }
    buffer_init_fixed(&bytes, memory, size);
    if (!base64_decode(&bytes, text))
        strict_fail(strict, key ? key : "base64");
    return strict->wrong ? SLICE_NONE : buffer_slice(&bytes);
}

void strict_tallies(struct strict *strict, struct journal_tally *ret_registry,
                    struct journal_tally *ret_tokens)
{
    ret_registry->count = strict_u64(strict, "registry_count");
    strict_hex(strict, "registry_hash", ret_registry->hash, sizeof ret_registry->hash);
    ret_tokens->count = strict_u64(strict, "token_count");
    strict_hex(strict, "token_hash", ret_tokens->hash, sizeof ret_tokens->hash);
}
