/* Reading the past beside the writer, against a plain list of what was written. */
#include "journal/history.h"
#include "scene.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { MEMBERS = 4, WATCHED = 1, OTHER = 2, ENTRIES_MAX = 5000 };

/* What the watched member had after each of its entries, oldest first. */
struct record {
    uint64_t sequence;
    int64_t time_us;
    int64_t cash;
};

static struct record records[ENTRIES_MAX + 8];
static uint32_t record_count;

static void assert_ok(struct status status, const struct fault *fault)
{
    if (!status_ok(status))
        fail_msg("%s", fault->text);
}

static struct history *open_history(const struct scene *scene)
{
    struct history *history = NULL;
    struct fault fault;
    assert_ok(history_open(scene->journal, &fault, &history), &fault);
    assert_ok(history_begin(history, &fault), &fault);
    return history;
}

static void begin(struct scene *scene, bool on_disk)
{
    scene_begin(scene);
    if (on_disk) {
        scene_create(scene);
    } else {
        scene->journal = journal_open_memory();
        scene->book = book_new(3);
    }
    record_count = 0;
    scene_make_organisation(scene);
    for (uint32_t i = 0; i < MEMBERS; i++)
        scene_make_member(scene, 1);
    scene_commit(scene);
}

static void record_entry(const struct scene *scene)
{
    const struct entry *entry = draft_entry(scene->draft, draft_entry_count(scene->draft) - 1);
    for (uint32_t i = 0; i < entry->touch_count; i++)
        if (uin_equal(entry->touches[i].uin, scene->members[WATCHED].uin))
            records[record_count++] = (struct record){entry->sequence, entry->time_us,
                                                      entry->touches[i].after.cash.micros};
}

static void make_random_entry(struct scene *scene)
{
    uint32_t dice = scene_random(scene, 8);
    if (dice == 0)
        scene_make_top_up(scene, OTHER);
    else if (dice == 1)
        scene_make_move(scene, WATCHED, OTHER);
    else if (dice == 2)
        scene_make_move(scene, OTHER, WATCHED);
    else
        scene_make_top_up(scene, WATCHED);
    record_entry(scene);
}

/* The watched member's entries become `count` (its joining is one of them). */
static void populate(struct scene *scene, uint32_t count, uint32_t pauses_us)
{
    const struct scene_member *watched = &scene->members[WATCHED];
    scene->pauses_us = pauses_us;
    records[record_count++] =
        (struct record){watched->sequences[0],
                        scene->time_us - (int64_t)(scene->entry_count - watched->sequences[0]), 0};
    while (record_count < count) {
        uint32_t batch = 1 + scene_random(scene, 50);
        for (uint32_t i = 0; i < batch && record_count < count; i++)
            make_random_entry(scene);
        scene_commit(scene);
    }
}

static const struct record *naive_at(int64_t t_us)
{
    const struct record *found = NULL;
    for (uint32_t i = 0; i < record_count && records[i].time_us <= t_us; i++)
        found = &records[i];
    return found;
}

static uint64_t log2_up(uint64_t number)
{
    uint64_t bits = 0;
    while ((UINT64_C(1) << bits) < number)
        bits++;
    return bits;
}

static void assert_moment(const struct scene *scene, struct history *history, int64_t t_us)
{
    const struct scene_member *watched = &scene->members[WATCHED];
    const struct record *expected = naive_at(t_us);
    struct moment moment = {0};
    struct fault fault;
    bool found = false;
    uint64_t reads = history_reads(history);
    assert_ok(history_at(history, watched->sequences[watched->count - 1], 1, watched->uin, t_us,
                         &fault, &found, &moment),
              &fault);
    assert_true(history_reads(history) - reads <= 3 * log2_up(record_count) + 4);
    assert_int_equal(found, expected != NULL);
    if (!expected)
        return;
    assert_int_equal(moment.sequence, expected->sequence);
    assert_int_equal(moment.time_us, expected->time_us);
    assert_int_equal(moment.touch.after.cash.micros, expected->cash);
    assert_true(uin_equal(moment.touch.uin, watched->uin));
}

/* The past ------------------------------------------------------------------------------------- */

