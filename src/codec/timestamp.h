/* Moments between microseconds since 1970-01-01 UTC and text. Years 1970..9999. */
#ifndef CODEC_TIMESTAMP_H
#define CODEC_TIMESTAMP_H

#include "base/buffer.h"

/* RFC 3339 ("2026-11-23T13:00:00Z", offset and fraction allowed, at most 6 digits of fraction). */
bool timestamp_parse_rfc3339(struct slice text, int64_t *ret_us);
/* "2026-11-23 13:00:00", UTC: the billing API's form. */
bool timestamp_parse_plain(struct slice text, int64_t *ret_us);
/* UTC with 'Z'; microseconds are printed only when not zero. */
void timestamp_print_rfc3339(struct buffer *out, int64_t us);
void timestamp_print_plain(struct buffer *out, int64_t us);
/* "2026-11-23" of the UTC day, 10 bytes, no final zero. */
void timestamp_print_date(char at[10], int64_t unix_seconds);
/* "Mon, 23 Nov 2026 13:00:00 GMT" (RFC 9110 5.6.7), 29 bytes, no final zero. */
void timestamp_print_http(char at[29], int64_t unix_seconds);

#endif
