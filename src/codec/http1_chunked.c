/* Chunked bodies (RFC 9112 7.1) decoded in place, byte by byte: every byte either moves the state
 * on or refuses the body, so that the verdict cannot depend on cutting.
 *
 * 1. Payload moves only towards the front, and only within the fresh bytes.
 * 2. Everything that is not payload counts as overhead: at most 64 KiB plus half of what has been
 *    decoded, so that tiny chunks do not pay. A line has at most 4 KiB.
 * 3. A refusal is final: every later call repeats it.
 *
 * Owns nothing. Any thread. */
#include "codec/http1.h"

#include "codec/bytes.h"

enum {
    SIZE_DIGITS_MAX = 16,
    LINE_BYTES_MAX = 4096,
    OVERHEAD_BYTES_FREE = 64 * 1024,
    TINY_FRAME_BYTES = 5 /* a digit and two line ends */
};

/* What the next byte belongs to. Zero is the start. */
enum state {
    SIZE_FIRST,
    SIZE,
    SIZE_ZERO,     /* after a leading 0, which must be the whole size */
    EXT_BLANK,     /* blanks before ';' */
    EXT_NAME_LEAD, /* after ';' */
    EXT_NAME,
    EXT_NAME_BLANK,
    EXT_VALUE_LEAD, /* after '=' */
    EXT_TOKEN,
    EXT_QUOTED,
    EXT_ESCAPED,
    EXT_QUOTE_END,
    DATA_CR,
    TRAILER_LEAD,
    TRAILER_NAME,
    TRAILER_VALUE,
    STATES_BY_TABLE, /* the states above move by the table below, those under it by what they do */
    SIZE_LF,
    DATA,
    DATA_LF,
    TRAILER_LF,
    FINAL_LF,
    DONE,
    REFUSED_SYNTAX,
    REFUSED_BODY,
    REFUSED_LINE,
    REFUSED_OVERHEAD,
};

enum kind { OTHER, TCHAR, EQUALS, SEMICOLON, COLON, QUOTE, BACKSLASH, BLANK, TEXT, CR, KINDS };

/* Which state follows on which kind of byte; 0 where the grammar has no way on. Hex digits of a
 * size are taken before the table is asked. */
static const unsigned char ways[STATES_BY_TABLE][KINDS] = {
    [SIZE] = {[SEMICOLON] = EXT_NAME_LEAD, [BLANK] = EXT_BLANK, [CR] = SIZE_LF},
    [SIZE_ZERO] = {[SEMICOLON] = EXT_NAME_LEAD, [BLANK] = EXT_BLANK, [CR] = SIZE_LF},
    [EXT_BLANK] = {[SEMICOLON] = EXT_NAME_LEAD, [BLANK] = EXT_BLANK},
    [EXT_NAME_LEAD] = {[TCHAR] = EXT_NAME, [BLANK] = EXT_NAME_LEAD},
    [EXT_NAME] = {[TCHAR] = EXT_NAME,
                  [EQUALS] = EXT_VALUE_LEAD,
                  [SEMICOLON] = EXT_NAME_LEAD,
                  [BLANK] = EXT_NAME_BLANK,
                  [CR] = SIZE_LF},
    [EXT_NAME_BLANK] =
        {[EQUALS] = EXT_VALUE_LEAD, [SEMICOLON] = EXT_NAME_LEAD, [BLANK] = EXT_NAME_BLANK},
    [EXT_VALUE_LEAD] = {[TCHAR] = EXT_TOKEN, [QUOTE] = EXT_QUOTED, [BLANK] = EXT_VALUE_LEAD},
    [EXT_TOKEN] =
        {[TCHAR] = EXT_TOKEN, [SEMICOLON] = EXT_NAME_LEAD, [BLANK] = EXT_BLANK, [CR] = SIZE_LF},
    [EXT_QUOTED] = {[TCHAR] = EXT_QUOTED,
                    [EQUALS] = EXT_QUOTED,
                    [SEMICOLON] = EXT_QUOTED,
                    [COLON] = EXT_QUOTED,
                    [QUOTE] = EXT_QUOTE_END,
                    [BACKSLASH] = EXT_ESCAPED,
                    [BLANK] = EXT_QUOTED,
                    [TEXT] = EXT_QUOTED},
    [EXT_ESCAPED] = {[TCHAR] = EXT_QUOTED,
                     [EQUALS] = EXT_QUOTED,
                     [SEMICOLON] = EXT_QUOTED,
                     [COLON] = EXT_QUOTED,
                     [QUOTE] = EXT_QUOTED,
                     [BACKSLASH] = EXT_QUOTED,
                     [BLANK] = EXT_QUOTED,
                     [TEXT] = EXT_QUOTED},
    [EXT_QUOTE_END] = {[SEMICOLON] = EXT_NAME_LEAD, [BLANK] = EXT_BLANK, [CR] = SIZE_LF},
    [DATA_CR] = {[CR] = DATA_LF},
    [TRAILER_LEAD] = {[TCHAR] = TRAILER_NAME, [CR] = FINAL_LF},
    [TRAILER_NAME] = {[TCHAR] = TRAILER_NAME, [COLON] = TRAILER_VALUE},
    [TRAILER_VALUE] = {[TCHAR] = TRAILER_VALUE,
                       [EQUALS] = TRAILER_VALUE,
                       [SEMICOLON] = TRAILER_VALUE,
                       [COLON] = TRAILER_VALUE,
                       [QUOTE] = TRAILER_VALUE,
                       [BACKSLASH] = TRAILER_VALUE,
                       [BLANK] = TRAILER_VALUE,
                       [TEXT] = TRAILER_VALUE,
                       [CR] = TRAILER_LF},
};

