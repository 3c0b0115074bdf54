/* Decisions: what is refused and why, what is written, and what several commands of one group see
 * of each other. */
#include "desk.h"

#include <stdio.h>

#define ONE "700001941608"
#define TWO "700001941609"
#define THREE "100049260339"

static struct amount units(int64_t value)
{
    return (struct amount){value * AMOUNT_MICROS_PER_UNIT};
}

/* Organisations */

static void an_organisation_is_founded(void **state)
{
    (void)state;
    struct desk desk = desk_new();
    const struct organisation *organisation = book_organisation(desk.book, 1);
    assert_int_equal(book_organisation_count(desk.book), 1);
    assert_int_equal(organisation->id, 1);
    assert_true(slice_equal(organisation->name, SLICE("Example")));
    assert_true(slice_equal(organisation->currency, SLICE("USD")));
    assert_int_equal(organisation->created_us, desk.now_us);
    assert_ptr_equal(book_organisation_of(desk.book, desk_uin(DESK_OWNER)), organisation);
    assert_null(book_organisation_of(desk.book, desk_uin(ONE)));
    assert_null(book_organisation(desk.book, 0));
    assert_null(book_organisation(desk.book, 2));
    const struct member *owner = desk_member(&desk, DESK_OWNER);
    assert_int_equal(owner->state.flags, MEMBER_OWNER);
    assert_int_equal(book_listed_count(desk.book, 1), 0);
    desk_free(&desk);
}

static void organisations_can_be_refused(void **state)
{
    (void)state;
    struct desk desk = desk_new();
    struct command command = {.kind = COMMAND_CREATE_ORGANISATION,
                              .name = SLICE("Second"),
                              .currency = SLICE("EUR"),
                              .owner = desk_uin(DESK_OWNER)};
    assert_int_equal(desk_run(&desk, &command), REFUSAL_ORGANISATION_OWNER_TAKEN);
    struct new_member item = desk_item(ONE, "one");
    struct command add = desk_add(&item, 1);
    assert_int_equal(desk_run(&desk, &add), REFUSAL_NONE);
    command.owner = desk_uin(ONE);
    assert_int_equal(desk_run(&desk, &command), REFUSAL_ORGANISATION_OWNER_TAKEN);
    command.owner = desk_uin(TWO);
    command.name = SLICE("");
    assert_int_equal(desk_run(&desk, &command), REFUSAL_NAME_INVALID);
    command.name = SLICE("Second");
    command.currency = SLICE("eur");
    assert_int_equal(desk_run(&desk, &command), REFUSAL_NAME_INVALID);
    command.currency = SLICE("EURO");
    assert_int_equal(desk_run(&desk, &command), REFUSAL_NAME_INVALID);
    command.currency = SLICE("EUR");
    assert_int_equal(desk_run(&desk, &command), REFUSAL_NONE);
    assert_int_equal(book_organisation_of(desk.book, desk_uin(TWO))->id, 2);
    desk_free(&desk);
}

/* Members */

static struct new_member full_item(void)
{
    struct new_member item = desk_item(ONE, "kleinerwang_test");
    item.flags = MEMBER_IS_CREDIT | MEMBER_ARREARS;
    item.basic_credit = units(1000);
    item.cash = units(-30);
    item.income = units(20);
    item.gift = units(5);
    item.frozen = units(7);
    item.grants[0] = (struct new_grant){units(100), 10, INT64_C(1999999999000000)};
    item.grants[1] = (struct new_grant){units(200), 0, 0};
    item.grant_count = 2;
    return item;
}

