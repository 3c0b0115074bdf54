/* Every store keeps the same promises (store.h): each test runs over all of them. What is put in is
 * made up: a store looks into nothing. */
#include "store/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BYTES_MAX = 3000 };

struct world {
    char folder[40];
    struct store *store;
    uint64_t sequence; /* added last */
    struct fault fault;
};

static struct store *open_folder(struct world *world)
{
    const struct store_options options = {.create = true};
    struct store *store = NULL;
    (void)snprintf(world->folder, sizeof world->folder, "/tmp/bursar-store-XXXXXX");
    assert_non_null(mkdtemp(world->folder));
    assert_true(status_ok(store_open(world->folder, &options, &world->fault, &store)));
    return store;
}

static struct store *open_memory(struct world *world)
{
    (void)world;
    return store_open_memory();
}

/* ---------------------------------------------------------------------------------------------- */

/* Of any length that fits, so that some share a row and some need one of their own; none begins as
 * several do. */
static struct slice bytes_of(uint64_t sequence, char bytes[BYTES_MAX])
{
    size_t len = 1 + sequence * 37 % (sequence % 11 == 0 ? BYTES_MAX - 1 : 200);
    memset(bytes, (int)(1 + sequence % 100), len);
    return slice_of(bytes, len);
}

static enum store_index index_of(uint64_t sequence)
{
    return sequence % 7 == 0 ? INDEX_REGISTRY : sequence % 5 == 0 ? INDEX_REQUEST : INDEX_NONE;
}

static void add(struct world *world, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        char bytes[BYTES_MAX];
        unsigned char leaf[32];
        uint64_t sequence = ++world->sequence;
        memset(leaf, (int)(sequence % 256), sizeof leaf);
        const struct store_entry entry = {.sequence = sequence,
                                          .bytes = bytes_of(sequence, bytes),
                                          .index = index_of(sequence),
                                          .leaf = leaf,
                                          .marked = sequence % 2 == 0,
                                          .prefix = sequence * UINT64_C(0x9E3779B97F4A7C15)};
        assert_true(status_ok(world->store->ops->add(world->store, &entry, &world->fault)));
    }
}

/* What lies behind the head `before`, and in no batch yet. */
static struct batch end_batch(struct world *world, const struct batch *before)
{
    struct batch batch = {.number = before->number + 1,
                          .first_sequence = before->last_sequence + 1,
                          .last_sequence = world->sequence,
                          .time_us = (int64_t)world->sequence * 10};
    memset(batch.hash, (int)batch.number, sizeof batch.hash);
    memset(batch.root, (int)(batch.number + 1), sizeof batch.root);
    batch.tokens.count = batch.number * 3;
    assert_true(status_ok(world->store->ops->end_batch(world->store, &batch, &world->fault)));
    return batch;
}

static void begin(struct world *world)
{
    assert_true(status_ok(world->store->ops->begin(world->store, &world->fault)));
}

static void commit(struct world *world)
{
    assert_true(status_ok(world->store->ops->commit(world->store, &world->fault)));
}

/* `batches` batches of 100 entries. */
static struct batch fill(struct world *world, uint32_t batches)
{
    struct batch last = {0};
    for (uint32_t i = 0; i < batches; i++) {
        begin(world);
        add(world, 100);
        last = end_batch(world, &last);
        commit(world);
    }
    return last;
}

/* All rows from `from` to `to` of a table with numbers, held against what was added. */
static uint64_t check_rows(struct store *store, enum store_table table, uint64_t from, uint64_t to)
{
    uint64_t count = 0;
    bool found = true;
    store->ops->rows_begin(store, table, from, to);
    for (uint64_t next = from;; next++) {
        enum store_index index = index_of(next);
        char bytes[BYTES_MAX];
        struct store_row row;
        struct fault fault;
        if (next <= to && next <= store->head.sequence &&
            ((table == STORE_REGISTRY && index != INDEX_REGISTRY) ||
             (table == STORE_REQUESTS && index != INDEX_REQUEST)))
            continue;
        assert_true(status_ok(store->ops->rows_next(store, table, &fault, &found, &row)));
        if (!found)
            break;
        assert_true(next <= to);
        assert_int_equal(row.numbers[0], next);
        if (table != STORE_REQUESTS)
            assert_true(slice_equal(row.body, bytes_of(next, bytes)));
        if (table == STORE_REGISTRY) {
            assert_int_equal(row.text.len, 32);
            assert_int_equal((unsigned char)row.text.at[31], next % 256);
        }
        if (table == STORE_REQUESTS) {
            assert_int_equal(row.is_null, next % 2 != 0);
            if (!row.is_null)
                assert_true(row.numbers[1] == next * UINT64_C(0x9E3779B97F4A7C15));
        }
        count++;
    }
    store->ops->rows_end(store, table);
    return count;
}

