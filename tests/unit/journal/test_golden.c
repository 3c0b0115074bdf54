/* Golden: recorded journals of every kind of entry (tests/golden). A dump holds each entry's leaf,
 * each batch's root and hash, so that it loads only where entries are encoded as they were then; it
 * must come out as it went in, and so must every proof, which has the entry's bytes. */
#include "journal/dump.h"
#include "journal/proof.h"
#include "sys/lines.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

enum { BYTES_MAX = 1 << 22 };

static struct fault fault;
static char folder[64], data[80];

static void assert_ok(struct status status)
{
    if (!status_ok(status))
        fail_msg("%s", fault.text);
}

static int setup(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof folder, "/tmp/bursar-golden-XXXXXX");
    assert_non_null(mkdtemp(folder));
    (void)snprintf(data, sizeof data, "%s/data", folder);
    return 0;
}

static int teardown(void **state)
{
    char command[100];
    (void)state;
    (void)snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

static const char *golden(const char *name, const char *suffix)
{
    static char path[4096];
    (void)snprintf(path, sizeof path, "%s/%s.%s", GOLDEN, name, suffix);
    return path;
}

/* Line by line, so that a failure names the first that differs. */
static void assert_golden(const char *path, struct slice text)
{
    struct lines *lines = NULL;
    struct slice line;
    bool more = true;
    size_t at = 0;
    assert_ok(lines_open(path, BYTES_MAX, &fault, &lines));
    for (;;) {
        assert_ok(lines_next(lines, &fault, &more, &line));
        if (!more)
            break;
        struct slice rest = slice_of(text.at + at, text.len - at);
        if (rest.len <= line.len || !slice_equal(line, slice_of(rest.at, line.len)) ||
            rest.at[line.len] != '\n')
            fail_msg("%s, line %llu: not\n%.*s", path, (unsigned long long)lines_number(lines),
                     (int)slice_find(rest, '\n'), rest.at);
        at += line.len + 1;
    }
    lines_close(lines);
    assert_int_equal(at, text.len);
}

static struct status append_text(void *context, struct slice text, struct fault *unused)
{
    (void)unused;
    buffer_append(context, text);
    return STATUS_DONE;
}

static void assert_journal(const char *name)
{
    struct buffer text, proofs;
    struct arena arena;
    struct verify_report report;
    const struct dump_sink sink = {append_text, &text};
    buffer_init(&text, BYTES_MAX);
    buffer_init(&proofs, BYTES_MAX);
    assert_ok(journal_load_dump(golden(name, "jsonl"), data, NULL, NULL, &fault, &report));
    assert_ok(journal_dump(data, &sink, NULL, NULL, &fault, &report));
    assert_golden(golden(name, "jsonl"), buffer_slice(&text));
    assert_true(arena_init(&arena, 65536, BYTES_MAX));
    for (uint64_t sequence = 1; sequence <= report.entries; sequence++) {
        struct proof proof;
        arena_reset(&arena);
        assert_ok(journal_prove(data, sequence, sequence == 1, &arena, &fault, &proof));
        proof_print(&proof, &proofs);
        buffer_char(&proofs, '\n');
    }
    assert_golden(golden(name, "proofs"), buffer_slice(&proofs));
    arena_done(&arena);
    buffer_done(&proofs);
    buffer_done(&text);
}

static void every_kind_is_as_it_was(void **state)
{
    (void)state;
    assert_journal("kinds");
}

static void a_life_is_as_it_was(void **state)
{
    (void)state;
    assert_journal("life");
}

/* A kind that is made tomorrow must be recorded too. */
static void every_kind_is_there(void **state)
{
    (void)state;
    static bool seen[256];
    struct lines *lines = NULL;
    struct slice line;
    bool more = true;
    assert_ok(lines_open(golden("kinds", "jsonl"), BYTES_MAX, &fault, &lines));
    for (;;) {
        static const char key[] = "\"kind\":\"";
        assert_ok(lines_next(lines, &fault, &more, &line));
        if (!more)
            break;
        const char *found = memmem(line.at, line.len, key, sizeof key - 1);
        if (!found)
            continue;
        found += sizeof key - 1;
        size_t left = line.len - (size_t)(found - line.at);
        seen[entry_kind_find(slice_of(found, slice_find(slice_of(found, left), '"')))] = true;
    }
    lines_close(lines);
    for (unsigned kind = 1; kind < sizeof seen; kind++)
        if (entry_kind_name((enum entry_kind)kind) && kind != ENTRY_OBSERVE && !seen[kind])
            fail_msg("no golden entry of kind %s", entry_kind_name((enum entry_kind)kind));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_kind_is_as_it_was, setup, teardown),
        cmocka_unit_test_setup_teardown(a_life_is_as_it_was, setup, teardown),
        cmocka_unit_test(every_kind_is_there),
    };
    return cmocka_run_group_tests_name("golden", tests, NULL, NULL);
}
