/* Wire: how numbers and texts become bytes in entries and checkpoint rows, the same way everywhere:
 * unsigned numbers as LEB128 (seven bits a byte, lowest first, shortest form only), signed ones
 * zigzagged before, texts behind their length.
 *
 * A reader remembers the first thing wrong (`bad`) and gives zeros from then on: read the whole,
 * check once with wire_ok. */
#ifndef BASE_WIRE_H
#define BASE_WIRE_H

#include "base/amount.h"
#include "base/buffer.h"
#include "base/uin.h"

struct wire {
    const unsigned char *at;
    const unsigned char *end;
    bool bad;
};

void wire_put_u64(struct buffer *out, uint64_t value);
void wire_put_i64(struct buffer *out, int64_t value);
void wire_put_text(struct buffer *out, struct slice text);
void wire_put_uin(struct buffer *out, struct uin uin);

static inline void wire_put_byte(struct buffer *out, uint8_t value)
{
    buffer_char(out, (char)value);
}

static inline struct wire wire_of(struct slice bytes)
{
    const unsigned char *at = (const unsigned char *)bytes.at;
    return (struct wire){at, bytes.len ? at + bytes.len : at, false};
}

/* Nothing was wrong, and nothing is left. */
static inline bool wire_ok(const struct wire *wire)
{
    return !wire->bad && wire->at == wire->end;
}

uint64_t wire_get_long(struct wire *wire); /* a u64 of any length */

static inline uint8_t wire_get_byte(struct wire *wire)
{
    if (wire->bad || wire->at == wire->end) {
        wire->bad = true;
        return 0;
    }
    return *wire->at++;
}

/* Most numbers are small. */
static inline uint64_t wire_get_u64(struct wire *wire)
{
    if (!wire->bad && wire->at != wire->end && *wire->at < 0x80)
        return *wire->at++;
    return wire_get_long(wire);
}

int64_t wire_get_i64(struct wire *wire);
/* Bad when above `max`. */
uint64_t wire_get_bounded(struct wire *wire, uint64_t max);
/* Aliases the bytes read; bad when longer than `len_max`. */
struct slice wire_get_text(struct wire *wire, size_t len_max);
/* The next `len` bytes, aliased; bad when there are fewer. */
struct slice wire_get_bytes(struct wire *wire, size_t len);
/* Bad when it is no account's number. */
struct uin wire_get_uin(struct wire *wire);

#endif
