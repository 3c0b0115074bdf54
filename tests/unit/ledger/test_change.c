/* Changes of one member: holds, credit, name, leaving; each refusal, and what is left behind. */
#include "desk.h"

#include <stdio.h>

#define ONE "700001941608"
#define TWO "700001941609"

static const int64_t most = INT64_C(1) << 60;

static enum refusal run_amount(struct desk *desk, enum command_kind kind, const char *uin,
                               uint64_t subject, int64_t amount)
{
    struct command command = desk_change(kind, uin);
    command.change.subject = subject;
    command.change.amount.micros = amount;
    return desk_run(desk, &command);
}

static int64_t frozen(const struct desk *desk, const char *uin)
{
    return desk_member(desk, uin)->state.frozen.micros;
}

/* All that is true of every kind --------------------------------------------------------------- */

static void who_is_not_there_is_not_changed(void **state)
{
    (void)state;
    struct desk desk = desk_new();
    desk_join(&desk, ONE, 0, 0);
    desk_join(&desk, TWO, 0, 0);
    struct command leave = desk_change(COMMAND_REMOVE_MEMBER, TWO);
    assert_int_equal(desk_run(&desk, &leave), REFUSAL_NONE);
    for (int kind = COMMAND_HOLD; kind <= COMMAND_REVOKE_TEMPORARY; kind++) {
        struct command command = desk_change((enum command_kind)kind, "77");
        command.change.text = SLICE("\n"); /* that is seen later */
        assert_int_equal(desk_run(&desk, &command), REFUSAL_MEMBER_UNKNOWN);
        command.change.uin = desk_uin(TWO);
        assert_int_equal(desk_run(&desk, &command), REFUSAL_MEMBER_UNKNOWN);
        command.change.uin = desk_uin(ONE);
        assert_int_equal(desk_run(&desk, &command), REFUSAL_REASON_INVALID);
        command.organisation = 2;
        assert_int_equal(desk_run(&desk, &command), REFUSAL_ORGANISATION_UNKNOWN);
        assert_int_equal(command.change.first_sequence, 0);
    }
    desk_free(&desk);
}

/* Each kind, first dry, then real: the same is said, and only the second writes. */
static void a_dry_run_says_what_would_be(void **state)
{
    (void)state;
    struct desk desk = desk_new();
    desk_join(&desk, ONE, MEMBER_ARREARS, 100);
    uint64_t hold = desk_hold(&desk, ONE, 50, 0);
    uint64_t grant = desk_grant(&desk, ONE, 9, 0, 0);
    struct command commands[] = {desk_change(COMMAND_HOLD, ONE),
                                 desk_change(COMMAND_CAPTURE, ONE),
                                 desk_change(COMMAND_RELEASE, ONE),
                                 desk_change(COMMAND_GRANT_TEMPORARY, ONE),
                                 desk_change(COMMAND_GRANT_TEMPORARY, ONE),
                                 desk_change(COMMAND_REVOKE_TEMPORARY, ONE),
                                 desk_change(COMMAND_MODIFY_MEMBER, ONE)};
    commands[0].change.amount.micros = 70;
    commands[1].change.subject = commands[2].change.subject = hold;
    commands[1].change.amount.micros = 20;
    commands[3].change.amount.micros = commands[4].change.amount.micros = 3;
    commands[4].change.start_us = desk.now_us + 1;
    commands[5].change.subject = grant;
    commands[6].change.name = SLICE("new");
    commands[6].change.sets_basic_credit = true;
    commands[6].change.basic_credit.micros = 8;
    commands[6].change.flags_mask = MEMBER_ARREARS | MEMBER_IS_CREDIT;
    commands[6].change.flags = MEMBER_IS_CREDIT;
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        struct command dry = commands[i];
        dry.dry_run = true;
        assert_int_equal(desk_decide(&desk, &dry), REFUSAL_NONE);
        assert_int_equal(draft_entry_count(desk.draft), 0);
        assert_int_equal(dry.entry_count, 0);
        assert_int_equal(dry.change.first_sequence, 0);
        assert_int_equal(desk_run(&desk, &commands[i]), REFUSAL_NONE);
        assert_same_state(&dry.change.after, &commands[i].change.after);
        assert_int_equal(dry.change.moved.micros, commands[i].change.moved.micros);
        assert_same_state(&dry.change.after, &desk_member(&desk, ONE)->state);
    }
    desk_join(&desk, TWO, 0, 0);
    struct command leave = desk_change(COMMAND_REMOVE_MEMBER, TWO), dry = leave;
    dry.dry_run = true;
    assert_int_equal(desk_run(&desk, &dry), REFUSAL_NONE);
    assert_false(desk_member(&desk, TWO)->state.flags & MEMBER_LEFT);
    assert_int_equal(desk_run(&desk, &leave), REFUSAL_NONE);
    assert_same_state(&dry.change.after, &leave.change.after);
    desk_free(&desk);
}

