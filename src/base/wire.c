/* Numbers and texts as bytes.
 *
 * 1. What wire_put_x writes, wire_get_x reads back, and it accepts no other spelling of it.
 *
 * Owns nothing. Any thread. */
#include "base/wire.h"

#define UIN_HALF UINT64_C(10000000000)

enum { VARINT_BYTES_MAX = 10 };

void wire_put_u64(struct buffer *out, uint64_t value)
{
    if (!buffer_reserve(out, VARINT_BYTES_MAX))
        return;
    while (value >= 0x80) {
        out->at[out->len++] = (char)(value | 0x80);
        value >>= 7;
    }
    out->at[out->len++] = (char)value;
}

void wire_put_i64(struct buffer *out, int64_t value)
{
    uint64_t bits = (uint64_t)value;
    wire_put_u64(out, bits << 1 ^ (value < 0 ? UINT64_MAX : 0));
}

void wire_put_text(struct buffer *out, struct slice text)
{
    wire_put_u64(out, text.len);
    buffer_append(out, text);
}

void wire_put_uin(struct buffer *out, struct uin uin)
{
    wire_put_u64(out, uin.high);
    wire_put_u64(out, uin.low);
}

uint64_t wire_get_long(struct wire *wire)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint8_t byte = wire_get_byte(wire);
        uint64_t bits = byte & 0x7F;
        if (shift == 63 && bits > 1)
            break;
        value |= bits << shift;
        if (byte < 0x80) {
            wire->bad |= byte == 0 && shift > 0; /* a shorter form exists */
            return wire->bad ? 0 : value;
        }
    }
    wire->bad = true;
    return 0;
}

int64_t wire_get_i64(struct wire *wire)
{
    uint64_t bits = wire_get_u64(wire);
    uint64_t half = bits >> 1;
    return bits & 1 ? (int64_t)~half : (int64_t)half;
}

uint64_t wire_get_bounded(struct wire *wire, uint64_t max)
{
    uint64_t value = wire_get_u64(wire);
    wire->bad |= value > max;
    return wire->bad ? 0 : value;
}

struct slice wire_get_text(struct wire *wire, size_t len_max)
{
    return wire_get_bytes(wire, (size_t)wire_get_bounded(wire, len_max));
}

struct slice wire_get_bytes(struct wire *wire, size_t len)
{
    if (wire->bad || len > (size_t)(wire->end - wire->at)) {
        wire->bad = true;
        return SLICE_NONE;
    }
    struct slice bytes = len ? slice_of((const char *)wire->at, len) : SLICE_NONE;
    wire->at += len;
    return bytes;
}

struct uin wire_get_uin(struct wire *wire)
{
    struct uin uin = {0, 0};
    uin.high = wire_get_bounded(wire, UIN_HALF - 1);
    uin.low = wire_get_bounded(wire, UIN_HALF - 1);
    wire->bad |= uin_is_none(uin);
    return uin;
}
