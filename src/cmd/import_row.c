/* Checks of one record (cmd/import_row.h). Main thread.
 *
 * 1. The nine fields of the API are not independent. What follows from the others may be left out;
 *    when it is there it must be what follows from them, to the micro. */
#include "cmd/import_row.h"

#include "cmd/shown.h"
#include "codec/decimal.h"
#include "ledger/fields.h"

/* Amounts by field; those that are no amounts stay zero. */
struct amounts {
    struct amount at[IMPORT_FIELD_COUNT];
    bool given[IMPORT_FIELD_COUNT];
};

struct check {
    const struct import_record *record;
    int64_t now_us;
    struct import_problems *problems;
    struct amounts amounts;
};

static void wrong_amount(struct check *check, enum import_field field, enum decimal_result result)
{
    const char *name = import_field_names[field];
    const char *shown = import_shown(check->record->values[field]);
    uint64_t line = check->record->line;
    if (result == DECIMAL_SYNTAX)
        import_problem(check->problems, line, "%s: \"%s\" is not a number of cents", name, shown);
    else if (result == DECIMAL_PRECISE)
        import_problem(check->problems, line, "%s: %s has more than four decimals of a cent", name,
                       shown);
    else
        import_problem(check->problems, line, "%s: %s is too large", name, shown);
}

static bool may_be_negative(enum import_field field)
{
    return field == IMPORT_REAL_BALANCE || field == IMPORT_CASH_ACCOUNT_BALANCE;
}

static void read_amount(struct check *check, enum import_field field)
{
    struct slice text = check->record->values[field];
    struct amount amount;
    if (text.len == 0)
        return;
    enum decimal_result result = decimal_parse_cents(text, &amount);
    if (result != DECIMAL_OK) {
        wrong_amount(check, field, result);
        return;
    }
    if (amount_is_negative(amount) && !may_be_negative(field)) {
        import_problem(check->problems, check->record->line, "%s: %s is below zero",
                       import_field_names[field], import_shown(text));
        return;
    }
    check->amounts.at[field] = amount;
    check->amounts.given[field] = true;
}

static bool read_boolean(struct check *check, enum import_field field)
{
    struct slice text = check->record->values[field];
    if (text.len == 0 || slice_equal_nocase(text, SLICE("false")))
        return false;
    if (slice_equal_nocase(text, SLICE("true")))
        return true;
    import_problem(check->problems, check->record->line, "%s: \"%s\" is neither true nor false",
                   import_field_names[field], import_shown(text));
    return false;
}

static void read_identity(struct check *check, struct import_row *row)
{
    struct slice uin = check->record->values[IMPORT_MEMBER_UIN];
    struct slice name = check->record->values[IMPORT_MEMBER_NAME];
    uint64_t line = check->record->line;
    struct text_wrong wrong;
    if (uin.len == 0)
        import_problem(check->problems, line, "MemberUin is missing");
    else if (!uin_parse(uin, &row->uin))
        import_problem(check->problems, line,
                       "MemberUin: \"%s\" is not 1 to 20 digits, not beginning with 0",
                       import_shown(uin));
    if (name.len == 0)
        import_problem(check->problems, line, "MemberName is missing");
    else if (!text_is_clean(name, &wrong) && wrong.kind != TEXT_TOO_LONG)
        import_problem(check->problems, line, "MemberName: \"%s\": %s", import_shown(name),
                       shown_wrong(&wrong));
    else if (!name_is_valid(name))
        import_problem(check->problems, line, "MemberName: \"%s\" is not 1 to 64 characters",
                       import_shown(name));
    row->name = name;
}

static bool overflow(struct check *check)
{
    import_problem(check->problems, check->record->line,
                   "the amounts are too large to be added up");
    return false;
}

