/* Buffer: bytes being built, with a ceiling fixed at the start.
 *
 * Appending past the ceiling or when memory runs out appends nothing and sets `lack`, which stays
 * set until buffer_clear: build the whole, check once with buffer_ok. A fixed buffer works on
 * the caller's memory and never allocates; a growing one owns its memory and frees it in
 * buffer_done. One thread at a time. */
#ifndef BASE_BUFFER_H
#define BASE_BUFFER_H

#include "base/check.h"
#include "base/lack.h"
#include "base/slice.h"

struct buffer {
    char *at;
    size_t len;
    size_t cap;
    size_t cap_max;
    bool grows;
    enum lack lack; /* of the first append that failed */
};

void buffer_init_fixed(struct buffer *buffer, void *memory, size_t cap);
/* Allocates nothing until the first append. */
void buffer_init(struct buffer *buffer, size_t cap_max);
/* Frees what a growing buffer owns; harmless on a zeroed or done buffer. */
void buffer_done(struct buffer *buffer);
/* Empties it and forgives `lack`; keeps the memory. */
void buffer_clear(struct buffer *buffer);
/* The part of buffer_reserve that is rarely needed. */
RARE bool buffer_reserve_more(struct buffer *buffer, size_t size);

/* Makes room for `size` more bytes; false (and `lack` is set) when it cannot be. */
static inline bool buffer_reserve(struct buffer *buffer, size_t size)
{
    if (buffer->lack == LACK_NONE && size <= buffer->cap - buffer->len)
        return true;
    return buffer_reserve_more(buffer, size);
}

static inline bool buffer_ok(const struct buffer *buffer)
{
    return buffer->lack == LACK_NONE;
}

static inline struct slice buffer_slice(const struct buffer *buffer)
{
    return (struct slice){buffer->at, buffer->len};
}

/* Room for `size` bytes to be written through the pointer (base/put.h); NULL when it cannot be. */
static inline char *buffer_room(struct buffer *buffer, size_t size)
{
    return buffer_reserve(buffer, size) ? buffer->at + buffer->len : NULL;
}

/* What was written into the room ends at `end`. */
static inline void buffer_wrote(struct buffer *buffer, const char *end)
{
    size_t len = (size_t)(end - buffer->at);
    CHECK(len >= buffer->len && len <= buffer->cap);
    buffer->len = len;
}

static inline void buffer_bytes(struct buffer *buffer, const void *at, size_t len)
{
    if (len == 0 || !buffer_reserve(buffer, len))
        return;
    memcpy(buffer->at + buffer->len, at, len);
    buffer->len += len;
}

static inline void buffer_append(struct buffer *buffer, struct slice text)
{
    buffer_bytes(buffer, text.at, text.len);
}

static inline void buffer_char(struct buffer *buffer, char c)
{
    buffer_bytes(buffer, &c, 1);
}

/* A string literal, without a strlen. */
#define BUFFER_LITERAL(buffer, literal) buffer_bytes((buffer), "" literal, sizeof(literal) - 1)

void buffer_text(struct buffer *buffer, const char *text);
/* Decimal digits, no sign for u64, '-' when negative for i64. */
void buffer_u64(struct buffer *buffer, uint64_t value);
void buffer_i64(struct buffer *buffer, int64_t value);
/* Two lower-case digits a byte. */
void buffer_hex(struct buffer *buffer, const void *at, size_t len);
void buffer_printf(struct buffer *buffer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
