/* The fold: random lawful entries of every kind against the scene's model, and entries that may not
 * follow. */
#include "scene.h"

#include "ledger/fields.h"

static void book_follows_the_model(void **state)
{
    (void)state;
    uint32_t seen[128] = {0};
    for (uint64_t seed = 1; seed <= 12; seed++) {
        struct scene *scene = scene_new(seed);
        struct book *book = book_new(seed);
        for (int i = 0; i < 2500; i++) {
            struct entry entry = scene_next(scene);
            scene_apply(book, &entry);
            seen[entry.kind]++;
            if (i % 50 == 49)
                scene_compare(scene, book);
        }
        assert_int_equal(book_sequence(book), 2500);
        assert_int_equal(book_time_us(book), scene->time);
        book_free(book);
        free(scene);
    }
    for (int kind = ENTRY_TOP_UP; kind <= ENTRY_SET_ARREARS; kind++)
        if (entry_kind_name((enum entry_kind)kind))
            assert_true(seen[kind] > 20);
}

/* One member walked back through its links, as history will do: any ordinal in a logarithmic number
 * of steps. */
static void links_reach_every_entry(void **state)
{
    (void)state;
    enum { COUNT = 3000 };
    struct scene *scene = scene_new(7);
    struct book *book = book_new(7);
    static struct touch touches[COUNT + 3];
    struct entry made = {.sequence = ++scene->sequence, .time_us = scene->time};
    assert_true(scene_make_organisation(scene, &made));
    scene_apply(book, &made);
    struct scene_member *owner = scene_seat(scene, 1, 0);
    touches[1] = made.touches[0];
    for (int i = 2; i <= COUNT; i++) {
        struct entry entry = {
            .sequence = ++scene->sequence, .time_us = scene->time, .organisation = 1};
        assert_true(scene_make_money(scene, &entry, owner));
        scene_touch(&entry, owner);
        scene_apply(book, &entry);
        touches[entry.sequence] = entry.touches[0];
    }
    for (uint64_t wanted = 1; wanted <= COUNT; wanted++) {
        uint64_t at = COUNT, steps = 0;
        while (touches[at].ordinal > wanted) {
            uint64_t jump_ordinal = entry_jump_ordinal(touches[at].ordinal);
            at = jump_ordinal >= wanted ? touches[at].jump : touches[at].previous;
            steps++;
        }
        assert_int_equal(touches[at].ordinal, wanted);
        assert_true(steps <= 3 * 12); /* Myers: 3 * log2(3000) */
    }
    book_free(book);
    free(scene);
}

/* A fresh organisation with one member, at sequence 2. */
struct small {
    struct scene *scene;
    struct book *book;
    struct scene_member *member;
};

static struct small small_new(void)
{
    struct small small = {scene_new(3), book_new(3), NULL};
    struct entry entry = {.sequence = 1, .time_us = small.scene->time};
    assert_true(scene_make_organisation(small.scene, &entry));
    scene_apply(small.book, &entry);
    small.member = scene_seat(small.scene, 1, 1);
    struct entry join = {.sequence = 2, .time_us = small.scene->time, .organisation = 1};
    assert_true(scene_make_join(small.scene, &join, small.member));
    small.member->flags = 0;
    small.member->basic = 0;
    scene_touch(&join, small.member);
    scene_apply(small.book, &join);
    return small;
}

static void small_free(struct small *small)
{
    book_free(small->book);
    free(small->scene);
}

/* A lawful top-up of 5 units as entry 3, for the tests to spoil. */
static struct entry top_up(struct small *small)
{
    struct entry entry = {.sequence = 3,
                          .time_us = small->scene->time,
                          .organisation = 1,
                          .kind = ENTRY_TOP_UP,
                          .cash = {5000000}};
    small->member->cash += 5000000;
    scene_touch(&entry, small->member);
    return entry;
}

