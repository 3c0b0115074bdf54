/* Proofs of inclusion: every entry of batches of every small size, and not one bit may change. */
#include "journal/proof.h"
#include "scene.h"

#include <sqlite3.h>

enum { ARENA_BYTES = 8 * 1024 * 1024, BATCH_MAX = 70 };

static struct scene scene;
static struct crypto *crypto;
static struct arena arena;
static struct fault fault;

static void begin(bool on_disk)
{
    scene_begin(&scene);
    if (on_disk) {
        scene_create(&scene);
    } else {
        scene.journal = journal_open_memory();
        scene.book = book_new(3);
    }
    scene_populate(&scene, 3);
    crypto = crypto_new();
    assert_non_null(crypto);
    assert_true(arena_init(&arena, ARENA_BYTES, ARENA_BYTES));
}

static void end(void)
{
    arena_done(&arena);
    crypto_free(crypto);
    scene_end(&scene);
}

static void assert_ok(struct status status)
{
    if (!status_ok(status))
        fail_msg("%s", fault.text);
}

static void assert_same_head(const struct journal_head *a, const struct journal_head *b)
{
    assert_int_equal(a->sequence, b->sequence);
    assert_int_equal(a->batches, b->batches);
    assert_int_equal(a->time_us, b->time_us);
    assert_memory_equal(a->hash, b->hash, sizeof a->hash);
}

/* The length of PATH(m, D[n]) as RFC 6962 2.1.1 defines it. */
static unsigned path_length(uint64_t index, uint64_t count)
{
    if (count == 1)
        return 0;
    uint64_t left = 1;
    while (2 * left < count)
        left *= 2;
    return 1 + (index < left ? path_length(index, left) : path_length(index - left, count - left));
}

static struct history *open_history(void)
{
    struct history *history = NULL;
    assert_ok(history_open(scene.journal, &fault, &history));
    assert_ok(history_begin(history, &fault));
    return history;
}

static void assert_proved(struct history *history, uint64_t sequence, const struct batch *batch)
{
    struct proof proof;
    struct proof again;
    struct buffer text;
    struct slice bytes;
    assert_ok(proof_make(history, sequence, false, &arena, &fault, &proof));
    assert_int_equal(proof.path_count,
                     path_length(sequence - batch->first_sequence,
                                 batch->last_sequence - batch->first_sequence + 1));
    assert_ok(history_bytes(history, sequence, &fault, &bytes));
    assert_true(slice_equal(proof.entry, bytes));
    assert_memory_equal(proof.head.hash, batch->hash, CHAIN_SIZE);
    assert_ok(proof_check(&proof, crypto, &fault));
    buffer_init(&text, 1 << 20);
    proof_print(&proof, &text);
    assert_ok(proof_parse(buffer_slice(&text), &arena, &fault, &again));
    assert_ok(proof_check(&again, crypto, &fault));
    assert_int_equal(again.sequence, sequence);
    assert_true(slice_equal(again.entry, proof.entry));
    buffer_done(&text);
    arena_reset(&arena);
}

static void every_entry_of_every_small_batch_is_proved(void **state)
{
    (void)state;
    begin(false);
    uint64_t first = scene.entry_count + 1;
    for (uint32_t entries = 1; entries <= BATCH_MAX; entries++) {
        scene_make_top_ups(&scene, entries);
        scene_commit(&scene);
    }
    struct history *history = open_history();
    for (uint64_t sequence = 1; sequence <= scene.entry_count; sequence++) {
        struct batch batch;
        assert_ok(history_batch_of(history, sequence, &fault, &batch));
        assert_proved(history, sequence, &batch);
    }
    assert_true(scene.entry_count - first + 1 == BATCH_MAX * (BATCH_MAX + 1) / 2);
    history_close(history);
    end();
}

/* RFC 6962 2.1.3: seven leaves, "the audit path for d0 is [b, h, l]", d3 [c, g, l], d4 [f, j, k],
 * d6 [i, k]. */
