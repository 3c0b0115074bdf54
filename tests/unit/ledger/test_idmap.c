/* The index from ids to places, held against a plain array. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ledger/idmap.h"

enum { KEYS = 4096 };

static uint64_t random_state;

static uint64_t random_below(uint64_t below)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (random_state >> 11) % below;
}

static void nothing_is_in_an_empty_one(void **state)
{
    (void)state;
    struct idmap map;
    idmap_init(&map, 5);
    for (uint64_t key = 0; key < 1000; key++)
        assert_int_equal(idmap_find(&map, key), 0);
    assert_int_equal(map.count, 0);
    idmap_done(&map);
}

static void keys_and_values_of_any_size(void **state)
{
    (void)state;
    static const uint64_t keys[] = {
        0, 1, 2, UINT64_MAX, UINT64_MAX - 1, UINT64_C(1) << 63, UINT64_C(1) << 32,
        42 /* the seed: it hashes to zero */};
    struct idmap map;
    idmap_init(&map, 42);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        assert_true(idmap_add(&map, keys[i], UINT64_MAX - i));
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        assert_int_equal(idmap_find(&map, keys[i]), UINT64_MAX - i);
    assert_int_equal(idmap_find(&map, 3), 0);
    idmap_done(&map);
    assert_int_equal(map.count, 0);
    assert_int_equal(idmap_find(&map, 1), 0); /* done, and usable */
    idmap_done(&map);
}

/* Grows from nothing and shrinks to nothing; every key is looked for at every size. */
static void sequences_come_and_go(void **state)
{
    (void)state;
    struct idmap map;
    idmap_init(&map, 7);
    for (uint64_t key = 1; key <= KEYS; key++) {
        assert_true(idmap_add(&map, key, key * 3));
        assert_int_equal(idmap_find(&map, key + 1), 0);
    }
    assert_int_equal(map.count, KEYS);
    for (uint64_t key = 1; key <= KEYS; key++)
        assert_int_equal(idmap_find(&map, key), key * 3);
    for (uint64_t key = 1; key <= KEYS; key++) {
        idmap_remove(&map, key);
        assert_int_equal(idmap_find(&map, key), 0);
        if (key < KEYS)
            assert_int_equal(idmap_find(&map, key + 1), (key + 1) * 3);
        assert_int_equal(idmap_find(&map, KEYS), key < KEYS ? KEYS * 3 : 0);
    }
    assert_int_equal(map.count, 0);
    idmap_done(&map);
}

/* Adds and removes at random; what is there is always exactly what should be. */
static void it_is_what_an_array_is(void **state)
{
    (void)state;
    static uint64_t values[KEYS];
    for (uint64_t seed = 0; seed < 20; seed++) {
        struct idmap map;
        uint64_t count = 0, keys = seed < 10 ? 300 : KEYS;
        memset(values, 0, sizeof values);
        random_state = seed + 1;
        idmap_init(&map, seed * UINT64_C(0x9E3779B97F4A7C15));
        for (int step = 0; step < 20000; step++) {
            uint64_t key = random_below(keys);
            assert_int_equal(idmap_find(&map, key << seed), values[key]);
            if (values[key]) {
                idmap_remove(&map, key << seed);
                values[key] = 0;
                count--;
            } else {
                values[key] = 1 + random_below(UINT64_C(1) << 50);
                assert_true(idmap_add(&map, key << seed, values[key]));
                count++;
            }
            assert_int_equal(map.count, count);
        }
        for (uint64_t key = 0; key < keys; key++)
            assert_int_equal(idmap_find(&map, key << seed), values[key]);
        idmap_done(&map);
    }
}

/* Keys of one part: they crowd together, over its end and round to its beginning. Any of them may
 * leave, and the others are found as before. */
static void a_crowded_part_keeps_its_keys(void **state)
{
    (void)state;
    enum { CROWD = 40 };
    struct idmap map;
    uint64_t keys[CROWD];
    size_t found = 0;
    idmap_init(&map, 99);
    for (uint64_t key = 0; found < CROWD; key++) {
        uint32_t used = map.parts[17].used;
        assert_true(idmap_add(&map, key, 1));
        if (map.parts[17].used > used)
            keys[found++] = key;
    }
    for (size_t out = 0; out < CROWD; out++) {
        idmap_remove(&map, keys[out]);
        for (size_t i = 0; i < CROWD; i++)
            assert_int_equal(idmap_find(&map, keys[i]), i == out ? 0 : 1);
        assert_true(idmap_add(&map, keys[out], 1));
    }
    for (size_t gone = CROWD; gone > 0; gone--) {
        idmap_remove(&map, keys[gone - 1]);
        for (size_t i = 0; i < CROWD; i++)
            assert_int_equal(idmap_find(&map, keys[i]), i < gone - 1 ? 1 : 0);
    }
    idmap_done(&map);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_in_an_empty_one),
        cmocka_unit_test(keys_and_values_of_any_size),
        cmocka_unit_test(sequences_come_and_go),
        cmocka_unit_test(it_is_what_an_array_is),
        cmocka_unit_test(a_crowded_part_keeps_its_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