/* Holds ---------------------------------------------------------------------------------------- */

static void a_hold_reserves_what_is_available(void **state)
{
    (void)state;
    struct desk desk = desk_new();
    desk_join(&desk, ONE, 0, 100);
    desk_join(&desk, TWO, MEMBER_ARREARS, 0);
    assert_int_equal(run_amount(&desk, COMMAND_HOLD, ONE, 0, 0), REFUSAL_AMOUNT_NOT_POSITIVE);
    assert_int_equal(run_amount(&desk, COMMAND_HOLD, ONE, 0, -1), REFUSAL_AMOUNT_NOT_POSITIVE);
    assert_int_equal(run_amount(&desk, COMMAND_HOLD, ONE, 0, 101), REFUSAL_BALANCE_INSUFFICIENT);
    assert_int_equal(run_amount(&desk, COMMAND_HOLD, ONE, 0, 60), REFUSAL_NONE);
    assert_int_equal(run_amount(&desk, COMMAND_HOLD, ONE, 0, 41), REFUSAL_BALANCE_INSUFFICIENT);
    assert_int_equal(run_amount(&desk, COMMAND_HOLD, ONE, 0, 40), REFUSAL_NONE);
    assert_int_equal(frozen(&desk, ONE), 100);
    assert_int_equal(run_amount(&desk, COMMAND_HOLD, TWO, 0, most + 1), REFUSAL_AMOUNT_OVERFLOW);
    assert_int_equal(run_amount(&desk, COMMAND_HOLD, TWO, 0, most), REFUSAL_NONE);
    assert_int_equal(run_amount(&desk, COMMAND_HOLD, TWO, 0, 1), REFUSAL_AMOUNT_OVERFLOW);
    assert_int_equal(run_amount(&desk, COMMAND_HOLD, TWO, 0, INT64_MAX), REFUSAL_AMOUNT_OVERFLOW);
    assert_int_equal(book_hold_count(desk.book), 3);
    desk_free(&desk);
}

static void a_hold_must_last(void **state)
{
    (void)state;
    struct desk desk = desk_new();
    desk_join(&desk, ONE, 0, 100);
    struct command command = desk_change(COMMAND_HOLD, ONE);
    command.change.amount.micros = 1;
    const int64_t ends[] = {-1, 1, desk.now_us - 1, desk.now_us};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        command.change.end_us = ends[i];
        assert_int_equal(desk_run(&desk, &command), REFUSAL_EXPIRY_PASSED);
    }
    uint64_t hold = desk_hold(&desk, ONE, 1, desk.now_us + 1);
    assert_int_equal(book_find_hold(desk.book, hold)->expires_us, desk.now_us + 1);
    assert_int_equal(book_next_due_us(desk.book), desk.now_us + 1);
    hold = desk_hold(&desk, ONE, 1, 0);
    assert_int_equal(book_find_hold(desk.book, hold)->expires_us, 0);
    desk_free(&desk);
}