static void a_member_gets_all_that_was_asked(void **state)
{
    (void)state;
    struct desk desk = desk_new();
    struct new_member item = full_item();
    struct command command = desk_add(&item, 1);
    desk.now_us += 5;
    assert_int_equal(desk_decide(&desk, &command), REFUSAL_NONE);
    static const enum entry_kind kinds[] = {ENTRY_JOIN, ENTRY_OPENING, ENTRY_GRANT_TEMPORARY,
                                            ENTRY_GRANT_TEMPORARY, ENTRY_HOLD};
    assert_int_equal(draft_entry_count(desk.draft), 5);
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(draft_entry(desk.draft, i)->kind, kinds[i]);
        assert_int_equal(draft_entry(desk.draft, i)->sequence, 2 + i);
        assert_int_equal(draft_entry(desk.draft, i)->time_us, desk.now_us);
    }
    assert_int_equal(item.outcome, ITEM_ADDED);
    assert_int_equal(desk_publish(&desk), 5);
    const struct member *member = desk_member(&desk, ONE);
    const struct organisation *organisation = book_organisation(desk.book, 1);
    assert_int_equal(member->state.flags, MEMBER_IS_CREDIT | MEMBER_ARREARS);
    assert_int_equal(member->state.cash.micros, units(-30).micros);
    assert_int_equal(member->state.income.micros, units(20).micros);
    assert_int_equal(member->state.gift.micros, units(5).micros);
    assert_int_equal(member->state.frozen.micros, units(7).micros);
    assert_int_equal(member->state.basic_credit.micros, units(1000).micros);
    assert_int_equal(member->joined_us, desk.now_us);
    assert_int_equal(member->ordinal, 5);
    assert_int_equal(book_hold(desk.book, member->holds)->expires_us, 0);
    assert_int_equal(book_temporary_credit(desk.book, member, 15).micros, units(300).micros);
    assert_int_equal(organisation->funding.micros, units(10).micros);
    assert_int_equal(organisation->promotion.micros, units(-5).micros);
    assert_int_equal(organisation->frozen.micros, units(7).micros);
    desk_free(&desk);
}

static void a_bare_member_takes_one_entry(void **state)
{
    (void)state;
    struct desk desk = desk_new();
    struct new_member item = desk_item(ONE, "bare");
    struct command command = desk_add(&item, 1);
    assert_int_equal(desk_decide(&desk, &command), REFUSAL_NONE);
    assert_int_equal(desk_publish(&desk), 1);
    desk_free(&desk);
}

static void the_same_again_changes_nothing(void **state)
{
    (void)state;
    struct desk desk = desk_new();
    struct new_member item = full_item();
    struct command command = desk_add(&item, 1);
    assert_int_equal(desk_run(&desk, &command), REFUSAL_NONE);
    struct new_grant first = item.grants[0];
    item.grants[0] = item.grants[1]; /* the order of grants does not matter */
    item.grants[1] = first;
    assert_int_equal(desk_decide(&desk, &command), REFUSAL_NONE);
    assert_int_equal(item.outcome, ITEM_UNCHANGED);
    assert_int_equal(desk_publish(&desk), 0);
    desk_free(&desk);
}

static void alter(struct new_member *item, int which)
{
    switch (which) {
    case 0:
        item->name = SLICE("other");
        break;
    case 1:
        item->flags = MEMBER_ARREARS;
        break;
    case 2:
        item->basic_credit.micros++;
        break;
    case 3:
        item->cash.micros++;
        break;
    case 4:
        item->income.micros++;
        break;
    case 5:
        item->gift.micros++;
        break;
    case 6:
        item->frozen.micros++;
        break;
    case 7:
        item->grant_count--;
        break;
    case 8:
        item->grants[0] = item->grants[1]; /* the same one twice */
        break;
    case 9:
        item->grants[0].start_us++;
        break;
    case 10:
        item->grants[2] = (struct new_grant){units(1), 0, 0};
        item->grant_count = 3;
        break;
    default:
        item->grants[0].end_us++;
        break;
    }
}

static void other_values_are_refused(void **state)
{
    (void)state;
    struct desk desk = desk_new();
    struct new_member item = full_item();
    struct command command = desk_add(&item, 1);
    assert_int_equal(desk_run(&desk, &command), REFUSAL_NONE);
    for (int which = 0; which < 12; which++) {
        item = full_item();
        alter(&item, which);
        assert_int_equal(desk_run(&desk, &command), REFUSAL_MEMBER_EXISTS);
        assert_int_equal(item.outcome, ITEM_REFUSED);
        assert_int_equal(item.refusal, REFUSAL_MEMBER_EXISTS);
    }
    desk_free(&desk);
}