static void assert_corrupt(struct small *small, const struct entry *entry)
{
    struct fault fault = {{0}};
    assert_int_equal(book_apply(small->book, entry, &fault).code, STATUS_CORRUPT);
    assert_true(strlen(fault.text) > 0);
    small_free(small);
}

static void entries_that_cannot_follow(void **state)
{
    (void)state;
    enum { SPOILS = 15 };
    for (int spoil = 0; spoil < SPOILS; spoil++) {
        struct small small = small_new();
        struct entry entry = top_up(&small);
        struct touch *touch = &entry.touches[0];
        switch (spoil) {
        case 0:
            entry.sequence = 4; /* a gap */
            break;
        case 1:
            entry.sequence = 2; /* again */
            break;
        case 2:
            entry.time_us--;
            break;
        case 3:
            entry.organisation = 2;
            break;
        case 4:
            touch->uin = scene_uin(12345);
            break;
        case 5:
            touch->after.cash.micros++; /* money from nowhere */
            break;
        case 6:
            touch->after.gift.micros = 1;
            break;
        case 7:
            touch->after.flags |= MEMBER_ARREARS;
            break;
        case 8:
            touch->after.basic_credit.micros = 1;
            break;
        case 9:
            touch->ordinal++;
            break;
        case 10:
            touch->previous = 1;
            break;
        case 11:
            touch->jump = 1;
            break;
        case 12:
            touch->after.frozen.micros = 1;
            break;
        case 13:
            entry.kind = ENTRY_OBSERVE;
            break;
        default:
            entry.kind = ENTRY_WITHDRAW; /* the amount goes the other way */
            break;
        }
        assert_corrupt(&small, &entry);
    }
}

static void a_second_join_is_corrupt(void **state)
{
    (void)state;
    struct small small = small_new();
    struct entry join = {.sequence = 3,
                         .time_us = small.scene->time,
                         .organisation = 1,
                         .kind = ENTRY_JOIN,
                         .name = SLICE("again")};
    scene_touch(&join, small.member);
    assert_corrupt(&small, &join);
}

static void nobody_joins_as_an_owner(void **state)
{
    (void)state;
    struct small small = small_new();
    struct scene_member *second = scene_seat(small.scene, 1, 2);
    struct entry join = {.sequence = 3,
                         .time_us = small.scene->time,
                         .organisation = 1,
                         .kind = ENTRY_JOIN,
                         .name = SLICE("second")};
    second->flags = MEMBER_OWNER;
    scene_touch(&join, second);
    assert_corrupt(&small, &join);
}

static void money_cannot_overflow(void **state)
{
    (void)state;
    struct small small = small_new();
    struct entry entry = {.sequence = 3,
                          .time_us = small.scene->time,
                          .organisation = 1,
                          .kind = ENTRY_TOP_UP,
                          .cash = {(INT64_C(1) << 60) + 1}};
    small.member->cash += entry.cash.micros;
    scene_touch(&entry, small.member);
    assert_corrupt(&small, &entry);
}

static void holds_must_exist(void **state)
{
    (void)state;
    for (int spoil = 0; spoil < 3; spoil++) {
        struct small small = small_new();
        struct entry hold = {.sequence = 3, .time_us = small.scene->time, .organisation = 1};
        assert_true(scene_make_hold(small.scene, &hold, small.member));
        scene_touch(&hold, small.member);
        scene_apply(small.book, &hold);
        struct entry release = {.sequence = 4,
                                .time_us = small.scene->time,
                                .organisation = 1,
                                .kind = spoil == 1 ? ENTRY_EXPIRE : ENTRY_RELEASE,
                                .subject = spoil == 0 ? 2 : 3,
                                .cash = hold.cash};
        release.cash.micros += spoil == 1 ? -1 : spoil == 2 ? 1 : 0;
        small.member->frozen -= release.cash.micros;
        scene_touch(&release, small.member);
        assert_true(release.cash.micros > 0);
        assert_corrupt(&small, &release);
    }
}

/* What each kind may not do to a member's flags and credit. */
struct trespass {
    enum entry_kind kind;
    uint8_t flags; /* afterwards; 0 before */
    int64_t basic;
};

