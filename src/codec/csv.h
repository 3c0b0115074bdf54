/* CSV (RFC 4180), read record by record; a UTF-8 byte-order mark is skipped, lines may end with LF
 * or CRLF, quoted fields may hold both. */
#ifndef CODEC_CSV_H
#define CODEC_CSV_H

#include "base/arena.h"
#include "base/buffer.h"

enum { CSV_FIELDS_MAX = 64 };

struct csv_reader {
    struct slice rest;
    uint64_t line; /* of the record read last, 1-based (its first line) */
    uint64_t next_line;
};

struct csv_record {
    struct slice fields[CSV_FIELDS_MAX];
    uint32_t count;
};

enum csv_result { CSV_RECORD, CSV_END, CSV_ERROR };

void csv_reader_init(struct csv_reader *reader, struct slice text);
/* Empty lines are skipped. Unquoted text aliases the input, doubled quotes are undone in `arena`.
 * On CSV_ERROR *ret_error is a static sentence, and reading may go on with the next line. */
enum csv_result csv_next(struct csv_reader *reader, struct arena *arena,
                         struct csv_record *ret_record, const char **ret_error);
/* Quotes only when needed. */
void csv_write(struct buffer *out, struct slice field);

#endif
