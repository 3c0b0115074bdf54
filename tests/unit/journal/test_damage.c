/* Damaged files: every change is reported, or the content is still the same; never a crash, never a
 * silent difference. Bytes are flipped in place and put back. */
#include "journal/backup.h"
#include "scene.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { SECONDS_MAX = 8 };

static struct scene scene;
static struct book *expected;

static int setup(void **state)
{
    (void)state;
    scene_begin(&scene);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    book_free(expected);
    expected = NULL;
    scene_end(&scene);
    return 0;
}

/* The requests that populate() makes. */
static const uint64_t request_sequences[] = {19, 30};

static struct status find_requests(struct journal *journal, const struct book *book,
                                   struct fault *fault, bool *ret_found)
{
    *ret_found = true;
    for (uint32_t i = 0; i < 2; i++) {
        unsigned char token[DIGEST_BYTES];
        uint64_t older = 0;
        scene_token(i, token);
        struct slice digest = slice_of((const char *)token, sizeof token);
        TRY(journal_find_request(journal, digest, fault, &older));
        if (book_find_request(book, digest) != request_sequences[i] &&
            older != request_sequences[i])
            *ret_found = false;
    }
    return STATUS_DONE;
}

/* Opens without changing anything and loads. *ret_found: all requests are known. */
static struct status load_copy(struct book **ret_book, bool *ret_found)
{
    const struct journal_options options = {.read_only = true};
    struct journal *journal = NULL;
    struct fault fault;
    TRY(journal_open(scene.folder, &options, &fault, &journal));
    struct book *book = book_new(1);
    assert_non_null(book);
    struct status status = journal_load(journal, book, &fault);
    if (status_ok(status))
        status = find_requests(journal, book, &fault, ret_found);
    journal_close(journal);
    if (!status_ok(status)) {
        book_free(book);
        return status;
    }
    *ret_book = book;
    return STATUS_DONE;
}

enum outcome { REPORTED, UNCHANGED, SILENT };

static enum outcome examine(void)
{
    struct verify_report report;
    struct book *book = NULL;
    struct fault fault;
    bool found = false;
    if (!status_ok(journal_verify(scene.folder, NULL, NULL, &fault, &report)))
        return REPORTED;
    if (!status_ok(load_copy(&book, &found)))
        return REPORTED;
    bool same = found && scene_same_book(expected, book);
    book_free(book);
    return same ? UNCHANGED : SILENT;
}

static int open_file(const char *name, off_t *ret_size)
{
    struct stat about;
    int fd = open(scene_path(&scene, name), O_RDWR | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(fstat(fd, &about), 0);
    *ret_size = about.st_size;
    return fd;
}

static unsigned char get_byte(int fd, off_t at)
{
    unsigned char byte;
    assert_int_equal(pread(fd, &byte, 1, at), 1);
    return byte;
}

static void put_byte(int fd, off_t at, unsigned char byte)
{
    assert_int_equal(pwrite(fd, &byte, 1, at), 1);
}

/* Flips a bit in every byte that says something, and in a few of those that are zero, as long as
 * the time lasts: several walks with growing offsets, so that a slow machine samples evenly. */
static unsigned flip_file(const char *name, bool forget_index)
{
    enum { WALKS = 16 };
    off_t size;
    unsigned reported = 0;
    time_t until = time(NULL) + SECONDS_MAX;
    int fd = open_file(name, &size);
    for (off_t walk = 0; walk < WALKS && time(NULL) < until; walk++) {
        for (off_t at = walk; at < size && time(NULL) < until; at += WALKS) {
            unsigned char byte = get_byte(fd, at);
            if (byte == 0 && at % 61 != 0)
                continue;
            put_byte(fd, at, (unsigned char)(byte ^ 1 << scene_random(&scene, 8)));
            if (forget_index)
                (void)unlink(scene_path(&scene, "journal.db-shm"));
            enum outcome outcome = examine();
            if (outcome == SILENT)
                fail_msg("a change of byte %ld of %s goes unnoticed", (long)at, name);
            reported += outcome == REPORTED;
            put_byte(fd, at, byte);
        }
    }
    (void)close(fd);
    return reported;
}

static void load_expected(void)
{
    bool found = false;
    assert_true(status_ok(load_copy(&expected, &found)));
    assert_true(found);
}

/* A checkpoint, a tail behind it, and members newer than the mark, a token in a run and another:
 * every table has rows. */
static void populate(void)
{
    struct fault fault;
    bool more;
    scene.requests_due = 1;
    scene_create(&scene);
    scene_populate(&scene, 6);
    scene_make_top_ups(&scene, 10);
    scene_make_request(&scene, 10);
    scene_commit(&scene);
    scene_checkpoint(&scene, 100);
    scene_make_top_ups(&scene, 10);
    scene_make_request(&scene, 10);
    scene_commit(&scene);
    assert_int_equal(journal_requests_kept(scene.journal), request_sequences[0]);
    assert_true(status_ok(journal_checkpoint(scene.journal, scene.book, 2, &fault, &more)));
    assert_true(more);
}

static void every_flip_of_the_database_is_noticed(void **state)
{
    (void)state;
    populate();
    scene_close(&scene);
    load_expected();
    assert_int_equal(examine(), UNCHANGED);
    assert_true(flip_file("journal.db", false) > 100);
    assert_int_equal(examine(), UNCHANGED);
}

/* A child that dies without closing leaves everything in the log. */
static void every_flip_of_the_log_is_noticed(void **state)
{
    (void)state;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        populate();
        _exit(0);
    }
    int code;
    assert_int_equal(waitpid(child, &code, 0), child);
    assert_int_equal(code, 0);
    load_expected();
    assert_int_equal(book_sequence(expected), 30);
    assert_true(flip_file("journal.db-wal", true) > 100);
    (void)unlink(scene_path(&scene, "journal.db-shm"));
    assert_int_equal(examine(), UNCHANGED);
}

