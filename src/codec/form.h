/* application/x-www-form-urlencoded text and query strings (protocol sections 2 and 12). */
#ifndef CODEC_FORM_H
#define CODEC_FORM_H

#include "base/arena.h"
#include "base/buffer.h"

enum form_result {
    FORM_PAIR,       /* one pair was read */
    FORM_END,        /* nothing left */
    FORM_NO_EQUALS,  /* a pair without '=': its name is set, its value empty; the caller decides */
    FORM_EMPTY_KEY,  /* "=value" */
    FORM_BAD_ESCAPE, /* '%' without two hex digits */
    FORM_NO_MEMORY,
};

/* Takes the next pair off `*rest`, decoded ('+' is a blank, %XY in either case) into `arena`; text
 * without escapes aliases the input. Empty pairs ("&&") are skipped. */
enum form_result form_next(struct slice *rest, struct arena *arena, struct field *ret_pair);

/* Percent-encodes everything but unreserved characters (RFC 3986), upper-case hex. */
void form_encode(struct buffer *out, struct slice text);

#endif
