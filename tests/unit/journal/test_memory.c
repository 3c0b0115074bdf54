/* The journal in memory: the same promises but durability. */
#include "scene.h"

static bool count_entry(void *context, uint64_t sequence, struct slice bytes)
{
    uint64_t *next = context;
    assert_true(bytes.len > 0);
    assert_int_equal(sequence, (*next)++);
    return true;
}

static void keeps_and_gives_back_every_entry(void **state)
{
    (void)state;
    struct scene scene;
    struct fault fault;
    bool more = true;
    scene_begin(&scene);
    scene.journal = journal_open_memory();
    scene.book = book_new(3);
    assert_non_null(scene.journal);
    assert_non_null(scene.book);
    scene_populate(&scene, 50);
    for (int i = 0; i < 20; i++) { /* more than one chunk */
        scene_make_top_ups(&scene, 1000);
        scene_commit(&scene);
    }
    assert_true(status_ok(journal_checkpoint(scene.journal, scene.book, 10, &fault, &more)));
    assert_false(more);
    uint64_t next = 1;
    assert_true(status_ok(journal_read(scene.journal, 1, count_entry, &next, &fault)));
    assert_int_equal(next, scene.entry_count + 1);
    next = 15000;
    assert_true(status_ok(journal_read(scene.journal, 15000, count_entry, &next, &fault)));
    assert_int_equal(next, scene.entry_count + 1);
    struct book *again = book_new(4);
    assert_non_null(again);
    assert_true(status_ok(journal_load(scene.journal, again, &fault)));
    assert_true(scene_same_book(scene.book, again));
    book_free(again);
    scene_end(&scene);
}

/* The chain does not depend on where the journal lives. */
static void has_the_chain_of_a_stored_journal(void **state)
{
    (void)state;
    struct scene stored;
    struct scene kept;
    struct journal_head stored_head;
    struct journal_head kept_head;
    scene_begin(&stored);
    scene_begin(&kept);
    scene_create(&stored);
    kept.journal = journal_open_memory();
    kept.book = book_new(3);
    scene_populate(&stored, 10);
    scene_populate(&kept, 10);
    journal_head(stored.journal, &stored_head);
    journal_head(kept.journal, &kept_head);
    assert_int_equal(stored_head.sequence, kept_head.sequence);
    assert_memory_equal(stored_head.hash, kept_head.hash, sizeof kept_head.hash);
    scene_end(&stored);
    scene_end(&kept);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_and_gives_back_every_entry),
        cmocka_unit_test(has_the_chain_of_a_stored_journal),
    };
    return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}
