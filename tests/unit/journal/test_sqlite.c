/* A journal in a folder: what is appended is there again after every way of opening; what must not
 * be opened is refused, with words that help. */
#include "scene.h"

#include "sys/file.h"

#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static struct scene scene;

static int setup(void **state)
{
    (void)state;
    scene_begin(&scene);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    scene_end(&scene);
    return 0;
}

static void assert_refused(enum status_code code, const char *words)
{
    struct fault fault;
    struct status status = scene_try_open(&scene, &fault);
    assert_int_equal(status.code, code);
    if (!strstr(fault.text, words))
        fail_msg("\"%s\" does not say \"%s\"", fault.text, words);
    scene_close(&scene);
}

static void everything_is_there_again(void **state)
{
    (void)state;
    struct journal_head before;
    struct journal_head after;
    scene_create(&scene);
    scene_populate(&scene, 20);
    scene_make_top_ups(&scene, 50);
    scene_commit(&scene);
    scene_verify(&scene); /* beside the open journal */
    journal_head(scene.journal, &before);
    scene_close(&scene);
    scene_open(&scene);
    scene_verify(&scene);
    journal_head(scene.journal, &after);
    assert_memory_equal(before.hash, after.hash, sizeof before.hash);
    assert_int_equal(after.batches, 4);
    assert_int_equal(after.sequence, 1 + 20 + 1 + 50);
    assert_int_equal(before.time_us, after.time_us);
}

static void an_empty_journal_is_fine(void **state)
{
    (void)state;
    scene_create(&scene);
    scene_checkpoint(&scene, 10);
    scene_verify(&scene);
    scene_close(&scene);
    scene_open(&scene);
}

/* The checkpoint in slices, with appends between them, and another start after each. */
static void a_fuzzy_checkpoint_loads_to_the_same_book(void **state)
{
    (void)state;
    struct fault fault;
    scene_create(&scene);
    scene_populate(&scene, 40);
    scene_close(&scene);
    for (int round = 0; round < 30; round++) {
        scene_open(&scene);
        for (uint32_t step = scene_random(&scene, 12); step > 0; step--) {
            bool more;
            uint32_t top_ups = 1 + scene_random(&scene, 9);
            scene_make_top_ups(&scene, top_ups);
            if (scene_random(&scene, 3) == 0)
                scene_make_request(&scene, top_ups);
            if (scene_random(&scene, 4) == 0)
                scene_make_member(&scene, scene.organisation_count);
            if (scene_random(&scene, 8) == 0)
                scene_make_organisation(&scene);
            if (scene_random(&scene, 8) == 0)
                scene_make_key(&scene, 1 + scene_random(&scene, scene.organisation_count));
            scene_commit(&scene);
            if (!status_ok(journal_checkpoint(scene.journal, scene.book,
                                              1 + scene_random(&scene, 10), &fault, &more)))
                fail_msg("%s", fault.text);
        }
        scene_verify(&scene);
        scene_close(&scene);
    }
    scene_open(&scene);
    scene_checkpoint(&scene, 7);
    scene_verify(&scene);
}

static bool count_three(void *context, uint64_t sequence, struct slice bytes)
{
    uint64_t *last = context;
    assert_true(bytes.len > 0);
    assert_int_equal(sequence, *last + 1);
    *last = sequence;
    return sequence < 7;
}

static void entries_are_read_from_anywhere(void **state)
{
    (void)state;
    uint64_t last = 4;
    struct fault fault;
    scene_create(&scene);
    scene_populate(&scene, 20);
    assert_true(status_ok(journal_read(scene.journal, 5, count_three, &last, &fault)));
    assert_int_equal(last, 7);
    last = 1000;
    assert_true(status_ok(journal_read(scene.journal, 1001, count_three, &last, &fault)));
    assert_int_equal(last, 1000);
}

/* A log that is folded back after every few pages, beside the appends, stays a small part of what
 * went through it (200 batches of at least three pages). */
