/* Records written as CSV and JSON (codec/records.h). Owns nothing. Any thread. */
#include "base/amount.h"
#include "base/uin.h"
#include "codec/decimal.h"
#include "codec/records.h"
#include "codec/timestamp.h"

/* A value as CSV, where `is_json` is false, or as JSON. */
static void write_value(enum record_kind kind, const void *place, bool is_json, struct buffer *out)
{
    char uin[UIN_DIGITS_MAX];
    bool is_quoted = is_json && (kind == RECORD_UIN || kind == RECORD_MOMENT);
    if (is_quoted)
        buffer_char(out, '"');
    switch (kind) {
    case RECORD_TEXT:
    case RECORD_TEXT_OR_NUMBER:
        (is_json ? json_quote : csv_write)(out, *(const struct slice *)place);
        break;
    case RECORD_WORD:
        (is_json ? json_quote : csv_write)(out, slice_text(*(const char *const *)place));
        break;
    case RECORD_JSON:
        (is_json ? buffer_append : csv_write)(out, *(const struct slice *)place);
        break;
    case RECORD_UIN:
        buffer_bytes(out, uin, uin_print(*(const struct uin *)place, uin));
        break;
    case RECORD_CENTS:
        decimal_print_cents(out, *(const struct amount *)place);
        break;
    case RECORD_UNITS:
        decimal_print_units(out, *(const struct amount *)place);
        break;
    case RECORD_MOMENT:
        timestamp_print_rfc3339(out, *(const int64_t *)place);
        break;
    case RECORD_BOOLEAN:
        buffer_text(out, *(const bool *)place ? "true" : "false");
        break;
    case RECORD_COUNT:
        buffer_u64(out, *(const uint64_t *)place);
        break;
    case RECORD_IGNORED:
        break;
    }
    if (is_quoted)
        buffer_char(out, '"');
}

void records_write_header(const struct record_table *table, struct buffer *out)
{
    for (uint32_t i = 0; i < table->count; i++) {
        buffer_text(out, i > 0 ? "," : "");
        buffer_text(out, table->columns[i].name);
    }
    buffer_char(out, '\n');
}

void records_write_csv(const struct record_table *table, const void *record, record_set given,
                       struct buffer *out)
{
    for (uint32_t i = 0; i < table->count; i++) {
        buffer_text(out, i > 0 ? "," : "");
        if (record_has(given, i))
            write_value(table->columns[i].kind, (const char *)record + table->columns[i].place,
                        false, out);
    }
    buffer_char(out, '\n');
}

static bool is_zero(enum record_kind kind, const void *place)
{
    switch (kind) {
    case RECORD_TEXT:
    case RECORD_TEXT_OR_NUMBER:
    case RECORD_JSON:
        return ((const struct slice *)place)->len == 0;
    case RECORD_WORD:
        return **(const char *const *)place == '\0';
    case RECORD_UIN:
        return uin_is_none(*(const struct uin *)place);
    case RECORD_CENTS:
    case RECORD_UNITS:
        return amount_is_zero(*(const struct amount *)place);
    case RECORD_MOMENT:
        return *(const int64_t *)place == 0;
    case RECORD_BOOLEAN:
        return !*(const bool *)place;
    case RECORD_COUNT:
        return *(const uint64_t *)place == 0;
    case RECORD_IGNORED:
        return true;
    }
    return true;
}

void records_write_json(const struct record_table *table, const void *record, struct buffer *out)
{
    const char *before = "{\"";
    for (uint32_t i = 0; i < table->count; i++) {
        const struct record_column *column = &table->columns[i];
        const void *place = (const char *)record + column->place;
        if (!column->is_required && is_zero(column->kind, place))
            continue;
        buffer_text(out, before);
        buffer_text(out, column->name);
        BUFFER_LITERAL(out, "\":");
        write_value(column->kind, place, true, out);
        before = ",\"";
    }
    buffer_text(out, *before == '{' ? "{}" : "}");
}
