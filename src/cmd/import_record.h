/* One line of an import file as it was written: a text for each field that is there. docs/import.md
 * is the format's description. */
#ifndef CMD_IMPORT_RECORD_H
#define CMD_IMPORT_RECORD_H

#include "cmd/cmd.h"
#include "codec/csv.h"
#include "codec/json.h"
#include "ledger/decide.h"

/* In the order in which `bursar export` writes them. */
enum import_field {
    IMPORT_MEMBER_UIN,
    IMPORT_MEMBER_NAME,
    IMPORT_IS_CREDIT_ACCOUNT,
    IMPORT_REAL_BALANCE,
    IMPORT_CASH_ACCOUNT_BALANCE,
    IMPORT_CREDIT_AMOUNT,
    IMPORT_TEMP_CREDIT,
    IMPORT_BASIC_CREDIT_AMOUNT,
    IMPORT_OWE_AMOUNT,
    IMPORT_INCOME_INTO_ACCOUNT_BALANCE,
    IMPORT_PRESENT_ACCOUNT_BALANCE,
    IMPORT_FREEZE_AMOUNT,
    IMPORT_ALLOW_ARREARS,
    IMPORT_TEMP_AMOUNT_INFO_LIST,
    IMPORT_FIELD_COUNT,
};

enum import_type { IMPORT_TEXT, IMPORT_BOOLEAN, IMPORT_AMOUNT, IMPORT_GRANTS };

/* The API's names, and what kind of value each has. */
extern const char *const import_field_names[IMPORT_FIELD_COUNT];
enum import_type import_field_type(enum import_field field);
/* IMPORT_FIELD_COUNT when there is no such field. */
enum import_field import_field_find(struct slice name);

/* What is wrong with a file: every complaint is counted, the first hundred are printed, as
 * "FILE:LINE: text", or "FILE: text" for line 0. */
struct import_problems {
    const char *path;
    uint64_t count;
};
enum { IMPORT_PROBLEMS_PRINTED_MAX = 100 };
void import_problem(struct import_problems *problems, uint64_t line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* "and N more", if there are. */
void import_problems_end(const struct import_problems *problems);
/* A value for a message, which import_problem escapes: cut, as a C string. Static, eight in turn.
 */
const char *import_shown(struct slice value);

struct import_record {
    uint64_t line;
    struct slice values[IMPORT_FIELD_COUNT]; /* len 0 = not given; numbers as written */
    struct new_grant grants[NEW_GRANTS_MAX]; /* of TempAmountInfoList */
    uint32_t grant_count;
    bool has_grants;
};

/* A field of a JSON object whose value comes next; false when the text is not JSON any more. A
 * value of the wrong kind is a problem, and is skipped. */
bool import_read_value(struct json_reader *reader, enum import_field field,
                       struct import_problems *problems, struct import_record *record);

/* Where records come from. */
enum import_format { IMPORT_CSV, IMPORT_JSONL };
struct import_source {
    enum import_format format;
    struct slice text; /* the whole file, without a byte-order mark */
    struct arena arena;
    struct slice rest; /* JSONL */
    uint64_t line;     /* JSONL */
    struct csv_reader csv;
    enum import_field columns[CSV_FIELDS_MAX];
    uint32_t column_count;
};
enum import_next { IMPORT_RECORD, IMPORT_BAD_LINE, IMPORT_END };

/* By its name (NULL = not given), else by the file's name, else by its first character. -1, or the
 * exit code when there is no such format. */
int import_format_find(const struct subcommand *self, const char *name, const char *path,
                       struct slice text, enum import_format *ret_format);

STATUS_MUST_USE struct status import_source_init(struct import_source *source,
                                                 enum import_format format, struct slice text,
                                                 struct fault *fault);
void import_source_done(struct import_source *source);
/* To the first record; false when the header is not one (with its problems told). May be called
 * again, for another pass. */
bool import_source_start(struct import_source *source, struct import_problems *problems);
/* The record's texts live until the next call. IMPORT_BAD_LINE: its problems were told. */
enum import_next import_source_next(struct import_source *source, struct import_problems *problems,
                                    struct import_record *ret_record);
/* Bytes read of all. */
uint64_t import_source_at(const struct import_source *source);

/* The two formats, each in a file of its own. */
bool import_csv_start(struct import_source *source, struct import_problems *problems);
enum import_next import_csv_next(struct import_source *source, struct import_problems *problems,
                                 struct import_record *record);
enum import_next import_jsonl_next(struct import_source *source, struct import_problems *problems,
                                   struct import_record *record);

#endif
