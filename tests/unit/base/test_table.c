/* Tables against a plain search: everything added is found, nothing else is, also with hashes that
 * fall together. */
#include "base/table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

enum { COUNT = 20000 };

/* The owner: the hash of each item. */
static uint64_t hash_of(const void *owner, uint32_t item)
{
    const uint64_t *hashes = owner;
    return hashes[item];
}

static bool holds(const struct table *table, uint64_t hash, uint32_t item)
{
    struct table_probe probe;
    for (uint32_t i = table_first(table, hash, &probe); i != TABLE_NONE;
         i = table_next(table, &probe))
        if (i == item)
            return true;
    return false;
}

static void expect_all_found(uint64_t (*make_hash)(uint32_t item), uint32_t count)
{
    uint64_t *hashes = calloc(count, sizeof *hashes);
    struct table table;
    assert_non_null(hashes);
    table_init(&table, hashes, hash_of);
    for (uint32_t i = 0; i < count; i++) {
        hashes[i] = make_hash(i);
        assert_false(holds(&table, hashes[i], i));
        assert_true(table_add(&table, hashes[i], i));
    }
    for (uint32_t i = 0; i < count; i++) {
        assert_true(holds(&table, hashes[i], i));
        assert_false(holds(&table, hashes[i], count));
    }
    table_done(&table);
    free(hashes);
}

/* Every other one goes, also out of crowds; the rest is found, and what comes back too. */
static void expect_removal(uint64_t (*make_hash)(uint32_t item), uint32_t count)
{
    uint64_t *hashes = calloc(count, sizeof *hashes);
    struct table table;
    assert_non_null(hashes);
    table_init(&table, hashes, hash_of);
    for (uint32_t i = 0; i < count; i++) {
        hashes[i] = make_hash(i);
        assert_true(table_add(&table, hashes[i], i));
    }
    for (uint32_t i = 0; i < count; i += 2)
        table_remove(&table, hashes[i], i);
    for (uint32_t i = 0; i < count; i++)
        assert_int_equal(holds(&table, hashes[i], i), i % 2);
    for (uint32_t i = 0; i < count; i += 2)
        assert_true(table_add(&table, hashes[i], i));
    for (uint32_t i = 0; i < count; i++) {
        assert_true(holds(&table, hashes[i], i));
        table_remove(&table, hashes[i], i);
    }
    assert_int_equal(table.used, 0);
    table_done(&table);
    free(hashes);
}

static uint64_t mixed(uint32_t item)
{
    uint64_t hash = (item + 1) * UINT64_C(0x9E3779B97F4A7C15);
    return hash ^ hash >> 29;
}

static uint64_t crowded(uint32_t item)
{
    return item % 7;
}

static uint64_t same_start(uint32_t item)
{
    return (uint64_t)item << 32;
}

static void what_is_removed_leaves_no_trace(void **state)
{
    (void)state;
    expect_removal(mixed, COUNT);
    expect_removal(crowded, 1000);
    expect_removal(same_start, 500);
}

static void all_items_are_found(void **state)
{
    (void)state;
    expect_all_found(mixed, COUNT);
    expect_all_found(crowded, 1000);
    expect_all_found(same_start, 1000);
}

static void an_empty_table_holds_nothing(void **state)
{
    struct table table;
    (void)state;
    table_init(&table, NULL, hash_of);
    assert_false(holds(&table, 1, 0));
    table_done(&table);
    table_done(&table);
}

static void reserving_makes_room(void **state)
{
    uint64_t hashes[1000] = {0};
    struct table table;
    (void)state;
    table_init(&table, hashes, hash_of);
    assert_true(table_reserve(&table, 1000));
    const struct table_slot *slots = table.slots;
    for (uint32_t i = 0; i < 1000; i++) {
        hashes[i] = mixed(i);
        assert_true(table_add(&table, hashes[i], i));
    }
    assert_ptr_equal(table.slots, slots);
    table_done(&table);
}

/* After many items and after few, again and again; what was there is not found, what is added is.
 */
static void a_cleared_table_holds_nothing(void **state)
{
    uint64_t hashes[20000] = {0};
    struct table table;
    (void)state;
    table_init(&table, hashes, hash_of);
    for (uint32_t i = 0; i < 20000; i++)
        hashes[i] = mixed(i);
    for (uint32_t round = 0; round < 6; round++) {
        uint32_t count = round % 2 ? 3 : 20000;
        for (uint32_t i = 0; i < count; i++)
            assert_true(table_add(&table, hashes[i], i));
        for (uint32_t i = 0; i < count; i++)
            assert_true(holds(&table, hashes[i], i));
        table_clear(&table);
        for (uint32_t i = 0; i < count; i++)
            assert_false(holds(&table, hashes[i], i));
    }
    table_done(&table);
    table_clear(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_items_are_found),
        cmocka_unit_test(what_is_removed_leaves_no_trace),
        cmocka_unit_test(an_empty_table_holds_nothing),
        cmocka_unit_test(reserving_makes_room),
        cmocka_unit_test(a_cleared_table_holds_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