static void a_hold_is_captured_and_released_in_parts(void **state)
{
    (void)state;
    struct desk desk = desk_new();
    desk_join(&desk, ONE, 0, 100);
    desk_join(&desk, TWO, 0, 100);
    uint64_t hold = desk_hold(&desk, ONE, 50, 0);
    assert_int_equal(run_amount(&desk, COMMAND_CAPTURE, TWO, hold, 1), REFUSAL_HOLD_UNKNOWN);
    assert_int_equal(run_amount(&desk, COMMAND_RELEASE, TWO, hold, 1), REFUSAL_HOLD_UNKNOWN);
    assert_int_equal(run_amount(&desk, COMMAND_CAPTURE, ONE, hold + 1, 1), REFUSAL_HOLD_UNKNOWN);
    assert_int_equal(run_amount(&desk, COMMAND_RELEASE, ONE, 0, 1), REFUSAL_HOLD_UNKNOWN);
    assert_int_equal(run_amount(&desk, COMMAND_CAPTURE, ONE, hold, -1),
                     REFUSAL_AMOUNT_NOT_POSITIVE);
    assert_int_equal(run_amount(&desk, COMMAND_RELEASE, ONE, hold, -1),
                     REFUSAL_AMOUNT_NOT_POSITIVE);
    assert_int_equal(run_amount(&desk, COMMAND_CAPTURE, ONE, hold, 51), REFUSAL_HOLD_EXCEEDED);
    assert_int_equal(run_amount(&desk, COMMAND_RELEASE, ONE, hold, 51), REFUSAL_HOLD_EXCEEDED);
    assert_int_equal(run_amount(&desk, COMMAND_CAPTURE, ONE, hold, 20), REFUSAL_NONE);
    assert_int_equal(run_amount(&desk, COMMAND_RELEASE, ONE, hold, 5), REFUSAL_NONE);
    assert_int_equal(frozen(&desk, ONE), 25);
    assert_int_equal(desk_member(&desk, ONE)->state.cash.micros, 80);
    assert_int_equal(book_organisation(desk.book, 1)->revenue.micros, 20);
    assert_int_equal(book_find_hold(desk.book, hold)->amount.micros, 25);
    struct command all = desk_change(COMMAND_CAPTURE, ONE); /* no amount: all that is left */
    all.change.subject = hold;
    assert_int_equal(desk_run(&desk, &all), REFUSAL_NONE);
    assert_int_equal(all.change.moved.micros, 25);
    assert_int_equal(all.change.after.cash.micros, 55);
    assert_null(book_find_hold(desk.book, hold));
    assert_int_equal(run_amount(&desk, COMMAND_CAPTURE, ONE, hold, 0), REFUSAL_HOLD_UNKNOWN);
    assert_int_equal(run_amount(&desk, COMMAND_RELEASE, ONE, hold, 0), REFUSAL_HOLD_UNKNOWN);
    assert_int_equal(frozen(&desk, ONE), 0);
    desk_free(&desk);
}

/* Made, captured in part and released, all in one group. */
static void a_group_sees_its_own_holds(void **state)
{
    (void)state;
    struct desk desk = desk_new();
    desk_join(&desk, ONE, 0, 100);
    desk_join(&desk, TWO, 0, 100);
    struct command hold = desk_change(COMMAND_HOLD, ONE);
    struct command capture = desk_change(COMMAND_CAPTURE, ONE);
    struct command release = desk_change(COMMAND_RELEASE, ONE);
    struct command foreign = desk_change(COMMAND_RELEASE, TWO);
    hold.change.amount.micros = 100;
    assert_int_equal(desk_decide(&desk, &hold), REFUSAL_NONE);
    capture.change.subject = release.change.subject = foreign.change.subject =
        hold.change.first_sequence;
    capture.change.amount.micros = 30;
    struct transfer charge = {.kind = ENTRY_CHARGE, .uin = desk_uin(ONE), .amount = {1}};
    struct command post = desk_post(&charge, 1);
    assert_int_equal(desk_decide(&desk, &post), REFUSAL_BALANCE_INSUFFICIENT);
    assert_int_equal(desk_decide(&desk, &capture), REFUSAL_NONE);
    assert_int_equal(desk_decide(&desk, &foreign), REFUSAL_HOLD_UNKNOWN);
    assert_int_equal(desk_decide(&desk, &release), REFUSAL_NONE);
    assert_int_equal(release.change.moved.micros, 70);
    assert_int_equal(desk_decide(&desk, &release), REFUSAL_HOLD_UNKNOWN);
    assert_int_equal(desk_decide(&desk, &post), REFUSAL_NONE);
    assert_int_equal(desk_publish(&desk), 4);
    assert_int_equal(desk_member(&desk, ONE)->state.cash.micros, 69);
    assert_int_equal(book_hold_count(desk.book), 0);
    desk_free(&desk);
}

