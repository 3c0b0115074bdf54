/* Entries in rows: what is written, and that readers take any division of entries into rows. The
 * test divides anew with an encoder of its own. */
#include "scene.h"

#include "journal/history.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROW_BYTES_MAX = 1300, ENTRIES_MAX = 4000 };

static struct scene scene;

/* The entries' bytes, copied before they are divided anew. */
static struct slice entries[ENTRIES_MAX];
static uint64_t entry_count;

static int setup(void **state)
{
    (void)state;
    scene_begin(&scene);
    entry_count = 0;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < entry_count; i++)
        free((void *)(uintptr_t)entries[i].at);
    scene_end(&scene);
    return 0;
}

static bool keep_bytes(void *context, uint64_t sequence, struct slice bytes)
{
    (void)context;
    assert_int_equal(sequence, entry_count + 1);
    assert_true(entry_count < ENTRIES_MAX);
    char *copy = malloc(bytes.len);
    assert_non_null(copy);
    memcpy(copy, bytes.at, bytes.len);
    entries[entry_count++] = slice_of(copy, bytes.len);
    return true;
}

/* Batches of 1 to 400 entries, with keys and requests between. */
static void populate(void)
{
    struct fault fault;
    scene_create(&scene);
    scene_populate(&scene, 10);
    for (uint32_t i = 0; i < 30; i++) {
        scene_make_top_ups(&scene, i % 7 == 6 ? 400 : 1 + i);
        if (i % 3 == 0)
            scene_make_request(&scene, 1);
        if (i % 5 == 0)
            scene_make_key(&scene, 1);
        scene_commit(&scene);
    }
    assert_true(status_ok(journal_read(scene.journal, 1, keep_bytes, NULL, &fault)));
    scene_close(&scene);
}

static size_t put_length(unsigned char *at, size_t length)
{
    size_t count = 0;
    for (; length >= 0x80; length >>= 7)
        at[count++] = (unsigned char)(length | 0x80);
    at[count++] = (unsigned char)length;
    return count;
}

static void insert_row(sqlite3 *db, uint64_t first, uint64_t count)
{
    static unsigned char body[1 << 20];
    sqlite3_stmt *insert = NULL;
    size_t len = 0;
    if (count > 1)
        body[len++] = 0;
    for (uint64_t i = first; i < first + count; i++) {
        struct slice bytes = entries[i - 1];
        if (count > 1)
            len += put_length(body + len, bytes.len);
        assert_true(len + bytes.len <= sizeof body);
        memcpy(body + len, bytes.at, bytes.len);
        len += bytes.len;
    }
    assert_int_equal(
        sqlite3_prepare_v2(db, "INSERT INTO entry VALUES (?1, 0, ?2)", -1, &insert, NULL),
        SQLITE_OK);
    assert_int_equal(sqlite3_bind_int64(insert, 1, (int64_t)first), SQLITE_OK);
    assert_int_equal(sqlite3_bind_blob(insert, 2, body, (int)len, SQLITE_STATIC), SQLITE_OK);
    assert_int_equal(sqlite3_step(insert), SQLITE_DONE);
    assert_int_equal(sqlite3_finalize(insert), SQLITE_OK);
}

/* The entry that begins the registry's next row at or behind `sequence`, or one behind the last. */
static uint64_t next_registry(uint64_t sequence)
{
    char sql[100];
    (void)snprintf(sql, sizeof sql,
                   "SELECT coalesce(min(sequence), %d) FROM registry WHERE sequence >= %d",
                   (int)entry_count + 1, (int)sequence);
    return (uint64_t)scene_number(&scene, sql);
}

/* `size` entries a row; those of the registry alone. */
static void divide(uint64_t size)
{
    sqlite3 *db = scene_database(&scene);
    assert_int_equal(sqlite3_exec(db, "BEGIN; DELETE FROM entry", NULL, NULL, NULL), SQLITE_OK);
    for (uint64_t first = 1; first <= entry_count;) {
        uint64_t registry = next_registry(first);
        uint64_t left = registry == first ? 1 : registry - first;
        uint64_t count = left < size ? left : size;
        insert_row(db, first, count);
        first += count;
    }
    assert_int_equal(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* One by one as from the first. */
static void assert_all_found(void)
{
    struct history *history = NULL;
    struct fault fault;
    assert_true(status_ok(history_open(scene.journal, &fault, &history)));
    assert_true(status_ok(history_begin(history, &fault)));
    for (uint64_t sequence = entry_count; sequence > 0; sequence--) {
        struct slice bytes;
        assert_true(status_ok(history_bytes(history, sequence, &fault, &bytes)));
        assert_true(slice_equal(bytes, entries[sequence - 1]));
    }
    history_close(history);
}

static bool compare_bytes(void *context, uint64_t sequence, struct slice bytes)
{
    uint64_t *expected = context;
    assert_int_equal(sequence, (*expected)++);
    assert_true(slice_equal(bytes, entries[sequence - 1]));
    return true;
}

static void assert_read_from_anywhere(void)
{
    struct fault fault;
    for (uint64_t first = 1; first <= entry_count + 1; first += 37) {
        uint64_t next = first;
        assert_true(status_ok(journal_read(scene.journal, first, compare_bytes, &next, &fault)));
        assert_int_equal(next, entry_count + 1);
    }
}

static void any_division_reads_the_same(void **state)
{
    (void)state;
    static const uint64_t sizes[] = {1, 2, 3, 7, 50, ENTRIES_MAX};
    populate();
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        divide(sizes[i]);
        scene_open(&scene);
        scene_verify(&scene);
        assert_all_found();
        assert_read_from_anywhere();
        scene_close(&scene);
    }
}

static void entries_share_rows_and_those_of_the_registry_do_not(void **state)
{
    (void)state;
    populate();
    assert_int_equal(scene_number(&scene, "SELECT count(*) FROM registry LEFT JOIN entry "
                                          "ON first_sequence = sequence "
                                          "WHERE bodies IS NULL OR substr(bodies, 1, 1) = x'00'"),
                     0);
    assert_in_range(scene_number(&scene, "SELECT count(*) FROM entry"), 1,
                    (int64_t)entry_count / 10);
    assert_in_range(scene_number(&scene, "SELECT max(length(bodies)) FROM entry"),
                    ROW_BYTES_MAX / 2, ROW_BYTES_MAX);
    assert_int_equal(scene_number(&scene, "SELECT count(*) FROM batch LEFT JOIN entry "
                                          "ON entry.first_sequence = batch.first_sequence "
                                          "WHERE bodies IS NULL"),
                     0);
}

/* A reason may be as long as most of a row. */
static void a_long_entry_is_kept_whole(void **state)
{
    (void)state;
    char reason[1024];
    memset(reason, 'x', sizeof reason);
    scene_create(&scene);
    scene_populate(&scene, 3);
    for (uint32_t i = 0; i < 9; i++) {
        scene_make_top_ups(&scene, i);
        scene_make_top_up(&scene, 1);
        scene_newest(&scene)->text = slice_of(reason, sizeof reason);
        scene_make_top_ups(&scene, 9 - i);
        scene_commit(&scene);
    }
    scene_close(&scene);
    scene_open(&scene);
    scene_verify(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(any_division_reads_the_same, setup, teardown),
        cmocka_unit_test_setup_teardown(entries_share_rows_and_those_of_the_registry_do_not, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_long_entry_is_kept_whole, setup, teardown),
    };
    return cmocka_run_group_tests_name("rows", tests, NULL, NULL);
}
