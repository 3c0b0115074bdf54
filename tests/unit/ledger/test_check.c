/* book_check finds whatever is wrong: each test damages a sound book in one place from inside. */
#include "scene.h"

#include "desk.h"

#include "ledger/book_state.h"

static struct book *sound_book(struct scene *scene)
{
    struct book *book = book_new(3);
    for (int i = 0; i < 1500; i++) {
        struct entry entry = scene_next(scene);
        scene_apply(book, &entry);
    }
    scene_compare(scene, book);
    return book;
}

/* The first member for which `wanted` holds. */
static struct member *find(struct book *book, bool (*wanted)(const struct member *member))
{
    uint32_t i = 0;
    while (i < book_member_count(book) && !wanted(book_member(book, i)))
        i++;
    assert_true(i < book_member_count(book));
    return book_member_mutable(book, i);
}

static bool is_listed(const struct member *member)
{
    return !(member->state.flags & (MEMBER_LEFT | MEMBER_OWNER));
}

static bool has_grant(const struct member *member)
{
    return member->grants != BOOK_NONE;
}

static bool has_hold(const struct member *member)
{
    return member->holds != BOOK_NONE;
}

static bool has_chain(const struct member *member)
{
    return member->chain != BOOK_NONE;
}

static bool is_any(const struct member *member)
{
    (void)member;
    return true;
}

static struct organisation_slot *slot_of(struct book *book)
{
    return book_slot(book, 1);
}

static void damage_member(struct book *book, int which)
{
    switch (which) {
    case 0:
        find(book, is_any)->state.cash.micros++;
        break;
    case 1:
        find(book, is_any)->state.gift.micros = -1;
        break;
    case 2:
        find(book, is_listed)->state.flags |= MEMBER_LEFT;
        break;
    case 3:
        find(book, is_any)->name_len = 0;
        break;
    case 4:
        find(book, is_any)->last_sequence = book_sequence(book) + 1;
        break;
    case 5:
        find(book, is_any)->ordinal++;
        break;
    case 6:
        find(book, has_chain)->chain = BOOK_NONE;
        break;
    case 7:
        find(book, is_any)->state.income.micros = 1 + find(book, is_any)->state.income.micros;
        break;
    case 8:
        find(book, is_any)->ordinal = 0;
        break;
    default:
        find(book, is_listed)->uin.low++;
        break;
    }
}

static void damage_rest(struct book *book, int which)
{
    struct grant *grant = pool_at(&book->grants, find(book, has_grant)->grants);
    struct hold *hold = pool_at(&book->holds, find(book, has_hold)->holds);
    struct link *link = pool_at(&book->links, find(book, has_chain)->chain);
    struct key *key = &((struct key_slot *)pool_at(&book->registry.keys, 0))->key;
    switch (which) {
    case 0:
        grant->amount.micros = -1;
        break;
    case 1:
        grant->id = 0;
        break;
    case 2:
        hold->amount.micros++;
        break;
    case 3:
        hold->id = book->sequence + 1;
        break;
    case 4:
        link->high = UINT32_MAX;
        break;
    case 5:
        slot_of(book)->organisation.funding.micros++;
        break;
    case 6:
        slot_of(book)->organisation.frozen.micros++;
        break;
    case 7:
        slot_of(book)->listing.count++;
        break;
    case 8:
        slot_of(book)->born = false;
        break;
    case 9:
        slot_of(book)->organisation.owner.low++;
        break;
    case 10:
        key->secret_id = SLICE("AKIDother");
        break;
    case 11:
        book->loaded_until = book->sequence + 1;
        break;
    case 12:
        grant->amount.micros = MEMBER_AMOUNT_MAX.micros + 1;
        break;
    case 13:
        grant->id = book->sequence + 1;
        break;
    case 14:
        grant->id += grant->id > 1 ? UINT64_MAX : 1; /* one off: not found by it */
        break;
    case 15:
        hold->amount.micros = -1;
        break;
    case 16:
        hold->amount.micros = 0;
        break;
    case 17:
        hold->id = 0;
        break;
    case 18:
        hold->id--;
        break;
    case 19:
        *link = (struct link){link->next, 0, 0};
        break;
    case 20:
        book_member_mutable(book, 0)->state.flags = MEMBER_LEFT; /* the first owner */
        break;
    case 21:
        slot_of(book)->organisation.cash.micros++;
        slot_of(book)->organisation.funding.micros--;
        break;
    case 22:
        slot_of(book)->organisation.income.micros++;
        slot_of(book)->organisation.funding.micros--;
        break;
    case 23:
        slot_of(book)->organisation.gift.micros++;
        slot_of(book)->organisation.funding.micros--;
        break;
    default:
        book->twice = true;
        break;
    }
}

static void damage_is_found(void **state)
{
    (void)state;
    enum { MEMBER_CASES = 10, OTHER_CASES = 25 };
    for (int which = 0; which < MEMBER_CASES + OTHER_CASES; which++) {
        struct scene *scene = scene_new(33);
        struct book *book = sound_book(scene);
        struct fault fault = {{0}};
        if (which < MEMBER_CASES)
            damage_member(book, which);
        else
            damage_rest(book, which - MEMBER_CASES);
        assert_int_equal(book_check(book, &fault).code, STATUS_CORRUPT);
        assert_true(strlen(fault.text) > 0);
        book_free(book);
        free(scene);
    }
}