/* The same account in two organisations, one after the other: a hold stays where it was made. */
static void a_hold_belongs_to_one_organisation(void **state)
{
    (void)state;
    struct desk desk = desk_new();
    assert_int_equal(desk_found(&desk, "200000000002"), REFUSAL_NONE);
    desk_join(&desk, ONE, 0, 100);
    struct new_member item = desk_item(TWO, "there");
    struct command add = desk_add(&item, 1);
    add.organisation = 2;
    assert_int_equal(desk_run(&desk, &add), REFUSAL_NONE);
    struct command hold = desk_change(COMMAND_HOLD, ONE);
    struct command foreign = desk_change(COMMAND_RELEASE, TWO);
    struct command owner = desk_change(COMMAND_RELEASE, "200000000002");
    foreign.organisation = owner.organisation = 2;
    hold.change.amount.micros = 10;
    assert_int_equal(desk_decide(&desk, &hold), REFUSAL_NONE);
    foreign.change.subject = owner.change.subject = hold.change.first_sequence;
    for (int published = 0; published < 2; published++) {
        assert_int_equal(desk_decide(&desk, &foreign), REFUSAL_HOLD_UNKNOWN);
        assert_int_equal(desk_decide(&desk, &owner), REFUSAL_HOLD_UNKNOWN);
        desk_publish(&desk);
    }
    desk_free(&desk);
}

/* A hold of arrears can be captured as long as what is owed can be said. */
static void what_is_captured_must_fit(void **state)
{
    (void)state;
    struct desk desk = desk_new();
    desk_join(&desk, ONE, MEMBER_ARREARS, 5 - most);
    uint64_t hold = desk_hold(&desk, ONE, 6, 0);
    assert_int_equal(run_amount(&desk, COMMAND_CAPTURE, ONE, hold, 6), REFUSAL_AMOUNT_OVERFLOW);
    assert_int_equal(run_amount(&desk, COMMAND_CAPTURE, ONE, hold, 0), REFUSAL_AMOUNT_OVERFLOW);
    assert_int_equal(run_amount(&desk, COMMAND_CAPTURE, ONE, hold, 5), REFUSAL_NONE);
    assert_int_equal(run_amount(&desk, COMMAND_RELEASE, ONE, hold, 0), REFUSAL_NONE);
    desk_free(&desk);
}

/* 2^60 each: the eighth is more than the organisation's sum can say. Neither is it a bug. */
static void sums_must_fit(void **state)
{
    (void)state;
    struct desk desk = desk_new();
    uint64_t holds[9] = {0};
    char uin[16];
    for (int i = 0; i < 9; i++) {
        snprintf(uin, sizeof uin, "%d", 100 + i);
        desk_join(&desk, uin, MEMBER_ARREARS, 0);
        enum refusal expected = i < 7 ? REFUSAL_NONE : REFUSAL_AMOUNT_OVERFLOW;
        assert_int_equal(run_amount(&desk, COMMAND_HOLD, uin, 0, most), expected);
        holds[i] = book_sequence(desk.book);
    }
    assert_int_equal(run_amount(&desk, COMMAND_HOLD, "108", 0, most - 1), REFUSAL_NONE);
    assert_int_equal(book_organisation(desk.book, 1)->frozen.micros, INT64_MAX);
    for (int i = 0; i < 7; i++) {
        snprintf(uin, sizeof uin, "%d", 100 + i);
        assert_int_equal(run_amount(&desk, COMMAND_CAPTURE, uin, holds[i], 0), REFUSAL_NONE);
    }
    uint64_t last = desk_hold(&desk, "107", most, 0);
    assert_int_equal(run_amount(&desk, COMMAND_CAPTURE, "107", last, 0), REFUSAL_AMOUNT_OVERFLOW);
    assert_int_equal(run_amount(&desk, COMMAND_CAPTURE, "107", last, most - 1), REFUSAL_NONE);
    assert_int_equal(book_organisation(desk.book, 1)->revenue.micros, INT64_MAX);
    desk_free(&desk);
}

/* Modifying ------------------------------------------------------------------------------------ */

