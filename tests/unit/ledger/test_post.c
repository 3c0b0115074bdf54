/* Transfers: what each kind does, what is refused and why, and what those of one command see of
 * each other. */
#include "desk.h"

#include "ledger/fields.h"

#include <stdio.h>

#define ONE "700001941608"
#define TWO "700001941609"

enum { UNIT = AMOUNT_MICROS_PER_UNIT };

static const int64_t most = INT64_C(1) << 60;

static struct transfer make(enum entry_kind kind, const char *uin, int64_t micros)
{
    return (struct transfer){.kind = kind, .uin = desk_uin(uin), .amount = {micros}};
}

static struct transfer adjust(const char *uin, int64_t cash, int64_t income, int64_t gift)
{
    return (struct transfer){.kind = ENTRY_ADJUST,
                             .uin = desk_uin(uin),
                             .amount = {cash},
                             .income = {income},
                             .gift = {gift},
                             .text = SLICE("correction")};
}

static struct transfer move(const char *from, const char *to, int64_t micros)
{
    struct transfer transfer = make(ENTRY_MOVE, from, micros);
    transfer.to = desk_uin(to);
    return transfer;
}

static struct transfer refund(const char *uin, enum member_account account, int64_t micros)
{
    struct transfer transfer = make(ENTRY_REFUND, uin, micros);
    transfer.account = account;
    return transfer;
}

static void assert_money(const struct desk *desk, const char *uin, int64_t cash, int64_t income,
                         int64_t gift)
{
    const struct member_state *state = &desk_member(desk, uin)->state;
    assert_int_equal(state->cash.micros, cash);
    assert_int_equal(state->income.micros, income);
    assert_int_equal(state->gift.micros, gift);
}

static void assert_accounts(const struct desk *desk, int64_t funding, int64_t revenue,
                            int64_t promotion, int64_t suspense)
{
    const struct organisation *organisation = book_organisation(desk->book, 1);
    assert_int_equal(organisation->funding.micros, funding);
    assert_int_equal(organisation->revenue.micros, revenue);
    assert_int_equal(organisation->promotion.micros, promotion);
    assert_int_equal(organisation->suspense.micros, suspense);
}

/* What they do --------------------------------------------------------------------------------- */

static void each_kind_takes_and_gives(void **state)
{
    (void)state;
    struct desk desk = desk_new();
    desk_join(&desk, ONE, 0, 0);
    desk_join(&desk, TWO, 0, 0);
    assert_int_equal(desk_transfer(&desk, make(ENTRY_TOP_UP, ONE, 100 * UNIT)), REFUSAL_NONE);
    assert_money(&desk, ONE, 100 * UNIT, 0, 0);
    assert_accounts(&desk, -100 * UNIT, 0, 0, 0);
    assert_int_equal(desk_transfer(&desk, make(ENTRY_WITHDRAW, ONE, 30 * UNIT)), REFUSAL_NONE);
    assert_money(&desk, ONE, 70 * UNIT, 0, 0);
    assert_accounts(&desk, -70 * UNIT, 0, 0, 0);
    assert_int_equal(desk_transfer(&desk, make(ENTRY_GRANT_GIFT, ONE, 5 * UNIT)), REFUSAL_NONE);
    assert_money(&desk, ONE, 70 * UNIT, 0, 5 * UNIT);
    assert_accounts(&desk, -70 * UNIT, 0, -5 * UNIT, 0);
    assert_int_equal(desk_transfer(&desk, adjust(ONE, -10 * UNIT, 4 * UNIT, 1 * UNIT)),
                     REFUSAL_NONE);
    assert_money(&desk, ONE, 60 * UNIT, 4 * UNIT, 6 * UNIT);
    assert_accounts(&desk, -70 * UNIT, 0, -5 * UNIT, 5 * UNIT);
    assert_int_equal(desk_transfer(&desk, make(ENTRY_CHARGE, ONE, 12 * UNIT)), REFUSAL_NONE);
    assert_money(&desk, ONE, 58 * UNIT, 0, 0);
    assert_accounts(&desk, -70 * UNIT, 12 * UNIT, -5 * UNIT, 5 * UNIT);
    assert_int_equal(desk_transfer(&desk, refund(ONE, ACCOUNT_GIFT, 1 * UNIT)), REFUSAL_NONE);
    assert_int_equal(desk_transfer(&desk, refund(ONE, ACCOUNT_INCOME, 2 * UNIT)), REFUSAL_NONE);
    assert_int_equal(desk_transfer(&desk, refund(ONE, ACCOUNT_CASH, 3 * UNIT)), REFUSAL_NONE);
    assert_money(&desk, ONE, 61 * UNIT, 2 * UNIT, 1 * UNIT);
    assert_accounts(&desk, -70 * UNIT, 6 * UNIT, -5 * UNIT, 5 * UNIT);
    assert_int_equal(desk_transfer(&desk, move(ONE, TWO, 61 * UNIT)), REFUSAL_NONE);
    assert_money(&desk, ONE, 0, 2 * UNIT, 1 * UNIT);
    assert_money(&desk, TWO, 61 * UNIT, 0, 0);
    assert_accounts(&desk, -70 * UNIT, 6 * UNIT, -5 * UNIT, 5 * UNIT);
    desk_free(&desk);
}