/* One key of a sub-account with an end, one policy, one delegation. */
static struct book *book_with_registry(void)
{
    static const struct uin scope[] = {{0, 77}};
    static const struct entry entries[] = {
        {.kind = ENTRY_ORGANISATION,
         .name = {"Example", 7},
         .text = {"USD", 3},
         .account = {0, 5},
         .touch_count = 1,
         .touches = {{.uin = {0, 5}, .after = {.flags = MEMBER_OWNER}, .ordinal = 1}}},
        {.kind = ENTRY_ADD_KEY,
         .secret_id = {"AKID1", 5},
         .sealed_secret = {"sealed", 6},
         .account = {0, 5},
         .user = {0, 41},
         .end_us = 1000},
        {.kind = ENTRY_ADD_KEY,
         .secret_id = {"AKID2", 5},
         .sealed_secret = {"sealed", 6},
         .account = {0, 5},
         .user = {0, 41}},
        {.kind = ENTRY_PUT_POLICY, .user = {0, 41}, .name = {"p", 1}, .text = {"{}", 2}},
        {.kind = ENTRY_DELEGATE, .account = {0, 77}, .scope = scope, .scope_count = 1},
    };
    struct book *book = book_new(3);
    struct fault fault = {{0}};
    for (size_t i = 0; i < sizeof entries / sizeof *entries; i++) {
        struct entry entry = entries[i];
        entry.sequence = i + 1;
        entry.time_us = 100;
        entry.organisation = 1;
        assert_true(status_ok(book_apply(book, &entry, &fault)));
    }
    assert_true(status_ok(book_check(book, &fault)));
    return book;
}

static void damage_registry(struct book *book, int which)
{
    struct registry *registry = &book->registry;
    struct key_slot *keys = pool_at(&registry->keys, 0);
    struct policy_slot *policy = pool_at(&registry->policies, 0);
    struct delegation_slot *delegation = pool_at(&registry->delegations, 0);
    struct holder *account = holder_at(book, holder_find(book, 1, (struct uin){0, 5}));
    struct holder *user = holder_at(book, holder_find(book, 1, (struct uin){0, 41}));
    uint32_t *const counts[] = {&registry->key_count,
                                &account->enabled.count,
                                &account->users_policies,
                                &user->policy_count,
                                &user->policy_bytes,
                                &keys[0].place,
                                &keys[0].user,
                                &keys[1].before,
                                &keys[1].item.before,
                                &policy->user,
                                &slot_of(book)->registry.lists[REGISTRY_KEYS].count};
    enum { COUNTS = sizeof counts / sizeof *counts };
    if (which < COUNTS)
        (*counts[which])++;
    else if (which == COUNTS)
        registry->text_bytes++;
    else if (which == COUNTS + 1)
        slot_of(book)->registry.scopes++;
    else if (which == COUNTS + 2)
        delegation->delegation.account.low++;
    else if (which == COUNTS + 3)
        keys[0].key.expires_us++;
    else
        keys[0].key.enabled = false;
}

static void a_damaged_registry_is_found(void **state)
{
    (void)state;
    enum { CASES = 16 };
    for (int which = 0; which < CASES; which++) {
        struct book *book = book_with_registry();
        struct fault fault = {{0}};
        damage_registry(book, which);
        if (book_check(book, &fault).code != STATUS_CORRUPT)
            fail_msg("damage %d was not seen", which);
        book_free(book);
    }
}

/* Two members of one listing in the wrong order, and one of another organisation in it. */
static void a_listing_out_of_order_is_found(void **state)
{
    (void)state;
    struct scene *scene = scene_new(34);
    struct book *book = sound_book(scene);
    const struct member *pair[2];
    struct fault fault = {{0}};
    assert_int_equal(book_list(book, 1, 0, 2, pair), 2);
    uint32_t first = book_member_index(book, pair[0]), second = book_member_index(book, pair[1]);
    struct uin uin = pair[0]->uin;
    book_member_mutable(book, first)->uin = pair[1]->uin;
    book_member_mutable(book, second)->uin = uin;
    assert_false(listing_is_sound(&book->listing, &slot_of(book)->listing));
    assert_int_equal(book_check(book, &fault).code, STATUS_CORRUPT);
    book_free(book);
    free(scene);
}

/* Three grants and two holds, of which three await something. */
static void damage_due(struct book *book, int which)
{
    struct due *due = &book->due;
    struct member *member = find(book, has_grant);
    struct grant *last = pool_at(&book->grants, member->grants);
    struct hold *hold = pool_at(&book->holds, member->holds);
    struct due_item first = due->items[0];
    switch (which) {
    case 0:
        last->place = DUE_NONE;
        break;
    case 1:
        last->place = due->count;
        break;
    case 2:
        last->start_us++; /* not when it is awaited */
        break;
    case 3:
        hold->expires_us = 0; /* but it is awaited */
        break;
    case 4:
        due->items[last->place].is_grant = false;
        break;
    case 5:
        due->items[last->place].index++;
        break;
    case 6:
        due->count--;
        break;
    case 7: /* one place too many; there is room for it */
        due->items[due->count++] = (struct due_item){INT64_MAX, 0, true};
        break;
    default: /* the earliest and the last change places, and are told */
        due->items[0] = due->items[due->count - 1];
        due->items[due->count - 1] = first;
        lists_moved(book, &due->items[0], 0);
        lists_moved(book, &first, due->count - 1);
        break;
    }
}