static void each_part_that_changes_has_an_entry(void **state)
{
    (void)state;
    struct desk desk = desk_new();
    desk_join(&desk, ONE, 0, 0);
    struct command command = desk_change(COMMAND_MODIFY_MEMBER, ONE);
    command.change.name = SLICE("renamed");
    command.change.sets_basic_credit = true;
    command.change.basic_credit.micros = 70;
    command.change.flags_mask = command.change.flags = MEMBER_IS_CREDIT | MEMBER_ARREARS;
    command.change.text = SLICE("as agreed");
    uint64_t before = book_sequence(desk.book);
    assert_int_equal(desk_decide(&desk, &command), REFUSAL_NONE);
    static const enum entry_kind kinds[] = {ENTRY_RENAME, ENTRY_SET_CREDIT, ENTRY_SET_ARREARS};
    assert_int_equal(draft_entry_count(desk.draft), 3);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(draft_entry(desk.draft, i)->kind, kinds[i]);
    assert_true(slice_equal(draft_entry(desk.draft, 1)->text, SLICE("as agreed")));
    assert_true(slice_equal(draft_entry(desk.draft, 2)->text, SLICE("as agreed")));
    assert_int_equal(draft_entry(desk.draft, 1)->touches[0].after.flags, MEMBER_IS_CREDIT);
    assert_int_equal(command.change.first_sequence, before + 1);
    assert_int_equal(command.change.last_sequence, before + 3);
    desk_publish(&desk);
    const struct member *member = desk_member(&desk, ONE);
    assert_int_equal(member->state.basic_credit.micros, 70);
    assert_int_equal(member->state.flags, MEMBER_IS_CREDIT | MEMBER_ARREARS);
    assert_true(slice_equal(slice_of(member->name, member->name_len), SLICE("renamed")));
    assert_int_equal(desk_run(&desk, &command), REFUSAL_NONE); /* all as it is */
    assert_int_equal(command.change.first_sequence, 0);
    assert_int_equal(book_sequence(desk.book), before + 3);
    desk_free(&desk);
}

/* A flag that is not in the mask, and credit that is not set, stay as they are. */
static void what_is_not_given_stays(void **state)
{
    (void)state;
    struct desk desk = desk_new();
    desk_join(&desk, ONE, MEMBER_ARREARS, 0);
    struct command command = desk_change(COMMAND_MODIFY_MEMBER, ONE);
    command.change.flags = MEMBER_IS_CREDIT;
    command.change.basic_credit.micros = -5;
    assert_int_equal(desk_run(&desk, &command), REFUSAL_NONE);
    assert_int_equal(command.entry_count, 0);
    assert_int_equal(command.change.after.flags, MEMBER_ARREARS);
    command.change.flags_mask = MEMBER_IS_CREDIT;
    assert_int_equal(desk_run(&desk, &command), REFUSAL_NONE);
    assert_int_equal(command.entry_count, 1);
    assert_int_equal(desk_member(&desk, ONE)->state.flags, MEMBER_ARREARS | MEMBER_IS_CREDIT);
    command.change.flags_mask = MEMBER_ARREARS;
    assert_int_equal(desk_run(&desk, &command), REFUSAL_NONE);
    assert_int_equal(desk_member(&desk, ONE)->state.flags, MEMBER_IS_CREDIT);
    assert_int_equal(desk_member(&desk, ONE)->state.basic_credit.micros, 0);
    desk_free(&desk);
}

static void modifications_can_be_refused(void **state)
{
    (void)state;
    struct desk desk = desk_new();
    desk_join(&desk, ONE, 0, 0);
    struct command command = desk_change(COMMAND_MODIFY_MEMBER, ONE);
    command.change.name = SLICE("a\tb");
    assert_int_equal(desk_run(&desk, &command), REFUSAL_NAME_INVALID);
    command.change.name = SLICE_NONE;
    command.change.sets_basic_credit = true;
    command.change.basic_credit.micros = -1;
    assert_int_equal(desk_run(&desk, &command), REFUSAL_AMOUNT_NEGATIVE);
    command.change.basic_credit.micros = most + 1;
    assert_int_equal(desk_run(&desk, &command), REFUSAL_AMOUNT_OVERFLOW);
    command.change.basic_credit.micros = most;
    assert_int_equal(desk_run(&desk, &command), REFUSAL_NONE);
    assert_int_equal(desk_member(&desk, ONE)->state.basic_credit.micros, most);
    desk_free(&desk);
}

/* The owner's account goes by the organisation's name; its credit is like any other's. */
static void an_owner_keeps_its_name(void **state)
{
    (void)state;
    struct desk desk = desk_new();
    struct command command = desk_change(COMMAND_MODIFY_MEMBER, DESK_OWNER);
    command.change.name = SLICE("other");
    assert_int_equal(desk_run(&desk, &command), REFUSAL_MEMBER_IS_OWNER);
    command.change.name = SLICE("Example");
    command.change.flags = command.change.flags_mask = MEMBER_ARREARS;
    assert_int_equal(desk_run(&desk, &command), REFUSAL_NONE);
    assert_int_equal(desk_member(&desk, DESK_OWNER)->state.flags, MEMBER_OWNER | MEMBER_ARREARS);
    desk_free(&desk);
}