static void the_owner_has_an_account_too(void **state)
{
    (void)state;
    struct desk desk = desk_new();
    desk_join(&desk, ONE, 0, 0);
    assert_int_equal(desk_transfer(&desk, make(ENTRY_TOP_UP, DESK_OWNER, 9)), REFUSAL_NONE);
    assert_int_equal(desk_transfer(&desk, move(DESK_OWNER, ONE, 4)), REFUSAL_NONE);
    assert_money(&desk, DESK_OWNER, 5, 0, 0);
    assert_money(&desk, ONE, 4, 0, 0);
    desk_free(&desk);
}

/* gift 5, income 3, cash 10: a charge takes them in this order. */
static void a_charge_takes_gift_then_income_then_cash(void **state)
{
    (void)state;
    static const struct {
        int64_t amount, cash, income, gift;
    } charges[] = {{1, 10, 3, 4}, {5, 10, 3, 0}, {6, 10, 2, 0},
                   {8, 10, 0, 0}, {9, 9, 0, 0},  {18, 0, 0, 0}};
    for (size_t i = 0; i < sizeof charges / sizeof *charges; i++) {
        struct desk desk = desk_new();
        desk_join(&desk, ONE, 0, 10);
        assert_int_equal(desk_transfer(&desk, adjust(ONE, 0, 3, 5)), REFUSAL_NONE);
        assert_int_equal(desk_transfer(&desk, make(ENTRY_CHARGE, ONE, charges[i].amount)),
                         REFUSAL_NONE);
        assert_money(&desk, ONE, charges[i].cash, charges[i].income, charges[i].gift);
        assert_accounts(&desk, -10, charges[i].amount, 0, -8);
        desk_free(&desk);
    }
}

