/* Checks of one record (cmd/import_row.h). What the amounts make together, and whether they agree,
 * is the ledger's to say (ledger/fields.h). Main thread. */
#include "cmd/import_row.h"

#include "cmd/shown.h"
#include "codec/decimal.h"
#include "ledger/fields.h"

struct check {
    const struct import_record *record;
    struct import_problems *problems;
    struct fields_given given;
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

static enum import_field import_field_of(enum balance_field field)
{
    return (enum import_field)(IMPORT_REAL_BALANCE + (int)field);
}

static void read_amount(struct check *check, enum balance_field which)
{
    enum import_field field = import_field_of(which);
    struct slice text = check->record->values[field];
    struct amount amount;
    if (text.len == 0)
        return;
    enum decimal_result result = decimal_parse_cents(text, &amount);
    if (result != DECIMAL_OK) {
        wrong_amount(check, field, result);
    } else if (amount_is_negative(amount) && !field_may_be_negative(which)) {
        import_problem(check->problems, check->record->line, "%s: %s is below zero",
                       import_field_names[field], import_shown(text));
    } else {
        check->given.amounts[which] = amount;
        check->given.is_given[which] = true;
    }
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

static void read_identity(struct check *check, struct new_member *member)
{
    struct slice uin = check->record->values[IMPORT_MEMBER_UIN];
    struct slice name = check->record->values[IMPORT_MEMBER_NAME];
    uint64_t line = check->record->line;
    struct text_wrong wrong;
    if (uin.len == 0)
        import_problem(check->problems, line, "MemberUin is missing");
    else if (!uin_parse(uin, &member->uin))
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
    member->name = name;
}

static void tell_conflict(struct check *check, const struct fields_conflict *conflict)
{
    static const char *const because[FIELD_COUNT] = {
        [FIELD_CREDIT_AMOUNT] = "BasicCreditAmount + TempCredit",
        [FIELD_OWE_AMOUNT] = "what cash, income, present and credit leave uncovered",
        [FIELD_REAL_BALANCE] = "CashAccountBalance + IncomeIntoAccountBalance + "
                               "PresentAccountBalance - FreezeAmount - OweAmount",
    };
    uint64_t line = check->record->line;
    char memory[64];
    struct buffer text;
    if (conflict->field == FIELD_COUNT) {
        import_problem(check->problems, line, "the amounts are too large to be added up");
        return;
    }
    if (conflict->field == FIELD_TEMP_CREDIT) {
        import_problem(check->problems, line,
                       "TempCredit is not what TempAmountInfoList gives at any moment");
        return;
    }
    enum import_field field = import_field_of(conflict->field);
    buffer_init_fixed(&text, memory, sizeof memory);
    decimal_print_cents(&text, conflict->derived);
    import_problem(check->problems, line, "%s is %s, but %s is %.*s", import_field_names[field],
                   import_shown(check->record->values[field]), because[conflict->field],
                   SLICE_ARGS(buffer_slice(&text)));
}

static void take_grants(struct check *check, struct new_member *member)
{
    const struct import_record *record = check->record;
    member->grant_count = record->grant_count;
    for (uint32_t i = 0; i < record->grant_count; i++) {
        const struct new_grant *grant = &record->grants[i];
        member->grants[i] = *grant;
        if (grant->end_us != 0 && grant->end_us <= grant->start_us)
            import_problem(check->problems, record->line,
                           "TempAmountInfoList: an entry ends before it starts");
    }
}

bool import_row_check(const struct import_record *record, int64_t now_us,
                      struct import_problems *problems, struct import_row *ret_row)
{
    struct check check = {.record = record, .problems = problems};
    struct new_member member = {.grant_count = 0};
    struct fields_solution solution;
    uint64_t before = problems->count;
    read_identity(&check, &member);
    if (read_boolean(&check, IMPORT_IS_CREDIT_ACCOUNT))
        member.flags |= MEMBER_IS_CREDIT;
    if (read_boolean(&check, IMPORT_ALLOW_ARREARS))
        member.flags |= MEMBER_ARREARS;
    for (int i = 0; i < FIELD_COUNT; i++)
        read_amount(&check, (enum balance_field)i);
    take_grants(&check, &member);
    if (problems->count > before)
        return false;
    if (!fields_solve(&check.given, record->has_grants, now_us, &member, &solution)) {
        for (uint32_t i = 0; i < solution.conflict_count; i++)
            tell_conflict(&check, &solution.conflicts[i]);
        return false;
    }
    *ret_row = (struct import_row){record->line, member, solution.fields.real_balance};
    return true;
}
