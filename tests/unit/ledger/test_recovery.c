/* Recovery gives the same book as replaying everything: registry, rows at the mark or newer, tail.
 */
#include "scene.h"

enum { ENTRIES = 1200 };

struct text {
    char *at;
    size_t len;
};

/* One life of a book: its entries, and the checkpoint rows a background writer took on the way. */
struct life {
    struct scene *scene;
    struct book *book;
    struct text entries[ENTRIES + 1];
    bool registry[ENTRIES + 1];
    uint64_t mark;
    int64_t mark_time;
    struct text organisations[SCENE_ORGANISATIONS];
    uint32_t organisation_count;
    struct text members[SCENE_SEATS];
    uint32_t member_count;
};

static struct text copy(const struct buffer *bytes)
{
    struct text text = {malloc(bytes->len), bytes->len};
    assert_non_null(text.at);
    memcpy(text.at, bytes->at, bytes->len);
    return text;
}

static struct slice slice(struct text text)
{
    return slice_of(text.at, text.len);
}

static void take_member(struct life *life, const struct scene_member *member)
{
    const struct member *found =
        book_find_member(life->book, member->organisation, scene_uin(member->uin));
    if (!found)
        return;
    struct buffer row;
    buffer_init(&row, 1 << 16);
    book_member_encode(life->book, book_member_index(life->book, found), &row);
    life->members[life->member_count++] = copy(&row);
    buffer_done(&row);
}

static void take_organisation(struct life *life, uint32_t id)
{
    if (id > book_organisation_count(life->book))
        return;
    struct buffer row;
    buffer_init(&row, 1 << 16);
    book_organisation_encode(life->book, id, &row);
    life->organisations[life->organisation_count++] = copy(&row);
    buffer_done(&row);
}

/* A moment at or after the mark. */
static uint64_t later(struct life *life)
{
    return life->mark + scene_random(life->scene, ENTRIES + 1 - life->mark);
}

/* Every row is taken at a moment of its own; those of organisations at the mark in every other
 * life, as the journal does. */
static struct life *life_new(uint64_t seed)
{
    struct life *life = calloc(1, sizeof *life);
    assert_non_null(life);
    life->scene = scene_new(seed);
    life->book = book_new(seed);
    life->mark = scene_random(life->scene, ENTRIES + 1);
    uint64_t moments[SCENE_SEATS], own_moments[SCENE_ORGANISATIONS + 1];
    for (uint32_t i = 0; i < SCENE_SEATS; i++)
        moments[i] = later(life);
    for (uint32_t id = 1; id <= SCENE_ORGANISATIONS; id++)
        own_moments[id] = seed % 2 ? life->mark : later(life);
    struct buffer bytes;
    buffer_init(&bytes, 1 << 20);
    for (uint64_t s = 0; s <= ENTRIES; s++) {
        if (s > 0) {
            struct entry entry = scene_next(life->scene);
            scene_encode(&entry, &bytes);
            life->entries[s] = copy(&bytes);
            life->registry[s] = entry_kind_is_registry(entry.kind);
            scene_apply_bytes(life->book, s, buffer_slice(&bytes));
        }
        if (s == life->mark)
            life->mark_time = book_time_us(life->book);
        for (uint32_t id = 1; id <= SCENE_ORGANISATIONS; id++)
            if (own_moments[id] == s)
                take_organisation(life, id);
        for (uint32_t i = 0; i < SCENE_SEATS; i++)
            if (moments[i] == s && life->scene->members[i].organisation)
                take_member(life, &life->scene->members[i]);
    }
    buffer_done(&bytes);
    return life;
}

static void life_free(struct life *life)
{
    for (uint32_t i = 0; i <= ENTRIES; i++)
        free(life->entries[i].at);
    for (uint32_t i = 0; i < life->organisation_count; i++)
        free(life->organisations[i].at);
    for (uint32_t i = 0; i < life->member_count; i++)
        free(life->members[i].at);
    book_free(life->book);
    free(life->scene);
    free(life);
}

/* Registry and rows, up to where the rows end. */
static struct book *load(const struct life *life, uint64_t seed)
{
    struct book *book = book_new(seed);
    struct fault fault = {{0}};
    for (uint64_t s = 1; s <= life->mark; s++)
        if (life->registry[s])
            scene_apply_bytes(book, s, slice(life->entries[s]));
    for (uint32_t i = 0; i < life->organisation_count; i++)
        if (!status_ok(book_organisation_load(book, slice(life->organisations[i]), &fault)))
            fail_msg("%s", fault.text);
    for (uint32_t i = 0; i < life->member_count; i++)
        if (!status_ok(book_member_load(book, slice(life->members[i]), &fault)))
            fail_msg("%s", fault.text);
    return book;
}