static void an_entry_says_what_was_asked(void **state)
{
    (void)state;
    struct desk desk = desk_new();
    desk_join(&desk, ONE, 0, 50);
    desk_join(&desk, TWO, 0, 0);
    struct transfer transfers[] = {adjust(ONE, -1, 2, 3), move(ONE, TWO, 7)};
    transfers[1].text = SLICE("invoice 7");
    struct command command = desk_post(transfers, 2);
    uint64_t sequence = book_sequence(desk.book);
    assert_int_equal(desk_decide(&desk, &command), REFUSAL_NONE);
    assert_int_equal(draft_entry_count(desk.draft), 2);
    assert_int_equal(command.first_sequence, sequence + 1);
    assert_int_equal(command.entry_count, 2);
    const struct entry *entry = draft_entry(desk.draft, 0);
    assert_int_equal(entry->kind, ENTRY_ADJUST);
    assert_int_equal(entry->cash.micros, -1);
    assert_int_equal(entry->income.micros, 2);
    assert_int_equal(entry->gift.micros, 3);
    assert_true(slice_equal(entry->text, SLICE("correction")));
    entry = draft_entry(desk.draft, 1);
    assert_int_equal(entry->kind, ENTRY_MOVE);
    assert_int_equal(entry->cash.micros, 7);
    assert_int_equal(entry->touch_count, 2);
    assert_true(uin_equal(entry->touches[0].uin, desk_uin(ONE)));
    assert_true(uin_equal(entry->touches[1].uin, desk_uin(TWO)));
    assert_true(slice_equal(entry->text, SLICE("invoice 7")));
    for (uint32_t i = 0; i < 2; i++) {
        assert_int_equal(transfers[i].sequence, sequence + 1 + i);
        assert_same_state(&transfers[i].after[0], &draft_entry(desk.draft, i)->touches[0].after);
    }
    assert_same_state(&transfers[1].after[1], &entry->touches[1].after);
    desk_publish(&desk);
    assert_money(&desk, ONE, 42, 2, 3);
    desk_free(&desk);
}

/* What is refused ------------------------------------------------------------------------------ */

/* ONE has 100 cash, 7 income, 5 gift, 20 credit, of which 30 are frozen: 102 can be spent. */
static struct desk desk_of_one(uint8_t flags)
{
    struct desk desk = desk_new();
    struct new_member items[2] = {desk_item(ONE, "one"), desk_item(TWO, "two")};
    items[0].flags = flags;
    items[0].cash.micros = 100;
    items[0].income.micros = 7;
    items[0].gift.micros = 5;
    items[0].basic_credit.micros = 12;
    items[0].frozen.micros = 30;
    items[0].grants[0].amount.micros = 8;
    items[0].grant_count = 1;
    struct command command = desk_add(items, 2);
    assert_int_equal(desk_run(&desk, &command), REFUSAL_NONE);
    return desk;
}

