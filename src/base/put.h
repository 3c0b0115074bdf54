/* Put: bytes written through a bare pointer, for what is written with every answer. A row is some
 * thirty pieces, and asking the buffer's ceiling for each costs more than the piece: room for the
 * longest row there can be is made once, and what was written is told once.
 *
 *     char *at = buffer_room(out, ROW_BYTES_MAX);
 *     if (!at)
 *         return;
 *     at = PUT_LITERAL(at, "{\"Id\":");
 *     at = put_u64(at, id);
 *     buffer_wrote(out, at);
 *
 * Each of these returns where the next byte goes. Whoever calls them has made the room. */
#ifndef BASE_PUT_H
#define BASE_PUT_H

#include "base/buffer.h"
#include "base/uin.h"
#include "base/word.h"

enum { PUT_U64_MAX = U64_DIGITS_MAX, PUT_I64_MAX = U64_DIGITS_MAX };

/* A string literal, without a strlen. */
#define PUT_LITERAL(at, literal) put_bytes((at), "" literal, sizeof(literal) - 1)

static inline char *put_bytes(char *at, const void *from, size_t len)
{
    memcpy(at, from, len);
    return at + len;
}

static inline char *put_slice(char *at, struct slice text)
{
    return text.len ? put_bytes(at, text.at, text.len) : at;
}

static inline char *put_char(char *at, char c)
{
    *at = c;
    return at + 1;
}

static inline char *put_u64(char *at, uint64_t value)
{
    if (value < 10)
        return put_char(at, (char)('0' + value));
    return at + u64_print(value, at);
}

static inline char *put_i64(char *at, int64_t value)
{
    if (value >= 0)
        return put_u64(at, (uint64_t)value);
    return put_u64(put_char(at, '-'), 0 - (uint64_t)value);
}

static inline char *put_uin(char *at, struct uin uin)
{
    return at + uin_print(uin, at);
}

/* Capitals made small; up to seven bytes behind the text are written too. */
static inline char *put_lower(char *at, struct slice text)
{
    size_t i = 0;
    for (; text.len - i >= WORD_BYTES; i += WORD_BYTES)
        word_store(at + i, word_lower(word_load(text.at + i)));
    if (i < text.len)
        word_store(at + i, word_lower(word_load_part(text.at + i, text.len - i)));
    return at + text.len;
}

/* Two lower-case digits a byte. By arithmetic rather than a table, so that the compiler can make
 * vectors of it. */
static inline char *put_hex(char *at, const void *from, size_t len)
{
    const unsigned char *bytes = from;
    for (size_t i = 0; i < len; i++) {
        unsigned high = bytes[i] >> 4;
        unsigned low = bytes[i] & 15u;
        at[2 * i] = (char)('0' + high + (high > 9 ? 'a' - '0' - 10 : 0));
        at[2 * i + 1] = (char)('0' + low + (low > 9 ? 'a' - '0' - 10 : 0));
    }
    return at + 2 * len;
}

#endif
