/* UUIDs as text: 8-4-4-4-12 hex digits. Owns nothing. Any thread. */
#include "codec/uuid.h"

#include "base/put.h"
#include "codec/bytes.h"

static bool is_hyphen(size_t at)
{
    return at == 8 || at == 13 || at == 18 || at == 23;
}

void uuid_print(const unsigned char bytes[UUID_BYTES], char ret_text[UUID_TEXT_SIZE])
{
    char digits[2 * UUID_BYTES];
    (void)put_hex(digits, bytes, UUID_BYTES);
    char *at = put_char(put_bytes(ret_text, digits, 8), '-');
    at = put_char(put_bytes(at, digits + 8, 4), '-');
    at = put_char(put_bytes(at, digits + 12, 4), '-');
    at = put_char(put_bytes(at, digits + 16, 4), '-');
    (void)put_bytes(at, digits + 20, 12);
}

bool uuid_parse(struct slice text, unsigned char ret_bytes[UUID_BYTES])
{
    size_t digits = 0;
    if (text.len != UUID_TEXT_SIZE)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        if (is_hyphen(i) ? c != '-' : !byte_is(c, BYTE_HEX) || (c >= 'A' && c <= 'F'))
            return false;
        if (is_hyphen(i))
            continue;
        unsigned before = digits % 2 == 0 ? 0 : ret_bytes[digits / 2];
        ret_bytes[digits / 2] = (unsigned char)(before << 4 | hex_value(c));
        digits++;
    }
    return true;
}