static void means_decide(void **state)
{
    (void)state;
    struct desk desk = desk_of_one(0);
    struct desk owing = desk_of_one(MEMBER_ARREARS);
    const struct {
        struct transfer transfer;
        enum refusal without, with; /* arrears */
    } cases[] = {
        {make(ENTRY_CHARGE, ONE, 103), REFUSAL_BALANCE_INSUFFICIENT, REFUSAL_NONE},
        {make(ENTRY_WITHDRAW, ONE, 101), REFUSAL_BALANCE_INSUFFICIENT,
         REFUSAL_BALANCE_INSUFFICIENT},
        {move(ONE, TWO, 101), REFUSAL_BALANCE_INSUFFICIENT, REFUSAL_BALANCE_INSUFFICIENT},
        {make(ENTRY_WITHDRAW, TWO, 1), REFUSAL_BALANCE_INSUFFICIENT, REFUSAL_BALANCE_INSUFFICIENT},
        {make(ENTRY_CHARGE, TWO, 1), REFUSAL_BALANCE_INSUFFICIENT, REFUSAL_BALANCE_INSUFFICIENT},
        {make(ENTRY_CHARGE, ONE, 102), REFUSAL_NONE, REFUSAL_NONE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(desk_transfer(&desk, cases[i].transfer), cases[i].without);
        assert_int_equal(desk_transfer(&owing, cases[i].transfer), cases[i].with);
    }
    assert_money(&desk, ONE, 10, 0, 0); /* 5 + 7 + 90 */
    assert_int_equal(desk_transfer(&desk, make(ENTRY_CHARGE, ONE, 1)),
                     REFUSAL_BALANCE_INSUFFICIENT);
    assert_money(&owing, ONE, -93, 0, 0); /* 103 + 102 - 112 */
    desk_free(&desk);
    desk_free(&owing);
}

/* Cash is there, but it is frozen: neither withdrawn nor moved. */
static void what_is_frozen_stays(void **state)
{
    (void)state;
    struct desk desk = desk_new();
    desk_join(&desk, ONE, 0, 100);
    desk_join(&desk, TWO, 0, 0);
    assert_int_not_equal(desk_hold(&desk, ONE, 40, 0), 0);
    assert_int_equal(desk_transfer(&desk, make(ENTRY_WITHDRAW, ONE, 61)),
                     REFUSAL_BALANCE_INSUFFICIENT);
    assert_int_equal(desk_transfer(&desk, move(ONE, TWO, 61)), REFUSAL_BALANCE_INSUFFICIENT);
    assert_int_equal(desk_transfer(&desk, make(ENTRY_CHARGE, ONE, 61)),
                     REFUSAL_BALANCE_INSUFFICIENT);
    assert_int_equal(desk_transfer(&desk, make(ENTRY_WITHDRAW, ONE, 30)), REFUSAL_NONE);
    assert_int_equal(desk_transfer(&desk, move(ONE, TWO, 30)), REFUSAL_NONE);
    assert_money(&desk, ONE, 40, 0, 0);
    assert_money(&desk, TWO, 30, 0, 0);
    desk_free(&desk);
}

static void values_are_judged_first(void **state)
{
    (void)state;
    static const enum entry_kind kinds[] = {ENTRY_TOP_UP, ENTRY_WITHDRAW,   ENTRY_CHARGE,
                                            ENTRY_REFUND, ENTRY_GRANT_GIFT, ENTRY_MOVE};
    struct desk desk = desk_of_one(MEMBER_ARREARS);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct transfer transfer = make(kinds[i], "77", 0); /* nobody: that is seen later */
        transfer.to = desk_uin(TWO);
        assert_int_equal(desk_transfer(&desk, transfer), REFUSAL_AMOUNT_NOT_POSITIVE);
        transfer.amount.micros = -1;
        assert_int_equal(desk_transfer(&desk, transfer), REFUSAL_AMOUNT_NOT_POSITIVE);
        transfer.amount.micros = INT64_MIN;
        assert_int_equal(desk_transfer(&desk, transfer), REFUSAL_AMOUNT_NOT_POSITIVE);
        transfer.amount.micros = most + 1;
        assert_int_equal(desk_transfer(&desk, transfer), REFUSAL_AMOUNT_OVERFLOW);
        transfer.amount.micros = INT64_MAX;
        assert_int_equal(desk_transfer(&desk, transfer), REFUSAL_AMOUNT_OVERFLOW);
        transfer.amount.micros = 1;
        assert_int_equal(desk_transfer(&desk, transfer), REFUSAL_MEMBER_UNKNOWN);
    }
    assert_int_equal(desk_transfer(&desk, move(ONE, ONE, 1)), REFUSAL_MOVE_TO_SELF);
    assert_int_equal(desk_transfer(&desk, move(ONE, ONE, 0)), REFUSAL_AMOUNT_NOT_POSITIVE);
    assert_int_equal(desk_transfer(&desk, move(ONE, "77", 1)), REFUSAL_MEMBER_UNKNOWN);
    assert_int_equal(desk_transfer(&desk, adjust(ONE, 0, 0, 0)), REFUSAL_AMOUNT_NOT_POSITIVE);
    assert_int_equal(desk_transfer(&desk, adjust(ONE, most + 1, 0, 0)), REFUSAL_AMOUNT_OVERFLOW);
    assert_int_equal(desk_transfer(&desk, adjust(ONE, 0, -most - 1, 0)), REFUSAL_AMOUNT_OVERFLOW);
    assert_int_equal(desk_transfer(&desk, adjust(ONE, 0, 0, INT64_MIN)), REFUSAL_AMOUNT_OVERFLOW);
    desk_free(&desk);
}

