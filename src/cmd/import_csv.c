/* CSV records of an import file: a header with the API's field names, then a member a line. Main
 * thread.
 *
 * 1. A column that is not known is an error, never ignored: it is a mistyped one. */
#include "cmd/import_record.h"

static bool check_column(struct slice name, const struct import_source *source, uint64_t line,
                         struct import_problems *problems, enum import_field *ret_field)
{
    enum import_field field = import_field_find(name);
    if (field == IMPORT_FIELD_COUNT) {
        const char *shown = import_shown(name);
        const char *near = nearest_name(shown, import_field_names, IMPORT_FIELD_COUNT);
        import_problem(problems, line, "there is no column \"%s\"%s%s%s", shown,
                       near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
        return false;
    }
    for (uint32_t i = 0; i < source->column_count; i++) {
        if (source->columns[i] == field) {
            import_problem(problems, line, "column %s is there twice", import_field_names[field]);
            return false;
        }
    }
    *ret_field = field;
    return true;
}

static bool has_column(const struct import_source *source, enum import_field field, uint64_t line,
                       struct import_problems *problems)
{
    for (uint32_t i = 0; i < source->column_count; i++) {
        if (source->columns[i] == field)
            return true;
    }
    import_problem(problems, line, "the column %s is missing", import_field_names[field]);
    return false;
}

bool import_csv_start(struct import_source *source, struct import_problems *problems)
{
    struct csv_record record;
    const char *error = NULL;
    bool good = true;
    csv_reader_init(&source->csv, source->text);
    enum csv_result result = csv_next(&source->csv, &source->arena, &record, &error);
    if (result != CSV_RECORD) {
        import_problem(problems, 1, "%s",
                       result == CSV_END ? "the file is empty; a header line is expected" : error);
        return false;
    }
    source->column_count = 0;
    for (uint32_t i = 0; i < record.count; i++) {
        enum import_field field = IMPORT_FIELD_COUNT;
        good &=
            check_column(slice_trim(record.fields[i]), source, source->csv.line, problems, &field);
        source->columns[source->column_count++] = field;
    }
    good &= has_column(source, IMPORT_MEMBER_UIN, source->csv.line, problems);
    good &= has_column(source, IMPORT_MEMBER_NAME, source->csv.line, problems);
    return good;
}

/* The cell holds JSON. */
static void read_grants(struct import_source *source, struct slice cell,
                        struct import_problems *problems, struct import_record *record)
{
    struct json_reader reader;
    struct json_token token;
    json_reader_init(&reader, cell, &source->arena);
    if (!import_read_value(&reader, IMPORT_TEMP_AMOUNT_INFO_LIST, problems, record) ||
        json_next(&reader, &token) != JSON_END)
        import_problem(problems, record->line, "TempAmountInfoList%s: %s",
                       json_is_short(&reader) ? "" : " is not JSON",
                       json_error(&reader) ? json_error(&reader) : "more than one value");
}

enum import_next import_csv_next(struct import_source *source, struct import_problems *problems,
                                 struct import_record *record)
{
    struct csv_record cells;
    const char *error = NULL;
    uint64_t before = problems->count;
    enum csv_result result = csv_next(&source->csv, &source->arena, &cells, &error);
    if (result == CSV_END)
        return IMPORT_END;
    record->line = source->csv.line;
    if (result == CSV_ERROR) {
        import_problem(problems, record->line, "%s", error);
        return IMPORT_BAD_LINE;
    }
    if (cells.count != source->column_count) {
        import_problem(problems, record->line, "%u values, and the header has %u columns",
                       cells.count, source->column_count);
        return IMPORT_BAD_LINE;
    }
    for (uint32_t i = 0; i < cells.count; i++) {
        record->values[source->columns[i]] = cells.fields[i];
        if (source->columns[i] == IMPORT_TEMP_AMOUNT_INFO_LIST && cells.fields[i].len > 0)
            read_grants(source, cells.fields[i], problems, record);
    }
    return problems->count == before ? IMPORT_RECORD : IMPORT_BAD_LINE;
}
