/* Building bytes under a ceiling, with a sticky failure instead of a check at every append.
 *
 * 1. len <= cap <= cap_max, always.
 * 2. Once `lack` is set no append changes the bytes until buffer_clear.
 *
 * Owns the memory of growing buffers. One thread at a time. */
#include "base/buffer.h"

#include "base/put.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { FIRST_CAP = 256 };

void buffer_init_fixed(struct buffer *buffer, void *memory, size_t cap)
{
    *buffer = (struct buffer){.at = memory, .cap = cap, .cap_max = cap};
}

void buffer_init(struct buffer *buffer, size_t cap_max)
{
    *buffer = (struct buffer){.cap_max = cap_max, .grows = true};
}

void buffer_done(struct buffer *buffer)
{
    if (buffer->grows)
        free(buffer->at);
    *buffer = (struct buffer){0};
}

void buffer_clear(struct buffer *buffer)
{
    buffer->len = 0;
    buffer->lack = LACK_NONE;
}

static bool grow(struct buffer *buffer, size_t need)
{
    size_t cap = buffer->cap ? buffer->cap : FIRST_CAP;
    while (cap < need)
        cap *= 2;
    if (cap > buffer->cap_max)
        cap = buffer->cap_max;
    char *at = realloc(buffer->at, cap);
    if (!at)
        return false;
    buffer->at = at;
    buffer->cap = cap;
    return true;
}

bool buffer_reserve_more(struct buffer *buffer, size_t size)
{
    CHECK(buffer->len <= buffer->cap);
    if (buffer->lack != LACK_NONE)
        return false;
    if (!buffer->grows || size > buffer->cap_max - buffer->len)
        buffer->lack = LACK_ROOM;
    else if (!grow(buffer, buffer->len + size))
        buffer->lack = LACK_MEMORY;
    return buffer->lack == LACK_NONE;
}

void buffer_text(struct buffer *buffer, const char *text)
{
    buffer_bytes(buffer, text, strlen(text));
}

void buffer_u64(struct buffer *buffer, uint64_t value)
{
    char digits[U64_DIGITS_MAX];
    size_t len = u64_print(value, digits);
    buffer_bytes(buffer, digits, len);
}

void buffer_i64(struct buffer *buffer, int64_t value)
{
    if (value < 0)
        buffer_char(buffer, '-');
    buffer_u64(buffer, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

void buffer_hex(struct buffer *buffer, const void *at, size_t len)
{
    char *room = buffer_room(buffer, 2 * len);
    if (room)
        buffer_wrote(buffer, put_hex(room, at, len));
}

void buffer_printf(struct buffer *buffer, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int need = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    CHECK(need >= 0);
    if (!buffer_reserve(buffer, (size_t)need + 1)) /* vsnprintf writes a final zero */
        return;
    va_start(arguments, format);
    (void)vsnprintf(buffer->at + buffer->len, (size_t)need + 1, format, arguments);
    va_end(arguments);
    buffer->len += (size_t)need;
}