static void what_is_due_is_what_is_awaited(void **state)
{
    (void)state;
    for (int which = -1; which < 9; which++) {
        struct desk desk = desk_new();
        struct fault fault = {{0}};
        desk_join(&desk, "77", 0, 100);
        desk_grant(&desk, "77", 1, 0, 0);
        desk_grant(&desk, "77", 1, 0, desk.now_us + 10);
        desk_hold(&desk, "77", 1, 0);
        desk_hold(&desk, "77", 1, desk.now_us + 20);
        desk_grant(&desk, "77", 1, desk.now_us + 30, desk.now_us + 40);
        assert_int_equal(desk.book->due.count, 3);
        if (which >= 0)
            damage_due(desk.book, which);
        assert_int_equal(book_check(desk.book, &fault).code,
                         which < 0 ? STATUS_OK : STATUS_CORRUPT);
        draft_free(desk.draft);
        book_free(desk.book);
    }
}

/* The listings of two organisations change places: each is sound, and has as many as it should. */
static void a_listing_of_others_is_found(void **state)
{
    (void)state;
    struct desk desk = desk_new();
    struct fault fault = {{0}};
    struct book *book = desk.book;
    struct new_member item = desk_item("77", "elsewhere");
    struct command add = desk_add(&item, 1);
    add.organisation = 2;
    assert_int_equal(desk_found(&desk, "200000000002"), REFUSAL_NONE);
    assert_int_equal(desk_run(&desk, &add), REFUSAL_NONE);
    desk_join(&desk, "78", 0, 0);
    assert_true(status_ok(book_check(book, &fault)));
    struct listing_root kept = book_slot(book, 1)->listing;
    book_slot(book, 1)->listing = book_slot(book, 2)->listing;
    book_slot(book, 2)->listing = kept;
    assert_int_equal(book_check(book, &fault).code, STATUS_CORRUPT);
    assert_non_null(strstr(fault.text, "has others' members"));
    draft_free(desk.draft);
    book_free(book);
}

/* Members who together have more than a sum can say, whatever the sum says. */
static void sums_beyond_all_numbers_are_found(void **state)
{
    (void)state;
    struct scene *scene = scene_new(36);
    struct book *book = sound_book(scene);
    struct fault fault = {{0}};
    uint32_t rich = 0;
    for (uint32_t i = 0; i < book_member_count(book); i++) {
        struct member *member = book_member_mutable(book, i);
        if (member->organisation == 1 && rich++ < 9)
            member->state.cash = MEMBER_AMOUNT_MAX;
    }
    assert_true(rich >= 9);
    assert_int_equal(book_check(book, &fault).code, STATUS_CORRUPT);
    assert_non_null(strstr(fault.text, "overflow"));
    book_free(book);
    free(scene);
}

/* Someone who left and lives elsewhere is made to be at home in both places. */
static void two_homes_are_found(void **state)
{
    (void)state;
    struct scene *scene = scene_new(33);
    struct book *book = sound_book(scene);
    struct fault fault = {{0}};
    uint32_t i = 0;
    while (!(book_member(book, i)->state.flags & MEMBER_LEFT) ||
           !book_organisation_of(book, book_member(book, i)->uin))
        i++;
    book_member_mutable(book, i)->state.flags = 0;
    assert_int_equal(book_check(book, &fault).code, STATUS_CORRUPT);
    assert_non_null(strstr(fault.text, "at home in two organisations"));
    book_free(book);
    free(scene);
}

/* A row whose frozen money is not what its holds add up to. */
static void rows_must_add_up(void **state)
{
    (void)state;
    struct scene *scene = scene_new(33);
    struct book *book = sound_book(scene), *other = book_new(1);
    struct member *member = find(book, has_hold);
    struct buffer row;
    struct fault fault = {{0}};
    buffer_init(&row, 1 << 16);
    member->state.frozen.micros++;
    book_member_encode(book, book_member_index(book, member), &row);
    assert_int_equal(book_member_load(other, buffer_slice(&row), &fault).code, STATUS_CORRUPT);
    buffer_done(&row);
    book_free(other);
    book_free(book);
    free(scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(damage_is_found),
        cmocka_unit_test(a_damaged_registry_is_found),
        cmocka_unit_test(a_listing_out_of_order_is_found),
        cmocka_unit_test(what_is_due_is_what_is_awaited),
        cmocka_unit_test(a_listing_of_others_is_found),
        cmocka_unit_test(sums_beyond_all_numbers_are_found),
        cmocka_unit_test(two_homes_are_found),
        cmocka_unit_test(rows_must_add_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