static void reasons_are_plain_text(void **state)
{
    (void)state;
    static char long_text[1025];
    memset(long_text, 'r', sizeof long_text);
    struct desk desk = desk_of_one(0);
    struct transfer transfer = make(ENTRY_TOP_UP, ONE, 1);
    const struct slice bad[] = {slice_of(long_text, 1025), SLICE("a\nb"), SLICE("\x1f"),
                                SLICE("\x7f"), SLICE("\xff")};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        transfer.text = bad[i];
        assert_int_equal(desk_transfer(&desk, transfer), REFUSAL_REASON_INVALID);
    }
    transfer.text = slice_of(long_text, 1024);
    assert_int_equal(desk_transfer(&desk, transfer), REFUSAL_NONE);
    transfer.text = SLICE(" ~\xc3\xa9\xe5\x8f\x91");
    assert_int_equal(desk_transfer(&desk, transfer), REFUSAL_NONE);
    struct transfer unexplained = adjust(ONE, 1, 0, 0);
    unexplained.text = SLICE("");
    assert_int_equal(desk_transfer(&desk, unexplained), REFUSAL_REASON_MISSING);
    unexplained.text = SLICE("\n");
    assert_int_equal(desk_transfer(&desk, unexplained), REFUSAL_REASON_INVALID);
    desk_free(&desk);
}

/* Results that no member may have. */
static void results_must_fit(void **state)
{
    (void)state;
    struct desk desk = desk_new();
    desk_join(&desk, ONE, MEMBER_ARREARS, most);
    desk_join(&desk, TWO, MEMBER_ARREARS, -most);
    assert_int_equal(desk_transfer(&desk, adjust(ONE, 0, most, most)), REFUSAL_NONE);
    assert_int_equal(desk_transfer(&desk, make(ENTRY_TOP_UP, ONE, 1)), REFUSAL_AMOUNT_OVERFLOW);
    assert_int_equal(desk_transfer(&desk, make(ENTRY_GRANT_GIFT, ONE, 1)), REFUSAL_AMOUNT_OVERFLOW);
    for (int account = ACCOUNT_CASH; account <= ACCOUNT_GIFT; account++)
        assert_int_equal(desk_transfer(&desk, refund(ONE, (enum member_account)account, most)),
                         REFUSAL_AMOUNT_OVERFLOW);
    assert_int_equal(desk_transfer(&desk, adjust(ONE, 1, -1, 0)), REFUSAL_AMOUNT_OVERFLOW);
    assert_int_equal(desk_transfer(&desk, adjust(ONE, 0, 1, 0)), REFUSAL_AMOUNT_OVERFLOW);
    assert_int_equal(desk_transfer(&desk, adjust(ONE, 0, 0, 1)), REFUSAL_AMOUNT_OVERFLOW);
    assert_int_equal(desk_transfer(&desk, make(ENTRY_CHARGE, TWO, 1)), REFUSAL_AMOUNT_OVERFLOW);
    assert_int_equal(desk_transfer(&desk, adjust(TWO, -1, 0, 0)), REFUSAL_AMOUNT_OVERFLOW);
    assert_int_equal(desk_transfer(&desk, adjust(TWO, 1, -1, 0)), REFUSAL_AMOUNT_NEGATIVE);
    assert_int_equal(desk_transfer(&desk, adjust(TWO, 1, 0, -1)), REFUSAL_AMOUNT_NEGATIVE);
    assert_int_equal(desk_transfer(&desk, adjust(TWO, -1, 0, -1)), REFUSAL_AMOUNT_NEGATIVE);
    assert_money(&desk, ONE, most, most, most);
    assert_money(&desk, TWO, -most, 0, 0);
    desk_join(&desk, "7", 0, 1);
    assert_int_equal(desk_transfer(&desk, move("7", ONE, 1)), REFUSAL_AMOUNT_OVERFLOW);
    assert_int_equal(desk_transfer(&desk, move("7", TWO, 1)), REFUSAL_NONE);
    desk_free(&desk);
}

