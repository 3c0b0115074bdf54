/* A member's name at every moment, in the book that lived through it and in one loaded from rows.
 */
#include "desk.h"

#include <stdio.h>

enum { NAMES = 40 };

static void change_name(struct desk *desk, const char *name)
{
    struct command command = {.kind = COMMAND_MODIFY_MEMBER, .organisation = 1};
    command.change.uin = desk_uin("700001941608");
    command.change.name = slice_text(name);
    assert_int_equal(desk_run(desk, &command), REFUSAL_NONE);
}

static void join(struct desk *desk, const char *name)
{
    struct new_member item = desk_item("700001941608", name);
    struct command command = desk_add(&item, 1);
    assert_int_equal(desk_run(desk, &command), REFUSAL_NONE);
}

static void leave(struct desk *desk)
{
    struct command command = {.kind = COMMAND_REMOVE_MEMBER, .organisation = 1};
    command.change.uin = desk_uin("700001941608");
    assert_int_equal(desk_run(desk, &command), REFUSAL_NONE);
}

static void assert_names(const struct book *book, char names[NAMES][16], uint64_t first,
                         uint64_t last)
{
    const struct member *member = book_find_member(book, 1, desk_uin("700001941608"));
    for (uint64_t sequence = first; sequence <= last; sequence++) {
        struct slice name = book_name_at(book, member, sequence);
        const char *expected = names[sequence - first];
        assert_int_equal(name.len, strlen(expected));
        assert_memory_equal(name.at, expected, name.len);
    }
}

/* As recovery does: the registry's entry, the row, no tail. */
static struct book *load(const struct desk *desk)
{
    struct fault fault = {{0}};
    struct buffer row;
    struct book *book = book_new(7);
    struct entry founding = {.sequence = 1,
                             .time_us = book_organisation(desk->book, 1)->created_us,
                             .kind = ENTRY_ORGANISATION,
                             .organisation = 1,
                             .name = SLICE("Example"),
                             .text = SLICE("USD"),
                             .account = desk_uin(DESK_OWNER),
                             .touch_count = 1};
    founding.touches[0] =
        (struct touch){.uin = founding.account, .after = {.flags = MEMBER_OWNER}, .ordinal = 1};
    assert_true(status_ok(book_apply(book, &founding, &fault)));
    buffer_init(&row, 1 << 16);
    const struct member *member = desk_member(desk, "700001941608");
    book_member_encode(desk->book, book_member_index(desk->book, member), &row);
    assert_true(status_ok(book_member_load(book, buffer_slice(&row), &fault)));
    book_loaded(book, book_sequence(desk->book), book_time_us(desk->book));
    struct buffer again;
    buffer_init(&again, 1 << 16);
    member = book_find_member(book, 1, member->uin);
    book_member_encode(book, book_member_index(book, member), &again);
    assert_int_equal(again.len, row.len);
    assert_memory_equal(again.at, row.at, row.len);
    buffer_done(&row);
    buffer_done(&again);
    return book;
}

static void names_of_the_past_are_kept(void **state)
{
    (void)state;
    struct desk desk = desk_new();
    char names[NAMES][16];
    uint64_t first = book_sequence(desk.book) + 1;
    srand(5);
    for (uint64_t i = 0; i < NAMES; i++) {
        snprintf(names[i], sizeof names[i], "%.*s%d", rand() % 8, "eightlet", (int)i);
        if (i == 0 || i % 10 == 9) {
            join(&desk, names[i]);
        } else if (i % 10 == 8) {
            strcpy(names[i], names[i - 1]);
            leave(&desk);
        } else {
            change_name(&desk, names[i]);
        }
        assert_int_equal(book_sequence(desk.book), first + i);
        assert_names(desk.book, names, first, first + i);
    }
    struct book *loaded = load(&desk);
    assert_names(loaded, names, first, first + NAMES - 1);
    book_free(loaded);
    desk_free(&desk);
}

static void the_same_name_is_no_change(void **state)
{
    (void)state;
    struct desk desk = desk_new();
    join(&desk, "one");
    uint64_t sequence = book_sequence(desk.book);
    change_name(&desk, "one");
    assert_int_equal(book_sequence(desk.book), sequence);
    desk_free(&desk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_of_the_past_are_kept),
        cmocka_unit_test(the_same_name_is_no_change),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
