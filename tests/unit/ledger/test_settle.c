/* What time does: holds expire, grants start and end; in which order, with which moment, and how
 * many at once. */
#include "desk.h"

#include "ledger/fields.h"

#define ONE "700001941608"
#define TWO "700001941609"

static void assert_entry(const struct desk *desk, size_t at, enum entry_kind kind, int64_t time_us,
                         uint64_t subject)
{
    const struct entry *entry = draft_entry(desk->draft, at);
    assert_int_equal(entry->kind, kind);
    assert_int_equal(entry->time_us, time_us);
    assert_int_equal(entry->subject, subject);
}

static int64_t temporary(const struct desk *desk, const char *uin)
{
    return desk_member(desk, uin)->state.temporary.micros;
}

static void nothing_is_due(void **state)
{
    (void)state;
    struct desk desk = desk_new();
    bool more = true;
    desk_join(&desk, ONE, 0, 100);
    desk_hold(&desk, ONE, 1, 0);
    desk_hold(&desk, ONE, 1, desk.now_us + 10);
    desk_grant(&desk, ONE, 1, 0, 0);
    desk.now_us += 9;
    assert_int_equal(desk_settle(&desk, 100, &more), 0);
    assert_false(more);
    desk_free(&desk);
}

/* To the microsecond: a hold is there before its end, and not at it. */
static void a_hold_ends_at_its_end(void **state)
{
    (void)state;
    struct desk desk = desk_new();
    desk_join(&desk, ONE, 0, 100);
    int64_t end = desk.now_us + 10;
    uint64_t hold = desk_hold(&desk, ONE, 70, end);
    assert_int_equal(desk_wait(&desk, 9), 0);
    assert_int_equal(book_frozen(desk.book, desk_member(&desk, ONE), end - 1).micros, 70);
    assert_int_equal(book_frozen(desk.book, desk_member(&desk, ONE), end).micros, 0);
    desk.now_us = end;
    bool more = true;
    assert_int_equal(desk_settle(&desk, 100, &more), 1);
    assert_false(more);
    assert_entry(&desk, 0, ENTRY_EXPIRE, end, hold);
    assert_int_equal(draft_entry(desk.draft, 0)->cash.micros, 70);
    assert_int_equal(draft_entry(desk.draft, 0)->touches[0].after.frozen.micros, 0);
    desk_publish(&desk);
    assert_null(book_find_hold(desk.book, hold));
    assert_int_equal(book_next_due_us(desk.book), INT64_MAX);
    assert_int_equal(book_organisation(desk.book, 1)->frozen.micros, 0);
    desk_free(&desk);
}

/* What is left of it, whatever was captured before. */
static void what_is_left_expires(void **state)
{
    (void)state;
    struct desk desk = desk_new();
    desk_join(&desk, ONE, 0, 100);
    uint64_t hold = desk_hold(&desk, ONE, 70, desk.now_us + 10);
    struct command capture = desk_change(COMMAND_CAPTURE, ONE);
    capture.change.subject = hold;
    capture.change.amount.micros = 30;
    assert_int_equal(desk_run(&desk, &capture), REFUSAL_NONE);
    assert_int_equal(desk_wait(&desk, 1000), 1);
    assert_int_equal(desk_member(&desk, ONE)->state.cash.micros, 70);
    assert_int_equal(desk_member(&desk, ONE)->state.frozen.micros, 0);
    desk_free(&desk);
}

static void a_grant_starts_and_ends(void **state)
{
    (void)state;
    struct desk desk = desk_new();
    desk_join(&desk, ONE, 0, 0);
    int64_t start = desk.now_us + 10, end = start + 5;
    uint64_t grant = desk_grant(&desk, ONE, 8, start, end);
    assert_int_equal(book_next_due_us(desk.book), start);
    assert_int_equal(desk_wait(&desk, 9), 0);
    assert_int_equal(temporary(&desk, ONE), 0);
    assert_int_equal(desk_wait(&desk, 1), 1);
    assert_int_equal(temporary(&desk, ONE), 8);
    assert_true(book_find_grant(desk.book, grant)->started);
    assert_int_equal(book_next_due_us(desk.book), end);
    assert_int_equal(desk_wait(&desk, 4), 0);
    assert_int_equal(desk_wait(&desk, 1), 1);
    assert_int_equal(temporary(&desk, ONE), 0);
    assert_null(book_find_grant(desk.book, grant));
    desk_free(&desk);
}