static void paths_are_as_long_as_the_rfc_shows(void **state)
{
    (void)state;
    const struct {
        uint64_t index;
        unsigned length;
    } shown[] = {{0, 3}, {3, 3}, {4, 3}, {6, 2}};
    begin(false);
    uint64_t first = scene.entry_count + 1;
    scene_make_top_ups(&scene, 7);
    scene_commit(&scene);
    struct history *history = open_history();
    for (unsigned i = 0; i < 4; i++) {
        struct proof proof;
        assert_ok(proof_make(history, first + shown[i].index, false, &arena, &fault, &proof));
        assert_int_equal(proof.path_count, shown[i].length);
    }
    history_close(history);
    end();
}

/* A proof up to the head of a folder, as text. */
static void make_text(uint64_t sequence, struct buffer *text)
{
    struct proof proof;
    assert_ok(journal_prove(scene.folder, sequence, true, &arena, &fault, &proof));
    buffer_init(text, 1 << 20);
    proof_print(&proof, text);
    assert_true(buffer_ok(text));
}

static struct status read_and_check(struct slice text, struct journal_head *ret_head)
{
    struct proof proof;
    TRY(proof_parse(text, &arena, &fault, &proof));
    TRY(proof_check(&proof, crypto, &fault));
    *ret_head = proof.head;
    return STATUS_DONE;
}

static void ends_at_the_head_of_the_journal(void **state)
{
    (void)state;
    struct journal_head head;
    struct journal_head proved;
    begin(true);
    for (uint32_t i = 0; i < 40; i++) {
        scene_make_top_ups(&scene, 1 + i % 3);
        scene_commit(&scene);
    }
    journal_head(scene.journal, &head);
    for (uint64_t sequence = 1; sequence <= head.sequence; sequence++) {
        struct buffer text;
        make_text(sequence, &text);
        assert_ok(read_and_check(buffer_slice(&text), &proved));
        assert_same_head(&proved, &head);
        buffer_char(&text, '\n'); /* as a file ends */
        assert_ok(read_and_check(buffer_slice(&text), &proved));
        buffer_done(&text);
        arena_reset(&arena);
    }
    end();
}

static void no_bit_of_a_proof_may_differ(void **state)
{
    (void)state;
    struct buffer text;
    struct journal_head proved;
    begin(true);
    uint64_t sequence = scene.entry_count + 4;
    scene_make_top_ups(&scene, 11);
    scene_commit(&scene);
    scene_make_top_ups(&scene, 2);
    scene_commit(&scene);
    scene_make_top_ups(&scene, 1);
    scene_commit(&scene);
    make_text(sequence, &text);
    for (size_t i = 0; i < text.len * 8; i++) {
        char flip = (char)(1 << i % 8);
        text.at[i / 8] = (char)(text.at[i / 8] ^ flip);
        arena_reset(&arena);
        if (status_ok(read_and_check(buffer_slice(&text), &proved)))
            fail_msg("bit %zu of byte %zu makes no difference", i % 8, i / 8);
        text.at[i / 8] = (char)(text.at[i / 8] ^ flip);
    }
    for (size_t len = 0; len < text.len; len++) {
        arena_reset(&arena);
        assert_false(status_ok(read_and_check(slice_of(text.at, len), &proved)));
    }
    assert_ok(read_and_check(buffer_slice(&text), &proved));
    buffer_done(&text);
    end();
}