static void check_all(struct store *store)
{
    uint64_t last = store->head.sequence;
    uint64_t requests = last / 5 - last / 35;
    assert_int_equal(check_rows(store, STORE_ENTRIES, 1, UINT64_MAX), last);
    assert_int_equal(check_rows(store, STORE_REGISTRY, 1, UINT64_MAX), last / 7);
    assert_int_equal(check_rows(store, STORE_REQUESTS, 1, UINT64_MAX), requests);
}

static void what_was_put_in_comes_out(void **state)
{
    struct world *world = *state;
    struct store *store = world->store;
    struct slice bytes;
    char expected[BYTES_MAX];
    assert_int_equal(store->head.sequence, 0);
    check_all(store);
    struct batch last = fill(world, 12);
    assert_int_equal(store->head.sequence, 1200);
    assert_int_equal(store->head.batches, 12);
    assert_memory_equal(store->head.hash, last.hash, sizeof last.hash);
    check_all(store);
    assert_int_equal(check_rows(store, STORE_ENTRIES, 777, UINT64_MAX), 424);
    assert_int_equal(check_rows(store, STORE_REGISTRY, 8, 700), 99);
    assert_int_equal(check_rows(store, STORE_REQUESTS, 6, 34), 5);
    for (uint64_t sequence = 1; sequence <= 1200; sequence += 13) {
        struct status status = store->ops->find_entry(store, sequence, &world->fault, &bytes);
        assert_true(status_ok(status));
        assert_true(slice_equal(bytes, bytes_of(sequence, expected)));
    }
}

static void batches_are_found(void **state)
{
    struct world *world = *state;
    struct store *store = world->store;
    struct batch batch;
    struct store_row row;
    bool found = true;
    (void)fill(world, 9);
    assert_true(status_ok(store->ops->find_batch(store, 4, &world->fault, &batch)));
    assert_int_equal(batch.first_sequence, 301);
    assert_int_equal(batch.time_us, 4000);
    assert_int_equal(batch.tokens.count, 12);
    assert_int_equal(store->ops->find_batch(store, 10, &world->fault, &batch).code, STATUS_CORRUPT);
    assert_true(status_ok(store_find_batch_ending(store, 700, &world->fault, &batch)));
    assert_int_equal(batch.number, 7);
    assert_int_equal(store_find_batch_ending(store, 701, &world->fault, &batch).code,
                     STATUS_CORRUPT);
    store->ops->rows_begin(store, STORE_BATCHES, 5, UINT64_MAX);
    for (uint64_t number = 5; number <= 9; number++) {
        assert_true(
            status_ok(store->ops->rows_next(store, STORE_BATCHES, &world->fault, &found, &row)));
        assert_true(found && row.whole);
        assert_int_equal(row.batch->number, number);
    }
    assert_true(
        status_ok(store->ops->rows_next(store, STORE_BATCHES, &world->fault, &found, &row)));
    assert_false(found);
    store->ops->rows_end(store, STORE_BATCHES);
}

static void what_is_undone_was_never_there(void **state)
{
    struct world *world = *state;
    struct batch last = fill(world, 3);
    for (uint32_t count = 1; count < 5000; count *= 7) {
        begin(world);
        add(world, count);
        if (count % 2 == 1)
            (void)end_batch(world, &last);
        assert_true(status_ok(world->store->ops->undo(world->store, &world->fault)));
        world->sequence = last.last_sequence;
        assert_int_equal(world->store->head.sequence, 300);
        check_all(world->store);
    }
    begin(world);
    add(world, 50);
    (void)end_batch(world, &last);
    commit(world);
    assert_int_equal(world->store->head.batches, 4);
    check_all(world->store);
}

/* Several batches may become durable together: all of a dump, or nothing. */
static void batches_are_committed_together(void **state)
{
    struct world *world = *state;
    struct batch last = {0};
    begin(world);
    for (int i = 0; i < 20; i++) {
        add(world, 70);
        last = end_batch(world, &last);
        assert_int_equal(world->store->head.sequence, 0);
    }
    commit(world);
    assert_int_equal(world->store->head.batches, 20);
    check_all(world->store);
}

static void a_reader_sees_one_moment(void **state)
{
    struct world *world = *state;
    struct store *reader = NULL;
    struct batch last = fill(world, 2);
    assert_true(status_ok(world->store->ops->open_reader(world->store, &world->fault, &reader)));
    assert_true(status_ok(reader->ops->snapshot_begin(reader, &world->fault)));
    begin(world);
    add(world, 100);
    last = end_batch(world, &last);
    check_all(reader);
    commit(world);
    assert_int_equal(reader->head.sequence, 200);
    check_all(reader);
    reader->ops->snapshot_end(reader);
    assert_true(status_ok(reader->ops->snapshot_begin(reader, &world->fault)));
    assert_int_equal(reader->head.sequence, 300);
    check_all(reader);
    reader->ops->snapshot_end(reader);
    reader->ops->close(reader);
}

