/* Records of an import file (cmd/import_record.h). The source owns an arena for what its records
 * decode; the file's text is the caller's. Main thread. */
#include "cmd/import_record.h"

#include "cmd/shown.h"
#include "codec/decimal.h"
#include "codec/timestamp.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { RECORD_BYTES = 65536, RECORD_BYTES_MAX = 4 << 20, SHOWN_BYTES = 64, SHOWN_TURNS = 8 };

const char *const import_field_names[IMPORT_FIELD_COUNT] = {
    [IMPORT_MEMBER_UIN] = "MemberUin",
    [IMPORT_MEMBER_NAME] = "MemberName",
    [IMPORT_IS_CREDIT_ACCOUNT] = "IsCreditAccount",
    [IMPORT_REAL_BALANCE] = "RealBalance",
    [IMPORT_CASH_ACCOUNT_BALANCE] = "CashAccountBalance",
    [IMPORT_CREDIT_AMOUNT] = "CreditAmount",
    [IMPORT_TEMP_CREDIT] = "TempCredit",
    [IMPORT_BASIC_CREDIT_AMOUNT] = "BasicCreditAmount",
    [IMPORT_OWE_AMOUNT] = "OweAmount",
    [IMPORT_INCOME_INTO_ACCOUNT_BALANCE] = "IncomeIntoAccountBalance",
    [IMPORT_PRESENT_ACCOUNT_BALANCE] = "PresentAccountBalance",
    [IMPORT_FREEZE_AMOUNT] = "FreezeAmount",
    [IMPORT_ALLOW_ARREARS] = "AllowArrears",
    [IMPORT_TEMP_AMOUNT_INFO_LIST] = "TempAmountInfoList",
};

enum import_type import_field_type(enum import_field field)
{
    if (field == IMPORT_MEMBER_UIN || field == IMPORT_MEMBER_NAME)
        return IMPORT_TEXT;
    if (field == IMPORT_IS_CREDIT_ACCOUNT || field == IMPORT_ALLOW_ARREARS)
        return IMPORT_BOOLEAN;
    return field == IMPORT_TEMP_AMOUNT_INFO_LIST ? IMPORT_GRANTS : IMPORT_AMOUNT;
}

enum import_field import_field_find(struct slice name)
{
    int field = 0;
    while (field < IMPORT_FIELD_COUNT && !slice_equal(name, slice_text(import_field_names[field])))
        field++;
    return (enum import_field)field;
}

void import_problem(struct import_problems *problems, uint64_t line, const char *format, ...)
{
    if (++problems->count > IMPORT_PROBLEMS_PRINTED_MAX)
        return;
    va_list arguments;
    va_start(arguments, format);
    if (line > 0)
        fprintf(stderr, "%s:%" PRIu64 ": ", problems->path, line);
    else
        fprintf(stderr, "%s: ", problems->path);
    /* clang-tidy 14 forgets va_start in every file but the first it is given. */
    shown_vprintf(stderr, format, arguments); /* NOLINT(clang-analyzer-valist.Uninitialized) */
    fputc('\n', stderr);
    va_end(arguments);
}

void import_problems_end(const struct import_problems *problems)
{
    if (problems->count > IMPORT_PROBLEMS_PRINTED_MAX)
        fprintf(stderr, "%s: and %" PRIu64 " more\n", problems->path,
                problems->count - IMPORT_PROBLEMS_PRINTED_MAX);
}

const char *import_shown(struct slice value)
{
    static char shown[SHOWN_TURNS][SHOWN_BYTES + 4];
    static unsigned turn;
    char *at = shown[turn++ % SHOWN_TURNS];
    size_t len = value.len < SHOWN_BYTES ? value.len : SHOWN_BYTES;
    /* Not in the middle of a character. */
    while (len < value.len && len > 0 && ((unsigned char)value.at[len] & 0xc0) == 0x80)
        len--;
    for (size_t i = 0; i < len; i++)
        at[i] = value.at[i] == '\0' ? '?' : value.at[i];
    snprintf(at + len, 4, "%s", len < value.len ? "..." : "");
    return at;
}

/* The API's way to write "no end" is its last second. */
static bool read_moment(const struct json_token *token, int64_t *ret_us)
{
    if (token->kind == JSON_STRING && slice_equal(token->text, SLICE("9999-12-31 23:59:59")))
        return true;
    return token->kind == JSON_STRING && (timestamp_parse_plain(token->text, ret_us) ||
                                          timestamp_parse_rfc3339(token->text, ret_us));
}

/* One grant's fields; false when it is not JSON. *ret_wrong names the field that is wrong. */
static bool read_grant(struct json_reader *reader, struct new_grant *ret_grant,
                       const char **ret_wrong)
{
    struct json_token key, value;
    bool has_amount = false;
    while (json_next(reader, &key) == JSON_KEY) {
        enum json_kind kind = json_next(reader, &value);
        bool empty = kind == JSON_NULL || (kind == JSON_STRING && value.text.len == 0);
        if (slice_equal(key.text, SLICE("TempAmount"))) {
            has_amount = kind == JSON_NUMBER &&
                         decimal_parse_cents(value.text, &ret_grant->amount) == DECIMAL_OK &&
                         !amount_is_negative(ret_grant->amount);
        } else if (slice_equal(key.text, SLICE("StartTime"))) {
            if (!empty && !read_moment(&value, &ret_grant->start_us))
                *ret_wrong = "StartTime";
        } else if (slice_equal(key.text, SLICE("EndTime"))) {
            if (!empty && !read_moment(&value, &ret_grant->end_us))
                *ret_wrong = "EndTime";
        } else if (!slice_equal(key.text, SLICE("Uin")) &&
                   !slice_equal(key.text, SLICE("GrantId"))) {
            *ret_wrong = "a name that is none of TempAmount, StartTime, EndTime";
        }
        if (!json_skip_rest(reader, kind))
            return false;
    }
    if (!has_amount)
        *ret_wrong = "TempAmount";
    return key.kind == JSON_OBJECT_END;
}

