/* Records of CSV and JSON Lines, read (codec/records.h).
 *
 * 1. A column or field that the table does not have is a mistake, never ignored: it is a mistyped
 *    one. (Whoever reads what a newer program wrote asks for it otherwise.)
 * 2. All mistakes of a record are told, not the first only.
 *
 * The reader owns the arena of the record in hand. */
#include "codec/records.h"

#include "base/amount.h"
#include "base/uin.h"
#include "codec/decimal.h"
#include "codec/timestamp.h"

enum { RECORD_BYTES = 65536, RECORD_BYTES_MAX = 8 << 20, SHOWN_BYTES = 64 };

void records_complain(struct records *records, const char *format, ...)
{
    va_list arguments;
    records->wrong++;
    if (!records->listener.tell)
        return;
    va_start(arguments, format);
    records->listener.tell(records->listener.context, records->line, format, arguments);
    va_end(arguments);
}

void records_complain_value(struct records *records, const char *name, struct slice value,
                            const char *sentence)
{
    size_t len = value.len < SHOWN_BYTES ? value.len : SHOWN_BYTES;
    /* Not in the middle of a character. */
    while (len < value.len && len > 0 && ((unsigned char)value.at[len] & 0xc0) == 0x80)
        len--;
    records_complain(records, "%s: \"%.*s%s\" %s", name, SLICE_ARGS(slice_of(value.at, len)),
                     len < value.len ? "..." : "", sentence);
}

/* --- one value --- */

static const char *parse_cents(struct slice text, struct amount *ret_amount)
{
    switch (decimal_parse_cents(text, ret_amount)) {
    case DECIMAL_OK:
        return NULL;
    case DECIMAL_SYNTAX:
        return "is not a number of cents";
    case DECIMAL_PRECISE:
        return "has more than four decimals of a cent";
    case DECIMAL_OVERFLOW:
        return "is too large";
    }
    return NULL;
}

static const char *parse_units(struct slice text, struct amount *ret_amount)
{
    enum decimal_result result = decimal_parse_units(text, ret_amount);
    return result == DECIMAL_OK        ? NULL
           : result == DECIMAL_PRECISE ? "has more than six decimals"
                                       : "is not an amount: write 12.34, in units of the currency";
}

/* The API's way to write "no end" is its last second. */
static const char *parse_moment(struct slice text, int64_t *ret_us)
{
    return slice_equal(text, SLICE("9999-12-31 23:59:59")) || timestamp_parse_plain(text, ret_us) ||
                   timestamp_parse_rfc3339(text, ret_us)
               ? NULL
               : "is not a time like 2026-11-23 13:00:00, or RFC 3339";
}

static const char *parse_boolean(struct slice text, bool *ret_value)
{
    *ret_value = slice_equal_nocase(text, SLICE("true"));
    return *ret_value || slice_equal_nocase(text, SLICE("false")) ? NULL
                                                                  : "is neither true nor false";
}

/* NULL, or what the text is not. */
static const char *parse(enum record_kind kind, struct slice text, void *place)
{
    switch (kind) {
    case RECORD_TEXT:
    case RECORD_TEXT_OR_NUMBER:
    case RECORD_JSON:
        *(struct slice *)place = text;
        return NULL;
    case RECORD_UIN:
        return uin_parse(text, place) ? NULL : "is not a UIN: 1 to 20 digits, not beginning with 0";
    case RECORD_CENTS:
        return parse_cents(text, place);
    case RECORD_UNITS:
        return parse_units(text, place);
    case RECORD_MOMENT:
        return parse_moment(text, place);
    case RECORD_BOOLEAN:
        return parse_boolean(text, place);
    case RECORD_COUNT:
        return slice_to_u64(text, place) ? NULL : "is not a whole number";
    case RECORD_WORD:
    case RECORD_IGNORED:
        return NULL;
    }
    return NULL;
}

