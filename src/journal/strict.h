/* Strict: JSON that this room writes, and reads back: keys in the one order in which they are
 * written, nothing left out, nothing besides. The first thing wrong is remembered (`wrong`: the key
 * that was expected, or what else is amiss) and zeros are given from then on: read the whole, check
 * once with strict_end. Private to the room. */
#ifndef JOURNAL_STRICT_H
#define JOURNAL_STRICT_H

#include "codec/json.h"
#include "journal/journal.h"

/* Writing: a key and its value; `key` NULL in an array. */
void field_u64(struct json_writer *writer, const char *key, uint64_t value);
void field_i64(struct json_writer *writer, const char *key, int64_t value);
void field_text(struct json_writer *writer, const char *key, struct slice text);
void field_hash(struct json_writer *writer, const char *key, const unsigned char hash[32]);
void field_base64(struct json_writer *writer, const char *key, struct slice bytes);
/* A batch's registry_count, registry_hash, token_count, token_hash. */
void field_tallies(struct json_writer *writer, const struct journal_tally *registry,
                   const struct journal_tally *tokens);

struct strict {
    struct json_reader reader;
    struct json_token next; /* not yet taken */
    struct arena *arena;
    const char *wrong; /* NULL = nothing so far */
};

void strict_begin(struct strict *strict, struct slice text, struct arena *arena);
/* True when the text has ended and nothing was wrong. */
bool strict_end(struct strict *strict);
/* Remembers that this is wrong, if nothing was before. */
void strict_fail(struct strict *strict, const char *wrong);

/* Is this the key that comes next? For what is written only sometimes. */
bool strict_has(const struct strict *strict, const char *key);
/* In an array: does another value come? Else the array has been closed. */
bool strict_more(struct strict *strict);

/* With a key in front, or with NULL for an array's value. */
void strict_open_object(struct strict *strict, const char *key);
void strict_close_object(struct strict *strict);
void strict_open_array(struct strict *strict, const char *key);
uint64_t strict_u64(struct strict *strict, const char *key);
int64_t strict_i64(struct strict *strict, const char *key);
bool strict_bool(struct strict *strict, const char *key);
struct slice strict_text(struct strict *strict, const char *key);
/* Exactly `len` bytes in hex. */
void strict_hex(struct strict *strict, const char *key, unsigned char *out, size_t len);
/* What field_tallies wrote. */
void strict_tallies(struct strict *strict, struct journal_tally *ret_registry,
                    struct journal_tally *ret_tokens);
/* Base64; the bytes are in the arena. */
struct slice strict_base64(struct strict *strict, const char *key);

#endif