static void assert_past(bool on_disk, uint32_t entries, uint32_t pauses_us)
{
    struct scene scene;
    begin(&scene, on_disk);
    populate(&scene, entries, pauses_us);
    struct history *history = open_history(&scene);
    int64_t first_us = records[0].time_us;
    int64_t span_us = scene.time_us - first_us + 3;
    assert_moment(&scene, history, INT64_MIN);
    assert_moment(&scene, history, INT64_MAX);
    for (uint32_t i = 0; i < 500; i++)
        assert_moment(&scene, history,
                      first_us - 1 + (int64_t)scene_random(&scene, (uint32_t)span_us));
    for (uint32_t i = 0; i < record_count && i < 200; i++) {
        assert_moment(&scene, history, records[i].time_us);
        assert_moment(&scene, history, records[record_count - 1 - i].time_us);
    }
    history_close(history);
    scene_end(&scene);
}

static void finds_every_moment_of_every_length(void **state)
{
    (void)state;
    for (uint32_t entries = 1; entries <= 40; entries++)
        assert_past(false, entries, 5);
    assert_past(false, 1000, 3);
    assert_past(false, ENTRIES_MAX, 1000);
}

static void finds_the_last_of_many_at_one_time(void **state)
{
    (void)state;
    assert_past(false, 1500, 2);
    assert_past(false, 300, 1); /* all at the same time */
}

static void finds_them_on_the_disk(void **state)
{
    (void)state;
    assert_past(true, 1, 5);
    assert_past(true, 17, 2);
    assert_past(true, ENTRIES_MAX, 4);
}

/* Snapshots ------------------------------------------------------------------------------------ */

static void assert_snapshot(bool on_disk)
{
    struct scene scene;
    struct fault fault;
    struct journal_head head;
    struct journal_head now;
    struct entry entry;
    begin(&scene, on_disk);
    struct history *history = open_history(&scene);
    history_head(history, &head);
    assert_int_equal(head.sequence, scene.entry_count);
    populate(&scene, 100, 0);
    assert_int_equal(history_entry(history, head.sequence + 1, &fault, &entry).code,
                     STATUS_NOT_FOUND);
    assert_int_equal(history_entry(history, 0, &fault, &entry).code, STATUS_NOT_FOUND);
    assert_ok(history_entry(history, head.sequence, &fault, &entry), &fault);
    assert_int_equal(entry.kind, ENTRY_JOIN);
    assert_ok(history_begin(history, &fault), &fault);
    history_head(history, &now);
    journal_head(scene.journal, &head);
    assert_int_equal(now.sequence, scene.entry_count);
    assert_int_equal(now.batches, head.batches);
    assert_memory_equal(now.hash, head.hash, sizeof now.hash);
    assert_ok(history_entry(history, now.sequence, &fault, &entry), &fault);
    assert_int_equal(entry.sequence, scene.entry_count);
    history_end(history);
    history_close(history);
    scene_end(&scene);
}

static void sees_one_moment_until_it_asks_again(void **state)
{
    (void)state;
    assert_snapshot(true);
    assert_snapshot(false);
}

static void assert_batches(bool on_disk)
{
    struct scene scene;
    struct fault fault;
    struct journal_head head;
    struct batch batch;
    uint64_t next = 1;
    begin(&scene, on_disk);
    populate(&scene, 300, 0);
    struct history *history = open_history(&scene);
    history_head(history, &head);
    for (uint64_t number = 1; number <= head.batches; number++) {
        assert_ok(history_batch(history, number, &fault, &batch), &fault);
        assert_int_equal(batch.number, number);
        assert_int_equal(batch.first_sequence, next);
        next = batch.last_sequence + 1;
    }
    assert_int_equal(next, head.sequence + 1);
    assert_memory_equal(batch.hash, head.hash, sizeof batch.hash);
    for (uint64_t sequence = 1; sequence <= head.sequence; sequence++) {
        assert_ok(history_batch_of(history, sequence, &fault, &batch), &fault);
        assert_true(batch.first_sequence <= sequence && sequence <= batch.last_sequence);
    }
    assert_int_equal(history_batch(history, 0, &fault, &batch).code, STATUS_NOT_FOUND);
    assert_int_equal(history_batch(history, head.batches + 1, &fault, &batch).code,
                     STATUS_NOT_FOUND);
    assert_int_equal(history_batch_of(history, head.sequence + 1, &fault, &batch).code,
                     STATUS_NOT_FOUND);
    history_close(history);
    scene_end(&scene);
}