/* Nobody was there while it started and ended: both are written, with their moments. */
static void a_grant_may_pass_unseen(void **state)
{
    (void)state;
    struct desk desk = desk_new();
    desk_join(&desk, ONE, 0, 0);
    int64_t start = desk.now_us + 10, end = start + 5;
    uint64_t grant = desk_grant(&desk, ONE, 8, start, end);
    bool more = true;
    desk.now_us += INT64_C(1000000000000);
    assert_int_equal(desk_settle(&desk, 100, &more), 2);
    assert_entry(&desk, 0, ENTRY_START_TEMPORARY, start, grant);
    assert_entry(&desk, 1, ENTRY_END_TEMPORARY, end, grant);
    assert_int_equal(draft_entry(desk.draft, 0)->touches[0].after.temporary.micros, 8);
    assert_int_equal(draft_entry(desk.draft, 1)->touches[0].after.temporary.micros, 0);
    desk_publish(&desk);
    assert_int_equal(book_time_us(desk.book), end);
    desk_free(&desk);
}

/* The same, but with room for one entry at a time: the start is committed alone. */
static void a_start_may_be_settled_without_its_end(void **state)
{
    (void)state;
    struct desk desk = desk_new();
    desk_join(&desk, ONE, 0, 0);
    uint64_t grant = desk_grant(&desk, ONE, 8, desk.now_us + 10, desk.now_us + 15);
    bool more = false;
    desk.now_us += 1000;
    assert_int_equal(desk_settle(&desk, 1, &more), 1);
    assert_true(more);
    assert_entry(&desk, 0, ENTRY_START_TEMPORARY, desk.now_us - 990, grant);
    desk_publish(&desk);
    assert_int_equal(desk_settle(&desk, 1, &more), 1);
    assert_false(more);
    assert_entry(&desk, 0, ENTRY_END_TEMPORARY, desk.now_us - 985, grant);
    desk_publish(&desk);
    desk_free(&desk);
}

static void the_earliest_goes_first_then_the_oldest(void **state)
{
    (void)state;
    struct desk desk = desk_new();
    desk_join(&desk, ONE, 0, 100);
    desk_join(&desk, TWO, 0, 100);
    int64_t t = desk.now_us + 100;
    uint64_t ids[6] = {
        desk_hold(&desk, ONE, 1, t),     desk_grant(&desk, TWO, 2, t, t + 1),
        desk_hold(&desk, TWO, 3, t),     desk_grant(&desk, ONE, 4, 0, t),
        desk_hold(&desk, ONE, 5, t - 1), desk_grant(&desk, ONE, 6, t - 2, t),
    };
    bool more = true;
    desk.now_us = t + 1;
    assert_int_equal(desk_settle(&desk, 100, &more), 8);
    assert_entry(&desk, 0, ENTRY_START_TEMPORARY, t - 2, ids[5]);
    assert_entry(&desk, 1, ENTRY_EXPIRE, t - 1, ids[4]);
    assert_entry(&desk, 2, ENTRY_EXPIRE, t, ids[0]);
    assert_entry(&desk, 3, ENTRY_START_TEMPORARY, t, ids[1]);
    assert_entry(&desk, 4, ENTRY_EXPIRE, t, ids[2]);
    assert_entry(&desk, 5, ENTRY_END_TEMPORARY, t, ids[3]);
    assert_entry(&desk, 6, ENTRY_END_TEMPORARY, t, ids[5]);
    assert_entry(&desk, 7, ENTRY_END_TEMPORARY, t + 1, ids[1]);
    assert_int_equal(desk_publish(&desk), 8);
    assert_int_equal(book_hold_count(desk.book), 0);
    desk_free(&desk);
}

