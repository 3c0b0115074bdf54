/* Rows of the table `entry` (ADR 3, ADR 12): which entries one holds, and how they are written and
 * read.
 *
 * A row holds either one entry's bytes as they are, or the byte ROW_SEVERAL, which begins no entry,
 * and then two or more entries, each behind its length (base/wire.h). Its number is its first
 * entry's; the others follow without gaps. Private to the room. One thread at a time. */
#ifndef STORE_ROWS_H
#define STORE_ROWS_H

#include "base/buffer.h"
#include "base/status.h"
#include "base/wire.h"

#include <stdint.h>

enum {
    ROW_SEVERAL = 0,
    /* A row ends before it grows longer than this, unless its first entry alone is longer. */
    ROW_BYTES = 1300,
};

struct sqlite_store;

/* The row being put together. */
struct row_writer {
    struct buffer body;
    uint64_t first;
    uint32_t count;
    size_t first_at; /* where the first entry's own bytes begin: alone they are the row */
};

void row_writer_init(struct row_writer *writer);
void row_writer_done(struct row_writer *writer);
/* Drops what was not flushed: the transaction it was for is undone. */
void row_writer_clear(struct row_writer *writer);

/* The next entry. One of the registry has a row of its own, since it is found by its number alone.
 */
STATUS_MUST_USE struct status rows_add(struct sqlite_store *store, uint64_t sequence,
                                       struct slice bytes, bool alone, struct fault *fault);
/* Writes what is left: no row reaches into the next batch. */
STATUS_MUST_USE struct status rows_flush(struct sqlite_store *store, struct fault *fault);

/* A row being read: `next` is the number of the entry that row_take gives next. */
struct row {
    uint64_t next;
    struct wire rest;
    bool several;
};

struct row row_of(uint64_t first, struct slice body);
/* The next entry's bytes, aliased. False: there is none; row_ok says whether that is the end or
 * damage. */
bool row_take(struct row *row, struct slice *ret_bytes);
bool row_ok(const struct row *row);

/* Entries in the order of their numbers. */
struct rows {
    struct sqlite_store *store;
    uint64_t from; /* numbers below are passed over */
    struct row row;
};

/* From the entry `first` on; takes SQL_ENTRIES_FROM until rows_end. */
struct rows rows_begin(struct sqlite_store *store, uint64_t first);
void rows_end(struct rows *rows);
/* The bytes live until the next call. CORRUPT: a row cannot be read as entries. */
STATUS_MUST_USE struct status rows_next(struct rows *rows, struct fault *fault, bool *ret_found,
                                        uint64_t *ret_sequence, struct slice *ret_bytes);

#endif