static enum kind kind_of(char c)
{
    switch (c) {
    case '=':
        return EQUALS;
    case ';':
        return SEMICOLON;
    case ':':
        return COLON;
    case '"':
        return QUOTE;
    case '\\':
        return BACKSLASH;
    case ' ':
    case '\t':
        return BLANK;
    case '\r':
        return CR;
    default:
        return byte_is(c, BYTE_TOKEN) ? TCHAR : byte_is(c, BYTE_VALUE) ? TEXT : OTHER;
    }
}

static uint32_t step_by_table(struct http1_chunked *decoder, char c)
{
    uint32_t state = decoder->state;
    if ((state == SIZE_FIRST || state == SIZE) && byte_is(c, BYTE_HEX)) {
        if (decoder->line > SIZE_DIGITS_MAX)
            return REFUSED_SYNTAX;
        decoder->remaining = decoder->remaining * 16 + hex_value(c);
        return state == SIZE_FIRST && c == '0' ? SIZE_ZERO : SIZE;
    }
    uint32_t next = ways[state][kind_of(c)];
    return next ? next : REFUSED_SYNTAX;
}

/* A line is complete: what follows it? `state` is one of *_LF. */
static uint32_t step_line_feed(struct http1_chunked *decoder, char c, uint64_t body_bytes_max)
{
    if (c != '\n')
        return REFUSED_SYNTAX;
    decoder->line = 0;
    if (decoder->state == FINAL_LF)
        return DONE;
    if (decoder->state == TRAILER_LF)
        return TRAILER_LEAD;
    if (decoder->state == DATA_LF)
        return SIZE_FIRST;
    if (decoder->remaining == 0)
        return TRAILER_LEAD;
    return decoder->remaining <= body_bytes_max - decoder->decoded ? DATA : REFUSED_BODY;
}

/* One byte that is not payload. */
static void step(struct http1_chunked *decoder, char c, uint64_t body_bytes_max)
{
    decoder->overhead++;
    decoder->line++;
    if (decoder->line > LINE_BYTES_MAX)
        decoder->state = REFUSED_LINE;
    else if (decoder->overhead > OVERHEAD_BYTES_FREE + decoder->decoded / 2)
        decoder->state = REFUSED_OVERHEAD;
    else if (decoder->state < STATES_BY_TABLE)
        decoder->state = step_by_table(decoder, c);
    else
        decoder->state = step_line_feed(decoder, c, body_bytes_max);
}

static size_t take_payload(struct http1_chunked *decoder, char *to, const char *from, size_t len)
{
    if (len > decoder->remaining)
        len = (size_t)decoder->remaining;
    memmove(to, from, len);
    decoder->remaining -= len;
    decoder->decoded += len;
    if (decoder->remaining == 0)
        decoder->state = DATA_CR;
    return len;
}

/* A whole chunk of up to fifteen bytes at once, when it is all here and nothing about it is
 * unusual: the steps would come to the same, but tiny chunks are sent to cost time. Bytes of
 * payload taken; 0 when it is left to the steps. */
static size_t take_tiny_chunk(struct http1_chunked *decoder, char *to, const char *from, size_t len,
                              uint64_t body_bytes_max)
{
    size_t size = decoder->state == SIZE_FIRST && byte_is(*from, BYTE_HEX) ? hex_value(*from) : 0;
    if (size == 0 || len < size + TINY_FRAME_BYTES)
        return 0;
    const char *end = from + 3 + size;
    if (from[1] != '\r' || from[2] != '\n' || end[0] != '\r' || end[1] != '\n' ||
        size > body_bytes_max - decoder->decoded ||
        decoder->overhead + TINY_FRAME_BYTES > OVERHEAD_BYTES_FREE + decoder->decoded / 2)
        return 0;
    for (size_t i = 0; i < size; i++) /* to the front, maybe over itself */
        to[i] = from[3 + i];
    decoder->decoded += size;
    decoder->overhead += TINY_FRAME_BYTES;
    return size;
}

static struct http1_verdict verdict_of(uint32_t state, size_t used)
{
    switch (state) {
    case DONE:
        return (struct http1_verdict){.progress = HTTP1_DONE, .used = used};
    case REFUSED_SYNTAX:
        return (struct http1_verdict){HTTP1_REFUSED, 400, "the chunked body is malformed", 0};
    case REFUSED_BODY:
        return (struct http1_verdict){HTTP1_REFUSED, 413, "the body is too large", 0};
    case REFUSED_LINE:
        return (struct http1_verdict){HTTP1_REFUSED, 400, "a chunk's line is too long", 0};
    case REFUSED_OVERHEAD:
        return (struct http1_verdict){HTTP1_REFUSED, 400, "the chunks are too small", 0};
    default:
        return (struct http1_verdict){.progress = HTTP1_MORE};
    }
}

struct http1_verdict http1_chunked_decode(struct http1_chunked *decoder, char *at, size_t len,
                                          uint64_t body_bytes_max, size_t *ret_decoded)
{
    size_t from = 0;
    size_t to = 0;
    while (from < len && decoder->state < DONE) {
        if (decoder->state == DATA) {
            size_t taken = take_payload(decoder, at + to, at + from, len - from);
            from += taken;
            to += taken;
            continue;
        }
        size_t tiny = take_tiny_chunk(decoder, at + to, at + from, len - from, body_bytes_max);
        if (tiny > 0) {
            from += tiny + TINY_FRAME_BYTES;
            to += tiny;
        } else {
            step(decoder, at[from++], body_bytes_max);
        }
    }
    *ret_decoded = to;
    return verdict_of(decoder->state, from);
}