void records_set(struct records *records, uint32_t column, struct slice text, void *record)
{
    const struct record_column *meant = &records->table->columns[column];
    if (text.len == 0 || column == records->table->count)
        return;
    records->given |= (record_set)1 << column;
    const char *wrong = parse(meant->kind, text, (char *)record + meant->place);
    if (wrong)
        records_complain_value(records, meant->name, text, wrong);
    else
        records->read |= (record_set)1 << column;
}

static void begin_record(struct records *records, void *record)
{
    records->given = records->read = 0;
    memset(record, 0, records->table->size);
}

static void check_required(struct records *records)
{
    for (uint32_t i = 0; i < records->table->count; i++)
        if (records->table->columns[i].is_required && !record_has(records->given, i))
            records_complain(records, "%s is missing", records->table->columns[i].name);
}

uint32_t records_find(const struct record_table *table, struct slice name)
{
    uint32_t i = 0;
    while (i < table->count && !slice_equal(name, slice_text(table->columns[i].name)))
        i++;
    return i;
}

static void complain_unknown(struct records *records, const char *what, struct slice name)
{
    if (records->skips_unknown)
        return;
    records->wrong++;
    if (records->listener.tell_unknown)
        records->listener.tell_unknown(records->listener.context, records->line, what, name);
}

/* --- JSON --- */

/* What a value must be, when it is not. */
static const char *wrong_kind(enum json_kind found, enum record_kind kind)
{
    bool is_number = found == JSON_NUMBER, is_text = found == JSON_STRING;
    switch (kind) {
    case RECORD_TEXT:
    case RECORD_MOMENT:
        return is_text ? NULL : "a text";
    case RECORD_TEXT_OR_NUMBER:
    case RECORD_UIN:
    case RECORD_UNITS:
        return is_text || is_number ? NULL : "a text or a number";
    case RECORD_CENTS:
    case RECORD_COUNT:
        return is_number ? NULL : "a number";
    case RECORD_BOOLEAN:
        return found == JSON_TRUE || found == JSON_FALSE ? NULL : "true or false";
    case RECORD_JSON:
        return found == JSON_ARRAY ? NULL : "a list of objects";
    case RECORD_WORD:
    case RECORD_IGNORED:
        return NULL;
    }
    return NULL;
}

static bool read_value(struct records *records, struct json_reader *reader, uint32_t column,
                       void *record)
{
    const struct record_column *meant = &records->table->columns[column];
    struct json_token token;
    enum json_kind kind = json_next(reader, &token);
    size_t start = reader->at - 1;
    if (kind == JSON_NULL || kind == JSON_ERROR)
        return kind == JSON_NULL;
    const char *wrong = wrong_kind(kind, meant->kind);
    if (!json_skip_rest(reader, kind))
        return false;
    if (wrong) {
        records->given |= (record_set)1 << column;
        records_complain(records, "%s must be %s", meant->name, wrong);
        return true;
    }
    records_set(records, column,
                kind == JSON_TRUE    ? SLICE("true")
                : kind == JSON_FALSE ? SLICE("false")
                : kind == JSON_ARRAY ? slice_of(reader->text.at + start, reader->at - start)
                                     : token.text,
                record);
    return true;
}

static bool read_object(struct records *records, struct json_reader *reader, void *record)
{
    struct json_token key;
    while (json_next(reader, &key) == JSON_KEY) {
        uint32_t column = records_find(records->table, key.text);
        if (column == records->table->count)
            complain_unknown(records, "field", key.text);
        if (column == records->table->count ? !json_skip(reader)
                                            : !read_value(records, reader, column, record))
            return false;
    }
    if (key.kind == JSON_OBJECT_END)
        check_required(records);
    return key.kind == JSON_OBJECT_END;
}

bool records_read_object(struct records *records, struct json_reader *reader, void *ret_record)
{
    begin_record(records, ret_record);
    return read_object(records, reader, ret_record);
}