/* One that cannot be read is not one that is not there: an older journal could be started. */
static void every_flip_of_the_witness_is_noticed(void **state)
{
    (void)state;
    populate();
    scene_close(&scene);
    load_expected();
    assert_int_equal(examine(), UNCHANGED);
    assert_int_equal(flip_file("head", false), 3 * 21 + 64 + 1 + 16 + 1);
    assert_int_equal(examine(), UNCHANGED);
}

static void a_cut_database_is_noticed(void **state)
{
    (void)state;
    populate();
    scene_close(&scene);
    load_expected();
    scene_copy_file(&scene, "journal.db", "whole");
    off_t size;
    int fd = open_file("journal.db", &size);
    for (off_t keep = size - 1; keep > 0; keep -= keep > 9000 ? 4001 : 997) {
        assert_int_equal(ftruncate(fd, keep), 0);
        assert_int_equal(examine(), REPORTED);
    }
    assert_int_equal(ftruncate(fd, 0), 0);
    assert_int_equal(examine(), REPORTED);
    (void)close(fd);
    scene_copy_file(&scene, "whole", "journal.db");
    assert_int_equal(examine(), UNCHANGED);
}

/* What somebody with a SQL tool would do. */
static void edits_are_named(void **state)
{
    (void)state;
    static const struct {
        const char *sql;
        const char *words;
    } edits[] = {
        {"DELETE FROM entry WHERE first_sequence = 9", "entry 9 is missing"},
        {"UPDATE entry SET bodies = (SELECT bodies FROM entry WHERE first_sequence = 20) "
         "WHERE first_sequence = 9",
         "entry 9"},
        {"UPDATE entry SET stream = 1 WHERE first_sequence = 9", "entry 9 is missing"},
        {"UPDATE entry SET first_sequence = 10 WHERE first_sequence = 9", "entry 9 is missing"},
        {"UPDATE entry SET bodies = CAST(substr(bodies, 1, length(bodies) - 1) AS BLOB) "
         "WHERE first_sequence = 9",
         "entry 19 cannot be read"},
        {"UPDATE entry SET bodies = CAST(bodies || x'00' AS BLOB) WHERE first_sequence = 9",
         "entry 20 cannot be understood"},
        {"UPDATE entry SET bodies = CAST(bodies || x'00' AS BLOB) WHERE first_sequence = 20",
         "entry 31 belongs to no batch"},
        {"INSERT INTO entry VALUES (31, 0, x'01')", "entry 31 belongs to no batch"},
        {"DELETE FROM batch WHERE number = 3", "batch 3"},
        {"UPDATE batch SET time_us = time_us + 1 WHERE number = 3", "batch 3"},
        {"UPDATE batch SET last_sequence = 9 WHERE number = 2", "batch 2"},
        {"UPDATE batch SET hash = zeroblob(32) WHERE number = 4", "batch 4"},
        {"UPDATE batch SET root = zeroblob(32) WHERE number = 4", "batch 4"},
        {"UPDATE batch SET registry_count = 7 WHERE number = 4", "batch 4"},
        {"UPDATE batch SET registry_hash = zeroblob(32) WHERE number = 4", "batch 4"},
        {"UPDATE batch SET token_count = 1 WHERE number = 5", "batch 5"},
        {"UPDATE batch SET token_hash = zeroblob(32) WHERE number = 5", "batch 5"},
        {"DELETE FROM registry WHERE sequence = 8", "entry 8"},
        {"INSERT INTO registry VALUES (9, 0, zeroblob(32))", "entry 9"},
        {"DELETE FROM request WHERE sequence = 19", "the table of requests lacks entry 19"},
        {"INSERT INTO request VALUES (9, 0, 7)", "entry 19"},
        {"INSERT INTO request VALUES (31, 0, 7)", "entry 31"},
        {"UPDATE request SET stream = 1 WHERE sequence = 19", "entry 19"},
        {"UPDATE request SET sequence = 18 WHERE sequence = 19", "entry 19"},
        {"UPDATE request SET prefix = prefix + 1 WHERE sequence = 30",
         "entry 30 than the entry itself (wrong prefix)"},
        {"DELETE FROM member WHERE uin = (SELECT max(uin) FROM member)", "member"},
        {"UPDATE member SET sequence = 1 WHERE uin = (SELECT max(uin) FROM member)", "member"},
        {"UPDATE member SET body = (SELECT min(body) FROM member), "
         "checksum = (SELECT checksum FROM member ORDER BY body LIMIT 1)",
         "member"},
        {"UPDATE organisation SET checksum = 1", "organisation 1"},
        {"UPDATE mark SET sequence = sequence + 1", "mark"},
        {"DELETE FROM mark", "checkpoint"},
        {"UPDATE token_run SET last_sequence = 18", "token run 1 is not"},
        {"UPDATE token_run SET last_sequence = 30", "the token runs lack requests"},
        {"UPDATE token_run SET last_sequence = 31", "token run 1 is missing or damaged"},
        {"UPDATE token_run SET number = 2", "token run 1 is missing or damaged"},
        {"UPDATE token_run SET requests = 2", "token run 1 is"},
        {"UPDATE token_run SET seed = seed + 1", "token run 1 is not"},
        {"UPDATE token_run SET bucket_bits = 9", "token run 1 is not"},
        {"UPDATE token_run SET checksum = 0", "token run 1 is missing or damaged"},
        {"UPDATE token_run SET filter = zeroblob(64), checksum = 64", "token run 1 is"},
        {"UPDATE token_run SET filter = zeroblob(32), checksum = 32", "token run 1 is not"},
        {"DELETE FROM token_bucket WHERE place = 4294967296 + 17", "token run 1 is not"},
        {"DELETE FROM token_bucket WHERE length(body) = 16", "token run 1 is not"},
        {"UPDATE token_bucket SET body = zeroblob(16) WHERE length(body) = 16",
         "token run 1 is not"},
        {"UPDATE token_bucket SET stream = 1 WHERE length(body) = 16", "token run 1 is not"},
    };
    populate();
    scene_close(&scene);
    load_expected();
    scene_copy_file(&scene, "journal.db", "whole");
    for (size_t i = 0; i < sizeof edits / sizeof *edits; i++) {
        struct verify_report report;
        struct fault fault;
        scene_sql(&scene, edits[i].sql);
        struct status status = journal_verify(scene.folder, NULL, NULL, &fault, &report);
        if (status.code != STATUS_CORRUPT)
            fail_msg("%s: status %d", edits[i].sql, (int)status.code);
        if (!strstr(fault.text, edits[i].words))
            fail_msg("%s: \"%s\" does not say \"%s\"", edits[i].sql, fault.text, edits[i].words);
        scene_copy_file(&scene, "whole", "journal.db");
    }
    assert_int_equal(examine(), UNCHANGED);
}