static void a_group_sees_a_new_name(void **state)
{
    (void)state;
    struct desk desk = desk_new();
    desk_join(&desk, ONE, 0, 0);
    struct command first = desk_change(COMMAND_MODIFY_MEMBER, ONE), second = first;
    first.change.name = second.change.name = SLICE("new");
    assert_int_equal(desk_decide(&desk, &first), REFUSAL_NONE);
    assert_int_equal(desk_decide(&desk, &second), REFUSAL_NONE);
    assert_int_equal(second.entry_count, 0);
    assert_int_equal(desk_publish(&desk), 1);
    desk_free(&desk);
}

/* Leaving -------------------------------------------------------------------------------------- */

static void only_who_has_nothing_may_leave(void **state)
{
    (void)state;
    struct desk desk = desk_new();
    struct command leave = desk_change(COMMAND_REMOVE_MEMBER, DESK_OWNER);
    assert_int_equal(desk_run(&desk, &leave), REFUSAL_MEMBER_IS_OWNER);
    for (int what = 0; what < 6; what++) {
        struct new_member item = desk_item(ONE, "one");
        char uin[8];
        snprintf(uin, sizeof uin, "%d", 10 + what);
        item.uin = desk_uin(uin);
        item.flags = MEMBER_ARREARS;
        item.cash.micros = what == 0 ? 1 : what == 1 ? -1 : 0;
        item.income.micros = what == 2;
        item.gift.micros = what == 3;
        item.frozen.micros = what == 4;
        item.basic_credit.micros = 5; /* is no money */
        struct command add = desk_add(&item, 1);
        assert_int_equal(desk_run(&desk, &add), REFUSAL_NONE);
        leave = desk_change(COMMAND_REMOVE_MEMBER, uin);
        enum refusal expected = what < 5 ? REFUSAL_MEMBER_NOT_EMPTY : REFUSAL_NONE;
        assert_int_equal(desk_run(&desk, &leave), expected);
    }
    assert_int_equal(book_listed_count(desk.book, 1), 5);
    desk_free(&desk);
}

/* With its grants it is gone, and may come back at once, in the same group. */
static void who_leaves_may_come_back(void **state)
{
    (void)state;
    struct desk desk = desk_new();
    desk_join(&desk, ONE, 0, 0);
    uint64_t started = desk_grant(&desk, ONE, 10, 0, desk.now_us + 100);
    uint64_t pending = desk_grant(&desk, ONE, 10, desk.now_us + 50, 0);
    struct command leave = desk_change(COMMAND_REMOVE_MEMBER, ONE);
    struct command revoke = desk_change(COMMAND_REVOKE_TEMPORARY, ONE);
    struct new_member item = desk_item(ONE, "again");
    struct command add = desk_add(&item, 1);
    assert_int_equal(desk_decide(&desk, &leave), REFUSAL_NONE);
    assert_int_equal(leave.change.after.temporary.micros, 0);
    assert_int_equal(desk_decide(&desk, &leave), REFUSAL_MEMBER_UNKNOWN);
    assert_int_equal(desk_decide(&desk, &add), REFUSAL_NONE);
    assert_int_equal(item.outcome, ITEM_ADDED);
    revoke.change.subject = started;
    assert_int_equal(desk_decide(&desk, &revoke), REFUSAL_GRANT_UNKNOWN);
    assert_int_equal(desk_publish(&desk), 2);
    assert_null(book_find_grant(desk.book, started));
    assert_null(book_find_grant(desk.book, pending));
    assert_int_equal(book_next_due_us(desk.book), INT64_MAX);
    assert_true(desk_member(&desk, ONE)->rejoined);
    assert_int_equal(desk_member(&desk, ONE)->state.temporary.micros, 0);
    assert_int_equal(desk_wait(&desk, 1000), 0);
    desk_free(&desk);
}