static void the_log_is_folded_back(void **state)
{
    (void)state;
    struct stat about;
    struct fault fault;
    bool more;
    scene_create(&scene);
    scene_populate(&scene, 10);
    scene_close(&scene);
    scene.wal_pages_max = 8;
    scene_open(&scene);
    for (int i = 0; i < 200; i++) {
        scene_make_top_ups(&scene, 5);
        scene_commit(&scene);
        assert_true(status_ok(journal_checkpoint(scene.journal, scene.book, 100, &fault, &more)));
        (void)usleep(1000);
    }
    assert_int_equal(stat(scene_path(&scene, "journal.db-wal"), &about), 0);
    assert_true(about.st_size < 200 * 8192);
    scene_verify(&scene);
}

static void nobody_else_reads_the_files(void **state)
{
    (void)state;
    static const char *const names[] = {"journal.db", "journal.db-wal", "head", "lock"};
    scene_create(&scene);
    scene_populate(&scene, 3);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct stat about;
        assert_int_equal(stat(scene_path(&scene, names[i]), &about), 0);
        assert_int_equal(about.st_mode & 0777, 0600);
    }
}

static void absent_journals_are_named(void **state)
{
    (void)state;
    const struct journal_options create = {.create = true};
    struct fault fault;
    assert_refused(STATUS_NOT_FOUND, "bursar init");
    scene_create(&scene);
    scene_close(&scene);
    scene_create(&scene); /* nothing is in it yet: begun again */
    scene_populate(&scene, 1);
    scene_close(&scene);
    assert_int_equal(journal_open(scene.folder, &create, &fault, &scene.journal).code,
                     STATUS_EXISTS);
    assert_int_equal(rename(scene_path(&scene, "journal.db"), "/tmp/bursar-journal-moved"), 0);
    assert_refused(STATUS_CORRUPT, "journal.db is missing");
    assert_int_equal(journal_open(scene.folder, &create, &fault, &scene.journal).code,
                     STATUS_CORRUPT);
    assert_int_equal(unlink("/tmp/bursar-journal-moved"), 0);
    (void)snprintf(scene.folder + strlen(scene.folder), 2, "x");
    assert_refused(STATUS_NOT_FOUND, scene.folder);
    scene.folder[strlen(scene.folder) - 1] = '\0';
}

static void other_versions_and_other_files_are_refused(void **state)
{
    (void)state;
    scene_create(&scene);
    scene_populate(&scene, 2);
    scene_close(&scene);
    scene_sql(&scene, "PRAGMA user_version = 6");
    assert_refused(STATUS_NEWER, "newer bursar");
    for (unsigned version = 1; version < 5; version++) {
        char sql[40];
        (void)snprintf(sql, sizeof sql, "PRAGMA user_version = %u", version);
        scene_sql(&scene, sql);
        assert_refused(STATUS_INVALID, "pre-release");
        assert_int_equal(scene_number(&scene, "PRAGMA user_version"), version);
    }
    scene_sql(&scene, "PRAGMA user_version = 0");
    assert_refused(STATUS_INVALID, "not a journal");
    scene_sql(&scene, "PRAGMA user_version = 5; PRAGMA application_id = 42");
    assert_refused(STATUS_INVALID, "not a journal");
    scene_sql(&scene, "PRAGMA application_id = 1112887891");
    scene_open(&scene);
    scene_close(&scene);
    scene_sql(&scene, "DROP TABLE batch");
    assert_refused(STATUS_CORRUPT, "no such table");
}

static void fill_file(const char *name, const void *bytes, size_t len)
{
    struct fault fault;
    assert_true(
        status_ok(file_replace(scene_path(&scene, name), slice_of(bytes, len), 0600, &fault)));
}

/* The witness is there, or it is not; what is there and is none might have said anything. */
static void a_head_that_cannot_be_read_is_an_error(void **state)
{
    (void)state;
    char whole[200];
    char path[128];
    scene_create(&scene);
    scene_populate(&scene, 3);
    scene_close(&scene);
    int fd = open(scene_path(&scene, "head"), O_RDONLY | O_CLOEXEC);
    ssize_t len = read(fd, whole, sizeof whole);
    (void)close(fd);
    assert_int_equal(len, 145);
    fill_file("head", whole, (size_t)len - 1);
    assert_refused(STATUS_CORRUPT, "delete it");
    fill_file("head", "", 0);
    assert_refused(STATUS_CORRUPT, "delete it");
    fill_file("head", whole, sizeof whole);
    assert_refused(STATUS_CORRUPT, "delete it");
    (void)snprintf(path, sizeof path, "%s", scene_path(&scene, "head"));
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink("nowhere", path), 0);
    assert_refused(STATUS_DENIED, "symbolic link");
    fill_file("other", whole, (size_t)len);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink("other", path), 0);
    assert_refused(STATUS_DENIED, "symbolic link");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_refused(STATUS_IO, "head");
    assert_int_equal(rmdir(path), 0);
    scene_open(&scene); /* absent: made anew */
    scene_close(&scene);
    fd = open(scene_path(&scene, "head"), O_RDONLY | O_CLOEXEC);
    char again[200];
    assert_int_equal(read(fd, again, sizeof again), len);
    assert_memory_equal(again, whole, (size_t)len);
    (void)close(fd);
}

