/* Witness: the file `head` beside the database, one line of text that says how far the journal was
 * durable: sequence, number of batches, time in microseconds, chain hash in hex, and 16 hex digits
 * of the SHA-256 of all that comes before them, so that a torn line is told from a whole one.
 *
 * It is made with a sync and a rename, and overwritten in place from then on, after the commit it
 * speaks of and without a sync: it may lag behind the database after power loss, but can be ahead
 * of it only when the database was put back to an older state. A line lies in one sector, so that
 * it is an old one or a new one, never a torn one: what cannot be read was changed by somebody. */
#ifndef STORE_WITNESS_H
#define STORE_WITNESS_H

#include "base/batch.h"
#include "crypto/digest.h"

enum { WITNESS_LINE_SIZE = 3 * 21 + 2 * SHA256_SIZE + 1 + 16 + 1 };

/* Exactly WITNESS_LINE_SIZE bytes, so that a line replaces the one before it whole. */
void witness_print(const struct journal_head *head, struct crypto *crypto,
                   char ret_line[WITNESS_LINE_SIZE]);
/* False when the text is not a whole line. */
bool witness_parse(struct slice text, struct crypto *crypto, struct journal_head *ret_head);
/* Of the file at `path`. *ret_found is false when it is absent; that is no fault. CORRUPT when
 * something else than a whole line is there. Beside a process that is just writing it, too. */
STATUS_MUST_USE struct status witness_read(const char *path, struct crypto *crypto,
                                           struct fault *fault, bool *ret_found,
                                           struct journal_head *ret_head);

#endif
