/* Witness: the file `head` beside the database, one line of text that says how far the journal was
 * durable: sequence, number of batches, time in microseconds, chain hash in hex, and 16 hex digits
 * of the SHA-256 of all that comes before them, so that a torn line is told from a whole one.
 *
 * It is written after the commit it speaks of and never synced: it may lag behind the database
 * after power loss, but can be ahead of it only when the database was put back to an older state.
 */
#ifndef JOURNAL_WITNESS_H
#define JOURNAL_WITNESS_H

#include "crypto/digest.h"
#include "journal/journal.h"

enum { WITNESS_LINE_SIZE = 3 * 21 + 2 * SHA256_SIZE + 1 + 16 + 1 };

/* Exactly WITNESS_LINE_SIZE bytes, so that a line replaces the one before it whole. */
void witness_print(const struct journal_head *head, struct crypto *crypto,
                   char ret_line[WITNESS_LINE_SIZE]);
/* False when the text is not a whole line. */
bool witness_parse(struct slice text, struct crypto *crypto, struct journal_head *ret_head);
/* Of the file at `path`. False when it is absent or torn; that is no fault. */
bool witness_read(const char *path, struct crypto *crypto, struct journal_head *ret_head);

#endif