/* 2^60 each: eight of them are more than the organisation's sum can say. */
static void sums_must_fit(void **state)
{
    (void)state;
    struct desk desk = desk_new();
    struct transfer transfers[9];
    char uin[16];
    for (int i = 0; i < 9; i++) {
        snprintf(uin, sizeof uin, "%d", 100 + i);
        desk_join(&desk, uin, 0, 0);
        transfers[i] = make(ENTRY_TOP_UP, uin, most);
    }
    transfers[8].amount.micros = most - 1;
    struct command command = desk_post(transfers, 9);
    command.partial = true;
    assert_int_equal(desk_run(&desk, &command), REFUSAL_NONE);
    for (int i = 0; i < 7; i++)
        assert_int_equal(transfers[i].refusal, REFUSAL_NONE);
    assert_int_equal(transfers[7].refusal, REFUSAL_AMOUNT_OVERFLOW);
    assert_int_equal(transfers[8].refusal, REFUSAL_NONE);
    assert_int_equal(book_organisation(desk.book, 1)->cash.micros, INT64_MAX);
    assert_int_equal(desk_transfer(&desk, make(ENTRY_TOP_UP, "107", 1)), REFUSAL_AMOUNT_OVERFLOW);
    assert_int_equal(desk_transfer(&desk, move("100", "107", most)), REFUSAL_NONE);
    desk_free(&desk);
}

/* Each transfer fits, but not the sum of all that was ever taken in. */
static void own_accounts_must_fit(void **state)
{
    (void)state;
    struct desk desk = desk_new();
    struct transfer transfers[18];
    desk_join(&desk, ONE, 0, 0);
    for (int i = 0; i < 9; i++) {
        transfers[2 * i] = make(ENTRY_GRANT_GIFT, ONE, most);
        transfers[2 * i + 1] = make(ENTRY_CHARGE, ONE, most);
    }
    struct command command = desk_post(transfers, 18);
    command.partial = true;
    assert_int_equal(desk_run(&desk, &command), REFUSAL_NONE);
    assert_int_equal(command.entry_count, 15); /* promotion may be as low as -2^63 */
    assert_int_equal(transfers[15].refusal, REFUSAL_AMOUNT_OVERFLOW);
    assert_int_equal(transfers[16].refusal, REFUSAL_AMOUNT_OVERFLOW);
    assert_int_equal(transfers[17].refusal, REFUSAL_AMOUNT_OVERFLOW);
    assert_accounts(&desk, 0, 7 * most, INT64_MIN, 0);
    desk_free(&desk);
}

static void whoever_is_not_there_has_no_money(void **state)
{
    (void)state;
    struct desk desk = desk_new();
    struct transfer transfer = make(ENTRY_TOP_UP, ONE, 1);
    struct command command = desk_post(&transfer, 1);
    command.organisation = 2;
    assert_int_equal(desk_run(&desk, &command), REFUSAL_ORGANISATION_UNKNOWN);
    command.organisation = 1;
    command.transfer_count = COMMAND_ITEMS_MAX + 1;
    assert_int_equal(desk_run(&desk, &command), REFUSAL_LIMIT);
    command.transfer_count = 0;
    assert_int_equal(desk_run(&desk, &command), REFUSAL_NONE);
    assert_int_equal(command.entry_count, 0);
    desk_join(&desk, ONE, 0, 0);
    desk_join(&desk, TWO, 0, 5);
    struct command leave = desk_change(COMMAND_REMOVE_MEMBER, ONE);
    assert_int_equal(desk_run(&desk, &leave), REFUSAL_NONE);
    assert_int_equal(desk_transfer(&desk, transfer), REFUSAL_MEMBER_UNKNOWN);
    assert_int_equal(desk_transfer(&desk, move(TWO, ONE, 1)), REFUSAL_MEMBER_UNKNOWN);
    assert_int_equal(desk_transfer(&desk, move(ONE, TWO, 1)), REFUSAL_MEMBER_UNKNOWN);
    desk_free(&desk);
}

