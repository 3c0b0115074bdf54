/* The opening mapping (docs/api.md): the ledger keeps cash, income, gift, frozen, basic credit and
 * grants; everything else a row says follows from them and is checked (ledger/fields.h). Here is
 * what the API says of a field that is absent, and how a member is refused.
 *
 * Owns nothing. Pure. */
#include "api/opening.h"

#include "api/action.h"
#include "codec/decimal.h"
#include "ledger/fields.h"

struct reading {
    const struct member_input *input;
    struct arena *arena;
    struct new_member *member;
    struct complaint *complaint;
};

static const struct {
    size_t place; /* in struct member_input */
    struct slice name;
} fields[FIELD_COUNT] = {
    [FIELD_REAL_BALANCE] = {offsetof(struct member_input, real_balance), {"RealBalance", 11}},
    [FIELD_CASH_ACCOUNT_BALANCE] = {offsetof(struct member_input, cash_account_balance),
                                    {"CashAccountBalance", 18}},
    [FIELD_CREDIT_AMOUNT] = {offsetof(struct member_input, credit_amount), {"CreditAmount", 12}},
    [FIELD_TEMP_CREDIT] = {offsetof(struct member_input, temp_credit), {"TempCredit", 10}},
    [FIELD_BASIC_CREDIT_AMOUNT] = {offsetof(struct member_input, basic_credit_amount),
                                   {"BasicCreditAmount", 17}},
    [FIELD_OWE_AMOUNT] = {offsetof(struct member_input, owe_amount), {"OweAmount", 9}},
    [FIELD_INCOME_INTO_ACCOUNT_BALANCE] = {offsetof(struct member_input,
                                                    income_into_account_balance),
                                           {"IncomeIntoAccountBalance", 24}},
    [FIELD_PRESENT_ACCOUNT_BALANCE] = {offsetof(struct member_input, present_account_balance),
                                       {"PresentAccountBalance", 21}},
    [FIELD_FREEZE_AMOUNT] = {offsetof(struct member_input, freeze_amount), {"FreezeAmount", 12}},
};

static bool refuse(struct reading *reading, enum error error, struct slice word)
{
    *reading->complaint = (struct complaint){.error = error, .words = {word}};
    return false;
}

static struct slice amount_word(struct arena *arena, struct amount amount)
{
    enum { AMOUNT_BYTES_MAX = 32 };
    struct buffer text;
    void *memory = arena_take(arena, AMOUNT_BYTES_MAX);
    if (!memory)
        return SLICE_NONE;
    buffer_init_fixed(&text, memory, AMOUNT_BYTES_MAX);
    decimal_print_cents(&text, amount);
    return buffer_slice(&text);
}

/* ---- values as given ---- */

static bool read_amount(struct reading *reading, const struct text_value *value, struct slice name,
                        bool may_be_negative, struct amount *ret_amount)
{
    *ret_amount = AMOUNT_ZERO;
    if (value->given && decimal_parse_cents(value->text, ret_amount) != DECIMAL_OK)
        return refuse(reading, ERROR_VALUE_AMOUNT, name);
    return may_be_negative || !amount_is_negative(*ret_amount) ||
           refuse(reading, ERROR_VALUE_NEGATIVE, name);
}

/* What is absent: OweAmount is zero beside a CashAccountBalance, RealBalance is without one. */
static bool read_fields(struct reading *reading, struct fields_given *given)
{
    const char *input = (const char *)reading->input;
    for (int i = 0; i < FIELD_COUNT; i++) {
        const struct text_value *value = (const void *)(input + fields[i].place);
        given->is_given[i] = value->given;
        if (!read_amount(reading, value, fields[i].name,
                         field_may_be_negative((enum balance_field)i), &given->amounts[i]))
            return false;
    }
    if (given->is_given[FIELD_CASH_ACCOUNT_BALANCE])
        given->is_given[FIELD_OWE_AMOUNT] = true;
    else
        given->is_given[FIELD_REAL_BALANCE] = true;
    return true;
}

