/* What the book takes on trust about holds, grants, time and sums: nothing. Entries that decide or
 * draft_settle made are altered in one part; the book says what is wrong and is thrown away. */
#include "desk.h"

#define ONE "700001941608"
#define TWO "700001941609"

/* ONE holds 10 for ever and 20 until `due`; it has 1 for ever, 2 until two later, 4 from four later
 * on, 8 from a hundred later on. TWO has a hold and a grant of its own. */
struct world {
    struct desk desk;
    int64_t due_us;
    uint64_t hold, ending_hold;
    uint64_t grant, ending_grant, starting_grant, later_grant;
    uint64_t foreign_hold, foreign_grant;
};

static struct world world_new(void)
{
    struct world world = {.desk = desk_new()};
    struct desk *desk = &world.desk;
    desk_join(desk, ONE, 0, 1000);
    desk_join(desk, TWO, 0, 1000);
    world.due_us = desk->now_us + 10;
    world.hold = desk_hold(desk, ONE, 10, 0);
    world.ending_hold = desk_hold(desk, ONE, 20, world.due_us);
    world.grant = desk_grant(desk, ONE, 1, 0, 0);
    world.ending_grant = desk_grant(desk, ONE, 2, 0, world.due_us + 2);
    world.starting_grant = desk_grant(desk, ONE, 4, world.due_us + 4, 0);
    world.later_grant = desk_grant(desk, ONE, 8, world.due_us + 100, world.due_us + 200);
    world.foreign_hold = desk_hold(desk, TWO, 20, world.due_us + 100);
    world.foreign_grant = desk_grant(desk, TWO, 2, 0, world.due_us + 100);
    return world;
}

static void world_free(struct world *world)
{
    draft_free(world->desk.draft);
    book_free(world->desk.book);
}

/* The entries that are altered. */
enum base {
    CAPTURE,
    RELEASE,
    REVOKE,
    REVOKE_PENDING,
    GRANT,
    CHARGE,
    LEAVE,
    EXPIRE,
    END,
    START,
};

/* The first entry of that kind of what time does. */
static struct entry settled(struct world *world, enum entry_kind kind)
{
    bool more = true;
    world->desk.now_us = world->due_us + 4;
    desk_settle(&world->desk, 100, &more);
    for (size_t i = 0;; i++)
        if (draft_entry(world->desk.draft, i)->kind == kind)
            return *draft_entry(world->desk.draft, i);
}

static struct entry decided(struct world *world, struct command command)
{
    assert_int_equal(desk_decide(&world->desk, &command), REFUSAL_NONE);
    return *draft_entry(world->desk.draft, 0);
}

static struct entry changed(struct world *world, enum command_kind kind, uint64_t subject,
                            int64_t amount)
{
    struct command command = desk_change(kind, ONE);
    command.change.subject = subject;
    command.change.amount.micros = amount;
    return decided(world, command);
}

static struct entry make(struct world *world, enum base base)
{
    struct transfer charge = {.kind = ENTRY_CHARGE, .uin = desk_uin(ONE), .amount = {1}};
    switch (base) {
    case CAPTURE:
        return changed(world, COMMAND_CAPTURE, world->hold, 5);
    case RELEASE:
        return changed(world, COMMAND_RELEASE, world->hold, 5);
    case REVOKE:
        return changed(world, COMMAND_REVOKE_TEMPORARY, world->grant, 0);
    case REVOKE_PENDING:
        return changed(world, COMMAND_REVOKE_TEMPORARY, world->starting_grant, 0);
    case GRANT:
        return changed(world, COMMAND_GRANT_TEMPORARY, 0, 16);
    case CHARGE:
        return decided(world, desk_post(&charge, 1));
    case LEAVE:
        desk_join(&world->desk, "5", 0, 0);
        assert_int_not_equal(desk_grant(&world->desk, "5", 7, 0, 0), 0);
        return decided(world, desk_change(COMMAND_REMOVE_MEMBER, "5"));
    case EXPIRE:
        return settled(world, ENTRY_EXPIRE);
    case END:
        return settled(world, ENTRY_END_TEMPORARY);
    case START:
        break;
    }
    return settled(world, ENTRY_START_TEMPORARY);
}