/* Batches -------------------------------------------------------------------------------------- */

/* 10 come in, 7 + 3 go out, then there is nothing for the last; what was there was not enough. */
static void each_sees_those_before_it(void **state)
{
    (void)state;
    struct desk desk = desk_new();
    desk_join(&desk, ONE, 0, 0);
    desk_join(&desk, TWO, 0, 0);
    struct transfer transfers[] = {make(ENTRY_TOP_UP, ONE, 10), move(ONE, TWO, 7),
                                   make(ENTRY_CHARGE, ONE, 3), move(TWO, ONE, 7),
                                   make(ENTRY_WITHDRAW, ONE, 7)};
    struct command command = desk_post(transfers, 5);
    assert_int_equal(desk_run(&desk, &command), REFUSAL_NONE);
    static const int64_t cash_after[] = {10, 3, 0, 0, 0};
    for (int i = 0; i < 5; i++)
        assert_int_equal(transfers[i].after[0].cash.micros, cash_after[i]);
    assert_int_equal(transfers[3].after[1].cash.micros, 7);
    assert_money(&desk, ONE, 0, 0, 0);
    assert_money(&desk, TWO, 0, 0, 0);
    assert_int_equal(desk_member(&desk, ONE)->ordinal, 6);
    assert_int_equal(desk_member(&desk, TWO)->ordinal, 3);
    desk_free(&desk);
}

static void one_refused_refuses_all(void **state)
{
    (void)state;
    struct desk desk = desk_new();
    desk_join(&desk, ONE, 0, 0);
    struct transfer transfers[] = {make(ENTRY_TOP_UP, ONE, 10), make(ENTRY_CHARGE, ONE, 11),
                                   make(ENTRY_CHARGE, ONE, 10), make(ENTRY_CHARGE, "77", 1)};
    struct command command = desk_post(transfers, 4);
    uint64_t before = book_sequence(desk.book);
    assert_int_equal(desk_decide(&desk, &command), REFUSAL_BALANCE_INSUFFICIENT);
    assert_int_equal(desk.item, 1);
    assert_int_equal(draft_entry_count(desk.draft), 0);
    assert_int_equal(command.first_sequence, 0);
    static const enum refusal refusals[] = {REFUSAL_NONE, REFUSAL_BALANCE_INSUFFICIENT,
                                            REFUSAL_NONE, REFUSAL_MEMBER_UNKNOWN};
    for (int i = 0; i < 4; i++) {
        assert_int_equal(transfers[i].refusal, refusals[i]); /* each is judged all the same */
        assert_int_equal(transfers[i].sequence, 0);
    }
    /* In the same group: nothing of it was left behind. */
    struct transfer charge = make(ENTRY_CHARGE, ONE, 1);
    struct command next = desk_post(&charge, 1);
    assert_int_equal(desk_decide(&desk, &next), REFUSAL_BALANCE_INSUFFICIENT);
    assert_int_equal(desk_publish(&desk), 0);
    assert_int_equal(book_sequence(desk.book), before);
    command.partial = true;
    assert_int_equal(desk_run(&desk, &command), REFUSAL_NONE);
    assert_int_equal(command.entry_count, 2);
    assert_int_equal(transfers[0].sequence, before + 1);
    assert_int_equal(transfers[1].sequence, 0);
    assert_int_equal(transfers[2].sequence, before + 2);
    assert_int_equal(transfers[3].sequence, 0);
    assert_money(&desk, ONE, 0, 0, 0);
    desk_free(&desk);
}

static void partial_may_leave_nothing(void **state)
{
    (void)state;
    struct desk desk = desk_new();
    struct transfer transfers[] = {make(ENTRY_TOP_UP, "77", 10), make(ENTRY_TOP_UP, "78", 0)};
    struct command command = desk_post(transfers, 2);
    command.partial = true;
    assert_int_equal(desk_run(&desk, &command), REFUSAL_NONE);
    assert_int_equal(transfers[0].refusal, REFUSAL_MEMBER_UNKNOWN);
    assert_int_equal(transfers[1].refusal, REFUSAL_AMOUNT_NOT_POSITIVE);
    assert_int_equal(command.entry_count, 0);
    desk_free(&desk);
}

