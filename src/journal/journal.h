/* Journal: the append-only, hash-chained sequence of entries; the only truth. Where its bytes are
 * kept is a store's (store/store.h): a folder, memory (tests and demo), later PostgreSQL.
 *
 * Entries are appended in batches. Every batch carries the RFC 6962 Merkle root of its entries'
 * canonical bytes and a chain hash over the one before it, the root, its own number, sequences and
 * time, and how many entries of the registry and tokens there are by then; see chain.h. */
#ifndef JOURNAL_JOURNAL_H
#define JOURNAL_JOURNAL_H

#include "base/batch.h"
#include "base/status.h"
#include "ledger/decide.h"
#include "sys/gate.h"
#include "sys/sys.h"

struct journal;

/* What journal_append says when it fails: FULL or MEMORY (nothing was written, reads and later
 * writes may go on), BEHIND (another writer was first, nothing was written: journal_catch_up, then
 * decide again) or anything else (the outcome is not known: the process must stop). */

/* A folder with a SQLite journal. Creates it when `create` (fails with EXISTS if there is one),
 * takes the folder's lock (BUSY names the owner), refuses schemas of newer programs (NEWER), of
 * pre-releases (INVALID) and changed ones (CORRUPT), checks that the head file beside the database
 * is not ahead of it (CORRUPT: the database was rolled back). */
struct journal_options {
    bool create;
    /* With create: the command, "init". The folder is marked as unfinished and nobody opens it
     * until journal_made; what an earlier one has left unfinished is begun anew. NULL = no mark. */
    const char *maker;
    bool read_only;         /* verify, export: no lock taken, works beside a running server */
    bool unfinished;        /* with read_only: also a folder that is marked so, by its maker */
    uint32_t wal_pages_max; /* SQLite's WAL is folded back beyond this; 0 = default 4,000 */
    uint32_t requests_due;  /* see journal_hand_requests_over; 0 = default 360,000 */
};
STATUS_MUST_USE struct status journal_open(const char *folder,
                                           const struct journal_options *options,
                                           struct fault *fault, struct journal **ret_journal);
/* Ends what journal_open with `maker` began, when the journal is closed and all in it is durable.
 */
STATUS_MUST_USE struct status journal_made(const char *folder, struct fault *fault);
/* Everything in memory, gone with the process. */
struct journal *journal_open_memory(void);
/* Closes without a checkpoint; NULL is fine. */
void journal_close(struct journal *journal);

/* Recovery: rebuilds `book` (fresh) from the last checkpoint and the entries after it. */
STATUS_MUST_USE struct status journal_load(struct journal *journal, struct book *book,
                                           struct fault *fault);

/* Appends all entries of the draft as one batch, durable when it returns OK. Committer thread only.
 */
STATUS_MUST_USE struct status journal_append(struct journal *journal, const struct draft *draft,
                                             struct fault *fault);
/* Applies to the book, inside the gate, what other writers have appended, each batch proved;
 * nothing when the store has no others. After BEHIND, and before a refusal is answered. Committer
 * thread only. */
STATUS_MUST_USE struct status journal_catch_up(struct journal *journal, struct book *book,
                                               struct gate *gate, struct fault *fault);
/* Notes which members changed, after book_apply (committer thread; `book` as published). */
void journal_note_changes(struct journal *journal, const struct draft *draft,
                          const struct book *book);
/* Writes at most `rows_max` changed members into the checkpoint, and moves its mark when none is
 * left; *ret_more says whether there are more. */
STATUS_MUST_USE struct status journal_checkpoint(struct journal *journal, const struct book *book,
                                                 uint32_t rows_max, struct fault *fault,
                                                 bool *ret_more);
/* Entries behind the newest complete checkpoint. */
uint64_t journal_tail(const struct journal *journal);
/* Whether a checkpoint was begun and has members left to write. */
bool journal_is_checkpointing(const struct journal *journal);
/* Between batches: keeps the files in shape and writes of the requests that the book has put aside,
 * at most about a millisecond of work each. Faults as journal_checkpoint's, which does it too. */
STATUS_MUST_USE struct status journal_tend(struct journal *journal, const struct book *book,
                                           struct fault *fault);
/* Between two calls: puts the book's requests aside when they are many, or lets those go that are
 * durable where journal_find_request looks. True: some were put aside, for journal_tend. */
bool journal_hand_requests_over(struct journal *journal, struct book *book, struct gate *gate);
uint64_t
journal_requests_kept(const struct journal *journal); /* those up to this entry are there */
/* What book_find_request says, of requests that the book has let go. Committer thread only. */
STATUS_MUST_USE struct status journal_find_request(struct journal *journal,
                                                   struct slice token_digest, struct fault *fault,
                                                   uint64_t *ret_sequence);
/* Before an orderly close, after the last batch: the files are left in their shortest form, and
 * whether that reached the disk is known. Faults as journal_checkpoint's. */
STATUS_MUST_USE struct status journal_finish(struct journal *journal, struct fault *fault);
void journal_head(const struct journal *journal, struct journal_head *ret_head);

/* Reads entries `first`.. in order; `visit` gets canonical bytes and returns false to stop. Not
 * while the same journal is appended to from another thread (open a read_only one instead). */
STATUS_MUST_USE struct status journal_read(struct journal *journal, uint64_t first,
                                           bool (*visit)(void *context, uint64_t sequence,
                                                         struct slice bytes),
                                           void *context, struct fault *fault);

/* Recomputes everything: chain, roots, decoding, book, sums, back-links, tokens, checkpoint against
 * replay. `folder` may be a backup (backup.h) or the file of a dump (dump.h) too. `progress` may be
 * NULL. CORRUPT names the first wrong batch or entry. */
struct verify_report {
    struct journal_head head;
    uint64_t entries;
    uint32_t organisations;
    uint32_t members;
};
STATUS_MUST_USE struct status
journal_verify(const char *folder, void (*progress)(void *context, uint64_t done, uint64_t all),
               void *context, struct fault *fault, struct verify_report *ret_report);

#endif