static bool read_grants(struct json_reader *reader, struct import_problems *problems,
                        struct import_record *record)
{
    struct json_token token;
    while (json_next(reader, &token) == JSON_OBJECT) {
        struct new_grant grant = {0};
        const char *wrong = NULL;
        if (!read_grant(reader, &grant, &wrong))
            return false;
        if (wrong)
            import_problem(problems, record->line,
                           "TempAmountInfoList: %s is missing or wrong; TempAmount is cents, the "
                           "times are like \"2026-11-23 13:00:00\"",
                           wrong);
        if (record->grant_count == NEW_GRANTS_MAX) {
            import_problem(problems, record->line, "TempAmountInfoList: more than %d entries",
                           NEW_GRANTS_MAX);
            return json_skip_rest(reader, JSON_ARRAY);
        }
        record->grants[record->grant_count++] = grant;
    }
    record->has_grants = true;
    if (token.kind == JSON_ARRAY_END)
        return true;
    if (token.kind != JSON_ERROR)
        import_problem(problems, record->line, "TempAmountInfoList must be a list of objects");
    return json_skip_rest(reader, token.kind) && json_skip_rest(reader, JSON_ARRAY);
}

static const char *type_name(enum import_type type)
{
    switch (type) {
    case IMPORT_TEXT:
        return "a text";
    case IMPORT_BOOLEAN:
        return "true or false";
    case IMPORT_AMOUNT:
        return "a number";
    case IMPORT_GRANTS:
        return "a list of objects";
    }
    return "";
}

static bool kind_fits(enum json_kind kind, enum import_field field)
{
    switch (import_field_type(field)) {
    case IMPORT_TEXT:
        return kind == JSON_STRING || (kind == JSON_NUMBER && field == IMPORT_MEMBER_UIN);
    case IMPORT_BOOLEAN:
        return kind == JSON_TRUE || kind == JSON_FALSE;
    case IMPORT_AMOUNT:
        return kind == JSON_NUMBER;
    case IMPORT_GRANTS:
        return kind == JSON_ARRAY;
    }
    return false;
}

bool import_read_value(struct json_reader *reader, enum import_field field,
                       struct import_problems *problems, struct import_record *record)
{
    struct json_token token;
    enum json_kind kind = json_next(reader, &token);
    if (kind == JSON_NULL || kind == JSON_ERROR)
        return kind == JSON_NULL;
    if (!kind_fits(kind, field)) {
        import_problem(problems, record->line, "%s must be %s", import_field_names[field],
                       type_name(import_field_type(field)));
        return json_skip_rest(reader, kind);
    }
    if (kind == JSON_ARRAY)
        return read_grants(reader, problems, record);
    record->values[field] = kind == JSON_TRUE    ? SLICE("true")
                            : kind == JSON_FALSE ? SLICE("false")
                                                 : token.text;
    return true;
}

static bool path_ends_with(const char *path, const char *end)
{
    size_t path_len = strlen(path), end_len = strlen(end);
    return path_len > end_len && strcmp(path + path_len - end_len, end) == 0;
}

int import_format_find(const struct subcommand *self, const char *name, const char *path,
                       struct slice text, enum import_format *ret_format)
{
    text = slice_trim_lines(text);
    if (name && strcmp(name, "csv") != 0 && strcmp(name, "jsonl") != 0)
        return fail(self, EXIT_USAGE, "--format is csv or jsonl, not \"%s\"", name);
    if (name)
        *ret_format = strcmp(name, "csv") == 0 ? IMPORT_CSV : IMPORT_JSONL;
    else if (path_ends_with(path, ".csv"))
        *ret_format = IMPORT_CSV;
    else if (path_ends_with(path, ".jsonl") || path_ends_with(path, ".ndjson"))
        *ret_format = IMPORT_JSONL;
    else
        *ret_format = text.len > 0 && text.at[0] == '{' ? IMPORT_JSONL : IMPORT_CSV;
    return -1;
}

struct status import_source_init(struct import_source *source, enum import_format format,
                                 struct slice text, struct fault *fault)
{
    *source = (struct import_source){.format = format};
    source->text =
        slice_starts_with(text, SLICE("\xef\xbb\xbf")) ? slice_of(text.at + 3, text.len - 3) : text;
    if (!arena_init(&source->arena, RECORD_BYTES, RECORD_BYTES_MAX))
        return fault_raise(fault, STATUS_MEMORY, "no memory for the import");
    return STATUS_DONE;
}

void import_source_done(struct import_source *source)
{
    arena_done(&source->arena);
}

bool import_source_start(struct import_source *source, struct import_problems *problems)
{
    source->rest = source->text;
    source->line = 0;
    arena_reset(&source->arena);
    return source->format == IMPORT_JSONL || import_csv_start(source, problems);
}

enum import_next import_source_next(struct import_source *source, struct import_problems *problems,
                                    struct import_record *ret_record)
{
    arena_reset(&source->arena);
    *ret_record = (struct import_record){0};
    return source->format == IMPORT_CSV ? import_csv_next(source, problems, ret_record)
                                        : import_jsonl_next(source, problems, ret_record);
}

uint64_t import_source_at(const struct import_source *source)
{
    size_t left = source->format == IMPORT_CSV ? source->csv.rest.len : source->rest.len;
    return source->text.len - left;
}