/* Who begins a folder marks it; nobody else opens it before it is finished, and the next one who
 * makes it begins anew. */
static void what_was_never_finished_is_refused(void **state)
{
    (void)state;
    const struct journal_options begin = {.create = true, .maker = "init"};
    const struct journal_options look = {.read_only = true};
    struct fault fault;
    struct verify_report report;
    scene.book = book_new(1);
    assert_true(status_ok(journal_open(scene.folder, &begin, &fault, &scene.journal)));
    scene_populate(&scene, 3);
    assert_int_equal(journal_verify(scene.folder, NULL, NULL, &fault, &report).code,
                     STATUS_CORRUPT);
    scene_close(&scene);
    assert_refused(STATUS_CORRUPT, "never finished: `bursar init` runs on it or was interrupted");
    assert_int_equal(journal_verify(scene.folder, NULL, NULL, &fault, &report).code,
                     STATUS_CORRUPT);
    assert_int_equal(journal_open(scene.folder, &look, &fault, &scene.journal).code,
                     STATUS_CORRUPT);
    assert_true(status_ok(journal_open(scene.folder, &begin, &fault, &scene.journal)));
    struct journal_head head;
    journal_head(scene.journal, &head);
    assert_int_equal(head.sequence, 0);
    scene_close(&scene);
    assert_true(status_ok(journal_made(scene.folder, &fault)));
    assert_true(status_ok(journal_verify(scene.folder, NULL, NULL, &fault, &report)));
    scene_open(&scene);
}

static void other_programs_files_are_left_alone(void **state)
{
    (void)state;
    char before[100] = "";
    char after[100] = "";
    scene_sql(&scene, "CREATE TABLE t (a); INSERT INTO t VALUES (1)");
    int fd = open(scene_path(&scene, "journal.db"), O_RDONLY | O_CLOEXEC);
    assert_int_equal(pread(fd, before, sizeof before, 0), sizeof before);
    assert_refused(STATUS_INVALID, "not a journal");
    assert_int_equal(pread(fd, after, sizeof after, 0), sizeof after);
    assert_memory_equal(before, after, sizeof before);
    (void)close(fd);
}

static void an_emptied_database_is_not_filled_in_silence(void **state)
{
    (void)state;
    struct fault fault;
    assert_true(
        status_ok(file_replace(scene_path(&scene, "journal.db"), SLICE_NONE, 0600, &fault)));
    assert_refused(STATUS_CORRUPT, "it is empty");
    scene_create(&scene); /* as after an init that was interrupted */
    scene_populate(&scene, 2);
    scene_close(&scene);
    scene_open(&scene);
}

