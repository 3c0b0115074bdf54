/* Backups: made beside a writer, whole or not at all, and put back. */
#include "journal/backup.h"
#include "scene.h"
#include "sys/file.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static struct scene scene;
static struct fault fault;
static char target[128], restored[128];

static void begin(void)
{
    scene_begin(&scene);
    scene_create(&scene);
    scene_populate(&scene, 200);
    (void)snprintf(target, sizeof target, "%s/backup", scene.folder);
    (void)snprintf(restored, sizeof restored, "%s/restored", scene.folder);
}

static void end(void)
{
    scene_end(&scene);
}

static void assert_ok(struct status status)
{
    if (!status_ok(status))
        fail_msg("%s", fault.text);
}

static const char *within(const char *folder, const char *name)
{
    static char path[256];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static struct book *load(const char *folder, struct journal **ret_journal)
{
    const struct journal_options options = {0};
    struct book *book = book_new(9);
    assert_non_null(book);
    assert_ok(journal_open(folder, &options, &fault, ret_journal));
    assert_ok(journal_load(*ret_journal, book, &fault));
    return book;
}

/* The folder holds the scene's journal as it is now, and can be written on. */
static void assert_same_journal(const char *folder)
{
    struct journal *journal = NULL;
    struct journal_head head;
    struct journal_head expected;
    struct book *book = load(folder, &journal);
    journal_head(journal, &head);
    journal_head(scene.journal, &expected);
    assert_int_equal(head.sequence, expected.sequence);
    assert_int_equal(head.batches, expected.batches);
    assert_memory_equal(head.hash, expected.hash, sizeof head.hash);
    assert_true(scene_same_book(book, scene.book));
    journal_close(journal);
    book_free(book);
}

static void comes_back_as_it_was(void **state)
{
    (void)state;
    struct verify_report report;
    begin();
    scene_make_top_ups(&scene, 3000);
    scene_commit(&scene);
    scene_checkpoint(&scene, 100);
    scene_make_top_ups(&scene, 50); /* after the checkpoint's mark */
    scene_commit(&scene);
    assert_ok(journal_backup(scene.folder, target, NULL, &fault, &report));
    assert_int_equal(report.entries, scene.entry_count);
    assert_int_equal(report.members, scene.member_count);
    assert_false(file_exists(within(target, "journal.db-wal")));
    assert_ok(journal_verify(target, NULL, NULL, &fault, &report));
    assert_ok(journal_restore(target, restored, NULL, &fault, &report));
    assert_int_equal(report.entries, scene.entry_count);
    assert_same_journal(restored);
    assert_ok(journal_verify(restored, NULL, NULL, &fault, &report));
    end();
}

static void an_empty_journal_can_be_backed_up(void **state)
{
    (void)state;
    struct verify_report report;
    scene_begin(&scene);
    scene_create(&scene);
    (void)snprintf(target, sizeof target, "%s/backup", scene.folder);
    (void)snprintf(restored, sizeof restored, "%s/restored", scene.folder);
    assert_ok(journal_backup(scene.folder, target, NULL, &fault, &report));
    assert_int_equal(report.entries, 0);
    assert_ok(journal_restore(target, restored, NULL, &fault, &report));
    assert_same_journal(restored);
    end();
}

/* Nothing can be written into the folder, as on a read-only medium. */
static void is_read_where_nothing_can_be_written(void **state)
{
    (void)state;
    struct verify_report report;
    begin();
    assert_ok(journal_backup(scene.folder, target, NULL, &fault, &report));
    assert_int_equal(chmod(within(target, "journal.db"), 0400), 0);
    assert_int_equal(chmod(within(target, "head"), 0400), 0);
    assert_int_equal(chmod(target, 0500), 0);
    assert_ok(journal_verify(target, NULL, NULL, &fault, &report));
    assert_ok(journal_restore(target, restored, NULL, &fault, &report));
    assert_false(file_exists(within(target, "journal.db-wal")));
    assert_false(file_exists(within(target, "journal.db-shm")));
    assert_same_journal(restored);
    assert_int_equal(chmod(target, 0700), 0);
    end();
}

/* Beside the writer ---------------------------------------------------------------------------- */

struct backing {
    atomic_bool started;
    atomic_bool over;
    struct status status;
    struct fault fault;
    struct verify_report report;
};

static void note_start(void *context, const char *stage, uint64_t done, uint64_t all)
{
    struct backing *backing = context;
    (void)stage;
    assert_true(done <= all);
    backing->started = true;
}

static void *back_up(void *context)
{
    struct backing *backing = context;
    const struct backup_progress progress = {note_start, backing};
    backing->status =
        journal_backup(scene.folder, target, &progress, &backing->fault, &backing->report);
    backing->over = true;
    return NULL;
}

static void is_of_one_moment_beside_a_writer(void **state)
{
    (void)state;
    struct backing backing = {0};
    struct verify_report report;
    pthread_t thread;
    begin();
    for (int i = 0; i < 20; i++) {
        scene_make_top_ups(&scene, 2000);
        scene_commit(&scene);
    }
    uint64_t before = scene.entry_count;
    assert_int_equal(pthread_create(&thread, NULL, back_up, &backing), 0);
    while (!backing.over) {
        scene_make_top_ups(&scene, 100);
        scene_commit(&scene);
        scene_checkpoint(&scene, 50);
    }
    assert_int_equal(pthread_join(thread, NULL), 0);
    if (!status_ok(backing.status))
        fail_msg("%s", backing.fault.text);
    assert_true(backing.report.entries >= before);
    assert_true(backing.report.entries <= scene.entry_count);
    assert_ok(journal_restore(target, restored, NULL, &fault, &report));
    assert_int_equal(report.entries, backing.report.entries);
    end();
}

/* What is refused ------------------------------------------------------------------------------ */

static void a_folder_with_anything_in_it_is_no_target(void **state)
{
    (void)state;
    struct verify_report report;
    begin();
    assert_ok(folder_create(target, &fault));
    assert_ok(file_replace(within(target, "mine"), SLICE("x"), 0600, &fault));
    assert_int_equal(journal_backup(scene.folder, target, NULL, &fault, &report).code,
                     STATUS_EXISTS);
    assert_true(file_exists(within(target, "mine")));
    assert_false(file_exists(within(target, "journal.db")));
    end();
}

static void a_journal_is_never_restored_over(void **state)
{
    (void)state;
    struct verify_report report;
    begin();
    assert_ok(journal_backup(scene.folder, target, NULL, &fault, &report));
    assert_ok(journal_restore(target, restored, NULL, &fault, &report));
    assert_int_equal(journal_restore(target, restored, NULL, &fault, &report).code, STATUS_EXISTS);
    assert_same_journal(restored);
    /* a folder in use */
    assert_int_equal(journal_restore(target, scene.folder, NULL, &fault, &report).code,
                     STATUS_BUSY);
    end();
}

static void an_unfinished_backup_is_not_restored(void **state)
{
    (void)state;
    struct verify_report report;
    begin();
    assert_ok(journal_backup(scene.folder, target, NULL, &fault, &report));
    assert_ok(file_remove(within(target, "head"), &fault));
    assert_int_equal(journal_restore(target, restored, NULL, &fault, &report).code, STATUS_INVALID);
    assert_false(file_exists(within(restored, "journal.db")));
    end();
}

static void a_changed_backup_is_not_restored(void **state)
{
    (void)state;
    struct verify_report report;
    sqlite3 *db = NULL;
    begin();
    scene_make_top_ups(&scene, 10);
    scene_commit(&scene);
    assert_ok(journal_backup(scene.folder, target, NULL, &fault, &report));
    assert_int_equal(sqlite3_open(within(target, "journal.db"), &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db,
                                  "UPDATE entry SET bodies = (SELECT bodies FROM entry "
                                  "ORDER BY first_sequence DESC LIMIT 1 OFFSET 1) "
                                  "WHERE first_sequence = (SELECT max(first_sequence) FROM entry)",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    assert_int_equal(journal_restore(target, restored, NULL, &fault, &report).code, STATUS_CORRUPT);
    assert_false(file_exists(within(restored, "journal.db")));
    assert_false(file_exists(within(restored, "head")));
    end();
}

static void what_is_no_journal_is_not_backed_up(void **state)
{
    (void)state;
    struct verify_report report;
    begin();
    assert_int_equal(
        journal_backup(within(scene.folder, "absent"), target, NULL, &fault, &report).code,
        STATUS_NOT_FOUND);
    assert_false(file_exists(target));
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comes_back_as_it_was),
        cmocka_unit_test(an_empty_journal_can_be_backed_up),
        cmocka_unit_test(is_read_where_nothing_can_be_written),
        cmocka_unit_test(is_of_one_moment_beside_a_writer),
        cmocka_unit_test(a_folder_with_anything_in_it_is_no_target),
        cmocka_unit_test(a_journal_is_never_restored_over),
        cmocka_unit_test(an_unfinished_backup_is_not_restored),
        cmocka_unit_test(a_changed_backup_is_not_restored),
        cmocka_unit_test(what_is_no_journal_is_not_backed_up),
    };
    return cmocka_run_group_tests_name("backup", tests, NULL, NULL);
}
