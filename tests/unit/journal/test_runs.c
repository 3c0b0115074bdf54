/* Tokens that the book has let go: found wherever they are, by whoever asks, after whatever
 * happened between. */
#include "scene.h"

#include "journal/history.h"

#include <sqlite3.h>
#include <unistd.h>

enum { REQUESTS = 400, DUE = 20, STRANGERS = 2000 };

static struct scene scene;

static int setup(void **state)
{
    (void)state;
    scene_begin(&scene);
    scene.requests_due = DUE;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    scene_end(&scene);
    return 0;
}

static void populate(void)
{
    scene_create(&scene);
    scene_populate(&scene, 10);
}

static void make_requests(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        scene_make_top_ups(&scene, 1);
        scene_make_request(&scene, 1);
    }
    scene_commit(&scene);
}

static void find_all(void)
{
    for (uint32_t i = 0; i < scene.request_count; i++) {
        unsigned char token[DIGEST_BYTES];
        scene_token(i, token);
        assert_int_equal(scene_find_request(&scene, token), scene.requests[i]);
    }
}

/* Tokens that nobody has used. */
static void find_no_others(void)
{
    for (uint32_t i = 0; i < STRANGERS; i++) {
        unsigned char token[DIGEST_BYTES];
        scene_token(scene.request_count + i, token);
        assert_int_equal(scene_find_request(&scene, token), 0);
    }
}

static void reopen(void)
{
    scene_close(&scene);
    scene_open(&scene);
}

static void tokens_are_found_wherever_they_are(void **state)
{
    (void)state;
    populate();
    while (scene.request_count < REQUESTS) {
        struct fault fault;
        bool more;
        make_requests(1 + scene_random(&scene, 7));
        scene_hand_requests_over(&scene);
        if (scene_random(&scene, 3) == 0)
            assert_true(status_ok(journal_checkpoint(scene.journal, scene.book, 3, &fault, &more)));
        find_all();
        if (scene_random(&scene, 10) == 0)
            reopen();
        if (scene_random(&scene, 10) == 0)
            scene_verify(&scene);
    }
    scene_checkpoint(&scene, 100);
    find_all();
    find_no_others();
    /* a few short of what is due are in the book, the others in runs */
    assert_in_range(book_request_count(scene.book), 0, DUE - 1);
    reopen();
    assert_in_range(book_request_count(scene.book), 0, DUE - 1);
    find_all();
    find_no_others();
    scene_verify(&scene);
    assert_in_range(scene_number(&scene, "SELECT count(*) FROM token_run"), 5, REQUESTS / DUE);
}

/* Runs grow with what there is, so that there are never many. */
static void a_run_has_a_share_of_all(void **state)
{
    (void)state;
    populate();
    for (uint32_t i = 0; i < 60; i++) {
        make_requests(DUE);
        scene_checkpoint(&scene, 100);
    }
    int64_t runs = scene_number(&scene, "SELECT count(*) FROM token_run");
    int64_t largest = scene_number(&scene, "SELECT max(requests) FROM token_run");
    assert_in_range(runs, 16, 45); /* of 60, had each DUE requests */
    assert_in_range(largest, 2 * DUE, 1200 / 16 + DUE);
    find_all();
    scene_verify(&scene);
}

static void a_reader_finds_them(void **state)
{
    struct history *history = NULL;
    struct fault fault;
    uint64_t sequence = 0;
    unsigned char token[DIGEST_BYTES];
    (void)state;
    populate();
    for (int i = 0; i < 4; i++) {
        make_requests(DUE);
        scene_checkpoint(&scene, 100);
    }
    assert_int_equal(book_request_count(scene.book), 0);
    assert_true(status_ok(history_open(scene.journal, &fault, &history)));
    assert_true(status_ok(history_begin(history, &fault)));
    for (uint32_t i = 0; i < scene.request_count + 50; i++) {
        scene_token(i, token);
        assert_true(status_ok(history_find_request(
            history, slice_of((const char *)token, sizeof token), &fault, &sequence)));
        assert_int_equal(sequence, i < scene.request_count ? scene.requests[i] : 0);
    }
    history_close(history);
}

/* Written anew, not added to. */
static void what_a_stop_left_of_a_run_is_dropped(void **state)
{
    (void)state;
    populate();
    make_requests(DUE);
    scene_checkpoint(&scene, 100);
    make_requests(DUE);
    scene_close(&scene);
    scene_sql(&scene, "INSERT INTO token_bucket SELECT place + 4294967296, stream, checksum, body "
                      "FROM token_bucket WHERE place % 3 = 0");
    scene_open(&scene);
    scene_verify(&scene); /* of a run that is not there nothing is asked */
    scene_checkpoint(&scene, 100);
    find_all();
    scene_verify(&scene);
    assert_int_equal(scene_number(&scene, "SELECT count(*) FROM token_run"), 2);
}

/* A token can only be said to be new when the bucket it would be in can be read. */
static void a_damaged_bucket_is_no_answer(void **state)
{
    struct fault fault;
    uint64_t sequence = 0;
    unsigned char token[DIGEST_BYTES];
    (void)state;
    populate();
    make_requests(DUE);
    scene_checkpoint(&scene, 100);
    scene_close(&scene);
    scene_sql(&scene,
              "UPDATE token_bucket SET body = zeroblob(length(body)) WHERE length(body) > 0");
    assert_true(status_ok(scene_try_open(&scene, &fault)));
    scene_token(0, token);
    assert_int_equal(journal_find_request(scene.journal,
                                          slice_of((const char *)token, sizeof token), &fault,
                                          &sequence)
                         .code,
                     STATUS_CORRUPT);
    assert_non_null(strstr(fault.text, "a bucket of token run 1 is missing or damaged"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(tokens_are_found_wherever_they_are, setup, teardown),
        cmocka_unit_test_setup_teardown(a_run_has_a_share_of_all, setup, teardown),
        cmocka_unit_test_setup_teardown(a_reader_finds_them, setup, teardown),
        cmocka_unit_test_setup_teardown(what_a_stop_left_of_a_run_is_dropped, setup, teardown),
        cmocka_unit_test_setup_teardown(a_damaged_bucket_is_no_answer, setup, teardown),
    };
    return cmocka_run_group_tests_name("runs", tests, NULL, NULL);
}
