/* Base64 (RFC 4648 section 4) and hex as text for bytes. Pure; any thread. */
#include "base/check.h"
#include "crypto/digest.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* Up to three bytes as four characters. */
static void base64_group(const unsigned char *bytes, size_t count, char ret_text[4])
{
    uint32_t bits = (uint32_t)bytes[0] << 16;
    if (count > 1)
        bits |= (uint32_t)bytes[1] << 8;
    if (count > 2)
        bits |= bytes[2];
    ret_text[0] = alphabet[bits >> 18];
    ret_text[1] = alphabet[bits >> 12 & 63];
    ret_text[2] = count > 1 ? alphabet[bits >> 6 & 63] : '=';
    ret_text[3] = count > 2 ? alphabet[bits & 63] : '=';
}

void base64_encode(struct buffer *out, struct slice bytes)
{
    CHECK(bytes.len <= SIZE_MAX / 4);
    if (bytes.len == 0 || !buffer_reserve(out, (bytes.len + 2) / 3 * 4))
        return;
    const unsigned char *at = (const unsigned char *)bytes.at;
    for (size_t i = 0; i < bytes.len; i += 3) {
        char text[4];
        base64_group(at + i, bytes.len - i < 3 ? bytes.len - i : 3, text);
        buffer_bytes(out, text, sizeof text);
    }
}

static int base64_value(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '+')
        return 62;
    return c == '/' ? 63 : -1;
}

/* Four characters, the last `pads` of them '=', as 3 - pads bytes. Bits that no byte takes must be
 * zero, so that there is one text only for given bytes. */
static bool base64_ungroup(const char *text, size_t pads, char ret_bytes[3])
{
    uint32_t bits = 0;
    for (size_t i = 0; i < 4; i++) {
        int value = i < 4 - pads ? base64_value(text[i]) : 0;
        if (value < 0)
            return false;
        bits = bits << 6 | (uint32_t)value;
    }
    if (pads > 0 && (bits & ((1u << 8 * pads) - 1)) != 0)
        return false;
    ret_bytes[0] = (char)(bits >> 16);
    ret_bytes[1] = (char)(bits >> 8 & 255);
    ret_bytes[2] = (char)(bits & 255);
    return true;
}

bool base64_decode(struct buffer *out, struct slice text)
{
    size_t start = out->len;
    if (text.len % 4 != 0)
        return false;
    for (size_t i = 0; i < text.len; i += 4) {
        bool last = i + 4 == text.len;
        size_t pads = !last || text.at[i + 3] != '=' ? 0 : text.at[i + 2] == '=' ? 2 : 1;
        char bytes[3];
        if (!base64_ungroup(text.at + i, pads, bytes)) {
            out->len = start;
            return false;
        }
        buffer_bytes(out, bytes, 3 - pads);
    }
    return buffer_ok(out);
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    char lower = ascii_lower(c);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

bool hex_decode(struct slice hex, unsigned char *out, size_t out_len)
{
    if (hex.len / 2 != out_len || hex.len % 2 != 0)
        return false;
    for (size_t i = 0; i < out_len; i++) {
        int high = hex_value(hex.at[2 * i]);
        int low = hex_value(hex.at[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        out[i] = (unsigned char)(high << 4 | low);
    }
    return true;
}
