/* Lines of an import file (cmd/import_row.h). What the amounts make together, and whether they
 * agree, is the ledger's to say (ledger/fields.h). Main thread. */
#include "cmd/import_row.h"

#include "cmd/shown.h"
#include "codec/decimal.h"

#include <stdio.h>

enum { GRANTS_BYTES_MAX = 512 };

#define FIELD(name, field)                                                                         \
    [IMPORT_FIELDS + (field)] = {name, RECORD_CENTS,                                               \
                                 offsetof(struct import_row, fields.amounts[field]), false}
static const struct record_column columns[] = {
    [IMPORT_MEMBER_UIN] = {"MemberUin", RECORD_UIN, offsetof(struct import_row, member.uin), true},
    [IMPORT_MEMBER_NAME] = {"MemberName", RECORD_TEXT, offsetof(struct import_row, member.name),
                            true},
    [IMPORT_IS_CREDIT_ACCOUNT] = {"IsCreditAccount", RECORD_BOOLEAN,
                                  offsetof(struct import_row, is_credit_account), false},
    FIELD("RealBalance", FIELD_REAL_BALANCE),
    FIELD("CashAccountBalance", FIELD_CASH_ACCOUNT_BALANCE),
    FIELD("CreditAmount", FIELD_CREDIT_AMOUNT),
    FIELD("TempCredit", FIELD_TEMP_CREDIT),
    FIELD("BasicCreditAmount", FIELD_BASIC_CREDIT_AMOUNT),
    FIELD("OweAmount", FIELD_OWE_AMOUNT),
    FIELD("IncomeIntoAccountBalance", FIELD_INCOME_INTO_ACCOUNT_BALANCE),
    FIELD("PresentAccountBalance", FIELD_PRESENT_ACCOUNT_BALANCE),
    FIELD("FreezeAmount", FIELD_FREEZE_AMOUNT),
    [IMPORT_ALLOW_ARREARS] = {"AllowArrears", RECORD_BOOLEAN,
                              offsetof(struct import_row, allow_arrears), false},
    [IMPORT_TEMP_AMOUNT_INFO_LIST] = {"TempAmountInfoList", RECORD_JSON,
                                      offsetof(struct import_row, grants), false},
};
const struct record_table import_table = RECORD_TABLE(columns, struct import_row);

static const struct record_column grant_columns[] = {
    {"TempAmount", RECORD_CENTS, offsetof(struct new_grant, amount), true},
    {"StartTime", RECORD_MOMENT, offsetof(struct new_grant, start_us), false},
    {"EndTime", RECORD_MOMENT, offsetof(struct new_grant, end_us), false},
    {"GrantId", RECORD_IGNORED, 0, false},
    {"Uin", RECORD_IGNORED, 0, false},
};
static const struct record_table grant_table = RECORD_TABLE(grant_columns, struct new_grant);

/* --- grants --- */

static void complain_list(struct records *records, const char *text)
{
    records_complain(records, "TempAmountInfoList%s", text);
}

__attribute__((format(printf, 3, 0))) static void
tell_of_grant(void *context, uint64_t line, const char *format, va_list arguments)
{
    char text[256] = ": ";
    (void)line;
    vsnprintf(text + 2, sizeof text - 2, format, arguments);
    complain_list(context, text);
}

static void tell_unknown_of_grant(void *context, uint64_t line, const char *what, struct slice name)
{
    (void)line;
    records_complain(context,
                     "TempAmountInfoList: there is no %s \"%.*s\", only TempAmount, StartTime and "
                     "EndTime",
                     what, SLICE_ARGS(name));
}

static void read_grant(struct records *records, struct json_reader *reader,
                       struct new_member *member)
{
    struct records grants = {.table = &grant_table,
                             .listener = {tell_of_grant, tell_unknown_of_grant, records}};
    struct new_grant grant;
    if (!records_read_object(&grants, reader, &grant))
        return; /* the next token is an error */
    if (member->grant_count == NEW_GRANTS_MAX) {
        complain_list(records, ": more than four entries");
        return;
    }
    if (amount_is_negative(grant.amount))
        complain_list(records, ": TempAmount is below zero");
    if (grant.end_us != 0 && grant.end_us <= grant.start_us)
        complain_list(records, ": an entry ends before it starts");
    member->grants[member->grant_count++] = grant;
}

static void read_grants(struct records *records, struct import_row *row)
{
    struct json_reader reader;
    struct json_token token;
    if (!record_has(records->read, IMPORT_TEMP_AMOUNT_INFO_LIST))
        return;
    json_reader_init(&reader, row->grants, &records->arena);
    if (json_next(&reader, &token) == JSON_ARRAY)
        while (json_next(&reader, &token) == JSON_OBJECT)
            read_grant(records, &reader, &row->member);
    if (token.kind != JSON_ARRAY_END && token.kind != JSON_ERROR)
        complain_list(records, " must be a list of objects");
    else if (token.kind == JSON_ERROR || json_next(&reader, &token) != JSON_END)
        records_complain(records, "TempAmountInfoList%s: %s",
                         json_is_short(&reader) ? "" : " is not JSON", json_error(&reader));
}

