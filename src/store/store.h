/* Store: where a journal's bytes are kept, as they are: entries in batches, the rows that find them
 * again, the checkpoint's rows. One table of functions, several stores: SQLite in a folder
 * (sqlite.c), memory (memory.c), later PostgreSQL. A store knows no entry and no book; what it
 * keeps is composed, and proved when it is read, by the journal.
 *
 * Writing is one transaction: begin, then any of add, end_batch, put and drop, then commit or undo.
 * A store may have several writers: whoever was not the first is told so (STATUS_BEHIND), catches
 * up and decides again. One thread at a time; a reader (open_reader) is a store of its own. */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "base/batch.h"
#include "base/slice.h"
#include "base/status.h"

#include <stddef.h>

/* How an entry is found besides by its sequence. */
enum store_index {
    INDEX_NONE,
    INDEX_REGISTRY, /* a row of STORE_REGISTRY: it is read at every start */
    INDEX_REQUEST,  /* a row of STORE_REQUESTS */
};

struct store_entry {
    uint64_t sequence;
    struct slice bytes;
    enum store_index index;
    const unsigned char *leaf; /* INDEX_REGISTRY: 32 bytes, its hash */
    bool marked;               /* INDEX_REQUEST: it has a token ... */
    uint64_t prefix;           /* ... whose digest begins with these 8 bytes */
};

/* Tables that are read row by row, with their numbers (struct store_row), by the first of which
 * they are in order, text and body. */
enum store_table {
    STORE_BATCHES,       /* number; `batch` */
    STORE_ENTRIES,       /* sequence; - ; the entry */
    STORE_REGISTRY,      /* sequence; leaf; the entry */
    STORE_REQUESTS,      /* sequence, prefix; `is_null`: no token */
    STORE_RUNS,          /* number, last sequence, requests, seed, bucket bits; - ; filter */
    STORE_RUN_NUMBERS,   /* the same, without the filter */
    STORE_BUCKETS,       /* place; - ; pairs */
    STORE_ORGANISATIONS, /* id; - ; body */
    STORE_MEMBERS,       /* organisation, sequence; uin; body. In the order of organisation, uin */
    STORE_MEMBER_BODIES, /* the same members in the same order, only: - ; - ; body */
    STORE_MARK,          /* batch, sequence, time; one row or none */
    STORE_TABLES,
};

enum { STORE_NUMBERS_MAX = 5, STORE_PUT_AT_ONCE = 8 };

struct store_row {
    uint64_t numbers[STORE_NUMBERS_MAX];
    struct slice text, body;
    const struct batch *batch;
    bool is_null;
    bool whole; /* the body is the one that was put (store_checksum); a batch can be understood */
};

struct store;

struct store_ops {
    void (*close)(struct store *store);

    /* STATUS_BEHIND: the head is not the newest batch any more. */
    struct status (*begin)(struct store *store, struct fault *fault);
    struct status (*add)(struct store *store, const struct store_entry *entry, struct fault *fault);
    /* The batch of the entries added since the one before. */
    struct status (*end_batch)(struct store *store, const struct batch *batch, struct fault *fault);
    /* Rows of RUNS, BUCKETS, ORGANISATIONS, MEMBERS or MARK, in place of those with the same key;
     * at most STORE_PUT_AT_ONCE. NULL: this store keeps none of them, there is no next start. */
    struct status (*put)(struct store *store, enum store_table table, const struct store_row *rows,
                         uint32_t count, struct fault *fault);
    /* Rows of BUCKETS from that number on. */
    struct status (*drop)(struct store *store, enum store_table table, uint64_t from,
                          struct fault *fault);
    /* All of it is durable, and `head` is the newest batch's; or BEHIND: another writer's batch
     * came behind the head, and nothing of it is there; or undo says what there is. */
    struct status (*commit)(struct store *store, struct fault *fault);
    /* Ends a transaction that must not be. OK only when nothing of it is left. */
    struct status (*undo)(struct store *store, struct fault *fault);
    /* After BEHIND: `head` is the newest batch's. NULL: there are no other writers. */
    struct status (*look)(struct store *store, struct fault *fault);