/* Two commands of one group: the second sees what the first will have done. */
static void commands_of_a_group_see_each_other(void **state)
{
    (void)state;
    struct desk desk = desk_new();
    struct new_member first = full_item(), same = full_item(), other = full_item();
    struct new_member next = desk_item(TWO, "two");
    other.cash.micros++;
    struct command commands[] = {desk_add(&first, 1), desk_add(&same, 1), desk_add(&other, 1),
                                 desk_add(&next, 1)};
    assert_int_equal(desk_decide(&desk, &commands[0]), REFUSAL_NONE);
    assert_int_equal(desk_decide(&desk, &commands[1]), REFUSAL_NONE);
    assert_int_equal(same.outcome, ITEM_UNCHANGED);
    assert_int_equal(desk_decide(&desk, &commands[2]), REFUSAL_MEMBER_EXISTS);
    assert_int_equal(draft_entry_count(desk.draft), 5);
    assert_int_equal(desk_decide(&desk, &commands[3]), REFUSAL_NONE);
    assert_int_equal(desk_publish(&desk), 6);
    assert_int_equal(book_listed_count(desk.book, 1), 2);
    desk_free(&desk);
}

/* One group for many organisations; an account named by two of them goes to the first. */
static void a_group_serves_many_organisations(void **state)
{
    (void)state;
    enum { COUNT = 40 };
    struct desk desk = desk_new();
    char uin[16];
    for (int i = 2; i <= COUNT; i++) {
        snprintf(uin, sizeof uin, "%d", 200000 + i);
        assert_int_equal(desk_found(&desk, uin), REFUSAL_NONE);
    }
    for (uint32_t id = 1; id <= COUNT; id++) {
        struct new_member items[2] = {full_item(), desk_item("1", "own")};
        items[1].uin.low = 1000 + id;
        struct command command = desk_add(items, 2);
        command.organisation = id;
        command.partial = true;
        assert_int_equal(desk_decide(&desk, &command), REFUSAL_NONE);
        assert_int_equal(items[0].refusal, id == 1 ? REFUSAL_NONE : REFUSAL_MEMBER_ELSEWHERE);
        assert_int_equal(items[1].outcome, ITEM_ADDED);
    }
    assert_int_equal(desk_publish(&desk), 5 + COUNT);
    assert_int_equal(book_listed_count(desk.book, 1), 2);
    assert_int_equal(book_listed_count(desk.book, COUNT), 1);
    desk_free(&desk);
}

static void a_draft_that_failed_is_forgotten(void **state)
{
    (void)state;
    struct desk desk = desk_new();
    struct new_member item = full_item();
    struct command command = desk_add(&item, 1);
    assert_int_equal(desk_decide(&desk, &command), REFUSAL_NONE);
    draft_clear(desk.draft);
    assert_int_equal(draft_entry_count(desk.draft), 0);
    assert_int_equal(desk_decide(&desk, &command), REFUSAL_NONE);
    assert_int_equal(item.outcome, ITEM_ADDED);
    assert_int_equal(draft_entry(desk.draft, 0)->sequence, 2);
    assert_int_equal(desk_publish(&desk), 5);
    desk_free(&desk);
}

static void a_dry_run_only_judges(void **state)
{
    (void)state;
    struct desk desk = desk_new();
    struct new_member item = full_item();
    struct command command = desk_add(&item, 1);
    command.dry_run = true;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(desk_decide(&desk, &command), REFUSAL_NONE);
        assert_int_equal(item.outcome, ITEM_ADDED);
        assert_int_equal(draft_entry_count(desk.draft), 0);
    }
    struct command found = {.kind = COMMAND_CREATE_ORGANISATION,
                            .dry_run = true,
                            .name = SLICE("Dry"),
                            .currency = SLICE("USD"),
                            .owner = desk_uin(THREE)};
    assert_int_equal(desk_decide(&desk, &found), REFUSAL_NONE);
    assert_int_equal(draft_entry_count(desk.draft), 0);
    desk_free(&desk);
}

