/* What a member costs in resident memory: a promise to whoever sizes a machine. */
#include "desk.h"

#include <malloc.h>
#include <stdio.h>
#include <unistd.h>

enum { MEMBERS = 1000000, GROUP = 8000, BYTES_MAX = 200 };

static size_t bytes_taken(void)
{
    unsigned long whole, resident;
    FILE *file = fopen("/proc/self/statm", "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%lu %lu", &whole, &resident), 2);
    (void)fclose(file);
    return resident * (size_t)sysconf(_SC_PAGESIZE);
}

/* A sanitizer's allocator keeps what it is given back. */
static bool has_own_allocator(void)
{
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd == 0;
}

/* Members as an import makes them: a name of 16 characters, an opening balance, credit. */
static void add_group(struct desk *desk, uint32_t first, uint32_t count)
{
    static struct new_member items[GROUP];
    static char names[GROUP][24];
    for (uint32_t i = 0; i < count; i++) {
        snprintf(names[i], sizeof names[i], "member_%09u", first + i);
        items[i] = (struct new_member){.uin = {70, 1000000 + (first + i) * UINT64_C(13)},
                                       .name = slice_text(names[i]),
                                       .basic_credit = {1000000},
                                       .cash = {12340000}};
    }
    struct command command = desk_add(items, count);
    assert_int_equal(desk_run(desk, &command), REFUSAL_NONE);
}

static struct book *reload(const struct desk *desk)
{
    struct book *book = book_new(7);
    struct buffer row;
    struct fault fault = {{0}};
    struct entry founded = {.sequence = 1,
                            .time_us = 1,
                            .kind = ENTRY_ORGANISATION,
                            .organisation = 1,
                            .touch_count = 1,
                            .name = SLICE("Example"),
                            .text = SLICE("USD"),
                            .account = desk_uin(DESK_OWNER)};
    founded.touches[0] =
        (struct touch){.uin = founded.account, .after = {.flags = MEMBER_OWNER}, .ordinal = 1};
    assert_true(status_ok(book_apply(book, &founded, &fault)));
    buffer_init(&row, 1 << 16);
    book_organisation_encode(desk->book, 1, &row);
    assert_true(status_ok(book_organisation_load(book, buffer_slice(&row), &fault)));
    for (uint32_t i = 0; i < book_member_count(desk->book); i++) {
        buffer_clear(&row);
        book_member_encode(desk->book, i, &row);
        assert_true(status_ok(book_member_load(book, buffer_slice(&row), &fault)));
    }
    buffer_done(&row);
    book_loaded(book, book_sequence(desk->book), book_time_us(desk->book));
    assert_true(status_ok(book_check(book, &fault)));
    return book;
}

static void a_million_members_fit(void **state)
{
    (void)state;
    struct desk desk = desk_new();
    add_group(&desk, 0, GROUP); /* warms up what the draft keeps */
    if (has_own_allocator()) {
        desk_free(&desk);
        skip();
    }
    size_t before = bytes_taken();
    for (uint32_t first = GROUP; first < MEMBERS; first += GROUP)
        add_group(&desk, first, MEMBERS - first < GROUP ? MEMBERS - first : GROUP);
    size_t each = (bytes_taken() - before) / (MEMBERS - GROUP);
    print_message("%zu bytes a member, joined and opened\n", each);
    assert_true(each < BYTES_MAX);
    before = bytes_taken();
    struct book *book = reload(&desk);
    each = (bytes_taken() - before) / MEMBERS;
    print_message("%zu bytes a member, loaded from rows\n", each);
    assert_true(each < BYTES_MAX);
    book_free(book);
    desk_free(&desk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_million_members_fit)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