static void parts_of_two_proofs_do_not_mix(void **state)
{
    (void)state;
    struct proof one;
    struct proof other;
    begin(false);
    scene_make_top_ups(&scene, 9);
    scene_commit(&scene);
    scene_make_top_ups(&scene, 9);
    scene_commit(&scene);
    struct history *history = open_history();
    uint64_t last = scene.entry_count;
    assert_ok(proof_make(history, last - 1, true, &arena, &fault, &one));
    assert_ok(proof_make(history, last - 2, true, &arena, &fault, &other));
    struct proof mixed = one;
    mixed.entry = other.entry;
    assert_int_equal(proof_check(&mixed, crypto, &fault).code, STATUS_CORRUPT);
    mixed = one;
    mixed.sequence = other.sequence;
    assert_int_equal(proof_check(&mixed, crypto, &fault).code, STATUS_CORRUPT);
    mixed = one;
    mixed.path_count--;
    assert_int_equal(proof_check(&mixed, crypto, &fault).code, STATUS_CORRUPT);
    mixed.path_count = MERKLE_PATH_MAX + 1;
    assert_int_equal(proof_check(&mixed, crypto, &fault).code, STATUS_CORRUPT);
    mixed = one;
    mixed.sequence += 100;
    assert_int_equal(proof_check(&mixed, crypto, &fault).code, STATUS_CORRUPT);
    history_close(history);
    end();
}

/* Numbers that are all too high by the same: each is hashed, none only compared with another. */
static void no_number_of_a_proof_may_be_another(void **state)
{
    (void)state;
    struct proof proof;
    begin(false);
    scene_make_key(&scene, 1);
    scene_make_top_ups(&scene, 9);
    scene_commit(&scene);
    scene_make_top_ups(&scene, 3);
    scene_make_request(&scene, 3);
    scene_commit(&scene);
    struct history *history = open_history();
    assert_ok(proof_make(history, scene.entry_count - 6, true, &arena, &fault, &proof));
    assert_true(proof.following_count > 0);
    struct proof_link *link = &proof.following[0];
    const struct {
        uint64_t *number;
        uint64_t *other; /* that would have to fit */
    } numbers[] = {
        {&proof.batch.number, &proof.head.batches},
        {&proof.batch.registry.count, &link->registry.count},
        {&proof.batch.tokens.count, &link->tokens.count},
        {&link->registry.count, &proof.head.registry.count},
        {&link->tokens.count, &proof.head.tokens.count},
    };
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        assert_ok(proof_check(&proof, crypto, &fault));
        *numbers[i].number += 1000;
        *numbers[i].other += 1000;
        assert_int_equal(proof_check(&proof, crypto, &fault).code, STATUS_CORRUPT);
        *numbers[i].number -= 1000;
        *numbers[i].other -= 1000;
    }
    history_close(history);
    end();
}

static void what_is_not_there_is_not_proved(void **state)
{
    (void)state;
    struct proof proof;
    sqlite3 *db = NULL;
    begin(true);
    assert_int_equal(journal_prove(scene.folder, 0, true, &arena, &fault, &proof).code,
                     STATUS_NOT_FOUND);
    assert_int_equal(
        journal_prove(scene.folder, scene.entry_count + 1, true, &arena, &fault, &proof).code,
        STATUS_NOT_FOUND);
    scene_make_top_ups(&scene, 5);
    scene_commit(&scene);
    assert_int_equal(sqlite3_open(scene_path(&scene, "journal.db"), &db), SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(
            db,
            "UPDATE entry SET bodies = CAST(substr(bodies, 1, length(bodies) - 1) || "
            "x'01' AS BLOB) WHERE first_sequence = (SELECT max(first_sequence) FROM entry)",
            NULL, NULL, NULL),
        SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    assert_int_equal(
        journal_prove(scene.folder, scene.entry_count - 1, true, &arena, &fault, &proof).code,
        STATUS_CORRUPT);
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_entry_of_every_small_batch_is_proved),
        cmocka_unit_test(paths_are_as_long_as_the_rfc_shows),
        cmocka_unit_test(ends_at_the_head_of_the_journal),
        cmocka_unit_test(no_bit_of_a_proof_may_differ),
        cmocka_unit_test(parts_of_two_proofs_do_not_mix),
        cmocka_unit_test(no_number_of_a_proof_may_be_another),
        cmocka_unit_test(what_is_not_there_is_not_proved),
    };
    return cmocka_run_group_tests_name("proof", tests, NULL, NULL);
}