static enum status_code try_to_load(void)
{
    struct book *book = NULL;
    bool found = false;
    struct status status = load_copy(&book, &found);
    if (status_ok(status))
        book_free(book);
    return status.code;
}

/* What a start believes without replaying everything: whoever takes the row that disabled a key, or
 * a token, must not be served. The registry has the entries 1 and 8 before the mark and 31 behind
 * it; tokens are 19 in a run, 30 and 32 (populate). */
static void a_start_misses_no_row_of_the_tables_beside_the_entries(void **state)
{
    (void)state;
    static const char *const edits[] = {
        "DELETE FROM registry WHERE sequence = 8",
        "DELETE FROM registry WHERE sequence = 31",
        "DELETE FROM registry",
        "UPDATE registry SET stream = 1 WHERE sequence = 8",
        "UPDATE registry SET leaf = (SELECT leaf FROM registry WHERE sequence = 8) "
        "WHERE sequence = 1",
        "UPDATE registry SET sequence = CASE sequence WHEN 1 THEN -8 ELSE -1 END "
        "WHERE sequence < 9; UPDATE registry SET sequence = -sequence WHERE sequence < 0",
        "INSERT INTO registry SELECT 33, 0, leaf FROM registry WHERE sequence = 8",
        "DELETE FROM request WHERE sequence = 30",
        "DELETE FROM request WHERE sequence = 32",
        "UPDATE request SET prefix = prefix + 1 WHERE sequence = 30",
        "UPDATE request SET prefix = prefix + 1 WHERE sequence = 32",
        "UPDATE request SET sequence = 29 WHERE sequence = 30",
        "INSERT INTO request VALUES (33, 0, 7)",
        "INSERT INTO request VALUES (29, 0, 7)",
        "UPDATE token_run SET last_sequence = 30",
        "DELETE FROM token_run; DELETE FROM request WHERE sequence = 19",
        "UPDATE batch SET token_count = 1, token_hash = (SELECT token_hash FROM batch "
        "WHERE token_count = 1) WHERE token_count = 2; DELETE FROM request WHERE sequence = 30",
    };
    populate();
    scene_checkpoint(&scene, 100);
    scene_make_key(&scene, 1);
    scene_make_request(&scene, 1);
    scene_commit(&scene);
    scene_close(&scene);
    assert_int_equal(scene_number(&scene, "SELECT sequence FROM mark"), 30);
    assert_int_equal(scene_number(&scene, "SELECT count(*) FROM registry WHERE sequence IN "
                                          "(1, 8, 31)"),
                     3);
    assert_int_equal(scene_number(&scene, "SELECT count(*) FROM token_run"), 2);
    scene_sql(&scene, "DELETE FROM token_run WHERE number = 2");
    assert_int_equal(try_to_load(), STATUS_OK);
    scene_copy_file(&scene, "journal.db", "whole");
    for (size_t i = 0; i < sizeof edits / sizeof *edits; i++) {
        scene_sql(&scene, edits[i]);
        if (try_to_load() != STATUS_CORRUPT)
            fail_msg("%s: it starts", edits[i]);
        scene_copy_file(&scene, "whole", "journal.db");
    }
    assert_int_equal(try_to_load(), STATUS_OK);
}

