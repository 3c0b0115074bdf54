/* Dumps: every kind of entry out and in again, the same bytes, and no changed line passes. */
#include "base/check.h"
#include "journal/committer.h"
#include "journal/dump.h"
#include "sys/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { START_US = 1764000000, SECOND_US = 1000000, DUMP_BYTES_MAX = 1 << 22 };

static const struct uin owner = {0, 1}, alice = {0, 100000001}, bob = {123, 45};

static atomic_int_fast64_t clock_us;
static struct journal *journal;
static struct book *book;
static struct gate gate;
static struct committer *committer;
static char folder[64], source[100], target[100], file[100];
static struct fault fault;

static int64_t test_now_us(void *context)
{
    (void)context;
    return clock_us;
}

static int64_t real_steady_us(void *context)
{
    (void)context;
    return sys_steady_us(sys_real());
}

static const struct sys test_sys = {.now_us = test_now_us, .steady_us = real_steady_us};

static void assert_ok(struct status status)
{
    if (!status_ok(status))
        fail_msg("%s", fault.text);
}

/* A journal with every kind of entry ----------------------------------------------------------- */

static sem_t answered;

static void note_answer(struct commit *commit)
{
    (void)commit;
    CHECK(sem_post(&answered) == 0);
}

/* Carries a command out under a token of its own. */
static void run(struct command command)
{
    static unsigned char token = 0;
    struct commit commit = {.command = command, .done = note_answer};
    commit.command.organisation = 1;
    commit.command.request.door = DOOR_FOLDER;
    commit.command.request.mark = MARK_TOKEN;
    memset(commit.command.request.token, ++token, DIGEST_BYTES);
    clock_us += SECOND_US + 7;
    committer_submit(committer, &commit);
    CHECK(sem_wait(&answered) == 0);
    assert_int_equal(commit.refusal, REFUSAL_NONE);
}

static void add_members(void)
{
    struct new_member members[] = {
        {.uin = alice,
         .name = SLICE("Alice \"A\" \\ \xe7\x88\xb1"),
         .flags = MEMBER_IS_CREDIT | MEMBER_ARREARS,
         .basic_credit = {1234567},
         .cash = {-1},
         .income = {10000001},
         .gift = {20},
         .frozen = {3000000},
         .grants = {{{500}, START_US, 0}, {{600}, 0, START_US + 3600 * (int64_t)SECOND_US}},
         .grant_count = 2},
        {.uin = bob, .name = SLICE("Bob"), .cash = {INT64_C(1) << 59}},
    };
    run((struct command){.kind = COMMAND_ADD_MEMBERS, .members = members, .member_count = 2});
}

static void post(void)
{
    struct transfer transfers[] = {
        {.kind = ENTRY_TOP_UP,
         .uin = alice,
         .amount = {100},
         .text = SLICE("a / <b> \xf0\x9f\x92\xb0")},
        {.kind = ENTRY_WITHDRAW, .uin = bob, .amount = {7}},
        {.kind = ENTRY_CHARGE, .uin = alice, .amount = {10000019}},
        {.kind = ENTRY_REFUND, .uin = alice, .amount = {5}, .account = ACCOUNT_INCOME},
        {.kind = ENTRY_GRANT_GIFT, .uin = bob, .amount = {1}},
        {.kind = ENTRY_MOVE, .uin = bob, .to = alice, .amount = {1000000}},
        {.kind = ENTRY_MOVE, .uin = bob, .to = bob, .amount = {1}},
        {.kind = ENTRY_ADJUST,
         .uin = bob,
         .amount = {-3},
         .income = {4},
         .text = SLICE("wrong \"rate\"")},
    };
    run((struct command){.kind = COMMAND_POST,
                         .transfers = transfers,
                         .transfer_count = sizeof transfers / sizeof *transfers,
                         .partial = true});
}

static void change(enum command_kind kind, struct change change)
{
    run((struct command){.kind = kind, .change = change});
}

static uint64_t newest_hold(void)
{
    const struct member *member = book_find_member(book, 1, bob);
    return book_hold(book, member->holds)->id;
}

static uint64_t newest_grant(void)
{
    const struct member *member = book_find_member(book, 1, bob);
    return book_grant(book, member->grants)->id;
}