static bool read_identity(struct reading *reading)
{
    const struct member_input *input = reading->input;
    struct new_member *member = reading->member;
    if (input->member_uin.text.len == 0)
        return refuse(reading, ERROR_MISSING_PARAMETER, SLICE("MemberUin"));
    if (!uin_parse(input->member_uin.text, &member->uin))
        return refuse(reading, ERROR_VALUE_UIN, SLICE("MemberUin"));
    if (input->member_name.text.len == 0)
        return refuse(reading, ERROR_MISSING_PARAMETER, SLICE("MemberName"));
    if (!value_is_text(reading->arena, &input->member_name, SLICE("MemberName"),
                       reading->complaint))
        return false;
    if (!name_is_valid(input->member_name.text))
        return refuse(reading, ERROR_VALUE_NAME, SLICE("MemberName"));
    member->name = input->member_name.text;
    if (input->is_credit_account.value)
        member->flags |= MEMBER_IS_CREDIT;
    if (input->allow_arrears.value)
        member->flags |= MEMBER_ARREARS;
    return true;
}

static bool read_time(struct reading *reading, const struct text_value *value, struct slice name,
                      int64_t *ret_us)
{
    return value_read_time(value->text, ret_us) || refuse(reading, ERROR_VALUE_TIME, name);
}

static bool read_grant(struct reading *reading, const struct grant_input *input,
                       struct new_grant *grant)
{
    if (!input->temp_amount.given)
        return refuse(reading, ERROR_MISSING_PARAMETER, SLICE("TempAmount"));
    if (!read_amount(reading, &input->temp_amount, SLICE("TempAmount"), false, &grant->amount) ||
        !read_time(reading, &input->start_time, SLICE("StartTime"), &grant->start_us) ||
        !read_time(reading, &input->end_time, SLICE("EndTime"), &grant->end_us))
        return false;
    if (grant->end_us != 0 && grant->end_us <= grant->start_us)
        return refuse(reading, ERROR_VALUE_PERIOD, SLICE("EndTime"));
    return true;
}

static bool read_grants(struct reading *reading)
{
    const struct list_value *list = &reading->input->temp_amount_info_list;
    const struct grant_input *grants = list->items;
    struct new_member *member = reading->member;
    for (uint32_t i = 0; i < list->count; i++) {
        if (!read_grant(reading, &grants[i], &member->grants[member->grant_count]))
            return false;
        member->grant_count++;
    }
    return true;
}

static bool refuse_conflict(struct reading *reading, const struct fields_conflict *conflict)
{
    if (conflict->field == FIELD_COUNT)
        return refuse(reading, ERROR_VALUE_OVERFLOW, SLICE_NONE);
    struct slice given = amount_word(reading->arena, conflict->given);
    if (conflict->field == FIELD_TEMP_CREDIT)
        return refuse(reading, ERROR_VALUE_TEMP_CREDIT, given);
    *reading->complaint = (struct complaint){
        .error = ERROR_VALUE_INCONSISTENT,
        .words = {fields[conflict->field].name, given,
                  amount_word(reading->arena, conflict->derived)},
    };
    return false;
}

bool opening_read(const struct member_input *input, int64_t now_us, struct arena *arena,
                  struct new_member *ret_member, struct complaint *ret_complaint)
{
    struct new_member member = {.flags = 0};
    struct reading reading = {
        .input = input, .arena = arena, .member = &member, .complaint = ret_complaint};
    struct fields_given given;
    struct fields_solution solution;
    if (!read_identity(&reading) || !read_fields(&reading, &given) || !read_grants(&reading))
        return false;
    if (!fields_solve(&given, input->temp_amount_info_list.given, now_us, &member, &solution))
        return refuse_conflict(&reading, &solution.conflicts[0]);
    *ret_member = member;
    return true;
}
