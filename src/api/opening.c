/* The opening mapping (docs/api.md): the ledger keeps cash, income, gift, frozen, basic credit and
 * grants; everything else a row says follows from them and is checked.
 *
 *     temporary = TempCredit, or CreditAmount - BasicCreditAmount, or what the grants give now
 *     basic     = BasicCreditAmount, or CreditAmount - temporary
 *     cash      = CashAccountBalance - OweAmount, or what RealBalance leaves when that is absent
 *     income, gift, frozen as given; if all three are absent, RealBalance - cash is income when
 *     positive and frozen when negative
 *
 * 1. What was read gives back every amount that was given, or the member is refused.
 * Owns nothing. Pure. */
#include "api/opening.h"

#include "api/action.h"
#include "codec/decimal.h"
#include "codec/timestamp.h"
#include "ledger/fields.h"

struct reading {
    const struct member_input *input;
    int64_t now_us;
    struct arena *arena;
    struct new_member *member;
    struct complaint *complaint;
    /* amounts given; zero when absent */
    struct amount real, cash, credit, temporary, basic, owe;
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

static bool refuse_contradiction(struct reading *reading, struct slice name, struct amount given,
                                 struct amount derived)
{
    *reading->complaint = (struct complaint){
        .error = ERROR_VALUE_INCONSISTENT,
        .words = {name, amount_word(reading->arena, given), amount_word(reading->arena, derived)},
    };
    return false;
}

static bool overflow(struct reading *reading)
{
    return refuse(reading, ERROR_VALUE_OVERFLOW, SLICE_NONE);
}

/* ---- values as given ---- */

static bool read_amount(struct reading *reading, const struct text_value *value, struct slice name,
                        struct amount *ret_amount)
{
    *ret_amount = AMOUNT_ZERO;
    if (value->given && decimal_parse_cents(value->text, ret_amount) != DECIMAL_OK)
        return refuse(reading, ERROR_VALUE_AMOUNT, name);
    return true;
}

static bool read_positive(struct reading *reading, const struct text_value *value,
                          struct slice name, struct amount *ret_amount)
{
    if (!read_amount(reading, value, name, ret_amount))
        return false;
    return !amount_is_negative(*ret_amount) || refuse(reading, ERROR_VALUE_NEGATIVE, name);
}

static bool read_amounts(struct reading *reading)
{
    const struct member_input *input = reading->input;
    struct new_member *member = reading->member;
    return read_amount(reading, &input->real_balance, SLICE("RealBalance"), &reading->real) &&
           read_amount(reading, &input->cash_account_balance, SLICE("CashAccountBalance"),
                       &reading->cash) &&
           read_positive(reading, &input->credit_amount, SLICE("CreditAmount"), &reading->credit) &&
           read_positive(reading, &input->temp_credit, SLICE("TempCredit"), &reading->temporary) &&
           read_positive(reading, &input->basic_credit_amount, SLICE("BasicCreditAmount"),
                         &reading->basic) &&
           read_positive(reading, &input->owe_amount, SLICE("OweAmount"), &reading->owe) &&
           read_positive(reading, &input->income_into_account_balance,
                         SLICE("IncomeIntoAccountBalance"), &member->income) &&
           read_positive(reading, &input->present_account_balance, SLICE("PresentAccountBalance"),
                         &member->gift) &&
           read_positive(reading, &input->freeze_amount, SLICE("FreezeAmount"), &member->frozen);
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

/* ---- credit ---- */

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
    if (!read_positive(reading, &input->temp_amount, SLICE("TempAmount"), &grant->amount) ||
        !read_time(reading, &input->start_time, SLICE("StartTime"), &grant->start_us) ||
        !read_time(reading, &input->end_time, SLICE("EndTime"), &grant->end_us))
        return false;
    if (grant->end_us != 0 && grant->end_us <= grant->start_us)
        return refuse(reading, ERROR_VALUE_PERIOD, SLICE("EndTime"));
    return true;
}

static bool grants_at(const struct new_member *member, int64_t t_us, struct amount *ret_sum)
{
    *ret_sum = AMOUNT_ZERO;
    for (uint32_t i = 0; i < member->grant_count; i++) {
        const struct new_grant *grant = &member->grants[i];
        bool is_active = grant->start_us <= t_us && (grant->end_us == 0 || t_us < grant->end_us);
        if (is_active && !amount_add(*ret_sum, grant->amount, ret_sum))
            return false;
    }
    return true;
}

/* A row may be older than today, so its TempCredit counts if the grants gave it at some moment:
 * their sum only changes where one starts or ends. */
static bool grants_can_give(const struct new_member *member, struct amount wanted)
{
    struct amount sum;
    if (amount_is_zero(wanted))
        return true;
    for (uint32_t i = 0; i < member->grant_count; i++) {
        const int64_t moments[] = {member->grants[i].start_us, member->grants[i].end_us};
        for (int j = 0; j < 2; j++) {
            if (grants_at(member, moments[j], &sum) && amount_compare(sum, wanted) == 0)
                return true;
        }
    }
    return false;
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

/* What the row says the temporary credit is. */
static bool settle_temporary(struct reading *reading)
{
    const struct member_input *input = reading->input;
    struct new_member *member = reading->member;
    bool has_grants = input->temp_amount_info_list.given;
    if (!input->temp_credit.given && input->credit_amount.given &&
        input->basic_credit_amount.given) {
        if (!amount_subtract(reading->credit, reading->basic, &reading->temporary))
            return overflow(reading);
        if (amount_is_negative(reading->temporary))
            return refuse_contradiction(reading, SLICE("CreditAmount"), reading->credit,
                                        reading->basic);
    } else if (!input->temp_credit.given && has_grants) {
        return grants_at(member, reading->now_us, &reading->temporary) || overflow(reading);
    }
    if (has_grants && !grants_can_give(member, reading->temporary)) {
        (void)refuse(reading, ERROR_VALUE_TEMP_CREDIT,
                     amount_word(reading->arena, reading->temporary));
        return false;
    }
    if (!has_grants && !amount_is_zero(reading->temporary))
        member->grants[member->grant_count++] = (struct new_grant){.amount = reading->temporary};
    return true;
}

static bool settle_credit(struct reading *reading)
{
    const struct member_input *input = reading->input;
    struct amount credit;
    if (!read_grants(reading) || !settle_temporary(reading))
        return false;
    if (!input->basic_credit_amount.given && input->credit_amount.given &&
        !amount_subtract(reading->credit, reading->temporary, &reading->basic))
        return overflow(reading);
    if (amount_is_negative(reading->basic))
        return refuse_contradiction(reading, SLICE("CreditAmount"), reading->credit,
                                    reading->temporary);
    if (!amount_add(reading->basic, reading->temporary, &credit))
        return overflow(reading);
    if (input->credit_amount.given && amount_compare(credit, reading->credit) != 0)
        return refuse_contradiction(reading, SLICE("CreditAmount"), reading->credit, credit);
    reading->member->basic_credit = reading->basic;
    return true;
}

/* ---- money ---- */

/* RealBalance alone says what cash is: real = cash + income + gift - frozen. */
static bool cash_from_real(struct reading *reading)
{
    struct new_member *member = reading->member;
    struct amount cash;
    if (!amount_subtract(reading->real, member->income, &cash) ||
        !amount_subtract(cash, member->gift, &cash) || !amount_add(cash, member->frozen, &cash))
        return overflow(reading);
    member->cash = cash;
    return true;
}

static bool settle_money(struct reading *reading)
{
    const struct member_input *input = reading->input;
    struct new_member *member = reading->member;
    struct amount rest;
    if (!input->cash_account_balance.given)
        return cash_from_real(reading);
    if (!amount_subtract(reading->cash, reading->owe, &member->cash))
        return overflow(reading);
    if (!input->real_balance.given || input->income_into_account_balance.given ||
        input->present_account_balance.given || input->freeze_amount.given)
        return true;
    if (!amount_subtract(reading->real, member->cash, &rest))
        return overflow(reading);
    if (!amount_is_negative(rest))
        member->income = rest;
    else if (!amount_subtract(AMOUNT_ZERO, rest, &member->frozen))
        return overflow(reading);
    return true;
}

static bool check_given(struct reading *reading, bool given, struct slice name,
                        struct amount as_given, struct amount derived)
{
    return !given || amount_compare(as_given, derived) == 0 ||
           refuse_contradiction(reading, name, as_given, derived);
}

/* An absent OweAmount counts as zero, for cash was read with it. */
static bool check_derived(struct reading *reading)
{
    const struct member_input *input = reading->input;
    const struct new_member *member = reading->member;
    struct fields fields;
    struct member_state state = {.cash = member->cash,
                                 .income = member->income,
                                 .gift = member->gift,
                                 .frozen = member->frozen,
                                 .basic_credit = member->basic_credit,
                                 .flags = member->flags};
    if (!fields_derive(&state, reading->temporary, &fields))
        return overflow(reading);
    return check_given(reading, input->owe_amount.given || input->cash_account_balance.given,
                       SLICE("OweAmount"), reading->owe, fields.owe_amount) &&
           check_given(reading, input->cash_account_balance.given, SLICE("CashAccountBalance"),
                       reading->cash, fields.cash_account_balance) &&
           check_given(reading, input->real_balance.given, SLICE("RealBalance"), reading->real,
                       fields.real_balance);
}

bool opening_read(const struct member_input *input, int64_t now_us, struct arena *arena,
                  struct new_member *ret_member, struct complaint *ret_complaint)
{
    struct new_member member = {.flags = 0};
    struct reading reading = {.input = input,
                              .now_us = now_us,
                              .arena = arena,
                              .member = &member,
                              .complaint = ret_complaint};
    if (!read_identity(&reading) || !read_amounts(&reading) || !settle_credit(&reading) ||
        !settle_money(&reading) || !check_derived(&reading))
        return false;
    *ret_member = member;
    return true;
}