/* Each spoils one thing; the expected refusal is beside it. */
static enum refusal damage(struct new_member *item, int which)
{
    static const char many[] = "12345678901234567890123456789012345678901234567890123456789012345";
    switch (which) {
    case 0:
        item->name = SLICE("");
        return REFUSAL_NAME_INVALID;
    case 1:
        item->name = slice_text(many);
        return REFUSAL_NAME_INVALID;
    case 2:
        item->name = SLICE("a\nb");
        return REFUSAL_NAME_INVALID;
    case 3:
        item->income.micros = -1;
        return REFUSAL_AMOUNT_NEGATIVE;
    case 4:
        item->gift.micros = -1;
        return REFUSAL_AMOUNT_NEGATIVE;
    case 5:
        item->frozen.micros = -1;
        return REFUSAL_AMOUNT_NEGATIVE;
    case 6:
        item->basic_credit.micros = -1;
        return REFUSAL_AMOUNT_NEGATIVE;
    case 7:
        item->grants[0].amount.micros = -1;
        return REFUSAL_AMOUNT_NEGATIVE;
    case 8:
        item->cash.micros = INT64_MIN;
        return REFUSAL_AMOUNT_OVERFLOW;
    case 9:
        item->basic_credit.micros = INT64_MAX;
        return REFUSAL_AMOUNT_OVERFLOW;
    case 10:
        item->grants[0].amount.micros = item->grants[1].amount.micros = INT64_MAX;
        return REFUSAL_AMOUNT_OVERFLOW;
    case 11:
        item->grants[0].end_us = item->grants[0].start_us;
        return REFUSAL_PERIOD_INVALID;
    case 12:
        item->grant_count = NEW_GRANTS_MAX + 1;
        return REFUSAL_LIMIT;
    case 13:
        item->uin = desk_uin(DESK_OWNER);
        return REFUSAL_MEMBER_ELSEWHERE;
    default:
        item->uin = desk_uin(THREE); /* at home in organisation 2 */
        return REFUSAL_MEMBER_ELSEWHERE;
    }
}

static void found_second(struct desk *desk)
{
    assert_int_equal(desk_found(desk, "200000000002"), REFUSAL_NONE);
    struct new_member item = desk_item(THREE, "three");
    struct command command = desk_add(&item, 1);
    command.organisation = 2;
    assert_int_equal(desk_run(desk, &command), REFUSAL_NONE);
}

static void bad_items_are_refused(void **state)
{
    (void)state;
    struct desk desk = desk_new();
    found_second(&desk);
    for (int which = 0; which < 15; which++) {
        struct new_member items[3] = {desk_item(TWO, "two"), full_item(), desk_item("5", "five")};
        enum refusal expected = damage(&items[1], which);
        struct command command = desk_add(items, 3);
        assert_int_equal(desk_run(&desk, &command), expected);
        assert_int_equal(desk.item, 1);
        assert_int_equal(items[1].refusal, expected);
        assert_int_equal(items[1].outcome, ITEM_REFUSED);
        assert_int_equal(items[2].refusal, REFUSAL_NONE); /* judged all the same */
        assert_int_equal(book_listed_count(desk.book, 1), 0);
    }
    desk_free(&desk);
}