static void knows_the_batch_of_every_entry(void **state)
{
    (void)state;
    assert_batches(true);
    assert_batches(false);
}

/* Beside the writer ---------------------------------------------------------------------------- */

struct watcher {
    struct history *history;
    atomic_uint_fast64_t durable; /* the writer has seen it so */
    atomic_bool over;
    uint64_t rounds;
};

/* Every entry that is durable is there, whole. */
static void *watch(void *context)
{
    struct watcher *watcher = context;
    while (!watcher->over) {
        struct fault fault;
        struct journal_head head;
        struct entry entry;
        uint64_t durable = watcher->durable;
        assert_ok(history_begin(watcher->history, &fault), &fault);
        history_head(watcher->history, &head);
        assert_true(head.sequence >= durable);
        assert_ok(history_entry(watcher->history, head.sequence, &fault, &entry), &fault);
        assert_int_equal(entry.sequence, head.sequence);
        assert_int_equal(entry.time_us, head.time_us);
        history_end(watcher->history);
        watcher->rounds++;
    }
    return NULL;
}

static void assert_beside(bool on_disk)
{
    struct scene scene;
    struct watcher watcher = {0};
    pthread_t thread;
    begin(&scene, on_disk);
    populate(&scene, 20, 0);
    watcher.history = open_history(&scene);
    assert_int_equal(pthread_create(&thread, NULL, watch, &watcher), 0);
    for (uint32_t i = 0; i < 400; i++) {
        scene_make_top_ups(&scene, 40);
        scene_commit(&scene);
        watcher.durable = scene.entry_count;
    }
    watcher.over = true;
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_true(watcher.rounds > 0);
    history_close(watcher.history);
    scene_end(&scene);
}

static void reads_while_entries_are_appended(void **state)
{
    (void)state;
    assert_beside(true);
    assert_beside(false);
}

/* What cannot be read -------------------------------------------------------------------------- */

static void assert_broken(const char *sql)
{
    struct scene scene;
    struct fault fault;
    struct moment moment;
    bool found = false;
    begin(&scene, true);
    populate(&scene, 64, 10);
    scene_sql(&scene, sql);
    struct history *history = open_history(&scene);
    const struct scene_member *watched = &scene.members[WATCHED];
    assert_int_equal(history_at(history, watched->sequences[63], 1, watched->uin,
                                records[0].time_us, &fault, &found, &moment)
                         .code,
                     STATUS_CORRUPT);
    history_close(history);
    scene_end(&scene);
}

static void says_when_the_entries_are_not_whole(void **state)
{
    (void)state;
    assert_broken("DELETE FROM entry WHERE first_sequence BETWEEN 10 AND 60");
    assert_broken("UPDATE entry SET bodies = x'00' WHERE first_sequence BETWEEN 10 AND 60");
    /* other entries in the place of some */
    assert_broken("UPDATE entry SET bodies = (SELECT bodies FROM entry WHERE first_sequence <= 5 "
                  "ORDER BY first_sequence DESC LIMIT 1) WHERE first_sequence BETWEEN 10 AND 60");
}

static void refuses_an_entry_of_somebody_else(void **state)
{
    (void)state;
    struct scene scene;
    struct fault fault;
    struct moment moment;
    bool found = false;
    begin(&scene, false);
    populate(&scene, 10, 0);
    struct history *history = open_history(&scene);
    const struct scene_member *watched = &scene.members[WATCHED];
    assert_int_equal(
        history_at(history, 1, 1, watched->uin, INT64_MAX, &fault, &found, &moment).code,
        STATUS_CORRUPT);
    assert_int_equal(history_at(history, watched->sequences[9], 2, watched->uin, INT64_MAX, &fault,
                                &found, &moment)
                         .code,
                     STATUS_CORRUPT);
    history_close(history);
    scene_end(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_every_moment_of_every_length),
        cmocka_unit_test(finds_the_last_of_many_at_one_time),
        cmocka_unit_test(finds_them_on_the_disk),
        cmocka_unit_test(sees_one_moment_until_it_asks_again),
        cmocka_unit_test(knows_the_batch_of_every_entry),
        cmocka_unit_test(reads_while_entries_are_appended),
        cmocka_unit_test(says_when_the_entries_are_not_whole),
        cmocka_unit_test(refuses_an_entry_of_somebody_else),
    };
    return cmocka_run_group_tests_name("history", tests, NULL, NULL);
}