static void settings_change_what_they_say_only(void **state)
{
    (void)state;
    static const struct trespass trespasses[] = {
        {ENTRY_SET_ARREARS, MEMBER_IS_CREDIT, 0},
        {ENTRY_SET_ARREARS, MEMBER_ARREARS, 1},
        {ENTRY_SET_CREDIT, MEMBER_ARREARS, 0},
        {ENTRY_SET_CREDIT, MEMBER_OWNER, 1},
        {ENTRY_RENAME, MEMBER_IS_CREDIT, 0},
        {ENTRY_RENAME, 0, 1},
        {ENTRY_LEAVE, 0, 0},
        {ENTRY_LEAVE, MEMBER_LEFT | MEMBER_ARREARS, 0},
        {ENTRY_LEAVE, MEMBER_LEFT, 1},
        {ENTRY_LEAVE, MEMBER_OWNER, 0},
        {ENTRY_REVOKE_TEMPORARY, 0, 0}, /* there is none */
    };
    for (size_t i = 0; i < sizeof trespasses / sizeof *trespasses; i++) {
        struct small small = small_new();
        struct entry entry = {.sequence = 3,
                              .time_us = small.scene->time,
                              .organisation = 1,
                              .kind = trespasses[i].kind,
                              .subject = 2,
                              .name = SLICE("name")};
        small.member->flags = trespasses[i].flags;
        small.member->basic = trespasses[i].basic;
        scene_touch(&entry, small.member);
        assert_corrupt(&small, &entry);
    }
}

static void nobody_leaves_with_open_holds(void **state)
{
    (void)state;
    struct small small = small_new();
    struct entry hold = {.sequence = 3, .time_us = small.scene->time, .organisation = 1};
    assert_true(scene_make_hold(small.scene, &hold, small.member));
    scene_touch(&hold, small.member);
    scene_apply(small.book, &hold);
    struct entry leave = {
        .sequence = 4, .time_us = small.scene->time, .organisation = 1, .kind = ENTRY_LEAVE};
    small.member->flags = MEMBER_LEFT;
    scene_touch(&leave, small.member);
    assert_corrupt(&small, &leave);
}

static void the_owner_stays_the_owner(void **state)
{
    (void)state;
    static const enum entry_kind kinds[] = {ENTRY_LEAVE, ENTRY_JOIN};
    for (size_t i = 0; i < 2; i++) {
        struct small small = small_new();
        struct scene_member *owner = scene_seat(small.scene, 1, 0);
        struct entry entry = {.sequence = 3,
                              .time_us = small.scene->time,
                              .organisation = 1,
                              .kind = kinds[i],
                              .name = SLICE("owner")};
        owner->flags = kinds[i] == ENTRY_LEAVE ? MEMBER_OWNER | MEMBER_LEFT : 0;
        scene_touch(&entry, owner);
        assert_corrupt(&small, &entry);
    }
}

static void temporary_credit_cannot_overflow(void **state)
{
    (void)state;
    struct small small = small_new();
    for (uint64_t sequence = 3; sequence <= 4; sequence++) {
        struct entry grant = {.sequence = sequence,
                              .time_us = small.scene->time,
                              .organisation = 1,
                              .kind = ENTRY_GRANT_TEMPORARY,
                              .start_us = small.scene->time + 1, /* still to come */
                              .cash = MEMBER_AMOUNT_MAX};
        scene_touch(&grant, small.member);
        if (sequence == 3)
            scene_apply(small.book, &grant);
        else
            assert_corrupt(&small, &grant);
    }
}