/* More than fits in one group: the earliest are written, and the rest is asked for again. */
static void more_may_be_due_than_fits(void **state)
{
    (void)state;
    enum { HOLDS = 150 };
    struct desk desk = desk_new();
    desk_join(&desk, ONE, 0, HOLDS);
    for (int i = 0; i < HOLDS; i++)
        desk_hold(&desk, ONE, 1, desk.now_us + 1 + (i * 67) % HOLDS);
    int64_t due_us = desk.now_us + 1;
    desk.now_us += 1000;
    for (int left = HOLDS; left > 0;) {
        bool more = false;
        size_t expected = left < 40 ? (size_t)left : 40;
        assert_int_equal(desk_settle(&desk, 40, &more), expected);
        for (size_t i = 0; i < expected; i++)
            assert_int_equal(draft_entry(desk.draft, i)->time_us, due_us++);
        left -= (int)expected;
        assert_int_equal(more, left > 0);
        desk_publish(&desk);
        assert_int_equal(desk_member(&desk, ONE)->state.frozen.micros, left);
        assert_int_equal(book_next_due_us(desk.book), left > 0 ? due_us : INT64_MAX);
    }
    bool more = true;
    assert_int_equal(desk_settle(&desk, 40, &more), 0);
    assert_false(more);
    desk_free(&desk);
}

/* No entry may be before the one before it; a clock that goes back makes nothing due or undone. */
static void a_clock_may_run_backwards(void **state)
{
    (void)state;
    struct desk desk = desk_new();
    desk_join(&desk, ONE, 0, 100);
    int64_t now = desk.now_us;
    uint64_t hold = desk_hold(&desk, ONE, 1, now + 10);
    bool more = true;
    desk.now_us = now - 3600000000;
    assert_int_equal(desk_settle(&desk, 100, &more), 0);
    assert_false(more);
    desk_join(&desk, TWO, 0, 5);
    assert_int_equal(book_time_us(desk.book), now);
    desk.now_us = now + 10;
    assert_int_equal(desk_settle(&desk, 100, &more), 1);
    assert_entry(&desk, 0, ENTRY_EXPIRE, now + 10, hold);
    desk_publish(&desk);
    /* The clock says earlier than the book: what ends then is over already. */
    desk.now_us = now;
    assert_int_equal(desk_hold(&desk, ONE, 1, now + 10), 0);
    assert_int_not_equal(desk_hold(&desk, ONE, 1, now + 11), 0);
    desk_free(&desk);
}

/* Commands of the group come after what was due, at the group's own moment, and see it. */
static void a_group_sees_what_was_settled(void **state)
{
    (void)state;
    struct desk desk = desk_new();
    desk_join(&desk, ONE, 0, 100);
    uint64_t hold = desk_hold(&desk, ONE, 100, desk.now_us + 10);
    uint64_t ending = desk_grant(&desk, ONE, 50, 0, desk.now_us + 10);
    uint64_t starting = desk_grant(&desk, ONE, 7, desk.now_us + 10, 0);
    struct command capture = desk_change(COMMAND_CAPTURE, ONE);
    struct command revoke = desk_change(COMMAND_REVOKE_TEMPORARY, ONE);
    struct transfer charge = {.kind = ENTRY_CHARGE, .uin = desk_uin(ONE), .amount = {108}};
    struct command post = desk_post(&charge, 1);
    bool more = true;
    desk.now_us += 20;
    assert_int_equal(desk_settle(&desk, 100, &more), 3);
    capture.change.subject = hold;
    assert_int_equal(desk_decide(&desk, &capture), REFUSAL_HOLD_UNKNOWN);
    revoke.change.subject = ending;
    assert_int_equal(desk_decide(&desk, &revoke), REFUSAL_GRANT_UNKNOWN);
    assert_int_equal(desk_decide(&desk, &post), REFUSAL_BALANCE_INSUFFICIENT);
    charge.amount.micros = 107;
    assert_int_equal(desk_decide(&desk, &post), REFUSAL_NONE);
    assert_int_equal(draft_entry(desk.draft, 3)->time_us, desk.now_us);
    revoke.change.subject = starting;
    assert_int_equal(desk_decide(&desk, &revoke), REFUSAL_NONE);
    assert_int_equal(revoke.change.after.temporary.micros, 0);
    assert_int_equal(desk_publish(&desk), 5);
    assert_int_equal(desk_member(&desk, ONE)->state.cash.micros, -7);
    desk_free(&desk);
}

