/* A file of records named on a command line, and what is wrong with it: every mistake is counted,
 * the first hundred are printed, as "FILE:LINE: text", or "FILE: text" for line 0. */
#ifndef CMD_RECORD_FILE_H
#define CMD_RECORD_FILE_H

#include "cmd/cmd.h"
#include "codec/records.h"
#include "codec/shape.h"

struct record_file {
    const char *path; /* as it is called in messages */
    struct buffer text;
    struct records records;
    uint64_t problems;
};

/* Reads all of it. The format goes by its name ("csv", "jsonl"; NULL = not given), else by the
 * file's name, else by its first character. -1, or the exit code; record_file_close in any case. */
int record_file_open(struct record_file *file, const struct subcommand *self, const char *path,
                     const char *format_name, const struct record_table *table);
void record_file_close(struct record_file *file);

/* Whoever hears of mistakes: what record_file_open gives its records. */
struct record_listener record_file_listener(struct record_file *file);
void record_file_problem(struct record_file *file, uint64_t line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* "and N more", if there are. */
void record_file_problems_end(const struct record_file *file);
/* "there is no WHAT "NAME"", and the nearest of the table's. For a listener: `context` is the file.
 */
void record_file_unknown(void *context, uint64_t line, const char *what, struct slice name);

/* Lines on their way to the book: where each element of a call came from, and what the answer says
 * of it. */
enum { RECORD_BATCH_MAX = 8190 };
struct record_batch {
    struct record_file *file;
    uint32_t count; /* lines in it */
    uint64_t lines[RECORD_BATCH_MAX];
};

struct line_error {
    uint64_t index;
    struct slice code, message;
};
extern const struct shape line_error_shape;

/* Each of an answer's Errors with its line; `shorten` may be NULL. False: there is no such line. */
bool record_batch_tell(const struct record_batch *batch, const struct line_error *errors,
                       size_t count, struct slice (*shorten)(struct slice message, int64_t index));

#endif