/* Each alters one thing. */
static void nothing(struct entry *entry, const struct world *world)
{
    (void)entry;
    (void)world;
}
static void late(struct entry *entry, const struct world *world)
{
    (void)world;
    entry->time_us++;
}
static void early(struct entry *entry, const struct world *world)
{
    (void)world;
    entry->time_us--;
}
static void just_due(struct entry *entry, const struct world *world)
{
    entry->time_us = world->due_us;
}
static void before_due(struct entry *entry, const struct world *world)
{
    entry->time_us = world->due_us - 1;
}
static void unknown(struct entry *entry, const struct world *world)
{
    (void)world;
    entry->subject = 1;
}
static void foreign_hold(struct entry *entry, const struct world *world)
{
    entry->subject = world->foreign_hold;
}
static void foreign_grant(struct entry *entry, const struct world *world)
{
    entry->subject = world->foreign_grant;
}
static void endless_hold(struct entry *entry, const struct world *world)
{
    entry->subject = world->hold;
    entry->cash.micros = 10;
    entry->touches[0].after.frozen.micros = 20;
}
static void more_than_held(struct entry *entry, const struct world *world)
{
    (void)world;
    entry->cash.micros = 11;
    entry->touches[0].after.frozen.micros = 19;
    if (entry->kind == ENTRY_CAPTURE)
        entry->touches[0].after.cash.micros = 989;
}
static void less_than_held(struct entry *entry, const struct world *world)
{
    (void)world;
    entry->cash.micros = 19;
    entry->touches[0].after.frozen.micros = 11;
}
static void active_grant(struct entry *entry, const struct world *world)
{
    entry->subject = world->grant;
}
static void pending_grant(struct entry *entry, const struct world *world)
{
    entry->subject = world->later_grant;
}
static void temporary_off(struct entry *entry, const struct world *world)
{
    (void)world;
    entry->touches[0].after.temporary.micros++;
}
static void frozen_off(struct entry *entry, const struct world *world)
{
    (void)world;
    entry->touches[0].after.frozen.micros--;
}
static void too_much(struct entry *entry, const struct world *world)
{
    (void)world;
    entry->cash = MEMBER_AMOUNT_MAX;
}
static void from_tomorrow_on(struct entry *entry, const struct world *world)
{
    entry->start_us = world->due_us;
}