/* Who leaves one organisation may join another, in the same group. */
static void who_leaves_may_join_another(void **state)
{
    (void)state;
    struct desk desk = desk_new();
    assert_int_equal(desk_found(&desk, "200000000002"), REFUSAL_NONE);
    desk_join(&desk, ONE, 0, 0);
    struct command leave = desk_change(COMMAND_REMOVE_MEMBER, ONE);
    struct new_member item = desk_item(ONE, "elsewhere");
    struct command add = desk_add(&item, 1);
    add.organisation = 2;
    assert_int_equal(desk_decide(&desk, &add), REFUSAL_MEMBER_ELSEWHERE);
    assert_int_equal(desk_decide(&desk, &leave), REFUSAL_NONE);
    assert_int_equal(desk_decide(&desk, &add), REFUSAL_NONE);
    assert_int_equal(desk_publish(&desk), 2);
    assert_int_equal(book_organisation_of(desk.book, desk_uin(ONE))->id, 2);
    desk_free(&desk);
}

/* Temporary credit ----------------------------------------------------------------------------- */

static void grants_can_be_refused(void **state)
{
    (void)state;
    struct desk desk = desk_new();
    desk_join(&desk, ONE, 0, 0);
    int64_t now = desk.now_us;
    const struct {
        int64_t amount, start, end;
        enum refusal expected;
    } cases[] = {
        {0, 0, 0, REFUSAL_AMOUNT_NOT_POSITIVE},
        {-1, 0, 0, REFUSAL_AMOUNT_NOT_POSITIVE},
        {1, now + 5, now + 5, REFUSAL_PERIOD_INVALID},
        {1, now + 5, now + 4, REFUSAL_PERIOD_INVALID},
        {1, 0, -1, REFUSAL_PERIOD_INVALID},
        {1, now - 5, now - 4, REFUSAL_EXPIRY_PASSED},
        {1, now - 5, now, REFUSAL_EXPIRY_PASSED},
        {most + 1, 0, 0, REFUSAL_AMOUNT_OVERFLOW},
        {INT64_MAX, 0, 0, REFUSAL_AMOUNT_OVERFLOW},
        {1, now - 5, now + 1, REFUSAL_NONE},
        {most, now + 5, 0, REFUSAL_AMOUNT_OVERFLOW}, /* the one before it counts */
        {INT64_MAX, 0, 0, REFUSAL_AMOUNT_OVERFLOW},
        {most - 1, now + 5, now + 6, REFUSAL_NONE},
        {1, now + 5, now + 6, REFUSAL_AMOUNT_OVERFLOW},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct command command = desk_change(COMMAND_GRANT_TEMPORARY, ONE);
        command.change.amount.micros = cases[i].amount;
        command.change.start_us = cases[i].start;
        command.change.end_us = cases[i].end;
        assert_int_equal(desk_run(&desk, &command), cases[i].expected);
    }
    desk_free(&desk);
}

static void a_member_has_at_most_64_grants(void **state)
{
    (void)state;
    struct desk desk = desk_new();
    desk_join(&desk, ONE, 0, 0);
    uint64_t first = desk_grant(&desk, ONE, 1, 0, 0);
    for (int i = 1; i < GRANTS_PER_MEMBER_MAX; i++)
        assert_int_not_equal(desk_grant(&desk, ONE, 1, desk.now_us + i, 0), 0);
    struct command one_more = desk_change(COMMAND_GRANT_TEMPORARY, ONE);
    one_more.change.amount.micros = 1;
    assert_int_equal(desk_run(&desk, &one_more), REFUSAL_GRANT_LIMIT);
    assert_int_equal(run_amount(&desk, COMMAND_REVOKE_TEMPORARY, ONE, first, 0), REFUSAL_NONE);
    assert_int_equal(desk_run(&desk, &one_more), REFUSAL_NONE);
    desk_free(&desk);
}