static bool next_json(struct records *records, void *record)
{
    struct json_reader reader;
    struct json_token token;
    struct slice line;
    do {
        if (records->rest.len == 0)
            return false;
        line = slice_trim_lines(slice_cut(records->rest, '\n', &records->rest));
        records->line++;
    } while (line.len == 0);
    json_reader_init(&reader, line, &records->arena);
    enum json_kind kind = json_next(&reader, &token);
    if (kind != JSON_ERROR && kind != JSON_OBJECT)
        records_complain(records, "one JSON object a line is expected");
    else if (kind == JSON_ERROR || !read_object(records, &reader, record) ||
             json_next(&reader, &token) != JSON_END)
        records_complain(records, "%s%s (at byte %zu of the line)",
                         json_is_short(&reader) ? "" : "not JSON: ", json_error(&reader),
                         json_error_offset(&reader));
    return true;
}

/* --- CSV --- */

static bool has_column(const struct records *records, uint32_t column)
{
    for (uint32_t i = 0; i < records->column_count; i++)
        if (records->columns[i] == column)
            return true;
    return false;
}

static void take_column(struct records *records, struct slice name)
{
    uint32_t column = records_find(records->table, name);
    if (column == records->table->count)
        complain_unknown(records, "column", name);
    else if (has_column(records, column))
        records_complain(records, "column %s is there twice", records->table->columns[column].name);
    records->columns[records->column_count++] = column;
}

static void start_csv(struct records *records)
{
    const struct record_table *table = records->table;
    struct csv_record cells;
    const char *error = NULL;
    csv_reader_init(&records->csv, records->text);
    enum csv_result result = csv_next(&records->csv, &records->arena, &cells, &error);
    records->line = result == CSV_RECORD ? records->csv.line : 1;
    if (result != CSV_RECORD) {
        records_complain(records, "%s",
                         error ? error : "the file is empty; a header line is expected");
        return;
    }
    records->column_count = 0;
    for (uint32_t i = 0; i < cells.count; i++)
        take_column(records, slice_trim(cells.fields[i]));
    for (uint32_t i = 0; i < table->count; i++)
        if (table->columns[i].is_required && !has_column(records, i))
            records_complain(records, "the column %s is missing", table->columns[i].name);
}

static bool next_csv(struct records *records, void *record)
{
    struct csv_record cells;
    const char *error = NULL;
    enum csv_result result = csv_next(&records->csv, &records->arena, &cells, &error);
    if (result == CSV_END)
        return false;
    records->line = records->csv.line;
    if (result == CSV_ERROR) {
        records_complain(records, "%s", error);
    } else if (cells.count != records->column_count) {
        records_complain(records, "%u values, and the header has %u columns", cells.count,
                         records->column_count);
    } else {
        for (uint32_t i = 0; i < cells.count; i++)
            records_set(records, records->columns[i],
                        records->table->is_trimmed ? slice_trim(cells.fields[i]) : cells.fields[i],
                        record);
        check_required(records);
    }
    return true;
}

/* --- both --- */

bool records_init(struct records *records, const struct record_table *table,
                  enum record_format format, struct slice text, struct record_listener listener)
{
    *records = (struct records){.table = table, .listener = listener, .format = format};
    records->text =
        slice_starts_with(text, SLICE("\xef\xbb\xbf")) ? slice_of(text.at + 3, text.len - 3) : text;
    return arena_init(&records->arena, RECORD_BYTES, RECORD_BYTES_MAX);
}

void records_done(struct records *records)
{
    arena_done(&records->arena);
}

bool records_start(struct records *records)
{
    uint64_t before = records->wrong;
    records->rest = records->text;
    records->line = 0;
    arena_reset(&records->arena);
    if (records->format == RECORD_CSV)
        start_csv(records);
    return records->wrong == before;
}

enum records_next records_next(struct records *records, void *ret_record)
{
    uint64_t before = records->wrong;
    arena_reset(&records->arena);
    begin_record(records, ret_record);
    if (!(records->format == RECORD_CSV ? next_csv : next_json)(records, ret_record))
        return RECORDS_END;
    return records->wrong == before ? RECORDS_ONE : RECORDS_BAD_LINE;
}

uint64_t records_at(const struct records *records)
{
    return records->text.len -
           (records->format == RECORD_CSV ? records->csv.rest.len : records->rest.len);
}
