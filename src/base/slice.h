/* Slice: a borrowed run of bytes, not zero-terminated. It owns nothing; whoever made it says how
 * long the bytes live. `at` may be NULL only when `len` is 0. */
#ifndef BASE_SLICE_H
#define BASE_SLICE_H

#include "base/check.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct slice {
    const char *at;
    size_t len;
};

/* A named value: an HTTP header, a form parameter, a query pair. */
struct field {
    struct slice name;
    struct slice value;
};

#define SLICE(literal) ((struct slice){"" literal, sizeof(literal) - 1})
#define SLICE_NONE ((struct slice){NULL, 0})
/* For printf: printf("%.*s", SLICE_ARGS(s)). */
#define SLICE_ARGS(slice) (int)(slice).len, (slice).len ? (slice).at : ""

static inline struct slice slice_of(const char *at, size_t len)
{
    return (struct slice){at, len};
}

static inline struct slice slice_text(const char *text)
{
    return (struct slice){text, text ? strlen(text) : 0};
}

static inline bool slice_equal(struct slice a, struct slice b)
{
    /* b.len, because b is the literal where there is one, and then costs next to nothing. */
    return a.len == b.len && (b.len == 0 || memcmp(a.at, b.at, b.len) == 0);
}

static inline char ascii_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

/* The bytes of two slices of the same length. */
bool slice_same_nocase(struct slice a, struct slice b);

/* ASCII letters compared without case, all other bytes exactly. */
static inline bool slice_equal_nocase(struct slice a, struct slice b)
{
    return a.len == b.len && (a.len == 0 || slice_same_nocase(a, b));
}
/* Byte order, shorter first when one is the other's prefix: <0, 0, >0. */
int slice_compare(struct slice a, struct slice b);
static inline bool slice_starts_with(struct slice text, struct slice prefix)
{
    return text.len >= prefix.len &&
           (prefix.len == 0 || memcmp(text.at, prefix.at, prefix.len) == 0);
}

/* The part of slice_trim that is rarely needed. */
RARE struct slice slice_trim_blanks(struct slice text);

/* Without the given kind of blanks at both ends: space and tab / those and CR LF VT FF. */
static inline struct slice slice_trim(struct slice text)
{
    bool is_bare =
        text.len && (unsigned char)text.at[0] > ' ' && (unsigned char)text.at[text.len - 1] > ' ';
    return is_bare ? text : slice_trim_blanks(text);
}
struct slice slice_trim_lines(struct slice text);

/* Index of the first `byte`, or text.len. */
static inline size_t slice_find(struct slice text, char byte)
{
    const char *found = text.len ? (const char *)memchr(text.at, byte, text.len) : NULL;
    return found ? (size_t)(found - text.at) : text.len;
}

/* Up to the first `byte`; `*rest` becomes what follows it (or empty with at NULL if there was
 * none). */
static inline struct slice slice_cut(struct slice text, char byte, struct slice *ret_rest)
{
    size_t end = slice_find(text, byte);
    *ret_rest = end < text.len ? slice_of(text.at + end + 1, text.len - end - 1) : SLICE_NONE;
    return slice_of(text.at, end);
}
/* Plain decimal digits only, no sign, at least one digit, no overflow. Leading zeros allowed. */
bool slice_to_u64(struct slice text, uint64_t *ret_value);
/* As slice_to_u64, with an optional leading '-'. */
bool slice_to_i64(struct slice text, int64_t *ret_value);
/* Writes the decimal digits (1..20, no final zero) and returns how many. What is behind them in
 * `at` may have been written too. */
enum { U64_DIGITS_MAX = 20 };
size_t u64_print(uint64_t value, char at[U64_DIGITS_MAX]);
/* Well-formed UTF-8 (RFC 3629: shortest form, no surrogates, up to U+10FFFF). */
bool slice_is_utf8(struct slice text);
/* Characters (code points) of well-formed UTF-8. */
size_t slice_utf8_length(struct slice text);
/* 64-bit hash for in-memory tables, keyed by a seed that nobody outside knows: whoever chooses the
 * texts cannot make them fall together (base/siphash.h). Not for storage. */
uint64_t slice_hash(struct slice text, uint64_t seed);
/* That of the text with its ASCII capitals made small. */
uint64_t slice_hash_nocase(struct slice text, uint64_t seed);

#endif