static void change_members(void)
{
    change(COMMAND_HOLD, (struct change){.uin = bob, .amount = {900}, .text = SLICE("order 1")});
    change(COMMAND_CAPTURE, (struct change){.uin = bob, .subject = newest_hold(), .amount = {100}});
    change(COMMAND_RELEASE, (struct change){.uin = bob, .subject = newest_hold()});
    change(COMMAND_HOLD,
           (struct change){.uin = bob, .amount = {5}, .end_us = clock_us + 2 * SECOND_US});
    change(COMMAND_MODIFY_MEMBER, (struct change){.uin = bob,
                                                  .name = SLICE("Robert"),
                                                  .sets_basic_credit = true,
                                                  .basic_credit = {77},
                                                  .flags = MEMBER_ARREARS,
                                                  .flags_mask = MEMBER_ARREARS});
    change(COMMAND_GRANT_TEMPORARY, (struct change){.uin = bob,
                                                    .amount = {50},
                                                    .start_us = clock_us + 3 * SECOND_US,
                                                    .end_us = INT64_MAX});
    change(COMMAND_REVOKE_TEMPORARY, (struct change){.uin = bob, .subject = newest_grant()});
    change(COMMAND_GRANT_TEMPORARY, (struct change){.uin = bob,
                                                    .amount = {60},
                                                    .start_us = clock_us + 3 * SECOND_US,
                                                    .end_us = clock_us + 5 * SECOND_US});
}

static void change_registry(void)
{
    static const struct uin scope[] = {{0, 100000001}, {123, 45}};
    run((struct command){.kind = COMMAND_ADD_KEY,
                         .key = {.secret_id = SLICE("AKIDone"),
                                 .sealed_secret = SLICE("\x00\xff sealed"),
                                 .account = owner,
                                 .user = owner}});
    run((struct command){.kind = COMMAND_ADD_KEY,
                         .key = {.secret_id = SLICE("\xff not text"),
                                 .sealed_secret = SLICE("s"),
                                 .principal = PRINCIPAL_SUB,
                                 .account = owner,
                                 .user = alice}});
    run((struct command){.kind = COMMAND_SET_KEY, .key = {.secret_id = SLICE("AKIDone")}});
    run((struct command){.kind = COMMAND_PUT_POLICY,
                         .policy = {.user = alice,
                                    .name = SLICE("reading"),
                                    .document = SLICE("{\"version\":\"2.0\",\"x\":\"\\u0041\"}")}});
    run((struct command){.kind = COMMAND_REMOVE_POLICY,
                         .policy = {.user = alice, .name = SLICE("reading")}});
    run((struct command){.kind = COMMAND_DELEGATE,
                         .delegation = {.account = alice, .everyone = true}});
    run((struct command){.kind = COMMAND_DELEGATE,
                         .delegation = {.account = alice, .scope = scope, .scope_count = 2}});
    run((struct command){.kind = COMMAND_REMOVE_DELEGATE, .delegation = {.account = alice}});
}

static void populate(void)
{
    run((struct command){.kind = COMMAND_CREATE_ORGANISATION,
                         .name = SLICE("Example"),
                         .currency = SLICE("USD"),
                         .owner = owner});
    add_members();
    post();
    change_members();
    change_registry();
    struct new_member leaver = {.uin = {0, 7}, .name = SLICE("Leaver")};
    run((struct command){.kind = COMMAND_ADD_MEMBERS, .members = &leaver, .member_count = 1});
    change(COMMAND_REMOVE_MEMBER, (struct change){.uin = {0, 7}, .text = SLICE("gone")});
}

static void make_source(void)
{
    const struct journal_options options = {.create = true};
    book = book_new(1);
    assert_non_null(book);
    gate_init(&gate);
    CHECK(sem_init(&answered, 0, 0) == 0);
    clock_us = START_US;
    assert_ok(journal_open(source, &options, &fault, &journal));
    assert_ok(committer_start(&test_sys, journal, book, &gate, NULL, &fault, &committer));
    populate();
    assert_ok(committer_stop(committer, &fault));
    journal_close(journal);
    book_free(book);
    gate_done(&gate);
}