/* --- the rest --- */

static void check_name(struct records *records, struct slice name)
{
    struct text_wrong wrong;
    if (!text_is_clean(name, &wrong) && wrong.kind != TEXT_TOO_LONG)
        records_complain_value(records, "MemberName", name, shown_wrong(&wrong));
    else if (!name_is_valid(name))
        records_complain_value(records, "MemberName", name, "is not 1 to 64 characters");
}

static void take_fields(struct records *records, struct fields_given *fields)
{
    for (int i = 0; i < FIELD_COUNT; i++) {
        fields->is_given[i] = record_has(records->given, (unsigned)(IMPORT_FIELDS + i));
        if (amount_is_negative(fields->amounts[i]) && !field_may_be_negative((enum balance_field)i))
            records_complain(records, "%s is below zero", columns[IMPORT_FIELDS + i].name);
    }
}

static void tell_conflict(struct records *records, const struct fields_conflict *conflict)
{
    static const char real[] = "CashAccountBalance + IncomeIntoAccountBalance + "
                               "PresentAccountBalance - FreezeAmount - OweAmount";
    static const char *const because[FIELD_COUNT] = {
        [FIELD_CREDIT_AMOUNT] = "BasicCreditAmount + TempCredit",
        [FIELD_OWE_AMOUNT] = "what cash, income, present and credit leave uncovered",
        [FIELD_REAL_BALANCE] = real,
    };
    struct buffer text;
    char memory[256];
    if (conflict->field == FIELD_COUNT) {
        records_complain(records, "the amounts are too large to be added up");
        return;
    }
    if (conflict->field == FIELD_TEMP_CREDIT) {
        records_complain(records, "TempCredit is not what TempAmountInfoList gives at any moment");
        return;
    }
    buffer_init_fixed(&text, memory, sizeof memory);
    buffer_printf(&text, "%s is ", columns[IMPORT_FIELDS + (int)conflict->field].name);
    decimal_print_cents(&text, conflict->given);
    buffer_printf(&text, ", but %s is ", because[conflict->field]);
    decimal_print_cents(&text, conflict->derived);
    records_complain(records, "%.*s", SLICE_ARGS(buffer_slice(&text)));
}

static void solve(struct records *records, int64_t now_us, struct import_row *row)
{
    struct fields_solution solution;
    bool has_grants = record_has(records->given, IMPORT_TEMP_AMOUNT_INFO_LIST);
    if (!fields_solve(&row->fields, has_grants, now_us, &row->member, &solution)) {
        for (uint32_t i = 0; i < solution.conflict_count; i++)
            tell_conflict(records, &solution.conflicts[i]);
        return;
    }
    row->real_balance = solution.fields.real_balance;
    row->line = records->line;
}

enum records_next import_row_next(struct records *records, int64_t now_us,
                                  struct import_row *ret_row)
{
    uint64_t before = records->wrong;
    if (records_next(records, ret_row) == RECORDS_END)
        return RECORDS_END;
    if (record_has(records->read, IMPORT_MEMBER_NAME))
        check_name(records, ret_row->member.name);
    take_fields(records, &ret_row->fields);
    read_grants(records, ret_row);
    if (records->wrong == before)
        solve(records, now_us, ret_row);
    return records->wrong == before ? RECORDS_ONE : RECORDS_BAD_LINE;
}

void import_row_write(const struct import_row *row, struct buffer *out)
{
    static const struct record_column columns_sent[] = {
        {"MemberUin", RECORD_UIN, offsetof(struct import_row, member.uin), true},
        {"MemberName", RECORD_TEXT, offsetof(struct import_row, member.name), true},
        {"IsCreditAccount", RECORD_BOOLEAN, offsetof(struct import_row, is_credit_account), false},
        {"AllowArrears", RECORD_BOOLEAN, offsetof(struct import_row, allow_arrears), false},
        {"RealBalance", RECORD_CENTS, offsetof(struct import_row, real_balance), false},
        {"IncomeIntoAccountBalance", RECORD_CENTS, offsetof(struct import_row, member.income),
         false},
        {"PresentAccountBalance", RECORD_CENTS, offsetof(struct import_row, member.gift), false},
        {"FreezeAmount", RECORD_CENTS, offsetof(struct import_row, member.frozen), false},
        {"BasicCreditAmount", RECORD_CENTS, offsetof(struct import_row, member.basic_credit),
         false},
        {"TempAmountInfoList", RECORD_JSON, offsetof(struct import_row, grants), false},
    };
    static const struct record_table sent = RECORD_TABLE(columns_sent, struct import_row);
    struct import_row written = *row;
    struct buffer list;
    char memory[GRANTS_BYTES_MAX];
    buffer_init_fixed(&list, memory, sizeof memory);
    for (uint32_t i = 0; i < row->member.grant_count; i++) {
        buffer_char(&list, i > 0 ? ',' : '[');
        records_write_json(&grant_table, &row->member.grants[i], &list);
    }
    if (row->member.grant_count > 0)
        buffer_char(&list, ']');
    written.grants = buffer_slice(&list);
    records_write_json(&sent, &written, out);
}
