/* The order-statistics index against a plain sorted array. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "ledger/listing.h"

enum { MEMBERS = 20000 };

static struct uin uin_of(uint32_t i)
{
    return (struct uin){70, i * UINT64_C(3) + 1}; /* room between them for ranks of absent ones */
}

struct rig {
    struct pool members;
    struct listing listing;
    struct listing_root root;
    bool present[MEMBERS];
    uint64_t random;
};

static uint32_t random_below(struct rig *rig, uint32_t below)
{
    rig->random = rig->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(rig->random >> 33) % below;
}

static struct rig *rig_new(uint64_t seed)
{
    struct rig *rig = calloc(1, sizeof *rig);
    assert_non_null(rig);
    rig->random = seed;
    pool_init(&rig->members, sizeof(struct member), 10);
    listing_init(&rig->listing, &rig->members);
    for (uint32_t i = 0; i < MEMBERS; i++) {
        assert_int_equal(pool_take(&rig->members), i);
        struct member *member = pool_at(&rig->members, i);
        member->uin = uin_of(i);
    }
    return rig;
}

static void rig_free(struct rig *rig)
{
    listing_done(&rig->listing);
    pool_done(&rig->members);
    free(rig);
}

static void put(struct rig *rig, uint32_t i)
{
    rig->present[i] = true;
    assert_true(listing_insert(&rig->listing, &rig->root, i));
}

static void cut(struct rig *rig, uint32_t i)
{
    rig->present[i] = false;
    listing_remove(&rig->listing, &rig->root, i);
}

/* Every rank, and a few pages, as the naive array has them. */
static void compare(struct rig *rig)
{
    static uint32_t naive[MEMBERS];
    const struct member *page[500];
    uint32_t count = 0;
    assert_true(listing_is_sound(&rig->listing, &rig->root));
    for (uint32_t i = 0; i < MEMBERS; i++) {
        if (i % 7 == 0) {
            struct uin at = uin_of(i), below = {at.high, at.low - 1}, above = {at.high, at.low + 1};
            uint32_t after = count + rig->present[i];
            assert_int_equal(listing_rank(&rig->listing, &rig->root, at), count);
            assert_int_equal(listing_rank(&rig->listing, &rig->root, below), count);
            assert_int_equal(listing_rank(&rig->listing, &rig->root, above), after);
        }
        if (rig->present[i])
            naive[count++] = i;
    }
    assert_int_equal(rig->root.count, count);
    for (uint32_t turn = 0; turn < 20; turn++) {
        uint32_t first = random_below(rig, count + 2), wanted = random_below(rig, 500);
        uint32_t expected = first >= count ? 0 : count - first < wanted ? count - first : wanted;
        assert_int_equal(listing_read(&rig->listing, &rig->root, first, wanted, page), expected);
        for (uint32_t i = 0; i < expected; i++)
            assert_ptr_equal(page[i], pool_at(&rig->members, naive[first + i]));
    }
}

static void random_inserts_and_removes(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 3; seed++) {
        struct rig *rig = rig_new(seed);
        for (uint32_t step = 0; step < 120000; step++) {
            /* the tree swells and shrinks, down to nothing now and then */
            bool swell = (step / 15000) % 2 == 0;
            uint32_t i = random_below(rig, MEMBERS);
            if (rig->present[i] && (!swell || random_below(rig, 4) == 0))
                cut(rig, i);
            else if (!rig->present[i] && (swell || random_below(rig, 4) == 0))
                put(rig, i);
            if (step % 5000 == 0)
                compare(rig);
        }
        for (uint32_t i = 0; i < MEMBERS; i++)
            if (rig->present[i])
                cut(rig, i);
        compare(rig);
        assert_int_equal(rig->root.height, 0);
        rig_free(rig);
    }
}

/* Clusters removed from the left, the right and the middle leave sparse nodes beside full ones. */
static void runs_come_and_go(void **state)
{
    (void)state;
    struct rig *rig = rig_new(99);
    for (uint32_t i = 0; i < MEMBERS; i++)
        put(rig, i);
    compare(rig);
    for (uint32_t turn = 0; turn < 60; turn++) {
        uint32_t first = random_below(rig, MEMBERS), length = random_below(rig, 6000);
        bool backwards = random_below(rig, 2), cutting = random_below(rig, 2);
        for (uint32_t k = 0; k < length; k++) {
            uint32_t i = backwards ? first - k : first + k;
            if (i < MEMBERS && rig->present[i] == cutting)
                (cutting ? cut : put)(rig, i);
        }
        compare(rig);
    }
    rig_free(rig);
}

/* Ascending loads fill the leaves, so that the index stays small. */
static void ascending_loads_are_dense(void **state)
{
    (void)state;
    struct rig *rig = rig_new(1);
    for (uint32_t i = 0; i < MEMBERS; i++)
        put(rig, i);
    assert_true((uint64_t)rig->listing.leaves.count * rig->listing.leaves.item_size <
                MEMBERS * UINT64_C(43) / 10);
    rig_free(rig);
}

static void trees_do_not_mix(void **state)
{
    (void)state;
    struct rig *rig = rig_new(5);
    struct listing_root even = {0}, odd = {0};
    const struct member *found = NULL;
    for (uint32_t i = 0; i < 5000; i++)
        assert_true(listing_insert(&rig->listing, i % 2 ? &odd : &even, i));
    assert_int_equal(even.count, 2500);
    assert_int_equal(listing_read(&rig->listing, &odd, 100, 1, &found), 1);
    assert_ptr_equal(found, pool_at(&rig->members, 201));
    assert_true(listing_is_sound(&rig->listing, &even));
    assert_true(listing_is_sound(&rig->listing, &odd));
    rig_free(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_inserts_and_removes),
        cmocka_unit_test(runs_come_and_go),
        cmocka_unit_test(ascending_loads_are_dense),
        cmocka_unit_test(trees_do_not_mix),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
