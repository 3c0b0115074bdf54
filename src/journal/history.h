/* History: a reader of durable entries beside the committer, with a place of its own to read from
 * (SQLite: a read-only connection; memory: the same chunks), so that neither waits for the other.
 *
 * One thread at a time. Between history_begin and history_end everything is of one moment: what was
 * durable then, and nothing later. Long snapshots keep SQLite's log from being folded: be brief.
 *
 * Opened on an open journal and closed before it. */
#ifndef JOURNAL_HISTORY_H
#define JOURNAL_HISTORY_H

#include "journal/journal.h"

struct history;

STATUS_MUST_USE struct status history_open(struct journal *journal, struct fault *fault,
                                           struct history **ret_history);
void history_close(struct history *history); /* NULL is fine */

/* Takes a snapshot; called again without an end between, a newer one. Whatever the published book
 * has shown before the call is in it. */
STATUS_MUST_USE struct status history_begin(struct history *history, struct fault *fault);
void history_end(struct history *history);

/* All below need a snapshot. */

/* How far it reaches. */
void history_head(const struct history *history, struct journal_head *ret_head);

/* An entry's canonical bytes / the entry. NOT_FOUND beyond the head and for 0. Slices are valid
 * until the next call on this history. */
STATUS_MUST_USE struct status history_bytes(struct history *history, uint64_t sequence,
                                            struct fault *fault, struct slice *ret_bytes);
STATUS_MUST_USE struct status history_entry(struct history *history, uint64_t sequence,
                                            struct fault *fault, struct entry *ret_entry);

/* The sequence of the request entry whose token digest begins with the same 8 bytes, of those that
 * the book has let go (book.h): ask the book first, and take the snapshot afterwards. 0 = none. */
STATUS_MUST_USE struct status history_find_request(struct history *history,
                                                   struct slice token_digest, struct fault *fault,
                                                   uint64_t *ret_sequence);

/* The request that made the entry, which is found behind it. *ret_found false: nobody asked for it
 * (time made it). The slices are valid until the next call on this history. */
STATUS_MUST_USE struct status history_request_of(struct history *history, uint64_t sequence,
                                                 struct fault *fault, bool *ret_found,
                                                 struct entry *ret_request);

/* `number` is 1 .. head.batches. */
STATUS_MUST_USE struct status history_batch(struct history *history, uint64_t number,
                                            struct fault *fault, struct batch *ret_batch);
/* The batch that an entry is in: O(log n) reads. */
STATUS_MUST_USE struct status history_batch_of(struct history *history, uint64_t sequence,
                                               struct fault *fault, struct batch *ret_batch);

/* A member as an entry left it. */
struct moment {
    uint64_t sequence;
    int64_t time_us;
    struct touch touch;
};
/* The member's newest entry with time <= t_us, found by its back-links in O(log n) reads.
 * `last_sequence` is the newest entry that touched it (struct member). *ret_found is false when the
 * member has none that old; then *ret_moment is not set. */
STATUS_MUST_USE struct status history_at(struct history *history, uint64_t last_sequence,
                                         uint32_t organisation, struct uin uin, int64_t t_us,
                                         struct fault *fault, bool *ret_found,
                                         struct moment *ret_moment);

/* Rows read since it was opened. */
uint64_t history_reads(const struct history *history);

#endif
