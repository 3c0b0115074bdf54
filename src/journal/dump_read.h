/* Reading a dump (dump.h), line by line, each one proved. Private to the room. */
#ifndef JOURNAL_DUMP_READ_H
#define JOURNAL_DUMP_READ_H

#include "journal/history.h"

/* What the caller wants to see; either function may be NULL. */
struct dump_visitor {
    struct status (*entry)(void *context, const struct entry *entry, struct slice bytes,
                           const unsigned char *leaf, struct fault *fault);
    struct status (*batch)(void *context, const struct batch *batch, struct fault *fault);
    void (*progress)(void *context, uint64_t done, uint64_t all);
    void *context;
    void *progress_context;
};

/* All of the file: *ret_report is what it holds. */
STATUS_MUST_USE struct status dump_read(const char *path, const struct dump_visitor *visitor,
                                        struct fault *fault, struct verify_report *ret_report);

/* The lines besides entries, without their newlines. */
enum { DUMP_VERSION = 2, DUMP_LINE_BYTES_MAX = 8 << 20 };
void dump_version_print(struct buffer *out);
void dump_batch_print(const struct batch *batch, struct buffer *out);
void dump_head_print(const struct journal_head *head, struct buffer *out);

#endif