/* A child that holds the journal open until it is killed. */
static pid_t start_owner(void)
{
    int ready[2];
    char byte;
    assert_int_equal(pipe(ready), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        scene_open(&scene);
        if (write(ready[1], "x", 1) != 1)
            _exit(1);
        for (;;)
            (void)pause();
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    (void)close(ready[0]);
    (void)close(ready[1]);
    return child;
}

static void one_process_owns_it_and_others_may_look(void **state)
{
    (void)state;
    char pid[32];
    struct verify_report report;
    struct fault fault;
    scene_create(&scene);
    scene_populate(&scene, 3);
    scene_close(&scene);
    pid_t child = start_owner();
    (void)snprintf(pid, sizeof pid, "process %ld ", (long)child);
    assert_refused(STATUS_BUSY, pid);
    assert_true(status_ok(journal_verify(scene.folder, NULL, NULL, &fault, &report)));
    assert_int_equal(report.members, 4);
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    scene_open(&scene);
}

static void an_older_copy_is_noticed(void **state)
{
    (void)state;
    scene_create(&scene);
    scene_populate(&scene, 3);
    scene_close(&scene);
    scene_copy_file(&scene, "journal.db", "backup");
    scene_copy_file(&scene, "head", "backup-head");
    scene_open(&scene);
    scene_make_top_ups(&scene, 4);
    scene_commit(&scene);
    scene_close(&scene);
    scene_copy_file(&scene, "journal.db", "newest");
    scene_copy_file(&scene, "backup", "journal.db");
    assert_refused(STATUS_CORRUPT, "put back to an older state");
    struct fault fault;
    struct verify_report report;
    assert_int_equal(journal_verify(scene.folder, NULL, NULL, &fault, &report).code,
                     STATUS_CORRUPT);
    scene_copy_file(&scene, "newest", "journal.db");
    scene_copy_file(&scene, "backup-head", "head"); /* as after power loss: behind is fine */
    scene_open(&scene);
    scene_close(&scene);
    scene_copy_file(&scene, "backup", "journal.db");
    assert_int_equal(unlink(scene_path(&scene, "head")), 0); /* given up on purpose */
    scene_open(&scene);
}

static void another_history_is_noticed(void **state)
{
    (void)state;
    scene_create(&scene);
    scene_populate(&scene, 3);
    scene_close(&scene);
    scene_copy_file(&scene, "head", "first-head");
    assert_int_equal(unlink(scene_path(&scene, "head")), 0);
    assert_int_equal(unlink(scene_path(&scene, "journal.db")), 0);
    scene_create(&scene);
    scene_populate(&scene, 4);
    scene_make_top_ups(&scene, 9);
    scene_commit(&scene);
    scene_close(&scene);
    scene_copy_file(&scene, "first-head", "head");
    assert_refused(STATUS_CORRUPT, "two journals");
}

/* A row that is not ours at the end of the table. */
static void a_batch_whose_place_is_taken_is_not_appended(void **state)
{
    (void)state;
    struct fault fault;
    struct journal_head before, after;
    scene_create(&scene);
    scene_populate(&scene, 3);
    journal_head(scene.journal, &before);
    scene_sql(&scene, "INSERT INTO entry (stream, bodies) SELECT 0, x'01' FROM batch "
                      "WHERE last_sequence = (SELECT max(last_sequence) FROM batch)");
    scene_make_top_ups(&scene, 40);
    assert_int_equal(scene_try_commit(&scene, &fault).code, STATUS_UNKNOWN);
    assert_non_null(strstr(fault.text, "entry.first_sequence"));
    journal_head(scene.journal, &after);
    assert_int_equal(after.sequence, before.sequence);
    scene_close(&scene);
    scene_sql(&scene, "DELETE FROM entry WHERE bodies = x'01'");
    scene_open(&scene);
    scene_verify(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(everything_is_there_again, setup, teardown),
        cmocka_unit_test_setup_teardown(an_empty_journal_is_fine, setup, teardown),
        cmocka_unit_test_setup_teardown(a_fuzzy_checkpoint_loads_to_the_same_book, setup, teardown),
        cmocka_unit_test_setup_teardown(entries_are_read_from_anywhere, setup, teardown),
        cmocka_unit_test_setup_teardown(the_log_is_folded_back, setup, teardown),
        cmocka_unit_test_setup_teardown(nobody_else_reads_the_files, setup, teardown),
        cmocka_unit_test_setup_teardown(absent_journals_are_named, setup, teardown),
        cmocka_unit_test_setup_teardown(other_versions_and_other_files_are_refused, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_head_that_cannot_be_read_is_an_error, setup, teardown),
        cmocka_unit_test_setup_teardown(what_was_never_finished_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(other_programs_files_are_left_alone, setup, teardown),
        cmocka_unit_test_setup_teardown(an_emptied_database_is_not_filled_in_silence, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(one_process_owns_it_and_others_may_look, setup, teardown),
        cmocka_unit_test_setup_teardown(an_older_copy_is_noticed, setup, teardown),
        cmocka_unit_test_setup_teardown(another_history_is_noticed, setup, teardown),
        cmocka_unit_test_setup_teardown(a_batch_whose_place_is_taken_is_not_appended, setup,
                                        teardown),
    };
    return cmocka_run_group_tests_name("sqlite", tests, NULL, NULL);
}
