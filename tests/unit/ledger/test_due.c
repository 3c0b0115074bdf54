/* What time will do, earliest first: held against a plain array. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ledger/due.h"

enum { ITEMS = 600 };

/* The owner: where each of its items is, and when it is due; 0 = not there. */
struct owner {
    uint32_t places[ITEMS];
    int64_t due_us[ITEMS];
    uint32_t seen[ITEMS];
    uint32_t visits, visits_max;
};

static uint64_t random_state = 1;

static uint64_t random_below(uint64_t below)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (random_state >> 11) % below;
}

static void moved(void *owner, const struct due_item *item, uint32_t place)
{
    struct owner *of = owner;
    of->places[item->index] = place;
}

static bool visit(void *context, const struct due_item *item)
{
    struct owner *owner = context;
    owner->seen[item->index]++;
    owner->visits++;
    return owner->visits < owner->visits_max;
}

static int64_t earliest(const struct owner *owner)
{
    int64_t first = INT64_MAX;
    for (uint32_t i = 0; i < ITEMS; i++)
        if (owner->due_us[i] != 0 && owner->due_us[i] < first)
            first = owner->due_us[i];
    return first;
}

static void add(struct due *due, struct owner *owner, uint32_t index, int64_t due_us)
{
    owner->due_us[index] = due_us;
    assert_true(due_add(due, (struct due_item){due_us, index, index % 2}));
}

static void remove_item(struct due *due, struct owner *owner, uint32_t index)
{
    due_remove(due, owner->places[index]);
    owner->due_us[index] = 0;
}

/* Every item is where its owner was told. */
static void check_places(const struct due *due, const struct owner *owner)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < ITEMS; i++) {
        if (owner->due_us[i] == 0)
            continue;
        const struct due_item *item = &due->items[owner->places[i]];
        assert_int_equal(item->index, i);
        assert_int_equal(item->due_us, owner->due_us[i]);
        assert_int_equal(item->is_grant, i % 2);
        count++;
    }
    assert_int_equal(due->count, count);
    assert_int_equal(due_next_us(due), earliest(owner));
}

/* Exactly what is due by then is handed out, each once. */
static void check_visit(const struct due *due, struct owner *owner, int64_t until_us)
{
    memset(owner->seen, 0, sizeof owner->seen);
    owner->visits = 0;
    owner->visits_max = UINT32_MAX;
    assert_true(due_visit(due, until_us, visit, owner));
    for (uint32_t i = 0; i < ITEMS; i++)
        assert_int_equal(owner->seen[i], owner->due_us[i] != 0 && owner->due_us[i] <= until_us);
}

static void nothing_is_due(void **state)
{
    (void)state;
    static struct owner owner;
    struct due due;
    due_init(&due, &owner, moved);
    assert_int_equal(due_next_us(&due), INT64_MAX);
    check_visit(&due, &owner, INT64_MAX);
    due_done(&due);
}

static void the_earliest_comes_first(void **state)
{
    (void)state;
    static struct owner owner;
    struct due due;
    int64_t before = 0;
    due_init(&due, &owner, moved);
    for (uint32_t i = 0; i < ITEMS; i++)
        add(&due, &owner, i, 1 + (int64_t)random_below(100)); /* many at the same moment */
    check_places(&due, &owner);
    for (uint32_t left = ITEMS; left > 0; left--) {
        struct due_item first = due.items[0];
        assert_true(first.due_us >= before);
        assert_int_equal(first.due_us, earliest(&owner));
        before = first.due_us;
        remove_item(&due, &owner, first.index);
    }
    assert_int_equal(due_next_us(&due), INT64_MAX);
    due_done(&due);
}

/* Items come and are cancelled at any place; what is due by any moment is always right. */
static void any_item_may_leave(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 30; seed++) {
        static struct owner owner;
        struct due due;
        memset(&owner, 0, sizeof owner);
        random_state = seed;
        due_init(&due, &owner, moved);
        for (int step = 0; step < 3000; step++) {
            uint32_t index = (uint32_t)random_below(ITEMS);
            if (owner.due_us[index])
                remove_item(&due, &owner, index);
            else
                add(&due, &owner, index, 1 + (int64_t)random_below(seed % 3 ? 1000000 : 50));
            assert_int_equal(due_next_us(&due), earliest(&owner));
            if (step % 100 == 0) {
                check_places(&due, &owner);
                check_visit(&due, &owner, (int64_t)random_below(seed % 3 ? 1000000 : 50));
                check_visit(&due, &owner, INT64_MAX);
            }
        }
        due_done(&due);
    }
}

static void a_visit_stops_when_told(void **state)
{
    (void)state;
    static struct owner owner;
    struct due due;
    due_init(&due, &owner, moved);
    for (uint32_t i = 0; i < 20; i++)
        add(&due, &owner, i, 5);
    owner.visits_max = 7;
    assert_false(due_visit(&due, 5, visit, &owner));
    assert_int_equal(owner.visits, 7);
    due_done(&due);
}

/* However early, nothing is before what is not due above it: few are looked at. */
static void the_far_future_is_not_walked(void **state)
{
    (void)state;
    static struct owner owner;
    struct due due;
    due_init(&due, &owner, moved);
    for (uint32_t i = 0; i < ITEMS; i++)
        add(&due, &owner, i, 1000 + i);
    check_visit(&due, &owner, 999);
    check_visit(&due, &owner, 1000);
    check_visit(&due, &owner, 1001);
    check_visit(&due, &owner, INT64_MIN);
    due_done(&due);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_due),
        cmocka_unit_test(the_earliest_comes_first),
        cmocka_unit_test(any_item_may_leave),
        cmocka_unit_test(a_visit_stops_when_told),
        cmocka_unit_test(the_far_future_is_not_walked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