static void partial_leaves_the_refused_out(void **state)
{
    (void)state;
    struct desk desk = desk_new();
    struct new_member items[5] = {desk_item(TWO, "two"), desk_item(TWO, "two"), desk_item(ONE, ""),
                                  desk_item("5", "five"), desk_item("5", "")};
    struct command command = desk_add(items, 5);
    assert_int_equal(desk_run(&desk, &command), REFUSAL_MEMBER_REPEATED);
    assert_int_equal(desk.item, 1);
    command.partial = true;
    assert_int_equal(desk_run(&desk, &command), REFUSAL_NONE);
    assert_int_equal(items[0].outcome, ITEM_ADDED);
    assert_int_equal(items[1].outcome, ITEM_REFUSED);
    assert_int_equal(items[1].refusal, REFUSAL_MEMBER_REPEATED);
    assert_int_equal(items[2].refusal, REFUSAL_NAME_INVALID);
    assert_int_equal(items[3].outcome, ITEM_ADDED);
    assert_int_equal(items[4].refusal, REFUSAL_NAME_INVALID);
    assert_int_equal(book_listed_count(desk.book, 1), 2);
    desk_free(&desk);
}

static void sums_of_an_organisation_cannot_overflow(void **state)
{
    (void)state;
    struct desk desk = desk_new();
    char uin[16];
    for (int i = 0; i < 9; i++) {
        snprintf(uin, sizeof uin, "%d", 100 + i);
        struct new_member item = desk_item(uin, "rich");
        item.cash = MEMBER_AMOUNT_MAX; /* 2^60: eight of them are 2^63 */
        struct command command = desk_add(&item, 1);
        enum refusal expected = i < 7 ? REFUSAL_NONE : REFUSAL_AMOUNT_OVERFLOW;
        assert_int_equal(desk_decide(&desk, &command), expected); /* one group */
    }
    assert_int_equal(desk_publish(&desk), 14);
    desk_free(&desk);
}

/* What the members were given to begin with has a sum as well. */
static void openings_cannot_overflow_either(void **state)
{
    (void)state;
    struct desk desk = desk_new();
    desk_join(&desk, ONE, 0, 0);
    for (int i = 0; i < 7; i++) {
        struct transfer pair[] = {{.kind = ENTRY_TOP_UP, .uin = desk_uin(ONE)},
                                  {.kind = ENTRY_CHARGE, .uin = desk_uin(ONE)}};
        pair[0].amount = pair[1].amount = MEMBER_AMOUNT_MAX;
        struct command command = desk_post(pair, 2);
        assert_int_equal(desk_run(&desk, &command), REFUSAL_NONE);
    }
    struct new_member items[2] = {desk_item(TWO, "two"), desk_item(THREE, "three")};
    items[0].cash = items[1].cash = MEMBER_AMOUNT_MAX; /* funding: -8 x 2^60, the least there is */
    struct command command = desk_add(items, 2);
    assert_int_equal(desk_run(&desk, &command), REFUSAL_AMOUNT_OVERFLOW);
    assert_int_equal(desk.item, 1);
    desk_free(&desk);
}

/* More grants than an item can ask for: it cannot be the same. */
static void many_grants_are_not_asked_for(void **state)
{
    (void)state;
    struct desk desk = desk_new();
    struct new_member item = desk_item(ONE, "one");
    struct command command = desk_add(&item, 1);
    assert_int_equal(desk_run(&desk, &command), REFUSAL_NONE);
    for (uint32_t i = 0; i <= NEW_GRANTS_MAX; i++) {
        assert_int_not_equal(desk_grant(&desk, ONE, 5, 0, 0), 0);
        if (i < NEW_GRANTS_MAX)
            item.grants[item.grant_count++].amount.micros = 5;
        enum refusal expected = i < NEW_GRANTS_MAX ? REFUSAL_NONE : REFUSAL_MEMBER_EXISTS;
        assert_int_equal(desk_run(&desk, &command), expected);
    }
    desk_free(&desk);
}