static void only_active_grants_count(void **state)
{
    (void)state;
    struct desk desk = desk_new();
    desk_join(&desk, ONE, 0, 0);
    desk_join(&desk, TWO, 0, 0);
    struct command command = desk_change(COMMAND_GRANT_TEMPORARY, ONE);
    command.change.amount.micros = 10;
    command.change.start_us = desk.now_us;
    assert_int_equal(desk_run(&desk, &command), REFUSAL_NONE); /* from this moment on */
    assert_int_equal(command.change.after.temporary.micros, 10);
    uint64_t active = command.change.first_sequence;
    command.change.start_us = desk.now_us + 1;
    assert_int_equal(desk_run(&desk, &command), REFUSAL_NONE);
    assert_int_equal(command.change.after.temporary.micros, 10);
    uint64_t pending = command.change.first_sequence;
    assert_int_equal(run_amount(&desk, COMMAND_HOLD, ONE, 0, 11), REFUSAL_BALANCE_INSUFFICIENT);
    assert_int_equal(run_amount(&desk, COMMAND_HOLD, ONE, 0, 10), REFUSAL_NONE);
    assert_int_equal(run_amount(&desk, COMMAND_REVOKE_TEMPORARY, TWO, active, 0),
                     REFUSAL_GRANT_UNKNOWN);
    assert_int_equal(run_amount(&desk, COMMAND_REVOKE_TEMPORARY, ONE, 9999, 0),
                     REFUSAL_GRANT_UNKNOWN);
    assert_int_equal(run_amount(&desk, COMMAND_REVOKE_TEMPORARY, ONE, pending, 0), REFUSAL_NONE);
    assert_int_equal(desk_member(&desk, ONE)->state.temporary.micros, 10);
    assert_int_equal(run_amount(&desk, COMMAND_REVOKE_TEMPORARY, ONE, active, 0), REFUSAL_NONE);
    assert_int_equal(desk_member(&desk, ONE)->state.temporary.micros, 0);
    assert_int_equal(run_amount(&desk, COMMAND_REVOKE_TEMPORARY, ONE, active, 0),
                     REFUSAL_GRANT_UNKNOWN);
    assert_int_equal(book_next_due_us(desk.book), INT64_MAX);
    desk_free(&desk);
}

/* Given and taken back in one group; in the middle of others. */
static void a_group_sees_its_own_grants(void **state)
{
    (void)state;
    struct desk desk = desk_new();
    desk_join(&desk, ONE, 0, 0);
    struct command grants[3], revoke = desk_change(COMMAND_REVOKE_TEMPORARY, ONE);
    for (int i = 0; i < 3; i++) {
        grants[i] = desk_change(COMMAND_GRANT_TEMPORARY, ONE);
        grants[i].change.amount.micros = 1 << i;
        assert_int_equal(desk_decide(&desk, &grants[i]), REFUSAL_NONE);
    }
    revoke.change.subject = grants[1].change.first_sequence;
    assert_int_equal(desk_decide(&desk, &revoke), REFUSAL_NONE);
    assert_int_equal(revoke.change.after.temporary.micros, 5);
    assert_int_equal(desk_decide(&desk, &revoke), REFUSAL_GRANT_UNKNOWN);
    assert_int_equal(desk_publish(&desk), 4);
    assert_int_equal(desk_member(&desk, ONE)->state.temporary.micros, 5);
    revoke.change.subject = grants[0].change.first_sequence; /* the last of the list */
    assert_int_equal(desk_run(&desk, &revoke), REFUSAL_NONE);
    assert_int_equal(book_temporary_credit(desk.book, desk_member(&desk, ONE), desk.now_us).micros,
                     4);
    desk_free(&desk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_is_not_there_is_not_changed),
        cmocka_unit_test(a_dry_run_says_what_would_be),
        cmocka_unit_test(a_hold_reserves_what_is_available),
        cmocka_unit_test(a_hold_must_last),
        cmocka_unit_test(a_hold_is_captured_and_released_in_parts),
        cmocka_unit_test(a_group_sees_its_own_holds),
        cmocka_unit_test(a_hold_belongs_to_one_organisation),
        cmocka_unit_test(what_is_captured_must_fit),
        cmocka_unit_test(sums_must_fit),
        cmocka_unit_test(each_part_that_changes_has_an_entry),
        cmocka_unit_test(what_is_not_given_stays),
        cmocka_unit_test(modifications_can_be_refused),
        cmocka_unit_test(an_owner_keeps_its_name),
        cmocka_unit_test(a_group_sees_a_new_name),
        cmocka_unit_test(only_who_has_nothing_may_leave),
        cmocka_unit_test(who_leaves_may_come_back),
        cmocka_unit_test(who_leaves_may_join_another),
        cmocka_unit_test(grants_can_be_refused),
        cmocka_unit_test(a_member_has_at_most_64_grants),
        cmocka_unit_test(only_active_grants_count),
        cmocka_unit_test(a_group_sees_its_own_grants),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