static bool grants_at(const struct import_record *record, int64_t t_us, struct amount *ret_sum)
{
    struct amount sum = AMOUNT_ZERO;
    for (uint32_t i = 0; i < record->grant_count; i++) {
        const struct import_grant *grant = &record->grants[i];
        bool active = grant->start_us <= t_us && (grant->end_us == 0 || t_us < grant->end_us);
        if (active && !amount_add(sum, grant->amount, &sum))
            return false;
    }
    *ret_sum = sum;
    return true;
}

/* The file may be older than today: what counts is that the grants gave as much at some moment.
 * Their sum changes only where one starts or ends. */
static bool grants_can_give(const struct import_record *record, struct amount wanted)
{
    struct amount sum;
    for (uint32_t i = 0; i < record->grant_count; i++) {
        const int64_t moments[] = {record->grants[i].start_us, record->grants[i].end_us};
        for (size_t j = 0; j < 2; j++) {
            if (grants_at(record, moments[j], &sum) && amount_compare(sum, wanted) == 0)
                return true;
        }
    }
    return amount_is_zero(wanted);
}

static bool credit_too_small(struct check *check)
{
    import_problem(check->problems, check->record->line,
                   "CreditAmount is less than the part of it that is given");
    return false;
}

/* Basic and temporary credit; whichever of the three columns is missing follows from the others. */
static bool derive_credit(struct check *check, struct import_row *row, struct amount *ret_temporary)
{
    const struct amounts *in = &check->amounts;
    struct amount basic = in->at[IMPORT_BASIC_CREDIT_AMOUNT], temporary = AMOUNT_ZERO;
    struct amount credit = in->at[IMPORT_CREDIT_AMOUNT];
    bool has_credit = in->given[IMPORT_CREDIT_AMOUNT];
    bool has_basic = in->given[IMPORT_BASIC_CREDIT_AMOUNT];
    if (in->given[IMPORT_TEMP_CREDIT])
        temporary = in->at[IMPORT_TEMP_CREDIT];
    else if (has_credit && has_basic && !amount_subtract(credit, basic, &temporary))
        return overflow(check);
    else if (!(has_credit && has_basic) && !grants_at(check->record, check->now_us, &temporary))
        return overflow(check);
    if (has_credit && !has_basic && !amount_subtract(credit, temporary, &basic))
        return overflow(check);
    if (amount_is_negative(basic) || amount_is_negative(temporary))
        return credit_too_small(check);
    row->basic_credit = basic;
    *ret_temporary = temporary;
    return true;
}

/* RealBalance = cash + income + present - frozen, solved for cash. */
static bool cash_from_real(struct check *check, struct import_row *row)
{
    struct amount cash = check->amounts.at[IMPORT_REAL_BALANCE];
    if (!amount_subtract(cash, row->income, &cash) || !amount_subtract(cash, row->present, &cash) ||
        !amount_add(cash, row->frozen, &cash))
        return overflow(check);
    row->cash = cash;
    return true;
}

/* The nine fields do not show income, present and frozen, but RealBalance counts them: what is more
 * than cash is income, what is less is frozen. */
static bool split_rest(struct check *check, struct import_row *row)
{
    const struct amounts *in = &check->amounts;
    struct amount rest;
    if (!in->given[IMPORT_REAL_BALANCE] || in->given[IMPORT_INCOME_INTO_ACCOUNT_BALANCE] ||
        in->given[IMPORT_PRESENT_ACCOUNT_BALANCE] || in->given[IMPORT_FREEZE_AMOUNT])
        return true;
    if (!amount_subtract(in->at[IMPORT_REAL_BALANCE], row->cash, &rest))
        return overflow(check);
    if (!amount_is_negative(rest))
        row->income = rest;
    else if (!amount_subtract(AMOUNT_ZERO, rest, &row->frozen))
        return overflow(check);
    return true;
}

