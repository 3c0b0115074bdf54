/* A writer that is killed at any moment: whatever it acknowledged is there, whole batches only, and
 * the checkpoint is never wrong. (A kill cannot see a missing sync: the power-loss harness does.)
 */
#include "scene.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { KILLS = 40 };

static struct scene scene;

/* Appends for ever, says each batch's last sequence after it is durable, and moves the checkpoint
 * in small slices between, so that kills meet every part of it. */
static _Noreturn void write_until_killed(int acks, uint32_t seed)
{
    struct fault fault;
    scene_open(&scene);
    scene.random = seed;
    for (;;) {
        bool more;
        scene_make_top_ups(&scene, 1 + scene_random(&scene, 40));
        if (scene_random(&scene, 5) == 0)
            scene_make_member(&scene, 1);
        if (scene_random(&scene, 20) == 0)
            scene_make_key(&scene, 1);
        if (scene_random(&scene, 2) == 0)
            scene_make_request(&scene, 1);
        scene_commit(&scene);
        scene_hand_requests_over(&scene);
        if (write(acks, &scene.entry_count, sizeof scene.entry_count) != sizeof scene.entry_count)
            _exit(1);
        if (!status_ok(journal_checkpoint(scene.journal, scene.book, 5, &fault, &more)))
            _exit(2);
    }
}

static uint64_t read_last_ack(int acks)
{
    uint64_t last = 0;
    uint64_t ack;
    while (read(acks, &ack, sizeof ack) == sizeof ack)
        last = ack;
    return last;
}

/* Returns the last sequence that the child acknowledged (0 = none). */
static uint64_t run_and_kill(long after_us, uint32_t seed)
{
    int acks[2];
    assert_int_equal(pipe(acks), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)close(acks[0]);
        write_until_killed(acks[1], seed);
    }
    (void)close(acks[1]);
    const struct timespec pause = {0, after_us * 1000};
    (void)nanosleep(&pause, NULL);
    int code;
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, &code, 0), child);
    assert_true(WIFSIGNALED(code)); /* not an exit of its own */
    uint64_t last = read_last_ack(acks[0]);
    (void)close(acks[0]);
    return last;
}

static void nothing_acknowledged_is_lost(void **state)
{
    (void)state;
    uint64_t acknowledged = 0;
    unsigned rounds_with_work = 0;
    scene_begin(&scene);
    scene.requests_due = 5; /* runs of tokens are written all the time, too */
    scene_create(&scene);
    scene_populate(&scene, 30);
    scene_close(&scene);
    for (uint32_t i = 1; i <= KILLS; i++) {
        uint64_t last = run_and_kill(5000 + (long)(i * 7919 % 45000), i);
        rounds_with_work += last > 0;
        if (last > acknowledged)
            acknowledged = last;
        if (i % 2 == 0) /* the next child starts from what the last one left */
            continue;
        scene_open(&scene);
        assert_true(scene.entry_count >= acknowledged);
        scene_verify(&scene);
        scene_close(&scene);
    }
    for (long pause_us = 100000; rounds_with_work == 0 && pause_us < 20000000; pause_us *= 2)
        rounds_with_work += run_and_kill(pause_us, 1) > 0; /* a very busy machine */
    scene_open(&scene);
    assert_true(scene.entry_count >= acknowledged);
    scene_verify(&scene);
    scene_end(&scene);
    assert_true(rounds_with_work > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(nothing_acknowledged_is_lost)};
    return cmocka_run_group_tests_name("crash", tests, NULL, NULL);
}
