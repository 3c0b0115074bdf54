/* Whose job is next, and who has a place. The orders expected are dealt out by hand. */
#include "journal/turns.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { JOBS_MAX = 1024 };

static struct history_job jobs[2 * JOBS_MAX];
static unsigned job_count;

static bool add(struct turns *turns, uint32_t organisation, uint64_t user)
{
    struct history_job *job = &jobs[job_count];
    *job = (struct history_job){.organisation = organisation, .user = {0, user}};
    bool added = turns_add(turns, job);
    job_count += added;
    return added;
}

/* "1a 1a 2b": organisation and user of each, in order. */
static void add_all(struct turns *turns, const char *text)
{
    for (; *text; text += text[2] ? 3 : 2)
        assert_true(add(turns, (uint32_t)(text[0] - '0'), (uint64_t)text[1]));
}

static void assert_order(struct turns *turns, const char *expected)
{
    char text[256] = "";
    struct history_job *job;
    while ((job = turns_take(turns)))
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%u%c", *text ? " " : "",
                 job->organisation, (char)job->user.low);
    assert_string_equal(text, expected);
    assert_int_equal(turns_count(turns), 0);
}

static struct turns *begin(void)
{
    struct turns *turns = turns_new(JOBS_MAX);
    assert_non_null(turns);
    job_count = 0;
    return turns;
}

static void organisations_take_turns(void **state)
{
    struct turns *turns = begin();
    (void)state;
    assert_null(turns_take(turns));
    add_all(turns, "1a 1a 1a 1a 1a 1a 2b 2b 3c");
    assert_order(turns, "1a 2b 3c 1a 2b 1a 1a 1a 1a");
    add_all(turns, "0a 1a");
    assert_order(turns, "0a 1a");
    turns_free(turns);
}

static void users_take_turns_inside(void **state)
{
    struct turns *turns = begin();
    (void)state;
    add_all(turns, "1a 1a 1a 1a 1b 1b 1c 2x 2x");
    assert_order(turns, "1a 2x 1b 2x 1c 1a 1b 1a 1a");
    /* a user of that number elsewhere is another one */
    add_all(turns, "1a 1a 2a 1b");
    assert_order(turns, "1a 2a 1b 1a");
    turns_free(turns);
}

static void who_comes_anew_waits_for_one_of_each(void **state)
{
    struct turns *turns = begin();
    (void)state;
    add_all(turns, "1a 1a 1a 1a 2b 2b 2b 2b");
    assert_int_equal(turns_take(turns)->organisation, 1);
    add_all(turns, "3c 1d");
    assert_order(turns, "2b 1a 3c 2b 1d 2b 1a 2b 1a");
    turns_free(turns);
}

static void a_users_jobs_keep_their_order(void **state)
{
    struct turns *turns = begin();
    const struct history_job *last[8][8] = {{NULL}};
    unsigned taken = 0;
    (void)state;
    srand(7);
    for (int i = 0; i < 500; i++)
        assert_true(add(turns, (uint32_t)(rand() % 8), (uint64_t)(rand() % 8)));
    for (struct history_job *job; (job = turns_take(turns)); taken++) {
        assert_true(job > last[job->organisation][job->user.low]);
        last[job->organisation][job->user.low] = job;
    }
    assert_int_equal(taken, 500);
    turns_free(turns);
}

static unsigned add_while_there_is_room(struct turns *turns, uint32_t organisation, uint64_t user,
                                        uint64_t user_step)
{
    unsigned added = 0;
    while (add(turns, organisation, user)) {
        added++;
        user += user_step;
    }
    return added;
}

/* A user four times as many as are left, an organisation eight times: 4/5 and 8/9 of 1,024. */
static void nobody_takes_the_last_places(void **state)
{
    struct turns *turns = begin();
    (void)state;
    assert_int_equal(add_while_there_is_room(turns, 1, 'a', 0), 820);
    assert_int_equal(add_while_there_is_room(turns, 1, 'b', 1), 911 - 820);
    assert_false(add(turns, 1, 'c'));
    assert_true(add(turns, 2, 'a'));
    assert_true(add_while_there_is_room(turns, 2, 'a', 0) >= 80);
    assert_true(add(turns, 3, 'a'));
    while (turns_take(turns))
        continue;
    turns_free(turns);
    /* few places: all of them may be taken, none more */
    turns = turns_new(3);
    job_count = 0;
    assert_int_equal(add_while_there_is_room(turns, 1, 'a', 0), 3);
    assert_false(add(turns, 2, 'b'));
    while (turns_take(turns))
        continue;
    turns_free(turns);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(organisations_take_turns),
        cmocka_unit_test(users_take_turns_inside),
        cmocka_unit_test(who_comes_anew_waits_for_one_of_each),
        cmocka_unit_test(a_users_jobs_keep_their_order),
        cmocka_unit_test(nobody_takes_the_last_places),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