/* A grant that is over is neither there nor asked for, also before its end was written. */
static void what_is_over_does_not_count(void **state)
{
    (void)state;
    struct desk desk = desk_new();
    struct new_member item = desk_item(ONE, "one"), later = item;
    item.grants[0] = (struct new_grant){units(1), 0, desk.now_us + 5};
    item.grant_count = 1;
    struct command command = desk_add(&item, 1), again = desk_add(&later, 1);
    assert_int_equal(desk_run(&desk, &command), REFUSAL_NONE);
    assert_int_equal(desk_run(&desk, &again), REFUSAL_MEMBER_EXISTS);
    desk.now_us += 5;
    for (int settled = 0; settled < 2; settled++) {
        assert_int_equal(desk_run(&desk, &again), REFUSAL_NONE);
        assert_int_equal(later.outcome, ITEM_UNCHANGED);
        assert_int_equal(desk_run(&desk, &command), REFUSAL_NONE);
        assert_int_equal(item.outcome, ITEM_UNCHANGED);
        assert_int_equal(desk_wait(&desk, 0), !settled);
    }
    desk_free(&desk);
}

static void limits_of_a_command(void **state)
{
    (void)state;
    struct desk desk = desk_new();
    struct new_member item = desk_item(ONE, "one");
    struct command command = desk_add(&item, COMMAND_ITEMS_MAX + 1);
    assert_int_equal(desk_run(&desk, &command), REFUSAL_LIMIT);
    command.member_count = 1;
    command.organisation = 2;
    assert_int_equal(desk_run(&desk, &command), REFUSAL_ORGANISATION_UNKNOWN);
    command.organisation = 0;
    assert_int_equal(desk_run(&desk, &command), REFUSAL_ORGANISATION_UNKNOWN);
    desk_free(&desk);
}

static void a_full_command_fits(void **state)
{
    (void)state;
    struct desk desk = desk_new();
    static struct new_member items[COMMAND_ITEMS_MAX];
    for (uint32_t i = 0; i < COMMAND_ITEMS_MAX; i++) {
        items[i] = full_item();
        items[i].uin.low = 5000000000 - i * UINT64_C(7); /* descending */
    }
    struct command command = desk_add(items, COMMAND_ITEMS_MAX);
    assert_int_equal(desk_run(&desk, &command), REFUSAL_NONE);
    assert_int_equal(book_listed_count(desk.book, 1), COMMAND_ITEMS_MAX);
    assert_int_equal(book_rank(desk.book, 1, items[0].uin), COMMAND_ITEMS_MAX - 1);
    desk_free(&desk);
}

static void time_never_runs_backwards(void **state)
{
    (void)state;
    struct desk desk = desk_new();
    int64_t founded_us = desk.now_us;
    desk.now_us -= 3600000000;
    struct new_member item = desk_item(ONE, "one");
    struct command command = desk_add(&item, 1);
    assert_int_equal(desk_run(&desk, &command), REFUSAL_NONE);
    assert_int_equal(book_time_us(desk.book), founded_us);
    desk_free(&desk);
}

/* Someone who left, with money left behind, comes back with exactly what is asked for. */
static void a_member_comes_back(void **state)
{
    (void)state;
    struct desk desk = desk_new();
    struct fault fault = {{0}};
    struct new_member item = full_item();
    item.frozen = AMOUNT_ZERO;
    struct command command = desk_add(&item, 1);
    assert_int_equal(desk_run(&desk, &command), REFUSAL_NONE);
    const struct member *member = desk_member(&desk, ONE);
    struct entry leave = {.sequence = book_sequence(desk.book) + 1,
                          .time_us = desk.now_us,
                          .kind = ENTRY_LEAVE,
                          .organisation = 1,
                          .touch_count = 1};
    leave.touches[0] = (struct touch){.uin = item.uin,
                                      .after = member->state,
                                      .ordinal = member->ordinal + 1,
                                      .previous = member->last_sequence,
                                      .jump = member->last_sequence}; /* its fifth entry */
    leave.touches[0].after.flags |= MEMBER_LEFT;
    leave.touches[0].after.temporary = AMOUNT_ZERO; /* its grants end with it */
    assert_true(status_ok(book_apply(desk.book, &leave, &fault)));
    assert_null(book_organisation_of(desk.book, item.uin));
    assert_int_equal(member->grants, BOOK_NONE);
    item.cash = units(100);
    item.gift = units(1);
    item.flags = 0;
    assert_int_equal(desk_run(&desk, &command), REFUSAL_NONE);
    assert_int_equal(item.outcome, ITEM_ADDED);
    assert_int_equal(member->state.cash.micros, units(100).micros);
    assert_int_equal(member->state.gift.micros, units(1).micros);
    assert_int_equal(member->state.flags, 0);
    assert_int_equal(desk_run(&desk, &command), REFUSAL_NONE);
    assert_int_equal(item.outcome, ITEM_UNCHANGED);
    assert_int_equal(book_listed_count(desk.book, 1), 1);
    desk_free(&desk);
}

