/* What each byte may be in the grammars of this room: one table, one load a question. Private. */
#ifndef CODEC_BYTES_H
#define CODEC_BYTES_H

#include "base/slice.h"

enum {
    BYTE_TOKEN = 1,      /* tchar (RFC 9110 5.6.2) */
    BYTE_VALUE = 2,      /* in a field value: HTAB, blank, VCHAR, obs-text (RFC 9110 5.5) */
    BYTE_TARGET = 4,     /* in a path or query: pchar, '/', '?', '%' (RFC 3986 3.3, 3.4) */
    BYTE_UNRESERVED = 8, /* letters, digits, - . _ ~ (RFC 3986 2.3) */
    BYTE_HOST = 16,      /* in a reg-name; the comma is left out, see http1.c */
    BYTE_HEX = 32,
    BYTE_DIGIT = 64,
    BYTE_BOUNDARY = 128, /* bchars and blank (RFC 2046 5.1.1) */
};

extern const unsigned char codec_bytes[256];

static inline bool byte_is(char c, unsigned classes)
{
    return (codec_bytes[(unsigned char)c] & classes) != 0;
}

/* How far a run goes. Each returns where it ends, `end` when nothing ends it before. Machines with
 * SSE2 look at sixteen bytes a step, the others at one. */

/* Of bytes of the class, which is any but BYTE_HEX and BYTE_DIGIT. */
const char *bytes_skip(const char *at, const char *end, unsigned classes);
/* Of BYTE_VALUE. */
const char *bytes_skip_value(const char *at, const char *end);
/* Index of the first quote, backslash or control byte at or behind `at`, or text.len: how far a
 * JSON string is plain. *is_ascii becomes false when a byte over 0x7f was passed. */
size_t bytes_skip_plain(struct slice text, size_t at, bool *is_ascii);

/* Every byte of the text is of the class; true for an empty text. */
static inline bool bytes_are(struct slice text, unsigned classes)
{
    if (classes == BYTE_TARGET && text.len > 0)
        return bytes_skip(text.at, text.at + text.len, classes) == text.at + text.len;
    for (size_t i = 0; i < text.len; i++)
        if (!byte_is(text.at[i], classes))
            return false;
    return true;
}

/* The value of a byte of class BYTE_HEX. */
static inline unsigned hex_value(char c)
{
    return (unsigned)(c & 15) + (c > '9' ? 9u : 0u);
}

#endif
