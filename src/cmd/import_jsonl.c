/* JSONL records of an import file: one JSON object a line, with the API's field names. Main thread.
 */
#include "cmd/import_record.h"

static void problem_unknown(struct slice key, struct import_problems *problems, uint64_t line)
{
    const char *shown = import_shown(key);
    const char *near = nearest_name(shown, import_field_names, IMPORT_FIELD_COUNT);
    import_problem(problems, line, "there is no field \"%s\"%s%s%s", shown,
                   near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
}

static bool read_object(struct json_reader *reader, struct import_problems *problems,
                        struct import_record *record)
{
    struct json_token key;
    while (json_next(reader, &key) == JSON_KEY) {
        enum import_field field = import_field_find(key.text);
        if (field == IMPORT_FIELD_COUNT) {
            problem_unknown(key.text, problems, record->line);
            if (!json_skip(reader))
                return false;
        } else if (!import_read_value(reader, field, problems, record)) {
            return false;
        }
    }
    return key.kind == JSON_OBJECT_END && json_next(reader, &key) == JSON_END;
}

static void read_line(struct import_source *source, struct slice line,
                      struct import_problems *problems, struct import_record *record)
{
    struct json_reader reader;
    struct json_token token;
    json_reader_init(&reader, line, &source->arena);
    enum json_kind kind = json_next(&reader, &token);
    if (kind != JSON_ERROR && kind != JSON_OBJECT)
        import_problem(problems, record->line, "one JSON object a line is expected");
    else if (kind == JSON_ERROR || !read_object(&reader, problems, record))
        import_problem(problems, record->line, "%s%s (at byte %zu of the line)",
                       json_is_short(&reader) ? "" : "not JSON: ", json_error(&reader),
                       json_error_offset(&reader));
}

enum import_next import_jsonl_next(struct import_source *source, struct import_problems *problems,
                                   struct import_record *record)
{
    uint64_t before = problems->count;
    struct slice line;
    do {
        if (source->rest.len == 0)
            return IMPORT_END;
        line = slice_trim_lines(slice_cut(source->rest, '\n', &source->rest));
        source->line++;
    } while (line.len == 0);
    record->line = source->line;
    read_line(source, line, problems, record);
    return problems->count == before ? IMPORT_RECORD : IMPORT_BAD_LINE;
}
