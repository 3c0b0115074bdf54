/* What a journal is made of, for the files of the room. Private to it. */
#ifndef JOURNAL_STATE_H
#define JOURNAL_STATE_H

#include "base/buffer.h"
#include "crypto/digest.h"
#include "journal/changes.h"
#include "journal/history.h"
#include "journal/runs.h"
#include "store/store.h"

/* How far the checkpoint in the store reaches: all of a batch. */
struct mark {
    uint64_t batch;
    uint64_t sequence;
    int64_t time_us;
};

/* A checkpoint being written: the members that had changed when it began, row by row, and the
 * organisations as they were then, which are written together with the mark at the end. */
struct pass {
    bool running;
    struct mark mark;       /* what the checkpoint will say */
    struct changes members; /* to be written ... */
    uint32_t cursor;        /* ... from this index on ... */
    uint32_t limit;         /* ... below this one */
    struct buffer organisations;
};

struct journal {
    struct store *store; /* its head is the journal's */
    struct crypto *crypto;
    struct uin *scope; /* ENTRY_SCOPE_MAX, for decoding */
    struct buffer row; /* the entry or other row being written */
    bool loaded;       /* so `mark` is known; an empty journal needs no loading */

    struct mark mark;       /* of the checkpoint in the store */
    struct changes members; /* changed since the running (or else the last) pass began */
    struct changes organisations;
    struct pass pass;
    struct runs runs;
};

/* Takes the store over, also when it fails. `requests_due`: as in journal_options. */
STATUS_MUST_USE struct status journal_on(struct store *store, uint32_t requests_due,
                                         struct fault *fault, struct journal **ret_journal);

/* A reader of durable entries. */
struct history {
    struct store *store; /* a reader; its head is the snapshot's */
    struct uin *scope;   /* ENTRY_SCOPE_MAX, for decoding */
    uint64_t reads;
    uint64_t reads_of_snapshot;
    bool begun;
};

/* append.c: an entry as the store keeps it. */
struct store_entry journal_row_of(const struct entry *entry, struct slice bytes,
                                  const unsigned char *leaf);
/* A slice that was not committed: what it has failed with, or UNKNOWN when it could not be undone.
 */
STATUS_MUST_USE struct status journal_undo_slice(struct journal *journal, struct status status,
                                                 struct fault *fault);
/* recovery.c */
STATUS_MUST_USE struct status journal_read_mark(struct journal *journal, struct fault *fault,
                                                struct mark *ret_mark);
/* checkpoint.c */
void journal_note_entry(struct journal *journal, const struct entry *entry,
                        const struct book *book);
/* verify.c: journal_verify of a folder; `unfinished`: as in journal_options. */
STATUS_MUST_USE struct status
journal_verify_folder(const char *folder, bool unfinished,
                      void (*progress)(void *context, uint64_t done, uint64_t all), void *context,
                      struct fault *fault, struct verify_report *ret_report);

#endif
