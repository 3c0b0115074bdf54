/* A file of records and its mistakes (cmd/record_file.h). Main thread. */
#include "cmd/record_file.h"

#include "cmd/shown.h"
#include "sys/file.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define FILE_BYTES_MAX ((size_t)32 << 30)
enum { PROBLEMS_PRINTED_MAX = 100, NAME_BYTES_MAX = 64 };

/* --- what is wrong --- */

__attribute__((format(printf, 3, 0))) static void tell(void *context, uint64_t line,
                                                       const char *format, va_list arguments)
{
    struct record_file *file = context;
    if (++file->problems > PROBLEMS_PRINTED_MAX)
        return;
    if (line > 0)
        fprintf(stderr, "%s:%" PRIu64 ": ", file->path, line);
    else
        fprintf(stderr, "%s: ", file->path);
    shown_vprintf(stderr, format, arguments);
    fputc('\n', stderr);
}

void record_file_problem(struct record_file *file, uint64_t line, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    /* clang-tidy 14 forgets va_start in every file but the first it is given. */
    tell(file, line, format, arguments); /* NOLINT(clang-analyzer-valist.Uninitialized) */
    va_end(arguments);
}

void record_file_problems_end(const struct record_file *file)
{
    if (file->problems > PROBLEMS_PRINTED_MAX)
        fprintf(stderr, "%s: and %" PRIu64 " more\n", file->path,
                file->problems - PROBLEMS_PRINTED_MAX);
}

void record_file_unknown(void *context, uint64_t line, const char *what, struct slice name)
{
    struct record_file *file = context;
    const struct record_table *table = file->records.table;
    const char *names[RECORD_COLUMNS_MAX];
    char word[NAME_BYTES_MAX];
    for (uint32_t i = 0; i < table->count; i++)
        names[i] = table->columns[i].name;
    snprintf(word, sizeof word, "%.*s", SLICE_ARGS(name));
    const char *near = nearest_name(word, names, table->count);
    record_file_problem(file, line, "there is no %s \"%s\"%s%s%s", what, word,
                        near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
}

struct record_listener record_file_listener(struct record_file *file)
{
    return (struct record_listener){tell, record_file_unknown, file};
}

/* --- the file --- */

static bool path_ends_with(const char *path, const char *end)
{
    size_t path_len = strlen(path), end_len = strlen(end);
    return path_len > end_len && strcmp(path + path_len - end_len, end) == 0;
}

static enum record_format guess_format(const char *path, struct slice text)
{
    text = slice_trim_lines(text);
    if (path_ends_with(path, ".csv"))
        return RECORD_CSV;
    if (path_ends_with(path, ".jsonl") || path_ends_with(path, ".ndjson"))
        return RECORD_JSONL;
    return text.len > 0 && text.at[0] == '{' ? RECORD_JSONL : RECORD_CSV;
}

int record_file_open(struct record_file *file, const struct subcommand *self, const char *path,
                     const char *format_name, const struct record_table *table)
{
    struct fault fault = {""};
    *file = (struct record_file){.path = strcmp(path, "-") == 0 ? "standard input" : path};
    buffer_init(&file->text, FILE_BYTES_MAX);
    struct status status = file_read(path, &file->text, &fault);
    if (!status_ok(status))
        return fail(self, exit_code_of_status(status), "%s", fault.text);
    enum record_format format = guess_format(path, buffer_slice(&file->text));
    if (format_name && strcmp(format_name, "csv") != 0 && strcmp(format_name, "jsonl") != 0)
        return fail(self, EXIT_USAGE, "--format is csv or jsonl, not \"%s\"", format_name);
    if (format_name)
        format = strcmp(format_name, "csv") == 0 ? RECORD_CSV : RECORD_JSONL;
    if (!records_init(&file->records, table, format, buffer_slice(&file->text),
                      record_file_listener(file)))
        return fail(self, EXIT_NETWORK, "no memory for the file");
    return -1;
}

void record_file_close(struct record_file *file)
{
    records_done(&file->records);
    buffer_done(&file->text);
}

/* --- what the book says of its lines --- */

static const struct shape_member error_members[] = {
    SHAPE_MEMBER(COUNT, struct line_error, index, "Index", NULL),
    SHAPE_MEMBER(TEXT, struct line_error, code, "Code", NULL),
    SHAPE_MEMBER(TEXT, struct line_error, message, "Message", NULL),
};
const struct shape line_error_shape = SHAPE(error_members, struct line_error);

bool record_batch_tell(const struct record_batch *batch, const struct line_error *errors,
                       size_t count, struct slice (*shorten)(struct slice message, int64_t index))
{
    for (size_t i = 0; i < count; i++) {
        struct slice message =
            shorten ? shorten(errors[i].message, (int64_t)errors[i].index) : errors[i].message;
        if (errors[i].index >= batch->count)
            return false;
        record_file_problem(batch->file, batch->lines[errors[i].index], "%.*s (%.*s)",
                            SLICE_ARGS(message), SLICE_ARGS(errors[i].code));
    }
    return true;
}
