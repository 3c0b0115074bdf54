/* A file of transfers, read line by line: CSV with a header, or a JSON object a line. */
#ifndef CMD_POST_FILE_H
#define CMD_POST_FILE_H

#include "cmd/post_row.h"

struct post_file {
    enum import_format format;
    struct slice text; /* all of it, without a byte-order mark */
    struct arena arena;
    struct slice rest; /* JSONL */
    uint64_t line;     /* JSONL */
    struct csv_reader csv;
    enum post_field columns[CSV_FIELDS_MAX];
    uint32_t column_count;
};

STATUS_MUST_USE struct status post_file_init(struct post_file *file, enum import_format format,
                                             struct slice text, struct fault *fault);
void post_file_done(struct post_file *file);
/* To the first record; false when the header is not one (with its problems told). May be called
 * again, for another pass. */
bool post_file_start(struct post_file *file, struct import_problems *problems);
/* The record's texts live until the next call. IMPORT_BAD_LINE: its problems were told. */
enum import_next post_file_next(struct post_file *file, struct import_problems *problems,
                                struct post_record *ret_record);
/* Bytes read of all. */
uint64_t post_file_at(const struct post_file *file);

#endif