static bool derive_money(struct check *check, struct import_row *row)
{
    const struct amounts *in = &check->amounts;
    row->income = in->at[IMPORT_INCOME_INTO_ACCOUNT_BALANCE];
    row->present = in->at[IMPORT_PRESENT_ACCOUNT_BALANCE];
    row->frozen = in->at[IMPORT_FREEZE_AMOUNT];
    if (!in->given[IMPORT_CASH_ACCOUNT_BALANCE] && in->given[IMPORT_REAL_BALANCE])
        return cash_from_real(check, row);
    if (!amount_subtract(in->at[IMPORT_CASH_ACCOUNT_BALANCE], in->at[IMPORT_OWE_AMOUNT],
                         &row->cash))
        return overflow(check);
    return split_rest(check, row);
}

/* The field, if it was given, must be `expected`. */
static void compare(struct check *check, enum import_field field, struct amount expected,
                    const char *because)
{
    char memory[64];
    struct buffer text;
    if (!check->amounts.given[field] || amount_compare(check->amounts.at[field], expected) == 0)
        return;
    buffer_init_fixed(&text, memory, sizeof memory);
    decimal_print_cents(&text, expected);
    import_problem(check->problems, check->record->line, "%s is %s, but %s is %.*s",
                   import_field_names[field], import_shown(check->record->values[field]), because,
                   SLICE_ARGS(buffer_slice(&text)));
}

static void compare_all(struct check *check, struct import_row *row, struct amount temporary)
{
    struct fields fields;
    struct member_state state = {
        .cash = row->cash,
        .income = row->income,
        .gift = row->present,
        .frozen = row->frozen,
        .basic_credit = row->basic_credit,
    };
    if (!fields_derive(&state, temporary, &fields)) {
        overflow(check);
        return;
    }
    row->real_balance = fields.real_balance;
    compare(check, IMPORT_CREDIT_AMOUNT, fields.credit_amount, "BasicCreditAmount + TempCredit");
    compare(check, IMPORT_OWE_AMOUNT, fields.owe_amount,
            "what cash, income, present and credit leave uncovered");
    compare(
        check, IMPORT_REAL_BALANCE, fields.real_balance,
        "CashAccountBalance + IncomeIntoAccountBalance + PresentAccountBalance - FreezeAmount - "
        "OweAmount");
}

/* Temporary credit without a list of its parts is one grant, always active and without an end. */
static void take_grants(struct check *check, struct import_row *row, struct amount temporary)
{
    const struct import_record *record = check->record;
    if (!record->has_grants) {
        row->grant_count = amount_is_zero(temporary) ? 0 : 1;
        row->grants[0].amount = temporary;
        return;
    }
    row->grant_count = record->grant_count;
    for (uint32_t i = 0; i < record->grant_count; i++) {
        row->grants[i] = record->grants[i];
        if (record->grants[i].end_us != 0 && record->grants[i].end_us <= record->grants[i].start_us)
            import_problem(check->problems, record->line,
                           "TempAmountInfoList: an entry ends before it starts");
    }
    if (!grants_can_give(record, temporary))
        import_problem(check->problems, record->line,
                       "TempCredit is not what TempAmountInfoList gives at any moment");
}

bool import_row_check(const struct import_record *record, int64_t now_us,
                      struct import_problems *problems, struct import_row *ret_row)
{
    struct check check = {.record = record, .now_us = now_us, .problems = problems};
    struct import_row row = {.line = record->line};
    struct amount temporary = AMOUNT_ZERO;
    uint64_t before = problems->count;
    read_identity(&check, &row);
    row.is_credit_account = read_boolean(&check, IMPORT_IS_CREDIT_ACCOUNT);
    row.allow_arrears = read_boolean(&check, IMPORT_ALLOW_ARREARS);
    for (int field = 0; field < IMPORT_FIELD_COUNT; field++) {
        if (import_field_type((enum import_field)field) == IMPORT_AMOUNT)
            read_amount(&check, (enum import_field)field);
    }
    if (problems->count > before)
        return false;
    if (derive_credit(&check, &row, &temporary) && derive_money(&check, &row)) {
        compare_all(&check, &row, temporary);
        take_grants(&check, &row, temporary);
    }
    *ret_row = row;
    return problems->count == before;
}