static void what_cannot_follow_is_corrupt(void **state)
{
    (void)state;
    static const struct {
        enum base base;
        void (*alter)(struct entry *entry, const struct world *world);
        const char *wrong; /* NULL: nothing */
    } cases[] = {
        {CHARGE, nothing, NULL},
        {CHARGE, before_due, NULL},
        {CHARGE, just_due, "something else was due before it"},
        {CHARGE, early, "its time is before that of the entry before"},
        {CHARGE, temporary_off, "temporary credit is not what its grants add up to"},
        {CAPTURE, nothing, NULL},
        {CAPTURE, unknown, "the member has no such hold"},
        {CAPTURE, foreign_hold, "the member has no such hold"},
        {CAPTURE, more_than_held, "the amount is not what the hold has"},
        {CAPTURE, frozen_off, "does not follow from its old one"},
        {RELEASE, nothing, NULL},
        {RELEASE, unknown, "the member has no such hold"},
        {RELEASE, foreign_hold, "the member has no such hold"},
        {RELEASE, more_than_held, "the amount is not what the hold has"},
        {REVOKE, nothing, NULL},
        {REVOKE, unknown, "the member has no such grant"},
        {REVOKE, foreign_grant, "the member has no such grant"},
        {REVOKE, pending_grant, "temporary credit is not what its grants add up to"},
        {REVOKE, temporary_off, "temporary credit is not what its grants add up to"},
        {REVOKE_PENDING, nothing, NULL},
        {REVOKE_PENDING, active_grant, "temporary credit is not what its grants add up to"},
        {GRANT, nothing, NULL},
        {GRANT, temporary_off, "temporary credit is not what its grants add up to"},
        {GRANT, too_much, "temporary credit overflows"},
        {GRANT, from_tomorrow_on, "temporary credit is not what its grants add up to"},
        {LEAVE, nothing, NULL},
        {LEAVE, temporary_off, "temporary credit is not what its grants add up to"},
        {EXPIRE, nothing, NULL},
        {EXPIRE, late, "it is later than it was due"},
        {EXPIRE, early, "the hold does not expire then"},
        {EXPIRE, endless_hold, "the hold does not expire then"},
        {EXPIRE, less_than_held, "the amount is not what the hold has"},
        {EXPIRE, unknown, "the member has no such hold"},
        {EXPIRE, foreign_hold, "the member has no such hold"},
        {END, nothing, NULL},
        {END, late, "it is later than it was due"},
        {END, early, "the grant does not end then"},
        {END, active_grant, "the grant does not end then"},
        {END, pending_grant, "the grant does not end then"},
        {END, temporary_off, "temporary credit is not what its grants add up to"},
        {END, unknown, "the member has no such grant"},
        {END, foreign_grant, "the member has no such grant"},
        {START, nothing, NULL},
        {START, late, "it is later than it was due"},
        {START, early, "the grant does not start then"},
        {START, active_grant, "the grant does not start then"},
        {START, pending_grant, "the grant does not start then"},
        {START, temporary_off, "temporary credit is not what its grants add up to"},
        {START, unknown, "the member has no such grant"},
        {START, foreign_grant, "the member has no such grant"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct world world = world_new();
        struct fault fault = {{0}};
        struct entry entry = make(&world, cases[i].base);
        /* Of several that are due, those before it are there. */
        for (size_t at = 0; draft_entry(world.desk.draft, at)->sequence < entry.sequence; at++)
            assert_true(
                status_ok(book_apply(world.desk.book, draft_entry(world.desk.draft, at), &fault)));
        cases[i].alter(&entry, &world);
        struct status status = book_apply(world.desk.book, &entry, &fault);
        assert_int_equal(status.code, cases[i].wrong ? STATUS_CORRUPT : STATUS_OK);
        if (cases[i].wrong && !strstr(fault.text, cases[i].wrong))
            fail_msg("case %zu: \"%s\" is not \"%s\"", i, fault.text, cases[i].wrong);
        world_free(&world);
    }
}

static void assert_wrong(struct desk *desk, const struct entry *entry, const char *wrong)
{
    struct fault fault = {{0}};
    assert_int_equal(book_apply(desk->book, entry, &fault).code, STATUS_CORRUPT);
    if (!strstr(fault.text, wrong))
        fail_msg("\"%s\" is not \"%s\"", fault.text, wrong);
    draft_free(desk->draft);
    book_free(desk->book);
}

/* An entry of one transfer that has been decided. */
static struct entry transferred(struct desk *desk, enum entry_kind kind, const char *uin,
                                int64_t amount)
{
    struct transfer transfer = {.kind = kind, .uin = desk_uin(uin), .amount = {amount}};
    struct command command = desk_post(&transfer, 1);
    assert_int_equal(desk_decide(desk, &command), REFUSAL_NONE);
    return *draft_entry(desk->draft, 0);
}

static void strange_kinds_are_not_followed(void **state)
{
    (void)state;
    static const enum entry_kind kinds[] = {(enum entry_kind)0, (enum entry_kind)13, ENTRY_OBSERVE,
                                            (enum entry_kind)98};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct desk desk = desk_new();
        desk_join(&desk, ONE, 0, 0);
        struct entry entry = transferred(&desk, ENTRY_TOP_UP, ONE, 1);
        entry.kind = kinds[i];
        assert_wrong(&desk, &entry, "not known to this version");
    }
    struct desk desk = desk_new();
    desk_join(&desk, ONE, 0, 0);
    struct entry entry = transferred(&desk, ENTRY_TOP_UP, ONE, 1);
    entry.touch_count = 0;
    assert_wrong(&desk, &entry, "not known to this version");
    desk = desk_new();
    desk_join(&desk, ONE, 0, 0);
    entry = transferred(&desk, ENTRY_TOP_UP, ONE, 1);
    entry.cash.micros = INT64_MIN;
    assert_wrong(&desk, &entry, "its amounts overflow");
}