/* A command that wants a group of its own shares it with what was due. */
static void an_organisation_may_follow_what_was_settled(void **state)
{
    (void)state;
    struct desk desk = desk_new();
    desk_join(&desk, ONE, 0, 100);
    desk_hold(&desk, ONE, 100, desk.now_us + 10);
    struct command found = {.kind = COMMAND_CREATE_ORGANISATION,
                            .name = SLICE("Second"),
                            .currency = SLICE("EUR"),
                            .owner = desk_uin("200000000002")};
    bool more = true;
    desk.now_us += 10;
    assert_int_equal(desk_settle(&desk, 100, &more), 1);
    assert_int_equal(desk_decide(&desk, &found), REFUSAL_NONE);
    assert_int_equal(found.first_sequence, book_sequence(desk.book) + 2);
    assert_int_equal(desk_publish(&desk), 2);
    assert_int_equal(book_organisation_count(desk.book), 2);
    desk_free(&desk);
}

/* Nobody sees the difference between what is due and what was written about it. */
static void fields_are_the_same_before_and_after(void **state)
{
    (void)state;
    struct desk desk = desk_new();
    desk_join(&desk, ONE, 0, 100);
    desk_hold(&desk, ONE, 10, desk.now_us + 10);
    desk_hold(&desk, ONE, 20, desk.now_us + 30);
    desk_hold(&desk, ONE, 30, 0);
    desk_grant(&desk, ONE, 5, desk.now_us + 10, desk.now_us + 20);
    desk_grant(&desk, ONE, 7, 0, desk.now_us + 15);
    static const struct {
        int64_t frozen, temporary;
    } expected[] = {{60, 7}, {50, 12}, {50, 5}, {50, 0}, {50, 0}, {30, 0}};
    static const int64_t moments[] = {9, 10, 15, 20, 29, 30};
    struct fields before, after;
    int64_t now = desk.now_us;
    for (size_t i = 0; i < sizeof moments / sizeof *moments; i++) {
        fields_of(desk.book, desk_member(&desk, ONE), now + moments[i], &before);
        desk_wait(&desk, now + moments[i] - desk.now_us);
        fields_of(desk.book, desk_member(&desk, ONE), now + moments[i], &after);
        assert_memory_equal(&before, &after, sizeof before);
        assert_int_equal(after.freeze_amount.micros, expected[i].frozen);
        assert_int_equal(after.temp_credit.micros, expected[i].temporary);
        assert_int_equal(desk_member(&desk, ONE)->state.frozen.micros, expected[i].frozen);
        assert_int_equal(temporary(&desk, ONE), expected[i].temporary);
    }
    desk_free(&desk);
}

/* Grants of the first day, too, may be pending; those that are over are not written at all. */
static void a_new_member_may_wait_for_credit(void **state)
{
    (void)state;
    struct desk desk = desk_new();
    struct new_member item = desk_item(ONE, "one");
    item.grants[0] = (struct new_grant){{10}, desk.now_us + 5, desk.now_us + 6};
    item.grants[1] = (struct new_grant){{20}, desk.now_us - 5, desk.now_us};
    item.grants[2] = (struct new_grant){{40}, desk.now_us, 0};
    item.grant_count = 3;
    struct command command = desk_add(&item, 1);
    assert_int_equal(desk_run(&desk, &command), REFUSAL_NONE);
    assert_int_equal(desk_member(&desk, ONE)->ordinal, 3);
    assert_int_equal(temporary(&desk, ONE), 40);
    assert_int_equal(desk_wait(&desk, 5), 1);
    assert_int_equal(temporary(&desk, ONE), 50);
    assert_int_equal(desk_wait(&desk, 5), 1);
    assert_int_equal(temporary(&desk, ONE), 40);
    assert_int_equal(desk_run(&desk, &command), REFUSAL_NONE); /* the others are over by now */
    assert_int_equal(item.outcome, ITEM_UNCHANGED);
    desk_free(&desk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_due),
        cmocka_unit_test(a_hold_ends_at_its_end),
        cmocka_unit_test(what_is_left_expires),
        cmocka_unit_test(a_grant_starts_and_ends),
        cmocka_unit_test(a_grant_may_pass_unseen),
        cmocka_unit_test(a_start_may_be_settled_without_its_end),
        cmocka_unit_test(the_earliest_goes_first_then_the_oldest),
        cmocka_unit_test(more_may_be_due_than_fits),
        cmocka_unit_test(a_clock_may_run_backwards),
        cmocka_unit_test(a_group_sees_what_was_settled),
        cmocka_unit_test(an_organisation_may_follow_what_was_settled),
        cmocka_unit_test(fields_are_the_same_before_and_after),
        cmocka_unit_test(a_new_member_may_wait_for_credit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