/* Everything but what this program makes, whoever opens it and for whatever. */
static void every_change_of_the_schema_is_noticed(void **state)
{
    (void)state;
    static const struct {
        const char *sql;
        const char *words;
    } changes[] = {
        {"CREATE TRIGGER t AFTER INSERT ON batch BEGIN DELETE FROM request; END", "trigger t"},
        {"CREATE VIEW v AS SELECT * FROM entry", "view v"},
        {"CREATE INDEX i ON entry (stream)", "index i"},
        {"CREATE TABLE notes (a)", "table notes"},
        {"CREATE VIRTUAL TABLE d USING dbstat", "table d"},
        {"ALTER TABLE entry ADD COLUMN note TEXT", "table entry"},
        {"ALTER TABLE registry RENAME TO register", "table register"},
        {"DROP TABLE request", "no such table: request"},
        {"PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = replace(sql, 'NOT NULL', "
         "'NOT NULL DEFAULT 0') WHERE name = 'batch'",
         "table batch"},
        {"PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = replace(sql, '-- 0', '-- 1') "
         "WHERE name = 'mark'",
         "table mark"},
        {"ANALYZE", "table sqlite_stat1"},
    };
    static const char *const targets[] = {"backup", "restored"};
    char paths[2][128];
    struct fault fault;
    struct verify_report report;
    populate();
    scene_close(&scene);
    scene_copy_file(&scene, "journal.db", "whole");
    for (size_t i = 0; i < 2; i++)
        (void)snprintf(paths[i], sizeof paths[i], "%s", scene_path(&scene, targets[i]));
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        scene_sql(&scene, changes[i].sql);
        const struct status found[] = {
            scene_try_open(&scene, &fault),
            journal_verify(scene.folder, NULL, NULL, &fault, &report),
            journal_backup(scene.folder, paths[0], NULL, &fault, &report),
            journal_restore(scene.folder, paths[1], NULL, &fault, &report),
        };
        scene_close(&scene);
        for (size_t way = 0; way < sizeof found / sizeof *found; way++)
            if (found[way].code != STATUS_CORRUPT)
                fail_msg("%s, way %zu: status %d", changes[i].sql, way, (int)found[way].code);
        if (!strstr(fault.text, changes[i].words))
            fail_msg("%s: \"%s\"", changes[i].sql, fault.text);
        scene_copy_file(&scene, "whole", "journal.db");
    }
    scene_open(&scene);
}