static int setup(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof folder, "/tmp/bursar-dump-XXXXXX");
    assert_non_null(mkdtemp(folder));
    (void)snprintf(source, sizeof source, "%s/source", folder);
    (void)snprintf(target, sizeof target, "%s/target", folder);
    (void)snprintf(file, sizeof file, "%s/dump.jsonl", folder);
    make_source();
    return 0;
}

static int teardown(void **state)
{
    char command[100];
    (void)state;
    (void)snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

/* Out and in ----------------------------------------------------------------------------------- */

static struct status append_text(void *context, struct slice text, struct fault *unused)
{
    struct buffer *out = context;
    (void)unused;
    buffer_append(out, text);
    return STATUS_DONE;
}

static struct verify_report dump(const char *from, struct buffer *ret_text)
{
    const struct dump_sink sink = {append_text, ret_text};
    struct verify_report report;
    buffer_init(ret_text, DUMP_BYTES_MAX);
    assert_ok(journal_dump(from, &sink, NULL, NULL, &fault, &report));
    assert_true(buffer_ok(ret_text));
    return report;
}

static void write_file(struct slice text)
{
    FILE *out = fopen(file, "w");
    assert_non_null(out);
    assert_int_equal(fwrite(text.at, 1, text.len, out), text.len);
    assert_int_equal(fclose(out), 0);
}

static struct status read_back(struct slice text, struct verify_report *ret_report)
{
    write_file(text);
    return journal_verify(file, NULL, NULL, &fault, ret_report);
}

static bool holds(struct slice text, const char *part)
{
    return memmem(text.at, text.len, part, strlen(part)) != NULL;
}

static void every_kind_is_written(void **state)
{
    (void)state;
    struct buffer text;
    (void)dump(source, &text);
    for (unsigned kind = 1; kind < ENTRY_OBSERVE + 2; kind++) {
        char part[64];
        const char *name = entry_kind_name((enum entry_kind)kind);
        if (!name || kind == ENTRY_OBSERVE || kind == ENTRY_ISSUE_TOKEN)
            continue; /* no command makes them yet */
        (void)snprintf(part, sizeof part, "\"kind\":\"%s\"", name);
        if (!holds(buffer_slice(&text), part))
            fail_msg("no line with %s", part);
    }
    assert_true(holds(buffer_slice(&text), "\"reason\":\"wrong \\\"rate\\\"\""));
    assert_true(holds(buffer_slice(&text), "\"basic_credit\":\"1.234567\""));
    assert_true(holds(buffer_slice(&text), "\"end_us\":9223372036854775807"));
    assert_true(holds(buffer_slice(&text), "\"secret_id_base64\":\"/yBub3QgdGV4dA==\""));
    assert_true(holds(buffer_slice(&text), "\"sealed_secret\":\"AP8gc2VhbGVk\""));
    assert_true(holds(buffer_slice(&text), "\"flags\":[\"is_credit\",\"arrears\"]"));
    assert_true(holds(buffer_slice(&text), "\"scope\":[\"100000001\",\"1230000000045\"]"));
    buffer_done(&text);
}

static void a_loaded_dump_is_the_same_journal(void **state)
{
    (void)state;
    struct buffer text;
    struct buffer again;
    struct verify_report dumped = dump(source, &text);
    struct verify_report loaded;
    struct verify_report verified;
    write_file(buffer_slice(&text));
    assert_ok(journal_load_dump(file, target, NULL, NULL, &fault, &loaded));
    assert_int_equal(loaded.head.sequence, dumped.head.sequence);
    assert_int_equal(loaded.head.batches, dumped.head.batches);
    assert_int_equal(loaded.members, dumped.members);
    assert_memory_equal(loaded.head.hash, dumped.head.hash, sizeof loaded.head.hash);
    assert_ok(journal_verify(target, NULL, NULL, &fault, &verified));
    assert_memory_equal(verified.head.hash, dumped.head.hash, sizeof verified.head.hash);
    (void)dump(target, &again);
    assert_true(slice_equal(buffer_slice(&text), buffer_slice(&again)));
    buffer_done(&text);
    buffer_done(&again);
}

/* Tokens are found again, entries go on. */
static void a_loaded_journal_can_be_served(void **state)
{
    (void)state;
    const struct journal_options options = {0};
    struct buffer text;
    struct verify_report report;
    (void)dump(source, &text);
    write_file(buffer_slice(&text));
    assert_ok(journal_load_dump(file, target, NULL, NULL, &fault, &report));
    book = book_new(3);
    gate_init(&gate);
    assert_ok(journal_open(target, &options, &fault, &journal));
    assert_ok(journal_load(journal, book, &fault));
    assert_true(book_request_count(book) > 10);
    assert_ok(committer_start(&test_sys, journal, book, &gate, NULL, &fault, &committer));
    post();
    assert_ok(committer_stop(committer, &fault));
    journal_close(journal);
    book_free(book);
    gate_done(&gate);
    assert_ok(journal_verify(target, NULL, NULL, &fault, &report));
    buffer_done(&text);
}

static void a_dump_is_verified_as_it_is(void **state)
{
    (void)state;
    struct buffer text;
    struct verify_report dumped = dump(source, &text);
    struct verify_report verified;
    assert_ok(read_back(buffer_slice(&text), &verified));
    assert_int_equal(verified.entries, dumped.entries);
    assert_int_equal(verified.organisations, 1);
    assert_memory_equal(verified.head.hash, dumped.head.hash, sizeof verified.head.hash);
    buffer_done(&text);
}

static void an_empty_journal_has_a_dump(void **state)
{
    (void)state;
    const struct journal_options options = {.create = true};
    char empty[100];
    struct buffer text;
    struct verify_report report;
    (void)snprintf(empty, sizeof empty, "%s/empty", folder);
    assert_ok(journal_open(empty, &options, &fault, &journal));
    journal_close(journal);
    (void)dump(empty, &text);
    assert_ok(read_back(buffer_slice(&text), &report));
    assert_int_equal(report.entries, 0);
    assert_ok(journal_load_dump(file, target, NULL, NULL, &fault, &report));
    buffer_done(&text);
}

/* What is refused ------------------------------------------------------------------------------ */

static void no_flipped_bit_passes(void **state)
{
    (void)state;
    struct buffer text;
    struct verify_report report;
    (void)dump(source, &text);
    for (size_t i = 0; i < text.len; i += 11) {
        char flip = (char)(1 << i % 8);
        text.at[i] = (char)(text.at[i] ^ flip);
        if (status_ok(read_back(buffer_slice(&text), &report)))
            fail_msg("bit %zu of byte %zu makes no difference", i % 8, i);
        text.at[i] = (char)(text.at[i] ^ flip);
    }
    assert_ok(read_back(buffer_slice(&text), &report));
    buffer_done(&text);
}

/* Where line `number` (from 1) begins. */
static size_t start_of(const struct buffer *text, unsigned number)
{
    size_t at = 0;
    for (unsigned line = 1; line < number; line++)
        at += slice_find(slice_of(text->at + at, text->len - at), '\n') + 1;
    return at;
}

static unsigned count_lines(const struct buffer *text)
{
    unsigned lines = 0;
    for (size_t i = 0; i < text->len; i++)
        lines += text->at[i] == '\n';
    return lines;
}

static void assert_named(struct slice text, unsigned line, const char *why)
{
    struct verify_report report;
    char words[120];
    struct status status = read_back(text, &report);
    assert_true(status.code == STATUS_CORRUPT || status.code == STATUS_INVALID);
    (void)snprintf(words, sizeof words, "line %u: ", line);
    if (!strstr(fault.text, words) || !strstr(fault.text, why))
        fail_msg("\"%s\" does not say \"%s\" and \"%s\"", fault.text, words, why);
    assert_int_not_equal(journal_load_dump(file, target, NULL, NULL, &fault, &report).code,
                         STATUS_OK);
    (void)snprintf(words, sizeof words, "%s/journal.db", target);
    assert_false(file_exists(words));
}

static void a_changed_entry_is_named(void **state)
{
    (void)state;
    struct buffer text;
    (void)dump(source, &text);
    unsigned lines = count_lines(&text);
    unsigned changed = 0;
    for (unsigned line = 2; line < lines; line++) {
        size_t start = start_of(&text, line);
        char *end = memchr(text.at + start, '\n', text.len - start);
        char *ordinal =
            memmem(text.at + start, (size_t)(end - text.at) - start, "\"ordinal\":", 10);
        if (!ordinal)
            continue;
        char digit = ordinal[10];
        ordinal[10] = digit == '9' ? '8' : (char)(digit + 1);
        assert_named(buffer_slice(&text), line, "");
        ordinal[10] = digit;
        changed++;
    }
    assert_true(changed > 20);
    buffer_done(&text);
}

/* The text without line `line`. */
static void assert_missing_line_named(const struct buffer *text, unsigned line, const char *why)
{
    struct buffer cut;
    size_t start = start_of(text, line);
    size_t end = start_of(text, line + 1);
    buffer_init(&cut, DUMP_BYTES_MAX);
    buffer_bytes(&cut, text->at, start);
    buffer_bytes(&cut, text->at + end, text->len - end);
    assert_named(buffer_slice(&cut), line, why);
    buffer_done(&cut);
}

static void missing_lines_are_named(void **state)
{
    (void)state;
    struct buffer text;
    struct verify_report report;
    (void)dump(source, &text);
    assert_missing_line_named(&text, 1, "not the first line");
    assert_missing_line_named(&text, 2, "entry 1 is missing");
    const char *batch = memmem(text.at, text.len, "{\"batch\":", 9);
    char *line_end = memchr(batch, '\n', 1000);
    *line_end = ' '; /* one line with the next: the batch does not end there */
    assert_int_equal(read_back(buffer_slice(&text), &report).code, STATUS_INVALID);
    *line_end = '\n';
    unsigned lines = count_lines(&text);
    size_t last = start_of(&text, lines);
    assert_int_equal(read_back(slice_of(text.at, last), &report).code, STATUS_CORRUPT);
    assert_non_null(strstr(fault.text, "before the last line"));
    assert_int_equal(read_back(SLICE_NONE, &report).code, STATUS_CORRUPT);
    buffer_done(&text);
}

static void other_ways_to_write_are_refused(void **state)
{
    (void)state;
    struct buffer text;
    struct buffer more;
    (void)dump(source, &text);
    unsigned lines = count_lines(&text);
    size_t second = start_of(&text, 2);
    buffer_init(&more, DUMP_BYTES_MAX);
    buffer_bytes(&more, text.at, second + 1);
    buffer_char(&more, ' ');
    buffer_bytes(&more, text.at + second + 1, text.len - second - 1);
    assert_named(buffer_slice(&more), 2, "edited");
    buffer_clear(&more);
    buffer_append(&more, buffer_slice(&text));
    BUFFER_LITERAL(&more, "{}\n");
    assert_named(buffer_slice(&more), lines + 1, "behind the last line");
    buffer_done(&more);
    buffer_done(&text);
}

static void nothing_is_loaded_over_a_journal(void **state)
{
    (void)state;
    struct buffer text;
    struct verify_report report;
    (void)dump(source, &text);
    write_file(buffer_slice(&text));
    assert_int_equal(journal_load_dump(file, source, NULL, NULL, &fault, &report).code,
                     STATUS_EXISTS);
    assert_ok(journal_verify(source, NULL, NULL, &fault, &report));
    buffer_done(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_kind_is_written, setup, teardown),
        cmocka_unit_test_setup_teardown(a_loaded_dump_is_the_same_journal, setup, teardown),
        cmocka_unit_test_setup_teardown(a_loaded_journal_can_be_served, setup, teardown),
        cmocka_unit_test_setup_teardown(a_dump_is_verified_as_it_is, setup, teardown),
        cmocka_unit_test_setup_teardown(an_empty_journal_has_a_dump, setup, teardown),
        cmocka_unit_test_setup_teardown(no_flipped_bit_passes, setup, teardown),
        cmocka_unit_test_setup_teardown(a_changed_entry_is_named, setup, teardown),
        cmocka_unit_test_setup_teardown(missing_lines_are_named, setup, teardown),
        cmocka_unit_test_setup_teardown(other_ways_to_write_are_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(nothing_is_loaded_over_a_journal, setup, teardown),
    };
    return cmocka_run_group_tests_name("dump", tests, NULL, NULL);
}
