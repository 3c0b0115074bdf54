/* A full disk: a real one, a small tmpfs in a mount namespace of a child's own. What does not fit
 * did not happen; what is there can be read; with room again, writing goes on. */
#include "scene.h"

#include "sys/file.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NOT_PERMITTED = 77, REQUESTS = 2000 };

static struct scene scene;

static bool mount_small_disk(void)
{
    return unshare(CLONE_NEWNS) == 0 && mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
           mount("tmpfs", scene.folder, "tmpfs", 0, "size=4m,mode=700") == 0;
}

static void put_ballast(void)
{
    struct fault fault;
    char *bytes = calloc(1, 600000);
    assert_non_null(bytes);
    struct status status =
        file_replace(scene_path(&scene, "ballast"), slice_of(bytes, 600000), 0600, &fault);
    assert_true(status_ok(status));
    free(bytes);
}

static void fill_until_full(void)
{
    struct fault fault;
    struct status status = STATUS_DONE;
    for (int i = 0; i < 2000 && status_ok(status); i++) {
        bool more;
        scene_make_top_ups(&scene, 100);
        status = scene_try_commit(&scene, &fault);
        if (status_ok(status) && i % 16 == 0)
            (void)!status_ok(journal_checkpoint(scene.journal, scene.book, 10, &fault, &more));
    }
    assert_int_equal(status.code, STATUS_FULL);
    assert_true(strlen(fault.text) > 0);
}

/* The book of this process and that of a fresh start are the same. */
static void assert_durable(void)
{
    const struct journal_options options = {.read_only = true};
    struct journal *journal = NULL;
    struct fault fault;
    struct book *book = book_new(3);
    assert_true(status_ok(journal_open(scene.folder, &options, &fault, &journal)));
    assert_true(status_ok(journal_load(journal, book, &fault)));
    assert_true(scene_same_book(book, scene.book));
    journal_close(journal);
    book_free(book);
}

static void make_requests(void)
{
    for (int i = 0; i < REQUESTS; i++) {
        scene_make_top_ups(&scene, 1);
        scene_make_request(&scene, 1);
        if (i % 50 == 49)
            scene_commit(&scene);
    }
}

static void find_requests(void)
{
    for (uint32_t i = 0; i < scene.request_count; i++) {
        unsigned char token[DIGEST_BYTES];
        scene_token(i, token);
        assert_int_equal(scene_find_request(&scene, token), scene.requests[i]);
    }
}

/* A run of tokens that finds no room is tried again, and loses nothing. */
static void try_to_write_runs(void)
{
    scene_hand_requests_over(&scene);
    assert_true(book_aside_sequence(scene.book) > 0);
    for (int i = 0; i < 20; i++) {
        struct fault fault;
        struct status status = journal_tend(scene.journal, scene.book, &fault);
        assert_true(status_ok(status) || status.code == STATUS_FULL);
    }
    find_requests();
}

static void fill_free_and_go_on(void)
{
    struct fault fault;
    scene.requests_due = REQUESTS;
    scene_create(&scene);
    scene_populate(&scene, 20);
    put_ballast();
    make_requests();
    fill_until_full();
    uint64_t entries = scene.entry_count;
    assert_true(entries > 1000);
    assert_durable();
    try_to_write_runs();
    for (int i = 0; i < 20; i++) {
        scene_make_top_ups(&scene, 1000);
        assert_int_equal(scene_try_commit(&scene, &fault).code, STATUS_FULL);
    }
    assert_int_equal(book_sequence(scene.book), entries);
    assert_int_equal(unlink(scene_path(&scene, "ballast")), 0);
    scene_make_top_ups(&scene, 100);
    scene_commit(&scene);
    assert_int_equal(book_sequence(scene.book), entries + 100);
    assert_durable();
    scene_checkpoint(&scene, 100);
    assert_int_equal(book_request_count(scene.book), 0);
    find_requests();
    scene_close(&scene);
    scene_open(&scene);
    assert_int_equal(scene.entry_count, entries + 100);
    find_requests();
    scene_verify(&scene);
    scene_close(&scene);
}

static void a_full_disk_refuses_and_recovers(void **state)
{
    (void)state;
    int code;
    scene_begin(&scene);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (!mount_small_disk())
            _exit(NOT_PERMITTED);
        fill_free_and_go_on();
        _exit(0);
    }
    assert_int_equal(waitpid(child, &code, 0), child);
    scene_end(&scene);
    if (WIFEXITED(code) && WEXITSTATUS(code) == NOT_PERMITTED)
        skip();
    assert_int_equal(code, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_full_disk_refuses_and_recovers)};
    return cmocka_run_group_tests_name("full", tests, NULL, NULL);
}