/* Eight members of 2^60: more than the organisation's sum can say. */
static void sums_may_not_overflow(void **state)
{
    (void)state;
    static const char *uins[] = {"100", "101", "102", "103", "104", "105", "106", "107"};
    struct desk desk = desk_new();
    for (int i = 0; i < 8; i++)
        desk_join(&desk, uins[i], 0, i < 7 ? MEMBER_AMOUNT_MAX.micros : 0);
    struct entry entry = transferred(&desk, ENTRY_TOP_UP, "107", MEMBER_AMOUNT_MAX.micros - 1);
    entry.cash.micros++;
    entry.touches[0].after.cash.micros++;
    assert_wrong(&desk, &entry, "the sums of organisation 1 overflow");
}

/* One member gets and pays 2^60 again and again: what the organisation took in overflows. */
static void its_own_accounts_may_not_overflow(void **state)
{
    (void)state;
    struct desk desk = desk_new();
    int64_t most = MEMBER_AMOUNT_MAX.micros;
    desk_join(&desk, ONE, 0, 0);
    for (int i = 0; i < 7; i++) {
        struct transfer pair[] = {{.kind = ENTRY_GRANT_GIFT, .uin = desk_uin(ONE)},
                                  {.kind = ENTRY_CHARGE, .uin = desk_uin(ONE)}};
        pair[0].amount = pair[1].amount = MEMBER_AMOUNT_MAX;
        struct command command = desk_post(pair, 2);
        assert_int_equal(desk_run(&desk, &command), REFUSAL_NONE);
    }
    assert_int_equal(book_organisation(desk.book, 1)->revenue.micros, 7 * most);
    struct transfer charge = {.kind = ENTRY_CHARGE, .uin = desk_uin(ONE), .amount = {most}};
    struct transfer top_up = {.kind = ENTRY_TOP_UP, .uin = desk_uin(ONE), .amount = {most}};
    assert_int_equal(desk_transfer(&desk, top_up), REFUSAL_NONE);
    assert_int_equal(desk_transfer(&desk, charge), REFUSAL_AMOUNT_OVERFLOW);
    struct entry entry = transferred(&desk, ENTRY_WITHDRAW, ONE, most);
    entry.kind = ENTRY_CHARGE;
    assert_wrong(&desk, &entry, "the organisation's accounts overflow");
}

/* A hold that was over when it was made, which decide never writes: it expires at once. */
static void what_was_due_before_the_book_comes_now(void **state)
{
    (void)state;
    struct desk desk = desk_new();
    struct fault fault = {{0}};
    desk_join(&desk, ONE, 0, 100);
    struct command command = desk_change(COMMAND_HOLD, ONE);
    command.change.amount.micros = 5;
    struct entry hold = decided(&(struct world){.desk = desk}, command);
    hold.end_us = desk.now_us - 1000;
    assert_true(status_ok(book_apply(desk.book, &hold, &fault)));
    draft_clear(desk.draft);
    bool more = true;
    assert_int_equal(desk_settle(&desk, 10, &more), 1);
    assert_int_equal(draft_entry(desk.draft, 0)->time_us, desk.now_us);
    assert_int_equal(desk_publish(&desk), 1);
    assert_int_equal(book_hold_count(desk.book), 0);
    desk_free(&desk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_cannot_follow_is_corrupt),
        cmocka_unit_test(strange_kinds_are_not_followed),
        cmocka_unit_test(sums_may_not_overflow),
        cmocka_unit_test(its_own_accounts_may_not_overflow),
        cmocka_unit_test(what_was_due_before_the_book_comes_now),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