static struct book *recover(const struct life *life, uint64_t seed)
{
    struct book *book = load(life, seed);
    struct fault fault = {{0}};
    book_loaded(book, life->mark, life->mark_time);
    for (uint64_t s = life->mark + 1; s <= ENTRIES; s++)
        scene_apply_bytes(book, s, slice(life->entries[s]));
    if (!status_ok(book_recovered(book, &fault)))
        fail_msg("%s", fault.text);
    return book;
}

static void assert_same_row(const struct buffer *a, const struct buffer *b)
{
    assert_int_equal(a->len, b->len);
    assert_memory_equal(a->at, b->at, a->len);
}

/* Every row of one book is the other's. */
static void assert_same_books(const struct book *a, const struct book *b)
{
    struct buffer row_a, row_b;
    buffer_init(&row_a, 1 << 16);
    buffer_init(&row_b, 1 << 16);
    assert_int_equal(book_sequence(a), book_sequence(b));
    assert_int_equal(book_time_us(a), book_time_us(b));
    assert_int_equal(book_member_count(a), book_member_count(b));
    assert_int_equal(book_key_count(a), book_key_count(b));
    assert_int_equal(book_policy_count(a), book_policy_count(b));
    assert_int_equal(book_organisation_count(a), book_organisation_count(b));
    for (uint32_t i = 0; i < book_member_count(a); i++) {
        const struct member *member = book_member(a, i);
        const struct member *other = book_find_member(b, member->organisation, member->uin);
        assert_non_null(other);
        buffer_clear(&row_a);
        buffer_clear(&row_b);
        book_member_encode(a, i, &row_a);
        book_member_encode(b, book_member_index(b, other), &row_b);
        assert_same_row(&row_a, &row_b);
    }
    for (uint32_t id = 1; id <= book_organisation_count(a); id++) {
        buffer_clear(&row_a);
        buffer_clear(&row_b);
        book_organisation_encode(a, id, &row_a);
        book_organisation_encode(b, id, &row_b);
        assert_same_row(&row_a, &row_b);
    }
    buffer_done(&row_a);
    buffer_done(&row_b);
}

static void recovery_equals_replay(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 60; seed++) {
        struct life *life = life_new(seed);
        struct book *book = recover(life, seed * 31);
        assert_same_books(life->book, book);
        scene_compare(life->scene, book);
        book_free(book);
        life_free(life);
    }
}

/* A checkpoint that is ahead of the journal's end must not be believed. */
static void rows_from_the_future_are_found(void **state)
{
    (void)state;
    struct life *life = life_new(5);
    struct book *book = book_new(5);
    struct fault fault = {{0}};
    for (uint64_t s = 1; s <= ENTRIES; s++)
        if (life->registry[s])
            scene_apply_bytes(book, s, slice(life->entries[s]));
    for (uint32_t i = 0; i < life->member_count; i++)
        assert_true(status_ok(book_member_load(book, slice(life->members[i]), &fault)));
    book_loaded(book, life->mark, life->mark_time);
    assert_int_equal(book_recovered(book, &fault).code, STATUS_CORRUPT);
    assert_int_equal(book_check(book, &fault).code, STATUS_CORRUPT);
    book_free(book);
    life_free(life);
}

/* Rows damaged in any one byte, or cut, are refused or at least taken without harm. */
static void damaged_rows_do_no_harm(void **state)
{
    (void)state;
    struct life *life = life_new(9);
    for (uint32_t m = 0; m < life->member_count; m += 5) {
        struct text row = life->members[m];
        for (size_t i = 0; i < row.len; i++) {
            struct fault fault = {{0}};
            struct book *book = book_new(1);
            char kept = row.at[i];
            row.at[i] = (char)(kept ^ (1 << (i % 8)));
            struct status damaged = book_member_load(book, slice(row), &fault);
            (void)damaged;
            row.at[i] = kept;
            struct status cut = book_member_load(book, slice_of(row.at, i), &fault);
            assert_true(cut.code == STATUS_CORRUPT || cut.code == STATUS_NEWER);
            book_free(book);
        }
    }
    life_free(life);
}

static void a_member_twice_is_corrupt(void **state)
{
    (void)state;
    struct life *life = life_new(11);
    struct book *book = book_new(1);
    struct fault fault = {{0}};
    uint32_t i = 0;
    while (book_member(life->book, i)->state.flags & MEMBER_OWNER)
        i++;
    struct buffer row;
    buffer_init(&row, 1 << 16);
    book_member_encode(life->book, i, &row);
    assert_true(status_ok(book_member_load(book, buffer_slice(&row), &fault)));
    assert_true(status_ok(book_member_load(book, buffer_slice(&row), &fault)));
    book_loaded(book, ENTRIES, 0);
    assert_int_equal(book_recovered(book, &fault).code, STATUS_CORRUPT);
    assert_string_equal(fault.text, "the checkpoint has a member twice");
    buffer_done(&row);
    book_free(book);
    life_free(life);
}