static void a_full_command_fits(void **state)
{
    (void)state;
    static struct transfer transfers[COMMAND_ITEMS_MAX];
    struct desk desk = desk_new();
    desk_join(&desk, ONE, 0, 0);
    desk_join(&desk, TWO, 0, 0);
    for (uint32_t i = 0; i < COMMAND_ITEMS_MAX; i++)
        transfers[i] = i == 0  ? make(ENTRY_TOP_UP, ONE, 1)
                       : i % 2 ? move(ONE, TWO, 1)
                               : move(TWO, ONE, 1);
    struct command command = desk_post(transfers, COMMAND_ITEMS_MAX);
    assert_int_equal(desk_run(&desk, &command), REFUSAL_NONE);
    assert_int_equal(command.entry_count, COMMAND_ITEMS_MAX);
    assert_money(&desk, TWO, 1, 0, 0);
    assert_int_equal(desk_member(&desk, ONE)->ordinal, 1 + COMMAND_ITEMS_MAX);
    desk_free(&desk);
}

/* Every outcome of a dry run is that of the real one right behind it. */
static void a_dry_run_says_what_would_be(void **state)
{
    (void)state;
    struct desk desk = desk_of_one(MEMBER_ARREARS);
    for (int partial = 0; partial < 2; partial++) {
        struct transfer dry[] = {make(ENTRY_CHARGE, ONE, 50), move(ONE, TWO, 30),
                                 refund(TWO, ACCOUNT_GIFT, 2), make(ENTRY_WITHDRAW, TWO, 1000),
                                 adjust(ONE, 0, 5, 5)};
        struct transfer real[5];
        uint32_t count = partial ? 5 : 3;
        memcpy(real, dry, sizeof real);
        struct command trial = desk_post(dry, count), command = desk_post(real, count);
        trial.partial = command.partial = partial;
        trial.dry_run = true;
        assert_int_equal(desk_decide(&desk, &trial), REFUSAL_NONE);
        assert_int_equal(draft_entry_count(desk.draft), 0);
        assert_int_equal(trial.first_sequence, 0);
        assert_int_equal(trial.entry_count, 0);
        assert_int_equal(desk_run(&desk, &command), REFUSAL_NONE);
        for (uint32_t i = 0; i < count; i++) {
            assert_int_equal(dry[i].refusal, real[i].refusal);
            assert_int_equal(dry[i].sequence, 0);
            if (dry[i].refusal != REFUSAL_NONE)
                continue;
            assert_same_state(&dry[i].after[0], &real[i].after[0]);
            if (dry[i].kind == ENTRY_MOVE)
                assert_same_state(&dry[i].after[1], &real[i].after[1]);
        }
    }
    desk_free(&desk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_takes_and_gives),
        cmocka_unit_test(the_owner_has_an_account_too),
        cmocka_unit_test(a_charge_takes_gift_then_income_then_cash),
        cmocka_unit_test(an_entry_says_what_was_asked),
        cmocka_unit_test(means_decide),
        cmocka_unit_test(what_is_frozen_stays),
        cmocka_unit_test(values_are_judged_first),
        cmocka_unit_test(reasons_are_plain_text),
        cmocka_unit_test(results_must_fit),
        cmocka_unit_test(sums_must_fit),
        cmocka_unit_test(own_accounts_must_fit),
        cmocka_unit_test(whoever_is_not_there_has_no_money),
        cmocka_unit_test(each_sees_those_before_it),
        cmocka_unit_test(one_refused_refuses_all),
        cmocka_unit_test(partial_may_leave_nothing),
        cmocka_unit_test(a_full_command_fits),
        cmocka_unit_test(a_dry_run_says_what_would_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