/* A charge must take what it says, whatever it takes it from, and give to nothing. */
static void charges_take_what_they_say(void **state)
{
    (void)state;
    static const int64_t parts[][3] = {{-4, 0, 0},  {-6, 0, 0}, {-6, 1, 0},
                                       {-3, -3, 1}, {5, 0, 0},  {0, 0, 0}};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        struct small small = small_new();
        struct entry adjust = {.sequence = 3,
                               .time_us = small.scene->time,
                               .organisation = 1,
                               .kind = ENTRY_ADJUST,
                               .cash = {10},
                               .income = {10},
                               .gift = {10}};
        small.member->cash = small.member->income = small.member->gift = 10;
        scene_touch(&adjust, small.member);
        scene_apply(small.book, &adjust);
        struct entry charge = {.sequence = 4,
                               .time_us = small.scene->time,
                               .organisation = 1,
                               .kind = ENTRY_CHARGE,
                               .cash = {5}};
        small.member->cash += parts[i][0];
        small.member->income += parts[i][1];
        small.member->gift += parts[i][2];
        scene_touch(&charge, small.member);
        assert_corrupt(&small, &charge);
    }
}

static void an_account_has_one_home(void **state)
{
    (void)state;
    struct small small = small_new();
    struct entry second = {.sequence = 3, .time_us = small.scene->time};
    assert_true(scene_make_organisation(small.scene, &second));
    scene_apply(small.book, &second);
    struct scene_member *same = scene_seat(small.scene, 2, 1);
    same->there = true;
    struct entry join = {.sequence = 4,
                         .time_us = small.scene->time,
                         .organisation = 2,
                         .kind = ENTRY_JOIN,
                         .name = SLICE("elsewhere")};
    scene_touch(&join, same);
    assert_corrupt(&small, &join);
}

static void names_are_judged(void **state)
{
    (void)state;
    char long_name[65 * 3];
    for (size_t i = 0; i < 65; i++)
        memcpy(long_name + 3 * i, "\xE4\xB8\xAD", 3);
    assert_true(name_is_valid(SLICE("kleinerwang_test")));
    assert_true(name_is_valid(slice_of(long_name, 64 * 3)));
    assert_false(name_is_valid(slice_of(long_name, 65 * 3)));
    assert_false(name_is_valid(SLICE("")));
    assert_false(name_is_valid(SLICE("a\tb")));
    assert_false(name_is_valid(SLICE("a\x7F")));
    assert_false(name_is_valid(SLICE("a\xC2\x80")));
    assert_true(name_is_valid(SLICE("a\xC2\xA0")));
    assert_false(name_is_valid(SLICE("\xFF")));
    assert_false(name_is_valid(slice_of("a\0b", 3)));
}

/* Questions about what is not there have answers. */
static void nobody_is_nowhere(void **state)
{
    (void)state;
    struct book *book = book_new(1);
    const struct member *member = NULL;
    struct uin uin = {0, 5};
    book_expect_member(book, uin, false);
    book_expect_member(book, uin, true);
    assert_int_equal(book_listed_count(book, 1), 0);
    assert_int_equal(book_list(book, 1, 0, 1, &member), 0);
    assert_int_equal(book_rank(book, 1, uin), 0);
    assert_null(book_find_member(book, 1, uin));
    assert_null(book_organisation_of(book, uin));
    assert_int_equal(book_next_due_us(book), INT64_MAX);
    assert_null(book_find_hold(book, 1));
    assert_null(book_find_grant(book, 1));
    book_free(book);
    book_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_is_nowhere),
        cmocka_unit_test(book_follows_the_model),
        cmocka_unit_test(links_reach_every_entry),
        cmocka_unit_test(entries_that_cannot_follow),
        cmocka_unit_test(a_second_join_is_corrupt),
        cmocka_unit_test(nobody_joins_as_an_owner),
        cmocka_unit_test(money_cannot_overflow),
        cmocka_unit_test(holds_must_exist),
        cmocka_unit_test(settings_change_what_they_say_only),
        cmocka_unit_test(nobody_leaves_with_open_holds),
        cmocka_unit_test(the_owner_stays_the_owner),
        cmocka_unit_test(temporary_credit_cannot_overflow),
        cmocka_unit_test(charges_take_what_they_say),
        cmocka_unit_test(an_account_has_one_home),
        cmocka_unit_test(names_are_judged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