/* From 2^60 below zero to 2^60 above: more than an opening can make up. */
static void an_opening_cannot_make_up_for_everything(void **state)
{
    (void)state;
    struct desk desk = desk_new();
    struct fault fault = {{0}};
    struct new_member item = desk_item(ONE, "one");
    struct command command = desk_add(&item, 1);
    item.cash.micros = -MEMBER_AMOUNT_MAX.micros;
    assert_int_equal(desk_run(&desk, &command), REFUSAL_NONE);
    const struct member *member = desk_member(&desk, ONE);
    struct entry leave = {.sequence = book_sequence(desk.book) + 1,
                          .time_us = desk.now_us,
                          .kind = ENTRY_LEAVE,
                          .organisation = 1,
                          .touch_count = 1};
    leave.touches[0] = (struct touch){.uin = item.uin,
                                      .after = member->state,
                                      .ordinal = 3, /* which jumps to nothing */
                                      .previous = member->last_sequence};
    leave.touches[0].after.flags |= MEMBER_LEFT;
    assert_true(status_ok(book_apply(desk.book, &leave, &fault)));
    item.cash.micros = 1;
    assert_int_equal(desk_run(&desk, &command), REFUSAL_AMOUNT_OVERFLOW);
    item.cash.micros = 0;
    assert_int_equal(desk_run(&desk, &command), REFUSAL_NONE);
    desk_free(&desk);
}

static void only_members_share_a_group(void **state)
{
    (void)state;
    for (int kind = COMMAND_CREATE_ORGANISATION; kind <= COMMAND_REVOKE_TEMPORARY; kind++) {
        struct command command = {.kind = (enum command_kind)kind};
        bool shares =
            kind == COMMAND_ADD_MEMBERS || (kind >= COMMAND_POST && kind != COMMAND_REMOVE_MEMBER);
        assert_int_equal(command_wants_own_group(&command), !shares);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_organisation_is_founded),
        cmocka_unit_test(organisations_can_be_refused),
        cmocka_unit_test(a_member_gets_all_that_was_asked),
        cmocka_unit_test(a_bare_member_takes_one_entry),
        cmocka_unit_test(the_same_again_changes_nothing),
        cmocka_unit_test(other_values_are_refused),
        cmocka_unit_test(commands_of_a_group_see_each_other),
        cmocka_unit_test(a_group_serves_many_organisations),
        cmocka_unit_test(a_draft_that_failed_is_forgotten),
        cmocka_unit_test(a_dry_run_only_judges),
        cmocka_unit_test(bad_items_are_refused),
        cmocka_unit_test(partial_leaves_the_refused_out),
        cmocka_unit_test(sums_of_an_organisation_cannot_overflow),
        cmocka_unit_test(openings_cannot_overflow_either),
        cmocka_unit_test(many_grants_are_not_asked_for),
        cmocka_unit_test(what_is_over_does_not_count),
        cmocka_unit_test(limits_of_a_command),
        cmocka_unit_test(a_full_command_fits),
        cmocka_unit_test(time_never_runs_backwards),
        cmocka_unit_test(a_member_comes_back),
        cmocka_unit_test(an_opening_cannot_make_up_for_everything),
        cmocka_unit_test(only_members_share_a_group),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