    /* Between transactions: keeps the files in shape, at most about a millisecond of work. */
    struct status (*tend)(struct store *store, struct fault *fault);
    /* Before an orderly close: what was put off is done, and it is known to be durable. */
    struct status (*finish)(struct store *store, struct fault *fault);

    /* Rows from the number `from` to `to`, both included; of BATCHES and ENTRIES all from `from`
     * on; of those in another order all. Where there are other writers, none behind the head. One
     * reading a table at a time. A row lives until the next. */
    void (*rows_begin)(struct store *store, enum store_table table, uint64_t from, uint64_t to);
    struct status (*rows_next)(struct store *store, enum store_table table, struct fault *fault,
                               bool *ret_found, struct store_row *ret_row);
    void (*rows_end)(struct store *store, enum store_table table);
    /* CORRUPT when there is none or it is damaged. */
    struct status (*find_batch)(struct store *store, uint64_t number, struct fault *fault,
                                struct batch *ret_batch);
    /* Within the head. The bytes live until the next call. */
    struct status (*find_entry)(struct store *store, uint64_t sequence, struct fault *fault,
                                struct slice *ret_bytes);
    struct status (*find_member)(struct store *store, uint32_t organisation, struct slice uin,
                                 struct fault *fault, bool *ret_found, struct store_row *ret_row);
    /* What the store itself can check of its bytes (verify). */
    struct status (*check)(struct store *store, struct fault *fault);

    /* A second store on the same bytes, which only reads, beside this one and in another thread;
     * closed before it. */
    struct status (*open_reader)(struct store *store, struct fault *fault,
                                 struct store **ret_reader);
    /* A reader's snapshot: `head` is its end. One that was opened `read_only` is in one. */
    struct status (*snapshot_begin)(struct store *store, struct fault *fault);
    void (*snapshot_end)(struct store *store);
};

/* The first member of every store. */
struct store {
    const struct store_ops *ops;
    struct journal_head head; /* behind the newest batch that is known to be durable */
    const char *name;         /* for the texts of faults */
};

/* A folder with a SQLite journal; see journal_open, which says what the options are. */
struct store_options {
    bool create;
    const char *maker;
    bool read_only;
    bool unfinished;
    uint32_t wal_pages_max;
};
STATUS_MUST_USE struct status store_open(const char *folder, const struct store_options *options,
                                         struct fault *fault, struct store **ret_store);
/* Everything in memory, gone with the process. NULL when memory is short. */
struct store *store_open_memory(void);

/* The batch whose last entry that is, by halving. CORRUPT when there is none. */
STATUS_MUST_USE struct status store_find_batch_ending(struct store *store, uint64_t sequence,
                                                      struct fault *fault, struct batch *ret_batch);
/* Hands every row of that range to `visit`, until it fails. */
STATUS_MUST_USE struct status
store_each(struct store *store, enum store_table table, uint64_t from, uint64_t to,
           struct status (*visit)(void *context, const struct store_row *row, struct fault *fault),
           void *context, struct fault *fault);
/* The first row of that range; only its numbers live on. */
STATUS_MUST_USE struct status store_find_row(struct store *store, enum store_table table,
                                             uint64_t from, uint64_t to, struct fault *fault,
                                             bool *ret_found, struct store_row *ret_row);
/* The head as it was behind a batch. */
struct journal_head store_head_of(const struct batch *batch);

/* The checksum of SQLite's WAL frames (fileformat2, section 4.2, little-endian, starting from 0, 0)
 * over the bytes filled up with zeros to a multiple of 8, plus their number: finds rot in a
 * checkpoint's row at a few nanoseconds. The chain does not cover checkpoints. */
uint64_t store_checksum(struct slice bytes);

#endif