/* Planted while the journal is open, when nobody looks at the schema: it does nothing. */
static void triggers_do_nothing(void **state)
{
    (void)state;
    scene_create(&scene);
    scene_populate(&scene, 3);
    scene_sql(&scene, "CREATE TRIGGER t AFTER INSERT ON batch BEGIN DELETE FROM request; END");
    scene_make_top_ups(&scene, 2);
    scene_make_request(&scene, 2);
    scene_commit(&scene);
    scene_make_top_ups(&scene, 2);
    scene_commit(&scene);
    assert_int_equal(scene_number(&scene, "SELECT count(*) FROM request"), 1);
}

/* Hashes that fit are not enough: what was written must be lawful. */
static void assert_unlawful(void (*make)(void), const char *words)
{
    struct verify_report report;
    struct fault fault;
    scene_begin(&scene);
    scene_create(&scene);
    scene_populate(&scene, 3);
    make();
    scene_append(&scene);
    scene_close(&scene);
    assert_int_equal(journal_verify(scene.folder, NULL, NULL, &fault, &report).code,
                     STATUS_CORRUPT);
    if (!strstr(fault.text, words))
        fail_msg("\"%s\" does not say \"%s\"", fault.text, words);
    scene_end(&scene);
}

static void make_wrong_balance(void)
{
    scene_make_top_up(&scene, 1);
    scene_newest(&scene)->touches[0].after.cash.micros++;
}

static void make_wrong_link(void)
{
    scene_make_top_up(&scene, 1);
    scene_make_top_up(&scene, 2);
    scene_make_top_up(&scene, 1);
    scene_newest(&scene)->touches[0].previous--;
}

static void make_hold(int64_t end_us)
{
    scene_make_top_up(&scene, 1);
    struct entry *hold = scene_newest(&scene);
    hold->kind = ENTRY_HOLD;
    hold->end_us = end_us;
    hold->touches[0].after = (struct member_state){.frozen = hold->cash};
}

/* A hold that should have expired before the entry behind it. */
static void make_late_entry(void)
{
    make_hold(scene.time_us + 5);
    scene.time_us += 10;
    scene_make_top_up(&scene, 2);
}

/* Expired a microsecond after its end, and one before. */
static void make_expiry(int64_t off_us)
{
    int64_t end_us = scene.time_us + 5;
    make_hold(end_us);
    uint64_t hold = scene_newest(&scene)->sequence;
    struct amount amount = scene_newest(&scene)->cash;
    scene.time_us = end_us + off_us - 1;
    scene_make_top_up(&scene, 1);
    struct entry *expiry = scene_newest(&scene);
    expiry->kind = ENTRY_EXPIRE;
    expiry->cash = amount;
    expiry->subject = hold;
    expiry->touches[0].after = (struct member_state){0};
}

static void make_late_expiry(void)
{
    make_expiry(1);
}

static void make_early_expiry(void)
{
    make_expiry(-1);
}

static void make_token_twice(void)
{
    scene_make_top_up(&scene, 1);
    scene_make_request(&scene, 1);
    scene_make_top_up(&scene, 1);
    scene.request_count = 0;
    scene_make_request(&scene, 1);
}

static void unlawful_entries_are_named(void **state)
{
    (void)state;
    scene_end(&scene);
    assert_unlawful(make_wrong_balance, "entry 6 (top_up)");
    assert_unlawful(make_wrong_link, "entry 8 (top_up): its back-links");
    assert_unlawful(make_late_entry, "entry 7 (top_up): something else was due");
    assert_unlawful(make_late_expiry, "entry 7 (expire)");
    assert_unlawful(make_early_expiry, "entry 7 (expire)");
    assert_unlawful(make_token_twice, "entry 9 (request): its token was used before");
    scene_begin(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_flip_of_the_database_is_noticed, setup, teardown),
        cmocka_unit_test_setup_teardown(every_flip_of_the_log_is_noticed, setup, teardown),
        cmocka_unit_test_setup_teardown(every_flip_of_the_witness_is_noticed, setup, teardown),
        cmocka_unit_test_setup_teardown(a_cut_database_is_noticed, setup, teardown),
        cmocka_unit_test_setup_teardown(edits_are_named, setup, teardown),
        cmocka_unit_test_setup_teardown(a_start_misses_no_row_of_the_tables_beside_the_entries,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(every_change_of_the_schema_is_noticed, setup, teardown),
        cmocka_unit_test_setup_teardown(triggers_do_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(unlawful_entries_are_named, setup, teardown),
    };
    return cmocka_run_group_tests_name("damage", tests, NULL, NULL);
}
