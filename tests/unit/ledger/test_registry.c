/* The registry at size, and registry entries that may not follow. */
#include "desk.h"

#include "ledger/heap.h"

#include <stdio.h>

static struct entry blank(const struct desk *desk, enum entry_kind kind)
{
    return (struct entry){.sequence = book_sequence(desk->book) + 1,
                          .time_us = book_time_us(desk->book),
                          .kind = kind,
                          .organisation = 1};
}

static void assert_corrupt(struct desk *desk, const struct entry *entry)
{
    struct fault fault = {{0}};
    assert_int_equal(book_apply(desk->book, entry, &fault).code, STATUS_CORRUPT);
    assert_true(strlen(fault.text) > 0);
}

static void assert_applied(struct desk *desk, const struct entry *entry)
{
    struct fault fault = {{0}};
    if (!status_ok(book_apply(desk->book, entry, &fault)))
        fail_msg("%s", fault.text);
}

static struct entry founding(const struct desk *desk, uint32_t id, const char *owner)
{
    struct entry entry = blank(desk, ENTRY_ORGANISATION);
    entry.organisation = id;
    entry.name = SLICE("Another");
    entry.text = SLICE("EUR");
    entry.account = desk_uin(owner);
    entry.touch_count = 1;
    entry.touches[0] =
        (struct touch){.uin = entry.account, .after = {.flags = MEMBER_OWNER}, .ordinal = 1};
    return entry;
}

static void organisations_follow_in_order(void **state)
{
    (void)state;
    struct desk desk = desk_new();
    struct entry skipping = founding(&desk, 3, "5");
    struct entry again = founding(&desk, 1, "5");
    struct entry same_owner = founding(&desk, 2, DESK_OWNER);
    struct entry ownerless = founding(&desk, 2, "5");
    ownerless.touch_count = 0;
    assert_corrupt(&desk, &skipping);
    assert_corrupt(&desk, &again);
    assert_corrupt(&desk, &same_owner);
    assert_corrupt(&desk, &ownerless);
    ownerless.touch_count = 1;
    ownerless.touches[0].uin = desk_uin("6");
    assert_corrupt(&desk, &ownerless);
    struct entry right = founding(&desk, 2, "5");
    assert_applied(&desk, &right);
    desk_free(&desk);
}

static void what_is_not_there_cannot_change(void **state)
{
    (void)state;
    static const enum entry_kind kinds[] = {ENTRY_SET_KEY, ENTRY_REMOVE_POLICY,
                                            ENTRY_REMOVE_DELEGATE, (enum entry_kind)72};
    struct desk desk = desk_new();
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct entry entry = blank(&desk, kinds[i]);
        entry.secret_id = SLICE("AKID");
        entry.name = SLICE("name");
        entry.user = entry.account = desk_uin("5");
        assert_corrupt(&desk, &entry);
        entry.organisation = 2;
        assert_corrupt(&desk, &entry);
    }
    struct entry put = blank(&desk, ENTRY_PUT_POLICY), delegate = blank(&desk, ENTRY_DELEGATE);
    put.user = desk_uin("5");
    put.name = SLICE("name");
    put.text = SLICE("{}");
    assert_applied(&desk, &put);
    delegate.sequence++;
    delegate.account = desk_uin("5");
    delegate.enabled = true;
    assert_applied(&desk, &delegate);
    for (int twice = 0; twice < 2; twice++) { /* what was removed is not there */
        struct entry remove = blank(&desk, ENTRY_REMOVE_POLICY);
        struct entry revoke = blank(&desk, ENTRY_REMOVE_DELEGATE);
        remove.user = put.user;
        remove.name = put.name;
        revoke.account = delegate.account;
        if (twice) {
            assert_corrupt(&desk, &remove);
            assert_corrupt(&desk, &revoke);
            continue;
        }
        assert_applied(&desk, &remove);
        revoke.sequence++;
        assert_applied(&desk, &revoke);
    }
    struct entry key = blank(&desk, ENTRY_ADD_KEY), set = blank(&desk, ENTRY_SET_KEY);
    key.secret_id = set.secret_id = SLICE("AKID1");
    key.sealed_secret = SLICE("sealed");
    key.account = key.user = desk_uin(DESK_OWNER);
    assert_applied(&desk, &key);
    set.sequence++;
    set.organisation = 2; /* another's */
    assert_corrupt(&desk, &set);
    desk_free(&desk);
}

/* A row came before the organisation's entry, and said that its owner is a plain member. */
static void an_owner_is_no_member(void **state)
{
    (void)state;
    struct desk desk = desk_new();
    struct book *book = book_new(5);
    struct buffer row;
    struct fault fault = {{0}};
    desk_join(&desk, "77", 0, 0);
    buffer_init(&row, 1 << 16);
    book_member_encode(desk.book, book_member_index(desk.book, desk_member(&desk, "77")), &row);
    assert_true(status_ok(book_member_load(book, buffer_slice(&row), &fault)));
    book_loaded(book, 0, 0);
    struct entry entry = founding(&desk, 1, "77");
    entry.sequence = 1;
    assert_int_equal(book_apply(book, &entry, &fault).code, STATUS_CORRUPT);
    assert_non_null(strstr(fault.text, "the owner is a member"));
    buffer_done(&row);
    book_free(book);
    desk_free(&desk);
}

