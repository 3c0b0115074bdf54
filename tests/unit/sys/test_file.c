/* sys/file.h: what a user meets: whole files, replaced files, owned folders. */
#include "sys/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATH_SIZE = 300 };

static char folder[64];

static int setup(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof folder, "/tmp/bursar-file-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    char command[PATH_SIZE];
    (void)snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

static const char *in_folder(const char *name)
{
    static char path[PATH_SIZE];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static unsigned count_files(void)
{
    unsigned count = 0;
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    for (struct dirent *item = readdir(dir); item; item = readdir(dir))
        count += item->d_name[0] != '.';
    (void)closedir(dir);
    return count;
}

static void replaces_and_reads_back(void **state)
{
    (void)state;
    struct fault fault;
    const char *path = in_folder("a");
    assert_true(status_ok(file_replace(path, SLICE("first"), 0640, &fault)));
    assert_true(status_ok(file_replace(path, SLICE("second\0with a zero"), 0600, &fault)));
    struct stat about;
    assert_int_equal(stat(path, &about), 0);
    assert_int_equal(about.st_mode & 0777, 0600);
    struct buffer text;
    buffer_init(&text, 1000);
    assert_true(status_ok(file_read(path, &text, &fault)));
    assert_true(slice_equal(buffer_slice(&text), SLICE("second\0with a zero")));
    buffer_done(&text);
    assert_int_equal(count_files(), 1);
}

static void a_failed_replace_leaves_the_old_file_alone(void **state)
{
    (void)state;
    struct fault fault;
    assert_int_equal(mkdir(in_folder("taken"), 0700), 0);
    struct status status = file_replace(in_folder("taken"), SLICE("x"), 0600, &fault);
    assert_false(status_ok(status));
    assert_non_null(strstr(fault.text, "taken"));
    assert_int_equal(count_files(), 1);
    status = file_replace(in_folder("missing/a"), SLICE("x"), 0600, &fault);
    assert_int_equal(status.code, STATUS_NOT_FOUND);
}

static void the_ceiling_is_exact(void **state)
{
    (void)state;
    struct fault fault;
    const char *path = in_folder("ten");
    assert_true(status_ok(file_replace(path, SLICE("0123456789"), 0600, &fault)));
    for (size_t size_max = 0; size_max < 20; size_max++) {
        struct buffer text;
        buffer_init(&text, size_max);
        struct status status = file_read(path, &text, &fault);
        assert_int_equal(status.code, size_max < 10 ? STATUS_INVALID : STATUS_OK);
        buffer_done(&text);
    }
    assert_int_equal(file_read(in_folder("none"), NULL, &fault).code, STATUS_NOT_FOUND);
    assert_non_null(strstr(fault.text, "none"));
}

static void syncs_what_is_there(void **state)
{
    (void)state;
    struct fault fault;
    assert_true(status_ok(file_replace(in_folder("a"), SLICE("x"), 0600, &fault)));
    assert_true(status_ok(file_sync(in_folder("a"), &fault)));
    assert_int_equal(file_sync(in_folder("b"), &fault).code, STATUS_NOT_FOUND);
}

static void reads_large_files_whole(void **state)
{
    (void)state;
    enum { SIZE = 300000 };
    struct fault fault;
    char *bytes = malloc(SIZE);
    assert_non_null(bytes);
    for (size_t i = 0; i < SIZE; i++)
        bytes[i] = (char)(i * 31 >> 3);
    assert_true(status_ok(file_replace(in_folder("big"), slice_of(bytes, SIZE), 0600, &fault)));
    struct buffer text;
    buffer_init(&text, SIZE + 1);
    assert_true(status_ok(file_read(in_folder("big"), &text, &fault)));
    assert_true(slice_equal(buffer_slice(&text), slice_of(bytes, SIZE)));
    buffer_done(&text);
    free(bytes);
}

static void creates_folders_once(void **state)
{
    (void)state;
    struct fault fault;
    assert_false(file_exists(in_folder("data")));
    assert_true(status_ok(folder_create(in_folder("data"), &fault)));
    assert_true(file_exists(in_folder("data")));
    assert_true(status_ok(folder_create(in_folder("data"), &fault)));
    assert_true(status_ok(file_replace(in_folder("plain"), SLICE(""), 0600, &fault)));
    assert_int_equal(folder_create(in_folder("plain"), &fault).code, STATUS_EXISTS);
    assert_int_equal(folder_create(in_folder("a/b"), &fault).code, STATUS_NOT_FOUND);
}

static void an_empty_folder_is_told_from_a_filled_one(void **state)
{
    (void)state;
    struct fault fault;
    bool is_empty = false;
    assert_true(status_ok(folder_is_empty(folder, &fault, &is_empty)));
    assert_true(is_empty);
    assert_true(status_ok(file_replace(in_folder(".hidden"), SLICE_NONE, 0600, &fault)));
    assert_true(status_ok(folder_is_empty(folder, &fault, &is_empty)));
    assert_false(is_empty);
    assert_true(status_ok(file_remove(in_folder(".hidden"), &fault)));
    assert_true(status_ok(folder_is_empty(folder, &fault, &is_empty)));
    assert_true(is_empty);
    assert_int_equal(folder_is_empty(in_folder("absent"), &fault, &is_empty).code,
                     STATUS_NOT_FOUND);
}

static void removing_what_is_not_there_is_fine(void **state)
{
    (void)state;
    struct fault fault;
    assert_true(status_ok(file_remove(in_folder("absent"), &fault)));
    assert_true(status_ok(folder_create(in_folder("inner"), &fault)));
    assert_false(status_ok(file_remove(in_folder("inner"), &fault)));
    assert_non_null(strstr(fault.text, "inner"));
}

static void a_note_is_rewritten_in_place(void **state)
{
    (void)state;
    struct fault fault;
    struct note note = {.fd = -1};
    assert_true(status_ok(note_open(in_folder("note"), &note, &fault)));
    note_write(&note, SLICE("one"));
    note_write(&note, SLICE("two"));
    note_close(&note);
    note_close(&note);
    struct buffer text;
    buffer_init(&text, 100);
    assert_true(status_ok(file_read(in_folder("note"), &text, &fault)));
    assert_true(slice_equal(buffer_slice(&text), SLICE("two")));
    buffer_done(&text);
    assert_int_equal(note_open(in_folder("a/b"), &note, &fault).code, STATUS_NOT_FOUND);
}

/* A file that may not grow beyond 2 bytes: "three" would be "thr" in front of what was there. */
static void a_torn_note_is_not_left_there(void **state)
{
    (void)state;
    struct fault fault;
    struct note note = {.fd = -1};
    struct rlimit old;
    assert_true(status_ok(note_open(in_folder("note"), &note, &fault)));
    note_write(&note, SLICE("first"));
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    const struct rlimit little = {.rlim_cur = 2, .rlim_max = old.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &little), 0);
    note_write(&note, SLICE("three"));
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    assert_false(file_is_named(in_folder("note")));
    note_close(&note);
}

static void a_link_that_leads_nowhere_has_a_name(void **state)
{
    (void)state;
    struct fault fault;
    assert_int_equal(symlink("none", in_folder("lost")), 0);
    assert_true(file_is_named(in_folder("lost")) && !file_exists(in_folder("lost")));
    assert_true(status_ok(file_remove_durably(in_folder("lost"), &fault)));
    assert_false(file_is_named(in_folder("lost")));
    assert_true(status_ok(file_remove_durably(in_folder("lost"), &fault)));
}

/* A child owns the folder until it is killed. */
static pid_t start_owner(void)
{
    int ready[2];
    assert_int_equal(pipe(ready), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct folder_lock lock;
        struct fault fault;
        if (!status_ok(folder_lock(folder, &lock, &fault)) || write(ready[1], "x", 1) != 1)
            _exit(1);
        for (;;)
            (void)pause();
    }
    char byte;
    assert_int_equal(read(ready[0], &byte, 1), 1);
    (void)close(ready[0]);
    (void)close(ready[1]);
    return child;
}

static void one_process_owns_a_folder(void **state)
{
    (void)state;
    struct fault fault;
    struct folder_lock lock = {-1};
    pid_t child = start_owner();
    assert_int_equal(folder_lock(folder, &lock, &fault).code, STATUS_BUSY);
    assert_int_equal(lock.fd, -1);
    char pid[32];
    (void)snprintf(pid, sizeof pid, "process %ld on ", (long)child);
    assert_non_null(strstr(fault.text, pid));
    assert_non_null(strstr(fault.text, folder));
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_true(status_ok(folder_lock(folder, &lock, &fault)));
    folder_unlock(&lock);
    folder_unlock(&lock);
    assert_int_equal(lock.fd, -1);
    assert_true(status_ok(folder_lock(folder, &lock, &fault)));
    folder_unlock(&lock);
}

static void no_folder_is_owned_that_others_may_write(void **state)
{
    (void)state;
    static const mode_t unsafe[] = {0777, 0770, 0720, 0702, 01777};
    struct fault fault;
    struct folder_lock lock = {-1};
    for (size_t i = 0; i < sizeof unsafe / sizeof *unsafe; i++) {
        assert_int_equal(chmod(folder, unsafe[i]), 0);
        assert_int_equal(folder_lock(folder, &lock, &fault).code, STATUS_DENIED);
        assert_non_null(strstr(fault.text, "chmod 700 "));
        assert_int_equal(folder_create(folder, &fault).code, STATUS_DENIED);
        assert_int_equal(count_files(), 0);
    }
    assert_int_equal(chmod(folder, 0755), 0);
    assert_true(status_ok(folder_lock(folder, &lock, &fault)));
    folder_unlock(&lock);
}

/* Each of those that are of a data folder; the one that is named by a user is followed. */
static void links_in_a_folder_are_not_followed(void **state)
{
    (void)state;
    struct fault fault;
    char target[PATH_SIZE], memory[64];
    struct buffer text;
    struct folder_lock lock = {-1};
    struct note note = {.fd = -1};
    (void)snprintf(target, sizeof target, "%s", in_folder("target"));
    assert_true(status_ok(file_replace(target, SLICE("what it was"), 0600, &fault)));
    assert_int_equal(symlink(target, in_folder("lock")), 0);
    const char *link = in_folder("lock");
    buffer_init_fixed(&text, memory, sizeof memory);
    assert_int_equal(folder_lock(folder, &lock, &fault).code, STATUS_DENIED);
    assert_non_null(strstr(fault.text, "is a symbolic link"));
    assert_int_equal(note_open(link, &note, &fault).code, STATUS_DENIED);
    assert_int_equal(file_read_own(link, &text, &fault).code, STATUS_DENIED);
    assert_int_equal(file_read_secret(link, false, &text, &fault).code, STATUS_DENIED);
    assert_int_equal(file_refuse_link(link, &fault).code, STATUS_DENIED);
    assert_true(status_ok(file_refuse_link(target, &fault)));
    assert_true(status_ok(file_refuse_link("/tmp/not-there/at-all", &fault)));
    assert_int_equal(text.len, 0);
    assert_true(status_ok(file_read_secret(link, true, &text, &fault)));
    assert_true(slice_equal(buffer_slice(&text), SLICE("what it was")));
}

static void a_secret_is_its_owners_alone(void **state)
{
    (void)state;
    struct fault fault;
    char memory[64];
    struct buffer text;
    const char *path = in_folder("secret");
    for (mode_t bit = 01; bit <= 040; bit <<= 1) {
        buffer_init_fixed(&text, memory, sizeof memory);
        assert_true(status_ok(file_replace(path, SLICE("hush"), 0600 | bit, &fault)));
        assert_int_equal(file_read_secret(path, false, &text, &fault).code, STATUS_DENIED);
        assert_non_null(strstr(fault.text, "chmod 600 "));
        assert_int_equal(text.len, 0);
    }
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(file_read_secret(path, false, &text, &fault).code, STATUS_DENIED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(replaces_and_reads_back, setup, teardown),
        cmocka_unit_test_setup_teardown(a_failed_replace_leaves_the_old_file_alone, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(the_ceiling_is_exact, setup, teardown),
        cmocka_unit_test_setup_teardown(syncs_what_is_there, setup, teardown),
        cmocka_unit_test_setup_teardown(reads_large_files_whole, setup, teardown),
        cmocka_unit_test_setup_teardown(creates_folders_once, setup, teardown),
        cmocka_unit_test_setup_teardown(an_empty_folder_is_told_from_a_filled_one, setup, teardown),
        cmocka_unit_test_setup_teardown(removing_what_is_not_there_is_fine, setup, teardown),
        cmocka_unit_test_setup_teardown(a_note_is_rewritten_in_place, setup, teardown),
        cmocka_unit_test_setup_teardown(a_torn_note_is_not_left_there, setup, teardown),
        cmocka_unit_test_setup_teardown(a_link_that_leads_nowhere_has_a_name, setup, teardown),
        cmocka_unit_test_setup_teardown(one_process_owns_a_folder, setup, teardown),
        cmocka_unit_test_setup_teardown(no_folder_is_owned_that_others_may_write, setup, teardown),
        cmocka_unit_test_setup_teardown(links_in_a_folder_are_not_followed, setup, teardown),
        cmocka_unit_test_setup_teardown(a_secret_is_its_owners_alone, setup, teardown),
    };
    return cmocka_run_group_tests_name("file", tests, NULL, NULL);
}