/* Whichever of the two an entry meant: the tail is not applied, and nothing breaks. */
static void no_entry_follows_a_member_twice(void **state)
{
    (void)state;
    struct life *life = life_new(11);
    struct book *book = load(life, 1);
    struct fault fault = {{0}};
    struct entry entry;
    for (uint32_t i = 0; i < life->member_count; i++)
        if (status_ok(book_member_load(book, slice(life->members[i]), &fault)))
            break; /* an owner's row is refused at once */
    book_loaded(book, life->mark, life->mark_time);
    assert_true(
        entry_decode(life->mark + 1, slice(life->entries[life->mark + 1]), NULL, 0, &entry));
    assert_int_equal(book_apply(book, &entry, &fault).code, STATUS_CORRUPT);
    assert_non_null(strstr(fault.text, "a member twice"));
    book_free(book);
    life_free(life);
}

static void an_owner_twice_is_corrupt(void **state)
{
    (void)state;
    struct life *life = life_new(13);
    struct book *book = book_new(1);
    struct fault fault = {{0}};
    struct buffer row;
    const struct organisation *organisation = book_organisation(life->book, 1);
    const struct member *owner = book_find_member(life->book, 1, organisation->owner);
    assert_true(owner->ordinal > 1);
    buffer_init(&row, 1 << 16);
    book_member_encode(life->book, book_member_index(life->book, owner), &row);
    scene_apply_bytes(book, 1, slice(life->entries[1])); /* the organisation's entry */
    assert_true(status_ok(book_member_load(book, buffer_slice(&row), &fault)));
    assert_int_equal(book_member_load(book, buffer_slice(&row), &fault).code, STATUS_CORRUPT);
    buffer_done(&row);
    book_free(book);
    life_free(life);
}

/* The organisation's own row is off by one micro: members and accounts no longer sum to zero. */
static void unbalanced_rows_are_found(void **state)
{
    (void)state;
    struct fault fault = {{0}};
    struct book *book = book_new(1);
    struct scene *scene = scene_new(2);
    struct entry founding = {.sequence = ++scene->sequence, .time_us = scene->time};
    struct buffer row;
    assert_true(scene_make_organisation(scene, &founding));
    scene_apply(book, &founding);
    buffer_init(&row, 1 << 16);
    book_organisation_encode(book, 1, &row);
    row.at[2] = 2; /* funding: 1 micro, zigzag */
    assert_true(status_ok(book_organisation_load(book, buffer_slice(&row), &fault)));
    book_loaded(book, 1, scene->time);
    assert_int_equal(book_recovered(book, &fault).code, STATUS_CORRUPT);
    struct entry next = {.sequence = 2, .time_us = scene->time, .organisation = 1};
    assert_true(scene_make_money(scene, &next, scene_seat(scene, 1, 0)));
    scene_touch(&next, scene_seat(scene, 1, 0));
    assert_int_equal(book_apply(book, &next, &fault).code, STATUS_CORRUPT);
    char version = row.at[0];
    row.at[0] = 9;
    assert_int_equal(book_organisation_load(book, buffer_slice(&row), &fault).code, STATUS_NEWER);
    row.at[0] = version;
    row.len--;
    assert_int_equal(book_organisation_load(book, buffer_slice(&row), &fault).code, STATUS_CORRUPT);
    buffer_done(&row);
    book_free(book);
    free(scene);
}

/* Rows of an organisation whose entry never comes. */
static void orphaned_rows_are_found(void **state)
{
    (void)state;
    struct life *life = life_new(12);
    struct fault fault = {{0}};
    struct book *book = book_new(1);
    assert_true(life->member_count > 0);
    assert_true(status_ok(book_member_load(book, slice(life->members[0]), &fault)));
    book_loaded(book, ENTRIES, life->scene->time);
    assert_int_equal(book_recovered(book, &fault).code, STATUS_CORRUPT);
    assert_int_equal(book_organisation_count(book), 0);
    book_free(book);
    life_free(life);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(recovery_equals_replay),
        cmocka_unit_test(rows_from_the_future_are_found),
        cmocka_unit_test(damaged_rows_do_no_harm),
        cmocka_unit_test(a_member_twice_is_corrupt),
        cmocka_unit_test(no_entry_follows_a_member_twice),
        cmocka_unit_test(an_owner_twice_is_corrupt),
        cmocka_unit_test(unbalanced_rows_are_found),
        cmocka_unit_test(orphaned_rows_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
