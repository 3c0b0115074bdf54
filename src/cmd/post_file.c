/* A file of transfers (cmd/post_file.h). Owns the memory of one record. Main thread.
 *
 * 1. A column or field that is not known is an error, never ignored: it is a mistyped one, or one
 * of a file whose amounts are cents. */
#include "cmd/post_file.h"

enum { RECORD_BYTES = 65536, RECORD_BYTES_MAX = 8 << 20 };

struct status post_file_init(struct post_file *file, enum import_format format, struct slice text,
                             struct fault *fault)
{
    *file = (struct post_file){.format = format};
    file->text =
        slice_starts_with(text, SLICE("\xef\xbb\xbf")) ? slice_of(text.at + 3, text.len - 3) : text;
    if (!arena_init(&file->arena, RECORD_BYTES, RECORD_BYTES_MAX))
        return fault_raise(fault, STATUS_MEMORY, "no memory for the file");
    return STATUS_DONE;
}

void post_file_done(struct post_file *file)
{
    arena_done(&file->arena);
}

static void problem_unknown(struct slice name, const char *what, struct import_problems *problems,
                            uint64_t line)
{
    const char *shown = import_shown(name);
    const char *near = nearest_name(shown, post_field_names, POST_FIELD_COUNT);
    if (import_field_find(name) != IMPORT_FIELD_COUNT || slice_equal(name, SLICE("Amount")))
        import_problem(problems, line,
                       "%s %s is the API's, in cents; here it is kind, uin, amount, to, account, "
                       "income, gift, reason, and amounts are in units of the currency",
                       what, shown);
    else
        import_problem(problems, line, "there is no %s \"%s\"%s%s%s", what, shown,
                       near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
}

/* --- CSV --- */

static bool check_column(struct post_file *file, struct slice name,
                         struct import_problems *problems)
{
    enum post_field field = post_field_find(name);
    if (field == POST_FIELD_COUNT) {
        problem_unknown(name, "column", problems, file->csv.line);
        return false;
    }
    for (uint32_t i = 0; i < file->column_count; i++) {
        if (file->columns[i] != field)
            continue;
        import_problem(problems, file->csv.line, "column %s is there twice",
                       post_field_names[field]);
        return false;
    }
    file->columns[file->column_count++] = field;
    return true;
}

static bool has_column(const struct post_file *file, enum post_field field,
                       struct import_problems *problems)
{
    for (uint32_t i = 0; i < file->column_count; i++)
        if (file->columns[i] == field)
            return true;
    import_problem(problems, file->csv.line, "the column %s is missing", post_field_names[field]);
    return false;
}

static bool start_csv(struct post_file *file, struct import_problems *problems)
{
    struct csv_record record;
    const char *error = NULL;
    bool good = true;
    csv_reader_init(&file->csv, file->text);
    enum csv_result result = csv_next(&file->csv, &file->arena, &record, &error);
    if (result != CSV_RECORD) {
        import_problem(problems, 1, "%s",
                       result == CSV_END ? "the file is empty; a header line is expected" : error);
        return false;
    }
    file->column_count = 0;
    for (uint32_t i = 0; i < record.count; i++)
        good &= check_column(file, slice_trim(record.fields[i]), problems);
    return good && has_column(file, POST_KIND, problems) && has_column(file, POST_UIN, problems);
}

static enum import_next next_csv(struct post_file *file, struct import_problems *problems,
                                 struct post_record *record)
{
    struct csv_record cells;
    const char *error = NULL;
    enum csv_result result = csv_next(&file->csv, &file->arena, &cells, &error);
    if (result == CSV_END)
        return IMPORT_END;
    record->line = file->csv.line;
    if (result == CSV_ERROR) {
        import_problem(problems, record->line, "%s", error);
        return IMPORT_BAD_LINE;
    }
    if (cells.count != file->column_count) {
        import_problem(problems, record->line, "%u values, and the header has %u columns",
                       cells.count, file->column_count);
        return IMPORT_BAD_LINE;
    }
    for (uint32_t i = 0; i < cells.count; i++)
        record->values[file->columns[i]] = slice_trim(cells.fields[i]);
    return IMPORT_RECORD;
}

/* --- JSONL --- */

/* A number may stand for a text: uins and amounts are written either way. */
static bool read_value(struct json_reader *reader, enum post_field field,
                       struct import_problems *problems, struct post_record *record)
{
    struct json_token token;
    enum json_kind kind = json_next(reader, &token);
    if (kind == JSON_NULL || kind == JSON_ERROR)
        return kind == JSON_NULL;
    if (kind != JSON_STRING && kind != JSON_NUMBER) {
        import_problem(problems, record->line, "%s must be a text or a number",
                       post_field_names[field]);
        return json_skip_rest(reader, kind);
    }
    record->values[field] = token.text;
    return true;
}

static bool read_object(struct json_reader *reader, struct import_problems *problems,
                        struct post_record *record)
{
    struct json_token key;
    while (json_next(reader, &key) == JSON_KEY) {
        enum post_field field = post_field_find(key.text);
        if (field == POST_FIELD_COUNT) {
            problem_unknown(key.text, "field", problems, record->line);
            if (!json_skip(reader))
                return false;
        } else if (!read_value(reader, field, problems, record)) {
            return false;
        }
    }
    return key.kind == JSON_OBJECT_END && json_next(reader, &key) == JSON_END;
}

static enum import_next next_jsonl(struct post_file *file, struct import_problems *problems,
                                   struct post_record *record)
{
    uint64_t before = problems->count;
    struct json_reader reader;
    struct json_token token;
    struct slice line;
    do {
        if (file->rest.len == 0)
            return IMPORT_END;
        line = slice_trim_lines(slice_cut(file->rest, '\n', &file->rest));
        file->line++;
    } while (line.len == 0);
    record->line = file->line;
    json_reader_init(&reader, line, &file->arena);
    enum json_kind kind = json_next(&reader, &token);
    if (kind != JSON_ERROR && kind != JSON_OBJECT)
        import_problem(problems, record->line, "one JSON object a line is expected");
    else if (kind == JSON_ERROR || !read_object(&reader, problems, record))
        import_problem(problems, record->line, "%s%s (at byte %zu of the line)",
                       json_is_short(&reader) ? "" : "not JSON: ", json_error(&reader),
                       json_error_offset(&reader));
    return problems->count == before ? IMPORT_RECORD : IMPORT_BAD_LINE;
}

/* --- both --- */

bool post_file_start(struct post_file *file, struct import_problems *problems)
{
    file->rest = file->text;
    file->line = 0;
    arena_reset(&file->arena);
    return file->format == IMPORT_JSONL || start_csv(file, problems);
}

enum import_next post_file_next(struct post_file *file, struct import_problems *problems,
                                struct post_record *ret_record)
{
    arena_reset(&file->arena);
    *ret_record = (struct post_record){0};
    return (file->format == IMPORT_CSV ? next_csv : next_jsonl)(file, problems, ret_record);
}

uint64_t post_file_at(const struct post_file *file)
{
    return file->text.len - (file->format == IMPORT_CSV ? file->csv.rest.len : file->rest.len);
}