static uint64_t count_members(struct store *store, const char *expected)
{
    struct store_row row;
    struct fault fault;
    uint64_t count = 0;
    bool found = true;
    store->ops->rows_begin(store, STORE_MEMBERS, 0, UINT64_MAX);
    for (;; count++) {
        assert_true(status_ok(store->ops->rows_next(store, STORE_MEMBERS, &fault, &found, &row)));
        if (!found)
            break;
        assert_true(row.whole && slice_equal(row.body, slice_of(expected, strlen(expected))));
    }
    store->ops->rows_end(store, STORE_MEMBERS);
    return count;
}

static void put_members(struct world *world, const char *body, uint32_t count)
{
    for (uint32_t next = 0; next < count; next += STORE_PUT_AT_ONCE) {
        struct store_row rows[STORE_PUT_AT_ONCE] = {0};
        char names[STORE_PUT_AT_ONCE][12];
        uint32_t some = count - next < STORE_PUT_AT_ONCE ? count - next : STORE_PUT_AT_ONCE;
        for (uint32_t i = 0; i < some; i++) {
            int len = snprintf(names[i], sizeof names[i], "%u", 1000 + next + i);
            rows[i].numbers[0] = 1;
            rows[i].text = slice_of(names[i], (size_t)len);
            rows[i].body = slice_of(body, strlen(body));
        }
        assert_true(status_ok(
            world->store->ops->put(world->store, STORE_MEMBERS, rows, some, &world->fault)));
    }
}

/* Where there is a next start, its rows are kept: the newest of a key, and only what was committed.
 */
static void rows_replace_rows(void **state)
{
    struct world *world = *state;
    struct store *store = world->store;
    struct store_row row;
    bool found = false;
    if (!store->ops->put) {
        assert_int_equal(count_members(store, ""), 0);
        return;
    }
    (void)fill(world, 1);
    begin(world);
    put_members(world, "first", 21);
    commit(world);
    assert_int_equal(count_members(store, "first"), 21);
    begin(world);
    put_members(world, "undone", 30);
    assert_true(status_ok(store->ops->undo(store, &world->fault)));
    assert_int_equal(count_members(store, "first"), 21);
    begin(world);
    put_members(world, "second", 21);
    const struct store_row mark = {.numbers = {1, 100, 1000}};
    assert_true(status_ok(store->ops->put(store, STORE_MARK, &mark, 1, &world->fault)));
    commit(world);
    assert_int_equal(count_members(store, "second"), 21);
    assert_true(status_ok(
        store->ops->find_member(store, 1, slice_of("1020", 4), &world->fault, &found, &row)));
    assert_true(found && slice_equal(row.body, slice_of("second", 6)));
    assert_true(
        status_ok(store_find_row(store, STORE_MARK, 0, UINT64_MAX, &world->fault, &found, &row)));
    assert_true(found);
    assert_int_equal(row.numbers[1], 100);
    assert_int_equal(store->head.sequence, 100);
}

/* ---------------------------------------------------------------------------------------------- */

static int teardown(void **state)
{
    struct world *world = *state;
    char command[80];
    world->store->ops->close(world->store);
    (void)snprintf(command, sizeof command, "rm -rf '%s'", world->folder);
    int code = world->folder[0] ? system(command) : 0;
    free(world);
    return code;
}

static int set_up(void **state, struct store *(*open)(struct world *world))
{
    struct world *world = calloc(1, sizeof *world);
    assert_non_null(world);
    world->store = open(world);
    assert_non_null(world->store);
    *state = world;
    return 0;
}

static int in_a_folder(void **state)
{
    return set_up(state, open_folder);
}

static int in_memory(void **state)
{
    return set_up(state, open_memory);
}

#define TESTS(setup)                                                                               \
    cmocka_unit_test_setup_teardown(what_was_put_in_comes_out, setup, teardown),                   \
        cmocka_unit_test_setup_teardown(batches_are_found, setup, teardown),                       \
        cmocka_unit_test_setup_teardown(what_is_undone_was_never_there, setup, teardown),          \
        cmocka_unit_test_setup_teardown(batches_are_committed_together, setup, teardown),          \
        cmocka_unit_test_setup_teardown(a_reader_sees_one_moment, setup, teardown),                \
        cmocka_unit_test_setup_teardown(rows_replace_rows, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {TESTS(in_a_folder), TESTS(in_memory)};
    return cmocka_run_group_tests_name("stores", tests, NULL, NULL);
}
