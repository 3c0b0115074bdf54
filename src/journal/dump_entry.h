/* An entry as a line of a dump (dump.h). Private to the room. */
#ifndef JOURNAL_DUMP_ENTRY_H
#define JOURNAL_DUMP_ENTRY_H

#include "crypto/digest.h"
#include "journal/strict.h"
#include "ledger/entry.h"

/* Appends the line, without a newline. */
void dump_entry_print(const struct entry *entry, const unsigned char leaf[SHA256_SIZE],
                      struct buffer *out);
/* Reads what follows the line's first key. Slices and the scope are in the reader's arena. What is
 * wrong is left in strict->wrong. */
void dump_entry_parse(struct strict *strict, struct entry *ret_entry,
                      unsigned char ret_leaf[SHA256_SIZE]);

/* A moment: RFC 3339, or where the calendar ends a number of microseconds under the other key. */
void dump_time_print(struct json_writer *writer, const char *key, const char *key_us, int64_t us);
int64_t dump_time_parse(struct strict *strict, const char *key, const char *key_us);

#endif