/* The first text of all may be too large for a chunk. */
static void a_large_text_may_be_the_first(void **state)
{
    (void)state;
    static char text[20000];
    struct heap heap = {.newest = NULL};
    struct slice large = SLICE_NONE, small = SLICE_NONE;
    memset(text, 'x', sizeof text);
    assert_true(heap_put(&heap, slice_of(text, sizeof text), &large));
    assert_true(heap_put(&heap, SLICE("small"), &small));
    assert_true(slice_equal(large, slice_of(text, sizeof text)));
    assert_true(slice_equal(small, SLICE("small")));
    heap_done(&heap);
}

static void a_secret_id_is_there_once(void **state)
{
    (void)state;
    struct desk desk = desk_new();
    struct entry key = blank(&desk, ENTRY_ADD_KEY);
    key.secret_id = SLICE("AKID1");
    key.sealed_secret = SLICE("sealed");
    key.account = key.user = desk_uin(DESK_OWNER);
    assert_applied(&desk, &key);
    key.sequence++;
    assert_corrupt(&desk, &key);
    desk_free(&desk);
}

/* Recovery applies registry entries alone, with gaps; a book that is up to date takes none. */
static void gaps_are_for_recovery_only(void **state)
{
    (void)state;
    struct desk desk = desk_new();
    struct entry gap = founding(&desk, 2, "5");
    gap.sequence += 10;
    assert_applied(&desk, &gap);
    book_loaded(desk.book, 20, gap.time_us);
    struct entry later = founding(&desk, 3, "6");
    later.sequence++;
    assert_corrupt(&desk, &later);
    later.sequence--;
    assert_applied(&desk, &later);
    assert_int_equal(book_sequence(desk.book), 21);
    desk_free(&desk);
}

static void many_of_everything(void **state)
{
    (void)state;
    enum { COUNT = 700 };
    struct desk desk = desk_new();
    char text[32];
    for (int i = 0; i < COUNT; i++) {
        struct entry key = blank(&desk, ENTRY_ADD_KEY);
        snprintf(text, sizeof text, "AKID%d", i);
        key.secret_id = slice_text(text);
        key.sealed_secret = SLICE("sealed");
        key.account = key.user = desk_uin(DESK_OWNER);
        assert_applied(&desk, &key);
        struct entry policy = blank(&desk, ENTRY_PUT_POLICY);
        policy.user = (struct uin){0, 1000u + (unsigned)i / 2};
        policy.name = slice_text(text);
        policy.text = SLICE("{}");
        assert_applied(&desk, &policy);
        struct entry delegate = blank(&desk, ENTRY_DELEGATE);
        delegate.account = (struct uin){1, (unsigned)i};
        delegate.enabled = true;
        assert_applied(&desk, &delegate);
        snprintf(text, sizeof text, "%d", 500000 + i);
        struct entry organisation = founding(&desk, (uint32_t)i + 2, text);
        assert_applied(&desk, &organisation);
    }
    for (uint32_t i = 0; i < COUNT; i++) {
        struct uin user = {0, 1000u + i / 2};
        snprintf(text, sizeof text, "AKID%u", i);
        assert_ptr_equal(book_find_key(desk.book, slice_text(text)), book_key(desk.book, i));
        assert_int_equal(book_find_policy(desk.book, 1, user, i), i);
        assert_int_equal(book_find_policy(desk.book, 1, user, i + 1), i % 2 ? BOOK_NONE : i + 1);
        assert_ptr_equal(book_find_delegation(desk.book, 1, (struct uin){1, i}),
                         book_delegation(desk.book, i));
        assert_int_equal(book_organisation_of(desk.book, (struct uin){0, 500000 + i})->id, i + 2);
    }
    assert_null(book_find_key(desk.book, SLICE("AKID700")));
    assert_null(book_find_delegation(desk.book, 1, (struct uin){1, COUNT}));
    desk_free(&desk);
}

/* Documents larger than a chunk of the heap, growing and shrinking in place. */
static void large_documents_are_kept(void **state)
{
    (void)state;
    struct desk desk = desk_new();
    static char document[ENTRY_TEXT_BYTES_MAX];
    static const size_t lengths[] = {10, 60000, 65536, 200, 20000, 0, 65536};
    memset(document, ' ', sizeof document);
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        struct command command = {.kind = COMMAND_PUT_POLICY,
                                  .organisation = 1,
                                  .policy = {.user = desk_uin("9"),
                                             .name = SLICE("large"),
                                             .document = slice_of(document, lengths[i])}};
        document[0] = (char)('a' + i);
        assert_int_equal(desk_run(&desk, &command), REFUSAL_NONE);
        assert_true(slice_equal(book_policy(desk.book, 0)->document, command.policy.document));
    }
    desk_free(&desk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(organisations_follow_in_order),
        cmocka_unit_test(what_is_not_there_cannot_change),
        cmocka_unit_test(an_owner_is_no_member),
        cmocka_unit_test(a_large_text_may_be_the_first),
        cmocka_unit_test(a_secret_id_is_there_once),
        cmocka_unit_test(gaps_are_for_recovery_only),
        cmocka_unit_test(many_of_everything),
        cmocka_unit_test(large_documents_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
